//! The Common Trace Format, version 1.8 (diamon.org/ctf/v1.8.3): a folder with a description of the events and a file
//! with them, which babeltrace2 and Trace Compass read.
//!
//! The description is made of the same table as the events: [`Kind::fields`]. A word or a name is an enumeration, so
//! that the number of it is what is stored.

use std::fmt::Write as _;
use std::io::{self, Write};

use bulkhead_abi::trace::{Field, Form, Kind};

use crate::event::{Event, TaskEvent, What};
use crate::model::{Gap, System, Timeline};

/// The name of the file with the events.
pub const STREAM: &str = "stream";

/// The name of the file with the description.
pub const METADATA: &str = "metadata";

/// How a packet begins (CTF 1.8.3, 5.1).
const MAGIC: u32 = 0xc1fc_1fc1;

/// The bytes of a packet before its events: the magic number, the stream's number, and the context.
const PACKET_START: u64 = 4 + 4 + 5 * 8 + 4;

/// The number of an event about nobody.
const NOBODY: u8 = u8::MAX;

/// The number of the last kind of the kernel's.
const LAST_KERNEL: u8 = Kind::ALL.len() as u8;

/// What tasks record and what else there is, behind the kernel's kinds: the name, and each field with its C type.
const OF_TASKS: [(&str, &[(&str, &str)]); 13] = [
    ("task_in", &[("task", "uint32_t")]),
    ("task_out", &[("task", "uint32_t")]),
    ("task_name", &[("task", "uint32_t"), ("name", "string")]),
    ("interrupt_entry", &[("vector", "uint32_t")]),
    ("interrupt_exit", &[("vector", "uint32_t")]),
    ("user", &[("number", "uint32_t"), ("data", "uint64_t")]),
    ("task_event", &[("event", "uint32_t"), ("data", "uint64_t")]),
    ("line", &[("text", "string")]),
    // Records are missing, up to this time.
    ("lost", &[("since", "uint64_t"), ("count", "uint64_t")]),
    ("job_released", &[("period", "uint32_t")]),
    // How long it took is 0 where its release is an event.
    ("job_ended", &[("period", "uint32_t"), ("took", "uint32_t")]),
    ("job_late", &[("period", "uint32_t"), ("took", "uint32_t")]),
    ("jobs_dropped", &[("period", "uint32_t")]),
];

/// Writes the description of a timeline.
///
/// # Errors
/// If it cannot be written.
pub fn write_metadata(timeline: &Timeline, out: &mut impl Write) -> io::Result<()> {
    out.write_all(metadata(&timeline.system).as_bytes())
}

/// Writes the events of a timeline, as one packet.
///
/// # Errors
/// If they cannot be written.
pub fn write_stream(timeline: &Timeline, out: &mut impl Write) -> io::Result<()> {
    let mut events = Vec::new();
    let mut gaps = timeline.gaps();
    gaps.sort_by_key(|gap| gap.end);
    let end = gaps.last().map_or(0, |gap| gap.end).max(timeline.end());
    let mut gaps = gaps.iter().peekable();
    for event in &timeline.events {
        while let Some(gap) = gaps.next_if(|gap| gap.end <= event.time) {
            encode_gap(gap, &mut events);
        }
        encode(event, &mut events);
    }
    gaps.for_each(|gap| encode_gap(gap, &mut events));
    let size = (PACKET_START + events.len() as u64) * 8;
    out.write_all(&MAGIC.to_le_bytes())?;
    out.write_all(&0_u32.to_le_bytes())?;
    for word in [timeline.begin(), end, size, size, timeline.lost_count()] {
        out.write_all(&word.to_le_bytes())?;
    }
    out.write_all(&0_u32.to_le_bytes())?;
    out.write_all(&events)
}

/// The types that events have, in the description's language.
const TYPES: &str = "\
typealias integer { size = 8; align = 8; signed = false; } := uint8_t;
typealias integer { size = 16; align = 8; signed = false; } := uint16_t;
typealias integer { size = 32; align = 8; signed = false; } := uint32_t;
typealias integer { size = 64; align = 8; signed = false; } := uint64_t;
";

/// The stream: one packet on one processor, and events with a number, a time, and whose they are before their fields.
const STREAM_DESCRIPTION: &str = "\
stream {
    id = 0;
    packet.context := struct {
        uint64_t timestamp_begin;
        uint64_t timestamp_end;
        uint64_t content_size;
        uint64_t packet_size;
        uint64_t events_discarded;
        uint32_t cpu_id;
    };
    event.header := struct {
        uint8_t id;
        integer { size = 64; align = 8; signed = false; map = clock.system.value; } timestamp;
    };
    event.context := struct {
        PARTITION _partition;
    };
};
";

fn metadata(system: &System) -> String {
    let mut text = String::from("/* CTF 1.8 */\n\n");
    text += TYPES;
    let names = |names: &mut dyn Iterator<Item = &str>| -> Vec<String> { names.map(str::to_owned).collect() };
    let mut partitions = names(&mut system.partitions.iter().map(|it| it.name.as_str()));
    let channels = names(&mut system.channels.iter().map(|it| it.name.as_str()));
    let schedules = names(&mut system.schedules.iter().map(|it| it.name.as_str()));
    partitions.truncate(NOBODY.into());
    let mut labels: Vec<(u64, String)> = (0..).zip(partitions.iter().cloned()).collect();
    labels.push((NOBODY.into(), "(none)".to_owned()));
    text += &enumeration("PARTITION", 8, &labels);
    text += &enumeration("CHANNEL", 8, &(0..).zip(channels).collect::<Vec<_>>());
    text += &enumeration("SCHEDULE", 16, &(0..).zip(schedules).collect::<Vec<_>>());
    for kind in Kind::ALL {
        for field in kind.fields() {
            if let Form::Word(words) = field.form {
                let labels: Vec<(u64, String)> =
                    (0..).zip(words.iter().map(|word| (*word).to_owned())).collect();
                text += &enumeration(&word_type(kind, field), bits(field), &labels);
            }
        }
    }
    let _ = write!(
        text,
        "\ntrace {{\n    major = 1;\n    minor = 8;\n    byte_order = le;\n    packet.header := struct {{\n        \
         uint32_t magic;\n        uint32_t stream_id;\n    }};\n}};\n\nenv {{\n    domain = \"bulkhead\";\n    \
         system = {};\n    processor = {};\n}};\n\nclock {{\n    name = system;\n    freq = 1000000000;\n    \
         offset = 0;\n}};\n\n{STREAM_DESCRIPTION}",
        quoted(&system.name),
        quoted(&system.processor)
    );
    for kind in Kind::ALL {
        let fields = kind.fields().iter().map(|field| (field.name, c_type(kind, field)));
        text += &event(kind as u8, &kind.name().replace('-', "_"), &fields.collect::<Vec<_>>());
    }
    for (number, (name, fields)) in (LAST_KERNEL + 1..).zip(OF_TASKS) {
        let fields: Vec<(&str, String)> =
            fields.iter().map(|(name, kind)| (*name, (*kind).to_owned())).collect();
        text += &event(number, name, &fields);
    }
    text
}

fn event(id: u8, name: &str, fields: &[(&str, String)]) -> String {
    let mut text = format!("\nevent {{\n    id = {id};\n    name = \"{name}\";\n    stream_id = 0;\n");
    text += "    fields := struct {\n";
    for (name, kind) in fields {
        // The language's own words, "event" and "string" among them, cannot be names of fields; such names begin so.
        let _ = writeln!(text, "        {kind} _{name};");
    }
    text + "    };\n};\n"
}

/// An enumeration of so many bits. What has no label is shown as its number.
fn enumeration(name: &str, bits: u32, labels: &[(u64, String)]) -> String {
    let mut text = format!("\nenum {name} : uint{bits}_t {{\n");
    // The language has no enumeration without a label.
    let none = [(0, "(none)".to_owned())];
    for (number, label) in if labels.is_empty() { &none[..] } else { labels } {
        let _ = writeln!(text, "    {} = {number},", quoted(label));
    }
    text + &format!("}};\ntypealias enum {name} := {name};\n")
}

/// A string in the description's language.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            character if character.is_control() => quoted.push('?'),
            character => quoted.push(character),
        }
    }
    quoted + "\""
}

/// Bits that a field has in a stream.
const fn bits(field: &Field) -> u32 {
    match field.bits {
        0..=8 => 8,
        9..=16 => 16,
        _ => 32,
    }
}

fn word_type(kind: Kind, field: &Field) -> String {
    format!("{}_{}", kind.name(), field.name).replace('-', "_").to_uppercase()
}

fn c_type(kind: Kind, field: &Field) -> String {
    match (field.form, bits(field)) {
        (Form::Word(_), _) => word_type(kind, field),
        (Form::Channel, 8) => "CHANNEL".to_owned(),
        (Form::Schedule, 16) => "SCHEDULE".to_owned(),
        (_, bits) => format!("uint{bits}_t"),
    }
}

/// Appends an event.
fn encode(event: &Event, out: &mut Vec<u8>) {
    let id = match &event.what {
        What::Kernel(kind, _) => *kind as u8,
        What::Task(told) => {
            LAST_KERNEL
                + match told {
                    TaskEvent::SwitchIn { .. } => 1,
                    TaskEvent::SwitchOut { .. } => 2,
                    TaskEvent::Name { .. } => 3,
                    TaskEvent::InterruptEntry { .. } => 4,
                    TaskEvent::InterruptExit { .. } => 5,
                    TaskEvent::User { .. } => 6,
                    TaskEvent::Other { .. } => 7,
                    TaskEvent::JobReleased { .. } => 10,
                    TaskEvent::JobEnded { late: false, .. } => 11,
                    TaskEvent::JobEnded { late: true, .. } => 12,
                    TaskEvent::JobsDropped { .. } => 13,
                }
        }
        What::Line(_) => LAST_KERNEL + 8,
    };
    out.push(id);
    out.extend(event.time.to_le_bytes());
    out.push(event.partition.and_then(|number| u8::try_from(number).ok()).unwrap_or(NOBODY));
    match &event.what {
        What::Kernel(kind, argument) => {
            for field in kind.fields() {
                let value = field.value(*argument).to_le_bytes();
                out.extend(value.iter().take(bits(field) as usize / 8));
            }
        }
        What::Task(told) => match told {
            TaskEvent::SwitchIn { task: number }
            | TaskEvent::SwitchOut { task: number }
            | TaskEvent::InterruptEntry { vector: number }
            | TaskEvent::InterruptExit { vector: number }
            | TaskEvent::JobReleased { period: number }
            | TaskEvent::JobsDropped { period: number } => out.extend(number.to_le_bytes()),
            TaskEvent::JobEnded { period, took, .. } => {
                out.extend(period.to_le_bytes());
                out.extend(took.unwrap_or_default().to_le_bytes());
            }
            TaskEvent::Name { task, name } => {
                out.extend(task.to_le_bytes());
                string(name, out);
            }
            TaskEvent::User { number, data } | TaskEvent::Other { event: number, data } => {
                out.extend(number.to_le_bytes());
                out.extend(data.to_le_bytes());
            }
        },
        What::Line(text) => string(text, out),
    }
}

/// Appends what says that records are missing.
fn encode_gap(gap: &Gap, out: &mut Vec<u8>) {
    out.push(LAST_KERNEL + 9);
    out.extend(gap.end.to_le_bytes());
    out.push(gap.partition.and_then(|number| u8::try_from(number).ok()).unwrap_or(NOBODY));
    out.extend(gap.begin.to_le_bytes());
    out.extend(gap.count.to_le_bytes());
}

/// Appends a string: bytes with a zero behind, and none between.
fn string(text: &str, out: &mut Vec<u8>) {
    out.extend(text.bytes().map(|byte| if byte == 0 { b'?' } else { byte }));
    out.push(0);
}
