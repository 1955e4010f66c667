/* Clocks, dates, and waiting. There is one time zone, UTC. */
#ifndef BULKHEAD_CLASSIC_TIME_H
#define BULKHEAD_CLASSIC_TIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int64_t time_t;
typedef unsigned long clock_t;
typedef int clockid_t;

#define CLOCKS_PER_SEC 1000000UL
#define CLOCK_REALTIME 1
#define CLOCK_MONOTONIC 4

struct timespec {
    time_t tv_sec;
    long tv_nsec;
};

struct tm {
    int tm_sec;
    int tm_min;
    int tm_hour;
    int tm_mday;
    int tm_mon;
    int tm_year;
    int tm_wday;
    int tm_yday;
    int tm_isdst;
};

time_t time(time_t *seconds);
clock_t clock(void); /* from the partition's start */
double difftime(time_t end, time_t begin);
time_t mktime(struct tm *date);
time_t timegm(struct tm *date);
struct tm *gmtime(const time_t *seconds);
struct tm *gmtime_r(const time_t *seconds, struct tm *date);
struct tm *localtime(const time_t *seconds);
struct tm *localtime_r(const time_t *seconds, struct tm *date);
char *asctime(const struct tm *date);
char *asctime_r(const struct tm *date, char *buffer);
char *ctime(const time_t *seconds);
char *ctime_r(const time_t *seconds, char *buffer);
size_t strftime(char *buffer, size_t size, const char *format, const struct tm *date);

int clock_gettime(clockid_t clock, struct timespec *time);
int clock_getres(clockid_t clock, struct timespec *resolution);
int nanosleep(const struct timespec *wanted, struct timespec *rest);

#ifdef __cplusplus
}
#endif

#endif
