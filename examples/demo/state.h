/* What control tells telemetry in each period. */
#ifndef STATE_H
#define STATE_H

#include <arinc653.h>

#include <stdint.h>

#define QUEUE_DEPTH 16

struct state {
    uint32_t number;
    int32_t position; /* mm */
    int32_t setpoint; /* mm */
};

#endif
