//! The serial line: the registers of an APBUART.

use bulkhead_kernel_core::console::PATIENCE;
use bulkhead_kernel_core::serial::{Apbuart, Registers, Uart};

use crate::devices::{read, write};

/// The registers at a physical address.
pub(crate) struct Place(pub(crate) u32);

impl Registers for Place {
    fn read(&mut self, register: u32) -> u32 {
        read(self.0 + register)
    }

    fn write(&mut self, register: u32, value: u32) {
        write(self.0 + register, value);
    }
}

/// Sends a byte after the last window, when waiting takes nobody's time.
pub(crate) fn put_last(uart: &mut Apbuart<Place>, byte: u8) {
    for _ in 0..PATIENCE {
        if uart.room() > 0 {
            return uart.put(byte);
        }
    }
}
