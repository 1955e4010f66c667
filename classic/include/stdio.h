/* Formatted output to the partition's console; streams have no buffers, and nothing is read. */
#ifndef BULKHEAD_CLASSIC_STDIO_H
#define BULKHEAD_CLASSIC_STDIO_H

#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EOF (-1)

typedef struct {
    int number;
} FILE;

#define stdin ((FILE *) 0)
#define stdout ((FILE *) 1)
#define stderr ((FILE *) 2)

/* printf takes a long double as x87 has it on i386, and as a double on SPARC. */
#if defined(__i386__)
_Static_assert(sizeof(long double) == 12, "compile without -mlong-double-64 and -mlong-double-128");
#elif defined(__sparc__)
_Static_assert(sizeof(long double) == 8, "compile with -mlong-double-64");
#endif

int vprintf(const char *format, va_list arguments);
int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments);
int puts(const char *text);
void bulkhead_classic_write(const void *bytes, size_t length);

__attribute__((__format__(__printf__, 1, 2))) static inline int printf(const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vprintf(format, arguments);
    va_end(arguments);
    return length;
}

__attribute__((__format__(__printf__, 3, 4))) static inline int snprintf(char *buffer, size_t size,
    const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}

__attribute__((__format__(__printf__, 2, 3))) static inline int sprintf(char *buffer, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(buffer, (size_t) -1 >> 1, format, arguments);
    va_end(arguments);
    return length;
}

static inline int vfprintf(FILE *stream, const char *format, va_list arguments)
{
    (void) stream;
    return vprintf(format, arguments);
}

__attribute__((__format__(__printf__, 2, 3))) static inline int fprintf(FILE *stream, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vfprintf(stream, format, arguments);
    va_end(arguments);
    return length;
}

static inline int fputc(int character, FILE *stream)
{
    char byte = (char) character;

    (void) stream;
    bulkhead_classic_write(&byte, 1);
    return (unsigned char) byte;
}

static inline int putchar(int character)
{
    return fputc(character, stdout);
}

static inline int fputs(const char *text, FILE *stream)
{
    size_t length = 0;

    (void) stream;
    while (text[length] != 0)
        ++length;
    bulkhead_classic_write(text, length);
    return 0;
}

static inline int fflush(FILE *stream)
{
    (void) stream;
    return 0;
}

#ifdef __cplusplus
}
#endif

#endif
