//! A partition with the right to stop and start others, which it does at random.

use bulkhead_abi::{Hypercall, Mode, PartitionDescription, StartReason};
use bulkhead_guest::{clock, partition, println};

use crate::command::number;
use crate::generator::Generator;
use crate::messages::{MESSAGE, call_with};

fn control(of: u32, mode: Mode) -> i32 {
    call_with(Hypercall::PartitionControl as u32, [of, mode as u32, 0])
}

fn describe(of: u32) -> PartitionDescription {
    call_with(Hypercall::PartitionDescribe as u32, [of, &raw mut MESSAGE as u32, 0]);
    // SAFETY: the kernel has just stored it there.
    unsafe { (&raw const MESSAGE).cast::<PartitionDescription>().read_volatile() }
}

fn next_window() {
    let window = partition::window().number;
    while partition::window().number == window {
        partition::idle();
    }
}

/// Commands the partitions `first` to `last`, `times` times: in most windows one of them, at random, to start warm or
/// cold, or (`idle`) to stop; in some windows more. What each is then, it has to be. In the end all are started
/// cold.
pub(crate) fn run(line: &str) -> u32 {
    let (first, last) = (number(line, "first", 1) as u32, number(line, "last", 1) as u32);
    let mut generator = Generator::new(number(line, "seed", 1));
    let (mut commands, mut wrong, mut warm) = (0, 0, 0);
    let times = number(line, "times", 100);
    while commands < times {
        // In one window of several nothing.
        if generator.next().is_multiple_of(4) {
            next_window();
            continue;
        }
        let of = first + generator.next() % (last - first + 1);
        let before = describe(of);
        let mode = match generator.next() % 8 {
            0 | 1 if line.contains("idle") => Mode::Idle,
            2..5 => Mode::WarmStart,
            _ => Mode::ColdStart,
        };
        let result = control(of, mode);
        let after = describe(of);
        let stopped = before.mode() == Mode::Idle;
        let right = match mode {
            Mode::Idle => result == i32::from(stopped) && after.mode() == Mode::Idle,
            mode => {
                // Of one that is stopped nobody sees whether its last start was done, without which none is warm.
                let undone = before.mode() == Mode::ColdStart || stopped && after.mode() == Mode::ColdStart;
                let cold = mode == Mode::ColdStart || undone;
                let reason = if cold { StartReason::ColdRestart } else { StartReason::WarmRestart };
                let is = if cold { Mode::ColdStart } else { Mode::WarmStart };
                result == 0
                    && after.mode() == is
                    && after.start_reason == reason as u32
                    && after.restarts == before.restarts + 1
            }
        };
        if !right {
            wrong += 1;
            println!("commander: wrong: {mode:?} of {of}: {result}, {before:?} {after:?}");
        }
        warm += u64::from(after.mode() == Mode::WarmStart);
        commands += 1;
        if !generator.next().is_multiple_of(4) {
            next_window();
        }
    }
    for of in first..=last {
        control(of, Mode::ColdStart);
    }
    println!("commander: commands {commands} warm {warm} wrong {wrong} time {}", clock::now());
    u32::from(wrong != 0)
}
