//! Starting again at each instant around the end of a window, with everything dirty that a start has to clean.

use bulkhead_abi::{NEVER, SharedPage};
use bulkhead_guest::{clock, interrupts, partition, println, timer};
use core::sync::atomic::Ordering::Relaxed;

use crate::arch::SHARED_PAGE;
use crate::command::number;

/// Every line but those that the kernel sets by itself: a window's, and a port's.
const LINES: u32 = !0b1010;

/// What a start must not find; none if all is as it has to be.
fn found(page: &SharedPage) -> Option<&'static str> {
    let status = partition::status().unwrap_or_default();
    let armed = u64::from(status.deadline_high) << 32 | u64::from(status.deadline_low);
    [
        ("a line is pending", page.pending.load(Relaxed) & LINES != 0),
        ("a line is let through", page.mask.load(Relaxed) != 0),
        ("interrupts are enabled", interrupts::enabled()),
        ("a fault is at work", page.fault.busy.load(Relaxed) != 0),
        ("a fault has been", page.fault.kind.load(Relaxed) != 0),
        ("something is said of ports", page.ports.iter().any(|word| word.load(Relaxed) != 0)),
        ("an error is told of", page.errors.load(Relaxed) != 0),
        ("the timer is armed", armed != NEVER),
    ]
    .into_iter()
    .find_map(|(what, is_so)| is_so.then_some(what))
}

/// Starts again `times` times, warm and cold by turns, each time `step` ns nearer to the end of its window; in the end
/// behind it. Each start makes everything dirty.
pub(super) fn run(line: &str) -> u32 {
    // SAFETY: the page is the partition's, and its fields are atomic.
    let page = unsafe { &*(SHARED_PAGE as *const SharedPage) };
    let found = found(page);
    let restarts = partition::start_information().restarts.load(Relaxed);
    if let Some(what) = found {
        println!("adversary: fresh wrong: start {restarts}: {what}");
        return 1;
    }
    let (times, step) = (number(line, "times", 100), number(line, "step", 10));
    if u64::from(restarts) == times {
        println!("adversary: fresh {times} of {times}");
        return 0;
    }
    // In a window that has time for all of this.
    let window = partition::window().number;
    while partition::window().number == window {
        partition::idle();
    }
    let lead = times.saturating_sub(u64::from(restarts) + times / 8).saturating_mul(step);
    let end = partition::window().end;
    // Over before the start, or not for a while.
    timer::set(end + if restarts & 2 == 0 { 2_000 } else { 50_000_000 });
    for word in [&page.errors, &page.ports[0], &page.ports[1], &page.fault.busy, &page.fault.kind] {
        word.store(!0, Relaxed);
    }
    page.pending.fetch_or(LINES & !1, Relaxed);
    page.mask.store(LINES, Relaxed);
    while clock::now() + lead < end {}
    for _ in 0..u64::from(restarts) % 32 {
        core::hint::black_box(0);
    }
    partition::restart(if restarts & 1 == 0 { partition::Restart::Warm } else { partition::Restart::Cold });
    println!("adversary: fresh survived");
    1
}
