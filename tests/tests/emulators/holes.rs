//! What ends a version of QEMU itself, whoever executes it and whatever the kernel does;
//! docs/privileged-instructions.md says so. A version in which a hole is closed gives the fault that a processor gives.

use std::fs;

use bulkhead_tests::needs::qemu;
use bulkhead_tests::raw_program::{SILENT, program};
use bulkhead_tests::{MILLISECOND, System, Transcript, repository, run_built};
use bulkhead_tool::run::Ending;
use bulkhead_tool::system_file::Processor;

bulkhead_tests::tests! {
    a_locked_instruction_on_registers_ends_qemu_7_2 needs [
        qemu("7.2", Processor::X86_64), qemu("10.0", Processor::X86_64)
    ],
    loading_the_task_register_as_a_segment_ends_qemu_10_0 needs [
        qemu("7.2", Processor::X86_64), qemu("10.0", Processor::X86_64)
    ],
}

/// `SIGABRT`: QEMU has found something that it does not expect of itself.
const ABORTED: Ending = Ending::Signal(6);

fn a_locked_instruction_on_registers_ends_qemu_7_2() {
    let lock_bts = [0xf0, 0x0f, 0xab, 0xc8];
    assert_eq!(run("lock", &lock_bts, "7.2").ending, ABORTED);
    assert_stopped(&run("lock", &lock_bts, "10.0"));
}

fn loading_the_task_register_as_a_segment_ends_qemu_10_0() {
    // xor eax, eax; mov (segment register 7), eax; int3
    let load = [0x31, 0xc0, 0x8e, 0xf8, 0xcc];
    assert_eq!(run("task", &load, "10.0").ending, ABORTED);
    assert_stopped(&run("task", &load, "7.2"));
}

fn assert_stopped(transcript: &Transcript) {
    assert_eq!(transcript.ending, Ending::Stopped, "{}", transcript.all());
    transcript.expect("kernel", "unknown instruction (vector 6");
}

fn run(name: &str, code: &[u8], version: &str) -> Transcript {
    let image = repository().join("target/systems").join(format!("hole-{name}.exe"));
    fs::create_dir_all(repository().join("target/systems")).unwrap_or_else(|error| panic!("{error}"));
    fs::write(&image, program(code)).unwrap_or_else(|error| panic!("{}: {error}", image.display()));
    let system = System::new(&format!("hole-{name}"), MILLISECOND)
        .silent_partition("only", &image, SILENT, &[(0, MILLISECOND)])
        .limit(10 * MILLISECOND);
    let mut options = system.options().clone();
    options.qemu = qemu(version, Processor::X86_64).ok();
    run_built(&system.build(), &options)
}
