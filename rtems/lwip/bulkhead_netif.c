/*
 * An lwIP network interface over two queuing ports, whose messages are Ethernet frames. It is compiled with the headers
 * of lwIP, which is the program's, and needs of the partition the files of its ports only.
 */
#include "bulkhead_netif.h"

#include <bulkhead/port.h>
#include <lwip/etharp.h>
#include <lwip/pbuf.h>
#include <lwip/stats.h>

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The longest frame without its checksum (IEEE 802.3), and what of it is the packet's. */
enum { FRAME_SIZE = 1514, PACKET_SIZE = 1500 };

/* Sends a frame. A network may lose one: here, if the switch does not take those before it. */
static err_t send_frame(struct netif *netif, struct pbuf *packet)
{
    const struct bulkhead_netif *link = netif->state;
    uint8_t frame[FRAME_SIZE];
    u16_t length = (u16_t) (packet->tot_len - ETH_PAD_SIZE);

    if (length > sizeof(frame))
        return ERR_BUF;
    pbuf_copy_partial(packet, frame, length, ETH_PAD_SIZE);
    if (write(link->to_file, frame, length) != (ssize_t) length) {
        LINK_STATS_INC(link.drop);
        return ERR_MEM;
    }
    LINK_STATS_INC(link.xmit);
    return ERR_OK;
}

int bulkhead_netif_receive(struct netif *netif, int most)
{
    const struct bulkhead_netif *link = netif->state;
    uint8_t frame[FRAME_SIZE];
    int count;

    for (count = 0; count < most; ++count) {
        ssize_t length = read(link->from_file, frame, sizeof(frame));
        struct pbuf *packet;

        if (length <= 0)
            break;
        packet = pbuf_alloc(PBUF_RAW, (u16_t) (length + ETH_PAD_SIZE), PBUF_POOL);
        /* Without room for it a frame is lost. */
        if (packet == NULL) {
            LINK_STATS_INC(link.memerr);
            continue;
        }
        pbuf_take_at(packet, frame, (u16_t) length, ETH_PAD_SIZE);
        LINK_STATS_INC(link.recv);
        if (netif->input(packet, netif) != ERR_OK)
            pbuf_free(packet);
    }
    return count;
}

err_t bulkhead_netif_init(struct netif *netif)
{
    struct bulkhead_netif *link = netif->state;
    struct bulkhead_port_events told = { .task = link->task, .events = link->events };
    struct bulkhead_port_description from;

    link->from_file = open(link->from, O_RDONLY | O_NONBLOCK);
    link->to_file = open(link->to, O_WRONLY | O_NONBLOCK);
    if (link->from_file < 0 || link->to_file < 0)
        return ERR_ARG;
    /* A message that is longer than a frame would stay, and those behind it. */
    if (ioctl(link->from_file, BULKHEAD_PORT_DESCRIBE, &from) != 0 || from.message_size > FRAME_SIZE
        || ioctl(link->from_file, BULKHEAD_PORT_EVENTS, &told) != 0)
        return ERR_ARG;
    netif->name[0] = 'b';
    netif->name[1] = 'h';
    netif->mtu = PACKET_SIZE;
    netif->hwaddr_len = sizeof(link->station);
    memcpy(netif->hwaddr, link->station, sizeof(link->station));
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    netif->output = etharp_output;
    netif->linkoutput = send_frame;
    return ERR_OK;
}
