//! The serial line: a 16550 at the first PC port, without interrupts.

use crate::arch::{port_read, port_write};

const BASE: u16 = 0x3f8;
const DATA: u16 = BASE;
const INTERRUPT_ENABLE: u16 = BASE + 1;
const BUFFER_CONTROL: u16 = BASE + 2;
const LINE_CONTROL: u16 = BASE + 3;
const MODEM_CONTROL: u16 = BASE + 4;
const LINE_STATUS: u16 = BASE + 5;

const DATA_READY: u8 = 1;
const TRANSMITTER_EMPTY: u8 = 1 << 5;

/// What the transmitter's buffer holds.
const BUFFER: usize = 16;

/// 115200 baud, 8 bits, no parity, buffers on, no interrupts.
pub(crate) fn set_up() {
    port_write(INTERRUPT_ENABLE, 0);
    port_write(LINE_CONTROL, 0x80);
    port_write(DATA, 1);
    port_write(INTERRUPT_ENABLE, 0);
    port_write(LINE_CONTROL, 0x03);
    port_write(BUFFER_CONTROL, 0x07);
    port_write(MODEM_CONTROL, 0x03);
}

/// How many bytes can be sent now without waiting.
pub(crate) fn room() -> usize {
    if port_read(LINE_STATUS) & TRANSMITTER_EMPTY == 0 { 0 } else { BUFFER }
}

/// Sends a byte; there must be room.
pub(crate) fn put(byte: u8) {
    port_write(DATA, byte);
}

/// Takes a byte that has arrived.
pub(crate) fn take() -> Option<u8> {
    if port_read(LINE_STATUS) & DATA_READY == 0 { None } else { Some(port_read(DATA)) }
}
