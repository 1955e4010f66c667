//! The shape of `[[device]]` and of what it has.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostics::Problem;
use crate::system_file::value::{Located, TableReader, tables_of, wrong_type};
use crate::units;

/// What can be written of DMA.
const DMA: &str = "\"none\", or \"iommu\" or \"unprotected\" if the device writes memory by itself";

/// A `[[device]]` table.
#[derive(Debug)]
pub(in crate::system_file) struct RawDevice {
    pub(in crate::system_file) place: Range<usize>,
    pub(in crate::system_file) name: Option<Located<String>>,
    pub(in crate::system_file) owner: Option<Located<String>>,
    pub(in crate::system_file) processor: Option<Located<String>>,
    pub(in crate::system_file) dma: Option<Located<String>>,
    /// What it has, in the order of the file.
    pub(in crate::system_file) resources: Vec<RawResource>,
    /// Whether that is nothing, without a complaint.
    pub(in crate::system_file) is_empty: bool,
    /// Whether it is meant to be a PCI function, rightly said or not.
    pub(in crate::system_file) names_function: bool,
}

/// What a device has.
#[derive(Debug)]
pub(in crate::system_file) enum RawResource {
    Memory(RawMemory),
    Registers(RawBlock),
    Ports(RawBlock),
    Interrupt(RawInterrupt),
    Function(RawFunction),
}

/// An entry of `memory`.
#[derive(Debug)]
pub(in crate::system_file) struct RawMemory {
    place: Range<usize>,
    pub(in crate::system_file) address: Option<Located<u64>>,
    pub(in crate::system_file) size: Option<Located<u64>>,
    pub(in crate::system_file) write: Option<Located<bool>>,
    pub(in crate::system_file) at: Option<Located<u64>>,
    /// Whether there is an `at`, usable or not.
    pub(in crate::system_file) at_given: bool,
}

/// An entry of `registers` or of `ports`.
#[derive(Debug)]
pub(in crate::system_file) struct RawBlock {
    pub(in crate::system_file) place: Range<usize>,
    pub(in crate::system_file) start: Option<Located<u64>>,
    pub(in crate::system_file) size: Option<Located<u64>>,
    pub(in crate::system_file) width: Option<Located<u64>>,
    pub(in crate::system_file) allow: Option<Located<Vec<RawRule>>>,
    /// Whether there is an `allow`, usable or not.
    pub(in crate::system_file) allow_given: bool,
}

/// An entry of `allow`.
#[derive(Debug)]
pub(in crate::system_file) struct RawRule {
    pub(in crate::system_file) place: Range<usize>,
    pub(in crate::system_file) offset: Option<Located<u64>>,
    pub(in crate::system_file) size: Option<Located<u64>>,
    pub(in crate::system_file) size_given: bool,
    pub(in crate::system_file) read: Option<Located<Mask>>,
    pub(in crate::system_file) write: Option<Located<Mask>>,
    /// Whether what may be done is said in a way that cannot be read.
    pub(in crate::system_file) is_unclear: bool,
}

/// Bits of a register.
#[derive(Clone, Copy, Debug)]
pub(in crate::system_file) enum Mask {
    /// All of them, or none.
    All(bool),
    /// These.
    Bits(u64),
}

/// An entry of `interrupts`.
#[derive(Debug)]
pub(in crate::system_file) struct RawInterrupt {
    pub(in crate::system_file) place: Range<usize>,
    pub(in crate::system_file) number: Option<Located<u64>>,
    pub(in crate::system_file) trigger: Option<Located<String>>,
    pub(in crate::system_file) polarity: Option<Located<String>>,
    pub(in crate::system_file) line: Option<Located<i64>>,
    /// Whether there is a `line`, usable or not.
    pub(in crate::system_file) line_given: bool,
}

/// `pci` and the keys beside it.
#[derive(Debug)]
pub(in crate::system_file) struct RawFunction {
    pub(in crate::system_file) number: Located<String>,
    pub(in crate::system_file) memory: Option<Located<u64>>,
    pub(in crate::system_file) line: Option<Located<i64>>,
    pub(in crate::system_file) emulate: Option<Located<String>>,
    /// Whether there are such keys, usable or not.
    pub(in crate::system_file) memory_given: bool,
    pub(in crate::system_file) line_given: bool,
}

impl RawResource {
    fn start(&self) -> usize {
        match self {
            Self::Memory(RawMemory { place, .. })
            | Self::Registers(RawBlock { place, .. })
            | Self::Ports(RawBlock { place, .. })
            | Self::Interrupt(RawInterrupt { place, .. })
            | Self::Function(RawFunction { number: Located { place, .. }, .. }) => place.start,
        }
    }
}

const REGISTERS: &str = "[{ address = 0x80000300, size = 0x40, width = 4 }]";
const PORTS: &str = "[{ first = 0x2f8, count = 8, width = 1 }]";
const MEMORY: &str = "[{ address = 0xfed40000, size = \"4 KiB\" }]";
const INTERRUPTS: &str = "[{ number = 3 }]";
const PCI: &str = "\"00:04.0\"";
/// The keys of a PCI function.
const FUNCTION_KEYS: [&str; 4] = ["pci", "pci-memory", "pci-line", "emulate"];
const ALLOW: &str = "[{ offset = 0x8, write = true }]";

pub(super) fn device(table: &DeTable<'_>, place: Range<usize>, problems: &mut Vec<Problem>) -> RawDevice {
    let (name, owner) = ("\"uart2\"", "\"control\"");
    let mut reader = TableReader::new(table, "[[device]]", place.clone());
    let mut raw = RawDevice {
        place,
        name: reader.string("name", name, problems),
        owner: reader.string("owner", owner, problems),
        processor: reader.string("processor", "\"x86_64\"", problems),
        dma: reader.string("dma", DMA, problems),
        resources: Vec::new(),
        is_empty: false,
        names_function: FUNCTION_KEYS.iter().any(|key| reader.has(key)),
    };
    reader.require("name", name, problems);
    reader.require("owner", owner, problems);
    let before = problems.len();
    let found = &mut raw.resources;
    for (table, place) in entries(&mut reader, "registers", REGISTERS, problems) {
        found.push(RawResource::Registers(registers(table, place, problems)));
    }
    for (table, place) in entries(&mut reader, "ports", PORTS, problems) {
        found.push(RawResource::Ports(ports(table, place, problems)));
    }
    for (table, place) in entries(&mut reader, "memory", MEMORY, problems) {
        found.push(RawResource::Memory(memory(table, place, problems)));
    }
    for (table, place) in entries(&mut reader, "interrupts", INTERRUPTS, problems) {
        found.push(RawResource::Interrupt(interrupt(table, place, problems)));
    }
    found.extend(function(&mut reader, raw.names_function, problems).map(RawResource::Function));
    reader.finish(problems);
    raw.is_empty = raw.resources.is_empty() && problems.len() == before;
    raw.resources.sort_by_key(RawResource::start);
    raw
}

fn function(
    reader: &mut TableReader<'_, '_>,
    is_named: bool,
    problems: &mut Vec<Problem>,
) -> Option<RawFunction> {
    let number = reader.string("pci", PCI, problems);
    let memory = number_or(reader, "pci-memory", "\"64 KiB\"", units::size, problems);
    let line = reader.integer("pci-line", "9", problems);
    let emulate = reader.string("emulate", "\"virtio-net\"", problems);
    let (memory_given, line_given) = (reader.has("pci-memory"), reader.has("pci-line"));
    if is_named {
        reader.require("pci", PCI, problems);
    }
    Some(RawFunction { number: number?, memory, line, emulate, memory_given, line_given })
}

/// The tables of a key of the device.
fn entries<'a, 'text>(
    reader: &mut TableReader<'a, 'text>,
    key: &'static str,
    example: &str,
    problems: &mut Vec<Problem>,
) -> Vec<(&'a DeTable<'text>, Range<usize>)> {
    let value = reader.value(key);
    value.and_then(|value| tables_of(value, key, example, problems)).unwrap_or_default()
}

fn memory(table: &DeTable<'_>, place: Range<usize>, problems: &mut Vec<Problem>) -> RawMemory {
    let (address, size) = ("0xfed40000", "\"4 KiB\"");
    let mut reader = TableReader::new(table, "memory", place.clone());
    let raw = RawMemory {
        place,
        address: number_or(&mut reader, "address", address, units::address, problems),
        size: number_or(&mut reader, "size", size, units::size, problems),
        write: reader.boolean("write", problems),
        at: number_or(&mut reader, "at", "0x00800000", units::address, problems),
        at_given: reader.has("at"),
    };
    reader.require("address", address, problems);
    reader.require("size", size, problems);
    reader.finish(problems);
    raw
}

fn registers(table: &DeTable<'_>, place: Range<usize>, problems: &mut Vec<Problem>) -> RawBlock {
    let (address, size) = ("0x80000300", "0x40");
    let mut reader = TableReader::new(table, "registers", place.clone());
    let start = number_or(&mut reader, "address", address, units::address, problems);
    let bytes = number_or(&mut reader, "size", size, units::size, problems);
    reader.require("address", address, problems);
    reader.require("size", size, problems);
    block(reader, (start, bytes), "4", place, problems)
}

fn ports(table: &DeTable<'_>, place: Range<usize>, problems: &mut Vec<Problem>) -> RawBlock {
    let (first, count) = ("0x2f8", "8");
    let mut reader = TableReader::new(table, "ports", place.clone());
    let start = number(&mut reader, "first", first, problems);
    let ports = number(&mut reader, "count", count, problems);
    reader.require("first", first, problems);
    reader.require("count", count, problems);
    block(reader, (start, ports), "1", place, problems)
}

/// What registers and ports have in common.
fn block(
    mut reader: TableReader<'_, '_>,
    (start, size): (Option<Located<u64>>, Option<Located<u64>>),
    width: &str,
    place: Range<usize>,
    problems: &mut Vec<Problem>,
) -> RawBlock {
    let raw = RawBlock {
        place,
        start,
        size,
        width: number(&mut reader, "width", width, problems),
        allow: reader.value("allow").and_then(|value| allow(value, problems)),
        allow_given: reader.has("allow"),
    };
    reader.require("width", width, problems);
    reader.finish(problems);
    raw
}

/// The rules, if all of them are tables.
fn allow(value: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) -> Option<Located<Vec<RawRule>>> {
    let before = problems.len();
    let tables = tables_of(value, "allow", ALLOW, problems)?;
    let is_whole = problems.len() == before;
    let rules = tables.into_iter().map(|(table, place)| rule(table, place, problems)).collect();
    is_whole.then(|| Located { value: rules, place: value.span() })
}

fn rule(table: &DeTable<'_>, place: Range<usize>, problems: &mut Vec<Problem>) -> RawRule {
    let mut reader = TableReader::new(table, "allow", place.clone());
    let offset = number(&mut reader, "offset", "0x8", problems);
    let size = number_or(&mut reader, "size", "4", units::size, problems);
    let size_given = reader.has("size");
    let before = problems.len();
    let read = mask(&mut reader, "read", problems);
    let write = mask(&mut reader, "write", problems);
    let is_unclear = problems.len() != before;
    reader.require("offset", "0x8", problems);
    reader.finish(problems);
    RawRule { place, offset, size, size_given, read, write, is_unclear }
}

fn interrupt(table: &DeTable<'_>, place: Range<usize>, problems: &mut Vec<Problem>) -> RawInterrupt {
    let mut reader = TableReader::new(table, "interrupts", place.clone());
    let raw = RawInterrupt {
        place,
        number: number(&mut reader, "number", "3", problems),
        trigger: reader.string("trigger", "\"edge\"", problems),
        polarity: reader.string("polarity", "\"high\"", problems),
        line: reader.integer("line", "9", problems),
        line_given: reader.has("line"),
    };
    reader.require("number", "3", problems);
    reader.finish(problems);
    raw
}

/// A whole number that is not negative.
fn number(
    reader: &mut TableReader<'_, '_>,
    key: &'static str,
    example: &str,
    problems: &mut Vec<Problem>,
) -> Option<Located<u64>> {
    let Located { value, place } = reader.integer(key, example, problems)?;
    let Ok(value) = u64::try_from(value) else {
        let text = format!("`{key}` cannot be {value}");
        problems.push(Problem::new(place, text).help(format!("write one such as {key} = {example}")));
        return None;
    };
    Some(Located { value, place })
}

/// A whole number that is not negative, or a text that stands for one.
fn number_or(
    reader: &mut TableReader<'_, '_>,
    key: &'static str,
    example: &str,
    read: fn(&str) -> Result<u64, units::UnitError>,
    problems: &mut Vec<Problem>,
) -> Option<Located<u64>> {
    let value = reader.value(key)?;
    match value.get_ref() {
        DeValue::Integer(_) => number(reader, key, example, problems),
        DeValue::String(_) => reader.quantity(key, example, read, problems),
        _ => {
            problems.push(wrong_type(value, key, "an integer or a string", example));
            None
        }
    }
}

/// A boolean, or the bits of a register.
fn mask(
    reader: &mut TableReader<'_, '_>,
    key: &'static str,
    problems: &mut Vec<Problem>,
) -> Option<Located<Mask>> {
    let value = reader.value(key)?;
    match value.get_ref() {
        DeValue::Boolean(all) => Some(Located { value: Mask::All(*all), place: value.span() }),
        DeValue::Integer(_) => {
            let bits = number(reader, key, "0xff", problems)?;
            Some(Located { value: Mask::Bits(bits.value), place: bits.place })
        }
        _ => {
            problems.push(wrong_type(value, key, "a boolean or an integer", "0xff"));
            None
        }
    }
}
