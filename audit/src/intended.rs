//! Functions that are known to mean what they do: their silent or faulting instructions are allowed without being
//! asked.
//!
//! A row allows one rule in one function, no more, and gives the reason that the report repeats.

use crate::instructions::{Architecture, Kernel};

/// A function and the instruction that it may hold.
#[derive(Clone, Copy, Debug)]
pub struct Intended {
    /// The processor.
    pub architecture: Architecture,
    /// The kernel that the row is about.
    pub kernel: Kernel,
    /// The function's symbol, without what a compiler appends to the name of a copy (`.constprop.0`).
    pub function: &'static str,
    /// Where the function comes from.
    pub origin: &'static str,
    /// The name of the rule in [`crate::instructions`].
    pub rule: &'static str,
    /// Why it is right there.
    pub reason: &'static str,
}

const FLAGS: &str = "restores the arithmetic flags of what was interrupted; the interrupt state is the enable word of \
                     the shared page, written just before";

const fn i386(
    function: &'static str,
    origin: &'static str,
    rule: &'static str,
    reason: &'static str,
) -> Intended {
    Intended { architecture: Architecture::I386, kernel: Kernel::Bulkhead, function, origin, rule, reason }
}

/// A function of the binding to AIR.
const fn air(function: &'static str, rule: &'static str) -> Intended {
    Intended {
        architecture: Architecture::Sparc,
        kernel: Kernel::Air,
        function,
        origin: "guest layer, AIR",
        rule,
        reason: "asks AIR, with the number in %o5",
    }
}

/// The rows.
pub static TABLE: &[Intended] = &[
    i386("bulkhead_interrupt_entry", "guest layer", "popf", FLAGS),
    i386("bulkhead_fault_entry", "guest layer", "popf", FLAGS),
    i386(
        "bulkhead_xen_load_thread_segment",
        "guest layer, Xen",
        "load fs or gs",
        "runs at level 0 of a guest of Xen, in the binding, which has just written that descriptor",
    ),
    i386(
        "bulkhead_xen_resume",
        "guest layer, Xen",
        "iret",
        "runs at level 0 of a guest of Xen, in the binding, which enters the partition so",
    ),
    i386(
        "bulkhead_xtratum_interrupt",
        "guest layer, XtratuM",
        "iret",
        "returns from XtratuM's interrupt in ring 1, where virtual interrupts are three words of the binding's",
    ),
    i386(
        "bulkhead_xtratum_load_tls_segment",
        "guest layer, XtratuM",
        "load fs or gs",
        "loads the descriptor that XtratuM has just been given for thread-local storage",
    ),
    i386(
        "_Thread_Create_idle",
        "RTEMS, cpukit",
        "load fs or gs",
        "loads the selector 0x18, which is the interface's TLS segment; the pack has the kernel set its base \
         (SetTlsBase) before the first thread runs",
    ),
    i386(
        "__get_cpuid_max",
        "GCC, cpuid.h",
        "popf",
        "flips the ID flag to find out whether there is cpuid; user mode may change that flag",
    ),
    i386(
        "get_available_features",
        "GCC, libgcc",
        "xgetbv",
        "not reached: stands behind a test of CPUID.OSXSAVE, which is clear because the kernel leaves CR4.OSXSAVE \
         clear",
    ),
    air("bulkhead_air_service", OTHER_TRAP),
    air("bulkhead_air_ticks", OTHER_TRAP),
    air("bulkhead_air_clock", OTHER_TRAP),
    air("bulkhead_air_fault", OTHER_TRAP),
    air("bulkhead_air_processor", "t 2"),
    air("bulkhead_air_tick", "t 2"),
];

const OTHER_TRAP: &str = "other software trap";

/// Why an instruction is allowed in a function of this name, if it is.
pub(crate) fn reason(
    architecture: Architecture,
    kernel: Kernel,
    function: &str,
    rule: &str,
) -> Option<&'static str> {
    let plain = function.split_once('.').map_or(function, |(plain, _)| plain);
    let wanted = (architecture, kernel, plain, rule);
    let row = TABLE.iter().find(|row| (row.architecture, row.kernel, row.function, row.rule) == wanted)?;
    Some(row.reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instructions::{Sample, table};

    #[test]
    fn each_row_names_a_rule_that_needs_it() {
        for row in TABLE {
            let rule = table(row.architecture).iter().find(|rule| rule.name == row.rule);
            let stops = |sample: &Sample| {
                rule.is_some_and(|rule| rule.above(row.kernel, sample.bytes).0.stops_partition())
            };
            let samples = rule.map_or(&[][..], |rule| rule.samples);
            assert!(samples.iter().any(stops), "{}: {}", row.function, row.rule);
        }
    }

    #[test]
    fn one_function_and_one_rule() {
        let on = |architecture, function, rule| reason(architecture, Kernel::Bulkhead, function, rule);
        let i386 = Architecture::I386;
        assert!(on(i386, "bulkhead_fault_entry", "popf").is_some());
        assert!(on(i386, "__get_cpuid_max.constprop.0", "popf").is_some());
        assert!(on(i386, "bulkhead_fault_entry", "lgdt").is_none());
        assert!(on(i386, "my_bulkhead_fault_entry", "popf").is_none());
        assert!(on(Architecture::X86_64, "bulkhead_fault_entry", "popf").is_none());
        assert!(on(Architecture::Sparc, "bulkhead_air_tick", "t 2").is_none());
        assert!(reason(Architecture::Sparc, Kernel::Air, "bulkhead_air_tick", "t 2").is_some());
    }
}
