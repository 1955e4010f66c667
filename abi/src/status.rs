//! What a partition can ask about partitions, schedules and the health monitor: structures in guest memory.

use core::mem::{offset_of, size_of};

use crate::pages::stored;
use crate::{Mode, NAME_SIZE};

/// The answer of [`crate::Hypercall::PartitionDescribe`].
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartitionDescription {
    /// Name, padded with zeros.
    pub name: [u8; NAME_SIZE],
    /// A [`Mode`].
    pub mode: u32,
    /// The [`crate::StartReason`] of its last start.
    pub start_reason: u32,
    /// How often it has been started before.
    pub restarts: u32,
    /// How many windows of it have begun.
    pub windows: u32,
    /// The status with which it has ended itself, 0 otherwise.
    pub status: u32,
    /// The last [`crate::HealthError`] that the health monitor has dealt with, 0 for none.
    pub error: u32,
    /// How many restarts the health monitor has left for it now.
    pub restarts_left: u32,
    /// Zero.
    pub reserved: u32,
}

impl PartitionDescription {
    /// Bytes in guest memory.
    pub const SIZE: usize = size_of::<Self>();

    /// The bytes as they are stored in guest memory.
    #[must_use]
    pub fn bytes(&self) -> [u8; Self::SIZE] {
        stored(
            Some(&self.name),
            &[
                self.mode,
                self.start_reason,
                self.restarts,
                self.windows,
                self.status,
                self.error,
                self.restarts_left,
                0,
            ],
        )
    }

    /// Its mode; [`Mode::Idle`] where there is none with this number.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        match Mode::from_number(self.mode) {
            Some(mode) => mode,
            None => Mode::Idle,
        }
    }
}

/// The answer of [`crate::Hypercall::ScheduleStatus`], after ARINC 653 part 2's `SCHEDULE_STATUS_TYPE`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScheduleStatus {
    /// The schedule that runs.
    pub current: u32,
    /// The one that runs from the next major frame on: the current one if no other was asked for.
    pub next: u32,
    /// When the current one began, in nanoseconds of the clock, low half; 0 for the first one.
    pub time_low: u32,
    /// High half.
    pub time_high: u32,
    /// When the current major frame began, in nanoseconds of the clock, low half.
    pub frame_start_low: u32,
    /// High half.
    pub frame_start_high: u32,
    /// How often the schedule has changed.
    pub changes: u32,
    /// Zero.
    pub reserved: u32,
}

impl ScheduleStatus {
    /// Bytes in guest memory.
    pub const SIZE: usize = size_of::<Self>();

    /// The bytes as they are stored in guest memory.
    #[must_use]
    pub fn bytes(&self) -> [u8; Self::SIZE] {
        stored(
            None,
            &[
                self.current,
                self.next,
                self.time_low,
                self.time_high,
                self.frame_start_low,
                self.frame_start_high,
                self.changes,
                0,
            ],
        )
    }
}

/// The answer of [`crate::Hypercall::ScheduleDescribe`].
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScheduleDescription {
    /// Name, padded with zeros.
    pub name: [u8; NAME_SIZE],
    /// Length of its major frame in nanoseconds, low half.
    pub major_frame_low: u32,
    /// High half.
    pub major_frame_high: u32,
    /// How many windows it has.
    pub windows: u32,
    /// How many of them are the caller's.
    pub own_windows: u32,
    /// Nanoseconds of a frame that are the caller's, low half.
    pub own_time_low: u32,
    /// High half.
    pub own_time_high: u32,
    /// Zero.
    pub reserved: [u32; 2],
}

impl ScheduleDescription {
    /// Bytes in guest memory.
    pub const SIZE: usize = size_of::<Self>();

    /// The bytes as they are stored in guest memory.
    #[must_use]
    pub fn bytes(&self) -> [u8; Self::SIZE] {
        stored(
            Some(&self.name),
            &[
                self.major_frame_low,
                self.major_frame_high,
                self.windows,
                self.own_windows,
                self.own_time_low,
                self.own_time_high,
            ],
        )
    }
}

/// The answer of [`crate::Hypercall::HealthRead`]: one entry of the health monitor's log.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HealthRecord {
    /// Its number; those of each partition, and of the module, are counted from 0 since the system has been switched
    /// on.
    pub sequence: u32,
    /// A [`crate::HealthError`].
    pub error: u32,
    /// The [`crate::Action`] that was taken.
    pub action: u32,
    /// The [`crate::Level`] at which.
    pub level: u32,
    /// Whose error it was, or [`crate::system_table::NO_PARTITION`].
    pub partition: u32,
    /// What the partition has said with an error that it raised, or the processor's number for a fault.
    pub code: u32,
    /// The same, or the processor's error code.
    pub detail: u32,
    /// Zero.
    pub reserved: u32,
    /// When, in nanoseconds of the clock, low half.
    pub time_low: u32,
    /// High half.
    pub time_high: u32,
    /// The address that a memory violation touched, low half; otherwise 0.
    pub address_low: u32,
    /// High half.
    pub address_high: u32,
    /// Where the partition was, low half.
    pub program_counter_low: u32,
    /// High half.
    pub program_counter_high: u32,
    /// Zero.
    pub reserved_behind: [u32; 2],
}

impl HealthRecord {
    /// Bytes in guest memory.
    pub const SIZE: usize = size_of::<Self>();

    /// The bytes as they are stored in guest memory.
    #[must_use]
    pub fn bytes(&self) -> [u8; Self::SIZE] {
        stored(
            None,
            &[
                self.sequence,
                self.error,
                self.action,
                self.level,
                self.partition,
                self.code,
                self.detail,
                0,
                self.time_low,
                self.time_high,
                self.address_low,
                self.address_high,
                self.program_counter_low,
                self.program_counter_high,
            ],
        )
    }
}

// The layout is the contract, as in `pages`.
const _: () = {
    assert!(size_of::<PartitionDescription>() == 64);
    assert!(offset_of!(PartitionDescription, mode) == 0x20);
    assert!(size_of::<ScheduleStatus>() == 32);
    assert!(offset_of!(ScheduleStatus, frame_start_low) == 0x10);
    assert!(size_of::<ScheduleDescription>() == 64);
    assert!(offset_of!(ScheduleDescription, own_time_low) == 0x30);
    assert!(size_of::<HealthRecord>() == 64);
    assert!(offset_of!(HealthRecord, time_low) == 0x20);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_has_the_layout_of_the_structures() {
        let word =
            |bytes: &[u8], place: usize| u32::from_ne_bytes(bytes[place..place + 4].try_into().unwrap());
        let description =
            PartitionDescription { mode: 3, restarts_left: 9, ..PartitionDescription::default() };
        assert_eq!((word(&description.bytes(), 0x20), word(&description.bytes(), 0x38)), (3, 9));
        assert_eq!(
            (description.mode(), PartitionDescription { mode: 4, ..description }.mode()),
            (Mode::Normal, Mode::Idle)
        );
        let status = ScheduleStatus { current: 1, next: 2, changes: 3, ..ScheduleStatus::default() };
        assert_eq!([0, 4, 0x18].map(|place| word(&status.bytes(), place)), [1, 2, 3]);
        let schedule =
            ScheduleDescription { major_frame_low: 7, own_time_high: 8, ..ScheduleDescription::default() };
        assert_eq!([0x20, 0x34].map(|place| word(&schedule.bytes(), place)), [7, 8]);
        let record =
            HealthRecord { sequence: 4, time_low: 5, program_counter_high: 6, ..HealthRecord::default() };
        assert_eq!([0, 0x20, 0x34].map(|place| word(&record.bytes(), place)), [4, 5, 6]);
    }
}
