/*
 * /dev/console as a terminal: lines with what edits them, single characters as they are, an end of file, and reading
 * that gives up.
 */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define MILLISECOND UINT64_C(1000000)

static unsigned wrong;

/* Reads once; what comes must be this. */
static void expect(const char *what, const char *right, size_t length)
{
    char buffer[16];
    ssize_t count = read(STDIN_FILENO, buffer, sizeof(buffer));

    if (count != (ssize_t)length || memcmp(buffer, right, length) != 0) {
        ++wrong;
        printk("\nterminal: %s: %d bytes, not %u:", what, (int)count, (unsigned)length);
        for (ssize_t place = 0; place < count; ++place)
            printk(" %02x", (unsigned)buffer[place] & 0xff);
        printk("\n");
    }
}

/* Single characters, of which a read waits for as many, or for none in so many tenths of a second. */
static void make_raw(const struct termios *before, cc_t characters, cc_t tenths)
{
    struct termios raw = *before;

    raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
    raw.c_cc[VMIN] = characters;
    raw.c_cc[VTIME] = tenths;
    if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0)
        ++wrong;
}

static rtems_task Init(rtems_task_argument argument)
{
    struct termios before;
    uint64_t begin;
    uint32_t passed;

    (void)argument;
    if (isatty(STDIN_FILENO) != 1 || tcgetattr(STDIN_FILENO, &before) != 0 || (before.c_lflag & ICANON) == 0)
        exit(2);
    expect("a line with one character taken back", "ac\n", 3);
    expect("a line that an end of file ends", "end", 3);
    expect("an end of file", "", 0);
    make_raw(&before, 4, 0);
    expect("four characters", "x\003\177\004", 4);
    make_raw(&before, 0, 3);
    begin = rtems_clock_get_uptime_nanoseconds();
    expect("nothing", "", 0);
    passed = (uint32_t)((rtems_clock_get_uptime_nanoseconds() - begin) / MILLISECOND);
    /* A tick less, since it has begun already; and the next window, if it ends while others run. */
    if (passed < 299 || passed > 307)
        ++wrong;
    printk("\nterminal: %u wrong, gave up after %" PRIu32 " ms\n", wrong, passed);
    exit(wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
