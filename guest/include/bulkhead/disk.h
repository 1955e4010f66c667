/*
 * The messages between a client and the server of a disk, which docs/devices.md describes. Numbers have their highest
 * byte first.
 */
#ifndef BULKHEAD_DISK_H
#define BULKHEAD_DISK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a block, and bytes in front of the blocks of a message. */
#define BULKHEAD_DISK_BLOCK 512
#define BULKHEAD_DISK_HEADER 16

/* The longest answer without blocks: a description. */
#define BULKHEAD_DISK_DESCRIPTION (BULKHEAD_DISK_HEADER + 4)

enum bulkhead_disk_operation {
    BULKHEAD_DISK_DESCRIBE = 0, /* answered with the number of blocks, and how many a request may have */
    BULKHEAD_DISK_READ = 1,     /* the blocks come with the answer */
    BULKHEAD_DISK_WRITE = 2,    /* the blocks come with the request */
    BULKHEAD_DISK_SYNC = 3,     /* what was written before survives the end of power when this is answered */
    BULKHEAD_DISK_ANSWER = 0x80 /* an answer's operation is the request's with this bit */
};

enum bulkhead_disk_status {
    BULKHEAD_DISK_DONE = 0,
    BULKHEAD_DISK_MALFORMED = 1,
    BULKHEAD_DISK_OUT_OF_RANGE = 2,
    BULKHEAD_DISK_READ_ONLY = 3,
    BULKHEAD_DISK_FAILED = 4
};

/* In the flags of a description, which stand behind its header. */
#define BULKHEAD_DISK_FLAG_READ_ONLY 1

/* What stands in front of a message's blocks. */
struct bulkhead_disk_header {
    uint8_t operation;
    uint8_t status;
    uint16_t count;
    uint32_t tag;
    uint64_t block;
};

/* The number in so many bytes, the highest one first. */
static inline uint64_t bulkhead_disk_number(const uint8_t *bytes, unsigned size)
{
    uint64_t number = 0;

    for (unsigned place = 0; place < size; ++place)
        number = number << 8 | bytes[place];
    return number;
}

static inline void bulkhead_disk_put_number(uint8_t *bytes, unsigned size, uint64_t number)
{
    for (unsigned place = size; place-- > 0; number >>= 8)
        bytes[place] = (uint8_t)number;
}

/* Reads a header out of the 16 bytes that a message begins with. */
static inline struct bulkhead_disk_header bulkhead_disk_get(const uint8_t *message)
{
    struct bulkhead_disk_header header = {
        .operation = message[0],
        .status = message[1],
        .count = (uint16_t)bulkhead_disk_number(message + 2, 2),
        .tag = (uint32_t)bulkhead_disk_number(message + 4, 4),
        .block = bulkhead_disk_number(message + 8, 8),
    };

    return header;
}

/* Writes a header into the 16 bytes that a message begins with. */
static inline void bulkhead_disk_put(uint8_t *message, const struct bulkhead_disk_header *header)
{
    message[0] = header->operation;
    message[1] = header->status;
    bulkhead_disk_put_number(message + 2, 2, header->count);
    bulkhead_disk_put_number(message + 4, 4, header->tag);
    bulkhead_disk_put_number(message + 8, 8, header->block);
}

#ifdef __cplusplus
}
#endif

#endif
