// Counting instructions: under `-icount shift=0` the time stamp counter counts them.
//
// uint32_t probe_count_NAME(...): time stamps from before the call to after it, what reading costs included;
// probe_count_nothing gives that.

    .text
.macro begin
    push ebx
    push esi
    push edi
    rdtsc
    mov esi, eax
.endm

.macro finish
    rdtsc
    sub eax, esi
    pop edi
    pop esi
    pop ebx
    ret
.endm

    .global probe_count_nothing
probe_count_nothing:
    begin
    finish

// A call, its arguments and its return, as compiled code makes it.
    .global probe_count_null
probe_count_null:
    begin
    call probe_null
    finish
probe_null:
    xor eax, eax
    int 0x80
    ret

    .global probe_count_clock
probe_count_clock:
    begin
    call bulkhead_clock_now
    finish

    .global probe_count_timer
probe_count_timer:
    mov ecx, [esp + 4]
    mov edx, [esp + 8]
    push ebx
    push esi
    push edi
    mov edi, edx
    rdtsc
    mov esi, eax
    push edi
    push ecx
    call bulkhead_timer_set
    add esp, 8
    finish

    .global probe_count_interrupts
probe_count_interrupts:
    begin
    call bulkhead_interrupts_disable
    push eax
    call bulkhead_interrupts_restore
    pop ecx
    finish

    .global probe_count_tls
probe_count_tls:
    mov ecx, [esp + 4]
    push ebx
    push esi
    push edi
    rdtsc
    mov esi, eax
    push ecx
    call bulkhead_set_tls_base
    add esp, 4
    finish

// uint32_t probe_longest_pause(uint32_t turns): the longest time between two turns of a loop that does nothing else.
    .global probe_longest_pause
probe_longest_pause:
    push ebx
    push esi
    push edi
    mov ecx, [esp + 16]
    xor ebx, ebx
    rdtsc
    mov esi, eax
1:  rdtsc
    mov edi, eax
    sub edi, esi
    mov esi, eax
    cmp edi, ebx
    jbe 2f
    mov ebx, edi
2:  dec ecx
    jnz 1b
    mov eax, ebx
    pop edi
    pop esi
    pop ebx
    ret

// An interrupt entry that notes when it was reached, and goes back.
    .global probe_stamp_entry
probe_stamp_entry:
    push eax
    push edx
    rdtsc
    mov [probe_stamp], eax
    pop edx
    pop eax
    mov dword ptr [0x10f004], 0
    mov dword ptr [0x10f000], 1
    jmp dword ptr [0x10f010]

// uint32_t probe_edge(uint32_t *last, uint32_t *first): spins until time has been lost; the time stamps around that.
    .global probe_edge
probe_edge:
    push ebx
    push esi
    push edi
    rdtsc
    mov esi, eax
1:  rdtsc
    mov edi, eax
    sub edi, esi
    mov ebx, esi
    mov esi, eax
    cmp edi, 1000
    jb 1b
    mov ecx, [esp + 16]
    mov [ecx], ebx
    mov ecx, [esp + 20]
    mov [ecx], esi
    mov eax, edi
    pop edi
    pop esi
    pop ebx
    ret

    .bss
    .balign 4
    .global probe_stamp
probe_stamp: .long 0
