// Waiting for an interrupt on a stack that is none.
//
// void probe_wait_on_stack(uint32_t stack): enables interrupts with this stack pointer and spins until something
// happens. Only a fault leads out (see attempt.S).

    .text
    .global probe_wait_on_stack
probe_wait_on_stack:
    mov esp, [esp + 4]
    mov dword ptr [0x10f000], 1
1:  jmp 1b

// void probe_jump(uint32_t address): continues there.
    .global probe_jump
probe_jump:
    jmp [esp + 4]
