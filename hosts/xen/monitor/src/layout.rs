//! Where the binding has its things: in the first MiB of the guest, below the partition's memory. Physical addresses,
//! and, but for the aliases, virtual ones too. Nothing at 0, so that a null pointer faults at both levels.

use bulkhead_abi::machine::i386;
use bulkhead_abi::system_table::PARTITIONS_MAX;
use bulkhead_xen_facts::ports::{GRANTS_MAX, IMPORTS_MAX};
use bulkhead_xen_facts::regions::{REGIONS_END, REGIONS_MAX};

/// The page with Xen's hypercalls.
pub(super) const HYPERCALLS: u32 = 0x1000;
/// Where the monitor writes Xen's shared page; the partition reads it at [`XEN_SHARED`].
pub(super) const XEN_SHARED_ALIAS: u32 = 0x2000;
/// Where the monitor writes the information page.
pub(super) const INFORMATION_ALIAS: u32 = 0x3000;
/// The monitor's stack ends here; the page at 0x4000 is not mapped, so that an overflow cannot go unnoticed.
pub(super) const STACK_BEGIN: u32 = 0x5000;
/// End of the monitor's stack.
pub(super) const STACK_END: u32 = 0x9000;
/// The first level of the page tables, where there are three.
pub(super) const DIRECTORY_POINTERS: u32 = 0x9000;
/// The level below: four pages, or one where there are two levels.
pub(super) const DIRECTORIES: u32 = 0xa000;
/// The page by which other guests find and ring this one's bell: they read it.
pub(super) const BELL: u32 = 0xe000;
/// What the monitor knows of their bells.
pub(super) const BELL_STATE: u32 = 0xf000;
/// The monitor's state.
pub(super) const MONITOR: u32 = 0x1_0000;
/// The last level: pages from here on, as many as are needed.
pub(super) const TABLES: u32 = 0x2_0000;
/// End of the room for [`TABLES`].
pub(super) const TABLES_END: u32 = 0xf_c000;
/// The table of grants: pages that other guests may read.
pub(super) const GRANT_TABLE: u32 = 0xf_c000;
/// Xen's shared page, as the partition reads it.
pub(super) const XEN_SHARED: u32 = 0xf_d000;
/// The page that the partition interface calls the information page.
pub(super) const INFORMATION: u32 = i386::INFORMATION_PAGE;
/// The page that partition and monitor both write.
pub(super) const SHARED: u32 = i386::SHARED_PAGE;
/// Where pages of other guests' ports are shown: no guest has memory there, and Xen's own pages lie above. The
/// addresses of partitions end there.
pub(super) const IMPORTS: u32 = REGIONS_END;
/// Where the pages with other guests' bells are shown, one for each partition.
pub(super) const BELL_IMPORTS: u32 = IMPORTS + IMPORTS_MAX * PAGE;
/// Where pages of other guests' regions are shown: physical addresses only, as the partition sees them elsewhere.
pub(super) const REGION_IMPORTS: u32 = 0xc080_0000;
/// Where the monitor has what lies behind the partition's memory; the partition may see regions at those addresses.
pub(super) const SPARE: u32 = 0xd000_0000;
/// The most of it.
pub(super) const SPARE_MAX: u32 = 0x2000_0000;
/// The partition's memory.
pub(super) const MEMORY: u32 = i386::MEMORY_BASE;

/// Bytes of a page.
pub(super) const PAGE: u32 = bulkhead_abi::PAGE_SIZE as u32;

const _: () = {
    assert!(BELL_IMPORTS + PARTITIONS_MAX as u32 * PAGE <= REGION_IMPORTS);
    assert!(REGION_IMPORTS + REGIONS_MAX as u32 * GRANTS_MAX * PAGE <= SPARE);
};
