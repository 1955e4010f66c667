//! Faults: what happens when the partition does something that it must not.

use bulkhead_cell::Single;

use crate::arch::{Arch, Current as Processor, FaultFrame};
use crate::host::{Current as Kernel, Host};

/// A fault handler: called on the fault stack with virtual interrupts disabled. When it returns, the partition goes on
/// as the frame then says.
///
/// A fault inside the handler goes to the health monitor, until the handler returns or calls [`taken`].
pub type Handler = unsafe extern "C" fn(frame: *mut FaultFrame);

/// A pointer, which is stored in one instruction.
static HANDLER: Single<Option<Handler>> = Single::new(None);

/// Installs the handler of all faults, or removes it with `None`: faults then go to the health monitor.
///
/// # Safety
/// `function` must be sound to call whatever the partition was doing, with a frame that it may change.
pub unsafe fn set_handler(function: Option<Handler>) {
    if function.is_none() {
        Kernel::set_upcalls(Processor::interrupt_entry(), 0);
    }
    // SAFETY: one processor runs the partition, and a fault meanwhile finds the one or the other.
    unsafe { HANDLER.address().write(function) };
    if function.is_some() {
        Kernel::set_upcalls(Processor::interrupt_entry(), Processor::fault_entry());
    }
}

/// Lets the next fault be delivered although the handler has not returned. For a handler that will not return to the
/// frame: one that has copied what it needs of it and goes on elsewhere.
pub fn taken() {
    Kernel::fault_taken();
}

/// Calls the handler. The processor's fault entry calls it, on the fault stack.
#[cfg_attr(not(target_os = "none"), allow(dead_code))]
pub(crate) extern "C" fn handle(frame: *mut FaultFrame) {
    // SAFETY: whoever writes it is interrupted by the fault, before or after the pointer is stored.
    if let Some(function) = unsafe { HANDLER.address().read() } {
        // SAFETY: whoever installed it promised that it may be called now; the frame is the fault entry's own.
        unsafe { function(frame) };
    }
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
}
