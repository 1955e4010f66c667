//! How late a kernel is that varies: by what a real processor's caches and buses would make it late, drawn from a seed,
//! so that a run can be repeated.
//!
//! What is drawn for the end of a slot depends on the seed and the schedule alone, what is drawn for a partition on the
//! seed, when it wants its timer to expire, and how many interrupts of its devices have come. So no partition moves
//! another one's lateness, and what it can measure of its own tells nothing about theirs.

use bulkhead_abi::NEVER;
use bulkhead_abi::system_table::PARTITIONS_MAX;

use crate::clock::is_before;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::partition::Index;

/// What is drawn from a seed.
#[derive(Clone, Debug)]
pub struct Variation {
    seed: [u32; 2],
    most: u32,
    interrupts: [u32; PARTITIONS_MAX],
    looks: [u32; PARTITIONS_MAX],
    /// The partitions whose input was not noticed at the last look, a bit each.
    missed: u32,
}

/// In the upper word of what is drawn for. The times that there are are below 2^62.
const INTERRUPT: u32 = 1 << 31;
const LOOK: u32 = INTERRUPT | 1 << 30;
const ALARM: u32 = 1 << 30;

/// A word of which each bit depends on each bit of the other one: the last step of the hash `MurmurHash3_x86_32`.
const fn mixed(mut word: u32) -> u32 {
    word = (word ^ word >> 16).wrapping_mul(0x85eb_ca6b);
    word = (word ^ word >> 13).wrapping_mul(0xc2b2_ae35);
    word ^ word >> 16
}

impl Variation {
    /// Nothing is ever late.
    pub const NONE: Self = Self::new(0, 0);

    /// What this seed gives: at most so many instructions at a time.
    #[must_use]
    pub const fn new(seed: u64, most: u32) -> Self {
        Self {
            seed: [seed as u32, (seed >> 32) as u32],
            most,
            interrupts: [0; PARTITIONS_MAX],
            looks: [0; PARTITIONS_MAX],
            missed: 0,
        }
    }

    #[inline(always)]
    const fn word(&self, low: u32, high: u32) -> u32 {
        let [first, second] = self.seed;
        mixed(mixed(low ^ first).wrapping_add(high) ^ second)
    }

    #[inline(always)]
    const fn drawn(&self, low: u32, high: u32) -> u32 {
        ((self.word(low, high) as u64 * (self.most as u64 + 1)) >> 32) as u32
    }

    /// By how many instructions the end of the slot is noticed late that ends then, in nanoseconds of the clock.
    #[inline(always)]
    const fn slot(&self, end: u64) -> u32 {
        self.drawn(end as u32, (end >> 32) as u32)
    }

    /// By how many an alarm is that was asked for then.
    #[inline(always)]
    const fn alarm(&self, time: u64) -> u32 {
        self.drawn(time as u32, (time >> 32) as u32 | ALARM)
    }

    /// By how many an interrupt of a device is that comes while the partition has the processor.
    #[inline(always)]
    const fn interrupt(&mut self, partition: Index) -> u32 {
        let count = &mut self.interrupts[partition.place()];
        *count = count.wrapping_add(1);
        self.drawn(self.interrupts[partition.place()], INTERRUPT | partition.number())
    }

    /// Whether what has been typed for the partition is noticed this time; if not, it is the next time.
    const fn notices(&mut self, partition: Index) -> bool {
        let (count, bit) = (&mut self.looks[partition.place()], 1 << partition.place());
        *count = count.wrapping_add(1);
        let word = self.word(self.looks[partition.place()], LOOK | partition.number());
        self.missed = if self.most > 0 && self.missed & bit == 0 && word >> 31 != 0 {
            self.missed | bit
        } else {
            self.missed & !bit
        };
        self.missed & bit == 0
    }
}

impl<M: Machine> Kernel<M> {
    /// A slot is over: spends what is drawn for that. The answer is what the clock says then.
    #[inline(always)]
    pub(crate) fn end_slot_late(&self, machine: &mut M, now: u64) -> u64 {
        let Some(variation) = machine.variation() else { return now };
        let drawn = variation.slot(self.slot.end);
        machine.spend(drawn);
        machine.now()
    }

    /// The alarm may have come: spends what is drawn for it, if it is due, though not beyond what ends the partition's
    /// time. One that comes early is none: how often there is one need not be the same in each run.
    #[inline(always)]
    pub fn take_alarm_late(&self, machine: &mut M) {
        if machine.variation().is_none() || self.alarm == NEVER {
            return;
        }
        let now = machine.now();
        if let Some(variation) = machine.variation().filter(|_| !is_before(now, self.alarm)) {
            let drawn = variation.alarm(self.alarm);
            self.spend_until(machine, now, drawn);
        }
    }

    /// The same of an interrupt of a device, the one with this number: drawn for whose it is, which need not be who has
    /// the processor.
    #[inline(always)]
    pub fn take_interrupt_late(&self, machine: &mut M, number: usize) {
        let Some(variation) = machine.variation() else { return };
        let interrupts = self.devices.interrupts.get(..self.devices.interrupt_count).unwrap_or_default();
        if let Some(interrupt) = interrupts.get(number) {
            let drawn = variation.interrupt(interrupt.partition);
            let now = machine.now();
            self.spend_until(machine, now, drawn);
        }
    }

    #[inline(always)]
    fn spend_until(&self, machine: &mut M, now: u64, drawn: u32) {
        let left = self.until.saturating_sub(now);
        if left > 0 {
            machine.spend(if u64::from(drawn) < left { drawn } else { left as u32 });
        }
    }

    /// Whether what has been typed for a partition is noticed now.
    #[inline(always)]
    pub(crate) fn notices_input(machine: &mut M, partition: Index) -> bool {
        machine.variation().is_none_or(|variation| variation.notices(partition))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::vec::Vec;

    const MOST: u32 = 1_000;

    fn slots(seed: u64) -> Vec<u32> {
        let variation = Variation::new(seed, MOST);
        (0..1_000).map(|slot| variation.slot(5_000_000 * slot)).collect()
    }

    #[test]
    fn a_seed_gives_the_same_again_and_another_one_something_else() {
        let all: BTreeSet<Vec<u32>> = (0..1_000).chain([1 << 32, 1 << 63, u64::MAX]).map(slots).collect();
        assert_eq!(all.len(), 1_003);
        assert_eq!(slots(7), slots(7));
    }

    #[test]
    fn all_that_may_be_drawn_is_drawn_about_as_often() {
        for seed in [0, 1, 0x1234_5678_9abc_def0] {
            let (mut count, variation) = ([0_u32; 10], Variation::new(seed, MOST - 1));
            for slot in 0..10_000 {
                count[variation.slot(1_000_000 * slot) as usize / 100] += 1;
            }
            assert!(count.iter().all(|times| (900..1_100).contains(times)), "{seed}: {count:?}");
        }
    }

    #[test]
    fn what_comes_for_one_partition_is_nothing_to_others() {
        let [first, second] = [0, 1].map(|number| Index::new(number).unwrap());
        let draw = |others: usize| {
            let mut variation = Variation::new(3, MOST);
            let mut drawn = Vec::new();
            for slot in 0..100 {
                for _ in 0..others {
                    variation.interrupt(second);
                    variation.notices(second);
                }
                drawn.push((variation.slot(slot), variation.interrupt(first), variation.notices(first)));
            }
            drawn
        };
        assert_eq!(draw(0), draw(3));
        let mut alone = Variation::new(3, MOST);
        let of = |variation: &mut Variation, partition| -> Vec<u32> {
            (0..10).map(|_| variation.interrupt(partition)).collect()
        };
        assert_ne!(of(&mut alone, first), of(&mut alone, second));
    }

    #[test]
    fn input_is_never_missed_twice() {
        let mut variation = Variation::new(11, MOST);
        let looks: Vec<bool> = (0..1_000).map(|_| variation.notices(Index::FIRST)).collect();
        assert!(looks.windows(2).all(|two| two[0] || two[1]));
        assert!(looks.iter().filter(|noticed| !**noticed).count() > 200);
    }

    #[test]
    fn nothing_is_late_without_a_bound() {
        let mut none = Variation::NONE;
        for slot in 0..100 {
            assert_eq!((none.slot(slot), none.interrupt(Index::FIRST)), (0, 0));
            assert!(none.notices(Index::FIRST));
        }
    }
}
