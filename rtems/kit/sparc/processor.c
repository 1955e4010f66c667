/* SPARC: contexts and interrupt levels in the place of RTEMS's `cpu` object, floating point, exceptions. */
#include "kit.h"

#include <inttypes.h>
#include <stddef.h>

#include <bsp/bootcard.h>
#include <rtems/bspIo.h>
#include <rtems/fatal.h>
#include <rtems/score/interr.h>
#include <rtems/score/isr.h>
#include <rtems/score/thread.h>
#include <rtems/score/threaddispatch.h>
#include <rtems/score/tls.h>

/* ---- Offsets for context.S and for the kit's assembly, as absolute symbols ----------------------------------- */

#define ABSOLUTE(name, value) __asm__ volatile(".globl " name "\n.set " name ", %c0" : : "i"(value))
#define OFFSET(name, value) ABSOLUTE("bulkhead_rtems_" name, value)

/* Never called: only a function can have assembly with operands. */
void bulkhead_rtems_offsets(void);
__attribute__((__used__)) void bulkhead_rtems_offsets(void)
{
    OFFSET("isr_dispatch_disable", offsetof(Per_CPU_Control, isr_dispatch_disable));
    OFFSET("executing", offsetof(Per_CPU_Control, executing));
    OFFSET("thread_context", offsetof(Thread_Control, Registers));
    OFFSET("context_g5", offsetof(Context_Control, g5));
    OFFSET("context_g7", offsetof(Context_Control, g7));
    OFFSET("context_locals", offsetof(Context_Control, l0_and_l1));
    OFFSET("context_ins", offsetof(Context_Control, i0));
    OFFSET("context_stack", offsetof(Context_Control, o6_sp));
    OFFSET("context_psr", offsetof(Context_Control, psr));
    OFFSET("context_isr_dispatch_disable", offsetof(Context_Control, isr_dispatch_disable));
    OFFSET("stack_mark", BULKHEAD_RTEMS_STACK_MARK);
    /* A context is its thread's. */
    OFFSET("context_thread_stack",
        (int)offsetof(Thread_Control, Start.Initial_stack.area) - (int)offsetof(Thread_Control, Registers));
#ifdef SPARC_USE_LAZY_FP_SWITCH
    ABSOLUTE("SPARC_THREAD_CONTROL_REGISTERS_FP_CONTEXT_OFFSET", offsetof(Thread_Control, Registers.fp_context));
    ABSOLUTE("SPARC_THREAD_CONTROL_FP_CONTEXT_OFFSET", offsetof(Thread_Control, fp_context));
#endif
}

/* ---- Contexts ----------------------------------------------------------------------------------------------- */

void _CPU_Initialize(void)
{
}

/* A context's PSR says whether interrupts are enabled and floating point is on; the window is where it happens to
   be. */
void _CPU_Context_Initialize(Context_Control *context, uint32_t *stack, uint32_t size, uint32_t level, void *entry,
    bool is_floating_point, void *thread_local_storage)
{
    uintptr_t end = ((uintptr_t)stack + size) & ~(uintptr_t)(CPU_STACK_ALIGNMENT - 1);

    context->o6_sp = end - SPARC_MINIMUM_STACK_FRAME_SIZE;
    context->i6_fp = 0;
    /* Entered as though by the return from a call. */
    context->o7 = (uint32_t)entry - 8;
    context->psr = SPARC_PSR_S_MASK | SPARC_PSR_ET_MASK | (level << SPARC_PSR_PIL_BIT_POSITION & SPARC_PSR_PIL_MASK);
    if (is_floating_point)
        context->psr |= SPARC_PSR_EF_MASK;
    context->isr_dispatch_disable = 0;
    if (thread_local_storage != NULL)
        context->g7 = (uintptr_t)bulkhead_rtems_thread_pointer(thread_local_storage);
}

/* The enable word is one more than the level in its place in PSR, and 0 for the highest. */
uint32_t _CPU_ISR_Get_level(void)
{
    return ((bulkhead_interrupts_enabled() - 1) & SPARC_PSR_PIL_MASK) >> SPARC_PSR_PIL_BIT_POSITION;
}

#if __RTEMS_MAJOR__ < 6
/* What is not said here is for timers that a partition does not have. */
const SPARC_Counter _SPARC_Counter = {
    .read_isr_disabled = bulkhead_rtems_counter_read,
    .read = bulkhead_rtems_counter_read,
};
#endif

/* ---- Floating point ----------------------------------------------------------------------------------------- */

void bulkhead_rtems_floating_point_keep(bulkhead_rtems_floating_point_state *state)
{
    __asm__ volatile("st %%fsr, [%0]\n"
                     "std %%f0, [%0 + 8]\n std %%f2, [%0 + 16]\n std %%f4, [%0 + 24]\n std %%f6, [%0 + 32]\n"
                     "std %%f8, [%0 + 40]\n std %%f10, [%0 + 48]\n std %%f12, [%0 + 56]\n std %%f14, [%0 + 64]\n"
                     "std %%f16, [%0 + 72]\n std %%f18, [%0 + 80]\n std %%f20, [%0 + 88]\n std %%f22, [%0 + 96]\n"
                     "std %%f24, [%0 + 104]\n std %%f26, [%0 + 112]\n std %%f28, [%0 + 120]\n std %%f30, [%0 + 128]\n"
                     : : "r"(state) : "memory");
}

void bulkhead_rtems_floating_point_back(const bulkhead_rtems_floating_point_state *state)
{
    __asm__ volatile("ld [%0], %%fsr\n"
                     "ldd [%0 + 8], %%f0\n ldd [%0 + 16], %%f2\n ldd [%0 + 24], %%f4\n ldd [%0 + 32], %%f6\n"
                     "ldd [%0 + 40], %%f8\n ldd [%0 + 48], %%f10\n ldd [%0 + 56], %%f12\n ldd [%0 + 64], %%f14\n"
                     "ldd [%0 + 72], %%f16\n ldd [%0 + 80], %%f18\n ldd [%0 + 88], %%f20\n ldd [%0 + 96], %%f22\n"
                     "ldd [%0 + 104], %%f24\n ldd [%0 + 112], %%f26\n ldd [%0 + 120], %%f28\n ldd [%0 + 128], %%f30\n"
                     : : "r"(state) : "memory");
}

/* Other threads may use the registers meanwhile. Where nothing is on, nothing is to be kept. */
void bulkhead_rtems_dispatch(Per_CPU_Control *cpu)
{
    bulkhead_rtems_floating_point_state state;

    if (bulkhead_rtems_floating_point == 0) {
        _Thread_Do_dispatch(cpu, 0);
        return;
    }
    bulkhead_rtems_floating_point_keep(&state);
    _Thread_Do_dispatch(cpu, 0);
    bulkhead_rtems_floating_point_back(&state);
}

/* ---- Exceptions --------------------------------------------------------------------------------------------- */

/* Trap types (SPARC V8 manual, table 7-1). */
#define TRAP_FLOATING_POINT_DISABLED 0x04
#define TRAP_DATA_ACCESS 0x09
#define TRAP_SOFTWARE 0x80

/* The system call of `ta 0` that ends the program. */
#define SYSTEM_CALL_EXIT 1

/* The end of the guest layer's fault stack (linkcmds). */
extern char bulkhead_fault_stack_end[];

void bulkhead_rtems_exception_frame(bulkhead_rtems_exception *exception, const struct bulkhead_fault_frame *fault)
{
    bulkhead_rtems_registers registers = {
        .trap = fault->vector,
        .psr = fault->flags,
        .pc = fault->program_counter,
        .npc = fault->next_program_counter,
        .y = fault->y,
    };

    /* The program may have changed the register by which RTEMS finds its data. */
    _SPARC_Per_CPU_current = &_Per_CPU_Information[0].per_cpu;
    for (size_t number = 0; number < RTEMS_ARRAY_SIZE(fault->globals); ++number)
        registers.global[number + 1] = fault->globals[number];
    for (size_t number = 0; number < RTEMS_ARRAY_SIZE(fault->outs); ++number)
        registers.output[number] = fault->outs[number];
    registers.output[6] = fault->stack_pointer;
    bulkhead_rtems_exception_of(exception, &registers);
    /* All windows to their stacks; that of the fault has the beginning of the fault stack. */
    __asm__ volatile("ta 3" : : : "memory", "g1", "g2", "g3", "g4", "g5"); /* On AIR these change. */
    bulkhead_rtems_exception_rest(exception,
        (const bulkhead_rtems_register_window *)((uintptr_t)bulkhead_fault_stack_end - SPARC_MINIMUM_STACK_FRAME_SIZE));
}

void bulkhead_rtems_raise_exception(CPU_Exception_frame *frame, struct bulkhead_fault_frame *fault)
{
    uint32_t vector = fault->vector;

    ISR_Handler_entry handler = NULL;

    if (vector < CPU_INTERRUPT_NUMBER_OF_VECTORS)
        handler = _ISR_Vector_table[vector];
    /* What rtems_interrupt_catch() has given a handler: the program goes on behind the instruction, or with it
       again. */
    if (handler != NULL) {
        bool behind = bulkhead_rtems_is_synchronous(vector);

        bulkhead_rtems_handler_begin();
        (*handler)(behind ? SPARC_SYNCHRONOUS_TRAP(vector) : vector);
        bulkhead_rtems_handler_end();
        if (behind) {
            fault->program_counter = fault->next_program_counter;
            fault->next_program_counter += 4;
        }
        return;
    }
    if (vector == TRAP_FLOATING_POINT_DISABLED)
        _Internal_error(INTERNAL_ERROR_ILLEGAL_USE_OF_FLOATING_POINT_UNIT);
    if (vector == TRAP_SOFTWARE && fault->globals[0] == SYSTEM_CALL_EXIT)
        sparc_syscall_exit(fault->globals[1], fault->globals[2]);
    rtems_fatal(RTEMS_FATAL_SOURCE_EXCEPTION, (rtems_fatal_code)frame);
}

static const char *bulkhead_rtems_exception_text(uint32_t trap)
{
    static const char *const texts[] = {
        [0x01] = "instruction access",
        [0x02] = "illegal instruction",
        [0x03] = "privileged instruction",
        [0x05] = "window overflow",
        [0x06] = "window underflow",
        [0x07] = "misaligned access",
        [0x08] = "floating-point error",
        [TRAP_DATA_ACCESS] = "memory violation",
        [0x0a] = "tag overflow",
        [0x24] = "no coprocessor",
        [0x2a] = "divide error",
    };
    const char *text = NULL;

    if (trap >= TRAP_SOFTWARE)
        return "software trap";
    if (trap < RTEMS_ARRAY_SIZE(texts))
        text = texts[trap];
    return text != NULL ? text : "exception";
}

/* Eight registers that are called by a letter and a number. */
static void bulkhead_rtems_print_registers(char letter, const uint32_t registers[8])
{
    for (unsigned number = 0; number < 8; ++number)
        printk("%c%u 0x%08" PRIx32 "%c", letter, number, registers[number], number % 4 == 3 ? '\n' : ' ');
}

/* Where the context switch stores frames: of whose thread g3 has the context, while g2 has that of the heir, which
   executes already as far as RTEMS knows (context.S). */
extern const char bulkhead_rtems_stores[];
extern const char bulkhead_rtems_stores_end[];

static bool bulkhead_rtems_is_frame_unstored(const bulkhead_rtems_registers *registers)
{
    return registers->pc >= (uintptr_t)bulkhead_rtems_stores && registers->pc < (uintptr_t)bulkhead_rtems_stores_end
        && registers->global[2] == (uintptr_t)&_Thread_Get_executing()->Registers
        && registers->global[3] != registers->global[2];
}

void bulkhead_rtems_print_exception(const CPU_Exception_frame *frame, uint32_t address)
{
    bulkhead_rtems_registers registers = bulkhead_rtems_registers_of(frame);
    const bulkhead_rtems_register_window *window = bulkhead_rtems_window_of(frame);

    printk("exception 0x%02" PRIx32 " (%s) at 0x%08" PRIx32 ", npc 0x%08" PRIx32 ", psr 0x%08" PRIx32, registers.trap,
        bulkhead_rtems_exception_text(registers.trap), registers.pc, registers.npc, registers.psr);
    if (registers.trap == TRAP_DATA_ACCESS)
        printk(", address 0x%08" PRIx32, address);
    printk("\n");
    bulkhead_rtems_print_registers('g', registers.global);
    bulkhead_rtems_print_registers('o', registers.output);
    bulkhead_rtems_print_registers('l', window->local);
    bulkhead_rtems_print_registers('i', window->input);
    if (bulkhead_rtems_is_frame_unstored(&registers))
        bulkhead_rtems_print_left_stack(
            RTEMS_CONTAINER_OF(registers.global[3], Thread_Control, Registers), registers.output[6]);
}

/* ---- The end ------------------------------------------------------------------------------------------------ */

/* The status is as bsp_reset() has it (fatal.c). */
void sparc_syscall_exit(uint32_t source, uint32_t code)
{
    bulkhead_halt(source == RTEMS_FATAL_SOURCE_EXIT ? code : BULKHEAD_RTEMS_STATUS_FATAL + source);
}
