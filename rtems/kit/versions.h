/*
 * What RTEMS 5 has otherwise than RTEMS 6 and later, under one name for both. What differs in a processor's
 * exceptions is in a header of its own (sparc/exception.h).
 */
#ifndef BULKHEAD_RTEMS_VERSIONS_H
#define BULKHEAD_RTEMS_VERSIONS_H

/* A function of which its callers know nothing but its declaration; gcc 7, RTEMS 5's, has no word for it. */
#if __GNUC__ >= 8
#define BULKHEAD_RTEMS_APART __attribute__((__noipa__))
#else
#define BULKHEAD_RTEMS_APART __attribute__((__noinline__, __noclone__))
#endif

#if __RTEMS_MAJOR__ >= 6

/* The board's reset is told why, and that goes the whole way with it. */
#define BULKHEAD_RTEMS_RESET_PARAMETERS rtems_fatal_source source, rtems_fatal_code code
#define BULKHEAD_RTEMS_RESET_KEEPS
#define BULKHEAD_RTEMS_RESET_REASON ((void)0)
#define BULKHEAD_RTEMS_RESET(reset, source, code) (reset)(source, code)

/* Enabling or disabling a vector has a status, and beginning has none. */
typedef rtems_status_code bulkhead_rtems_vector_status;
typedef void bulkhead_rtems_begin_status;
#define BULKHEAD_RTEMS_VECTOR_RETURN(status) return status
#define BULKHEAD_RTEMS_BEGIN_RETURN() ((void)0)
#define BULKHEAD_RTEMS_HAS_INTERRUPT_DIRECTIVES 1
#define bulkhead_rtems_handle_interrupt bsp_interrupt_handler_dispatch_unchecked

/* The processor's counter is read by a function, and the area for a thread's own variables is made by another. */
#define bulkhead_rtems_counter_read _CPU_Counter_read
#define bulkhead_rtems_thread_pointer _TLS_Initialize_area

/* LEON: the bus is what a function returns, and cores begin with a structure. */
#define BULKHEAD_RTEMS_BUS_IS_VARIABLE 0
#define BULKHEAD_RTEMS_CORE_INTERRUPT(information) ((information).common.irq)

#else

/* The board's reset is told nothing: why is kept in between. Of a program that calls it itself nobody knows. */
#define BULKHEAD_RTEMS_RESET_PARAMETERS void
#define BULKHEAD_RTEMS_RESET_KEEPS \
    static struct { \
        rtems_fatal_source source; \
        rtems_fatal_code code; \
    } bulkhead_rtems_reason = {RTEMS_FATAL_SOURCE_BSP, BULKHEAD_RTEMS_FATAL_RESET};
#define BULKHEAD_RTEMS_RESET_REASON \
    rtems_fatal_source source = bulkhead_rtems_reason.source; \
    rtems_fatal_code code = bulkhead_rtems_reason.code
#define BULKHEAD_RTEMS_RESET(reset, why, what) \
    (bulkhead_rtems_reason.source = (why), bulkhead_rtems_reason.code = (what), (reset)())

typedef void bulkhead_rtems_vector_status;
typedef rtems_status_code bulkhead_rtems_begin_status;
#define BULKHEAD_RTEMS_VECTOR_RETURN(status) return
#define BULKHEAD_RTEMS_BEGIN_RETURN() return RTEMS_SUCCESSFUL
#define BULKHEAD_RTEMS_HAS_INTERRUPT_DIRECTIVES 0
#define bulkhead_rtems_handle_interrupt bsp_interrupt_handler_dispatch

#ifdef __sparc__
/* Read by a function of which RTEMS has the address (sparc/processor.c). */
CPU_Counter_ticks bulkhead_rtems_counter_read(void);
#define bulkhead_rtems_thread_pointer _TLS_TCB_after_TLS_block_initialize
#else
#define bulkhead_rtems_counter_read _CPU_Counter_read
#endif

#define BULKHEAD_RTEMS_BUS_IS_VARIABLE 1
#define BULKHEAD_RTEMS_CORE_INTERRUPT(information) ((information).irq)

/* RTEMS itself has no such section: what is in there survives a warm restart as with later ones. */
#define RTEMS_NOINIT __attribute__((__section__(".noinit")))

#endif

#endif
