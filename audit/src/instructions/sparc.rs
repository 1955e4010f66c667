//! SPARC V8: the privileged instructions, the software traps, and what else depends on the processor's mode.
//!
//! Nothing here is silent: V8 traps on every privileged instruction in user mode (V8 appendix B, "Traps" of each
//! instruction). A kernel can therefore serve or emulate all of them, and needs no help from the program.

use super::Architecture::Sparc;
use super::trap_type::{COPROCESSOR_DISABLED, ILLEGAL_INSTRUCTION, PRIVILEGED_INSTRUCTION};
use super::{Class, Execution, Instruction, Matcher, Sample};

/// `op` and `op3`, the fields that select an instruction of format 3 (V8 5.1, appendix F).
const OPERATION_3: u32 = 0xc1f8_0000;
/// `op` and `op2`, the fields that select an instruction of format 2.
const OPERATION_2: u32 = 0xc1c0_0000;
/// `rd`.
const DESTINATION: u32 = 0x3e00_0000;
/// For a software trap with a constant number: `op`, `cond`, `op3`, `rs1`, `i` and the number.
const CONSTANT_TRAP: u32 = 0xffff_e07f;
/// `cond`.
const CONDITION: u32 = 0x1e00_0000;
/// The bits of `ta 0`.
const TRAP_ALWAYS: u32 = 0x91d0_2000;

/// A list of samples.
macro_rules! words {
    ($($assembly:literal $word:literal;)+) => {
        &[$(Sample { architecture: Sparc, assembly: $assembly, bytes: const { &u32::to_be_bytes($word) } }),+]
    };
}

/// Format 3 with this `op` and `op3`.
const fn operation(op: u32, op3: u32) -> Matcher {
    Matcher::Sparc { mask: OPERATION_3, value: op << 30 | op3 << 19 }
}

/// `ta` with this number.
const fn trap_always(number: u32) -> Matcher {
    Matcher::Sparc { mask: CONSTANT_TRAP, value: TRAP_ALWAYS | number }
}

/// A trap with this number, whatever its condition.
const fn deliberate_trap(number: u32) -> Matcher {
    Matcher::Sparc { mask: CONSTANT_TRAP & !CONDITION, value: TRAP_ALWAYS & !CONDITION | number }
}

const EMULATED: &str =
    "the kernel keeps the partition's own processor state and does on it what the instruction says";

/// A read or write of a state register that only the kernel has.
const fn state_register(
    name: &'static str,
    manual: &'static str,
    op3: u32,
    reason: &'static str,
    samples: &'static [Sample],
) -> Instruction {
    Instruction {
        name,
        class: Class::Emulated,
        execution: Execution::Traps(PRIVILEGED_INSTRUCTION),
        manual,
        reason,
        samples,
        matcher: operation(2, op3),
    }
}

/// A memory access that names its address space.
const fn alternate(
    name: &'static str,
    manual: &'static str,
    op3: u32,
    samples: &'static [Sample],
) -> Instruction {
    Instruction {
        name,
        class: Class::Faults,
        execution: Execution::Traps(PRIVILEGED_INSTRUCTION),
        manual,
        reason: "alternate address spaces are the kernel's: they reach caches, the memory management unit and memory \
                 past it",
        samples,
        matcher: operation(3, op3),
    }
}

/// An access to the coprocessor, which LEON3 does not have.
const fn coprocessor(
    name: &'static str,
    manual: &'static str,
    op: u32,
    op3: u32,
    samples: &'static [Sample],
) -> Instruction {
    Instruction {
        name,
        class: Class::Faults,
        execution: Execution::Traps(COPROCESSOR_DISABLED),
        manual,
        reason: "no coprocessor",
        samples,
        matcher: operation(op, op3),
    }
}

pub(super) static TABLE: &[Instruction] = &[
    state_register("rd %psr", "V8 B.28", 0x29, EMULATED, words! { "rd %psr, %o2" 0x9548_0000; }),
    state_register("rd %wim", "V8 B.28", 0x2a, EMULATED, words! { "rd %wim, %g4" 0x8950_0000; }),
    state_register("rd %tbr", "V8 B.28", 0x2b, EMULATED, words! { "rd %tbr, %g1" 0x8358_0000; }),
    state_register(
        "wr %psr",
        "V8 B.29",
        0x31,
        EMULATED,
        words! { "wr %g1, 0, %psr" 0x8188_6000; "wr %l3, %l4, %psr" 0x818c_c014; },
    ),
    state_register("wr %wim", "V8 B.29", 0x32, EMULATED, words! { "wr %g4, 0, %wim" 0x8191_2000; }),
    state_register("wr %tbr", "V8 B.29", 0x33, EMULATED, words! { "wr %g1, 0, %tbr" 0x8198_6000; }),
    Instruction {
        name: "rett",
        class: Class::Emulated,
        execution: Execution::Traps(PRIVILEGED_INSTRUCTION),
        manual: "V8 B.26",
        reason: "with traps off in the partition's own PSR the kernel does what it says; with traps on it is a trap \
                 itself, as natively",
        samples: words! { "rett %l2" 0x81cc_8000; "rett %l2+4" 0x81cc_a004; },
        matcher: operation(2, 0x39),
    },
    Instruction {
        name: "ta 3",
        class: Class::Served,
        execution: Execution::Traps(0x83),
        manual: "V8 B.27; SPARC ABI, software trap 3",
        reason: "stores the register windows on their stacks: the kernel does it, with each stack pointer checked",
        samples: words! { "ta 3" 0x91d0_2003; },
        matcher: trap_always(3),
    },
    Instruction {
        name: "ta 9",
        class: Class::Served,
        execution: Execution::Traps(0x89),
        manual: "V8 B.27; RTEMS SPARC_SWTRAP_IRQDIS",
        reason: "disables virtual interrupts, the old PSR in %g1: a fast trap of the kernel",
        samples: words! { "ta 9" 0x91d0_2009; },
        matcher: trap_always(9),
    },
    Instruction {
        name: "ta 10",
        class: Class::Served,
        execution: Execution::Traps(0x8a),
        manual: "V8 B.27; RTEMS SPARC_SWTRAP_IRQEN",
        reason: "restores the interrupt level from the PSR in %g1: a fast trap of the kernel",
        samples: words! { "ta 10" 0x91d0_200a; },
        matcher: trap_always(10),
    },
    Instruction {
        name: "interface trap",
        class: Class::Served,
        execution: Execution::Depends("traps (0xa0 to 0xa3)"),
        manual: "V8 B.27; abi/src/sparc.rs",
        reason: "the partition interface: call, clock, return from an upcall, return from a fault",
        samples: words! {
            "ta 0x20" 0x91d0_2020;
            "ta 0x21" 0x91d0_2021;
            "ta 0x22" 0x91d0_2022;
            "ta 0x23" 0x91d0_2023;
        },
        matcher: Matcher::Sparc { mask: CONSTANT_TRAP & !3, value: TRAP_ALWAYS | 0x20 },
    },
    Instruction {
        name: "executive's trap",
        class: Class::Served,
        execution: Execution::Depends("traps (0xa4, 0xa5)"),
        manual: "V8 B.27; abi/src/sparc.rs",
        reason: "what a switch of tasks needs: as ta 3, and floating point on or off",
        samples: words! { "ta 0x24" 0x91d0_2024; "ta 0x25" 0x91d0_2025; },
        matcher: Matcher::Sparc { mask: CONSTANT_TRAP & !1, value: TRAP_ALWAYS | 0x24 },
    },
    Instruction {
        name: "executive's frames",
        class: Class::Served,
        execution: Execution::Depends("traps (0xa6)"),
        manual: "V8 B.27; abi/src/sparc.rs",
        reason: "what a switch of tasks needs: how many windows are to be stored",
        samples: words! { "ta 0x26" 0x91d0_2026; },
        matcher: Matcher::Sparc { mask: CONSTANT_TRAP, value: TRAP_ALWAYS | 0x26 },
    },
    Instruction {
        name: "t 5",
        class: Class::Harmless,
        execution: Execution::Depends("traps (0x85) if its condition holds"),
        manual: "V8 B.27; SPARC ABI, software trap 5 (range check)",
        reason: "where GCC puts what a program must not come to: the fault that follows is what it asks for",
        samples: words! { "ta 5" 0x91d0_2005; "tne 5" 0x93d0_2005; },
        matcher: deliberate_trap(5),
    },
    Instruction {
        name: "t 2",
        class: Class::Harmless,
        execution: Execution::Depends("traps (0x82) if its condition holds"),
        manual: "V8 B.27; SPARC ABI, software trap 2 (division by zero)",
        reason: "libgcc's division by zero: the fault that follows, an arithmetic error, is what it asks for",
        samples: words! { "ta 2" 0x91d0_2002; },
        matcher: deliberate_trap(2),
    },
    Instruction {
        name: "other software trap",
        class: Class::Faults,
        execution: Execution::Depends("traps (0x80 + number) if its condition holds"),
        manual: "V8 B.27",
        reason: "the kernel serves ta 3, ta 9, ta 10 and the interface's own: the others are faults. Of ta 0, by which \
                 RTEMS ends, the pack makes a call of Halt",
        samples: words! {
            "ta 0" 0x91d0_2000;
            "ta 1" 0x91d0_2001;
            "ta 11" 0x91d0_200b;
            "tne 9" 0x93d0_2009;
            "ta %g1" 0x91d0_0001;
        },
        matcher: operation(2, 0x3a),
    },
    alternate("lda", "V8 B.1", 0x10, words! { "lda [%g1] 0x19, %g2" 0xc480_4320; }),
    alternate("lduba", "V8 B.1", 0x11, words! { "lduba [%g1] 0x19, %g2" 0xc488_4320; }),
    alternate("lduha", "V8 B.1", 0x12, words! { "lduha [%g1] 0x19, %g2" 0xc490_4320; }),
    alternate("ldda", "V8 B.1", 0x13, words! { "ldda [%g1] 0x19, %g2" 0xc498_4320; }),
    alternate("sta", "V8 B.4", 0x14, words! { "sta %g2, [%g1] 0x19" 0xc4a0_4320; }),
    alternate("stba", "V8 B.4", 0x15, words! { "stba %g2, [%g1] 0x19" 0xc4a8_4320; }),
    alternate("stha", "V8 B.4", 0x16, words! { "stha %g2, [%g1] 0x19" 0xc4b0_4320; }),
    alternate("stda", "V8 B.4", 0x17, words! { "stda %g2, [%g1] 0x19" 0xc4b8_4320; }),
    alternate("ldsba", "V8 B.1", 0x19, words! { "ldsba [%g1] 0x19, %g2" 0xc4c8_4320; }),
    alternate("ldsha", "V8 B.1", 0x1a, words! { "ldsha [%g1] 0x19, %g2" 0xc4d0_4320; }),
    alternate("ldstuba", "V8 B.7", 0x1d, words! { "ldstuba [%g1] 0x19, %g2" 0xc4e8_4320; }),
    alternate("swapa", "V8 B.8", 0x1f, words! { "swapa [%g1] 0x19, %g2" 0xc4f8_4320; }),
    Instruction {
        name: "casa user data",
        class: Class::Harmless,
        execution: Execution::Runs,
        manual: "LEON3, compare-and-swap",
        reason: "LEON3 lets user mode compare and swap in its own data space (0x0a)",
        samples: words! { "casa [%g1] 0xa, %g2, %g3" 0xc7e0_4142; },
        // op, op3, i = 0 and the address space.
        matcher: Matcher::Sparc { mask: OPERATION_3 | 0x3fe0, value: 3 << 30 | 0x3c << 19 | 0x0a << 5 },
    },
    alternate("casa", "LEON3, compare-and-swap", 0x3c, words! { "casa [%g1] 0xb, %g2, %g3" 0xc7e0_4162; }),
    Instruction {
        name: "stdfq",
        class: Class::Faults,
        execution: Execution::Traps(PRIVILEGED_INSTRUCTION),
        manual: "V8 B.5",
        reason: "empties the floating-point queue, which the kernel keeps",
        samples: words! { "std %fq, [%g1]" 0xc130_4000; },
        matcher: operation(3, 0x26),
    },
    coprocessor("ldc", "V8 B.3", 3, 0x30, words! { "ld [%g1], %c2" 0xc580_4000; }),
    coprocessor("ldcsr", "V8 B.3", 3, 0x31, words! { "ld [%g1], %csr" 0xc188_4000; }),
    coprocessor("lddc", "V8 B.3", 3, 0x33, words! { "ldd [%g1], %c2" 0xc598_4000; }),
    coprocessor("stc", "V8 B.6", 3, 0x34, words! { "st %c2, [%g1]" 0xc5a0_4000; }),
    coprocessor("stcsr", "V8 B.6", 3, 0x35, words! { "st %csr, [%g1]" 0xc1a8_4000; }),
    Instruction {
        execution: Execution::Depends("traps (0x03 or 0x24)"),
        ..coprocessor("stdcq", "V8 B.6", 3, 0x36, words! { "std %cq, [%g1]" 0xc1b0_4000; })
    },
    coprocessor("stdc", "V8 B.6", 3, 0x37, words! { "std %c2, [%g1]" 0xc5b8_4000; }),
    // The assembler at hand has no names for the operations of a coprocessor.
    coprocessor("cpop1", "V8 B.34", 2, 0x36, words! { ".word 0x81b00000" 0x81b0_0000; }),
    coprocessor("cpop2", "V8 B.34", 2, 0x37, words! { ".word 0x81b80000" 0x81b8_0000; }),
    Instruction {
        name: "cb",
        class: Class::Faults,
        execution: Execution::Traps(COPROCESSOR_DISABLED),
        manual: "V8 B.23",
        reason: "no coprocessor",
        samples: words! { ".word 0x03c00002" 0x03c0_0002; },
        matcher: Matcher::Sparc { mask: OPERATION_2, value: 7 << 22 },
    },
    // `rd %y` and `stbar` share the operation with `rd %asr` and are plain user-mode code, `stbar` being
    // `rd %asr15, %g0`: rs1 distinguishes them, and 1 to 14 are reserved for the architecture.
    Instruction {
        name: "rd %asr",
        class: Class::Harmless,
        execution: Execution::Runs,
        manual: "V8 B.28; LEON3, ancillary state registers",
        reason: "LEON3 lets user mode read %asr16 to %asr31: the configuration, the same to every partition, and \
                 counters",
        samples: words! { "rd %asr17, %g1" 0x8344_4000; "rd %asr22, %g1" 0x8345_8000; },
        // rs1 of 16 and above.
        matcher: Matcher::Sparc {
            mask: OPERATION_3 | 0x0004_0000,
            value: 2 << 30 | 0x28 << 19 | 0x0004_0000,
        },
    },
    Instruction {
        name: "wr %asr18",
        class: Class::Harmless,
        execution: Execution::Runs,
        manual: "V8 B.29; LEON3, multiply and accumulate",
        reason: "an accumulator, not privileged on LEON3",
        samples: words! { "wr %g1, 0, %asr18" 0xa580_6000; },
        matcher: Matcher::Sparc { mask: OPERATION_3 | DESTINATION, value: 2 << 30 | 0x30 << 19 | 18 << 25 },
    },
    Instruction {
        name: "wr %asr",
        class: Class::Faults,
        execution: Execution::Depends(
            "traps (0x03); some versions of QEMU execute it, and `%asr19` then waits for an interrupt",
        ),
        manual: "V8 B.29; LEON3, ancillary state registers",
        reason: "privileged on LEON3: %asr17 configures the processor, %asr19 stops it (a partition with nothing to do \
                 calls Idle)",
        samples: words! { "wr %g0, 0, %asr19" 0xa780_2000; "wr %g1, 0, %asr17" 0xa380_6000; },
        // rd of 16 and above.
        matcher: Matcher::Sparc {
            mask: OPERATION_3 | 0x2000_0000,
            value: 2 << 30 | 0x30 << 19 | 0x2000_0000,
        },
    },
    Instruction {
        name: "reserved %asr",
        class: Class::Faults,
        execution: Execution::Depends("reserved: traps (0x02) or does nothing"),
        manual: "V8 B.28, B.29",
        reason: "%asr1 to %asr15 are reserved by V8, and LEON3 has none of them: no correct program uses them",
        samples: words! { "rd %asr15, %g2" 0x8543_c000; "wr %g1, 8, %asr2" 0x8580_6008; },
        matcher: Matcher::SparcWhere(is_reserved_state),
    },
    Instruction {
        name: "flush",
        class: Class::Harmless,
        execution: Execution::Runs,
        manual: "V8 B.32; LEON3, cache sub-system",
        reason: "user mode may flush: it costs time, which is the partition's own, and changes no state",
        samples: words! { "flush %g1" 0x81d8_4000; },
        matcher: operation(2, 0x3b),
    },
    Instruction {
        name: "unimp",
        class: Class::Harmless,
        execution: Execution::Traps(ILLEGAL_INSTRUCTION),
        manual: "V8 B.31",
        reason: "a program that comes there has the fault that it asks for, and data between functions often looks \
                 like it (the word after a call that returns a structure is not one, and is not reported)",
        samples: words! { "unimp 0" 0x0000_0000; "unimp 0x123" 0x0000_0123; },
        matcher: Matcher::Sparc { mask: OPERATION_2, value: 0 },
    },
];

/// `rd %asr1` to `rd %asr15` but for `stbar`, and `wr %asr1` to `wr %asr15`.
fn is_reserved_state(word: u32) -> bool {
    const STORE_BARRIER: u32 = 0x8143_c000;
    let read = word & OPERATION_3 == 2 << 30 | 0x28 << 19;
    let write = word & OPERATION_3 == 2 << 30 | 0x30 << 19;
    let source = word >> 14 & 0x1f;
    let destination = word >> 25 & 0x1f;
    let stores = word & !0x3fff == STORE_BARRIER;
    read && matches!(source, 1..=15) && !stores || write && matches!(destination, 1..=15)
}

/// A software trap with a constant number, whatever its condition: its number.
fn constant_trap(word: u32) -> Option<u32> {
    const NUMBER: u32 = 0x7f;
    let is_constant = word & CONSTANT_TRAP & !(CONDITION | NUMBER) == TRAP_ALWAYS & !CONDITION;
    is_constant.then_some(word & NUMBER)
}

/// What AIR and its binding do otherwise than our kernel.
pub(super) fn above_air(name: &str, word: u32) -> Option<(Class, &'static str)> {
    const A_CALL: &str = "AIR's own trap for calls: a call whose number is whatever %o5 holds, and no fault";
    match (name, constant_trap(word)) {
        (_, Some(0 | 2)) => Some((Class::Silent, A_CALL)),
        ("interface trap", Some(0x20)) => {
            Some((Class::Faults, "the calls of the interface are functions of the binding on AIR"))
        }
        ("ta 3", _) => {
            Some((Class::Served, "AIR stores the register windows on their stacks, and changes %g1 to %g5"))
        }
        ("wr %psr", _) => Some((
            Class::Emulated,
            "passed over: floating point is always on upon AIR, and the level is not set by it",
        )),
        ("rd %psr" | "rd %wim" | "rd %tbr" | "wr %wim" | "wr %tbr", _) => {
            Some((Class::Faults, "AIR emulates no access to state registers"))
        }
        _ => None,
    }
}
