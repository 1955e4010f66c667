//! The log of the health monitor: the last decisions about each partition, and about the module.
//!
//! Each has places of its own, so that no partition can push another's out. Nothing clears the log: it is kept over
//! every restart.

use bulkhead_abi::HealthRecord;
use bulkhead_abi::event::{Kind, NO_PARTITION, Record};
use bulkhead_abi::system_table::PARTITIONS_MAX;

use crate::partition::Index;

/// Decisions that are kept of each partition, and of the module.
pub const KEPT: usize = 8;

const _: () = assert!(KEPT.is_power_of_two());

/// The last decisions about one partition.
#[derive(Clone, Copy, Debug)]
pub struct Entries {
    records: [Record; KEPT],
    count: u32,
}

impl Entries {
    /// No decision.
    pub const NONE: Self =
        Self { records: [Record::new(0, Kind::Health, NO_PARTITION, 0, [0; 6]); KEPT], count: 0 };

    /// Adds a record of the kind [`Kind::Health`].
    #[inline]
    pub fn add(&mut self, record: &Record) {
        self.records[self.count as usize % KEPT] = *record;
        self.count = self.count.saturating_add(1);
    }

    /// The oldest entry that is kept of those from `sequence` on. They are about the partition with this number.
    #[must_use]
    #[inline]
    pub fn read(&self, partition: u32, sequence: u32) -> Option<HealthRecord> {
        let sequence = sequence.max(self.count.saturating_sub(KEPT as u32));
        if sequence >= self.count {
            return None;
        }
        let record = &self.records[sequence as usize % KEPT];
        let [error, action, level, address, program_counter, detail] = record.arguments;
        Some(HealthRecord {
            sequence,
            error: error as u32,
            action: action as u32,
            level: level as u32,
            partition,
            code: record.number,
            detail: detail as u32,
            reserved: 0,
            time_low: record.time as u32,
            time_high: (record.time >> 32) as u32,
            address_low: address as u32,
            address_high: (address >> 32) as u32,
            program_counter_low: program_counter as u32,
            program_counter_high: (program_counter >> 32) as u32,
            reserved_behind: [0; 2],
        })
    }
}

/// The log.
#[derive(Debug)]
pub struct HealthLog {
    entries: [Entries; PARTITIONS_MAX + 1],
}

impl Default for HealthLog {
    fn default() -> Self {
        Self::new()
    }
}

/// Whose log: a partition's, or the module's.
fn place(of: Option<Index>) -> usize {
    of.map_or(PARTITIONS_MAX, Index::place)
}

impl HealthLog {
    /// An empty log.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: [Entries::NONE; PARTITIONS_MAX + 1] }
    }

    /// Adds a record of the kind [`Kind::Health`].
    pub fn add(&mut self, of: Option<Index>, record: &Record) {
        if let Some(entries) = self.entries.get_mut(place(of)) {
            entries.add(record);
        }
    }

    /// The oldest entry that is kept of those from `sequence` on.
    #[must_use]
    pub fn read(&self, of: Option<Index>, sequence: u32) -> Option<HealthRecord> {
        let number = of.map_or(bulkhead_abi::system_table::NO_PARTITION, Index::number);
        self.entries.get(place(of))?.read(number, sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_kept_and_nobody_loses_anothers() {
        let mut log = HealthLog::new();
        let (one, other) = (Index::new(1), Index::new(2));
        assert_eq!(log.read(one, 0), None);
        log.add(other, &Record::new(7, Kind::Health, 2, 70, [1, 2, 1, 1 << 32 | 4, 5, 6]));
        for time in 0..20 {
            log.add(one, &Record::new(time, Kind::Health, 1, time as u32, [0; 6]));
        }
        let times: std::vec::Vec<u32> = (0..)
            .scan(0, |next, _: u32| {
                let record = log.read(one, *next)?;
                assert!(record.sequence >= *next);
                *next = record.sequence + 1;
                Some(record.code)
            })
            .collect();
        assert_eq!(times, (12..20).collect::<std::vec::Vec<_>>());
        let record = log.read(other, 0).unwrap();
        assert_eq!((record.error, record.action, record.level, record.code, record.detail), (1, 2, 1, 70, 6));
        assert_eq!((record.address_low, record.address_high, record.program_counter_low), (4, 1, 5));
        assert_eq!((record.partition, record.time_low), (2, 7));
        assert_eq!((log.read(other, 1), log.read(None, 0)), (None, None));
    }
}
