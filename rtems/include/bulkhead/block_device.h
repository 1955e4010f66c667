/*
 * Block devices of RTEMS, on the disk of another partition: with file systems of RTEMS on them, or by themselves.
 *
 *     bulkhead_block_device_create("/dev/disk", "disk-requests", "disk-answers");
 *     mount("/dev/disk", "/files", RTEMS_FILESYSTEM_TYPE_DOSFS, RTEMS_FILESYSTEM_READ_WRITE, NULL);
 */
#ifndef BULKHEAD_BLOCK_DEVICE_H
#define BULKHEAD_BLOCK_DEVICE_H

#include <rtems.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Makes a block device of the part of a disk that a server has for this partition: requests go out of one queuing port,
 * answers come to the other. It asks the server how large the part is.
 *
 * Returns RTEMS_SUCCESSFUL. RTEMS_INVALID_NAME: no such ports, or of the other direction, or not queuing;
 * RTEMS_INVALID_SIZE: their messages have no room for a block; RTEMS_TIMEOUT: no answer; RTEMS_IO_ERROR: no answer that
 * can be; others of rtems_blkdev_create().
 */
rtems_status_code bulkhead_block_device_create(const char *path, const char *requests, const char *answers);

#ifdef __cplusplus
}
#endif

#endif
