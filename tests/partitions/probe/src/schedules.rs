//! Schedules: who asks for them, and who sees them begin and end.

use bulkhead_abi::{Hypercall, ScheduleDescription, ScheduleStatus};
use bulkhead_guest::{clock, partition, println, schedules};

use crate::command::number;
use crate::generator::Generator;
use crate::messages::call_with;

fn status() -> ScheduleStatus {
    schedules::status().unwrap_or_default()
}

const fn joined(low: u32, high: u32) -> u64 {
    (high as u64) << 32 | low as u64
}

fn ask(schedule: u32) -> i32 {
    call_with(Hypercall::ScheduleSet as u32, [schedule, 0, 0])
}

/// Waits for the next window.
fn next_window() {
    let window = partition::window().number;
    while partition::window().number == window {
        partition::idle();
    }
}

/// How long before a window's end the last request comes.
const LAST: u64 = 30_000;

/// Asks for schedules, once in each of its windows for the next one (`round`), or for any without a pause until
/// shortly before the window ends (`flood`), `windows` windows long. Whether the last one asked for runs in the next
/// frame, of which each has one window of this partition.
pub(crate) fn change(line: &str) -> u32 {
    if line.contains("brink") {
        return ask_at_the_end(line);
    }
    let mut generator = Generator::new(number(line, "seed", 1));
    let count = schedules::all().count() as u32;
    let (windows, flood) = (number(line, "windows", u64::MAX), line.contains("flood"));
    let (mut seen, mut wrong, mut asked, mut changes) = (0u64, 0, status().next, 0u64);
    while seen < windows {
        let found = status();
        if found.current != asked || found.next != asked {
            wrong += 1;
            println!("changer: wrong: {asked} was asked for, {} runs, then {}", found.current, found.next);
        }
        let expected = |schedule: u32| i32::from(schedule == found.current) == ask(schedule);
        if flood {
            let until = partition::window().end - LAST;
            while clock::now() < until {
                asked = generator.next() % count;
                wrong += u32::from(!expected(asked));
            }
        } else {
            asked = (found.current + 1) % count;
            wrong += u32::from(!expected(asked));
        }
        changes += u64::from(asked != found.current);
        seen += 1;
        next_window();
    }
    println!("changer: windows {seen} changes {changes} wrong {wrong}");
    u32::from(wrong != 0)
}

/// Asks for schedules at every instant around the end of its window, which is that of the frame: whether each request
/// counts for the frame in which it has been made, or for the next one, and the last one of a frame alone.
fn ask_at_the_end(line: &str) -> u32 {
    let mut generator = Generator::new(number(line, "seed", 1));
    let count = schedules::all().count() as u32;
    let windows = number(line, "windows", 100);
    let (mut wrong, mut before, mut behind) = (0, 0u64, 0u64);
    next_window();
    for turn in 0..windows {
        let window = partition::window();
        // The last one but one is made in good time.
        let early = generator.next() % count;
        ask(early);
        // An alarm is late by what the kernel does between reading the clock and setting it.
        let until = window.end - 500 + turn % 1_500;
        while clock::now() < until {}
        for _ in 0..turn / 1_500 % 32 {
            core::hint::black_box(0);
        }
        let late = (early + 1 + generator.next() % (count - 1)) % count;
        ask(late);
        while partition::window().number == window.number {}
        let found = status();
        if found.current == late && found.next == late {
            before += 1;
        } else if found.current == early && found.next == late {
            behind += 1;
        } else {
            wrong += 1;
            println!(
                "changer: wrong: {early} and {late} were asked for, {} runs, then {}",
                found.current, found.next
            );
        }
        // So that the next turn begins as this one has.
        next_window();
    }
    println!("changer: windows {windows} before {before} behind {behind} wrong {wrong}");
    u32::from(wrong != 0)
}

/// What the schedule that runs has for this partition, where the command line says `NUMBER=START+DURATION` of it.
fn place(line: &str, schedule: u32) -> Option<(u64, u64)> {
    line.split(' ').find_map(|word| {
        let (number, place) = word.split_once('=')?;
        let (start, duration) = place.split_once('+')?;
        (number.parse() == Ok(schedule)).then_some(())?;
        Some((start.parse().ok()?, duration.parse().ok()?))
    })
}

/// Watches `windows` windows, one in each frame of every schedule, with one call in each: whether frames follow each
/// other without a gap, each as long as its schedule says, and schedules change between frames only; and how late
/// windows begin and how early they end, in frames that follow one of the same schedule and of another.
pub(crate) fn watch(line: &str) -> u32 {
    /// A pause of the clock that can only be the time between two windows, in nanoseconds.
    const OUTSIDE: u64 = 3_000;
    let windows = number(line, "windows", 10);
    let mut frames = [0u64; 16];
    for (schedule, ScheduleDescription { major_frame_low, major_frame_high, .. }) in schedules::all() {
        if let Some(frame) = frames.get_mut(schedule.number() as usize) {
            *frame = joined(major_frame_low, major_frame_high);
        }
    }
    let frame_of = |schedule: u32| frames.get(schedule as usize).copied().unwrap_or(0);
    next_window();
    let mut before = status();
    let (mut wrong, mut changes) = (0u32, 0u32);
    let (mut late_max, mut late_changed_max, mut early_max) = (0, 0, 0);
    let mut last = clock::now();
    for _ in 0..windows {
        // Until time has been lost.
        let (end, number) = (partition::window().end, partition::window().number);
        let opened = loop {
            let now = clock::now();
            if now - last > OUTSIDE {
                break now;
            }
            last = now;
        };
        let found = status();
        let window = partition::window();
        let start = joined(found.frame_start_low, found.frame_start_high);
        let expected = joined(before.frame_start_low, before.frame_start_high) + frame_of(before.current);
        let changed = found.current != before.current;
        let since = joined(found.time_low, found.time_high);
        let right_place = place(line, found.current).is_some_and(|(offset, duration)| {
            window.start == start + offset && window.end == window.start + duration
        });
        let right = start == expected
            && window.number == number + 1
            && right_place
            && found.changes == before.changes + u32::from(changed)
            && (!changed || since == start)
            && opened >= window.start
            && last <= end + OUTSIDE;
        if !right {
            wrong += 1;
            println!(
                "watcher: wrong: frame {start} instead of {expected}, schedule {} behind {}, window {} to {}",
                found.current, before.current, window.start, window.end
            );
        }
        let late = opened.wrapping_sub(window.start);
        if changed {
            late_changed_max = late.max(late_changed_max);
            changes += 1;
        } else {
            late_max = late.max(late_max);
        }
        early_max = early_max.max(end.saturating_sub(last));
        before = found;
        last = clock::now();
    }
    println!(
        "watcher: windows {windows} changes {changes} late {late_max} changed {late_changed_max} early {early_max} \
         wrong {wrong}"
    );
    u32::from(wrong != 0)
}
