/* A second console: RTEMS's own driver for a 16550, with termios, on a UART that the partition owns. For i386. */
#include <bulkhead.h>
#include <rtems.h>
#include <rtems/bspIo.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libchip/ns16550.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define DEVICE "/dev/ttyS1"

/* The driver's registers are the resource's. */
static uint8_t get_register(uintptr_t resource, uint8_t number)
{
    uint32_t value = 0;

    bulkhead_register_read(resource, number, &value);
    return (uint8_t)value;
}

static void set_register(uintptr_t resource, uint8_t number, uint8_t value)
{
    bulkhead_register_write(resource, number, value);
}

static ns16550_context uart = {
    .base = RTEMS_TERMIOS_DEVICE_CONTEXT_INITIALIZER("UART"),
    .get_reg = get_register,
    .set_reg = set_register,
    .clock = 115200 * 16,
    .initial_baud = 115200,
};

/* Installs the device, and says what was wrong. */
static const char *install(void)
{
    struct bulkhead_resource_description interrupt;
    int32_t registers = bulkhead_resource_find("uart2", BULKHEAD_RESOURCE_KIND_PORTS, 0);
    int32_t line = bulkhead_resource_find("uart2", BULKHEAD_RESOURCE_KIND_INTERRUPT, 0);

    if (registers < 0 || line < 0 || bulkhead_resource_describe((uint32_t)line, &interrupt) != 0)
        return "there is no uart2";
    uart.port = (uintptr_t)registers;
    uart.irq = interrupt.line;
    if (!ns16550_probe(&uart.base))
        return "there is no 16550";
    if (rtems_termios_device_install(DEVICE, &ns16550_handler_interrupt, NULL, &uart.base) != RTEMS_SUCCESSFUL)
        return "it cannot be installed";
    return NULL;
}

static rtems_task Init(rtems_task_argument argument)
{
    const char *wrong = install();
    char line[80];

    (void)argument;
    if (wrong != NULL) {
        printf("serial: %s\n", wrong);
        exit(1);
    }
    int descriptor = open(DEVICE, O_RDWR);
    FILE *in = descriptor < 0 ? NULL : fdopen(descriptor, "r");
    FILE *out = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (in == NULL || out == NULL) {
        printf("serial: %s cannot be opened: %d, %s\n", DEVICE, descriptor, strerror(errno));
        exit(1);
    }
    /* From the first setting of its attributes on, RTEMS's termios waits for input. */
    struct termios attributes;
    if (tcgetattr(descriptor, &attributes) != 0 || tcsetattr(descriptor, TCSANOW, &attributes) != 0)
        exit(2);
    setvbuf(out, NULL, _IOLBF, 0);
    fprintf(out, "who is there?\n");
    for (int number = 1; number <= 3 && fgets(line, sizeof(line), in) != NULL; ++number) {
        line[strcspn(line, "\r\n")] = '\0';
        printf("serial: line %d is %s\n", number, line);
        for (char *letter = line; *letter != '\0'; ++letter)
            *letter = (char)toupper((unsigned char)*letter);
        fprintf(out, "hello, %s\n", line);
    }
    fflush(out);
    tcdrain(fileno(out));
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 2
#define CONFIGURE_MAXIMUM_FILE_DESCRIPTORS 8
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
