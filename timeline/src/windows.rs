//! Windows: as they were observed, and as the schedule has them.

use bulkhead_abi::trace::Kind;

use crate::event::Event;
use crate::model::{System, Timeline};

/// A window that was observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The number of the partition.
    pub partition: usize,
    /// The number of the schedule.
    pub schedule: usize,
    /// The window's number among those of all schedules ([`crate::Window::number`]), if the schedule has one there.
    pub number: Option<usize>,
    /// When it was to begin, in nanoseconds of the clock.
    pub start: u64,
    /// How late it has begun, in nanoseconds.
    pub late: u64,
    /// When it has begun.
    pub begin: u64,
    /// When it has ended: when the next one, or time of nobody, has begun. The end of the timeline at the latest.
    pub end: u64,
    /// Whether it is known when it has ended.
    pub complete: bool,
}

/// A window as the schedule has it, in one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Configured {
    /// The number of the partition.
    pub partition: usize,
    /// The number of the schedule.
    pub schedule: usize,
    /// The window's number among those of all schedules.
    pub number: usize,
    /// When it begins, in nanoseconds of the clock.
    pub start: u64,
    /// When it ends.
    pub end: u64,
}

/// A stretch of time in which one schedule runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reign {
    pub(crate) schedule: usize,
    /// When its first frame begins, in nanoseconds of the clock.
    pub(crate) base: u64,
}

/// The stretch of time that begins with an event, if one does, behind this one.
pub(crate) fn next_reign(system: &System, last: Reign, event: &Event) -> Option<Reign> {
    let (kind, argument) = event.of_kernel()?;
    match kind {
        Kind::Schedule => {
            // A schedule begins where the frame of the one before ends.
            let before = system.schedules.get(last.schedule);
            let frame = before.map_or(1, |schedule| schedule.frame.max(1));
            let since = event.time.saturating_sub(last.base);
            Some(Reign { schedule: (argument & 0xffff) as usize, base: last.base + since / frame * frame })
        }
        Kind::ModuleRestarted => Some(Reign { schedule: system.initial_schedule, base: event.time }),
        _ => None,
    }
}

/// The number of the window that begins at `start` in a schedule.
pub(crate) fn window_at(system: &System, reign: &Reign, start: u64, partition: usize) -> Option<usize> {
    let schedule = system.schedules.get(reign.schedule)?;
    let offset = start.checked_sub(reign.base)? % schedule.frame.max(1);
    let is_it = |window: &&crate::Window| window.start == offset && window.partition == partition;
    schedule.windows.iter().find(is_it).map(|window| window.number)
}

impl Timeline {
    /// Which schedule runs when.
    pub(crate) fn reigns(&self) -> Vec<Reign> {
        let mut last = Reign { schedule: self.system.initial_schedule, base: 0 };
        let mut reigns = vec![last];
        for event in &self.events {
            if let Some(next) = next_reign(&self.system, last, event) {
                last = next;
                reigns.push(next);
            }
        }
        reigns
    }

    /// The windows that were observed, in the order of time.
    #[must_use]
    pub fn windows(&self) -> Vec<Observed> {
        let reigns = self.reigns();
        let mut current = 0;
        let mut windows: Vec<Observed> = Vec::new();
        let mut open: Option<Observed> = None;
        let mut close = |open: &mut Option<Observed>, time, complete| {
            if let Some(window) = open.take() {
                windows.push(Observed { end: time, complete, ..window });
            }
        };
        let mut lost = self.lost.iter().filter(|lost| lost.partition.is_none()).peekable();
        let mut before = 0;
        for event in &self.events {
            let Some((kind, argument)) = event.of_kernel() else { continue };
            while lost.next_if(|lost| lost.time <= event.time).is_some() {
                close(&mut open, before, false);
            }
            before = event.time;
            match kind {
                Kind::Window => {
                    close(&mut open, event.time, true);
                    let late = u64::from(argument);
                    let start = event.time.saturating_sub(late);
                    // The record of a change comes behind that of the window in which it was noticed.
                    while reigns.get(current + 1).is_some_and(|next| next.base <= start) {
                        current += 1;
                    }
                    let Some(reign) = reigns.get(current) else { continue };
                    let partition = event.partition.unwrap_or(usize::MAX);
                    let number = window_at(&self.system, reign, start, partition);
                    open = Some(Observed {
                        partition,
                        schedule: reign.schedule,
                        number,
                        start,
                        late,
                        begin: event.time,
                        end: event.time,
                        complete: false,
                    });
                }
                Kind::Unassigned | Kind::End | Kind::KernelFault | Kind::ModuleRestarted => {
                    close(&mut open, event.time, true);
                }
                _ => {}
            }
        }
        close(&mut open, self.end(), false);
        windows
    }

    /// The windows that the schedules have between two times, in the order of time: what the system file promises.
    /// Windows that begin before or end behind are among them.
    #[must_use]
    pub fn configured(&self, begin: u64, end: u64) -> Vec<Configured> {
        let mut windows = Vec::new();
        let reigns = self.reigns();
        for (place, reign) in reigns.iter().enumerate() {
            let Some(schedule) = self.system.schedules.get(reign.schedule) else { continue };
            let next = reigns.get(place + 1).map_or(u64::MAX, |next| next.base);
            let frame_length = schedule.frame.max(1);
            let first = begin.max(reign.base);
            let last = end.min(next);
            if first >= last {
                continue;
            }
            let mut frame = reign.base + (first - reign.base) / frame_length * frame_length;
            while frame < last {
                for window in &schedule.windows {
                    let (start, stop) = (frame + window.start, (frame + window.end).min(next));
                    if stop > begin && start < last {
                        windows.push(Configured {
                            partition: window.partition,
                            schedule: reign.schedule,
                            number: window.number,
                            start,
                            end: stop,
                        });
                    }
                }
                frame = frame.saturating_add(frame_length);
            }
        }
        windows
    }
}
