//! The calls with which a partition reaches registers and ports of its devices.
//!
//! Each is checked against the resource's rules, and done at once: one access, or two where only some bits may change.

use bulkhead_abi::Error;

use crate::device::RegisterPlace;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::memory::Alleged;
use crate::partition::Index;

impl<M: Machine> Kernel<M> {
    /// Describes a resource.
    #[inline(never)]
    pub(crate) fn describe_resource(
        &mut self,
        machine: &mut M,
        caller: Index,
        resource: u32,
        address: u32,
    ) -> Result<i32, Error> {
        let description = self.devices.of(caller, resource)?.describe();
        self.store(machine, caller, address, &description.bytes())
    }

    /// Reads a register.
    #[inline(never)]
    pub(crate) fn read_register(
        &mut self,
        machine: &mut M,
        caller: Index,
        [resource, offset, address]: [u32; 3],
    ) -> Result<i32, Error> {
        let (place, width, rule) = self.devices.register(caller, resource, offset)?;
        // Looked at before the register, which reading can change.
        let to = self.partition(caller).region.writable(Alleged::new(address as usize, size_of::<u32>()))?;
        if rule.read == 0 {
            return Err(Error::NotPermitted);
        }
        let value = machine.read_register(place, width).ok_or(Error::NotAvailable)? & rule.read;
        machine.write_guest(caller, to, &value.to_ne_bytes());
        Ok(0)
    }

    /// Writes a register.
    #[inline(never)]
    pub(crate) fn write_register(
        &mut self,
        machine: &mut M,
        caller: Index,
        [resource, offset, value]: [u32; 3],
    ) -> Result<i32, Error> {
        let (place, width, rule) = self.devices.register(caller, resource, offset)?;
        let bits = width.bits();
        let value = match rule.write & bits {
            0 => return Err(Error::NotPermitted),
            all if all == bits => value & bits,
            some => {
                let now = machine.read_register(place, width).ok_or(Error::NotAvailable)?;
                // A function that does not answer reads as ones, which it could have when it answers again.
                if matches!(place, RegisterPlace::Function(..)) && now == u32::MAX {
                    return Err(Error::NotAvailable);
                }
                now & !some | value & some
            }
        };
        if machine.write_register(place, width, value) { Ok(0) } else { Err(Error::NotAvailable) }
    }
}
