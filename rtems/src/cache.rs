//! RTEMS's cache manager. Caches of this processor are coherent, instruction caches too, and are the kernel's to
//! control: every operation is done when it is asked for.

use core::ffi::c_void;

use crate::arch::CACHE_LINE_SIZE;

macro_rules! nothing_to_do {
    ($($name:ident($($argument:ty),*);)*) => {
        $(#[unsafe(no_mangle)]
        extern "C" fn $name($(_: $argument),*) {})*
    };
}

nothing_to_do! {
    rtems_cache_flush_multiple_data_lines(*const c_void, usize);
    rtems_cache_invalidate_multiple_data_lines(*const c_void, usize);
    rtems_cache_invalidate_multiple_instruction_lines(*const c_void, usize);
    rtems_cache_instruction_sync_after_code_change(*const c_void, usize);
    rtems_cache_flush_entire_data();
    rtems_cache_invalidate_entire_data();
    rtems_cache_invalidate_entire_instruction();
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
