# RTEMS's interrupt state: plain writes to the shared page.
#
# A state is a value of EFLAGS of which RTEMS tests bit 9. The enable word holds exactly that bit, and the kernel
# clears the whole word, so a state is the word itself.

# uint32_t i386_disable_interrupts(void)
# Out: eax = the state before. Changes no other register.
    .section .text.i386_disable_interrupts, "ax", @progbits
    .globl i386_disable_interrupts
    .type i386_disable_interrupts, @function
i386_disable_interrupts:
    movl bulkhead_host_enabled, %eax
    movl $0, bulkhead_host_enabled
    ret
    .size i386_disable_interrupts, . - i386_disable_interrupts

# void i386_enable_interrupts(uint32_t level)
# In:  4(%esp) = a state. If it enables and a line is due, the line's handler has run when this returns.
# Changes eax and flags. Mostly no line is pending at all; whether one that is pending is masked is asked then.
    .section .text.i386_enable_interrupts, "ax", @progbits
    .globl i386_enable_interrupts
    .type i386_enable_interrupts, @function
i386_enable_interrupts:
    movl 4(%esp), %eax
    movl %eax, bulkhead_host_enabled
    cmpl $0, bulkhead_host_pending
    jne bulkhead_rtems_interrupts_due
    ret
    .size i386_enable_interrupts, . - i386_enable_interrupts

# void bulkhead_rtems_interrupts_due(void)
# Where a line is pending: for code here, and for what was compiled with <bulkhead/inline_interrupts.h>.
# Changes flags. If interrupts are enabled and a line is due, its handler has run when this returns.
    .section .text.bulkhead_rtems_interrupts_due, "ax", @progbits
    .globl bulkhead_rtems_interrupts_due
    .type bulkhead_rtems_interrupts_due, @function
bulkhead_rtems_interrupts_due:
    cmpl $0, bulkhead_host_enabled
    je 1f
    pushl %eax
    movl bulkhead_host_pending, %eax
    testl %eax, bulkhead_host_mask
    popl %eax
    jnz bulkhead_interrupts_deliver
1:  ret
    .size bulkhead_rtems_interrupts_due, . - bulkhead_rtems_interrupts_due

# void i386_flash_interrupts(uint32_t level)
# In:  4(%esp) = a state. Lets in what is due if it enables; interrupts are disabled on return.
# Changes eax and flags.
    .section .text.i386_flash_interrupts, "ax", @progbits
    .globl i386_flash_interrupts
    .type i386_flash_interrupts, @function
i386_flash_interrupts:
    pushl 4(%esp)
    call i386_enable_interrupts
    movl $0, bulkhead_host_enabled
    addl $4, %esp
    ret
    .size i386_flash_interrupts, . - i386_flash_interrupts

# void i386_set_interrupt_level(uint32_t level)
# In:  4(%esp) = 0 to enable, anything else to disable. Changes eax and flags.
    .section .text.i386_set_interrupt_level, "ax", @progbits
    .globl i386_set_interrupt_level
    .type i386_set_interrupt_level, @function
i386_set_interrupt_level:
    cmpl $0, 4(%esp)
    jne 1f
    movl ${enabled_value}, bulkhead_host_enabled
    cmpl $0, bulkhead_host_pending
    jne bulkhead_rtems_interrupts_due
    ret
1:  movl $0, bulkhead_host_enabled
    ret
    .size i386_set_interrupt_level, . - i386_set_interrupt_level

# uint32_t i386_get_interrupt_level(void)
# Out: eax = 0 if interrupts are enabled, 1 if not. Changes flags.
    .section .text.i386_get_interrupt_level, "ax", @progbits
    .globl i386_get_interrupt_level
    .type i386_get_interrupt_level, @function
i386_get_interrupt_level:
    xorl %eax, %eax
    cmpl $0, bulkhead_host_enabled
    sete %al
    ret
    .size i386_get_interrupt_level, . - i386_get_interrupt_level
