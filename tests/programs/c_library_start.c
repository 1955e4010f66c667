/* Runs the checks of the C library in a partition, whose end says whether all of them hold; and what is the
   executive's: each task has its own errno. */
#include <rtems.h>

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int c_library(void);

static rtems_id main_task;
static int ended = -1;

static void at_exit(void)
{
    printf("at exit: %s\n", ended == 0 ? "good" : "bad");
    if (ended != 0)
        _Exit(2);
}

static rtems_task other(rtems_task_argument argument)
{
    (void) argument;
    bool clean = errno == 0;
    errno = 5;
    sleep(0);
    rtems_task_wake_after(2);
    clean = clean && errno == 5;
    rtems_event_send(main_task, clean ? RTEMS_EVENT_1 : RTEMS_EVENT_2);
    rtems_task_exit();
}

rtems_task Init(rtems_task_argument argument)
{
    struct timespec before, after, wait = { 0, 20000001 };
    rtems_event_set event = 0;
    rtems_id id;

    (void) argument;
    atexit(at_exit);
    main_task = rtems_task_self();
    errno = 7;
    rtems_task_create(rtems_build_name('O', 'T', 'H', 'R'), 1, 8192, RTEMS_DEFAULT_MODES, RTEMS_FLOATING_POINT, &id);
    rtems_task_start(id, other, 0);
    rtems_task_wake_after(1);
    bool good = errno == 7;
    rtems_event_receive(RTEMS_EVENT_1 | RTEMS_EVENT_2, RTEMS_EVENT_ANY | RTEMS_WAIT, RTEMS_NO_TIMEOUT, &event);
    good = good && errno == 7 && event == RTEMS_EVENT_1;
    clock_gettime(CLOCK_MONOTONIC, &before);
    good = good && nanosleep(&wait, NULL) == 0;
    clock_gettime(CLOCK_MONOTONIC, &after);
    long passed = (long) (after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec;
    good = good && passed >= 20000001 && passed < 60000000;
    printf("errno of tasks, sleep: %s\n", good ? "good" : "bad");
    char line[16];
    if (fgets(line, sizeof(line), stdin) == NULL || strcmp(line, "12 0x1f\n") != 0)
        good = false;
    int first = 0, second = 0;
    if (scanf("%d,%d", &first, &second) != 2 || first != -5 || second != 6 || getchar() != ';')
        good = false;
    printf("input: %s\n", good ? "good" : "bad");
    ended = c_library() == 0 && good ? 0 : 1;
    exit(ended);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 2
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_INIT_TASK_STACK_SIZE (32 * 1024)
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
