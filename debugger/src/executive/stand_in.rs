//! The stand-in's tasks. Where things are say symbols of a program that has it (`classic/src/arch/debugger.S`).

use std::collections::BTreeMap;

use object::{Object as _, ObjectSymbol as _};

use super::{Memory, NO_TASK, Saved, TASKS_MAX, Task, Tasks, Words, symbol};

/// The most bytes of a task's place in its table.
const PLACE_MAX: u64 = 4096;

/// The symbols that there must be.
const SYMBOLS: [&str; 15] = [
    "tasks",
    "task_size",
    "object",
    "used",
    "name",
    "priority",
    "started",
    "suspended",
    "wait",
    "entry",
    "stack",
    "stack_size",
    "context",
    "idle",
    "executing",
];

/// A program with the stand-in.
#[derive(Clone, Debug)]
pub(crate) struct StandIn {
    words: Words,
    symbols: BTreeMap<String, u64>,
    /// Where a switch of tasks goes on with another's registers.
    resumed: Option<u64>,
}

impl StandIn {
    pub(super) fn read(file: &object::File) -> Option<Self> {
        let symbols: BTreeMap<String, u64> = file
            .symbols()
            .filter_map(|symbol| {
                let name = symbol.name().ok()?.strip_prefix("bulkhead_debugger_")?;
                Some((name.to_owned(), symbol.address()))
            })
            .collect();
        let executive = Self {
            words: Words { is_little_endian: file.is_little_endian() },
            symbols,
            resumed: symbol(file, "bulkhead_context_resumed"),
        };
        let is_whole = SYMBOLS.iter().all(|name| executive.symbols.contains_key(*name));
        (is_whole && (1..=PLACE_MAX).contains(&executive.at("task_size"))).then_some(executive)
    }

    fn at(&self, symbol: &str) -> u64 {
        self.symbols.get(symbol).copied().unwrap_or_default()
    }

    pub(super) fn tasks(&self, memory: &mut dyn Memory) -> Tasks {
        let Some((places, mut tasks)) = self.places(memory) else { return Tasks::default() };
        tasks.executing = match self.words.read(memory, self.at("executing")) {
            None | Some(0) => Some(NO_TASK),
            // An identifier's index is from 1.
            Some(id) => Some(NO_TASK + (id & 0xffff)),
        };
        for (number, place) in places.chunks_exact(self.at("task_size") as usize).enumerate() {
            let thread = NO_TASK + 1 + number as u64;
            tasks.all.extend(self.task(thread, place, tasks.executing == Some(thread)));
        }
        tasks
    }

    /// All places for tasks, and what is no task.
    fn places(&self, memory: &mut dyn Memory) -> Option<(Vec<u8>, Tasks)> {
        let (first, count) =
            (self.words.read(memory, self.at("tasks"))?, self.words.read(memory, self.at("tasks") + 4)?);
        if first == 0 || count == 0 {
            return None;
        }
        let size = self.at("task_size") as usize * (count as usize).min(TASKS_MAX);
        let places = memory.read(first, size)?;
        let idle = Task {
            thread: NO_TASK,
            name: String::new(),
            state: "idle loop".to_owned(),
            stack: 0..0,
            saved: self.switched(self.words.read(memory, self.at("idle"))?),
        };
        Some((places, Tasks { all: vec![idle], executing: None }))
    }

    const fn switched(&self, frame: u64) -> Saved {
        Saved::Switched { frame, resumed: self.resumed }
    }

    fn task(&self, thread: u64, place: &[u8], executes: bool) -> Option<Task> {
        if self.words.word(place, 0)? != self.at("used") {
            return None;
        }
        let object = place.get(self.at("object") as usize..)?;
        let word = |symbol| self.words.word(object, self.at(symbol));
        let byte = |symbol| object.get(self.at(symbol) as usize).copied();
        let (begin, size, context) = (word("stack")?, word("stack_size")?, word("context")?);
        let stack = begin..begin + size;
        let does = if byte("started")? == 0 {
            "not started".to_owned()
        } else if byte("suspended")? != 0 {
            "suspended".to_owned()
        } else if let Some(what) = self.waits_for(byte("wait")?) {
            format!("waits for {what}")
        } else {
            if executes { "executes" } else { "ready" }.to_owned()
        };
        let saved = match context {
            0 => Saved::Fresh { entry: word("entry")?, stack: stack.end },
            context => self.switched(context),
        };
        Some(Task {
            thread,
            name: self.words.name(word("name")?),
            state: format!("{does}, priority {}", byte("priority")?),
            stack,
            saved,
        })
    }

    /// What a number stands for that says what a task waits for.
    fn waits_for(&self, number: u8) -> Option<&str> {
        let waits =
            self.symbols.iter().filter_map(|(name, it)| Some((name.strip_prefix("waits_for_")?, *it)));
        waits.into_iter().find(|(_, it)| *it == u64::from(number)).map(|(name, _)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Model;
    use super::*;

    const TABLE: u32 = 0x9000;

    fn stand_in() -> StandIn {
        let symbols = [
            ("tasks", 0x8000),
            ("task_size", 64),
            ("object", 4),
            ("used", 1),
            ("name", 0),
            ("priority", 4),
            ("started", 5),
            ("suspended", 6),
            ("wait", 8),
            ("entry", 12),
            ("stack", 16),
            ("stack_size", 20),
            ("context", 24),
            ("idle", 0x8010),
            ("executing", 0x8020),
            ("waits_for_time", 0),
            ("waits_for_events", 3),
        ];
        let symbols = symbols.into_iter().map(|(name, it)| (name.to_owned(), it)).collect();
        StandIn { words: Words { is_little_endian: false }, symbols, resumed: None }
    }

    /// Memory with this table of so many places, of which two are used.
    fn memory(count: u32) -> Model {
        let mut memory = Model(Default::default());
        memory.put(0x8000, &[TABLE, count].map(u32::to_be_bytes).concat());
        memory.put(0x8010, &0x7000_u32.to_be_bytes());
        memory.put(0x8020, &0x0a01_0003_u32.to_be_bytes());
        memory.put(u64::from(TABLE), &[0; 64 * 3]);
        let words = |words: [u32; 8]| words.map(u32::to_be_bytes).concat();
        memory.put(
            u64::from(TABLE),
            &words([1, 0x5441_3120, 0x0a01_0000, 0x0300_0000, 0x100, 0x2000, 0x1000, 0x2800]),
        );
        memory.put(
            u64::from(TABLE) + 128,
            &words([1, 0x5441_3220, 0x0301_0000, 0x0700_0000, 0x140, 0x4000, 0x1000, 0]),
        );
        memory
    }

    #[test]
    fn tasks_are_what_the_tables_say() {
        let tasks = stand_in().tasks(&mut memory(3));
        assert_eq!(tasks.executing, Some(4));
        let said: Vec<_> =
            tasks.all.iter().map(|it| (it.thread, it.name.as_str(), it.state.as_str())).collect();
        let expected = [
            (1, "", "idle loop"),
            (2, "TA1", "waits for events, priority 10"),
            (4, "TA2", "executes, priority 3"),
        ];
        assert_eq!(said, expected);
        assert_eq!(tasks.all[0].saved, Saved::Switched { frame: 0x7000, resumed: None });
        assert_eq!(tasks.all[1].saved, Saved::Switched { frame: 0x2800, resumed: None });
        assert_eq!(
            (tasks.all[1].stack.clone(), tasks.all[2].stack.clone()),
            (0x2000..0x3000, 0x4000..0x5000)
        );
        assert_eq!(tasks.all[2].saved, Saved::Fresh { entry: 0x140, stack: 0x5000 });
    }

    #[test]
    fn destroyed_tables_have_no_tasks() {
        // Longer than its memory, than anything, empty, nowhere.
        for table in [[TABLE, 4], [TABLE, u32::MAX], [TABLE, 0], [0, 3], [u32::MAX, 3]] {
            let mut memory = memory(3);
            memory.put(0x8000, &table.map(u32::to_be_bytes).concat());
            assert!(stand_in().tasks(&mut memory).all.is_empty(), "{table:x?}");
        }
        // A place that is neither free nor used, and a stack that reaches over the end of addresses.
        let mut memory = memory(3);
        memory.put(u64::from(TABLE), &7_u32.to_be_bytes());
        memory.put(u64::from(TABLE) + 128 + 24, &[0xff; 4]);
        let tasks = stand_in().tasks(&mut memory);
        assert_eq!(tasks.all.len(), 2);
        assert_eq!(tasks.all[1].stack, 0x4000..0x4000 + 0xffff_ffff);
    }
}
