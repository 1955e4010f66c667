//! The same system files on the other processor.

use std::fs;
use std::process::Command;

use bulkhead_tests::{Transcript, installation, repository, run_file_for};
use bulkhead_tool::build::{self, Options, Silent};
use bulkhead_tool::run::{Ending, PartitionEnd, RunOptions};
use bulkhead_tool::system_file::Processor;

fn example(name: &str, seconds: u64) -> Transcript {
    let file = repository().join("examples").join(name).join("bulkhead.toml");
    let options = RunOptions { time_limit: Some(seconds * 1_000_000_000), ..RunOptions::default() };
    run_file_for(Some(Processor::Leon3), &file, &options)
}

#[test]
fn hello_on_leon3() {
    let transcript = example("hello", 10);
    assert!(
        transcript.lines.iter().any(|(_, line)| line.to_lowercase().contains("hello")),
        "{}",
        transcript.all()
    );
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

#[test]
fn demo_on_leon3_stops_the_rogue_and_nobody_misses_a_deadline() {
    let transcript = example("demo", 5);
    let end = |name: &str| transcript.facts.ends.get(name).cloned();
    assert_eq!(end("rogue"), Some(PartitionEnd::Stopped), "{}", transcript.all());
    assert_eq!(end("control"), Some(PartitionEnd::Halted(0)), "{}", transcript.all());
    assert_eq!(end("telemetry"), Some(PartitionEnd::Halted(0)), "{}", transcript.all());
    transcript.expect("control", "140 periods, 0 deadlines missed");
    transcript.expect("telemetry", "0 samples lost, 0 deadlines missed");
}

/// What a boot loader in PROM does before it goes on (GRLIB IP core manual, GPTIMER; the timers count microseconds on
/// QEMU's machine of 40 MHz): window, memory management and traps are left as after reset, but for traps being on and a
/// window that is not the first.
const BOOT_LOADER: [u32; 11] = [
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
];

/// The same file by a boot loader: it goes by the file's sections, and enters at the start of RAM.
#[test]
fn a_boot_loader_in_prom_boots_the_same_file() {
    let folder = repository().join("target/systems/leon3/boot-loader");
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{error}"));
    let (system, raw, prom) =
        (folder.join("hello.elf"), folder.join("hello.bin"), folder.join("boot-loader.bin"));
    let file = repository().join("examples/hello/bulkhead.toml");
    let checked = build::check_for(Some(Processor::Leon3), &file).unwrap_or_else(|error| panic!("{error:?}"));
    let options =
        Options { output: Some(system.clone()), installation: Some(installation()), ..Options::default() };
    build::build_system(checked, &options, &mut Silent).unwrap_or_else(|error| panic!("{error:?}"));
    let status = Command::new("sparc64-linux-gnu-objcopy")
        .args(["--output-target", "binary"])
        .args([&system, &raw])
        .status()
        .unwrap_or_else(|error| panic!("sparc64-linux-gnu-objcopy: {error}"));
    assert!(status.success(), "objcopy failed");
    let mut words: Vec<u8> = BOOT_LOADER.iter().flat_map(|word| word.to_be_bytes()).collect();
    words.extend_from_slice(&0x0100_0000u32.to_be_bytes());
    fs::write(&prom, words).unwrap_or_else(|error| panic!("{error}"));
    let output = Command::new("timeout")
        .args(["60", "qemu-system-sparc", "-M", "leon3_generic", "-m", "128", "-nographic", "-no-reboot"])
        .args(["-icount", "shift=0", "-bios"])
        .arg(&prom)
        .args(["-device", &format!("loader,file={},addr=0x40000000,force-raw=on", raw.display())])
        .output()
        .unwrap_or_else(|error| panic!("qemu-system-sparc: {error}"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.to_lowercase().contains("hello"), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("end: code 16"), "{said}");
    assert!(said.contains("timer counts at 10000000 Hz"), "{said}");
}
