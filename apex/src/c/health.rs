//! The functions of `apex/include/arinc653.h` for errors and schedules.

use super::{code, message, named, store};
use crate::directory::Identifier;
use crate::{ReturnCode, error, schedule};

/// The bytes of a text that can be empty.
///
/// # Safety
/// If `address` is not null, `length` bytes are readable there.
unsafe fn text<'a>(address: *const u8, length: i32) -> Result<&'a [u8], ReturnCode> {
    match length {
        0 => Ok(&[]),
        _ if length < 0 || length as usize > error::MESSAGE_MAX => Err(ReturnCode::InvalidParam),
        // SAFETY: the caller's promise.
        _ => unsafe { message(address, length) },
    }
}

services! {
    /// Writes a message to the log.
    fn REPORT_APPLICATION_MESSAGE(address: *const u8, length: i32) {
        // SAFETY: the caller's promise.
        code(unsafe { text(address, length) }.and_then(error::report_application_message))
    }

    /// Raises an error.
    fn RAISE_APPLICATION_ERROR(error_code: u32, address: *const u8, length: i32) {
        // SAFETY: the caller's promise.
        let text = unsafe { text(address, length) };
        code(text.and_then(|text| error::raise_application_error(error_code, text)))
    }

    /// Creates the error handler.
    fn CREATE_ERROR_HANDLER("bulkhead_create_error_handler")(entry: Option<extern "C" fn()>, stack_size: u32) {
        code(error::create_error_handler(entry, stack_size))
    }

    /// The oldest error that waits for the error handler.
    fn GET_ERROR_STATUS(status: *mut error::Status) {
        // SAFETY: the caller's promise.
        unsafe { store(status, error::get_error_status()) }
    }

    /// Says whether tasks wait for the error handler.
    fn CONFIGURE_ERROR_HANDLER(concurrency: u32, core: i32) {
        code(error::configure_error_handler(concurrency, core))
    }

    /// Asks for a schedule.
    fn SET_MODULE_SCHEDULE(identifier: Identifier) {
        code(schedule::set_module_schedule(identifier))
    }

    /// Which schedule runs.
    fn GET_MODULE_SCHEDULE_STATUS(status: *mut schedule::Status) {
        // SAFETY: the caller's promise.
        unsafe { store(status, schedule::get_module_schedule_status()) }
    }

    /// How services know a schedule.
    fn GET_MODULE_SCHEDULE_ID(name: *const u8, identifier: *mut Identifier) {
        // SAFETY: the caller's promise.
        unsafe { store(identifier, schedule::get_module_schedule_id(&named(name))) }
    }
}
