//! Timers, and taking time.

use bulkhead_abi::{Line, NEVER};
use bulkhead_guest::{clock, interrupts, partition, println, timer};

use super::Tally;
use crate::arch;
use crate::command::number;

/// The last time that a deadline can have, in nanoseconds: in 292 years.
const LAST: u64 = i64::MAX as u64 - 1;

/// Deadlines in the past, never, and ten thousand of them.
pub(super) fn timers() -> u32 {
    let mut tally = Tally::new("timers");
    interrupts::disable();
    let pending = || {
        let status = partition::status().unwrap_or_default();
        u64::from(status.deadline_high) << 32 | u64::from(status.deadline_low)
    };
    for deadline in [0, 1, clock::now()] {
        timer::set(deadline);
        tally.note(pending() == NEVER, format_args!("{deadline} is not over"));
    }
    timer::set(NEVER);
    tally.note(pending() == NEVER, format_args!("never is armed"));
    timer::set(LAST);
    tally.note(pending() == LAST, format_args!("the last instant is not armed"));
    timer::set(NEVER - 1);
    tally.note(pending() >= NEVER - 1, format_args!("what is after the last instant is armed"));
    for turn in 0..10_000u64 {
        timer::set(if turn & 1 == 0 { turn } else { clock::now() + turn });
    }
    // Each expiry of a timer comes exactly once.
    static EXPIRED: core::sync::atomic::AtomicU32 = core::sync::atomic::AtomicU32::new(0);
    interrupts::install(Line::Timer as u32, || {
        EXPIRED.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
    })
    .unwrap_or(());
    timer::clear();
    interrupts::clear(Line::Timer as u32).unwrap_or(());
    interrupts::unmask(Line::Timer as u32).unwrap_or(());
    interrupts::enable();
    for turn in 1..=100u32 {
        let deadline = clock::now() + 5_000;
        timer::set(deadline);
        while clock::now() < deadline + 3_000 {
            core::hint::spin_loop();
        }
        let expired = EXPIRED.load(core::sync::atomic::Ordering::Relaxed);
        tally.note(expired == turn, format_args!("{expired} expiries of {turn}"));
    }
    interrupts::disable();
    tally.finish()
}

/// Arms the timer for a time that has passed, and again in the interrupt that comes of it, without end.
pub(super) fn arming() -> u32 {
    println!("adversary: arming");
    interrupts::install(Line::Timer as u32, || timer::set(clock::now())).unwrap_or(());
    interrupts::unmask(Line::Timer as u32).unwrap_or(());
    interrupts::enable();
    loop {
        timer::set(clock::now());
    }
}

/// Disables interrupts and never gives the processor back.
pub(super) fn spin() -> u32 {
    println!("adversary: spin");
    interrupts::disable();
    timer::set(clock::now() + 1);
    // Not `spin_loop`: the emulator leaves its translated code at each `pause`, which takes it ten times as long.
    loop {
        core::hint::black_box(());
    }
}

/// Deadlines that pass while the partition is out: each must come at the start of its next window.
pub(super) fn late_deadline(line: &str) -> u32 {
    static CAME: core::sync::atomic::AtomicU32 = core::sync::atomic::AtomicU32::new(0);
    let mut tally = Tally::new("late-deadline");
    let (frame, start) = (number(line, "frame", 1), number(line, "start", 0));
    interrupts::install(Line::Timer as u32, || {
        CAME.store(clock::now() as u32, core::sync::atomic::Ordering::Relaxed);
    })
    .unwrap_or(());
    interrupts::unmask(Line::Timer as u32).unwrap_or(());
    interrupts::enable();
    for turn in 0..20u64 {
        let window = partition::window();
        // In the middle of the time that belongs to others.
        let deadline = window.end + (frame / 8) + turn * 1_000;
        let expected = (window.start / frame + 1) * frame + start;
        CAME.store(0, core::sync::atomic::Ordering::Relaxed);
        timer::set(deadline);
        while CAME.load(core::sync::atomic::Ordering::Relaxed) == 0 {
            core::hint::spin_loop();
        }
        let late = CAME.load(core::sync::atomic::Ordering::Relaxed).wrapping_sub(expected as u32);
        tally.note(late < arch::LATE_MAX, format_args!("it came {late} ns after the window's start"));
    }
    interrupts::disable();
    tally.finish()
}
