/* The bus that drivers of a LEON's cores look at: the partition's own devices (bulkhead/amba.h). */
#include "kit.h"

#include <bsp.h>
#include <grlib/ambapp.h>
#include <rtems/bspIo.h>
#include <rtems/sysinit.h>

#include <bulkhead/amba.h>

/* A partition is on one processor, and others run nothing of it. */
uint32_t LEON3_Cpu_Index = 0;

/* The program need not have them. */
#pragma weak bulkhead_amba_cores
#pragma weak bulkhead_amba_frequency

/* A core, with what a device tree has behind it. */
struct bulkhead_rtems_node {
    struct ambapp_dev device;
    /* Both begin with the same. */
    union {
        struct ambapp_apb_info apb;
        struct ambapp_ahb_info ahb;
    } information;
};

/* The bridge to the cores of the APB, and the cores. */
static struct bulkhead_rtems_node bulkhead_rtems_bridge;
static struct bulkhead_rtems_node bulkhead_rtems_cores[BULKHEAD_AMBA_CORES_MAX];

#if BULKHEAD_RTEMS_BUS_IS_VARIABLE
#define bulkhead_rtems_bus ambapp_plb
struct ambapp_bus bulkhead_rtems_bus;
#else
static struct ambapp_bus bulkhead_rtems_bus;
static bool bulkhead_rtems_bus_is_made;
#endif

/* The end of a list of cores. */
struct bulkhead_rtems_tail {
    struct ambapp_dev **link;
    struct ambapp_dev *last;
};

static void bulkhead_rtems_append(struct bulkhead_rtems_tail *tail, struct ambapp_dev *device)
{
    device->prev = tail->last;
    *tail->link = device;
    tail->link = &device->next;
    tail->last = device;
}

/* Where the nth memory of a device lies, and how large it is. */
static bool bulkhead_rtems_memory(
    const char *device, uint32_t place, struct bulkhead_resource_description *description)
{
    int32_t resource = bulkhead_resource_find(device, BULKHEAD_RESOURCE_KIND_MEMORY, place);

    return resource >= 0 && bulkhead_resource_describe((uint32_t)resource, description) == 0;
}

/* Makes a core out of a device that has memory. */
static bool bulkhead_rtems_make_core(struct bulkhead_rtems_node *node, const struct bulkhead_amba_core *core)
{
    struct bulkhead_resource_description memory;
    struct bulkhead_resource_description interrupt;
    int32_t line = bulkhead_resource_find(core->device, BULKHEAD_RESOURCE_KIND_INTERRUPT, 0);

    if (!bulkhead_rtems_memory(core->device, 0, &memory))
        return false;
    node->device.dev_type = core->type;
    node->device.vendor = core->vendor;
    node->device.device = core->id;
    if (line >= 0 && bulkhead_resource_describe((uint32_t)line, &interrupt) == 0)
        BULKHEAD_RTEMS_CORE_INTERRUPT(node->information.apb) = (unsigned char)interrupt.address;
    if (core->type == DEV_APB_SLV) {
        node->information.apb.start = memory.address;
        node->information.apb.mask = memory.size;
        return true;
    }
    for (uint32_t place = 0; place < RTEMS_ARRAY_SIZE(node->information.ahb.start); ++place) {
        if (!bulkhead_rtems_memory(core->device, place, &memory))
            break;
        node->information.ahb.start[place] = memory.address;
        node->information.ahb.mask[place] = memory.size;
        node->information.ahb.type[place] = AMBA_TYPE_MEM;
    }
    return true;
}

static void bulkhead_rtems_make_bus(void)
{
    struct bulkhead_rtems_tail ahb = {&bulkhead_rtems_bus.root, NULL};
    struct bulkhead_rtems_tail apb = {&bulkhead_rtems_bridge.device.children, &bulkhead_rtems_bridge.device};
    struct bulkhead_rtems_node *node = bulkhead_rtems_cores;

    for (const struct bulkhead_amba_core *core = bulkhead_amba_cores; core != NULL && core->device != NULL; ++core) {
        if (node == bulkhead_rtems_cores + BULKHEAD_AMBA_CORES_MAX) {
            printk("amba: %s is one core too many\n", core->device);
            break;
        }
        if (core->type != DEV_APB_SLV && core->type != DEV_AHB_SLV)
            printk("amba: %s has to be DEV_APB_SLV or DEV_AHB_SLV\n", core->device);
        else if (bulkhead_rtems_make_core(node, core))
            bulkhead_rtems_append(core->type == DEV_APB_SLV ? &apb : &ahb, &node++->device);
        else
            printk("amba: this partition owns no memory of a device called %s\n", core->device);
    }
    if (bulkhead_rtems_bridge.device.children != NULL) {
        bulkhead_rtems_bridge.device.dev_type = DEV_AHB_SLV;
        bulkhead_rtems_bridge.device.vendor = VENDOR_GAISLER;
        bulkhead_rtems_bridge.device.device = GAISLER_APBMST;
        bulkhead_rtems_append(&ahb, &bulkhead_rtems_bridge.device);
    }
    bulkhead_rtems_bus.ahbs[0].dev = bulkhead_rtems_bus.root;
    if (&bulkhead_amba_frequency != NULL)
        bulkhead_rtems_bus.ahbs[0].freq_hz = bulkhead_amba_frequency;
}

#if BULKHEAD_RTEMS_BUS_IS_VARIABLE

RTEMS_SYSINIT_ITEM(bulkhead_rtems_make_bus, RTEMS_SYSINIT_BSP_START, RTEMS_SYSINIT_ORDER_MIDDLE);

#else

struct ambapp_bus *ambapp_plb(void)
{
    if (!bulkhead_rtems_bus_is_made) {
        bulkhead_rtems_bus_is_made = true;
        bulkhead_rtems_make_bus();
    }
    return &bulkhead_rtems_bus;
}

#endif
