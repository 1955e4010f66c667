//! Whether a fault is a stack's overflow: a write through the stack pointer to memory below all that stacks can lie in.
//!
//! Stacks grow downward, and lie in the writable part of a partition's memory, behind its code and constants. What
//! calls itself without end writes over all that is below its stack, and faults where the writable part begins.

use bulkhead_abi::Access;
use bulkhead_abi::event::Stop;
use iced_x86::{Decoder, DecoderOptions, Register};
use object::elf::{PF_W, PT_LOAD};
use object::{Architecture, Object, ObjectSection, ObjectSegment, SegmentFlags};

/// Bytes of the longest instruction of x86.
const X86_INSTRUCTION_MAX: u64 = 15;

/// Bytes of an instruction of SPARC.
const SPARC_INSTRUCTION: u64 = 4;

/// Whether the stack of a linked program has overflowed, as far as its fault shows.
#[must_use]
pub(crate) fn is_stack_overflow(stop: &Stop, program: &[u8]) -> bool {
    let Some((Access::Write, address)) = stop.memory else { return false };
    let Ok(file) = object::File::parse(program) else { return false };
    let writable = file.segments().filter(|segment| {
        matches!(segment.flags(), SegmentFlags::Elf { p_type: PT_LOAD, p_flags, .. } if p_flags.contains(PF_W))
    });
    let Some(begin) = writable.map(|segment| segment.address()).min() else { return false };
    address < begin && writes_to_the_stack(&file, stop.program_counter)
}

/// Whether the instruction at an address writes through the stack pointer or the frame pointer.
fn writes_to_the_stack(file: &object::File<'_>, address: u64) -> bool {
    let bytes = |length: u64| {
        let section = file
            .sections()
            .find(|section| (section.address()..section.address() + section.size()).contains(&address))?;
        let length = length.min(section.address() + section.size() - address);
        section.data_range(address, length).ok().flatten()
    };
    match file.architecture() {
        Architecture::I386 => bytes(X86_INSTRUCTION_MAX).is_some_and(|bytes| {
            let instruction = Decoder::with_ip(32, bytes, address, DecoderOptions::NONE).decode();
            instruction.stack_pointer_increment() < 0
                || matches!(instruction.memory_base(), Register::ESP | Register::EBP)
        }),
        Architecture::Sparc => bytes(SPARC_INSTRUCTION)
            .and_then(|bytes| bytes.try_into().ok())
            .is_some_and(|bytes| sparc_writes_to_the_stack(u32::from_be_bytes(bytes))),
        _ => false,
    }
}

/// The same for an instruction of SPARC V8: a store (V8 manual, table F-4) whose first register is `%sp` or `%fp`, or
/// `save`, which stores the oldest window in its overflow.
fn sparc_writes_to_the_stack(word: u32) -> bool {
    const STORES: [u32; 8] = [0x04, 0x05, 0x06, 0x07, 0x0d, 0x0f, 0x24, 0x27];
    const SAVE: u32 = 0x3c;
    let (format, operation, base) = (word >> 30, word >> 19 & 0x3f, word >> 14 & 0x1f);
    match format {
        2 => operation == SAVE,
        3 => STORES.contains(&operation) && matches!(base, 14 | 30),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::sparc_writes_to_the_stack;

    #[test]
    fn instructions_of_sparc() {
        // save %sp, -96, %sp; st %l0, [%sp]; std %l0, [%fp - 8]; clrb [%fp - 1]
        for word in [0x9de3_bfa0, 0xe023_a000, 0xe03f_bff8, 0xc02f_bfff] {
            assert!(sparc_writes_to_the_stack(word), "{word:08x}");
        }
        // ld [%sp], %l0; st %l0, [%g1]; restore; add %sp, 8, %sp
        for word in [0xe003_a000, 0xe020_4000, 0x81e8_0000, 0x9c03_a008] {
            assert!(!sparc_writes_to_the_stack(word), "{word:08x}");
        }
    }
}
