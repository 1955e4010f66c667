//! A LEON3 system without QEMU's own loader: from a PROM, by the file's sections, entered at the start of RAM.

use std::fs;
use std::process::Command;

use bulkhead_tests::{MILLISECOND, System, program};
use bulkhead_tool::system_file::Processor::Leon3;

/// What a boot loader in PROM does before it goes on (GRLIB IP core manual, GPTIMER; the timers count microseconds on
/// QEMU's machine of 40 MHz): window, memory management and traps are left as after reset, but for traps being on and a
/// window that is not the first.
const BOOT_LOADER: [u32; 12] = [
    0x8210_20e3, // mov 0xe3, %g1       supervisor, traps on, window 3
    0x8188_4000, // mov %g1, %psr
    0x0100_0000, // nop
    0x0100_0000, // nop
    0x0100_0000, // nop
    0x0320_0000, // sethi %hi(0x80000000), %g1
    0x8410_2027, // mov 39, %g2
    0xc420_6304, // st %g2, [%g1 + 0x304]   the scaler's reload
    0x1d11_ffff, // sethi %hi(0x47fffc00), %sp
    0x0310_0000, // sethi %hi(0x40000000), %g1
    0x81c0_4000, // jmp %g1
    0x0100_0000, // nop
];

#[test]
fn a_boot_loader_in_prom_boots_the_same_file() {
    let built = System::on(Leon3, "boot-loader", MILLISECOND)
        .partition("greeter", &program(Leon3, "rust-hello"), "", &[(0, MILLISECOND)])
        .build();
    let (raw, prom) = (built.file.with_extension("bin"), built.file.with_extension("prom"));
    let status = Command::new("sparc64-linux-gnu-objcopy")
        .args(["--output-target", "binary"])
        .args([&built.file, &raw])
        .status()
        .unwrap_or_else(|error| panic!("sparc64-linux-gnu-objcopy: {error}"));
    assert!(status.success(), "objcopy failed");
    fs::write(&prom, BOOT_LOADER.map(u32::to_be_bytes).concat()).unwrap_or_else(|error| panic!("{error}"));
    let output = Command::new("timeout")
        .args(["300", "qemu-system-sparc", "-M", "leon3_generic", "-m", "128", "-nographic", "-no-reboot"])
        .args(["-icount", "shift=0,sleep=off", "-bios"])
        .arg(&prom)
        .args(["-device", &format!("loader,file={},addr=0x40000000,force-raw=on", raw.display())])
        .output()
        .unwrap_or_else(|error| panic!("qemu-system-sparc: {error}"));
    let said = String::from_utf8_lossy(&output.stdout);
    let expected = ["timer counts at 10000000 Hz", "hello from partition greeter", "system-end code=16"];
    for words in expected {
        assert!(said.contains(words), "{words}:\n{said}{}", String::from_utf8_lossy(&output.stderr));
    }
}
