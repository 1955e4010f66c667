! What only AIR's own traps do. A template: what stands in braces comes from air.rs beside this file.

    .text

! void probe_air_return(uint32_t address): goes on there by the call that ends a handler.
    .globl probe_air_return
probe_air_return:
    save %sp, -96, %sp
    mov %i0, %o0
    add %i0, 4, %o1
    mov %fp, %o2
    mov {return_call}, %o5
    ta {processor_trap}
    unimp 0

! void probe_air_spill(uint32_t address): has the window of its caller stored there, all zeroes.
    .globl probe_air_spill
probe_air_spill:
    save %sp, -96, %sp
    mov %i0, %g1
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7
    mov 0, %l\number
    mov 0, %i\number
    .endr
    save %sp, -96, %sp
    mov %g1, %fp
    ta 3
1:  ba 1b
    nop

! void probe_air_resume(uint32_t address)
! Returns from an upcall there has not been, to an address.
    .globl probe_air_resume
    .type probe_air_resume, @function
probe_air_resume:
    save %sp, -96, %sp
    mov %i0, %o0
    add %i0, 4, %o1
    clr %o2
    ta {return_trap}
    ret
    restore
    .size probe_air_resume, . - probe_air_resume
