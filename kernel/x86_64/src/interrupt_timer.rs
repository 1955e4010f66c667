//! The local APIC: the one device that interrupts.
//!
//! Intel SDM volume 3A, chapter 10. The old interrupt controllers are silenced, and every line of the local APIC but
//! its timer is masked, so that nothing outside can take time from a partition.

use bulkhead_kernel_core::clock::{NANOSECONDS_PER_SECOND, Ratio};

use crate::arch::{self, msr};
use crate::descriptors::{SPURIOUS_VECTOR, TIMER_VECTOR};

/// Where the local APIC's registers are in the kernel's addresses (link.ld, paging.rs).
const REGISTERS: u64 = 0xffff_ffff_8000_0000;

const END_OF_INTERRUPT: u64 = 0xb0;
const SPURIOUS: u64 = 0xf0;
const TIMER: u64 = 0x320;
const THERMAL: u64 = 0x330;
const PERFORMANCE: u64 = 0x340;
const LINE_0: u64 = 0x350;
const LINE_1: u64 = 0x360;
const ERROR: u64 = 0x370;
const INITIAL_COUNT: u64 = 0x380;
const CURRENT_COUNT: u64 = 0x390;
const DIVIDE: u64 = 0x3e0;

const MASKED: u32 = 1 << 16;
const TIMER_TO_TIME_STAMP: u32 = 2 << 17;
const SOFTWARE_ENABLE: u32 = 1 << 8;
const DIVIDE_BY_1: u32 = 0b1011;

fn read(register: u64) -> u32 {
    // SAFETY: the local APIC's registers are mapped there, uncached, for as long as the kernel runs.
    unsafe { core::ptr::read_volatile((REGISTERS + register) as *const u32) }
}

fn write(register: u64, value: u32) {
    // SAFETY: as for `read`; the registers written here cannot reach memory.
    unsafe { core::ptr::write_volatile((REGISTERS + register) as *mut u32, value) }
}

/// Physical address of the local APIC's registers.
pub(crate) fn physical_address() -> u64 {
    arch::msr_read(msr::APIC_BASE) & 0x000f_ffff_ffff_f000
}

/// Says that the interrupt has been taken.
#[inline(always)]
pub(crate) fn end_of_interrupt() {
    write(END_OF_INTERRUPT, 0);
}

/// How the time stamp counter and the local APIC's timer relate to nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    /// Time stamps per second.
    pub(crate) frequency: u64,
    /// Nanoseconds per time stamp.
    pub(crate) to_nanoseconds: Ratio,
    /// Time stamps per nanosecond.
    pub(crate) to_time_stamps: Ratio,
    /// Timer counts per nanosecond.
    pub(crate) to_counts: Ratio,
}

impl Rates {
    /// A gigahertz each.
    pub(crate) const ONE: Self = Self {
        frequency: NANOSECONDS_PER_SECOND,
        to_nanoseconds: Ratio::ONE,
        to_time_stamps: Ratio::ONE,
        to_counts: Ratio::ONE,
    };
}

// The interval timer of the PC, an 8254: its channel 2 counts at this rate without interrupting anybody.
const INTERVAL_TIMER_FREQUENCY: u64 = 1_193_182;
const CHANNEL_2: u16 = 0x42;
const COMMAND: u16 = 0x43;
const GATE: u16 = 0x61;

fn interval_timer_count() -> u16 {
    arch::port_write(COMMAND, 0x80); // Latch channel 2.
    let low = arch::port_read(CHANNEL_2);
    u16::from_le_bytes([low, arch::port_read(CHANNEL_2)])
}

/// What the interval timer, the time stamp counter and the local APIC's timer say at about the same instant, just
/// after the interval timer has counted.
fn sample() -> (u16, u64, u32) {
    let before = interval_timer_count();
    let mut count = before;
    // It counts every 838 ns, and a read takes a good part of that.
    for _ in 0..10_000 {
        count = interval_timer_count();
        if count != before {
            break;
        }
    }
    (count, arch::time_stamp(), read(CURRENT_COUNT))
}

/// Silences the old interrupt controllers, sets up the local APIC, and measures both clocks against the interval
/// timer. `None` if something does not count.
pub(crate) fn set_up() -> Option<Rates> {
    // Both 8259 masked; their vectors moved away from the exceptions first, in case one is noisy.
    for (port, value) in [
        (0x20, 0x11),
        (0xa0, 0x11),
        (0x21, 0x20),
        (0xa1, 0x28),
        (0x21, 4),
        (0xa1, 2),
        (0x21, 1),
        (0xa1, 1),
        (0x21, 0xff),
        (0xa1, 0xff),
    ] {
        arch::port_write(port, value);
    }
    for line in [TIMER, THERMAL, PERFORMANCE, LINE_0, LINE_1, ERROR] {
        write(line, MASKED);
    }
    write(SPURIOUS, SOFTWARE_ENABLE | u32::from(SPURIOUS_VECTOR));
    write(DIVIDE, DIVIDE_BY_1);
    write(INITIAL_COUNT, u32::MAX);

    // Channel 2: gate on, speaker off; mode 0, 16 bits, from the top down.
    arch::port_write(GATE, arch::port_read(GATE) & !2 | 1);
    arch::port_write(COMMAND, 0xb0);
    arch::port_write(CHANNEL_2, 0xff);
    arch::port_write(CHANNEL_2, 0xff);

    let (first_count, first_stamp, first_timer) = sample();
    // Until 16.7 million time stamps have passed, some milliseconds, or the interval timer is about to end.
    while arch::time_stamp().wrapping_sub(first_stamp) < 1 << 24 {
        core::hint::spin_loop();
    }
    let (last_count, last_stamp, last_timer) = sample();
    write(INITIAL_COUNT, 0);

    let intervals = u64::from(first_count.wrapping_sub(last_count));
    let stamps = last_stamp.wrapping_sub(first_stamp);
    let counts = u64::from(first_timer.wrapping_sub(last_timer));
    if intervals == 0 || counts == 0 {
        return None;
    }
    let frequency = stamps.checked_mul(INTERVAL_TIMER_FREQUENCY)? / intervals;
    let timer_frequency = counts.checked_mul(INTERVAL_TIMER_FREQUENCY)? / intervals;
    Some(Rates {
        frequency,
        to_nanoseconds: Ratio::new(NANOSECONDS_PER_SECOND, frequency)?,
        to_time_stamps: Ratio::new(frequency, NANOSECONDS_PER_SECOND)?,
        to_counts: Ratio::new(timer_frequency, NANOSECONDS_PER_SECOND)?,
    })
}

/// Lets the timer interrupt once its count, or the time stamp, is reached.
pub(crate) fn enable(to_time_stamp: bool) {
    let mode = if to_time_stamp { TIMER_TO_TIME_STAMP } else { 0 };
    write(TIMER, u32::from(TIMER_VECTOR) | mode);
}

/// Asks for an interrupt so many counts from now; 0 is taken as 1, since 0 would stop the timer.
#[inline(always)]
pub(crate) fn interrupt_after(counts: u64) {
    write(INITIAL_COUNT, counts.clamp(1, u32::MAX as u64) as u32);
}

/// Asks for an interrupt at a time stamp.
#[inline(always)]
pub(crate) fn interrupt_at(time_stamp: u64) {
    // SAFETY: the register exists if `Features::tsc_deadline` says so, and only then is this called; it cannot
    // reach memory.
    unsafe { arch::msr_write(msr::TSC_DEADLINE, time_stamp) };
}
