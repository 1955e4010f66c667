//! The JSON schema of the system file, by which editors complete and check it. It knows tables, keys and the forms of
//! values; what keys have to do with each other, `bulkhead check` says.

use bulkhead_abi::system_table::{
    CHANNELS_MAX, DESTINATIONS_MAX, INTERRUPTS_MAX, PARTITIONS_MAX, REGIONS_MAX, RESOURCES_MAX,
    RULES_PER_RESOURCE_MAX, SCHEDULES_MAX, WINDOWS_MAX,
};
use bulkhead_abi::{COMMAND_LINE_LENGTH_MAX, NAME_LENGTH_MAX};
use serde_json::{Map, Value, json};

use super::keys::{
    ALLOWANCE, BUILD, CHANNEL, DEVICE, DEVICE_MEMORY, Default, HEALTH, INTERRUPT, Key, Kind, MAPPING,
    PARTITION, PARTITION_HEALTH, PORT, PORTS, REGION, REGISTERS, RESPONSE, RULE, SCHEDULE, SOURCES, SYSTEM,
    Table, WINDOW,
};
use super::limits::NAME_EXTRA;
use crate::language;
use crate::target::Processor;
use crate::units;

/// The most devices of a file: of each processor as many as there can be resources.
const DEVICES_MAX: usize = RESOURCES_MAX * Processor::NAMES.len();

/// The schema (JSON Schema, draft 7, which editors of TOML know), a text with its last line ended.
#[must_use]
pub fn schema() -> String {
    let optional_list =
        |table: Table, most: usize| json!({ "type": "array", "items": object(table), "maxItems": most });
    let list = |table: Table, most: usize| {
        let mut list = optional_list(table, most);
        list["minItems"] = json!(1);
        list
    };
    let mut partition = list(PARTITION, PARTITIONS_MAX);
    // Either of the two: what both have is refused by `oneOf`.
    partition["items"]["oneOf"] = json!([{ "required": ["sources"] }, { "required": ["image"] }]);
    partition["items"]["properties"]["name"]["not"] = json!({ "const": "kernel" });
    partition["items"]["dependencies"] = json!({ "period": ["budget"], "budget": ["period"] });
    let mut schedules = list(SCHEDULE, SCHEDULES_MAX);
    schedules["items"]["required"] = json!(["name", "major-frame", "window"]);
    let mut channel = optional_list(CHANNEL, CHANNELS_MAX);
    // A key that the other kind has is refused.
    channel["items"]["oneOf"] = json!([
        {
            "properties": { "kind": { "const": "sampling" } },
            "required": ["refresh"],
            "not": { "required": ["depth"] },
        },
        {
            "properties": { "kind": { "const": "queuing" }, "destinations": { "maxItems": 1 } },
            "required": ["depth"],
            "not": { "required": ["refresh"] },
        },
    ]);
    let mut device = optional_list(DEVICE, DEVICES_MAX);
    device["items"]["anyOf"] =
        json!(["registers", "ports", "memory", "interrupts", "pci"].map(|key| json!({ "required": [key] })));
    device["items"]["dependencies"] =
        json!({ "pci-memory": ["pci"], "pci-line": ["pci"], "emulate": ["pci"] });
    device["items"]["not"] =
        json!({ "properties": { "processor": { "const": "leon3" } }, "required": ["processor", "ports"] });
    // Either one schedule, or several.
    let forms = json!([
        {
            "required": ["window"],
            "properties": { "system": { "required": ["major-frame"] } },
        },
        {
            "required": ["schedule"],
            "properties": { "system": { "not": { "required": ["major-frame"] } } },
            "not": { "required": ["window"] },
        },
    ]);
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A system of partitions (bulkhead.toml)",
        "type": "object",
        "properties": {
            "system": object(SYSTEM),
            "partition": partition,
            "window": list(WINDOW, WINDOWS_MAX),
            "schedule": schedules,
            "health": object(HEALTH),
            "build": object(BUILD),
            "channel": channel,
            "region": optional_list(REGION, REGIONS_MAX),
            "device": device,
        },
        "required": ["system", "partition"],
        "oneOf": forms,
        "additionalProperties": false,
        "definitions": definitions(),
    });
    format!("{schema:#}\n")
}

fn object(table: Table) -> Value {
    let properties: Map<String, Value> = table
        .iter()
        .map(|key| {
            let mut value = value(key.kind);
            value["description"] = json!(description(key));
            (key.name.to_owned(), value)
        })
        .collect();
    let required: Vec<&str> =
        table.iter().filter(|key| key.default == Default::Required).map(|key| key.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// What a value of this kind looks like.
fn value(kind: Kind) -> Value {
    match kind {
        Kind::Duration => json!({ "type": "string", "pattern": units::duration_pattern() }),
        Kind::Frequency => json!({ "type": "string", "pattern": units::frequency_pattern() }),
        Kind::Size => json!({ "type": "string", "pattern": units::size_pattern() }),
        Kind::Name | Kind::PartitionName => {
            let pattern =
                format!("^[A-Za-z][A-Za-z0-9{}]{{0,{}}}$", within_brackets(NAME_EXTRA), NAME_LENGTH_MAX - 1);
            json!({ "type": "string", "pattern": pattern })
        }
        Kind::Text => json!({ "type": "string" }),
        Kind::FilledText => json!({ "type": "string", "pattern": "\\S" }),
        Kind::CommandLine => {
            json!({ "type": "string", "maxLength": COMMAND_LINE_LENGTH_MAX, "pattern": "^[^\\u0000]*$" })
        }
        Kind::OneOf(words) => json!({ "type": "string", "enum": words }),
        Kind::Sources => {
            let mut array = value(Kind::SourceFiles);
            array["minItems"] = json!(1);
            json!({ "anyOf": [array, object(SOURCES)] })
        }
        Kind::SourceFiles => {
            let pattern = format!("\\.({})$", language::endings().collect::<Vec<_>>().join("|"));
            texts(&pattern)
        }
        Kind::Folders => texts("."),
        Kind::Definitions => texts("^[A-Za-z_][A-Za-z0-9_]*(\\([^()]*\\))?(=[^\\n]*)?$"),
        Kind::Flags => json!({ "type": "array", "items": { "type": "string", "pattern": "." } }),
        Kind::Libraries => texts("^([A-Za-z0-9_+.][A-Za-z0-9_+.-]*|.*\\.a)$"),
        Kind::Building => object(BUILD),
        Kind::Integer { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Port => object(PORT),
        Kind::Mappings => {
            let writer =
                json!({ "properties": { "access": { "const": "read-write" } }, "required": ["access"] });
            let items = object(MAPPING);
            json!({ "type": "array", "items": items, "contains": writer, "maxItems": PARTITIONS_MAX })
        }
        Kind::Address => json!({ "type": "string", "pattern": units::address_pattern() }),
        Kind::NumberOf(numbers) => json!({ "type": "integer", "enum": numbers }),
        Kind::NumberOrAddress => number_or(&units::address_pattern()),
        Kind::NumberOrSize => number_or(&units::size_pattern()),
        Kind::Mask => {
            json!({ "anyOf": [{ "type": "boolean" }, { "type": "integer", "minimum": 0, "maximum": u32::MAX }] })
        }
        Kind::PciFunction => {
            let pattern = "^(0000:)?[0-9a-fA-F]{2}:[01][0-9a-fA-F]\\.[0-7]$";
            json!({ "type": "string", "pattern": pattern })
        }
        Kind::DeviceMemory => tables(DEVICE_MEMORY, RESOURCES_MAX),
        Kind::DeviceRegisters => tables(REGISTERS, RESOURCES_MAX),
        Kind::DevicePorts => tables(PORTS, RESOURCES_MAX),
        Kind::DeviceInterrupts => tables(INTERRUPT, INTERRUPTS_MAX),
        Kind::DeviceRules => tables(RULE, RULES_PER_RESOURCE_MAX),
        Kind::Ports => {
            json!({ "type": "array", "items": object(PORT), "minItems": 1, "maxItems": DESTINATIONS_MAX })
        }
        Kind::Allowances => json!({ "type": "array", "items": object(ALLOWANCE) }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Response(words) => {
            json!({ "allOf": [{ "$ref": format!("#/definitions/{}", definition(words)) }] })
        }
        Kind::Exceeded(words) => {
            let mut table = object(RESPONSE);
            for key in ["deliver", "log"] {
                table["properties"].as_object_mut().map(|keys| keys.remove(key));
            }
            response(words, table)
        }
        Kind::Health => object(PARTITION_HEALTH),
        Kind::Windows => {
            json!({ "type": "array", "items": object(WINDOW), "minItems": 1, "maxItems": WINDOWS_MAX })
        }
        Kind::AtChange(words) => {
            json!({ "type": "object", "additionalProperties": { "type": "string", "enum": words } })
        }
    }
}

/// At least one table, and at most so many.
fn tables(table: Table, most: usize) -> Value {
    json!({ "type": "array", "items": object(table), "minItems": 1, "maxItems": most })
}

/// Texts of this pattern, none twice.
fn texts(pattern: &str) -> Value {
    json!({ "type": "array", "items": { "type": "string", "pattern": pattern }, "uniqueItems": true })
}

/// A whole number, or a text of this pattern.
fn number_or(pattern: &str) -> Value {
    json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": pattern }] })
}

/// The responses, each of which is that to several errors.
fn definitions() -> Value {
    let kinds = HEALTH.iter().filter_map(|key| match key.kind {
        Kind::Response(words) => Some((definition(words).to_owned(), response(words, object(RESPONSE)))),
        _ => None,
    });
    Value::Object(kinds.collect())
}

/// The name of the responses with these actions.
fn definition(words: &[&str]) -> &'static str {
    match (words.contains(&"log"), words.contains(&"warm-restart")) {
        (true, true) => "response",
        (false, true) => "response-to-fault",
        (true, false) => "response-to-device-error",
        (false, false) => "response-to-damaged-image",
    }
}

/// One of these actions, or a table with it.
fn response(words: &[&str], mut table: Value) -> Value {
    table["properties"]["action"]["enum"] = json!(words);
    json!({ "oneOf": [{ "type": "string", "enum": words }, table] })
}

/// Characters within the brackets of a pattern, where a dash stands last.
fn within_brackets(characters: &str) -> String {
    let (dash, others): (String, String) = characters.chars().partition(|character| *character == '-');
    others + &dash
}

/// What an editor shows of a key.
fn description(key: &Key) -> String {
    let mut text = key.meaning.replace(" (see below)", "");
    let range = (key.range)();
    if !range.is_empty() {
        text += &format!(" Range: {range}.");
    }
    if let Default::Is(default) = key.default {
        text += &format!(" Default: {default}.");
    }
    text.replace('`', "")
}
