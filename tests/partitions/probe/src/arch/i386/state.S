// Register contents that must survive whatever the kernel does.
//
// uint32_t probe_state(const uint32_t pattern[4], uint32_t turns): fills the x87 stack, the SSE registers, MXCSR and
// the general registers from the pattern, spins, and compares. Returns 0 if all is as it was.

    .text
    .global probe_state
probe_state:
    push ebp
    push ebx
    push esi
    push edi
    mov esi, [esp + 20]
    fninit
    fild dword ptr [esi]
    fild dword ptr [esi + 4]
    movups xmm0, [esi]
    movups xmm7, [esi]
    pshufd xmm7, xmm7, 0x1b
    mov dword ptr [probe_mxcsr], 0x1fa0
    ldmxcsr [probe_mxcsr]
    mov ecx, [esp + 24]
    mov ebx, [esi]
    mov edi, [esi + 4]
    mov ebp, [esi + 8]
    mov edx, [esi + 12]
    std
1:  dec ecx
    jnz 1b
    pushfd
    pop eax
    cld
    test eax, 0x400             // direction flag still set
    jz 9f
    cmp ebx, [esi]
    jne 9f
    cmp edi, [esi + 4]
    jne 9f
    cmp ebp, [esi + 8]
    jne 9f
    cmp edx, [esi + 12]
    jne 9f
    movups xmm1, [esi]
    pcmpeqd xmm0, xmm1
    pmovmskb eax, xmm0
    cmp eax, 0xffff
    jne 9f
    pshufd xmm7, xmm7, 0x1b
    pcmpeqd xmm7, xmm1
    pmovmskb eax, xmm7
    cmp eax, 0xffff
    jne 9f
    stmxcsr [probe_mxcsr]
    cmp dword ptr [probe_mxcsr], 0x1fa0
    jne 9f
    fistp dword ptr [probe_mxcsr]
    mov eax, [probe_mxcsr]
    cmp eax, [esi + 4]
    jne 9f
    fistp dword ptr [probe_mxcsr]
    mov eax, [probe_mxcsr]
    cmp eax, [esi]
    jne 9f
    xor eax, eax
    jmp 8f
9:  mov eax, 1
8:  fninit
    pop edi
    pop esi
    pop ebx
    pop ebp
    ret

// uint32_t probe_state_is_fresh(void): 1 if the x87 and SSE registers are as a start leaves them.
    .global probe_state_is_fresh
probe_state_is_fresh:
    sub esp, 528
    mov eax, esp
    add eax, 15
    and eax, -16
    fxsave [eax]
    cmp word ptr [eax], 0x37f
    jne 9f
    cmp word ptr [eax + 2], 0
    jne 9f
    cmp byte ptr [eax + 4], 0
    jne 9f
    cmp dword ptr [eax + 8], 0
    jne 9f
    cmp dword ptr [eax + 16], 0
    jne 9f
    cmp dword ptr [eax + 24], 0x1f80
    jne 9f
    mov ecx, 64                 // x87 registers, then xmm0 to xmm7
1:  cmp dword ptr [eax + 32 + ecx * 4 - 4], 0
    jne 9f
    dec ecx
    jnz 1b
    mov eax, 1
    jmp 8f
9:  xor eax, eax
8:  add esp, 528
    ret

    .bss
    .balign 4
probe_mxcsr: .long 0
