/* Interrupts: the partition's virtual lines, 0 to 31, are the vectors; 16 to 31 are its own. */
#ifndef BULKHEAD_CLASSIC_RTEMS_RTEMS_INTR_H
#define BULKHEAD_CLASSIC_RTEMS_RTEMS_INTR_H

#include <rtems/rtems/options.h>
#include <rtems/rtems/status.h>
#include <rtems/rtems/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t rtems_vector_number;
typedef uint32_t rtems_interrupt_level;
typedef void (*rtems_interrupt_handler)(void *argument);

#define RTEMS_INTERRUPT_SHARED ((rtems_option) 0x00000000)
#define RTEMS_INTERRUPT_UNIQUE ((rtems_option) 0x00000001)
#define RTEMS_INTERRUPT_REPLACE ((rtems_option) 0x00000002)

rtems_status_code rtems_interrupt_handler_install(rtems_vector_number vector, const char *info, rtems_option options,
    rtems_interrupt_handler handler, void *argument);
rtems_status_code rtems_interrupt_handler_remove(rtems_vector_number vector, rtems_interrupt_handler handler,
    void *argument);
rtems_status_code rtems_interrupt_vector_enable(rtems_vector_number vector);
rtems_status_code rtems_interrupt_vector_disable(rtems_vector_number vector);
rtems_status_code rtems_interrupt_raise(rtems_vector_number vector);
rtems_status_code rtems_interrupt_clear(rtems_vector_number vector);
bool rtems_interrupt_is_in_progress(void);

/* The guest layer's, see guest/include/bulkhead.h. */
uint32_t bulkhead_interrupts_disable(void);
void bulkhead_interrupts_restore(uint32_t previous);
void bulkhead_interrupts_flash(uint32_t previous);

#define rtems_interrupt_local_disable(_cookie) ((_cookie) = bulkhead_interrupts_disable())
#define rtems_interrupt_local_enable(_cookie) bulkhead_interrupts_restore(_cookie)
#define rtems_interrupt_disable(_cookie) rtems_interrupt_local_disable(_cookie)
#define rtems_interrupt_enable(_cookie) rtems_interrupt_local_enable(_cookie)
#define rtems_interrupt_flash(_cookie) bulkhead_interrupts_flash(_cookie)

/* Locks: on one processor, disabling interrupts is all of it. */
typedef char rtems_interrupt_lock;
typedef struct {
    rtems_interrupt_level level;
} rtems_interrupt_lock_context;

#define RTEMS_INTERRUPT_LOCK_INITIALIZER(_name) 0
#define RTEMS_INTERRUPT_LOCK_DEFINE(_qualifier, _designator, _name) _qualifier rtems_interrupt_lock _designator = 0;
#define rtems_interrupt_lock_initialize(_lock, _name) ((void) (*(_lock) = 0))
#define rtems_interrupt_lock_destroy(_lock) ((void) (_lock))
#define rtems_interrupt_lock_acquire(_lock, _context) \
    ((void) (_lock), rtems_interrupt_local_disable((_context)->level))
#define rtems_interrupt_lock_release(_lock, _context) \
    ((void) (_lock), rtems_interrupt_local_enable((_context)->level))

#ifdef __cplusplus
}
#endif

#endif
