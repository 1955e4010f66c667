//! Faults: what they are in, and how they are drawn.

use std::ops::Range;

use bulkhead_debugger::{Register, registers};
use fastrand::Rng;

use crate::cores::debugged;
use crate::system_file::{Processor, System};

use super::plan::Plan;

/// In what faults are drawn; partitions by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The registers of a partition, while it runs.
    Registers(usize),
    /// Its memory.
    Memory(usize),
    /// The kernel's memory: text, constants and data.
    KernelMemory,
    /// The kernel's timer interrupt.
    Interrupt,
}

/// What becomes of an interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It does not come.
    Lost,
    /// It comes twice.
    Doubled,
}

impl Effect {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Lost, Self::Doubled];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Doubled => "doubled",
        }
    }
}

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A bit of a register of a partition.
    Register {
        /// The number of the partition.
        partition: usize,
        /// The register.
        register: Register,
        /// The bit, from 0.
        bit: u32,
    },
    /// A bit of a byte of a partition's memory.
    Memory {
        /// The number of the partition.
        partition: usize,
        /// As the partition sees it.
        address: u64,
        /// The bit, from 0.
        bit: u32,
    },
    /// A bit of a byte of the kernel's memory.
    KernelMemory {
        /// The physical address.
        address: u64,
        /// The bit, from 0.
        bit: u32,
    },
    /// The next of the kernel's timer interrupts.
    Interrupt(Effect),
}

impl Fault {
    /// The partition that it is in, if it is in one.
    #[must_use]
    pub const fn partition(&self) -> Option<usize> {
        match self {
            Self::Register { partition, .. } | Self::Memory { partition, .. } => Some(*partition),
            Self::KernelMemory { .. } | Self::Interrupt(_) => None,
        }
    }

    /// The word for what it is in.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Register { .. } => "registers",
            Self::Memory { .. } => "memory",
            Self::KernelMemory { .. } => "kernel-memory",
            Self::Interrupt(_) => "interrupt",
        }
    }

    /// In words.
    #[must_use]
    pub fn text(&self, system: &System) -> String {
        match self {
            Self::Register { partition, register, bit } => {
                format!("bit {bit} of {} of {}", register.name, system.partition_name(*partition))
            }
            Self::Memory { partition, address, bit } => {
                format!("bit {bit} at {address:#010x} of {}", system.partition_name(*partition))
            }
            Self::KernelMemory { address, bit } => {
                format!("bit {bit} at physical {address:#010x}, the kernel's")
            }
            Self::Interrupt(effect) => format!("the next timer interrupt {}", effect.word()),
        }
    }
}

/// A fault and its instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Injection {
    /// When, in nanoseconds of the system's clock.
    pub at: u64,
    /// What.
    pub fault: Fault,
}

/// What faults are drawn from, besides the plan.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    /// When each partition runs in the run without a fault.
    pub runs: Vec<Vec<Range<u64>>>,
    /// Where the kernel's memory is, by physical addresses.
    pub kernel: Vec<Range<u64>>,
}

/// The multiplier of Knuth's generator MMIX: numbers that follow each other become seeds that are far apart.
const FAR: u64 = 6_364_136_223_846_793_005;

/// How far apart instants are at which a machine can be held, in nanoseconds.
#[must_use]
pub(super) const fn grid(processor: Processor) -> u64 {
    match processor {
        Processor::X86_64 => 10,
        Processor::Leon3 => 1000,
    }
}

/// The place with a number in ranges that follow each other; nothing if they are not so long.
fn place(ranges: &[Range<u64>], mut number: u64) -> Option<u64> {
    for range in ranges {
        let length = range.end - range.start;
        if number < length {
            return Some(range.start + number);
        }
        number -= length;
    }
    None
}

fn drawn(ranges: &[Range<u64>], random: &mut Rng) -> Option<u64> {
    let length: u64 = ranges.iter().map(|range| range.end - range.start).sum();
    if length == 0 { None } else { place(ranges, random.u64(..length)) }
}

impl Plan {
    /// The injection with a number, from 1: the same, whichever others are drawn. Nothing if the partition never runs,
    /// or there is none with this number.
    #[must_use]
    pub fn injection(&self, number: usize, ground: &Ground) -> Option<Injection> {
        let mut injection = match number.checked_sub(self.named.len() + 1) {
            None => *self.named.get(number.checked_sub(1)?)?,
            Some(drawn) if drawn < self.drawn => self.draw(number, ground)?,
            Some(_) => return None,
        };
        injection.at -= injection.at % grid(self.system.processor);
        Some(injection)
    }

    fn draw(&self, number: usize, ground: &Ground) -> Option<Injection> {
        let mut random = Rng::with_seed(self.seed.wrapping_add(number as u64).wrapping_mul(FAR));
        let target = *self.targets.get(random.usize(..self.targets.len().max(1)))?;
        let whole = vec![self.span.clone()];
        let (at, fault) = match target {
            Target::Registers(partition) => {
                let runs = ground.runs.get(partition)?;
                let within = |run: &Range<u64>| run.start.max(self.span.start)..run.end.min(self.span.end);
                let runs: Vec<_> = runs.iter().map(within).filter(|run| run.start < run.end).collect();
                let at = drawn(&runs, &mut random)?;
                let known = registers(debugged(self.system.processor));
                let register = known[random.usize(..known.len())];
                let bit = register.bit(random.u32(..register.bits));
                (at, Fault::Register { partition, register, bit })
            }
            Target::Memory(partition) => {
                let at = drawn(&whole, &mut random)?;
                let base = self.system.processor.board().partition_memory;
                let address = base + random.u64(..self.system.partitions.get(partition)?.memory);
                (at, Fault::Memory { partition, address, bit: random.u32(..8) })
            }
            Target::KernelMemory => {
                let at = drawn(&whole, &mut random)?;
                let address = drawn(&ground.kernel, &mut random)?;
                (at, Fault::KernelMemory { address, bit: random.u32(..8) })
            }
            Target::Interrupt => {
                let at = drawn(&whole, &mut random)?;
                (at, Fault::Interrupt(Effect::ALL[random.usize(..2)]))
            }
        };
        Some(Injection { at, fault })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_ranges_that_follow_each_other() {
        let ranges = [10..12, 20..21, 30..30, 40..42];
        let all: Vec<_> = (0..6).map(|number| place(&ranges, number)).collect();
        assert_eq!(all, [Some(10), Some(11), Some(20), Some(40), Some(41), None]);
        assert_eq!(drawn(&[], &mut Rng::with_seed(1)), None);
    }
}
