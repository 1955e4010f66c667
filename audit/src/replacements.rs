//! The symbols that the link-time pack defines in the place of RTEMS's own.
//!
//! A linker takes an object from an archive only to resolve a symbol. If the pack is linked first and defines every
//! symbol of an object that anything else needs, that object never enters the image, and all its instructions are gone
//! with it. If the pack leaves one out that another object of the kit names, the object can still be taken: the audit
//! says so and counts nothing as replaced.
//!
//! A row gives what of the partition interface does the work instead, and why that is enough. The facts were measured
//! on RTEMS 7.

use crate::instructions::Architecture;

/// A symbol of the pack.
#[derive(Clone, Copy, Debug)]
pub struct Replacement {
    /// The processor.
    pub architecture: Architecture,
    /// The symbol.
    pub symbol: &'static str,
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
    Replacement { architecture, symbol, object, instead, why }
}

use Architecture::{I386, Sparc};

const SWITCH: &str = "call SetTlsBase; shared page, interrupts_enabled";
const SWITCH_WHY: &str = "the TLS base is all of a context switch that needs privilege, the call also loads gs; the interrupt state of the heir is a word in memory";
const FLOATING: &str = "nothing";
const FLOATING_WHY: &str = "no privilege needed: stands here because the object holds the context switch, and is replaced as a whole";
const EXCEPTION: &str = "fault entry (call SetUpcalls) and fault record";
const EXCEPTION_WHY: &str = "exceptions come to the kernel first, so RTEMS's own vectors are never reached; the guest layer builds the exception frame from the record";

const PROLOGUE: &str = "fault entry (call SetUpcalls)";
const PROLOGUE_WHY: &str = "never entered, because vectors are the kernel's; cpu.c takes their addresses, so the pack must define them or the object comes back";

const WINDOWS: &str = "the kernel's window traps; ta 3 flushes";
const WINDOWS_WHY: &str = "register windows are spilled and filled by the kernel, so that a guest's stack pointer is checked before use";
const SPARC_SWITCH: &str = "flush of the register windows, ta 9, ta 10, shared page";
const SPARC_SWITCH_WHY: &str = "with the windows flushed by the kernel a switch needs no wim and no cwp; TLS lies in %g7, a plain register";
const SPARC_INTERRUPT: &str = "interrupt entry (call SetUpcalls) and upcall record";
const SPARC_INTERRUPT_WHY: &str = "interrupts come as upcalls in user mode: no trap window, no rett";
const SPARC_TRAPS: &str = "the kernel's fast traps ta 9 and ta 10";
const SPARC_TRAPS_WHY: &str = "these are the handlers of the software traps, and the kernel is the handler";
const SPARC_HALT: &str = "call Halt";
const SPARC_HALT_WHY: &str = "ta 0 ends the system on the bare machine; a partition ends itself";
const SPARC_LAZY: &str = "the kernel's floating-point switch";
const SPARC_LAZY_WHY: &str =
    "the kernel keeps the floating-point state of each partition, the guest's switch that of each thread";
const SPARC_TABLE: &str = "interrupt and fault entries (call SetUpcalls)";
const SPARC_TABLE_WHY: &str =
    "a partition has no trap table; RTEMS's handlers are called by the guest layer's entry";

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
    row(Sparc, "cpu_asm", "_SPARC_Interrupt_trap", SPARC_INTERRUPT, SPARC_INTERRUPT_WHY),
    row(Sparc, "sparc-isr-handler", "_ISR_Handler", SPARC_INTERRUPT, SPARC_INTERRUPT_WHY),
    row(Sparc, "window", "window_overflow_trap_handler", WINDOWS, WINDOWS_WHY),
    row(Sparc, "window", "window_underflow_trap_handler", WINDOWS, WINDOWS_WHY),
    row(Sparc, "window", "window_flush_trap_handler", WINDOWS, WINDOWS_WHY),
    row(Sparc, "syscall", "syscall", SPARC_HALT, SPARC_HALT_WHY),
    row(Sparc, "syscall", "bsp_reset", SPARC_HALT, SPARC_HALT_WHY),
    row(Sparc, "syscall", "sparc_syscall_exit", SPARC_HALT, SPARC_HALT_WHY),
    row(Sparc, "syscall", "syscall_irqdis", SPARC_TRAPS, SPARC_TRAPS_WHY),
    row(Sparc, "syscall", "syscall_irqen", SPARC_TRAPS, SPARC_TRAPS_WHY),
    row(Sparc, "syscall", "syscall_irqdis_fp", SPARC_TRAPS, SPARC_TRAPS_WHY),
    row(Sparc, "syscall", "syscall_lazy_fp_switch", SPARC_LAZY, SPARC_LAZY_WHY),
    row(Sparc, "sparc-bad-trap", "_SPARC_Bad_trap", SPARC_TABLE, SPARC_TABLE_WHY),
    row(Sparc, "sparc-isr-install", "_CPU_ISR_install_raw_handler", SPARC_TABLE, SPARC_TABLE_WHY),
    row(Sparc, "sparc-isr-install", "_CPU_ISR_install_vector", SPARC_TABLE, SPARC_TABLE_WHY),
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
