//! The serial line: the registers of an APBUART.

use bulkhead_kernel_core::serial::DeviceRegisters;

use crate::devices::{read, write};

/// The registers at a physical address.
pub(crate) struct UartRegisters(pub(crate) u32);

impl DeviceRegisters for UartRegisters {
    fn read(&mut self, register: u32) -> u32 {
        read(self.0 + register)
    }

    fn write(&mut self, register: u32, value: u32) {
        write(self.0 + register, value);
    }
}
