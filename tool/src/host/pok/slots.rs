//! POK's schedule: slots without gaps.

use crate::system_file::System;

/// A slot of the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Whose it is; nobody's if none.
    pub partition: Option<usize>,
    /// Its length in nanoseconds.
    pub duration: u64,
}

/// The slots of a major frame. They begin with the frame and fill it, as POK demands: time that belongs to no window is
/// a slot too.
#[must_use]
pub fn slots(system: &System) -> Vec<Slot> {
    let parts = system.schedule().parts().into_iter();
    parts.map(|(partition, part)| Slot { partition, duration: part.end - part.start }).collect()
}
