/* Reads lines from /dev/console and prints them backwards, until one is empty. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rtems.h>

static rtems_task Init(rtems_task_argument argument)
{
    char line[80];

    (void)argument;
    puts("ready");
    while (fgets(line, sizeof(line), stdin) != NULL) {
        size_t length = strcspn(line, "\r\n");

        if (length == 0)
            break;
        printf("<");
        while (length > 0)
            putchar(line[--length]);
        printf(">\n");
    }
    exit(feof(stdin) || ferror(stdin) ? 9 : EXIT_SUCCESS);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_INIT_TASK_STACK_SIZE (16 * 1024)
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
