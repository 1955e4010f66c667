//! The clock driver: RTEMS's ticks on the partition's timer, and its timecounter on the interface's clock.

use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_cell::Single;
use bulkhead_guest::overload::{Moment, Overload};
use bulkhead_guest::ticks::{Backlog, Due, Ticks};
use bulkhead_guest::{Line, clock, interrupts, partition, println, timer};

use crate::timecounter::Timecounter;

/// Written at initialization with the timer's line masked, and by its handler.
static GRID: Single<(Ticks, Backlog, Overload)> =
    Single::new((Ticks::start(0, 1), Backlog::new(), Overload::new()));

/// The halves of the [`Timecounter`].
static TIMECOUNTER: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(1)];

/// Ticks that RTEMS was told of.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
static Clock_driver_ticks: AtomicU32 = AtomicU32::new(0);

/// Ticks that came late, one after the other, because the partition was switched out or had interrupts disabled.
#[unsafe(no_mangle)]
static bulkhead_rtems_ticks_caught_up: AtomicU32 = AtomicU32::new(0);

/// Ticks that RTEMS was never told of (`tick = "skip"`).
#[unsafe(no_mangle)]
static bulkhead_rtems_ticks_skipped: AtomicU32 = AtomicU32::new(0);

/// Begins ticking every `period` nanoseconds: the timer's handler, which is installed before, asks [`ticks_due`] how
/// many ticks it is to announce.
#[unsafe(export_name = "bulkhead_rtems_clock_start")]
extern "C" fn start(period: u32) {
    let ticks = Ticks::start(clock::now(), period.into());
    // SAFETY: the line is still masked, see `GRID`.
    unsafe { *GRID.borrow() = (ticks, Backlog::new(), Overload::new()) };
    timer::set(ticks.next());
    // No line is refused that has a number.
    let _ = interrupts::unmask(Line::Timer as u32);
}

/// What [`ticks_due`] returns when ticks come faster than they can be announced.
const HOPELESS: u32 = u32::MAX;

/// How many ticks to announce now; arms the timer for the next one. Called by the handler only.
#[unsafe(export_name = "bulkhead_rtems_clock_ticks_due")]
extern "C" fn ticks_due() -> u32 {
    // SAFETY: only the timer's handler comes here, which is not interrupted by itself.
    let (ticks, backlog, overload) = unsafe { GRID.borrow() };
    let moment = Moment::now();
    let due = ticks.pass(moment.now);
    timer::set(ticks.next());
    let major_frame = partition::start_information().major_frame.load();
    let over = overload.begin(moment, major_frame);
    if backlog.grows(due, ticks.period(), major_frame) || over {
        println!(
            "\na clock tick of {} ns is too short: its ticks take longer than the partition's windows, {due} are due; \
             make ticks longer, or windows, or set tick = \"skip\" in the system file",
            ticks.period()
        );
        return HOPELESS;
    }
    let due = Due::new(due.min((HOPELESS - 1).into()), partition::tick_policy());
    add(&bulkhead_rtems_ticks_skipped, due.skipped as u32);
    add(&bulkhead_rtems_ticks_caught_up, due.caught_up as u32);
    add(&Clock_driver_ticks, due.announced as u32);
    due.announced as u32
}

/// The ticks that [`ticks_due`] has said are announced. Called by the handler only, at its end.
#[unsafe(export_name = "bulkhead_rtems_clock_ticks_announced")]
extern "C" fn ticks_announced() {
    // SAFETY: as in `ticks_due`.
    let (_, _, overload) = unsafe { GRID.borrow() };
    overload.end(Moment::now());
}

/// Only the timer's handler adds.
fn add(counter: &AtomicU32, count: u32) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
}

/// The timecounter's frequency in Hz. Sets how fast [`timecount`] counts.
#[unsafe(export_name = "bulkhead_rtems_timecount_frequency")]
extern "C" fn timecount_frequency() -> u32 {
    let counter = Timecounter::new(partition::start_information().major_frame.load());
    for (place, part) in TIMECOUNTER.iter().zip(counter.parts()) {
        place.store(part, Ordering::Relaxed);
    }
    counter.frequency()
}

/// The timecounter.
#[unsafe(export_name = "bulkhead_rtems_timecount")]
extern "C" fn timecount() -> u32 {
    Timecounter::from_parts([0, 1].map(|half: usize| TIMECOUNTER[half].load(Ordering::Relaxed)))
        .at(clock::now())
}
