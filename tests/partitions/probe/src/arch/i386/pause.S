// void probe_pause(uint32_t turns): three instructions a turn, and always as many around them.
    .text
    .global probe_pause
probe_pause:
    mov eax, [esp + 4]
    inc eax
1:  nop
    dec eax
    jnz 1b
    ret
