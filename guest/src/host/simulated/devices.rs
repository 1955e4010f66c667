//! The devices of the simulated kernel.

use std::cell::RefCell;
use std::collections::HashMap;

use bulkhead_abi::{Error, ResourceDescription, ResourceKind};

use super::padded;

#[derive(Default)]
struct World {
    resources: Vec<ResourceDescription>,
    registers: HashMap<(u32, u32), u32>,
    enabled: Vec<u32>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

/// Adds a resource that the partition owns; its number.
pub fn add(device: &str, kind: ResourceKind, line: u32) -> u32 {
    let size = 0x100;
    add_described(
        device,
        ResourceDescription { kind: kind as u32, size, line, ..ResourceDescription::default() },
    )
}

/// Adds a resource of a device that is so described, but for the device's name; its number.
pub fn add_described(device: &str, description: ResourceDescription) -> u32 {
    WORLD.with_borrow_mut(|world| {
        world.resources.push(ResourceDescription { name: padded(device.as_bytes()), ..description });
        world.resources.len() as u32 - 1
    })
}

/// Sets what a register of a resource says.
pub fn set_register(resource: u32, offset: u32, value: u32) {
    WORLD.with_borrow_mut(|world| world.registers.insert((resource, offset), value));
}

/// The lines whose interrupts have been let in, each time.
#[must_use]
pub fn take_enabled() -> Vec<u32> {
    WORLD.with_borrow_mut(|world| core::mem::take(&mut world.enabled))
}

pub(super) fn describe(resource: u32) -> Result<ResourceDescription, Error> {
    WORLD.with_borrow(|world| world.resources.get(resource as usize).copied().ok_or(Error::BadArgument))
}

/// Whether a resource has registers, of which every one can be read and written.
fn check(resource: u32, offset: u32) -> Result<(), Error> {
    let found = describe(resource)?;
    let has_registers = [ResourceKind::Registers, ResourceKind::Ports, ResourceKind::Function];
    if !has_registers.iter().any(|kind| found.kind == *kind as u32) {
        return Err(Error::NotPermitted);
    }
    if offset < found.size { Ok(()) } else { Err(Error::BadArgument) }
}

pub(super) fn read(resource: u32, offset: u32) -> Result<u32, Error> {
    check(resource, offset)?;
    Ok(WORLD.with_borrow(|world| world.registers.get(&(resource, offset)).copied().unwrap_or(0)))
}

pub(super) fn write(resource: u32, offset: u32, value: u32) -> Result<(), Error> {
    check(resource, offset)?;
    WORLD.with_borrow_mut(|world| world.registers.insert((resource, offset), value));
    Ok(())
}

pub(super) fn enable(line: u32) -> Result<(), Error> {
    WORLD.with_borrow_mut(|world| {
        let interrupt = ResourceKind::Interrupt as u32;
        if !world.resources.iter().any(|found| found.kind == interrupt && found.line == line) {
            return Err(Error::BadArgument);
        }
        world.enabled.push(line);
        Ok(())
    })
}
