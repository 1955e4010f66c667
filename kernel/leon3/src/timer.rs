//! The clock and the alarm: two timers of a GPTIMER (GRLIB IP core manual, GPTIMER).

use core::mem::offset_of;

use bulkhead_kernel_core::clock::{NANOSECONDS_PER_SECOND, Ratio, divide, divided};

use crate::devices::{Devices, read, write};

const SCALER: u32 = 0x00;
const SCALER_RELOAD: u32 = 0x04;
const CONFIGURATION: u32 = 0x08;
/// The first timer's registers; each has 16 bytes.
const FIRST: u32 = 0x10;
const SECOND: u32 = FIRST + OTHER;
const OTHER: u32 = 0x10;
const COUNTER: u32 = 0x0;
const RELOAD: u32 = 0x4;
const CONTROL: u32 = 0x8;

const ENABLE: u32 = 1;
const RESTART: u32 = 1 << 1;
const LOAD: u32 = 1 << 2;
const INTERRUPT: u32 = 1 << 3;

const SEPARATE_INTERRUPTS: u32 = 1 << 8;

/// Counts that an alarm waits at most: then the kernel asks again. Less than half the clock's period.
const COUNTS_MAX: u32 = 1 << 30;

/// What `arch/trap.S` reads the clock with.
pub(crate) const ADDRESS: usize = offset_of!(Timer, timer);
pub(crate) const LAST: usize = offset_of!(Timer, last);
pub(crate) const COUNTS: usize = offset_of!(Timer, counts);
pub(crate) const MULTIPLIER: usize = offset_of!(Timer, to_nanoseconds) + offset_of!(Ratio, multiplier);
pub(crate) const SHIFT: usize = offset_of!(Timer, to_nanoseconds) + offset_of!(Ratio, shift);
pub(crate) const CLOCK_COUNTER: u32 = FIRST + COUNTER;

/// The registers of the timers that are the kernel's own, in bytes from the first.
pub(crate) const OWN: u32 = SECOND + OTHER;

/// The interrupt of the timer that is the alarm.
pub(crate) fn interrupt(devices: &Devices) -> u32 {
    let configuration = read(devices.timer + CONFIGURATION);
    (configuration >> 3 & 31) + if configuration & SEPARATE_INTERRUPTS != 0 { 1 } else { 0 }
}

/// The clock's state.
pub(crate) struct Timer {
    timer: u32,
    pub(crate) to_nanoseconds: Ratio,
    pub(crate) to_counts: Ratio,
    /// What the counter said last.
    pub(crate) last: u32,
    /// Counts since the clock began.
    counts: u64,
    /// Counts per second.
    pub(crate) frequency: u64,
}

impl Timer {
    /// A timer that does not count.
    pub(crate) const NONE: Self = Self {
        timer: 0,
        to_nanoseconds: Ratio::ONE,
        to_counts: Ratio::ONE,
        last: 0,
        counts: 0,
        frequency: NANOSECONDS_PER_SECOND,
    };

    /// Starts both timers, on a board whose clock has so many hertz; 0 is for what the boot loader says: it sets the
    /// scaler so that the timers count microseconds, which tells the clock in whole megahertz. The kernel lets the
    /// timers count as fast as they can.
    pub(crate) fn set_up(devices: &Devices, clock: u32) -> Option<Self> {
        let timer = devices.timer;
        let configuration = read(timer + CONFIGURATION);
        let timers = configuration & 7;
        let clock = match clock {
            0 => u64::from(read(timer + SCALER_RELOAD)).checked_add(1)?.checked_mul(1_000_000)?,
            clock => clock.into(),
        };
        if timers < 2 {
            return None;
        }
        // The least that the scaler may be told (GPTIMER, "Operation").
        let divisor = timers + 2;
        write(timer + SCALER_RELOAD, divisor - 1);
        write(timer + SCALER, divisor - 1);
        write(timer + FIRST + RELOAD, u32::MAX);
        write(timer + FIRST + CONTROL, ENABLE | RESTART | LOAD);
        // The others may have been left on; the last may be a watchdog, which is on from reset.
        for other in 1..timers {
            write(timer + FIRST + OTHER * other + CONTROL, 0);
        }

        let (to_nanoseconds, to_counts) = divided(clock, divisor)?;
        Some(Self {
            timer,
            to_nanoseconds,
            to_counts,
            last: read(timer + FIRST + COUNTER),
            counts: 0,
            frequency: divide(clock, divisor.into()).0,
        })
    }

    /// Begins to count from zero.
    pub(crate) fn restart(&mut self) {
        self.last = read(self.timer + FIRST + COUNTER);
        self.counts = 0;
    }

    /// Nanoseconds since the clock began. The counter has 32 bits; a frame is much shorter than its period, and the
    /// kernel asks in every frame.
    #[inline(always)]
    pub(crate) fn now(&mut self) -> u64 {
        let counts = self.count();
        self.to_nanoseconds.scale(counts)
    }

    /// Counts since the clock began.
    #[inline(always)]
    pub(crate) fn count(&mut self) -> u64 {
        let count = read(self.timer + FIRST + COUNTER);
        self.counts = self.counts.wrapping_add(u64::from(self.last.wrapping_sub(count)));
        self.last = count;
        self.counts
    }

    /// Asks for an interrupt in so many nanoseconds, or earlier if that is very long.
    #[inline(always)]
    pub(crate) fn interrupt_in(&self, nanoseconds: u64) {
        let nanoseconds = if nanoseconds >> 32 == 0 { nanoseconds as u32 } else { u32::MAX };
        let counts = self.to_counts.scale_word(nanoseconds).min(COUNTS_MAX);
        // It interrupts when it passes zero, one count after it has come there.
        write(self.timer + SECOND + RELOAD, counts);
        write(self.timer + SECOND + CONTROL, ENABLE | LOAD | INTERRUPT);
    }
}
