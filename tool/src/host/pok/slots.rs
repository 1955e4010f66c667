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
    let mut slots = Vec::new();
    let mut time = 0;
    let mut until = |slots: &mut Vec<Slot>, start: u64, end: u64, partition| {
        if start > time {
            slots.push(Slot { partition: None, duration: start - time });
        }
        if end > start {
            slots.push(Slot { partition, duration: end - start });
        }
        time = end;
    };
    for window in &system.schedule().windows {
        until(&mut slots, window.start, window.end(), Some(window.partition));
    }
    until(&mut slots, system.schedule().major_frame, system.schedule().major_frame, None);
    slots
}
