//! What the kernel's file says of where it keeps what a debugger asks for: its symbols whose names begin with
//! `debugger_` (`kernel/*/src/arch/debugger.S`).

use std::collections::BTreeMap;
use std::ops::Range;

use object::{Object as _, ObjectSymbol as _};

/// The processor of a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processor {
    /// x86-64, whose partitions are i386 programs.
    X86_64,
    /// LEON3.
    Leon3,
}

/// Where the kernel keeps what.
#[derive(Clone, Debug)]
pub struct Kernel {
    pub(crate) processor: Processor,
    symbols: BTreeMap<String, u64>,
}

/// Symbols that a kernel has, besides those of its processor.
const COMMON: [&str; 4] = ["current", "contexts", "context_size", "page_tables"];
const OF_X86_64: [&str; 6] =
    ["registers", "segments", "floating_point", "clock_origin", "clock_multiplier", "clock_shift"];
const OF_LEON3: [&str; 12] = [
    "windows",
    "globals",
    "outs",
    "psr",
    "invalid",
    "resident",
    "floating_point",
    "clock_device",
    "clock_last",
    "clock_counts",
    "clock_multiplier",
    "clock_shift",
];

/// Places in a kernel: where it ends the system, where an interrupt of the timer enters it on a PC, and where it waits
/// on LEON3.
const END: &str = "kernel_ends_system";
const TICK: &str = "entry_timer";
const WAIT: &str = "wait_for_interrupt";
const BEHIND_WAIT: &str = "wait_end";

/// A page, whose instructions QEMU executes one by one where one of them has a breakpoint.
const PAGE: u64 = 4096;

impl Kernel {
    /// Reads a kernel's file.
    ///
    /// # Errors
    /// What it lacks, in words.
    pub fn read(processor: Processor, file: &[u8]) -> Result<Self, String> {
        let file = object::File::parse(file).map_err(|error| error.to_string())?;
        let symbols: BTreeMap<String, u64> = file
            .symbols()
            .filter_map(|symbol| {
                let name = symbol.name().ok()?;
                let name = name
                    .strip_prefix("debugger_")
                    .or_else(|| [END, TICK, WAIT, BEHIND_WAIT].contains(&name).then_some(name))?;
                Some((name.to_owned(), symbol.address()))
            })
            .collect();
        let own: &[&str] = match processor {
            Processor::X86_64 => &OF_X86_64,
            Processor::Leon3 => &OF_LEON3,
        };
        match COMMON.iter().chain(own).find(|name| !symbols.contains_key(**name)) {
            Some(name) => Err(format!("it has no symbol debugger_{name}")),
            None => Ok(Self { processor, symbols }),
        }
    }

    /// The value of a symbol that [`Kernel::read`] has found.
    pub(crate) fn symbol(&self, name: &str) -> u64 {
        self.symbols.get(name).copied().unwrap_or_default()
    }

    /// Where it ends the system.
    pub(crate) fn end(&self) -> Option<u64> {
        self.symbols.get(END).copied()
    }

    /// Where it is entered whenever its timer interrupts, which ends all waiting; if that can be marked.
    pub(crate) fn tick(&self) -> Option<u64> {
        self.symbols.get(TICK).copied()
    }

    /// The instruction by which LEON3 waits. QEMU 7.2 stands still if a run that is repeated steps over it.
    pub(crate) fn waits_at(&self) -> Option<u64> {
        self.symbols.get(BEHIND_WAIT).and_then(|address| address.checked_sub(4))
    }

    /// Where a breakpoint keeps QEMU 7.2 from repeating a run: near the instruction by which LEON3 waits, at which it
    /// then stands still.
    pub(crate) fn standstill(&self) -> Option<Range<u64>> {
        let page = self.symbols.get(WAIT).map(|address| address & !(PAGE - 1))?;
        Some(page..page.checked_add(PAGE)?)
    }

    /// The address of a part of a partition's context. A kernel's file can be anybody's: what it says leads nowhere if
    /// it is not so, like any other address.
    pub(crate) fn context(&self, partition: usize, part: &str) -> u64 {
        self.in_context(partition, part, 0)
    }

    /// The same of what lies so many bytes behind the begin of a part.
    pub(crate) fn in_context(&self, partition: usize, part: &str, behind: u64) -> u64 {
        let offset = self.symbol("context_size").wrapping_mul(partition as u64);
        self.symbol("contexts").wrapping_add(offset).wrapping_add(self.symbol(part)).wrapping_add(behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a kernel's file says can be anything, if somebody else has made the record that it is in.
    #[test]
    fn symbols_that_make_no_sense_are_addresses_of_nothing() {
        let names = COMMON.iter().chain(&OF_LEON3).chain(&[WAIT]);
        let symbols = names.map(|name| ((*name).to_owned(), u64::MAX)).collect();
        let kernel = Kernel { processor: Processor::Leon3, symbols };
        assert_eq!(kernel.context(31, "windows"), u64::MAX.wrapping_mul(33));
        assert_eq!(kernel.in_context(31, "windows", 64), 31);
        assert_eq!(kernel.standstill(), None);
    }
}
