//! The fields of each kind of record: what they are called, how they are written, and where in the record they stand.

use super::{Kind, Record, Stopper};
use crate::{Action, ChangeAction, Ground, Level, Mode, StartReason};

/// A field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) place: Place,
}

/// How a field's number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Decimal,
    /// With `0x`, and at least so many digits.
    Hexadecimal(u32),
    /// One of these words: the number is the place.
    Word(&'static [&'static str]),
}

/// Where in a record a field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// [`Record::number`].
    Number,
    /// One of [`Record::arguments`].
    Whole(usize),
    /// The low half of one.
    Low(usize),
    /// The high half of one.
    High(usize),
}

impl Place {
    /// The field's number in a record.
    pub(super) fn value(self, record: &Record) -> u64 {
        let argument = |place: usize| record.arguments.get(place).copied().unwrap_or(0);
        match self {
            Self::Number => record.number.into(),
            Self::Whole(place) => argument(place),
            Self::Low(place) => argument(place) & 0xffff_ffff,
            Self::High(place) => argument(place) >> 32,
        }
    }

    /// Sets the field in a record in which it is 0, if there is room for the number.
    pub(super) fn set(self, record: &mut Record, value: u64) -> Option<()> {
        let half = u32::try_from(value).ok();
        match self {
            Self::Number => record.number = half?,
            Self::Whole(place) => *record.arguments.get_mut(place)? = value,
            Self::Low(place) => *record.arguments.get_mut(place)? |= u64::from(half?),
            Self::High(place) => *record.arguments.get_mut(place)? |= u64::from(half?) << 32,
        }
        Some(())
    }
}

const FAULTS: &[&str] = &[
    "none",
    "memory",
    "privilege",
    "instruction",
    "arithmetic",
    "floating-point",
    "alignment",
    "breakpoint",
    "other",
    "mode",
];
const ACCESSES: &[&str] = &["none", "read", "write", "execute"];
const ENDS: &[&str] = &["running", "halted", "stopped"];

const fn number(name: &'static str) -> Key {
    Key { name, form: Form::Decimal, place: Place::Number }
}

const fn whole(place: usize, name: &'static str, form: Form) -> Key {
    Key { name, form, place: Place::Whole(place) }
}

/// The fields of a fault, and behind them of what was decided about it.
const STOPPED: &[Key] = &[
    number("vector"),
    whole(0, "fault", Form::Word(FAULTS)),
    whole(1, "error", Form::Hexadecimal(1)),
    whole(2, "access", Form::Word(ACCESSES)),
    whole(3, "address", Form::Hexadecimal(8)),
    whole(4, "pc", Form::Hexadecimal(8)),
    whole(5, "response", Form::Word(Ground::WORDS)),
];

/// The fields of a kind, in the order of its line.
pub(super) const fn fields(kind: Kind) -> &'static [Key] {
    use Form::{Decimal, Hexadecimal, Word};
    match kind {
        Kind::Restarted => const { &[number("restarts"), whole(0, "reason", Word(StartReason::WORDS))] },
        Kind::Halted => const { &[number("status")] },
        Kind::Stopped => STOPPED,
        Kind::KernelFault => const { STOPPED.split_at(STOPPED.len() - 1).0 },
        Kind::Health => {
            const {
                &[
                    number("code"),
                    whole(0, "error", Word(crate::health::WORDS)),
                    whole(1, "action", Word(Action::WORDS)),
                    Key { name: "level", form: Word(Level::WORDS), place: Place::Low(2) },
                    whole(3, "address", Hexadecimal(8)),
                    whole(4, "pc", Hexadecimal(8)),
                    Key { name: "detail", form: Hexadecimal(1), place: Place::Low(5) },
                    Key { name: "access", form: Word(ACCESSES), place: Place::High(5) },
                    Key { name: "response", form: Word(Ground::WORDS), place: Place::High(2) },
                ]
            }
        }
        Kind::Schedule => const { &[number("number"), whole(0, "before", Decimal)] },
        Kind::Commanded => const { &[number("by"), whole(0, "mode", Word(Mode::WORDS))] },
        Kind::Scheduled => const { &[number("schedule"), whole(0, "action", Word(ChangeAction::WORDS))] },
        Kind::Lost => const { &[number("count")] },
        Kind::ShutDown => const { &[number("reason")] },
        Kind::PartitionEnd => {
            const {
                &[
                    number("status"),
                    whole(0, "state", Word(ENDS)),
                    whole(1, "lost", Decimal),
                    whole(2, "by", Word(Stopper::WORDS)),
                ]
            }
        }
        Kind::Window => {
            const {
                &[
                    number("number"),
                    whole(0, "start", Decimal),
                    whole(1, "duration", Decimal),
                    whole(2, "count", Decimal),
                    whole(3, "lost", Decimal),
                    whole(4, "late-min", Decimal),
                    whole(5, "late-max", Decimal),
                ]
            }
        }
        Kind::SystemEnd => const { &[number("code")] },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::PartitionEnd;
    use crate::{Access, FaultKind};

    #[test]
    fn words_are_in_the_order_of_their_numbers() {
        assert_eq!(FAULTS.len(), FaultKind::Mode as usize + 1);
        assert_eq!(FAULTS[FaultKind::FloatingPoint as usize], "floating-point");
        assert_eq!(ACCESSES[Access::Execute as usize], "execute");
        assert_eq!(StartReason::WORDS[StartReason::HealthMonitor as usize], "health-monitor");
        assert_eq!(StartReason::WORDS[StartReason::ModuleRestart as usize], "module-restart");
        assert_eq!(Level::WORDS[Level::Module as usize], "module");
        assert_eq!(Mode::WORDS[Mode::Normal as usize], "normal");
        assert_eq!(Action::WORDS.len(), Action::Deliver as usize + 1);
        assert_eq!(ENDS[PartitionEnd::Stopped as usize], "stopped");
        assert_eq!(Stopper::WORDS[Stopper::Schedule as usize], "schedule");
        assert_eq!(Ground::WORDS[Ground::RestartsExceeded as usize], "restarts-exceeded");
    }
}
