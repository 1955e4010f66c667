! Where the words of the partition interface lie, as offsets from g0, and its traps.
! A template: what stands in braces comes from interface.rs beside this file, which takes it from the interface crate.

    .set host_enabled, {enabled}
    .set host_level, {level}
    .set host_pending, {pending}
    .set host_mask, {mask}
    .set host_scratch, {scratch}
    .set host_upcall_program_counter, {upcall_program_counter}
    .set host_upcall_next, {upcall_next}
    .set host_upcall_flags, {upcall_flags}
    .set host_fault_kind, {fault_kind}
    .set host_fault_vector, {fault_vector}
    .set host_fault_error, {fault_error}
    .set host_fault_enabled, {fault_enabled}
    .set host_fault_address, {fault_address}
    .set host_fault_program_counter, {fault_program_counter}
    .set host_fault_next, {fault_next}
    .set host_fault_flags, {fault_flags}
    .set host_fault_stack_pointer, {fault_stack_pointer}

! Leaves the clock in o0 and o1.
.macro host_read_clock
    ta {clock_trap}
.endm

! Returns from an upcall: as restore, then program counter, next one and condition codes from o0, o1 and o2.
.macro host_return
    ta {return_trap}
.endm

! Returns from a fault: g1, g2, g3 and the enable word from the scratch words; program counter, next one and condition
! codes from g1, g2 and g3. The fault record is free again.
.macro host_return_from_fault
    ta {fault_return_trap}
.endm
