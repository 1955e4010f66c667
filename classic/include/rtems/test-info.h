/* What RTEMS's test programs say at their beginning and end. */
#ifndef BULKHEAD_CLASSIC_RTEMS_TEST_INFO_H
#define BULKHEAD_CLASSIC_RTEMS_TEST_INFO_H

#include <rtems.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    RTEMS_TEST_STATE_PASS,
    RTEMS_TEST_STATE_FAIL,
    RTEMS_TEST_STATE_USER_INPUT,
    RTEMS_TEST_STATE_INDETERMINATE,
    RTEMS_TEST_STATE_BENCHMARK
} RTEMS_TEST_STATE;

#define TEST_STATE RTEMS_TEST_STATE_PASS

/* An initial extension, which the stand-in has not. */
#define RTEMS_TEST_INITIAL_EXTENSION

/* The program defines its name. */
extern const char rtems_test_name[];

static inline int rtems_test_begin(const char *name, const RTEMS_TEST_STATE state)
{
    (void) state;
    return printf("\n\n*** BEGIN OF TEST %s ***\n*** TEST VERSION: %s\n", name, rtems_get_version_string());
}

static inline int rtems_test_end(const char *name)
{
    return printf("\n*** END OF TEST %s ***\n\n", name);
}

RTEMS_NO_RETURN static inline void rtems_test_exit(int status)
{
    rtems_shutdown_executive((uint32_t) status);
}

#ifdef __cplusplus
}
#endif

#endif
