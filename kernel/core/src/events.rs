//! The records that wait for the serial line: what is new of partitions, told when nobody needs the processor.
//!
//! There is room for whole records only, and each partition has a share of it that no other can use, with places of its
//! own for its end. So a partition that makes much news loses nothing but its own, and how much that was is counted.

use bulkhead_abi::Action;
use bulkhead_abi::event::{Kind, NO_PARTITION, Record};
use bulkhead_abi::system_table::PARTITIONS_MAX;

use crate::partition::Index;

/// Records that can wait.
pub const RECORDS: usize = 256;

/// Records of one partition about its end that can wait.
pub const ENDS: u16 = 2;

/// What one partition has of the room.
#[derive(Clone, Copy, Debug)]
struct Share {
    news: u16,
    ends: u16,
    lost: u32,
    told: u32,
}

/// The records that wait.
#[derive(Debug)]
pub struct Events {
    records: [Record; RECORDS],
    first: usize,
    waiting: usize,
    news_max: u16,
    /// Of each partition, and behind them the system's own.
    shares: [Share; PARTITIONS_MAX + 1],
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}

impl Events {
    /// No records.
    #[must_use]
    pub const fn new() -> Self {
        const EMPTY: Record = Record::new(0, Kind::Lost, NO_PARTITION, 0, [0; 6]);
        Self {
            records: [EMPTY; RECORDS],
            first: 0,
            waiting: 0,
            news_max: (RECORDS / (PARTITIONS_MAX + 1)) as u16 - ENDS,
            shares: [Share { news: 0, ends: 0, lost: 0, told: 0 }; PARTITIONS_MAX + 1],
        }
    }

    /// Divides the room among so many partitions and the system itself.
    pub const fn divide(&mut self, partitions: usize) {
        if let Some(share) = RECORDS.checked_div(partitions.saturating_add(1)) {
            self.news_max = (share as u16).saturating_sub(ENDS);
        }
    }

    /// Whether some wait.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Puts a record behind the others, or counts it as lost if the share of its partition is used up, or the system's.
    pub fn put(&mut self, record: &Record) {
        let Some(share) = self.shares.get_mut(share_of(record)) else { return };
        let (count, most) =
            if is_end(record) { (&mut share.ends, ENDS) } else { (&mut share.news, self.news_max) };
        let place = self.records.get_mut((self.first + self.waiting) % RECORDS);
        match place {
            Some(place) if *count < most && self.waiting < RECORDS => {
                *place = *record;
                *count += 1;
                self.waiting += 1;
            }
            _ => share.lost = share.lost.saturating_add(1),
        }
    }

    /// Takes out the record that has waited longest.
    pub fn remove_first(&mut self) -> Option<Record> {
        if self.waiting == 0 {
            return None;
        }
        let record = *self.records.get(self.first)?;
        self.first = (self.first + 1) % RECORDS;
        self.waiting -= 1;
        if let Some(share) = self.shares.get_mut(share_of(&record)) {
            let count = if is_end(&record) { &mut share.ends } else { &mut share.news };
            *count = count.saturating_sub(1);
        }
        Some(record)
    }

    /// How many records of a partition are lost.
    #[must_use]
    pub const fn lost(&self, partition: Index) -> u32 {
        self.shares[partition.place()].lost
    }

    /// How many of them nobody has been told of, who is told now.
    pub const fn tell_lost(&mut self, partition: Index) -> u32 {
        let share = &mut self.shares[partition.place()];
        let untold = share.lost.wrapping_sub(share.told);
        share.told = share.lost;
        untold
    }
}

/// The place of the share that a record comes out of.
fn share_of(record: &Record) -> usize {
    Index::new(record.partition.into()).map_or(PARTITIONS_MAX, Index::place)
}

/// Whether a record is of a partition's end. More than one can wait only if somebody starts the partition again.
const fn is_end(record: &Record) -> bool {
    matches!(record.kind, Kind::Halted | Kind::Stopped)
        || matches!(record.kind, Kind::Health) && record.arguments[1] == Action::Idle as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::index;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn restarted(time: u64, partition: u32) -> Record {
        Record::restarted(time, partition as u16, 0, bulkhead_abi::StartReason::ColdRestart)
    }

    #[test]
    fn a_flood_leaves_room_for_the_others_and_for_its_own_end() {
        let mut events = Events::new();
        events.divide(3);
        for time in 0..1000 {
            events.put(&restarted(time, 1));
        }
        events.put(&restarted(5000, 0));
        events.put(&Record::halted(6000, 1, 7));
        let share = (RECORDS / 4) as u64 - u64::from(ENDS);
        assert_eq!((events.lost(index(0)), events.lost(index(1))), (0, 1000 - share as u32));
        assert_eq!((events.tell_lost(index(1)), events.tell_lost(index(1))), (1000 - share as u32, 0));
        assert!(!events.is_empty());
        let records: Vec<Record> = std::iter::from_fn(|| events.remove_first()).collect();
        let times: Vec<u64> = records.iter().map(|record| record.time).collect();
        assert_eq!(times, (0..share).chain([5000, 6000]).collect::<Vec<_>>());
        assert!(events.is_empty());
    }

    proptest! {
        /// What any partition puts in while the others do what they like comes out whole and in order, up to its share.
        #[test]
        fn nobody_loses_anothers(steps in prop::collection::vec((0u32..4, any::<bool>()), 1..2000)) {
            let mut events = Events::new();
            events.divide(4);
            let mut waiting = [0usize; 4];
            let mut sent = Vec::new();
            for (time, (partition, is_taken)) in steps.into_iter().enumerate() {
                if is_taken {
                    if let Some(record) = events.remove_first() {
                        waiting[usize::from(record.partition)] -= 1;
                        sent.push(record.time);
                    }
                    continue;
                }
                let before = events.lost(index(partition));
                events.put(&restarted(time as u64, partition));
                let has_room = waiting[partition as usize] < RECORDS / 5 - usize::from(ENDS);
                prop_assert_eq!(events.lost(index(partition)) == before, has_room);
                waiting[partition as usize] += usize::from(has_room);
            }
            prop_assert!(sent.is_sorted());
        }
    }
}
