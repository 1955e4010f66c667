//! The call instruction of a SPARC guest.

use core::arch::asm;

use bulkhead_abi::machine::sparc;

pub(crate) use sparc::{INFORMATION_PAGE, SHARED_PAGE};

/// Makes a call: number in `%g1`, arguments in `%o0` and `%o1`, the answer in `%o0`.
///
/// # Safety
/// The kernel may write to a range that the arguments name; the caller must own it.
#[inline(always)]
pub(crate) unsafe fn hypercall(number: u32, [first, second]: [u32; 2]) -> i32 {
    let answer: u32;
    // SAFETY: the kernel keeps every register but the result; memory that it writes is the caller's promise. The
    // compiler keeps nothing in `%g1` from one instruction to the next.
    unsafe {
        asm!(
            "mov {number}, %g1",
            "ta {trap}",
            trap = const sparc::HYPERCALL_TRAP,
            number = in(reg) number,
            inlateout("o0") first => answer,
            in("o1") second,
            options(nostack),
        );
    }
    answer as i32
}

/// Makes a call with three arguments, the third in `%o2`.
///
/// # Safety
/// As for [`hypercall`].
#[inline(always)]
pub(crate) unsafe fn long_hypercall(number: u32, [first, second, third]: [u32; 3]) -> i32 {
    let answer: u32;
    // SAFETY: as for `hypercall`.
    unsafe {
        asm!(
            "mov {number}, %g1",
            "ta {trap}",
            trap = const sparc::HYPERCALL_TRAP,
            number = in(reg) number,
            inlateout("o0") first => answer,
            in("o1") second,
            in("o2") third,
            options(nostack),
        );
    }
    answer as i32
}

/// Sets the register that thread-local storage is found by.
#[inline(always)]
pub(crate) fn set_tls_base(base: usize) {
    // SAFETY: the register is the system's by the processor's ABI; the compiler never uses it.
    unsafe { asm!("mov {base}, %g7", base = in(reg) base, options(nostack, nomem)) };
}
