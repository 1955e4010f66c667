//! What a kernel has to tell while a system runs and when it ends: records of one size, each written with a bounded
//! number of instructions, and the lines that they become on the serial line.
//!
//! A record is a fact of one moment: when, what, whose, and numbers. The kernel keeps records and makes text of them
//! when nobody needs the processor, one word at a time. A line is for people and programs alike: words with one space
//! between, first `event`, the version, the time and the kind, then `key=value` in the order of the kind's `fields`.
//! A partition is named by its number, and by its name for people; a name has no spaces and stands in its own place, so
//! that none can be taken for something else. `docs/interface.md` has the table of kinds.

mod fields;

use self::fields::{Form, Key, fields};
use crate::text::{Text, without_padding};
use crate::wire::Ending;
use crate::{Access, Action, ChangeAction, FaultKind, Ground, HealthError, Level, Mode, StartReason};

/// Version of the records and their lines. Kinds and, behind the last one, fields can be added without changing it.
pub const VERSION: &str = "v1";

/// The first word of every line.
pub const MARK: &str = "event";

/// [`Record::partition`] of a record that is about the whole system.
pub const NO_PARTITION: u16 = u16::MAX;

/// What a record tells.
#[repr(u16)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A partition starts again.
    Restarted = 1,
    /// A partition has ended itself.
    Halted = 2,
    /// The health monitor has ended a partition because of a fault.
    Stopped = 3,
    /// Records of a partition found no room since the last one that did.
    Lost = 4,
    /// A kernel that is not ours has ended a partition, and says no more than a number.
    ShutDown = 5,
    /// The kernel itself has faulted.
    KernelFault = 6,
    /// The health monitor has dealt with an error, otherwise than by [`Kind::Stopped`]. Of a partition, or of the
    /// module.
    Health = 7,
    /// Another schedule has begun.
    Schedule = 8,
    /// A partition has been stopped or started by another.
    Commanded = 9,
    /// A partition has been stopped by a schedule, when it began, or is started by it.
    Scheduled = 10,
    /// The report: how a partition has ended.
    PartitionEnd = 16,
    /// The report: what was seen of a window.
    Window = 17,
    /// The report's last line.
    SystemEnd = 18,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Restarted,
        Self::Halted,
        Self::Stopped,
        Self::Lost,
        Self::ShutDown,
        Self::KernelFault,
        Self::Health,
        Self::Schedule,
        Self::Commanded,
        Self::Scheduled,
        Self::PartitionEnd,
        Self::Window,
        Self::SystemEnd,
    ];

    /// The kind's word in a line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Restarted => "restarted",
            Self::Halted => "halted",
            Self::Stopped => "stopped",
            Self::Lost => "lost",
            Self::ShutDown => "shut-down",
            Self::KernelFault => "kernel-fault",
            Self::Health => "health",
            Self::Schedule => "schedule",
            Self::Commanded => "commanded",
            Self::Scheduled => "scheduled",
            Self::PartitionEnd => "partition-end",
            Self::Window => "window",
            Self::SystemEnd => "system-end",
        }
    }

    /// Whether it is about the whole system, and no partition.
    const fn is_of_system(self) -> bool {
        matches!(self, Self::KernelFault | Self::Schedule | Self::SystemEnd)
    }

    /// Whether it belongs to the report at the end.
    #[must_use]
    pub const fn is_report(self) -> bool {
        matches!(self, Self::PartitionEnd | Self::Window | Self::SystemEnd)
    }
}

/// How a partition is when the system ends.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionEnd {
    /// It was still to run.
    Running = 0,
    /// It had halted.
    Halted = 1,
    /// It had been stopped.
    Stopped = 2,
}

/// Who has stopped a partition.
#[repr(u32)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stopper {
    /// Nobody: it runs, or has ended itself.
    #[default]
    Nobody = 0,
    /// The health monitor.
    HealthMonitor = 1,
    /// Another partition.
    Partition = 2,
    /// A schedule, when it began.
    Schedule = 3,
}

impl Stopper {
    /// The word of each: the number is the place.
    pub const WORDS: &[&str] = &["nobody", "health-monitor", "partition", "schedule"];

    /// Who has this number, if anybody.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Nobody,
            1 => Self::HealthMonitor,
            2 => Self::Partition,
            3 => Self::Schedule,
            _ => return None,
        })
    }
}

/// What a field of a record tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// A number.
    Number(u64),
    /// One of the field's words.
    Word(&'static str),
}

/// A record. Numbers that its kind has no field for are zero.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// When, in nanoseconds of the clock.
    pub time: u64,
    /// What.
    pub kind: Kind,
    /// Whose: a partition's number, or [`NO_PARTITION`].
    pub partition: u16,
    /// The first of the kind's numbers.
    pub number: u32,
    /// The others.
    pub arguments: [u64; 6],
}

const _: () = assert!(core::mem::size_of::<Record>() == 64);

/// A fault, as a record tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Its kind.
    pub kind: FaultKind,
    /// The processor's number for it.
    pub vector: u32,
    /// The processor's error code, 0 where there is none.
    pub error: u32,
    /// For a memory fault: how and where.
    pub memory: Option<(Access, u64)>,
    /// Where the partition was.
    pub program_counter: u64,
    /// Which response of its table was taken.
    pub ground: Ground,
}

/// What the health monitor has decided, as a record tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What was wrong.
    pub error: HealthError,
    /// What was done.
    pub action: Action,
    /// At which level.
    pub level: Level,
    /// What a partition has said with an error that it raised, or the processor's number for a fault.
    pub code: u32,
    /// The same, or the processor's error code.
    pub detail: u32,
    /// Of a memory violation: how and where.
    pub memory: Option<(Access, u64)>,
    /// Where the partition was.
    pub program_counter: u64,
    /// Which response was taken.
    pub ground: Ground,
}

/// A memory violation as a record tells it: the number of the access, or 0, and the address.
const fn touched(memory: Option<(Access, u64)>) -> (u64, u64) {
    match memory {
        Some((access, address)) => (access as u64, address),
        None => (0, 0),
    }
}

/// The memory violation that a record tells of.
const fn memory(access: u64, address: u64) -> Option<(Access, u64)> {
    match Access::from_number(access as u32) {
        Some(access) => Some((access, address)),
        None => None,
    }
}

impl Record {
    /// A record, with the numbers of its kind.
    #[inline(always)]
    #[must_use]
    pub const fn new(time: u64, kind: Kind, partition: u16, number: u32, arguments: [u64; 6]) -> Self {
        Self { time, kind, partition, number, arguments }
    }

    /// A partition starts again.
    #[must_use]
    pub const fn restarted(time: u64, partition: u16, restarts: u32, reason: StartReason) -> Self {
        Self::new(time, Kind::Restarted, partition, restarts, [reason as u64, 0, 0, 0, 0, 0])
    }

    /// A partition has ended itself.
    #[must_use]
    pub const fn halted(time: u64, partition: u16, status: u32) -> Self {
        Self::new(time, Kind::Halted, partition, status, [0; 6])
    }

    /// The health monitor has ended a partition.
    #[must_use]
    pub const fn stopped(time: u64, partition: u16, stop: &Stop) -> Self {
        Self::fault(time, Kind::Stopped, partition, stop)
    }

    /// The kernel itself has faulted.
    #[must_use]
    pub const fn kernel_fault(time: u64, stop: &Stop) -> Self {
        Self::fault(time, Kind::KernelFault, NO_PARTITION, stop)
    }

    const fn fault(time: u64, kind: Kind, partition: u16, stop: &Stop) -> Self {
        let (access, address) = touched(stop.memory);
        let ground = stop.ground as u64;
        let arguments = [stop.kind as u64, stop.error as u64, access, address, stop.program_counter, ground];
        Self::new(time, kind, partition, stop.vector, arguments)
    }

    /// The health monitor has dealt with an error of a partition, or of the module.
    #[must_use]
    pub const fn health(time: u64, partition: u16, decision: &Decision) -> Self {
        let Decision { error, action, level, code, detail, memory, program_counter, ground } = *decision;
        let (access, address) = touched(memory);
        // Two words of 64 bits have a number in each half.
        let level = level as u64 | (ground as u64) << 32;
        let detail = detail as u64 | access << 32;
        let arguments = [error as u64, action as u64, level, address, program_counter, detail];
        Self::new(time, Kind::Health, partition, code, arguments)
    }

    /// Another schedule has begun.
    #[must_use]
    pub const fn schedule(time: u64, number: u32, before: u32) -> Self {
        Self::new(time, Kind::Schedule, NO_PARTITION, number, [before as u64, 0, 0, 0, 0, 0])
    }

    /// A partition has been stopped or started by another.
    #[must_use]
    pub const fn commanded(time: u64, partition: u16, by: u32, mode: Mode) -> Self {
        Self::new(time, Kind::Commanded, partition, by, [mode as u64, 0, 0, 0, 0, 0])
    }

    /// A partition has been stopped by a schedule, or is started by it.
    #[must_use]
    pub const fn scheduled(time: u64, partition: u16, schedule: u32, action: ChangeAction) -> Self {
        Self::new(time, Kind::Scheduled, partition, schedule, [action as u64, 0, 0, 0, 0, 0])
    }

    /// Records of a partition found no room.
    #[must_use]
    pub const fn lost(time: u64, partition: u16, count: u32) -> Self {
        Self::new(time, Kind::Lost, partition, count, [0; 6])
    }

    /// How a partition is at the end: with its status if it has halted, with who has done it if it was stopped, and how
    /// many of its records are lost.
    #[must_use]
    pub const fn partition_end(
        time: u64,
        partition: u16,
        end: PartitionEnd,
        (status, by): (u32, Stopper),
        lost: u32,
    ) -> Self {
        let arguments = [end as u64, lost as u64, by as u64, 0, 0, 0];
        Self::new(time, Kind::PartitionEnd, partition, status, arguments)
    }

    /// The end of the system.
    #[must_use]
    pub const fn system_end(time: u64, ending: Ending) -> Self {
        Self::new(time, Kind::SystemEnd, NO_PARTITION, ending.code(), [0; 6])
    }

    /// What a record of the kind [`Kind::Stopped`] or [`Kind::KernelFault`] tells.
    #[must_use]
    pub const fn stop(&self) -> Option<Stop> {
        if !matches!(self.kind, Kind::Stopped | Kind::KernelFault) {
            return None;
        }
        let [kind, error, access, address, program_counter, ground] = self.arguments;
        let (kind, ground) = (FaultKind::from_number(kind as u32), Ground::from_number(ground as u32));
        let (vector, error, memory) = (self.number, error as u32, memory(access, address));
        Some(Stop { kind, vector, error, memory, program_counter, ground })
    }

    /// What a record of the kind [`Kind::Health`] tells.
    #[must_use]
    pub const fn decision(&self) -> Option<Decision> {
        if !matches!(self.kind, Kind::Health) {
            return None;
        }
        let [error, action, level, address, program_counter, detail] = self.arguments;
        let (Some(error), Some(action), Some(level)) = (
            HealthError::from_number(error as u32),
            Action::from_number(action as u32),
            Level::from_number(level as u32),
        ) else {
            return None;
        };
        let (ground, memory) =
            (Ground::from_number((self.arguments[2] >> 32) as u32), memory(detail >> 32, address));
        let (code, detail) = (self.number, detail as u32);
        Some(Decision { error, action, level, code, detail, memory, program_counter, ground })
    }

    /// The record of a partition that is stopped, of this moment and for what a decision says.
    #[must_use]
    pub const fn decided(mut self, time: u64, ground: Ground) -> Self {
        self.time = time;
        self.arguments[5] = ground as u64;
        self
    }

    /// Whether it is about one partition.
    #[must_use]
    pub const fn has_partition(&self) -> bool {
        self.partition != NO_PARTITION
    }

    /// The name and the value of the kind's field with this number, if there is one.
    #[must_use]
    pub fn field(&self, place: usize) -> Option<(&'static str, Field)> {
        let key = fields(self.kind).get(place)?;
        let value = key.place.value(self);
        Some(match key.form {
            Form::Word(words) => (key.name, Field::Word(words.get(value as usize).copied().unwrap_or("?"))),
            Form::Decimal | Form::Hexadecimal(_) => (key.name, Field::Number(value)),
        })
    }

    /// Makes the text of the line's word with this number, the space before it or the line's end included. The answer
    /// is false behind the last one, and the word is empty. `name` is the partition's, padded with zeros.
    pub fn word(&self, number: usize, name: &[u8], word: &mut Text<WORD_SIZE>) -> bool {
        let (key, value) = match number {
            0 => (MARK, Value::None),
            1 => (VERSION, Value::None),
            2 => ("", Value::Number(self.time, Form::Decimal)),
            3 => (self.kind.word(), Value::None),
            4 if self.has_partition() => ("partition", Value::Number(self.partition.into(), Form::Decimal)),
            5 if self.has_partition() => ("name", Value::Name(without_padding(name))),
            _ => {
                let place = number.wrapping_sub(if self.has_partition() { 6 } else { 4 });
                let fields = fields(self.kind);
                let Some(&Key { name, form, place }) = fields.get(place) else {
                    word.clear();
                    let end = place == fields.len();
                    word.push(if end { b"\n" } else { b"" });
                    return end;
                };
                (name, Value::Number(place.value(self), form))
            }
        };
        word.clear();
        if number > 0 {
            word.push(b" ");
        }
        word.push(key.as_bytes());
        if !matches!(value, Value::None) && !key.is_empty() {
            word.push(b"=");
        }
        match value {
            Value::None => {}
            Value::Number(value, Form::Decimal) => word.push_decimal(value),
            Value::Number(value, Form::Hexadecimal(digits)) => word.push_hexadecimal(value, digits),
            Value::Number(value, Form::Word(words)) => {
                word.push(words.get(value as usize).copied().unwrap_or("?").as_bytes());
            }
            Value::Name(name) => {
                for &byte in name {
                    word.push(&[if byte == b' ' || byte == b'\n' { b'?' } else { byte }]);
                }
            }
        }
        true
    }

    /// Reads a line, without its end. The answer is `None` if it is not one of [`Record::word`]'s making.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        if words.next()? != MARK || words.next()? != VERSION {
            return None;
        }
        let time = decimal(words.next()?)?;
        let kind = words.next()?;
        let kind = Kind::ALL.into_iter().find(|known| known.word() == kind)?;
        let is_of_module = kind == Kind::Health && value_of(words.clone().next()?, "partition").is_none();
        let partition = if kind.is_of_system() || is_of_module {
            NO_PARTITION
        } else {
            let number = decimal(value_of(words.next()?, "partition")?)?;
            value_of(words.next()?, "name")?;
            u16::try_from(number).ok().filter(|&number| number != NO_PARTITION)?
        };
        let mut record = Self::new(time, kind, partition, 0, [0; 6]);
        for &Key { name, form, place } in fields(kind) {
            let text = value_of(words.next()?, name)?;
            let value = match form {
                Form::Decimal => decimal(text)?,
                Form::Hexadecimal(_) => hexadecimal(text)?,
                Form::Word(known) => known.iter().position(|&known| known == text)? as u64,
            };
            place.set(&mut record, value)?;
        }
        words.next().is_none().then_some(record)
    }
}

/// Bytes that a word can have: a space, `name=`, and a name; or the longest key, `=`, and 20 digits.
pub const WORD_SIZE: usize = 40;

/// What stands behind a key.
enum Value<'a> {
    None,
    Number(u64, Form),
    Name(&'a [u8]),
}

fn value_of<'a>(word: &'a str, key: &str) -> Option<&'a str> {
    word.strip_prefix(key)?.strip_prefix('=')
}

fn decimal(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn hexadecimal(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x")?;
    if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        u64::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::String;

    fn line(record: &Record, name: &[u8]) -> String {
        let mut line = String::new();
        let mut word = Text::new();
        for number in 0.. {
            if !record.word(number, name, &mut word) {
                assert_eq!(word.bytes(), b"", "nothing behind the end");
                break;
            }
            line += std::str::from_utf8(word.bytes()).unwrap();
        }
        String::from(line.strip_suffix('\n').expect("one line's end"))
    }

    #[test]
    fn lines_are_for_people_too() {
        let stop = Stop {
            kind: FaultKind::Memory,
            vector: 14,
            error: 6,
            memory: Some((Access::Write, 0x9000_0000)),
            program_counter: 0x10_0050,
            ground: Ground::RestartsExceeded,
        };
        assert_eq!(
            line(&Record::stopped(1_015_010_289, 2, &stop), b"rogue\0\0\0"),
            "event v1 1015010289 stopped partition=2 name=rogue vector=14 fault=memory error=0x6 access=write \
             address=0x90000000 pc=0x00100050 response=restarts-exceeded"
        );
        assert_eq!(line(&Record::system_end(7, Ending::TimeLimit), b""), "event v1 7 system-end code=19");
        assert_eq!(Record::stopped(0, 1, &stop).stop(), Some(stop));
        assert_eq!(Record::halted(0, 1, 2).stop(), None);
        let record = Record::stopped(0, 1, &stop);
        assert_eq!(record.field(0), Some(("vector", Field::Number(14))));
        assert_eq!(record.field(1), Some(("fault", Field::Word("memory"))));
        assert_eq!(record.field(5), Some(("pc", Field::Number(0x10_0050))));
        assert_eq!(record.field(6), Some(("response", Field::Word("restarts-exceeded"))));
        assert_eq!((record.field(7), record.decision()), (None, None));
        let kernel = line(&Record::kernel_fault(0, &stop), b"");
        assert!(kernel.ends_with(" pc=0x00100050"), "no table has been asked: {kernel}");
    }

    #[test]
    fn a_decision_has_more_numbers_than_a_record_has_words() {
        let decision = Decision {
            error: HealthError::Memory,
            action: Action::WarmRestart,
            level: Level::Partition,
            code: u32::MAX,
            detail: u32::MAX,
            memory: Some((Access::Read, u64::MAX)),
            program_counter: 0x10_0050,
            ground: Ground::Initialization,
        };
        let record = Record::health(7, 2, &decision);
        assert_eq!(
            line(&record, b"rogue"),
            "event v1 7 health partition=2 name=rogue code=4294967295 error=memory-violation action=warm-restart \
             level=partition address=0xffffffffffffffff pc=0x00100050 detail=0xffffffff access=read \
             response=initialization-error"
        );
        assert_eq!((record.decision(), record.stop()), (Some(decision), None));
        let nowhere = Decision { memory: None, ground: Ground::Error, ..decision };
        assert_eq!(Record::health(7, 2, &nowhere).decision(), Some(nowhere));
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for wrong in [
            "",
            "event v1",
            "event v2 7 system-end code=19",
            "event v1 7 system-end code=19 ",
            "event v1 7 system-end code=19 more=1",
            "event v1 7 system-end code=+19",
            "event v1 7 system-end code=",
            "event v1 7 system-end  code=19",
            "event v1 7 halted partition=0 status=1",
            "event v1 7 halted partition=65535 name=a status=1",
            "event v1 7 halted partition=0 name=a status=4294967296",
            "event v1 7 partition-end partition=0 name=a status=0 state=gone lost=0",
            " event v1 7 system-end code=19",
            "event v1 7 health code=1 error=device-error action=log level=module address=0x0 pc=0x0 detail=0x100000000 \
             access=none response=own",
        ] {
            assert_eq!(Record::parse(wrong), None, "{wrong:?}");
        }
    }

    fn any_record() -> impl Strategy<Value = Record> {
        let kind = (0..Kind::ALL.len()).prop_map(|place| Kind::ALL[place]);
        (any::<u64>(), kind, 0u16..NO_PARTITION, any::<[u64; 9]>()).prop_map(
            |(time, kind, partition, numbers)| {
                let is_of_module = kind == Kind::Health && partition.is_multiple_of(2);
                let partition = if kind.is_of_system() || is_of_module { NO_PARTITION } else { partition };
                let mut record = Record::new(time, kind, partition, 0, [0; 6]);
                for (key, number) in fields(kind).iter().zip(numbers) {
                    let value = match key.form {
                        Form::Word(words) => number % words.len() as u64,
                        Form::Decimal | Form::Hexadecimal(_) => number,
                    };
                    let set = key.place.set(&mut record, value);
                    set.or_else(|| key.place.set(&mut record, value & 0xffff_ffff)).expect("half a word");
                }
                record
            },
        )
    }

    proptest! {
        /// Whatever a partition is called, even after a key or a kind, its records are read as they were.
        #[test]
        fn lines_are_read_as_they_were_meant(
            record in any_record(),
            name in "[ -~]{0,31}|count|late-min|status|state=running|stopped status=0",
        ) {
            prop_assert_eq!(Record::parse(&line(&record, name.as_bytes())), Some(record));
        }

        #[test]
        fn no_line_panics(text in "(event v1 )?([0-9]{1,3} )?(window |stopped )?\\PC*") {
            let _ = Record::parse(&text);
        }
    }
}
