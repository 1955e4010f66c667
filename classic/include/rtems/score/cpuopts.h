/* What was chosen when the library was built. */
#ifndef BULKHEAD_CLASSIC_RTEMS_SCORE_CPUOPTS_H
#define BULKHEAD_CLASSIC_RTEMS_SCORE_CPUOPTS_H

#ifdef __cplusplus
extern "C" {
#endif

#define __RTEMS_SIZEOF_TIME_T__ 8

#ifdef __cplusplus
}
#endif

#endif
