//! The machine as a debugger sees it: which process the processor executes, and registers and memory of each.

use std::collections::BTreeMap;
use std::ops::Range;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::Receiver;

use crate::clock;
use crate::connection::{Connection, Gone, Said};
use crate::executive::{Executive, Memory, NO_TASK, Task, Tasks};
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
    /// What each partition's program has for tasks.
    executives: Vec<Option<Executive>>,
    /// What is known until it goes on.
    pages: BTreeMap<(usize, u64), u64>,
    frames: BTreeMap<usize, Vec<Frame>>,
    tasks: BTreeMap<usize, Tasks>,
}

/// A partition's memory while the machine stands.
struct View<'a> {
    machine: &'a mut Machine,
    partition: usize,
}

impl Memory for View<'_> {
    fn read(&mut self, address: u64, length: usize) -> Option<Vec<u8>> {
        let read = self.machine.read(Process::Partition(self.partition), address, length).ok()?;
        (read.len() == length).then_some(read)
    }
}

impl Machine {
    pub(crate) fn new(stub: Stub, kernel: Kernel, executives: Vec<Option<Executive>>) -> Self {
        let (pages, frames, tasks) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { stub, kernel, executives, pages, frames, tasks }
    }

    /// The lines to gdb and to the machine, which do nothing to it.
    pub(crate) const fn connection(&mut self) -> &mut Connection {
        &mut self.stub.connection
    }

    /// The machine itself, of which nothing is known any more when it has done something.
    pub(crate) fn stub(&mut self) -> &mut Stub {
        self.forget();
        &mut self.stub
    }

    fn forget(&mut self) {
        self.pages.clear();
        self.frames.clear();
        self.tasks.clear();
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
            Ok(number) => {
                Ok(number.first().map(|it| usize::from(*it)).filter(|it| *it < self.executives.len()))
            }
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

    /// The tasks of a partition.
    fn tasks(&mut self, partition: usize) -> Tasks {
        if let Some(tasks) = self.tasks.get(&partition) {
            return tasks.clone();
        }
        let Some(Some(executive)) = self.executives.get(partition).cloned() else { return Tasks::default() };
        let tasks = executive.tasks(&mut View { machine: self, partition });
        self.tasks.entry(partition).or_insert(tasks).clone()
    }

    /// A task of a process's that does not execute.
    fn waiting(&mut self, process: Process, thread: u64) -> Result<Option<Task>, Failure> {
        let Process::Partition(partition) = process else { return Ok(None) };
        if self.thread(process)? == thread {
            return Ok(None);
        }
        Ok(Some(
            self.tasks(partition).all.into_iter().find(|it| it.thread == thread).ok_or(Failure::Refused)?,
        ))
    }

    /// The thread of a process that the processor executes, or did last.
    pub(crate) fn thread(&mut self, process: Process) -> Result<u64, Failure> {
        let Process::Partition(partition) = process else { return Ok(NO_TASK) };
        let tasks = self.tasks(partition);
        if tasks.all.is_empty() {
            return Ok(NO_TASK);
        }
        Ok(tasks.current(self.stack_pointer(process)?))
    }

    fn stack_pointer(&mut self, process: Process) -> Result<u64, Failure> {
        let number = if self.is_sparc() { sparc::STACK_POINTER } else { x86::STACK_POINTER };
        let registers = self.registers(process)?;
        self.word(&registers, number).ok_or(Failure::Refused)
    }

    /// A register of four bytes.
    fn word(&self, registers: &[u8], number: usize) -> Option<u64> {
        let (place, _) = self.position(number)?;
        let bytes = registers.get(place..place + 4)?.try_into().ok()?;
        Some(u64::from(if self.is_sparc() { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }))
    }

    /// Whether the processor is still on the stack of this task.
    pub(crate) fn is_on(&mut self, process: Process, task: &Task) -> Result<bool, Failure> {
        Ok(task.is_on_stack(self.stack_pointer(process)?))
    }

    /// What a process has for threads: at least the one that is executed.
    pub(crate) fn threads(&mut self, process: Process) -> Result<Vec<Task>, Failure> {
        let current = self.thread(process)?;
        let Process::Partition(partition) = process else { return Ok(vec![Task::none()]) };
        let mut all = self.tasks(partition).all;
        if !all.iter().any(|it| it.thread == current) {
            all.insert(0, Task::none());
        }
        Ok(all)
    }

    /// The registers of a thread, as gdb is told them; nothing in the place of those that nobody keeps.
    pub(crate) fn thread_registers(
        &mut self,
        process: Process,
        thread: u64,
    ) -> Result<Vec<Option<u8>>, Failure> {
        let Some(task) = self.waiting(process, thread)? else {
            return Ok(self.registers(process)?.into_iter().map(Some).collect());
        };
        let Process::Partition(partition) = process else { return Err(Failure::Refused) };
        let is_sparc = self.is_sparc();
        let memory = &mut View { machine: self, partition };
        let known = if is_sparc {
            let known = sparc::of_task(memory, &task.saved);
            known.map(|it| it.into_iter().map(|(number, it)| (number, it.to_be_bytes().to_vec())).collect())
        } else {
            x86::of_task(memory, &task.saved)
        };
        let mut all = vec![None; if is_sparc { sparc::SIZE } else { x86::size() }];
        for (number, value) in known.unwrap_or_default() {
            let (place, size) = self.position(number).ok_or(Failure::Refused)?;
            for (there, byte) in all.iter_mut().skip(place).take(size).zip(value) {
                *there = Some(byte);
            }
        }
        Ok(all)
    }

    /// Where a thread goes on that does not execute.
    pub(crate) fn thread_resumes_at(&mut self, process: Process, thread: u64) -> Result<u64, Failure> {
        let registers = self.thread_registers(process, thread)?;
        let number = if self.is_sparc() { sparc::PROGRAM_COUNTER } else { x86::INSTRUCTION_POINTER };
        let (place, size) = self.position(number).ok_or(Failure::Refused)?;
        let is_known = registers.iter().skip(place).take(size).all(Option::is_some);
        let registers: Vec<u8> = registers.into_iter().map(Option::unwrap_or_default).collect();
        self.word(&registers, number).filter(|_| is_known).ok_or(Failure::Refused)
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
        self.tasks.clear();
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

    /// Puts a machine that stands before its first instruction in the place of this one.
    pub(crate) fn replace(&mut self, stub: UnixStream, run: Receiver<Said>) -> Result<(), Failure> {
        self.forget();
        self.stub.replace(stub, run)?;
        self.prepare_clock()
    }

    /// Has the clock be such that it can be read: see [`clock::prepare`].
    pub(crate) fn prepare_clock(&mut self) -> Result<(), Failure> {
        clock::prepare(&mut self.stub, &self.kernel)
    }

    /// What the system's clock says, in nanoseconds. Nothing before it has begun, or before the kernel has set up its
    /// memory.
    pub(crate) fn time(&mut self) -> Result<Option<u64>, Failure> {
        match clock::now(&mut self.stub, &self.kernel) {
            Err(Failure::Refused) => Ok(None),
            now => now,
        }
    }

    /// The finest difference of times that can be seen, in nanoseconds.
    pub(crate) const fn grain(&self) -> u64 {
        clock::grain(self.kernel.processor)
    }

    /// How many instructions have been executed since the beginning of a run that is repeated.
    pub(crate) fn executed(&mut self) -> Result<u64, Failure> {
        let said = self.stub.monitor("info replay")?;
        let (_, number) = said.split_once("instruction count = ").ok_or(Failure::Refused)?;
        number.trim().parse().map_err(|_| Failure::Refused)
    }

    /// Has a run that is repeated stand when so many instructions have been executed, which is yet to come.
    pub(crate) fn stop_at(&mut self, position: u64) -> Result<(), Failure> {
        let said = self.stub.monitor(&format!("replay_break {position}"))?;
        if said.trim().is_empty() { Ok(()) } else { Err(Failure::Refused) }
    }

    /// The same no more.
    pub(crate) fn stop_nowhere(&mut self) -> Result<(), Failure> {
        // It complains if it was to stop nowhere.
        self.stub.monitor("replay_delete_break").map(drop)
    }

    /// Whether the next instruction is one that no run that is repeated steps over.
    pub(crate) fn waits(&mut self) -> Result<bool, Failure> {
        let place = self.place()?.0;
        Ok(self.kernel.waits_at() == Some(place))
    }

    /// Where no run is repeated with a breakpoint.
    pub(crate) fn standstill(&self) -> Option<Range<u64>> {
        self.kernel.standstill()
    }

    /// Where the kernel ends the system, and where it is whenever it has waited.
    pub(crate) fn places_of_kernel(&self) -> (Option<u64>, Option<u64>) {
        (self.kernel.end(), self.kernel.tick())
    }

    /// Where the kernel has the number of the partition that has the processor.
    pub(crate) fn place_of_current(&self) -> u64 {
        self.kernel.symbol("current")
    }

    /// Ends the talk with the stub, and lets the machine run on.
    pub(crate) fn leave(&mut self) -> Result<(), Gone> {
        self.stub.connection.ask_stub(b"D").map(drop)
    }
}
