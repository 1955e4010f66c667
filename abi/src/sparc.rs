//! SPARC V8 guests: user mode, register windows.

/// The software trap of a hypercall, `ta 0x20`.
///
/// Number in `%g1`, arguments in `%o0` to `%o4`; result in `%o0`; every other register is kept.
pub const HYPERCALL_TRAP: u8 = 0x20;

/// The software trap that reads the clock: nanoseconds, high half in `%o0`, low half in `%o1`; every other
/// register is kept. The processor has no cycle counter that user mode may read on every LEON3.
pub const CLOCK_TRAP: u8 = 0x21;

/// The software trap that returns from an upcall: as `restore`, then the program counter from `%o0`, the next
/// program counter from `%o1` and the condition codes from `%o2` (laid out as in PSR), all three as the trap
/// finds them before it restores. Interrupts are enabled, and what is due is delivered.
pub const RETURN_TRAP: u8 = 0x22;

/// The software trap that returns from a fault upcall: the program counter from `%g1`, the next one from `%g2`,
/// the condition codes from `%g3` (laid out as in PSR). The two registers `%g1` and `%g2` are loaded from the
/// words at [`SCRATCH`] and the next one, `%g3` from the one after it, all other registers are kept. The enable
/// word is loaded from the fourth word there, `busy` of the fault record is cleared, and what is due is delivered.
pub const FAULT_RETURN_TRAP: u8 = 0x23;

/// The software trap that stores all windows but the current one on their stacks, as `ta 3` does: what executives of
/// version 1.5 switch their tasks with.
pub const FLUSH_TRAP: u8 = 0x24;

/// The software trap that turns floating point on or off, as bit 12 of `%g1` says; every register is kept.
pub const FLOATING_POINT_TRAP: u8 = 0x25;

/// The software trap that an executive switches its tasks with: in `%g1` how many frames besides the current one are
/// not on their stacks yet, which are those of so many `restore`s. An executive that has stored them, and does not go
/// back, has one frame then: nobody has to be told. A kernel may store them itself and say 0. `%g2` to `%g5` are lost.
pub const FRAMES_TRAP: u8 = 0x26;

/// The interrupt level in its place in PSR. What the enable word says here besides "not 0" is a level: 0 is the
/// highest one, 15, and any other value is one more than the level in this place.
pub const LEVEL: u32 = 0xf00;

/// The level of [`crate::Line::Timer`].
pub const TIMER_LEVEL: u32 = 8;

/// The level that an enable word stands for, in its place in PSR.
#[inline(always)]
#[must_use]
pub const fn level_of(enabled: u32) -> u32 {
    enabled.wrapping_sub(1) & LEVEL
}

/// The enable word for a level in its place in PSR.
#[inline(always)]
#[must_use]
pub const fn enable_word(psr: u32) -> u32 {
    if psr & LEVEL == LEVEL { 0 } else { psr & LEVEL | 1 }
}

/// The lines, one bit each, that may interrupt at a level, which is in its place in PSR: those whose own level is
/// higher. The level of line n is n modulo 16, but that of line 0 is [`TIMER_LEVEL`] and that of line 16 is 1.
#[inline(always)]
#[must_use]
pub const fn lines_above(psr: u32) -> u32 {
    let level = psr >> 8 & 15;
    if level == 0 {
        return !0;
    }
    let half = 0xfffe_u32.wrapping_shl(level) & 0xffff;
    half << 16 | half | (level < TIMER_LEVEL) as u32
}

/// Where the information page is mapped, read-only.
pub const INFORMATION_PAGE: u32 = 0xffff_e000;

/// Where the shared page is mapped: the last page, which `[%g0 + simm13]` reaches, so that its words need no
/// register for an address.
pub const SHARED_PAGE: u32 = 0xffff_f000;

/// The upper half of the shared page, which is the partition's own. The first four words are those of
/// [`FAULT_RETURN_TRAP`].
pub const SCRATCH: u32 = SHARED_PAGE + 0x800;

/// Where a partition's memory begins and its image is linked. Everything below is unmapped.
pub const MEMORY_BASE: u32 = 0x0010_0000;

/// The most memory a partition can have, in bytes: up to where RAM begins on a LEON3.
pub const MEMORY_SIZE_MAX: u32 = 0x4000_0000 - MEMORY_BASE;

// State at the entry point: `%o0` is [`crate::START_MAGIC`], `%o1` the address of the start information, `%sp` and
// all other registers are 0; the floating-point unit is on, its registers and FSR are 0.
//
// `UpcallRecord::flags` and `FaultRecord::flags` hold PSR as the guest sees it in the low half and the next
// program counter in the high half.

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Line;

    /// The level of a line, as the interface's reference says it.
    fn own_level(line: u32) -> u32 {
        match line {
            0 => TIMER_LEVEL,
            16 => 1,
            _ => line % 16,
        }
    }

    #[test]
    fn a_level_lets_those_lines_in_that_are_above_it() {
        for level in 0..16 {
            for line in 0..Line::COUNT {
                let is_let_in = lines_above(level << 8) >> line & 1 != 0;
                assert_eq!(is_let_in, own_level(line) > level, "line {line} at level {level}");
            }
        }
    }

    #[test]
    fn an_enable_word_keeps_its_level_and_any_word_has_one() {
        for level in 0..16 {
            let word = enable_word(0xffff_f0ff | level << 8);
            assert_eq!(level_of(word), level << 8);
            assert_eq!(word == 0, level == 15);
        }
        for word in [0, 0x200, 0xf01, 0x1000_0001, 0x8000_0000, u32::MAX] {
            assert_eq!(level_of(word) & !LEVEL, 0);
        }
        assert_eq!(lines_above(level_of(0)), 0);
        assert_eq!(lines_above(level_of(1)), !0);
    }
}
