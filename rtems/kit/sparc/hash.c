/* SPARC: what RTEMS's tests tell machines apart by. The kit's own asks for the frequency of the board's bus. */
#include "kit.h"

/* Older ones do not tell them apart. */
#if __RTEMS_MAJOR__ >= 6

#include <rtems/counter.h>
#include <rtems/score/hash.h>
#include <rtems/sysinit.h>

static Hash_Control bulkhead_rtems_hash;

static void bulkhead_rtems_hash_initialize(void)
{
    uint32_t frequency = rtems_counter_frequency();
    Hash_Context context;

    _Hash_Initialize(&context);
    _Hash_Add_string(&context, "bulkhead");
    _Hash_Add_data(&context, &frequency, sizeof(frequency));
    _Hash_Finalize(&context, &bulkhead_rtems_hash);
}

const char *rtems_get_target_hash(void)
{
    return _Hash_Get_string(&bulkhead_rtems_hash);
}

RTEMS_SYSINIT_ITEM(bulkhead_rtems_hash_initialize, RTEMS_SYSINIT_TARGET_HASH, RTEMS_SYSINIT_ORDER_MIDDLE);

#endif
