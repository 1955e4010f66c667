//! Which function an address belongs to.

use crate::program::{Label, Program};

/// The labels of a program that name functions, by address.
pub(crate) struct Attribution<'program> {
    functions: Vec<&'program Label>,
    others: Vec<&'program Label>,
}

/// Where something stands, in a reader's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The function, the nearest label before, or the section's name in parentheses.
    pub(crate) function: String,
    /// Bytes from its start.
    pub(crate) offset: u64,
}

impl<'program> Attribution<'program> {
    /// Function symbols and global labels come first; a local label names a place only where there is none of them,
    /// because assembly code has many within one function.
    pub(crate) fn new(program: &'program Program<'_>) -> Self {
        let (functions, others) = program.labels.iter().partition(|label| label.function || label.global);
        Self { functions, others }
    }

    /// The place of an address in a section that begins at `base`.
    pub(crate) fn place(&self, address: u64, base: u64, section: &str) -> Place {
        let label = nearest(&self.functions, address, base).or_else(|| nearest(&self.others, address, base));
        match label {
            Some(label) => Place { function: label.name.clone(), offset: address - label.address },
            None => Place { function: format!("({section})"), offset: address - base },
        }
    }

    /// The first function that begins after an address.
    pub(crate) fn next_start(&self, address: u64) -> Option<u64> {
        let next = self.functions.partition_point(|label| label.address <= address);
        self.functions.get(next).map(|label| label.address)
    }

    /// Where the function that an address belongs to begins, and where it ends if its symbol says so.
    pub(crate) fn extent(&self, address: u64, base: u64) -> Option<(u64, Option<u64>)> {
        let label = nearest(&self.functions, address, base)?;
        let end = (label.size > 0).then(|| label.address.saturating_add(label.size));
        Some((label.address, end))
    }

    /// How many functions there are.
    pub(crate) fn count(&self) -> usize {
        let mut addresses: Vec<u64> = self.functions.iter().map(|label| label.address).collect();
        addresses.dedup();
        addresses.len()
    }
}

/// The last label at or before an address, and of several at one place the first in the table's order.
fn nearest<'program>(labels: &[&'program Label], address: u64, base: u64) -> Option<&'program Label> {
    let behind = labels.partition_point(|label| label.address <= address);
    let found = labels.get(behind.checked_sub(1)?)?;
    let first = labels.partition_point(|label| label.address < found.address);
    (found.address >= base).then(|| labels.get(first).copied())?
}
