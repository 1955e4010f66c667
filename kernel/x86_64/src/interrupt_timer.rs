//! The local APIC: the one device that interrupts.
//!
//! Intel SDM volume 3A, chapter 10. The old interrupt controllers are silenced, and every line of the local APIC but
//! its timer is masked, so that nothing outside can take time from a partition.

use bulkhead_kernel_core::clock::{NANOSECONDS_PER_SECOND, Ratio, median};

use crate::arch::{self, msr};
use crate::descriptors::{SPURIOUS_VECTOR, TIMER_VECTOR};
use crate::processor;

/// Where the local APIC's registers are in the kernel's addresses (link.ld, paging.rs).
const REGISTERS: u64 = 0xffff_ffff_8000_0000;

const IDENTITY: u64 = 0x20;
const TASK_PRIORITY: u64 = 0x80;
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

// The register that says where and how the local APIC is seen (Intel SDM volume 3A, 10.4.4 and 10.12.1).
const BY_REGISTERS: u64 = 1 << 10;
const ENABLED: u64 = 1 << 11;

/// Switches the local APIC on, whatever a loader has made of it, with its registers in memory. The answer is their
/// physical address.
pub(crate) fn claim() -> u64 {
    let base = arch::msr_read(msr::APIC_BASE);
    // SAFETY: every processor with long mode has the register; the address does not change. The way from registers of
    // the processor back to registers in memory leads by way of off.
    unsafe {
        if base & BY_REGISTERS != 0 {
            arch::msr_write(msr::APIC_BASE, base & !(BY_REGISTERS | ENABLED));
        }
        if base & (BY_REGISTERS | ENABLED) != ENABLED {
            arch::msr_write(msr::APIC_BASE, base & !BY_REGISTERS | ENABLED);
        }
    }
    base & 0x000f_ffff_ffff_f000
}

/// The local APIC's number, by which it is found by others.
pub(crate) fn identity() -> u32 {
    read(IDENTITY) >> 24
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

/// Time stamps after which an interval timer that has not counted does not count: some seconds.
const TOO_LONG: u64 = 1 << 34;

/// What the three counters said at one instant.
struct Sample {
    /// The interval timer, which has just counted.
    count: u16,
    /// Time stamps.
    stamp: u64,
    /// Time stamps between the last look at the interval timer that found it unchanged and this one.
    uncertain: u64,
    /// The local APIC's timer.
    timer: u32,
}

fn sample() -> Sample {
    let before = interval_timer_count();
    let mut earlier = arch::time_stamp();
    let mut result = Sample { count: before, stamp: earlier, uncertain: 0, timer: 0 };
    // It counts every 838 ns, and a read takes a good part of that.
    for _ in 0..10_000 {
        let count = interval_timer_count();
        let stamp = arch::time_stamp();
        result = Sample { count, stamp, uncertain: stamp.wrapping_sub(earlier), timer: read(CURRENT_COUNT) };
        if count != before {
            break;
        }
        earlier = stamp;
    }
    result
}

/// Silences the old interrupt controllers, sets up the local APIC, and measures both clocks against the interval
/// timer, three times, of which the median counts. `None` if something does not count.
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
    // No interrupt is too unimportant.
    write(TASK_PRIORITY, 0);
    write(SPURIOUS, SOFTWARE_ENABLE | u32::from(SPURIOUS_VECTOR));
    write(DIVIDE, DIVIDE_BY_1);
    write(INITIAL_COUNT, u32::MAX);

    let mut frequencies = [0; 3];
    let mut timer_frequencies = [0; 3];
    for (frequency, timer_frequency) in frequencies.iter_mut().zip(&mut timer_frequencies) {
        (*frequency, *timer_frequency) = measure()?;
    }
    write(INITIAL_COUNT, 0);
    let timer_frequency = median(timer_frequencies);
    let frequency = processor::time_stamp_frequency().unwrap_or(median(frequencies));
    Some(Rates {
        frequency,
        to_nanoseconds: Ratio::new(NANOSECONDS_PER_SECOND, frequency)?,
        to_time_stamps: Ratio::new(frequency, NANOSECONDS_PER_SECOND)?,
        to_counts: Ratio::new(timer_frequency, NANOSECONDS_PER_SECOND)?,
    })
}

/// The most counts of the interval timer that are waited for: 54 ms, just less than what it has.
const INTERVALS_MAX: u16 = 0xfc00;

/// Measures the frequencies of time stamps and of the local APIC's timer once: until what is uncertain of the two
/// samples is less than 10 millionths of the time between them, or as long as the interval timer counts.
fn measure() -> Option<(u64, u64)> {
    // Channel 2: gate on, speaker off; mode 0, 16 bits, from the top down.
    arch::port_write(GATE, arch::port_read(GATE) & !2 | 1);
    arch::port_write(COMMAND, 0xb0);
    arch::port_write(CHANNEL_2, 0xff);
    arch::port_write(CHANNEL_2, 0xff);

    let first = sample();
    loop {
        let last = sample();
        let intervals = first.count.wrapping_sub(last.count);
        let stamps = last.stamp.wrapping_sub(first.stamp);
        let uncertain = first.uncertain.wrapping_add(last.uncertain);
        if uncertain.saturating_mul(100_000) > stamps && intervals < INTERVALS_MAX {
            if stamps > TOO_LONG {
                return None;
            }
            continue;
        }
        let counts = u64::from(first.timer.wrapping_sub(last.timer));
        if intervals == 0 || counts == 0 {
            return None;
        }
        let per_second =
            |ticks: u64| Some(ticks.checked_mul(INTERVAL_TIMER_FREQUENCY)? / u64::from(intervals));
        return Some((per_second(stamps)?, per_second(counts)?));
    }
}

/// Lets the timer interrupt once its count, or the time stamp, is reached.
pub(crate) fn enable(to_time_stamp: bool) {
    let mode = if to_time_stamp { TIMER_TO_TIME_STAMP } else { 0 };
    write(TIMER, u32::from(TIMER_VECTOR) | mode);
    // Intel SDM volume 3A, 10.5.4.1: the first deadline must not overtake what makes the timer take it.
    arch::fence();
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
