//! The clock tick: the partition's timer, armed for one tick after the other at absolute times.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_guest::overload::{Moment, Overload};
use bulkhead_guest::{Line, TickPolicy, clock, interrupts, partition, println, timer};

use super::fatal::{CLOCK, Source, terminate};
use super::{directive, with_executive};
use crate::arch;
use crate::executive::{Announcement, SUCCESSFUL};

/// Time of the next tick in nanoseconds of the clock, and the time between two; written with interrupts disabled.
struct Plan {
    next: AtomicU32Pair,
    length: AtomicU32Pair,
}

/// A 64-bit number in two words: not every processor has 64-bit atomic access.
struct AtomicU32Pair(AtomicU32, AtomicU32);

impl AtomicU32Pair {
    const fn new() -> Self {
        Self(AtomicU32::new(0), AtomicU32::new(0))
    }

    fn get(&self) -> u64 {
        u64::from(self.0.load(Ordering::Relaxed)) | u64::from(self.1.load(Ordering::Relaxed)) << 32
    }

    fn set(&self, value: u64) {
        self.0.store(value as u32, Ordering::Relaxed);
        self.1.store((value >> 32) as u32, Ordering::Relaxed);
    }
}

static PLAN: Plan = Plan { next: AtomicU32Pair::new(), length: AtomicU32Pair::new() };

/// Ticks that were announced more than one tick late, because the partition was switched out.
static CAUGHT_UP: AtomicU32 = AtomicU32::new(0);

/// Ticks that were not announced at all.
static SKIPPED: AtomicU32 = AtomicU32::new(0);

struct Watch(UnsafeCell<Overload>);

// SAFETY: only the timer's handler uses it, which is not interrupted by itself.
unsafe impl Sync for Watch {}

/// Whether ticks leave anything to the tasks.
static WATCH: Watch = Watch(UnsafeCell::new(Overload::new()));

/// Arms the timer for the first tick, one tick from now.
pub(super) fn start(length: u64) {
    PLAN.length.set(length);
    PLAN.next.set(clock::now() + length);
    // SAFETY: the handler may be called whenever interrupts are enabled, which they are from the first task on.
    let installed = unsafe { interrupts::install_raw(Line::Timer as u32, handle, core::ptr::null_mut()) };
    debug_assert!(installed.is_ok());
    timer::set(PLAN.next.get());
    let unmasked = interrupts::unmask(Line::Timer as u32);
    debug_assert!(unmasked.is_ok());
}

/// The handler of the timer line; interrupts are disabled.
unsafe extern "C" fn handle(_argument: *mut c_void) {
    let length = PLAN.length.get();
    let mut next = PLAN.next.get();
    let moment = Moment::now();
    let now = moment.now;
    if next > now {
        timer::set(next);
        return;
    }
    let major_frame = partition::start_information().major_frame.load();
    // SAFETY: see `Watch`.
    if unsafe { &mut *WATCH.0.get() }.begin(moment, major_frame) {
        println!(
            "a clock tick of {length} ns is too short: its ticks take all the time of the partition's windows; make ticks \
             longer, or windows, or set tick = \"skip\" in the system file"
        );
        terminate(Source::Core, CLOCK);
    }
    let missed = (now - next) / length;
    let skips = partition::start_information().tick_policy.load(Ordering::Relaxed) == TickPolicy::Skip as u32;
    let announced = if skips { 1 } else { missed + 1 };
    let counter = if skips { &SKIPPED } else { &CAUGHT_UP };
    counter.fetch_add(missed as u32, Ordering::Relaxed);
    next += (missed + 1) * length;
    PLAN.next.set(next);
    timer::set(next);
    for _ in 0..announced {
        announce();
    }
    // SAFETY: see `Watch`.
    unsafe { &mut *WATCH.0.get() }.end(Moment::now());
}

/// A tick has passed: does what is due, and calls the timers' routines as an interrupt handler does.
fn announce() {
    with_executive(|executive| {
        executive.begin_announcement();
        executive.tick();
    });
    while let Announcement::Call(fired) = with_executive(|executive| executive.expire()) {
        let (routine, argument) = fired.routine;
        // SAFETY: the program passed the routine and its argument for this.
        arch::preserving_floating_point(|| unsafe { routine(fired.id.0, argument) });
    }
    with_executive(|executive| executive.end_announcement());
}

/// The guest layer calls it after interrupt handlers, on the interrupted task's stack, with interrupts disabled.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_after_interrupts() {
    directive(|_| ());
}

#[unsafe(no_mangle)]
extern "C" fn rtems_clock_tick() -> u32 {
    interrupts::without(|| {
        announce();
        directive(|_| ());
    });
    SUCCESSFUL
}

/// How many ticks were announced late in one go, and how many were left out.
///
/// # Safety
/// Both pointers are valid.
#[unsafe(no_mangle)]
unsafe extern "C" fn bulkhead_classic_missed_ticks(caught_up: *mut u32, skipped: *mut u32) {
    // SAFETY: the caller's promise.
    unsafe {
        caught_up.write(CAUGHT_UP.load(Ordering::Relaxed));
        skipped.write(SKIPPED.load(Ordering::Relaxed));
    }
}
