//! The guest's page tables (Intel SDM volume 3A, chapter 4).
//!
//! Every address is its own physical one, but for the monitor's two aliases. What is in no table faults; without that
//! Xen would swallow writes to memory that is not there.
//!
//! Entries have 64 bits (PAE), for the sake of the one that forbids execution. Under QEMU's emulation they have 32, and
//! data can be executed: its processor marks entries of the first level as used, which no other does, and Xen, which
//! has to look at an instruction that it emulates there, takes the mark for an error and never gets on.

use core::arch::asm;
use core::arch::x86::{__cpuid, __cpuid_count};

use super::{layout, report};
use bulkhead_abi::system_table::PARTITIONS_MAX;
use bulkhead_xen_facts::command_line::Configuration;
use bulkhead_xen_facts::regions::RegionWords;

const PRESENT: u64 = 1 << 0;
const WRITE: u64 = 1 << 1;
const USER: u64 = 1 << 2;
const LARGE: u64 = 1 << 7;
/// Has no place in an entry of 32 bits.
const NO_EXECUTE: u64 = 1 << 63;

const EFER: u32 = 0xc000_0080;
const EFER_NO_EXECUTE: u32 = 1 << 11;
const CR0_PAGING: u32 = 1 << 31 | 1 << 16 | 1 << 5 | 1 << 1;
const CR4_LARGE_PAGES: u32 = 1 << 4;
const CR4_PAE: u32 = 1 << 5;
const CR4_SSE: u32 = 1 << 9 | 1 << 10;
const CR4_UMIP: u32 = 1 << 11;

/// Tables under construction. Paging is off, so that addresses are physical ones.
struct Tables {
    /// Whether entries have 64 bits.
    wide: bool,
    next: u32,
}

impl Tables {
    /// Bytes that one entry of the table above pages maps.
    const fn span(&self) -> u32 {
        if self.wide { 2 << 20 } else { 4 << 20 }
    }

    /// The directory for an address: there are four for wide entries.
    const fn directory(&self, address: u32) -> u32 {
        layout::DIRECTORIES + if self.wide { (address >> 30) * layout::PAGE } else { 0 }
    }

    /// Writes an entry; a `place` beyond the table's end counts from its beginning.
    fn set(&self, table: u32, place: u32, entry: u64) {
        // SAFETY: the tables are memory of the monitor alone, one page each.
        unsafe {
            if self.wide {
                (table as *mut u64).add(place as usize & 511).write_volatile(entry);
            } else {
                (table as *mut u32).add(place as usize & 1023).write_volatile(entry as u32);
            }
        }
    }

    fn entry(&self, table: u32, place: u32) -> u64 {
        // SAFETY: as above.
        unsafe {
            if self.wide {
                (table as *const u64).add(place as usize & 511).read_volatile()
            } else {
                u64::from((table as *const u32).add(place as usize & 1023).read_volatile())
            }
        }
    }

    /// The table of pages for an address, made if there is none.
    fn table(&mut self, address: u32) -> u32 {
        let directory = self.directory(address);
        let place = address / self.span();
        let found = self.entry(directory, place);
        if found & PRESENT != 0 {
            return found as u32 & !(layout::PAGE - 1);
        }
        let table = self.next;
        if table >= layout::TABLES_END {
            report::failed("the program is too large: there is no room for its page tables");
        }
        self.next += layout::PAGE;
        clear(table);
        self.set(directory, place, u64::from(table) | PRESENT | WRITE | USER);
        table
    }

    fn page(&mut self, address: u32, physical: u32, rights: u64) {
        let table = self.table(address);
        self.set(table, address / layout::PAGE, u64::from(physical) | PRESENT | rights);
    }

    /// Maps pages from `begin` on to others.
    fn alias(&mut self, begin: u32, physical: u32, size: u32, rights: u64) {
        for offset in (0..size).step_by(layout::PAGE as usize) {
            self.page(begin + offset, physical + offset, rights);
        }
    }

    /// Maps the pages from `begin` up to `end` to themselves, in large ones where that fits.
    fn range(&mut self, begin: u32, end: u32, rights: u64) {
        let mut address = begin;
        while address < end {
            let span = self.span();
            if address.is_multiple_of(span) && end - address >= span {
                self.set(
                    self.directory(address),
                    address / span,
                    u64::from(address) | PRESENT | LARGE | rights,
                );
                address += span;
            } else {
                self.page(address, address, rights);
                address += layout::PAGE;
            }
        }
    }
}

fn clear(page: u32) {
    // SAFETY: the tables are memory of the monitor alone, one page each.
    unsafe { core::ptr::write_bytes(page as *mut u8, 0, layout::PAGE as usize) };
}

/// Whether the processor is QEMU's emulation, by the name that it gives itself.
fn is_emulated() -> bool {
    let mut name = [0; 48];
    for (place, number) in name.chunks_exact_mut(4).zip(0..) {
        let leaf = __cpuid(0x8000_0002 + number / 4);
        let word = [leaf.eax, leaf.ebx, leaf.ecx, leaf.edx][number as usize % 4];
        place.copy_from_slice(&word.to_ne_bytes());
    }
    name.windows(8).any(|part| part == b"QEMU TCG")
}

/// Makes the tables and turns paging on. `spare` bytes behind the partition's memory are the monitor's.
pub(super) fn install(configuration: &Configuration, spare: u32, console_page: u32) {
    let can_forbid_execution = __cpuid(0x8000_0001).edx & 1 << 20 != 0;
    let mut tables = Tables { wide: can_forbid_execution && !is_emulated(), next: layout::TABLES };
    clear(layout::DIRECTORY_POINTERS);
    for number in 0..4 {
        let directory = layout::DIRECTORIES + number * layout::PAGE;
        clear(directory);
        if tables.wide {
            tables.set(layout::DIRECTORY_POINTERS, number, u64::from(directory) | PRESENT);
        }
    }
    let end = layout::MEMORY + configuration.memory;
    tables.page(layout::HYPERCALLS, layout::HYPERCALLS, 0);
    tables.page(layout::XEN_SHARED_ALIAS, layout::XEN_SHARED, WRITE | NO_EXECUTE);
    tables.page(layout::INFORMATION_ALIAS, layout::INFORMATION, WRITE | NO_EXECUTE);
    tables.range(layout::STACK_BEGIN, layout::STACK_END, WRITE | NO_EXECUTE);
    tables.range(layout::DIRECTORY_POINTERS, layout::TABLES_END, WRITE | NO_EXECUTE);
    tables.page(layout::XEN_SHARED, layout::XEN_SHARED, USER | NO_EXECUTE);
    tables.page(layout::INFORMATION, layout::INFORMATION, USER | NO_EXECUTE);
    tables.page(layout::SHARED, layout::SHARED, USER | WRITE | NO_EXECUTE);
    tables.range(layout::MEMORY, configuration.text_end, USER);
    tables.range(configuration.text_end, configuration.constants_end, USER | NO_EXECUTE);
    tables.range(configuration.constants_end, end, USER | WRITE | NO_EXECUTE);
    tables.alias(layout::SPARE, end, spare, WRITE | NO_EXECUTE);
    let mut own = end + spare - configuration.regions.own_pages(configuration.number) * layout::PAGE;
    for region in configuration.regions.regions() {
        if region.owner == configuration.number {
            tables.alias(region.address, own, region.size(), region_rights(region));
            own += region.size();
        } else {
            // What is another guest's is not there until that one has begun: its tables only.
            for page in 0..region.pages {
                let _ = tables.table(region.address + page * layout::PAGE);
            }
        }
    }
    if configuration.others() != 0 {
        let end = layout::BELL_IMPORTS + PARTITIONS_MAX as u32 * layout::PAGE;
        tables.range(layout::BELL_IMPORTS, end, NO_EXECUTE);
    }
    if configuration.ports.peer_pages() > 0 {
        let end = layout::IMPORTS + configuration.ports.peer_pages() * layout::PAGE;
        tables.range(layout::IMPORTS, end, NO_EXECUTE);
    }
    tables.page(layout::GRANT_TABLE, layout::GRANT_TABLE, WRITE | NO_EXECUTE);
    tables.page(console_page, console_page, WRITE | NO_EXECUTE);
    turn_on(tables.wide);
}

/// What the partition may do with a region.
const fn region_rights(region: &RegionWords) -> u64 {
    USER | NO_EXECUTE | if region.writable { WRITE } else { 0 }
}

/// Shows the partition a region, of which nothing was there until now, at a physical address.
pub(super) fn show(region: &RegionWords, physical: u32) {
    let features: u32;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, cr4", out(reg) features, options(nomem, nostack)) };
    // `install` has made all tables that it takes.
    let mut tables = Tables { wide: features & CR4_PAE != 0, next: layout::TABLES_END };
    tables.alias(region.address, physical, region.size(), region_rights(region));
}

fn turn_on(wide: bool) {
    let umip = if __cpuid_count(7, 0).ecx & 1 << 2 != 0 { CR4_UMIP } else { 0 };
    let (paging, tables, no_execute) = if wide {
        (CR4_PAE, layout::DIRECTORY_POINTERS, EFER_NO_EXECUTE)
    } else {
        (CR4_LARGE_PAGES, layout::DIRECTORIES, 0)
    };
    // SAFETY: what the monitor uses is mapped at its own address.
    unsafe {
        asm!(
            "mov cr4, {features}",
            "mov cr3, {tables}",
            "rdmsr",
            "or eax, {no_execute}",
            "wrmsr",
            "mov eax, cr0",
            "and eax, 0xfffffff3",
            "or eax, {paging}",
            "mov cr0, eax",
            features = in(reg) paging | CR4_SSE | umip,
            tables = in(reg) tables,
            no_execute = in(reg) no_execute,
            paging = const CR0_PAGING,
            in("ecx") EFER,
            out("eax") _,
            out("edx") _,
        );
    }
}
