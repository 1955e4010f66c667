! void probe_pause(uint32_t turns): three instructions a turn, and always as many around them; the others take one
! and two more.
    .text
    .global probe_pause, probe_pause_longer, probe_pause_longest
probe_pause_longest:
    nop
probe_pause_longer:
    nop
probe_pause:
    inc %o0
1:  subcc %o0, 1, %o0
    bne 1b
    nop
    retl
    nop
