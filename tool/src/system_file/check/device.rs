//! The rules for devices.

use std::ops::Range;

use bulkhead_abi::system_table::{RESOURCES_MAX, RULES_MAX};

use super::address::{DEVICE, PAGE, beside, no_page, overlap, whole_pages};
use super::channel::unique_names;
use super::function::{self, FUNCTION_RESOURCES_MAX, Functions};
use super::interrupt::{self, Interrupts};
use super::partition::choice;
use super::port::partition_of;
use super::region::Seen;
use super::registers;
use crate::diagnostics::Problem;
use crate::hardware::{Hardware, Own};
use crate::system_file::device::{Block, Device, Dma, Resource};
use crate::system_file::keys::DMA;
use crate::system_file::parse::{RawDevice, RawMemory, RawResource};
use crate::system_file::value::Located;
use crate::target::Processor;
use crate::units::size_text;

/// What of the machine has been given away so far.
pub(super) struct Machine<'a> {
    pub(super) processor: Processor,
    pub(super) hardware: &'static Hardware,
    /// Its RAM, if its size is known.
    ram: Option<Range<u64>>,
    memory: Vec<Taken>,
    ports: Vec<Taken>,
    pub(super) interrupts: Interrupts,
    pub(super) functions: Functions,
    /// What has been seen of the partitions.
    pub(super) seen: Seen<'a>,
}

/// A part that a device has.
struct Taken {
    range: Range<u64>,
    device: String,
    place: Range<usize>,
}

impl<'a> Machine<'a> {
    /// The machine of a processor with so much memory, of which no device has been given away.
    pub(super) fn new(processor: Processor, memory: Option<u64>, seen: Seen<'a>) -> Self {
        let start = processor.board().memory_start;
        let ram = memory.map(|size| start..start + size);
        let hardware = Hardware::of(processor);
        let (memory, ports) = (Vec::new(), Vec::new());
        let (interrupts, functions) = (Interrupts::default(), Functions::default());
        Self { processor, hardware, ram, memory, ports, interrupts, functions, seen }
    }

    /// Gives a device a range of the machine's memory.
    pub(super) fn take_memory(
        &mut self,
        device: &str,
        start: &Located<u64>,
        size: u64,
        problems: &mut Vec<Problem>,
    ) -> Option<()> {
        let (range, free) = (start.value..start.value.saturating_add(size), &self.hardware.memory);
        let (least, end) = (free.start, free.end);
        let between = format!("devices are from {least:#010x} to {end:#010x}");
        let found = if self.ram.as_ref().is_some_and(|ram| overlap(ram, &range)) {
            Some((format!("memory of the machine is at {:#010x}", start.value), between))
        } else if range.start < least || range.end > end {
            let text = if range.start < least || range.start >= end {
                format!("no device can be at {:#010x}", start.value)
            } else {
                format!("from {:#010x} on no device can have {}", start.value, size_text(size))
            };
            Some((text, between))
        } else {
            kernels_own(self.hardware.own_memory, &range)
                .map(|text| (text, "leave it out: what is beside it can be had as registers".to_owned()))
        };
        if let Some((text, help)) = found {
            problems.push(Problem::new(start.place.clone(), text).help(help));
            return None;
        }
        take(&mut self.memory, device, range, &start.place, problems)
    }

    /// Gives a device ports.
    pub(super) fn take_ports(
        &mut self,
        device: &str,
        first: &Located<u64>,
        count: u64,
        problems: &mut Vec<Problem>,
    ) -> Option<()> {
        let range = first.value..first.value.saturating_add(count);
        if range.end > self.hardware.ports.end {
            let text = format!("there are no ports from {:#x} on", self.hardware.ports.end);
            let help = "write fewer, or others";
            problems.push(Problem::new(first.place.clone(), text).help(help));
            return None;
        }
        if let Some(text) = kernels_own(self.hardware.own_ports, &range) {
            let help = "leave them out: no partition has them";
            problems.push(Problem::new(first.place.clone(), text).help(help));
            return None;
        }
        take(&mut self.ports, device, range, &first.place, problems)
    }
}

/// The first of these that is in a range.
fn within<'a>(own: &'a [Own], range: &Range<u64>) -> Option<&'a Own> {
    own.iter().find(|own| overlap(&own.range(), range))
}

/// What is to be said of a range with something of the kernel's own in it.
fn kernels_own(own: &[Own], range: &Range<u64>) -> Option<String> {
    let Own { start, size, what } = within(own, range)?;
    let last = start + size - 1;
    Some(format!("{start:#x} to {last:#x} are the kernel's own: {what}"))
}

fn take(
    taken: &mut Vec<Taken>,
    device: &str,
    range: Range<u64>,
    place: &Range<usize>,
    problems: &mut Vec<Problem>,
) -> Option<()> {
    if let Some(other) = taken.iter().find(|other| overlap(&other.range, &range)) {
        let (start, last) = (other.range.start, other.range.end - 1);
        let text = format!("these lie over what `{}` has: {start:#x} to {last:#x}", other.device);
        problems.push(
            Problem::new(place.clone(), text)
                .related(other.place.clone(), "it has that here")
                .help("give everything to one device, once"),
        );
        return None;
    }
    taken.push(Taken { range, device: device.to_owned(), place: place.clone() });
    Some(())
}

/// Checks all devices of the processor; those that are right.
pub(super) fn devices(
    raw: Vec<RawDevice>,
    machine: &mut Machine<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Device> {
    let raw: Vec<RawDevice> =
        raw.into_iter().filter(|device| is_for(device, machine.processor, problems)).collect();
    unique_names(raw.iter().filter_map(|device| device.name.as_ref()), "device", problems);
    if has_too_much(&raw, problems) {
        return Vec::new();
    }
    if !interrupt::reserve(&raw, machine, problems) {
        return Vec::new();
    }
    raw.into_iter().filter_map(|device| checked(device, machine, problems)).collect()
}

/// The devices of other processors, by their names, each with its processor.
pub(super) fn left_out(raw: &[RawDevice], processor: Processor) -> Vec<(String, &'static str)> {
    let other = |device: &RawDevice| {
        let written = &device.processor.as_ref()?.value;
        let name = Processor::NAMES.into_iter().find(|name| name == written)?;
        (name != processor.name()).then_some((device.name.as_ref()?.value.clone(), name))
    };
    raw.iter().filter_map(other).collect()
}

/// Whether a device is there for this processor.
fn is_for(device: &RawDevice, processor: Processor, problems: &mut Vec<Problem>) -> bool {
    let number = choice(device.processor.as_ref(), "processor", &Processor::NAMES, problems);
    number.is_none_or(|number| Processor::NAMES[number] == processor.name())
}

/// Complains where devices have more together than a kernel can take.
fn has_too_much(raw: &[RawDevice], problems: &mut Vec<Problem>) -> bool {
    let (mut resources, mut rules) = (0, 0);
    for device in raw {
        let most = device.resources.iter().map(|resource| match resource {
            RawResource::Function(_) => FUNCTION_RESOURCES_MAX,
            _ => 1,
        });
        resources += most.sum::<usize>();
        let blocks = device.resources.iter().filter_map(|resource| match resource {
            RawResource::Registers(block) | RawResource::Ports(block) => Some(block),
            _ => None,
        });
        rules += blocks.map(|block| block.allow.as_ref().map_or(1, |allow| allow.value.len())).sum::<usize>();
        let (count, noun, most) = if resources > RESOURCES_MAX {
            (resources, "resources", RESOURCES_MAX)
        } else {
            (rules, "rules", RULES_MAX)
        };
        if count > most {
            let text = format!("the devices up to this one have {count} {noun} together");
            problems.push(
                Problem::new(device.place.clone(), text).help(format!("together they can have {most}")),
            );
            return true;
        }
    }
    false
}

fn checked(raw: RawDevice, machine: &mut Machine<'_>, problems: &mut Vec<Problem>) -> Option<Device> {
    let before = problems.len();
    if raw.is_empty {
        problems.push(
            Problem::new(raw.place.clone(), "this device has nothing")
                .help("add registers, ports, memory, interrupts or a PCI function"),
        );
    }
    let dma = choice(raw.dma.as_ref(), "dma", &DMA, problems)
        .map_or(Dma::None, |number| [Dma::None, Dma::Iommu, Dma::Unprotected][number]);
    let owner = raw
        .owner
        .as_ref()
        .and_then(|wanted| partition_of(wanted, machine.seen.names, "this device is of", problems));
    let name = raw.name.as_ref().map_or("", |name| &name.value);
    let mut resources = Vec::new();
    for resource in raw.resources {
        resources.extend(match resource {
            RawResource::Memory(memory) => {
                let place = memory.address.as_ref().map_or(0..0, |address| address.place.clone());
                let memory = checked_memory(&memory, name, owner, machine, problems);
                refuse_engines(memory.as_ref(), dma, &place, machine, problems);
                memory
            }
            RawResource::Registers(block) => {
                let place = block.place.clone();
                let registers = registers::registers(block, name, machine, problems);
                refuse_engines(registers.as_ref(), dma, &place, machine, problems);
                registers
            }
            RawResource::Ports(block) => {
                let place = block.place.clone();
                let ports = registers::ports(block, name, machine, problems);
                refuse_engines(ports.as_ref(), dma, &place, machine, problems);
                ports
            }
            RawResource::Interrupt(interrupt) => {
                interrupt::checked(&interrupt, owner, machine, problems).map(Resource::Interrupt)
            }
            RawResource::Function(function) => {
                function::checked(&function, owner, machine, problems).map(Resource::Function)
            }
        });
    }
    let dma_place = raw.dma.map_or(0..0, |dma| dma.place);
    function::check_dma(dma, &dma_place, owner, raw.names_function || raw.is_empty, machine, problems);
    let (name, owner) = (raw.name?, owner?);
    (problems.len() == before).then_some(Device {
        name: name.value,
        owner,
        dma,
        resources,
        name_place: name.place,
        dma_place,
    })
}

/// Complains about what writes memory wherever it is told to, if the file does not say that.
fn refuse_engines(
    resource: Option<&Resource>,
    dma: Dma,
    place: &Range<usize>,
    machine: &Machine<'_>,
    problems: &mut Vec<Problem>,
) {
    if dma == Dma::Unprotected {
        return;
    }
    let (engines, start, size) = match resource {
        Some(Resource::Ports(Block { start, size, .. })) => (machine.hardware.dma_ports, start, size),
        Some(
            Resource::Registers(Block { start, size, .. }) | Resource::Memory { physical: start, size, .. },
        ) => (machine.hardware.dma_memory, start, size),
        _ => return,
    };
    if let Some(engine) = within(engines, &(*start..start + size)) {
        problems.push(Problem::new(place.clone(), format!("these are {}", engine.what)).help(
            "leave them out, or add dma = \"unprotected\": whoever has them can write the memory of everybody",
        ));
    }
}

fn checked_memory(
    raw: &RawMemory,
    device: &str,
    owner: Option<usize>,
    machine: &mut Machine<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Resource> {
    let before = problems.len();
    if let Some(Located { value, place }) = raw.address.as_ref().filter(|it| !it.value.is_multiple_of(PAGE)) {
        let help = format!("write {}", beside(*value, PAGE, |address| format!("{address:#010x}")));
        problems.push(Problem::new(place.clone(), no_page(*value)).help(help));
    }
    let size = raw.size.as_ref().and_then(|size| whole_pages(size, "device", problems));
    if problems.len() != before {
        return None;
    }
    let (address, size) = (raw.address.as_ref()?, size?);
    machine.take_memory(device, address, size, problems)?;
    let owner = owner?;
    let name = machine.seen.name(owner);
    let seen = match &raw.at {
        Some(at) => machine.seen.spaces.place_at(DEVICE, (owner, name), at, size, problems)?,
        None if raw.at_given => return None,
        None => {
            let place = address.place.clone();
            machine.seen.spaces.place_behind(DEVICE, (owner, name), place, size, problems)?
        }
    };
    let writable = raw.write.as_ref().is_some_and(|write| write.value);
    Some(Resource::Memory { physical: address.value, size, writable, address: seen })
}
