//! Where this machine's IOMMU is, and the configuration registers of its PCI functions, as its firmware says.

use bulkhead_kernel_core::acpi;
use bulkhead_kernel_core::configuration::Refusal;
use bulkhead_kernel_core::dmar::{Units, has_reserved_memory};

use crate::devices::IO_APIC;
use crate::paging::PHYSICAL_END;
use crate::pvh::Boot;

/// Where the pointer to all tables can lie, if the loader does not say where it is: in the BIOS (ACPI 6.4, 5.2.5.1).
const BIOS: (u64, usize) = (0xe_0000, 0x2_0000);

/// What the firmware says of the machine's IOMMU.
pub(crate) struct Iommu {
    table: &'static [u8],
    /// Its units.
    pub(crate) units: Units,
}

impl Iommu {
    /// Whether a PCI function must reach memory that the firmware has reserved for it.
    pub(crate) fn must_reach_reserved_memory(&self, function: u16) -> bool {
        has_reserved_memory(self.table, function)
    }
}

/// So many bytes at a physical address.
fn memory(address: u64, length: usize) -> Option<&'static [u8]> {
    let end = address.checked_add(length as u64)?;
    // SAFETY: the boot tables map the first 4 GiB at their own addresses; what the firmware's tables lie in, nobody
    // else uses or writes.
    (address != 0 && end <= PHYSICAL_END)
        .then(|| unsafe { core::slice::from_raw_parts(address as *const u8, length) })
}

/// A table of the firmware's. While the boot tables are in use.
#[inline(never)]
fn table(boot: &Boot, signature: [u8; 4]) -> Option<&'static [u8]> {
    let in_bios = || Some(BIOS.0 + acpi::find_pointer(memory(BIOS.0, BIOS.1)?)? as u64);
    let pointer = if boot.firmware_tables != 0 { Some(boot.firmware_tables) } else { in_bios() };
    acpi::table(&memory, pointer?, signature)
}

/// Looks for the IOMMU; none if the firmware tells of none. While the boot tables are in use.
pub(crate) fn find(boot: &Boot) -> Result<Option<Iommu>, Refusal> {
    let Some(found) = table(boot, *b"DMAR") else { return Ok(None) };
    let units = Units::read(found, table(boot, *b"APIC"), IO_APIC as u32)?;
    Ok(Some(Iommu { table: found, units }))
}

/// Where the configuration registers of all PCI functions are in memory. While the boot tables are in use.
pub(crate) fn configuration_memory(boot: &Boot) -> impl Iterator<Item = (u64, usize)> {
    acpi::configuration_memory(table(boot, *b"MCFG").unwrap_or_default())
}
