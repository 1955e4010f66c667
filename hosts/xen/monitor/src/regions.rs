//! Regions: memory that guests share, of which one has the pages and grants them to the others.
//!
//! The pages of the own regions lie behind everything else that is the monitor's. Those of another guest cannot be had
//! before it has begun: the partition finds nothing there, and the monitor shows it the region when it first looks.

use bulkhead_abi::{Error, RegionDescription};
use bulkhead_xen_facts::regions::RegionWords;

use super::monitor::{Monitor, shared};
use super::{grants, layout, paging, ports, time};

/// How long is waited for another guest to begin before the partition looks again, in nanoseconds.
const WAIT: u64 = 1_000_000;

/// Bytes of memory that the own regions take.
pub(super) fn memory(monitor: &Monitor) -> u32 {
    let configuration = &monitor.configuration;
    configuration.regions.own_pages(configuration.number) * layout::PAGE
}

/// Clears the own regions and grants them to the others.
pub(super) fn prepare(monitor: &Monitor) {
    let configuration = &monitor.configuration;
    let mut begin = ports::begin(monitor) + ports::memory(monitor);
    for region in configuration.regions.own(configuration.number) {
        // SAFETY: the memory is mapped, large enough, and the partition does not run yet.
        unsafe { core::ptr::write_bytes(begin as *mut u8, 0, region.size() as usize) };
        for (partition, grant, writable) in region.given() {
            for page in 0..region.pages {
                let memory = monitor.physical(begin + page * layout::PAGE);
                grants::give(grant + page, monitor.bells.domain(partition), memory, writable);
            }
        }
        begin += region.size();
    }
}

/// A region of the partition by its number.
fn region(monitor: &Monitor, number: u32) -> Result<&RegionWords, Error> {
    let table = &monitor.configuration.regions;
    if number >= table.in_system {
        return Err(Error::BadArgument);
    }
    table.regions().iter().find(|region| region.number == number).ok_or(Error::NotPermitted)
}

/// What the partition is told of a region.
pub(super) fn describe(monitor: &Monitor, number: u32) -> Result<RegionDescription, Error> {
    let region = region(monitor, number)?;
    Ok(RegionDescription {
        name: region.name,
        address: region.address,
        size: region.size(),
        writable: region.writable.into(),
        line: region.line,
        reserved: [0; 4],
    })
}

/// Rings at a region.
pub(super) fn ring(monitor: &Monitor, number: u32) -> Result<(), Error> {
    let region = region(monitor, number)?;
    monitor.bells.ring(number, region.others());
    Ok(())
}

/// Makes the lines pending of regions that others have rung at.
pub(super) fn notice(monitor: &mut Monitor) {
    for region in monitor.configuration.regions.regions().iter().filter(|region| region.line != 0) {
        let rung = monitor.bells.rung(region.number, region.others());
        let Some(told) = monitor.rung.get_mut(region.number as usize) else { continue };
        if *told != rung {
            *told = rung;
            shared().raise_all(1 << (region.line % 32));
        }
    }
}

/// The region of another guest that the partition sees at an address, and where its pages go.
fn foreign(monitor: &Monitor, address: u32) -> Option<(RegionWords, u32)> {
    let mut memory = layout::REGION_IMPORTS;
    let configuration = &monitor.configuration;
    for region in configuration.regions.regions().iter().filter(|region| region.owner != configuration.number)
    {
        if address.wrapping_sub(region.address) < region.size() {
            return Some((*region, memory));
        }
        memory += region.size();
    }
    None
}

/// Shows the partition the region of another guest that it has not found at an address; false if none is to be there.
/// Where that guest has not begun it waits a little, and the partition looks again.
pub(super) fn appear(monitor: &mut Monitor, address: u32) -> bool {
    let Some((region, memory)) = foreign(monitor, address) else { return false };
    let domain = monitor.bells.domain(region.owner);
    let Some(taken) = monitor.pages_taken.get_mut(region.number as usize) else { return false };
    while *taken < region.pages {
        let place = memory + *taken * layout::PAGE;
        if !grants::take(region.grant + *taken, domain, place, region.writable) {
            monitor.wait(time::system_time() + WAIT);
            return true;
        }
        *taken += 1;
    }
    paging::show(&region, memory);
    true
}
