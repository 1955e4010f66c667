//! What C++ compilers call, for programs without the C++ library: objects on the heap, and constructors before the
//! first task. The names are those of the Itanium C++ ABI; there is no exception, no run-time type, and no end at which
//! destructors run.

use core::ffi::c_void;

use crate::edge::{Source, terminate};

use super::standard::{free, malloc};

unsafe extern "C" {
    static __init_array_start: [extern "C" fn(); 0];
    static __init_array_end: [extern "C" fn(); 0];
}

/// Calls the constructors of the program's variables, in the order that the linker has put them in.
pub(crate) fn construct() {
    let mut next = (&raw const __init_array_start).cast::<extern "C" fn()>();
    while next != (&raw const __init_array_end).cast() {
        // SAFETY: between the two are functions without arguments, all of them valid.
        unsafe {
            (*next)();
            next = next.add(1);
        }
    }
}

/// `operator new` cannot return nothing, and there is nobody to catch an exception.
extern "C" fn allocate(size: usize) -> *mut u8 {
    let block = malloc(size.max(1));
    if block.is_null() {
        terminate(Source::Panic, 0);
    }
    block
}

macro_rules! operators {
    ($($new:ident $delete:ident $delete_sized:ident;)*) => {
        $(
            #[unsafe(no_mangle)]
            #[allow(non_snake_case)]
            extern "C" fn $new(size: usize) -> *mut u8 {
                allocate(size)
            }

            /// # Safety
            /// As `free`.
            #[unsafe(no_mangle)]
            #[allow(non_snake_case)]
            unsafe extern "C" fn $delete(block: *mut u8) {
                // SAFETY: the caller's promise.
                unsafe { free(block) };
            }

            /// # Safety
            /// As `free`.
            #[unsafe(no_mangle)]
            #[allow(non_snake_case)]
            unsafe extern "C" fn $delete_sized(block: *mut u8, _size: usize) {
                // SAFETY: the caller's promise.
                unsafe { free(block) };
            }
        )*
    };
}

// `new`, `delete`, and `delete` with a size; then the same for arrays.
operators! {
    _Znwj _ZdlPv _ZdlPvj;
    _Znaj _ZdaPv _ZdaPvj;
}

/// What stands in a class's table for a function that has no body.
#[unsafe(no_mangle)]
extern "C" fn __cxa_pure_virtual() -> ! {
    terminate(Source::Panic, 0)
}

/// Takes note of a destructor, which is never called: a partition's end leaves nothing behind.
#[unsafe(no_mangle)]
extern "C" fn __cxa_atexit(
    _destructor: extern "C" fn(*mut c_void),
    _object: *mut c_void,
    _module: *mut c_void,
) -> i32 {
    0
}

/// Tells shared libraries apart, of which there are none.
#[unsafe(no_mangle)]
static __dso_handle: u8 = 0;
