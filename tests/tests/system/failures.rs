//! Faults of the kernel itself, made by poking into it with QEMU's debugger stub: each ends with the promised status,
//! says so once, and not without end.

use bulkhead_abi::trace::RING_SIZE;
use bulkhead_tests::debugger::{Debugger, Symbols, run_with};
use bulkhead_tests::{MILLISECOND, System, Transcript};
use bulkhead_tool::run::Ending;
use bulkhead_tool::system_file::Processor;

/// The debugger's numbers of registers.
const STACK_POINTER: u32 = 7;
const INSTRUCTION_POINTER: u32 = 16;

#[test]
fn a_fault_on_the_way_out_ends_the_system() {
    let transcript = run_poked("failure-way-out", |debugger, symbols| {
        // The way out of the timer's interrupt: the code segment to return to becomes none.
        debugger.run_to(symbols.instruction("kernel_alarm", &[0x48, 0xcf]));
        let frame = debugger.register(STACK_POINTER);
        debugger.write(frame + 8, "ff00");
    });
    assert_failed(&transcript, "vector 13");
}

#[test]
fn an_overflow_of_the_kernels_stack_ends_the_system() {
    let transcript = run_poked("failure-stack", |debugger, symbols| {
        debugger.run_to(symbols.address("kernel_alarm"));
        debugger.set_register(STACK_POINTER, symbols.address("kernel_stack_guard") + 0x800);
    });
    assert_failed(&transcript, "vector 8");
}

#[test]
fn an_overflow_of_the_stack_for_failures_ends_the_system() {
    let transcript = run_poked("failure-failure", |debugger, symbols| {
        debugger.run_to(symbols.instruction("kernel_alarm", &[0x48, 0xcf]));
        let frame = debugger.register(STACK_POINTER);
        debugger.write(frame + 8, "ff00");
        debugger.run_to(symbols.address("kernel_failure"));
        debugger.set_register(STACK_POINTER, symbols.address("failure_stack_guard") + 0x800);
    });
    // The second failure has nothing to say any more, or says that it is a double fault.
    assert_eq!(transcript.ending, Ending::Internal, "{}", transcript.all());
    assert!(transcript.lines.len() < 20, "{}", transcript.all());
}

#[test]
fn a_machine_check_ends_the_system() {
    let transcript = run_poked("failure-machine", |debugger, symbols| {
        debugger.run_to(symbols.address("kernel_alarm"));
        debugger.set_register(STACK_POINTER, symbols.address("machine_check_stack_top") - 40);
        debugger.set_register(INSTRUCTION_POINTER, symbols.address("entry_exception_18"));
    });
    assert_failed(&transcript, "vector 18");
}

#[test]
fn a_non_maskable_interrupt_disturbs_nobody() {
    let transcript = run_poked("failure-interrupt", |debugger, symbols| {
        debugger.run_to(symbols.address("kernel_alarm"));
        debugger.monitor("nmi");
    });
    assert_eq!(transcript.ending, Ending::TimeLimit, "{}", transcript.all());
}

/// Before its memory management unit is on, LEON3's kernel has no ring at address 0, where the loader's PROM is.
#[test]
fn a_kernel_that_traces_and_fails_early_says_so() {
    for traces in [false, true] {
        let system = System::on(Processor::Leon3, "failure-early", MILLISECOND)
            .probe("only", "adversary spin", &[(0, MILLISECOND / 2)])
            .traced(traces)
            .limit(5 * MILLISECOND);
        let read = if traces { Symbols::read_tracing } else { Symbols::read };
        let transcript = run_with(&system, move |debugger| {
            let place = read(Processor::Leon3).function(&["_RNvMs0_", "13Configuration4read"]);
            debugger.run_to(place);
            // No instruction.
            debugger.write(place, "00000000");
            if debugger.runs_to_write(0, RING_SIZE as u64) {
                debugger.monitor("quit");
            }
            false
        });
        assert_failed(&transcript, "vector 2");
    }
}

#[track_caller]
fn assert_failed(transcript: &Transcript, words: &str) {
    assert_eq!(transcript.ending, Ending::Internal, "{}", transcript.all());
    let said: Vec<&str> = transcript.of("kernel").into_iter().filter(|line| line.contains(words)).collect();
    assert_eq!(said.len(), 1, "{}", transcript.all());
    assert!(transcript.lines.len() < 20, "{}", transcript.all());
}

/// Runs a system whose machine waits for the debugger, which does what it has to and leaves.
fn run_poked(name: &str, poke: impl FnOnce(&mut Debugger, &Symbols) + Send + 'static) -> Transcript {
    let system = System::new(name, MILLISECOND)
        .probe("first", "adversary spin", &[(0, MILLISECOND / 2)])
        .probe("last", "adversary spin", &[(MILLISECOND / 2, MILLISECOND / 2)])
        .limit(5 * MILLISECOND);
    run_with(&system, |debugger| {
        poke(debugger, &Symbols::read(Processor::X86_64));
        true
    })
}
