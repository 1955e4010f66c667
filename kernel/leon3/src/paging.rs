//! Page tables of the reference memory management unit: a context for each partition.
//!
//! The kernel lies at its physical addresses, and so does RAM as the kernel sees it, from 0x4000_0000 on; the devices
//! keep their addresses too. All of that is for supervisor mode only. Below 0x4000_0000, and in the last two pages, a
//! partition has its own. The unit knows no right "supervisor, not executable": the kernel's data and the partitions'
//! memory could be executed by the kernel, which never jumps there; its text and constants, the system table and the
//! images cannot be written even by itself.
//!
//! The kernel reaches a guest's memory through its own mapping, never through the guest's addresses: a page that the
//! guest does not have cannot fault in the kernel.
//!
//! SPARC V8 manual, appendix H.

use bulkhead_abi::machine::{LEON3, sparc};
use bulkhead_abi::system_table::{Header, PARTITIONS_MAX};
#[cfg(feature = "trace")]
use bulkhead_abi::trace;
use bulkhead_abi::{PAGE_SIZE, ResourceKind};
use bulkhead_cell::Single;
use bulkhead_kernel_core::configuration::Placement;
use bulkhead_kernel_core::device::Resource;
use bulkhead_kernel_core::region::Mapping;

use crate::arch::{self, mmu};
use crate::devices::Devices;

const PAGE: u32 = PAGE_SIZE as u32;
/// What an entry of the second and of the first level spans.
const SECTION: u32 = 256 << 10;
const REGION: u32 = 16 << 20;

/// Where RAM begins, and where RAM that the kernel can map ends.
pub(crate) const MEMORY_START: u32 = LEON3.memory_start as u32;
pub(crate) const MEMORY_END_MAX: u64 = LEON3.memory_start + LEON3.memory_max;

const RAM_REGIONS: usize = (LEON3.memory_max / REGION as u64) as usize;

/// Entry types, and the bit that lets the cache keep a page.
const TABLE: u32 = 1;
const MAPPED: u32 = 2;
const CACHEABLE: u32 = 1 << 7;

/// Access rights (table H-2), moved to their place.
const GUEST_READ: u32 = 0 << 2;
const GUEST_WRITE: u32 = 1 << 2;
const GUEST_EXECUTE: u32 = 2 << 2;
const GUEST_WRITE_EXECUTE: u32 = 3 << 2;
const GUEST_READ_KERNEL_WRITE: u32 = 5 << 2;
const KERNEL_READ: u32 = 6 << 2;
const KERNEL_WRITE: u32 = 7 << 2;

const fn page(physical: u32, rights: u32) -> u32 {
    physical >> 4 | rights | CACHEABLE | MAPPED
}

const fn device(physical: u32) -> u32 {
    physical >> 4 | KERNEL_WRITE | MAPPED
}

const fn table(physical: u32) -> u32 {
    physical >> 4 | TABLE
}

#[repr(C, align(1024))]
pub(crate) struct KernelTables {
    /// One first-level table for each partition.
    contexts: [u32; 256],
    /// RAM in sections.
    sections: [[u32; 64]; RAM_REGIONS],
    /// The kernel's first MiB in pages.
    pages: [[u32; 64]; 4],
}

pub(crate) static TABLES: Single<KernelTables> =
    Single::new(KernelTables { contexts: [0; 256], sections: [[0; 64]; RAM_REGIONS], pages: [[0; 64]; 4] });

unsafe extern "C" {
    static kernel_text_end: u8;
    static kernel_rodata_end: u8;
    static kernel_stack_guard: u8;
    static kernel_end: u8;
}

fn address_of<T>(thing: *const T) -> u32 {
    thing as usize as u32
}

/// Fills the kernel's tables. Before the memory management unit is on.
pub(crate) fn build_kernel_tables(header: &Header, memory_end: u32) {
    // SAFETY: called once, nobody else borrows these tables.
    let tables = unsafe { TABLES.borrow() };
    let (text_end, rodata_end) =
        (address_of(&raw const kernel_text_end), address_of(&raw const kernel_rodata_end));
    let (guard, end) = (address_of(&raw const kernel_stack_guard), address_of(&raw const kernel_end));
    for (number, place) in tables.pages.as_flattened_mut().iter_mut().enumerate() {
        let address = MEMORY_START + number as u32 * PAGE;
        if address >= end || address == guard {
            continue;
        }
        *place = page(address, if address < rodata_end.max(text_end) { KERNEL_READ } else { KERNEL_WRITE });
    }
    let (images_end, memory_start) = (header.images_end as u32, header.memory_start as u32);
    for (number, place) in tables.sections.as_flattened_mut().iter_mut().enumerate() {
        let address = MEMORY_START + number as u32 * SECTION;
        *place = if let Some(pages) = tables.pages.get(number) {
            table(address_of(pages))
        } else if address < images_end {
            page(address, KERNEL_READ)
        } else if address >= memory_start && address < memory_end {
            page(address, KERNEL_WRITE)
        } else {
            0
        };
    }
}

/// Where a partition's interface pages and page tables lie in the room that the table gives it.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    start: u32,
}

impl Room {
    /// The room of a placement.
    #[inline(always)]
    pub(crate) const fn of(placement: &Placement) -> Self {
        Self { start: placement.tables as u32 }
    }

    /// Physical address of the information page.
    #[inline(always)]
    pub(crate) const fn information_page(self) -> u32 {
        self.start
    }

    /// Physical address of the shared page.
    #[inline(always)]
    pub(crate) const fn shared_page(self) -> u32 {
        self.start + PAGE
    }
}

/// Fills a partition's tables, and its entry among the contexts.
///
/// # Safety
/// The memory management unit must be off. Placement, mappings and devices must have passed the configuration's check:
/// the room is RAM that nothing else uses, and large enough, and so are the regions; the devices are nobody else's.
pub(crate) unsafe fn build_partition_tables<'a>(
    number: usize,
    placement: &Placement,
    mappings: impl Iterator<Item = &'a Mapping>,
    devices: &Devices,
    owned: impl Iterator<Item = &'a Resource>,
    registers: impl Iterator<Item = &'a Resource>,
) {
    let room = Room::of(placement);
    // SAFETY: the room is the partition's own.
    unsafe { core::ptr::write_bytes(room.start as *mut u8, 0, placement.tables_size) };
    let store = |place: u32, entry: u32| {
        // SAFETY: every place below lies in the room: `tables_size_leon3` counts the same tables.
        unsafe { core::ptr::write_volatile(place as *mut u32, entry) };
    };
    // SAFETY: nobody else borrows these tables now.
    let kernel = unsafe { TABLES.borrow() };
    let regions = room.start + 2 * PAGE;
    if let Some(place) = kernel.contexts.get_mut(number) {
        *place = table(regions);
    }
    for (ram, sections) in kernel.sections.iter().enumerate() {
        store(regions + 4 * (MEMORY_START / REGION + ram as u32), table(address_of(sections)));
    }
    let own = [devices.uart, devices.interrupt_controller, devices.timer];
    let others = registers.filter(|resource| resource.kind == ResourceKind::Registers);
    for address in own.into_iter().chain(others.map(|resource| resource.physical as u32)) {
        let region = address / REGION;
        store(regions + 4 * region, device(region * REGION));
    }

    let end = sparc::MEMORY_BASE + placement.memory_size as u32;
    let mapped_end = sparc::MEMORY_BASE + placement.mapped as u32;
    let sections = regions + 1024;
    let mut free = sections;
    let mut new_table = || {
        let table = free;
        free += 256;
        table
    };
    for region in 0..mapped_end.div_ceil(REGION) {
        store(regions + 4 * region, table(new_table()));
    }
    let pages = sections + 256 * mapped_end.div_ceil(REGION);
    for section in 0..mapped_end.div_ceil(SECTION) {
        store(sections + 4 * section, table(new_table()));
    }
    let mut guest = sparc::MEMORY_BASE;
    while guest < end {
        let rights = if (guest as usize) < placement.text_end {
            GUEST_EXECUTE
        } else if (guest as usize) < placement.read_only_end {
            GUEST_READ
        } else if (guest as usize) < placement.executable_from {
            GUEST_WRITE
        } else {
            GUEST_WRITE_EXECUTE
        };
        let physical = placement.memory as u32 + (guest - sparc::MEMORY_BASE);
        store(pages + guest / PAGE * 4, page(physical, rights));
        guest += PAGE;
    }
    #[cfg(feature = "trace")]
    for place in 0..trace::RING_SIZE.div_ceil(PAGE_SIZE) as u32 {
        // Below the partition's memory, where addresses are short.
        let ring = address_of(crate::trace::RING.address());
        store(pages + 4 * place, page(ring + place * PAGE, KERNEL_WRITE) & !CACHEABLE);
    }
    // Not cached: a cache that goes by the partitions' own addresses would not notice another's writes.
    let map_behind = |guest: usize, memory: usize, size: usize, writable: bool| {
        let rights = if writable { GUEST_WRITE } else { GUEST_READ };
        for offset in (0..size as u32).step_by(PAGE_SIZE) {
            let entry = page(memory as u32 + offset, rights) & !CACHEABLE;
            store(pages + (guest as u32 + offset) / PAGE * 4, entry);
        }
    };
    for Resource { address, physical, size, writable, .. } in owned {
        map_behind(*address, *physical, *size, *writable);
    }
    for mapping in mappings {
        // SAFETY: the region is RAM that nothing else uses; nobody runs yet who could see it.
        unsafe { core::ptr::write_bytes(mapping.memory as *mut u8, 0, mapping.size) };
        map_behind(mapping.address, mapping.memory, mapping.size, mapping.writable);
    }
    // The last two pages of the address space.
    let (last_sections, last_pages) = (new_table(), new_table());
    store(regions + 4 * 255, table(last_sections));
    store(last_sections + 4 * 63, table(last_pages));
    store(last_pages + 4 * 62, page(room.information_page(), GUEST_READ_KERNEL_WRITE));
    store(last_pages + 4 * 63, page(room.shared_page(), GUEST_WRITE));
}

/// Switches the memory management unit on, with the first partition's tables.
pub(crate) fn switch_on() {
    let contexts = TABLES.address();
    // SAFETY: the tables have just been filled; the kernel is mapped where it is.
    unsafe {
        arch::mmu_write(mmu::CONTEXT_TABLE, address_of(contexts) >> 4);
        arch::mmu_write(mmu::CONTEXT, 0);
        arch::mmu_flush();
        arch::mmu_write(mmu::CONTROL, 1);
    }
}

const _: () = assert!(PARTITIONS_MAX <= 256);
