/* What drivers of a LEON ask of its board: the bus, the driver manager, delays, the watchdog. */
#include <bsp.h>
#include <bsp/watchdog.h>
#include <drvmgr/drvmgr.h>
#include <grlib/ambapp_bus.h>
#include <grlib/ambapp_bus_grlib.h>
#include <leon.h>
#include <rtems/bspIo.h>
#include <stdlib.h>

#include <bulkhead.h>
#include <bulkhead/amba.h>

#include "versions.h"

#define FREQUENCY 40000000
#define TURNS 20
#define DELAY_US 2000

const struct bulkhead_amba_core bulkhead_amba_cores[] = {
    {"core", DEV_APB_SLV, VENDOR_GAISLER, GAISLER_I2CMST},
    {"core", DEV_AHB_SLV, VENDOR_GAISLER, GAISLER_CANAHB},
    {"force", DEV_APB_SLV, VENDOR_GAISLER, GAISLER_IRQMP}, /* no memory */
    {NULL, 0, 0, 0},
};

const uint32_t bulkhead_amba_frequency = FREQUENCY;

static volatile uint32_t handled;

static void came(void *argument)
{
    (void)argument;
    ++handled;
}

/* Waits for an interrupt in time of its own. */
static void turns(void)
{
    uint32_t force = (uint32_t)bulkhead_resource_find("force", BULKHEAD_RESOURCE_KIND_REGISTERS, 0);
    uint32_t good = 0;

    for (uint32_t turn = 1; turn <= TURNS; ++turn) {
        bulkhead_register_write(force, 0, UINT32_MAX);
        rtems_bsp_delay(100);
        good += handled == turn;
        bsp_watchdog_reload(0, 0);
    }
    printk("leon: %u of %u interrupts\n", (unsigned)good, TURNS);
}

/* The driver of a core, as RTEMS's are written. */
static int start(struct drvmgr_dev *device)
{
    struct amba_dev_info *core = device->businfo;
    struct ambapp_apb_info *apb = core->info.apb_slv;
    unsigned int frequency = 0;

    drvmgr_freq_get(device, DEV_APB_SLV, &frequency);
    printk("leon: core with 0x%x at %u Hz, irq %d, %u bytes\n", (unsigned)(*(volatile uint32_t *)apb->start >> 24),
        frequency, core->info.irq, (unsigned)apb->mask);
    return drvmgr_interrupt_register(device, 0, "core", came, NULL);
}

static struct amba_dev_id cores[] = {{VENDOR_GAISLER, GAISLER_I2CMST}, {0, 0}};

static struct drvmgr_drv_ops operations = {.init = {NULL, start}};

static struct amba_drv_info driver = {
    .general = {
        .obj_type = DRVMGR_OBJ_DRV,
        .drv_id = DRIVER_AMBAPP_GAISLER_I2CMST_ID,
        .name = "CORE_DRV",
        .bus_type = DRVMGR_BUS_TYPE_AMBAPP,
        .ops = &operations,
    },
    .ids = cores,
};

static void register_driver(void)
{
    drvmgr_drv_register(&driver.general);
}

drvmgr_drv_reg_func drvmgr_drivers[] = {register_driver, NULL};

static struct drvmgr_bus_res resources = {.next = NULL, .resource = {DRVMGR_RES_EMPTY}};
static struct grlib_config configuration = {.resources = &resources};

static rtems_task Init(rtems_task_argument argument)
{
    uint64_t begin;
    uint64_t end;

    (void)argument;
    printk("leon: processor %u, %d watchdogs\n", (unsigned)LEON3_Cpu_Index, bsp_watchdog_init());
    configuration.abus = ambapp_plb();
    printk("leon: %d cores, %d of them on the AHB\n",
        ambapp_dev_count(configuration.abus, OPTIONS_ALL_DEVS | OPTIONS_ALL, -1, -1),
        ambapp_dev_count(configuration.abus, OPTIONS_AHB_SLVS | OPTIONS_ALL, -1, -1));
    ambapp_grlib_root_register(&configuration);
    printk("leon: the driver manager says %d\n", drvmgr_init());
    turns();
    begin = bulkhead_clock_now();
    rtems_bsp_delay(DELAY_US);
    end = bulkhead_clock_now();
    printk("leon: a delay is %s\n", end - begin >= DELAY_US * 1000ULL ? "long enough" : "too short");
    bsp_watchdog_stop(0);
    bsp_watchdog_reload(0, 0);
    for (unsigned times = 0; times < 10; ++times) {
        rtems_bsp_delay(DELAY_US);
        bsp_watchdog_reload(0, 0);
    }
    printk("leon: the watchdog has been served\n");
    bsp_watchdog_system_reset();
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_MAXIMUM_SEMAPHORES 4
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
