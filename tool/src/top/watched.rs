//! What is known of a system that runs: figures, and the last lines that were said.
//!
//! A machine is further than it may be shown where nothing happens for a while, which takes it no time. What has come
//! of it waits until it is due.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bulkhead_abi::trace::Kind;
use bulkhead_timeline::live::{Live, Now};
use bulkhead_timeline::{Event, Lost};

use crate::diagnostics::visible::spelled;
use crate::run::{Output, Speaker};
use crate::system_file::System;
use crate::tracing::described;

/// Lines that are kept of each partition.
const LINES_MAX: usize = 100;

/// Characters that are kept of a line.
const LENGTH_MAX: usize = 256;

/// Lines that wait at the most.
const WAITING_MAX: usize = 10_000;

/// What is known of a system that runs, shared by those who tell it and those who show it.
#[derive(Clone, Debug)]
pub(crate) struct Watched(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    known: Mutex<Known>,
    /// Whether nobody looks any more.
    is_over: AtomicBool,
}

#[derive(Debug)]
struct Known {
    live: Live,
    consoles: Vec<VecDeque<String>>,
    kernel: String,
    ended: Option<String>,
    waiting: Waiting,
}

/// What has come and is not due, in the order of time.
#[derive(Debug, Default)]
struct Waiting {
    /// The time of the last event that has come, in nanoseconds of the clock.
    time: u64,
    /// Whether that is the system's end.
    has_ended: bool,
    events: Vec<Event>,
    lost: Vec<Lost>,
    /// Lines, each with what the time was when it had come; nothing as long as nobody has looked since.
    lines: VecDeque<(Option<u64>, Speaker, String)>,
    /// Whether nobody looks any more for what is due.
    is_over: bool,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.events.is_empty() && self.lost.is_empty() && self.lines.is_empty()
    }

    fn come(&mut self, events: Vec<Event>, lost: Vec<Lost>) {
        for event in &events {
            self.time = self.time.max(event.time);
            self.has_ended |= matches!(event.of_kernel(), Some((Kind::End | Kind::KernelFault, _)));
        }
        self.events.extend(events);
        self.events.sort_by_key(|event| event.time);
        self.lost.extend(lost);
        self.lost.sort_by_key(|lost| lost.time);
        let time = self.time;
        self.lines.iter_mut().for_each(|(come, ..)| *come = come.or(Some(time)));
    }

    /// Takes what is due at a time.
    fn due(&mut self, time: u64) -> (Vec<Event>, Vec<Lost>) {
        let events = self.events.partition_point(|event| event.time <= time);
        let lost = self.lost.partition_point(|lost| lost.time <= time);
        (self.events.drain(..events).collect(), self.lost.drain(..lost).collect())
    }

    /// Takes the next line, if it is due at a time, or too many wait.
    fn line(&mut self, time: u64) -> Option<(Speaker, String)> {
        let is_due = self.lines.front()?.0.unwrap_or(u64::MAX) <= time;
        let line = if is_due || self.lines.len() > WAITING_MAX { self.lines.pop_front() } else { None };
        line.map(|(_, speaker, text)| (speaker, text))
    }
}

/// What is known at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The figures.
    pub(crate) now: Now,
    /// The last lines of each partition.
    pub(crate) consoles: Vec<Vec<String>>,
    /// The last line of the kernel, or of QEMU.
    pub(crate) kernel: String,
    /// How the run has ended, if it has.
    pub(crate) ended: Option<String>,
}

impl Watched {
    /// Before a system has started; an interval has so many nanoseconds.
    pub(crate) fn new(system: &System, interval: u64) -> Self {
        let known = Known {
            live: Live::new(described(system), interval),
            consoles: vec![VecDeque::new(); system.partitions.len()],
            kernel: String::new(),
            ended: None,
            waiting: Waiting::default(),
        };
        Self(Arc::new(Shared { known: Mutex::new(known), is_over: AtomicBool::new(false) }))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what has happened. The answer is the time of the system's clock, in nanoseconds, as long as the system has
    /// not come to its end.
    pub(crate) fn come(&self, events: Vec<Event>, lost: Vec<Lost>) -> Option<u64> {
        let waiting = &mut self.known().waiting;
        waiting.come(events, lost);
        (!waiting.has_ended).then_some(waiting.time)
    }

    /// What has come until a time of the system's clock is to be seen from now on.
    pub(crate) fn show(&self, time: u64) {
        let mut known = self.known();
        let (events, lost) = known.waiting.due(time);
        known.live.feed(events, lost);
        while let Some((speaker, text)) = known.waiting.line(time) {
            known.say(speaker, text);
        }
    }

    /// Nobody looks any more for what is due: nothing waits from now on.
    pub(crate) fn show_all(&self) {
        self.known().waiting.is_over = true;
        self.show(u64::MAX);
    }

    /// The run has ended so; what is known of it is to be seen until somebody has seen it.
    pub(crate) fn ended(&self, how: String) {
        self.known().ended = Some(how);
    }

    /// Nobody looks any more.
    pub(crate) fn finish(&self) {
        self.0.is_over.store(true, Ordering::Release);
    }

    /// Whether nobody looks any more.
    pub(crate) fn is_over(&self) -> bool {
        self.0.is_over.load(Ordering::Acquire)
    }

    /// What is known now.
    pub(crate) fn shown(&self) -> Shown {
        let known = self.known();
        Shown {
            now: known.live.now(),
            consoles: known.consoles.iter().map(|lines| lines.iter().cloned().collect()).collect(),
            kernel: known.kernel.clone(),
            ended: known.ended.clone().filter(|_| known.waiting.is_empty()),
        }
    }

    /// Takes a line that was said.
    fn hear(&self, speaker: Speaker, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let text = spelled(&text.chars().take(LENGTH_MAX).collect::<String>());
        let mut known = self.known();
        if known.waiting.is_over {
            known.say(speaker, text);
        } else {
            known.waiting.lines.push_back((None, speaker, text));
        }
    }
}

impl Known {
    /// Takes a line that is to be seen.
    fn say(&mut self, speaker: Speaker, text: String) {
        match speaker {
            Speaker::Partition(number) => {
                let Some(lines) = self.consoles.get_mut(number) else { return };
                if lines.len() == LINES_MAX {
                    lines.pop_front();
                }
                lines.push_back(text);
            }
            Speaker::Kernel => self.kernel = text,
            Speaker::Qemu => self.kernel = format!("qemu: {text}"),
        }
    }
}

/// Who listens to a run for what is to be shown.
pub(crate) struct Listener(pub(crate) Watched);

impl Output for Listener {
    fn line(&mut self, speaker: Speaker, line: &[u8], report: bool) {
        if !report {
            self.0.hear(speaker, line);
        }
    }

    fn silent(&mut self, time: Duration) {
        let text = format!("the kernel has not said a word for {} s", time.as_secs());
        self.0.hear(Speaker::Kernel, text.as_bytes());
    }
}
