! Register windows, deep.

    .text

! uint32_t probe_recursion(uint32_t depth, uint32_t seed): calls itself so many times, fills every register of each
! window on the way down, and sums them up on the way back.
    .global probe_recursion, probe_recursion_end
probe_recursion:
    save %sp, -96, %sp
    add %i1, %i0, %l0
    sll %l0, 3, %l1
    add %l1, %l0, %l2
    xor %l2, %i1, %l3
    sub %l3, %l1, %l4
    sll %l4, 5, %l5
    xor %l5, %l2, %l6
    add %l6, %l3, %l7
    xor %l7, %l4, %i2
    add %i2, %l5, %i3
    xor %i3, %l6, %i4
    sub %i4, %l7, %i5
    cmp %i0, 0
    be 1f
    clr %o0
    sub %i0, 1, %o0
    call probe_recursion
    xor %l7, %i5, %o1
1:  sll %o0, 5, %o1
    srl %o0, 27, %o0
    or %o0, %o1, %o0
    add %o0, %l0, %o0
    xor %o0, %l1, %o0
    add %o0, %l2, %o0
    xor %o0, %l3, %o0
    add %o0, %l4, %o0
    xor %o0, %l5, %o0
    add %o0, %l6, %o0
    xor %o0, %l7, %o0
    add %o0, %i1, %o0
    xor %o0, %i2, %o0
    add %o0, %i3, %o0
    xor %o0, %i4, %o0
    add %o0, %i5, %i0
    ret
    restore
probe_recursion_end:

! Makes the call that g4 points to: its number and three arguments. Outs but the result, Y and condition codes are kept.
.macro call_kernel
    ld [%g4], %g1
    ld [%g4 + 4], %o0
    ld [%g4 + 8], %o1
    ld [%g4 + 12], %o2
    ta {hypercall_trap}
.endm

! uint32_t probe_calls(uint32_t depth, uint32_t seed, const uint32_t call[4]): the same with a call in each window, on
! the way down and back.
    .global probe_calls
probe_calls:
    mov %o2, %g4
1:  save %sp, -96, %sp
    add %i1, %i0, %l0
    sll %l0, 3, %l1
    add %l1, %l0, %l2
    xor %l2, %i1, %l3
    sub %l3, %l1, %l4
    sll %l4, 5, %l5
    xor %l5, %l2, %l6
    add %l6, %l3, %l7
    xor %l7, %l4, %i2
    add %i2, %l5, %i3
    xor %i3, %l6, %i4
    sub %i4, %l7, %i5
    xor %l7, %i5, %o3
    add %o3, %l1, %o4
    xor %o4, %i2, %o5
    wr %o4, %y
    nop
    nop
    nop
    cmp %i0, 0
    call_kernel
    be 2f
    clr %o0
    ld [%g4 + 8], %g1
    xor %o1, %g1, %g1
    xor %l0, %g1, %l0
    ld [%g4 + 12], %g1
    xor %o2, %g1, %g1
    xor %l0, %g1, %l0
    rd %y, %g1
    xor %l0, %g1, %l0
    xor %l0, %o4, %l0
    add %l1, %o5, %l1
    sub %i0, 1, %o0
    call 1b
    mov %o3, %o1
2:  mov %o0, %o5
    call_kernel
    sll %o5, 5, %o1
    srl %o5, 27, %o0
    or %o0, %o1, %o0
    .irp register, l0, l1, l2, l3, l4, l5, l6, l7, i1, i2, i3, i4
    add %o0, %\register, %o0
    sll %o0, 1, %o1
    xor %o0, %o1, %o0
    .endr
    add %o0, %i5, %i0
    ret
    restore

! A register of a window that is new must hold nothing, or what is in g1, or what a short path may leave there of the
! partition's: the words of its shared page, an interrupt level, PSR's floating-point bit. g2 counts those that do not.
.macro own register
    cmp \register, 0
    be 8f
    cmp \register, %g1
    .irp word, {pending}, {mask}
    be 8f
    ld [%g0 + \word], %g3
    cmp \register, %g3
    .endr
    .irp value, 0x500, 0x501, 0xf00
    be 8f
    cmp \register, \value
    .endr
    be 8f
    sethi %hi(0x1000), %g3
    cmp \register, %g3
    bne,a 8f
    add %g2, 1, %g2
8:
.endm

! The same for a program counter, which the processor leaves in the window below at a trap: it is one of the code here.
.macro own_place register
    cmp \register, 0
    be 8f
    cmp \register, %g1
    be 8f
    set probe_windows_code, %g3
    cmp \register, %g3
    bcs,a 8f
    add %g2, 1, %g2
    set probe_windows_code_end, %g3
    cmp \register, %g3
    bcc,a 8f
    add %g2, 1, %g2
8:
.endm

! Fills the window with what is in g1.
.macro mark_window
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7
    mov %g1, %l\number
    .endr
    .irp number, 0, 1, 2, 3, 4, 5, 7
    mov %g1, %o\number
    .endr
.endm

! Looks at a window that a `save` has just entered.
.macro look_at_window
    own %l0
    own_place %l1
    own_place %l2
    .irp number, 3, 4, 5, 6, 7
    own %l\number
    .endr
    ! The return from an upcall below has code's addresses in the first two.
    own_place %o0
    own_place %o1
    .irp number, 2, 3, 4, 5, 7
    own %o\number
    .endr
.endm

.macro mark_below
    .rept 6
    save %sp, -96, %sp
    mark_window
    .endr
    .rept 6
    restore
    .endr
.endm

.macro look_below
    .rept 6
    save %sp, -96, %sp
    look_at_window
    .endr
    .rept 6
    restore
    .endr
.endm

probe_windows_code:
! uint32_t probe_leak(uint32_t mark, uint32_t turns): fills seven windows with a mark, waits for the partition's next
! window of time, and looks at the registers anew; so many times. Returns how many held something else.
    .global probe_leak
probe_leak:
    save %sp, -96, %sp
    mov %i0, %g1
    clr %g2
1:  mark_below
    ! Until the clock jumps.
    ta {clock_trap}
    mov %o1, %l0
2:  ta {clock_trap}
    sub %o1, %l0, %l1
    cmp %l1, 2000
    bleu 2b
    mov %o1, %l0
    look_below
    subcc %i1, 1, %i1
    bne 1b
    nop
    ret
    restore %g2, 0, %o0

! uint32_t probe_frames(uint32_t depth, uint32_t number): how many frames are not on their stacks, as the kernel says,
! in a function that so many of an empty register file have called; behind a call of that number if it is not 0.
    .global probe_frames
probe_frames:
    save %sp, -96, %sp
    mov %i0, %g2
    mov %i1, %g3
    ta 3
1:  tst %g2
    be 2f
    mov %i0, %o0
    save %sp, -96, %sp
    ba 1b
    sub %g2, 1, %g2
2:  tst %g3
    be 3f
    mov %g3, %g1
    mov -1, %o0
    ta {hypercall_trap}
3:  ta {frames_trap}
    mov %i0, %g2
4:  tst %g2
    be 5f
    sub %g2, 1, %g2
    ba 4b
    restore
5:  ret
    restore %g1, 0, %o0

! uint32_t probe_traces(uint32_t mark): marks the windows below, has the kernel serve a trap, and looks what it has left
! there; for each trap that it serves by itself. Returns how many registers held what is neither the partition's nor 0.
    .global probe_traces
probe_traces:
    save %sp, -96, %sp
    mov %i0, %g1
    clr %g2
    mark_below
    look_below
    ! Interrupts off, on at a level, and off again.
    .irp psr, 0x500, 0xf00
    mark_below
    mov %g1, %g4
    ta 9
    mov %g4, %g1
    look_below
    mark_below
    mov %g1, %g4
    mov \psr, %g1
    ta 10
    mov %g4, %g1
    look_below
    .endr
    ! The first call, and the clock.
    mark_below
    mov %g1, %g4
    clr %g1
    ta {hypercall_trap}
    mov %g4, %g1
    look_below
    mark_below
    ta {clock_trap}
    look_below
    ! All windows to the stack: with some that are not there yet, and with none.
    mark_below
    ta 3
    look_below
    ta 3
    mark_below
    ta 3
    look_below
    ! How many frames are not on their stacks.
    mark_below
    mov %g1, %l0
    mov %g2, %l1
    ta {frames_trap}
    mov %l0, %g1
    mov %l1, %g2
    look_below
    ! Floating point on or off.
    mark_below
    mov %g1, %l0
    sethi %hi(0x1000), %g1
    ta {floating_point_trap}
    mov %l0, %g1
    look_below
    ! The return from an upcall, whose window is the one below.
    mark_below
    save %sp, -96, %sp
    mark_window
    set 1f, %o0
    add %o0, 4, %o1
    clr %o2
    ta {return_trap}
1:  mov %g1, %g4
    ta 9
    mov %g4, %g1
    look_below
    ! Deeper than there are windows, and back: overflow and underflow. Marked frames come first, so that all that is
    ! found in a window before it is marked again was in one of those, or is the kernel's.
    .rept 10
    save %sp, -96, %sp
    mark_window
    .endr
    .rept 10
    save %sp, -96, %sp
    look_at_window
    mark_window
    .endr
    .rept 10
    restore
    save %sp, -96, %sp
    look_at_window
    restore
    .endr
    .rept 10
    restore
    .endr
    ret
    restore %g2, 0, %o0
probe_windows_code_end:
