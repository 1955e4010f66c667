! Counting instructions: under `-icount shift=0` each takes one nanosecond, and the clock counts them, in steps.

    .text

! uint32_t probe_time_NAME(uint32_t turns, uint32_t high, uint32_t low): nanoseconds of so many turns of a piece of
! code, with the loop around it; probe_time_nothing gives that. The piece may change o0 to o5, g1 to g4 and l2 to l7,
! and finds the two last arguments in i1 and i2.
.macro time_turns name
    .global probe_time_\name
probe_time_\name:
    save %sp, -96, %sp
    ta {clock_trap}
    mov %o1, %l0
    mov %i0, %l1
1:
.endm

.macro turns_end
    subcc %l1, 1, %l1
    bne 1b
    nop
    ta {clock_trap}
    sub %o1, %l0, %i0
    ret
    restore
.endm

    time_turns nothing
    turns_end

! A call, its arguments and its return, as compiled code makes it.
    time_turns null
    call probe_null
    nop
    turns_end
probe_null:
    clr %g1
    ta {hypercall_trap}
    retl
    nop

    time_turns clock
    call bulkhead_clock_now
    nop
    turns_end

! The trap alone.
    time_turns clock_trap
    ta {clock_trap}
    turns_end

    time_turns timer
    mov %i1, %o0
    call bulkhead_timer_set
    add %i2, %l1, %o1           ! A deadline of its own for each turn.
    turns_end

    time_turns interrupts
    call bulkhead_interrupts_disable
    nop
    call bulkhead_interrupts_restore
    nop
    turns_end

! As RTEMS for LEON3 disables and enables interrupts.
    time_turns psr
    ta 9
    ta 10
    turns_end

! uint32_t probe_deep(uint32_t *down, uint32_t *up): adds to both the nanoseconds of 64 `save`s and of as many
! `restore`s, with one trap to read the clock each. Only the caller's frames are in windows before.
    .global probe_deep
probe_deep:
    save %sp, -96, %sp
    ta 3
    ta {clock_trap}
    mov %o1, %g2
    .rept 64
    save %sp, -96, %sp
    .endr
    ta {clock_trap}
    mov %o1, %g3
    .rept 64
    restore
    .endr
    ta {clock_trap}
    sub %o1, %g3, %o1
    sub %g3, %g2, %o2
    ld [%i0], %o3
    add %o3, %o2, %o3
    st %o3, [%i0]
    ld [%i1], %o3
    add %o3, %o1, %o3
    st %o3, [%i1]
    ret
    restore

! uint32_t probe_until_interrupt(uint32_t turns, uint32_t *counted): waits for an interrupt, which must come at
! probe_stamp_entry. Nanoseconds between the two times that it reads the clock, and how many instructions of the
! waiting were executed between them. `turns` shifts the beginning.
    .global probe_until_interrupt
probe_until_interrupt:
    save %sp, -96, %sp
1:  subcc %i0, 1, %i0
    bge 1b
    nop
    clr %l1
    ta {clock_trap}
    mov %o1, %l0
2:  ba 2b
    add %l1, 1, %l1
! The entry: the registers are those of the loop.
    .global probe_stamp_entry
probe_stamp_entry:
    ta {clock_trap}
    sub %o1, %l0, %i0
    ld [%g0 + {upcall_program_counter}], %o2
    set 2b, %o3
    sub %o2, %o3, %o2           ! 0, or 4 for the second instruction.
    srl %o2, 2, %o2
    add %l1, %l1, %l1
    add %l1, %o2, %l1
    add %l1, 1, %l1             ! What follows the first trap.
    st %l1, [%i1]
    ret
    restore

! uint32_t probe_spin(uint32_t turns): nanoseconds of a loop that does nothing.
    .global probe_spin
probe_spin:
    save %sp, -96, %sp
    ta {clock_trap}
    mov %o1, %l0
1:  subcc %i0, 1, %i0
    bne 1b
    nop
    ta {clock_trap}
    sub %o1, %l0, %i0
    ret
    restore

! uint32_t probe_windows(const uint32_t *count, uint32_t windows): counts the turns of a loop of four instructions from
! the beginning of a window to the beginning of another one, all register windows in use and the floating-point unit
! too.
    .global probe_windows
probe_windows:
    save %sp, -96, %sp
    mov %i0, %g2
    mov %i1, %g3
    .rept 7
    save %sp, -96, %sp
    .endr
    fmovs %f0, %f1
    ld [%g2], %l0
1:  ld [%g2], %l1
    cmp %l0, %l1
    be 1b
    clr %g4
    add %l1, %g3, %l1
2:  ld [%g2], %l2
    cmp %l2, %l1
    bne 2b
    add %g4, 1, %g4
    .rept 7
    restore
    .endr
    mov %g4, %i0
    ret
    restore
