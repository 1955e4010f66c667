! Instructions with every number or value that they can have.

! A function that executes a word.
.macro word_function value
    .type probe_word_\@, @function
probe_word_\@:
    .word \value
    retl
    nop
    .size probe_word_\@, . - probe_word_\@
.endm

! One of them for each of several words, twelve bytes apart.
.macro words name, count, first, step
    .global \name
\name:
    .set number, 0
    .rept \count
    word_function \first + number * \step
    .set number, number + 1
    .endr
.endm

    .text
    ! lda [%o0] n, %o1; sta %o1, [%o0] n; swapa [%o0] n, %o1; ldstuba [%o0] n, %o1; casa [%o0] n, %o1, %o2
    words probe_load_from, 256, 0xd2820000, 32
    words probe_store_to, 256, 0xd2a20000, 32
    words probe_swap_in, 256, 0xd2fa0000, 32
    words probe_load_and_store_in, 256, 0xd2ea0000, 32
    words probe_compare_in, 256, 0xd5e20009, 32
    ! rd %asrn, %o1; wr %g0, %asrn. The first of each is Y.
    words probe_read_state, 32, 0x93400000, 0x4000
    words probe_write_state, 32, 0x81800000, 0x2000000

! void probe_write_psr(uint32_t value), and so on: writes it, and PSR as it was.
    .global probe_write_psr
probe_write_psr:
    rd %psr, %o1
    wr %o0, %psr
    wr %o1, %psr
    retl
    nop

    .global probe_write_wim
probe_write_wim:
    wr %o0, %wim
    retl
    nop

    .global probe_write_tbr
probe_write_tbr:
    wr %o0, %tbr
    retl
    nop

    .global probe_flush
probe_flush:
    flush %o0
    retl
    nop

! Return from trap, by itself and behind a jump.
    .global probe_return_from_trap
probe_return_from_trap:
    set probe_attempt_ran, %l1
    rett %l1
    ba probe_attempt_ran
    nop

    .global probe_jump_and_return
probe_jump_and_return:
    set probe_attempt_ran, %l1
    add %l1, 4, %l2
    jmp %l1
    rett %l2
    ba probe_attempt_ran
    nop

    .global probe_return_elsewhere
probe_return_elsewhere:
    jmp %o0
    rett %o0 + 4
    ba probe_attempt_ran
    nop
