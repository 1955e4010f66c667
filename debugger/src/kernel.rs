//! What the kernel's file says of where it keeps what a debugger asks for: its symbols whose names begin with
//! `debugger_` (`kernel/*/src/arch/debugger.S`).

use std::collections::BTreeMap;

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
const OF_X86_64: [&str; 3] = ["registers", "segments", "floating_point"];
const OF_LEON3: [&str; 7] = ["windows", "globals", "outs", "psr", "invalid", "resident", "floating_point"];

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
                let name = symbol.name().ok()?.strip_prefix("debugger_")?;
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

    /// The address of a part of a partition's context.
    pub(crate) fn context(&self, partition: usize, part: &str) -> u64 {
        let context = self.symbol("contexts") + partition as u64 * self.symbol("context_size");
        context + self.symbol(part)
    }
}
