# The Bulkhead kernel for the i386 assembly of the guest layer: where the words of the partition interface lie.
# A template: what stands in braces comes from i386.rs beside this file, which takes it from the interface crate.

    .set host_enabled, {enabled}
    .set host_pending, {pending}
    .set host_mask, {mask}
    .set host_data_selector, {data_selector}
    .set host_clock_origin, {clock_origin}
    .set host_clock_multiplier, {clock_multiplier}
    .set host_clock_shift, {clock_shift}
    .set host_fault_busy, {fault_busy}
    .set host_fault_kind, {fault_kind}
    .set host_fault_vector, {fault_vector}
    .set host_fault_error, {fault_error}
    .set host_fault_enabled, {fault_enabled}
    .set host_fault_address, {fault_address}
    .set host_fault_program_counter, {fault_program_counter}
    .set host_fault_flags, {fault_flags}
    .set host_fault_stack_pointer, {fault_stack_pointer}

# First thing at the interrupt entry. Pushes the program counter, then the flags, of the interrupted code. Changes no
# register but the stack pointer.
    .macro host_push_interrupted
    pushl {upcall_program_counter}
    pushl {upcall_flags}
    .endm

# First thing at the entry point. Leaves the address of the start information in ebx.
    .macro host_take_start_information
    .endm
