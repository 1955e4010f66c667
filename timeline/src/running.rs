//! Who had the processor, and for what.

use bulkhead_abi::trace::Kind;

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

/// What is known of who has the processor.
struct Processor {
    spans: Vec<Span>,
    /// Of each partition.
    states: Vec<Activity>,
    /// Who has a window.
    window: Option<usize>,
    /// Who has the time that nobody uses.
    background: Option<usize>,
    open: Option<Span>,
}

impl Processor {
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
        let mut processor = Processor {
            spans: Vec::new(),
            states: vec![Activity::Runs; self.system.partitions.len()],
            window: None,
            background: None,
            open: None,
        };
        let mut lost = self.lost.iter().filter(|lost| lost.partition.is_none()).peekable();
        let mut before = 0;
        for event in &self.events {
            let Some((kind, _)) = event.of_kernel() else { continue };
            while lost.next_if(|lost| lost.time <= event.time).is_some() {
                processor.close(before);
                (processor.window, processor.background) = (None, None);
            }
            before = event.time;
            let partition = event.partition;
            let state = match kind {
                Kind::Window => {
                    processor.close(event.time);
                    (processor.window, processor.background) = (partition, None);
                    None
                }
                Kind::Unassigned | Kind::End | Kind::KernelFault | Kind::ModuleRestarted => {
                    (processor.window, processor.background) = (None, None);
                    None
                }
                Kind::Background => {
                    processor.background = partition;
                    None
                }
                Kind::Switch => {
                    if processor.background != partition {
                        processor.background = None;
                    }
                    None
                }
                Kind::Idle => Some(Activity::Idles),
                Kind::Woken | Kind::Started => Some(Activity::Runs),
                Kind::Restarted => Some(Activity::Prepares),
                Kind::Halted | Kind::Stopped => Some(Activity::Ended),
                _ => continue,
            };
            if let (Some(state), Some(place)) = (state, partition)
                && let Some(known) = processor.states.get_mut(place)
            {
                *known = state;
            }
            processor.settle(event.time);
        }
        processor.close(self.end());
        processor.spans
    }
}
