//! Statuses and versions in words.

use core::ffi::{CStr, c_char};

/// The names of the status codes, by number.
const STATUSES: [&CStr; 30] = [
    c"RTEMS_SUCCESSFUL",
    c"RTEMS_TASK_EXITTED",
    c"RTEMS_MP_NOT_CONFIGURED",
    c"RTEMS_INVALID_NAME",
    c"RTEMS_INVALID_ID",
    c"RTEMS_TOO_MANY",
    c"RTEMS_TIMEOUT",
    c"RTEMS_OBJECT_WAS_DELETED",
    c"RTEMS_INVALID_SIZE",
    c"RTEMS_INVALID_ADDRESS",
    c"RTEMS_INVALID_NUMBER",
    c"RTEMS_NOT_DEFINED",
    c"RTEMS_RESOURCE_IN_USE",
    c"RTEMS_UNSATISFIED",
    c"RTEMS_INCORRECT_STATE",
    c"RTEMS_ALREADY_SUSPENDED",
    c"RTEMS_ILLEGAL_ON_SELF",
    c"RTEMS_ILLEGAL_ON_REMOTE_OBJECT",
    c"RTEMS_CALLED_FROM_ISR",
    c"RTEMS_INVALID_PRIORITY",
    c"RTEMS_INVALID_CLOCK",
    c"RTEMS_INVALID_NODE",
    c"RTEMS_NOT_CONFIGURED",
    c"RTEMS_NOT_OWNER_OF_RESOURCE",
    c"RTEMS_NOT_IMPLEMENTED",
    c"RTEMS_INTERNAL_ERROR",
    c"RTEMS_NO_MEMORY",
    c"RTEMS_IO_ERROR",
    c"RTEMS_INTERRUPTED",
    c"RTEMS_PROXY_BLOCKING",
];

#[unsafe(no_mangle)]
extern "C" fn rtems_status_text(status: u32) -> *const c_char {
    STATUSES.get(status as usize).copied().unwrap_or(c"?").as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn rtems_get_version_string() -> *const c_char {
    const VERSION: &str = concat!("bulkhead classic stand-in ", env!("CARGO_PKG_VERSION"), " (not RTEMS)\0");
    VERSION.as_ptr().cast()
}
