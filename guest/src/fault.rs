//! Faults: what happens when the partition does something that it must not.

use bulkhead_cell::Single;

use crate::arch::{Arch, FaultFrame, Processor};
use crate::host::{Host, Kernel};
use crate::{interrupts, one};

/// A fault handler: called on the fault stack with virtual interrupts disabled. When it returns, the partition goes on
/// as the frame then says. One that has removed itself and leaves interrupts disabled in the frame gives the fault to
/// the health monitor: the same instruction faults again, and nothing is written to a stack that may be the cause.
///
/// A fault inside the handler goes to the health monitor, until the handler returns or calls [`taken`].
pub type Handler = unsafe extern "C" fn(frame: *mut FaultFrame);

/// The handler, and the address of it with all bits changed: a stack that overflows writes over everything below it,
/// and what it has left here is not called.
#[derive(Clone, Copy)]
struct Slot {
    handler: Option<Handler>,
    inverse: usize,
}

static HANDLER: Single<Slot> = Single::new(Slot { handler: None, inverse: 0 });

impl Slot {
    fn of(handler: Option<Handler>) -> Self {
        Self { handler, inverse: !handler.map_or(0, |function| function as usize) }
    }

    /// The handler as it was installed.
    fn installed() -> Option<Handler> {
        // SAFETY: `set_handler` writes it while faults go to the health monitor, so it is never half written here.
        let slot = unsafe { HANDLER.address().read() };
        slot.handler.filter(|&function| !(function as usize) == slot.inverse)
    }
}

/// Installs the handler of all faults, or removes it with `None`: faults then go to the health monitor.
///
/// # Safety
/// `function` must be sound to call whatever the partition was doing, with a frame that it may change.
pub unsafe fn set_handler(function: Option<Handler>) {
    Kernel::set_upcalls(Processor::interrupt_entry(), 0);
    // SAFETY: the health monitor gets faults from here on, so that `handle` does not read it half written.
    unsafe { HANDLER.address().write(Slot::of(function)) };
    if function.is_some() {
        Kernel::set_upcalls(Processor::interrupt_entry(), Processor::fault_entry());
    }
}

/// Deals with a fault of a task, and says whether it has: the frame is as it is to go on then.
pub type Claim = fn(frame: &mut FaultFrame) -> bool;

one! {
    /// Written with interrupts disabled; no fault comes meanwhile.
    static CLAIM: Option<Claim> = None;
}

/// From now on a function has the faults of tasks before an executive's own handler deals with them: the executive asks
/// with [`claimed`].
pub fn set_claim(function: Claim) {
    // SAFETY: interrupts are disabled, and a static of ours is no fault. Volatile, or the compiler would call the one
    // function that there is without a look at the static, and every program would have it.
    interrupts::without(|| unsafe { CLAIM.address().write_volatile(Some(function)) });
}

/// Whether a function has claimed the faults of tasks, and has dealt with this one: then the handler returns at once.
/// For an executive's handler, which asks if the task has not left its stack.
pub fn claimed(frame: &mut FaultFrame) -> bool {
    // SAFETY: read on the fault stack, and `set_claim` causes no fault.
    unsafe { CLAIM.address().read_volatile() }.is_some_and(|function| function(frame))
}

/// Lets the next fault be delivered although the handler has not returned. For a handler that will not return to the
/// frame: one that has copied what it needs of it and goes on elsewhere.
pub fn taken() {
    Kernel::fault_taken();
}

/// Calls the handler. The processor's fault entry calls it, on the fault stack. Returns whether there is a handler
/// still; where one has been overwritten the health monitor gets the fault.
///
/// # Safety
/// `frame` is the fault entry's own.
#[cfg_attr(not(target_os = "none"), allow(dead_code))]
pub(crate) unsafe extern "C" fn handle(frame: *mut FaultFrame) -> bool {
    match Slot::installed() {
        // SAFETY: whoever installed it promised that it may be called now.
        Some(function) => unsafe { function(frame) },
        None => {
            Kernel::set_upcalls(Processor::interrupt_entry(), 0);
            // SAFETY: the caller's promise.
            unsafe { (*frame).disable_interrupts() };
        }
    }
    Slot::installed().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::simulated;

    #[test]
    fn faults_are_asked_for_only_while_there_is_a_handler() {
        unsafe extern "C" fn stay(_frame: *mut FaultFrame) {}
        // SAFETY: the handler does nothing.
        unsafe { set_handler(Some(stay)) };
        assert_eq!(simulated::upcalls(), (Processor::interrupt_entry(), Processor::fault_entry()));
        // SAFETY: no handler is left.
        unsafe { set_handler(None) };
        assert_eq!(simulated::upcalls(), (Processor::interrupt_entry(), 0));
    }

    #[test]
    fn who_claims_faults_has_them_first() {
        fn claim(frame: &mut FaultFrame) -> bool {
            frame.kind == 1
        }
        let mut frame = FaultFrame { kind: 1, program_counter: 0, interrupts_enabled: true };
        assert!(!claimed(&mut frame), "nobody has claimed any");
        set_claim(claim);
        assert!(claimed(&mut frame));
        frame.kind = 2;
        assert!(!claimed(&mut frame));
    }

    #[test]
    fn a_handler_that_has_been_overwritten_is_not_called() {
        unsafe extern "C" fn never(_frame: *mut FaultFrame) {
            panic!("it was called");
        }
        // SAFETY: the handler touches nothing.
        unsafe { set_handler(Some(never)) };
        // SAFETY: no fault comes in a test.
        unsafe { (*HANDLER.address()).inverse = 7 };
        let mut frame = FaultFrame { kind: 1, program_counter: 0, interrupts_enabled: true };
        // SAFETY: the frame is ours.
        assert!(!unsafe { handle(&raw mut frame) });
        assert!(!frame.interrupts_enabled);
        assert_eq!(simulated::upcalls(), (Processor::interrupt_entry(), 0));
    }
}
