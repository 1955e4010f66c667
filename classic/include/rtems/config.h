/* What the program configured, as the program sees it. */
#ifndef BULKHEAD_CLASSIC_RTEMS_CONFIG_H
#define BULKHEAD_CLASSIC_RTEMS_CONFIG_H

#include <rtems/rtems/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Set by <rtems/confdefs.h>; the directives are below. */
uint32_t bulkhead_classic_microseconds_per_tick(void);
uint32_t bulkhead_classic_ticks_per_timeslice(void);

#define rtems_configuration_get_microseconds_per_tick() bulkhead_classic_microseconds_per_tick()
#define rtems_configuration_get_milliseconds_per_tick() (bulkhead_classic_microseconds_per_tick() / 1000)
#define rtems_configuration_get_nanoseconds_per_tick() (bulkhead_classic_microseconds_per_tick() * 1000)
#define rtems_configuration_get_ticks_per_timeslice() bulkhead_classic_ticks_per_timeslice()

#define RTEMS_UNLIMITED_OBJECTS 0x80000000U
#define rtems_resource_unlimited(_resource) ((_resource) | RTEMS_UNLIMITED_OBJECTS)
#define rtems_resource_is_unlimited(_resource) (((_resource) & RTEMS_UNLIMITED_OBJECTS) != 0)
#define rtems_resource_maximum_per_allocation(_resource) ((_resource) & ~RTEMS_UNLIMITED_OBJECTS)

/* What of the Classic API's own configuration programs ask for. */
typedef struct {
    uint32_t number_of_initialization_tasks;
} rtems_api_configuration_table;

static inline const rtems_api_configuration_table *rtems_configuration_get_rtems_api_configuration(void)
{
    static const rtems_api_configuration_table table = { 1 };

    return &table;
}

/* Says that it is the stand-in. */
const char *rtems_get_version_string(void);

#ifdef __cplusplus
}
#endif

#endif
