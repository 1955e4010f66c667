# Disabling and enabling virtual interrupts: memory writes, no call into the kernel.

# uint32_t bulkhead_interrupts_disable(void)
# Out: eax = the enable word before, 0 if interrupts were disabled already. Changes no other register.
    .section .text.bulkhead_interrupts_disable, "ax", @progbits
    .globl bulkhead_interrupts_disable
    .type bulkhead_interrupts_disable, @function
bulkhead_interrupts_disable:
    movl bulkhead_host_enabled, %eax
    movl $0, bulkhead_host_enabled
    ret
    .size bulkhead_interrupts_disable, . - bulkhead_interrupts_disable

# void bulkhead_interrupts_restore(uint32_t previous)
# In:  4(%esp) = what bulkhead_interrupts_disable returned, or any other value: 0 disables, the rest enables.
# Changes eax and flags. If this enables and a line is due, its handler has run when this returns.
    .section .text.bulkhead_interrupts_restore, "ax", @progbits
    .globl bulkhead_interrupts_restore
    .type bulkhead_interrupts_restore, @function
bulkhead_interrupts_restore:
    movl 4(%esp), %eax
    movl %eax, bulkhead_host_enabled
    movl bulkhead_host_pending, %eax
    testl %eax, bulkhead_host_mask
    jnz 1f
    ret
1:  cmpl $0, 4(%esp)
    jne bulkhead_interrupts_deliver
    ret
    .size bulkhead_interrupts_restore, . - bulkhead_interrupts_restore

# void bulkhead_interrupts_flash(uint32_t previous)
# In:  4(%esp) = what bulkhead_interrupts_disable returned.
# Changes eax and flags. Lets in what is due if `previous` enables; interrupts are disabled on return.
    .section .text.bulkhead_interrupts_flash, "ax", @progbits
    .globl bulkhead_interrupts_flash
    .type bulkhead_interrupts_flash, @function
bulkhead_interrupts_flash:
    pushl 4(%esp)
    call bulkhead_interrupts_restore
    movl $0, bulkhead_host_enabled
    addl $4, %esp
    ret
    .size bulkhead_interrupts_flash, . - bulkhead_interrupts_flash
