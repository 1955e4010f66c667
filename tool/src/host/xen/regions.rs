//! The regions of a guest: whose memory they are, what its monitor is told of them, and whether there is room for them.

use bulkhead_xen_facts::ports::{GRANT_FIRST, GRANTS_MAX};
use bulkhead_xen_facts::regions::{REGIONS_END, RegionTable, RegionWords};

use super::ports;
use crate::diagnostics::Problem;
use crate::image::PAGE;
use crate::pack::padded;
use crate::system_file::System;
use crate::system_file::region::{Access, Region};

/// The partition whose memory a region is: the first that writes it.
fn owner(region: &Region) -> usize {
    let writer = region.mappings.iter().find(|mapping| mapping.access == Access::ReadWrite);
    writer.map_or(0, |mapping| mapping.partition)
}

/// The partitions besides one that have this access, one bit each.
fn others(region: &Region, partition: usize, access: Access) -> u32 {
    let has =
        region.mappings.iter().filter(|mapping| mapping.partition != partition && mapping.access == access);
    has.fold(0, |others, mapping| others | 1 << (mapping.partition % 32))
}

/// A region as a partition has it, if it does; where its owner's grants are is not said.
fn words(number: usize, region: &Region, partition: usize) -> Option<RegionWords> {
    let mapping = region.mappings.iter().find(|mapping| mapping.partition == partition)?;
    Some(RegionWords {
        number: number as u32,
        name: padded(&region.name),
        // Of 32 bits: the check of the system file has seen to it.
        address: u32::try_from(mapping.address).unwrap_or(u32::MAX),
        pages: u32::try_from(region.size / PAGE).unwrap_or(u32::MAX),
        writable: mapping.access == Access::ReadWrite,
        line: mapping.doorbell.unwrap_or(0),
        owner: owner(region) as u32,
        grant: 0,
        readers: others(region, partition, Access::Read),
        writers: others(region, partition, Access::ReadWrite),
    })
}

/// The regions whose memory is the partition's, each with the first of its grants, which follow those of ports.
fn own(system: &System, partition: usize) -> Vec<RegionWords> {
    let mut next = GRANT_FIRST + ports::grants(system, partition);
    let regions = system.regions.iter().enumerate().filter(|(_, region)| owner(region) == partition);
    let own = regions.filter_map(|(number, region)| words(number, region, partition));
    own.map(|region| {
        let grant = next;
        next = next.saturating_add(region.pages.saturating_mul(region.others().count_ones()));
        RegionWords { grant, ..region }
    })
    .collect()
}

/// The regions of a partition.
pub(super) fn table(system: &System, partition: usize) -> RegionTable {
    let mut table = RegionTable::EMPTY;
    table.in_system = system.regions.len() as u32;
    for (number, region) in system.regions.iter().enumerate() {
        let Some(words) = words(number, region, partition) else { continue };
        let owner = owner(region);
        let owned = own(system, owner).into_iter().find(|owned| owned.number == words.number);
        let grant = owned.and_then(|owned| match owner == partition {
            true => Some(owned.grant),
            false => owned.given().find(|given| given.0 as usize == partition).map(|given| given.1),
        });
        table.add(RegionWords { grant: grant.unwrap_or(0), ..words });
    }
    table
}

/// Bytes of memory that the regions of a partition take which are its memory.
pub(super) fn memory(system: &System, partition: usize) -> u64 {
    own(system, partition).iter().map(|region| u64::from(region.pages) * PAGE).sum()
}

/// Complains about regions that are too large to be shown to others, or lie where the binding has its own.
pub(super) fn check(system: &System, problems: &mut Vec<Problem>) {
    for number in 0..system.partitions.len() {
        let (own, ports) = (own(system, number), ports::grants(system, number));
        let needed = |region: &RegionWords| u64::from(region.pages) * u64::from(region.others().count_ones());
        let count = own.iter().map(needed).sum::<u64>();
        let left = u64::from(GRANTS_MAX.saturating_sub(ports));
        if let Some(largest) = own.iter().max_by_key(|region| needed(region)).filter(|_| count > left) {
            let name = &system.partitions[number].name;
            let text = format!("the regions of {name} need {count} grants on Xen, and there are {left}");
            let help = "each page of a region counts, for each partition besides the first that writes it, and each \
                        page of messages: make this region smaller, the largest here";
            let place = system.regions[largest.number as usize].size_place.clone();
            problems.push(Problem::new(place, text).help(help));
        }
    }
    for region in &system.regions {
        for mapping in region.mappings.iter().filter(|it| it.address + region.size > u64::from(REGIONS_END)) {
            let name = &system.partitions[mapping.partition].name;
            let text = format!("the region ends at {:#010x} for {name}", mapping.address + region.size);
            let help = format!(
                "on Xen the addresses of a partition end at {REGIONS_END:#010x}: say a lower address"
            );
            problems.push(Problem::new(region.name_place.clone(), text).help(help));
        }
    }
}
