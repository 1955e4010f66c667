//! Every attack of the probe's adversary, between two witnesses.

use bulkhead_tests::{MILLISECOND, Transcript};
use bulkhead_tool::run::{Ending, PartitionEnd};

use crate::witnesses::{FRAME, MIDDLE, run_between_witnesses};

/// Asserts that the adversary has finished, and that every one of its tries went as it must.
#[track_caller]
fn assert_refused(transcript: &Transcript, attack: &str, tries: u64) {
    let line = transcript.of("adversary").into_iter().find(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        matches!(words[..], ["adversary:", name, good, "of", tried] if name == attack && good == tried)
    });
    let line = line.unwrap_or_else(|| panic!("{}", transcript.all()));
    let tried: u64 = line.rsplit(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0);
    assert!(tried >= tries, "only {tried} tries instead of {tries}: {line}");
    assert_eq!(
        transcript.facts.ends.get("adversary"),
        Some(&PartitionEnd::Halted(0)),
        "{}",
        transcript.all()
    );
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

#[test]
fn memory_outside_faults() {
    assert_refused(&run_between_witnesses("memory", "memory", 20), "memory", 200);
}

#[test]
fn privileged_instructions_fault() {
    assert_refused(&run_between_witnesses("instructions", "instructions", 20), "instructions", 85);
}

#[test]
fn software_interrupts_reach_no_gate_but_the_call() {
    assert_refused(&run_between_witnesses("interrupts", "interrupts", 20), "interrupts", 256);
}

#[test]
fn no_selector_and_no_tls_base_reach_anything() {
    assert_refused(&run_between_witnesses("segments", "segments", 100), "segments", 40);
}

#[test]
fn no_call_believes_a_pointer() {
    assert_refused(&run_between_witnesses("calls", "calls", 20), "calls", 140);
}

#[test]
fn calls_without_end_disturb_nobody() {
    let attack = format!("storm for={}", 30 * MILLISECOND);
    assert_refused(&run_between_witnesses("storm", &attack, 20), "storm", 1);
}

#[test]
fn garbage_in_the_shared_page_disturbs_nobody() {
    let attack = format!("shared-page for={}", 40 * MILLISECOND);
    assert_refused(&run_between_witnesses("shared-page", &attack, 20), "shared-page", 1);
}

#[test]
fn bad_stacks_are_the_guests_own_fault() {
    assert_refused(&run_between_witnesses("stack-handled", "stack handled", 20), "stack", 16);
}

#[test]
fn a_bad_stack_without_a_handler_stops_the_partition() {
    let transcript = run_between_witnesses("stack", "stack", 20);
    // 4 or more below the stack pointer, which is the kernel's in other systems.
    assert_stopped(&transcript, "memory violation (vector 14, error 0x");
    transcript.expect("kernel", "writing 0x800fff");
}

#[test]
fn timers_do_what_they_are_told() {
    assert_refused(&run_between_witnesses("timers", "timers", 20), "timers", 105);
}

#[test]
fn a_deadline_that_passes_outside_comes_with_the_next_window() {
    let attack = format!("late-deadline frame={FRAME} start={}", MIDDLE.0);
    assert_refused(&run_between_witnesses("late-deadline", &attack, 30), "late-deadline", 20);
}

#[test]
fn spinning_takes_nobodys_time() {
    let transcript = run_between_witnesses("spin", "spin", 20);
    assert_eq!(transcript.ending, Ending::TimeLimit);
    assert_eq!(transcript.facts.ends.get("adversary"), Some(&PartitionEnd::Running));
}

#[test]
fn a_thousand_restarts_take_nobodys_time() {
    let transcript = run_between_witnesses("restart", "restart times=33", 40);
    transcript.expect("adversary", "adversary: restart 33 times, the last one cold");
    transcript.expect("kernel", "partition adversary: starts again (cold) at ");
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

#[test]
fn faults_without_a_handler_stop_the_partition() {
    for (what, words) in [
        ("read", "memory violation (vector 14, error 0x4) reading 0x90000000, pc 0x001"),
        ("write", "memory violation (vector 14, error 0x6) writing 0x90000000, pc 0x001"),
        ("jump", "memory violation (vector 14, error 0x14) executing 0x90000000, pc 0x90000000"),
        ("instruction", "privileged operation (vector 13, error 0x0), pc 0x001"),
    ] {
        let transcript = run_between_witnesses(&format!("fault-{what}"), &format!("fault {what}"), 5);
        assert_stopped(&transcript, words);
    }
}

#[test]
fn a_fault_in_the_fault_handler_stops_the_partition() {
    let transcript = run_between_witnesses("fault-in-handler", "fault-in-handler", 10);
    assert_stopped(&transcript, "writing 0x90000000");
}
