//! The two pages through which a kernel and a partition share state, and what else lies in guest memory.

use core::mem::{offset_of, size_of};
use core::sync::atomic::{AtomicU32, Ordering};

use crate::{COMMAND_LINE_SIZE, NAME_SIZE, PAGE_SIZE};

/// A 64-bit quantity as a guest sees it: two words, the low one first on every processor.
///
/// It is not written or read in one access; each field that uses it says what makes it consistent.
#[repr(C)]
#[derive(Debug, Default)]
pub struct Word64 {
    /// Bits 0 to 31.
    pub low: AtomicU32,
    /// Bits 32 to 63.
    pub high: AtomicU32,
}

impl Word64 {
    /// A word with a value.
    #[must_use]
    pub const fn new(value: u64) -> Self {
        Self { low: AtomicU32::new(value as u32), high: AtomicU32::new((value >> 32) as u32) }
    }

    /// Stores both halves, low first.
    #[inline(always)]
    pub fn store(&self, value: u64) {
        self.low.store(value as u32, Ordering::Relaxed);
        self.high.store((value >> 32) as u32, Ordering::Relaxed);
    }

    /// Loads both halves, low first.
    #[inline(always)]
    #[must_use]
    pub fn load(&self) -> u64 {
        u64::from(self.low.load(Ordering::Relaxed)) | u64::from(self.high.load(Ordering::Relaxed)) << 32
    }
}

/// Where an interrupt upcall came from. The kernel writes it just before it continues the guest at its interrupt
/// entry; the guest must have taken it before it sets `interrupts_enabled` again.
#[repr(C)]
#[derive(Debug, Default)]
pub struct UpcallRecord {
    /// Program counter of the interrupted instruction.
    pub program_counter: Word64,
    /// Processor flags at that moment (i386: EFLAGS; SPARC: PSR as the guest sees it).
    pub flags: Word64,
}

/// A fault that the guest has caused. The kernel writes it just before it continues the guest at its fault entry.
#[repr(C)]
#[derive(Debug, Default)]
pub struct FaultRecord {
    /// Set to 1 by the kernel on delivery; the guest clears it when it has taken the record. A fault that comes
    /// while it is not 0 goes to the health monitor instead.
    pub busy: AtomicU32,
    /// A [`crate::FaultKind`].
    pub kind: AtomicU32,
    /// The processor's number for it (x86: vector 0 to 31; SPARC: trap type).
    pub vector: AtomicU32,
    /// The processor's error code, 0 where there is none.
    pub error: AtomicU32,
    /// Whether virtual interrupts were enabled; delivery disables them.
    pub interrupts_enabled: AtomicU32,
    /// Zero.
    pub reserved: AtomicU32,
    /// The address that a memory fault touched, otherwise 0.
    pub address: Word64,
    /// Program counter of the faulting instruction.
    pub program_counter: Word64,
    /// Processor flags at that moment.
    pub flags: Word64,
    /// Stack pointer at that moment; delivery does not change the register.
    pub stack_pointer: Word64,
}

/// The page that kernel and guest both write.
///
/// The kernel trusts nothing in it: a guest that fills it with garbage disturbs only itself. All fields are zero
/// when a partition starts.
#[repr(C)]
#[derive(Debug, Default)]
pub struct SharedPage {
    /// Not 0: upcalls may come. The guest writes it; the kernel clears it when it delivers an upcall or a fault.
    pub interrupts_enabled: AtomicU32,
    /// One bit per [`crate::Line`] that waits. The kernel sets bits, the guest clears them, each with one
    /// instruction that cannot be interrupted.
    pub pending: AtomicU32,
    /// One bit per line that may be delivered: 1 lets it through. The guest writes it.
    pub mask: AtomicU32,
    /// Zero.
    pub reserved: AtomicU32,
    /// Where the last interrupt upcall came from.
    pub upcall: UpcallRecord,
    /// The last fault.
    pub fault: FaultRecord,
    /// One bit for each of the partition's ports, port 0 the lowest of the first word: a message has come, or there is
    /// room in the queue again. The kernel sets bits and makes [`crate::Line::Port`] pending, the guest clears them.
    pub ports: [AtomicU32; 2],
    /// One bit for each [`crate::HealthError`] of which the kernel tells this partition. The kernel sets bits and makes
    /// [`crate::Line::Health`] pending, the guest clears them.
    pub errors: AtomicU32,
    /// Zero.
    pub reserved_behind: AtomicU32,
}

impl SharedPage {
    /// A page as a partition finds it when it starts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The lines that are both pending and let through.
    #[inline(always)]
    #[must_use]
    pub fn deliverable(&self) -> u32 {
        self.pending.load(Ordering::Relaxed) & self.mask.load(Ordering::Relaxed)
    }

    /// Makes a line pending, for the kernel: the guest does not run meanwhile, so that a load and a store will do.
    #[inline(always)]
    pub fn raise(&self, line: crate::Line) {
        self.raise_all(line.bit());
    }

    /// Makes lines pending, one bit each, as [`SharedPage::raise`].
    #[inline(always)]
    pub fn raise_all(&self, lines: u32) {
        self.pending.store(self.pending.load(Ordering::Relaxed) | lines, Ordering::Relaxed);
    }

    /// Whether the guest wants to be told of a line.
    #[inline(always)]
    #[must_use]
    pub fn lets_through(&self, line: crate::Line) -> bool {
        self.mask.load(Ordering::Relaxed) & line.bit() != 0
    }

    /// Tells of an error on [`crate::Line::Health`], as [`SharedPage::raise`]. The answer is false, and nothing is
    /// changed, if the guest has not taken the last such error yet.
    pub fn tell(&self, error: crate::HealthError) -> bool {
        let (errors, bit) = (self.errors.load(Ordering::Relaxed), 1 << error as u32);
        if errors & bit != 0 {
            return false;
        }
        self.errors.store(errors | bit, Ordering::Relaxed);
        self.raise(crate::Line::Health);
        true
    }

    /// Whether an interrupt upcall is due.
    #[inline(always)]
    #[must_use]
    pub fn upcall_due(&self) -> bool {
        self.interrupts_enabled.load(Ordering::Relaxed) != 0 && self.deliverable() != 0
    }
}

/// How the processor's cycle counter becomes nanoseconds: `((counter - origin) * multiplier) >> shift`, with a
/// 96-bit product.
///
/// The parameters never change while the system runs, so reading them takes no precaution.
#[repr(C)]
#[derive(Debug, Default)]
pub struct ClockParameters {
    /// Counter value at clock zero, which is when the first major frame began.
    pub origin: Word64,
    /// Factor, at least 2^31.
    pub multiplier: AtomicU32,
    /// Right shift, 0 to 63.
    pub shift: AtomicU32,
    /// Counter frequency in Hz, for information.
    pub frequency: Word64,
}

/// Why a partition is being started, as ARINC 653's `START_CONDITION` (part 1, `GET_PARTITION_STATUS`).
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartReason {
    /// The system has started (`NORMAL_START`).
    SystemStart = 0,
    /// The partition, or one with that right, or a change of the schedule asked for a cold start (`PARTITION_RESTART`).
    ColdRestart = 1,
    /// The same for a warm start (`PARTITION_RESTART`).
    WarmRestart = 2,
    /// The health monitor started it again, cold (`HM_PARTITION_RESTART`).
    HealthMonitor = 3,
    /// The health monitor started it again, warm (`HM_PARTITION_RESTART`).
    HealthMonitorWarm = 4,
    /// The health monitor started everything again (`HM_MODULE_RESTART`).
    ModuleRestart = 5,
}

impl StartReason {
    /// The word of each: the number is the place.
    pub const WORDS: &[&str] =
        &["system-start", "cold", "warm", "health-monitor", "health-monitor-warm", "module-restart"];

    /// The reason with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::SystemStart,
            1 => Self::ColdRestart,
            2 => Self::WarmRestart,
            3 => Self::HealthMonitor,
            4 => Self::HealthMonitorWarm,
            5 => Self::ModuleRestart,
            _ => return None,
        })
    }

    /// Whether memory outside the image is as it was.
    #[inline(always)]
    #[must_use]
    pub const fn is_warm(self) -> bool {
        matches!(self, Self::WarmRestart | Self::HealthMonitorWarm)
    }

    /// The mode in which such a start begins.
    #[inline(always)]
    #[must_use]
    pub const fn mode(self) -> crate::Mode {
        if self.is_warm() { crate::Mode::WarmStart } else { crate::Mode::ColdStart }
    }
}

/// What the guest's clock driver does with ticks whose time passed while the partition was switched out.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TickPolicy {
    /// Every missed tick is announced, one after the other (`tick = "catch-up"`).
    CatchUp = 0,
    /// Only one tick is announced for all that were missed (`tick = "skip"`).
    Skip = 1,
}

/// What a partition is told about itself, at an address that the entry point gets in a register. It lies in the
/// information page and never changes between starts.
#[repr(C)]
#[derive(Debug)]
pub struct StartInformation {
    /// [`crate::START_MAGIC`].
    pub magic: AtomicU32,
    /// [`crate::INTERFACE_VERSION`] of the kernel.
    pub version: AtomicU32,
    /// The partition's number, from 0, in the order of the system file.
    pub partition: AtomicU32,
    /// A [`StartReason`].
    pub reason: AtomicU32,
    /// How often the partition has been started before.
    pub restarts: AtomicU32,
    /// A [`TickPolicy`].
    pub tick_policy: AtomicU32,
    /// First address of the partition's memory.
    pub memory_base: Word64,
    /// Size of the partition's memory in bytes.
    pub memory_size: Word64,
    /// Address of the information page.
    pub information_page: Word64,
    /// Address of the shared page.
    pub shared_page: Word64,
    /// Length of the major frame in nanoseconds.
    pub major_frame: Word64,
    /// The partition's name, ended by a zero.
    pub name: [u8; NAME_SIZE],
    /// The command line, ended by a zero.
    pub command_line: [u8; COMMAND_LINE_SIZE],
    /// What the partition adds to an address of its own to get the one that a device of its must be told, which reads
    /// and writes memory by itself (without carry beyond 32 bits). 0 where the device uses the partition's own
    /// addresses, and of partitions without such a device.
    pub dma_offset: AtomicU32,
    /// Zero.
    pub reserved: AtomicU32,
}

/// The page that the kernel writes and the guest can only read.
#[repr(C)]
#[derive(Debug)]
pub struct InformationPage {
    /// The clock.
    pub clock: ClockParameters,
    /// How many windows of this partition have begun since the system started. The kernel changes it after the
    /// other fields of the window, so that a guest which reads the same number before and after has read them
    /// consistently.
    pub windows: AtomicU32,
    /// Zero.
    pub reserved: AtomicU32,
    /// When the current window was to begin, by the schedule, in nanoseconds of the clock.
    pub window_start: Word64,
    /// When the current window ends, in nanoseconds of the clock.
    pub window_end: Word64,
    /// The start information.
    pub start: StartInformation,
}

impl InformationPage {
    /// The current window: its number, when it was to begin, and when it ends. Reads once more if the kernel has
    /// changed it meanwhile.
    #[must_use]
    pub fn window(&self) -> (u32, u64, u64) {
        loop {
            let number = self.windows.load(Ordering::Acquire);
            let (start, end) = (self.window_start.load(), self.window_end.load());
            if self.windows.load(Ordering::Acquire) == number {
                return (number, start, end);
            }
        }
    }
}

/// The answer of [`crate::Hypercall::Status`], after ARINC 653's `PARTITION_STATUS_TYPE`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartitionStatus {
    /// The partition's number.
    pub identifier: u32,
    /// A [`StartReason`].
    pub start_reason: u32,
    /// How often the partition has been started before.
    pub restarts: u32,
    /// How many windows of this partition have begun.
    pub windows: u32,
    /// The clock in nanoseconds, low half.
    pub now_low: u32,
    /// The clock in nanoseconds, high half.
    pub now_high: u32,
    /// End of the current window in nanoseconds, low half.
    pub window_end_low: u32,
    /// End of the current window in nanoseconds, high half.
    pub window_end_high: u32,
    /// The timer's deadline in nanoseconds, low half; all ones if it is not armed.
    pub deadline_low: u32,
    /// The timer's deadline in nanoseconds, high half; all ones if it is not armed.
    pub deadline_high: u32,
}

impl PartitionStatus {
    /// Bytes in guest memory.
    pub const SIZE: usize = size_of::<Self>();

    /// The status of a partition. `window` is how many of its windows have begun and when the current one ends,
    /// `deadline` the timer's, [`crate::NEVER`] if it is not armed; times in nanoseconds.
    #[must_use]
    pub const fn new(
        identifier: u32,
        start: (StartReason, u32),
        window: (u32, u64),
        now: u64,
        deadline: u64,
    ) -> Self {
        let ((reason, restarts), (windows, window_end)) = (start, window);
        Self {
            identifier,
            start_reason: reason as u32,
            restarts,
            windows,
            now_low: now as u32,
            now_high: (now >> 32) as u32,
            window_end_low: window_end as u32,
            window_end_high: (window_end >> 32) as u32,
            deadline_low: deadline as u32,
            deadline_high: (deadline >> 32) as u32,
        }
    }

    /// The bytes as they are stored in guest memory.
    #[must_use]
    pub fn bytes(&self) -> [u8; Self::SIZE] {
        stored(
            None,
            &[
                self.identifier,
                self.start_reason,
                self.restarts,
                self.windows,
                self.now_low,
                self.now_high,
                self.window_end_low,
                self.window_end_high,
                self.deadline_low,
                self.deadline_high,
            ],
        )
    }
}

/// The bytes of a structure that is words, behind a name or not. Word by word: the kernel does nothing else while it
/// lasts.
#[inline(always)]
pub(crate) fn stored<const SIZE: usize>(name: Option<&[u8; NAME_SIZE]>, words: &[u32]) -> [u8; SIZE] {
    let mut bytes = [0; SIZE];
    if let Some((place, name)) = bytes.first_chunk_mut().zip(name) {
        *place = *name;
    }
    let named = name.map_or(0, |name| name.len());
    for (place, word) in bytes.as_chunks_mut().0.iter_mut().skip(named / 4).zip(words) {
        *place = word.to_ne_bytes();
    }
    bytes
}

// The layout is the contract: it is the same for 32- and 64-bit processors, and changing it is changing the
// interface's version. Guest code in assembly uses these numbers.
const _: () = {
    assert!(size_of::<Word64>() == 8);
    assert!(offset_of!(SharedPage, interrupts_enabled) == 0x00);
    assert!(offset_of!(SharedPage, pending) == 0x04);
    assert!(offset_of!(SharedPage, mask) == 0x08);
    assert!(offset_of!(SharedPage, upcall) == 0x10);
    assert!(offset_of!(UpcallRecord, program_counter) == 0x00);
    assert!(offset_of!(UpcallRecord, flags) == 0x08);
    assert!(offset_of!(SharedPage, fault) == 0x20);
    assert!(offset_of!(FaultRecord, kind) == 0x04);
    assert!(offset_of!(FaultRecord, vector) == 0x08);
    assert!(offset_of!(FaultRecord, error) == 0x0c);
    assert!(offset_of!(FaultRecord, interrupts_enabled) == 0x10);
    assert!(offset_of!(FaultRecord, address) == 0x18);
    assert!(offset_of!(FaultRecord, program_counter) == 0x20);
    assert!(offset_of!(FaultRecord, flags) == 0x28);
    assert!(offset_of!(FaultRecord, stack_pointer) == 0x30);
    assert!(size_of::<FaultRecord>() == 0x38);
    assert!(offset_of!(SharedPage, ports) == 0x58);
    assert!(offset_of!(SharedPage, errors) == 0x60);
    assert!(size_of::<SharedPage>() == 0x68);
    assert!(offset_of!(ClockParameters, multiplier) == 0x08);
    assert!(offset_of!(ClockParameters, shift) == 0x0c);
    assert!(offset_of!(ClockParameters, frequency) == 0x10);
    assert!(offset_of!(InformationPage, clock) == 0x00);
    assert!(offset_of!(InformationPage, windows) == 0x18);
    assert!(offset_of!(InformationPage, window_start) == 0x20);
    assert!(offset_of!(InformationPage, window_end) == 0x28);
    assert!(offset_of!(InformationPage, start) == 0x30);
    assert!(offset_of!(StartInformation, memory_base) == 0x18);
    assert!(offset_of!(StartInformation, memory_size) == 0x20);
    assert!(offset_of!(StartInformation, information_page) == 0x28);
    assert!(offset_of!(StartInformation, shared_page) == 0x30);
    assert!(offset_of!(StartInformation, major_frame) == 0x38);
    assert!(offset_of!(StartInformation, name) == 0x40);
    assert!(offset_of!(StartInformation, command_line) == 0x60);
    assert!(offset_of!(StartInformation, dma_offset) == 0x460);
    assert!(size_of::<StartInformation>() == 0x468);
    assert!(size_of::<InformationPage>() <= PAGE_SIZE);
    assert!(size_of::<SharedPage>() <= PAGE_SIZE);
    assert!(size_of::<PartitionStatus>() == 40);
};
