//! The machine under the portable kernel: a LEON3 system.

use bulkhead_abi::machine::sparc;
use bulkhead_abi::system_table::{PARTITIONS_MAX, checksum};
use bulkhead_abi::{InformationPage, PAGE_SIZE, SharedPage};
use bulkhead_kernel_core::channel::Place;
use bulkhead_kernel_core::clock::is_before;
use bulkhead_kernel_core::configuration::Placement;
use bulkhead_kernel_core::device::{Interrupt, RegisterPlace, Width};
use bulkhead_kernel_core::machine::{self, Ending, GuestMemory, GuestRegisters, Machine, Time};
use bulkhead_kernel_core::memory::Checked;
use bulkhead_kernel_core::partition::Index;
use bulkhead_kernel_core::region::Mapping;
use bulkhead_kernel_core::remapping::Fault;
use bulkhead_kernel_core::serial::Apbuart;
#[cfg(feature = "vary")]
use bulkhead_kernel_core::variation::Variation;
use core::sync::atomic::Ordering;

use crate::arch::{self, mmu};
use crate::context::{CONTEXTS, Context};
use crate::devices::Devices;
use crate::interrupts::Controller;
use crate::paging::Room;
use crate::serial::UartRegisters;
use crate::timer::Timer;

/// Bytes of a message that are copied between two looks at the clock: two words at a time, or where the partition's
/// address is none of two words.
const MESSAGE_STEP: usize = 4096;
const MISALIGNED_STEP: usize = 512;

/// Guest address of the start information, inside the information page.
const START_INFORMATION: u32 = sparc::INFORMATION_PAGE + core::mem::offset_of!(InformationPage, start) as u32;

/// Copies between the current partition's memory, where that sees it, and a message's place, as much as one step may:
/// `inwards` to the place. How many bytes that was.
#[inline(always)]
fn copy(buffers: usize, range: Checked, place: Place, inwards: bool) -> usize {
    let guest = (sparc::MEMORY_BASE as usize + range.offset()) as *mut u8;
    let step = if guest.addr().is_multiple_of(8) { MESSAGE_STEP } else { MISALIGNED_STEP };
    let length = range.length().min(step);
    let buffer = (buffers + place.offset()) as *mut u8;
    let (from, to) = if inwards { (guest, buffer) } else { (buffer, guest) };
    // SAFETY: a checked range lies in the partition's memory, as much as it has behind a place in a channel's buffer;
    // both are mapped and writable, and the configuration's check has found them apart.
    unsafe { arch::copy(from, to, length) };
    length
}

/// Ends the system, with nothing else said: there is no device that gives QEMU an exit status, so the last record of
/// the log says it. A debugger stops here when the run is repeated.
#[unsafe(export_name = "kernel_ends_system")]
#[cold]
#[inline(never)]
fn end() -> ! {
    arch::stop()
}

/// The machine's state. What is used most comes first, where an instruction's offset reaches it.
#[repr(C)]
pub(crate) struct Board {
    /// The clock.
    pub(crate) timer: Timer,
    /// The partition whose memory and registers the processor has.
    current: Index,
    /// The interrupt controller.
    pub(crate) interrupts: Controller,
    /// The devices.
    pub(crate) devices: Devices,
    /// Where the channels' buffers lie.
    pub(crate) buffers: usize,
    /// The serial line.
    pub(crate) uart: Apbuart<UartRegisters>,
    /// Where each partition lies in physical memory.
    pub(crate) placements: [Placement; PARTITIONS_MAX],
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
            devices: Devices::NONE,
            interrupts: Controller::NONE,
            buffers: 0,
            uart: Apbuart::new(UartRegisters(0)),
            timer: Timer::NONE,
            current: Index::FIRST,
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
        // that borrow. Assembly writes contexts only while a guest runs.
        unsafe { &mut (*CONTEXTS.address())[partition.place()] }
    }

    #[inline(always)]
    fn read_context(&self, partition: Index) -> &Context {
        // SAFETY: as for `context`.
        unsafe { &(*CONTEXTS.address())[partition.place()] }
    }

    /// Where a partition's memory is in the kernel's addresses, all of it writable.
    fn direct(&self, partition: Index, offset: usize) -> *mut u8 {
        (self.placement(partition).memory + offset) as *mut u8
    }

    /// The same, but where the partition sees it if the processor has its memory: see `shared_page_address`.
    fn as_guest(&self, partition: Index, offset: usize) -> *mut u8 {
        if self.current == partition {
            return (sparc::MEMORY_BASE as usize + offset) as *mut u8;
        }
        self.direct(partition, offset)
    }

    /// Where a partition's pages are in the kernel's addresses: of the one whose memory the processor has, where that
    /// sees them, so that a cache that goes by such addresses has each word once.
    #[inline(always)]
    fn shared_page_address(&self, partition: Index) -> usize {
        if self.current == partition {
            return sparc::SHARED_PAGE as usize;
        }
        Room::of(self.placement(partition)).shared_page() as usize
    }

    #[inline(always)]
    fn information_page_address(&self, partition: Index) -> usize {
        if self.current == partition {
            return sparc::INFORMATION_PAGE as usize;
        }
        Room::of(self.placement(partition)).information_page() as usize
    }

    /// Lets the interrupts in that a partition has let in, and no others.
    #[inline(always)]
    fn hear(&mut self, partition: Index) {
        let interrupts = self.read_context(partition).interrupts;
        if interrupts != self.interrupts.heard {
            self.interrupts.hear(interrupts);
        }
    }

    /// The page that a partition can only read, to be filled.
    ///
    /// # Safety
    /// No partition has run yet, and no reference to the page is in use.
    pub(crate) unsafe fn new_information_page(&mut self, partition: Index) -> &mut InformationPage {
        // SAFETY: the page is RAM of this partition's room, in which there are numbers only; the caller's promise.
        unsafe { &mut *(self.information_page_address(partition) as *mut InformationPage) }
    }

    /// The first words of the part of the shared page that is the partition's own.
    pub(crate) fn scratch(&self, partition: Index) -> [u32; 4] {
        let address = self.shared_page_address(partition) + (sparc::SCRATCH - sparc::SHARED_PAGE) as usize;
        // SAFETY: inside the partition's shared page, which is mapped; the guest does not run meanwhile.
        unsafe { core::ptr::read_volatile(address as *const [u32; 4]) }
    }

    /// The word of a partition's memory at an offset that has been checked.
    pub(crate) fn guest_word(&mut self, partition: Index, from: Checked) -> u32 {
        let mut bytes = [0; 4];
        self.read_guest(partition, from, &mut bytes);
        u32::from_be_bytes(bytes)
    }
}

impl Time for Board {
    #[inline(always)]
    fn now(&mut self) -> u64 {
        self.timer.now()
    }

    #[inline(always)]
    fn count(&mut self) -> u64 {
        self.timer.count()
    }

    fn time_of(&self, counts: u64) -> u64 {
        self.timer.to_nanoseconds.scale(counts)
    }

    fn counts_in(&self, nanoseconds: u64) -> u64 {
        self.timer.to_counts.scale(nanoseconds)
    }

    #[inline(always)]
    fn set_alarm(&mut self, deadline: u64, now: u64) {
        self.timer.interrupt_in(if is_before(now, deadline) { deadline.wrapping_sub(now) } else { 0 });
    }

    fn wait(&mut self) {
        arch::wait();
    }

    fn let_interrupts_in(&mut self) {
        arch::let_interrupts_in();
    }
}

impl GuestMemory for Board {
    const STEP: usize = 512;
    const CHECK_STEP: usize = 512;

    #[inline(always)]
    fn shared_page(&self, partition: Index) -> &SharedPage {
        let address = self.shared_page_address(partition);
        // SAFETY: the page belongs to this partition's room, which the configuration's check has found to be RAM
        // of nobody else; it is mapped for as long as the kernel runs. All fields are atomic, so that the guest,
        // which writes the page when it runs, cannot make the reference unsound.
        unsafe { &*(address as *const SharedPage) }
    }

    #[inline(always)]
    fn information_page(&self, partition: Index) -> &InformationPage {
        let address = self.information_page_address(partition);
        // SAFETY: as for `shared_page`; the fields that change are atomic, the others are written before the
        // first reference is made.
        unsafe { &*(address as *const InformationPage) }
    }

    fn read_guest(&mut self, partition: Index, from: Checked, to: &mut [u8]) {
        let length = to.len().min(from.length());
        // SAFETY: a checked range lies in the partition's memory, which the kernel has mapped; the guest does not run
        // meanwhile. Kernel memory never overlaps it.
        unsafe {
            core::ptr::copy_nonoverlapping(self.as_guest(partition, from.offset()), to.as_mut_ptr(), length);
        }
    }

    fn write_guest(&mut self, partition: Index, to: Checked, from: &[u8]) {
        let length = from.len().min(to.length());
        // SAFETY: as for `read_guest`, and both mappings are writable there.
        unsafe {
            core::ptr::copy_nonoverlapping(from.as_ptr(), self.as_guest(partition, to.offset()), length)
        };
    }

    #[inline(always)]
    fn copy_in(&mut self, from: Checked, to: Place) -> usize {
        copy(self.buffers, from, to, true)
    }

    #[inline(always)]
    fn copy_out(&mut self, to: Checked, from: Place) -> usize {
        copy(self.buffers, to, from, false)
    }

    fn sum_image(&mut self, partition: Index, offset: usize, length: usize, sums: (u32, u32)) -> (u32, u32) {
        let placement = self.placement(partition);
        let offset = offset.min(placement.image_size);
        let length = length.min(placement.image_size - offset);
        // SAFETY: offset and length are inside the image, which the configuration's check has found to be in the range
        // of images, mapped, and to begin at a page; what is behind it up to a multiple of 4 is in the same page.
        // Nobody writes there.
        let words = unsafe {
            core::slice::from_raw_parts((placement.image + offset) as *const u32, length.div_ceil(4))
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
        // to be RAM of their own; both are mapped.
        unsafe {
            let from = (image + offset) as *const u8;
            core::ptr::copy_nonoverlapping(from, self.direct(partition, offset), length);
        }
    }

    fn clear_memory(&mut self, partition: Index, offset: usize, length: usize) {
        let end = self.placement(partition).memory_size;
        let offset = offset.min(end);
        let length = length.min(end - offset);
        // SAFETY: offset and length are inside the partition's memory.
        unsafe { arch::clear(self.direct(partition, offset), length) };
    }

    fn clear_region(&mut self, region: &Mapping) {
        // SAFETY: the region is RAM that the configuration's check has found to be nobody's memory, and mapped.
        unsafe { arch::clear(region.memory as *mut u8, region.size) };
    }

    fn clear_shared_page(&mut self, partition: Index) {
        let shared_page = self.shared_page_address(partition);
        // SAFETY: the whole page, no reference to which is in use.
        unsafe { arch::clear(shared_page as *mut u8, PAGE_SIZE) };
    }
}

impl GuestRegisters for Board {
    #[inline(always)]
    fn current(&self) -> Index {
        self.current
    }

    fn switch_to(&mut self, partition: Index) {
        self.keep();
        self.current = partition;
        let context = self.context(partition);
        arch::load_floating_point(&context.floating_point);
        // SAFETY: every partition's tables map the kernel alike. Assembly reads the pointer when a guest runs.
        unsafe {
            arch::current_context = context;
            arch::mmu_write(mmu::CONTEXT, partition.number());
        }
        self.hear(partition);
    }

    #[inline(always)]
    fn keep(&mut self) {
        let current = self.current;
        let context = self.context(current);
        arch::evict_windows(context);
        arch::save_floating_point(&mut context.floating_point);
    }

    fn reset(&mut self, partition: Index, entry: usize) {
        let placement = self.placement(partition);
        let writable = placement.read_only_end as u32;
        let end = sparc::MEMORY_BASE + placement.memory_size as u32;
        let is_current = self.current == partition;
        let context = self.context(partition);
        if is_current {
            arch::evict_windows(context);
            // An exception of before comes here at the latest, and is forgotten with the rest.
            arch::save_floating_point(&mut context.floating_point);
        }
        // The caches go by the partition's addresses, and its memory has been written at others.
        arch::flush_caches();
        context.reset(entry as u32, START_INFORMATION, writable, end);
        if is_current {
            arch::load_floating_point(&context.floating_point);
        }
    }

    #[inline(always)]
    fn program_counter(&self, partition: Index) -> usize {
        self.read_context(partition).program_counter as usize
    }

    #[inline(always)]
    fn flags(&self, partition: Index) -> u64 {
        let context = self.read_context(partition);
        let enabled = self.shared_page(partition).interrupts_enabled.load(Ordering::Relaxed);
        u64::from(context.next_program_counter) << 32 | u64::from(context.guest_psr(enabled))
    }

    fn stack_pointer(&self, partition: Index) -> usize {
        self.read_context(partition).outs[6] as usize
    }

    #[inline(always)]
    fn redirect(&mut self, partition: Index, entry: usize) {
        let entry = entry as u32;
        self.context(partition).go_to(entry, entry.wrapping_add(4));
    }

    #[inline(always)]
    fn lets_in(&self, enabled: u32) -> u32 {
        sparc::lines_above(sparc::level_of(enabled))
    }

    #[inline(always)]
    fn set_result(&mut self, partition: Index, result: i32) {
        self.context(partition).outs[0] = result as u32;
    }

    fn set_tls_base(&mut self, _partition: Index, _base: usize) {
        // A plain register holds it (g7), which the guest sets by itself.
    }
}

impl machine::Devices for Board {
    const LATCHES: bool = true;

    fn read_register(&mut self, place: RegisterPlace, width: Width) -> Option<u32> {
        match place {
            // SAFETY: the configuration's check has found the register to be a device's, at a multiple of its width;
            // the tables map it.
            RegisterPlace::Memory(address) => unsafe { arch::device_read(address as u32, width) },
            RegisterPlace::Port(_) | RegisterPlace::Function(..) => None,
        }
    }

    fn write_register(&mut self, place: RegisterPlace, width: Width, value: u32) -> bool {
        match place {
            // SAFETY: as for `read_register`; what a device may do to memory, the system file has been asked about.
            RegisterPlace::Memory(address) => unsafe { arch::device_write(address as u32, width, value) },
            RegisterPlace::Port(_) | RegisterPlace::Function(..) => false,
        }
    }

    fn unmask_interrupt(&mut self, _number: usize, interrupt: &Interrupt) {
        // Only the one that runs lets its interrupts in.
        let bit = Controller::bit(interrupt);
        self.context(interrupt.partition).interrupts |= bit;
        self.interrupts.hear(self.interrupts.heard | bit);
    }

    fn mask_interrupt(&mut self, _number: usize, interrupt: &Interrupt) {
        let bit = Controller::bit(interrupt);
        self.context(interrupt.partition).interrupts &= !bit;
        self.interrupts.hear(self.interrupts.heard & !bit);
    }

    fn hear_no_more(&mut self, partition: Index) {
        let interrupts = core::mem::take(&mut self.context(partition).interrupts);
        self.interrupts.hear(self.interrupts.heard & !interrupts);
    }

    fn end_interrupt(&mut self) {
        // The controller has been told by the processor.
    }

    fn forget_interrupt(&mut self, interrupt: &Interrupt) {
        self.interrupts.forget(interrupt);
    }

    fn hear_too(&mut self, partition: Index) {
        let interrupts = self.read_context(partition).interrupts;
        self.interrupts.hear(self.interrupts.heard | interrupts);
    }

    fn quieten_function(&mut self, _function: u16) {
        // There is no PCI bus.
    }

    #[inline(always)]
    fn has_iommu(&self) -> bool {
        false
    }

    fn take_fault(&mut self) -> Option<Fault> {
        None
    }

    #[inline(always)]
    fn take_interrupts(&mut self) -> u32 {
        self.interrupts.take()
    }
}

#[cfg(not(feature = "vary"))]
impl bulkhead_kernel_core::machine::Vary for Board {}

impl Machine for Board {
    type Uart = Apbuart<UartRegisters>;

    fn uart(&mut self) -> &mut Apbuart<UartRegisters> {
        &mut self.uart
    }

    fn end(&mut self, _ending: Ending) -> ! {
        end()
    }
}
