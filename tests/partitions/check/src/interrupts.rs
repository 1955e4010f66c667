//! Delivery, masking, order, nesting, and that the interrupted code notices nothing.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

use bulkhead_guest::{Error, Line, clock, interrupts, partition, timer};

use crate::arch;
use crate::host::INTERVALS_APART;
use crate::report::{check, check_equal};

const TIMER: u32 = Line::Timer as u32;

/// How often the timer comes for each interval.
const TICKS_WANTED: u32 = 20;

/// What the handlers of the software lines did, one hexadecimal digit for each call.
static TRACE: AtomicU32 = AtomicU32::new(0);
static TICKS: AtomicU32 = AtomicU32::new(0);
static INTERVAL: AtomicU32 = AtomicU32::new(0);
static LOWEST_STACK: AtomicUsize = AtomicUsize::new(usize::MAX);
static AFTER: AtomicU32 = AtomicU32::new(0);
static AFTER_ENABLED: AtomicU32 = AtomicU32::new(0);

/// What an executive would use to dispatch its heir task.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_after_interrupts() {
    AFTER.fetch_add(1, Relaxed);
    AFTER_ENABLED.fetch_or(u32::from(interrupts::enabled()), Relaxed);
    LOWEST_STACK.fetch_min(arch::stack_pointer(), Relaxed);
}

fn trace(digit: u32) {
    TRACE.store(TRACE.load(Relaxed) << 4 | digit, Relaxed);
}

fn take_trace() -> u32 {
    TRACE.swap(0, Relaxed)
}

fn first() {
    trace(if interrupts::enabled() || interrupts::nesting() != 1 { 0xf } else { 1 });
}

fn second() {
    trace(2);
}

fn outer() {
    trace(0xa);
    interrupts::enable();
    check_equal!(interrupts::raise(17), Ok(()));
    trace(0xb);
    check_equal!(interrupts::nesting(), 1);
    interrupts::disable();
}

fn inner() {
    trace(interrupts::nesting());
}

pub(crate) fn check() {
    states();
    software_lines();
    nesting();
    refusals();
    timer_line();
    every_interval();
    arch::levels();
    check_equal!(AFTER_ENABLED.load(Relaxed), 0);
}

fn states() {
    check!(!interrupts::enabled());
    check_equal!(interrupts::disable(), 0);
    interrupts::enable();
    check!(interrupts::enabled());
    let previous = interrupts::disable();
    check!(previous != 0);
    check_equal!(interrupts::disable(), 0);
    interrupts::restore(0);
    check!(!interrupts::enabled());
    interrupts::restore(previous);
    check!(interrupts::enabled());
}

fn software_lines() {
    check_equal!(interrupts::install(16, first), Ok(()));
    check_equal!(interrupts::install(31, second), Ok(()));
    check_equal!(interrupts::raise(16), Ok(()));
    check_equal!(take_trace(), 0);
    check_equal!(interrupts::unmask(16), Ok(()));
    check_equal!(take_trace(), 1);
    check_equal!(interrupts::unmask(31), Ok(()));
    let after = AFTER.load(Relaxed);
    let previous = interrupts::disable();
    check_equal!(interrupts::raise(31), Ok(()));
    check_equal!(interrupts::raise(16), Ok(()));
    check_equal!(take_trace(), 0);
    interrupts::restore(previous);
    check_equal!(take_trace(), 0x12);
    check_equal!(AFTER.load(Relaxed), after + 1);
    check_equal!(interrupts::raise(31), Ok(()));
    check_equal!(take_trace(), 2);
    check_equal!(interrupts::mask(31), Ok(()));
    check_equal!(interrupts::raise(31), Ok(()));
    check_equal!(interrupts::clear(31), Ok(()));
    check_equal!(interrupts::unmask(31), Ok(()));
    check_equal!(take_trace(), 0);
}

fn nesting() {
    check_equal!(interrupts::install(16, outer), Ok(()));
    check_equal!(interrupts::install(17, inner), Ok(()));
    check_equal!(interrupts::unmask(17), Ok(()));
    let after = AFTER.load(Relaxed);
    check_equal!(interrupts::raise(16), Ok(()));
    check_equal!(take_trace(), 0xa2b);
    check_equal!(AFTER.load(Relaxed), after + 1);
    check_equal!(interrupts::nesting(), 0);
    check!(interrupts::enabled());
}

fn refusals() {
    check_equal!(interrupts::install(32, first), Err(Error::BadArgument));
    check_equal!(interrupts::mask(32), Err(Error::BadArgument));
    check_equal!(interrupts::unmask(u32::MAX), Err(Error::BadArgument));
    check_equal!(interrupts::raise(15), Err(Error::BadArgument));
    check_equal!(interrupts::raise(32), Err(Error::BadArgument));
}

fn tick() {
    TICKS.fetch_add(1, Relaxed);
}

fn timer_line() {
    check_equal!(interrupts::install(TIMER, tick), Ok(()));
    check_equal!(interrupts::unmask(TIMER), Ok(()));

    // The interrupted code keeps all registers and flags.
    arch::registers(&TICKS, || timer::set(clock::now() + 20_000));

    // A deadline that has passed is delivered before the call is over.
    TICKS.store(0, Relaxed);
    timer::set(0);
    check_equal!(TICKS.swap(0, Relaxed), 1);

    // Idling ends with the interrupt; never before the deadline.
    let deadline = clock::now() + 1_000_000;
    timer::set(deadline);
    while TICKS.load(Relaxed) == 0 {
        partition::idle();
    }
    check!(clock::now() >= deadline);
    check_equal!(TICKS.swap(0, Relaxed), 1);

    // Idling with interrupts disabled ends too, and the handler runs when they are enabled.
    let previous = interrupts::disable();
    timer::set(clock::now() + 100_000);
    partition::idle();
    check_equal!(TICKS.load(Relaxed), 0);
    interrupts::restore(previous);
    check_equal!(TICKS.swap(0, Relaxed), 1);

    // A disarmed timer stays silent.
    timer::set(clock::now() + 200_000);
    timer::clear();
    let until = clock::now() + 400_000;
    while clock::now() < until {
        core::hint::spin_loop();
    }
    check_equal!(TICKS.load(Relaxed), 0);
}

fn rearm() {
    if TICKS.fetch_add(1, Relaxed) + 1 < TICKS_WANTED {
        arch::arm(INTERVAL.load(Relaxed));
    }
}

/// A timer that its handler arms again, after every interval from 0 to 2 microseconds, one nanosecond at a time: under
/// QEMU's `-icount` that is after every instruction of the handler, of the return and of the interrupted code. Nothing
/// is lost, and the stack does not grow.
fn every_interval() {
    check_equal!(interrupts::install(TIMER, rearm), Ok(()));
    let base = arch::stack_pointer();
    LOWEST_STACK.store(usize::MAX, Relaxed);
    for interval in (0..2000).step_by(INTERVALS_APART) {
        INTERVAL.store(interval, Relaxed);
        TICKS.store(0, Relaxed);
        interrupts::disable();
        timer::set(clock::now());
        interrupts::enable();
        let until = clock::now() + 100_000_000;
        while TICKS.load(Relaxed) < TICKS_WANTED && clock::now() < until {
            core::hint::spin_loop();
        }
        interrupts::disable();
        timer::clear();
        check_equal!(interrupts::clear(TIMER), Ok(()));
        interrupts::enable();
        let ticks = TICKS.load(Relaxed);
        check!(ticks == TICKS_WANTED, "{ticks} ticks at an interval of {interval} ns");
    }
    let depth = base - LOWEST_STACK.load(Relaxed);
    check!(depth < 512, "the stack grew by {depth} bytes");
    check_equal!(interrupts::mask(TIMER), Ok(()));
}
