//! How a run ended, and the exit status that says so.

use std::process::ExitStatus;
use std::str::FromStr;

use bulkhead_abi::wire;
use signal_hook::consts::SIGINT;
use signal_hook::low_level::signal_name;

use super::facts::{Facts, PartitionEnd};

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every partition halted with status 0, or was stopped by another or a schedule.
    Completed,
    /// A partition halted with another status.
    Failed,
    /// The health monitor stopped a partition.
    Stopped,
    /// The health monitor stopped the system.
    ModuleStopped,
    /// The time limit was reached with nothing wrong.
    TimeLimit,
    /// The kernel refused the system table.
    Refused,
    /// The kernel stopped itself.
    Internal,
    /// The machine was reset, which a kernel never does.
    Reset,
    /// QEMU ended with this status, which is none of the kernel's.
    Qemu(i32),
    /// QEMU was ended by this signal.
    Signal(i32),
    /// This signal to the tool ended the run.
    Interrupted(i32),
    /// The host's time limit was reached.
    TimedOut,
    /// The host's KVM has given up, or does not execute the kernel at all.
    Kvm,
}

impl Ending {
    /// The ending that QEMU's exit status stands for: the device `isa-debug-exit` makes (code << 1) | 1 out of the
    /// kernel's code.
    #[must_use]
    pub fn from_qemu(status: ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt as _;
        match status.code() {
            Some(code) => Self::from_code(code),
            None => Self::Signal(status.signal().unwrap_or_default()),
        }
    }

    /// The ending of a kernel that has told its code and ended QEMU with status 0.
    #[must_use]
    pub fn from_kernel(code: u32) -> Self {
        match wire::Ending::from_code(code) {
            Some(wire::Ending::Completed) => Self::Completed,
            Some(wire::Ending::Failed) => Self::Failed,
            Some(wire::Ending::Stopped) => Self::Stopped,
            Some(wire::Ending::ModuleStopped) => Self::ModuleStopped,
            Some(wire::Ending::TimeLimit) => Self::TimeLimit,
            Some(wire::Ending::Refused) => Self::Refused,
            Some(wire::Ending::Internal) => Self::Internal,
            None => Self::Qemu(0),
        }
    }

    fn from_code(code: i32) -> Self {
        let kernel = u32::try_from(code >> 1).ok().filter(|_| code & 1 == 1);
        match kernel.filter(|code| wire::Ending::from_code(*code).is_some()) {
            Some(kernel) => Self::from_kernel(kernel),
            None if code == 0 => Self::Reset,
            None => Self::Qemu(code),
        }
    }

    /// The exit status of `bulkhead run`.
    #[must_use]
    pub const fn exit_status(&self) -> u8 {
        match self {
            Self::Completed | Self::TimeLimit => 0,
            Self::Failed => 1,
            Self::Stopped => 2,
            Self::ModuleStopped => 5,
            Self::Refused | Self::Internal | Self::Reset | Self::Qemu(_) | Self::Signal(_) => 3,
            Self::Kvm => 3,
            Self::TimedOut => 124,
            Self::Interrupted(signal) => 128_i32.wrapping_add(*signal) as u8,
        }
    }

    /// Whether the kernel itself ended the system, so that its report is complete.
    #[must_use]
    pub const fn is_orderly(&self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Stopped | Self::ModuleStopped | Self::TimeLimit)
    }

    /// The ending in a few words.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Completed => "every partition has halted with status 0".to_owned(),
            Self::Failed => "a partition has halted with a status other than 0".to_owned(),
            Self::Stopped => "the health monitor has stopped a partition".to_owned(),
            Self::ModuleStopped => "the health monitor has stopped the system".to_owned(),
            Self::TimeLimit => "the time limit was reached".to_owned(),
            Self::Refused => "the kernel has refused the system table".to_owned(),
            Self::Internal => "the kernel has stopped because of an error of its own".to_owned(),
            Self::Reset => "the machine was reset: the kernel has crashed".to_owned(),
            Self::Qemu(status) => format!("QEMU has ended with status {status}"),
            Self::Signal(signal) => format!("QEMU was ended by signal {signal}"),
            Self::Interrupted(SIGINT) => "ended by the user".to_owned(),
            Self::Interrupted(signal) => match signal_name(*signal) {
                Some(name) => format!("ended by {name}"),
                None => format!("ended by signal {signal}"),
            },
            Self::TimedOut => "--timeout was reached".to_owned(),
            Self::Kvm => {
                "the KVM of this machine does not execute the kernel, as a software KVM or one inside a \
                          virtual machine may not: run it without -accel kvm"
                    .to_owned()
            }
        }
    }
}

/// How a partition is expected to end: `NAME=halted`, `NAME=halted:STATUS`, `NAME=running` or `NAME=stopped`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The partition's name.
    pub partition: String,
    /// How it is to end.
    pub end: PartitionEnd,
}

impl FromStr for Expectation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let help = "write NAME=halted, NAME=halted:STATUS, NAME=running or NAME=stopped";
        let (name, end) = text.split_once('=').ok_or(help)?;
        let end = match end.split_once(':') {
            Some(("halted", status)) => PartitionEnd::Halted(status.parse().map_err(|_| help)?),
            None if end == "halted" => PartitionEnd::Halted(0),
            None if end == "running" => PartitionEnd::Running,
            None if end == "stopped" => PartitionEnd::Stopped,
            _ => return Err(help.to_owned()),
        };
        Ok(Self { partition: name.to_owned(), end })
    }
}

impl Expectation {
    /// What is different from what was expected, if anything.
    #[must_use]
    pub fn difference(&self, facts: &Facts) -> Option<String> {
        let expected = end_text(&self.end);
        match facts.ends.get(&self.partition) {
            Some(end) if *end == self.end => None,
            Some(end) => {
                Some(format!("`{}` was expected to be {expected}, but is {}", self.partition, end_text(end)))
            }
            None => Some(format!(
                "`{}` was expected to be {expected}, but nothing was heard of its end",
                self.partition
            )),
        }
    }
}

/// A partition's end in a few words.
pub(super) fn end_text(end: &PartitionEnd) -> String {
    match end {
        PartitionEnd::Halted(status) => format!("halted with status {status}"),
        PartitionEnd::Running => "running".to_owned(),
        PartitionEnd::Stopped => "stopped".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Names;
    use bulkhead_abi::event::{self, Record, Stopper};

    #[test]
    fn exit_statuses() {
        let status = |code| Ending::from_code(code).exit_status();
        assert_eq!([33, 35, 37, 39, 41, 43, 45].map(status), [0, 1, 2, 0, 3, 3, 5]);
        assert_eq!([0, 1, 2, 127, 255].map(status), [3; 5]);
        assert_eq!(Ending::from_code(1), Ending::Qemu(1));
        assert_eq!(Ending::from_code(39), Ending::TimeLimit);
        assert_eq!((Ending::Interrupted(SIGINT).exit_status(), Ending::TimedOut.exit_status()), (130, 124));
    }

    #[test]
    fn expectations() {
        let parse = |text: &str| text.parse::<Expectation>();
        assert_eq!(parse("a=halted").map(|it| it.end), Ok(PartitionEnd::Halted(0)));
        assert_eq!(parse("a=halted:7").map(|it| it.end), Ok(PartitionEnd::Halted(7)));
        assert_eq!(parse("a=stopped").map(|it| it.partition), Ok("a".to_owned()));
        assert!(parse("a").is_err() && parse("a=gone").is_err() && parse("a=halted:x").is_err());
        let mut facts = Facts::default();
        let running = Record::partition_end(0, 0, event::PartitionEnd::Running, (0, Stopper::Nobody), 0);
        facts.take(&running, &Names { partitions: vec!["a".to_owned()], schedules: Vec::new() });
        let difference = |text: &str| text.parse::<Expectation>().ok().and_then(|it| it.difference(&facts));
        assert_eq!(difference("a=running"), None);
        assert_eq!(
            difference("a=stopped").as_deref(),
            Some("`a` was expected to be stopped, but is running")
        );
        assert!(difference("b=stopped").is_some());
    }
}
