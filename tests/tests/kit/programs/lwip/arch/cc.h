/* What lwIP asks of a compiler and a system: RTEMS's. */
#ifndef ARCH_CC_H
#define ARCH_CC_H

#include <machine/endian.h>
#include <stdlib.h>

#include <rtems/bspIo.h>

#define LWIP_PLATFORM_DIAG(words) \
    do { \
        printk words; \
    } while (0)
#define LWIP_PLATFORM_ASSERT(words) \
    do { \
        printk("lwIP: %s\n", words); \
        abort(); \
    } while (0)
#define LWIP_RAND() ((u32_t) rand())

#endif
