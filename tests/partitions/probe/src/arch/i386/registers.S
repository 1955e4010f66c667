// A call with everything in the registers that a program may have there.
//
// void probe_register_call(const uint32_t before[12], uint32_t after[12]): eax, ebx, ecx, edx, esi, edi, ebp, ds, es,
// fs, gs and the flags as the call finds them, and as it leaves them. The stack pointer must be what it was.

// Pushes or pops a segment register, four bytes: the assembler takes `push ds` for two.
.macro push_segments
    .byte 0x0f, 0xa8            // gs
    .byte 0x0f, 0xa0            // fs
    .byte 0x06                  // es
    .byte 0x1e                  // ds
.endm

.macro pop_segments
    .byte 0x1f                  // ds
    .byte 0x07                  // es
    .byte 0x0f, 0xa1            // fs
    .byte 0x0f, 0xa9            // gs
.endm

    .text
    .global probe_register_call
probe_register_call:
    push ebp
    push ebx
    push esi
    push edi
    push_segments
    mov esi, [esp + 36]
    push dword ptr [esp + 40]
    push dword ptr [esi + 44]
    push dword ptr [esi]
    push dword ptr [esi + 24]
    push dword ptr [esi + 20]
    push dword ptr [esi + 16]
    push dword ptr [esi + 12]
    push dword ptr [esi + 8]
    push dword ptr [esi + 4]
    mov gs, [esi + 40]
    mov fs, [esi + 36]
    mov es, [esi + 32]
    mov ds, [esi + 28]          // From here on only the stack can be reached.
    pop ebx
    pop ecx
    pop edx
    pop esi
    pop edi
    pop ebp
    pop eax
    popfd
    int 0x80
    pushfd
    push_segments
    push ebp
    push edi
    push esi
    push edx
    push ecx
    push ebx
    push eax
    push 0x202
    popfd
    mov eax, ss
    mov ds, eax
    mov es, eax
    mov esi, esp
    mov edi, [esp + 48]
    mov ecx, 12
    rep movsd
    add esp, 52
    pop_segments
    pop edi
    pop esi
    pop ebx
    pop ebp
    ret
