//! The records of tasks and interrupts, in programs that are built to be traced; and the calls with which a program
//! records something of its own. In other programs the calls do nothing.

#[cfg(feature = "trace")]
use bulkhead_abi::record::event::THREAD_SWITCH_OUT;
use bulkhead_abi::record::event::{INTERRUPT_ENTRY, INTERRUPT_EXIT};

#[cfg(feature = "trace")]
mod on {
    use bulkhead_cell::Single;
    use bulkhead_guest::{clock, interrupts};

    use crate::record::Ring;

    /// Used with interrupts disabled only, by [`with_ring`].
    #[unsafe(export_name = "bulkhead_record_ring")]
    static RING: Single<Ring> = Single::new(Ring::new());

    /// Records something at the time that it is.
    pub(crate) fn with_ring(work: impl FnOnce(&mut Ring, u64)) {
        // SAFETY: interrupts are disabled, and what works with the ring calls nothing that comes here.
        interrupts::without(|| work(unsafe { RING.borrow() }, clock::now()));
    }
}

#[cfg(feature = "trace")]
use on::with_ring;

/// The handler of a line begins or ends.
pub(super) fn interrupt(line: u32, begins: bool) {
    event(if begins { INTERRUPT_ENTRY } else { INTERRUPT_EXIT }, line);
}

/// What the executive itself records.
pub(super) fn event(event: u32, data: u32) {
    #[cfg(feature = "trace")]
    with_ring(|ring, now| ring.add(now, event, data));
    #[cfg(not(feature = "trace"))]
    let _ = (event, data);
}

/// A task loses the processor.
pub(super) fn switch_out(task: impl FnOnce() -> u32) {
    #[cfg(feature = "trace")]
    {
        let id = task();
        with_ring(|ring, now| ring.add(now, THREAD_SWITCH_OUT, id));
    }
    #[cfg(not(feature = "trace"))]
    let _ = task;
}

/// A task with this name and identifier gets the processor.
pub(super) fn switch_in(name: u32, id: u32) {
    #[cfg(feature = "trace")]
    with_ring(|ring, now| ring.switch_in(now, id, name));
    #[cfg(not(feature = "trace"))]
    let _ = (name, id);
}

#[unsafe(no_mangle)]
extern "C" fn rtems_record_produce(event: u32, data: usize) {
    #[cfg(feature = "trace")]
    with_ring(|ring, now| ring.add(now, event, data as u32));
    #[cfg(not(feature = "trace"))]
    let _ = (event, data);
}

#[unsafe(no_mangle)]
extern "C" fn rtems_record_produce_2(first: u32, first_data: usize, second: u32, second_data: usize) {
    #[cfg(feature = "trace")]
    with_ring(|ring, now| {
        ring.add(now, first, first_data as u32);
        ring.add(now, second, second_data as u32);
    });
    #[cfg(not(feature = "trace"))]
    let _ = (first, first_data, second, second_data);
}
