/* Asks for what only a board has: it cannot be linked. */
#include <bsp.h>
#include <rtems.h>
#include <stdlib.h>

#if defined(__sparc__)
#include <grlib/grspw_pkt.h>
#include <leon.h>
#define REGISTERS() LEON_Clear_interrupt(5)
#define PRIVILEGED() grspw_dev_count()
#else
#include <uart.h>
#define REGISTERS() Clock_driver_install_handler()
#define PRIVILEGED() BSP_uart_init(0, 9600, 0, 0, 0, 0)
#endif

static rtems_task Init(rtems_task_argument argument)
{
    (void)argument;
#if defined(REGISTERS_OF_THE_BOARD)
    REGISTERS();
#else
    PRIVILEGED();
#endif
    exit(0);
}

#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
