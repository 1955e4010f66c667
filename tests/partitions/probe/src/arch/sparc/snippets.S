! Single instructions, each a function, in two tables of (name, function): what must fault in user mode, and what must
! not. The names are the instructions as written here. What is in o0 is a small number.
!
! SPARC V8 manual, appendix B: "Traps" of each instruction; GRLIB IP core manual, LEON3.

.macro snippet table, text:vararg
    .section .rodata.names, "a", @progbits
8:  .asciz "\text"
    .section \table, "a", @progbits
    .word 8b, probe_snippet_\@
    .text
    .type probe_snippet_\@, @function
probe_snippet_\@:
    \text
    retl
    nop
    .size probe_snippet_\@, . - probe_snippet_\@
.endm

.macro faults text:vararg
    snippet .rodata.probe_faults, \text
.endm

! Up to four instructions, each in quotes.
.macro harmless first, second=, third=, fourth=
    .section .rodata.names, "a", @progbits
8:  .asciz "\first, \second, \third, \fourth"
    .section .rodata.probe_harmless, "a", @progbits
    .word 8b, probe_harmless_\@
    .text
    .type probe_harmless_\@, @function
probe_harmless_\@:
    \first
    \second
    \third
    \fourth
    retl
    nop
    .size probe_harmless_\@, . - probe_harmless_\@
.endm

    .section .rodata.probe_faults, "a", @progbits
    .balign 4
    .global probe_faults
probe_faults:
    .section .rodata.probe_harmless, "a", @progbits
    .balign 4
    .global probe_harmless
probe_harmless:

    faults unimp 0
    faults unimp 0x123
    faults lda [%o0] 0x19, %o1
    faults lduba [%o0] 0x19, %o1
    faults lduha [%o0] 0x19, %o1
    faults ldda [%o0] 0x19, %o2
    faults ldsba [%o0] 0x19, %o1
    faults ldsha [%o0] 0x19, %o1
    faults ldstuba [%o0] 0x19, %o1
    faults swapa [%o0] 0x19, %o1
    faults sta %o1, [%o0] 0x19
    faults stba %o1, [%o0] 0x19
    faults stha %o1, [%o0] 0x19
    faults stda %o2, [%o0] 0x19
    faults casa [%o0] 0xb, %o1, %o2
    faults std %fq, [%o0]
    faults ld [%o0], %csr
    faults st %csr, [%o0]
    faults std %cq, [%o0]
    ! Two operations and a branch of a coprocessor.
    faults .word 0x81b00000
    faults .word 0x81b80000
    faults .word 0x01c00002
    faults ld [%o0], %o1
    faults st %o1, [%o0]
    faults ld [%sp + 2], %o1
    faults lduh [%sp + 1], %o1
    faults ldd [%sp + 4], %o2
    faults st %o1, [%sp + 1]
    faults std %o2, [%sp + 4]
    faults udiv %o0, %g0, %o1
    faults sdiv %o0, %g0, %o1
    faults jmp %sp + 2
    faults ta 0
    faults ta 1
    faults ta 0x7f
    ! No instruction has this operation.
    faults .word 0x81f80000

    harmless "rd %psr, %o1"
    harmless "rd %wim, %o1"
    harmless "rd %tbr, %o1"
    harmless "rd %psr, %o1", "wr %o1, %psr"
    harmless "rd %psr, %o1", "wr %g0, %psr", "wr %o1, %psr"
    harmless "wr %g0, %wim"
    harmless "wr %g0, -1, %wim"
    harmless "wr %g0, 1, %tbr"
    harmless "wr %g0, %tbr"
    harmless "rd %y, %o1"
    harmless "wr %g0, %y"
    harmless "rd %asr17, %o1"
    harmless "stbar"
    harmless "flush %o0"
    harmless "flush %sp"
    harmless "ta 3"
    harmless "ta 9", "ta 10"
    harmless "tn 0"
    harmless "casa [%sp] 0xa, %o1, %o2"
    harmless "st %fsr, [%sp + 64]", "ld [%sp + 64], %fsr"
    harmless "save %sp, -96, %sp", "restore"

    .section .rodata.probe_faults, "a", @progbits
    .word 0, 0
    .section .rodata.probe_harmless, "a", @progbits
    .word 0, 0
