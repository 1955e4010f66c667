/* Block devices on the disk of another partition (bulkhead/block_device.h): its protocol is in docs/devices.md. */
#include "kit.h"

#include <stdlib.h>
#include <string.h>

#include <rtems/blkdev.h>
#include <rtems/diskdevs.h>
#include <rtems/thread.h>

#include <bulkhead/block_device.h>
#include <bulkhead/disk.h>
#include <bulkhead/waiting.h>

/* How many requests are on their way at once. */
#define REQUESTS_MAX 8

/*
 * How long a request waits for its answer, and how often it is sent in all: a server that has started again in between
 * knows nothing of it. What is sent twice is done twice, in the order in which it was sent, which makes no difference.
 */
#define TIME_OUT INT64_C(2000000000)
#define TRIES_MAX 5

typedef struct {
    rtems_mutex mutex;
    uint32_t requests;
    uint32_t answers;
    /* The last tag that was given. */
    uint32_t tag;
    /* How many blocks a request can have. */
    uint32_t most;
    uint64_t blocks;
    /* Room for a message, either way. */
    uint8_t *message;
    size_t room;
} bulkhead_rtems_disk;

/* Where in a transfer's buffers something begins. */
typedef struct {
    uint32_t buffer;
    uint32_t offset;
} bulkhead_rtems_place;

static bool bulkhead_rtems_is_end(const rtems_blkdev_request *transfer, bulkhead_rtems_place place)
{
    return place.buffer == transfer->bufnum;
}

static rtems_blkdev_bnum bulkhead_rtems_block_at(const rtems_blkdev_request *transfer, bulkhead_rtems_place place)
{
    return transfer->bufs[place.buffer].block + place.offset / BULKHEAD_DISK_BLOCK;
}

/*
 * Goes over the blocks of a transfer, from a place on, that one request can have: each the one behind the one before.
 * Copies them into a message or out of one, unless it is NULL. Returns how many there are.
 */
static uint32_t bulkhead_rtems_piece(const bulkhead_rtems_disk *disk, const rtems_blkdev_request *transfer,
    bulkhead_rtems_place *place, uint8_t *data)
{
    rtems_blkdev_bnum block = bulkhead_rtems_block_at(transfer, *place);
    uint32_t count = 0;

    while (count < disk->most && !bulkhead_rtems_is_end(transfer, *place)
           && bulkhead_rtems_block_at(transfer, *place) == block + count) {
        const rtems_blkdev_sg_buffer *buffer = &transfer->bufs[place->buffer];
        uint8_t *own = (uint8_t *)buffer->buffer + place->offset;

        if (data != NULL && transfer->req == RTEMS_BLKDEV_REQ_WRITE)
            memcpy(data + count * BULKHEAD_DISK_BLOCK, own, BULKHEAD_DISK_BLOCK);
        else if (data != NULL)
            memcpy(own, data + count * BULKHEAD_DISK_BLOCK, BULKHEAD_DISK_BLOCK);
        ++count;
        place->offset += BULKHEAD_DISK_BLOCK;
        if (place->offset >= buffer->length) {
            ++place->buffer;
            place->offset = 0;
        }
    }
    return count;
}

/* Sends a request whose blocks, if it has any, are in the message already. */
static int32_t bulkhead_rtems_ask(
    bulkhead_rtems_disk *disk, uint8_t operation, uint64_t block, uint32_t count, int64_t time_out)
{
    struct bulkhead_disk_header header = {
        .operation = operation,
        .count = (uint16_t)count,
        .tag = disk->tag + 1,
        .block = block,
    };
    size_t length = BULKHEAD_DISK_HEADER;
    int32_t answer;

    if (operation == BULKHEAD_DISK_WRITE)
        length += count * BULKHEAD_DISK_BLOCK;
    bulkhead_disk_put(disk->message, &header);
    answer = bulkhead_waiting_send(disk->requests, disk->message, length, time_out);
    if (answer == 0)
        ++disk->tag;
    return answer;
}

/*
 * Waits for the answer with a tag; earlier ones, of requests that were given up, are dropped. Returns the length of
 * what is behind its header, -1 if there is none in time, and -2 if the server does not do what it was asked for.
 */
static int32_t bulkhead_rtems_hear(
    bulkhead_rtems_disk *disk, uint8_t operation, uint32_t tag, struct bulkhead_disk_header *header)
{
    for (;;) {
        int32_t received = bulkhead_waiting_receive(disk->answers, disk->message, disk->room, TIME_OUT);

        if (received < 0)
            return -1;
        received &= BULKHEAD_RECEIVED_LENGTH;
        if (received < BULKHEAD_DISK_HEADER)
            continue;
        *header = bulkhead_disk_get(disk->message);
        if (header->tag != tag)
            continue;
        if (header->status != BULKHEAD_DISK_DONE || header->operation != (operation | BULKHEAD_DISK_ANSWER))
            return -2;
        return received - BULKHEAD_DISK_HEADER;
    }
}

/* A request without blocks. Returns as bulkhead_rtems_hear. */
static int32_t bulkhead_rtems_command(
    bulkhead_rtems_disk *disk, uint8_t operation, struct bulkhead_disk_header *header)
{
    int32_t heard = -1;

    for (unsigned tries = 0; tries < TRIES_MAX && heard == -1; ++tries)
        if (bulkhead_rtems_ask(disk, operation, 0, 0, TIME_OUT) == 0)
            heard = bulkhead_rtems_hear(disk, operation, disk->tag, header);
    return heard;
}

/* Reads or writes: as many requests as the server has room for are on their way, and are answered in their order. */
static rtems_status_code bulkhead_rtems_transfer(bulkhead_rtems_disk *disk, const rtems_blkdev_request *transfer)
{
    bool writes = transfer->req == RTEMS_BLKDEV_REQ_WRITE;
    uint8_t operation = writes ? BULKHEAD_DISK_WRITE : BULKHEAD_DISK_READ;
    /* Where the next request begins, and where the first one that is not answered does. */
    bulkhead_rtems_place next = {0, 0};
    bulkhead_rtems_place answered = next;
    uint32_t waiting = 0;
    unsigned tries = 1;

    while (!bulkhead_rtems_is_end(transfer, answered)) {
        struct bulkhead_disk_header header;
        int32_t heard = -1;

        while (waiting < REQUESTS_MAX && !bulkhead_rtems_is_end(transfer, next)) {
            bulkhead_rtems_place end = next;
            uint8_t *data = writes ? disk->message + BULKHEAD_DISK_HEADER : NULL;
            uint32_t count = bulkhead_rtems_piece(disk, transfer, &end, data);

            if (bulkhead_rtems_ask(disk, operation, bulkhead_rtems_block_at(transfer, next), count,
                    waiting == 0 ? TIME_OUT : 0)
                != 0)
                break;
            next = end;
            ++waiting;
        }
        if (waiting > 0)
            heard = bulkhead_rtems_hear(disk, operation, disk->tag - waiting + 1, &header);
        if (heard >= 0) {
            bulkhead_rtems_place end = answered;
            uint32_t count = bulkhead_rtems_piece(disk, transfer, &end, NULL);

            if (header.count != count || heard != (writes ? 0 : (int32_t)(count * BULKHEAD_DISK_BLOCK)))
                return RTEMS_IO_ERROR;
            if (!writes)
                bulkhead_rtems_piece(disk, transfer, &answered, disk->message + BULKHEAD_DISK_HEADER);
            answered = end;
            --waiting;
            tries = 1;
        } else if (heard == -1 && tries < TRIES_MAX) {
            next = answered;
            waiting = 0;
            ++tries;
        } else {
            return RTEMS_IO_ERROR;
        }
    }
    return RTEMS_SUCCESSFUL;
}

/*
 * A write is done when the disk keeps it. RTEMS's buffers tell a disk to do so only if a sync has found something left
 * to write, and take no note of its failure; what they have written before would be in a cache of the disk.
 */
static rtems_status_code bulkhead_rtems_do(bulkhead_rtems_disk *disk, const rtems_blkdev_request *transfer)
{
    struct bulkhead_disk_header header;
    rtems_status_code status = RTEMS_SUCCESSFUL;

    if (transfer->req != RTEMS_BLKDEV_REQ_SYNC)
        status = bulkhead_rtems_transfer(disk, transfer);
    if (status == RTEMS_SUCCESSFUL && transfer->req != RTEMS_BLKDEV_REQ_READ
        && bulkhead_rtems_command(disk, BULKHEAD_DISK_SYNC, &header) < 0)
        status = RTEMS_IO_ERROR;
    return status;
}

static int bulkhead_rtems_disk_control(rtems_disk_device *device, uint32_t request, void *argument)
{
    bulkhead_rtems_disk *disk = rtems_disk_get_driver_data(device);

    if (request == RTEMS_BLKIO_REQUEST) {
        rtems_blkdev_request *transfer = argument;
        rtems_status_code status;

        rtems_mutex_lock(&disk->mutex);
        status = bulkhead_rtems_do(disk, transfer);
        rtems_mutex_unlock(&disk->mutex);
        rtems_blkdev_request_done(transfer, status);
        return 0;
    }
    if (request == RTEMS_BLKIO_DELETED) {
        rtems_mutex_destroy(&disk->mutex);
        free(disk->message);
        free(disk);
        return 0;
    }
    return rtems_blkdev_ioctl(device, request, argument);
}

/* Finds a queuing port of a direction, lets tasks wait there, and says how long its messages can be. */
static bool bulkhead_rtems_disk_port(const char *name, uint32_t direction, uint32_t *port, size_t *size)
{
    int32_t found = bulkhead_port_find(name);
    struct bulkhead_port_description description;

    if (found < 0 || bulkhead_port_describe((uint32_t)found, &description) != 0
        || description.kind != BULKHEAD_PORT_KIND_QUEUING || description.direction != direction)
        return false;
    *port = (uint32_t)found;
    *size = description.message_size;
    return bulkhead_waiting_attach(*port, 0) == 0;
}

/* Asks the server what it has for this partition. */
static rtems_status_code bulkhead_rtems_disk_describe(bulkhead_rtems_disk *disk)
{
    struct bulkhead_disk_header header;
    int32_t heard = bulkhead_rtems_command(disk, BULKHEAD_DISK_DESCRIBE, &header);

    if (heard == -1)
        return RTEMS_TIMEOUT;
    if (heard != BULKHEAD_DISK_DESCRIPTION - BULKHEAD_DISK_HEADER || header.block == 0
        || header.block > (rtems_blkdev_bnum)-1)
        return RTEMS_IO_ERROR;
    if (header.count == 0)
        return RTEMS_INVALID_SIZE;
    disk->blocks = header.block;
    if (header.count < disk->most)
        disk->most = header.count;
    return RTEMS_SUCCESSFUL;
}

rtems_status_code bulkhead_block_device_create(const char *path, const char *requests, const char *answers)
{
    bulkhead_rtems_disk *disk = calloc(1, sizeof(*disk));
    size_t request_size;
    size_t answer_size;
    rtems_status_code status;

    if (disk == NULL)
        return RTEMS_NO_MEMORY;
    rtems_mutex_init(&disk->mutex, "disk");
    if (bulkhead_rtems_disk_port(requests, BULKHEAD_PORT_DIRECTION_SOURCE, &disk->requests, &request_size)
        && bulkhead_rtems_disk_port(answers, BULKHEAD_PORT_DIRECTION_DESTINATION, &disk->answers, &answer_size)) {
        size_t shorter = request_size < answer_size ? request_size : answer_size;

        disk->room = request_size > answer_size ? request_size : answer_size;
        disk->message = malloc(disk->room);
        if (disk->message == NULL) {
            status = RTEMS_NO_MEMORY;
        } else if (shorter < BULKHEAD_DISK_HEADER + BULKHEAD_DISK_BLOCK) {
            status = RTEMS_INVALID_SIZE;
        } else {
            disk->most = (shorter - BULKHEAD_DISK_HEADER) / BULKHEAD_DISK_BLOCK;
            status = bulkhead_rtems_disk_describe(disk);
        }
    } else {
        status = RTEMS_INVALID_NAME;
    }
    if (status == RTEMS_SUCCESSFUL)
        status = rtems_blkdev_create(path, BULKHEAD_DISK_BLOCK, (rtems_blkdev_bnum)disk->blocks,
            bulkhead_rtems_disk_control, disk);
    if (status != RTEMS_SUCCESSFUL) {
        rtems_mutex_destroy(&disk->mutex);
        free(disk->message);
        free(disk);
    }
    return status;
}
