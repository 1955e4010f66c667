//! Windows: how many the schedules promise until now, and how many have opened.

use bulkhead_abi::trace::Kind;

use crate::event::Event;
use crate::model::{System, Window};
use crate::windows::{Reign, next_reign, window_at};

/// Figures of a partition's windows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Windows {
    pub(super) opened: u64,
    pub(super) missing: u64,
    pub(super) late: u64,
}

/// What is known of a partition's windows.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    opened: u64,
    late: u64,
    /// How many the schedules before this one have promised.
    promised: u64,
    /// How many began while records are missing.
    unknown: u64,
}

/// What the schedules promise, and what has opened.
#[derive(Debug)]
pub(super) struct Promised {
    system: System,
    reign: Reign,
    /// The window that has opened last, or of which nobody knows: of whom, and when it was to begin.
    last: Option<(usize, u64)>,
    partitions: Vec<Known>,
}

impl Promised {
    pub(super) fn new(system: System) -> Self {
        let reign = Reign { schedule: system.initial_schedule, base: 0 };
        let partitions = vec![Known::default(); system.partitions.len()];
        Self { system, reign, last: None, partitions }
    }

    /// The number of the schedule.
    pub(super) const fn schedule(&self) -> usize {
        self.reign.schedule
    }

    /// Takes an event of the kernel.
    pub(super) fn take(&mut self, event: &Event) {
        let Some((kind, argument)) = event.of_kernel() else { return };
        if let (Kind::Window, Some(partition)) = (kind, event.partition) {
            let late = u64::from(argument);
            self.last = Some((partition, event.time.saturating_sub(late)));
            if let Some(known) = self.partitions.get_mut(partition) {
                known.opened += 1;
                known.late = known.late.max(late);
            }
        }
        let Some(next) = next_reign(&self.system, self.reign, event) else { return };
        // Where everything starts again, windows that have begun do not come to their ends.
        let is_cut = kind == Kind::ModuleRestarted;
        let promised = self.counts(|window| {
            let by = if is_cut { window.start } else { window.end };
            self.times(by, next.base.saturating_sub(u64::from(is_cut)))
        });
        for (known, promised) in self.partitions.iter_mut().zip(promised) {
            known.promised = known.promised.saturating_add(promised);
        }
        self.reign = next;
    }

    /// Records are missing between two times: nobody knows which windows have opened meanwhile, that which had begun
    /// before among them if it was late.
    pub(super) fn miss(&mut self, since: u64, until: u64) {
        let mut begun = self
            .counts(|window| self.times(window.start, until).saturating_sub(self.times(window.start, since)));
        if let Some((partition, start)) = self.latest(since)
            && self.last.is_none_or(|last| last.1 < start)
            && self.goes_on((partition, start), since)
            && let Some(begun) = begun.get_mut(partition)
        {
            *begun = begun.saturating_add(1);
        }
        for (known, begun) in self.partitions.iter_mut().zip(begun) {
            known.unknown = known.unknown.saturating_add(begun);
        }
        // It is known once that nobody knows of it.
        self.last = self.latest(until).into_iter().chain(self.last).max_by_key(|last| last.1);
    }

    /// The window that has begun last at a time, if it has opened or not: of whom, and when.
    fn latest(&self, time: u64) -> Option<(usize, u64)> {
        let schedule = self.system.schedules.get(self.reign.schedule)?;
        let begun = schedule.windows.iter().filter_map(|window| {
            let frames = self.times(window.start, time).checked_sub(1)?.saturating_mul(schedule.frame);
            Some((window.partition, self.reign.base.saturating_add(window.start).saturating_add(frames)))
        });
        begun.max_by_key(|begun| begun.1)
    }

    /// The figures of a partition's windows at a time.
    pub(super) fn of(&self, partition: usize, time: u64) -> Windows {
        let known = self.partitions.get(partition).copied().unwrap_or_default();
        let of_schedule = self.counts(|window| self.times(window.end, time));
        let promised = known.promised.saturating_add(of_schedule.get(partition).copied().unwrap_or(0));
        let goes_on = self.last.is_some_and(|last| last.0 == partition && self.goes_on(last, time));
        let behind = known.opened.saturating_add(known.unknown).saturating_sub(u64::from(goes_on));
        Windows { opened: known.opened, missing: promised.saturating_sub(behind), late: known.late }
    }

    /// Whether a window that has opened is not behind at a time.
    fn goes_on(&self, (partition, start): (usize, u64), time: u64) -> bool {
        let windows = self.system.schedules.get(self.reign.schedule).map_or(&[][..], |it| &it.windows);
        let number = window_at(&self.system, &self.reign, start, partition);
        let window = windows.iter().find(|window| Some(window.number) == number);
        window.is_none_or(|it| start.saturating_add(it.end.saturating_sub(it.start)) > time)
    }

    /// For each partition the sum of what `count` says of its windows in this schedule.
    fn counts(&self, count: impl Fn(&Window) -> u64) -> Vec<u64> {
        let mut counts = vec![0_u64; self.partitions.len()];
        let schedule = self.system.schedules.get(self.reign.schedule);
        for window in schedule.into_iter().flat_map(|schedule| &schedule.windows) {
            if let Some(sum) = counts.get_mut(window.partition) {
                *sum = count(window).saturating_add(*sum);
            }
        }
        counts
    }

    /// How often this schedule has come to a place in its frame until a time.
    fn times(&self, place: u64, time: u64) -> u64 {
        let frame = self.system.schedules.get(self.reign.schedule).map_or(1, |it| it.frame.max(1));
        let since = time.checked_sub(self.reign.base.saturating_add(place));
        since.map_or(0, |since| (since / frame).saturating_add(1))
    }
}
