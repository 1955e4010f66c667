//! Devices that the partition owns: registers, memory, interrupts.
//!
//! A device has *resources*, which the system file gives it in an order. Registers and ports are reached by calls,
//! memory by volatile accesses at the address that its description has. An interrupt comes as a line: its handler is
//! installed with [`crate::interrupts::install`], and lets the next one in by [`enable_interrupt`].

use bulkhead_abi::system_table::RESOURCES_MAX;
use bulkhead_abi::{Error, ResourceDescription, ResourceKind};

use crate::host::{Host, Kernel};
use crate::interrupts;
use crate::partition::before_zero;

/// A resource of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource(u32);

impl Resource {
    /// A device's resource of a kind: the one with this number among them, 0 for the first. It asks the kernel for one
    /// resource after the other, so that a program does it once.
    ///
    /// # Errors
    /// `NotPermitted` if the system file does not give the partition such a resource.
    pub fn find(device: &str, kind: ResourceKind, number: usize) -> Result<Self, Error> {
        Self::find_bytes(device.as_bytes(), kind as u32, number)
    }

    /// The same with a name that need not be text.
    pub(crate) fn find_bytes(device: &[u8], kind: u32, number: usize) -> Result<Self, Error> {
        all()
            .filter(|(_, found)| found.kind == kind && before_zero(&found.name) == device)
            .nth(number)
            .map(|(resource, _)| resource)
            .ok_or(Error::NotPermitted)
    }

    /// The resource with this number, whether there is one or not: the kernel checks it at each call.
    #[must_use]
    pub const fn unchecked(number: u32) -> Self {
        Self(number)
    }

    /// The resource's number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// What it is, where, and how large.
    ///
    /// # Errors
    /// `BadArgument` if there is no such resource.
    pub fn describe(self) -> Result<ResourceDescription, Error> {
        Kernel::resource_describe(self.0)
    }

    /// What the register, or port, at an offset in bytes says.
    ///
    /// # Errors
    /// `BadArgument` if there is none at the offset; `NotPermitted` if nothing may be read there.
    pub fn read(self, offset: u32) -> Result<u32, Error> {
        Kernel::register_read(self.0, offset)
    }

    /// Writes the register, or port, at an offset in bytes; of bits that may not be written it keeps what they say.
    ///
    /// # Errors
    /// `BadArgument` if there is none at the offset; `NotPermitted` if nothing may be written there.
    pub fn write(self, offset: u32, value: u32) -> Result<(), Error> {
        Kernel::register_write(self.0, offset, value)
    }
}

/// All resources of the partition's devices, in the order of the system file.
pub fn all() -> impl Iterator<Item = (Resource, ResourceDescription)> {
    (0..RESOURCES_MAX as u32)
        .map_while(|number| Some((Resource(number), Kernel::resource_describe(number).ok()?)))
}

/// Lets the next interrupt of a device in that comes as this line, and lets the line through. What has come since the
/// last one is delivered before this returns, if interrupts are enabled.
///
/// # Errors
/// `BadArgument` if no device of the partition has the line.
pub fn enable_interrupt(line: u32) -> Result<(), Error> {
    Kernel::interrupt_enable(line)?;
    interrupts::unmask(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::simulated::devices as world;

    #[test]
    fn a_resource_is_found_by_device_kind_and_number() {
        world::add("timer", ResourceKind::Registers, 0);
        let uart = world::add("uart", ResourceKind::Ports, 0);
        let second = world::add("uart", ResourceKind::Ports, 0);
        let line = world::add("uart", ResourceKind::Interrupt, 9);
        let find = |kind, number| Resource::find("uart", kind, number).map(Resource::number);
        assert_eq!(find(ResourceKind::Ports, 0), Ok(uart));
        assert_eq!(find(ResourceKind::Ports, 1), Ok(second));
        assert_eq!(find(ResourceKind::Ports, 2), Err(Error::NotPermitted));
        assert_eq!(find(ResourceKind::Interrupt, 0), Ok(line));
        assert_eq!(find(ResourceKind::Memory, 0), Err(Error::NotPermitted));
        assert_eq!(Resource::find("uar", ResourceKind::Ports, 0), Err(Error::NotPermitted));
        assert_eq!(Resource::unchecked(line).describe().map(|found| found.line), Ok(9));
        assert_eq!(all().count(), 4);
    }

    #[test]
    fn registers_are_read_and_written() {
        let uart = Resource::unchecked(world::add("uart", ResourceKind::Ports, 0));
        assert_eq!(uart.write(3, 0x83), Ok(()));
        assert_eq!((uart.read(3), uart.read(4)), (Ok(0x83), Ok(0)));
        assert_eq!(Resource::unchecked(7).read(0), Err(Error::BadArgument));
    }

    #[test]
    fn an_interrupt_comes_when_it_has_been_let_in() {
        world::add("uart", ResourceKind::Interrupt, 9);
        assert_eq!(enable_interrupt(10), Err(Error::BadArgument));
        assert_eq!(enable_interrupt(9), Ok(()));
        assert_eq!(world::take_enabled(), [9]);
    }
}
