//! What the items of an executive's records mean: the stand-in's, and those of RTEMS in a program with a kit.

use bulkhead_abi::record::{EVENT_BITS, event as number};

use crate::event::TaskEvent;

/// Letters of a task's name that are kept.
const NAME_MAX: usize = 64;

/// The bits of the time in an item.
const TIME_BITS: u32 = 32 - EVENT_BITS;
const TIME_MASK: u32 = (1 << TIME_BITS) - 1;

/// What tells the whole time, of which items have the low bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// In RTEMS the link-time pack tells it, and RTEMS's own times begin when RTEMS does.
    is_rtems: bool,
    /// The time of the last item, or, in RTEMS, the one that was told last without its low bits; if it is known.
    time: Option<u64>,
    low: u32,
}

impl Clock {
    pub(crate) const fn new(is_rtems: bool) -> Self {
        Self { is_rtems, time: None, low: 0 }
    }

    /// The time is not known any more.
    pub(crate) const fn forget(&mut self) {
        self.time = None;
    }

    /// Whether an item tells the time, which is taken if it is not behind `end`.
    pub(crate) fn is_told(&mut self, bits: u32, event: u32, data: u32, end: u64) -> bool {
        match (event, self.is_rtems) {
            (number::UPTIME_LOW, _) => self.low = data,
            (number::UPTIME_HIGH, false) => {
                self.time = Some(whole_time(bits, data, self.low)).filter(|time| *time <= end);
            }
            (number::UPTIME_HIGH, true) => {}
            (number::CLOCK, true) => {
                let time = u64::from(data) << TIME_BITS;
                self.time = Some(time).filter(|time| time | u64::from(bits) <= end);
            }
            _ => return false,
        }
        true
    }

    /// The time of an item with these bits of it.
    pub(crate) fn at(&self, bits: u32) -> Option<u64> {
        let time = self.time?;
        if self.is_rtems {
            return Some(time | u64::from(bits));
        }
        time.checked_add(u64::from(bits.wrapping_sub(time as u32) & TIME_MASK))
    }

    /// An item was at this time.
    pub(crate) const fn passes(&mut self, now: u64) {
        if !self.is_rtems {
            self.time = Some(now);
        }
    }
}

/// The time in nanoseconds that ends with these bits and is nearest to so many seconds and this fraction of one, which
/// is not as exact.
fn whole_time(bits: u32, seconds: u32, fraction: u32) -> u64 {
    let about = u64::from(seconds) * 1_000_000_000 + ((u64::from(fraction) * 1_000_000_000) >> 32);
    let ahead = bits.wrapping_sub(about as u32) & TIME_MASK;
    if ahead <= TIME_MASK / 2 {
        about + u64::from(ahead)
    } else {
        about.saturating_sub(u64::from(TIME_MASK + 1 - ahead))
    }
}

/// What has been told before, on which the meaning of an item depends.
#[derive(Clone, Debug)]
pub(crate) struct Meaning {
    is_rtems: bool,
    /// The task whose name follows, and, in RTEMS, what there is of that.
    named: Option<u32>,
    letters: Vec<u8>,
    took: Option<u32>,
    /// Whether it is known that a task has the processor.
    executes: bool,
}

impl Meaning {
    pub(crate) const fn new(is_rtems: bool) -> Self {
        Self { is_rtems, named: None, letters: Vec::new(), took: None, executes: false }
    }

    /// Items are missing, or the partition begins again.
    pub(crate) fn forget(&mut self) {
        *self = Self::new(self.is_rtems);
    }

    /// The name of a task whose last piece is there when an item has another event than this. RTEMS tells names in
    /// pieces of four letters, the first one in the lowest byte.
    pub(crate) fn name_before(&mut self, event: u32) -> Option<TaskEvent> {
        if !self.is_rtems || event == number::THREAD_NAME || self.letters.is_empty() {
            return None;
        }
        let name = name(&std::mem::take(&mut self.letters));
        self.named.take().map(|task| TaskEvent::Name { task, name })
    }

    /// The event that an item tells of, if it does so by itself.
    pub(crate) fn of(&mut self, event: u32, data: u32) -> Option<TaskEvent> {
        if self.is_rtems {
            match event {
                number::THREAD_CREATE => self.named = Some(data),
                number::THREAD_NAME => {
                    if self.named.is_some() && self.letters.len() < NAME_MAX {
                        self.letters.extend(data.to_le_bytes());
                    }
                    return None;
                }
                // Between the two events of a switch.
                number::THREAD_STACK_CURRENT => return None,
                // To the first task RTEMS does not switch.
                number::THREAD_BEGIN if !self.executes => {
                    self.executes = true;
                    return Some(TaskEvent::SwitchIn { task: data });
                }
                _ => {}
            }
        }
        Some(match event {
            number::THREAD_ID => {
                self.named = Some(data);
                return None;
            }
            number::THREAD_NAME => {
                TaskEvent::Name { task: self.named.take()?, name: name(&data.to_be_bytes()) }
            }
            number::INTERRUPT_ENTRY => TaskEvent::InterruptEntry { vector: data },
            number::INTERRUPT_EXIT => TaskEvent::InterruptExit { vector: data },
            number::THREAD_SWITCH_IN => {
                self.executes = true;
                TaskEvent::SwitchIn { task: data }
            }
            number::THREAD_SWITCH_OUT => {
                self.executes = false;
                TaskEvent::SwitchOut { task: data }
            }
            number::JOB_RELEASED => TaskEvent::JobReleased { period: data },
            number::JOB_TOOK => {
                self.took = Some(data);
                return None;
            }
            number::JOB_ENDED | number::JOB_ENDED_LATE => TaskEvent::JobEnded {
                period: data,
                late: event == number::JOB_ENDED_LATE,
                took: self.took.take(),
            },
            number::JOBS_DROPPED => TaskEvent::JobsDropped { period: data },
            number::USER.. => TaskEvent::User { number: event - number::USER, data: data.into() },
            event => TaskEvent::Other { event, data: data.into() },
        })
    }
}

/// A name of letters, without those at its end that are none.
fn name(letters: &[u8]) -> String {
    let letter = |letter: &u8| if letter.is_ascii_graphic() { char::from(*letter) } else { ' ' };
    letters.iter().map(letter).collect::<String>().trim_end().replace(' ', "?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_time_is_exact() {
        for time in [0, 5, (1 << 22) - 1, 1 << 22, 3_999_999_999, 12_345_678_901_234] {
            let (seconds, rest) = (time / 1_000_000_000, time % 1_000_000_000);
            let fraction = ((rest << 32) / 1_000_000_000) as u32;
            assert_eq!(whole_time(time as u32 & TIME_MASK, seconds as u32, fraction), time);
        }
    }
}
