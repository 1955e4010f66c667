//! The call instruction of an i386 guest, and where the words of the interface are.

use core::arch::asm;
use core::mem::offset_of;

use bulkhead_abi::machine::i386;
use bulkhead_abi::{Hypercall, InformationPage};

pub(crate) use i386::{INFORMATION_PAGE, SHARED_PAGE};

bulkhead_guest::host_words!(
    page: "{page}",
    clock: "{clock}",
    page = const SHARED_PAGE,
    clock = const INFORMATION_PAGE as usize + offset_of!(InformationPage, clock),
    data_selector = const i386::DATA_SELECTOR,
);

/// Makes a call: number in `eax`, arguments in `ebx` and `ecx`, the answer in `eax`.
///
/// # Safety
/// The kernel may write to a range that the arguments name; the caller must own it.
#[inline(always)]
pub(crate) unsafe fn hypercall(number: u32, [first, second]: [u32; 2]) -> i32 {
    let answer: u32;
    // SAFETY: the kernel keeps every register but the result; memory that it writes is the caller's promise.
    unsafe {
        asm!(
            "int {vector}",
            vector = const i386::HYPERCALL_VECTOR,
            inlateout("eax") number => answer,
            in("ebx") first,
            in("ecx") second,
            options(nostack),
        );
    }
    answer as i32
}

/// Makes a call with three arguments, the third in `edx`.
///
/// # Safety
/// As for [`hypercall`].
#[inline(always)]
pub(crate) unsafe fn long_hypercall(number: u32, [first, second, third]: [u32; 3]) -> i32 {
    let answer: u32;
    // SAFETY: as for `hypercall`.
    unsafe {
        asm!(
            "int {vector}",
            vector = const i386::HYPERCALL_VECTOR,
            inlateout("eax") number => answer,
            in("ebx") first,
            in("ecx") second,
            in("edx") third,
            options(nostack),
        );
    }
    answer as i32
}

/// Sets the base of the segment that thread-local storage is found by.
#[inline(always)]
pub(crate) fn set_tls_base(base: usize) {
    // SAFETY: the kernel keeps every register but the result, and writes no memory of the guest's; a call with one
    // argument does not look at `ecx`.
    unsafe {
        asm!(
            "int {vector}",
            vector = const i386::HYPERCALL_VECTOR,
            inlateout("eax") Hypercall::SetTlsBase as u32 => _,
            in("ebx") base,
            options(nostack),
        );
    }
}
