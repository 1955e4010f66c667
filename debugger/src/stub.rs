//! QEMU's debugger stub: the machine as one processor with one memory (QEMU manual, "GDB usage").

use std::os::unix::net::UnixStream;
use std::sync::mpsc::Receiver;

use crate::connection::{Connection, Gone, Said};
use crate::packet::{LENGTH_MAX, from_hex, to_hex};

/// Why something could not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The machine has ended, or gdb has left.
    Gone,
    /// There is no memory, or no such register.
    Refused,
}

impl From<Gone> for Failure {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

/// A machine that stands: what can be read of it.
pub(crate) trait Source {
    /// All registers of the processor, as QEMU's stub lays them out.
    fn registers(&mut self) -> Result<Vec<u8>, Failure>;

    /// Sets all registers.
    fn set_registers(&mut self, registers: &[u8]) -> Result<(), Failure>;

    /// Reads memory, by the addresses that the processor has now or by physical ones.
    fn read(&mut self, physical: bool, address: u64, length: usize) -> Result<Vec<u8>, Failure>;
}

impl Source for Stub {
    fn registers(&mut self) -> Result<Vec<u8>, Failure> {
        Self::registers(self)
    }

    fn set_registers(&mut self, registers: &[u8]) -> Result<(), Failure> {
        Self::set_registers(self, registers)
    }

    fn read(&mut self, physical: bool, address: u64, length: usize) -> Result<Vec<u8>, Failure> {
        Self::read(self, physical, address, length)
    }
}

/// Bytes of memory that are asked for at once.
const PIECE: usize = 0x400;

/// The machine behind its stub. It stands, but for the time between [`Stub::go`] and its next stop.
#[derive(Debug)]
pub(crate) struct Stub {
    pub(crate) connection: Connection,
    registers: Option<Vec<u8>>,
    is_physical: bool,
}

impl Stub {
    /// Begins to talk.
    pub(crate) fn new(mut connection: Connection) -> Result<Self, Gone> {
        connection.ask_stub(b"qSupported")?;
        Ok(Self { connection, registers: None, is_physical: false })
    }

    /// Begins to talk to another machine.
    pub(crate) fn replace(&mut self, stub: UnixStream, run: Receiver<Said>) -> Result<(), Failure> {
        (self.registers, self.is_physical) = (None, false);
        self.connection.replace(stub, run).map_err(|_| Failure::Gone)?;
        self.connection.ask_stub(b"qSupported")?;
        Ok(())
    }

    fn ask(&mut self, packet: &str) -> Result<Vec<u8>, Failure> {
        let answer = self.connection.ask_stub(packet.as_bytes())?;
        if answer.is_empty() || answer.starts_with(b"E") { Err(Failure::Refused) } else { Ok(answer) }
    }

    /// All registers, as the stub lays them out.
    pub(crate) fn registers(&mut self) -> Result<Vec<u8>, Failure> {
        if let Some(registers) = &self.registers {
            return Ok(registers.clone());
        }
        let registers = from_hex(&self.ask("g")?).ok_or(Failure::Refused)?;
        Ok(self.registers.insert(registers).clone())
    }

    /// Sets all registers.
    pub(crate) fn set_registers(&mut self, registers: &[u8]) -> Result<(), Failure> {
        self.registers = None;
        self.ask(&format!("G{}", to_hex(registers))).map(drop)
    }

    /// Sets one register, by its number in the stub's description. For x86-64: a write of all registers goes wrong
    /// there while a program of 32 bits executes, because QEMU 7.2 takes less for some of them than it gives.
    pub(crate) fn set_register(&mut self, number: usize, value: &[u8]) -> Result<(), Failure> {
        self.registers = None;
        let packet = format!("P{number:x}={}", to_hex(value));
        // It knows no single registers before it has been asked which there are.
        let answer = self.connection.ask_stub(packet.as_bytes())?;
        if answer.is_empty() {
            self.description("target.xml:0,ffb")?;
            return self.ask(&packet).map(drop);
        }
        if answer.starts_with(b"E") { Err(Failure::Refused) } else { Ok(()) }
    }

    fn address_mode(&mut self, physical: bool) -> Result<(), Failure> {
        if self.is_physical != physical {
            self.ask(if physical { "Qqemu.PhyMemMode:1" } else { "Qqemu.PhyMemMode:0" })?;
            self.is_physical = physical;
        }
        Ok(())
    }

    /// Reads memory, by the addresses that the processor has now or by physical ones.
    pub(crate) fn read(&mut self, physical: bool, address: u64, length: usize) -> Result<Vec<u8>, Failure> {
        self.address_mode(physical)?;
        let mut bytes = Vec::with_capacity(length);
        while bytes.len() < length {
            let piece = (length - bytes.len()).min(PIECE);
            let at = address.wrapping_add(bytes.len() as u64);
            let read = from_hex(&self.ask(&format!("m{at:x},{piece:x}"))?).ok_or(Failure::Refused)?;
            if read.len() != piece {
                return Err(Failure::Refused);
            }
            bytes.extend(read);
        }
        Ok(bytes)
    }

    /// Writes memory.
    pub(crate) fn write(&mut self, physical: bool, address: u64, bytes: &[u8]) -> Result<(), Failure> {
        self.address_mode(physical)?;
        let mut at = address;
        for piece in bytes.chunks(PIECE) {
            self.ask(&format!("M{at:x},{:x}:{}", piece.len(), to_hex(piece)))?;
            at = at.wrapping_add(piece.len() as u64);
        }
        Ok(())
    }

    /// Sets or removes a breakpoint or watchpoint: `what` is gdb's number of the kind, and `size` what it says of it.
    pub(crate) fn mark(&mut self, sets: bool, what: u8, address: u64, size: u64) -> Result<(), Failure> {
        let letter = if sets { 'Z' } else { 'z' };
        self.ask(&format!("{letter}{what},{address:x},{size:x}")).map(drop)
    }

    /// Lets the machine run.
    pub(crate) fn go(&mut self) -> Result<(), Failure> {
        self.registers = None;
        Ok(self.connection.tell_stub(b"c")?)
    }

    /// Has the processor execute one instruction. Interrupts wait meanwhile.
    pub(crate) fn step(&mut self) -> Result<(), Failure> {
        self.registers = None;
        self.ask("s").map(drop)
    }

    /// Has QEMU's monitor do something; what it says.
    pub(crate) fn monitor(&mut self, command: &str) -> Result<String, Failure> {
        self.registers = None;
        let mut answer = self.ask(&format!("qRcmd,{}", to_hex(command.as_bytes())))?;
        let mut said = Vec::new();
        while answer != b"OK" {
            said.extend(answer.strip_prefix(b"O").and_then(from_hex).ok_or(Failure::Refused)?);
            answer = self.connection.answer()?;
        }
        Ok(String::from_utf8_lossy(&said).into_owned())
    }

    /// A part of the stub's description of registers, as it answers.
    pub(crate) fn description(&mut self, part: &str) -> Result<Vec<u8>, Failure> {
        self.ask(&format!("qXfer:features:read:{part}"))
    }
}

const _: () = assert!(2 * PIECE < LENGTH_MAX);
