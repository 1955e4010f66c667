// Single instructions, each a function, in two tables of (name, function): what must fault at level 3, and what
// must not. The names are the instructions as written here.
//
// Intel SDM volume 3A, 5.9 (privileged instructions), 2.8 (system instructions); volume 1, 19.5 (I/O).

.macro snippet table, symbol, text:vararg
    .section .rodata.names, "a", @progbits
8:  .asciz "\text"
    .section \table, "a", @progbits
    .long 8b, \symbol
    .text
    .type \symbol, @function
\symbol:
    \text
    ret
    .size \symbol, . - \symbol
.endm

.macro faults text:vararg
    snippet .rodata.probe_faults, probe_faulting_\@, \text
.endm

// The same with a name for the function, where the audit would have it silent on processors of another sort: a system
// file allows it by that name.
.macro faults_as name, text:vararg
    snippet .rodata.probe_faults, \name, \text
.endm

// Up to three instructions, each in quotes, behind one that has the processor trap after each: `popfd` with TF (Intel
// SDM volume 3B, 18.3.1.4). What enters the kernel leaves it with TF again, and the trap comes behind the `nop`.
.macro steps number, first, second=, third=
    .section .rodata.names, "a", @progbits
8:  .asciz "step \first, \second, \third"
    .section .rodata.probe_faults, "a", @progbits
    .long 8b, probe_step_\number
    .text
    .type probe_step_\number, @function
probe_step_\number:
    push 0x302
    popfd
    \first
    \second
    \third
    nop
    ret
    .size probe_step_\number, . - probe_step_\number
.endm

// Up to three instructions, each in quotes.
.macro harmless_as name, first, second=, third=
    .section .rodata.names, "a", @progbits
8:  .asciz "\first, \second, \third"
    .section .rodata.probe_harmless, "a", @progbits
    .long 8b, \name
    .text
    .type \name, @function
\name:
    \first
    \second
    \third
    ret
    .size \name, . - \name
.endm

.macro harmless first, second=, third=
    harmless_as probe_harmless_\@, "\first", "\second", "\third"
.endm

    .section .rodata.probe_faults, "a", @progbits
    .global probe_faults
probe_faults:
    .section .rodata.probe_harmless, "a", @progbits
    .global probe_harmless
probe_harmless:

    faults hlt
    faults cli
    faults sti
    faults clts
    faults invd
    faults wbinvd
    faults invlpg [eax]
    faults lgdt [eax]
    faults lidt [eax]
    faults lldt ax
    faults ltr ax
    faults lmsw ax
    faults_as probe_sgdt, sgdt [esp - 16]
    faults_as probe_sidt, sidt [esp - 16]
    faults_as probe_sldt, sldt eax
    faults_as probe_str, str eax
    faults_as probe_smsw, smsw eax
    faults mov eax, cr0
    faults mov eax, cr2
    faults mov eax, cr3
    faults mov eax, cr4
    faults mov cr0, eax
    faults mov cr2, eax
    faults mov cr3, eax
    faults mov cr4, eax
    faults mov eax, dr0
    faults mov eax, dr7
    faults mov dr0, eax
    faults mov dr7, eax
    faults rdmsr
    faults wrmsr
    faults rdpmc
    faults xsetbv
    faults sysenter
    faults sysexit
    faults syscall
    faults sysret
    faults monitor
    faults mwait
    faults vmcall
    faults vmlaunch
    faults vmxoff
    faults vmmcall
    faults vmrun eax
    faults stgi
    faults clgi
    faults skinit eax
    faults rsm
    faults clac
    faults stac
    faults in al, 0x20
    faults in ax, 0x20
    faults in eax, 0x20
    faults in al, dx
    faults in ax, dx
    faults in eax, dx
    faults out 0x20, al
    faults out 0x20, ax
    faults out 0x20, eax
    faults out dx, al
    faults out dx, ax
    faults out dx, eax
    faults insb
    faults insd
    faults outsb
    faults outsd
    faults ud2
    faults int3
    faults .byte 0xf1
    steps 1, "int 0x80"
    steps 2, "mov edx, ss", "mov ss, edx", "int 0x80"
    steps 3, "push ss", "pop ss", "int 0x80"
    steps 4, "push ss", "pop ss", ".byte 0xf1"
    steps 5, "push ss", "pop ss", "int3"
    steps 6, "sysenter"
    steps 7, "ud2"
    faults .byte 0xea, 0, 0, 0x10, 0, 8, 0
    faults .byte 0x9a, 0, 0, 0x10, 0, 8, 0
    faults .byte 0xea, 0, 0, 0x10, 0, 0x38, 0
    faults .byte 0x9a, 0, 0, 0x10, 0, 0x38, 0
    faults .byte 0xea, 0, 0, 0x10, 0, 0, 0

    harmless "pushfd", "pop eax"
    harmless_as probe_popf_1, "push 0", "popfd"
    harmless_as probe_popf_2, "push 0x3202", "popfd"
    harmless_as probe_popf_3, "push 0x40202", "popfd"
    harmless_as probe_popf_4, "push 0x4202", "popfd"
    harmless_as probe_popf_5, "push 0x602", "popfd"
    harmless_as probe_popf_6, "push 0x200202", "popfd"
    harmless "cpuid"
    harmless "rdtsc"
    harmless "nop"
    harmless "pause"
    harmless_as probe_lar, "xor eax, eax", "lar eax, ax"
    harmless_as probe_verr, "verr ax"
    harmless_as probe_verw, "verw ax"
    harmless_as probe_put_fs, "mov eax, 0x2b", "mov fs, eax"
    harmless "fninit"
    harmless "lfence"

    .section .rodata.probe_faults, "a", @progbits
    .long 0, 0
    .section .rodata.probe_harmless, "a", @progbits
    .long 0, 0
