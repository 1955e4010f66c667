/* The board's watchdog functions on the partition's watchdog, for which the system file says how long it runs. */
#include "kit.h"

#include <bsp/bootcard.h>
#include <bsp/watchdog.h>

/* How many there are: one, if the system file gives the partition one. It begins anew. */
int bsp_watchdog_init(void)
{
    return bulkhead_serve_watchdog() == 0;
}

void bsp_watchdog_reload(int watchdog, unsigned int reload_value)
{
    (void)reload_value;
    if (watchdog == 0)
        bulkhead_serve_watchdog();
}

/* Who is watched cannot end that. */
void bsp_watchdog_stop(int watchdog)
{
    (void)watchdog;
}

void bsp_watchdog_system_reset(void)
{
    bulkhead_rtems_reset(RTEMS_FATAL_SOURCE_BSP, BULKHEAD_RTEMS_FATAL_WATCHDOG);
}
