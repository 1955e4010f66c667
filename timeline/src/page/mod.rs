//! A page for a browser: one file that shows a timeline, zooms and filters, and needs no network.
//!
//! What was recorded is in it as JSON, which `page.js` reads and draws. Names and texts are what partitions have said:
//! they become text of the document and never markup, and the page's policy lets no script run but its own, whose hash
//! it names, and nothing be fetched.

use std::collections::HashMap;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bulkhead_abi::trace::Form;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::event::{Event, Value, What};
use crate::model::{Gap, Timeline};
use crate::picture::{COLOURS, OPACITIES, TASK_RUNS, WINDOW, look};
use crate::shown::shown;
use crate::tasks::Task;
use crate::tracks::interrupt_slices;

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");

/// The last time up to which a page counts from 0: its numbers are exact up to 2^53.
const EXACT: u64 = 1 << 53;

/// Writes a timeline as a page, which shows the time between `begin` and `end` at first, in nanoseconds of the clock.
///
/// # Errors
/// If it cannot be written.
pub fn write(timeline: &Timeline, begin: u64, end: u64, out: &mut impl Write) -> io::Result<()> {
    let data = serde_json::to_string(&Data::of(timeline, begin, end))?;
    // So no text in it can end the element that it is in.
    let data = data.replace('<', "\\u003c");
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    let mut rest = PAGE;
    for (mark, text) in [("POLICY", &*policy), ("STYLE", STYLE), ("TIMELINE", &data), ("SCRIPT", SCRIPT)] {
        if let Some((before, behind)) = rest.split_once(mark) {
            out.write_all(before.as_bytes())?;
            out.write_all(text.as_bytes())?;
            rest = behind;
        }
    }
    out.write_all(rest.as_bytes())
}

/// What stands in a policy for a script or a style (<https://www.w3.org/TR/CSP3/#grammardef-hash-source>).
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// What the page is given: every name and text is a place in `strings`, every time is nanoseconds from `origin` on.
#[derive(Debug, Serialize)]
struct Data {
    system: String,
    processor: String,
    /// A number of 64 bits, which JSON's readers need not have.
    origin: String,
    begin: i64,
    end: i64,
    from: i64,
    until: i64,
    lost: u64,
    /// Of each stretch of which records are missing: the begin, the end, how many, and the group; -1 for all.
    gaps: Vec<i64>,
    colours: [&'static str; COLOURS.len()],
    opacities: [f64; OPACITIES.len()],
    strings: Vec<String>,
    groups: Vec<Group>,
    /// Of each event the time, the group, the name and the details.
    events: Vec<i64>,
    /// Of each message the places of the events with which it was sent and received.
    messages: Vec<usize>,
}

/// The kernel's rows, or those of a partition.
#[derive(Debug, Serialize)]
struct Group {
    name: String,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    kind: &'static str,
    name: String,
    /// Of each slice the begin, the length, the name, the details, the colour, and the place of its opacity.
    slices: Vec<i64>,
}

/// What has been numbered so far.
struct Writer {
    origin: u64,
    strings: Vec<String>,
    places: HashMap<String, i64>,
}

impl Data {
    fn of(timeline: &Timeline, begin: u64, end: u64) -> Self {
        let origin = if timeline.end() < EXACT { 0 } else { timeline.begin() };
        let mut writer = Writer { origin, strings: Vec::new(), places: HashMap::new() };
        let tasks = timeline.tasks();
        let groups = writer.groups(timeline, &tasks);
        let partitions = timeline.system.partitions.len();
        let names: HashMap<(usize, u64), String> = tasks
            .into_iter()
            .filter(|task| !task.name.is_empty())
            .map(|task| ((task.partition, task.id.into()), task.name))
            .collect();
        let event = |event: &Event| {
            let mut fields = event.fields(&timeline.system);
            for (field, value) in &mut fields {
                let Value::Number(number) = *value else { continue };
                let name = event.partition.and_then(|partition| names.get(&(partition, number)));
                let text = match (*field, name) {
                    ("task" | "period", Some(name)) => format!("{name} ({number:#010x})"),
                    ("task" | "period", None) => format!("{number:#010x}"),
                    (field, _) if is_time(event, field) => format!("{number} ns"),
                    _ => continue,
                };
                *value = Value::Word(text);
            }
            let group = event.partition.filter(|number| *number < partitions).map_or(0, |number| number + 1);
            let (name, details) = (writer.string(event.name()), writer.details(&fields));
            [writer.time(event.time), group as i64, name, details]
        };
        let events = timeline.events.iter().flat_map(event).collect();
        let messages = timeline.messages().into_iter().filter(|message| message.is_new);
        let (first, last) = (timeline.begin(), timeline.end().max(timeline.begin() + 1));
        let from = begin.clamp(first, last - 1);
        Self {
            system: shown(&timeline.system.name),
            processor: shown(&timeline.system.processor),
            origin: origin.to_string(),
            begin: writer.time(first),
            end: writer.time(last),
            from: writer.time(from),
            until: writer.time(end.clamp(from + 1, last)),
            lost: timeline.lost_count(),
            gaps: timeline.gaps().iter().flat_map(|gap| writer.gap(gap)).collect(),
            colours: COLOURS,
            opacities: OPACITIES,
            messages: messages.flat_map(|message| [message.put, message.got]).collect(),
            groups,
            events,
            strings: writer.strings,
        }
    }
}

/// Whether a field of an event is a time in nanoseconds.
fn is_time(event: &Event, name: &str) -> bool {
    match &event.what {
        What::Kernel(kind, _) => {
            kind.fields().iter().any(|field| field.name == name && matches!(field.form, Form::Nanoseconds))
        }
        _ => name == "took",
    }
}

impl Writer {
    const fn time(&self, time: u64) -> i64 {
        // Windows that have begun before the first event are before the origin.
        time.wrapping_sub(self.origin).cast_signed()
    }

    fn gap(&self, gap: &Gap) -> [i64; 4] {
        let group = gap.partition.map_or(-1, |partition| partition as i64 + 1);
        [self.time(gap.begin), self.time(gap.end), gap.count.cast_signed(), group]
    }

    fn string(&mut self, text: &str) -> i64 {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = self.strings.len() as i64;
        self.strings.push(shown(text));
        self.places.insert(text.to_owned(), place);
        place
    }

    fn details(&mut self, fields: &[(&'static str, Value)]) -> i64 {
        let texts: Vec<String> = fields.iter().map(|(name, value)| format!("{name} {value}")).collect();
        self.string(&texts.join(", "))
    }

    /// The numbers of a slice.
    fn slice(
        &mut self,
        (begin, end): (u64, u64),
        (name, details): (&str, &str),
        partition: usize,
        opacity: usize,
    ) -> [i64; 6] {
        let length = end.saturating_sub(begin).cast_signed();
        let (name, details) = (self.string(name), self.string(details));
        [self.time(begin), length, name, details, partition as i64, opacity as i64]
    }

    fn groups(&mut self, timeline: &Timeline, known: &[Task]) -> Vec<Group> {
        let partitions = timeline.system.partitions.len();
        let names: Vec<String> = (0..partitions).map(|number| timeline.partition_name(number)).collect();
        let name = |partition: usize| names.get(partition).map_or("nobody", String::as_str);
        // The kernel's rows have the windows of all.
        let mut configured: Vec<Vec<i64>> = vec![Vec::new(); partitions + 1];
        for window in timeline.configured(timeline.begin(), timeline.end()) {
            let said = format!("window {}", window.number);
            let place = (window.start, window.end);
            let slice = self.slice(place, (name(window.partition), &said), window.partition, WINDOW);
            for group in [0, window.partition + 1] {
                if let Some(slices) = configured.get_mut(group) {
                    slices.extend(slice);
                }
            }
        }
        let mut observed = vec![Vec::new(); partitions + 1];
        for window in timeline.windows() {
            let number =
                window.number.map_or_else(|| "no window".to_owned(), |number| format!("window {number}"));
            let said = format!("{number}, {} ns late", window.late);
            let place = (window.begin, window.end);
            let slice = self.slice(place, (name(window.partition), &said), window.partition, WINDOW);
            observed[0].extend(slice);
        }
        for span in timeline.running() {
            let (does, opacity) = look(span.activity);
            let said = if span.background { "in the background" } else { "" };
            let slice = self.slice((span.begin, span.end), (does, said), span.partition, opacity);
            if let Some(slices) = observed.get_mut(span.partition + 1) {
                slices.extend(slice);
            }
        }
        let mut tasks = self.tasks(timeline, known);
        let mut groups = Vec::new();
        for (group, (configured, observed)) in configured.into_iter().zip(observed).enumerate() {
            let row = |kind, name: &str, slices| Row { kind, name: shown(name), slices };
            let mut rows = vec![row("configured", "", configured), row("observed", "", observed)];
            rows.push(row("events", "events", Vec::new()));
            if let Some(partition) = group.checked_sub(1) {
                let mut slices = Vec::new();
                for handler in interrupt_slices(timeline, partition) {
                    let place = (handler.begin, handler.end);
                    slices.extend(self.slice(place, (&handler.name, ""), partition, TASK_RUNS));
                }
                if !slices.is_empty() {
                    rows.push(row("interrupts", "interrupts", slices));
                }
                rows.append(tasks.get_mut(partition).unwrap_or(&mut Vec::new()));
            }
            let name = if group == 0 { "kernel" } else { name(group - 1) };
            groups.push(Group { name: shown(name), rows });
        }
        groups
    }

    /// The rows of the tasks of each partition.
    fn tasks(&mut self, timeline: &Timeline, known: &[Task]) -> Vec<Vec<Row>> {
        let mut slices = vec![Vec::new(); known.len()];
        for span in timeline.spans_of(known) {
            let Some((task, slices)) = known.get(span.task).zip(slices.get_mut(span.task)) else { continue };
            let (place, partition) = ((span.begin, span.end), task.partition);
            slices.extend(self.slice(place, ("runs", ""), partition, TASK_RUNS));
        }
        let mut rows: Vec<Vec<Row>> = Vec::new();
        rows.resize_with(timeline.system.partitions.len(), Vec::new);
        for (task, slices) in known.iter().zip(slices) {
            if let Some(rows) = rows.get_mut(task.partition) {
                rows.push(Row { kind: "task", name: shown(&task.title()), slices });
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TaskEvent;
    use crate::tests::timeline;

    fn page(timeline: &Timeline) -> String {
        let mut bytes = Vec::new();
        write(timeline, 0, timeline.end(), &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// What stands between two marks.
    fn between<'a>(page: &'a str, begin: &str, end: &str) -> &'a str {
        page.split_once(begin).and_then(|(_, rest)| rest.split_once(end)).unwrap().0
    }

    #[test]
    fn every_event_slice_and_message_is_there() {
        let timeline = timeline();
        let page = page(&timeline);
        let data = between(&page, "id=\"timeline\">", "</script>");
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["events"].as_array().unwrap().len(), 4 * timeline.events.len());
        assert_eq!(data["messages"], serde_json::json!([3, 7]), "the message that was had first");
        let rows = |group: usize, row: usize| {
            data["groups"][group]["rows"][row]["slices"].as_array().unwrap().len() / 6
        };
        // The kernel has the windows of all, configured and observed; a partition those of its own, and what it did.
        assert_eq!(
            [rows(0, 0), rows(0, 1), rows(1, 0), rows(1, 1), rows(2, 0), rows(2, 1)],
            [5, 5, 3, 5, 2, 2]
        );
    }

    #[test]
    fn numbers_have_their_units_and_tasks_their_names() {
        let mut timeline = timeline();
        let task = |event| Event::task(1, 1, event);
        timeline.events.extend([
            task(TaskEvent::Name { task: 0x0a01_0001, name: "TICK".to_owned() }),
            task(TaskEvent::JobEnded { period: 0x0a01_0001, late: false, took: Some(77) }),
            task(TaskEvent::JobReleased { period: 0x4201_0001 }),
        ]);
        let page = page(&timeline);
        for said in [
            "late 3 ns",
            "period TICK (0x0a010001), took 77 ns",
            "period 0x42010001",
            "channel state, buffer 1",
        ] {
            assert!(page.contains(&format!("\"{said}\"")), "{said}: {page}");
        }
    }

    #[test]
    fn what_is_missing_is_told() {
        let mut timeline = timeline();
        let lost = |since, time, partition| crate::Lost { since, time, count: 7, partition };
        timeline.lost.extend([lost(600, 900, None), lost(1_000, 1_100, Some(1))]);
        let page = page(&timeline);
        assert!(page.contains("\"gaps\":[600,900,7,-1,1000,1100,7,2]"), "{page}");
    }

    #[test]
    fn what_is_said_is_no_part_of_the_document() {
        let mut timeline = timeline();
        timeline.system.name = "</script><b>TIMELINE SCRIPT POLICY".to_owned();
        let page = page(&timeline);
        assert!(
            !page.contains("<b>") && page.contains("\\u003c/script>\\u003cb>TIMELINE SCRIPT POLICY"),
            "{page}"
        );
        assert_eq!(page.matches(SCRIPT).count(), 1);
    }

    /// A browser computes the same, or runs nothing (tests/tests/timeline/page.rs).
    #[test]
    fn the_policy_names_what_is_in_the_page_and_nothing_else() {
        let page = page(&timeline());
        let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
        let style = hash(between(&page, "<style>", "</style>"));
        let script = hash(page.rsplit_once("<script>").unwrap().1.split_once("</script>").unwrap().0);
        let expected = format!(
            "default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; form-action 'none'"
        );
        assert_eq!(policy, expected);
    }
}
