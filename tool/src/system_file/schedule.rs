//! Schedules: major frames and the windows in them.

use std::ops::Range;

use bulkhead_abi::{ChangeAction, HealthError};

use super::System;
use super::model::{Window, WindowPlace};
use crate::diagnostics::Problem;

/// The name of the schedule of a system file that has no other.
pub const MAIN: &str = "main";

/// A schedule.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Name; no two schedules have the same.
    pub name: String,
    /// Length of the major frame, in nanoseconds.
    pub major_frame: u64,
    /// The windows of the major frame in the order of their starts.
    pub windows: Vec<Window>,
    /// What becomes of each partition when the schedule begins.
    pub at_change: Vec<ChangeAction>,
    /// Where it stands in the file: the name, or the table.
    pub(crate) place: Range<usize>,
    pub(crate) major_frame_place: Range<usize>,
    /// For each window where its start and its duration stand in the file.
    pub(crate) window_places: Vec<WindowPlace>,
}

/// A part of the major frame that is nobody's, from its start to its end.
pub type Gap = Range<u64>;

impl Schedule {
    /// Nanoseconds of a major frame that belong to a partition.
    #[must_use]
    pub fn time_of(&self, partition: usize) -> u64 {
        self.windows.iter().filter(|window| window.partition == partition).map(|window| window.duration).sum()
    }

    /// Nanoseconds of a major frame that belong to somebody.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.windows.iter().map(|window| window.duration).sum()
    }

    /// The major frame from its start to its end: its parts in order, each with the partition whose it is.
    #[must_use]
    pub fn parts(&self) -> Vec<(Option<usize>, Range<u64>)> {
        let mut parts = Vec::new();
        let mut now = 0;
        for window in &self.windows {
            parts.push((None, now..window.start));
            parts.push((Some(window.partition), window.start..window.end()));
            now = window.end();
        }
        parts.push((None, now..self.major_frame));
        parts.retain(|(_, part)| !part.is_empty());
        parts
    }

    /// The parts of the major frame that are nobody's.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        self.parts().into_iter().filter(|(partition, _)| partition.is_none()).map(|(_, part)| part).collect()
    }

    /// The partitions that have no window in it.
    pub fn absent<'a>(&'a self, system: &'a System) -> impl Iterator<Item = usize> + 'a {
        let runs = |partition: &usize| self.windows.iter().any(|window| window.partition == *partition);
        (0..system.partitions.len()).filter(move |partition| !runs(partition))
    }
}

impl System {
    /// The schedule that the system starts with.
    #[must_use]
    pub fn schedule(&self) -> &Schedule {
        &self.schedules[self.initial_schedule]
    }

    /// The windows of all schedules, with their schedules. A window's number is its place here.
    pub fn windows(&self) -> impl Iterator<Item = (usize, &Window)> {
        let schedules = self.schedules.iter().enumerate();
        schedules.flat_map(|(number, schedule)| schedule.windows.iter().map(move |window| (number, window)))
    }

    /// A warning for each schedule that nobody can ask for: no partition may, and no response names it.
    pub(super) fn schedules_unasked(&self) -> Vec<Problem> {
        // A built file has no places.
        if self.partitions.iter().any(|partition| partition.system) || self.source.text.is_empty() {
            return Vec::new();
        }
        let of_partitions = self.partitions.iter().flat_map(|partition| {
            let errors = HealthError::ALL.iter().filter_map(|&error| partition.health.response(error));
            errors.chain([partition.health.restarts_exceeded])
        });
        let responses = of_partitions.chain([self.device_error]);
        let mut asked: Vec<usize> = responses.filter_map(|it| it.schedule).map(usize::from).collect();
        asked.push(self.initial_schedule);
        let unasked = self.schedules.iter().enumerate().filter(|(number, _)| !asked.contains(number));
        let warning = |(_, schedule): (usize, &Schedule)| {
            let text = format!("nobody can ask for the schedule `{}`", schedule.name);
            Problem::new(schedule.place.clone(), text).help(format!(
                "add system = true to a partition that asks for it, or schedule = \"{}\" to a response in [health]",
                schedule.name
            ))
        };
        unasked.map(warning).collect()
    }

    /// The name of a schedule; "" where there is none with this number.
    #[must_use]
    pub fn schedule_name(&self, number: usize) -> &str {
        self.schedules.get(number).map_or("", |schedule| &schedule.name)
    }
}
