//! The health monitor: errors that the partition raises, its watchdog, errors that the kernel tells it of, and the log.
//!
//! The system file says what becomes of each error. What the partition can deal with itself comes to it first where the
//! file says so: faults at the fault entry ([`crate::fault`]), and what the kernel notices on [`Line::Health`].

use core::sync::atomic::Ordering;

use bulkhead_abi::system_table::NO_PARTITION;
use bulkhead_abi::{Error, HealthError, HealthRecord, Line};

use crate::host::{Host, Kernel};
use crate::{interrupts, one};

/// A handler as C sees it: called with virtual interrupts disabled, on the interrupt stack, with the number of a
/// [`HealthError`].
pub type Handler = unsafe extern "C" fn(error: u32);

/// Tells the health monitor of an error of the partition's own, with two numbers of which the log tells. Returns if the
/// partition is to go on.
///
/// # Errors
/// `BadArgument` if a partition cannot raise it: [`HealthError::can_be_raised`].
pub fn raise(error: HealthError, code: u32, detail: u32) -> Result<(), Error> {
    Kernel::raise_error(error, code, detail)
}

/// Serves the partition's watchdog, which begins anew.
///
/// # Errors
/// `NotPermitted` if the system file gives the partition none.
pub fn serve_watchdog() -> Result<(), Error> {
    Kernel::serve_watchdog()
}

/// Whose log is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The partition with this number.
    Partition(u32),
    /// The module.
    Module,
}

/// The oldest entry that is kept of those with this number or a higher one.
///
/// # Errors
/// `NotAvailable` if there is none yet, `NotPermitted` for another's log or the module's without the right,
/// `BadArgument` if there is no such partition.
pub fn read(owner: Owner, sequence: u32) -> Result<HealthRecord, Error> {
    let partition = match owner {
        Owner::Partition(number) => number,
        Owner::Module => NO_PARTITION,
    };
    Kernel::health_read(partition, sequence)
}

/// The entries of a log that are kept, the oldest first; none where they may not be read.
pub fn log(owner: Owner) -> impl Iterator<Item = HealthRecord> {
    let mut sequence = 0;
    core::iter::from_fn(move || {
        let record = read(owner, sequence).ok()?;
        sequence = record.sequence.wrapping_add(1);
        Some(record)
    })
}

one! {
    /// Written with interrupts disabled, so that no dispatch sees it half written.
    static HANDLER: Option<Handler> = None;
}

/// Installs a function as the handler of the errors that the kernel tells of, in place of the one before, and lets the
/// line through: from now on the partition deals with those that the system file delivers.
pub fn install(function: fn(HealthError)) {
    one! {
        /// Written with interrupts disabled.
        static FUNCTION: Option<fn(HealthError)> = None;
    }
    unsafe extern "C" fn trampoline(error: u32) {
        // SAFETY: interrupts are disabled in a handler.
        let function = unsafe { *FUNCTION.address() };
        if let (Some(function), Some(error)) = (function, HealthError::from_number(error)) {
            function(error);
        }
    }
    // SAFETY: interrupts are disabled.
    interrupts::without(|| unsafe { FUNCTION.address().write(Some(function)) });
    // SAFETY: a safe function is sound to call at any time.
    unsafe { install_raw(Some(trampoline)) };
}

/// Installs a handler as C sees it, as [`install`]; with `None` errors go to the health monitor from now on.
///
/// # Safety
/// The function must be sound to call at any moment at which interrupts are enabled.
pub unsafe fn install_raw(function: Option<Handler>) {
    let line = Line::Health as u32;
    // SAFETY: interrupts are disabled.
    interrupts::without(|| unsafe { HANDLER.address().write(function) });
    // A line that there is is never refused.
    if function.is_none() {
        let _ = interrupts::mask(line);
        return;
    }
    // SAFETY: `dispatch` may be called in any handler of the line.
    let _ = unsafe { interrupts::install_raw(line, dispatch, core::ptr::null_mut()) };
    if Kernel::shared().errors.load(Ordering::Relaxed) != 0 {
        Kernel::raise(line);
    }
    let _ = interrupts::unmask(line);
}

/// Calls the handler for each error of which the kernel has told, the lowest number first.
unsafe extern "C" fn dispatch(_argument: *mut core::ffi::c_void) {
    loop {
        // SAFETY: interrupts are disabled here.
        let Some(function) = (unsafe { *HANDLER.address() }) else { return };
        let errors = Kernel::shared().errors.load(Ordering::Relaxed);
        if errors == 0 {
            return;
        }
        let error = errors.trailing_zeros();
        Kernel::shared().errors.fetch_and(!(1 << error), Ordering::Relaxed);
        // SAFETY: whoever installed it promised that it may be called now.
        unsafe { function(error) };
        interrupts::disable();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::host::simulated::{self, health as world};

    thread_local! {
        static TOLD: RefCell<Vec<HealthError>> = const { RefCell::new(Vec::new()) };
    }

    #[test]
    fn what_the_kernel_tells_of_reaches_the_handler_once() {
        simulated::begin();
        interrupts::enable();
        world::tell(HealthError::Watchdog);
        assert_eq!(TOLD.take(), []);
        install(|error| TOLD.with_borrow_mut(|told| told.push(error)));
        assert_eq!(TOLD.take(), [HealthError::Watchdog], "what came before waits for it");
        interrupts::disable();
        world::tell(HealthError::CallFlood);
        world::tell(HealthError::WindowLost);
        interrupts::enable();
        assert_eq!(TOLD.take(), [HealthError::WindowLost, HealthError::CallFlood]);
        // SAFETY: nothing is installed.
        unsafe { install_raw(None) };
        assert!(!Kernel::shared().lets_through(Line::Health), "the kernel is to act from now on");
    }

    #[test]
    fn what_is_raised_is_in_the_log() {
        assert_eq!(raise(HealthError::Application, 7, 8), Ok(()));
        assert_eq!(raise(HealthError::Watchdog, 0, 0), Err(Error::BadArgument));
        assert_eq!(raise(HealthError::StackOverflow, 9, 0), Ok(()));
        let codes: Vec<_> = log(Owner::Partition(0)).map(|record| (record.error, record.code)).collect();
        assert_eq!(codes, [(12, 7), (10, 9)]);
        assert_eq!(read(Owner::Partition(0), 2), Err(Error::NotAvailable));
        assert_eq!(read(Owner::Module, 0), Err(Error::NotPermitted));
        assert_eq!(read(Owner::Partition(2), 0), Err(Error::BadArgument));
        assert_eq!((serve_watchdog(), world::served()), (Ok(()), 1));
    }
}
