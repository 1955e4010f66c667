//! The clock tick: the partition's timer, armed for one tick after the other at absolute times.

use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_cell::Single;
use bulkhead_guest::overload::{Moment, Overload};
use bulkhead_guest::ticks::{Due, Ticks};
use bulkhead_guest::{Line, clock, interrupts, partition, println, timer};

use super::fatal::{CLOCK, Source, terminate};
use super::{directive, record, stacks, waiting, with_executive};
use crate::executive::{Announcement, SUCCESSFUL};

/// Written at the start with the timer's line masked, and by its handler, which is not interrupted by itself.
static GRID: Single<Ticks> = Single::new(Ticks::start(0, 1));

/// Ticks that were announced more than one tick late, because the partition was switched out.
static CAUGHT_UP: AtomicU32 = AtomicU32::new(0);

/// Ticks that were not announced at all.
static SKIPPED: AtomicU32 = AtomicU32::new(0);

/// Whether ticks leave anything to the tasks. Only the timer's handler uses it, which is not interrupted by itself.
static WATCH: Single<Overload> = Single::new(Overload::new());

/// Arms the timer for the first tick, one tick from now.
pub(super) fn start(length: u64) {
    let ticks = Ticks::start(clock::now(), length);
    // SAFETY: the line is still masked, see `GRID`.
    unsafe { *GRID.borrow() = ticks };
    // SAFETY: the handler may be called whenever interrupts are enabled, which they are from the first task on.
    let installed = unsafe { interrupts::install_raw(Line::Timer as u32, handle, core::ptr::null_mut()) };
    debug_assert!(installed.is_ok());
    timer::set(ticks.next());
    let unmasked = interrupts::unmask(Line::Timer as u32);
    debug_assert!(unmasked.is_ok());
}

/// The handler of the timer line; interrupts are disabled.
unsafe extern "C" fn handle(_argument: *mut c_void) {
    record::interrupt(Line::Timer as u32, true);
    tick();
    record::interrupt(Line::Timer as u32, false);
}

fn tick() {
    let moment = Moment::now();
    // SAFETY: see `GRID`; the reference is gone before a routine of the program is called.
    let (due, next, length) = unsafe {
        let ticks = GRID.borrow();
        (ticks.pass(moment.now), ticks.next(), ticks.period())
    };
    if due == 0 {
        timer::set(next);
        return;
    }
    let major_frame = partition::start_information().major_frame.load();
    // SAFETY: see `WATCH`.
    if unsafe { WATCH.borrow() }.begin(moment, major_frame) {
        println!(
            "a clock tick of {length} ns is too short: its ticks take all the time of the partition's windows; make \
             ticks longer, or windows, or set tick = \"skip\" in the system file"
        );
        terminate(Source::Core, CLOCK);
    }
    timer::set(next);
    let due = Due::new(due, partition::tick_policy());
    CAUGHT_UP.fetch_add(due.caught_up as u32, Ordering::Relaxed);
    SKIPPED.fetch_add(due.skipped as u32, Ordering::Relaxed);
    for _ in 0..due.announced {
        announce();
    }
    while let Some((owner, name)) = with_executive(|executive| executive.take_missed_period()) {
        bulkhead_apex::error::period_missed(owner.0, name);
    }
    waiting::ring();
    // SAFETY: see `WATCH`.
    unsafe { WATCH.borrow() }.end(Moment::now());
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
        bulkhead_context::preserving_floating_point(|| unsafe { routine(fired.id.0, argument) });
    }
    with_executive(|executive| executive.end_announcement());
}

/// The guest layer calls it after interrupt handlers, on the interrupted task's stack, with interrupts disabled.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_after_interrupts() {
    stacks::look();
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
