//! Errors: messages to the log, the error handler, and a stack that has overflowed.

use a653rs::bindings::{
    ApexByte, ApexErrorP1, ApexErrorP4, ErrorCode, ErrorHandlerConcurrencyControl, ErrorReturnCode,
    ErrorStatus, ProcessorCoreId, StackSize, SystemAddress,
};
use bulkhead_apex::{error, process};
#[cfg(target_os = "none")]
use bulkhead_guest::{HealthError, arch::FaultFrame, fault, health, partition, println};

use crate::{Hypervisor, code};

/// What a partition halts with after a stack has overflowed. A panic has 255.
#[cfg(target_os = "none")]
const STATUS: u32 = 254;

/// A task has written beyond its stack: nothing that is left can be trusted to handle it. The health monitor has the
/// error; with a response that lets the partition go on, or on a kernel without one, this is its end.
#[cfg(target_os = "none")]
pub(crate) fn stack_overflow(task: u32) -> ! {
    let name = process::name_of(task);
    let name = name.as_ref().map_or(&b"error handler"[..], |name| partition::before_zero(name));
    println!("stack overflow: {}", core::str::from_utf8(name).unwrap_or_default());
    // A kernel without a health monitor of this kind has the line on the console.
    let _ = health::raise(HealthError::StackOverflow, 0, error::beginning(name));
    partition::halt(STATUS)
}

/// A fault is the error handler's, unless its task has left its stack, or was not to be interrupted: then it is the
/// partition's. On the fault stack, with interrupts disabled.
#[cfg(target_os = "none")]
unsafe extern "C" fn faulted(frame: *mut FaultFrame) {
    // SAFETY: the fault entry's own frame, which nobody else uses now.
    let frame = unsafe { &mut *frame };
    let is_a_tasks = frame.interrupts_were_enabled()
        && bulkhead_guest::interrupts::nesting() == 0
        && crate::executive::is_on_its_stack(frame.stack_pointer());
    if is_a_tasks && fault::claimed(frame) {
        return;
    }
    frame.disable_interrupts();
    // SAFETY: no handler is left.
    unsafe { fault::set_handler(None) };
}

impl ApexErrorP4 for Hypervisor {
    /// The log is the console.
    fn report_application_message(message: &[ApexByte]) -> Result<(), ErrorReturnCode> {
        error::report_application_message(message).map_err(code)
    }

    /// Without an error handler, from it or before `NORMAL`, the error is the partition's.
    fn raise_application_error(error_code: ErrorCode, message: &[ApexByte]) -> Result<(), ErrorReturnCode> {
        error::raise_application_error(error_code as u32, message).map_err(code)
    }
}

impl ApexErrorP1 for Hypervisor {
    fn create_error_handler(
        entry_point: SystemAddress,
        stack_size: StackSize,
    ) -> Result<(), ErrorReturnCode> {
        error::create_error_handler(Some(entry_point), stack_size).map_err(code)?;
        #[cfg(target_os = "none")]
        // SAFETY: the handler looks at what is always there, and leaves the rest to the services and the kernel.
        unsafe {
            fault::set_handler(Some(faulted));
        }
        Ok(())
    }

    fn get_error_status() -> Result<ErrorStatus, ErrorReturnCode> {
        let status = error::get_error_status().map_err(code)?;
        Ok(ErrorStatus {
            failed_address: address(&status),
            failed_process_id: status.process.into(),
            error_code: error_code(status.code),
            length: status.length,
            message: status.message,
        })
    }

    /// On one processor, processes wait for the error handler either way.
    fn configure_error_handler(
        concurrency_control: ErrorHandlerConcurrencyControl,
        processor_core_id: ProcessorCoreId,
    ) -> Result<(), ErrorReturnCode> {
        error::configure_error_handler(concurrency_control as u32, processor_core_id).map_err(code)
    }
}

/// Where an error was: a function, as the traits have it. What is nowhere is at the process's entry point, and what is
/// no process's is here.
fn address(status: &error::Status) -> SystemAddress {
    extern "C" fn nowhere() {}
    if status.address != 0 {
        // SAFETY: an address that is not 0 is a pointer to a function; who calls it does what it does to call any.
        return unsafe { core::mem::transmute::<usize, SystemAddress>(status.address) };
    }
    process::get_process_status(status.process)
        .ok()
        .and_then(|status| status.attributes.entry)
        .unwrap_or(nowhere)
}

fn error_code(code: u32) -> ErrorCode {
    const ALL: [ErrorCode; 8] = [
        ErrorCode::DeadlineMissed,
        ErrorCode::ApplicationError,
        ErrorCode::NumericError,
        ErrorCode::IllegalRequest,
        ErrorCode::StackOverflow,
        ErrorCode::MemoryViolation,
        ErrorCode::HardwareFault,
        ErrorCode::PowerFail,
    ];
    ALL.into_iter().find(|known| *known as u32 == code).unwrap_or(ErrorCode::ApplicationError)
}
