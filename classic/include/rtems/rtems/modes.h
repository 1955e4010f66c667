/* A task's mode. */
#ifndef BULKHEAD_CLASSIC_RTEMS_RTEMS_MODES_H
#define BULKHEAD_CLASSIC_RTEMS_RTEMS_MODES_H

#include <rtems/rtems/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t rtems_mode;

#define RTEMS_DEFAULT_MODES 0x00000000
#define RTEMS_CURRENT_MODE 0
#define RTEMS_ALL_MODE_MASKS 0x0000ffff
#define RTEMS_PREEMPT_MASK 0x00000100
#define RTEMS_PREEMPT 0x00000000
#define RTEMS_NO_PREEMPT 0x00000100
#define RTEMS_TIMESLICE_MASK 0x00000200
#define RTEMS_NO_TIMESLICE 0x00000000
#define RTEMS_TIMESLICE 0x00000200
#define RTEMS_ASR_MASK 0x00000400
#define RTEMS_ASR 0x00000000
#define RTEMS_NO_ASR 0x00000400

/* The mask is the processor's in RTEMS; here there are two levels on every processor: 0 enabled, 1 disabled. */
#define RTEMS_INTERRUPT_MASK 0x00000001
#define RTEMS_INTERRUPT_LEVEL(_level) ((_level) & RTEMS_INTERRUPT_MASK)

#ifdef __cplusplus
}
#endif

#endif
