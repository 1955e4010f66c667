/* How RTEMS's driver reaches the registers of a PC's real-time clock, if the partition owns its ports. */
#include "kit.h"

#include <libchip/rtc.h>
/* Needs what is above. */
#include <libchip/mc146818a.h>

/* The clock's two ports: which register, and what it says. */
#define INDEX 0x70
#define DATA 0x71

/* The resource that a port is in, and where in it; none without an owner here. */
static bool bulkhead_rtems_find_port(uint32_t port, uint32_t *resource, uint32_t *offset)
{
    struct bulkhead_resource_description found;

    for (*resource = 0; bulkhead_resource_describe(*resource, &found) == 0; ++*resource) {
        *offset = port - found.address;
        if (found.kind == BULKHEAD_RESOURCE_KIND_PORTS && *offset < found.size)
            return true;
    }
    return false;
}

static void bulkhead_rtems_write_port(uint32_t port, uint32_t value)
{
    uint32_t resource;
    uint32_t offset;

    if (bulkhead_rtems_find_port(port, &resource, &offset))
        bulkhead_register_write(resource, offset, value);
}

/* As a PC's bus, where nothing answers. */
static uint32_t bulkhead_rtems_read_port(uint32_t port)
{
    uint32_t resource;
    uint32_t offset;
    uint32_t value = UINT8_MAX;

    if (bulkhead_rtems_find_port(port, &resource, &offset))
        bulkhead_register_read(resource, offset, &value);
    return value;
}

uint32_t mc146818a_get_register(uintptr_t ulCtrlPort, uint8_t ucRegNum)
{
    (void)ulCtrlPort;
    bulkhead_rtems_write_port(INDEX, ucRegNum);
    return bulkhead_rtems_read_port(DATA);
}

void mc146818a_set_register(uintptr_t ulCtrlPort, uint8_t ucRegNum, uint32_t ucData)
{
    (void)ulCtrlPort;
    bulkhead_rtems_write_port(INDEX, ucRegNum);
    bulkhead_rtems_write_port(DATA, ucData);
}
