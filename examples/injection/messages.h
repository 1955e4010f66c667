/* What the partitions say to each other, and a stop at the first service that fails. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <rtems.h>
#include <rtems/bspIo.h>

#include <arinc653.h>

#include <stdint.h>
#include <stdlib.h>

#define PERIOD 5 /* ticks of a millisecond: the major frame */
#define MILLISECOND ((SYSTEM_TIME_TYPE) 1000000)

/* From the source to both others, over a sampling channel. */
struct angle {
    uint32_t number;
    int32_t angle; /* thousandths of a degree */
};

/* From the source to the sink, over a queuing channel. */
struct count {
    uint32_t number;
    uint32_t square;
};

static inline void must(RETURN_CODE_TYPE code)
{
    if (code != NO_ERROR) {
        printk("a service has answered %d\n", (int) code);
        exit(1);
    }
}

static inline void must_do(rtems_status_code status)
{
    if (status != RTEMS_SUCCESSFUL)
        rtems_fatal_error_occurred(status);
}

#endif
