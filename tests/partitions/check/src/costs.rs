//! What the guest layer's short paths cost, in nanoseconds: under QEMU's `-icount shift=0` these are executed
//! instructions.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use bulkhead_abi::NEVER;
use bulkhead_guest::host::{Host, Kernel};
use bulkhead_guest::{clock, interrupts, partition, println, timer};

use crate::arch::{self, CLOCK, DISABLE_AND_RESTORE, TO_HANDLER, WHOLE_DISPATCH, counter};
use crate::host::{CLOCK_IS_FINE, HAS_LIMITS};
use crate::report::{check, check_equal};

/// The least that a measurement gives in several runs.
fn least(measurement: impl Fn() -> u32) -> u32 {
    (0..8).map(|_| measurement()).min().unwrap_or(0)
}

static HANDLER_AT: AtomicU32 = AtomicU32::new(0);

fn empty() {}

fn note_time() {
    HANDLER_AT.store(counter(), Relaxed);
}

/// Cycles that enabling takes with a line due, or those to its handler.
fn dispatch(handler: fn(), to_handler: bool) -> u32 {
    check_equal!(interrupts::install(16, handler), Ok(()));
    let previous = interrupts::disable();
    check_equal!(interrupts::raise(16), Ok(()));
    let before = counter();
    interrupts::restore(previous);
    let after = counter();
    if to_handler { HANDLER_AT.load(Relaxed).wrapping_sub(before) } else { after.wrapping_sub(before) }
}

/// Cycles that work takes, at the least.
fn between(work: impl Fn()) -> u32 {
    least(|| {
        let before = counter();
        work();
        counter().wrapping_sub(before)
    })
}

/// How long a path is repeated for where the clock is coarse, in nanoseconds: less than a window.
const REPEATED_FOR: u64 = 8_000_000;

/// Nanoseconds that work takes in the mean, repeated in one window.
fn repeated(work: impl Fn()) -> u32 {
    const TURNS: u32 = 1000;
    let number = partition::window().number;
    while partition::window().number == number {}
    let step = clock::now();
    while clock::now() == step {}
    let begin = clock::now();
    let mut turns = 0;
    while clock::now() < begin + REPEATED_FOR {
        for _ in 0..TURNS {
            work();
        }
        turns += TURNS;
    }
    REPEATED_FOR as u32 / turns
}

/// The same paths where the clock's steps are longer than they are.
fn measure_by_repeating() {
    let nothing = repeated(|| {
        core::hint::black_box(0);
    });
    let tell = |what: &str, cost: u32| println!("cost: {what}: {}", cost.saturating_sub(nothing));
    tell("disable and restore interrupts", repeated(|| interrupts::restore(interrupts::disable())));
    tell(
        "read the clock",
        repeated(|| {
            core::hint::black_box(clock::now());
        }),
    );
    check_equal!(interrupts::install(16, empty), Ok(()));
    tell(
        "enable with a line due, empty handler",
        repeated(|| {
            let previous = interrupts::disable();
            let _ = interrupts::raise(16);
            interrupts::restore(previous);
        }),
    );
    tell(
        "status",
        repeated(|| {
            let _ = partition::status();
        }),
    );
    tell("arm the timer", repeated(|| timer::set(NEVER - 1)));
    timer::clear();
}

pub(crate) fn measure() {
    if !CLOCK_IS_FINE {
        return measure_by_repeating();
    }
    let nothing = least(arch::cost_of_nothing);
    let pair = least(arch::cost_of_interrupts) - nothing;
    let clock = least(arch::cost_of_clock) - nothing;
    let to_handler = least(|| dispatch(note_time, true)) - nothing;
    let whole = least(|| dispatch(empty, false)) - nothing;
    println!("cost: disable and restore interrupts: {pair}, at most {DISABLE_AND_RESTORE}");
    println!("cost: read the clock: {clock}, at most {CLOCK}");
    println!("cost: enable with a line due, to its handler: {to_handler}, at most {TO_HANDLER}");
    println!("cost: enable with a line due, empty handler: {whole}, at most {WHOLE_DISPATCH}");
    println!(
        "cost: a call that does nothing: {}",
        between(|| {
            let _ = Kernel::raw_call(0, [0; 3]);
        }) - nothing
    );
    println!("cost: arm the timer: {}", between(|| timer::set(clock::now() + 1_000_000)) - nothing);
    timer::clear();
    if !HAS_LIMITS {
        return;
    }
    check!(pair <= DISABLE_AND_RESTORE);
    check!(clock <= CLOCK);
    check!(to_handler <= TO_HANDLER);
    check!(whole <= WHOLE_DISPATCH);
}
