//! The serial devices of the machines: what each says of the room it has. Nothing here waits.

use core::marker::PhantomData;

/// A serial device, as the console uses it.
pub trait Uart {
    /// Nanoseconds that it may take to send a byte, or to receive one: two accesses to the device.
    const BYTE_TIME: u32;
    /// How many bytes the device surely takes without waiting. It may take more: ask again.
    fn room(&mut self) -> usize;
    /// Sends a byte, for which there must be room.
    fn send(&mut self, byte: u8);
    /// A byte that has arrived, if there is one.
    fn receive(&mut self) -> Option<u8>;
}

/// The registers of a device, by their offsets.
pub trait DeviceRegisters {
    /// Reads a register.
    fn read(&mut self, register: u32) -> u32;
    /// Writes a register.
    fn write(&mut self, register: u32, value: u32);
}

/// What devices of one kind have where.
pub trait Kind {
    /// See [`Uart::BYTE_TIME`].
    const BYTE_TIME: u32;
    /// The register that a byte is written to and read from.
    const DATA: u32;
    /// The register that says what the device is ready for.
    const STATUS: u32;
    /// The bit of the status that says that a byte has arrived.
    const DATA_READY: u32;

    /// Switches receiver and transmitter on, buffers too where there are some, and interrupts off. Returns the bytes
    /// that a buffer has at the least, 0 if there is none.
    fn set_up(registers: &mut impl DeviceRegisters) -> usize;

    /// How many bytes a device with such a status and such a buffer surely takes.
    fn room(status: u32, buffer: usize) -> usize;
}

/// A device of some kind.
#[derive(Debug)]
pub struct Device<K, R> {
    registers: R,
    buffer: usize,
    kind: PhantomData<K>,
}

impl<K: Kind, R: DeviceRegisters> Device<K, R> {
    /// A device that has not been set up.
    pub const fn new(registers: R) -> Self {
        Self { registers, buffer: 0, kind: PhantomData }
    }

    /// Its registers.
    pub const fn registers(&mut self) -> &mut R {
        &mut self.registers
    }

    /// Gets the device ready.
    pub fn set_up(&mut self) {
        self.buffer = K::set_up(&mut self.registers);
    }
}

impl<K: Kind, R: DeviceRegisters> Uart for Device<K, R> {
    const BYTE_TIME: u32 = K::BYTE_TIME;

    fn room(&mut self) -> usize {
        K::room(self.registers.read(K::STATUS), self.buffer)
    }

    fn send(&mut self, byte: u8) {
        self.registers.write(K::DATA, byte.into());
    }

    fn receive(&mut self) -> Option<u8> {
        let ready = self.registers.read(K::STATUS) & K::DATA_READY != 0;
        ready.then(|| self.registers.read(K::DATA) as u8)
    }
}

/// An APBUART (GRLIB IP core user's manual, APBUART, "Registers"). Its boot loader has set the rate.
pub type Apbuart<R> = Device<apbuart::Apbuart, R>;

/// A 16550, or one of its ancestors without a buffer (PC16550D data sheet, 8.0).
pub type Ns16550<R> = Device<ns16550::Ns16550, R>;

/// What is where in an APBUART.
mod apbuart {
    use super::{DeviceRegisters, Kind};

    /// The kind.
    #[derive(Debug)]
    pub enum Apbuart {}

    const CONTROL: u32 = 8;
    /// TE: the holding register, or the whole buffer, is empty.
    const TRANSMITTER_EMPTY: u32 = 1 << 2;
    /// TF, which a device without a buffer does not have.
    const TRANSMITTER_FULL: u32 = 1 << 9;
    const RECEIVE_AND_TRANSMIT: u32 = 3;
    /// FA: there are buffers. How large they are it does not tell.
    const BUFFERS: u32 = 1 << 31;

    impl Kind for Apbuart {
        // An access over the peripheral bus takes some ten cycles.
        const BYTE_TIME: u32 = 1_000;
        const DATA: u32 = 0;
        const STATUS: u32 = 4;
        const DATA_READY: u32 = 1;

        fn set_up(registers: &mut impl DeviceRegisters) -> usize {
            registers.write(CONTROL, RECEIVE_AND_TRANSMIT);
            (registers.read(CONTROL) & BUFFERS != 0).into()
        }

        fn room(status: u32, buffer: usize) -> usize {
            let room =
                if buffer > 0 { status & TRANSMITTER_FULL == 0 } else { status & TRANSMITTER_EMPTY != 0 };
            room.into()
        }
    }
}

/// What is where in a 16550.
mod ns16550 {
    use super::{DeviceRegisters, Kind};

    /// The kind.
    #[derive(Debug)]
    pub enum Ns16550 {}

    const INTERRUPT_ENABLE: u32 = 1;
    const BUFFER_CONTROL: u32 = 2;
    /// The same register, read.
    const INTERRUPT_IDENTIFICATION: u32 = 2;
    const LINE_CONTROL: u32 = 3;
    const MODEM_CONTROL: u32 = 4;
    /// THRE: the holding register, or the whole buffer, is empty. How full a buffer is, it does not tell.
    const TRANSMITTER_EMPTY: u32 = 1 << 5;
    /// Both bits, if there are buffers that work and are on.
    const BUFFERS: u32 = 0xc0;
    const BUFFER_SIZE: usize = 16;

    impl Kind for Ns16550 {
        // An access to a port of the old bus takes about a microsecond.
        const BYTE_TIME: u32 = 2_000;
        const DATA: u32 = 0;
        const STATUS: u32 = 5;
        const DATA_READY: u32 = 1;

        /// 115200 baud, 8 bits, no parity.
        fn set_up(registers: &mut impl DeviceRegisters) -> usize {
            registers.write(INTERRUPT_ENABLE, 0);
            registers.write(LINE_CONTROL, 0x80);
            registers.write(Self::DATA, 1);
            registers.write(INTERRUPT_ENABLE, 0);
            registers.write(LINE_CONTROL, 0x03);
            registers.write(BUFFER_CONTROL, 0x07);
            registers.write(MODEM_CONTROL, 0x03);
            let identification = registers.read(INTERRUPT_IDENTIFICATION);
            if identification & BUFFERS == BUFFERS { BUFFER_SIZE } else { 0 }
        }

        fn room(status: u32, buffer: usize) -> usize {
            if status & TRANSMITTER_EMPTY != 0 { buffer.max(1) } else { 0 }
        }
    }
}
