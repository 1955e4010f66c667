//! How a system is run.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::target::Processor;

use super::consoles::Consoles;
use super::devices::Devices;
use super::log::Log;
use super::pace::Pace;

/// How late the kernel that varies is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variation {
    /// What it is drawn from.
    pub seed: u64,
    /// The most that it is, in nanoseconds: of these each executed instruction takes one.
    pub jitter: u64,
}

impl Variation {
    /// What [`Variation::jitter`] can be. Less is not more than what it takes to draw.
    pub const JITTER: RangeInclusive<u64> = 200..=5_000;

    /// What it is where nobody says.
    pub const USUAL_JITTER: u64 = 1_000;
}

/// How to run.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// End the system at the first window boundary at or after this time of its clock, in nanoseconds.
    pub time_limit: Option<u64>,
    /// Let the kernel say when each line of a partition begins.
    pub line_times: bool,
    /// How late the kernel is, if it is one that varies.
    pub variation: Option<Variation>,
    /// Let time pass as the host's does, instead of one nanosecond for each instruction.
    pub realtime: bool,
    /// Let the run be the same each time, if nothing comes from outside. It takes up to half as long again. Without,
    /// what idles may wake some instructions late, rarely and on a busy host.
    pub exact: bool,
    /// What holds the machine back where its time is ahead of the host's.
    pub pace: Option<Pace>,
    /// End QEMU after this time of the host, whatever happens.
    pub timeout: Option<Duration>,
    /// This QEMU, instead of the one that is found.
    pub qemu: Option<PathBuf>,
    /// More arguments for QEMU.
    pub qemu_arguments: Vec<String>,
    /// How long the kernel may say nothing before the output is told; by default 20 seconds.
    pub silence: Option<Duration>,
    /// Keep the machine's memory in this file, where it can be read while the machine runs and afterwards.
    pub memory_file: Option<PathBuf>,
    /// Keep the lines of consoles, for a timeline.
    pub keeps_lines: bool,
    /// Write a log of what comes from outside, or take what comes from there out of one.
    pub log: Option<Log>,
    /// What the console gets as input.
    pub input: Input,
    /// The partition that gets it, where no other one is chosen.
    pub input_to: Option<usize>,
    /// Consoles that have a place of their own.
    pub consoles: Consoles,
    /// The devices that are emulated.
    pub devices: Devices,
    /// End the run when the partition with this number has ended, whatever the others do.
    pub ends_with: Option<usize>,
}

impl RunOptions {
    /// Whether the kernel is told for whom each byte of input is.
    pub(crate) fn chooses_input(&self) -> bool {
        if let Some(Log::Replay { chooses_input, .. }) = self.log {
            return chooses_input;
        }
        matches!(self.input, Input::Keys(_) | Input::Each(_)) || self.consoles.have_input()
    }

    /// Whether nothing comes to the machine from outside: no input, no devices that reach anything, and of the user's
    /// own arguments for QEMU but those that add nothing to the machine.
    pub(super) fn is_closed(&self) -> bool {
        const ADD_NOTHING: [&str; 4] = ["-append", "-cpu", "-icount", "-m"];
        let (words, rest) = self.qemu_arguments.as_chunks::<2>();
        self.input == Input::None
            && !self.consoles.have_input()
            && self.devices.are_none()
            && rest.is_empty()
            && words.iter().all(|[name, _]| ADD_NOTHING.contains(&name.as_str()))
    }
}

/// What the console gets as input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// Nothing.
    #[default]
    None,
    /// The tool's own standard input.
    Standard,
    /// The same, which is a terminal: at its keys a partition of these names can be chosen.
    Keys(Vec<String>),
    /// These bytes.
    Bytes(Vec<u8>),
    /// These bytes, each for the partition with this number.
    Each(Vec<(usize, Vec<u8>)>),
}

/// How to run a program alone.
#[derive(Clone, Debug)]
pub struct AloneOptions {
    /// The processor that it is for.
    pub processor: Processor,
    /// How many nanoseconds of its time an instruction takes: 2 to the power of this.
    pub shift: u8,
    /// How much memory the machine has, in bytes; as much as its board usually has by default.
    pub memory: Option<u64>,
    /// How long it may take here.
    pub timeout: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_can_be_typed_at_is_not_closed() {
        let with = |words: &[&str], input: Input| {
            let qemu_arguments = words.iter().map(|&word| word.to_owned()).collect();
            RunOptions { qemu_arguments, input, ..RunOptions::default() }.is_closed()
        };
        assert!(with(&[], Input::None));
        assert!(with(&["-cpu", "Haswell", "-append", "for=1", "-icount", "shift=1,sleep=off"], Input::None));
        for words in [&["-serial", "pty"][..], &["-s"], &["-cpu"], &["-append", "for=1", "-s"]] {
            assert!(!with(words, Input::None), "{words:?}");
        }
        for input in [Input::Standard, Input::Keys(Vec::new()), Input::Bytes(Vec::new())] {
            assert!(!with(&[], input));
        }
    }
}
