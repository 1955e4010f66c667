//! The JSON schemas of what commands say to programs, made of the structures that are written.

use bulkhead_abi::event::{Field, Kind, NO_PARTITION, Record};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::document::Document;
use super::injections::{InjectionObject, InjectionsBegin, InjectionsEnd};
use super::printer::{LineObject, Silent};
use super::run::{Begin, End};
use super::tests::{TestObject, TestsBegin, TestsEnd};

/// The schema of the object that `check` and `build` write (JSON Schema, draft 2020-12), a text with its last line
/// ended.
#[must_use]
pub fn check() -> String {
    let mut schema = generator().into_root_schema_for::<Document<'_>>();
    schema.insert("title".to_owned(), "What `bulkhead check --json` and `bulkhead build --json` say".into());
    text(schema.as_value())
}

/// The schema of each object that `run` writes.
#[must_use]
pub fn run() -> String {
    let mut generator = generator();
    let mut objects = vec![
        reference::<Begin<'_>>(&mut generator),
        reference::<LineObject<'_>>(&mut generator),
        reference::<Silent>(&mut generator),
        reference::<End<'_>>(&mut generator),
    ];
    objects.extend(Kind::ALL.map(event));
    let words = ["begin", "line", "silent", "end"].into_iter().chain(Kind::ALL.map(Kind::word));
    lines("run", objects, words.collect(), generator)
}

/// The schema of each object that `test-rtems` writes.
#[must_use]
pub fn test_rtems() -> String {
    let mut generator = generator();
    let objects = vec![
        reference::<TestsBegin>(&mut generator),
        reference::<TestObject<'_>>(&mut generator),
        reference::<TestsEnd<'_>>(&mut generator),
    ];
    lines("test-rtems", objects, vec!["begin", "test", "end"], generator)
}

/// The schema of each object that `inject` writes.
#[must_use]
pub fn inject() -> String {
    let mut generator = generator();
    let objects = vec![
        reference::<InjectionsBegin<'_>>(&mut generator),
        reference::<InjectionObject<'_>>(&mut generator),
        reference::<InjectionsEnd<'_>>(&mut generator),
    ];
    lines("inject", objects, vec!["begin", "injection", "end"], generator)
}

/// The schema of a command's lines, each with one of these words as its event.
fn lines(command: &str, mut objects: Vec<Value>, words: Vec<&str>, mut generator: SchemaGenerator) -> String {
    // Kinds of events can be added without another version.
    objects.push(json!({
        "title": "An event of a later release",
        "type": "object",
        "properties": { "event": { "type": "string", "not": { "enum": words } } },
        "required": ["event"],
    }));
    text(&json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("A line of what `bulkhead {command} --json` says"),
        "oneOf": objects,
        "$defs": generator.take_definitions(true),
    }))
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().for_serialize().into_generator()
}

fn reference<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

/// An event of the kernel, of this kind.
fn event(kind: Kind) -> Value {
    let record = Record::new(0, kind, NO_PARTITION, 0, [0; 6]);
    let number = || json!({ "type": "integer", "minimum": 0 });
    let mut properties = Map::new();
    properties.insert("event".to_owned(), json!({ "const": kind.word() }));
    properties.insert("time".to_owned(), number());
    for (name, value) in (0..).map_while(|place| record.field(place)) {
        let form = match value {
            Field::Number(_) => number(),
            Field::Word(_) => json!({ "type": "string" }),
        };
        properties.insert(name.replace('-', "_"), form);
    }
    properties.insert("text".to_owned(), json!({ "type": "string" }));
    let required: Vec<String> = properties.keys().cloned().collect();
    properties.insert("partition".to_owned(), number());
    properties.insert("name".to_owned(), json!({ "type": "string" }));
    json!({
        "title": kind.word(),
        "type": "object",
        "properties": properties,
        "required": required,
        "dependentRequired": { "partition": ["name"], "name": ["partition"] },
    })
}

fn text(schema: &Value) -> String {
    format!("{schema:#}\n")
}
