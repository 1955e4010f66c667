//! What has happened: one event.

use bulkhead_abi::trace::{Form, Kind};

use crate::model::System;

/// An event of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, in nanoseconds of the clock.
    pub time: u64,
    /// Whose: the number of a partition, if it is about one.
    pub partition: Option<usize>,
    /// What.
    pub what: What,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// What the kernel has recorded: the kind, and its fields as [`Kind::fields`] says where they are.
    Kernel(Kind, u32),
    /// What the executive in a partition has recorded. Nobody but the partition vouches for it.
    Task(TaskEvent),
    /// A partition has ended a line on its console.
    Line(String),
}

/// What the executive in a partition has recorded of its tasks, named as in RTEMS's event recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskEvent {
    /// A task has the processor (`THREAD_SWITCH_IN`).
    SwitchIn {
        /// The identifier of the task.
        task: u32,
    },
    /// A task loses it (`THREAD_SWITCH_OUT`).
    SwitchOut {
        /// The identifier of the task.
        task: u32,
    },
    /// A task is called so (`THREAD_NAME`).
    Name {
        /// The identifier of the task.
        task: u32,
        /// Its name.
        name: String,
    },
    /// The handler of an interrupt begins (`INTERRUPT_ENTRY`).
    InterruptEntry {
        /// The interrupt's vector.
        vector: u32,
    },
    /// It ends (`INTERRUPT_EXIT`).
    InterruptExit {
        /// The interrupt's vector.
        vector: u32,
    },
    /// A job of a rate-monotonic period is released: its time begins.
    JobReleased {
        /// The identifier of the period.
        period: u32,
    },
    /// The oldest job of a period that was released has ended, by the task that executes.
    JobEnded {
        /// The identifier of the period, or of the task that is a periodic process.
        period: u32,
        /// Whether it was late: the next one was released before, or the process's deadline has passed.
        late: bool,
        /// How long it has taken from its release on, in nanoseconds, 2^32 - 1 for more; if it is said here.
        took: Option<u32>,
    },
    /// What was released of a period is not going to end: it has been cancelled.
    JobsDropped {
        /// The identifier of the period.
        period: u32,
    },
    /// What a program has recorded (`USER_0` to `USER_511`).
    User {
        /// Which of them.
        number: u32,
        /// What it has recorded with it.
        data: u64,
    },
    /// Another event, by its number.
    Other {
        /// The number of the event.
        event: u32,
        /// What was recorded with it.
        data: u64,
    },
}

/// What a field of an event is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(u64),
    /// A word, or a name.
    Word(String),
}

impl std::fmt::Display for Value {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Word(word) => formatter.write_str(word),
        }
    }
}

impl Event {
    /// An event that the kernel has recorded.
    #[must_use]
    pub const fn kernel(time: u64, kind: Kind, partition: Option<usize>, argument: u32) -> Self {
        Self { time, partition, what: What::Kernel(kind, argument) }
    }

    /// An event of a task in a partition.
    #[must_use]
    pub const fn task(time: u64, partition: usize, event: TaskEvent) -> Self {
        Self { time, partition: Some(partition), what: What::Task(event) }
    }

    /// The kind and the argument, if the kernel has recorded it.
    #[must_use]
    pub const fn of_kernel(&self) -> Option<(Kind, u32)> {
        match self.what {
            What::Kernel(kind, argument) => Some((kind, argument)),
            _ => None,
        }
    }

    /// What it is called: for what the kernel records, [`Kind::name`].
    #[must_use]
    pub fn name(&self) -> &'static str {
        match &self.what {
            What::Kernel(kind, _) => kind.name(),
            What::Task(TaskEvent::SwitchIn { .. }) => "task-in",
            What::Task(TaskEvent::SwitchOut { .. }) => "task-out",
            What::Task(TaskEvent::Name { .. }) => "task-name",
            What::Task(TaskEvent::InterruptEntry { .. }) => "interrupt-entry",
            What::Task(TaskEvent::InterruptExit { .. }) => "interrupt-exit",
            What::Task(TaskEvent::JobReleased { .. }) => "job-released",
            What::Task(TaskEvent::JobEnded { late: false, .. }) => "job-ended",
            What::Task(TaskEvent::JobEnded { late: true, .. }) => "job-late",
            What::Task(TaskEvent::JobsDropped { .. }) => "jobs-dropped",
            What::Task(TaskEvent::User { .. }) => "user",
            What::Task(TaskEvent::Other { .. }) => "task-event",
            What::Line(_) => "line",
        }
    }

    /// Its fields: names, and values with the names of the system's parts.
    #[must_use]
    pub fn fields(&self, system: &System) -> Vec<(&'static str, Value)> {
        let number = |name, number: u32| (name, Value::Number(number.into()));
        match &self.what {
            What::Kernel(kind, argument) => kind
                .fields()
                .iter()
                .map(|field| (field.name, shown(field.form, field.value(*argument), system)))
                .collect(),
            What::Task(event) => match event {
                TaskEvent::SwitchIn { task } | TaskEvent::SwitchOut { task } => vec![number("task", *task)],
                TaskEvent::Name { task, name } => {
                    vec![number("task", *task), ("name", Value::Word(name.clone()))]
                }
                TaskEvent::InterruptEntry { vector } | TaskEvent::InterruptExit { vector } => {
                    vec![number("vector", *vector)]
                }
                TaskEvent::JobEnded { period, took: Some(took), .. } => {
                    vec![number("period", *period), number("took", *took)]
                }
                TaskEvent::JobReleased { period }
                | TaskEvent::JobEnded { period, .. }
                | TaskEvent::JobsDropped { period } => vec![number("period", *period)],
                TaskEvent::User { number: user, data } => {
                    vec![number("number", *user), ("data", Value::Number(*data))]
                }
                TaskEvent::Other { event, data } => {
                    let named = bulkhead_abi::record::event::name(*event);
                    let event = named.map_or(Value::Number((*event).into()), |it| Value::Word(it.to_owned()));
                    vec![("event", event), ("data", Value::Number(*data))]
                }
            },
            What::Line(text) => vec![("text", Value::Word(text.clone()))],
        }
    }
}

/// The names of the interrupt lines that the kernel raises; others have their numbers.
const LINES: [&str; 5] = ["timer", "window", "console", "port", "health"];

/// A field's number as it is shown.
fn shown(form: Form, number: u32, system: &System) -> Value {
    let place = number as usize;
    let named = |name: Option<&str>| match name {
        Some(name) => Value::Word(name.to_owned()),
        None => Value::Number(number.into()),
    };
    match form {
        Form::Number | Form::Nanoseconds => Value::Number(number.into()),
        Form::Hexadecimal => Value::Word(format!("{number:#x}")),
        Form::Word(words) => named(words.get(place).copied()),
        Form::Lines => {
            let lines = (0..32_usize).filter(|line| number >> line & 1 != 0);
            let names: Vec<String> = lines
                .map(|line| LINES.get(line).map_or_else(|| line.to_string(), |name| (*name).to_owned()))
                .collect();
            Value::Word(names.join(" "))
        }
        Form::Channel => named(system.channels.get(place).map(|channel| channel.name.as_str())),
        Form::Schedule => named(system.schedules.get(place).map(|schedule| schedule.name.as_str())),
        Form::Partition => named(system.partitions.get(place).map(|partition| partition.name.as_str())),
    }
}
