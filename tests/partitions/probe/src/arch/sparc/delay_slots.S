! A branch that is never taken in the delay slot of a jump. QEMU 7.2 comes back to the first instruction of the stretch
! then, with nPC = 5 or 9. The second time, that instruction traps.
!
! Each is for an attempt. Where the jump works it ends there; where not it faults.

    .text

.macro delay_slot name, branch, text:vararg
    .global probe_delay_\name
probe_delay_\name:
    save %sp, -96, %sp
    set 3f, %g2
    subcc %g0, 1, %g0           ! Not equal.
    ba 1f
    clr %g1
1:  \text
    subcc %g0, %g0, %g0         ! Equal, the second time.
    jmp %g2
    \branch 2f
2:  nop
3:  ba probe_attempt_ran
    nop
.endm

.macro delay_slots branch
    delay_slot disable_\branch, \branch, te 9
    delay_slot enable_\branch, \branch, te 10
    delay_slot flush_\branch, \branch, te 3
    delay_slot call_\branch, \branch, te {hypercall_trap}
    delay_slot clock_\branch, \branch, te {clock_trap}
    delay_slot return_\branch, \branch, te {return_trap}
    delay_slot fault_return_\branch, \branch, te {fault_return_trap}
    delay_slot refused_\branch, \branch, te 0x50
    delay_slot nothing_\branch, \branch, nop
.endm

    delay_slots bn
    delay_slots fbn

! The same with a `save` or a `restore` as the first instruction, after as many others as o0 says.
.macro delay_window name, branch, other:vararg
    .global probe_window_\name
probe_window_\name:
    save %sp, -96, %sp
    ta 3
    set 3f, %g2
    mov %i0, %g3
4:  subcc %g3, 1, %g3
    bneg 1f
    nop
    ba 4b
    save %sp, -96, %sp
1:  \other
    jmp %g2
    \branch 2f
2:  nop
3:  ba probe_attempt_ran
    nop
.endm

    delay_window save_bn, bn, save %sp, -96, %sp
    delay_window save_fbn, fbn, save %sp, -96, %sp
    delay_window restore_bn, bn, restore
    delay_window restore_fbn, fbn, restore
