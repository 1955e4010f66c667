/* No IDE controllers: what RTEMS's IDE driver asks a board for, so that programs that name the driver link. */
#include <rtems.h>

#if defined(__has_include) && __has_include(<libchip/ide_ctrl_cfg.h>)
#include <libchip/ide_ctrl_cfg.h>

unsigned long IDE_Controller_Count = 0;

ide_controller_bsp_table_t IDE_Controller_Table[1];
#endif
