/* What the stand-in offers beyond the Classic API. Programs that also run on RTEMS do without it. */
#ifndef BULKHEAD_CLASSIC_H
#define BULKHEAD_CLASSIC_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * How many ticks passed while the partition was switched out: announced late, one after the other (tick = "catch-up"),
 * and left out (tick = "skip").
 */
void bulkhead_classic_missed_ticks(uint32_t *caught_up, uint32_t *skipped);

#ifdef __cplusplus
}
#endif

#endif
