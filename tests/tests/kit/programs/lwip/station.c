/* Sends every datagram back that comes to UDP port 7, on lwIP over a virtual Ethernet. */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <stdlib.h>

#include <lwip/init.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>
#include <netif/ethernet.h>

#include "bulkhead_netif.h"

enum { ECHO = 7, FRAMES = 8, TICKS = 50 };

static struct bulkhead_netif ethernet = {
    .from = "/dev/port/frames-in",
    .to = "/dev/port/frames-out",
    .station = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x57 },
    .events = RTEMS_EVENT_0,
};

u32_t sys_now(void)
{
    return (u32_t) (rtems_clock_get_uptime_nanoseconds() / 1000000);
}

static void echo(void *argument, struct udp_pcb *socket, struct pbuf *packet, const ip_addr_t *from, u16_t port)
{
    (void) argument;
    udp_sendto(socket, packet, from, port);
    pbuf_free(packet);
}

static void must(int is_right, const char *what)
{
    if (!is_right) {
        printk("no %s\n", what);
        exit(1);
    }
}

rtems_task Init(rtems_task_argument argument)
{
    ip4_addr_t address, mask, router;
    struct udp_pcb *socket;
    struct netif netif;

    (void) argument;
    ethernet.task = rtems_task_self();
    lwip_init();
    IP4_ADDR(&address, 10, 0, 2, 16);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&router, 10, 0, 2, 2);
    must(netif_add(&netif, &address, &mask, &router, &ethernet, bulkhead_netif_init, ethernet_input) != NULL,
        "interface");
    netif_set_default(&netif);
    netif_set_up(&netif);
    socket = udp_new();
    must(socket != NULL && udp_bind(socket, IP_ADDR_ANY, ECHO) == ERR_OK, "socket");
    udp_recv(socket, echo, NULL);
    printk("lwIP is at %s\n", ip4addr_ntoa(&address));
    for (;;) {
        rtems_event_set events;

        sys_check_timeouts();
        if (bulkhead_netif_receive(&netif, FRAMES) == 0)
            rtems_event_receive(RTEMS_EVENT_0, RTEMS_EVENT_ANY | RTEMS_WAIT, TICKS, &events);
    }
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_SIMPLE_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_FILE_DESCRIPTORS 8
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_INIT_TASK_STACK_SIZE (32 * 1024)
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
