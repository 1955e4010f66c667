//! Chrome's JSON trace events, which any tool can read that reads text.
//!
//! A partition is a process, and so is the kernel, with the number 0. Times are microseconds, with three digits behind
//! the point: exact to the nanosecond in the first hundred days.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::event::{self, Event};
use crate::model::Timeline;
use crate::tracks::{Mark, Track, Tracks};

/// Writes a timeline.
///
/// # Errors
/// If it cannot be written.
pub fn write(timeline: &Timeline, out: &mut impl Write) -> io::Result<()> {
    let tracks = Tracks::of(timeline);
    writeln!(out, "{{\"displayTimeUnit\":\"ns\",\"otherData\":{},\"traceEvents\":[", about(timeline))?;
    let mut first = true;
    let mut put = |value: Value| {
        let separator = if std::mem::take(&mut first) { "" } else { ",\n" };
        write!(out, "{separator}{value}")
    };
    for (number, track) in tracks.tracks.iter().enumerate() {
        let (process, thread) = (track.process, number + 1);
        if track.is_first {
            let name = tracks.process_name(timeline, process);
            put(named("process_name", process, thread, "name", &name.into()))?;
            put(named("process_sort_index", process, thread, "sort_index", &process.into()))?;
        }
        put(named("thread_name", process, thread, "name", &track.name.clone().into()))?;
        put(named("thread_sort_index", process, thread, "sort_index", &thread.into()))?;
    }
    for (number, track) in tracks.tracks.iter().enumerate() {
        for slice in &track.slices {
            let mut value = base(track, number, "X", &slice.name, slice.begin);
            value.insert("dur".to_owned(), micros(slice.end - slice.begin));
            value.insert("args".to_owned(), arguments(&slice.fields));
            put(Value::Object(value))?;
        }
    }
    for (place, event) in timeline.events.iter().enumerate() {
        let Mark { track: number, flow } = tracks.mark(place);
        let Some(track) = tracks.tracks.get(number) else { continue };
        let mut value = base(track, number, "i", event.name(), event.time);
        value.insert("s".to_owned(), "t".into());
        value.insert("args".to_owned(), arguments(&event.fields(&timeline.system)));
        put(Value::Object(value))?;
        if let Some((flow, ends)) = flow {
            put(flow_of(track, number, flow, ends, event))?;
        }
    }
    writeln!(out, "\n]}}")
}

/// What is known besides events.
fn about(timeline: &Timeline) -> Value {
    json!({
        "system": timeline.system.name,
        "processor": timeline.system.processor,
        "lost": timeline.lost_count(),
    })
}

/// An arrow's beginning or end. What it is called is the same for both.
fn flow_of(track: &Track, number: usize, flow: u64, ends: bool, event: &Event) -> Value {
    let mut value = base(track, number, if ends { "f" } else { "s" }, "message", event.time);
    value.insert("id".to_owned(), flow.into());
    if ends {
        value.insert("bp".to_owned(), "e".into());
    }
    Value::Object(value)
}

fn base(track: &Track, number: usize, phase: &str, name: &str, time: u64) -> Map<String, Value> {
    let members = [
        ("ph", Value::from(phase)),
        ("name", name.into()),
        ("cat", track.category.into()),
        ("pid", track.process.into()),
        ("tid", (number + 1).into()),
        ("ts", micros(time)),
    ];
    members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn named(what: &str, process: usize, thread: usize, key: &str, value: &Value) -> Value {
    json!({ "ph": "M", "name": what, "pid": process, "tid": thread, "args": { key: value } })
}

/// Microseconds of so many nanoseconds.
fn micros(nanoseconds: u64) -> Value {
    Value::from(nanoseconds as f64 / 1_000.0)
}

fn arguments(fields: &[(&'static str, event::Value)]) -> Value {
    let value = |value: &event::Value| match value {
        event::Value::Number(number) => Value::from(*number),
        event::Value::Word(word) => Value::from(word.as_str()),
    };
    fields.iter().map(|(name, field)| ((*name).to_owned(), value(field))).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use crate::tests::timeline;

    #[test]
    fn what_is_missing_is_a_slice_of_its_partition() {
        let mut timeline = timeline();
        let lost = |since, time, partition| crate::Lost { since, time, count: 7, partition };
        timeline.lost.extend([lost(600, 900, None), lost(1_000, 1_100, Some(1))]);
        let mut bytes = Vec::new();
        super::write(&timeline, &mut bytes).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let events = value["traceEvents"].as_array().unwrap().iter();
        let lost = events.filter(|event| event["cat"] == "lost").map(|event| {
            let [process, begin, length] = ["pid", "ts", "dur"].map(|key| event[key].as_f64().unwrap());
            (event["name"].as_str().unwrap(), process, begin, length)
        });
        assert_eq!(
            lost.collect::<Vec<_>>(),
            [("7 records lost", 0.0, 0.6, 0.3), ("7 records lost", 2.0, 1.0, 0.1)]
        );
    }

    #[test]
    fn slices_instants_and_arrows_are_there() {
        let timeline = timeline();
        let mut bytes = Vec::new();
        super::write(&timeline, &mut bytes).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let events = value["traceEvents"].as_array().unwrap();
        let of = |phase: &str| -> Vec<&serde_json::Value> {
            events.iter().filter(|event| event["ph"] == phase).collect()
        };
        assert_eq!(of("i").len(), timeline.events.len());
        let window = of("X").into_iter().find(|event| event["cat"] == "window").unwrap();
        assert_eq!((&window["ts"], &window["dur"]), (&0.003.into(), &0.404.into()));
        assert_eq!(window["args"]["late"], 3);
        let [begins, ends] = [of("s"), of("f")];
        assert_eq!((begins.len(), ends.len()), (1, 1));
        assert_eq!((&begins[0]["id"], &begins[0]["pid"]), (&ends[0]["id"], &1.into()));
        assert_eq!(ends[0]["pid"], 2);
    }
}
