/* What the partitions say to each other, and a stop where a file is not what it should be. */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rtems.h>
#include <rtems/bspIo.h>

#include <bulkhead/port.h> /* makes /dev/port */

#define RATE 50 /* samples and periods of control in a second */
#define SAMPLES (2 * RATE)

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

static inline void must(bool right, const char *what)
{
    if (!right) {
        printk("%s: %s\n", what, strerror(errno));
        exit(1);
    }
}

static inline int must_open(const char *path, int flags)
{
    int file = open(path, flags);

    must(file >= 0, path);
    return file;
}

#endif
