//! The serial line: an APBUART, without interrupts (GRLIB IP core manual, APBUART).

use crate::devices::{read, write};

const DATA: u32 = 0;
const STATUS: u32 = 4;
const CONTROL: u32 = 8;

const DATA_READY: u32 = 1;
const TRANSMITTER_EMPTY: u32 = 1 << 2;
const RECEIVE_AND_TRANSMIT: u32 = 3;

/// What is sent at one time. A UART without a buffer takes one byte, and the others wait their turn.
const BURST: usize = 16;

/// Looks at a transmitter until it is given up for dead.
const PATIENCE: u32 = 100_000;

/// Receiver and transmitter on, no interrupts. The boot loader has set the rate.
pub(crate) fn set_up(uart: u32) {
    write(uart + CONTROL, RECEIVE_AND_TRANSMIT);
}

/// How many bytes can be sent now.
pub(crate) fn room(uart: u32) -> usize {
    if uart == 0 || read(uart + STATUS) & TRANSMITTER_EMPTY == 0 { 0 } else { BURST }
}

/// Sends a byte.
pub(crate) fn put(uart: u32, byte: u8) {
    for _ in 0..PATIENCE {
        if read(uart + STATUS) & TRANSMITTER_EMPTY != 0 {
            break;
        }
    }
    write(uart + DATA, byte.into());
}

/// Takes a byte that has arrived.
pub(crate) fn take(uart: u32) -> Option<u8> {
    if read(uart + STATUS) & DATA_READY == 0 { None } else { Some(read(uart + DATA) as u8) }
}
