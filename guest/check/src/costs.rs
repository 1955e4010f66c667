//! What the guest layer's short paths cost, in cycles of the time-stamp counter: under QEMU's `-icount shift=0` these
//! are executed instructions.

use core::arch::asm;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use bulkhead_guest::{interrupts, println};

use crate::machine::counter;
use crate::report::{check, check_equal};

/// The longest that disabling and enabling may take, calls and returns included.
const DISABLE_AND_RESTORE: u32 = 14;

/// The longest that reading the clock may take.
const CLOCK: u32 = 30;

/// The longest from enabling interrupts to the first instruction of a handler whose line is due.
const TO_HANDLER: u32 = 40;

/// The longest that handling one due line with an empty handler may take, with what this program does after each
/// interrupt.
const WHOLE_DISPATCH: u32 = 90;

/// Cycles between two readings of the counter with the given instructions in between.
macro_rules! cycles {
    ($($instruction:literal),*) => {{
        let (before, after): (u32, u32);
        // SAFETY: the instructions call functions of the guest layer as C does, and leave the stack as it was.
        unsafe {
            asm!(
                "rdtsc", "mov edi, eax", $($instruction,)* "rdtsc",
                out("edi") before, out("eax") after, out("ecx") _, out("edx") _,
            );
        }
        after.wrapping_sub(before)
    }};
}

/// The least that a measurement gives in several runs.
fn least(measurement: impl Fn() -> u32) -> u32 {
    (0..8).map(|_| measurement()).min().unwrap_or(0)
}

static HANDLER_AT: AtomicU32 = AtomicU32::new(0);

fn empty() {}

fn note_time() {
    HANDLER_AT.store(counter() as u32, Relaxed);
}

/// Cycles that enabling takes with a line due, or those to its handler.
fn dispatch(handler: fn(), to_handler: bool) -> u32 {
    check_equal!(interrupts::install(16, handler), Ok(()));
    let previous = interrupts::disable();
    check_equal!(interrupts::raise(16), Ok(()));
    let before = counter() as u32;
    interrupts::restore(previous);
    let after = counter() as u32;
    if to_handler { HANDLER_AT.load(Relaxed).wrapping_sub(before) } else { after.wrapping_sub(before) }
}

pub(crate) fn measure() {
    let reading = least(|| cycles!());
    let pair = least(|| {
        cycles!(
            "call bulkhead_interrupts_disable",
            "push eax",
            "call bulkhead_interrupts_restore",
            "add esp, 4"
        )
    }) - reading;
    let clock = least(|| cycles!("call bulkhead_clock_now")) - reading;
    let to_handler = least(|| dispatch(note_time, true)) - reading;
    let whole = least(|| dispatch(empty, false)) - reading;
    println!("cost: disable and restore interrupts: {pair}, at most {DISABLE_AND_RESTORE}");
    println!("cost: read the clock: {clock}, at most {CLOCK}");
    println!("cost: enable with a line due, to its handler: {to_handler}, at most {TO_HANDLER}");
    println!("cost: enable with a line due, empty handler: {whole}, at most {WHOLE_DISPATCH}");
    check!(pair <= DISABLE_AND_RESTORE);
    check!(clock <= CLOCK);
    check!(to_handler <= TO_HANDLER);
    check!(whole <= WHOLE_DISPATCH);
}
