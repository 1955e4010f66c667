//! The configuration space of the one function that a device of the system file is.
//!
//! What is read are the function's own registers, but for the base address registers: these say where the partition
//! sees what they have, and how much of it, and are not there where it sees nothing. Of what is written the command
//! register alone gets through.

use bulkhead_guest::devices::{self, Resource};
use bulkhead_guest::{Error, ResourceDescription, ResourceKind};
use virtio_drivers::transport::pci::bus::{ConfigurationAccess, DeviceFunction};

/// Offsets of the registers that are not simply read (PCI 3.0, 6.1 and 6.2.5).
const COMMAND: u8 = 0x04;
const FIRST_BASE_ADDRESS: u8 = 0x10;
const BASE_ADDRESSES: usize = 6;

/// What is written to ask how large something is, and read where there is nothing.
const ONES: u32 = u32::MAX;

/// Bits of a base address register of memory: it has a second half behind it.
const WIDTH: u32 = 0b110;
const WIDTH_64: u32 = 0b100;
const MEMORY_FLAGS: u32 = 0b1111;

/// What stands in the place of a base address register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Register {
    /// The partition sees nothing of it.
    Absent,
    /// Memory from an address of the partition's on, a power of two of bytes.
    Memory { address: u32, size: u32, flags: u32 },
    /// The upper half of the register before.
    Upper,
}

/// The configuration space of a device's function.
#[derive(Clone, Debug)]
pub struct Configuration {
    registers: Resource,
    number: u32,
    bases: [Register; BASE_ADDRESSES],
    /// One bit for each of them that has been asked how large it is.
    asked: u8,
}

impl Configuration {
    /// That of the device with this name in the system file.
    ///
    /// # Errors
    /// `NotPermitted` if the partition owns no function of this name.
    pub fn find(device: &str) -> Result<Self, Error> {
        let registers = Resource::find(device, ResourceKind::Function, 0)?;
        let description = registers.describe()?;
        let mut bases = [Register::Absent; BASE_ADDRESSES];
        let memory = devices::all().map(|(_, found)| found);
        let memory = memory.filter(|found| {
            found.kind == ResourceKind::Memory as u32 && found.name == description.name && found.offset == 0
        });
        for ResourceDescription { address, size, bar, .. } in memory {
            // Where it is less than the whole, as much of it as a register can say.
            let (Some(base), Some(size)) = (bases.get_mut(bar as usize), size.checked_ilog2()) else {
                continue;
            };
            let offset = u32::from(FIRST_BASE_ADDRESS) + 4 * bar;
            let flags = registers.read(offset)? & MEMORY_FLAGS;
            *base = Register::Memory { address, size: 1 << size, flags };
            if let Some(upper) = bases.get_mut(bar as usize + 1).filter(|_| flags & WIDTH == WIDTH_64) {
                *upper = Register::Upper;
            }
        }
        Ok(Self { registers, number: description.address, bases, asked: 0 })
    }

    /// The function.
    #[must_use]
    pub fn function(&self) -> DeviceFunction {
        DeviceFunction {
            bus: (self.number >> 8) as u8,
            device: (self.number >> 3 & 0x1f) as u8,
            function: (self.number & 7) as u8,
        }
    }

    /// Which base address register is at an offset.
    fn base(offset: u8) -> Option<usize> {
        let behind = usize::from(offset.checked_sub(FIRST_BASE_ADDRESS)?) / 4;
        (behind < BASE_ADDRESSES).then_some(behind)
    }
}

impl ConfigurationAccess for Configuration {
    fn read_word(&self, function: DeviceFunction, offset: u8) -> u32 {
        if function != self.function() {
            return ONES;
        }
        let Some(number) = Self::base(offset) else {
            return self.registers.read(u32::from(offset & !3)).unwrap_or(ONES);
        };
        let asked = self.asked & 1 << number != 0;
        match self.bases[number] {
            Register::Absent => 0,
            Register::Memory { size, flags, .. } if asked => !(size - 1) | flags,
            Register::Memory { address, flags, .. } => address | flags,
            Register::Upper => {
                if asked {
                    ONES
                } else {
                    0
                }
            }
        }
    }

    fn write_word(&mut self, function: DeviceFunction, offset: u8, value: u32) {
        if function != self.function() {
            return;
        }
        if let Some(number) = Self::base(offset) {
            let asks = u8::from(value == ONES) << number;
            self.asked = self.asked & !(1 << number) | asks;
        } else if offset == COMMAND {
            // What the system file does not allow is refused, and stays as it is.
            let _ = self.registers.write(u32::from(COMMAND), value);
        }
    }

    unsafe fn unsafe_clone(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
#[path = "configuration_tests.rs"]
mod tests;
