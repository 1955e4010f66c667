/* /dev/console: a termios device on the partition's console, driven by interrupts both ways. */
#include "kit.h"

#include <rtems/console.h>
#include <rtems/termiostypes.h>

/*
 * The partition's own line by which the driver tells itself to go on. Between two pieces, each as much as the device
 * takes at once, other interrupts come; the kernel has none for room in the device, so that without any it is asked
 * again.
 */
#define LINE_WRITTEN 18

typedef struct {
    rtems_termios_device_context base;
    rtems_termios_tty *tty;
    /* What termios wants written, and how much of it the device has taken. */
    const char *data;
    size_t length;
    size_t written;
} bulkhead_rtems_console;

static bulkhead_rtems_console bulkhead_rtems_the_console = {
    .base = RTEMS_TERMIOS_DEVICE_CONTEXT_INITIALIZER("bulkhead"),
};

static void bulkhead_rtems_console_input(void *argument)
{
    bulkhead_rtems_console *console = argument;
    char buffer[32];
    int32_t count;

    bulkhead_rtems_handler_begin();
    while ((count = bulkhead_console_read(buffer, sizeof(buffer))) > 0)
        rtems_termios_enqueue_raw_characters(console->tty, buffer, count);
    bulkhead_rtems_handler_end();
}

/* As much as the device has room for; it goes on in bulkhead_rtems_console_written. */
static void bulkhead_rtems_console_piece(bulkhead_rtems_console *console)
{
    int32_t count = bulkhead_console_write_some(console->data, console->length);

    console->written = count > 0 ? (size_t)count : 0;
    bulkhead_interrupt_raise(LINE_WRITTEN);
}

/* Termios hands out the next piece from here, never from within the write. */
static void bulkhead_rtems_console_written(void *argument)
{
    bulkhead_rtems_console *console = argument;

    if (console->written == 0) {
        bulkhead_rtems_console_piece(console);
        return;
    }
    bulkhead_rtems_handler_begin();
    rtems_termios_dequeue_characters(console->tty, (int)console->written);
    bulkhead_rtems_handler_end();
}

static bool bulkhead_rtems_console_first_open(rtems_termios_tty *tty, rtems_termios_device_context *base,
    struct termios *attributes, rtems_libio_open_close_args_t *arguments)
{
    bulkhead_rtems_console *console = (bulkhead_rtems_console *)base;

    (void)attributes;
    (void)arguments;
    console->tty = tty;
    /* Reading waits for input from the start; termios itself arranges that only when attributes are set. */
    tty->rawInBufSemaphoreWait = true;
    bulkhead_rtems_install(BULKHEAD_LINE_CONSOLE, bulkhead_rtems_console_input, console);
    bulkhead_interrupt_install(LINE_WRITTEN, bulkhead_rtems_console_written, console);
    bulkhead_interrupt_unmask(LINE_WRITTEN);
    bulkhead_interrupt_unmask(BULKHEAD_LINE_CONSOLE);
    return true;
}

static void bulkhead_rtems_console_last_close(rtems_termios_tty *tty, rtems_termios_device_context *base,
    rtems_libio_open_close_args_t *arguments)
{
    (void)tty;
    (void)base;
    (void)arguments;
    bulkhead_interrupt_mask(BULKHEAD_LINE_CONSOLE);
    bulkhead_interrupt_mask(LINE_WRITTEN);
}

/* Called with interrupts disabled. Length 0 says that there is nothing more. */
static void bulkhead_rtems_console_write(rtems_termios_device_context *base, const char *data, size_t length)
{
    bulkhead_rtems_console *console = (bulkhead_rtems_console *)base;

    if (length == 0)
        return;
    console->data = data;
    console->length = length;
    bulkhead_rtems_console_piece(console);
}

static const rtems_termios_device_handler bulkhead_rtems_console_handler = {
    .first_open = bulkhead_rtems_console_first_open,
    .last_close = bulkhead_rtems_console_last_close,
    .write = bulkhead_rtems_console_write,
    .mode = TERMIOS_IRQ_DRIVEN,
};

rtems_device_driver console_initialize(rtems_device_major_number major, rtems_device_minor_number minor, void *argument)
{
    (void)major;
    (void)minor;
    (void)argument;
    rtems_termios_initialize();
    return rtems_termios_device_install(CONSOLE_DEVICE_NAME, &bulkhead_rtems_console_handler, NULL,
        &bulkhead_rtems_the_console.base);
}

/* The console is a file of its own, so nothing comes through the driver's table. */
#define NOT_USED(name)                                                                                             \
    rtems_device_driver name(rtems_device_major_number major, rtems_device_minor_number minor, void *argument)     \
    {                                                                                                              \
        (void)major;                                                                                               \
        (void)minor;                                                                                               \
        (void)argument;                                                                                            \
        return RTEMS_INTERNAL_ERROR;                                                                               \
    }

NOT_USED(console_open)
NOT_USED(console_close)
NOT_USED(console_read)
NOT_USED(console_write)
NOT_USED(console_control)
