// What a debugger that stops the machine looks up among the kernel's symbols (debugger/src/kernel.rs): numbers and
// addresses, of which nothing lies in the kernel itself.
    .irp name, current, contexts, context_size, registers, segments, floating_point, page_tables
    .global debugger_\name
    .endr
    .global debugger_clock_origin, debugger_clock_multiplier, debugger_clock_shift
    .set debugger_current, {board} + {current}
    .set debugger_contexts, {contexts}
    .set debugger_context_size, {context_size}
    .set debugger_registers, {registers}
    .set debugger_segments, {segments}
    .set debugger_floating_point, {floating_point}
    .set debugger_page_tables, {page_tables}
    .set debugger_clock_origin, {board} + {clock_origin}
    .set debugger_clock_multiplier, {board} + {clock_multiplier}
    .set debugger_clock_shift, {board} + {clock_shift}
