! Random instructions, and how they are begun again whenever they fault or are interrupted.

    .section .text.probe_random, "ax", @progbits
    .balign 4096
    .global probe_random
! The test that builds the system puts random instructions in the place of all this, mark included.
probe_random:
    .ascii "RANDOM INSTRUCTIONS STAND HERE.."
    .rept (0x4000 - 32) / 4
    nop
    .endr

    .bss
    .balign 8
    .skip 0x400
probe_random_stack: .skip 0x400
! Which of sixteen pieces it is, and the last random number.
probe_random_state: .skip 8

    .text

! void probe_random_begin(uint32_t piece, uint32_t seed): does not return.
    .global probe_random_begin, probe_random_entry
probe_random_begin:
    set probe_random_state, %g7
    st %o0, [%g7]
    st %o1, [%g7 + 4]

! The entry of interrupts and of faults: begins again somewhere in the piece, at an interrupt's distance from now.
! Nothing in registers is relied on, and no stack is.
probe_random_entry:
    set probe_random_state, %g7
    ld [%g7 + 4], %g6
    sll %g6, 13, %g5
    xor %g6, %g5, %g6
    srl %g6, 17, %g5
    xor %g6, %g5, %g6
    sll %g6, 5, %g5
    xor %g6, %g5, %g6
    st %g6, [%g7 + 4]
    set probe_random_stack, %g3
    ! Often all windows are left, which hold any stack pointers, and PSR is as at the start.
    tst %g6
    bneg 1f
    st %g0, [%g0 + {busy}]
    .rept 8
    mov %g3, %fp
    restore
    .endr
    set 0x10a0, %g4
    wr %g4, %psr
    nop
    nop
    nop
1:  mov %g3, %sp
    ta {clock_trap}
    srl %g6, 19, %g4
    addcc %o1, %g4, %g4
    addx %o0, 0, %o1
    mov %g4, %o0
    mov {timer_set}, %g1
    ta {hypercall_trap}
    ! What is worth trying as an address.
    mov %g3, %o0
    set {memory}, %o1
    set {shared_page}, %o2
    set {information_page}, %o3
    set 0x40000000, %o4
    set 0x80000100, %o5
    mov %g3, %l0
    set probe_random, %l1
    set probe_random_entry, %l2
    mov %g6, %l3
    clr %l4
    mov -1, %l5
    ld [%g7], %g5
    and %g5, 15, %g5
    sll %g5, 10, %g5
    and %g6, 0x3fc, %g4
    add %g5, %g4, %g5
    add %g5, %l1, %l1
    mov -1, %g4
    st %g4, [%g0 + {mask}]
    mov 1, %g4
    st %g4, [%g0 + {enabled}]
    jmp %l1
    mov %l1, %i5
