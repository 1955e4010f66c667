//! The tracks of a timeline, as formats with slices have them: what stands above what, and which event is on which.

use std::collections::BTreeMap;

use bulkhead_abi::trace::Kind;

use crate::event::{Event, TaskEvent, Value, What};
use crate::model::Timeline;
use crate::running::Activity;
use crate::tasks::Task;

/// A track.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    /// What it is called.
    pub(crate) name: String,
    /// Whose it is: 0 for the kernel, or one more than a partition's number.
    pub(crate) process: usize,
    /// Whether it is the first one of that.
    pub(crate) is_first: bool,
    /// What kind of slices it has.
    pub(crate) category: &'static str,
    /// Its slices, apart from one another, in the order of time.
    pub(crate) slices: Vec<Slice>,
}

/// A stretch of time on a track.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    pub(crate) name: String,
    pub(crate) begin: u64,
    pub(crate) end: u64,
    pub(crate) fields: Vec<(&'static str, Value)>,
}

/// Where an event is, and the arrow that it begins or ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub(crate) track: usize,
    /// The number of the arrow, and whether it ends here.
    pub(crate) flow: Option<(u64, bool)>,
}

/// All tracks.
#[derive(Clone, Debug)]
pub(crate) struct Tracks {
    pub(crate) tracks: Vec<Track>,
    /// The track with the kernel's records of nobody, and of each partition.
    kernel: usize,
    partitions: Vec<usize>,
    /// The track with the interrupts and other records of each partition's executive, and of each task.
    executives: BTreeMap<usize, usize>,
    tasks: BTreeMap<(usize, u32), usize>,
    marks: Vec<Mark>,
}

impl Tracks {
    pub(crate) fn of(timeline: &Timeline) -> Self {
        let mut tracks: Vec<Track> = Vec::new();
        let mut add = |name: &str, process: usize, category, slices| {
            let is_first = tracks.iter().all(|track| track.process != process);
            tracks.push(Track { name: name.to_owned(), process, is_first, category, slices });
            tracks.len() - 1
        };
        let partitions = timeline.system.partitions.len();
        add("configured", 0, "schedule", configured(timeline));
        add("windows", 0, "window", observed(timeline));
        let mut gaps = gap_slices(timeline);
        let mut missing = |number: Option<usize>| gaps.remove(&number);
        if let Some(slices) = missing(None) {
            add("lost", 0, "lost", slices);
        }
        let kernel = add("kernel", 0, "kernel", Vec::new());
        let mut running = running(timeline);
        let mut of_partitions = Vec::new();
        let (mut executives, mut tasks) = (BTreeMap::new(), BTreeMap::new());
        let known = timeline.tasks();
        let mut of_tasks = task_slices(timeline, &known);
        for partition in 0..partitions {
            let slices = running.remove(&partition).unwrap_or_default();
            of_partitions.push(add("processor", partition + 1, "partition", slices));
            let speaks =
                |event: &Event| event.partition == Some(partition) && matches!(event.what, What::Task(_));
            if let Some(slices) = missing(Some(partition)) {
                add("lost", partition + 1, "lost", slices);
            }
            if timeline.events.iter().any(speaks) {
                let interrupts = interrupt_slices(timeline, partition);
                executives.insert(partition, add("interrupts", partition + 1, "interrupt", interrupts));
            }
            for (number, task) in known.iter().enumerate().filter(|(_, task)| task.partition == partition) {
                let slices = of_tasks.get_mut(number).map(std::mem::take).unwrap_or_default();
                tasks.insert((partition, task.id), add(&task.title(), partition + 1, "task", slices));
            }
        }
        let mut all =
            Self { tracks, kernel, partitions: of_partitions, executives, tasks, marks: Vec::new() };
        all.marks =
            timeline.events.iter().map(|event| Mark { track: all.track_of(event), flow: None }).collect();
        // An arrow from each message to each of its receivers: of several, the sender begins the first one's only.
        for (number, message) in timeline.messages().iter().enumerate() {
            let flow = number as u64 + 1;
            let begins = all.marks.get(message.put).and_then(|mark| mark.flow);
            let flow = match begins {
                Some((flow, _)) => flow,
                None => {
                    all.set_flow(message.put, flow, false);
                    flow
                }
            };
            if message.is_new {
                all.set_flow(message.got, flow, true);
            }
        }
        all
    }

    fn set_flow(&mut self, place: usize, flow: u64, ends: bool) {
        if let Some(mark) = self.marks.get_mut(place) {
            mark.flow = Some((flow, ends));
        }
    }

    /// The track on which an event is.
    fn track_of(&self, event: &Event) -> usize {
        let partition = event.partition.and_then(|number| self.partitions.get(number).copied());
        match (&event.what, event.partition) {
            (What::Kernel(Kind::Window | Kind::Switch, _), _) | (_, None) => self.kernel,
            (What::Task(told), Some(number)) => {
                let task = match told {
                    TaskEvent::SwitchIn { task }
                    | TaskEvent::SwitchOut { task }
                    | TaskEvent::Name { task, .. } => self.tasks.get(&(number, *task)),
                    _ => None,
                };
                task.or_else(|| self.executives.get(&number)).copied().unwrap_or(self.kernel)
            }
            _ => partition.unwrap_or(self.kernel),
        }
    }

    /// Where an event is.
    pub(crate) fn mark(&self, place: usize) -> Mark {
        self.marks.get(place).copied().unwrap_or(Mark { track: self.kernel, flow: None })
    }

    /// What a process is called.
    pub(crate) fn process_name(&self, timeline: &Timeline, process: usize) -> String {
        match process.checked_sub(1) {
            None => "kernel".to_owned(),
            Some(partition) => timeline.partition_name(partition),
        }
    }
}

/// The schedule, where somebody has looked at windows.
fn configured(timeline: &Timeline) -> Vec<Slice> {
    let windows = timeline.configured(timeline.begin(), timeline.end());
    let slice = |window: &crate::Configured| Slice {
        name: timeline.partition_name(window.partition),
        begin: window.start,
        end: window.end,
        fields: vec![("window", Value::Number(window.number as u64))],
    };
    windows.iter().map(slice).collect()
}

fn observed(timeline: &Timeline) -> Vec<Slice> {
    let slice = |window: &crate::Observed| {
        let mut fields = vec![("start", Value::Number(window.start)), ("late", Value::Number(window.late))];
        if let Some(number) = window.number {
            fields.insert(0, ("window", Value::Number(number as u64)));
        }
        Slice {
            name: timeline.partition_name(window.partition),
            begin: window.begin,
            end: window.end,
            fields,
        }
    };
    timeline.windows().iter().map(slice).collect()
}

/// What each partition did with the processor.
fn running(timeline: &Timeline) -> BTreeMap<usize, Vec<Slice>> {
    let mut slices: BTreeMap<usize, Vec<Slice>> = BTreeMap::new();
    for span in timeline.running() {
        let name = match (span.activity, span.background) {
            (Activity::Runs, false) => "runs",
            (Activity::Runs, true) => "runs in the background",
            (Activity::Idles, _) => "idle",
            (Activity::Prepares, _) => "prepared",
            (Activity::Ended, _) => "ended",
        };
        slices.entry(span.partition).or_default().push(Slice {
            name: name.to_owned(),
            begin: span.begin,
            end: span.end,
            fields: Vec::new(),
        });
    }
    slices
}

/// When records are missing, of the kernel or of a partition's executive.
fn gap_slices(timeline: &Timeline) -> BTreeMap<Option<usize>, Vec<Slice>> {
    let mut slices: BTreeMap<Option<usize>, Vec<Slice>> = BTreeMap::new();
    for gap in timeline.gaps() {
        slices.entry(gap.partition).or_default().push(Slice {
            name: lost_text(gap.count),
            begin: gap.begin,
            end: gap.end,
            fields: vec![("count", Value::Number(gap.count))],
        });
    }
    slices
}

/// What is said of so many records that are missing.
pub(crate) fn lost_text(count: u64) -> String {
    if count == 1 { "1 record lost".to_owned() } else { format!("{count} records lost") }
}

fn task_slices(timeline: &Timeline, known: &[Task]) -> Vec<Vec<Slice>> {
    let mut slices: Vec<Vec<Slice>> = vec![Vec::new(); known.len()];
    for span in timeline.spans_of(known) {
        if let Some(of_task) = slices.get_mut(span.task) {
            let (begin, end) = (span.begin, span.end);
            of_task.push(Slice { name: "runs".to_owned(), begin, end, fields: Vec::new() });
        }
    }
    slices
}

/// The handlers of interrupts in a partition. One that is interrupted itself contains the other: only the outer ones
/// are slices.
pub(crate) fn interrupt_slices(timeline: &Timeline, partition: usize) -> Vec<Slice> {
    let mut slices = Vec::new();
    let mut open: Vec<(u32, u64)> = Vec::new();
    for event in timeline.events.iter().filter(|event| event.partition == Some(partition)) {
        match event.what {
            What::Task(TaskEvent::InterruptEntry { vector }) => open.push((vector, event.time)),
            What::Task(TaskEvent::InterruptExit { .. }) => {
                let Some((vector, begin)) = open.pop() else { continue };
                if open.is_empty() {
                    let fields = vec![("vector", Value::Number(vector.into()))];
                    slices.push(Slice {
                        name: format!("interrupt {vector}"),
                        begin,
                        end: event.time,
                        fields,
                    });
                }
            }
            _ => {}
        }
    }
    slices
}
