//! How partitions talk to each other, as a picture: partitions as boxes, channels as arrows between them with kinds,
//! sizes and rates, regions as boxes that partitions share, devices as boxes at their owners.

mod dot;
mod placement;
mod svg;
#[cfg(test)]
mod tests;

use bulkhead_abi::PortKind;
use clap::ValueEnum;

use crate::channel_tables::keeping;
use crate::schedule_picture::percent;
use crate::system_file::System;
use crate::system_file::channel::{Channel, Port};
use crate::system_file::device::{Device, Dma, Resource};
use crate::system_file::region::{Mapping, Region};
use crate::units::size_text;

pub use dot::dot;
pub use svg::svg;

/// What a picture is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Scalable Vector Graphics, which browsers show.
    Svg,
    /// The language of Graphviz, whose programs place and draw.
    Dot,
}

impl Format {
    /// How a file of this format can begin.
    #[must_use]
    pub const fn beginnings(self) -> &'static [&'static [u8]] {
        match self {
            Self::Svg => &[b"<?xml", b"<svg"],
            Self::Dot => &[b"digraph"],
        }
    }
}

/// The picture of a system as text, with its last line ended.
#[must_use]
pub fn graph(system: &System, format: Format) -> String {
    match format {
        Format::Svg => svg(system),
        Format::Dot => dot(system),
    }
}

/// Colours: of partitions, of regions and the lines to them, and of devices and theirs.
const BOX: &str = "#f3f4f6";
const REGION: &str = "#e6f2e6";
const REGION_LINE: &str = "#4a7f4a";
const DEVICE: &str = "#efe9f7";
const DEVICE_LINE: &str = "#6b4a9f";

/// The colour of a channel of this kind.
const fn colour(kind: PortKind) -> &'static str {
    match kind {
        PortKind::Sampling => "#1f5fa8",
        PortKind::Queuing => "#b3541e",
    }
}

/// What the picture is of.
fn title(system: &System) -> String {
    let count = |number: usize, noun: &str| match number {
        0 => String::new(),
        1 => format!(", 1 {noun}"),
        _ => format!(", {number} {noun}s"),
    };
    let (partitions, channels) = (system.partitions.len(), system.channels.len());
    let (regions, devices) = (system.regions.len(), system.devices.len());
    let counts = [(partitions, "partition"), (channels, "channel"), (regions, "region"), (devices, "device")];
    let counts: String = counts.into_iter().map(|(number, noun)| count(number, noun)).collect();
    format!("{}: {}", system.name, counts.trim_start_matches(", "))
}

/// What a partition has, in a line.
fn partition_text(system: &System, number: usize) -> String {
    let memory = system.partitions.get(number).map_or(0, |partition| partition.memory);
    format!(
        "{}, {} % of the time",
        size_text(memory),
        percent(system.schedule().time_of(number), system.schedule().major_frame)
    )
}

/// Kind, size and rate of a channel, in a line.
fn channel_text(channel: &Channel) -> String {
    let size = size_text(channel.message_size.into());
    format!("{}, {size}, {}", channel.transfer.name(), keeping(channel.transfer))
}

/// The ports of a channel, in a line.
fn ends_text(system: &System, channel: &Channel) -> String {
    let port = |port: &Port| format!("{}:{}", system.partition_name(port.partition), port.name);
    let destinations: Vec<String> = channel.destinations.iter().map(port).collect();
    format!("{} -> {}", port(&channel.source), destinations.join(", "))
}

/// Name and size of a region, in a line.
fn region_text(region: &Region) -> String {
    format!("{}, {}", region.name, size_text(region.size))
}

/// Where a partition sees a region, and its line, in a line.
fn mapping_text(mapping: &Mapping) -> String {
    let line = mapping.doorbell.map_or_else(String::new, |line| format!(", line {line}"));
    format!("{:#010x}{line}", mapping.address)
}

/// How much of what a device has is named.
const SHOWN_MAX: usize = 4;

/// What a device has, in a line.
fn device_text(device: &Device) -> String {
    let resources = device.resources.iter().map(|resource| match resource {
        Resource::Interrupt(interrupt) => format!("interrupt {}: line {}", interrupt.number, interrupt.line),
        Resource::Ports(block) => format!("ports {:#x}", block.start),
        Resource::Registers(block) => format!("registers {:#x}", block.start),
        Resource::Memory { address, .. } => format!("memory {address:#010x}"),
        Resource::Function(function) => format!("pci {}: line {}", function.name(), function.line),
    });
    let more = device.resources.len().saturating_sub(SHOWN_MAX);
    let more = (more > 0).then(|| format!("{more} more"));
    let dma = match device.dma {
        Dma::None => None,
        Dma::Iommu => Some("DMA behind IOMMU".to_owned()),
        Dma::Unprotected => Some("DMA unprotected".to_owned()),
    };
    resources.take(SHOWN_MAX).chain(more).chain(dma).collect::<Vec<_>>().join(", ")
}
