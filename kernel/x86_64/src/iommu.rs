//! The IOMMU (Intel VT-d): what PCI functions reach by themselves, and which interrupts they send.
//!
//! A function that is to reach its owner's memory only uses the very page tables that the processor uses for the
//! owner, from level 3 down, where nothing of the kernel is. So it sees what its owner sees, by the same addresses and
//! with the same rights, and that needs no memory. A function with `dma = "unprotected"` passes; every other reaches
//! nothing. Interrupts come by way of a table that says for each who may send it; what is not in the table is blocked,
//! and so is everything in the format without it.
//!
//! All is set up once, before the first window: a table that never changes need not be invalidated again. All units, if
//! there are several, have the same tables, so that it need not be known which of them is before which function.
//!
//! The formats are in `bulkhead_kernel_core::remapping`; the chapters are of the same manual.

use bulkhead_abi::PAGE_SIZE;
use bulkhead_abi::system_table::{FUNCTIONS_MAX, PARTITIONS_MAX};
use bulkhead_cell::Single;
use bulkhead_kernel_core::configuration::{Placement, Refusal};
use bulkhead_kernel_core::device::{Devices, Reach};
use bulkhead_kernel_core::dmar::UNITS_MAX;
use bulkhead_kernel_core::remapping::{
    self, Capabilities, DONE, Entry, Fault, NO_INTERRUPT_REMAPPING, NO_IOMMU, Width,
};
use core::sync::atomic::{AtomicU32, Ordering};

use crate::arch;
use crate::descriptors::device_vector;
use crate::dmar;
use crate::interrupt_timer;
use crate::paging::{self, PHYSICAL_END, Room};

// Registers (11.4).
const CAPABILITY: usize = 0x08;
const EXTENDED_CAPABILITY: usize = 0x10;
const COMMAND: usize = 0x18;
const STATUS: usize = 0x1c;
const ROOT: usize = 0x20;
const FAULT_STATUS: usize = 0x34;
const FAULT_CONTROL: usize = 0x38;
const PROTECTED_MEMORY: usize = 0x64;
const QUEUE_TAIL: usize = 0x88;
const QUEUE_ADDRESS: usize = 0x90;
const INTERRUPTS: usize = 0xb8;

// Commands, and the states that come of them (11.4.4).
const TRANSLATE: u32 = 1 << 31;
const SET_ROOT: u32 = 1 << 30;
const WRITE_FLUSH: u32 = 1 << 27;
const USE_QUEUE: u32 = 1 << 26;
const REMAP_INTERRUPTS: u32 = 1 << 25;
const SET_INTERRUPTS: u32 = 1 << 24;
const OTHER_INTERRUPTS: u32 = 1 << 23;
/// Those that last, and are commanded again with each other one.
const LASTING: u32 = !(SET_ROOT | 1 << 29 | WRITE_FLUSH | SET_INTERRUPTS);

/// Of the fault status: that some record has a fault, and everything that is cleared by writing it (11.4.9).
const FAULT_PENDING: u32 = 1 << 1;
const FAULTS: u32 = 0x7d;
/// No interrupt for a fault (11.4.10).
const NO_FAULT_INTERRUPT: u32 = 1 << 31;
/// The upper quarter of a record says that there is a fault in it, until that is written (11.4.14).
const RECORD_SIZE: usize = 16;
const RECORD_END: usize = 12;
const RECORD_FULL: u32 = 1 << 31;

/// How often a unit is asked whether it has done what it was told: for a second, if an answer takes one microsecond.
const POLLS: u32 = 1_000_000;

/// The kernel's pages for the units' registers, of which each has two: the first of its registers', and that with its
/// records of faults.
const FIRST_PAGE: usize = 256 - 2 * UNITS_MAX;

#[repr(C, align(4096))]
struct Table([Entry; PAGE_SIZE / 16]);

impl Table {
    const EMPTY: Self = Self([[0; 2]; PAGE_SIZE / 16]);

    fn set(&mut self, place: usize, entry: Entry) {
        self.0[place % (PAGE_SIZE / 16)] = entry;
    }
}

/// What the units read, all of them the same.
struct Tables {
    root: Table,
    /// The contexts of one bus each.
    contexts: [Table; FUNCTIONS_MAX],
    /// What is above a partition's tables of level 3 where there must be a level 4.
    tops: [Table; FUNCTIONS_MAX],
    interrupts: Table,
    queue: Table,
    done: AtomicU32,
}

static TABLES: Single<Tables> = Single::new(Tables {
    root: Table::EMPTY,
    contexts: [Table::EMPTY; FUNCTIONS_MAX],
    tops: [Table::EMPTY; FUNCTIONS_MAX],
    interrupts: Table::EMPTY,
    queue: Table::EMPTY,
    done: AtomicU32::new(0),
});

/// One unit.
#[derive(Clone, Copy)]
struct Unit {
    /// Where its registers are, in the kernel's addresses.
    place: usize,
    /// Where its records of faults are, and how many of them the kernel sees.
    faults: usize,
    fault_count: usize,
    capabilities: Capabilities,
}

impl Unit {
    const NONE: Self = Self { place: 0, faults: 0, fault_count: 0, capabilities: Capabilities::ALL };

    fn read(&self, register: usize) -> u32 {
        // SAFETY: a unit's registers are mapped there, uncached, since `Iommu::map`.
        unsafe { core::ptr::read_volatile((self.place + register) as *const u32) }
    }

    fn write(&self, register: usize, value: u32) {
        // SAFETY: as for `read`; what the unit reads of memory is in `TABLES`.
        unsafe { core::ptr::write_volatile((self.place + register) as *mut u32, value) }
    }

    fn write_long(&self, register: usize, value: u64) {
        // SAFETY: as for `write`.
        unsafe { core::ptr::write_volatile((self.place + register) as *mut u64, value) }
    }

    /// Commands one thing, or that it be no more, and waits until it is so: nothing if it does not come to that.
    #[inline(never)]
    fn command(&self, what: u32, is_on: bool) -> Option<()> {
        let lasting = self.read(STATUS) & LASTING & !what;
        self.write(COMMAND, if is_on { lasting | what } else { lasting });
        let is_then = is_on && what != WRITE_FLUSH;
        wait(|| (self.read(STATUS) & what != 0) == is_then)
    }

    /// Begins anew, whatever the firmware has left: with nothing translated or remapped, and no fault.
    fn reset(&self) -> Option<()> {
        for what in [TRANSLATE, REMAP_INTERRUPTS, USE_QUEUE] {
            if self.read(STATUS) & what != 0 {
                self.command(what, false)?;
            }
        }
        if self.capabilities.needs_write_flush() {
            self.command(WRITE_FLUSH, true)?;
        }
        self.write(FAULT_CONTROL, NO_FAULT_INTERRUPT);
        for number in 0..self.fault_count {
            self.empty_record(number);
        }
        self.write(FAULT_STATUS, FAULTS);
        Some(())
    }

    /// Has it use the tables: the order is that of 6.5.2, 3.4 and 5.1.4.
    fn set_up(&self, tables: &Tables) -> Option<()> {
        self.reset()?;
        self.write_long(QUEUE_TAIL, 0);
        self.write_long(QUEUE_ADDRESS, paging::physical(&tables.queue));
        self.command(USE_QUEUE, true)?;
        self.write_long(ROOT, paging::physical(&tables.root));
        self.command(SET_ROOT, true)?;
        // 256 interrupts, a local APIC's number of 8 bits.
        self.write_long(INTERRUPTS, paging::physical(&tables.interrupts) | 7);
        self.command(SET_INTERRUPTS, true)?;
        tables.done.store(0, Ordering::Relaxed);
        self.write_long(QUEUE_TAIL, (remapping::invalidations(0).len() * 16) as u64);
        wait(|| tables.done.load(Ordering::Relaxed) == DONE)?;
        self.command(OTHER_INTERRUPTS, false)?;
        self.command(REMAP_INTERRUPTS, true)?;
        self.command(TRANSLATE, true)?;
        if self.capabilities.has_protected_memory() {
            self.write(PROTECTED_MEMORY, 0);
        }
        Some(())
    }

    fn record(&self, number: usize) -> usize {
        self.faults + number % self.fault_count.max(1) * RECORD_SIZE
    }

    fn empty_record(&self, number: usize) {
        // SAFETY: a record is mapped there, as a register is.
        unsafe { core::ptr::write_volatile((self.record(number) + RECORD_END) as *mut u32, RECORD_FULL) }
    }

    /// Takes the oldest fault.
    fn take_fault(&self) -> Option<Fault> {
        let status = self.read(FAULT_STATUS);
        if status & FAULT_PENDING == 0 {
            return None;
        }
        let number = (status >> 8 & 0xff) as usize;
        let record = self.record(number) as *const u64;
        // SAFETY: as for `empty_record`.
        let entry = unsafe { [core::ptr::read_volatile(record), core::ptr::read_volatile(record.add(1))] };
        self.empty_record(number);
        // What has overflowed meanwhile is nothing to anybody.
        self.write(FAULT_STATUS, FAULTS);
        Fault::of(entry)
    }
}

fn wait(is_done: impl Fn() -> bool) -> Option<()> {
    (0..POLLS).any(|_| is_done()).then_some(())
}

/// The units that are in use: none where no function is to reach its owner's memory only.
pub(crate) struct Iommu {
    units: [Unit; UNITS_MAX],
    count: usize,
    capabilities: Capabilities,
    width: Width,
    /// As what the I/O APIC sends its interrupts.
    io_apic: Option<u16>,
}

impl Iommu {
    /// No units.
    pub(crate) const fn new() -> Self {
        Self {
            units: [Unit::NONE; UNITS_MAX],
            count: 0,
            capabilities: Capabilities::ALL,
            width: Width::Bits39,
            io_apic: None,
        }
    }

    fn units(&self) -> impl Iterator<Item = &Unit> {
        self.units.iter().take(self.count)
    }

    /// Whether interrupts are remapped.
    #[inline(always)]
    pub(crate) const fn is_in_use(&self) -> bool {
        self.count != 0
    }

    /// Maps the units' registers if they are needed for what the devices may reach, and finds whether they can do that.
    /// While the boot tables are in use, before the kernel's tables are.
    pub(crate) fn map(
        &mut self,
        found: Result<Option<dmar::Iommu>, Refusal>,
        devices: &Devices,
    ) -> Result<(), Refusal> {
        let has = |reach| devices.functions().any(move |function| function.reach == reach);
        if !has(Reach::Owner) {
            return Ok(());
        }
        let iommu = found?.ok_or(NO_IOMMU)?;
        if !iommu.units.remap_interrupts {
            return Err(NO_INTERRUPT_REMAPPING);
        }
        for (number, ((registers, _), unit)) in iommu.units.registers().zip(&mut self.units).enumerate() {
            if registers == 0 || registers >= PHYSICAL_END || registers % PAGE_SIZE as u64 != 0 {
                return Err("the IOMMU's registers lie where no device can be");
            }
            // SAFETY: the boot tables map the registers at their own address; to read these changes nothing.
            let read =
                |register: u64| unsafe { core::ptr::read_volatile((registers + register) as *const u64) };
            let capabilities = Capabilities::of(read(CAPABILITY as u64), read(EXTENDED_CAPABILITY as u64));
            let (offset, count) = capabilities.faults();
            let (page, offset) = (offset / PAGE_SIZE * PAGE_SIZE, offset % PAGE_SIZE);
            let pages = FIRST_PAGE + 2 * number;
            unit.place = paging::map_device(pages, registers as usize);
            unit.faults = paging::map_device(pages + 1, registers as usize + page) + offset;
            unit.fault_count = count.min((PAGE_SIZE - offset) / RECORD_SIZE);
            unit.capabilities = capabilities;
            self.capabilities = self.capabilities.both(capabilities);
            self.count = number + 1;
        }
        self.width = self.capabilities.usable(has(Reach::Everything))?;
        self.io_apic = iommu.units.io_apic;
        if devices.interrupts().any(|interrupt| interrupt.message == 0) && self.io_apic.is_none() {
            return Err("the firmware does not say as what the I/O APIC sends its interrupts");
        }
        if devices.functions().any(|function| iommu.must_reach_reserved_memory(function.number)) {
            return Err("the firmware shares memory with a device that is a partition's");
        }
        Ok(())
    }

    /// Fills the tables and has all units use them. When the partitions' tables are there, and the kernel's are in use.
    pub(crate) fn set_up(
        &self,
        devices: &Devices,
        placements: &[Placement; PARTITIONS_MAX],
    ) -> Result<(), Refusal> {
        if !self.is_in_use() {
            return Ok(());
        }
        // SAFETY: called once; nobody else borrows them.
        let tables = unsafe { TABLES.borrow() };
        self.fill_contexts(tables, devices, placements);
        self.fill_interrupts(tables, devices);
        let done = paging::physical(&tables.done);
        for (place, entry) in remapping::invalidations(done).into_iter().enumerate() {
            tables.queue.set(place, entry);
        }
        if !self.capabilities.is_coherent() {
            arch::write_caches_back();
        }
        arch::fence();
        let done = self.units().all(|unit| unit.set_up(tables).is_some());
        if done { Ok(()) } else { Err("this machine's IOMMU does not do what it is told") }
    }

    fn fill_contexts(
        &self,
        tables: &mut Tables,
        devices: &Devices,
        placements: &[Placement; PARTITIONS_MAX],
    ) {
        let Tables { root, contexts, tops, .. } = tables;
        for (function, (number, top)) in devices.functions().zip((1..).zip(tops)) {
            let entry = match function.reach {
                Reach::Nothing => continue,
                Reach::Owner => {
                    let tables = Room::of(&placements[function.partition.place()]).pointers();
                    if self.width > Width::Bits39 {
                        // One entry of level 4 has the format of two of level 3, and that of a context's table.
                        top.set(0, [paging::lower_half(tables), 0]);
                    }
                    let first = if self.width > Width::Bits39 { paging::physical(top) } else { tables };
                    remapping::translated(first, self.width, number)
                }
                Reach::Everything => remapping::passed_through(self.capabilities, number),
            };
            // The table of a bus is that of its first function.
            let bus = function.number >> 8;
            let first = devices.functions().position(|other| other.number >> 8 == bus);
            let context = &mut contexts[first.unwrap_or(0) % FUNCTIONS_MAX];
            context.set(function.number as usize, entry);
            root.set(bus as usize, remapping::root_entry(paging::physical(context)));
        }
    }

    /// Each interrupt has the place of its number.
    fn fill_interrupts(&self, tables: &mut Tables, devices: &Devices) {
        let processor = interrupt_timer::identity();
        for (number, interrupt) in devices.interrupts().enumerate() {
            let sends = |function: &&bulkhead_kernel_core::device::Function| {
                function.message.is_some_and(|(message, _)| usize::from(message) == number)
            };
            let source = match devices.functions().find(sends) {
                Some(function) => Some(function.number),
                None => self.io_apic,
            };
            let Some(source) = source else { continue };
            let vector = device_vector(number);
            tables
                .interrupts
                .set(number, remapping::interrupt_entry(vector, interrupt.level, processor, source));
        }
    }

    /// Address and data of the message that is the device's interrupt with this number: in the table's format, or as
    /// the processor takes it (Intel SDM volume 3A, 10.11.1).
    pub(crate) fn message(&self, number: u8) -> (u32, u32) {
        if self.is_in_use() {
            return remapping::message(number);
        }
        const PROCESSORS: u32 = 0xfee0_0000;
        (PROCESSORS | interrupt_timer::identity() << 12, device_vector(number.into()).into())
    }

    /// The upper half of the I/O APIC's entry for the device's interrupt with this number, in the same formats.
    pub(crate) fn pin(&self, number: usize) -> u32 {
        if self.is_in_use() { remapping::pin(number as u8) } else { interrupt_timer::identity() << 24 }
    }

    /// Takes a fault that a unit has recorded, the oldest of the first unit that has one.
    pub(crate) fn take_fault(&self) -> Option<Fault> {
        self.units().find_map(Unit::take_fault)
    }
}
