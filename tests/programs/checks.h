/* Checks that are counted, and services of arinc653.h that are compared with the code that they are to answer. */
#ifndef CHECKS_H
#define CHECKS_H

#include <rtems.h>
#include <rtems/bspIo.h>

#include <arinc653.h>

static unsigned checks;
static unsigned failed;

static inline void check(int condition, const char *text, int line)
{
    ++checks;
    if (!condition) {
        ++failed;
        printk("line %d: not so: %s\n", line, text);
    }
}

static inline void expect(RETURN_CODE_TYPE expected, RETURN_CODE_TYPE code, const char *text, int line)
{
    ++checks;
    if (code != expected) {
        ++failed;
        printk("line %d: %d instead of %d: %s\n", line, (int) code, (int) expected, text);
    }
}

#define CHECK(condition) check(condition, #condition, __LINE__)

/* Calls a service, whose last argument is the return code, and compares the code. */
#define EXPECT(expected, service, ...) \
    do { \
        RETURN_CODE_TYPE code_ = (RETURN_CODE_TYPE) 77; \
        service(__VA_ARGS__, &code_); \
        expect(expected, code_, #service "(" #__VA_ARGS__ ")", __LINE__); \
    } while (0)

static inline void must(rtems_status_code status)
{
    if (status != RTEMS_SUCCESSFUL)
        rtems_fatal_error_occurred(status);
}

#endif
