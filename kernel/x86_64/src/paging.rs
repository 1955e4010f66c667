//! Page tables: the kernel's own, and one set for each partition.
//!
//! A kernel address is in one of two places. The top 2 GiB hold the kernel itself, 4 KiB pages with the rights of
//! their section, and the local APIC. From [`DIRECT_MAP`] on lies physical memory, of which the table and the images
//! can be read and the partitions' memory can be written; nothing there can be executed, and the kernel is not
//! among it. Both are for privilege level 0 only. A partition's tables add, below, its own memory and its two pages.
//!
//! The kernel reaches a guest's memory through the direct map, never through the guest's addresses: a page that the
//! guest does not have cannot fault in the kernel, and SMAP is never lifted.
//!
//! Intel SDM volume 3A, chapter 4.

use bulkhead_abi::PAGE_SIZE;
use bulkhead_abi::machine::i386;
use bulkhead_abi::system_table::{Header, PHYSICAL_ADDRESS_X86_64};
use bulkhead_cell::Single;
use bulkhead_kernel_core::configuration::Placement;
use bulkhead_kernel_core::device::Resource;
use bulkhead_kernel_core::region::Mapping;

/// Kernel address of physical address 0 in the direct map.
pub(crate) const DIRECT_MAP: usize = 0xffff_8000_0000_0000;
/// Kernel address minus physical address of the kernel itself.
const KERNEL_OFFSET: u64 = 0xffff_ffff_8000_0000;
/// The physical memory that the direct map can reach.
pub(crate) const PHYSICAL_END: u64 = 4 << 30;

const PRESENT: u64 = 1;
const WRITABLE: u64 = 1 << 1;
const GUEST: u64 = 1 << 2;
const UNCACHED: u64 = 3 << 3;
const LARGE: u64 = 1 << 7;
const GLOBAL: u64 = 1 << 8;
const NO_EXECUTE: u64 = 1 << 63;
const ADDRESS: u64 = 0x000f_ffff_ffff_f000;

const PAGE: u64 = PAGE_SIZE as u64;
const LARGE_PAGE: u64 = 2 << 20;

#[repr(C, align(4096))]
struct Table([u64; 512]);

impl Table {
    const EMPTY: Self = Self([0; 512]);

    fn set(&mut self, place: u64, entry: u64) {
        self.0[place as usize % 512] = entry;
    }
}

/// The tables of the kernel's half of every address space.
struct KernelTables {
    kernel_pointers: Table,
    kernel_directory: Table,
    kernel_pages: Table,
    direct_pointers: Table,
    direct_directories: [Table; 4],
}

static KERNEL_TABLES: Single<KernelTables> = Single::new(KernelTables {
    kernel_pointers: Table::EMPTY,
    kernel_directory: Table::EMPTY,
    kernel_pages: Table::EMPTY,
    direct_pointers: Table::EMPTY,
    direct_directories: [Table::EMPTY; 4],
});

unsafe extern "C" {
    static kernel_text_start: u8;
    static kernel_text_end: u8;
    static kernel_rodata_end: u8;
    static kernel_stack_guard: u8;
    static failure_stack_guard: u8;
    static non_maskable_interrupt_stack_guard: u8;
    static double_fault_stack_guard: u8;
    static machine_check_stack_guard: u8;
    static kernel_end: u8;
}

/// The physical address of something of the kernel's.
pub(crate) fn physical<T>(thing: &T) -> u64 {
    (core::ptr::from_ref(thing) as u64).wrapping_sub(KERNEL_OFFSET)
}

/// The addresses at which the kernel's sections begin and end.
struct Sections {
    text: u64,
    text_end: u64,
    rodata_end: u64,
    guards: [u64; 5],
    end: u64,
}

fn sections() -> Sections {
    Sections {
        text: &raw const kernel_text_start as u64,
        text_end: &raw const kernel_text_end as u64,
        rodata_end: &raw const kernel_rodata_end as u64,
        guards: [
            &raw const kernel_stack_guard as u64,
            &raw const failure_stack_guard as u64,
            &raw const non_maskable_interrupt_stack_guard as u64,
            &raw const double_fault_stack_guard as u64,
            &raw const machine_check_stack_guard as u64,
        ],
        end: &raw const kernel_end as u64,
    }
}

/// Fills the kernel's tables.
///
/// `local_apic` is the physical address of the local APIC; it is mapped at the kernel's first page.
pub(crate) fn build_kernel_tables(header: &Header, local_apic: u64) {
    // SAFETY: called once, while the boot tables are in use; nobody else borrows these tables.
    let tables = unsafe { KERNEL_TABLES.borrow() };
    let sections = sections();
    let mut address = sections.text;
    while address < sections.end {
        let rights = if address < sections.text_end {
            0
        } else if address < sections.rodata_end {
            NO_EXECUTE
        } else {
            WRITABLE | NO_EXECUTE
        };
        if !sections.guards.contains(&address) {
            let place = (address - KERNEL_OFFSET) / PAGE;
            tables.kernel_pages.set(place, (address - KERNEL_OFFSET) | rights | PRESENT | GLOBAL);
        }
        address += PAGE;
    }
    tables.kernel_pages.set(0, local_apic | PRESENT | WRITABLE | UNCACHED | GLOBAL | NO_EXECUTE);
    let (pages, directory) = (physical(&tables.kernel_pages), physical(&tables.kernel_directory));
    tables.kernel_directory.set(0, pages | PRESENT | WRITABLE);
    tables.kernel_pointers.set(510, directory | PRESENT | WRITABLE);

    for (number, directory) in tables.direct_directories.iter_mut().enumerate() {
        for place in 0..512 {
            let address = (number as u64 * 512 + place) * LARGE_PAGE;
            let rights = if address >= header.memory_start && address < header.memory_end {
                WRITABLE
            } else if address >= PHYSICAL_ADDRESS_X86_64 && address < header.images_end {
                0
            } else {
                continue;
            };
            directory.set(place, address | rights | PRESENT | LARGE | GLOBAL | NO_EXECUTE);
        }
        let physical = physical(directory);
        tables.direct_pointers.set(number as u64, physical | PRESENT | WRITABLE);
    }
}

/// The kernel address of one of the pages that are free for devices: the first MiB of the kernel's, but for the local
/// APIC's page.
pub(crate) const fn device_address(page: usize) -> usize {
    KERNEL_OFFSET as usize + page % DEVICE_PAGES * PAGE_SIZE
}

const DEVICE_PAGES: usize = 256;

/// Maps the page of a device's registers at a page of the kernel's. The answer is where it is then. Before the kernel's
/// tables are in use.
pub(crate) fn map_device(page: usize, physical: usize) -> usize {
    // SAFETY: as for `build_kernel_tables`.
    let tables = unsafe { KERNEL_TABLES.borrow() };
    let entry = physical as u64 & ADDRESS | PRESENT | WRITABLE | UNCACHED | GLOBAL | NO_EXECUTE;
    tables.kernel_pages.set((page % DEVICE_PAGES) as u64, entry);
    device_address(page)
}

/// Where a partition's interface pages and page tables lie in the room that the table gives it.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    start: u64,
}

impl Room {
    /// The room of a placement.
    pub(crate) const fn of(placement: &Placement) -> Self {
        Self { start: placement.tables as u64 }
    }

    /// Physical address of the information page.
    pub(crate) const fn information_page(self) -> u64 {
        self.start
    }

    /// Physical address of the shared page.
    pub(crate) const fn shared_page(self) -> u64 {
        self.start + PAGE
    }

    /// Physical address of the top-level table.
    pub(crate) const fn level4(self) -> u64 {
        self.start + 2 * PAGE
    }

    /// Physical address of the table of level 3, which maps the partition and nothing of the kernel.
    pub(crate) const fn pointers(self) -> u64 {
        self.start + 3 * PAGE
    }

    const fn directory(self, number: u64) -> u64 {
        self.start + (4 + number) * PAGE
    }
}

/// The entry of level 4 for a partition's table of level 3.
pub(crate) const fn lower_half(pointers: u64) -> u64 {
    pointers | PRESENT | WRITABLE | GUEST
}

/// Fills a partition's tables, through the identity mapping of the boot tables.
///
/// # Safety
/// The boot tables must be in use. Placement, mappings and devices must have passed the configuration's check: the room
/// is RAM that nothing else uses, and large enough, and so are the regions; the devices are nobody else's.
pub(crate) unsafe fn build_partition_tables<'a>(
    placement: &Placement,
    mappings: impl Iterator<Item = &'a Mapping>,
    devices: impl Iterator<Item = &'a Resource>,
) {
    let room = Room::of(placement);
    let pages = placement.tables_size as u64 / PAGE;
    for number in 0..pages {
        // SAFETY: inside the room.
        unsafe { core::ptr::write_bytes((room.start + number * PAGE) as *mut u8, 0, PAGE_SIZE) };
    }
    let table = |address: u64| {
        // SAFETY: the addresses below are pages of the room, identity-mapped and aligned; each reference ends
        // before the next is made.
        unsafe { &mut *(address as *mut Table) }
    };
    // SAFETY: as above; the kernel's tables are only read.
    let kernel = unsafe { KERNEL_TABLES.borrow() };
    let level4 = table(room.level4());
    level4.set(0, lower_half(room.pointers()));
    level4.set(256, physical(&kernel.direct_pointers) | PRESENT | WRITABLE);
    level4.set(511, physical(&kernel.kernel_pointers) | PRESENT | WRITABLE);

    let base = u64::from(i386::MEMORY_BASE);
    let end = base + placement.memory_size as u64;
    let mapped_end = base + placement.mapped as u64;
    let directories = mapped_end.div_ceil(1 << 30);
    for number in 0..directories {
        table(room.pointers()).set(number, room.directory(number) | PRESENT | WRITABLE | GUEST);
    }
    let first_pages = room.directory(directories);
    for number in 0..mapped_end.div_ceil(LARGE_PAGE) {
        let address = first_pages + number * PAGE;
        table(room.directory(number / 512)).set(number % 512, address | PRESENT | WRITABLE | GUEST);
    }
    let map = |guest: u64, entry: u64| {
        let address = first_pages + guest / LARGE_PAGE * PAGE;
        table(address).set(guest / PAGE % 512, entry | PRESENT | GUEST);
    };
    map(i386::INFORMATION_PAGE.into(), room.information_page() | NO_EXECUTE);
    map(i386::SHARED_PAGE.into(), room.shared_page() | WRITABLE | NO_EXECUTE);
    let mut guest = base;
    while guest < end {
        let rights = if guest < placement.text_end as u64 {
            0
        } else if guest < placement.read_only_end as u64 {
            NO_EXECUTE
        } else if guest < placement.executable_from as u64 {
            WRITABLE | NO_EXECUTE
        } else {
            WRITABLE
        };
        map(guest, (placement.memory as u64 + (guest - base)) & ADDRESS | rights);
        guest += PAGE;
    }
    let map_behind = |guest: usize, memory: usize, size: usize, writable: bool, kind: u64| {
        let rights = if writable { WRITABLE } else { 0 };
        for offset in (0..size as u64).step_by(PAGE_SIZE) {
            map(guest as u64 + offset, (memory as u64 + offset) & ADDRESS | rights | kind | NO_EXECUTE);
        }
    };
    for Resource { address, physical, size, writable, .. } in devices {
        map_behind(*address, *physical, *size, *writable, UNCACHED);
    }
    for mapping in mappings {
        // SAFETY: the region is RAM that nothing else uses, identity-mapped; nobody runs yet who could see it.
        unsafe { core::ptr::write_bytes(mapping.memory as *mut u8, 0, mapping.size) };
        map_behind(mapping.address, mapping.memory, mapping.size, mapping.writable, 0);
    }
}
