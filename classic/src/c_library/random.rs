//! `<stdlib.h>`: numbers that look random, the same ones after the same start.

use core::ffi::{c_int, c_uint};

use bulkhead_cell::Single;

/// Where the program's only sequence is.
static SEED: Single<c_uint> = Single::new(1);

/// The next number of a sequence, 0 to 2^31 - 1 (the generator xorshift32, scaled down).
///
/// # Safety
/// `seed` is readable and writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn rand_r(seed: *mut c_uint) -> c_int {
    // SAFETY: the caller's promise.
    let mut bits = unsafe { seed.read() };
    // A sequence of zeros would be nothing else.
    bits = if bits == 0 { 0x6b43_a9b5 } else { bits };
    bits ^= bits << 13;
    bits ^= bits >> 17;
    bits ^= bits << 5;
    // SAFETY: the caller's promise.
    unsafe { seed.write(bits) };
    (bits.wrapping_mul(0x9e37_79b1) >> 1) as c_int
}

#[unsafe(no_mangle)]
extern "C" fn rand() -> c_int {
    // SAFETY: tasks that mix their calls get numbers of one sequence or another.
    unsafe { rand_r(SEED.address()) }
}

#[unsafe(no_mangle)]
extern "C" fn srand(seed: c_uint) {
    // SAFETY: as above.
    unsafe { SEED.address().write(seed) };
}
