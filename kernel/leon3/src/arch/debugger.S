! What a debugger that stops the machine looks up among the kernel's symbols (debugger/src/kernel.rs): numbers and
! addresses, of which nothing lies in the kernel itself.
    .global debugger_current, debugger_contexts, debugger_context_size, debugger_windows, debugger_globals
    .global debugger_outs, debugger_psr, debugger_invalid, debugger_resident, debugger_floating_point
    .global debugger_page_tables, debugger_clock_device, debugger_clock_last, debugger_clock_counts
    .global debugger_clock_multiplier, debugger_clock_shift
    .set debugger_current, {board} + {current}
    .set debugger_contexts, {contexts}
    .set debugger_context_size, {context_size}
    .set debugger_windows, {windows}
    .set debugger_globals, {globals}
    .set debugger_outs, {outs}
    .set debugger_psr, {psr}
    .set debugger_invalid, {invalid}
    .set debugger_resident, {resident}
    .set debugger_floating_point, {floating_point}
    .set debugger_page_tables, {page_tables}
    .set debugger_clock_device, {board} + {clock_device}
    .set debugger_clock_last, {board} + {clock_last}
    .set debugger_clock_counts, {board} + {clock_counts}
    .set debugger_clock_multiplier, {board} + {clock_multiplier}
    .set debugger_clock_shift, {board} + {clock_shift}
