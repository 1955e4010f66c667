//! The witness: watches, from inside, when its windows begin and end and what disturbs it in between.

use bulkhead_abi::{Line, SharedPage};
use bulkhead_guest::{clock, println};
use core::sync::atomic::Ordering::Relaxed;

use crate::arch::SHARED_PAGE;
use crate::command::number;

/// Whether the clock is AIR's, whose steps, of 50 us in the tests, are too long to see a pause: how often it can be
/// read in a window says the same.
const IS_COARSE: bool = cfg!(feature = "air");

/// A pause of the clock, in nanoseconds, that can only be the time between two windows.
const OUTSIDE: u64 = if IS_COARSE { 75_000 } else { 3_000 };

/// Whether it has been told of messages or rung for: it has no ports, and no line for a doorbell.
fn is_told() -> bool {
    // SAFETY: the page is the partition's, and its fields are atomic.
    let page = unsafe { &*(SHARED_PAGE as *const SharedPage) };
    let lines = Line::DOORBELLS.fold(Line::Port.bit(), |lines, line| lines | 1 << line);
    page.pending.load(Relaxed) & lines != 0 || page.ports.iter().any(|ports| ports.load(Relaxed) != 0)
}

/// Spins through `windows` windows that are to lie at `start` to `start + duration` of every `frame` (nanoseconds),
/// and says how late they began, how early they ended, and what the longest pause inside was.
pub(crate) fn run(line: &str) -> u32 {
    let (frame, start) = (number(line, "frame", 1), number(line, "start", 0));
    let (duration, windows) = (number(line, "duration", 0), number(line, "windows", 10));
    let mut seen = 0;
    let (mut late_min, mut late_max) = (u64::MAX, 0);
    let (mut early_max, mut pause_max) = (0, 0);
    let mut wrong = 0;
    let mut turns = 0_u32;
    let (mut turns_min, mut turns_max) = (u32::MAX, 0);
    let (mut first_frame, mut last_frame) = (0, 0);

    // Begin at a window's start, so that every window counted is a whole one.
    let mut last = clock::now();
    loop {
        let now = clock::now();
        if now - last > OUTSIDE {
            last = now;
            break;
        }
        last = now;
    }
    let mut opened = last;
    while seen < windows {
        let now = clock::now();
        let pause = now - last;
        if pause <= OUTSIDE {
            turns += u32::from(IS_COARSE);
            pause_max = pause_max.max(pause);
            last = now;
            continue;
        }
        let (number, offset) = (opened / frame, opened % frame);
        if seen == 0 {
            first_frame = number;
        } else if number != last_frame + 1 {
            wrong += 1;
        }
        last_frame = number;
        let end = number * frame + start + duration;
        if offset < start || last > end + OUTSIDE {
            wrong += 1;
        } else {
            late_min = late_min.min(offset - start);
            late_max = late_max.max(offset - start);
            early_max = early_max.max(end.saturating_sub(last));
        }
        seen += 1;
        (turns_min, turns_max) = (turns_min.min(turns), turns_max.max(turns));
        turns = 0;
        opened = now;
        // What has just been reckoned is no pause.
        last = clock::now();
    }
    wrong += u32::from(is_told());
    if IS_COARSE {
        println!("witness: the clock was read {turns_min} to {turns_max} times in a window");
    }
    println!(
        "witness: windows {seen} frames {first_frame} until {last_frame} late {late_min} to {late_max} early \
         {early_max} pause {pause_max} wrong {wrong}"
    );
    u32::from(wrong != 0)
}
