/*
 * An lwIP network interface over two queuing ports, whose messages are Ethernet frames: the network of an RTEMS program
 * whose partition owns no device. docs/rtems.md tells how to use it.
 */
#ifndef BULKHEAD_NETIF_H
#define BULKHEAD_NETIF_H

#include <stdint.h>

#include <rtems.h>

#include <lwip/netif.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What netif_add() is given as `state`; it must stay. */
struct bulkhead_netif {
    /* The files of the partition's ports: frames come from the one and go to the other. */
    const char *from;
    const char *to;
    /* The interface's Ethernet address, which the switch at the other end knows. */
    uint8_t station[6];
    /* The task that is sent these events when frames have come, and calls bulkhead_netif_receive(). */
    rtems_id task;
    rtems_event_set events;
    /* The driver's own. */
    int from_file;
    int to_file;
};

/* The function that netif_add() is given as `init`: ERR_ARG if the partition has no such ports. */
err_t bulkhead_netif_init(struct netif *netif);

/*
 * Gives lwIP the frames that have come, at most so many, by netif->input; returns how many there were. With NO_SYS the
 * task that looks after lwIP's timeouts calls it, otherwise a task of its own.
 */
int bulkhead_netif_receive(struct netif *netif, int most);

#ifdef __cplusplus
}
#endif

#endif
