/* The Classic API of the stand-in: the directives of docs/stand-in.md, with RTEMS's names, types and numbers. */
#ifndef BULKHEAD_CLASSIC_RTEMS_H
#define BULKHEAD_CLASSIC_RTEMS_H

#include <rtems/config.h>
#include <rtems/fatal.h>
#include <rtems/init.h>
#include <rtems/rtems/attr.h>
#include <rtems/rtems/clock.h>
#include <rtems/rtems/event.h>
#include <rtems/rtems/intr.h>
#include <rtems/rtems/message.h>
#include <rtems/rtems/modes.h>
#include <rtems/rtems/object.h>
#include <rtems/rtems/options.h>
#include <rtems/rtems/ratemon.h>
#include <rtems/rtems/scheduler.h>
#include <rtems/rtems/sem.h>
#include <rtems/rtems/status.h>
#include <rtems/rtems/support.h>
#include <rtems/rtems/tasks.h>
#include <rtems/rtems/timer.h>
#include <rtems/rtems/types.h>

#endif
