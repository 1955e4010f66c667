//! Where the words lie that the assembly of the guest layer reads and writes: symbols, which a host gives with
//! [`crate::host_words`]. Here are the words' offsets in the structures of the partition interface.

use core::mem::offset_of;

use bulkhead_abi::{ClockParameters, FaultRecord, SharedPage, UpcallRecord, Word64};

const UPCALL: usize = offset_of!(SharedPage, upcall);
const FAULT: usize = offset_of!(SharedPage, fault);
const LOW: usize = offset_of!(Word64, low);

pub const ENABLED: usize = offset_of!(SharedPage, interrupts_enabled);
pub const PENDING: usize = offset_of!(SharedPage, pending);
pub const MASK: usize = offset_of!(SharedPage, mask);
pub const UPCALL_PROGRAM_COUNTER: usize = UPCALL + offset_of!(UpcallRecord, program_counter) + LOW;
pub const UPCALL_FLAGS: usize = UPCALL + offset_of!(UpcallRecord, flags) + LOW;
pub const CLOCK_ORIGIN: usize = offset_of!(ClockParameters, origin);
pub const CLOCK_MULTIPLIER: usize = offset_of!(ClockParameters, multiplier);
pub const CLOCK_SHIFT: usize = offset_of!(ClockParameters, shift);
pub const FAULT_BUSY: usize = FAULT + offset_of!(FaultRecord, busy);
pub const FAULT_KIND: usize = FAULT + offset_of!(FaultRecord, kind);
pub const FAULT_VECTOR: usize = FAULT + offset_of!(FaultRecord, vector);
pub const FAULT_ERROR: usize = FAULT + offset_of!(FaultRecord, error);
pub const FAULT_ENABLED: usize = FAULT + offset_of!(FaultRecord, interrupts_enabled);
pub const FAULT_ADDRESS: usize = FAULT + offset_of!(FaultRecord, address) + LOW;
pub const FAULT_PROGRAM_COUNTER: usize = FAULT + offset_of!(FaultRecord, program_counter) + LOW;
pub const FAULT_FLAGS: usize = FAULT + offset_of!(FaultRecord, flags) + LOW;
pub const FAULT_STACK_POINTER: usize = FAULT + offset_of!(FaultRecord, stack_pointer) + LOW;

/// Gives the guest layer's assembly its symbols: `page` is the address of the shared page, `clock` that of the clock's
/// parameters, both as the assembler writes an address. What follows are operands of `global_asm!`: `data_selector`,
/// the selector of flat data, and whatever the two addresses name in braces.
#[macro_export]
macro_rules! host_words {
    (page: $page:literal, clock: $clock:literal, $($operands:tt)*) => {
        ::core::arch::global_asm!(
            ".macro bulkhead_host_word name, value",
            ".globl bulkhead_host_\\name",
            ".set bulkhead_host_\\name, \\value",
            ".endm",
            concat!("bulkhead_host_word enabled, ", $page, " + {enabled}"),
            concat!("bulkhead_host_word pending, ", $page, " + {pending}"),
            concat!("bulkhead_host_word mask, ", $page, " + {mask}"),
            "bulkhead_host_word data_selector, {data_selector}",
            concat!("bulkhead_host_word upcall_program_counter, ", $page, " + {upcall_program_counter}"),
            concat!("bulkhead_host_word upcall_flags, ", $page, " + {upcall_flags}"),
            concat!("bulkhead_host_word clock_origin, ", $clock, " + {clock_origin}"),
            concat!("bulkhead_host_word clock_multiplier, ", $clock, " + {clock_multiplier}"),
            concat!("bulkhead_host_word clock_shift, ", $clock, " + {clock_shift}"),
            concat!("bulkhead_host_word fault_busy, ", $page, " + {fault_busy}"),
            concat!("bulkhead_host_word fault_kind, ", $page, " + {fault_kind}"),
            concat!("bulkhead_host_word fault_vector, ", $page, " + {fault_vector}"),
            concat!("bulkhead_host_word fault_error, ", $page, " + {fault_error}"),
            concat!("bulkhead_host_word fault_enabled, ", $page, " + {fault_enabled}"),
            concat!("bulkhead_host_word fault_address, ", $page, " + {fault_address}"),
            concat!("bulkhead_host_word fault_program_counter, ", $page, " + {fault_program_counter}"),
            concat!("bulkhead_host_word fault_flags, ", $page, " + {fault_flags}"),
            concat!("bulkhead_host_word fault_stack_pointer, ", $page, " + {fault_stack_pointer}"),
            ".purgem bulkhead_host_word",
            enabled = const $crate::arch::offsets::ENABLED,
            pending = const $crate::arch::offsets::PENDING,
            mask = const $crate::arch::offsets::MASK,
            upcall_program_counter = const $crate::arch::offsets::UPCALL_PROGRAM_COUNTER,
            upcall_flags = const $crate::arch::offsets::UPCALL_FLAGS,
            clock_origin = const $crate::arch::offsets::CLOCK_ORIGIN,
            clock_multiplier = const $crate::arch::offsets::CLOCK_MULTIPLIER,
            clock_shift = const $crate::arch::offsets::CLOCK_SHIFT,
            fault_busy = const $crate::arch::offsets::FAULT_BUSY,
            fault_kind = const $crate::arch::offsets::FAULT_KIND,
            fault_vector = const $crate::arch::offsets::FAULT_VECTOR,
            fault_error = const $crate::arch::offsets::FAULT_ERROR,
            fault_enabled = const $crate::arch::offsets::FAULT_ENABLED,
            fault_address = const $crate::arch::offsets::FAULT_ADDRESS,
            fault_program_counter = const $crate::arch::offsets::FAULT_PROGRAM_COUNTER,
            fault_flags = const $crate::arch::offsets::FAULT_FLAGS,
            fault_stack_pointer = const $crate::arch::offsets::FAULT_STACK_POINTER,
            $($operands)*
            options(att_syntax),
        );
    };
}
