! A call that is recorded (`bulkhead_abi::trace::CALL_SITES`): in the place of `kernel_hypercall`, in the trap window of
! trap.S. A template: what stands in braces comes from mod.rs beside this file.

    .section .text.traps, "ax", @progbits

! As `record!` in mod.rs, of this moment. In: g1 = the call's number.
    .global kernel_recorded_hypercall
kernel_recorded_hypercall:
    sethi %hi({board} + {current}), %g4
    ldub [%g4 + %lo({board} + {current})], %g4
    ldd [%g0 + {written} - 4], %g6
    or %g4, {call}, %g4
    ld [%g6], %g5
    sll %g7, 16, %g6
    srl %g6, 14, %g6
    std %g4, [%g6 + {record}]
    st %g1, [%g6 + {argument}]
    add %g7, {step}, %g7
    ba kernel_hypercall
    st %g7, [%g0 + {written}]
