//! Going back, and to any instant, in a run that is repeated from a record.
//!
//! An instant of such a run is where so many instructions have been executed. A later one is reached by running on; an
//! earlier one by repeating the run from its beginning up to there: QEMU keeps no state that it could go back to. What
//! gdb has changed in registers and memory is not in the repetition.

use std::fmt;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use super::{BREAKPOINT, INTERRUPTED, Owner, Server, Stop, TRAPPED};
use crate::connection::Said;
use crate::machine::Process;
use crate::stub::Failure;

/// How long QEMU may say nothing at all while it repeats a run. It can stand still without end.
const PATIENCE: Duration = Duration::from_secs(300);

/// How many instructions are looked at one by one for a partition's last one, first and at the most.
const SCAN_FIRST: u64 = 16;
const SCAN_TIMES: u64 = 8;
const SCAN_MAX: u64 = 40_000;

/// How many switches between partitions are looked at for a partition's last one: partitions can make as many as they
/// like. And how often the machine may stop at the same instruction meanwhile.
const SWITCHES_MAX: usize = 100_000;
const STANDS_MAX: usize = 100;

/// Instructions from the one by which LEON3 waits on, that one included, of which none is a partition's: those of a
/// trap's begin.
const BEHIND_WAIT: u64 = 4;

/// How often an instant is tried to be hemmed in.
const TRIES: usize = 64;

/// A kind of marks of gdb's: a watchpoint for writing.
const WATCHPOINT: u8 = 2;

/// A run that can be repeated from its beginning on as often as is wished.
pub trait Repeat: fmt::Debug {
    /// Ends the machine that there is, and starts another one that stands before its first instruction: QEMU's stub,
    /// and what the run says.
    ///
    /// # Errors
    /// If none can be started.
    fn again(&mut self) -> io::Result<(UnixStream, Receiver<Said>)>;

    /// The time that words mean, in nanoseconds of the system's clock, which says `now` if it has begun.
    ///
    /// # Errors
    /// What is wrong with the words, and what would be right.
    fn time_of(&mut self, words: &str, now: Option<u64>) -> Result<u64, String>;

    /// Lines about the events around an instant; `words` is what has been asked for besides.
    ///
    /// # Errors
    /// Why there are none.
    fn events(&mut self, words: &str, now: Option<u64>) -> Result<String, String>;
}

/// Where the user wants to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// To the instant at which so many instructions have been executed.
    Position(u64),
    /// To the first instruction at or behind a time of the system's clock, in nanoseconds.
    Time(u64),
}

/// What is needed to repeat a run.
#[derive(Debug)]
pub(super) struct Replay {
    run: Box<dyn Repeat>,
    /// Where the session has begun: no way leads before.
    first: u64,
    /// Where the machine goes when it next goes on.
    pub(super) goal: Option<Goal>,
}

/// How far the machine has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reached {
    /// To the instant.
    It,
    /// To a mark of the server's own.
    Mark,
    /// To where the user has wanted it to stop.
    Wish,
}

/// Where a partition has executed its last instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// At this instant.
    At(u64),
    /// Nowhere that has been looked at.
    Nowhere,
    /// The user has wanted to stop looking.
    Wish,
}

/// A place where going back could stop.
struct Hit {
    position: u64,
    process: Process,
    /// The address of the next instruction, if it is known.
    place: Option<u64>,
    detail: String,
}

impl Server {
    /// Prepares a machine that stands before its first instruction.
    pub(super) fn begin_replay(&mut self, run: Box<dyn Repeat>) -> Result<(), Failure> {
        self.machine.connection().be_patient_for(PATIENCE);
        self.machine.prepare_clock()?;
        self.replay = Some(Replay { run, first: 0, goal: None });
        Ok(())
    }

    /// Takes the instant for the session's first one. From now on the machine stands where the kernel ends the system.
    pub(super) fn begin_here(&mut self) -> Result<(), Failure> {
        if self.replay.is_none() || self.has_ended {
            return Ok(());
        }
        let first = self.machine.executed()?;
        if let Some(replay) = &mut self.replay {
            replay.first = first;
        }
        let end = self.machine.places_of_kernel().0.map(|place| (Process::Kernel, place));
        self.claim_all(true, end.as_slice())
    }

    /// Has the processor execute one instruction.
    pub(super) fn single_step(&mut self) -> Result<(), Failure> {
        if self.replay.is_some() && self.machine.waits()? {
            let position = self.machine.executed()?;
            // It stands still as well where a step begins while the processor waits: so to behind the end of that.
            self.machine.stop_at(position + BEHIND_WAIT)?;
            return self.run_to_stop().map(drop);
        }
        self.machine.stub().step()
    }

    /// Whether a mark of gdb's would keep QEMU from repeating the run: it stands still near LEON3's instruction for
    /// waiting.
    pub(super) fn cannot_be_marked(&self, address: u64) -> bool {
        self.replay.is_some() && self.machine.standstill().is_some_and(|range| range.contains(&address))
    }

    /// Whether the kernel is about to end the system.
    pub(super) fn is_at_end(&mut self) -> Result<bool, Failure> {
        let end = self.machine.places_of_kernel().0;
        Ok(self.replay.is_some() && end.is_some() && end == Some(self.machine.place()?.0))
    }

    fn first(&self) -> u64 {
        self.replay.as_ref().map_or(0, |replay| replay.first)
    }

    /// Tells QEMU of the marks that are gdb's alone, or has it forget them.
    fn lay(&mut self, sets: bool) -> Result<(), Failure> {
        self.lay_those(sets, true)
    }

    /// The same of the marks that are gdb's alone, or of all others.
    fn lay_those(&mut self, sets: bool, gdbs_alone: bool) -> Result<(), Failure> {
        let stub = self.machine.stub();
        for ((what, place), (size, owners)) in &self.marks {
            if owners.iter().all(|owner| owner.is_gdbs) == gdbs_alone {
                stub.mark(sets, *what, *place, *size)?;
            }
        }
        Ok(())
    }

    /// Begins the run again, without gdb's marks, and goes to its first instant, or to a later one.
    fn again(&mut self, position: u64) -> Result<Reached, Failure> {
        let replay = self.replay.as_mut().ok_or(Failure::Refused)?;
        let (stub, run) = replay.run.again().map_err(|_| Failure::Gone)?;
        let first = replay.first;
        self.machine.replace(stub, run)?;
        self.lay_those(true, false)?;
        self.seek(position.max(first))
    }

    /// Runs on to an instant, without gdb's marks, or as far as there is a mark of the server's own, or the user wants
    /// it.
    fn seek(&mut self, position: u64) -> Result<Reached, Failure> {
        if self.machine.executed()? >= position {
            return Ok(Reached::It);
        }
        let (place, _) = self.machine.place()?;
        let owners = self.marks.get(&(BREAKPOINT, place)).map(|(_, owners)| owners);
        if owners.is_some_and(|owners| owners.iter().any(|owner| !owner.is_gdbs)) {
            // A step is one whatever is marked there.
            self.single_step()?;
            if self.machine.executed()? >= position {
                return Ok(Reached::It);
            }
        }
        self.machine.stop_at(position)?;
        let (_, is_wanted) = self.run_to_stop()?;
        if self.machine.executed()? >= position {
            return Ok(Reached::It);
        }
        self.machine.stop_nowhere()?;
        Ok(if is_wanted { Reached::Wish } else { Reached::Mark })
    }

    /// Goes to an instant, before or behind this one, without gdb's marks, or as far as [`Self::seek`].
    fn reach(&mut self, position: u64) -> Result<Reached, Failure> {
        if self.machine.executed()? > position {
            self.again(position)
        } else if self.is_at_end()? {
            // What comes behind the end is the machine's own.
            Ok(Reached::Mark)
        } else {
            self.seek(position)
        }
    }

    /// Goes to an instant, before or behind this one, and stops there with gdb's marks. `process` is who has stopped,
    /// if it is not who runs there.
    fn arrive(&mut self, position: u64, process: Option<Process>) -> Result<Stop, Failure> {
        self.reach(position)?;
        self.lay(true)?;
        let runner = self.machine.runner()?;
        let detail = if self.machine.executed()? <= self.first() {
            "replaylog:begin;"
        } else if self.is_at_end()? {
            "replaylog:end;"
        } else {
            ""
        };
        let process = process.filter(|_| detail.is_empty()).unwrap_or(runner);
        Ok(Stop::At { process, signal: TRAPPED, detail: detail.to_owned() })
    }

    /// Goes back: by one instruction of a process, or to the last mark of gdb's.
    pub(super) fn go_back(&mut self, process: Option<Process>) -> Result<Stop, Failure> {
        let here = self.machine.executed()?;
        self.lay(false)?;
        if here <= self.first() {
            return self.arrive(here, None);
        }
        match process {
            Some(Process::Kernel) => self.arrive(here - 1, Some(Process::Kernel)),
            Some(process @ Process::Partition(partition)) => {
                match self.last_instruction(process, partition, here)? {
                    Last::At(position) => self.arrive(position, Some(process)),
                    Last::Nowhere => self.arrive(0, Some(process)),
                    Last::Wish => {
                        self.lay(true)?;
                        let process = self.machine.runner()?;
                        Ok(Stop::At { process, signal: INTERRUPTED, detail: String::new() })
                    }
                }
            }
            None => self.back_to_mark(here),
        }
    }

    /// Where a partition has executed its last instruction before an instant.
    fn last_instruction(&mut self, process: Process, partition: usize, here: u64) -> Result<Last, Failure> {
        let goes_on = if self.machine.runner()? == process {
            self.machine.place()?.0
        } else {
            self.machine.resumes_at(partition, false)?.first().copied().unwrap_or_default()
        };
        let first = self.first();
        let (mut end, mut reach, mut looked_at) = (here, SCAN_FIRST, 0);
        let mut knows_switches = false;
        while end > first && looked_at < SCAN_MAX {
            let begin = end.saturating_sub(reach).max(first);
            match self.scan(process, begin..end, goes_on)? {
                Last::Nowhere => {}
                found => return Ok(found),
            }
            looked_at += end - begin;
            (end, reach) = (begin, reach * SCAN_TIMES);
            // It is not a call of the kernel's: it may have lost the processor.
            if !knows_switches && looked_at > SCAN_FIRST * SCAN_TIMES {
                let Some((lost, regained)) = self.switches(partition, here)? else { return Ok(Last::Wish) };
                knows_switches = true;
                if lost < end && regained >= end {
                    (end, reach, looked_at) = (lost, SCAN_FIRST, 0);
                }
            }
        }
        Ok(Last::Nowhere)
    }

    /// The last instruction of a partition among those of a stretch, which are executed one by one. `goes_on` is where
    /// the partition goes on behind it.
    fn scan(
        &mut self,
        process: Process,
        stretch: std::ops::Range<u64>,
        goes_on: u64,
    ) -> Result<Last, Failure> {
        if self.again(stretch.start)? == Reached::Wish {
            return Ok(Last::Wish);
        }
        let mut found = None;
        // One that trapped and was not counted: executed if the partition goes on elsewhere.
        let mut doubtful: Option<(u64, u64)> = None;
        loop {
            let position = self.machine.executed()?;
            if position >= stretch.end {
                break;
            }
            if self.connection().has_been_interrupted() {
                return Ok(Last::Wish);
            }
            let is_its = self.machine.runner()? == process;
            let (place, _) = self.machine.place()?;
            if is_its && let Some((at, _)) = doubtful.take_if(|(_, from)| *from != place) {
                found = Some(at);
            }
            self.single_step()?;
            if is_its {
                let is_counted = self.machine.executed()? > position;
                doubtful = None;
                if is_counted {
                    found = Some(position);
                } else {
                    doubtful = Some((position, place));
                }
            }
        }
        let last = doubtful.filter(|(_, from)| *from != goes_on).map(|(at, _)| at).or(found);
        Ok(last.map_or(Last::Nowhere, Last::At))
    }

    /// Where a partition has last lost the processor before an instant, and where it has last got it behind that; the
    /// first instant, and the last one, if that has never been, or there are too many to look at. Nothing if the user
    /// has wanted to stop looking.
    fn switches(&mut self, partition: usize, here: u64) -> Result<Option<(u64, u64)>, Failure> {
        let place = self.machine.place_of_current();
        let first = self.first();
        self.again(first)?;
        self.machine.stub().mark(true, WATCHPOINT, place, 1)?;
        let mut had = self.machine.current()? == Some(partition);
        let (mut lost, mut regained) = (first, here);
        let (mut before, mut stands) = (first, 0);
        let mut is_wanted = false;
        for count in 0.. {
            if count == SWITCHES_MAX || stands == STANDS_MAX {
                (lost, regained) = (first, here);
                break;
            }
            self.machine.stop_at(here)?;
            (_, is_wanted) = self.run_to_stop()?;
            let position = self.machine.executed()?;
            if is_wanted || position >= here {
                break;
            }
            stands = if position == before { stands + 1 } else { 0 };
            before = position;
            let has = self.machine.current()? == Some(partition);
            match (had, has) {
                (true, false) => (lost, regained) = (position, here),
                (false, true) => regained = position,
                _ => {}
            }
            had = has;
        }
        self.machine.stub().mark(false, WATCHPOINT, place, 1)?;
        Ok((!is_wanted).then_some((lost, regained)))
    }

    /// Goes to the last mark of gdb's before an instant, or to the first one.
    fn back_to_mark(&mut self, here: u64) -> Result<Stop, Failure> {
        let first = self.first();
        self.again(first)?;
        self.lay(true)?;
        let mut last = self.hit_here(first)?;
        loop {
            self.step_over()?;
            match self.run_to_mark(Some(here))? {
                stop @ Stop::At { signal: INTERRUPTED, .. } => return Ok(stop),
                Stop::At { process, detail, .. } => {
                    let position = self.machine.executed()?;
                    // A watchpoint fires behind the instruction, and going back is over it.
                    let hit = if detail.contains("watch") {
                        Hit { position: position.saturating_sub(1), process, place: None, detail }
                    } else {
                        Hit { position, process, place: Some(self.machine.place()?.0), detail }
                    };
                    if hit.position < here && !hit.detail.is_empty() {
                        last = Some(hit);
                    }
                }
                Stop::Limit | Stop::Ended => break,
            }
        }
        let Some(hit) = last else {
            self.again(first)?;
            return self.arrive(first, None);
        };
        self.again(hit.position)?;
        // An interrupt may be taken where no instruction is executed.
        while let Some(place) = hit.place
            && self.machine.place()?.0 != place
            && self.machine.executed()? == hit.position
        {
            self.single_step()?;
        }
        self.lay(true)?;
        Ok(Stop::At { process: hit.process, signal: TRAPPED, detail: hit.detail })
    }

    /// What gdb has marked at the instant itself.
    fn hit_here(&mut self, position: u64) -> Result<Option<Hit>, Failure> {
        let (process, place) = (self.machine.runner()?, self.machine.place()?.0);
        let owners = self.marks.get(&(BREAKPOINT, place)).map(|(_, owners)| owners);
        let is_hit = owners.is_some_and(|owners| owners.contains(&Owner { process, is_gdbs: true }));
        let detail = "swbreak:;".to_owned();
        Ok(is_hit.then_some(Hit { position, process, place: Some(place), detail }))
    }

    /// Goes where the user wants to.
    pub(super) fn go_to(&mut self, goal: Goal) -> Result<Stop, Failure> {
        self.lay(false)?;
        let position = match goal {
            Goal::Position(position) => position,
            Goal::Time(time) => self.position_of(time)?,
        };
        self.arrive(position, None)
    }

    /// Where the system's clock first says a time or a later one; nearly, as exactly as it can be read.
    fn position_of(&mut self, time: u64) -> Result<u64, Failure> {
        if self.machine.time()?.is_none_or(|now| now >= time) {
            self.again(0)?;
        }
        let tick = self.machine.places_of_kernel().1.map(|place| (Process::Kernel, place));
        self.claim_all(true, tick.as_slice())?;
        let passed = self.pass(time);
        // The mark is the server's, whatever has become of the search.
        let released = self.claim_all(false, tick.as_slice());
        let (mut before, passed) = passed?;
        released?;
        let mut end = self.machine.executed()?;
        // The clock has gone on without instructions, by more than an interrupt of the timer tells of.
        for _ in 0..TRIES {
            if passed <= time.saturating_add(self.machine.grain()) || end <= before + 1 {
                break;
            }
            let middle = before + (end - before) / 2;
            if self.reach(middle)? == Reached::Wish {
                return self.machine.executed();
            }
            if self.machine.time()?.unwrap_or(0) >= time {
                end = middle
            } else {
                before = middle
            };
        }
        Ok(end)
    }

    /// Runs on to where the clock says a time or a later one, the run ends, or the user wants to stop: the last instant
    /// before that was looked at, and what the clock says then.
    fn pass(&mut self, time: u64) -> Result<(u64, u64), Failure> {
        let mut before = self.machine.executed()?;
        loop {
            let now = self.machine.time()?.unwrap_or(0);
            let position = self.machine.executed()?;
            if now >= time || self.is_at_end()? {
                return Ok((before, now));
            }
            before = position;
            // Each instruction takes a nanosecond; waiting takes more, and ends at a mark.
            let missing = time - now;
            if self.seek(position.saturating_add(missing))? == Reached::Wish {
                return Ok((before, time));
            }
        }
    }

    /// Commands of the user's about instants: `goto`, `now` and `events`. Nothing if it is none of them; what is wrong
    /// otherwise.
    pub(super) fn ask_replay(&mut self, command: &str) -> Result<Option<Result<String, String>>, Failure> {
        let (word, rest) = command.split_once(' ').unwrap_or((command, ""));
        let rest = rest.trim();
        if !matches!(word, "goto" | "now" | "events") {
            return Ok(None);
        }
        if self.replay.is_none() {
            return Ok(Some(Err(
                "this run is no repetition: begin with `bulkhead debug --replay FILE`".to_owned()
            )));
        }
        // Between two instants of which nobody knows when the clock goes on, no time can be found.
        let is_counted = word == "goto" && (rest == "begin" || rest.starts_with("instruction "));
        if word == "goto" && !is_counted && self.machine.standstill().is_some() {
            return Ok(Some(Err("no time can be gone to on this processor, where QEMU stands still while the \
                                processor waits: `goto begin`, `goto instruction NUMBER`, and breakpoints with \
                                continue and reverse-continue work"
                .to_owned())));
        }
        let (now, position) = (self.machine.time()?, self.machine.executed()?);
        let Some(replay) = &mut self.replay else { return Ok(None) };
        Ok(Some(match word {
            "now" => Ok(format!("{} ns, instruction {position}\n", now.unwrap_or(0))),
            "events" => replay.run.events(rest, now),
            _ => replay.goal_of(rest, now).map(|goal| {
                replay.goal = Some(goal);
                String::new()
            }),
        }))
    }
}

impl Replay {
    /// What the words behind `goto` mean.
    fn goal_of(&mut self, words: &str, now: Option<u64>) -> Result<Goal, String> {
        if words == "begin" {
            return Ok(Goal::Position(self.first));
        }
        if let Some(number) = words.strip_prefix("instruction ") {
            let number = number.trim();
            let position = number.parse().map_err(|_| format!("`{number}` is no number of instructions"))?;
            return Ok(Goal::Position(position));
        }
        self.run.time_of(words, now).map(Goal::Time)
    }
}
