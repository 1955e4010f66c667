//! What the health monitor deals with, and how it answers.
//!
//! The errors are one list for every level. A system file gives each partition, and the module, a [`Response`] to each
//! of them (ARINC 653 part 1, section 2.4: the health monitor's tables).

use crate::FaultKind;

/// An error that the health monitor deals with. The first are [`FaultKind`]s and have their numbers. The nearest
/// `ERROR_CODE_TYPE` of ARINC 653 stands with each.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HealthError {
    /// [`FaultKind::Memory`] (`MEMORY_VIOLATION`).
    Memory = 1,
    /// [`FaultKind::Privilege`] (`ILLEGAL_REQUEST`).
    Privilege = 2,
    /// [`FaultKind::Instruction`] (`ILLEGAL_REQUEST`).
    Instruction = 3,
    /// [`FaultKind::Arithmetic`] (`NUMERIC_ERROR`).
    Arithmetic = 4,
    /// [`FaultKind::FloatingPoint`] (`NUMERIC_ERROR`).
    FloatingPoint = 5,
    /// [`FaultKind::Alignment`] (`MEMORY_VIOLATION`).
    Alignment = 6,
    /// [`FaultKind::Debug`] (`APPLICATION_ERROR`).
    Breakpoint = 7,
    /// [`FaultKind::Other`] (`ILLEGAL_REQUEST`).
    Other = 8,
    /// [`FaultKind::Mode`] (`ILLEGAL_REQUEST`).
    Mode = 9,
    /// A task has left its stack (`STACK_OVERFLOW`); the partition says so.
    StackOverflow = 10,
    /// A task has missed its deadline (`DEADLINE_MISSED`); the partition says so.
    DeadlineMissed = 11,
    /// What the partition calls an error (`APPLICATION_ERROR`).
    Application = 12,
    /// An error while the partition was not in the mode [`Mode::Normal`] yet. Never an error by itself: its response
    /// takes the place of the error's own, if it has one.
    Initialization = 13,
    /// A window of the partition has passed without being opened (`HARDWARE_FAULT`).
    WindowLost = 14,
    /// A window of the partition has begun later than the system file allows (`HARDWARE_FAULT`).
    WindowLate = 15,
    /// The partition has made more calls in a window than the system file allows (`ILLEGAL_REQUEST`).
    CallFlood = 16,
    /// The partition has run for longer than the system file allows without serving its watchdog (`DEADLINE_MISSED`).
    Watchdog = 17,
    /// A device of the kernel's has failed (`HARDWARE_FAULT`). Of the module.
    Device = 18,
    /// The image of the partition is not what was built (`HARDWARE_FAULT`).
    Image = 19,
}

impl HealthError {
    /// One more than the highest number in use. 0 is no error's.
    pub const COUNT: usize = 20;

    /// Every error.
    pub const ALL: [Self; Self::COUNT - 1] = [
        Self::Memory,
        Self::Privilege,
        Self::Instruction,
        Self::Arithmetic,
        Self::FloatingPoint,
        Self::Alignment,
        Self::Breakpoint,
        Self::Other,
        Self::Mode,
        Self::StackOverflow,
        Self::DeadlineMissed,
        Self::Application,
        Self::Initialization,
        Self::WindowLost,
        Self::WindowLate,
        Self::CallFlood,
        Self::Watchdog,
        Self::Device,
        Self::Image,
    ];

    /// The error with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        if number == 0 || number as usize >= Self::COUNT {
            return None;
        }
        Some(Self::ALL[number as usize - 1])
    }

    /// The error that a fault is.
    #[must_use]
    pub const fn of_fault(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Memory => Self::Memory,
            FaultKind::Privilege => Self::Privilege,
            FaultKind::Instruction => Self::Instruction,
            FaultKind::Arithmetic => Self::Arithmetic,
            FaultKind::FloatingPoint => Self::FloatingPoint,
            FaultKind::Alignment => Self::Alignment,
            FaultKind::Debug => Self::Breakpoint,
            FaultKind::Other => Self::Other,
            FaultKind::Mode => Self::Mode,
        }
    }

    /// Whether the partition cannot go on where it was: the instruction would fault again.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        (self as u32) <= Self::Mode as u32
    }

    /// Whether a partition can raise it ([`crate::Hypercall::RaiseError`]).
    #[must_use]
    pub const fn can_be_raised(self) -> bool {
        (self as u32) <= Self::Application as u32
    }

    /// Whether the kernel can tell the partition of it on [`crate::Line::Health`].
    #[must_use]
    pub const fn can_be_told(self) -> bool {
        matches!(self, Self::WindowLost | Self::WindowLate | Self::CallFlood | Self::Watchdog)
    }

    /// Its word in the system file, in records and in messages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        WORDS[self as usize]
    }
}

/// The word of each error, and of none: the number is the place.
pub(crate) const WORDS: &[&str] = &[
    "none",
    "memory-violation",
    "privileged-operation",
    "illegal-instruction",
    "numeric-error",
    "floating-point-error",
    "misaligned-access",
    "breakpoint",
    "processor-exception",
    "wrong-mode",
    "stack-overflow",
    "deadline-missed",
    "application-error",
    "initialization-error",
    "window-lost",
    "window-late",
    "call-flood",
    "watchdog",
    "device-error",
    "damaged-image",
];

/// What the health monitor does.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Nothing at all.
    Ignore = 0,
    /// Nothing but a record.
    Log = 1,
    /// The partition starts again, warm, if its budget of restarts allows.
    WarmRestart = 2,
    /// The partition starts again, cold, if its budget of restarts allows.
    ColdRestart = 3,
    /// The partition is stopped.
    Idle = 4,
    /// The system ends.
    StopModule = 5,
    /// Everything starts again, as when the system starts; the clock goes on.
    RestartModule = 6,
    /// The partition's own handler has it. In records only: a [`Response`] has a bit for it.
    Deliver = 7,
}

impl Action {
    /// The word of each action: the number is the place.
    pub const WORDS: &[&str] = &[
        "ignore",
        "log",
        "warm-restart",
        "cold-restart",
        "idle",
        "stop-module",
        "restart-module",
        "deliver",
    ];

    /// The action with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Ignore,
            1 => Self::Log,
            2 => Self::WarmRestart,
            3 => Self::ColdRestart,
            4 => Self::Idle,
            5 => Self::StopModule,
            6 => Self::RestartModule,
            7 => Self::Deliver,
            _ => return None,
        })
    }

    /// Its word in the system file, in records and in messages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// Who deals with an error.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// The partition's own handler.
    Process = 0,
    /// The health monitor, for the partition.
    Partition = 1,
    /// The health monitor, for all.
    Module = 2,
}

impl Level {
    /// The word of each level: the number is the place.
    pub const WORDS: &[&str] = &["process", "partition", "module"];

    /// The level with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Process,
            1 => Self::Partition,
            2 => Self::Module,
            _ => return None,
        })
    }
}

/// Which response of a table is taken.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The error's own.
    Error = 0,
    /// That of an error in a start ([`HealthError::Initialization`]).
    Initialization = 1,
    /// That of one restart too many: the budget is used up.
    RestartsExceeded = 2,
}

impl Ground {
    /// The word of each: the number is the place. Where it is not the error's own response, the key of the system file.
    pub const WORDS: &[&str] = &["own", "initialization-error", "restarts-exceeded"];

    /// The one with this number; [`Ground::Error`] where there is none.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        match number {
            1 => Self::Initialization,
            2 => Self::RestartsExceeded,
            _ => Self::Error,
        }
    }
}

/// The answer to an error, as a table has it: bits 0 to 7 are an [`Action`], bit 8 says whether the partition's own
/// handler comes first, bit 9 whether there is a record of that, bits 16 to 23 are one more than the number of the
/// schedule that is asked for, or 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Response {
    /// What the health monitor does.
    pub action: Action,
    /// Whether the partition's own handler comes first; the action follows if it has none, or is in it already.
    pub deliver: bool,
    /// Whether the log on the serial line tells of what the handler is given; of everything else it does.
    pub log: bool,
    /// The schedule that is asked for besides.
    pub schedule: Option<u8>,
}

impl Response {
    /// The place of [`HealthError::Initialization`] in a table without such a response.
    pub const NONE: u32 = u32::MAX;

    const DELIVER: u32 = 1 << 8;
    const LOG: u32 = 1 << 9;

    /// The answer that is only an action.
    #[must_use]
    pub const fn new(action: Action) -> Self {
        Self { action, deliver: false, log: false, schedule: None }
    }

    /// The answer as a table has it.
    #[must_use]
    pub const fn encode(self) -> u32 {
        let schedule = match self.schedule {
            Some(schedule) => schedule as u32 + 1,
            None => 0,
        };
        self.action as u32
            | if self.deliver { Self::DELIVER } else { 0 }
            | if self.log { Self::LOG } else { 0 }
            | schedule << 16
    }

    /// The answer that a table's word stands for, if it does.
    #[must_use]
    pub const fn decode(word: u32) -> Option<Self> {
        let Some(action) = Action::from_number(word & 0xff) else { return None };
        if matches!(action, Action::Deliver) {
            return None;
        }
        let schedule = match word >> 16 {
            0 => None,
            more @ 1..=0x100 => Some((more - 1) as u8),
            _ => return None,
        };
        if word & 0xfc00 != 0 {
            return None;
        }
        Some(Self { action, deliver: word & Self::DELIVER != 0, log: word & Self::LOG != 0, schedule })
    }

    /// What is done about an error where the system file says nothing.
    #[must_use]
    pub const fn standard(error: HealthError) -> Self {
        let action = match error {
            error if error.is_fault() => Action::Idle,
            HealthError::CallFlood | HealthError::Watchdog | HealthError::Image => Action::Idle,
            _ => Action::Log,
        };
        let deliver = error.is_fault() && !matches!(error, HealthError::Mode);
        Self { deliver, ..Self::new(action) }
    }
}

/// The table of a partition of which the system file says nothing.
#[must_use]
pub const fn standard_responses() -> [u32; HealthError::COUNT] {
    let mut responses = [0; HealthError::COUNT];
    let mut place = 0;
    while place < HealthError::ALL.len() {
        let error = HealthError::ALL[place];
        responses[error as usize] = match error {
            HealthError::Initialization => Response::NONE,
            error => Response::standard(error).encode(),
        };
        place += 1;
    }
    responses
}

/// A partition's operating mode (ARINC 653 part 1, `OPERATING_MODE_TYPE`).
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It does not run.
    Idle = 0,
    /// It starts, and has nothing of before.
    ColdStart = 1,
    /// It starts, and has what a warm start keeps.
    WarmStart = 2,
    /// It runs.
    Normal = 3,
}

impl Mode {
    /// The word of each mode: the number is the place.
    pub const WORDS: &[&str] = &["idle", "cold-start", "warm-start", "normal"];

    /// The mode with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Idle,
            1 => Self::ColdStart,
            2 => Self::WarmStart,
            3 => Self::Normal,
            _ => return None,
        })
    }
}

/// What becomes of a partition when a schedule begins (ARINC 653 part 2: `ScheduleChangeAction`).
#[repr(u8)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ChangeAction {
    /// It goes on.
    #[default]
    Keep = 0,
    /// It is stopped.
    Idle = 1,
    /// It starts again, warm.
    WarmRestart = 2,
    /// It starts again, cold.
    ColdRestart = 3,
}

impl ChangeAction {
    /// The word of each action: the number is the place.
    pub const WORDS: &[&str] = &["keep", "idle", "warm-restart", "cold-restart"];

    /// The action with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Keep,
            1 => Self::Idle,
            2 => Self::WarmRestart,
            3 => Self::ColdRestart,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The pack's shell command says them without this crate.
    #[test]
    fn the_shells_words_are_these() {
        let shell = include_str!("../../rtems/kit/shell.c");
        let list = shell.split_once("bulkhead_rtems_errors[] = {").expect("the list").1;
        let list = list.split_once('}').expect("its end").0;
        assert!(list.split('"').skip(1).step_by(2).eq(WORDS.iter().copied()), "{list}");
    }

    #[test]
    fn every_error_has_its_number_and_its_word() {
        assert_eq!(WORDS.len(), HealthError::COUNT);
        for error in HealthError::ALL {
            assert_eq!(HealthError::from_number(error as u32), Some(error));
        }
        for number in [0, HealthError::COUNT as u32, u32::MAX] {
            assert_eq!(HealthError::from_number(number), None);
        }
        for number in 1..=9 {
            assert_eq!(HealthError::of_fault(FaultKind::from_number(number)) as u32, number);
        }
    }

    proptest! {
        #[test]
        fn a_response_is_decoded_as_it_was_encoded(word: u32) {
            match Response::decode(word) {
                Some(response) => prop_assert_eq!(response.encode(), word),
                None => prop_assert!(word & 0xff > 6 || word & 0xfc00 != 0 || word >> 16 > 0x100),
            }
        }
    }
}
