// From the boot loader to 64-bit code.
//
// PVH (Xen's "x86/HVM direct boot ABI"; QEMU's -kernel): 32-bit protected mode, paging off, flat segments,
// interrupts off, ebx = physical address of the start structure. Nothing else may be assumed, not even a stack.

    .section .note.xen, "a", @note
    .long 4, 4, 18              // name size, value size, XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long boot_entry

    .section .boot, "awx", @progbits
    .code32
    .global boot_entry
boot_entry:
    cli
    cld
    mov esp, offset boot_stack_top

    // Long mode, and the no-execute bit, or we cannot run here: CPUID 0x80000001, edx bits 29 and 20.
    mov eax, 0x80000000
    push ebx
    cpuid
    cmp eax, 0x80000001
    jb 9f
    mov eax, 0x80000001
    cpuid
    and edx, 0x20100000
    cmp edx, 0x20100000
    jne 9f
    pop ebx

    // Four page directories of 2 MiB pages map the first 4 GiB, at 0 and, the first of them, at the kernel's place.
    mov edi, offset boot_directories
    mov eax, 0x83               // present, writable, 2 MiB
    mov ecx, 2048
1:  mov [edi], eax
    mov dword ptr [edi + 4], 0
    add eax, 0x200000
    add edi, 8
    loop 1b

    mov edi, offset boot_pointers
    mov eax, offset boot_directories + 3
    mov ecx, 4
2:  mov [edi], eax
    add eax, 4096
    add edi, 8
    loop 2b
    mov dword ptr [boot_pointers_high + 510 * 8], offset boot_directories + 3
    mov dword ptr [boot_level4], offset boot_pointers + 3
    mov dword ptr [boot_level4 + 511 * 8], offset boot_pointers_high + 3

    mov eax, cr4
    or eax, 0x20                // PAE
    mov cr4, eax
    mov eax, offset boot_level4
    mov cr3, eax
    mov ecx, 0xc0000080         // EFER: LME, NXE
    rdmsr
    or eax, 0x900
    wrmsr
    mov eax, cr0
    or eax, 0x80010001          // PG, WP, PE
    mov cr0, eax
    lgdt [boot_gdt_pointer]
    ljmp 8, offset boot_64

9:  hlt                         // A processor that cannot run the kernel cannot say so either.
    jmp 9b

    .code64
boot_64:
    xor eax, eax
    mov ds, eax
    mov es, eax
    mov fs, eax
    mov gs, eax
    mov ss, eax
    mov rsp, offset kernel_stack_top
    push 2                      // no flag that a loader may have left: with NT set no interrupt returns
    popfq
    mov edi, ebx
    xor ebp, ebp
    mov rax, offset kernel_main
    call rax
    ud2

    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff    // 64-bit code, accessed
boot_gdt_pointer:
    .word 15
    .long boot_gdt

    .balign 4096
boot_level4:        .fill 4096, 1, 0
boot_pointers:      .fill 4096, 1, 0
boot_pointers_high: .fill 4096, 1, 0
boot_directories:   .fill 4 * 4096, 1, 0
    .fill 256, 1, 0
boot_stack_top:
