//! SPARC V8 in user mode: the kernel keeps the register windows.
//!
//! The assembly lies in the `.S` files beside this one, each block with its contract. It is put together here
//! with the places and traps of the partition interface.

use core::arch::global_asm;
use core::mem::{offset_of, size_of};

use bulkhead_abi::Error;

use crate::interrupts::{self, Entry, FIRST_OWN_LINE};

pub(super) mod interface;

/// What the kernel sets the enable word to when it returns from an upcall.
pub(super) const INTERRUPTS_ENABLED: u32 = 1;

/// The highest level is 0.
#[inline(always)]
pub(super) const fn normal(word: u32) -> u32 {
    interface::enable_word(interface::level_of(word))
}

/// The registers at a fault, and what the kernel said about it. A handler may change every register but the window's
/// locals and ins, which it does not see.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FaultFrame {
    /// A [`bulkhead_abi::FaultKind`].
    pub kind: u32,
    /// The processor's trap type.
    pub vector: u32,
    /// The memory management unit's fault status, 0 where there is none.
    pub error: u32,
    /// Not 0 if interrupts were enabled.
    pub interrupts_enabled: u32,
    /// The address that a memory fault touched, otherwise 0.
    pub address: u32,
    /// Program counter of the faulting instruction; where to go on.
    pub program_counter: u32,
    /// Program counter after that one.
    pub next_program_counter: u32,
    /// PSR as the partition sees it.
    pub flags: u32,
    /// The stack pointer, o6.
    pub stack_pointer: u32,
    /// Y.
    pub y: u32,
    /// g1 to g7.
    pub globals: [u32; 7],
    /// o0 to o7; of these o6 is only to be read, see `stack_pointer`.
    pub outs: [u32; 8],
}

impl FaultFrame {
    /// Sets where to go on.
    pub fn set_program_counter(&mut self, address: usize) {
        self.program_counter = address as u32;
        self.next_program_counter = self.program_counter.wrapping_add(4);
    }

    /// Has the partition go on in a function, on the stack that it had, with interrupts disabled.
    pub fn continue_in(&mut self, function: extern "C" fn() -> !) {
        self.disable_interrupts();
        self.set_program_counter(function as usize);
    }
}

/// The lowest line that is due above the level of what was interrupted, whose PSR this is: the address of its
/// [`Entry`] in the upper half, its bit in the lower, which is 0 if there is none. The assembly takes the bit out of
/// the pending word and calls the handler. This calls nothing, so that it needs no register window.
extern "C" fn next_above(psr: u32) -> u64 {
    let line = interrupts::lowest_due(interface::lines_above(psr));
    u64::from(core::ptr::from_ref(interrupts::entry(line)) as usize as u32) << 32 | u64::from(line)
}

global_asm!(
    include_str!("interface.S"),
    include_str!("start.S"),
    include_str!("interrupts.S"),
    include_str!("upcall.S"),
    include_str!("fault.S"),
    start = sym crate::start::start,
    next_above = sym next_above,
    handle_fault = sym crate::fault::handle,
    frame_size = const size_of::<FaultFrame>(),
    kind = const offset_of!(FaultFrame, kind),
    vector = const offset_of!(FaultFrame, vector),
    error = const offset_of!(FaultFrame, error),
    was_enabled = const offset_of!(FaultFrame, interrupts_enabled),
    address = const offset_of!(FaultFrame, address),
    program_counter = const offset_of!(FaultFrame, program_counter),
    next = const offset_of!(FaultFrame, next_program_counter),
    flags = const offset_of!(FaultFrame, flags),
    stack_pointer = const offset_of!(FaultFrame, stack_pointer),
    y = const offset_of!(FaultFrame, y),
    globals = const offset_of!(FaultFrame, globals),
    outs = const offset_of!(FaultFrame, outs),
    // Addresses in the last page, as offsets from g0.
    enabled = const interface::ENABLED as i32,
    pending = const interface::PENDING as i32,
    mask = const interface::MASK as i32,
    scratch = const interface::SCRATCH as i32,
    upcall_program_counter = const interface::UPCALL_PROGRAM_COUNTER as i32,
    upcall_next = const interface::UPCALL_NEXT as i32,
    upcall_flags = const interface::UPCALL_FLAGS as i32,
    fault_kind = const interface::FAULT_KIND as i32,
    fault_vector = const interface::FAULT_VECTOR as i32,
    fault_error = const interface::FAULT_ERROR as i32,
    fault_enabled = const interface::FAULT_ENABLED as i32,
    fault_address = const interface::FAULT_ADDRESS as i32,
    fault_program_counter = const interface::FAULT_PROGRAM_COUNTER as i32,
    fault_next = const interface::FAULT_NEXT as i32,
    fault_flags = const interface::FAULT_FLAGS as i32,
    fault_stack_pointer = const interface::FAULT_STACK_POINTER as i32,
    level = const interface::LEVEL,
    first_own_line = const FIRST_OWN_LINE,
    function = const offset_of!(Entry, function),
    argument = const offset_of!(Entry, argument),
    bad_argument = const Error::BadArgument.code(),
    clock_trap = const interface::CLOCK_TRAP,
    return_trap = const interface::RETURN_TRAP,
    fault_return_trap = const interface::FAULT_RETURN_TRAP,
);
