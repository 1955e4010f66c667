//! Devices as the system table has them.

use bulkhead_abi::ResourceKind;
use bulkhead_abi::system_table::{
    FUNCTION_DMA, FUNCTION_TRANSLATED, INTERRUPT_LEVEL, INTERRUPT_LOW, READ, READ_WRITE,
    Resource as ResourceEntry, Rule as RuleEntry,
};

use crate::system_file::System;
use crate::system_file::device::{Block, Device, Dma, PlacedResource, Resource, Rule};

use super::{Encoder, padded};

/// All resources, and behind them the rules of all.
pub(super) fn devices(system: &System, out: &mut Encoder) {
    let placed = system.resources();
    for PlacedResource { device, resource, .. } in &placed {
        system.devices.get(*device).map(|device| entry(device, resource)).unwrap_or_default().encode(out);
    }
    for &Rule { offset, size, read, write } in placed.iter().flat_map(|placed| placed.resource.rules()) {
        RuleEntry { offset, size, read, write }.encode(out);
    }
}

fn entry(device: &Device, resource: &Resource) -> ResourceEntry {
    let named = ResourceEntry {
        name: padded(&device.name),
        partition: device.owner as u32,
        ..ResourceEntry::default()
    };
    match resource {
        Resource::Memory { physical, size, writable, address } => ResourceEntry {
            kind: ResourceKind::Memory as u32,
            flags: if *writable { READ_WRITE } else { READ },
            physical: *physical,
            size: *size,
            address: *address,
            ..named
        },
        Resource::Registers(registers) => block(registers, ResourceKind::Registers, named),
        Resource::Ports(ports) => block(ports, ResourceKind::Ports, named),
        Resource::Interrupt(interrupt) => {
            let level = if interrupt.level { INTERRUPT_LEVEL } else { 0 };
            let low = if interrupt.low { INTERRUPT_LOW } else { 0 };
            ResourceEntry {
                kind: ResourceKind::Interrupt as u32,
                flags: level | low,
                line: interrupt.line,
                physical: interrupt.number.into(),
                ..named
            }
        }
        Resource::Function(function) => ResourceEntry {
            kind: ResourceKind::Function as u32,
            flags: match device.dma {
                Dma::None => 0,
                Dma::Iommu => FUNCTION_DMA | FUNCTION_TRANSLATED,
                Dma::Unprotected => FUNCTION_DMA,
            },
            line: function.line,
            physical: function.number.into(),
            size: function.memory,
            address: function.address,
            ..named
        },
    }
}

fn block(block: &Block, kind: ResourceKind, named: ResourceEntry) -> ResourceEntry {
    ResourceEntry {
        kind: kind as u32,
        width: block.width,
        rules: block.rules.len() as u32,
        physical: block.start,
        size: block.size,
        ..named
    }
}
