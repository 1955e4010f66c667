//! A machine in the hands of who injects faults: it runs until an instant, stands there, has a bit changed, and goes
//! on.
//!
//! Who holds it has QEMU's stub for himself, and no gdb. When the machine is to stop, he arranges through devices of
//! the machine and breakpoints.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use crate::connection::{Connection, Gone, Said};
use crate::kernel::{Kernel, Processor};
use crate::machine::{Machine, Process};
use crate::sparc;
use crate::stub::{Failure, Stub};
use crate::x86;

/// The machine is not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended;

impl From<Gone> for Ended {
    fn from(_: Gone) -> Self {
        Self
    }
}

/// A register of a partition's: its name, its number among those that gdb is told, and which of its bits the partition
/// itself could change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// As in the processor's manual.
    pub name: &'static str,
    number: usize,
    /// The first bit, and how many.
    first: u32,
    /// How many bits.
    pub bits: u32,
}

impl Register {
    /// Whether a fault can be in this bit of the register, counted from 0.
    #[must_use]
    pub const fn has(&self, bit: u32) -> bool {
        bit >= self.first && bit < self.first + self.bits
    }

    /// The bit of the register in the place of one that was drawn out of [`Self::bits`].
    #[must_use]
    pub const fn bit(&self, drawn: u32) -> u32 {
        self.first + drawn % self.bits
    }
}

const fn register(name: &'static str, number: usize, first: u32, bits: u32) -> Register {
    Register { name, number, first, bits }
}

const OF_X86_64: [Register; 27] = [
    register("eax", 0, 0, 32),
    register("ecx", 1, 0, 32),
    register("edx", 2, 0, 32),
    register("ebx", 3, 0, 32),
    register("esp", 4, 0, 32),
    register("ebp", 5, 0, 32),
    register("esi", 6, 0, 32),
    register("edi", 7, 0, 32),
    register("eip", 8, 0, 32),
    // Carry to trap: the next one is the kernel's.
    register("eflags", 9, 0, 9),
    register("st0", 16, 0, 80),
    register("st1", 17, 0, 80),
    register("st2", 18, 0, 80),
    register("st3", 19, 0, 80),
    register("st4", 20, 0, 80),
    register("st5", 21, 0, 80),
    register("st6", 22, 0, 80),
    register("st7", 23, 0, 80),
    register("xmm0", 32, 0, 128),
    register("xmm1", 33, 0, 128),
    register("xmm2", 34, 0, 128),
    register("xmm3", 35, 0, 128),
    register("xmm4", 36, 0, 128),
    register("xmm5", 37, 0, 128),
    register("xmm6", 38, 0, 128),
    register("xmm7", 39, 0, 128),
    // Flags and masks, without what is reserved.
    register("mxcsr", 40, 0, 16),
];

/// Those of a window, of the calls before it nobody's.
const NAMES: [&str; 64] = [
    "g0", "g1", "g2", "g3", "g4", "g5", "g6", "g7", "o0", "o1", "o2", "o3", "o4", "o5", "o6", "o7", "l0",
    "l1", "l2", "l3", "l4", "l5", "l6", "l7", "i0", "i1", "i2", "i3", "i4", "i5", "i6", "i7", "f0", "f1",
    "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12", "f13", "f14", "f15", "f16", "f17",
    "f18", "f19", "f20", "f21", "f22", "f23", "f24", "f25", "f26", "f27", "f28", "f29", "f30", "f31",
];

/// The registers of a partition in which a fault can be: those that it could change itself.
#[must_use]
pub fn registers(processor: Processor) -> Vec<Register> {
    match processor {
        Processor::X86_64 => OF_X86_64.to_vec(),
        Processor::Leon3 => {
            let numbered =
                NAMES.iter().enumerate().skip(1).map(|(number, name)| register(name, number, 0, 32));
            let others = [
                register("y", sparc::Y, 0, 32),
                // The conditions: all else is the kernel's.
                register("icc", sparc::PSR, 20, 4),
                // Their lowest bits are zero in every processor; QEMU has marks of its own there.
                register("pc", sparc::PROGRAM_COUNTER, 2, 30),
                register("npc", sparc::NEXT, 2, 30),
            ];
            numbered.chain(others).collect()
        }
    }
}

/// A machine that stands.
#[derive(Debug)]
pub struct Held {
    machine: Machine,
    /// Nobody is at the other ends.
    _nobody: (UnixStream, Sender<Said>),
}

impl Held {
    /// Takes hold of a machine that stands, behind QEMU's stub. `partitions` is how many it has.
    ///
    /// # Errors
    /// If the system has no more handles for files, or QEMU ends.
    pub fn begin(stub: UnixStream, kernel: Kernel, partitions: usize) -> io::Result<Self> {
        let (gdb, nobody) = UnixStream::pair()?;
        let (sender, said) = channel();
        let stub = Stub::new(Connection::new(gdb, stub, said)?);
        let stub = stub.map_err(|Gone| io::Error::other("QEMU has ended"))?;
        let machine = Machine::new(stub, kernel, vec![None; partitions]);
        Ok(Self { machine, _nobody: (nobody, sender) })
    }

    /// Lets the machine run until it stops; meanwhile and then `look` is called. Whether it has stopped in time.
    ///
    /// # Errors
    /// If it has ended.
    pub fn go(&mut self, deadline: Instant, look: &mut dyn FnMut()) -> Result<bool, Ended> {
        self.machine.stub().go().map_err(|_| Ended)?;
        loop {
            let stopped = self.machine.connection().stopped_within(Duration::from_millis(1));
            look();
            match stopped? {
                Some(_) => return Ok(true),
                None if Instant::now() >= deadline => return Ok(false),
                None => {}
            }
        }
    }

    /// Has QEMU's monitor do something; what it says.
    ///
    /// # Errors
    /// If the machine has ended.
    pub fn monitor(&mut self, command: &str) -> Result<String, Ended> {
        self.machine.stub().monitor(command).map_err(|_| Ended)
    }

    /// Sets or removes a breakpoint at an address that the processor sees.
    ///
    /// # Errors
    /// If the machine has ended.
    pub fn mark(&mut self, sets: bool, address: u64) -> Result<(), Ended> {
        self.machine.stub().mark(sets, 1, address, 1).map_err(|_| Ended)
    }

    /// Reads a word of four bytes at a physical address, a device's too, in the processor's byte order.
    ///
    /// # Errors
    /// If nothing is there, or the machine has ended.
    pub fn read(&mut self, address: u64) -> Result<u32, Ended> {
        let bytes = self.machine.stub().read(true, address, 4).map_err(|_| Ended)?;
        let bytes: [u8; 4] = bytes.try_into().map_err(|_| Ended)?;
        Ok(if self.machine.is_sparc() { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// Writes such a word.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn write(&mut self, address: u64, word: u32) -> Result<(), Ended> {
        let bytes = if self.machine.is_sparc() { word.to_be_bytes() } else { word.to_le_bytes() };
        self.machine.stub().write(true, address, &bytes).map_err(|_| Ended)
    }

    /// Changes a bit, counted from 0, of a register of a partition. Whether that could be done: of a partition that
    /// does not execute not every register can be reached.
    ///
    /// # Errors
    /// If the machine has ended.
    pub fn flip_register(&mut self, partition: usize, which: Register, bit: u32) -> Result<bool, Ended> {
        let process = Process::Partition(partition);
        let done = self.machine.registers(process).and_then(|mut registers| {
            let (place, size) = self.machine.position(which.number).ok_or(Failure::Refused)?;
            let byte = bit as usize / 8;
            let place = place + if self.machine.is_sparc() { size - 1 - byte } else { byte };
            *registers.get_mut(place).ok_or(Failure::Refused)? ^= 1 << (bit % 8);
            self.machine.set_registers(process, &registers)
        });
        could_be(done)
    }

    /// Changes a bit of a byte of memory as a partition sees it. Whether it has memory there.
    ///
    /// # Errors
    /// If the machine has ended.
    pub fn flip_memory(&mut self, partition: usize, address: u64, bit: u32) -> Result<bool, Ended> {
        let process = Process::Partition(partition);
        let done = self.machine.read(process, address, 1).and_then(|byte| {
            let byte = *byte.first().ok_or(Failure::Refused)?;
            self.machine.write(process, address, &[byte ^ 1 << (bit % 8)])
        });
        could_be(done)
    }

    /// Changes a bit of a byte at a physical address. Whether there is memory.
    ///
    /// # Errors
    /// If the machine has ended.
    pub fn flip_physical(&mut self, address: u64, bit: u32) -> Result<bool, Ended> {
        let stub = self.machine.stub();
        let done = stub.read(true, address, 1).and_then(|byte| {
            let byte = *byte.first().ok_or(Failure::Refused)?;
            stub.write(true, address, &[byte ^ 1 << (bit % 8)])
        });
        could_be(done)
    }

    /// The address of the next instruction.
    ///
    /// # Errors
    /// If the machine has ended.
    pub fn place(&mut self) -> Result<u64, Ended> {
        self.machine.place().map(|(place, _)| place).map_err(|_| Ended)
    }

    /// Undoes an interrupt that has just been taken, before the first instruction of its handler: whoever was
    /// interrupted goes on where he was. For LEON3.
    ///
    /// # Errors
    /// If the machine has ended.
    pub fn undo_trap(&mut self) -> Result<(), Ended> {
        sparc::undo_trap(self.machine.stub()).map_err(|_| Ended)
    }

    /// Has the processor go on at an address of the kernel's. For x86-64.
    ///
    /// # Errors
    /// If the machine has ended.
    pub fn jump(&mut self, address: u64) -> Result<(), Ended> {
        let number = x86::number_in_stub(x86::STUB_POINTER);
        self.machine.stub().set_register(number, &address.to_le_bytes()).map_err(|_| Ended)
    }
}

fn could_be(done: Result<(), Failure>) -> Result<bool, Ended> {
    match done {
        Ok(()) => Ok(true),
        Err(Failure::Refused) => Ok(false),
        Err(Failure::Gone) => Err(Ended),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_have_names_of_their_own_and_bits() {
        for (processor, count) in [(Processor::X86_64, 27), (Processor::Leon3, 67)] {
            let all = registers(processor);
            let names: std::collections::BTreeSet<&str> = all.iter().map(|it| it.name).collect();
            assert_eq!((all.len(), names.len()), (count, count));
            for it in all {
                assert!((0..it.bits).all(|drawn| it.has(it.bit(drawn))), "{it:?}");
            }
        }
    }
}
