//! What partitions tell each other, what memory they share and which devices they own, for people: a table of channels,
//! one of regions, one of devices.

use std::fmt::Write as _;

use crate::system_file::System;
use crate::system_file::channel::{Channel, Port, Transfer};
use crate::system_file::device::PlacedResource;
use crate::system_file::region::Region;
use crate::terminal::{Look, heading, partition_style};
use crate::units::{duration_text, size_rounded, size_text};

/// The tables with their headings, each ended by an empty line; nothing of what the system does not have.
#[must_use]
pub fn tables(system: &System, look: Look) -> String {
    let mut out = String::new();
    let count = system.channels.len();
    if count > 0 {
        let buffers: u64 = system.channels.iter().map(Channel::memory).sum();
        let plural = if count == 1 { "" } else { "s" };
        let title = format!("{count} channel{plural}, {} of buffers", size_rounded(buffers));
        let _ = writeln!(out, "{}", look.paint(heading(), &title));
        channels(&mut out, system, look);
        out.push('\n');
    }
    if !system.regions.is_empty() {
        let _ = writeln!(out, "{}", look.paint(heading(), "regions of shared memory"));
        regions(&mut out, system, look);
        out.push('\n');
    }
    if !(system.devices.is_empty() && system.left_out.is_empty()) {
        let _ = writeln!(out, "{}", look.paint(heading(), "devices"));
        if !system.devices.is_empty() {
            devices(&mut out, system, look);
        }
        for (name, processor) in &system.left_out {
            let _ = writeln!(out, "  left out: {name}, of {processor} (--arch {processor} looks at it)");
        }
        out.push('\n');
    }
    out
}

/// Width of a column with these texts.
fn width<'a>(heading: &str, texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).fold(heading.len(), usize::max)
}

/// How long a channel's messages are good, or how many it keeps.
#[must_use]
pub(crate) fn keeping(transfer: Transfer) -> String {
    match transfer {
        Transfer::Sampling { refresh } => format!("refresh {}", duration_text(refresh)),
        Transfer::Queuing { depth } => format!("depth {depth}"),
    }
}

/// A line for each channel, and one more for each destination after the first.
fn channels(out: &mut String, system: &System, look: Look) {
    let keeping: Vec<String> = system.channels.iter().map(|channel| keeping(channel.transfer)).collect();
    let name_width = width("channel", system.channels.iter().map(|channel| channel.name.as_str()));
    let keeping_width = width("keeps", keeping.iter().map(String::as_str));
    let sources: Vec<String> =
        system.channels.iter().map(|channel| port(system, &channel.source, Look::plain())).collect();
    let source_width = width("source", sources.iter().map(String::as_str));
    let _ = writeln!(
        out,
        "  {:name_width$}  {:8}  {:>8}  {:keeping_width$}  {:>10}  {:source_width$}     destinations",
        "channel", "kind", "message", "keeps", "buffers", "source"
    );
    for ((channel, keeping), source) in system.channels.iter().zip(&keeping).zip(&sources) {
        let (kind, message) = (channel.transfer.name(), size_text(channel.message_size.into()));
        let buffers = size_rounded(channel.memory());
        let start = format!(
            "  {:name_width$}  {kind:8}  {message:>8}  {keeping:keeping_width$}  {buffers:>10}  ",
            channel.name
        );
        let padding = " ".repeat(source_width.saturating_sub(source.chars().count()));
        let source = port(system, &channel.source, look);
        for (number, destination) in channel.destinations.iter().enumerate() {
            let destination = port(system, destination, look);
            let _ = if number == 0 {
                writeln!(out, "{start}{source}{padding}  -> {destination}")
            } else {
                writeln!(out, "{:1$}  -> {destination}", "", start.chars().count() + source_width)
            };
        }
    }
}

/// A port with its partition in the partition's colour.
fn port(system: &System, port: &Port, look: Look) -> String {
    format!("{}:{}", partition(system, port.partition, look), port.name)
}

fn partition(system: &System, number: usize, look: Look) -> String {
    look.paint(partition_style(number), system.partition_name(number))
}

/// A line for each partition of each region.
fn regions(out: &mut String, system: &System, look: Look) {
    let name_width = width("region", system.regions.iter().map(|region| region.name.as_str()));
    let users = system.regions.iter().flat_map(|region| &region.mappings);
    let user_width = width("partition", users.map(|mapping| system.partition_name(mapping.partition)));
    let _ = writeln!(
        out,
        "  {:name_width$}  {:>10}  {:user_width$}  {:10}  {:>10}  doorbell",
        "region", "size", "partition", "access", "address"
    );
    for Region { name, size, mappings, .. } in &system.regions {
        for (number, mapping) in mappings.iter().enumerate() {
            let (name, size) =
                if number == 0 { (name.as_str(), size_text(*size)) } else { ("", String::new()) };
            let padding = user_width - system.partition_name(mapping.partition).len().min(user_width);
            let user = partition(system, mapping.partition, look);
            let doorbell = mapping.doorbell.map_or_else(|| "-".to_owned(), |line| format!("line {line}"));
            let _ = writeln!(
                out,
                "  {name:name_width$}  {size:>10}  {user}{:padding$}  {:10}  {:#010x}  {doorbell}",
                "",
                mapping.access.name(),
                mapping.address
            );
        }
    }
}

/// A line for each thing that a device has.
fn devices(out: &mut String, system: &System, look: Look) {
    let name_width = width("device", system.devices.iter().map(|device| device.name.as_str()));
    let owners = system.devices.iter().map(|device| system.partition_name(device.owner));
    let owner_width = width("owner", owners);
    let dma_width = width("dma", system.devices.iter().map(|device| device.dma.name()));
    let _ = writeln!(
        out,
        "  {:name_width$}  {:owner_width$}  {:dma_width$}  {:>6}  {:9}  what",
        "device", "owner", "dma", "number", "kind"
    );
    let placed = system.resources();
    for (device, described) in system.devices.iter().enumerate() {
        let padding = owner_width - system.partition_name(described.owner).len().min(owner_width);
        let owner = format!("{}{:padding$}", partition(system, described.owner, look), "");
        let first = format!("{:name_width$}  {owner}  {:dma_width$}", described.name, described.dma.name());
        let blank = " ".repeat(name_width + owner_width + dma_width + 4);
        let own = placed.iter().filter(|placed| placed.device == device);
        for (place, PlacedResource { number, resource, .. }) in own.enumerate() {
            let start = if place == 0 { &first } else { &blank };
            let _ = writeln!(out, "  {start}  {number:>6}  {:9}  {}", resource.kind(), resource.text());
        }
    }
}
