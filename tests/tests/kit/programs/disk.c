/* RTEMS's FAT on the disk of another partition: made, mounted, filled, synced, mounted again and read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rtems.h>
#include <rtems/bdbuf.h>
#include <rtems/blkdev.h>
#include <rtems/bspIo.h>

#include <bulkhead/block_device.h>

#include "disk.h"

#define FILES 4
#define LENGTH 9000

static unsigned checks;
static unsigned good;

static void check(bool condition, const char *what, unsigned number)
{
    ++checks;
    if (condition)
        ++good;
    else
        printk("disk: not so: %s (%u, errno %d)\n", what, number, errno);
}

static unsigned char byte_of(unsigned file, unsigned place)
{
    return (unsigned char)(file * 31 + place + place / 251);
}

static void path_of(char *path, unsigned file)
{
    snprintf(path, 32, FOLDER "/data%u.bin", file);
}

static void fill(unsigned file)
{
    static unsigned char bytes[LENGTH];
    char path[32];
    int handle;

    for (unsigned place = 0; place < LENGTH; ++place)
        bytes[place] = byte_of(file, place);
    path_of(path, file);
    handle = open(path, O_CREAT | O_TRUNC | O_WRONLY, S_IRWXU);
    check(handle >= 0, "open for writing", file);
    check(write(handle, bytes, LENGTH) == LENGTH, "write", file);
    check(fsync(handle) == 0, "fsync", file);
    check(close(handle) == 0, "close", file);
}

static void compare(unsigned file)
{
    static unsigned char bytes[LENGTH + 1];
    char path[32];
    int handle;
    unsigned wrong = 0;

    path_of(path, file);
    handle = open(path, O_RDONLY);
    check(handle >= 0, "open for reading", file);
    check(read(handle, bytes, LENGTH + 1) == LENGTH, "length", file);
    for (unsigned place = 0; place < LENGTH; ++place)
        wrong += bytes[place] != byte_of(file, place);
    check(wrong == 0, "contents", file);
    check(close(handle) == 0, "close", file);
}

static rtems_task Init(rtems_task_argument argument)
{
    rtems_status_code status;
    rtems_blkdev_bnum blocks = 0;
    int handle;

    (void)argument;
    status = bulkhead_block_device_create(DEVICE, "no-requests", "answers");
    check(status == RTEMS_INVALID_NAME, "ports that are not there", status);
    status = bulkhead_block_device_create(DEVICE, "answers", "requests");
    check(status == RTEMS_INVALID_NAME, "ports the wrong way round", status);
    status = bulkhead_block_device_create(DEVICE, "requests", "answers");
    check(status == RTEMS_SUCCESSFUL, "created", status);
    handle = open(DEVICE, O_RDWR);
    check(handle >= 0 && rtems_disk_fd_get_block_count(handle, &blocks) == 0, "the number of blocks", 0);
    printk("disk: %u blocks\n", (unsigned)blocks);
    close(handle);
    check(mkdir(FOLDER, S_IRWXU) == 0, "mkdir", 0);
    check(mounted() != 0, "nothing to mount", 0);
    check(formatted() == 0, "format", 0);
    check(mounted() == 0, "mount", 0);
    for (unsigned file = 0; file < FILES; ++file)
        fill(file);
    check(unmount(FOLDER) == 0, "unmount", 0);
    /* Nothing of it is in memory any more. */
    handle = open(DEVICE, O_RDWR);
    check(rtems_disk_fd_purge(handle) == 0, "purge", 0);
    close(handle);
    check(mounted() == 0, "mount again", 0);
    for (unsigned file = 0; file < FILES; ++file)
        compare(file);
    check(unlink(FOLDER "/data0.bin") == 0, "unlink", 0);
    check(unmount(FOLDER) == 0, "unmount again", 0);
    printk("disk: %u of %u checks are good\n", good, checks);
    exit(good == checks ? 0 : 1);
}

#define CONFIGURE_INIT
#include <rtems/confdefs.h>
