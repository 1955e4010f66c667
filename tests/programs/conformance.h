/* What the two partitions of the conformance test say to each other. */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include <arinc653.h>

#define SIZE 16
#define MILLISECOND ((SYSTEM_TIME_TYPE) 1000000)
#define REFRESH (50 * MILLISECOND)

/* What the peer is asked to do. */
enum what {
    WRITE_LEVEL = 'w',   /* write the text to level-out */
    READ_RATE = 'r',     /* read rate-in, and answer */
    SEND_ORDER = 's',    /* send the text to orders-out, if there is room */
    SEND_URGENT = 'u',   /* send the text to urgent-out, if there is room */
    RECEIVE_ANSWER = 'a', /* receive from answers-in, and answer */
    READ_FRAME = 'f',    /* answer with the first byte of the region frames */
    WRITE_LATE = 'l',    /* write the text to late-out, by bulkhead.h */
    SEND_LATE = 'q',     /* send the text to late-queue-out, by bulkhead.h */
    RING = 'd',          /* ring at the region maps */
    END = 'e'
};

/* One byte, and a text of up to 15. */
struct request {
    char what;
    char text[SIZE - 1];
};

/* What a service of the peer answered. */
struct answer {
    int32_t code;
    int32_t length;
    char text[SIZE];
};

#endif
