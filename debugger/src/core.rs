//! Core files: a partition as it was when the machine ended, for gdb to look at with the partition's program.
//!
//! Of the machine there is its memory. The kernel has stored there all registers of partitions that do not run.

use std::ops::Range;

use object::elf::{
    ELFOSABI_LINUX, EM_386, EM_SPARC, ET_CORE, FileFlags, PF_R, PF_W, PF_X, PT_LOAD, PT_NOTE, ProgramFlags,
};
use object::write::elf::{FileHeader, ProgramHeader, Writer};

use crate::executive::{Executive, Memory, NO_TASK, Task};
use crate::kernel::{Kernel, Processor};
use crate::stub::{Failure, Source};
use crate::{sparc, x86};

const PAGE: usize = 4096;

/// The kernel of x86-64 is linked so far above where it lies (`kernel/x86_64/link.ld`).
const KERNEL_BASE: u64 = 0xffff_ffff_8000_0000;

/// A machine's memory after its end.
pub trait Ram {
    /// Reads from a physical address on. Nothing if there is no such memory.
    fn read(&mut self, address: u64, length: usize) -> Option<Vec<u8>>;
}

/// Makes a core file of the partition with this number: its threads and its memory at these addresses, as far as it is
/// mapped there. `program` is its ELF file.
///
/// # Errors
/// What cannot be read, in words.
pub fn core(
    kernel: &Kernel,
    ram: &mut dyn Ram,
    partition: usize,
    program: &[u8],
    addresses: &[Range<u64>],
) -> Result<Vec<u8>, String> {
    let mut machine = Ended { kernel, ram, partition };
    let registers = match kernel.processor {
        Processor::X86_64 => x86::from_context(&mut machine, kernel, partition, false),
        Processor::Leon3 => sparc::from_context(&mut machine, kernel, partition, false),
    };
    let registers = registers.map_err(|_| "the kernel's memory cannot be read".to_owned())?;
    let mut memory: Vec<(u64, Vec<u8>)> = addresses.iter().flat_map(|range| machine.pieces(range)).collect();
    if kernel.processor == Processor::Leon3
        && let Ok(frames) = sparc::frames(&mut machine, kernel, partition, false, false)
    {
        for (address, bytes) in &mut memory {
            sparc::lay_over(&frames, *address, bytes);
        }
    }
    let threads = machine.threads(program, &registers);
    Ok(file(kernel.processor, &threads, &memory))
}

/// A thread.
struct Thread {
    number: u64,
    /// As gdb's protocol has them.
    registers: Vec<u8>,
    /// Whether somebody has kept those of floating point.
    has_floating_point: bool,
}

/// The machine that has ended, as one of its partitions sees it.
struct Ended<'a> {
    kernel: &'a Kernel,
    ram: &'a mut dyn Ram,
    partition: usize,
}

impl Source for Ended<'_> {
    fn registers(&mut self) -> Result<Vec<u8>, Failure> {
        Err(Failure::Refused)
    }

    fn set_registers(&mut self, _registers: &[u8]) -> Result<(), Failure> {
        Err(Failure::Refused)
    }

    fn read(&mut self, _physical: bool, address: u64, length: usize) -> Result<Vec<u8>, Failure> {
        let address = address.checked_sub(KERNEL_BASE).unwrap_or(address);
        self.ram.read(address, length).ok_or(Failure::Refused)
    }
}

impl Memory for Ended<'_> {
    fn read(&mut self, address: u64, length: usize) -> Option<Vec<u8>> {
        let mut all = Vec::with_capacity(length);
        while all.len() < length {
            let at = address.checked_add(all.len() as u64)?;
            let piece = (PAGE - at as usize % PAGE).min(length - all.len());
            let physical = self.translate(at)?;
            all.extend(self.ram.read(physical, piece)?);
        }
        Some(all)
    }
}

impl Ended<'_> {
    fn translate(&mut self, address: u64) -> Option<u64> {
        let (kernel, partition) = (self.kernel, self.partition);
        match kernel.processor {
            Processor::X86_64 => x86::translate(self, kernel, partition, address),
            Processor::Leon3 => sparc::translate(self, kernel, partition, address),
        }
        .ok()
    }

    /// The memory at these addresses, in pieces without holes.
    fn pieces(&mut self, range: &Range<u64>) -> Vec<(u64, Vec<u8>)> {
        let mut pieces: Vec<(u64, Vec<u8>)> = Vec::new();
        for address in range.clone().step_by(PAGE) {
            let Some(page) = Memory::read(self, address, PAGE) else { continue };
            match pieces.last_mut() {
                Some((start, bytes)) if *start + bytes.len() as u64 == address => bytes.extend(page),
                _ => pieces.push((address, page)),
            }
        }
        pieces
    }

    /// The threads, the one first that has executed: gdb looks at the first.
    fn threads(&mut self, program: &[u8], registers: &[u8]) -> Vec<Thread> {
        let executed = |number| Thread { number, registers: registers.to_vec(), has_floating_point: true };
        let Some(executive) = Executive::read(self.kernel.processor, program) else {
            return vec![executed(NO_TASK)];
        };
        let tasks = executive.tasks(self);
        let number = match self.kernel.processor {
            Processor::X86_64 => x86::STACK_POINTER,
            Processor::Leon3 => sparc::STACK_POINTER,
        };
        let stack = self.place(number).and_then(|(place, size)| registers.get(place..place + size));
        let stack = stack.and_then(|it| <[u8; 4]>::try_from(it).ok()).unwrap_or_default();
        let stack = match self.kernel.processor {
            Processor::X86_64 => u32::from_le_bytes(stack),
            Processor::Leon3 => u32::from_be_bytes(stack),
        };
        let current = tasks.current(stack.into());
        let mut threads = vec![executed(current)];
        for task in tasks.all.iter().filter(|it| it.thread != current) {
            threads.push(self.waiting(task, registers.len()));
        }
        threads
    }

    const fn is_sparc(&self) -> bool {
        matches!(self.kernel.processor, Processor::Leon3)
    }

    fn place(&self, number: usize) -> Option<(usize, usize)> {
        if self.is_sparc() { sparc::position(number) } else { x86::position(number) }
    }

    /// The registers of a task that does not execute. What nobody keeps is 0: a core file has no other word for it.
    fn waiting(&mut self, task: &Task, size: usize) -> Thread {
        let known: Vec<(usize, Vec<u8>)> = if self.is_sparc() {
            let known = sparc::of_task(self, &task.saved).unwrap_or_default();
            known.into_iter().map(|(number, value)| (number, value.to_be_bytes().to_vec())).collect()
        } else {
            x86::of_task(self, &task.saved).unwrap_or_default()
        };
        let first = if self.is_sparc() { sparc::FLOATING_POINT } else { x86::FIRST_FLOATING };
        let has_floating_point = known.iter().any(|(number, _)| *number == first);
        let mut registers = vec![0; size];
        for (number, value) in known {
            if let Some((place, size)) = self.place(number)
                && let Some(there) = registers.get_mut(place..place + size)
                && value.len() == size
            {
                there.copy_from_slice(&value);
            }
        }
        Thread { number: task.thread, registers, has_floating_point }
    }
}

/// The file itself: notes with the threads' registers, and the memory.
fn file(processor: Processor, threads: &[Thread], memory: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let (endian, machine) = match processor {
        Processor::X86_64 => (object::Endianness::Little, EM_386),
        Processor::Leon3 => (object::Endianness::Big, EM_SPARC),
    };
    let notes: Vec<u8> = threads.iter().flat_map(|thread| notes_of(processor, thread)).collect();
    let mut out = Vec::new();
    let mut writer = Writer::new(endian, false, &mut out);
    writer.reserve_file_header();
    writer.reserve_program_headers(memory.len() as u32 + 1);
    let notes_at = writer.reserve(notes.len() as u64, 4);
    let places: Vec<u64> =
        memory.iter().map(|(_, bytes)| writer.reserve(bytes.len() as u64, PAGE as u64)).collect();
    let header = FileHeader {
        os_abi: ELFOSABI_LINUX,
        abi_version: 0,
        e_type: ET_CORE,
        e_machine: machine,
        e_entry: 0,
        e_flags: FileFlags(0),
    };
    // Nothing but a number that is too large could fail, and there is none.
    let _ = writer.write_file_header(&header);
    let size = notes.len() as u64;
    writer.write_program_header(&ProgramHeader {
        p_type: PT_NOTE,
        p_flags: ProgramFlags(0),
        p_offset: notes_at,
        p_vaddr: 0,
        p_paddr: 0,
        p_filesz: size,
        p_memsz: 0,
        p_align: 4,
    });
    for ((address, bytes), place) in memory.iter().zip(&places) {
        writer.write_program_header(&ProgramHeader {
            p_type: PT_LOAD,
            p_flags: PF_R | PF_W | PF_X,
            p_offset: *place,
            p_vaddr: *address,
            p_paddr: 0,
            p_filesz: bytes.len() as u64,
            p_memsz: bytes.len() as u64,
            p_align: PAGE as u64,
        });
    }
    writer.write_align(4);
    writer.write(&notes);
    for (_, bytes) in memory {
        writer.write_align(PAGE as u64);
        writer.write(bytes);
    }
    out
}

/// In notes: the state of a process or thread.
const PRSTATUS: u32 = 1;

/// i386's registers in such a note (Linux's `user_regs_struct`), by gdb's numbers. Two of them gdb has no number for.
const ON_I386: [Option<usize>; 17] = [
    Some(3),
    Some(1),
    Some(2),
    Some(6),
    Some(7),
    Some(5),
    Some(0),
    Some(12),
    Some(13),
    Some(14),
    Some(15),
    None,
    Some(8),
    Some(10),
    Some(9),
    Some(4),
    Some(11),
];

/// In notes: registers of floating point.
const FPREGSET: u32 = 2;
const PRXFPREG: u32 = 0x46e6_2b7f;

/// The notes with the registers of a thread. Those of floating point belong to the thread before them.
fn notes_of(processor: Processor, thread: &Thread) -> Vec<u8> {
    let (number, registers) = (thread.number as u32, &thread.registers);
    let mut notes = match processor {
        Processor::X86_64 => {
            let word = |number: usize| {
                let (place, size) = x86::position(number)?;
                registers.get(place..place + size)
            };
            // Linux's `elf_prstatus` for i386: the number of the thread is at 24, registers are at 72 (`sys/procfs.h`).
            let mut state = vec![0; 24];
            state.extend(number.to_le_bytes());
            state.resize(72, 0);
            for register in ON_I386 {
                state.extend(register.and_then(word).unwrap_or(&[0; 4]));
            }
            state.extend([0; 4]);
            note(u32::to_le_bytes, b"CORE", PRSTATUS, &state)
        }
        Processor::Leon3 => {
            // Nobody's format has SPARC's registers for every gdb. That of FreeBSD says itself how many bytes of them
            // follow (`sys/procfs.h`): version, size, theirs, those of floating point, release, signal, thread.
            let ordered = sparc_core(registers);
            let size = 4 * 7 + ordered.len() as u32;
            let head = [1, size, ordered.len() as u32, SPARC_FLOATING as u32, 0, 0, number];
            let mut state: Vec<u8> = head.iter().flat_map(|word| word.to_be_bytes()).collect();
            state.extend(ordered);
            note(u32::to_be_bytes, b"FreeBSD", PRSTATUS, &state)
        }
    };
    if thread.has_floating_point {
        notes.extend(match processor {
            // As `fxsave` stores them.
            Processor::X86_64 => note(u32::to_le_bytes, b"LINUX", PRXFPREG, &x86::floating_point(registers)),
            Processor::Leon3 => note(u32::to_be_bytes, b"FreeBSD", FPREGSET, &sparc_floating(registers)),
        });
    }
    notes
}

/// A note.
fn note(word: fn(u32) -> [u8; 4], name: &[u8], kind: u32, state: &[u8]) -> Vec<u8> {
    let head = [name.len() as u32 + 1, state.len() as u32, kind];
    let mut note: Vec<u8> = head.into_iter().flat_map(word).collect();
    for part in [name, &[0], state] {
        note.extend(part);
        if part != name {
            note.resize(note.len().next_multiple_of(4), 0);
        }
    }
    note
}

/// Bytes of SPARC's registers of floating point in a core file of Linux, as gdb expects them.
const SPARC_FLOATING: usize = 396;

/// SPARC's registers of floating point as gdb takes them from a core file of Linux: all 32, FSR, and what it has no use
/// for.
fn sparc_floating(registers: &[u8]) -> Vec<u8> {
    let word = |number: usize| registers.get(4 * number..4 * number + 4).unwrap_or(&[0; 4]);
    let numbers = (sparc::FLOATING_POINT..sparc::FLOATING_POINT + 32).chain([sparc::FSR]);
    let mut ordered: Vec<u8> = numbers.flat_map(word).copied().collect();
    ordered.resize(SPARC_FLOATING, 0);
    ordered
}

/// SPARC's registers as gdb takes them from a core file of Linux: globals, outs, locals, ins, PSR, pc, npc, y.
fn sparc_core(registers: &[u8]) -> Vec<u8> {
    let word = |number: usize| registers.get(4 * number..4 * number + 4).unwrap_or(&[0; 4]);
    let numbers = (0..32).chain([sparc::PSR, sparc::PROGRAM_COUNTER, sparc::NEXT, sparc::Y]);
    let mut ordered: Vec<u8> = numbers.flat_map(word).copied().collect();
    // Two more that gdb has no use for.
    ordered.extend([0; 8]);
    ordered
}
