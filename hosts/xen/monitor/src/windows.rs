//! The windows that the system file gives the partition. Xen tells a guest nothing of its schedule, so these are where
//! the file has them, whatever Xen does.

use bulkhead_xen_facts::command_line::Window;

/// Where a moment lies in the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// How many windows have begun.
    pub(super) begun: u32,
    /// Start and end of the last one that has, 0 if none has.
    pub(super) start: u64,
    /// See `start`.
    pub(super) end: u64,
    /// When the next one begins.
    pub(super) next: u64,
}

/// The moment `now`, in nanoseconds since the first major frame of this length began. Without windows nothing ever
/// begins.
pub(super) fn moment(windows: &[Window], frame: u64, now: u64) -> Moment {
    let (Some(first), Some(last)) = (windows.first(), windows.last()) else {
        return Moment { begun: 0, start: 0, end: 0, next: u64::MAX };
    };
    let (frames, offset) = (now / frame, now % frame);
    let base = now - offset;
    let here = windows.iter().take_while(|window| window.start <= offset).count();
    let begun = (frames as u32).wrapping_mul(windows.len() as u32).wrapping_add(here as u32);
    let (start, duration) = match here.checked_sub(1).and_then(|place| windows.get(place)) {
        Some(window) => (base + window.start, window.duration),
        None if frames > 0 => (base - frame + last.start, last.duration),
        None => (0, 0),
    };
    let next = match windows.get(here) {
        Some(window) => base + window.start,
        None => base.saturating_add(frame).saturating_add(first.start),
    };
    Moment { begun, start, end: start + duration, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOWS: [Window; 2] = [Window { start: 10, duration: 20 }, Window { start: 60, duration: 30 }];

    #[test]
    fn moments_of_two_frames() {
        let at = |now| {
            let found = moment(&WINDOWS, 100, now);
            (found.begun, found.start, found.end, found.next)
        };
        assert_eq!(at(0), (0, 0, 0, 10));
        assert_eq!(at(10), (1, 10, 30, 60));
        assert_eq!(at(59), (1, 10, 30, 60));
        assert_eq!(at(60), (2, 60, 90, 110));
        assert_eq!(at(105), (2, 60, 90, 110));
        assert_eq!(at(110), (3, 110, 130, 160));
    }

    #[test]
    fn without_windows_nothing_begins() {
        assert_eq!(moment(&[], 100, 12345), Moment { begun: 0, start: 0, end: 0, next: u64::MAX });
    }
}
