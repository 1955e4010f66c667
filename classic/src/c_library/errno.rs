//! `<errno.h>`: the number of the last error, one for each task, and what it says.

use core::ffi::{CStr, c_char, c_int};

use bulkhead_cell::Single;

/// The executing task's. The others' are on their stacks: [`exchange`].
static ERRNO: Single<c_int> = Single::new(0);

/// Errors by the numbers that RTEMS's C library gives them.
pub(super) const ENOMEM: c_int = 12;
pub(super) const EINVAL: c_int = 22;
pub(super) const EDOM: c_int = 33;
pub(super) const ERANGE: c_int = 34;
pub(super) const EOVERFLOW: c_int = 139;

/// Where a program finds the number.
#[unsafe(no_mangle)]
extern "C" fn __errno() -> *mut c_int {
    ERRNO.address()
}

/// Stores the executing task's last error.
pub(super) fn set(error: c_int) {
    // SAFETY: an `int` that only the executing task uses.
    unsafe { ERRNO.address().write(error) };
}

/// The executing task's last error.
pub(super) fn last() -> c_int {
    // SAFETY: as above.
    unsafe { ERRNO.address().read() }
}

/// The executing task's last error, and from now on another one. Interrupts are disabled.
pub(crate) fn exchange(error: c_int) -> c_int {
    // SAFETY: nobody else executes.
    unsafe { ERRNO.address().replace(error) }
}

/// What the errors of `classic/include/errno.h` say.
const TEXTS: [(c_int, &CStr); 49] = [
    (0, c"Success"),
    (1, c"Not owner"),
    (2, c"No such file or directory"),
    (3, c"No such process"),
    (4, c"Interrupted system call"),
    (5, c"I/O error"),
    (6, c"No such device or address"),
    (7, c"Arg list too long"),
    (9, c"Bad file number"),
    (10, c"No children"),
    (11, c"No more processes"),
    (ENOMEM, c"Not enough space"),
    (13, c"Permission denied"),
    (14, c"Bad address"),
    (16, c"Device or resource busy"),
    (17, c"File exists"),
    (18, c"Cross-device link"),
    (19, c"No such device"),
    (20, c"Not a directory"),
    (21, c"Is a directory"),
    (EINVAL, c"Invalid argument"),
    (23, c"Too many open files in system"),
    (24, c"File descriptor value too large"),
    (25, c"Not a character device"),
    (27, c"File too large"),
    (28, c"No space left on device"),
    (29, c"Illegal seek"),
    (30, c"Read-only file system"),
    (31, c"Too many links"),
    (32, c"Broken pipe"),
    (EDOM, c"Mathematics argument out of domain of function"),
    (ERANGE, c"Result too large"),
    (35, c"No message of desired type"),
    (45, c"Deadlock"),
    (46, c"No lock"),
    (71, c"Protocol error"),
    (77, c"Bad message"),
    (88, c"Function not implemented"),
    (90, c"Directory not empty"),
    (91, c"File or path name too long"),
    (92, c"Too many symbolic links"),
    (95, c"Operation not supported on socket"),
    (112, c"Address already in use"),
    (116, c"Connection timed out"),
    (119, c"Connection already in progress"),
    (122, c"Message too long"),
    (134, c"Not supported"),
    (138, c"Illegal byte sequence"),
    (EOVERFLOW, c"Value too large for defined data type"),
];

/// What an error says.
pub(super) fn text(error: c_int) -> &'static CStr {
    TEXTS.iter().find(|(number, _)| *number == error).map_or(c"Unknown error", |(_, text)| text)
}

#[unsafe(no_mangle)]
extern "C" fn strerror(error: c_int) -> *const c_char {
    text(error).as_ptr()
}
