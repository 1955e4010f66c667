//! The executive in a partition's program, and its tasks.
//!
//! Where things are says the program's file; what is there says the partition's memory, which the partition may have
//! destroyed: whatever stands there is an allegation. Numbers are bounded, and a task that makes no sense is left out.

mod rtems;
mod stand_in;
mod types;

use std::ops::Range;

use object::Object as _;

use crate::kernel::Processor;

/// The most tasks that are looked at.
const TASKS_MAX: usize = 1024;

/// A partition's memory as the partition sees it.
pub(crate) trait Memory {
    /// Reads so many bytes; nothing if not all of them are there.
    fn read(&mut self, address: u64, length: usize) -> Option<Vec<u8>>;
}

/// The number of the thread that is no task: what the program executes at its start and when no task does.
pub(crate) const NO_TASK: u64 = 1;

/// A task, or what is executed while there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Task {
    /// Its number among the partition's threads, [`NO_TASK`] or more.
    pub(crate) thread: u64,
    /// What the program calls it; empty for what is no task.
    pub(crate) name: String,
    /// What it does, in words.
    pub(crate) state: String,
    /// The addresses of its stack.
    pub(crate) stack: Range<u64>,
    /// Where its registers are while it does not execute.
    pub(crate) saved: Saved,
}

/// Where registers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Saved {
    /// Nowhere yet: the task begins here, with this end of its stack.
    Fresh { entry: u64, stack: u64 },
    /// On a stack, where the crate `bulkhead-context` has left them, from here on, and where it goes on with them if
    /// its file says so.
    Switched { frame: u64, resumed: Option<u64> },
    /// Each in a place of its own.
    Placed(Vec<Place>),
}

/// A register in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its number in gdb.
    pub(crate) number: usize,
    /// Where it is.
    pub(crate) address: u64,
    /// What is to be added to what stands there.
    pub(crate) more: u64,
}

/// The tasks of a partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tasks {
    /// In the order of the executive's tables.
    pub(crate) all: Vec<Task>,
    /// The thread that the executive says it executes.
    pub(crate) executing: Option<u64>,
}

impl Tasks {
    /// The thread that the processor executes, or did when the partition lost it: it is on its stack, even while the
    /// executive goes over to another; a handler is on a stack of nobody's.
    pub(crate) fn current(&self, stack_pointer: u64) -> u64 {
        let on_stack = self.all.iter().find(|task| task.is_on_stack(stack_pointer));
        let known = self.executing.filter(|thread| self.all.iter().any(|it| it.thread == *thread));
        on_stack.map(|task| task.thread).or(known).unwrap_or(NO_TASK)
    }
}

impl Task {
    /// What is executed while no task is.
    pub(crate) fn none() -> Self {
        let (name, state) = (String::new(), String::new());
        Self { thread: NO_TASK, name, state, stack: 0..0, saved: Saved::Placed(Vec::new()) }
    }

    /// Whether this is a place of its stack. A stack that is empty reaches to its end.
    pub(crate) fn is_on_stack(&self, pointer: u64) -> bool {
        self.stack.start < pointer && pointer <= self.stack.end
    }
}

/// The executive of a program.
#[derive(Clone, Debug)]
pub(crate) enum Executive {
    StandIn(stand_in::StandIn),
    Rtems(Box<rtems::Rtems>),
}

impl Executive {
    /// Finds out from a program's file. Nothing if it has none that is known, or too little is said of it.
    pub(crate) fn read(processor: Processor, program: &[u8]) -> Option<Self> {
        // Programs of partitions have 32 bits, and so have their addresses: sums of them have room here.
        let file = object::File::parse(program).ok().filter(|file| !file.is_64())?;
        stand_in::StandIn::read(&file)
            .map(Self::StandIn)
            .or_else(|| rtems::Rtems::read(processor, &file).map(|it| Self::Rtems(Box::new(it))))
    }

    /// The tasks that there are.
    pub(crate) fn tasks(&self, memory: &mut dyn Memory) -> Tasks {
        match self {
            Self::StandIn(executive) => executive.tasks(memory),
            Self::Rtems(executive) => executive.tasks(memory),
        }
    }
}

/// A program's words.
#[derive(Clone, Copy, Debug)]
struct Words {
    is_little_endian: bool,
}

impl Words {
    fn word(self, bytes: &[u8], offset: u64) -> Option<u64> {
        let start = usize::try_from(offset).ok()?;
        let bytes = bytes.get(start..start.checked_add(4)?)?.try_into().ok()?;
        Some(u64::from(if self.is_little_endian {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        }))
    }

    fn read(self, memory: &mut dyn Memory, address: u64) -> Option<u64> {
        self.word(&memory.read(address, 4)?, 0)
    }

    /// The name that a number is, four characters.
    fn name(self, number: u64) -> String {
        let letters = (number as u32).to_be_bytes().map(|it| if is_shown(it) { char::from(it) } else { '?' });
        letters.iter().collect::<String>().trim_end_matches([' ', '?']).to_owned()
    }
}

const fn is_shown(letter: u8) -> bool {
    letter.is_ascii_graphic() || letter == b' '
}

/// A program's symbol.
fn symbol(file: &object::File, name: &str) -> Option<u64> {
    use object::ObjectSymbol as _;
    file.symbols().find(|it| it.is_definition() && it.name() == Ok(name)).map(|it| it.address())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Memory with words in some places.
    pub(crate) struct Model(pub(crate) BTreeMap<u64, u8>);

    impl Model {
        pub(crate) fn put(&mut self, address: u64, bytes: &[u8]) {
            self.0.extend((address..).zip(bytes.iter().copied()));
        }
    }

    impl Memory for Model {
        fn read(&mut self, address: u64, length: usize) -> Option<Vec<u8>> {
            (address..address + length as u64).map(|it| self.0.get(&it).copied()).collect()
        }
    }

    #[test]
    fn who_executes_is_told_by_the_stack_and_else_by_the_executive() {
        let task = |thread, stack| Task {
            thread,
            name: String::new(),
            state: String::new(),
            stack,
            saved: Saved::Placed(Vec::new()),
        };
        let all = vec![task(2, 0x1000..0x2000), task(3, 0x2000..0x3000)];
        let mut tasks = Tasks { all, executing: Some(3) };
        assert_eq!(tasks.current(0x1800), 2);
        assert_eq!(tasks.current(0x2000), 2);
        assert_eq!(tasks.current(0x3000), 3);
        assert_eq!(tasks.current(0x9000), 3);
        tasks.executing = Some(7);
        assert_eq!(tasks.current(0x9000), NO_TASK);
    }

    #[test]
    fn names_are_letters() {
        let words = Words { is_little_endian: true };
        assert_eq!(words.name(0x5441_3120), "TA1");
        assert_eq!(words.name(0x541b_3100), "T?1");
        assert_eq!(words.name(0), "");
    }
}
