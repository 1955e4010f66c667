/* RTEMS's generic interrupt support on the partition's lines; the processor says which line a vector is. */
#include "kit.h"

#include <bsp.h>
#include <bsp/irq-generic.h>
#include <rtems/sysinit.h>

/* The vectors that are enabled, and those whose handlers run; one bit each. */
static uint32_t bulkhead_rtems_enabled;
static uint32_t bulkhead_rtems_active;

/* The lines as which interrupts of devices come, one bit each: the next one is let in by a call. */
static uint32_t bulkhead_rtems_device_lines;

/* The line of the device whose interrupt has this number, 0 for none. */
uint8_t bulkhead_rtems_line_of_device[BULKHEAD_RTEMS_FIRST_OWN_LINE];

/* The line of windows is always let through: processor time is counted by it (windows.c). */
void bulkhead_rtems_update_mask(rtems_vector_number vector)
{
    uint32_t bit = UINT32_C(1) << vector;
    uint32_t line = bulkhead_rtems_line(vector);
    uint32_t always = line == BULKHEAD_LINE_WINDOW ? bit : 0;

    if (((bulkhead_rtems_enabled | always) & ~bulkhead_rtems_active & bit) == 0)
        bulkhead_interrupt_mask(line);
    else if ((bulkhead_rtems_device_lines >> line & 1) != 0)
        bulkhead_interrupt_enable(line);
    else
        bulkhead_interrupt_unmask(line);
}

/* Asks which lines are devices'. */
static void bulkhead_rtems_find_devices(void)
{
    struct bulkhead_resource_description found;

    for (uint32_t resource = 0; bulkhead_resource_describe(resource, &found) == 0; ++resource) {
        if (found.kind != BULKHEAD_RESOURCE_KIND_INTERRUPT)
            continue;
        bulkhead_rtems_device_lines |= UINT32_C(1) << found.line;
        if (found.address < RTEMS_ARRAY_SIZE(bulkhead_rtems_line_of_device))
            bulkhead_rtems_line_of_device[found.address] = (uint8_t)found.line;
    }
}

static bool bulkhead_rtems_is_own(rtems_vector_number vector)
{
    return bulkhead_rtems_line(vector) >= BULKHEAD_RTEMS_FIRST_OWN_LINE;
}

/*
 * With interrupts enabled, so that a long handler holds up no other line; its own it does. Where lines have levels,
 * those that are not above its own wait besides.
 */
static void bulkhead_rtems_vector_handler(void *argument)
{
    rtems_vector_number vector = (rtems_vector_number)(uintptr_t)argument;
    uint32_t bit = UINT32_C(1) << vector;

    bulkhead_rtems_handler_begin();
    bulkhead_rtems_active |= bit;
    bulkhead_rtems_update_mask(vector);
    bulkhead_interrupts_restore(bulkhead_rtems_enable_word(bulkhead_rtems_line(vector)));
    bulkhead_rtems_handle_interrupt(vector);
    bulkhead_interrupts_disable();
    bulkhead_rtems_active &= ~bit;
    bulkhead_rtems_update_mask(vector);
    bulkhead_rtems_handler_end();
}

/* The same of a window that has begun, of which the pack takes note. That is not recorded. */
static void bulkhead_rtems_window_vector_handler(void *argument)
{
    bulkhead_rtems_window_began();
    if ((bulkhead_rtems_enabled >> (uintptr_t)argument & 1) == 0)
        return;
    if (bulkhead_rtems_record != NULL)
        bulkhead_rtems_record(RTEMS_RECORD_INTERRUPT_ENTRY, BULKHEAD_LINE_WINDOW);
    bulkhead_rtems_vector_handler(argument);
    if (bulkhead_rtems_record != NULL)
        bulkhead_rtems_record(RTEMS_RECORD_INTERRUPT_EXIT, BULKHEAD_LINE_WINDOW);
}

/* The same of a software interrupt, which may nest. The argument has the enable word above the vector. */
#define VECTOR_BITS 8

static void bulkhead_rtems_own_handler(void *argument)
{
    uintptr_t what = (uintptr_t)argument;
    rtems_vector_number vector = what & ((1 << VECTOR_BITS) - 1);

    bulkhead_rtems_handler_begin();
    bulkhead_interrupts_restore((uint32_t)(what >> VECTOR_BITS));
    bulkhead_rtems_handle_interrupt(vector);
    bulkhead_interrupts_disable();
    bulkhead_rtems_handler_end();
}

void bulkhead_rtems_set_enabled(rtems_vector_number vector, bool enabled)
{
    uint32_t bit = UINT32_C(1) << vector;
    uint32_t previous = bulkhead_interrupts_disable();

    bulkhead_rtems_enabled = enabled ? bulkhead_rtems_enabled | bit : bulkhead_rtems_enabled & ~bit;
    bulkhead_rtems_update_mask(vector);
    bulkhead_interrupts_restore(previous);
}

void bulkhead_rtems_install_vector(rtems_vector_number vector)
{
    uint32_t line = bulkhead_rtems_line(vector);
    uintptr_t what = (uintptr_t)bulkhead_rtems_enable_word(line) << VECTOR_BITS | vector;

    if (bulkhead_rtems_is_own(vector))
        bulkhead_rtems_install(line, bulkhead_rtems_own_handler, (void *)what);
    else if (line == BULKHEAD_LINE_WINDOW)
        bulkhead_interrupt_install(line, bulkhead_rtems_window_vector_handler, (void *)(uintptr_t)vector);
    else
        bulkhead_rtems_install(line, bulkhead_rtems_vector_handler, (void *)(uintptr_t)vector);
}

bulkhead_rtems_begin_status bsp_interrupt_facility_initialize(void)
{
    bulkhead_rtems_find_devices();
    for (rtems_vector_number vector = 0; BULKHEAD_RTEMS_HAS_VECTOR(vector); ++vector)
        bulkhead_rtems_install_vector(vector);
#ifdef BULKHEAD_RTEMS_SOFTWARE_VECTOR
    bulkhead_rtems_set_enabled(BULKHEAD_RTEMS_SOFTWARE_VECTOR, true);
#endif
    BULKHEAD_RTEMS_BEGIN_RETURN();
}

#if defined(BSP_INTERRUPT_CUSTOM_VALID_VECTOR) && BULKHEAD_RTEMS_HAS_INTERRUPT_DIRECTIVES
bool bsp_interrupt_is_valid_vector(rtems_vector_number vector)
{
    return BULKHEAD_RTEMS_HAS_VECTOR(vector);
}
#endif

/* Whether a vector is always let through. */
static bool bulkhead_rtems_is_fixed(rtems_vector_number vector)
{
#ifdef BULKHEAD_RTEMS_SOFTWARE_VECTOR
    return vector == BULKHEAD_RTEMS_SOFTWARE_VECTOR;
#else
    (void)vector;
    return false;
#endif
}

#if BULKHEAD_RTEMS_HAS_INTERRUPT_DIRECTIVES

rtems_status_code bsp_interrupt_get_attributes(rtems_vector_number vector, rtems_interrupt_attributes *attributes)
{
    attributes->is_maskable = true;
    attributes->can_clear = true;
    attributes->cleared_by_acknowledge = true;
    attributes->can_raise = bulkhead_rtems_is_own(vector);
    if (!bulkhead_rtems_is_fixed(vector)) {
        attributes->can_enable = true;
        attributes->maybe_enable = true;
        attributes->can_disable = true;
        attributes->maybe_disable = true;
    }
    return RTEMS_SUCCESSFUL;
}

rtems_status_code bsp_interrupt_is_pending(rtems_vector_number vector, bool *pending)
{
    *pending = (bulkhead_rtems_pending_lines() >> bulkhead_rtems_line(vector) & 1) != 0;
    return RTEMS_SUCCESSFUL;
}

rtems_status_code bsp_interrupt_raise(rtems_vector_number vector)
{
    if (!bulkhead_rtems_is_own(vector))
        return RTEMS_UNSATISFIED;
    /* 0, which is RTEMS_SUCCESSFUL, of a line of the partition's own; and a call that needs no frame. */
    return (rtems_status_code)bulkhead_interrupt_raise(bulkhead_rtems_line(vector));
}

rtems_status_code bsp_interrupt_clear(rtems_vector_number vector)
{
    bulkhead_interrupt_clear(bulkhead_rtems_line(vector));
    return RTEMS_SUCCESSFUL;
}

rtems_status_code bsp_interrupt_vector_is_enabled(rtems_vector_number vector, bool *enabled)
{
    *enabled = (bulkhead_rtems_enabled >> vector & 1) != 0;
    return RTEMS_SUCCESSFUL;
}

rtems_status_code bsp_interrupt_set_priority(rtems_vector_number vector, uint32_t priority)
{
    (void)vector;
    (void)priority;
    return RTEMS_UNSATISFIED;
}

rtems_status_code bsp_interrupt_get_priority(rtems_vector_number vector, uint32_t *priority)
{
    (void)vector;
    (void)priority;
    return RTEMS_UNSATISFIED;
}

#endif

bulkhead_rtems_vector_status bsp_interrupt_vector_enable(rtems_vector_number vector)
{
    /* Of a vector that is nobody's nothing comes. */
    if (BULKHEAD_RTEMS_HAS_VECTOR(vector))
        bulkhead_rtems_set_enabled(vector, true);
    BULKHEAD_RTEMS_VECTOR_RETURN(RTEMS_SUCCESSFUL);
}

bulkhead_rtems_vector_status bsp_interrupt_vector_disable(rtems_vector_number vector)
{
    if (bulkhead_rtems_is_fixed(vector))
        BULKHEAD_RTEMS_VECTOR_RETURN(RTEMS_UNSATISFIED);
    if (BULKHEAD_RTEMS_HAS_VECTOR(vector))
        bulkhead_rtems_set_enabled(vector, false);
    BULKHEAD_RTEMS_VECTOR_RETURN(RTEMS_SUCCESSFUL);
}

RTEMS_SYSINIT_ITEM(bsp_interrupt_initialize, RTEMS_SYSINIT_BSP_START, RTEMS_SYSINIT_ORDER_MIDDLE);
