/* Strings and blocks of memory. */
#ifndef BULKHEAD_CLASSIC_STRING_H
#define BULKHEAD_CLASSIC_STRING_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *block, int value, size_t size);
int memcmp(const void *first, const void *second, size_t size);
void *memchr(const void *block, int byte, size_t size);
void *memrchr(const void *block, int byte, size_t size);
void *memccpy(void *to, const void *from, int byte, size_t size);
void *memmem(const void *block, size_t size, const void *part, size_t part_size);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t limit);
int strcmp(const char *first, const char *second);
int strncmp(const char *first, const char *second, size_t limit);
int strcoll(const char *first, const char *second);
size_t strxfrm(char *to, const char *from, size_t size);
char *strcpy(char *to, const char *from);
char *strncpy(char *to, const char *from, size_t size);
char *stpcpy(char *to, const char *from);
size_t strlcpy(char *to, const char *from, size_t size);
char *strcat(char *to, const char *from);
char *strncat(char *to, const char *from, size_t size);
size_t strlcat(char *to, const char *from, size_t size);
char *strchr(const char *text, int character);
char *strrchr(const char *text, int character);
char *strstr(const char *text, const char *part);
size_t strspn(const char *text, const char *set);
size_t strcspn(const char *text, const char *set);
char *strpbrk(const char *text, const char *set);
char *strtok(char *text, const char *set);
char *strtok_r(char *text, const char *set, char **rest);
char *strsep(char **text, const char *set);
char *strdup(const char *text);
char *strndup(const char *text, size_t limit);
char *strerror(int error);
int strerror_r(int error, char *buffer, size_t size);

#ifdef __cplusplus
}
#endif

#include <strings.h>

#endif
