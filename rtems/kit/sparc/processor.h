/* SPARC: what the generic files of the pack take from the processor. */
#ifndef BULKHEAD_RTEMS_PROCESSOR_H
#define BULKHEAD_RTEMS_PROCESSOR_H

/* Dispatches, with interrupts enabled, from an interrupted thread, whose floating-point registers are kept. */
void bulkhead_rtems_dispatch(Per_CPU_Control *cpu);

/*
 * Interrupts of a LEON3 are 1 to 15, and its programs raise those that they use for themselves. The lines 3 to 15 are the
 * kernel's, so vectors 3 to 15 are the partition's own lines 19 to 31; 16 and 17 are lines of these numbers.
 */
static inline uint32_t bulkhead_rtems_line(rtems_vector_number vector)
{
    return vector >= 3 && vector < BULKHEAD_RTEMS_FIRST_OWN_LINE ? vector + BULKHEAD_RTEMS_FIRST_OWN_LINE : vector;
}

/* The vector of a line, for those that have one. */
#define BULKHEAD_RTEMS_HAS_VECTOR(vector) ((vector) < 18)

#endif
