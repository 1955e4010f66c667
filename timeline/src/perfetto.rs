//! Perfetto's trace format: a file that its viewer opens in the browser as it is.
//!
//! The messages are those of Perfetto's `protos/perfetto/trace`, with the fields that are written here. A partition is
//! a process, and the kernel is process 0; a task is a thread; an arrow from an event to another is a flow.

use std::io::{self, Write};

use prost::{Message, Oneof};

use crate::event::Value;
use crate::model::Timeline;
use crate::tracks::{Mark, Track, Tracks};

/// `TracePacket`.
#[derive(Clone, PartialEq, Message)]
struct Packet {
    #[prost(uint64, optional, tag = "8")]
    timestamp: Option<u64>,
    #[prost(uint32, optional, tag = "10")]
    trusted_packet_sequence_id: Option<u32>,
    #[prost(message, optional, tag = "11")]
    track_event: Option<TrackEvent>,
    #[prost(uint32, optional, tag = "13")]
    sequence_flags: Option<u32>,
    #[prost(message, optional, tag = "60")]
    track_descriptor: Option<TrackDescriptor>,
}

/// `TrackEvent`.
#[derive(Clone, PartialEq, Message)]
struct TrackEvent {
    #[prost(message, repeated, tag = "4")]
    debug_annotations: Vec<Annotation>,
    #[prost(int32, optional, tag = "9")]
    kind: Option<i32>,
    #[prost(uint64, optional, tag = "11")]
    track_uuid: Option<u64>,
    #[prost(string, repeated, tag = "22")]
    categories: Vec<String>,
    #[prost(string, optional, tag = "23")]
    name: Option<String>,
    #[prost(fixed64, repeated, packed = "false", tag = "47")]
    flow_ids: Vec<u64>,
    #[prost(fixed64, repeated, packed = "false", tag = "48")]
    terminating_flow_ids: Vec<u64>,
}

/// `TrackEvent.Type`.
const SLICE_BEGIN: i32 = 1;
const SLICE_END: i32 = 2;
const INSTANT: i32 = 3;

/// `DebugAnnotation`.
#[derive(Clone, PartialEq, Message)]
struct Annotation {
    #[prost(oneof = "AnnotationValue", tags = "3, 6")]
    value: Option<AnnotationValue>,
    #[prost(string, optional, tag = "10")]
    name: Option<String>,
}

#[derive(Clone, PartialEq, Oneof)]
enum AnnotationValue {
    #[prost(uint64, tag = "3")]
    Number(u64),
    #[prost(string, tag = "6")]
    Word(String),
}

/// `TrackDescriptor`.
#[derive(Clone, PartialEq, Message)]
struct TrackDescriptor {
    #[prost(uint64, optional, tag = "1")]
    uuid: Option<u64>,
    #[prost(string, optional, tag = "2")]
    name: Option<String>,
    #[prost(message, optional, tag = "3")]
    process: Option<ProcessDescriptor>,
    #[prost(message, optional, tag = "4")]
    thread: Option<ThreadDescriptor>,
    #[prost(uint64, optional, tag = "5")]
    parent_uuid: Option<u64>,
    #[prost(int32, optional, tag = "11")]
    child_ordering: Option<i32>,
    #[prost(int32, optional, tag = "12")]
    sibling_order_rank: Option<i32>,
}

/// `TrackDescriptor.ChildTracksOrdering.EXPLICIT`.
const EXPLICIT: i32 = 3;

/// `ProcessDescriptor`.
#[derive(Clone, PartialEq, Message)]
struct ProcessDescriptor {
    #[prost(int32, optional, tag = "1")]
    pid: Option<i32>,
    #[prost(string, optional, tag = "6")]
    process_name: Option<String>,
}

/// `ThreadDescriptor`.
#[derive(Clone, PartialEq, Message)]
struct ThreadDescriptor {
    #[prost(int32, optional, tag = "1")]
    pid: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    tid: Option<i32>,
    #[prost(string, optional, tag = "5")]
    thread_name: Option<String>,
}

/// The sequence of all packets, and what the first one of it says (`SEQ_INCREMENTAL_STATE_CLEARED`).
const SEQUENCE: u32 = 1;
const CLEARED: u32 = 1;

/// The number of the field `packet` of a `Trace`.
const PACKET: u32 = 1;

/// The number of a process's own track, and of a track in it.
const fn process_uuid(process: usize) -> u64 {
    1 + process as u64
}

const fn track_uuid(track: usize) -> u64 {
    1 << 32 | track as u64
}

/// Writes a timeline.
///
/// # Errors
/// If it cannot be written.
pub fn write(timeline: &Timeline, out: &mut impl Write) -> io::Result<()> {
    let tracks = Tracks::of(timeline);
    let mut flags = Some(CLEARED);
    let mut bytes = Vec::new();
    let mut put = |packet: Packet| {
        let trusted_packet_sequence_id = Some(SEQUENCE);
        let packet = Packet { trusted_packet_sequence_id, sequence_flags: flags.take(), ..packet };
        bytes.clear();
        prost::encoding::message::encode(PACKET, &packet, &mut bytes);
        out.write_all(&bytes)
    };
    for (number, track) in tracks.tracks.iter().enumerate() {
        if track.is_first {
            put(described(process(timeline, &tracks, track.process)))?;
        }
        put(described(of_track(number, track)))?;
    }
    // What is written is made when it is written: it is much longer than what it is made from.
    let mut all: Vec<(u64, u8, Part)> = Vec::new();
    for (number, track) in tracks.tracks.iter().enumerate() {
        // One without length would end before it begins.
        let slices = track.slices.iter().enumerate().filter(|(_, slice)| slice.begin < slice.end);
        for (place, slice) in slices {
            all.extend([(slice.begin, 1, Part::Begin(number, place)), (slice.end, 0, Part::End(number))]);
        }
    }
    let events = timeline.events.iter().enumerate();
    all.extend(events.map(|(place, event)| (event.time, 2, Part::Event(place))));
    // By time, and of the same moment ends before beginnings, which come before what happens then.
    all.sort_by_key(|&(time, rank, _)| (time, rank));
    for (time, _, part) in all {
        if let Some(event) = part.written(timeline, &tracks) {
            put(Packet { timestamp: Some(time), track_event: Some(event), ..Packet::default() })?;
        }
    }
    Ok(())
}

/// What has a time: the beginning of a slice of a track, the end of one, or an event, each by its place.
#[derive(Clone, Copy)]
enum Part {
    Begin(usize, usize),
    End(usize),
    Event(usize),
}

impl Part {
    fn written(self, timeline: &Timeline, tracks: &Tracks) -> Option<TrackEvent> {
        match self {
            Self::Begin(number, place) => {
                let track = tracks.tracks.get(number)?;
                let slice = track.slices.get(place)?;
                Some(TrackEvent {
                    debug_annotations: annotations(&slice.fields),
                    ..of(number, track, SLICE_BEGIN, Some(&slice.name))
                })
            }
            Self::End(number) => Some(of(number, tracks.tracks.get(number)?, SLICE_END, None)),
            Self::Event(place) => {
                let event = timeline.events.get(place)?;
                let Mark { track: number, flow } = tracks.mark(place);
                let mut instant = TrackEvent {
                    debug_annotations: annotations(&event.fields(&timeline.system)),
                    ..of(number, tracks.tracks.get(number)?, INSTANT, Some(event.name()))
                };
                match flow {
                    Some((flow, false)) => instant.flow_ids.push(flow),
                    Some((flow, true)) => instant.terminating_flow_ids.push(flow),
                    None => {}
                }
                Some(instant)
            }
        }
    }
}

fn described(track_descriptor: TrackDescriptor) -> Packet {
    Packet { track_descriptor: Some(track_descriptor), ..Packet::default() }
}

fn process(timeline: &Timeline, tracks: &Tracks, process: usize) -> TrackDescriptor {
    let name = tracks.process_name(timeline, process);
    TrackDescriptor {
        uuid: Some(process_uuid(process)),
        process: Some(ProcessDescriptor {
            pid: i32::try_from(process).ok(),
            process_name: Some(name.clone()),
        }),
        name: Some(name),
        child_ordering: Some(EXPLICIT),
        ..TrackDescriptor::default()
    }
}

fn of_track(number: usize, track: &Track) -> TrackDescriptor {
    let rank = i32::try_from(number).ok();
    let (uuid, name) = (Some(track_uuid(number)), track.name.clone());
    let parent_uuid = Some(process_uuid(track.process));
    if track.category == "task" {
        let thread = ThreadDescriptor {
            pid: i32::try_from(track.process).ok(),
            tid: i32::try_from(number + 1).ok(),
            thread_name: Some(name),
        };
        return TrackDescriptor {
            uuid,
            thread: Some(thread),
            parent_uuid,
            sibling_order_rank: rank,
            ..TrackDescriptor::default()
        };
    }
    TrackDescriptor {
        uuid,
        name: Some(name),
        parent_uuid,
        sibling_order_rank: rank,
        ..TrackDescriptor::default()
    }
}

fn of(number: usize, track: &Track, kind: i32, name: Option<&str>) -> TrackEvent {
    TrackEvent {
        kind: Some(kind),
        track_uuid: Some(track_uuid(number)),
        categories: name.map(|_| track.category.to_owned()).into_iter().collect(),
        name: name.map(str::to_owned),
        ..TrackEvent::default()
    }
}

fn annotations(fields: &[(&'static str, Value)]) -> Vec<Annotation> {
    let value = |value: &Value| match value {
        Value::Number(number) => AnnotationValue::Number(*number),
        Value::Word(word) => AnnotationValue::Word(word.clone()),
    };
    let annotation = |(name, field): &(&'static str, Value)| Annotation {
        name: Some((*name).to_owned()),
        value: Some(value(field)),
    };
    fields.iter().map(annotation).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::env;
    use std::path::PathBuf;
    use std::process::Command;

    use protobuf::reflect::FileDescriptor;
    use serde_json::Value;

    use crate::Timeline;
    use crate::tests::timeline;

    /// The folder with the files of Perfetto's schema: of a package that is never compiled.
    fn schema() -> PathBuf {
        let cargo = env::var_os("CARGO").expect("cargo runs the tests");
        let metadata = Command::new(cargo)
            .args(["metadata", "--format-version=1", "--locked", "--filter-platform=x86_64-unknown-none"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo");
        assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
        let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
        let packages = metadata["packages"].as_array().expect("a list");
        let package = packages.iter().find(|package| package["name"] == "perfetto_protos");
        let manifest = package.expect("the schema's package")["manifest_path"].as_str().expect("a path");
        PathBuf::from(manifest).parent().expect("a folder").to_owned()
    }

    /// The packets of a timeline's file, read by the published schema.
    fn packets(timeline: &Timeline) -> Vec<Value> {
        let mut bytes = Vec::new();
        super::write(timeline, &mut bytes).unwrap();
        let root = schema();
        let files = protobuf_parse::Parser::new()
            .pure()
            .include(&root)
            .input(root.join("protos/perfetto/trace/trace.proto"))
            .parse_and_typecheck()
            .expect("the schema");
        let files = FileDescriptor::new_dynamic_fds(files.file_descriptors, &[]).expect("the schema");
        let trace = files.iter().find_map(|file| file.message_by_full_name(".perfetto.protos.Trace"));
        let trace = trace.expect("its root").parse_from_bytes(&bytes).expect("what was written");
        let text = protobuf_json_mapping::print_to_string(&*trace).expect("as JSON");
        let mut trace: Value = serde_json::from_str(&text).expect("JSON");
        let Value::Array(packets) = trace["packet"].take() else { panic!("packets: {trace}") };
        packets
    }

    /// A number: those of 64 bits are text in JSON.
    fn number(value: &Value) -> u64 {
        value.as_u64().unwrap_or_else(|| text(value).parse().expect("a number"))
    }

    fn text(value: &Value) -> &str {
        value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
    }

    /// Read by Perfetto's own schema.
    #[test]
    fn the_published_schema_reads_what_was_written() {
        let timeline = timeline();
        let packets = packets(&timeline);
        let mut names: BTreeMap<u64, String> = BTreeMap::new();
        let mut processes: BTreeMap<u64, String> = BTreeMap::new();
        let mut open: BTreeMap<u64, Vec<(u64, String)>> = BTreeMap::new();
        let mut slices = Vec::new();
        let (mut begun, mut ended, mut instants) = (Vec::new(), Vec::new(), Vec::new());
        assert_eq!(packets[0]["sequenceFlags"], 1);
        for packet in &packets {
            assert_eq!(packet["trustedPacketSequenceId"], 1);
            if let Some(track) = packet.get("trackDescriptor") {
                let parent = track.get("parentUuid").and_then(|uuid| names.get(&number(uuid))).cloned();
                let name = format!("{}/{}", parent.unwrap_or_default(), text(&track["name"]));
                names.insert(number(&track["uuid"]), name);
                if let Some(process) = track.get("process") {
                    processes.insert(number(&process["pid"]), text(&process["processName"]).to_owned());
                }
                continue;
            }
            let (time, event) = (number(&packet["timestamp"]), &packet["trackEvent"]);
            let track = number(&event["trackUuid"]);
            assert!(names.contains_key(&track), "a track is described before it is used");
            match text(&event["type"]) {
                "TYPE_SLICE_BEGIN" => {
                    open.entry(track).or_default().push((time, text(&event["name"]).to_owned()));
                }
                "TYPE_SLICE_END" => {
                    let (begin, name) = open.get_mut(&track).and_then(Vec::pop).expect("a beginning");
                    slices.push((names[&track].clone(), name, begin, time));
                }
                "TYPE_INSTANT" => instants.push((time, text(&event["name"]).to_owned())),
                other => panic!("{other}"),
            }
            let flows = |field: &str| {
                let flows = event[field].as_array().into_iter().flatten();
                flows.map(|flow| (number(flow), time)).collect::<Vec<_>>()
            };
            begun.extend(flows("flowIds"));
            ended.extend(flows("terminatingFlowIds"));
        }
        assert!(open.values().all(Vec::is_empty), "{open:?}");
        assert_eq!(processes.into_values().collect::<Vec<_>>(), ["kernel", "control", "display"]);
        let windows: Vec<_> = slices
            .iter()
            .filter(|(track, ..)| track == "/kernel/windows")
            .map(|(_, name, begin, end)| (name.as_str(), *begin, *end))
            .collect();
        let expected: Vec<_> = timeline
            .windows()
            .iter()
            .map(|window| (["control", "display"][window.partition], window.begin, window.end))
            .collect();
        assert_eq!(windows, expected);
        let configured = slices.iter().filter(|(track, ..)| track == "/kernel/configured").count();
        assert_eq!(configured, timeline.configured(timeline.begin(), timeline.end()).len());
        assert_eq!((begun, ended), (vec![(1, 100)], vec![(1, 500)]), "the message, once");
        let events: Vec<_> =
            timeline.events.iter().map(|event| (event.time, event.name().to_owned())).collect();
        assert_eq!(instants, events);
    }

    /// A task that gives the processor away at the moment at which it gets it has had it for no time.
    #[test]
    fn every_end_has_a_beginning_before_it() {
        let mut timeline = timeline();
        let switch = |task| crate::Event::task(500, 0, crate::TaskEvent::SwitchIn { task });
        timeline.events.extend([switch(1), switch(2), switch(1)]);
        let timeline = crate::Timeline::new(timeline.system, timeline.events);
        let mut open: BTreeMap<u64, usize> = BTreeMap::new();
        for packet in packets(&timeline) {
            let Some(event) = packet.get("trackEvent") else { continue };
            let slices = open.entry(number(&event["trackUuid"])).or_default();
            match text(&event["type"]) {
                "TYPE_SLICE_BEGIN" => *slices += 1,
                "TYPE_SLICE_END" => *slices = slices.checked_sub(1).expect("a beginning"),
                _ => {}
            }
        }
        assert!(open.values().all(|slices| *slices == 0), "{open:?}");
    }
}
