/* What a thread is billed for: processor time in the partition's own windows. */
#include "kit.h"

#include <rtems/score/timestampimpl.h>
#include <rtems/sysinit.h>

#define NANOSECONDS_PER_SECOND 1000000000

/* The last window that was seen. */
static uint32_t bulkhead_rtems_window;
static uint64_t bulkhead_rtems_window_end;

/*
 * RTEMS bills the executing thread for all the time since it last looked. What lies between two windows of the
 * partition belongs to others, so RTEMS is made to have looked that much later. If whole windows have passed unseen,
 * with interrupts disabled, what lay between them is not known and stays billed.
 */
void bulkhead_rtems_window_began(void)
{
    Per_CPU_Control *cpu = _Per_CPU_Get();
    uint64_t start;
    uint64_t end;
    uint32_t number;

    bulkhead_window(&number, &start, &end);
    if (number == bulkhead_rtems_window)
        return;
    if (number == bulkhead_rtems_window + 1 && start > bulkhead_rtems_window_end && bulkhead_rtems_window_end != 0) {
        uint64_t away = start - bulkhead_rtems_window_end;
        Timestamp_Control time;

        _Timestamp_Set(&time, (time_t)(away / NANOSECONDS_PER_SECOND), (long)(away % NANOSECONDS_PER_SECOND));
        _Timestamp_Add_to(&cpu->cpu_usage_timestamp, &time);
    }
    bulkhead_rtems_window = number;
    bulkhead_rtems_window_end = end;
}

static void bulkhead_rtems_window_handler(void *argument)
{
    (void)argument;
    bulkhead_rtems_window_began();
}

/* The line is let through for good; a handler that the program installs for vector 1 comes behind this one
   (interrupts.c). */
static void bulkhead_rtems_windows_initialize(void)
{
    bulkhead_rtems_window_began();
    bulkhead_interrupt_install(BULKHEAD_LINE_WINDOW, bulkhead_rtems_window_handler, NULL);
    bulkhead_interrupt_unmask(BULKHEAD_LINE_WINDOW);
}

RTEMS_SYSINIT_ITEM(bulkhead_rtems_windows_initialize, RTEMS_SYSINIT_BSP_EARLY, RTEMS_SYSINIT_ORDER_MIDDLE);
