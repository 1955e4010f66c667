//! A loader that leaves the processor as badly as it can: the kernel sets what it depends on.
//!
//! The loader is played by code that is put where the kernel's first stack lies, and that the file is entered by.

use std::fs;
use std::path::Path;
use std::process::Command;

use bulkhead_tests::debugger::{Symbols, run_with};
use bulkhead_tests::needs::qemu;
use bulkhead_tests::witnesses::{MIDDLE, assert_unaware, between_witnesses};
use bulkhead_tests::{repository, run_built};
use bulkhead_tool::run::Ending;
use bulkhead_tool::system_file::Processor;

bulkhead_tests::tests! {
    what_a_loader_leaves_is_set_on_qemu_7_2 needs [qemu("7.2", Processor::X86_64)],
    what_a_loader_leaves_is_set_on_qemu_10_0 needs [qemu("10.0", Processor::X86_64)],
    a_local_apic_that_is_off_is_switched_on,
}

/// 32-bit code, which leaves `ebx` as it is. In this order: `syscall` on; `sysenter` to the kernel's code segment at
/// the partition's first instruction; no cache for any page; a breakpoint there; the nested task flag.
const LEAVE: [&[u8]; 7] = [
    &[0xb9, 0x80, 0, 0, 0xc0, 0x0f, 0x32, 0x83, 0xc8, 0x01, 0x0f, 0x30],
    &[0xb9, 0x74, 1, 0, 0, 0xb8, 8, 0, 0, 0, 0x31, 0xd2, 0x0f, 0x30],
    &[0xb9, 0x75, 1, 0, 0, 0xb8, 0, 0xf0, 0x11, 0, 0x0f, 0x30],
    &[0xb9, 0x76, 1, 0, 0, 0xb8, 0, 0, 0x11, 0, 0x0f, 0x30],
    &[0xb9, 0x77, 2, 0, 0, 0x31, 0xc0, 0x0f, 0x30],
    &[0xb8, 0, 0, 0x11, 0, 0x0f, 0x23, 0xc0, 0xb8, 3, 4, 0, 0, 0x0f, 0x23, 0xf8],
    &[0x68, 2, 0x40, 0, 0, 0x9d],
];

/// The local APIC by registers of the processor (x2APIC), which only newer versions of QEMU can do.
const APIC_BY_REGISTERS: &[u8] = &[0xb9, 0x1b, 0, 0, 0, 0x0f, 0x32, 0x0d, 0, 4, 0, 0, 0x0f, 0x30];

/// How far below the end of the kernel's first stack the code is put.
const BELOW_STACK: u32 = 256;

fn what_a_loader_leaves_is_set_on_qemu_7_2() {
    what_a_loader_leaves_is_set("7.2", &LEAVE);
}

fn what_a_loader_leaves_is_set_on_qemu_10_0() {
    let leave: Vec<&[u8]> = [APIC_BY_REGISTERS].into_iter().chain(LEAVE).collect();
    what_a_loader_leaves_is_set("10.0", &leave);
}

fn what_a_loader_leaves_is_set(version: &str, leave: &[&[u8]]) {
    let windows = 10;
    let name = format!("loader-{}", version.replace('.', "-"));
    let system = between_witnesses(Processor::X86_64, &name, windows).probe(
        "adversary",
        "adversary instructions",
        &[MIDDLE],
    );
    let built = system.build();
    enter_by(&built.file, leave);
    let mut options = system.options().clone();
    options.qemu = qemu(version, Processor::X86_64).ok();
    let transcript = run_built(&built, &options);
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    for witness in ["first", "last"] {
        assert_unaware(Processor::X86_64, &transcript, witness, windows);
    }
}

/// QEMU cannot switch one on again. So the kernel is told by a debugger that it is off, and what it then writes is
/// seen.
fn a_local_apic_that_is_off_is_switched_on() {
    const RAX: u32 = 0;
    const RCX: u32 = 2;
    const APIC_BASE: u64 = 0x1b;
    const BY_REGISTERS: u64 = 1 << 10;
    const ENABLED: u64 = 1 << 11;
    // mov ecx, 0x1b; rdmsr
    const READ: [u8; 7] = [0xb9, 0x1b, 0, 0, 0, 0x0f, 0x32];
    const WRITE: &str = "0f30";
    let system = between_witnesses(Processor::X86_64, "loader-apic-off", 5);
    let transcript = run_with(&system, |debugger| {
        let read = Symbols::read(Processor::X86_64).instruction("kernel_main", &READ);
        debugger.run_to(read + READ.len() as u64);
        let base = debugger.register(RAX);
        assert_eq!(base & (BY_REGISTERS | ENABLED), ENABLED);
        debugger.set_register(RAX, base & !ENABLED);
        debugger.step_to(WRITE);
        assert_eq!((debugger.register(RCX), debugger.register(RAX)), (APIC_BASE, base));
        true
    });
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

/// Has the file entered by this code, which then goes on to the kernel's entry.
fn enter_by(path: &Path, code: &[&[u8]]) {
    let (entry, stack) = (symbol("boot_entry"), symbol("boot_stack_top"));
    let place = stack - BELOW_STACK;
    let mut stub = Vec::from([0xbc]); // mov esp, …
    stub.extend(stack.to_le_bytes());
    stub.extend(code.concat());
    stub.push(0xe9); // jmp …
    let next = place + stub.len() as u32 + 4;
    stub.extend(entry.wrapping_sub(next).to_le_bytes());
    assert!(stub.len() < BELOW_STACK as usize - 16, "{} bytes", stub.len());

    let mut file = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let word = |place: usize| u64::from_le_bytes(file[place..place + 8].try_into().expect("eight bytes"));
    let header = (0..8)
        .map(|number| word(32) as usize + 56 * number)
        .find(|&header| (word(header + 16)..word(header + 16) + word(header + 32)).contains(&place.into()))
        .expect("the segment with the kernel's first stack");
    let offset = (word(header + 8) + u64::from(place) - word(header + 16)) as usize;
    // The note by which a PVH loader finds the entry: sizes of name and value, kind, name.
    let note = [4, 0, 0, 0, 4, 0, 0, 0, 18, 0, 0, 0, b'X', b'e', b'n', 0];
    let note = file.windows(note.len()).position(|window| window == note).expect("the note") + note.len();
    file[offset..offset + stub.len()].copy_from_slice(&stub);
    file[note..note + 4].copy_from_slice(&place.to_le_bytes());
    fs::write(path, file).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// The address of one of the kernel's symbols below 4 GiB.
fn symbol(name: &str) -> u32 {
    let kernel = repository().join("build/lib/bulkhead").join(Processor::X86_64.name()).join("kernel.elf");
    let output = Command::new("nm").arg(&kernel).output().expect("nm");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.split(' ').nth(2) == Some(name));
    line.and_then(|line| u32::from_str_radix(line.split(' ').next()?.trim_start_matches('0'), 16).ok())
        .unwrap_or_else(|| panic!("the kernel has no {name}"))
}
