//! i386: 32-bit protected mode at privilege level 3, flat segments.
//!
//! The assembly lies in the `.S` files beside this one, each block with its contract. What differs from host
//! to host are symbols that [`crate::host_words`] gives, so that a host changes none of it.

use core::arch::global_asm;
use core::mem::{offset_of, size_of};

#[doc(hidden)]
pub mod words;

/// Bit 9 of EFLAGS, the interrupt flag: executives for this processor keep interrupt states as EFLAGS values and
/// test that bit.
pub(super) const INTERRUPTS_ENABLED: u32 = 1 << 9;

/// Any word but 0 enables.
#[inline(always)]
pub(super) const fn normal(word: u32) -> u32 {
    word
}

/// The registers at a fault, and what the kernel said about it. A handler may change every register.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FaultFrame {
    /// A [`bulkhead_abi::FaultKind`].
    pub kind: u32,
    /// The processor's vector, 0 to 31.
    pub vector: u32,
    /// The processor's error code, 0 where there is none.
    pub error: u32,
    /// Not 0 if interrupts were enabled.
    pub interrupts_enabled: u32,
    /// The address that a memory fault touched, otherwise 0.
    pub address: u32,
    /// Program counter of the faulting instruction; where to go on.
    pub program_counter: u32,
    /// EFLAGS.
    pub flags: u32,
    /// ESP. 16 bytes below it are written when the handler returns.
    pub stack_pointer: u32,
    /// EAX.
    pub eax: u32,
    /// ECX.
    pub ecx: u32,
    /// EDX.
    pub edx: u32,
    /// EBX.
    pub ebx: u32,
    /// EBP.
    pub ebp: u32,
    /// ESI.
    pub esi: u32,
    /// EDI.
    pub edi: u32,
}

impl FaultFrame {
    /// Sets where to go on.
    pub fn set_program_counter(&mut self, address: usize) {
        self.program_counter = address as u32;
    }

    /// Has the partition go on in a function, on the stack that it had, with interrupts disabled.
    pub fn continue_in(&mut self, function: extern "C" fn() -> !) {
        /// EFLAGS: strings go downwards, and alignment is looked at; no compiled code expects either.
        const DIRECTION_AND_ALIGNMENT: u32 = 1 << 10 | 1 << 18;
        self.disable_interrupts();
        self.set_program_counter(function as usize);
        self.flags &= !DIRECTION_AND_ALIGNMENT;
        // As behind a call, whose return address nobody uses.
        self.stack_pointer = (self.stack_pointer & !15).wrapping_sub(20);
    }
}

global_asm!(
    ".set bulkhead_enabled_value, {enabled_value}",
    include_str!("start.S"),
    include_str!("interrupts.S"),
    include_str!("upcall.S"),
    include_str!("fault.S"),
    enabled_value = const INTERRUPTS_ENABLED,
    start = sym crate::start::start,
    dispatch = sym crate::interrupts::dispatch,
    handle_fault = sym crate::fault::handle,
    frame_size = const size_of::<FaultFrame>(),
    kind = const offset_of!(FaultFrame, kind),
    vector = const offset_of!(FaultFrame, vector),
    error = const offset_of!(FaultFrame, error),
    address = const offset_of!(FaultFrame, address),
    program_counter = const offset_of!(FaultFrame, program_counter),
    flags = const offset_of!(FaultFrame, flags),
    stack_pointer = const offset_of!(FaultFrame, stack_pointer),
    eax = const offset_of!(FaultFrame, eax),
    ecx = const offset_of!(FaultFrame, ecx),
    edx = const offset_of!(FaultFrame, edx),
    ebx = const offset_of!(FaultFrame, ebx),
    ebp = const offset_of!(FaultFrame, ebp),
    esi = const offset_of!(FaultFrame, esi),
    edi = const offset_of!(FaultFrame, edi),
    was_enabled = const offset_of!(FaultFrame, interrupts_enabled),
    options(att_syntax),
);
