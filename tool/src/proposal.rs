//! Windows that give each partition its budget in each of its periods: a cyclic table, made as the rule "earliest
//! deadline first" makes it.
//!
//! The frame is the least common multiple of the periods. From its start on, the partition runs whose current period
//! ends first of those that have not had their budget yet; one whose period ends earlier interrupts another. If
//! anything fits on one processor, that does (Liu and Layland, 1973), but for one thing: windows have a least length.
//! So no interruption leaves a piece that is shorter, before or behind it; where a period is over before its budget
//! has been had for that reason, there is no proposal.

use crate::diagnostics::Problem;
use crate::system_file::{MAJOR_FRAME_MAX, Window};
use crate::units::{duration_rounded, duration_text};

use bulkhead_abi::system_table::WINDOWS_MAX;

/// What a partition needs: so much in each period, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// The period.
    pub period: u64,
    /// The budget, at most the period.
    pub budget: u64,
}

/// A frame and its windows, in the order of their starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Length of the major frame, in nanoseconds.
    pub major_frame: u64,
    /// The windows.
    pub windows: Vec<Window>,
}

/// What of a partition's need a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// How often it needs its budget.
    Period,
    /// How much it needs.
    Budget,
}

/// Why there is no proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The partition that this is said of.
    pub partition: usize,
    /// What of it is at fault.
    pub part: Part,
    /// Why.
    pub message: String,
    /// What would help.
    pub help: String,
}

impl Refusal {
    /// The refusal as a problem of the system file, at this place.
    pub(crate) fn problem(self, place: std::ops::Range<usize>) -> Problem {
        Problem::new(place, self.message).help(self.help)
    }
}

/// The most periods in a frame, of all partitions together: far more than there can be windows.
const PERIODS_MAX: u64 = 100_000;

/// Proposes a frame and windows. `frame` is what the frame is to be if that has been said, and `shortest` the shortest
/// window.
///
/// # Errors
/// Why there are none.
pub fn propose(needs: &[Need], frame: Option<u64>, shortest: u64) -> Result<Proposal, Refusal> {
    let major_frame = chosen_frame(needs, frame)?;
    utilization(needs, major_frame)?;
    let periods: u64 = needs.iter().map(|need| major_frame / need.period).sum();
    if periods > PERIODS_MAX {
        let partition = shortest_period(needs);
        return Err(Refusal {
            partition,
            part: Part::Period,
            message: format!("a frame of {} has {periods} periods", duration_text(major_frame)),
            help: format!("at most {PERIODS_MAX}: choose periods of which one is a multiple of the other"),
        });
    }
    let windows = Table::new(needs, major_frame, shortest).windows()?;
    Ok(Proposal { major_frame, windows })
}

/// The number of the partition with the shortest period.
fn shortest_period(needs: &[Need]) -> usize {
    let numbered = needs.iter().enumerate();
    numbered.min_by_key(|(_, need)| need.period).map_or(0, |(number, _)| number)
}

const fn greatest_common_divisor(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// The length of the frame: a multiple of each period.
fn chosen_frame(needs: &[Need], frame: Option<u64>) -> Result<u64, Refusal> {
    let mut least = 1_u64;
    for (partition, need) in needs.iter().enumerate() {
        if let Some(frame) = frame.filter(|frame| !frame.is_multiple_of(need.period)) {
            let (frame, period) = (duration_text(frame), duration_text(need.period));
            return Err(Refusal {
                partition,
                part: Part::Period,
                message: format!("the major frame of {frame} is no multiple of this period of {period}"),
                help: "leave major-frame out, for the shortest that is a multiple of every period".to_owned(),
            });
        }
        let step = need.period / greatest_common_divisor(least, need.period);
        least = least.checked_mul(step).filter(|least| *least <= MAJOR_FRAME_MAX).ok_or_else(|| Refusal {
            partition,
            part: Part::Period,
            message: format!(
                "no major frame of up to {} is a multiple of the periods up to this one",
                duration_text(MAJOR_FRAME_MAX)
            ),
            help: "choose periods of which one is a multiple of the other".to_owned(),
        })?;
    }
    Ok(frame.unwrap_or(least))
}

/// Refuses budgets that together are more than the time there is.
fn utilization(needs: &[Need], frame: u64) -> Result<(), Refusal> {
    let time = |need: &Need| u128::from(need.budget) * u128::from(frame / need.period);
    let sum: u128 = needs.iter().map(time).sum();
    if sum <= u128::from(frame) {
        return Ok(());
    }
    let greediest =
        needs.iter().enumerate().max_by_key(|(_, need)| time(need)).map_or(0, |(number, _)| number);
    let tenths = (sum * 1000).div_ceil(u128::from(frame));
    Err(Refusal {
        partition: greediest,
        part: Part::Budget,
        message: format!("the budgets take {}.{} % of the time", tenths / 10, tenths % 10),
        help: "this one takes most of it: give budgets less, or longer periods, until 100 % are enough"
            .to_owned(),
    })
}

/// What a partition has had of its current period.
#[derive(Clone, Copy)]
struct Job {
    /// When its period ends.
    deadline: u64,
    /// How much of the budget is left.
    left: u64,
}

/// The table while it is being filled.
struct Table<'a> {
    needs: &'a [Need],
    frame: u64,
    shortest: u64,
    jobs: Vec<Job>,
    windows: Vec<Window>,
}

impl<'a> Table<'a> {
    fn new(needs: &'a [Need], frame: u64, shortest: u64) -> Self {
        let jobs = needs.iter().map(|need| Job { deadline: need.period, left: need.budget }).collect();
        Self { needs, frame, shortest, jobs, windows: Vec::new() }
    }

    fn windows(mut self) -> Result<Vec<Window>, Refusal> {
        let mut now = 0;
        let mut last = None;
        while now < self.frame {
            self.begin_periods(now)?;
            let Some(partition) = self.most_urgent(last) else {
                now = self.next_period(now);
                last = None;
                continue;
            };
            // What is left at the end of the period is told there.
            let until = self.until(partition, now).min(self.jobs[partition].deadline);
            self.give(partition, now, until)?;
            (now, last) = (until, Some(partition));
        }
        self.begin_periods(self.frame)?;
        Ok(self.windows)
    }

    /// Begins the periods of those whose last one is over.
    fn begin_periods(&mut self, now: u64) -> Result<(), Refusal> {
        for (partition, (job, need)) in self.jobs.iter_mut().zip(self.needs).enumerate() {
            while job.deadline <= now {
                if job.left > 0 {
                    return Err(Refusal {
                        partition,
                        part: Part::Budget,
                        message: format!(
                            "{} of this budget would be left at {}",
                            duration_rounded(job.left),
                            duration_rounded(job.deadline)
                        ),
                        help: format!(
                            "windows are at least {} long, so not everything that fits can be had: give budgets a \
                             little less, or choose periods of which one is a multiple of the other",
                            duration_text(self.shortest)
                        ),
                    });
                }
                *job = Job { deadline: job.deadline + need.period, left: need.budget };
            }
        }
        Ok(())
    }

    /// The partition whose period ends first, of those that have not had their budget; of several the one that runs.
    fn most_urgent(&self, running: Option<usize>) -> Option<usize> {
        let waiting = self.jobs.iter().enumerate().filter(|(_, job)| job.left > 0);
        waiting
            .min_by_key(|(number, job)| (job.deadline, Some(*number) != running, *number))
            .map(|(number, _)| number)
    }

    /// When the next period begins.
    fn next_period(&self, now: u64) -> u64 {
        let ends = self.jobs.iter().map(|job| job.deadline).filter(|end| *end > now);
        ends.min().unwrap_or(self.frame).min(self.frame)
    }

    /// Until when a partition runs that runs from now on: until it has its budget, or until another is more urgent, and
    /// neither it nor what is left of it is too short.
    fn until(&self, partition: usize, now: u64) -> u64 {
        let job = self.jobs[partition];
        let end = now + job.left;
        // A window that another one of the same partition is merged with is as long as both.
        let begun = self.windows.last().filter(|last| last.partition == partition && last.end() == now);
        let begun = begun.map_or(0, |last| last.duration);
        let mut at = now;
        loop {
            at = self.next_begin(at);
            if at >= end {
                return end;
            }
            let is_more_urgent = |(other, need): (usize, &Need)| {
                other != partition && at.is_multiple_of(need.period) && at + need.period < job.deadline
            };
            let interrupts = self.needs.iter().enumerate().any(is_more_urgent);
            if !interrupts {
                continue;
            }
            let earliest = now + self.shortest.saturating_sub(begun);
            let at = at.max(earliest);
            return if at >= end || end - at < self.shortest { end } else { at };
        }
    }

    /// When a period begins next after a time, of whomever.
    fn next_begin(&self, after: u64) -> u64 {
        let begins = self.needs.iter().map(|need| (after / need.period + 1) * need.period);
        begins.min().unwrap_or(self.frame)
    }

    /// Gives a partition a time, as a window or as more of its last one.
    fn give(&mut self, partition: usize, start: u64, end: u64) -> Result<(), Refusal> {
        self.jobs[partition].left -= end - start;
        match self.windows.last_mut() {
            Some(last) if last.partition == partition && last.end() == start => last.duration += end - start,
            _ => self.windows.push(Window { partition, start, duration: end - start }),
        }
        if self.windows.len() <= WINDOWS_MAX {
            return Ok(());
        }
        Err(Refusal {
            partition: shortest_period(self.needs),
            part: Part::Period,
            message: format!("more than {WINDOWS_MAX} windows would be needed"),
            help: "choose longer periods, of which one is a multiple of the other".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: u64 = 1_000_000;

    fn need(period: u64, budget: u64) -> Need {
        Need { period: period * MS, budget: budget * MS }
    }

    fn window(partition: usize, start: u64, duration: u64) -> Window {
        Window { partition, start: start * MS, duration: duration * MS }
    }

    #[test]
    fn what_is_urgent_comes_first() {
        let proposal = propose(&[need(20, 5), need(10, 4)], None, 1600).expect("it fits");
        assert_eq!(proposal.major_frame, 20 * MS);
        assert_eq!(proposal.windows, [window(1, 0, 4), window(0, 4, 5), window(1, 10, 4)]);
        let full = propose(&[need(10, 10)], Some(100 * MS), 1600).expect("it fits");
        assert_eq!(full.windows, [window(0, 0, 100)], "one window is enough");
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_reason() {
        let why = |needs: &[Need], frame, shortest| {
            let refusal = propose(needs, frame, shortest).expect_err("it cannot be");
            (refusal.partition, refusal.part, refusal.message)
        };
        assert_eq!(
            why(&[need(10, 6), need(20, 9)], None, 1600),
            (0, Part::Budget, "the budgets take 105.0 % of the time".to_owned())
        );
        assert_eq!(
            why(&[need(10, 1), need(30, 1)], Some(20 * MS), 1600),
            (1, Part::Period, "the major frame of 20 ms is no multiple of this period of 30 ms".to_owned())
        );
        assert_eq!(
            why(&[need(3_599_999, 1), need(3_600_000, 1)], None, 1600),
            (
                1,
                Part::Period,
                "no major frame of up to 3600 s is a multiple of the periods up to this one".to_owned()
            )
        );
        assert_eq!(
            why(&[need(1, 1), need(1, 0)], Some(1_000_000 * MS), 1600),
            (0, Part::Period, "a frame of 1000 s has 2000000 periods".to_owned())
        );
        let needs = [Need { period: 2 * MS, budget: MS / 2 }, need(500, 100)];
        assert_eq!(
            why(&needs, Some(1000 * MS), 1600),
            (0, Part::Period, "more than 256 windows would be needed".to_owned())
        );
        // At 20 ms the second one cannot be interrupted any more: what is left of it is too short.
        assert_eq!(
            why(&[need(10, 7), need(40, 10)], None, 4 * MS),
            (0, Part::Budget, "1 ms of this budget would be left at 30 ms".to_owned())
        );
    }

    /// How much of a time belongs to a partition, looked at nanosecond after nanosecond.
    fn had(windows: &[Window], partition: usize, from: u64, to: u64) -> u64 {
        let owns = |time: &u64| {
            let mut own = windows.iter().filter(|window| window.partition == partition);
            own.any(|window| window.start <= *time && *time < window.end())
        };
        (from..to).filter(owns).count() as u64
    }

    proptest! {
        /// Against an oracle that only looks: everybody has exactly the budget in every period, and no two windows
        /// share a nanosecond. Whatever fits is proposed where windows may be as short as one likes.
        #[test]
        fn everybody_has_the_budget_in_every_period(
            drawn in proptest::collection::vec((0_usize..8, 0_u64..100), 1..6),
            shortest in 1_u64..4,
        ) {
            let periods = [4, 6, 8, 12, 16, 24, 48, 30];
            let needs: Vec<Need> = drawn
                .iter()
                .map(|(period, share)| (periods[*period], *share))
                .map(|(period, share)| Need { period, budget: (period * share / 250).max(1) })
                .filter(|need| need.budget >= shortest)
                .collect();
            prop_assume!(!needs.is_empty());
            let used: u64 = needs.iter().map(|need| need.budget * (240 / need.period)).sum();
            let proposal = match propose(&needs, Some(240), shortest) {
                Ok(proposal) => proposal,
                Err(refusal) => {
                    prop_assert!(used > 240 || shortest > 1, "{refusal:?}");
                    return Ok(());
                }
            };
            prop_assert!(used <= 240);
            for (partition, need) in needs.iter().enumerate() {
                for period in 0..240 / need.period {
                    let from = period * need.period;
                    prop_assert_eq!(had(&proposal.windows, partition, from, from + need.period), need.budget);
                }
            }
            prop_assert!(proposal.windows.windows(2).all(|pair| pair[0].end() <= pair[1].start));
            prop_assert!(proposal.windows.iter().all(|window| window.duration >= shortest && window.end() <= 240));
        }
    }
}
