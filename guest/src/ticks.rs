//! When an executive's clock ticks, and how often when ticks were missed.
//!
//! Ticks lie on a grid: a whole number of periods after the clock was started. They do not drift, whatever the
//! partition's windows are.

use bulkhead_abi::TickPolicy;

/// The grid of ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticks {
    /// When the next tick is due, in nanoseconds of the interface's clock.
    next: u64,
    /// Nanoseconds from tick to tick, at least 1.
    period: u64,
}

impl Ticks {
    /// Ticks every `period` nanoseconds, the first one period after `now`. A period of 0 counts as 1.
    #[must_use]
    pub const fn start(now: u64, period: u64) -> Self {
        let period = if period == 0 { 1 } else { period };
        Self { next: now.saturating_add(period), period }
    }

    /// Nanoseconds from tick to tick.
    #[must_use]
    pub const fn period(&self) -> u64 {
        self.period
    }

    /// When the next tick is due.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// Goes past the ticks that are due at `now`, and says how many these are: the next one is later than `now`.
    pub const fn pass(&mut self, now: u64) -> u64 {
        if now < self.next {
            return 0;
        }
        let count = (now - self.next) / self.period + 1;
        self.next = self.next.saturating_add(count.saturating_mul(self.period));
        count
    }
}

/// Watches whether ticks come faster than they can be announced.
///
/// A partition that was switched out is at most a major frame behind, and one that kept interrupts disabled is behind
/// once. Being two frames behind and falling back further time after time means that it will never catch up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    last: u64,
    worse: u32,
}

impl Backlog {
    /// How often in a row the backlog must have grown.
    const LIMIT: u32 = 6;

    /// An empty backlog.
    #[must_use]
    pub const fn new() -> Self {
        Self { last: 0, worse: 0 }
    }

    /// Takes how many ticks of so many nanoseconds are due at once, where one is no backlog; whether they will only
    /// become more.
    pub const fn grows(&mut self, due: u64, period: u64, major_frame: u64) -> bool {
        let behind = due.saturating_sub(1).saturating_mul(period);
        let worse = behind > major_frame.saturating_mul(2) && behind >= self.last;
        self.worse = if worse { self.worse + 1 } else { 0 };
        self.last = behind;
        self.worse >= Self::LIMIT
    }
}

/// What becomes of ticks that are due at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// How many are announced now, one after the other.
    pub announced: u64,
    /// How many of these come late.
    pub caught_up: u64,
    /// How many are never announced.
    pub skipped: u64,
}

impl Due {
    /// Shares out `count` ticks as the partition's policy has it: all are announced, or one for all.
    #[must_use]
    pub const fn new(count: u64, policy: TickPolicy) -> Self {
        let late = count.saturating_sub(1);
        match policy {
            TickPolicy::CatchUp => Self { announced: count, caught_up: late, skipped: 0 },
            TickPolicy::Skip => Self { announced: count - late, caught_up: 0, skipped: late },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Backlog, Due, Ticks};
    use bulkhead_abi::TickPolicy;

    #[test]
    fn the_first_tick_is_one_period_after_the_start() {
        let mut ticks = Ticks::start(500, 1000);
        assert_eq!(ticks.pass(1499), 0);
        assert_eq!(ticks.pass(1500), 1);
        assert_eq!(ticks.next(), 2500);
    }

    #[test]
    fn missed_ticks_are_counted() {
        let mut ticks = Ticks::start(0, 10);
        assert_eq!(ticks.pass(95), 9);
        assert_eq!(ticks.next(), 100);
    }

    #[test]
    fn a_period_of_nothing_does_no_harm() {
        assert_eq!(Ticks::start(0, 0).pass(5), 5);
    }

    #[test]
    fn a_backlog_that_grows_is_hopeless() {
        let mut backlog = Backlog::new();
        let grown: Vec<bool> = (1..=8).map(|times| backlog.grows(times * 30, 10, 100)).collect();
        assert_eq!(grown, [false, false, false, false, false, true, true, true]);
    }

    #[test]
    fn a_backlog_of_a_frame_or_one_that_shrinks_is_not() {
        let mut backlog = Backlog::new();
        assert!((0..100).all(|_| !backlog.grows(10, 10, 100)));
        assert!((0..100).rev().all(|times| !backlog.grows(times * 30, 10, 100)));
    }

    #[test]
    fn a_tick_longer_than_frames_is_no_backlog() {
        let mut backlog = Backlog::new();
        assert!((0..100).all(|_| !backlog.grows(1, 1000, 100)));
    }

    #[test]
    fn due_ticks_are_all_announced_or_one_for_all() {
        let shared = |count, policy| {
            let due = Due::new(count, policy);
            [due.announced, due.caught_up, due.skipped]
        };
        assert_eq!(shared(0, TickPolicy::CatchUp), [0, 0, 0]);
        assert_eq!(shared(0, TickPolicy::Skip), [0, 0, 0]);
        assert_eq!(shared(5, TickPolicy::CatchUp), [5, 4, 0]);
        assert_eq!(shared(5, TickPolicy::Skip), [1, 0, 4]);
    }

    proptest! {
        #[test]
        fn no_tick_is_lost_and_none_comes_early(
            period in 1..=10_000_u64,
            looks in prop::collection::vec(0..50_000_u64, 1..50),
        ) {
            let mut ticks = Ticks::start(7, period);
            let (mut now, mut total) = (7, 0);
            for step in looks {
                now += step;
                total += ticks.pass(now);
                prop_assert_eq!(total, (now - 7) / period);
                prop_assert!(ticks.next() > now);
            }
        }
    }
}
