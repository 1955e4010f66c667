//! Every attack of the probe's adversary, between two witnesses.

use bulkhead_tests::{MILLISECOND, Transcript};
use bulkhead_tool::run::{Ending, PartitionEnd};
use bulkhead_tool::system_file::Processor;

use bulkhead_tests::witnesses::{
    FRAME, MIDDLE, assert_undisturbed, between_witnesses, run_between_witnesses,
};

on_every_processor! {
    memory_outside_faults,
    a_heap_that_can_be_executed_is_its_owners_alone,
    executing_data_names_the_key,
    privileged_instructions_fault,
    software_interrupts_reach_no_gate_but_the_call,
    no_call_believes_a_pointer,
    calls_without_end_disturb_nobody,
    garbage_in_the_shared_page_disturbs_nobody,
    bad_stacks_are_the_guests_own_fault,
    a_bad_stack_without_a_handler_stops_the_partition,
    timers_do_what_they_are_told,
    a_deadline_that_passes_outside_comes_with_the_next_window,
    spinning_takes_nobodys_time,
    arming_a_timer_without_end_takes_nobodys_time,
    a_thousand_restarts_take_nobodys_time,
    faults_without_a_handler_stop_the_partition,
    a_fault_in_the_fault_handler_stops_the_partition,
    entries_that_lead_nowhere_stop_the_partition,
    faults_without_end_take_nobodys_time,
    who_is_traced_reaches_no_records_and_keeps_its_registers,
}

/// Asserts that a partition has finished its attack, and that every one of its tries went as it must.
#[track_caller]
pub(crate) fn assert_finished(transcript: &Transcript, partition: &str, attack: &str, tries: u64) {
    let line = transcript.of(partition).into_iter().find(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        matches!(words[..], ["adversary:", name, good, "of", tried] if name == attack && good == tried)
    });
    let line = line.unwrap_or_else(|| panic!("{}", transcript.all()));
    let tried: u64 = line.rsplit(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0);
    assert!(tried >= tries, "only {tried} tries instead of {tries}: {line}");
    assert_eq!(transcript.facts.ends.get(partition), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
}

/// The same of the adversary between two witnesses.
#[track_caller]
pub(crate) fn assert_refused(transcript: &Transcript, attack: &str, tries: u64) {
    assert_finished(transcript, "adversary", attack, tries);
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

/// Asserts that the health monitor has stopped the adversary, with these words in the log.
#[track_caller]
fn assert_stopped(transcript: &Transcript, words: &str) {
    transcript.expect("kernel", "partition adversary: stopped at ");
    transcript.expect("kernel", words);
    assert_eq!(transcript.facts.ends.get("adversary"), Some(&PartitionEnd::Stopped));
    assert_eq!(transcript.ending, Ending::Stopped, "{}", transcript.all());
    assert!(!transcript.of("adversary").iter().any(|line| line.contains("survived")), "{}", transcript.all());
}

fn memory_outside_faults(processor: Processor) {
    assert_refused(&run_between_witnesses(processor, "memory", "memory", 20), "memory", 200);
}

/// The owner executes what is behind its image and nothing else, and its neighbour, a copy of it, not even that.
fn a_heap_that_can_be_executed_is_its_owners_alone(processor: Processor) {
    let (start, half) = (MIDDLE.0, MIDDLE.1 / 2);
    let transcript = between_witnesses(processor, "executable-heap", 20)
        .probe("adversary", "adversary memory heap=1", &[(start, half)])
        .keys("executable-heap = true")
        .probe("neighbour", "adversary memory", &[(start + half, half)])
        .run();
    assert_undisturbed(processor, &transcript, "first", 20);
    assert_undisturbed(processor, &transcript, "last", 20);
    assert_finished(&transcript, "neighbour", "memory", 200);
    assert_refused(&transcript, "memory", 200);
}

/// Who reads what was built learns which key is missing.
fn executing_data_names_the_key(processor: Processor) {
    let transcript = run_between_witnesses(processor, "execute-heap", "fault heap", 20);
    transcript.expect("kernel", " executing 0x");
    transcript.expect("kernel", ": data is not executable without `executable-heap = true`");
    assert_eq!(transcript.facts.ends.get("adversary"), Some(&PartitionEnd::Stopped));
}

fn privileged_instructions_fault(processor: Processor) {
    let at_least = if processor == Processor::X86_64 { 92 } else { 55 };
    let transcript = run_between_witnesses(processor, "instructions", "instructions", 20);
    assert_refused(&transcript, "instructions", at_least);
    // Whoever steps through calls is trapped behind them, in its own code.
    let steps = transcript.of("adversary").into_iter().filter(|line| line.contains("step int 0x80"));
    let expected = if processor == Processor::X86_64 { 1 } else { 0 };
    assert_eq!(steps.filter(|line| line.contains(" vector 1 ")).count(), expected, "{}", transcript.all());
}

fn software_interrupts_reach_no_gate_but_the_call(processor: Processor) {
    let at_least = if processor == Processor::X86_64 { 256 } else { 128 };
    assert_refused(&run_between_witnesses(processor, "interrupts", "interrupts", 20), "interrupts", at_least);
}

#[test]
fn no_selector_and_no_tls_base_reach_anything() {
    assert_refused(&run_between_witnesses(Processor::X86_64, "segments", "segments", 100), "segments", 40);
}

#[test]
fn another_stack_segment_stops_the_partition() {
    let transcript = run_between_witnesses(Processor::X86_64, "stack-segment", "stack-segment", 5);
    assert_stopped(&transcript, "wrong processor mode (vector 128, error 0x23), pc 0x001");
}

fn no_call_believes_a_pointer(processor: Processor) {
    assert_refused(&run_between_witnesses(processor, "calls", "calls", 20), "calls", 140);
}

fn calls_without_end_disturb_nobody(processor: Processor) {
    let attack = format!("storm for={}", 30 * MILLISECOND);
    assert_refused(&run_between_witnesses(processor, "storm", &attack, 20), "storm", 1);
}

fn garbage_in_the_shared_page_disturbs_nobody(processor: Processor) {
    let attack = format!("shared-page for={}", 40 * MILLISECOND);
    assert_refused(&run_between_witnesses(processor, "shared-page", &attack, 20), "shared-page", 1);
}

fn bad_stacks_are_the_guests_own_fault(processor: Processor) {
    let at_least = if processor == Processor::X86_64 { 16 } else { 170 };
    let transcript = run_between_witnesses(processor, "stack-handled", "stack handled", 20);
    assert_refused(&transcript, "stack", at_least);
}

fn a_bad_stack_without_a_handler_stops_the_partition(processor: Processor) {
    let transcript = run_between_witnesses(processor, "stack", "stack", 20);
    match processor {
        Processor::X86_64 => {
            // 4 or more below the stack pointer, which is the kernel's in other systems.
            assert_stopped(&transcript, "memory violation (vector 14, error 0x");
            transcript.expect("kernel", "writing 0x800fff");
        }
        // The kernel's own first page.
        Processor::Leon3 => {
            assert_stopped(&transcript, "memory violation (vector 5, error 0x0) writing 0x40000000");
        }
    }
}

fn timers_do_what_they_are_told(processor: Processor) {
    assert_refused(&run_between_witnesses(processor, "timers", "timers", 20), "timers", 105);
}

fn a_deadline_that_passes_outside_comes_with_the_next_window(processor: Processor) {
    let attack = format!("late-deadline frame={FRAME} start={}", MIDDLE.0);
    assert_refused(&run_between_witnesses(processor, "late-deadline", &attack, 30), "late-deadline", 20);
}

fn arming_a_timer_without_end_takes_nobodys_time(processor: Processor) {
    let transcript = run_between_witnesses(processor, "arming", "arming", 20);
    transcript.expect("adversary", "adversary: arming");
    assert_eq!(transcript.ending, Ending::TimeLimit, "{}", transcript.all());
}

fn spinning_takes_nobodys_time(processor: Processor) {
    let transcript = run_between_witnesses(processor, "spin", "spin", 20);
    assert_eq!(transcript.ending, Ending::TimeLimit);
    assert_eq!(transcript.facts.ends.get("adversary"), Some(&PartitionEnd::Running));
}

fn a_thousand_restarts_take_nobodys_time(processor: Processor) {
    let transcript = run_between_witnesses(processor, "restart", "restart times=33", 40);
    transcript.expect("adversary", "adversary: restart 33 times, the last one cold");
    transcript.expect("kernel", "partition adversary: starts again (cold) at ");
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

fn faults_without_a_handler_stop_the_partition(processor: Processor) {
    // What the processor says of each: its vector or trap type, and its error code or fault status.
    let said = match processor {
        Processor::X86_64 => [
            "(vector 14, error 0x4)",
            "(vector 14, error 0x6)",
            "(vector 14, error 0x14)",
            "privileged operation (vector 13, error 0x0)",
        ],
        Processor::Leon3 => [
            "(vector 9, error 0x106)",
            "(vector 9, error 0x186)",
            "(vector 1, error 0x146)",
            "unknown instruction (vector 2, error 0x0)",
        ],
    };
    let [read, write, jump, instruction] = said;
    for (what, words) in [
        ("read", format!("memory violation {read} reading 0x90000000, pc 0x001")),
        ("write", format!("memory violation {write} writing 0x90000000, pc 0x001")),
        ("jump", format!("memory violation {jump} executing 0x90000000, pc 0x90000000")),
        ("instruction", format!("{instruction}, pc 0x001")),
    ] {
        let mut transcript =
            run_between_witnesses(processor, &format!("fault-{what}"), &format!("fault {what}"), 5);
        if processor == Processor::Leon3 {
            overwrite_does_not_matter(&mut transcript);
        }
        assert_stopped(&transcript, &words);
    }
}

/// Bit 0 of the MMU's fault status (OW) says that nobody has read of the fault before this one (SPARC V8 manual,
/// appendix H). QEMU 10.0 sets it here, 7.2 does not.
fn overwrite_does_not_matter(transcript: &mut Transcript) {
    for (_, line) in &mut transcript.lines {
        for (with, without) in [("0x107)", "0x106)"), ("0x187)", "0x186)"), ("0x147)", "0x146)")] {
            *line = line.replace(with, without);
        }
    }
}

fn a_fault_in_the_fault_handler_stops_the_partition(processor: Processor) {
    let transcript = run_between_witnesses(processor, "fault-in-handler", "fault-in-handler", 10);
    assert_stopped(&transcript, "writing 0x90000000");
}

/// Fifteen partitions at once: interrupts, faults or both go to odd addresses, the kernel's, and to memory that must
/// not be executed.
fn entries_that_lead_nowhere_stop_the_partition(processor: Processor) {
    // Nothing, the pages of the interface, what is the kernel's on one of the two processors, and nothing.
    let places: [u32; 5] = match processor {
        Processor::X86_64 => [1, 0x0010_e001, 0x0010_f000, 0x8010_0001, 0xffff_ffff],
        Processor::Leon3 => [2, 0xffff_e001, 0xffff_f000, 0x4000_0003, 0x8000_0302],
    };
    let mut system = between_witnesses(processor, "entries", 10);
    let ways = ["interrupt", "fault", "both"];
    let tries = places.map(|place| ways.map(|way| (place, way))).concat();
    let window = MIDDLE.1 / tries.len() as u64 / 1_000 * 1_000;
    for (number, (place, way)) in (0..).zip(&tries) {
        let start = MIDDLE.0 + number * window;
        let command_line = format!("adversary entries by={way} place={place}");
        system = system.probe(&format!("try-{number}"), &command_line, &[(start, window)]);
    }
    let transcript = system.run();
    for witness in ["first", "last"] {
        assert_undisturbed(processor, &transcript, witness, 10);
    }
    for (number, (place, way)) in tries.iter().enumerate() {
        let name = format!("try-{number}");
        let end = transcript.facts.ends.get(&name);
        assert_eq!(end, Some(&PartitionEnd::Stopped), "{way} at {place:#x}: {}", transcript.all());
        assert!(transcript.of(&name).is_empty(), "{way} at {place:#x}: {}", transcript.all());
    }
    assert_eq!(transcript.ending, Ending::Stopped, "{}", transcript.all());
}

fn faults_without_end_take_nobodys_time(processor: Processor) {
    let transcript = run_between_witnesses(processor, "fault-storm", "fault-storm", 20);
    transcript.expect("adversary", "adversary: fault-storm");
    assert_eq!(transcript.of("adversary").len(), 1, "{}", transcript.all());
    assert_eq!(transcript.ending, Ending::TimeLimit, "{}", transcript.all());
}

/// The kernel that traces has its records where no other kernel has anything, on LEON3 in every partition's address
/// space, and writes them with registers that are the partition's.
fn who_is_traced_reaches_no_records_and_keeps_its_registers(processor: Processor) {
    let everywhere = [("memory", 200), ("calls", 140), ("state seed=5", 10)];
    let on_leon3 = [("stack handled", 210), ("spaces", 11_520), ("registers", 280), ("traces", 1)];
    let on_leon3 = if processor == Processor::Leon3 { &on_leon3[..] } else { &[] };
    for (attack, tries) in everywhere.iter().chain(on_leon3) {
        let word = attack.split(' ').next().unwrap_or_default();
        let transcript = between_witnesses(processor, &format!("traced-{word}"), 20)
            .probe("adversary", &format!("adversary {attack}"), &[MIDDLE])
            .traced(true)
            .recording_calls(true)
            .run();
        for witness in ["first", "last"] {
            assert_undisturbed(processor, &transcript, witness, 20);
        }
        assert_refused(&transcript, word, *tries);
    }
}
