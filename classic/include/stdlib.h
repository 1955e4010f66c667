/* Memory, numbers, and the end of the program. */
#ifndef BULKHEAD_CLASSIC_STDLIB_H
#define BULKHEAD_CLASSIC_STDLIB_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

/* The partition halts with this status. */
void exit(int status) __attribute__((__noreturn__));
void abort(void) __attribute__((__noreturn__));

/* From the partition's memory behind its image. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void free(void *block);

int atoi(const char *text);
long strtol(const char *text, char **end, int base);
unsigned long strtoul(const char *text, char **end, int base);

static inline int abs(int value)
{
    return value < 0 ? -value : value;
}

static inline long labs(long value)
{
    return value < 0 ? -value : value;
}

#ifdef __cplusplus
}
#endif

#endif
