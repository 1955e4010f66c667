/*
 * POSIX threads that compute in floating point, with a tick of 1 ms, and print through the console driver. Each thread
 * has a thread-local orbit, and gives its result through a mutex and a condition variable.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rtems.h>
#include <bsp/bootcard.h>

#include "orbit.h"

#define THREADS_MAX 8
#define STEPS 60

static __thread struct orbit own;

static struct orbit orbits[THREADS_MAX];
static unsigned rounds;
static unsigned ended;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t one_more = PTHREAD_COND_INITIALIZER;

/* The number behind `name` in the command line. */
static unsigned number_of(const char *command_line, const char *name, unsigned otherwise)
{
    const char *found = strstr(command_line, name);

    return found != NULL ? (unsigned)strtoul(found + strlen(name), NULL, 10) : otherwise;
}

/* Stops at the first function that fails. */
static void must(int error)
{
    if (error == 0)
        return;
    printf("%s\n", strerror(error));
    exit(EXIT_FAILURE);
}

static void *compute(void *argument)
{
    const struct timespec pause = { .tv_sec = 0, .tv_nsec = 1000000 };
    unsigned number = (unsigned)(uintptr_t)argument;

    own = orbit_begin(number);
    for (unsigned round = 0; round < rounds; ++round) {
        orbit_steps(&own, STEPS);
        nanosleep(&pause, NULL);
    }
    must(pthread_mutex_lock(&mutex));
    orbits[number] = own;
    ++ended;
    must(pthread_cond_signal(&one_more));
    must(pthread_mutex_unlock(&mutex));
    return NULL;
}

static void *POSIX_Init(void *argument)
{
    const char *command_line = bsp_boot_cmdline;
    unsigned threads;
    unsigned wrong = 0;
    struct timespec begin, end;
    long milliseconds;

    (void)argument;
    if (command_line == NULL)
        command_line = "";
    threads = number_of(command_line, "threads=", 2);
    if (threads > THREADS_MAX)
        threads = THREADS_MAX;
    rounds = number_of(command_line, "rounds=", 10);
    printf("%u threads, %u rounds\n", threads, rounds);
    must(clock_gettime(CLOCK_MONOTONIC, &begin) != 0);
    for (unsigned number = 0; number < threads; ++number) {
        pthread_t thread;

        must(pthread_create(&thread, NULL, compute, (void *)(uintptr_t)number));
    }
    must(pthread_mutex_lock(&mutex));
    while (ended < threads)
        must(pthread_cond_wait(&one_more, &mutex));
    must(pthread_mutex_unlock(&mutex));
    must(clock_gettime(CLOCK_MONOTONIC, &end) != 0);
    for (unsigned number = 0; number < threads; ++number) {
        struct orbit orbit = orbit_begin(number);

        for (unsigned round = 0; round < rounds; ++round)
            orbit_steps(&orbit, STEPS);
        if (!orbit_equal(&orbit, &orbits[number]))
            ++wrong;
    }
    milliseconds = (long)(end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
    printf("%u of %u results are right after %ld ms\n", threads - wrong, threads, milliseconds);
    exit(wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_CONSOLE_DRIVER
#define CONFIGURE_MICROSECONDS_PER_TICK 1000
#define CONFIGURE_MAXIMUM_POSIX_THREADS (THREADS_MAX + 1)
#define CONFIGURE_POSIX_INIT_THREAD_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
