/* What processes of test programs are created with, and times. */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include <arinc653.h>

#include <string.h>

#define MILLISECOND ((SYSTEM_TIME_TYPE) 1000000)

/* An aperiodic process without a deadline; the rest is changed behind it. */
static inline PROCESS_ATTRIBUTE_TYPE attributes(const char *name, void (*entry)(void), PRIORITY_TYPE priority)
{
    PROCESS_ATTRIBUTE_TYPE made = {
        .PERIOD = INFINITE_TIME_VALUE,
        .TIME_CAPACITY = INFINITE_TIME_VALUE,
        .ENTRY_POINT = entry,
        .STACK_SIZE = 4096,
        .BASE_PRIORITY = priority,
        .DEADLINE = SOFT,
    };

    strncpy(made.NAME, name, sizeof(made.NAME) - 1);
    return made;
}

#endif
