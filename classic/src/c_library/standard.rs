//! `<stdlib.h>`: memory, and the end of the program.

use core::ffi::{c_char, c_int};
use core::ptr::NonNull;

use bulkhead_cell::Single;
use bulkhead_guest::interrupts;

use super::errno::{self, EINVAL, ENOMEM};
use crate::edge::{Source, heap, terminate};
use crate::heap::ALIGNMENT;

/// How many functions can wait for the program's end.
const AT_EXIT: usize = 32;

/// What is called at the program's end, and how many there are.
static AT_EXIT_FUNCTIONS: Single<([Option<extern "C" fn()>; AT_EXIT], usize)> =
    Single::new(([None; AT_EXIT], 0));

#[unsafe(no_mangle)]
pub(super) extern "C" fn malloc(size: usize) -> *mut u8 {
    let block = heap(|heap| heap.allocate(size));
    if block.is_none() {
        errno::set(ENOMEM);
    }
    block.map_or(core::ptr::null_mut(), NonNull::as_ptr)
}

/// Blocks are aligned for every type; one that must be so to more than that cannot be had.
#[unsafe(no_mangle)]
extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut u8 {
    if !alignment.is_power_of_two() || alignment > ALIGNMENT {
        errno::set(EINVAL);
        return core::ptr::null_mut();
    }
    malloc(size)
}

#[unsafe(no_mangle)]
extern "C" fn calloc(count: usize, size: usize) -> *mut u8 {
    let Some(bytes) = count.checked_mul(size) else {
        return core::ptr::null_mut();
    };
    let block = malloc(bytes);
    if !block.is_null() {
        // SAFETY: the block has this size.
        unsafe { block.write_bytes(0, bytes) };
    }
    block
}

/// # Safety
/// `block` is null or was allocated and not freed.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: *mut u8, size: usize) -> *mut u8 {
    let Some(old) = NonNull::new(block) else {
        return malloc(size);
    };
    // SAFETY: the caller's promise.
    let old_size = heap(|heap| unsafe { heap.size(old) });
    if size <= old_size {
        return block;
    }
    let new = malloc(size);
    if !new.is_null() {
        // SAFETY: both blocks have this size; the old one is the caller's to free.
        unsafe {
            new.copy_from_nonoverlapping(block, old_size);
            free(block);
        }
    }
    new
}

/// # Safety
/// `block` is null or was allocated and not freed.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn free(block: *mut u8) {
    if let Some(block) = NonNull::new(block) {
        // SAFETY: the caller's promise.
        heap(|heap| unsafe { heap.release(block) });
    }
}

#[unsafe(no_mangle)]
extern "C" fn atexit(function: extern "C" fn()) -> c_int {
    interrupts::without(|| {
        // SAFETY: interrupts are disabled, and nothing is called here.
        let (functions, count) = unsafe { AT_EXIT_FUNCTIONS.borrow() };
        let Some(place) = functions.get_mut(*count) else {
            return -1;
        };
        *place = Some(function);
        *count += 1;
        0
    })
}

/// Takes the function that was registered last.
fn last_at_exit() -> Option<extern "C" fn()> {
    interrupts::without(|| {
        // SAFETY: interrupts are disabled, and nothing is called here.
        let (functions, count) = unsafe { AT_EXIT_FUNCTIONS.borrow() };
        *count = count.checked_sub(1)?;
        functions.get_mut(*count)?.take()
    })
}

#[unsafe(no_mangle)]
extern "C" fn exit(status: c_int) -> ! {
    while let Some(function) = last_at_exit() {
        function();
    }
    terminate(Source::Exit, status as usize)
}

/// Ends the partition; nothing is called before.
#[unsafe(no_mangle)]
extern "C" fn _Exit(status: c_int) -> ! {
    terminate(Source::Exit, status as usize)
}

/// A partition has no environment.
#[unsafe(no_mangle)]
extern "C" fn getenv(_name: *const c_char) -> *mut c_char {
    core::ptr::null_mut()
}

#[unsafe(no_mangle)]
extern "C" fn bulkhead_classic_assertion_failed() -> ! {
    terminate(Source::Assert, 0)
}
