/*
 * Whether a thread has left its stack. Between two stacks there is no page that would fault: what leaves one goes on in
 * what lies below. So the stack pointer is compared with the stack's beginning, and the word that a stack begins with
 * is looked at, which shows also what has come back meanwhile: after interrupts (core.c), at each switch (context.S),
 * and at a fault that ends RTEMS (fatal.c). RTEMS's own stack checker can be there besides.
 */
#include "kit.h"

#include <inttypes.h>
#include <stddef.h>

#include <rtems/bspIo.h>
#include <rtems/fatal.h>
#include <rtems/score/objectimpl.h>
#include <rtems/score/userextimpl.h>
#include <rtems/sysinit.h>

static bool bulkhead_rtems_mark_stack(Thread_Control *executing, Thread_Control *created)
{
    (void)executing;
    *(uint32_t *)created->Start.Initial_stack.area = BULKHEAD_RTEMS_STACK_MARK;
    return true;
}

/* Every thread is created after this. */
static void bulkhead_rtems_stacks_initialize(void)
{
    static const User_extensions_Table table = {.thread_create = bulkhead_rtems_mark_stack};
    static User_extensions_Control control;

    _User_extensions_Add_set_with_table(&control, &table);
}

RTEMS_SYSINIT_ITEM(bulkhead_rtems_stacks_initialize, RTEMS_SYSINIT_DATA_STRUCTURES, RTEMS_SYSINIT_ORDER_FIRST);

void bulkhead_rtems_print_left_stack(const Thread_Control *thread, uintptr_t pointer)
{
    uintptr_t begin = (uintptr_t)thread->Start.Initial_stack.area;
    char name[32];

    _Objects_Name_to_string(thread->Object.name, false, name, sizeof(name));
    printk("stack overflow: thread %s (0x%08" PRIx32 "), whose stack is 0x%08" PRIxPTR " to 0x%08" PRIxPTR
           "; stack pointer 0x%08" PRIxPTR "\n",
        name, thread->Object.id, begin, begin + thread->Start.Initial_stack.size, pointer);
}

void bulkhead_rtems_left_stack(const Thread_Control *thread, uintptr_t pointer)
{
    bulkhead_rtems_print_left_stack(thread, pointer);
    rtems_fatal(RTEMS_FATAL_SOURCE_STACK_CHECKER, thread->Object.name.name_u32);
}

/* The context switch says so of a context, which is its thread's. */
RTEMS_NO_RETURN void bulkhead_rtems_context_left_stack(const Context_Control *context, uintptr_t pointer);
void bulkhead_rtems_context_left_stack(const Context_Control *context, uintptr_t pointer)
{
    bulkhead_rtems_left_stack(RTEMS_CONTAINER_OF(context, Thread_Control, Registers), pointer);
}
