//! The serial devices of the machines: what each says of the room it has. Nothing here waits.

/// The registers of a device, by their offsets.
pub trait Registers {
    /// Reads a register.
    fn read(&mut self, register: u32) -> u32;
    /// Writes a register.
    fn write(&mut self, register: u32, value: u32);
}

/// A serial device.
pub trait Uart {
    /// Receiver and transmitter on, buffers too where there are some, no interrupts.
    fn set_up(&mut self);
    /// How many bytes the device surely takes without waiting. It may take more: ask again.
    fn room(&mut self) -> usize;
    /// Sends a byte, for which there must be room.
    fn put(&mut self, byte: u8);
    /// Takes a byte that has arrived.
    fn take(&mut self) -> Option<u8>;
}

/// An APBUART (GRLIB IP core user's manual, APBUART, "Registers"). Its boot loader has set the rate.
#[derive(Debug)]
pub struct Apbuart<R> {
    registers: R,
    buffered: bool,
}

mod apbuart {
    pub(super) const DATA: u32 = 0;
    pub(super) const STATUS: u32 = 4;
    pub(super) const CONTROL: u32 = 8;
    pub(super) const DATA_READY: u32 = 1;
    /// TE: the holding register, or the whole buffer, is empty.
    pub(super) const TRANSMITTER_EMPTY: u32 = 1 << 2;
    /// TF, which a device without a buffer does not have.
    pub(super) const TRANSMITTER_FULL: u32 = 1 << 9;
    pub(super) const RECEIVE_AND_TRANSMIT: u32 = 3;
    /// FA: there are buffers. How large they are it does not tell.
    pub(super) const BUFFERS: u32 = 1 << 31;
}

impl<R> Apbuart<R> {
    /// A device that has not been set up.
    pub const fn new(registers: R) -> Self {
        Self { registers, buffered: false }
    }

    /// Its registers.
    pub const fn registers(&mut self) -> &mut R {
        &mut self.registers
    }
}

impl<R: Registers> Uart for Apbuart<R> {
    fn set_up(&mut self) {
        self.registers.write(apbuart::CONTROL, apbuart::RECEIVE_AND_TRANSMIT);
        self.buffered = self.registers.read(apbuart::CONTROL) & apbuart::BUFFERS != 0;
    }

    fn room(&mut self) -> usize {
        let status = self.registers.read(apbuart::STATUS);
        let room = if self.buffered {
            status & apbuart::TRANSMITTER_FULL == 0
        } else {
            status & apbuart::TRANSMITTER_EMPTY != 0
        };
        room.into()
    }

    fn put(&mut self, byte: u8) {
        self.registers.write(apbuart::DATA, byte.into());
    }

    fn take(&mut self) -> Option<u8> {
        let ready = self.registers.read(apbuart::STATUS) & apbuart::DATA_READY != 0;
        ready.then(|| self.registers.read(apbuart::DATA) as u8)
    }
}

/// A 16550, or one of its ancestors without a buffer (PC16550D data sheet, 8.0).
#[derive(Debug)]
pub struct Ns16550<R> {
    registers: R,
    buffer: usize,
}

mod ns16550 {
    pub(super) const DATA: u32 = 0;
    pub(super) const INTERRUPT_ENABLE: u32 = 1;
    pub(super) const BUFFER_CONTROL: u32 = 2;
    /// The same register, read.
    pub(super) const INTERRUPT_IDENTIFICATION: u32 = 2;
    pub(super) const LINE_CONTROL: u32 = 3;
    pub(super) const MODEM_CONTROL: u32 = 4;
    pub(super) const LINE_STATUS: u32 = 5;
    pub(super) const DATA_READY: u32 = 1;
    /// THRE: the holding register, or the whole buffer, is empty. How full a buffer is, it does not tell.
    pub(super) const TRANSMITTER_EMPTY: u32 = 1 << 5;
    /// Both bits, if there are buffers that work and are on.
    pub(super) const BUFFERS: u32 = 0xc0;
    pub(super) const BUFFER_SIZE: usize = 16;
}

impl<R> Ns16550<R> {
    /// A device that has not been set up.
    pub const fn new(registers: R) -> Self {
        Self { registers, buffer: 1 }
    }

    /// Its registers.
    pub const fn registers(&mut self) -> &mut R {
        &mut self.registers
    }
}

impl<R: Registers> Uart for Ns16550<R> {
    /// 115200 baud, 8 bits, no parity.
    fn set_up(&mut self) {
        let registers = &mut self.registers;
        registers.write(ns16550::INTERRUPT_ENABLE, 0);
        registers.write(ns16550::LINE_CONTROL, 0x80);
        registers.write(ns16550::DATA, 1);
        registers.write(ns16550::INTERRUPT_ENABLE, 0);
        registers.write(ns16550::LINE_CONTROL, 0x03);
        registers.write(ns16550::BUFFER_CONTROL, 0x07);
        registers.write(ns16550::MODEM_CONTROL, 0x03);
        let identification = registers.read(ns16550::INTERRUPT_IDENTIFICATION);
        self.buffer =
            if identification & ns16550::BUFFERS == ns16550::BUFFERS { ns16550::BUFFER_SIZE } else { 1 };
    }

    fn room(&mut self) -> usize {
        let empty = self.registers.read(ns16550::LINE_STATUS) & ns16550::TRANSMITTER_EMPTY != 0;
        if empty { self.buffer } else { 0 }
    }

    fn put(&mut self, byte: u8) {
        self.registers.write(ns16550::DATA, byte.into());
    }

    fn take(&mut self) -> Option<u8> {
        let ready = self.registers.read(ns16550::LINE_STATUS) & ns16550::DATA_READY != 0;
        ready.then(|| self.registers.read(ns16550::DATA) as u8)
    }
}
