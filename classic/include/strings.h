/* Strings, as POSIX has them. */
#ifndef BULKHEAD_CLASSIC_STRINGS_H
#define BULKHEAD_CLASSIC_STRINGS_H

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

int strcasecmp(const char *first, const char *second);
int strncasecmp(const char *first, const char *second, size_t limit);
int ffs(int value);

static inline char *index(const char *text, int character)
{
    return strchr(text, character);
}

static inline char *rindex(const char *text, int character)
{
    return strrchr(text, character);
}

static inline void bzero(void *block, size_t size)
{
    memset(block, 0, size);
}

static inline void bcopy(const void *from, void *to, size_t size)
{
    memmove(to, from, size);
}

#ifdef __cplusplus
}
#endif

#endif
