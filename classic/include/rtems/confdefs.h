/* The configuration: CONFIGURE_ macros become a table that the stand-in's library reads at start. */
#ifndef BULKHEAD_CLASSIC_RTEMS_CONFDEFS_H
#define BULKHEAD_CLASSIC_RTEMS_CONFDEFS_H

#include <rtems.h>

#define CONFIGURE_MESSAGE_BUFFERS_FOR_QUEUE(_messages, _size) ((_messages) * ((_size) + 4))

#ifdef CONFIGURE_INIT

#ifndef CONFIGURE_RTEMS_INIT_TASKS_TABLE
#error "CONFIGURE_RTEMS_INIT_TASKS_TABLE must be defined: the stand-in starts an initialization task only"
#endif

#if !defined(CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER) && !defined(CONFIGURE_APPLICATION_DOES_NOT_NEED_CLOCK_DRIVER) \
    && !defined(CONFIGURE_APPLICATION_NEEDS_TIMER_DRIVER)
#error "define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER or CONFIGURE_APPLICATION_DOES_NOT_NEED_CLOCK_DRIVER"
#endif

#if !defined(CONFIGURE_MAXIMUM_TASKS) && defined(CONFIGURE_UNLIMITED_OBJECTS)
#define CONFIGURE_MAXIMUM_TASKS 1
#endif

#ifndef CONFIGURE_MAXIMUM_TASKS
#error "CONFIGURE_MAXIMUM_TASKS must be defined, and at least 1 for the initialization task"
#endif

#ifndef CONFIGURE_MAXIMUM_TIMERS
#define CONFIGURE_MAXIMUM_TIMERS 0
#endif

#ifndef CONFIGURE_MAXIMUM_SEMAPHORES
#define CONFIGURE_MAXIMUM_SEMAPHORES 0
#endif

#ifndef CONFIGURE_MAXIMUM_MESSAGE_QUEUES
#define CONFIGURE_MAXIMUM_MESSAGE_QUEUES 0
#endif

#ifndef CONFIGURE_MAXIMUM_PERIODS
#define CONFIGURE_MAXIMUM_PERIODS 0
#endif

#ifndef CONFIGURE_MICROSECONDS_PER_TICK
#define CONFIGURE_MICROSECONDS_PER_TICK 10000
#endif

#if CONFIGURE_MICROSECONDS_PER_TICK <= 0
#error "CONFIGURE_MICROSECONDS_PER_TICK must be positive"
#endif

#ifndef CONFIGURE_TICKS_PER_TIMESLICE
#define CONFIGURE_TICKS_PER_TIMESLICE 50
#endif

#ifndef CONFIGURE_MINIMUM_TASK_STACK_SIZE
#define CONFIGURE_MINIMUM_TASK_STACK_SIZE RTEMS_MINIMUM_STACK_SIZE
#endif

#ifndef CONFIGURE_INIT_TASK_NAME
#define CONFIGURE_INIT_TASK_NAME rtems_build_name('U', 'I', '1', ' ')
#endif

#ifndef CONFIGURE_INIT_TASK_STACK_SIZE
#ifdef CONFIGURE_INIT_TASK_CONSTRUCT_STORAGE_SIZE
#define CONFIGURE_INIT_TASK_STACK_SIZE CONFIGURE_INIT_TASK_CONSTRUCT_STORAGE_SIZE
#else
#define CONFIGURE_INIT_TASK_STACK_SIZE CONFIGURE_MINIMUM_TASK_STACK_SIZE
#endif
#endif

#ifndef CONFIGURE_INIT_TASK_PRIORITY
#define CONFIGURE_INIT_TASK_PRIORITY 1
#endif

#ifndef CONFIGURE_INIT_TASK_INITIAL_MODES
#define CONFIGURE_INIT_TASK_INITIAL_MODES RTEMS_NO_PREEMPT
#endif

#ifndef CONFIGURE_INIT_TASK_ATTRIBUTES
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_DEFAULT_ATTRIBUTES
#endif

#ifdef __cplusplus
extern "C" {
#endif

#ifndef CONFIGURE_INIT_TASK_ENTRY_POINT
rtems_task Init(rtems_task_argument argument);
#define CONFIGURE_INIT_TASK_ENTRY_POINT Init
#ifndef CONFIGURE_INIT_TASK_ARGUMENTS
extern const char *bsp_boot_cmdline;
#define CONFIGURE_INIT_TASK_ARGUMENTS ((rtems_task_argument) &bsp_boot_cmdline)
#endif
#endif

#ifndef CONFIGURE_INIT_TASK_ARGUMENTS
#define CONFIGURE_INIT_TASK_ARGUMENTS 0
#endif

#ifdef CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define BULKHEAD_CLASSIC_CLOCK_DRIVER 1
#else
#define BULKHEAD_CLASSIC_CLOCK_DRIVER 0
#endif

/* Objects that are configured as unlimited: as many as this, taken from the partition's memory at start. */
#ifdef CONFIGURE_UNLIMITED_OBJECTS
#define BULKHEAD_CLASSIC_OBJECTS(_maximum) 64
#else
#define BULKHEAD_CLASSIC_OBJECTS(_maximum) \
    (rtems_resource_is_unlimited(_maximum) ? 64 : rtems_resource_maximum_per_allocation(_maximum))
#endif

/* The layout that classic/src/edge/configuration.rs reads. */
struct bulkhead_classic_configuration {
    uint32_t microseconds_per_tick;
    uint32_t ticks_per_timeslice;
    uint32_t clock_driver;
    uint32_t maximum_tasks;
    uint32_t maximum_timers;
    uint32_t maximum_semaphores;
    uint32_t maximum_message_queues;
    uint32_t maximum_periods;
    size_t minimum_task_stack_size;
    struct {
        rtems_name name;
        rtems_task_priority priority;
        size_t stack_size;
        rtems_mode mode;
        rtems_attribute attributes;
        rtems_task_entry entry;
        rtems_task_argument argument;
    } initial_task;
};

extern const struct bulkhead_classic_configuration bulkhead_classic_configuration;

const struct bulkhead_classic_configuration bulkhead_classic_configuration = {
    CONFIGURE_MICROSECONDS_PER_TICK,
    CONFIGURE_TICKS_PER_TIMESLICE,
    BULKHEAD_CLASSIC_CLOCK_DRIVER,
    BULKHEAD_CLASSIC_OBJECTS(CONFIGURE_MAXIMUM_TASKS),
    BULKHEAD_CLASSIC_OBJECTS(CONFIGURE_MAXIMUM_TIMERS),
    BULKHEAD_CLASSIC_OBJECTS(CONFIGURE_MAXIMUM_SEMAPHORES),
    BULKHEAD_CLASSIC_OBJECTS(CONFIGURE_MAXIMUM_MESSAGE_QUEUES),
    BULKHEAD_CLASSIC_OBJECTS(CONFIGURE_MAXIMUM_PERIODS),
    CONFIGURE_MINIMUM_TASK_STACK_SIZE,
    {
        CONFIGURE_INIT_TASK_NAME,
        CONFIGURE_INIT_TASK_PRIORITY,
        CONFIGURE_INIT_TASK_STACK_SIZE,
        CONFIGURE_INIT_TASK_INITIAL_MODES,
        CONFIGURE_INIT_TASK_ATTRIBUTES,
        CONFIGURE_INIT_TASK_ENTRY_POINT,
        CONFIGURE_INIT_TASK_ARGUMENTS,
    },
};

#ifdef __cplusplus
}
#endif

#endif
#endif
