/*
 * Errors of tasks that ARINC 653's error handler has, for an executive's fault handler. Programs use arinc653.h.
 */
#ifndef BULKHEAD_ERRORS_H
#define BULKHEAD_ERRORS_H

#include <stdint.h>

#include <bulkhead.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Gives a fault to the error handler, if that can take it. If the answer is not 0, the fault handler returns at once,
 * and the task goes on elsewhere.
 */
uint32_t bulkhead_error_takes(struct bulkhead_fault_frame *frame);

#ifdef __cplusplus
}
#endif

#endif
