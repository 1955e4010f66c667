//! RTEMS's cache manager. Caches are the kernel's to control, and data caches are coherent: every operation is done
//! when it is asked for. What changes code says so, and the processor is told where it has to be.

use core::ffi::c_void;

use crate::arch::{CACHE_LINE_SIZE, code_changed};

macro_rules! nothing_to_do {
    ($($name:ident($($argument:ty),*);)*) => {
        $(#[unsafe(no_mangle)]
        extern "C" fn $name($(_: $argument),*) {})*
    };
}

nothing_to_do! {
    rtems_cache_flush_multiple_data_lines(*const c_void, usize);
    rtems_cache_invalidate_multiple_data_lines(*const c_void, usize);
    rtems_cache_flush_entire_data();
    rtems_cache_invalidate_entire_data();
    rtems_cache_freeze_data();
    rtems_cache_freeze_instruction();
    rtems_cache_unfreeze_data();
    rtems_cache_unfreeze_instruction();
    rtems_cache_enable_data();
    rtems_cache_disable_data();
    rtems_cache_enable_instruction();
    rtems_cache_disable_instruction();
}

#[unsafe(no_mangle)]
extern "C" fn rtems_cache_instruction_sync_after_code_change(_code: *const c_void, _size: usize) {
    code_changed();
}

#[unsafe(no_mangle)]
extern "C" fn rtems_cache_invalidate_multiple_instruction_lines(_code: *const c_void, _size: usize) {
    code_changed();
}

#[unsafe(no_mangle)]
extern "C" fn rtems_cache_invalidate_entire_instruction() {
    code_changed();
}

#[unsafe(no_mangle)]
extern "C" fn rtems_cache_get_maximal_line_size() -> usize {
    CACHE_LINE_SIZE
}

#[unsafe(no_mangle)]
extern "C" fn rtems_cache_get_data_line_size() -> usize {
    CACHE_LINE_SIZE
}

#[unsafe(no_mangle)]
extern "C" fn rtems_cache_get_instruction_line_size() -> usize {
    CACHE_LINE_SIZE
}

/// 0: the size is not known. `level` 0 asks for all levels together.
#[unsafe(no_mangle)]
extern "C" fn rtems_cache_get_data_cache_size(_level: u32) -> usize {
    0
}

/// 0: the size is not known.
#[unsafe(no_mangle)]
extern "C" fn rtems_cache_get_instruction_cache_size(_level: u32) -> usize {
    0
}
