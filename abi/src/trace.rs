//! What a kernel that traces keeps in memory: a ring of records of one size, of which the oldest are overwritten, and
//! the table of what they tell.
//!
//! The ring is read from outside, while the machine runs or when it has ended: a kernel never sends it. So a record is
//! no more than a few stores, and only who reads knows what was overwritten before it was read. The formats in which a
//! timeline is written have their metadata from [`Kind::fields`], as the reader has the records' meaning.

use crate::event::Stopper;
use crate::{Action, Ground, Level, Mode, StartReason};

/// The first word of a ring: "BKTR" in ASCII.
pub const MAGIC: u32 = 0x424b_5452;

/// Version of the ring and of the records.
pub const VERSION: u32 = 3;

/// The symbol of the ring in a kernel's file.
pub const SYMBOL: &str = "kernel_trace_ring";

/// The symbol of what a kernel that traces calls when its clock is about to begin.
pub const PREPARE_SYMBOL: &str = "kernel_trace_prepare";

/// Where a kernel that traces serves calls: the symbol of an instruction that calls a function, and the one of a
/// function that records the call of the partition and goes on with the other. Whoever wants calls to be recorded has
/// the instruction call that in the kernel's file; so a call that is not recorded costs what it costs without. A
/// processor's kernel has some of them.
pub const CALL_SITES: [(&str, &str); 2] = [
    ("kernel_hypercall_site", "kernel_recorded_hypercall"),
    ("kernel_message_site", "kernel_recorded_message"),
];

/// Records that a ring has room for, a power of two.
pub const RECORDS: usize = 1 << 14;

/// Bytes of a record.
pub const RECORD_SIZE: usize = core::mem::size_of::<Record>();

/// What [`Header::written`] grows by with each record: its low 16 bits are the place of the next one, in words.
pub const STEP: u32 = 4;

const _: () = assert!(RECORDS * STEP as usize == 1 << 16 && RECORD_SIZE == 4 * STEP as usize);

/// Bits of [`Record::what`] for the number of a partition or a channel. Behind them stands the kind's.
pub const SUBJECT_BITS: u32 = 8;

/// A record, as the kernel stores it: in the processor's own byte order.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// What and whose: see [`SUBJECT_BITS`].
    pub what: u32,
    /// When, in counts of the counter that the ring's header describes: see [`Counter`].
    pub time: [u32; 2],
    /// The fields of the kind.
    pub argument: u32,
}

const _: () = assert!(core::mem::size_of::<Record>() == 16);

/// What a counter's reading is: [`Record::time`], and [`Header::origin`].
#[repr(u32)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counter {
    /// 64 bits that count up: the low half, and the high one.
    #[default]
    Up64 = 0,
    /// 32 bits that count down, in the first word; the second one has no meaning.
    Down32 = 1,
}

impl Counter {
    /// What it said, of the two words of a reading.
    #[must_use]
    pub const fn said(self, [first, second]: [u32; 2]) -> u64 {
        match self {
            Self::Up64 => (second as u64) << 32 | first as u64,
            Self::Down32 => first as u64,
        }
    }
}

/// What stands before the records, in the processor's own byte order.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// [`MAGIC`], once the clock counts.
    pub magic: u32,
    /// [`VERSION`].
    pub version: u32,
    /// [`RECORDS`].
    pub records: u32,
    /// A [`Counter`].
    pub counter: u32,
    /// Factor from counts to nanoseconds: `(counts * multiplier) >> shift`.
    pub multiplier: u32,
    /// Right shift, 0 to 63.
    pub shift: u32,
    /// What the counter said when the clock was zero, as in a record.
    pub origin: [u32; 2],
    /// What a kernel reads its counter with, which is its own affair: on LEON3 the address of the counter.
    pub clock: u32,
    /// [`STEP`] for each record that has been written, modulo 2^32. The record before was complete when this was
    /// stored.
    pub written: u32,
    /// Zero.
    pub reserved: [u32; 6],
}

const _: () = assert!(core::mem::size_of::<Header>() == 64);

/// Header and records, as they lie in memory. The alignment is for LEON3, where the kernel maps its pages once more.
#[repr(C, align(4096))]
#[derive(Clone, Debug)]
pub struct Ring {
    /// What stands before the records.
    pub header: Header,
    /// The record with the number n is at the place n modulo [`RECORDS`].
    pub records: [Record; RECORDS],
}

/// Bytes of a ring.
pub const RING_SIZE: usize = core::mem::size_of::<Ring>();

impl Ring {
    /// A ring without records.
    #[must_use]
    pub const fn new() -> Self {
        const HEADER: Header = Header {
            magic: 0,
            version: 0,
            records: 0,
            counter: 0,
            multiplier: 0,
            shift: 0,
            origin: [0; 2],
            clock: 0,
            written: 0,
            reserved: [0; 6],
        };
        Self { header: HEADER, records: [Record { what: 0, time: [0; 2], argument: 0 }; RECORDS] }
    }
}

impl Default for Ring {
    fn default() -> Self {
        Self::new()
    }
}

/// What a record tells.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A window of the partition opens, so long after its start by the schedule. The window before ends.
    Window = 1,
    /// Time begins that is in no window. The window before ends.
    Unassigned = 2,
    /// The processor gets memory and registers of the partition.
    Switch = 3,
    /// The background partition gets time that nobody uses, until the next switch or window.
    Background = 4,
    /// The kernel's timer has interrupted whoever ran.
    Alarm = 5,
    /// An interrupt of a device has come, which is the partition's.
    Interrupt = 6,
    /// The partition's timer has reached its deadline.
    Timer = 7,
    /// The partition is continued at its interrupt entry, because of these lines.
    Upcall = 8,
    /// The partition gives up the processor until something comes.
    Idle = 9,
    /// It goes on.
    Woken = 10,
    /// A message that the partition has written or sent is complete, in this buffer of the channel.
    Put = 11,
    /// The partition has read or received a message completely, out of this buffer.
    Got = 12,
    /// Messages that waited for the partition have been dropped.
    Dropped = 13,
    /// The console has taken bytes of the partition.
    Console = 14,
    /// The partition has called the kernel, which serves the call now. Recorded where somebody has asked for it: see
    /// [`CALL_SITES`].
    Call = 15,
    /// The health monitor has dealt with an error of the partition.
    Health = 16,
    /// The health monitor has dealt with an error of the module.
    ModuleHealth = 17,
    /// A start of the partition begins that is not the system's.
    Restarted = 18,
    /// The partition's memory is prepared: it begins at its entry point.
    Started = 19,
    /// The partition has ended itself.
    Halted = 20,
    /// The partition is stopped.
    Stopped = 21,
    /// The partition is stopped or started by another.
    Commanded = 22,
    /// The partition says that its start is done.
    Normal = 23,
    /// Another schedule has begun, where the frame did.
    Schedule = 24,
    /// Everything starts again, and the first frame of the first schedule begins.
    ModuleRestarted = 25,
    /// The kernel itself has faulted.
    KernelFault = 26,
    /// The system ends.
    End = 27,
}

/// How a field's number is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In decimal.
    Number,
    /// In hexadecimal.
    Hexadecimal,
    /// As a time, in nanoseconds. All ones are that much or more.
    Nanoseconds,
    /// One of these words: the number is the place.
    Word(&'static [&'static str]),
    /// Interrupt lines, a bit each.
    Lines,
    /// The name of the channel with this number.
    Channel,
    /// The name of the schedule with this number.
    Schedule,
    /// The name of the partition with this number.
    Partition,
}

/// A field of [`Record::argument`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is called.
    pub name: &'static str,
    /// The lowest of its bits.
    pub shift: u32,
    /// How many bits it has, 1 to 32.
    pub bits: u32,
    /// How it is to be shown.
    pub form: Form,
}

impl Field {
    const fn new(name: &'static str, shift: u32, bits: u32, form: Form) -> Self {
        Self { name, shift, bits, form }
    }

    /// The field's number in an argument.
    #[must_use]
    pub const fn value(&self, argument: u32) -> u32 {
        let mask = if self.bits >= 32 { u32::MAX } else { (1 << self.bits) - 1 };
        argument >> (self.shift % 32) & mask
    }
}

const fn health_fields() -> &'static [Field] {
    const {
        &[
            Field::new("error", 0, 8, Form::Word(crate::health::WORDS)),
            Field::new("action", 8, 8, Form::Word(Action::WORDS)),
            Field::new("level", 16, 8, Form::Word(Level::WORDS)),
            Field::new("response", 24, 8, Form::Word(Ground::WORDS)),
        ]
    }
}

impl Kind {
    /// Every kind, in the order of their numbers, which begin with 1.
    pub const ALL: [Self; 27] = [
        Self::Window,
        Self::Unassigned,
        Self::Switch,
        Self::Background,
        Self::Alarm,
        Self::Interrupt,
        Self::Timer,
        Self::Upcall,
        Self::Idle,
        Self::Woken,
        Self::Put,
        Self::Got,
        Self::Dropped,
        Self::Console,
        Self::Call,
        Self::Health,
        Self::ModuleHealth,
        Self::Restarted,
        Self::Started,
        Self::Halted,
        Self::Stopped,
        Self::Commanded,
        Self::Normal,
        Self::Schedule,
        Self::ModuleRestarted,
        Self::KernelFault,
        Self::End,
    ];

    /// The kind with this number, if there is one.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
    }

    /// Its name: words with hyphens between.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Unassigned => "unassigned",
            Self::Switch => "switch",
            Self::Background => "background",
            Self::Alarm => "alarm",
            Self::Interrupt => "interrupt",
            Self::Timer => "timer",
            Self::Upcall => "upcall",
            Self::Idle => "idle",
            Self::Woken => "woken",
            Self::Put => "put",
            Self::Got => "got",
            Self::Dropped => "dropped",
            Self::Health => "health",
            Self::ModuleHealth => "module-health",
            Self::Restarted => "restarted",
            Self::Started => "started",
            Self::Halted => "halted",
            Self::Stopped => "stopped",
            Self::Commanded => "commanded",
            Self::Normal => "normal",
            Self::Schedule => "schedule",
            Self::ModuleRestarted => "module-restarted",
            Self::KernelFault => "kernel-fault",
            Self::End => "end",
            Self::Console => "console",
            Self::Call => "call",
        }
    }

    /// Whether it is about one partition.
    #[must_use]
    pub const fn has_partition(self) -> bool {
        !matches!(
            self,
            Self::Unassigned
                | Self::Alarm
                | Self::ModuleHealth
                | Self::Schedule
                | Self::ModuleRestarted
                | Self::KernelFault
                | Self::End
        )
    }

    /// The fields of its argument.
    #[must_use]
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Window => const { &[Field::new("late", 0, 32, Form::Nanoseconds)] },
            Self::Interrupt => const { &[Field::new("line", 0, 32, Form::Number)] },
            Self::Upcall => const { &[Field::new("lines", 0, 32, Form::Lines)] },
            Self::Put | Self::Got => {
                const {
                    &[
                        Field::new("channel", 0, SUBJECT_BITS, Form::Channel),
                        Field::new("buffer", SUBJECT_BITS, 16, Form::Number),
                    ]
                }
            }
            Self::Dropped => {
                const { &[Field::new("channel", 0, 8, Form::Channel), Field::new("count", 8, 16, Form::Number)] }
            }
            Self::Health | Self::ModuleHealth => health_fields(),
            Self::Restarted => const { &[Field::new("reason", 0, 32, Form::Word(StartReason::WORDS))] },
            Self::Halted => const { &[Field::new("status", 0, 32, Form::Number)] },
            Self::Stopped => const { &[Field::new("by", 0, 32, Form::Word(Stopper::WORDS))] },
            Self::Commanded => {
                const {
                    &[
                        Field::new("by", 0, 16, Form::Partition),
                        Field::new("mode", 16, 16, Form::Word(Mode::WORDS)),
                    ]
                }
            }
            Self::Schedule => {
                const {
                    &[
                        Field::new("schedule", 0, 16, Form::Schedule),
                        Field::new("before", 16, 16, Form::Schedule),
                    ]
                }
            }
            Self::KernelFault => const { &[Field::new("vector", 0, 32, Form::Number)] },
            Self::End => const { &[Field::new("code", 0, 32, Form::Number)] },
            Self::Console => const { &[Field::new("bytes", 0, 32, Form::Number)] },
            Self::Call => const { &[Field::new("call", 0, 32, Form::Word(crate::Hypercall::WORDS))] },
            Self::Unassigned
            | Self::Switch
            | Self::Background
            | Self::Alarm
            | Self::Timer
            | Self::Idle
            | Self::Woken
            | Self::Started
            | Self::Normal
            | Self::ModuleRestarted => &[],
        }
    }

    /// Whether its records have the number of a channel in the place of a partition's. Whose the record is, the channel
    /// says, or who had the processor.
    #[must_use]
    pub const fn has_channel(self) -> bool {
        matches!(self, Self::Put | Self::Got | Self::Dropped)
    }

    /// The word [`Record::what`] of a record about a partition, or a channel.
    #[inline(always)]
    #[must_use]
    pub const fn of(self, subject: u32) -> u32 {
        (self as u32) << SUBJECT_BITS | subject
    }
}

/// The kind in a word [`Record::what`], if it is one, the number of what the record is about, and the argument as
/// [`Kind::fields`] has it: with the channel's number, which a record has apart.
#[must_use]
pub fn decoded(what: u32, argument: u32) -> Option<(Kind, u32, u32)> {
    let kind = Kind::from_number(what >> SUBJECT_BITS)?;
    let subject = what & ((1 << SUBJECT_BITS) - 1);
    let argument = if kind.has_channel() { argument << SUBJECT_BITS | subject } else { argument };
    Some((kind, subject, argument))
}

/// The argument of [`Kind::Health`] and [`Kind::ModuleHealth`].
#[inline(always)]
#[must_use]
pub const fn health(error: crate::HealthError, action: Action, level: Level, ground: Ground) -> u32 {
    error as u32 | (action as u32) << 8 | (level as u32) << 16 | (ground as u32) << 24
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn kinds_are_found_by_their_numbers() {
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place + 1);
            let argument = if kind.has_channel() { 7 << SUBJECT_BITS | 31 } else { 7 };
            assert_eq!(decoded(kind.of(31), 7), Some((kind, 31, argument)));
            assert!(kind.has_partition() || !kind.has_channel());
        }
        assert_eq!((decoded(0, 0), decoded(u32::MAX, 0), Kind::from_number(28)), (None, None, None));
        let names: BTreeSet<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        // One instruction of LEON3 adds the number of a frequent kind, in its place, to a partition's.
        assert!(Kind::Call.of(0) < 4096);
    }

    #[test]
    fn no_field_is_in_anothers_place() {
        for kind in Kind::ALL {
            let mut taken = 0_u64;
            for field in kind.fields() {
                let bits = ((1_u64 << field.bits) - 1) << field.shift;
                assert!(bits >> 32 == 0 && taken & bits == 0, "{kind:?} {}", field.name);
                assert!(field.name.bytes().all(|byte| byte.is_ascii_lowercase()), "{}", field.name);
                if let Form::Word(words) = field.form {
                    assert!(words.len() as u64 <= (bits >> field.shift) + 1, "{kind:?} {}", field.name);
                }
                taken |= bits;
            }
        }
    }

    #[test]
    fn arguments_are_what_fields_say() {
        let values = |kind: Kind, argument| -> std::vec::Vec<(&str, u32)> {
            kind.fields().iter().map(|field| (field.name, field.value(argument))).collect()
        };
        assert_eq!(values(Kind::Got, 4095 << 8 | 255), [("channel", 255), ("buffer", 4095)]);
        assert_eq!(values(Kind::Dropped, 7 << 8 | 3), [("channel", 3), ("count", 7)]);
        let (error, action) = (crate::HealthError::Image, Action::Idle);
        let decided = health(error, action, Level::Module, Ground::RestartsExceeded);
        let [error, action] = [error as u32, action as u32];
        assert_eq!(
            values(Kind::Health, decided),
            [("error", error), ("action", action), ("level", 2), ("response", 2)]
        );
        assert_eq!(values(Kind::Window, u32::MAX), [("late", u32::MAX)]);
        assert_eq!(values(Kind::Call, u32::MAX), [("call", u32::MAX)]);
    }
}
