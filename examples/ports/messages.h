/* What the partitions say to each other, and a stop at the first service that fails. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <rtems.h>
#include <rtems/bspIo.h>

#include <arinc653.h>

#include <stdint.h>
#include <stdlib.h>

#define RATE 50 /* samples and periods of control in a second */
#define SAMPLES (2 * RATE)
#define MILLISECOND ((SYSTEM_TIME_TYPE) 1000000)

/* From the sensor to the controller, over a sampling channel. */
struct attitude {
    uint32_t number;
    int32_t angle; /* thousandths of a degree */
};

/* From the logger to the controller, over a queuing channel. */
struct command {
    int32_t setpoint; /* thousandths of a degree */
};

/* From the controller to the logger, over a queuing channel. */
struct record {
    uint32_t number;
    int32_t angle;
    uint32_t last;
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
