//! Who had the processor, and for what.

use bulkhead_abi::trace::Kind;

use crate::event::Event;
use crate::model::Timeline;

/// What the processor did for a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activity {
    /// The partition ran.
    Runs,
    /// It had given the processor up, in a window of its own.
    Idles,
    /// Its memory was being prepared, in a window of its own.
    Prepares,
    /// It had ended, in a window of its own.
    Ended,
}

/// A stretch of time in which the processor did something for a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The number of the partition.
    pub partition: usize,
    /// What.
    pub activity: Activity,
    /// From when, in nanoseconds of the clock.
    pub begin: u64,
    /// Until when.
    pub end: u64,
    /// Whether it was the background partition's time, in a window of another or of none.
    pub background: bool,
}

/// What is known of who has the processor, event by event.
#[derive(Debug)]
pub(crate) struct Processor {
    /// What is behind, in the order of time.
    pub(crate) spans: Vec<Span>,
    /// Of each partition.
    states: Vec<Activity>,
    /// Who has a window.
    window: Option<usize>,
    /// Who has the time that nobody uses.
    background: Option<usize>,
    /// What goes on: its end is not known.
    pub(crate) open: Option<Span>,
    /// The time of the last event.
    before: u64,
}

impl Processor {
    /// Before anything has happened in a system with so many partitions.
    pub(crate) fn new(partitions: usize) -> Self {
        Self {
            spans: Vec::new(),
            states: vec![Activity::Runs; partitions],
            window: None,
            background: None,
            open: None,
            before: 0,
        }
    }

    /// What comes next is not known: records of the kernel are missing.
    pub(crate) fn miss(&mut self) {
        self.close(self.before);
        (self.window, self.background) = (None, None);
    }

    /// Takes the next event, of which those of the kernel count.
    pub(crate) fn take(&mut self, event: &Event) {
        let Some((kind, _)) = event.of_kernel() else { return };
        self.before = event.time;
        let partition = event.partition;
        let state = match kind {
            Kind::Window => {
                self.close(event.time);
                (self.window, self.background) = (partition, None);
                None
            }
            Kind::Unassigned | Kind::End | Kind::KernelFault | Kind::ModuleRestarted => {
                (self.window, self.background) = (None, None);
                None
            }
            Kind::Background => {
                self.background = partition;
                None
            }
            Kind::Switch => {
                if self.background != partition {
                    self.background = None;
                }
                None
            }
            Kind::Idle => Some(Activity::Idles),
            Kind::Woken | Kind::Started => Some(Activity::Runs),
            Kind::Restarted => Some(Activity::Prepares),
            Kind::Halted | Kind::Stopped => Some(Activity::Ended),
            _ => return,
        };
        if let (Some(state), Some(place)) = (state, partition)
            && let Some(known) = self.states.get_mut(place)
        {
            *known = state;
        }
        self.settle(event.time);
    }

    /// Something has changed at a time: what goes on now?
    fn settle(&mut self, time: u64) {
        let (partition, background) = match (self.background, self.window) {
            (Some(partition), _) => (Some(partition), true),
            (None, window) => (window, false),
        };
        let state = partition.and_then(|partition| self.states.get(partition).copied());
        let next = partition.zip(state).map(|(partition, activity)| Span {
            partition,
            activity,
            begin: time,
            end: time,
            background,
        });
        let is_same = |a: &Span, b: &Span| {
            (a.partition, a.activity, a.background) == (b.partition, b.activity, b.background)
        };
        if let (Some(open), Some(next)) = (&self.open, &next)
            && is_same(open, next)
        {
            return;
        }
        self.close(time);
        self.open = next;
    }

    fn close(&mut self, time: u64) {
        if let Some(span) = self.open.take()
            && time > span.begin
        {
            self.spans.push(Span { end: time, ..span });
        }
    }
}

impl Timeline {
    /// Who had the processor when, and for what: in the order of time, apart from one another. Time that is in no span
    /// is nobody's, or not known.
    #[must_use]
    pub fn running(&self) -> Vec<Span> {
        let mut processor = Processor::new(self.system.partitions.len());
        let mut lost = self.lost.iter().filter(|lost| lost.partition.is_none()).peekable();
        for event in self.events.iter().filter(|event| event.of_kernel().is_some()) {
            while lost.next_if(|lost| lost.time <= event.time).is_some() {
                processor.miss();
            }
            processor.take(event);
        }
        processor.close(self.end());
        processor.spans
    }
}
