//! What only SPARC has, attacked between two witnesses: register windows, address spaces, state registers, and a
//! floating-point unit whose exceptions come late.

use bulkhead_tests::{MICROSECOND, MILLISECOND, System};
use bulkhead_tool::run::Ending;
use bulkhead_tool::system_file::Processor::Leon3;

use crate::attacks::{assert_finished, assert_refused};
use bulkhead_tests::witnesses::{MIDDLE, assert_undisturbed, between_witnesses, run_between_witnesses};

/// 64 calls deep, eight times through all windows, with the timer at intervals that only look random: every instruction
/// on the way down and back is interrupted, and the registers of all windows sum up to what they do without interrupts.
#[test]
fn all_windows_survive_interrupts_at_every_instruction() {
    let attack = format!("windows for={}", 40 * MILLISECOND);
    let transcript = run_between_witnesses(Leon3, "windows-interrupted", &attack, 30);
    assert_refused(&transcript, "windows", 200);
    let seen = transcript.numbers("adversary", "windows: interrupts");
    assert!(seen["interrupts"] > 2_000, "{seen:?}");
}

/// Calls of every kind are made with every number of frames in windows: short ones, those that give the processor up,
/// and messages of which the kernel copies a part at a time.
#[test]
fn calls_are_made_from_every_window() {
    let channel = "kind = \"sampling\", refresh = \"1 s\"";
    let transcript = between_witnesses(Leon3, "window-calls", 40)
        .probe("adversary", "adversary window-calls", &[MIDDLE])
        .probe("other", "load nothing", &[(4 * MILLISECOND, MILLISECOND)])
        .channel(channel, 65_536, ("adversary", "out"), &[("other", "in")])
        .run();
    for witness in ["first", "last"] {
        assert_undisturbed(Leon3, &transcript, witness, 40);
    }
    assert_finished(&transcript, "adversary", "window-calls", 10);
}

/// A switch of tasks stores as many frames as the kernel says: one too few and a task's are lost.
#[test]
fn an_executive_is_told_of_all_its_frames() {
    assert_refused(&run_between_witnesses(Leon3, "frames", "frames", 20), "frames", 96);
}

/// No trap leaves anything of the kernel's in windows that the partition gets to afterwards, such as which they are.
#[test]
fn traps_leave_nothing_in_windows() {
    assert_refused(&run_between_witnesses(Leon3, "traces", "traces", 20), "traces", 1);
}

#[test]
fn no_address_space_is_reached() {
    assert_refused(&run_between_witnesses(Leon3, "spaces", "spaces", 30), "spaces", 8_960);
}

#[test]
fn state_registers_are_the_partitions_own() {
    assert_refused(&run_between_witnesses(Leon3, "state-registers", "registers", 20), "registers", 280);
}

/// QEMU 7.2 gives a wrong nPC after them, with which the kernel must not return.
#[test]
fn branches_in_delay_slots_disturb_nobody() {
    assert_refused(&run_between_witnesses(Leon3, "delay-slots", "delay-slots", 20), "delay-slots", 50);
}

/// PSR, WIM and TBR read as they were written, and `rett` leaves a window with the partition's own traps off.
#[test]
fn state_registers_keep_what_was_written() {
    assert_refused(&run_between_witnesses(Leon3, "emulated", "emulated", 20), "emulated", 60);
}

/// One partition makes every fault of the floating-point unit while two others compute with it, through all windows; a
/// fourth and a fifth look for registers that are not theirs.
#[test]
fn windows_and_floating_point_are_each_partitions_own() {
    let state = |seed: u32| format!("adversary state seed={seed} for={}", 30 * MILLISECOND);
    let at = |number: u64| [(number * 200 * MICROSECOND, 180 * MICROSECOND)];
    let transcript = System::on(Leon3, "floating-point", MILLISECOND)
        .probe("first", &state(17), &at(0))
        .probe("faulty", &format!("adversary floating-point for={}", 30 * MILLISECOND), &at(1))
        .probe("second", &state(99), &at(2))
        .probe("left", "adversary leak mark=4660 windows=30", &at(3))
        .probe("right", "adversary leak mark=22136 windows=30", &at(4))
        .limit(100 * MILLISECOND)
        .run();
    for (name, attack, tries) in
        [("first", "state", 10), ("second", "state", 10), ("left", "leak", 1), ("right", "leak", 1)]
    {
        assert_finished(&transcript, name, attack, tries);
    }
    assert_finished(&transcript, "faulty", "floating-point", 100);
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}
