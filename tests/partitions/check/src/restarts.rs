//! What a cold and a warm start leave of the memory.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use bulkhead_guest::partition::Restart;
use bulkhead_guest::{StartReason, partition, println};

use crate::report::check;
use crate::report::check_equal;

const MARK: u32 = 0x600d_600d;

static INITIALIZED: AtomicU32 = AtomicU32::new(MARK);
static ZEROED: AtomicU32 = AtomicU32::new(0);

/// How often the partition has been started before.
pub(crate) fn number() -> u32 {
    partition::start_information().restarts.load(Relaxed)
}

/// The last word of the partition's memory.
fn last_word() -> &'static AtomicU32 {
    // SAFETY: the heap's end is memory of the partition that nothing else uses.
    unsafe { &*((partition::memory().end - 4) as *const AtomicU32) }
}

fn check_image(reason: StartReason) {
    check_equal!(partition::start_information().reason.load(Relaxed), reason as u32);
    check_equal!(INITIALIZED.load(Relaxed), MARK);
    check_equal!(ZEROED.load(Relaxed), 0);
}

pub(crate) fn check_cold() {
    println!("guest layer: started again, cold");
    check_image(StartReason::ColdRestart);
    check_equal!(last_word().load(Relaxed), 0);
}

pub(crate) fn check_warm() {
    println!("guest layer: started again, warm");
    check_image(StartReason::WarmRestart);
    check_equal!(last_word().load(Relaxed), MARK);
}

/// Starts the partition again after the first and the second start.
pub(crate) fn again() {
    let kind = match number() {
        0 => Restart::Cold,
        1 => Restart::Warm,
        _ => return,
    };
    INITIALIZED.store(0, Relaxed);
    ZEROED.store(MARK, Relaxed);
    last_word().store(MARK, Relaxed);
    let error = partition::restart(kind);
    check!(false, "restart refused: {error:?}");
}
