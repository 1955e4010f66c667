//! `<stdlib.h>`: sorting and searching.

use core::ffi::{c_int, c_void};

use crate::sort::{Elements, sort};

type Compare = unsafe extern "C" fn(*const c_void, *const c_void) -> c_int;

/// A program's array, with its order.
struct Array<F> {
    begin: *mut u8,
    size: usize,
    compare: F,
}

impl<F> Array<F> {
    fn at(&self, position: usize) -> *mut u8 {
        self.begin.wrapping_add(position * self.size)
    }
}

impl<F: FnMut(*const c_void, *const c_void) -> c_int> Elements for Array<F> {
    fn is_before(&mut self, first: usize, second: usize) -> bool {
        let (first, second) = (self.at(first), self.at(second));
        (self.compare)(first.cast(), second.cast()) < 0
    }

    fn exchange(&mut self, first: usize, second: usize) {
        // SAFETY: two different elements of the caller's array.
        unsafe { core::ptr::swap_nonoverlapping(self.at(first), self.at(second), self.size) };
    }
}

/// # Safety
/// `base` has `count` elements of `size` bytes, which `compare` can compare.
#[unsafe(no_mangle)]
unsafe extern "C" fn qsort(base: *mut c_void, count: usize, size: usize, compare: Compare) {
    // SAFETY: the caller's promise.
    let compare = |first, second| unsafe { compare(first, second) };
    sort(&mut Array { begin: base.cast(), size, compare }, count);
}

/// # Safety
/// As [`qsort`]; the last argument is for `compare`.
#[unsafe(no_mangle)]
unsafe extern "C" fn qsort_r(
    base: *mut c_void,
    count: usize,
    size: usize,
    compare: unsafe extern "C" fn(*const c_void, *const c_void, *mut c_void) -> c_int,
    argument: *mut c_void,
) {
    // SAFETY: the caller's promise.
    let compare = |first, second| unsafe { compare(first, second, argument) };
    sort(&mut Array { begin: base.cast(), size, compare }, count);
}

/// # Safety
/// As [`qsort`], and the elements are in the order of `compare`, which takes the key first.
#[unsafe(no_mangle)]
unsafe extern "C" fn bsearch(
    key: *const c_void,
    base: *const c_void,
    mut count: usize,
    size: usize,
    compare: Compare,
) -> *mut c_void {
    let mut begin = base.cast::<u8>();
    while count > 0 {
        let middle = begin.wrapping_add(count / 2 * size);
        // SAFETY: the caller's promise; the element is one of the array's.
        match unsafe { compare(key, middle.cast()) } {
            0 => return middle.cast_mut().cast(),
            ..0 => count /= 2,
            _ => {
                begin = middle.wrapping_add(size);
                count -= count / 2 + 1;
            }
        }
    }
    core::ptr::null_mut()
}
