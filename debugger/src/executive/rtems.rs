//! The tasks of RTEMS 7. Where things are say the program's symbols and its debugging information: the names of
//! structures and members are RTEMS's (`cpukit/include/rtems/score`), their places are each kit's own.

use object::Object as _;

use super::{Memory, Place, Saved, TASKS_MAX, Task, Tasks, Words, symbol, types};
use crate::kernel::Processor;
use crate::{sparc, x86};

/// Tables of tasks, and what is added to an index in each to make a thread's number: of the Classic API, of POSIX, and
/// RTEMS's own, in which the idle task is.
const TABLES: [(&str, u64); 3] = [
    ("_RTEMS_tasks_Information", 1),
    ("_POSIX_Threads_Information", 100_001),
    ("_Thread_Information", 200_001),
];

/// Members that there must be, in the order in which [`Rtems::members`] has their offsets.
const MEMBERS: [(&str, &str); 9] = [
    ("Objects_Information", "maximum_id"),
    ("Objects_Information", "local_table"),
    ("Thread_Control", "Object.id"),
    ("Thread_Control", "Object.name.name_u32"),
    ("Thread_Control", "current_state"),
    ("Thread_Control", "Start.Initial_stack.area"),
    ("Thread_Control", "Start.Initial_stack.size"),
    ("Thread_Control", "Registers"),
    ("Per_CPU_Control", "executing"),
];

/// A register of gdb's: the member of `Context_Control` that has it, how far behind the member's beginning (some of
/// SPARC's have two), its number, and what is to be added to what stands there.
type Register = (&'static str, u64, usize, u64);

/// Those that a switch of tasks keeps; the first is the stack pointer, which points to where the task goes on.
const ON_I386: [Register; 5] = [
    ("esp", 0, x86::STACK_POINTER, 4),
    ("ebp", 0, 5, 0),
    ("ebx", 0, 3, 0),
    ("esi", 0, 6, 0),
    ("edi", 0, 7, 0),
];

/// Those that a switch of tasks keeps. It returns behind the call and what follows this (SPARC V8, B.25).
const ON_SPARC: [Register; 23] = [
    ("g5", 0, 5, 0),
    ("g7", 0, 7, 0),
    ("l0_and_l1", 0, 16, 0),
    ("l0_and_l1", 4, 17, 0),
    ("l2", 0, 18, 0),
    ("l3", 0, 19, 0),
    ("l4", 0, 20, 0),
    ("l5", 0, 21, 0),
    ("l6", 0, 22, 0),
    ("l7", 0, 23, 0),
    ("i0_and_i1", 0, 24, 0),
    ("i0_and_i1", 4, 25, 0),
    ("i2", 0, 26, 0),
    ("i3", 0, 27, 0),
    ("i4", 0, 28, 0),
    ("i5", 0, 29, 0),
    ("i6_fp", 0, 30, 0),
    ("i7", 0, 31, 0),
    ("o6_sp", 0, 14, 0),
    ("o7", 0, 15, 0),
    ("psr", 0, sparc::PSR, 0),
    ("o7", 0, sparc::PROGRAM_COUNTER, sparc::BEHIND_CALL),
    ("o7", 0, sparc::NEXT, sparc::BEHIND_CALL + 4),
];

/// A system that has begun to execute tasks (`SYSTEM_STATE_UP`). The one executing task that there is before does not.
const UP: u64 = 2;

/// A program with RTEMS.
#[derive(Clone, Debug)]
pub(crate) struct Rtems {
    words: Words,
    processor: Processor,
    /// Where each table is, and what makes an index a thread's number.
    tables: Vec<(u64, u64)>,
    processors: u64,
    system_state: Option<u64>,
    /// As in [`MEMBERS`].
    members: [u64; MEMBERS.len()],
    /// Where the first processor's part is in its place.
    processor_part: u64,
    /// Registers, where they are in a task.
    registers: Vec<Place>,
}

impl Rtems {
    pub(super) fn read(processor: Processor, file: &object::File) -> Option<Self> {
        let processors = symbol(file, "_Per_CPU_Information")?;
        let registers: &[Register] = match processor {
            Processor::X86_64 => &ON_I386,
            Processor::Leon3 => &ON_SPARC,
        };
        let mut wanted: Vec<(&str, &str)> = MEMBERS.to_vec();
        wanted.extend([("Per_CPU_Control_envelope", "per_cpu"), ("Thread_Information", "Objects")]);
        wanted.extend(registers.iter().map(|(member, ..)| ("Context_Control", *member)));
        let offsets = types::offsets(file, &wanted);
        let mut members = [0; MEMBERS.len()];
        for (member, offset) in members.iter_mut().zip(&offsets) {
            *member = (*offset)?;
        }
        let [processor_part, table] =
            [offsets[MEMBERS.len()], offsets[MEMBERS.len() + 1]].map(Option::unwrap_or_default);
        let in_task = members[7];
        let registers = registers.iter().zip(&offsets[MEMBERS.len() + 2..]);
        let registers = registers.filter_map(|((_, within, number, more), offset)| {
            Some(Place { number: *number, address: in_task + (*offset)? + within, more: *more })
        });
        let tables =
            TABLES.iter().filter_map(|(name, first)| Some((symbol(file, name)? + table, *first))).collect();
        Some(Self {
            words: Words { is_little_endian: file.is_little_endian() },
            processor,
            tables,
            processors,
            system_state: symbol(file, "_System_state_Current"),
            members,
            processor_part,
            registers: registers.collect(),
        })
    }

    pub(super) fn tasks(&self, memory: &mut dyn Memory) -> Tasks {
        let mut tasks = Tasks::default();
        let state = self.system_state.and_then(|it| self.words.read(memory, it));
        if state.is_some_and(|state| state < UP) {
            return tasks;
        }
        let executing = self.words.read(memory, self.processors + self.processor_part + self.members[8]);
        for &(table, first) in &self.tables {
            for (index, control) in self.objects(memory, table) {
                let thread = first + index;
                if Some(control) == executing {
                    tasks.executing = Some(thread);
                }
                tasks.all.extend(self.task(memory, thread, control, Some(control) == executing));
            }
        }
        tasks
    }

    /// The objects of a table: their indexes from 1 on, and where they are.
    fn objects(&self, memory: &mut dyn Memory, table: u64) -> Vec<(u64, u64)> {
        let maximum = self.words.read(memory, table + self.members[0]).unwrap_or(0);
        let first = self.words.read(memory, table + self.members[1]).unwrap_or(0);
        // An identifier's index is in its low 16 bits.
        let count = (maximum & 0xffff).min(TASKS_MAX as u64);
        if first == 0 {
            return Vec::new();
        }
        let Some(bytes) = memory.read(first, 4 * count as usize) else { return Vec::new() };
        let controls = (0..count).filter_map(|it| Some((it + 1, self.words.word(&bytes, 4 * it)?)));
        controls.filter(|(_, control)| *control != 0).collect()
    }

    fn task(&self, memory: &mut dyn Memory, thread: u64, control: u64, executes: bool) -> Option<Task> {
        let mut read = |member: usize| self.words.read(memory, control + self.members[member]);
        let (id, name, state) = (read(2)?, read(3)?, read(4)?);
        let (begin, size) = (read(5)?, read(6)?);
        // What a pointer leads to that is no task's has another identifier.
        if id & 0xffff != thread % 100_000 - 1 {
            return None;
        }
        let state = match (executes, state) {
            (true, _) => "executes".to_owned(),
            (false, 0) => "ready".to_owned(),
            (false, state) => format!("waits, state {state:#x}"),
        };
        let place = |it: &Place| Place { address: control + it.address, ..*it };
        let mut places: Vec<Place> = self.registers.iter().map(place).collect();
        if self.processor == Processor::X86_64 {
            let address = self.words.read(memory, places.first()?.address)?;
            places.push(Place { number: x86::INSTRUCTION_POINTER, address, more: 0 });
        }
        // The names of POSIX's threads are elsewhere.
        let is_named = !(100_000..200_000).contains(&thread);
        Some(Task {
            thread,
            name: if is_named { self.words.name(name) } else { String::new() },
            state: format!("{state}, identifier {id:#010x}"),
            stack: begin..begin + size,
            saved: Saved::Placed(places),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use object::{ObjectSection as _, ObjectSegment as _, ObjectSymbol as _};

    use super::super::tests::Model;
    use super::*;

    /// What the compiler is told for debugging information that is compressed.
    const COMPRESSED: &str = "-gz";

    /// A program with data like RTEMS's, and its memory.
    fn program(processor: Processor, wanted: &str) -> (Vec<u8>, Model) {
        let folder = tempfile::tempdir().expect("a folder");
        let (object, program) = (folder.path().join("model.o"), folder.path().join("model"));
        let (target, linker, emulation) = match processor {
            Processor::X86_64 => ("i386-unknown-none-elf", "x86_64-linux-gnu-ld", "elf_i386"),
            Processor::Leon3 => ("sparc-unknown-none-elf", "sparc64-linux-gnu-ld", "elf32_sparc"),
        };
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/executive/model.c");
        let mut clang = Command::new("clang");
        clang.arg(format!("--target={target}"));
        let compiled =
            clang.args(["-fintegrated-as", "-g", "-c", wanted, "-o"]).arg(&object).arg(source).status();
        assert!(compiled.expect("clang").success());
        let sections = if wanted == COMPRESSED { "zlib" } else { "none" };
        let linked = Command::new(linker)
            .args(["-m", emulation, "-e", "0", &format!("--compress-debug-sections={sections}"), "-o"])
            .arg(&program)
            .arg(&object)
            .status();
        assert!(linked.expect("a linker").success());
        let bytes = std::fs::read(&program).expect("a program");
        let mut memory = Model(Default::default());
        for segment in object::File::parse(bytes.as_slice()).expect("an ELF file").segments() {
            memory.put(segment.address(), segment.data().expect("data"));
        }
        (bytes, memory)
    }

    fn read(processor: Processor, program: &[u8]) -> Option<Rtems> {
        Rtems::read(processor, &object::File::parse(program).expect("an ELF file"))
    }

    fn address(program: &[u8], name: &str) -> u64 {
        let file = object::File::parse(program).expect("an ELF file");
        file.symbols().find(|it| it.name() == Ok(name)).expect(name).address()
    }

    /// Compressed sections are not unpacked: what they say to be long may be as long as memory is.
    #[test]
    fn what_is_compressed_is_not_unpacked() {
        for processor in [Processor::X86_64, Processor::Leon3] {
            let (compressed, _) = program(processor, COMPRESSED);
            let file = object::File::parse(compressed.as_slice()).expect("an ELF file");
            let section = file.section_by_name(".debug_info").expect("debugging information");
            let said = section.compressed_data().expect("it is there");
            assert_ne!(said.format, object::CompressionFormat::None);
            assert!(section.uncompressed_data().is_err() && read(processor, &compressed).is_none());
        }
    }

    #[test]
    fn tasks_are_found_where_debugging_information_says() {
        for processor in [Processor::X86_64, Processor::Leon3] {
            let (program, mut memory) = program(processor, "-g");
            let rtems = read(processor, &program).expect("RTEMS");
            let tasks = rtems.tasks(&mut memory);
            let said: Vec<_> = tasks
                .all
                .iter()
                .map(|it| (it.thread, it.name.as_str(), it.state.split(',').next().unwrap()))
                .collect();
            let expected = [
                (2, "UI1", "ready"),
                (3, "TA1", "waits"),
                (4, "TA2", "executes"),
                (200_002, "IDLE", "ready"),
            ];
            assert_eq!(said, expected, "{processor:?}");
            assert_eq!(tasks.executing, Some(4));
            let stack = address(&program, "stack");
            assert_eq!(tasks.all[1].stack, stack + 256..stack + 512);
            let number = if processor == Processor::X86_64 {
                x86::INSTRUCTION_POINTER
            } else {
                sparc::PROGRAM_COUNTER
            };
            let value = match processor {
                Processor::X86_64 => x86::of_task(&mut memory, &tasks.all[1].saved)
                    .and_then(|it| it.into_iter().find(|(it, _)| *it == number))
                    .map(|(_, it)| u32::from_le_bytes(it.try_into().unwrap())),
                Processor::Leon3 => sparc::of_task(&mut memory, &tasks.all[1].saved)
                    .and_then(|it| it.into_iter().find(|(it, _)| *it == number))
                    .map(|(_, it)| it),
            };
            let expected = if processor == Processor::X86_64 { 0x1234 } else { 0x1008 };
            assert_eq!(value, Some(expected), "{processor:?}");
        }
    }

    #[test]
    fn what_is_destroyed_has_no_tasks() {
        let (program, memory) = program(Processor::Leon3, "-g");
        let rtems = read(Processor::Leon3, &program).expect("RTEMS");
        let table = address(&program, "_RTEMS_tasks_Information");
        // Nowhere, and longer than memory.
        for (offset, value) in [(4, 0xffff_fff0_u32), (8, 0xffff_ffff), (4, 0)] {
            let mut memory = Model(memory.0.clone());
            memory.put(table + offset, &value.to_be_bytes());
            let threads: Vec<u64> = rtems.tasks(&mut memory).all.iter().map(|it| it.thread).collect();
            assert_eq!(threads, [200_002], "{offset} {value:#x}");
        }
        let mut memory = Model(memory.0.clone());
        memory.put(address(&program, "_System_state_Current"), &1_u32.to_be_bytes());
        assert!(rtems.tasks(&mut memory).all.is_empty());
    }

    #[test]
    fn without_debugging_information_nothing_is_known() {
        assert!(read(Processor::X86_64, &program(Processor::X86_64, "-g0").0).is_none());
    }
}
