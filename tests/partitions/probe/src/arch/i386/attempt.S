// Calls code that may fault.
//
// bool probe_attempt(void (*code)(uint32_t), uint32_t argument): true if it faulted. The fault handler sets the frame
// to probe_resume_pc with the stack pointer at probe_resume_sp.

    .text
    .global probe_attempt
probe_attempt:
    push ebp
    push ebx
    push esi
    push edi
    mov [probe_resume_sp], esp
    mov dword ptr [probe_resume_pc], offset probe_attempt_faulted
    push [esp + 24]
    call [esp + 24]
    xor eax, eax
    jmp 2f
probe_attempt_faulted:
    mov eax, 1
2:  mov esp, [probe_resume_sp]
    mov dword ptr [probe_resume_pc], 0
    mov ecx, 0x2b
    mov ds, ecx
    mov es, ecx
    mov ss, ecx
    cld
    pop edi
    pop esi
    pop ebx
    pop ebp
    ret

    .bss
    .balign 4
    .global probe_resume_pc, probe_resume_sp
probe_resume_pc: .long 0
probe_resume_sp: .long 0
