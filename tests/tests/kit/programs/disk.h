/* What programs with RTEMS's FAT on the disk of another partition have in common: where, and their configuration. */
#ifndef DISK_H
#define DISK_H

#include <rtems.h>
#include <rtems/dosfs.h>
#include <rtems/libio.h>

#define DEVICE "/dev/disk"
#define FOLDER "/files"

static int formatted(void)
{
    static const msdos_format_request_param_t format = {.quick_format = true, .sectors_per_cluster = 1};

    return msdos_format(DEVICE, &format);
}

static int mounted(void)
{
    return mount(DEVICE, FOLDER, RTEMS_FILESYSTEM_TYPE_DOSFS, RTEMS_FILESYSTEM_READ_WRITE, NULL);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_LIBBLOCK
#define CONFIGURE_FILESYSTEM_DOSFS
#define CONFIGURE_MAXIMUM_FILE_DESCRIPTORS 8
#define CONFIGURE_UNLIMITED_OBJECTS
#define CONFIGURE_UNIFIED_WORK_AREAS
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_INIT_TASK_STACK_SIZE (32 * 1024)
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_INIT_TASK_INITIAL_MODES RTEMS_DEFAULT_MODES
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE

#endif
