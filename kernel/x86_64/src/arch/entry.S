// Where guests, devices and faults enter the kernel, and where it leaves.
//
// The processor takes the stack pointer from the task state segment, which points to the end of the running
// partition's Context: what it pushes, and what is pushed here, fills the context's register fields directly.
// Nothing of the guest's is ever used as a stack. So an entry is from a guest if, and only if, its frame lies there
// (`entry_frame`, descriptors.rs): what the frame says of code segment and level is not asked, since an emulator may
// let a guest choose it.
//
// Each entry begins with `clac`, three bytes that a processor without SMAP does not know: there, the interrupt table
// points behind it (see descriptors.rs).

    .section .text.entry, "ax", @progbits

// Saves the registers that 32-bit code has, below the frame of the processor, the error code and the vector.
// r8 to r15 are neither saved nor restored: no guest can execute 64-bit code.
.macro save_registers
    push rax
    push rcx
    push rdx
    push rbx
    push rbp
    push rsi
    push rdi
.endm

// Goes to a label if the guest has not been in the one mode that it is given: its code segment, its stack segment, and
// not virtual-8086 mode (bit 17 of the flags). On a processor that is none of these can change; on an emulator they
// have.
.macro require_guest_mode otherwise
    cmp word ptr [rsp + 80], {code_selector}
    jne \otherwise
    cmp word ptr [rsp + 104], {data_selector}
    jne \otherwise
    test byte ptr [rsp + 90], 2
    jnz \otherwise
.endm

// int 0x80 from a guest.
    .balign 16
    .global entry_hypercall
entry_hypercall:
    clac
    cld
    sub rsp, 16
    save_registers
    require_guest_mode 2f
    mov rdi, rsp
    lea rsp, [rip + kernel_stack_top]
    cmp eax, {first_message_call}
    jae 1f
    .global kernel_hypercall_site, kernel_message_site
kernel_hypercall_site:
    call kernel_hypercall
kernel_message_site:
1:  call kernel_message
2:  mov qword ptr [rsp + 56], {hypercall_vector}
    jmp entry_foreign

// The local APIC's timer.
    .balign 16
    .global entry_timer
entry_timer:
    clac
    cld
    cmp rsp, [rip + entry_frame]
    jne 1f
    sub rsp, 16
    save_registers
    require_guest_mode 2f
    lea rsp, [rip + kernel_stack_top]
    call kernel_alarm
1:  // The kernel was waiting for this with interrupts on (arch/wait). Only acknowledge.
    mov dword ptr [local_apic + 0xb0], 0
    iretq
2:  mov dword ptr [local_apic + 0xb0], 0
    mov qword ptr [rsp + 56], {timer_vector}
    jmp entry_foreign

// Interrupts of devices, 0 to 15.
.macro device number
    .balign 16
entry_device_\number:
    clac
    cld
    push 0
    push \number
    jmp entry_device
.endm

    .irp number, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    device \number
    .endr

    .balign 16
entry_device:
    save_registers
    lea rax, [rsp + 72]
    cmp rax, [rip + entry_frame]
    jne 1f
    require_guest_mode 2f
    mov edi, [rsp + 56]
    lea rsp, [rip + kernel_stack_top]
    call kernel_device
1:  // The kernel was waiting (arch/wait), and looks for it there. Not acknowledged: no other comes before.
    mov ecx, [rsp + 56]
    bts dword ptr [rip + devices_heard], ecx
    pop rdi
    pop rsi
    pop rbp
    pop rbx
    pop rdx
    pop rcx
    pop rax
    add rsp, 16
    iretq
2:  // It can be another's, and is looked for there, too.
    mov ecx, [rsp + 56]
    bts dword ptr [rip + devices_heard], ecx
    add qword ptr [rsp + 56], {device_vector}
    jmp entry_foreign

// A guest has been where it must not get to: rsp = its registers, the vector among them.
entry_foreign:
    mov rdi, rsp
    lea rsp, [rip + kernel_stack_top]
    call kernel_foreign

// The local APIC's spurious interrupt needs no answer. A non-maskable interrupt gets none. A guest, which is what runs
// where the upper half of the instruction pointer is 0, continues with the segments that are its own.
    .balign 16
    .global entry_ignore
entry_ignore:
    clac
    cmp dword ptr [rsp + 4], 0
    jne 1f
    mov word ptr [rsp + 8], {code_selector}
    mov word ptr [rsp + 32], {data_selector}
1:  iretq

// Exceptions 0 to 31. Those for which the processor pushes no error code push a 0.
.macro exception vector, has_error
    .balign 16
entry_exception_\vector:
    clac
    cld
    .if \has_error == 0
    push 0
    .endif
    push \vector
    jmp entry_exception
.endm

    exception 0, 0
    exception 1, 0
    exception 2, 0
    exception 3, 0
    exception 4, 0
    exception 5, 0
    exception 6, 0
    exception 7, 0
    exception 8, 1
    exception 9, 0
    exception 10, 1
    exception 11, 1
    exception 12, 1
    exception 13, 1
    exception 14, 1
    exception 15, 0
    exception 16, 0
    exception 17, 1
    exception 18, 0
    exception 19, 0
    exception 20, 0
    exception 21, 1
    exception 22, 0
    exception 23, 0
    exception 24, 0
    exception 25, 0
    exception 26, 0
    exception 27, 0
    exception 28, 0
    exception 29, 1
    exception 30, 1
    exception 31, 0

    .balign 16
entry_exception:
    save_registers
    mov rdi, rsp
    lea rax, [rsp + 72]
    cmp rax, [rip + entry_frame]
    jne 1f
    require_guest_mode entry_foreign
    lea rsp, [rip + kernel_stack_top]
    call kernel_exception
1:  // A fault of the kernel's own, on whatever stack it has come, or one that is the machine's.
    lea rsp, [rip + failure_stack_top]
    call kernel_failure

    .section .rodata.entry, "a", @progbits
    .balign 8
    .global exception_entries
exception_entries:
    .irp vector, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    .quad entry_exception_\vector
    .endr
    .global device_entries
device_entries:
    .irp number, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    .quad entry_device_\number
    .endr
