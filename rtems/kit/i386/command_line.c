/* What programs for a PC ask for the line that it was booted with: the partition's command line. */
#include "kit.h"

#include <string.h>

#include <bsp.h>
#include <bsp/bootcard.h>

const char *bsp_cmdline(void)
{
    return bsp_boot_cmdline;
}

const char *bsp_cmdline_arg(const char *arg)
{
    return strstr(bsp_boot_cmdline, arg);
}
