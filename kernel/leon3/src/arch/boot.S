! The first instructions: from a boot loader, in supervisor mode, with the stack pointer in the last page of RAM, as
! boot loaders for LEON3 and QEMU 7 have it, or 0, as QEMU 10 has it (ram.rs). Nothing else of what they leave is
! used: not the windows, traps, tables or caches.

    .section .text.boot, "ax", @progbits
    .global boot_entry
boot_entry:
    mov %sp, %g2
    set 0xf80, %g1              ! Supervisor, all interrupts masked, window 0.
    wr %g1, %psr
    sta %g0, [%g0] 0x19         ! Memory management off.
    flush %g0                   ! Nothing of before in the caches, which write through.
    mov 2, %g3                  ! Windows from 0 downwards to 2; 1 is invalid.
    nop
    nop
    wr %g3, %wim
    set trap_table, %g3
    wr %g3, %tbr
    nop
    nop
    nop
    set kernel_bss_start, %g3
    set kernel_bss_end, %g4
1:  cmp %g3, %g4
    bcc 2f
    nop
    st %g0, [%g3]
    ba 1b
    add %g3, 4, %g3
2:  sethi %hi(kernel_stack_base), %sp
    clr %fp
    mov %g2, %o0
    set 0x1fa0, %g1             ! Traps on, floating point on.
    wr %g1, %psr
    nop
    nop
    nop
    call kernel_main
    nop
