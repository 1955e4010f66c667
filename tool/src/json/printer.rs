//! Shows a run's output to programs: an object for each line and each event.

use std::io::{self, Write};
use std::time::Duration;

use bulkhead_abi::event::{Field, Record};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::run::{Output, Speaker};
use crate::system_file::System;

use super::document::line;

/// Shows a run's output on a stream, an object a line.
#[derive(Debug)]
pub struct JsonPrinter<W: Write> {
    stream: W,
    names: Vec<String>,
    /// When what comes next was said.
    time: Option<u64>,
    failure: Option<io::Error>,
}

/// A line of somebody's.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct LineObject<'a> {
    #[schemars(extend("const" = "line"))]
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<u64>,
    from: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    partition: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    text: &'a str,
    /// The line's bytes in hexadecimal, where the text cannot have them all.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
}

/// The kernel has not said its first word yet.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct Silent {
    #[schemars(extend("const" = "silent"))]
    event: &'static str,
    /// For so long, in seconds of the host.
    seconds: u64,
}

impl<W: Write> JsonPrinter<W> {
    /// Shows a system's output on a stream.
    pub fn new(stream: W, system: &System) -> Self {
        let names = system.partitions.iter().map(|partition| partition.name.clone()).collect();
        Self { stream, names, time: None, failure: None }
    }

    /// Why writing has failed, if it has.
    pub fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }

    fn write(&mut self, text: &str) {
        let written = self.stream.write_all(text.as_bytes()).and_then(|()| self.stream.flush());
        self.failure = self.failure.take().or(written.err());
    }
}

impl<W: Write> Output for JsonPrinter<W> {
    fn at(&mut self, time: Option<u64>) {
        self.time = time;
    }

    fn line(&mut self, speaker: Speaker, bytes: &[u8], _report: bool) {
        let (from, partition) = match speaker {
            Speaker::Kernel => ("kernel", None),
            Speaker::Qemu => ("qemu", None),
            Speaker::Partition(number) => ("partition", Some(number)),
        };
        let name = partition.and_then(|number| self.names.get(number)).map(String::as_str);
        let text = String::from_utf8_lossy(bytes);
        let exact = text.as_bytes() == bytes;
        let hexadecimal = || bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let bytes = (!exact).then(hexadecimal);
        let text =
            line(&LineObject { event: "line", time: self.time, from, partition, name, text: &text, bytes });
        self.write(&text);
    }

    fn event(&mut self, record: &Record, words: &str) {
        let mut object = Map::new();
        object.insert("event".to_owned(), record.kind.word().into());
        object.insert("time".to_owned(), record.time.into());
        if record.has_partition() {
            let number = usize::from(record.partition);
            object.insert("partition".to_owned(), number.into());
            object.insert("name".to_owned(), self.names.get(number).cloned().into());
        }
        for (name, value) in (0..).map_while(|place| record.field(place)) {
            let value = match value {
                Field::Number(number) => Value::from(number),
                Field::Word(word) => Value::from(word),
            };
            object.insert(name.replace('-', "_"), value);
        }
        object.insert("text".to_owned(), words.into());
        let text = line(&object);
        self.write(&text);
    }

    fn silent(&mut self, time: Duration) {
        let text = line(&Silent { event: "silent", seconds: time.as_secs() });
        self.write(&text);
    }

    fn is_gone(&self) -> bool {
        self.failure.is_some()
    }
}
