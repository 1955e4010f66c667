/*
 * Watches which schedule runs. Half a second after a change to the degraded one it commands the normal one again, and
 * starts the camera, which has been stopped.
 */
#include <bulkhead.h>

#include <rtems.h>
#include <rtems/bspIo.h>

#include <stdlib.h>

/* The answer of a call of the guest layer, which must be no error. */
static uint32_t must(int32_t answer)
{
    if (answer < 0)
        rtems_fatal_error_occurred((uint32_t) answer);
    return (uint32_t) answer;
}

static uint32_t current_schedule(void)
{
    struct bulkhead_schedule_status status;

    (void) must(bulkhead_schedule_status(&status));
    return status.current;
}

static void wait_for(uint32_t schedule)
{
    while (current_schedule() != schedule)
        (void) rtems_task_wake_after(1);
}

rtems_task Init(rtems_task_argument argument)
{
    uint32_t normal = must(bulkhead_schedule_find("normal"));
    uint32_t degraded = must(bulkhead_schedule_find("degraded"));
    uint32_t camera = must(bulkhead_partition_find("camera"));
    struct bulkhead_partition_description description;
    struct bulkhead_health_record record;

    (void) argument;
    printk("all is well\n");
    wait_for(degraded);
    (void) must(bulkhead_health_read(camera, 0, &record));
    (void) must(bulkhead_partition_describe(camera, &description));
    printk("degraded: the camera has error %u, and is in mode %u\n", (unsigned) record.error,
        (unsigned) description.mode);
    (void) rtems_task_wake_after(rtems_clock_get_ticks_per_second() / 2);
    printk("I command the normal schedule\n");
    (void) must(bulkhead_schedule_set(normal));
    wait_for(normal);
    (void) must(bulkhead_partition_control(camera, BULKHEAD_MODE_COLD_START));
    printk("normal again, and the camera starts\n");
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
