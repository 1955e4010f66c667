/* /dev/region/NAME: the memory that the partition shares as files, in programs that include <bulkhead/region.h>. */
#include "kit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include <rtems/bspIo.h>
#include <rtems/imfs.h>
#include <rtems/seterr.h>
#include <rtems/sysinit.h>

#include <bulkhead/region.h>

const char bulkhead_region_files = 1;

typedef struct {
    uint32_t number;
    struct bulkhead_region_description description;
    struct bulkhead_region_events told;
} bulkhead_rtems_region;

static void bulkhead_rtems_region_rings(void *argument)
{
    const bulkhead_rtems_region *region = argument;

    bulkhead_rtems_handler_begin();
    if (region->told.events != 0)
        rtems_event_send(region->told.task, region->told.events);
    bulkhead_rtems_handler_end();
}

static int bulkhead_rtems_region_tell(bulkhead_rtems_region *region, const struct bulkhead_region_events *events)
{
    uint32_t line = region->description.line;
    uint32_t previous;

    if (line == 0)
        rtems_set_errno_and_return_minus_one(ENOTSUP);
    previous = bulkhead_interrupts_disable();
    region->told = *events;
    bulkhead_rtems_install(line, bulkhead_rtems_region_rings, region);
    bulkhead_interrupt_unmask(line);
    bulkhead_interrupts_restore(previous);
    return 0;
}

static int bulkhead_rtems_region_ioctl(rtems_libio_t *iop, ioctl_command_t request, void *argument)
{
    bulkhead_rtems_region *region = IMFS_generic_get_context_by_iop(iop);

    switch (request) {
    case BULKHEAD_REGION_DESCRIBE:
        *(struct bulkhead_region_description *)argument = region->description;
        return 0;
    case BULKHEAD_REGION_DOORBELL:
        if (bulkhead_doorbell(region->number) == 0)
            return 0;
        rtems_set_errno_and_return_minus_one(EIO);
    case BULKHEAD_REGION_EVENTS:
        return bulkhead_rtems_region_tell(region, argument);
    default:
        rtems_set_errno_and_return_minus_one(ENOTTY);
    }
}

static int bulkhead_rtems_region_map(rtems_libio_t *iop, void **address, size_t length, int protection, off_t offset)
{
    const bulkhead_rtems_region *region = IMFS_generic_get_context_by_iop(iop);
    uint32_t size = region->description.size;
    void *place;

    if (offset < 0 || offset > size || length > size - (uint32_t)offset)
        rtems_set_errno_and_return_minus_one(ENXIO);
    if ((protection & PROT_EXEC) != 0)
        rtems_set_errno_and_return_minus_one(ENOTSUP);
    if ((protection & PROT_WRITE) != 0 && !rtems_libio_iop_is_writeable(iop))
        rtems_set_errno_and_return_minus_one(EACCES);
    place = (void *)(uintptr_t)(region->description.address + (uint32_t)offset);
    /* With MAP_FIXED the caller has put an address there. */
    if (*address != NULL && *address != place)
        rtems_set_errno_and_return_minus_one(EINVAL);
    *address = place;
    return 0;
}

static int bulkhead_rtems_region_stat(const rtems_filesystem_location_info_t *location, struct stat *status)
{
    const bulkhead_rtems_region *region = IMFS_generic_get_context_by_location(location);
    int result = IMFS_stat(location, status);

    status->st_size = (off_t)region->description.size;
    return result;
}

static const rtems_filesystem_file_handlers_r bulkhead_rtems_region_handlers = {
    .open_h = rtems_filesystem_default_open,
    .close_h = rtems_filesystem_default_close,
    .read_h = rtems_filesystem_default_read,
    .write_h = rtems_filesystem_default_write,
    .ioctl_h = bulkhead_rtems_region_ioctl,
    .lseek_h = rtems_filesystem_default_lseek,
    .fstat_h = bulkhead_rtems_region_stat,
    .ftruncate_h = rtems_filesystem_default_ftruncate,
    .fsync_h = rtems_filesystem_default_fsync_or_fdatasync_success,
    .fdatasync_h = rtems_filesystem_default_fsync_or_fdatasync_success,
    .fcntl_h = rtems_filesystem_default_fcntl,
    .poll_h = rtems_filesystem_default_poll,
    .kqfilter_h = rtems_filesystem_default_kqfilter,
    .readv_h = rtems_filesystem_default_readv,
    .writev_h = rtems_filesystem_default_writev,
    .mmap_h = bulkhead_rtems_region_map,
};

static const IMFS_node_control bulkhead_rtems_region_control = IMFS_GENERIC_INITIALIZER(
    &bulkhead_rtems_region_handlers, IMFS_node_initialize_generic, IMFS_node_destroy_default);

static int bulkhead_rtems_region_create(uint32_t number, const struct bulkhead_region_description *description)
{
    char path[sizeof("/dev/region/") + BULKHEAD_NAME_SIZE];
    mode_t mode = S_IRUSR | S_IRGRP | S_IROTH;
    bulkhead_rtems_region *region = calloc(1, sizeof(*region));

    if (region == NULL)
        rtems_set_errno_and_return_minus_one(ENOMEM);
    region->number = number;
    region->description = *description;
    if (description->writable != 0)
        mode |= S_IWUSR | S_IWGRP | S_IWOTH;
    snprintf(path, sizeof(path), "/dev/region/%s", (const char *)description->name);
    if (IMFS_make_generic_node(path, S_IFCHR | mode, &bulkhead_rtems_region_control, region) != 0) {
        free(region);
        return -1;
    }
    return 0;
}

static void bulkhead_rtems_regions_initialize(void)
{
    struct bulkhead_region_description description;
    int result = mkdir("/dev/region", S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH);

    for (uint32_t number = 0; result == 0; ++number) {
        int32_t answer = bulkhead_region_describe(number, &description);

        if (answer == 0)
            result = bulkhead_rtems_region_create(number, &description);
        else if (answer != BULKHEAD_ERROR_NOT_PERMITTED)
            break;
    }
    if (result != 0)
        printk("the files of regions cannot be made: %s\n", strerror(errno));
}

RTEMS_SYSINIT_ITEM(bulkhead_rtems_regions_initialize, RTEMS_SYSINIT_DEVICE_DRIVERS, RTEMS_SYSINIT_ORDER_MIDDLE);
