// Loading segment registers with anything.
//
// void probe_load_SEGMENT(uint32_t selector): loads it and, if that worked, puts the old value back before anything
// uses the segment.

    .text
.macro load segment
    .global probe_load_\segment
probe_load_\segment:
    mov eax, [esp + 4]
    mov ecx, \segment
    mov \segment, eax
    mov \segment, ecx
    ret
.endm

    load ds
    load es
    load fs
    load gs
    load ss

// void probe_keep_gs(uint32_t selector): loads gs and leaves it.
    .global probe_keep_gs
probe_keep_gs:
    mov eax, [esp + 4]
    mov gs, eax
    ret

// uint32_t probe_read_tls(uint32_t offset): reads gs:[offset].
    .global probe_read_tls
probe_read_tls:
    mov eax, [esp + 4]
    mov eax, gs:[eax]
    ret

// void probe_stack_in_tls(uint32_t unused): uses the TLS segment as the stack's for an instant, with a call between.
    .global probe_stack_in_tls
probe_stack_in_tls:
    mov eax, {tls_selector}
    mov ecx, 0x2b
    mov ss, eax
    xor eax, eax
    int 0x80
    mov ss, ecx
    ret

// void probe_spin_in_tls(uint32_t unused): the same until something comes; does not return.
    .global probe_spin_in_tls
probe_spin_in_tls:
    mov eax, {tls_selector}
    mov ss, eax
1:  jmp 1b
