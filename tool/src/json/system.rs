//! A system, what it was built into, and what was seen of it, as objects. Times are nanoseconds, memory is bytes.

use std::ops::Range;

use bulkhead_abi::ChangeAction;
use schemars::JsonSchema;
use serde::Serialize;

use crate::build::{Built, Hosted};
use crate::image::Image;
use crate::memory_map::{self, Area};
use crate::system_file::System;
use crate::system_file::schedule::{Gap, Schedule};
use crate::target::Host;

use super::building::{BuildingObject, sources};
use super::channel::{self, ChannelObject, RegionObject};
use super::device::{self, DeviceObject};
use super::health::{HealthObject, ResponseObject};

/// A system as its file describes it.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct SystemObject<'a> {
    name: &'a str,
    processor: &'static str,
    host: &'static str,
    memory: u64,
    /// Of the schedule that the system starts with.
    major_frame: u64,
    initial_schedule: usize,
    schedules: Vec<ScheduleObject<'a>>,
    device_error: ResponseObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    console_input: Option<usize>,
    partitions: Vec<PartitionObject<'a>>,
    windows: Vec<WindowObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    channels: Vec<ChannelObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    regions: Vec<RegionObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    devices: Vec<DeviceObject<'a>>,
}

/// A partition.
#[derive(Debug, JsonSchema, Serialize)]
struct PartitionObject<'a> {
    partition: usize,
    name: &'a str,
    memory: u64,
    /// How much of a major frame it has in the schedule that the system starts with.
    time: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rights: Vec<&'static str>,
    #[serde(skip_serializing_if = "is_zero")]
    watchdog: u64,
    #[serde(skip_serializing_if = "is_zero")]
    max_lateness: u64,
    #[serde(skip_serializing_if = "is_zero")]
    max_calls: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<u64>,
    /// The sources that its program is made of, for this processor.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<String>,
    /// What they are built with, besides what the tool gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    build: Option<BuildingObject<'a>>,
    health: HealthObject,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A schedule.
#[derive(Debug, JsonSchema, Serialize)]
struct ScheduleObject<'a> {
    schedule: usize,
    schedule_name: &'a str,
    major_frame: u64,
    /// How much of it belongs to somebody.
    used: u64,
    gaps: Vec<GapObject>,
    partitions: Vec<ShareObject<'a>>,
}

/// A part of a major frame that is nobody's.
#[derive(Debug, JsonSchema, Serialize)]
struct GapObject {
    start: u64,
    duration: u64,
}

/// What a schedule is for a partition.
#[derive(Debug, JsonSchema, Serialize)]
struct ShareObject<'a> {
    partition: usize,
    name: &'a str,
    /// How much of the major frame it has.
    time: u64,
    /// What becomes of it when the schedule begins.
    at_change: &'static str,
}

impl<'a> ScheduleObject<'a> {
    fn of(system: &'a System, number: usize, schedule: &'a Schedule) -> Self {
        let gap = |gap: Gap| GapObject { start: gap.start, duration: gap.end - gap.start };
        let partitions = system.partitions.iter().zip(&schedule.at_change).enumerate();
        Self {
            schedule: number,
            schedule_name: &schedule.name,
            major_frame: schedule.major_frame,
            used: schedule.used(),
            gaps: schedule.gaps().into_iter().map(gap).collect(),
            partitions: partitions
                .map(|(partition, (described, action))| ShareObject {
                    partition,
                    name: &described.name,
                    time: schedule.time_of(partition),
                    at_change: ChangeAction::WORDS[*action as usize],
                })
                .collect(),
        }
    }
}

/// A window.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct WindowObject<'a> {
    window: usize,
    schedule: usize,
    partition: usize,
    name: &'a str,
    start: u64,
    duration: u64,
}

/// What was written.
#[derive(Debug, JsonSchema, Serialize)]
struct OutputObject<'a> {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    what: &'a str,
}

/// A part of the machine's memory.
#[derive(Debug, JsonSchema, Serialize)]
struct AreaObject {
    start: u64,
    end: u64,
    what: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    partitions: Vec<usize>,
    /// Number of the region that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<usize>,
    /// Number of the device whose memory is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<usize>,
}

/// What a partition's program takes of its memory.
#[derive(Debug, JsonSchema, Serialize)]
struct ProgramObject<'a> {
    partition: usize,
    name: &'a str,
    text: u64,
    rodata: u64,
    data: u64,
    bss: u64,
    free: u64,
    memory: u64,
}

/// What a build has made.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct BuildObject<'a> {
    outputs: Vec<OutputObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    memory_map: Vec<AreaObject>,
    programs: Vec<ProgramObject<'a>>,
}

impl<'a> SystemObject<'a> {
    pub(super) fn of(system: &'a System, host: Host) -> Self {
        let partitions = system.partitions.iter().enumerate().map(|(number, partition)| PartitionObject {
            partition: number,
            name: &partition.name,
            memory: partition.memory,
            time: system.schedule().time_of(number),
            rights: partition.rights(),
            watchdog: partition.watchdog,
            max_lateness: partition.max_lateness,
            max_calls: partition.max_calls.into(),
            period: partition.demand.as_ref().map(|demand| demand.period),
            budget: partition.demand.as_ref().map(|demand| demand.budget),
            sources: sources(&partition.program),
            build: BuildingObject::of(&partition.building),
            health: HealthObject::of(&partition.health),
        });
        let schedules = system.schedules.iter().enumerate();
        Self {
            name: &system.name,
            processor: system.processor.name(),
            host: host.name(),
            memory: system.memory,
            major_frame: system.schedule().major_frame,
            initial_schedule: system.initial_schedule,
            schedules: schedules.map(|(number, it)| ScheduleObject::of(system, number, it)).collect(),
            device_error: ResponseObject::of(system.device_error),
            console_input: system.console_input,
            partitions: partitions.collect(),
            windows: windows(system).collect(),
            channels: channel::channels(system),
            regions: channel::regions(system),
            devices: device::devices(system),
        }
    }
}

/// The windows of all schedules, in the order of the schedules and of their starts.
pub(super) fn windows(system: &System) -> impl Iterator<Item = WindowObject<'_>> {
    system.windows().enumerate().map(|(number, (schedule, window))| WindowObject {
        window: number,
        schedule,
        partition: window.partition,
        name: system.partition_name(window.partition),
        start: window.start,
        duration: window.duration,
    })
}

impl<'a> BuildObject<'a> {
    /// What was built for our own kernel.
    pub(super) fn of(built: &'a Built) -> Self {
        let path = built.file.display().to_string();
        let images = &built.layout.images;
        let images = built.layout.partitions.iter().filter_map(|placed| images.get(placed.image));
        Self {
            outputs: vec![OutputObject { path, size: Some(built.file_size), what: "the bootable file" }],
            memory_map: memory_map::areas(built)
                .into_iter()
                .map(|area| AreaObject::of(&built.system, area))
                .collect(),
            programs: programs(&built.system, images.map(|placed| &placed.image)),
        }
    }

    /// What was built for another host.
    pub(super) fn of_hosted(built: &'a Hosted) -> Self {
        let output = |(name, what): &'a (String, String)| OutputObject {
            path: built.folder.join(name).display().to_string(),
            size: None,
            what,
        };
        Self {
            outputs: built.files.iter().map(output).collect(),
            memory_map: Vec::new(),
            programs: programs(&built.system, built.programs.iter().map(|program| &program.image)),
        }
    }
}

impl AreaObject {
    fn of(system: &System, (Range { start, end }, area): (Range<u64>, Area)) -> Self {
        let region = if let Area::Region(number) = area { Some(number) } else { None };
        let device = if let Area::Device(number) = area { Some(number) } else { None };
        let (what, partitions) = match area {
            Area::Kernel => ("kernel", Vec::new()),
            Area::Table => ("system-table", Vec::new()),
            Area::Image(partitions) => ("image", partitions),
            Area::Memory(partition) => ("memory", vec![partition]),
            Area::PageTables(partition) => ("page-tables", vec![partition]),
            Area::Buffers => ("channel-buffers", Vec::new()),
            Area::Region(number) => {
                let mappings = system.regions.get(number).map(|region| &region.mappings);
                ("region", mappings.into_iter().flatten().map(|mapping| mapping.partition).collect())
            }
            Area::Device(number) => {
                ("device", system.devices.get(number).map(|device| device.owner).into_iter().collect())
            }
            Area::Free => ("free", Vec::new()),
        };
        Self { start, end, what, partitions, region, device }
    }
}

fn programs<'a>(system: &'a System, images: impl Iterator<Item = &'a Image>) -> Vec<ProgramObject<'a>> {
    let program = |(number, image): (usize, &'a Image)| {
        let partition = system.partitions.get(number)?;
        Some(ProgramObject {
            partition: number,
            name: &partition.name,
            text: image.sizes.text,
            rodata: image.sizes.constants,
            data: image.sizes.data,
            bss: image.sizes.zeroed,
            free: image.free(partition.memory),
            memory: partition.memory,
        })
    };
    images.enumerate().filter_map(program).collect()
}
