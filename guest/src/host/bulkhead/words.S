# Where the words of the partition interface lie under the Bulkhead kernel: absolute symbols.
# A template: what stands in braces comes from i386.rs beside this file, which takes it from the interface crate.

    .macro host_symbol name, value
    .globl bulkhead_host_\name
    .set bulkhead_host_\name, \value
    .endm

    host_symbol enabled, {enabled}
    host_symbol pending, {pending}
    host_symbol mask, {mask}
    host_symbol data_selector, {data_selector}
    host_symbol upcall_program_counter, {upcall_program_counter}
    host_symbol upcall_flags, {upcall_flags}
    host_symbol clock_origin, {clock_origin}
    host_symbol clock_multiplier, {clock_multiplier}
    host_symbol clock_shift, {clock_shift}
    host_symbol fault_busy, {fault_busy}
    host_symbol fault_kind, {fault_kind}
    host_symbol fault_vector, {fault_vector}
    host_symbol fault_error, {fault_error}
    host_symbol fault_enabled, {fault_enabled}
    host_symbol fault_address, {fault_address}
    host_symbol fault_program_counter, {fault_program_counter}
    host_symbol fault_flags, {fault_flags}
    host_symbol fault_stack_pointer, {fault_stack_pointer}
