/* Input and output at the partition's console, and in memory; streams have no buffers, and there are no files. */
#ifndef BULKHEAD_CLASSIC_STDIO_H
#define BULKHEAD_CLASSIC_STDIO_H

#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EOF (-1)
#define BUFSIZ 256
#define _IOFBF 0
#define _IOLBF 1
#define _IONBF 2

/* No stream has anything of its own. */
typedef struct bulkhead_classic_stream FILE;

#define stdin ((FILE *) 1)
#define stdout ((FILE *) 2)
#define stderr ((FILE *) 3)

/* A long double is as x87 has it on i386, and a double on SPARC. */
#if defined(__i386__)
_Static_assert(sizeof(long double) == 12, "compile without -mlong-double-64 and -mlong-double-128");
#elif defined(__sparc__)
_Static_assert(sizeof(long double) == 8, "compile with -mlong-double-64");
#endif

#define BULKHEAD_CLASSIC_PRINTF(_format, _first) __attribute__((__format__(__printf__, _format, _first)))
#define BULKHEAD_CLASSIC_SCANF(_format, _first) __attribute__((__format__(__scanf__, _format, _first)))

BULKHEAD_CLASSIC_PRINTF(1, 2) int printf(const char *format, ...);
BULKHEAD_CLASSIC_PRINTF(2, 3) int fprintf(FILE *stream, const char *format, ...);
BULKHEAD_CLASSIC_PRINTF(2, 3) int sprintf(char *buffer, const char *format, ...);
BULKHEAD_CLASSIC_PRINTF(3, 4) int snprintf(char *buffer, size_t size, const char *format, ...);
BULKHEAD_CLASSIC_PRINTF(2, 3) int asprintf(char **text, const char *format, ...);
int vprintf(const char *format, va_list arguments);
int vfprintf(FILE *stream, const char *format, va_list arguments);
int vsprintf(char *buffer, const char *format, va_list arguments);
int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments);
int vasprintf(char **text, const char *format, va_list arguments);
int fputc(int character, FILE *stream);
int putchar(int character);
int fputs(const char *text, FILE *stream);
int puts(const char *text);
size_t fwrite(const void *elements, size_t size, size_t count, FILE *stream);
void perror(const char *text);

/* Who reads from the console waits for it. */
BULKHEAD_CLASSIC_SCANF(1, 2) int scanf(const char *format, ...);
BULKHEAD_CLASSIC_SCANF(2, 3) int fscanf(FILE *stream, const char *format, ...);
BULKHEAD_CLASSIC_SCANF(2, 3) int sscanf(const char *text, const char *format, ...);
int vscanf(const char *format, va_list arguments);
int vfscanf(FILE *stream, const char *format, va_list arguments);
int vsscanf(const char *text, const char *format, va_list arguments);
int getchar(void);
int fgetc(FILE *stream);
char *fgets(char *buffer, int size, FILE *stream);
int ungetc(int character, FILE *stream);
size_t fread(void *elements, size_t size, size_t count, FILE *stream);

int fflush(FILE *stream);
int setvbuf(FILE *stream, char *buffer, int mode, size_t size);
int feof(FILE *stream);
int ferror(FILE *stream);
void clearerr(FILE *stream);
int fileno(FILE *stream);

static inline int putc(int character, FILE *stream)
{
    return fputc(character, stream);
}

static inline int getc(FILE *stream)
{
    return fgetc(stream);
}

static inline void setbuf(FILE *stream, char *buffer)
{
    setvbuf(stream, buffer, buffer == NULL ? _IONBF : _IOFBF, BUFSIZ);
}

#ifdef __cplusplus
}
#endif

#endif
