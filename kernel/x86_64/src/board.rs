//! The machine under the portable kernel: an x86-64 PC.

use bulkhead_abi::machine::i386;
use bulkhead_abi::system_table::{PARTITIONS_MAX, checksum};
use bulkhead_abi::{InformationPage, PAGE_SIZE, SharedPage};
use bulkhead_kernel_core::channel::Place;
use bulkhead_kernel_core::configuration::Placement;
use bulkhead_kernel_core::device::{Interrupt, RegisterPlace, Width};
use bulkhead_kernel_core::machine::{Devices, Ending, GuestMemory, GuestRegisters, Machine, Time};
use bulkhead_kernel_core::memory::Checked;
use bulkhead_kernel_core::partition::Index;
use bulkhead_kernel_core::region::Mapping;
use bulkhead_kernel_core::remapping::Fault;
use bulkhead_kernel_core::serial::Ns16550;
#[cfg(feature = "vary")]
use bulkhead_kernel_core::variation::Variation;

use crate::arch;
use crate::context::{CONTEXTS, Context};
use crate::descriptors;
use crate::devices;
use crate::interrupt_timer::{self, Rates};
use crate::iommu::Iommu;
use crate::paging::{DIRECT_MAP, Room};
use crate::pci;
use crate::serial::UartRegisters;

/// The port that ends QEMU (`-device isa-debug-exit`).
const EXIT_PORT: u16 = 0xf4;

/// Bytes of a message that are copied between two looks at the clock.
const MESSAGE_STEP: usize = 2048;

/// Guest address of the start information, inside the information page.
const START_INFORMATION: u64 =
    i386::INFORMATION_PAGE as u64 + core::mem::offset_of!(InformationPage, start) as u64;

/// Ends the system, with nothing else said. A debugger stops here when the run is repeated.
#[unsafe(export_name = "kernel_ends_system")]
#[cold]
#[inline(never)]
pub(crate) fn end(ending: Ending) -> ! {
    arch::port_write(EXIT_PORT, ending as u8);
    arch::stop()
}

/// The machine's state.
pub(crate) struct Board {
    /// Where each partition lies in physical memory.
    pub(crate) placements: [Placement; PARTITIONS_MAX],
    /// Where the channels' buffers lie in physical memory.
    pub(crate) buffers: usize,
    /// The clocks' rates.
    pub(crate) rates: Rates,
    /// The time stamp at which the clock was zero.
    pub(crate) origin: u64,
    /// What the clock says when the first partition starts, in nanoseconds.
    pub(crate) uptime: u64,
    /// The time stamp at which the clock was read last.
    pub(crate) stamp: u64,
    /// Whether the timer counts to a time stamp.
    pub(crate) tsc_deadline: bool,
    /// What stands between devices and memory.
    pub(crate) iommu: Iommu,
    /// The serial line.
    pub(crate) uart: Ns16550<UartRegisters>,
    /// The partition whose memory and registers the processor has.
    current: Index,
    /// The partitions that own an interrupt, one bit each.
    owners: u32,
    /// Whether interrupts of devices come now.
    hears: bool,
    /// How late what happens is noticed.
    #[cfg(feature = "vary")]
    pub(crate) variation: Variation,
}

impl Board {
    /// The offset that a debugger asks for.
    pub(crate) const CURRENT: usize = core::mem::offset_of!(Self, current);

    /// A machine without partitions.
    pub(crate) const fn new() -> Self {
        Self {
            placements: [Placement::NONE; PARTITIONS_MAX],
            buffers: 0,
            rates: Rates::ONE,
            origin: 0,
            uptime: 0,
            stamp: 0,
            tsc_deadline: false,
            iommu: Iommu::new(),
            uart: Ns16550::new(UartRegisters),
            current: Index::FIRST,
            owners: 0,
            hears: false,
            #[cfg(feature = "vary")]
            variation: Variation::NONE,
        }
    }

    #[inline(always)]
    fn placement(&self, partition: Index) -> &Placement {
        &self.placements[partition.place()]
    }

    /// The context of a partition.
    #[inline(always)]
    pub(crate) fn context(&mut self, partition: Index) -> &mut Context {
        // SAFETY: only the board borrows contexts, it is itself borrowed once, and the reference does not outlive
        // that borrow. Assembly writes contexts only on entry and reads them on the way out, when nothing is borrowed.
        unsafe { &mut (*CONTEXTS.address())[partition.place()] }
    }

    #[inline(always)]
    fn read_context(&self, partition: Index) -> &Context {
        // SAFETY: as for `context`.
        unsafe { &(*CONTEXTS.address())[partition.place()] }
    }

    /// Gives the processor memory and registers of a partition.
    #[inline(always)]
    pub(crate) fn load(&mut self, partition: Index) {
        self.current = partition;
        self.hear(partition.number());
        let context = self.read_context(partition);
        descriptors::set_tls_base(context.tls_base);
        descriptors::set_entry_stack(context.entry_stack());
        // SAFETY: every partition's tables map the kernel as the current ones do; the TLS descriptor is set.
        unsafe {
            arch::set_page_tables(context.page_tables);
            context.restore();
        }
    }

    /// Says which partitions own an interrupt, one bit each.
    pub(crate) fn hear_owners(&mut self, owners: u32) {
        self.owners = owners;
        self.hear(self.current.number());
    }

    /// Lets the interrupts of devices in, or keeps them out, as a partition owns some or none.
    #[inline(always)]
    fn hear(&mut self, partition: u32) {
        let hears = self.owners >> (partition % 32) & 1 != 0;
        if hears != self.hears {
            self.hears = hears;
            devices::hear(hears);
        }
    }

    /// The page that a partition can only read, to be filled.
    ///
    /// # Safety
    /// No partition has run yet, and no reference to the page is in use.
    pub(crate) unsafe fn new_information_page(&mut self, partition: Index) -> &mut InformationPage {
        let address = DIRECT_MAP + Room::of(self.placement(partition)).information_page() as usize;
        // SAFETY: the page is RAM of this partition's room, in which there are numbers only; the caller's promise.
        unsafe { &mut *(address as *mut InformationPage) }
    }

    /// Where a message's place is in the kernel's addresses.
    #[inline(always)]
    fn buffer(&self, place: Place) -> *mut u8 {
        (DIRECT_MAP + self.buffers + place.offset()) as *mut u8
    }

    /// Where a checked range of guest memory is in the kernel's addresses.
    #[inline(always)]
    fn direct(&self, partition: Index, offset: usize) -> *mut u8 {
        (DIRECT_MAP + self.placement(partition).memory + offset) as *mut u8
    }
}

impl Time for Board {
    #[inline(always)]
    fn now(&mut self) -> u64 {
        self.stamp = arch::time_stamp();
        self.rates.to_nanoseconds.scale(self.stamp.wrapping_sub(self.origin))
    }

    #[inline(always)]
    fn count(&mut self) -> u64 {
        arch::time_stamp()
    }

    fn time_of(&self, counts: u64) -> u64 {
        self.rates.to_nanoseconds.scale(counts.wrapping_sub(self.origin))
    }

    fn counts_in(&self, nanoseconds: u64) -> u64 {
        self.rates.to_time_stamps.scale(nanoseconds)
    }

    #[inline(always)]
    fn set_alarm(&mut self, deadline: u64, now: u64) {
        if self.tsc_deadline {
            let stamps = self.rates.to_time_stamps.counts_until(deadline, now);
            interrupt_timer::interrupt_at(self.stamp.wrapping_add(stamps));
        } else {
            interrupt_timer::interrupt_after(self.rates.to_counts.counts_until(deadline, now));
        }
    }

    fn wait(&mut self) {
        arch::wait();
    }

    fn let_interrupts_in(&mut self) {
        arch::let_interrupts_in();
    }
}

impl GuestMemory for Board {
    const STEP: usize = 4096;
    const CHECK_STEP: usize = 512;

    #[inline(always)]
    fn shared_page(&self, partition: Index) -> &SharedPage {
        let address = DIRECT_MAP + Room::of(self.placement(partition)).shared_page() as usize;
        // SAFETY: the page belongs to this partition's room, which the configuration's check has found to be RAM
        // of nobody else; it is mapped for as long as the kernel runs. All fields are atomic, so that the guest,
        // which writes the page when it runs, cannot make the reference unsound.
        unsafe { &*(address as *const SharedPage) }
    }

    #[inline(always)]
    fn information_page(&self, partition: Index) -> &InformationPage {
        let address = DIRECT_MAP + Room::of(self.placement(partition)).information_page() as usize;
        // SAFETY: as for `shared_page`; the fields that change are atomic, the others are written before the
        // first reference is made.
        unsafe { &*(address as *const InformationPage) }
    }

    fn read_guest(&mut self, partition: Index, from: Checked, to: &mut [u8]) {
        let length = to.len().min(from.length());
        // SAFETY: a checked range lies in the partition's memory, which the direct map has; the guest does not run
        // meanwhile, and of what a device of its writes there some bytes are read. Kernel memory never overlaps it.
        unsafe {
            core::ptr::copy_nonoverlapping(self.direct(partition, from.offset()), to.as_mut_ptr(), length);
        }
    }

    fn write_guest(&mut self, partition: Index, to: Checked, from: &[u8]) {
        let length = from.len().min(to.length());
        // SAFETY: as for `read_guest`, and the direct map is writable there.
        unsafe { core::ptr::copy_nonoverlapping(from.as_ptr(), self.direct(partition, to.offset()), length) };
    }

    #[inline(always)]
    fn copy_in(&mut self, from: Checked, to: Place) -> usize {
        let length = from.length().min(MESSAGE_STEP);
        // SAFETY: a checked range lies in the partition's memory, as much as it has behind a place in a channel's
        // buffer; the direct map has both, and the configuration's check has found them apart.
        unsafe { arch::copy(self.direct(self.current, from.offset()), self.buffer(to), length) };
        length
    }

    #[inline(always)]
    fn copy_out(&mut self, to: Checked, from: Place) -> usize {
        let length = to.length().min(MESSAGE_STEP);
        // SAFETY: as for `copy_in`, and the direct map is writable there.
        unsafe { arch::copy(self.buffer(from), self.direct(self.current, to.offset()), length) };
        length
    }

    fn sum_image(&mut self, partition: Index, offset: usize, length: usize, sums: (u32, u32)) -> (u32, u32) {
        let placement = self.placement(partition);
        let offset = offset.min(placement.image_size);
        let length = length.min(placement.image_size - offset);
        // SAFETY: offset and length are inside the image, which the configuration's check has found to be in the range
        // of images, mapped by the direct map, and to begin at a page; what is behind it up to a multiple of 4 is in
        // the same page. Nobody writes there.
        let words = unsafe {
            core::slice::from_raw_parts(
                (DIRECT_MAP + placement.image + offset) as *const u32,
                length.div_ceil(4),
            )
        };
        checksum(sums, words)
    }

    fn load_image(&mut self, partition: Index, offset: usize, length: usize) {
        let placement = self.placement(partition);
        let image = placement.image;
        let end = placement.image_size.min(placement.memory_size);
        let offset = offset.min(end);
        let length = length.min(end - offset);
        // SAFETY: offset and length are inside image and memory, both of which the configuration's check has found
        // to be mapped by the direct map and apart.
        unsafe {
            let from = (DIRECT_MAP + image + offset) as *const u8;
            core::ptr::copy_nonoverlapping(from, self.direct(partition, offset), length);
        }
    }

    fn clear_memory(&mut self, partition: Index, offset: usize, length: usize) {
        let end = self.placement(partition).memory_size;
        let offset = offset.min(end);
        let length = length.min(end - offset);
        // SAFETY: offset and length are inside the partition's memory.
        unsafe { core::ptr::write_bytes(self.direct(partition, offset), 0, length) };
    }

    fn clear_region(&mut self, region: &Mapping) {
        // SAFETY: the region is RAM that the configuration's check has found to be nobody's memory, and mapped.
        unsafe { core::ptr::write_bytes((DIRECT_MAP + region.memory) as *mut u8, 0, region.size) };
    }

    fn clear_shared_page(&mut self, partition: Index) {
        let shared_page =
            (DIRECT_MAP + Room::of(self.placement(partition)).shared_page() as usize) as *mut u8;
        // SAFETY: the whole page, no reference to which is in use.
        unsafe { core::ptr::write_bytes(shared_page, 0, PAGE_SIZE) };
    }
}

impl GuestRegisters for Board {
    #[inline(always)]
    fn current(&self) -> Index {
        self.current
    }

    fn reset(&mut self, partition: Index, entry: usize) {
        self.context(partition).reset(entry as u64, START_INFORMATION);
        if self.current == partition {
            descriptors::set_tls_base(0);
            // SAFETY: the TLS descriptor has just been made this partition's.
            unsafe { self.context(partition).restore() };
        }
    }

    #[inline(always)]
    fn switch_to(&mut self, partition: Index) {
        self.keep();
        self.load(partition);
    }

    #[inline(always)]
    fn keep(&mut self) {
        self.context(self.current).save();
    }

    #[inline(always)]
    fn program_counter(&self, partition: Index) -> usize {
        self.read_context(partition).registers.rip as usize
    }

    #[inline(always)]
    fn flags(&self, partition: Index) -> u64 {
        self.read_context(partition).registers.rflags
    }

    fn stack_pointer(&self, partition: Index) -> usize {
        self.read_context(partition).registers.rsp as usize
    }

    #[inline(always)]
    fn redirect(&mut self, partition: Index, entry: usize) {
        let registers = &mut self.context(partition).registers;
        registers.rip = entry as u64 & 0xffff_ffff;
        registers.cs = i386::CODE_SELECTOR.into();
        registers.ss = i386::DATA_SELECTOR.into();
        registers.rflags = crate::context::ENTRY_FLAGS;
    }

    #[inline(always)]
    fn set_result(&mut self, partition: Index, result: i32) {
        self.context(partition).registers.rax = u64::from(result as u32);
    }

    #[inline(always)]
    fn set_tls_base(&mut self, partition: Index, base: usize) {
        let base = base as u32;
        self.context(partition).tls_base = base;
        descriptors::set_tls_base(base);
        // SAFETY: the TLS segment is always there and a guest's to load.
        unsafe { arch::load_gs(i386::TLS_SELECTOR) };
    }
}

impl Devices for Board {
    // An edge that comes while its pin is masked is lost (82093AA, 3.2.4).
    const LATCHES: bool = false;

    // Where nothing answers, a PC reads ones.
    fn read_register(&mut self, place: RegisterPlace, width: Width) -> Option<u32> {
        Some(devices::read_register(place, width))
    }

    fn write_register(&mut self, place: RegisterPlace, width: Width, value: u32) -> bool {
        devices::write_register(place, width, value);
        true
    }

    fn unmask_interrupt(&mut self, number: usize, interrupt: &Interrupt) {
        devices::route(number, interrupt, false, &self.iommu);
    }

    fn mask_interrupt(&mut self, number: usize, interrupt: &Interrupt) {
        devices::route(number, interrupt, true, &self.iommu);
    }

    fn hear_no_more(&mut self, _partition: Index) {
        // Each pin has a register of its own.
    }

    fn end_interrupt(&mut self) {
        interrupt_timer::end_of_interrupt();
    }

    fn forget_interrupt(&mut self, _interrupt: &Interrupt) {
        // A pin that is masked keeps nothing but what lasts.
    }

    fn quieten_function(&mut self, function: u16) {
        pci::quieten(function);
    }

    fn hear_too(&mut self, partition: Index) {
        if self.owners >> (partition.number() % 32) & 1 != 0 && !self.hears {
            self.hears = true;
            devices::hear(true);
        }
    }

    #[inline(always)]
    fn has_iommu(&self) -> bool {
        self.iommu.is_in_use()
    }

    fn take_fault(&mut self) -> Option<Fault> {
        self.iommu.take_fault()
    }

    #[inline(always)]
    fn take_interrupts(&mut self) -> u32 {
        devices::take()
    }
}

#[cfg(not(feature = "vary"))]
impl bulkhead_kernel_core::machine::Vary for Board {}

impl Machine for Board {
    type Uart = Ns16550<UartRegisters>;

    fn uart(&mut self) -> &mut Ns16550<UartRegisters> {
        &mut self.uart
    }

    fn end(&mut self, ending: Ending) -> ! {
        end(ending)
    }
}
