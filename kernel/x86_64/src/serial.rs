//! The serial line: the registers of a 16550 at the first PC port.

use bulkhead_kernel_core::serial::DeviceRegisters;

use crate::arch::{port_read, port_write};

const BASE: u16 = 0x3f8;

/// The registers at the first PC port.
pub(crate) struct UartRegisters;

impl DeviceRegisters for UartRegisters {
    fn read(&mut self, register: u32) -> u32 {
        port_read(BASE + register as u16).into()
    }

    fn write(&mut self, register: u32, value: u32) {
        port_write(BASE + register as u16, value as u8);
    }
}
