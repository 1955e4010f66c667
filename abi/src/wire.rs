//! What a kernel and the tool tell each other while a system runs: the serial line's channels, how a system ends, and
//! when it is to end.
//!
//! One line carries several channels: the kernel's log, and a console for each partition. A byte [`ESCAPE`] and a
//! channel byte change the channel; an [`ESCAPE`] in somebody's output is doubled, so no partition can speak with
//! another's voice. What the log says for programs is in [`crate::event`].

use crate::machine::LEON3;

/// The byte before a channel byte: DLE, "data link escape" in ASCII.
pub const ESCAPE: u8 = 0x10;

/// The channel byte of the kernel's log, which is heard first.
pub const KERNEL_CHANNEL: u8 = 0x3f;

/// The channel byte of partition 0; the others follow.
pub const FIRST_PARTITION_CHANNEL: u8 = 0x40;

/// The channel byte of the clock: where it was asked for, [`LINE_TIME_SIZE`] bytes before each line of a partition say
/// when the line has begun.
pub const CLOCK_CHANNEL: u8 = 0x3e;

/// How many bytes say when a line has begun: so few that a kernel which sends 16 bytes a call sends something of the
/// line behind them.
pub const LINE_TIME_SIZE: usize = 11;

/// What stands for six bits that are 0. None of the 64 characters from here on is [`ESCAPE`].
const SIX_BITS: u8 = b'0';

/// The bytes for a time in nanoseconds, six bits in each, the most significant first.
#[must_use]
pub const fn line_time(mut time: u64) -> [u8; LINE_TIME_SIZE] {
    let mut bytes = [SIX_BITS; LINE_TIME_SIZE];
    let mut rest: &mut [u8] = &mut bytes;
    while let Some((last, others)) = rest.split_last_mut() {
        *last = SIX_BITS + (time as u8 & 0x3f);
        time >>= 6;
        rest = others;
    }
    bytes
}

/// The time that bytes stand for, if they are ones of [`line_time`].
#[must_use]
pub fn time_of_line(bytes: &[u8; LINE_TIME_SIZE]) -> Option<u64> {
    let mut time = 0u64;
    for &byte in bytes {
        let bits = byte.checked_sub(SIX_BITS).filter(|bits| *bits < 64)?;
        time = time.checked_mul(64)? | u64::from(bits);
    }
    Some(time)
}

/// How a system has ended: the code that leaves the machine, and what it means.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every partition has halted with status 0, or was stopped by another one or by a schedule.
    Completed = 16,
    /// Some partition has halted with another status.
    Failed = 17,
    /// The health monitor has stopped some partition.
    Stopped = 18,
    /// The time limit was reached; nothing went wrong until then.
    TimeLimit = 19,
    /// The system table is not one that this kernel can run.
    Refused = 20,
    /// The kernel itself has failed.
    Internal = 21,
    /// The health monitor has stopped the module.
    ModuleStopped = 22,
}

impl Ending {
    /// The ending with this code, if there is one.
    #[must_use]
    pub const fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            16 => Self::Completed,
            17 => Self::Failed,
            18 => Self::Stopped,
            19 => Self::TimeLimit,
            20 => Self::Refused,
            21 => Self::Internal,
            22 => Self::ModuleStopped,
            _ => return None,
        })
    }

    /// The code.
    #[must_use]
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The ending of a system of which one part has ended so and another one so: the worse of the two.
    #[must_use]
    pub const fn worse(self, other: Self) -> Self {
        if other.severity() > self.severity() { other } else { self }
    }

    const fn severity(self) -> u32 {
        match self {
            Self::Completed => 0,
            Self::TimeLimit => 1,
            Self::Failed => 2,
            Self::Stopped => 3,
            Self::ModuleStopped => 4,
            Self::Refused | Self::Internal => 5,
        }
    }
}

/// The word of the kernel's command line, with `=` and nanoseconds behind it, that says when a system is to end by
/// itself, where a boot loader passes a command line.
pub const TIME_LIMIT_WORD: &str = "for";

/// Where a loader says so on a LEON3: [`TIME_LIMIT_MARK`], and 8 bytes behind it the time in nanoseconds, in the
/// processor's byte order. It is the last page below the system table.
pub const TIME_LIMIT_PLACE_LEON3: u64 = LEON3.table - 0x1000;

/// The word of the kernel's command line, with `=1` behind it, that asks for the times of lines ([`CLOCK_CHANNEL`]). On
/// a LEON3 it is a number other than 0 in the word behind the time limit's.
pub const LINE_TIMES_WORD: &str = "line-times";

/// The word of the kernel's command line, with `=1` behind it, by which what is typed chooses who gets it: the bytes
/// for a partition come behind an [`ESCAPE`] and its channel byte, and an [`ESCAPE`] in them is doubled. What comes
/// first is for the partition that the system file names. Without the word all input is that one's, as it comes. On a
/// LEON3 it is a number other than 0 in the word behind that of [`LINE_TIMES_WORD`].
pub const CHOOSE_INPUT_WORD: &str = "choose-input";

/// The word of the kernel's command line, with `=` and a number behind it, that says from which seed a kernel that
/// varies draws how late it is. On a LEON3 it is the two words behind that of [`CHOOSE_INPUT_WORD`], in the processor's
/// order.
pub const SEED_WORD: &str = "seed";

/// The word that says how late such a kernel is at the most, in instructions. On a LEON3 it is the second of the two
/// words behind the seed's.
pub const JITTER_WORD: &str = "jitter";

/// "STOP" in ASCII.
pub const TIME_LIMIT_MARK: u32 = 0x5354_4f50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_endings_belong_together() {
        for code in 0..64 {
            assert!(Ending::from_code(code).is_none_or(|ending| ending.code() == code));
        }
        assert_eq!((16..=22).filter_map(Ending::from_code).count(), 7);
    }

    #[test]
    fn times_of_lines_are_read_as_they_were_meant() {
        for time in [0, 1, 63, 64, 1_015_011_036, u64::MAX >> 1, u64::MAX] {
            let bytes = line_time(time);
            assert_eq!(time_of_line(&bytes), Some(time));
            assert!(bytes.iter().all(|byte| byte.is_ascii_graphic()));
        }
        assert_eq!(time_of_line(b"00000000 00"), None);
        assert_eq!(time_of_line(b"oooooooooop"), None);
        assert_eq!(time_of_line(b"ooooooooooo"), None, "66 bits");
    }

    #[test]
    fn the_worse_ending_counts() {
        assert_eq!(Ending::Completed.worse(Ending::TimeLimit), Ending::TimeLimit);
        assert_eq!(Ending::Failed.worse(Ending::TimeLimit), Ending::Failed);
        assert_eq!(Ending::Failed.worse(Ending::Stopped), Ending::Stopped);
        assert_eq!(Ending::ModuleStopped.worse(Ending::Stopped), Ending::ModuleStopped);
    }
}
