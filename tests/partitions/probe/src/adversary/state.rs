//! Registers: another partition's must not be seen, one's own must not change.

use bulkhead_guest::{clock, partition, timer};

use super::Tally;
use crate::arch;
use crate::command::number;

pub(super) fn run(line: &str) -> u32 {
    let mut tally = Tally::new("state");
    tally.note(arch::state_is_fresh(), format_args!("registers at the start are not fresh"));
    let seed = number(line, "seed", 1) as u32;
    let until = clock::now() + number(line, "for", 20_000_000);
    while clock::now() < until {
        let pattern = [seed, seed * 3, 0x5555_0000 | seed, 0xaaaa_0000 | seed];
        timer::set(clock::now() + 50_000);
        tally.note(arch::state_survives(&pattern, 200_000), format_args!("registers have changed"));
    }
    let _ = partition::window();
    tally.finish()
}
