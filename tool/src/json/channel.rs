//! Channels and regions as objects.

use schemars::JsonSchema;
use serde::Serialize;

use crate::system_file::System;
use crate::system_file::channel::{Channel, Port, Transfer};
use crate::system_file::region::Region;

/// A channel.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct ChannelObject<'a> {
    channel: usize,
    channel_name: &'a str,
    kind: &'static str,
    message_size: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    depth: Option<u32>,
    /// How much memory its messages take.
    buffers: u64,
    source: PortObject<'a>,
    destinations: Vec<PortObject<'a>>,
}

/// An end of a channel.
#[derive(Debug, JsonSchema, Serialize)]
struct PortObject<'a> {
    partition: usize,
    name: &'a str,
    port: &'a str,
}

/// A region of shared memory.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct RegionObject<'a> {
    region: usize,
    region_name: &'a str,
    size: u64,
    partitions: Vec<MappingObject<'a>>,
}

/// A region as one partition has it.
#[derive(Debug, JsonSchema, Serialize)]
struct MappingObject<'a> {
    partition: usize,
    name: &'a str,
    access: &'static str,
    address: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    doorbell: Option<u32>,
}

impl<'a> PortObject<'a> {
    fn of(system: &'a System, port: &'a Port) -> Self {
        Self { partition: port.partition, name: system.partition_name(port.partition), port: &port.name }
    }
}

impl<'a> ChannelObject<'a> {
    fn of(system: &'a System, number: usize, channel: &'a Channel) -> Self {
        let (refresh, depth) = match channel.transfer {
            Transfer::Sampling { refresh } => (Some(refresh), None),
            Transfer::Queuing { depth } => (None, Some(depth)),
        };
        Self {
            channel: number,
            channel_name: &channel.name,
            kind: channel.transfer.name(),
            message_size: channel.message_size,
            refresh,
            depth,
            buffers: channel.memory(),
            source: PortObject::of(system, &channel.source),
            destinations: channel.destinations.iter().map(|port| PortObject::of(system, port)).collect(),
        }
    }
}

impl<'a> RegionObject<'a> {
    fn of(system: &'a System, number: usize, region: &'a Region) -> Self {
        let mappings = region.mappings.iter().map(|mapping| MappingObject {
            partition: mapping.partition,
            name: system.partition_name(mapping.partition),
            access: mapping.access.name(),
            address: mapping.address,
            doorbell: mapping.doorbell,
        });
        Self { region: number, region_name: &region.name, size: region.size, partitions: mappings.collect() }
    }
}

/// The channels, in the order of the file.
pub(super) fn channels(system: &System) -> Vec<ChannelObject<'_>> {
    let channels = system.channels.iter().enumerate();
    channels.map(|(number, channel)| ChannelObject::of(system, number, channel)).collect()
}

/// The regions, in the order of the file.
pub(super) fn regions(system: &System) -> Vec<RegionObject<'_>> {
    let regions = system.regions.iter().enumerate();
    regions.map(|(number, region)| RegionObject::of(system, number, region)).collect()
}
