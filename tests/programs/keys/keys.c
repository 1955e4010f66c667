/* Says what the system file's [build] has made of it. */
#include <rtems.h>
#include <rtems/bspIo.h>

#include <stdlib.h>

#include "keys.h"

extern const char *own_processor(void);
extern int library_value(void);
extern int __real_library_value(void);
extern long plus_standard(void);
extern int plus_defined(void);

int __wrap_library_value(void)
{
    return __real_library_value() + 1;
}

/* Nobody calls it: the linker is told to want it. */
int kept(void)
{
    return 1;
}

#ifdef __OPTIMIZE_SIZE__
#define OPTIMIZED "for size"
#else
#define OPTIMIZED "for speed"
#endif

rtems_task keys(rtems_task_argument argument)
{
    (void) argument;
    printk("rate %d of %s, header %d, own of %s, library %d, C %ld, %s\n", RATE, FOR_ALL, HEADER, own_processor(),
        library_value(), __STDC_VERSION__, OPTIMIZED);
    printk("C++ %ld, rate %d\n", plus_standard(), plus_defined());
    exit(0);
}

#define CONFIGURE_APPLICATION_NEEDS_CLOCK_DRIVER
#define CONFIGURE_APPLICATION_DOES_NOT_NEED_CONSOLE_DRIVER
#define CONFIGURE_MAXIMUM_TASKS 1
#define CONFIGURE_RTEMS_INIT_TASKS_TABLE
#define CONFIGURE_INIT_TASK_ENTRY_POINT keys
#define CONFIGURE_INIT
#include <rtems/confdefs.h>
