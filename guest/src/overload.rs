//! Whether anything but the clock's ticks gets processor time.
//!
//! A partition whose ticks take longer than its windows goes silent: it announces ticks and does nothing else. How far
//! it is behind does not tell, since a partition that is switched out is behind as well, so this compares what the
//! handler of ticks took of the partition's own windows with what was left of them.

use crate::partition::Window;

/// Major frames that are looked at together, at least.
const FRAMES: u64 = 4;

/// Handlers that are looked at together, at least.
const HANDLERS: u32 = 3;

/// What everything else must have had: one part in so many of what the handlers took.
const SHARE: u64 = 50;

/// A moment of the partition's time: the clock, and the window that ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The clock in nanoseconds.
    pub now: u64,
    /// The window.
    pub window: Window,
}

impl Moment {
    /// This moment.
    #[must_use]
    pub fn now() -> Self {
        Self { now: crate::clock::now(), window: crate::partition::window() }
    }

    /// Nanoseconds of the partition's own windows from this moment to a later one. Windows in between count as the last
    /// one.
    #[must_use]
    pub const fn own_time_until(&self, later: &Self) -> u64 {
        let between = later.window.number.wrapping_sub(self.window.number);
        if between == 0 {
            return later.now.saturating_sub(self.now);
        }
        let whole = (between as u64 - 1).saturating_mul(later.window.end.saturating_sub(later.window.start));
        self.window
            .end
            .saturating_sub(self.now)
            .saturating_add(whole)
            .saturating_add(later.now.saturating_sub(later.window.start))
    }
}

/// The watch. An executive's handler of ticks says when it begins and when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overload {
    /// When the span that is looked at began, and how many handlers have ended since.
    since: u64,
    handlers: u32,
    /// The partition's own time inside of handlers, and outside.
    inside: u64,
    outside: u64,
    /// The last begin, and the last end.
    begun: Option<Moment>,
    ended: Option<Moment>,
}

impl Default for Overload {
    fn default() -> Self {
        Self::new()
    }
}

impl Overload {
    /// A watch that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { since: 0, handlers: 0, inside: 0, outside: 0, begun: None, ended: None }
    }

    /// A handler begins; whether ticks have taken all the time for several major frames.
    pub const fn begin(&mut self, moment: Moment, major_frame: u64) -> bool {
        match &self.ended {
            Some(ended) => self.outside = self.outside.saturating_add(ended.own_time_until(&moment)),
            None => self.since = moment.now,
        }
        self.begun = Some(moment);
        let span = moment.now.saturating_sub(self.since);
        if self.handlers < HANDLERS || span < major_frame.saturating_mul(FRAMES) {
            return false;
        }
        let over = self.outside.saturating_mul(SHARE) < self.inside;
        (self.since, self.handlers, self.inside, self.outside) = (moment.now, 0, 0, 0);
        over
    }

    /// The handler that has begun ends.
    pub const fn end(&mut self, moment: Moment) {
        if let Some(begun) = &self.begun {
            self.inside = self.inside.saturating_add(begun.own_time_until(&moment));
        }
        self.handlers = self.handlers.saturating_add(1);
        self.ended = Some(moment);
    }
}

#[cfg(test)]
mod tests {
    use super::{Moment, Overload};
    use crate::partition::Window;

    const FRAME: u64 = 1_000_000;
    const DURATION: u64 = 60_000;

    /// A moment that is so many nanoseconds of the partition's own time after the first window began.
    fn moment(own: u64) -> Moment {
        let (number, offset) = (own / DURATION, own % DURATION);
        let start = number * FRAME;
        Moment {
            now: start + offset,
            window: Window { number: number as u32 + 1, start, end: start + DURATION },
        }
    }

    /// After how many handlers a watch speaks up, if each takes `inside` and leaves `outside` of the partition's own
    /// time.
    fn spoken_after(inside: u64, outside: u64) -> Option<usize> {
        let mut watch = Overload::new();
        let mut own = 0;
        (0..10_000).position(|_| {
            let over = watch.begin(moment(own), FRAME);
            own += inside;
            watch.end(moment(own));
            own += outside;
            over
        })
    }

    #[test]
    fn own_time_leaves_out_what_is_others() {
        assert_eq!(moment(10).own_time_until(&moment(59_000)), 58_990);
        assert_eq!(moment(50_000).own_time_until(&moment(70_000)), 20_000);
        assert_eq!(moment(0).own_time_until(&moment(5 * DURATION)), 5 * DURATION);
    }

    #[test]
    fn ticks_that_take_all_the_time_are_noticed() {
        for inside in [700, DURATION - 10, DURATION, 4 * DURATION, 1000 * DURATION] {
            assert!(spoken_after(inside, 0).is_some(), "{inside}");
            assert!(spoken_after(inside, inside / 100).is_some(), "{inside}");
        }
        assert!(spoken_after(4 * DURATION, 300).is_some_and(|handlers| handlers <= 4));
    }

    #[test]
    fn a_handler_that_takes_ever_longer_is_noticed_at_the_fourth() {
        let mut watch = Overload::new();
        let (mut own, mut takes) = (0, DURATION);
        let found = (0..10).position(|_| {
            let over = watch.begin(moment(own), FRAME);
            own += takes;
            takes *= 3;
            watch.end(moment(own));
            own += 500;
            over
        });
        assert_eq!(found, Some(3));
    }

    #[test]
    fn a_twentieth_for_the_rest_is_enough() {
        for inside in [700, 30_000, DURATION, 10 * DURATION] {
            assert_eq!(spoken_after(inside, inside / 20), None, "{inside}");
        }
    }
}
