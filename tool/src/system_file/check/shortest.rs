//! The shortest window: what the kernel's longest path takes and a switch behind it, as time.

use crate::system_file::limits::{INSTRUCTION_TIME_MAX, INSTRUCTION_TIME_MIN};
use crate::target::Processor;
use crate::units::duration_text;

/// How short a window may be, and what that is reckoned from.
pub(super) struct Shortest {
    /// In nanoseconds.
    pub(super) duration: u64,
    instructions: u32,
    assumed: String,
}

/// Cycles of a LEON3 for an instruction: most take one, stores and jumps two and more, and memory makes it wait.
const LEON3_CYCLES: u64 = 2;

impl Shortest {
    /// For a processor, the clock that the system file says a LEON3 board has (0 if it does not), and the time of an
    /// instruction if it says that. Without both, an instruction takes a nanosecond, as it does in QEMU.
    pub(super) fn new(processor: Processor, leon3_clock: u32, instruction_time: Option<u64>) -> Self {
        let instructions = processor.board().window_min;
        let at = |time: u64| u64::from(instructions).saturating_mul(time);
        let (duration, assumed) = match (instruction_time, leon3_clock) {
            (Some(time), _) => (at(time), format!("{} each (instruction-time)", duration_text(time))),
            (None, clock) if clock != 0 && processor == Processor::Leon3 => {
                let cycles = at(LEON3_CYCLES).saturating_mul(1_000_000_000).div_ceil(clock.into());
                // Whatever the board has, QEMU is no faster than this.
                let duration = cycles.max(at(INSTRUCTION_TIME_MIN));
                (duration, format!("{LEON3_CYCLES} cycles of leon3-clock each"))
            }
            _ => (
                at(INSTRUCTION_TIME_MIN),
                "1 ns each, as in QEMU; instruction-time says it of a board".to_owned(),
            ),
        };
        Self { duration, instructions, assumed }
    }

    /// What the duration is reckoned from, for a message that has named it.
    pub(super) fn reason(&self) -> String {
        format!("the kernel can take {} instructions to open a window, {}", self.instructions, self.assumed)
    }
}

/// Whether an instruction can take so long.
pub(super) fn is_instruction_time(time: u64) -> bool {
    (INSTRUCTION_TIME_MIN..=INSTRUCTION_TIME_MAX).contains(&time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_file_says_decides() {
        let shortest = |processor, clock, time| Shortest::new(processor, clock, time).duration;
        assert_eq!(shortest(Processor::X86_64, 0, None), 1_600);
        assert_eq!(shortest(Processor::X86_64, 50_000_000, None), 1_600);
        assert_eq!(shortest(Processor::Leon3, 0, None), 3_860);
        assert_eq!(shortest(Processor::Leon3, 50_000_000, None), 3_860 * 40);
        assert_eq!(shortest(Processor::Leon3, 33_333_333, None), 231_601);
        assert_eq!(shortest(Processor::Leon3, 4_000_000_000, None), 3_860);
        assert_eq!(shortest(Processor::Leon3, 50_000_000, Some(30)), 3_860 * 30);
        assert_eq!(shortest(Processor::X86_64, 0, Some(2)), 3_200);
    }
}
