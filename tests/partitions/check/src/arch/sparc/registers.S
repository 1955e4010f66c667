! Registers with a pattern in each, around something that must not change them.
!
! Register number n holds n * 0x1111, floating-point register n holds 0x10000 + n, Y 0x5a5a5a5a, FSR rounding to zero
! and two exceptions that have accrued.

    .section .rodata.pattern, "a", @progbits
    .balign 8
pattern_floating_point:
    .set number, 0
    .rept 32
    .word 0x10000 + number
    .set number, number + 1
    .endr
pattern_state:
    .word 0x40000120, 0x5a5a5a5a

    .bss
    .balign 8
registers_found: .skip 4
registers_globals: .skip 12

    .text

! In: i1 = where to store. Keeps it and the globals that are the system's; fills the floating-point registers and Y.
.macro registers_begin
    set registers_found, %g1
    st %i1, [%g1]
    st %g5, [%g1 + 4]
    st %g6, [%g1 + 8]
    st %g7, [%g1 + 12]
    set pattern_floating_point, %g1
    .irp number, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
    ldd [%g1 + 4 * \number], %f\number
    .endr
    ld [%g1 + 128], %fsr
    ld [%g1 + 132], %g2
    wr %g2, %y
.endm

! Fills everything but o0, o1, l0, stack pointers and the return address. Keeps the condition codes.
.macro registers_fill
    .irp number, 1, 2, 3, 4, 5, 6, 7
    set 0x1111 * \number, %g\number
    .endr
    .irp number, 2, 3, 4, 5, 7
    set 0x1111 * (8 + \number), %o\number
    .endr
    .irp number, 1, 2, 3, 4, 5, 6, 7
    set 0x1111 * (16 + \number), %l\number
    .endr
    .irp number, 0, 1, 2, 3, 4, 5
    set 0x1111 * (24 + \number), %i\number
    .endr
.endm

! Stores what there is, puts back what the system's is, and returns. Uses o1.
.macro registers_store
    set registers_found, %o1
    ld [%o1], %o1
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7
    st %g\number, [%o1 + 12 + 4 * \number]
    st %o\number, [%o1 + 44 + 4 * \number]
    st %l\number, [%o1 + 76 + 4 * \number]
    st %i\number, [%o1 + 108 + 4 * \number]
    .endr
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    st %f\number, [%o1 + 140 + 4 * \number]
    .endr
    .irp number, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    st %f\number, [%o1 + 140 + 4 * \number]
    .endr
    st %fsr, [%o1 + 8]
    rd %y, %l0
    st %l0, [%o1 + 4]
    ! The condition codes as PSR has them, without reading that, which not every kernel allows.
    mov 0, %l0
    bneg,a 1f
    or %l0, 8, %l0
1:  be,a 1f
    or %l0, 4, %l0
1:  bvs,a 1f
    or %l0, 2, %l0
1:  bcs,a 1f
    or %l0, 1, %l0
1:  sll %l0, 20, %l0
    st %l0, [%o1]
    set registers_found, %g1
    ld [%g1 + 4], %g5
    ld [%g1 + 8], %g6
    ld [%g1 + 12], %g7
    st %g0, [%g1]
    ld [%g1], %fsr
    ret
    restore
.endm

! void spin_with_all_registers(const uint32_t *word, uint32_t *found, const uint32_t addends[2])
! Loads every register, sets the condition codes by an addition, waits until the word is 1, and stores what the
! registers are then.
    .global spin_with_all_registers
spin_with_all_registers:
    save %sp, -96, %sp
    registers_begin
    mov %i0, %o0
    ld [%i2], %l1
    ld [%i2 + 4], %l2
    set 2f, %l0
    addcc %l1, %l2, %g0
    registers_fill
    ! Nothing here changes the condition codes.
1:  ld [%o0], %o1
    sll %o1, 4, %o1
    jmp %l0 + %o1
    nop
2:  ba 1b
    nop
    nop
    nop
    registers_store

! void fault_in_registers(uint32_t address, uint32_t *found, const uint32_t addends[2])
! The same around a read that faults.
    .global fault_in_registers
fault_in_registers:
    save %sp, -96, %sp
    registers_begin
    mov %i0, %o0
    ld [%i2], %l1
    ld [%i2 + 4], %l2
    set 0x1111 * 16, %l0
    addcc %l1, %l2, %g0
    registers_fill
    ld [%o0], %o0
    registers_store

! void trap_in_registers(uint32_t unused, uint32_t *found, const uint32_t addends[2])
! The same around the traps that read the clock, and that disable and enable interrupts as RTEMS's objects do.
    .global trap_in_registers
trap_in_registers:
    save %sp, -96, %sp
    registers_begin
    ld [%i2], %l1
    ld [%i2 + 4], %l2
    set 0x1111 * 16, %l0
    addcc %l1, %l2, %g0
    registers_fill
    ta 0x21
    ta 9
    ta 10
    nop
    registers_store

! uint32_t frame_by_NAME(uint32_t value): the value as a trap has stored it, which is in the caller's frame of a window
! that was on no stack. Behind the trap 0x26 has to find no such frame: how many it finds is added, and what the window
! has not kept.
.macro frame_by name, number
    .global frame_by_\name
frame_by_\name:
    save %sp, -96, %sp
    mov %i0, %l0
    st %g0, [%sp]
    save %sp, -96, %sp
    ta \number
    ld [%fp], %l0
    ta 0x26
    add %l0, %g1, %i0
    restore
    xor %l0, %i0, %l0
    add %o0, %l0, %i0
    ret
    restore
.endm

    frame_by flush, 3
    frame_by older_flush, 0x24
