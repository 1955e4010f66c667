//! What the guest layer's short paths cost, in nanoseconds: under QEMU's `-icount shift=0` these are executed
//! instructions.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use bulkhead_abi::{NEVER, PortDirection, PortKind};
use bulkhead_guest::host::{Host, Kernel};
use bulkhead_guest::{clock, interrupts, partition, println, timer};

use crate::arch::{self, CLOCK, DISABLE_AND_RESTORE, TO_HANDLER, TURNS, WHOLE_DISPATCH, counter};
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

/// Cycles that work takes, at the least, besides those of measuring.
fn between(work: impl Fn()) -> u32 {
    let turns = || {
        let before = counter();
        for _ in 0..TURNS {
            work();
        }
        counter().wrapping_sub(before) / TURNS
    };
    least(turns).saturating_sub(arch::cost_of_nothing())
}

/// How long a path is repeated for where the clock is coarse, in nanoseconds: less than a window.
const REPEATED_FOR: u64 = 8_000_000;

/// Nanoseconds that work takes in the mean, repeated in one window.
fn repeated(work: impl Fn()) -> u32 {
    const TURNS: u32 = 100;
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
    #[cfg(target_arch = "sparc")]
    tell("disable and enable by ta 9 and ta 10", repeated(arch::disable_and_enable_by_traps));
    messages(&tell);
}

/// The partition's first port of such a kind.
fn port(kind: PortKind, direction: PortDirection) -> Option<u32> {
    let is = |port: &u32| {
        Kernel::port_describe(*port)
            .is_ok_and(|it| (it.kind, it.direction) == (kind as u32, direction as u32))
    };
    (0..4).find(is)
}

/// Messages of 64 bytes, where the system file has two partitions of this image with a sampling and a queuing channel
/// from each to the other, the queue with room for 2000 messages, which take some steps of the clock.
fn messages(tell: &impl Fn(&str, u32)) {
    const MESSAGE: [u8; 64] = [0x55; 64];
    let both = |kind| Some((port(kind, PortDirection::Source)?, port(kind, PortDirection::Destination)?));
    let (Some(sampling), Some(queuing)) = (both(PortKind::Sampling), both(PortKind::Queuing)) else { return };
    let write = || check_equal!(Kernel::sampling_write(sampling.0, &MESSAGE), Ok(()));
    tell("write a sampling message of 64 bytes", counted(write));
    tell("read one", counted(|| check!(Kernel::sampling_read(sampling.1, &mut [0; 64]).is_ok())));
    let send = || check_equal!(Kernel::queuing_send(queuing.0, &MESSAGE, false), Ok(()));
    tell("send a queuing message of 64 bytes", counted(send));
    let next = partition::window().number + 2;
    while partition::window().number < next {}
    tell("receive one", counted(|| check!(Kernel::queuing_receive(queuing.1, &mut [0; 64]).is_ok())));
}

/// Nanoseconds that work takes in the mean, 2000 times in one window.
fn counted(work: impl Fn()) -> u32 {
    let number = partition::window().number;
    while partition::window().number == number {}
    let begin = clock::now();
    for _ in 0..2000 {
        work();
    }
    (clock::now() - begin) as u32 / 2000
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
    let call = between(|| {
        let _ = Kernel::raw_call(0, [0; 3]);
    });
    let arming = between(|| timer::set(clock::now() + 1_000_000));
    timer::clear();
    println!("cost: a call that does nothing: {call}");
    println!("cost: arm the timer: {arming}");
    if !HAS_LIMITS {
        return;
    }
    check!((1..1000).contains(&call));
    check!((1..10_000).contains(&arming));
    check!(pair <= DISABLE_AND_RESTORE);
    check!(clock <= CLOCK);
    check!(to_handler <= TO_HANDLER);
    check!(whole <= WHOLE_DISPATCH);
}
