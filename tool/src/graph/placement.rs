//! Where the parts of the picture lie, in pixels.
//!
//! Partitions stand side by side, each with a line down from its box; channels and regions follow one below the other,
//! each in a row of its own, so no arrow crosses another and no text lies on one. What remains to be found is how far
//! the partitions must be from each other: as far as the widest text between two of them.

use std::collections::BTreeMap;

use super::{channel_text, device_text, mapping_text, partition_text, region_text};
use crate::system_file::System;
use crate::system_file::channel::Channel;
use crate::system_file::device::Device;
use crate::system_file::region::{Mapping, Region};

/// Sizes of letters.
pub(super) const NAME_SIZE: i32 = 13;
pub(super) const TEXT_SIZE: i32 = 11;

/// Height of a partition's box.
pub(super) const BOX_HEIGHT: i32 = 44;
/// Height of a channel's row.
pub(super) const CHANNEL_HEIGHT: i32 = 68;
/// Height of a region's row.
pub(super) const REGION_HEIGHT: i32 = 102;
/// Height of a device's row.
pub(super) const DEVICE_HEIGHT: i32 = 60;
/// Space around everything, and between boxes.
pub(super) const MARGIN: i32 = 20;
/// Space between a line and a text beside it.
pub(super) const BESIDE: i32 = 10;
/// Room for the arrow's head and what stands before it.
pub(super) const HEAD: i32 = 10;

/// How wide a text may be at most: in DejaVu Sans, the widest of the letters that it can be shown in.
pub(super) fn text_width(text: &str, size: i32) -> i32 {
    let hundredths = |letter| match letter {
        'm' | 'w' | 'M' | 'W' | '%' => 100,
        'A'..='Z' => 80,
        'f' | 'i' | 'j' | 'l' | 'r' | 't' | '-' | '.' | ',' | ':' | ' ' => 43,
        _ => 66,
    };
    let sum: i32 = text.chars().map(hundredths).sum();
    sum * size / 100
}

/// How wide a name may be at most, in bold letters.
pub(super) fn bold_width(text: &str) -> i32 {
    text_width(text, NAME_SIZE) * 115 / 100
}

/// Where everything lies.
pub(super) struct Placement {
    /// The line of each partition.
    pub(super) columns: Vec<i32>,
    /// Width of each partition's box.
    pub(super) boxes: Vec<i32>,
    /// The arrows of each channel.
    pub(super) arrows: Vec<Arrows>,
    /// Left and right end of each region's box.
    pub(super) regions: Vec<(i32, i32)>,
    /// Left and right end of each device's box.
    pub(super) devices: Vec<(i32, i32)>,
    /// Left and right end of all of it.
    pub(super) sides: (i32, i32),
}

/// The arrows of a channel, from its source to either side.
pub(super) struct Arrows {
    /// Number of the source's partition.
    pub(super) source: usize,
    /// The destinations to the left, the nearest first: partition, and names of its ports.
    pub(super) left: Vec<(usize, String)>,
    /// Those to the right.
    pub(super) right: Vec<(usize, String)>,
}

impl Arrows {
    fn of(channel: &Channel) -> Self {
        let source = channel.source.partition;
        let mut ends: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for port in &channel.destinations {
            ends.entry(port.partition).or_default().push(&port.name);
        }
        let named = |(partition, names): (&usize, &Vec<&str>)| (*partition, names.join(", "));
        Self {
            source,
            left: ends.range(..source).rev().map(named).collect(),
            right: ends.range(source + 1..).map(named).collect(),
        }
    }

    /// The side that the channel's label and its source's name are on, and how far it reaches.
    pub(super) fn label_side(&self) -> (&[(usize, String)], usize) {
        let distance = |side: &[(usize, String)]| side.last().map_or(0, |end| end.0.abs_diff(self.source));
        let side = if distance(&self.left) > distance(&self.right) { &self.left } else { &self.right };
        (side, side.last().map_or(self.source, |end| end.0))
    }
}

/// That two partitions' lines are so far apart at least.
type Distance = (usize, usize, i32);

impl Placement {
    pub(super) fn of(system: &System) -> Self {
        let boxes: Vec<i32> = (0..system.partitions.len())
            .map(|number| {
                let text = text_width(&partition_text(system, number), TEXT_SIZE);
                bold_width(system.partition_name(number)).max(text) + MARGIN
            })
            .collect();
        let mut distances: Vec<Distance> = boxes
            .windows(2)
            .enumerate()
            .map(|(number, pair)| (number, number + 1, (pair[0] + pair[1]) / 2 + MARGIN))
            .collect();
        let arrows: Vec<Arrows> = system.channels.iter().map(Arrows::of).collect();
        for (channel, arrows) in system.channels.iter().zip(&arrows) {
            channel_distances(channel, arrows, &mut distances);
        }
        let columns = columns(system.partitions.len(), &distances);
        let regions: Vec<(i32, i32)> =
            system.regions.iter().map(|region| region_sides(region, &columns)).collect();
        let edges =
            columns.iter().zip(&boxes).map(|(column, width)| (column - width / 2, column + width / 2));
        let devices: Vec<(i32, i32)> =
            system.devices.iter().map(|device| device_sides(device, &columns)).collect();
        let edges = edges.chain(regions.iter().copied()).chain(devices.iter().copied());
        let sides = edges.fold((0, 0), |sides, edge| (sides.0.min(edge.0), sides.1.max(edge.1)));
        Self { columns, boxes, arrows, regions, devices, sides }
    }

    /// The line of a partition.
    pub(super) fn column(&self, partition: usize) -> i32 {
        self.columns.get(partition).copied().unwrap_or_default()
    }
}

/// The lines, each as far left as the distances to those on its left allow.
fn columns(count: usize, distances: &[Distance]) -> Vec<i32> {
    let mut columns = vec![0; count];
    for number in 0..count {
        let ending = distances.iter().filter(|(_, right, _)| *right == number);
        let least = ending.map(|(left, _, distance)| columns[*left] + distance).max();
        columns[number] = least.unwrap_or(0);
    }
    columns
}

fn between(one: usize, other: usize, distance: i32) -> Distance {
    (one.min(other), one.max(other), distance)
}

fn channel_distances(channel: &Channel, arrows: &Arrows, distances: &mut Vec<Distance>) {
    let (label_side, furthest) = arrows.label_side();
    let label = bold_width(&channel.name).max(text_width(&channel_text(channel), TEXT_SIZE));
    distances.push(between(arrows.source, furthest, label + 2 * MARGIN));
    for side in [&arrows.left, &arrows.right] {
        let mut before = arrows.source;
        for (number, (partition, names)) in side.iter().enumerate() {
            let mut width = text_width(names, TEXT_SIZE) + 2 * (BESIDE + HEAD);
            if number == 0 && side.as_slice() == label_side {
                width += text_width(&channel.source.name, TEXT_SIZE) + MARGIN;
            }
            distances.push(between(before, *partition, width));
            before = *partition;
        }
    }
}

/// How wide the texts below a partition that has a region are: less than its box, by what stands in that.
fn mapping_width(mapping: &Mapping) -> i32 {
    text_width(&mapping_text(mapping), TEXT_SIZE).max(text_width(mapping.access.name(), TEXT_SIZE))
}

/// From the first to the last partition that has the region, and as wide as its texts.
fn region_sides(region: &Region, columns: &[i32]) -> (i32, i32) {
    let ends = region.mappings.iter().map(|mapping| {
        let (column, half) = (columns[mapping.partition], mapping_width(mapping) / 2 + BESIDE);
        (column - half, column + half)
    });
    let (left, right) = ends.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))).unwrap_or((0, 0));
    let missing = (bold_width(&region_text(region)) + 2 * BESIDE - (right - left)).max(0);
    (left - missing / 2, right + missing / 2)
}

/// On its owner's line, as wide as its texts.
fn device_sides(device: &Device, columns: &[i32]) -> (i32, i32) {
    let column = columns.get(device.owner).copied().unwrap_or_default();
    let width = bold_width(&device.name).max(text_width(&device_text(device), TEXT_SIZE));
    (column - width / 2 - BESIDE, column + width / 2 + BESIDE)
}
