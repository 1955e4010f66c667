/*
 * Records in files of RTEMS's FAT, each synced before it counts, on a disk that is there already: those that were said
 * to be kept before the end of power are there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rtems.h>
#include <rtems/bspIo.h>

#include <bulkhead.h>
#include <bulkhead/block_device.h>

#include "disk.h"

#define RECORDS_MAX 104
#define RECORDS_PER_FILE 8
#define LENGTH 900

static unsigned char bytes[LENGTH + 1];

static unsigned char byte_of(unsigned record, unsigned place)
{
    return (unsigned char)(record * 37 + place + place / 253);
}

static void fails(const char *what, unsigned record)
{
    printk("cut: %s at record %u: %s\n", what, record, strerror(errno));
    exit(1);
}

/* The file that a record is in. RTEMS's FAT takes no more than 16 in its first folder. */
static int opened(unsigned record, int flags)
{
    char path[32];

    snprintf(path, sizeof(path), FOLDER "/f%u.bin", record / RECORDS_PER_FILE);
    return open(path, flags, S_IRWXU);
}

/* Whether a record is there and as it was written. */
static bool is_whole(unsigned record)
{
    int handle = opened(record, O_RDONLY);
    bool whole;

    if (handle < 0)
        return false;
    whole = lseek(handle, (off_t)(record % RECORDS_PER_FILE * LENGTH), SEEK_SET) >= 0
        && read(handle, bytes, LENGTH) == LENGTH;
    for (unsigned place = 0; whole && place < LENGTH; ++place)
        whole = bytes[place] == byte_of(record, place);
    close(handle);
    return whole;
}

static void keep(unsigned record)
{
    int handle = opened(record, O_CREAT | O_WRONLY);

    if (handle < 0)
        fails("opening", record);
    for (unsigned place = 0; place < LENGTH; ++place)
        bytes[place] = byte_of(record, place);
    if (lseek(handle, (off_t)(record % RECORDS_PER_FILE * LENGTH), SEEK_SET) < 0)
        fails("seeking", record);
    if (write(handle, bytes, LENGTH) != LENGTH)
        fails("writing", record);
    if (fsync(handle) != 0)
        fails("syncing", record);
    if (close(handle) != 0)
        fails("closing", record);
}

/* A disk that nobody has written to. */
static bool is_blank(void)
{
    int handle = open(DEVICE, O_RDONLY);
    ssize_t length = read(handle, bytes, 512);

    close(handle);
    for (ssize_t place = 0; place < length; ++place)
        if (bytes[place] != 0)
            return false;
    return length == 512;
}

static rtems_task Init(rtems_task_argument argument)
{
    unsigned whole = 0;
    /* The server is to start again now and then. */
    bool again = strcmp(bulkhead_command_line(), "again") == 0;

    (void)argument;
    if (bulkhead_block_device_create(DEVICE, "requests", "answers") != RTEMS_SUCCESSFUL)
        fails("the disk", 0);
    mkdir(FOLDER, S_IRWXU);
    if (is_blank()) {
        if (formatted() != 0)
            fails("formatting, instead", 0);
        printk("cut: formatted\n");
    }
    if (mounted() != 0)
        fails("mounting, instead", 0);
    while (whole < RECORDS_MAX && is_whole(whole))
        ++whole;
    printk("cut: %u records are there\n", whole);
    for (unsigned record = whole; record < RECORDS_MAX; ++record) {
        if (again && record % RECORDS_PER_FILE == 3)
            bulkhead_partition_control((uint32_t)bulkhead_partition_find("storage"), BULKHEAD_MODE_COLD_START);
        keep(record);
        printk("cut: record %u is kept\n", record + 1);
    }
    exit(0);
}

#define CONFIGURE_INIT
#include <rtems/confdefs.h>
