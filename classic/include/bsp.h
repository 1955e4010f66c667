/* Nothing of a board is visible in a partition but its command line. */
#ifndef BULKHEAD_CLASSIC_BSP_H
#define BULKHEAD_CLASSIC_BSP_H

#include <rtems.h>
#include <rtems/bspIo.h>

#ifdef __cplusplus
extern "C" {
#endif

extern const char *bsp_boot_cmdline;

#ifdef __cplusplus
}
#endif

#endif
