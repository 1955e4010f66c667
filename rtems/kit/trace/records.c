/*
 * RTEMS's own event recording, in programs that are built to be traced: read from outside, and on the kernel's clock.
 *
 * A program that does not configure it has a ring from here, and the extension that records what threads do, as
 * confdefs.h would give them.
 */
#include "../kit.h"

#include <stddef.h>

#include <rtems/counter.h>
#include <rtems/sysinit.h>
#include <rtems/score/userextimpl.h>

/* ---- For a reader from outside (bulkhead_abi::record::rtems), as absolute symbols ---------------------------- */

#define OFFSET(name, value)                                    \
    __asm__ volatile(".globl bulkhead_rtems_record_" name "\n" \
                     ".set bulkhead_rtems_record_" name ", %c0" : : "i"(value))

RTEMS_STATIC_ASSERT(sizeof(rtems_record_item) == 8, bulkhead_rtems_record_item);

/* Never called: only a function can have assembly with operands. */
void bulkhead_rtems_record_offsets(void);
__attribute__((__used__)) void bulkhead_rtems_record_offsets(void)
{
    OFFSET("head", offsetof(Record_Control, head));
    OFFSET("mask", offsetof(Record_Control, mask));
    OFFSET("items", offsetof(Record_Control, Items));
    /* The numbers that this kit has, by those that the reader has. */
    OFFSET("event_11", RTEMS_RECORD_THREAD_ID);
    OFFSET("event_12", RTEMS_RECORD_THREAD_NAME);
    OFFSET("event_71", RTEMS_RECORD_INTERRUPT_ENTRY);
    OFFSET("event_72", RTEMS_RECORD_INTERRUPT_EXIT);
    OFFSET("event_273", RTEMS_RECORD_THREAD_BEGIN);
    OFFSET("event_276", RTEMS_RECORD_THREAD_CREATE);
    OFFSET("event_277", RTEMS_RECORD_THREAD_DELETE);
    OFFSET("event_281", RTEMS_RECORD_THREAD_EXITTED);
    OFFSET("event_298", RTEMS_RECORD_THREAD_RESTART);
    OFFSET("event_299", RTEMS_RECORD_THREAD_STACK_CURRENT);
    OFFSET("event_302", RTEMS_RECORD_THREAD_START);
    OFFSET("event_305", RTEMS_RECORD_THREAD_SWITCH_IN);
    OFFSET("event_306", RTEMS_RECORD_THREAD_SWITCH_OUT);
    OFFSET("event_307", RTEMS_RECORD_THREAD_TERMINATE);
    OFFSET("event_322", RTEMS_RECORD_UPTIME_HIGH);
    OFFSET("event_323", RTEMS_RECORD_UPTIME_LOW);
}

/* ---- The time ------------------------------------------------------------------------------------------------ */

/*
 * RTEMS asks the counter for each event, with interrupts disabled and before it takes a place in its ring, and keeps 22
 * bits of what it says: they go round in 4.2 ms. So the ring gets an item of the counter's own when the rest has
 * changed, and now and then besides: who reads the ring and has lost some of it knows the time again.
 */
#define BULKHEAD_RTEMS_RECORD_CLOCK ((rtems_record_event)505)

/* Items from one with the time to the next, at the most. */
#define BULKHEAD_RTEMS_RECORD_DISTANCE 16U

/* The time that was told last, without the bits that each item has, and how many items there were with it. */
static uint32_t bulkhead_rtems_record_told;
static unsigned int bulkhead_rtems_record_count = -BULKHEAD_RTEMS_RECORD_DISTANCE;

static inline bool bulkhead_rtems_record_is_due(Record_Control *control, uint64_t now)
{
    return (uint32_t)(now >> RTEMS_RECORD_TIME_BITS) != bulkhead_rtems_record_told
        || _Record_Head(control) - bulkhead_rtems_record_count >= BULKHEAD_RTEMS_RECORD_DISTANCE;
}

/* Records the time, and returns it. */
__attribute__((__noinline__)) static uint64_t bulkhead_rtems_record_tell(Record_Control *control)
{
    ISR_Level level;
    uint64_t now;

    _ISR_Local_disable(level);
    now = bulkhead_clock_now();
    /* A handler may have done so meanwhile. */
    if (bulkhead_rtems_record_is_due(control, now)) {
        unsigned int head = _Record_Head(control);
        rtems_record_item *item = &control->Items[_Record_Index(control, head)];

        bulkhead_rtems_record_told = (uint32_t)(now >> RTEMS_RECORD_TIME_BITS);
        bulkhead_rtems_record_count = head + 1;
        item->event = RTEMS_RECORD_TIME_EVENT((uint32_t)now, BULKHEAD_RTEMS_RECORD_CLOCK);
        item->data = bulkhead_rtems_record_told;
        _Atomic_Store_uint(&control->head, head + 1, ATOMIC_ORDER_RELEASE);
    }
    _ISR_Local_enable(level);
    return now;
}

/* In the place of the one in counter.c. */
CPU_Counter_ticks bulkhead_rtems_counter_read(void)
{
    Record_Control *control = _Per_CPU_Get()->record;
    uint64_t now = bulkhead_clock_now();

    if (control != NULL && bulkhead_rtems_record_is_due(control, now))
        now = bulkhead_rtems_record_tell(control);
    return (CPU_Counter_ticks)now;
}

/* ---- Interrupts ---------------------------------------------------------------------------------------------- */

void bulkhead_rtems_record(rtems_record_event event, uint32_t line)
{
    if (_Per_CPU_Get()->record != NULL)
        rtems_record_produce(event, line);
}

/* The handlers of lines, and what they are given. */
static struct {
    bulkhead_interrupt_handler handler;
    void *argument;
} bulkhead_rtems_recorded[32];

static void bulkhead_rtems_recorded_handler(void *argument)
{
    uint32_t line = (uint32_t)(uintptr_t)argument;

    bulkhead_rtems_record(RTEMS_RECORD_INTERRUPT_ENTRY, line);
    bulkhead_rtems_recorded[line].handler(bulkhead_rtems_recorded[line].argument);
    bulkhead_rtems_record(RTEMS_RECORD_INTERRUPT_EXIT, line);
}

void bulkhead_rtems_install_recorded(uint32_t line, bulkhead_interrupt_handler handler, void *argument)
{
    uint32_t previous = bulkhead_interrupts_disable();

    bulkhead_rtems_recorded[line].handler = handler;
    bulkhead_rtems_recorded[line].argument = argument;
    bulkhead_interrupt_install(line, bulkhead_rtems_recorded_handler, (void *)(uintptr_t)line);
    bulkhead_interrupts_restore(previous);
}

/* ---- The ring of a program that has none --------------------------------------------------------------------- */

#define BULKHEAD_RTEMS_RECORD_ITEMS 2048

static struct {
    Record_Control control;
    rtems_record_item items[BULKHEAD_RTEMS_RECORD_ITEMS];
} bulkhead_rtems_record_ring;

/* That of a program with CONFIGURE_RECORD_PER_PROCESSOR_ITEMS counts. */
__attribute__((__weak__)) const Record_Configuration _Record_Configuration = {
    .item_count = BULKHEAD_RTEMS_RECORD_ITEMS,
    .controls = &bulkhead_rtems_record_ring.control,
};

static User_extensions_Control bulkhead_rtems_record_extension = {
    .Callouts = {
        .thread_create = _Record_Thread_create,
        .thread_start = _Record_Thread_start,
        .thread_restart = _Record_Thread_restart,
        .thread_delete = _Record_Thread_delete,
        .thread_switch = _Record_Thread_switch,
        .thread_begin = _Record_Thread_begin,
        .thread_exitted = _Record_Thread_exitted,
        .thread_terminate = _Record_Thread_terminate,
    },
};

/* RTEMS need not tell its own time, so this is all that there is to begin. */
static void bulkhead_rtems_record_begin(void)
{
    if (_Record_Configuration.controls != &bulkhead_rtems_record_ring.control)
        return;
    bulkhead_rtems_record_ring.control.mask = BULKHEAD_RTEMS_RECORD_ITEMS - 1;
    _Per_CPU_Get()->record = &bulkhead_rtems_record_ring.control;
    _User_extensions_Add_set(&bulkhead_rtems_record_extension);
}

RTEMS_SYSINIT_ITEM(bulkhead_rtems_record_begin, RTEMS_SYSINIT_RECORD, RTEMS_SYSINIT_ORDER_MIDDLE);
