//! The symbols that the link-time pack defines in the place of RTEMS's own.
//!
//! A linker takes an object from an archive only to resolve a symbol. If the pack is linked first and defines every
//! symbol of an object that anything else needs, that object never enters the image, and all its instructions are gone
//! with it. If the pack leaves one out that another object of the kit names, the object can still be taken: the audit
//! says so and counts nothing as replaced.
//!
//! A trap handler of SPARC is named by nothing but the trap table in the kit's start file, in whose place the pack's
//! stands: what takes the handler's place has another name then.
//!
//! A row gives what of the partition interface does the work instead, and why that is enough. The facts were measured
//! on RTEMS 7.

use crate::instructions::Architecture;

/// A symbol of the pack.
#[derive(Clone, Copy, Debug)]
pub struct Replacement {
    /// The processor.
    pub architecture: Architecture,
    /// The kit's symbol.
    pub symbol: &'static str,
    /// The pack's symbol that takes its place: the same, but for trap handlers.
    pub by: &'static str,
    /// The object of the kit that defines it, without its ending.
    pub object: &'static str,
    /// What of the partition interface does the work.
    pub instead: &'static str,
    /// Why this is enough.
    pub why: &'static str,
}

const fn row(
    architecture: Architecture,
    object: &'static str,
    symbol: &'static str,
    instead: &'static str,
    why: &'static str,
) -> Replacement {
    Replacement { architecture, symbol, by: symbol, object, instead, why }
}

/// A trap handler of SPARC, and the pack's symbol that is entered, or stands where the trap table would, in its place.
const fn handler(
    object: &'static str,
    symbol: &'static str,
    by: &'static str,
    (instead, why): (&'static str, &'static str),
) -> Replacement {
    Replacement { architecture: Sparc, symbol, by, object, instead, why }
}

use Architecture::{I386, Sparc};

const SWITCH: &str = "call SetTlsBase; shared page, interrupts_enabled";
const SWITCH_WHY: &str = "the TLS base is all of a context switch that needs privilege, the call also loads gs; the \
                          interrupt state of the heir is a word in memory";
const FLOATING: &str = "nothing";
const FLOATING_WHY: &str = "no privilege needed: stands here because the object holds the context switch, and is \
                            replaced as a whole";
const EXCEPTION: &str = "fault entry (call SetUpcalls) and fault record";
const EXCEPTION_WHY: &str = "exceptions come to the kernel first, so RTEMS's own vectors are never reached; the guest \
                             layer builds the exception frame from the record";

const PROLOGUE: &str = "fault entry (call SetUpcalls)";
const PROLOGUE_WHY: &str = "never entered, because vectors are the kernel's; cpu.c takes their addresses, so the pack \
                            must define them or the object comes back";

const SPARC_SWITCH: &str =
    "ta 0x26; shared page, interrupts_enabled; ta 0x25 where floating point goes on or off";
const SPARC_SWITCH_WHY: &str = "the kernel says how many windows are to be stored, so that a switch needs no wim and \
                                no cwp; TLS lies in %g7, a plain register; only a switch between tasks with and \
                                without floating point changes PSR, by a trap of its own";
const SPARC_LEVEL: &str = "shared page, interrupts_enabled";
const SPARC_LEVEL_WHY: &str =
    "the interrupt state is a word in memory, and a new context's PSR is made up of what it is to say";
const SPARC_HALT: &str = "call Halt";
const SPARC_HALT_WHY: &str = "ta 0 ends the system on the bare machine; a partition ends itself";
const SPARC_INSTALL: &str = "a handler of the interrupt's line, or of the fault entry";
const SPARC_INSTALL_WHY: &str =
    "a partition has no trap table; RTEMS's handlers are called by the guest layer's entries";

const SPARC_INTERRUPT: (&str, &str) = (
    "interrupt entry (call SetUpcalls) and upcall record",
    "interrupts come as upcalls in user mode: no trap window, no rett",
);
const SPARC_FAULT: (&str, &str) = (
    "fault entry (call SetUpcalls) and fault record",
    "exceptions come to the kernel first; the pack builds RTEMS's exception frame from the record",
);
const SPARC_WINDOWS: (&str, &str) = (
    "the kernel's window traps; ta 3 flushes",
    "register windows are spilled and filled by the kernel, so that a guest's stack pointer is checked before use",
);
const SPARC_TRAPS: (&str, &str) = (
    "the kernel's fast traps ta 9 and ta 10",
    "these are the handlers of the software traps, and the kernel is the handler",
);
const SPARC_EXIT: (&str, &str) =
    ("fault record, call Halt", "ta 0 is a fault, of which the pack's fault handler makes the end");
const SPARC_FLOATING: (&str, &str) = (
    "wr %psr, emulated",
    "the registers are kept when an interrupt takes the processor from a task, not when the next one uses them; the \
     kernel keeps those of each partition",
);

/// The rows, by processor and object.
pub static TABLE: &[Replacement] = &[
    row(I386, "cpu_asm", "_CPU_Context_switch", SWITCH, SWITCH_WHY),
    row(I386, "cpu_asm", "_CPU_Context_switch_no_return", SWITCH, SWITCH_WHY),
    row(I386, "cpu_asm", "_CPU_Context_restore", SWITCH, SWITCH_WHY),
    row(I386, "cpu_asm", "_CPU_Context_save_fp", FLOATING, FLOATING_WHY),
    row(I386, "cpu_asm", "_CPU_Context_restore_fp", FLOATING, FLOATING_WHY),
    row(I386, "cpu_asm", "_Exception_Handler", EXCEPTION, EXCEPTION_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_0", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_1", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_2", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_3", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_4", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_5", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_6", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_7", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_8", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_9", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_10", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_11", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_12", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_13", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_14", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_16", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_17", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_18", PROLOGUE, PROLOGUE_WHY),
    row(I386, "cpu_asm", "rtems_exception_prologue_19", PROLOGUE, PROLOGUE_WHY),
    row(Sparc, "cpu_asm", "_CPU_Context_switch", SPARC_SWITCH, SPARC_SWITCH_WHY),
    row(Sparc, "cpu_asm", "_CPU_Context_switch_no_return", SPARC_SWITCH, SPARC_SWITCH_WHY),
    row(Sparc, "cpu_asm", "_CPU_Context_restore", SPARC_SWITCH, SPARC_SWITCH_WHY),
    row(Sparc, "cpu_asm", "_CPU_Context_restore_heir", SPARC_SWITCH, SPARC_SWITCH_WHY),
    row(Sparc, "cpu_asm", "_SPARC_Start_multitasking", SPARC_SWITCH, SPARC_SWITCH_WHY),
    handler("cpu_asm", "_SPARC_Interrupt_trap", "bulkhead_interrupt_entry", SPARC_INTERRUPT),
    row(Sparc, "cpu", "_CPU_Initialize", SPARC_LEVEL, SPARC_LEVEL_WHY),
    row(Sparc, "cpu", "_CPU_Context_Initialize", SPARC_LEVEL, SPARC_LEVEL_WHY),
    row(Sparc, "cpu", "_CPU_ISR_Get_level", SPARC_LEVEL, SPARC_LEVEL_WHY),
    handler("sparc-isr-handler", "_ISR_Handler", "bulkhead_interrupt_entry", SPARC_INTERRUPT),
    handler("window", "window_overflow_trap_handler", "_start", SPARC_WINDOWS),
    handler("window", "window_underflow_trap_handler", "_start", SPARC_WINDOWS),
    handler("window", "window_flush_trap_handler", "_start", SPARC_WINDOWS),
    row(Sparc, "syscall", "bsp_reset", SPARC_HALT, SPARC_HALT_WHY),
    row(Sparc, "syscall", "sparc_syscall_exit", SPARC_HALT, SPARC_HALT_WHY),
    handler("syscall", "syscall", "bulkhead_fault_entry", SPARC_EXIT),
    handler("syscall", "syscall_irqdis", "_start", SPARC_TRAPS),
    handler("syscall", "syscall_irqen", "_start", SPARC_TRAPS),
    handler("syscall", "syscall_irqdis_fp", "_start", SPARC_TRAPS),
    handler("syscall", "syscall_lazy_fp_switch", "_CPU_Context_switch", SPARC_FLOATING),
    handler("sparc-bad-trap", "_SPARC_Bad_trap", "bulkhead_fault_entry", SPARC_FAULT),
    row(Sparc, "sparc-isr-install", "_CPU_ISR_install_raw_handler", SPARC_INSTALL, SPARC_INSTALL_WHY),
    row(Sparc, "sparc-isr-install", "_CPU_ISR_install_vector", SPARC_INSTALL, SPARC_INSTALL_WHY),
];

/// The rows of a processor.
pub fn rows(architecture: Architecture) -> impl Iterator<Item = &'static Replacement> {
    TABLE.iter().filter(move |row| row.architecture == architecture)
}

/// The row of a symbol.
#[must_use]
pub fn find(architecture: Architecture, symbol: &str) -> Option<&'static Replacement> {
    rows(architecture).find(|row| row.symbol == symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_symbol_stands_once() {
        for (index, row) in TABLE.iter().enumerate() {
            let again = TABLE
                .iter()
                .skip(index + 1)
                .any(|other| other.architecture == row.architecture && other.symbol == row.symbol);
            assert!(!again, "{} stands twice", row.symbol);
        }
    }
}
