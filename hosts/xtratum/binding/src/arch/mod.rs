//! XtratuM seen by an i386 guest: the call gate, the interrupt table, and what the assembly is told.

use core::arch::{asm, global_asm};
use core::mem::{offset_of, size_of};

use bulkhead_abi::{ClockParameters, SharedPage};
use bulkhead_cell::Single;
use bulkhead_xtratum_facts::{CALL_GATE, CODE_SELECTOR, ControlTable, DATA_SELECTOR, Hypercall, block};

const CONTROL: usize = block::CONTROL_TABLE as usize;

bulkhead_guest::host_words!(
    page: "bulkhead_host_shared_page",
    clock: "bulkhead_host_clock",
    data_selector = const DATA_SELECTOR,
);

// Room for the words, and the way from XtratuM's interrupts to the interrupt entry.
global_asm!(
    include_str!("words.S"),
    include_str!("interrupts.S"),
    shared_page_size = const size_of::<SharedPage>(),
    clock_size = const size_of::<ClockParameters>(),
    control_flags = const CONTROL + offset_of!(ControlTable, flags),
    extended_pending = const CONTROL + offset_of!(ControlTable, extended_pending),
    extended_mask = const CONTROL + offset_of!(ControlTable, extended_mask),
    fault_address_register = const CONTROL + offset_of!(ControlTable, fault_address),
    fault_kinds = sym crate::partition::FAULT_KINDS,
    fault_entry = sym crate::partition::FAULT_ENTRY,
    note_interrupts = sym crate::partition::note_interrupts,
    end_by_fault = sym crate::partition::end_by_fault,
    options(att_syntax),
);

/// How many exceptions have an entry of the interrupt table; the one behind them is for all interrupts.
pub(crate) const EXCEPTIONS: usize = 32;

/// Bits of a present interrupt gate for ring 1 (Intel SDM volume 3A, figure 6-2).
const INTERRUPT_GATE: u32 = 0xae00;

/// The partition's interrupt table, which XtratuM reads.
#[repr(transparent)]
pub(crate) struct InterruptTable(Single<[[u32; 2]; EXCEPTIONS + 1]>);

unsafe extern "C" {
    /// Loads the segment register that thread-local storage is found by.
    pub(crate) safe fn bulkhead_xtratum_load_tls_segment();
    fn bulkhead_xtratum_exceptions();
    fn bulkhead_xtratum_interrupt();
}

impl InterruptTable {
    pub(crate) const fn new() -> Self {
        Self(Single::new([[0; 2]; EXCEPTIONS + 1]))
    }

    /// Fills the table; its address and its limit.
    pub(crate) fn fill(&self) -> (u32, u16) {
        let exceptions = bulkhead_xtratum_exceptions as *const () as usize;
        // SAFETY: it is written once, before interrupts are enabled.
        let table = unsafe { self.0.borrow() };
        for (number, gate) in table.iter_mut().enumerate() {
            let address = match number {
                EXCEPTIONS => bulkhead_xtratum_interrupt as *const () as usize,
                // The entries lie 16 bytes apart (`interrupts.S`).
                exception => exceptions + 16 * exception,
            } as u32;
            let selector = u32::from(CODE_SELECTOR) << 16;
            *gate = [address & 0xffff | selector, address & 0xffff_0000 | INTERRUPT_GATE];
        }
        (self.0.address() as usize as u32, (size_of::<[[u32; 2]; EXCEPTIONS + 1]>() - 1) as u16)
    }
}

/// Makes a hypercall; its fourth and fifth argument are 0.
///
/// # Safety
/// The hypervisor may write to a range that the arguments name; the caller must own it.
#[inline(always)]
pub(crate) unsafe fn hypercall(number: Hypercall, arguments: [usize; 3]) -> i32 {
    let answer: u32;
    // SAFETY: the hypervisor keeps every register but the result; memory that it writes is the caller's promise. `esi`
    // is the compiler's own, so it is put back.
    unsafe {
        asm!(
            "pushl %esi",
            "xorl %esi, %esi",
            "lcall ${gate}, $0",
            "popl %esi",
            gate = const CALL_GATE,
            inlateout("eax") number as u32 => answer,
            in("ebx") arguments[0],
            in("ecx") arguments[1],
            in("edx") arguments[2],
            in("edi") 0,
            options(att_syntax),
        );
    }
    answer as i32
}
