//! Who spends the time that it gets, and says how much it was.

use bulkhead_guest::{clock, partition, println};

use crate::command::number;

/// A pause of the clock, in nanoseconds, that can only be time of others.
const OUTSIDE: u64 = 2_000;

/// Spins until a time of the clock, and says for how long it had the processor, and in how many windows.
pub(crate) fn run(line: &str) -> u32 {
    let until = number(line, "until", 0);
    let (mut last, mut time) = (clock::now(), 0);
    while last < until {
        let now = clock::now();
        if now - last < OUTSIDE {
            time += now - last;
        }
        last = now;
    }
    println!("spender: time {time} windows {}", partition::window().number);
    0
}
