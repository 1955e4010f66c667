//! Who spends the time that it gets, and says how much it was.

use bulkhead_guest::{clock, partition, println};

use crate::command::number;

/// A pause of the clock, in nanoseconds, that can only be time of others.
const OUTSIDE: u64 = 2_000;

/// Spins until a time of the clock, and says for how long it had the processor, and in how many windows; and the
/// longest pause of the clock inside its own window, if it is told which of the frame that is.
pub(crate) fn run(line: &str) -> u32 {
    let until = number(line, "until", 0);
    let (frame, start, duration) = (
        number(line, "frame", 1) as u32,
        number(line, "start", 0) as u32,
        number(line, "duration", 0) as u32,
    );
    let (mut last, mut time, mut pause) = (clock::now(), 0, 0);
    // Time in the frame, so that no division is a pause.
    let mut begin = 0;
    while last < until {
        let now = clock::now();
        let step = now - last;
        if step < OUTSIDE {
            time += step;
        }
        while now - begin >= u64::from(frame) && duration != 0 {
            begin += u64::from(frame);
        }
        let place = (now - begin) as u32;
        if step > pause && place >= start + OUTSIDE as u32 && place < start + duration {
            pause = step;
        }
        last = now;
    }
    println!("spender: time {time} windows {} pause {pause}", partition::window().number);
    0
}
