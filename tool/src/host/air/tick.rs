//! AIR's tick: the unit of all its times.

use bulkhead_air_facts::TICK;

use crate::system_file::System;

/// A microsecond in nanoseconds, what a tick is a multiple of.
const MICROSECOND: u64 = 1000;

const fn greatest_common_divisor(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// The longest tick that all of the schedule's times are multiples of, in nanoseconds; none if AIR has none as short.
pub(super) fn tick(system: &System) -> Option<u64> {
    let schedule = system.schedule();
    let times = schedule.windows.iter().flat_map(|window| [window.start, window.duration]);
    let common = times.fold(schedule.major_frame, greatest_common_divisor);
    let (longest, shortest) = TICK;
    let is_tick = |tick: &u64| common.is_multiple_of(*tick) && tick.is_multiple_of(MICROSECOND);
    (common.div_ceil(longest)..=common / shortest).map(|count| common / count).find(is_tick)
}
