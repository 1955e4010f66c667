//! What is known of a system that runs: figures, and the last lines that were said.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
        };
        Self(Arc::new(Shared { known: Mutex::new(known), is_over: AtomicBool::new(false) }))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what has happened. The answer is the time of the system's clock, in nanoseconds, as long as the system has
    /// not come to its end.
    pub(crate) fn feed(&self, events: Vec<Event>, lost: Vec<Lost>) -> Option<u64> {
        let live = &mut self.known().live;
        live.feed(events, lost);
        (!live.has_ended()).then(|| live.time())
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
            ended: known.ended.clone(),
        }
    }

    /// Takes a line that was said.
    fn hear(&self, speaker: Speaker, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let text = spelled(&text.chars().take(LENGTH_MAX).collect::<String>());
        let mut known = self.known();
        match speaker {
            Speaker::Partition(number) => {
                let Some(lines) = known.consoles.get_mut(number) else { return };
                if lines.len() == LINES_MAX {
                    lines.pop_front();
                }
                lines.push_back(text);
            }
            Speaker::Kernel => known.kernel = text,
            Speaker::Qemu => known.kernel = format!("qemu: {text}"),
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
