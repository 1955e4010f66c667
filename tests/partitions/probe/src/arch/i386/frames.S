// Leaving for where a frame says: each takes the address of the frame, with whatever is in it.
//
// A frame that leads back to this program leads to probe_frame_landed, which notes the flags and returns from the
// attempt (attempt.S), whose stack nobody has touched.

    .text
.macro leave_by name, instructions:vararg
    .global probe_frame_\name
    .type probe_frame_\name, @function
probe_frame_\name:
    mov eax, [esp + 4]
    \instructions
    .size probe_frame_\name, . - probe_frame_\name
.endm

    leave_by iret, mov esp, eax; iretd
    leave_by iret_short, mov esp, eax; .byte 0x66, 0xcf
    leave_by iret_nested, mov esp, eax; push 0x4202; popfd; iretd
    leave_by return, mov esp, eax; retf
    leave_by jump, jmp fword ptr [eax]
    leave_by call, call fword ptr [eax]

    .global probe_frame_landed
probe_frame_landed:
    pushfd
    pop [probe_landed_flags]
    push 0x202
    popfd
    mov esp, [probe_resume_sp]
    sub esp, 8
    ret

// Never to be reached: it keeps the processor, in whichever mode, and without interrupts where it may.
    .global probe_frame_spin
probe_frame_spin:
    jmp probe_frame_spin

    .bss
    .balign 4
    .global probe_landed_flags
probe_landed_flags: .long 0
