//! The cyclic schedule: which window is open at an instant.
//!
//! A frame begins exactly one frame length after the last one did, whatever happened in between; a window is never
//! opened before its start. What opened late is not made up for: the window ends when it was to end.

use bulkhead_abi::system_table::WINDOWS_MAX;

use crate::clock::{FAR, divide, is_before};
use crate::partition::Index;

/// The number of a window, always below [`WINDOWS_MAX`].
pub type WindowIndex = u8;

const _: () = assert!(WINDOWS_MAX == 1 << WindowIndex::BITS);

/// A window of the frame; times in nanoseconds from the frame's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Who runs in it.
    pub partition: Index,
    /// When it begins.
    pub start: u64,
    /// When it ends.
    pub end: u64,
}

/// What has been observed of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// How often it has been opened.
    pub count: u64,
    /// How often it has passed without being opened, because the kernel was not back in time.
    pub lost: u64,
    /// The least lateness of its start, in nanoseconds.
    pub late_min: u64,
    /// The greatest lateness of its start, in nanoseconds.
    pub late_max: u64,
}

impl Observed {
    const NONE: Self = Self { count: 0, lost: 0, late_min: FAR, late_max: 0 };
}

/// A stretch of time in which one partition runs, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Who runs: nobody between windows.
    pub partition: Option<Index>,
    /// When the stretch began by the schedule, in nanoseconds of the clock.
    pub start: u64,
    /// When it ends.
    pub end: u64,
}

/// The windows of a frame, sorted and apart, and where in it we are. What is used most comes first.
#[derive(Debug)]
#[repr(C)]
pub struct Schedule {
    frame: u64,
    frame_start: u64,
    count: usize,
    next: usize,
    windows: [Window; WINDOWS_MAX],
    observed: [Observed; WINDOWS_MAX],
}

impl Default for Schedule {
    fn default() -> Self {
        Self::new()
    }
}

impl Schedule {
    /// A frame of a second without windows.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            windows: [Window { partition: Index::FIRST, start: 0, end: 0 }; WINDOWS_MAX],
            observed: [Observed::NONE; WINDOWS_MAX],
            count: 0,
            frame: 1_000_000_000,
            frame_start: 0,
            next: 0,
        }
    }

    /// Sets the length of the frame, in nanoseconds; 0 is taken as 1.
    pub const fn set_frame(&mut self, length: u64) {
        self.frame = if length == 0 { 1 } else { length };
    }

    /// Length of the frame in nanoseconds.
    #[must_use]
    pub const fn frame(&self) -> u64 {
        self.frame
    }

    /// Appends a window. The answer is false, and nothing is changed, if it is empty, overlaps the last one, lies
    /// before it, ends after the frame, or if there is no place for it.
    pub fn add(&mut self, window: Window) -> bool {
        let previous_end = self.windows().last().map_or(0, |last| last.end);
        if window.start < previous_end || window.end <= window.start || window.end > self.frame {
            return false;
        }
        let Some(place) = self.windows.get_mut(self.count) else { return false };
        *place = window;
        self.count += 1;
        true
    }

    /// The windows in the order of time.
    #[must_use]
    pub fn windows(&self) -> &[Window] {
        self.windows.get(..self.count).unwrap_or(&[])
    }

    /// The window with this number, and what was observed of it.
    #[must_use]
    pub fn observation(&self, number: usize) -> Option<(Window, Observed)> {
        let window = *self.windows().get(number)?;
        Some((window, *self.observed.get(number)?))
    }

    /// The slot that is open at `now`, which must not be before the end of the slot given last.
    ///
    /// The loop passes over the windows that have ended without having been open, none unless a path of the kernel took
    /// longer than a window: at most all of them once, or twice when a frame ends meanwhile.
    #[inline]
    pub fn advance(&mut self, now: u64) -> Slot {
        let mut offset = now.wrapping_sub(self.frame_start);
        if !is_before(offset, self.frame) {
            let frames =
                if is_before(offset, self.frame.wrapping_mul(2)) { 1 } else { divide(offset, self.frame).0 };
            let elapsed = frames.wrapping_mul(self.frame);
            self.count_lost(frames);
            self.frame_start = self.frame_start.wrapping_add(elapsed);
            offset = offset.wrapping_sub(elapsed);
            self.next = 0;
        }
        while let Some((window, observed)) = self
            .windows
            .get(self.next)
            .zip(self.observed.get_mut(self.next))
            .filter(|_| self.next < self.count)
        {
            if is_before(offset, window.start) {
                return Slot {
                    partition: None,
                    start: now,
                    end: self.frame_start.wrapping_add(window.start),
                };
            }
            self.next += 1;
            if !is_before(offset, window.end) {
                observed.lost = observed.lost.wrapping_add(1);
            } else {
                let late = offset.wrapping_sub(window.start);
                observed.count = observed.count.wrapping_add(1);
                if is_before(late, observed.late_min) {
                    observed.late_min = late;
                }
                if is_before(observed.late_max, late) {
                    observed.late_max = late;
                }
                return Slot {
                    partition: Some(window.partition),
                    start: self.frame_start.wrapping_add(window.start),
                    end: self.frame_start.wrapping_add(window.end),
                };
            }
        }
        Slot { partition: None, start: now, end: self.frame_start.wrapping_add(self.frame) }
    }

    /// Counts the windows as lost that the frame still had, and those of the `frames` before the one that has begun.
    fn count_lost(&mut self, frames: u64) {
        if self.next < self.count || frames > 1 {
            for (place, observed) in self.observed.iter_mut().enumerate().take(self.count) {
                let passed = frames.wrapping_sub(1).wrapping_add(u64::from(place >= self.next));
                observed.lost = observed.lost.wrapping_add(passed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn schedule(frame: u64, windows: &[(u32, u64, u64)]) -> Schedule {
        let mut schedule = Schedule::new();
        schedule.set_frame(frame);
        for &(partition, start, end) in windows {
            assert!(schedule.add(Window { partition: Index::new(partition).unwrap(), start, end }));
        }
        schedule
    }

    #[test]
    fn frames_follow_each_other_without_drift() {
        let mut schedule = schedule(100, &[(0, 0, 40), (1, 40, 70), (0, 80, 100)]);
        let mut now = 0;
        for frame in 0..1000 {
            for (partition, start, end) in
                [(Some(0), 0, 40), (Some(1), 40, 70), (None, 70, 80), (Some(0), 80, 100)]
            {
                let slot = schedule.advance(now);
                assert_eq!(slot.partition.map(Index::number), partition);
                assert_eq!(slot.end, frame * 100 + end);
                if partition.is_some() {
                    assert_eq!(slot.start, frame * 100 + start);
                }
                // Each boundary is noticed 3 late; none of that adds up.
                now = slot.end + 3;
            }
        }
        let observed: Vec<_> =
            (0..).map_while(|number| schedule.observation(number)).map(|(_, seen)| seen).collect();
        assert_eq!(observed[0], Observed { count: 1000, lost: 0, late_min: 0, late_max: 3 });
        assert_eq!(observed[1], Observed { count: 1000, lost: 0, late_min: 3, late_max: 3 });
    }

    #[test]
    fn what_is_left_of_a_frame_is_lost_when_the_next_has_begun() {
        let mut schedule = schedule(100, &[(0, 0, 40), (1, 50, 60), (0, 70, 80)]);
        schedule.advance(0);
        schedule.advance(55);
        schedule.advance(105);
        let lost = |schedule: &Schedule| [0, 1, 2].map(|number| schedule.observation(number).unwrap().1.lost);
        assert_eq!(lost(&schedule), [0, 0, 1]);
        schedule.advance(205);
        assert_eq!(lost(&schedule), [0, 1, 2]);
        schedule.advance(575);
        assert_eq!(lost(&schedule), [3, 5, 5]);
    }

    #[test]
    fn bad_windows_are_refused() {
        let mut schedule = schedule(100, &[(0, 10, 40)]);
        for (start, end) in [(39, 50), (0, 5), (50, 50), (60, 50), (50, 101), (u64::MAX, 3)] {
            assert!(!schedule.add(Window { partition: Index::FIRST, start, end }), "{start}..{end}");
        }
        assert!(schedule.add(Window { partition: Index::FIRST, start: 40, end: 100 }));
    }

    #[test]
    fn there_is_an_end_to_the_places() {
        let mut schedule = Schedule::new();
        for start in 0..WINDOWS_MAX as u64 {
            assert!(schedule.add(Window { partition: Index::FIRST, start, end: start + 1 }));
        }
        assert!(!schedule.add(Window { partition: Index::FIRST, start: 999, end: 1000 }));
        assert_eq!(schedule.advance(255).end, 256);
        assert_eq!(schedule.advance(256).end, 1_000_000_000);
    }

    fn any_schedule() -> impl Strategy<Value = Schedule> {
        (prop::collection::vec((0u32..4, 0u64..1000, 1u64..1000), 0..20), 1u64..5000).prop_map(
            |(parts, rest)| {
                let mut schedule = Schedule::new();
                let length: u64 = parts.iter().map(|(_, gap, duration)| gap + duration).sum();
                schedule.set_frame(length + rest);
                let mut start = 0;
                for (partition, gap, duration) in parts {
                    start += gap;
                    let end = start + duration;
                    assert!(schedule.add(Window { partition: Index::new(partition).unwrap(), start, end }));
                    start = end;
                }
                schedule
            },
        )
    }

    proptest! {
        #[test]
        fn the_slot_is_the_one_of_the_instant(
            mut schedule in any_schedule(),
            steps in prop::collection::vec(0u64..20_000, 1..60),
        ) {
            let mut now = 0;
            for step in steps {
                let slot = schedule.advance(now);
                let offset = now % schedule.frame();
                let expected = schedule.windows().iter().find(|window| (window.start..window.end).contains(&offset));
                prop_assert_eq!(slot.partition, expected.map(|window| window.partition));
                prop_assert!(slot.start <= now && now < slot.end);
                let end = slot.end - (now - offset);
                match expected {
                    Some(window) => prop_assert_eq!(end, window.end),
                    None => {
                        let next = schedule.windows().iter().map(|window| window.start).find(|&start| start > offset);
                        prop_assert_eq!(end, next.unwrap_or(schedule.frame()));
                    }
                }
                now = slot.end + step;
            }
        }
    }
}
