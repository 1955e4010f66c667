/*
 * The memory that the partition shares as files of RTEMS: /dev/region/NAME for each region of the partition.
 *
 * A program has these files if one of its sources includes this header. mmap() with MAP_SHARED tells where a region is,
 * if the partition may write it: RTEMS's mmap() wants PROT_WRITE. Others ask for BULKHEAD_REGION_DESCRIBE, or
 * bulkhead_region_describe() of <bulkhead.h>. Errors of mmap(): ENXIO behind the region's end, EACCES if it is not open
 * for writing, ENOTSUP for PROT_EXEC, EINVAL for another address with MAP_FIXED.
 */
#ifndef BULKHEAD_REGION_H
#define BULKHEAD_REGION_H

#include <stdint.h>
#include <sys/ioccom.h>

#include <rtems.h>

#include <bulkhead.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where the partition sees the region, how large it is, and whether it may write. */
#define BULKHEAD_REGION_DESCRIBE _IOR('B', 17, struct bulkhead_region_description)

/* Rings at every other partition that shares the region and has a line for it. */
#define BULKHEAD_REGION_DOORBELL _IO('B', 18)

/* Who is told with rtems_event_send() when another partition rings. */
struct bulkhead_region_events {
    rtems_id task;
    rtems_event_set events; /* 0: nobody */
};

/*
 * From now on these events are sent, in place of those before. ENOTSUP if the system file gives the partition no
 * doorbell line for the region; the line is the file's from then on.
 */
#define BULKHEAD_REGION_EVENTS _IOW('B', 19, struct bulkhead_region_events)

/* A file of the pack, which makes the files (regions.c). */
extern const char bulkhead_region_files;
static const char *const bulkhead_region_files_wanted __attribute__((__used__)) = &bulkhead_region_files;

#ifdef __cplusplus
}
#endif

#endif
