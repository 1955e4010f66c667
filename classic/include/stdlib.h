/* Memory, numbers, sorting, and the end of the program. */
#ifndef BULKHEAD_CLASSIC_STDLIB_H
#define BULKHEAD_CLASSIC_STDLIB_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1
#define RAND_MAX 0x7fffffff
#define MB_CUR_MAX 1

/* The partition halts with this status. */
void exit(int status) __attribute__((__noreturn__));
void _Exit(int status) __attribute__((__noreturn__));
void abort(void) __attribute__((__noreturn__));
int atexit(void (*function)(void));

/* There is no environment: null. */
char *getenv(const char *name);

/* From the partition's memory behind its image. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void *aligned_alloc(size_t alignment, size_t size); /* up to 16, which all blocks are aligned to */
void free(void *block);

long strtol(const char *text, char **end, int base);
unsigned long strtoul(const char *text, char **end, int base);
long long strtoll(const char *text, char **end, int base);
unsigned long long strtoull(const char *text, char **end, int base);
double strtod(const char *text, char **end);
float strtof(const char *text, char **end);

static inline long double strtold(const char *text, char **end)
{
    return strtod(text, end);
}

static inline int atoi(const char *text)
{
    return (int) strtol(text, NULL, 10);
}

static inline long atol(const char *text)
{
    return strtol(text, NULL, 10);
}

static inline long long atoll(const char *text)
{
    return strtoll(text, NULL, 10);
}

static inline double atof(const char *text)
{
    return strtod(text, NULL);
}

void qsort(void *base, size_t count, size_t size, int (*compare)(const void *first, const void *second));
void qsort_r(void *base, size_t count, size_t size,
    int (*compare)(const void *first, const void *second, void *argument), void *argument);
void *bsearch(const void *key, const void *base, size_t count, size_t size,
    int (*compare)(const void *key, const void *element));

int rand(void);
int rand_r(unsigned int *seed);
void srand(unsigned int seed);

typedef struct {
    int quot;
    int rem;
} div_t;

typedef struct {
    long quot;
    long rem;
} ldiv_t;

typedef struct {
    long long quot;
    long long rem;
} lldiv_t;

static inline div_t div(int number, int divisor)
{
    div_t result = { number / divisor, number % divisor };

    return result;
}

static inline ldiv_t ldiv(long number, long divisor)
{
    ldiv_t result = { number / divisor, number % divisor };

    return result;
}

static inline lldiv_t lldiv(long long number, long long divisor)
{
    lldiv_t result = { number / divisor, number % divisor };

    return result;
}

static inline int abs(int value)
{
    return value < 0 ? -value : value;
}

static inline long labs(long value)
{
    return value < 0 ? -value : value;
}

static inline long long llabs(long long value)
{
    return value < 0 ? -value : value;
}

#ifdef __cplusplus
}
#endif

#endif
