//! Devices as objects.

use schemars::JsonSchema;
use serde::Serialize;

use crate::system_file::System;
use crate::system_file::device::{Block, Device, Emulated, Interrupt, PlacedResource, Resource, Rule};
use crate::system_file::region::Access;

/// A device.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct DeviceObject<'a> {
    device: usize,
    device_name: &'a str,
    /// Its owner.
    partition: usize,
    name: &'a str,
    dma: &'static str,
    resources: Vec<ResourceObject>,
}

/// Something that a device has.
#[derive(Debug, JsonSchema, Serialize)]
struct ResourceObject {
    /// Its number among those of its owner.
    resource: u32,
    #[serde(flatten)]
    what: What,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum What {
    Memory {
        physical: u64,
        size: u64,
        access: &'static str,
        address: u64,
    },
    Registers {
        physical: u64,
        size: u64,
        width: u32,
        rules: Vec<RuleObject>,
    },
    Ports {
        first: u64,
        count: u64,
        width: u32,
        rules: Vec<RuleObject>,
    },
    Interrupt {
        number: u32,
        trigger: &'static str,
        polarity: &'static str,
        line: u32,
    },
    /// `size` is the most memory that its owner sees.
    Pci {
        function: String,
        size: u64,
        address: u64,
        line: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        emulate: Option<&'static str>,
    },
}

/// What may be done with some registers.
#[derive(Debug, JsonSchema, Serialize)]
struct RuleObject {
    offset: u32,
    size: u32,
    read: u32,
    write: u32,
}

fn rules(block: &Block) -> Vec<RuleObject> {
    let rules = block.rules.iter();
    rules.map(|&Rule { offset, size, read, write }| RuleObject { offset, size, read, write }).collect()
}

impl ResourceObject {
    fn of(placed: &PlacedResource<'_>) -> Self {
        let what = match placed.resource {
            Resource::Memory { physical, size, writable, address } => What::Memory {
                physical: *physical,
                size: *size,
                access: Access::of(*writable).name(),
                address: *address,
            },
            Resource::Registers(block) => What::Registers {
                physical: block.start,
                size: block.size,
                width: block.width,
                rules: rules(block),
            },
            Resource::Ports(block) => {
                What::Ports { first: block.start, count: block.size, width: block.width, rules: rules(block) }
            }
            Resource::Interrupt(interrupt) => {
                let (trigger, polarity) = interrupt.words();
                let Interrupt { number, line, .. } = *interrupt;
                What::Interrupt { number, trigger, polarity, line }
            }
            Resource::Function(function) => What::Pci {
                function: function.name(),
                size: function.memory,
                address: function.address,
                line: function.line,
                emulate: function.emulated.map(Emulated::name),
            },
        };
        Self { resource: placed.number, what }
    }
}

/// The devices, in the order of the file.
pub(super) fn devices<'a>(system: &'a System) -> Vec<DeviceObject<'a>> {
    let placed = system.resources();
    let of = |number: usize| placed.iter().filter(move |placed| placed.device == number);
    let object = |(number, device): (usize, &'a Device)| DeviceObject {
        device: number,
        device_name: &device.name,
        partition: device.owner,
        name: system.partition_name(device.owner),
        dma: device.dma.name(),
        resources: of(number).map(ResourceObject::of).collect(),
    };
    system.devices.iter().enumerate().map(object).collect()
}
