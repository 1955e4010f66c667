/* A program that asks for its status and never for NORMAL: it starts, for the kernel and for the services. */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <arinc653.h>
#include <bulkhead.h>

#include <stdlib.h>

rtems_task Init(rtems_task_argument argument)
{
    struct bulkhead_partition_description description;
    PARTITION_STATUS_TYPE status;
    RETURN_CODE_TYPE code;

    (void) argument;
    GET_PARTITION_STATUS(&status, &code);
    if (bulkhead_partition_describe(bulkhead_start_information()->partition, &description) != 0 || code != NO_ERROR)
        exit(1);
    printk("mode %d, for the kernel %u\n", (int) status.OPERATING_MODE, (unsigned) description.mode);
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
