! Floating point that faults.

    .set PSR_EF, 0x1000

    .section .rodata.numbers, "a", @progbits
    .balign 8
probe_numbers:
    .word 0x00000000, 0x3f800000, 0x40000000, 0x40400000, 0xbf800000, 0x7f61b1e6

    .bss
    .balign 8
probe_state_word: .skip 8

! Loads f0 to f5 with 0, 1, 2, 3, -1 and what is nearly too large.
.macro numbers
    set probe_numbers, %o1
    ldd [%o1], %f0
    ldd [%o1 + 8], %f2
    ldd [%o1 + 16], %f4
.endm

! Writes FSR. Uses o1 and o2.
.macro write_fsr value
    set \value, %o1
    set probe_state_word, %o2
    st %o1, [%o2]
    ld [%o2], %fsr
.endm

.macro attempted name, text:vararg
    .global probe_float_\name
probe_float_\name:
    numbers
    write_fsr 0x0f800000        ! Every exception traps.
    \text
    st %fsr, [%o2]              ! Where an exception waits until the next operation, it comes here.
    retl
    nop
.endm

.macro while_off name, text:vararg
    .global probe_off_\name
probe_off_\name:
    set probe_state_word, %o2
    rd %psr, %o1
    set PSR_EF, %o3
    andn %o1, %o3, %o3
    wr %o3, %psr
    nop
    nop
    nop
    \text
    wr %o1, %psr
    retl
    nop
.endm

    .text
    attempted division, fdivs %f1, %f0, %f6
    attempted double_division, fdivd %f2, %f0, %f6
    attempted nothing_by_nothing, fdivs %f0, %f0, %f6
    attempted root, fsqrts %f4, %f6
    attempted overflow, fmuls %f5, %f5, %f6
    attempted inexact, fdivs %f1, %f3, %f6
    attempted quadruple, .word 0x8da00860   ! faddq %f0, %f0, %f6
    attempted unknown, .word 0x81a03fe0     ! No operation has this number.

    while_off operation, fadds %f0, %f1, %f2
    while_off comparison, fcmps %f0, %f1
    while_off load, ld [%o2], %f0
    while_off double_load, ldd [%o2], %f0
    while_off store, st %f0, [%o2]
    while_off state_load, ld [%o2], %fsr
    while_off state_store, st %fsr, [%o2]
    while_off branch, fba 9f
9:

    .global probe_queue
probe_queue:
    set probe_state_word, %o2
    std %fq, [%o2]
    retl
    nop

! uint32_t probe_float_works(void): switches floating point on, whatever it was, and says whether 1 + 2 is 3.
    .global probe_float_works
probe_float_works:
    rd %psr, %o1
    set PSR_EF, %o2
    or %o1, %o2, %o1
    wr %o1, %psr
    nop
    nop
    nop
    write_fsr 0
    numbers
    fadds %f1, %f2, %f6
    set probe_state_word, %o2
    st %f6, [%o2]
    st %f3, [%o2 + 4]
    ldd [%o2], %o2
    xor %o2, %o3, %o2
    subcc %g0, %o2, %g0
    retl
    subx %g0, -1, %o0
