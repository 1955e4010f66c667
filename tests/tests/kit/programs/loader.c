/* Loads an object file with RTEMS's dynamic loader and calls what is in it, which calls back. The file is an array,
   made by the test. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rtems.h>
#include <rtems/rtl/rtl.h>

#include "versions.h"

extern const unsigned char loaded_object[];
extern const unsigned loaded_object_size;

int offered(int number);
int shared;

int offered(int number)
{
    return 10 * number;
}

/* A name with its zero, and an address, one after the other; then the mark of the table's end. */
static size_t put(unsigned char *table, size_t used, const char *name, const void *address)
{
    memcpy(table + used, name, strlen(name) + 1);
    used += strlen(name) + 1;
    memcpy(table + used, &address, sizeof(address));
    return used + sizeof(address);
}

static void offer_symbols(void)
{
    static unsigned char table[64];
    static const unsigned char end[] = { 0, 0xde, 0xad, 0xbe, 0xef };
    size_t used = put(table, 0, "offered", (const void *) offered);

    used = put(table, used, "shared", &shared);
    memcpy(table + used, end, sizeof(end));
    ADD_SYMBOLS(table, used);
}

static void fail(const char *what)
{
    printf("loader: %s: %s\n", what, dlerror());
    exit(1);
}

static rtems_task Init(rtems_task_argument argument)
{
    const char *(*name)(void);
    int (*answer)(int);
    FILE *file = fopen("/loaded.o", "w");
    void *handle;
    int first, second;

    (void) argument;
    if (file == NULL || fwrite(loaded_object, loaded_object_size, 1, file) != 1 || fclose(file) != 0) {
        printf("loader: the object cannot be written\n");
        exit(1);
    }
    offer_symbols();
    handle = dlopen("/loaded.o", RTLD_NOW | RTLD_GLOBAL);
    if (handle == NULL)
        fail("dlopen");
    name = (const char *(*)(void)) dlsym(handle, "loaded_name");
    answer = (int (*)(int)) dlsym(handle, "loaded_answer");
    if (name == NULL || answer == NULL)
        fail("dlsym");
    printf("loader: in memory\n");
    first = answer(4);
    second = answer(5);
    printf("loader: %s, %d, %d, shared %d\n", name(), first, second, shared);
    if (dlclose(handle) != 0)
        fail("dlclose");
    printf("loader: closed\n");
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_NEEDS_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_FILE_DESCRIPTORS 8
#define CONFIGURE_UNLIMITED_OBJECTS
#define CONFIGURE_UNIFIED_WORK_AREAS
#define CONFIGURE_INIT_TASK_STACK_SIZE (16 * 1024)
#define CONFIGURE_INIT_TASK_ATTRIBUTES RTEMS_FLOATING_POINT
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
