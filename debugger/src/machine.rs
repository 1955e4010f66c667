//! The machine as a debugger sees it: which process the processor executes, and registers and memory of each.

use std::collections::BTreeMap;

use crate::connection::Gone;
use crate::kernel::{Kernel, Processor};
use crate::sparc::{self, Frame};
use crate::stub::{Failure, Stub};
use crate::x86;

/// Who has registers and memory of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Process {
    /// The kernel.
    Kernel,
    /// The partition with this number.
    Partition(usize),
}

const PAGE: u64 = 4096;

/// The machine, which stands.
#[derive(Debug)]
pub(crate) struct Machine {
    stub: Stub,
    kernel: Kernel,
    partitions: usize,
    /// What is known until it goes on.
    pages: BTreeMap<(usize, u64), u64>,
    frames: BTreeMap<usize, Vec<Frame>>,
}

impl Machine {
    pub(crate) const fn new(stub: Stub, kernel: Kernel, partitions: usize) -> Self {
        Self { stub, kernel, partitions, pages: BTreeMap::new(), frames: BTreeMap::new() }
    }

    /// The machine itself, of which nothing is known any more when it has done something.
    pub(crate) fn stub(&mut self) -> &mut Stub {
        self.forget();
        &mut self.stub
    }

    fn forget(&mut self) {
        self.pages.clear();
        self.frames.clear();
    }

    pub(crate) const fn is_sparc(&self) -> bool {
        matches!(self.kernel.processor, Processor::Leon3)
    }

    /// Where the processor is, and whether at a partition's privilege.
    pub(crate) fn place(&mut self) -> Result<(u64, bool), Failure> {
        let registers = self.stub.registers()?;
        let place = if self.is_sparc() { sparc::place(&registers) } else { x86::place(&registers) };
        place.ok_or(Failure::Refused)
    }

    /// The partition whose memory and registers the processor has, or had when it entered the kernel. Nothing before
    /// the kernel has set up its memory.
    pub(crate) fn current(&mut self) -> Result<Option<usize>, Failure> {
        let address = self.kernel.symbol("current");
        match self.stub.read(self.is_sparc(), address, 1) {
            Ok(number) => Ok(number.first().map(|it| usize::from(*it)).filter(|it| *it < self.partitions)),
            Err(Failure::Refused) => Ok(None),
            Err(gone) => Err(gone),
        }
    }

    /// Whose program the processor executes.
    pub(crate) fn runner(&mut self) -> Result<Process, Failure> {
        let (_, is_partition) = self.place()?;
        let current = if is_partition { self.current()? } else { None };
        Ok(current.map_or(Process::Kernel, Process::Partition))
    }

    fn runs(&mut self, partition: usize) -> Result<bool, Failure> {
        Ok(self.runner()? == Process::Partition(partition))
    }

    /// The registers of a process, as gdb is told them.
    pub(crate) fn registers(&mut self, process: Process) -> Result<Vec<u8>, Failure> {
        let Process::Partition(partition) = process else { return self.stub.registers() };
        if self.runs(partition)? {
            let registers = self.stub.registers()?;
            return if self.is_sparc() {
                Ok(registers)
            } else {
                x86::from_stub(&registers).ok_or(Failure::Refused)
            };
        }
        let is_current = self.current()? == Some(partition);
        if self.is_sparc() {
            sparc::from_context(&mut self.stub, &self.kernel, partition, is_current)
        } else {
            x86::from_context(&mut self.stub, &self.kernel, partition, is_current)
        }
    }

    /// Where a register is among those, and its size.
    pub(crate) fn position(&self, number: usize) -> Option<(usize, usize)> {
        if self.is_sparc() { sparc::position(number) } else { x86::position(number) }
    }

    /// Sets the registers of a process.
    pub(crate) fn set_registers(&mut self, process: Process, new: &[u8]) -> Result<(), Failure> {
        let Process::Partition(partition) = process else { return self.stub().set_registers(new) };
        let old = self.registers(process)?;
        let place = if self.runs(partition)? { None } else { Some(partition) };
        self.forget();
        if self.is_sparc() {
            sparc::set(&mut self.stub, &self.kernel, place, (&old, new))
        } else {
            x86::set(&mut self.stub, &self.kernel, place, (&old, new))
        }
    }

    /// Where a partition goes on when it gets the processor; if it has just trapped, one of two places.
    pub(crate) fn resumes_at(&mut self, partition: usize, has_trapped: bool) -> Result<Vec<u64>, Failure> {
        if !self.is_sparc() {
            return x86::resumes_at(&mut self.stub, &self.kernel, partition).map(|it| vec![it]);
        }
        if has_trapped {
            return sparc::trapped_at(&mut self.stub).map(Vec::from);
        }
        sparc::resumes_at(&mut self.stub, &self.kernel, partition).map(|it| vec![it])
    }

    fn translate(&mut self, partition: usize, address: u64) -> Result<u64, Failure> {
        let page = address & !(PAGE - 1);
        if let Some(physical) = self.pages.get(&(partition, page)) {
            return Ok(physical | address & (PAGE - 1));
        }
        let (stub, kernel) = (&mut self.stub, &self.kernel);
        let physical = match kernel.processor {
            Processor::X86_64 => x86::translate(stub, kernel, partition, page)?,
            Processor::Leon3 => sparc::translate(stub, kernel, partition, page)?,
        };
        self.pages.insert((partition, page), physical);
        Ok(physical | address & (PAGE - 1))
    }

    /// The frames of a partition that its stack does not have.
    fn frames(&mut self, partition: usize) -> Result<Vec<Frame>, Failure> {
        if !self.is_sparc() {
            return Ok(Vec::new());
        }
        if let Some(frames) = self.frames.get(&partition) {
            return Ok(frames.clone());
        }
        let runs = self.runs(partition)?;
        let is_current = self.current()? == Some(partition);
        let frames = sparc::frames(&mut self.stub, &self.kernel, partition, is_current, runs)?;
        Ok(self.frames.entry(partition).or_insert(frames).clone())
    }

    /// Reads memory as a process sees it: as much as there is, from the start on.
    pub(crate) fn read(&mut self, process: Process, address: u64, length: usize) -> Result<Vec<u8>, Failure> {
        let Process::Partition(partition) = process else {
            return self.stub.read(self.is_sparc(), address, length);
        };
        let mut memory = Vec::with_capacity(length);
        while memory.len() < length {
            let at = address.wrapping_add(memory.len() as u64);
            let piece = (PAGE - at % PAGE).min((length - memory.len()) as u64) as usize;
            let read = match self.translate(partition, at) {
                Ok(physical) => self.stub.read(true, physical, piece),
                Err(failure) => Err(failure),
            };
            match read {
                Ok(read) => memory.extend(read),
                Err(Failure::Refused) if !memory.is_empty() => break,
                Err(failure) => return Err(failure),
            }
        }
        let frames = self.frames(partition)?;
        sparc::lay_over(&frames, address, &mut memory);
        Ok(memory)
    }

    /// Writes memory as a process sees it. Rights of its own do not count: a debugger writes text and constants, too.
    pub(crate) fn write(&mut self, process: Process, address: u64, bytes: &[u8]) -> Result<(), Failure> {
        let Process::Partition(partition) = process else {
            let is_physical = self.is_sparc();
            return self.stub().write(is_physical, address, bytes);
        };
        let mut done = 0;
        while done < bytes.len() {
            let at = address.wrapping_add(done as u64);
            let piece = (PAGE - at % PAGE).min((bytes.len() - done) as u64) as usize;
            let physical = self.translate(partition, at)?;
            self.stub.write(true, physical, &bytes[done..done + piece])?;
            done += piece;
        }
        Ok(())
    }

    /// Ends the talk with the stub, and lets the machine run on.
    pub(crate) fn leave(&mut self) -> Result<(), Gone> {
        self.stub.connection.ask_stub(b"D").map(drop)
    }
}
