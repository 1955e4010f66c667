/*
 * Two tasks, and what the program records of its own: the time as it is just before. RING is how many items its own
 * ring has, none if whoever builds it to be traced is to give it one; FORGES destroys that when the tasks have run.
 */
#include <rtems.h>
#include <rtems/record.h>
#include <bulkhead.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 40

static rtems_task work(rtems_task_argument argument)
{
    (void)argument;
    for (uint32_t round = 0; round < ROUNDS; ++round) {
        rtems_record_produce(RTEMS_RECORD_USER(3), (rtems_record_data)bulkhead_clock_now());
        rtems_task_wake_after(1);
    }
#ifdef FORGES
    for (unsigned int round = 0; round < 100000; ++round) {
        Record_Control *control = _Record_Configuration.controls;
        unsigned int number = round * 2654435761u;

        control->Items[number % _Record_Configuration.item_count] = (rtems_record_item){number, ~number};
        *(volatile unsigned int *)&control->head = number;
        control->mask = round % 2 == 0 ? ~number : _Record_Configuration.item_count - 1;
    }
#endif
    exit(EXIT_SUCCESS);
}

static rtems_task Init(rtems_task_argument argument)
{
    rtems_id id;

    (void)argument;
    rtems_task_create(rtems_build_name('W', 'O', 'R', 'K'), 2, RTEMS_MINIMUM_STACK_SIZE, RTEMS_DEFAULT_MODES,
        RTEMS_DEFAULT_ATTRIBUTES, &id);
    rtems_task_start(id, work, 0);
    rtems_task_exit();
}

#ifdef RING
#define CONFIGURE_RECORD_PER_PROCESSOR_ITEMS RING
#define CONFIGURE_RECORD_EXTENSIONS_ENABLED
#endif
#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 7000
#define CONFIGURE_MAXIMUM_TASKS 2
#define CONFIGURE_INIT_TASK_NAME rtems_build_name('F', 'I', 'R', 'S')
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
