/* What programs with SPARC's floating point have in common: all of its registers at once. */
#ifndef FLOATING_POINT_H
#define FLOATING_POINT_H

#include <stdint.h>

/* All registers hold the number. */
static void fill(uint32_t number)
{
    uint32_t words[2] __attribute__((__aligned__(8))) = {number, ~number};

    __asm__ volatile("ldd [%0], %%f0\n ldd [%0], %%f2\n ldd [%0], %%f4\n ldd [%0], %%f6\n"
                     "ldd [%0], %%f8\n ldd [%0], %%f10\n ldd [%0], %%f12\n ldd [%0], %%f14\n"
                     "ldd [%0], %%f16\n ldd [%0], %%f18\n ldd [%0], %%f20\n ldd [%0], %%f22\n"
                     "ldd [%0], %%f24\n ldd [%0], %%f26\n ldd [%0], %%f28\n ldd [%0], %%f30\n"
                     : : "r"(words), "m"(words));
}

/* How many registers do not hold it. */
static uint32_t differ(uint32_t number)
{
    uint32_t words[32] __attribute__((__aligned__(8)));
    uint32_t count = 0;

    __asm__ volatile("std %%f0, [%0]\n std %%f2, [%0 + 8]\n std %%f4, [%0 + 16]\n std %%f6, [%0 + 24]\n"
                     "std %%f8, [%0 + 32]\n std %%f10, [%0 + 40]\n std %%f12, [%0 + 48]\n std %%f14, [%0 + 56]\n"
                     "std %%f16, [%0 + 64]\n std %%f18, [%0 + 72]\n std %%f20, [%0 + 80]\n std %%f22, [%0 + 88]\n"
                     "std %%f24, [%0 + 96]\n std %%f26, [%0 + 104]\n std %%f28, [%0 + 112]\n std %%f30, [%0 + 120]\n"
                     : : "r"(words) : "memory");
    for (unsigned place = 0; place < 32; ++place)
        count += words[place] != (place % 2 == 0 ? number : ~number);
    return count;
}

#endif
