//! Devices that a partition owns: registers that it reaches by calls, memory that it sees, interrupts.
//!
//! Which a partition has, the system file says. A device has one or several *resources*, each of one kind; those of one
//! partition are numbered from 0, in the order of the file.

use core::mem::{offset_of, size_of};

use crate::NAME_SIZE;
use crate::pages::stored;

/// What a resource of a device is.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// Whole pages of device memory, which the partition sees at an address of its own, not cached.
    Memory = 1,
    /// Registers in memory that share a page with others': by [`crate::Hypercall::RegisterRead`] and
    /// [`crate::Hypercall::RegisterWrite`].
    Registers = 2,
    /// Ports of the x86 I/O space: by the same calls.
    Ports = 3,
    /// An interrupt, which comes as a [`crate::Line`]: by [`crate::Hypercall::InterruptEnable`].
    Interrupt = 4,
    /// A PCI function, as its first 256 bytes of configuration registers: by the same calls. Each can be read, as the
    /// firmware has set it; written can be the command register ([`COMMAND_REGISTER`]), as far as the system file
    /// allows. What the function has besides are resources behind this one, of the same name: the memory or ports of
    /// each base address register, and an interrupt if it sends messages (MSI-X, the first of its table).
    Function = 5,
}

impl ResourceKind {
    /// The kind with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Memory,
            2 => Self::Registers,
            3 => Self::Ports,
            4 => Self::Interrupt,
            5 => Self::Function,
            _ => return None,
        })
    }
}

/// Offset of the command register of a PCI function, whose status is in the upper half (PCI 3.0, 6.2.2).
pub const COMMAND_REGISTER: u32 = 4;
/// The function answers at its ports.
pub const COMMAND_PORTS: u32 = 1;
/// The function answers at its memory.
pub const COMMAND_MEMORY: u32 = 1 << 1;
/// The function reads and writes memory by itself. Off when its owner starts.
pub const COMMAND_BUS_MASTER: u32 = 1 << 2;
/// The function does not use its interrupt pin.
pub const COMMAND_NO_PIN: u32 = 1 << 10;

/// A resource, as [`crate::Hypercall::ResourceDescribe`] stores it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourceDescription {
    /// The name of its device, ended by a zero. Resources of one device have the same.
    pub name: [u8; NAME_SIZE],
    /// A [`ResourceKind`].
    pub kind: u32,
    /// Where the partition sees memory; of registers their physical address, of ports the first one, of an interrupt
    /// its number at the interrupt controller, or the function's that sends it; of a function its number: bus times
    /// 256, device times 8, function.
    pub address: u32,
    /// How many bytes or ports there are; 0 of an interrupt.
    pub size: u32,
    /// Bytes of a register or a port: 1, 2 or 4; of memory 1 if the partition may write it, 0 if it may only read.
    pub width: u32,
    /// The line as which an interrupt comes, one of [`crate::Line::DEVICES`]; 0 of everything else.
    pub line: u32,
    /// Memory, registers and ports of a PCI function: the number of their base address register.
    pub bar: u32,
    /// Of these: how many bytes behind the start of what that register has they begin.
    pub offset: u32,
    /// Zero.
    pub reserved: u32,
}

impl ResourceDescription {
    /// Bytes in guest memory.
    pub const SIZE: usize = size_of::<Self>();

    /// The bytes as they are stored in guest memory.
    #[must_use]
    pub fn bytes(&self) -> [u8; Self::SIZE] {
        stored(
            Some(&self.name),
            &[self.kind, self.address, self.size, self.width, self.line, self.bar, self.offset],
        )
    }
}

// The layout is the contract, as in `pages`.
const _: () = {
    assert!(size_of::<ResourceDescription>() == 64);
    assert!(offset_of!(ResourceDescription, kind) == 0x20);
    assert!(offset_of!(ResourceDescription, line) == 0x30);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_has_the_layout_of_the_structure() {
        let mut name = [0; NAME_SIZE];
        name[..4].copy_from_slice(b"uart");
        let description = ResourceDescription {
            name,
            kind: 3,
            address: 0x2f8,
            size: 8,
            width: 1,
            line: 9,
            bar: 4,
            offset: 0x1000,
            reserved: 0,
        };
        let bytes = description.bytes();
        assert_eq!(&bytes[..6], b"uart\0\0");
        let words: std::vec::Vec<u32> =
            bytes[NAME_SIZE..].as_chunks().0.iter().map(|word| u32::from_ne_bytes(*word)).collect();
        assert_eq!(words, [3, 0x2f8, 8, 1, 9, 4, 0x1000, 0]);
    }

    #[test]
    fn kinds_have_their_numbers() {
        for number in 0..8 {
            assert!(ResourceKind::from_number(number).is_none_or(|kind| kind as u32 == number));
        }
    }
}
