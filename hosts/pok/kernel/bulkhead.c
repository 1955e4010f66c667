/*
 * Bulkhead guests on POK (x86, one processor): virtual interrupts, a timer, thread-local storage, faults, ports.
 *
 * One file to add to POK's kernel, in arch/x86, and three calls to insert:
 *
 *     at the end of update_tss (arch/x86/interrupt.c):        bulkhead_return(frame);
 *     before the end of pok_elect_thread (core/sched.c):      elected = bulkhead_elect(new_partition_id, elected);
 *     at the start of pok_core_syscall (core/syscall.c):      pok_ret_t answer;
 *                                                             if (bulkhead_call(syscall_id, args, infos, &answer))
 *                                                                 return answer;
 *
 * A guest has the two pages of the partition interface (docs/interface.md) in its own memory, at fixed addresses, and
 * what its size is checked for when it registers. What lies in them is never used as an address. Everything here runs
 * with interrupts disabled and has no loop that depends on a guest.
 *
 * The table of segments is arranged so that RTEMS finds a thread's storage at entry 3, the task state moves to another.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <arch.h>
#include <arch/x86/interrupt.h>
#include <core/error.h>
#include <core/partition.h>
#include <core/sched.h>
#include <core/syscall.h>
#include <core/thread.h>
#include <core/time.h>
#include <errno.h>
#include <libc.h>
#include <middleware/port.h>
#include <middleware/queue.h>
#include <types.h>

#include "event.h"
#include "gdt.h"
#include "tss.h"

#ifdef POK_NEEDS_SHUTDOWN
#include <core/shutdown.h>
#endif

void bulkhead_return(interrupt_frame *frame);
uint32_t bulkhead_elect(uint8_t partition, uint32_t elected);
bool_t bulkhead_call(uint32_t number, const pok_syscall_args_t *args, const pok_syscall_info_t *infos,
                     pok_ret_t *answer);

extern gdt_entry_t pok_gdt[];
extern idt_entry_t pok_idt[];
extern uint64_t pok_sched_next_deadline;
extern uint64_t pok_sched_slots[];
extern uint8_t pok_sched_current_slot;

/* Where a guest has its two pages, and where its memory begins (abi/src/machine.rs). */
#define INFORMATION_PAGE 0x0010e000u
#define SHARED_PAGE 0x0010f000u
#define MEMORY_BASE 0x00110000u

/* A guest's calls: these numbers, and the partition interface's below (abi/src/hypercall.rs). */
#define CALLS 0x42550000u
#define CALL_IDLE (CALLS + 3)
#define CALL_TIMER_SET (CALLS + 4)
#define CALL_SET_TLS_BASE (CALLS + 5)
#define CALL_HALT (CALLS + 6)
#define CALL_SET_UPCALLS (CALLS + 9)

/* Lines. */
#define LINE_TIMER (1u << 0)
#define LINE_WINDOW (1u << 1)
#define LINE_PORT (1u << 3)

#define NEVER (~(uint64_t) 0)
#define NOBODY 0xff

/* Entries of the table of segments: the storage of the thread that runs, the data of the partition that runs under one
   selector for all partitions, and the task state. */
#define STORAGE_ENTRY 3
#define DATA_ENTRY 253
#define TASK_ENTRY 254

/* The vector of POK's clock. */
#define CLOCK_VECTOR 32

#define PRIVILEGE_LEVEL 3
#define EFLAGS_AT_ENTRY 0x202u

/* The page that guest and kernel write (abi/src/pages.rs). */
struct shared_page {
    volatile uint32_t interrupts_enabled;
    volatile uint32_t pending;
    volatile uint32_t mask;
    uint32_t reserved;
    uint64_t upcall_program_counter;
    uint64_t upcall_flags;
    volatile uint32_t fault_busy;
    uint32_t fault_kind;
    uint32_t fault_vector;
    uint32_t fault_error;
    uint32_t fault_interrupts_enabled;
    uint32_t fault_reserved;
    uint64_t fault_address;
    uint64_t fault_program_counter;
    uint64_t fault_flags;
    uint64_t fault_stack_pointer;
    volatile uint32_t ports[2];
};

/* What the kernel writes of the page that a guest reads. The clock is POK's, as of the last return to the guest: it
   only changes in between. */
struct information_page {
    uint32_t clock_parameters[6];
    uint32_t windows;
    uint32_t reserved;
    uint64_t window_start;
    uint64_t window_end;
    uint8_t start_information[0x7d0];
    uint64_t now;
};

struct guest {
    bool_t registered;
    bool_t idle;
    bool_t halted;
    uint32_t interrupt_entry;
    uint32_t fault_entry;
    uint32_t storage;
    uint32_t windows;
    uint64_t window_end;
    uint64_t deadline;
    uint8_t floating_point[512] __attribute__((aligned(16)));
};

static struct guest guests[POK_CONFIG_NB_PARTITIONS];

/* Whose registers and segments are in the processor. */
static uint8_t present = NOBODY;

#ifndef BULKHEAD_MODEL
static void floating_point_save(uint8_t *area) { asm volatile("fxsave %0" : "=m"(*(uint8_t(*)[512]) area)); }
static void floating_point_load(const uint8_t *area)
{
    asm volatile("fxrstor %0" : : "m"(*(const uint8_t(*)[512]) area));
}
static void direction_clear(void) { asm volatile("cld" : : : "cc"); }

/* POK's clock copies the messages of the partition that it interrupts, with that partition's direction flag. Its data
   segment is the partition's too. */
uint32_t bulkhead_clock_entry;
void bulkhead_clock(void);
asm(".globl bulkhead_clock\n"
    "bulkhead_clock:\n\t"
    "cld\n\t"
    "jmp *%cs:bulkhead_clock_entry");
static void clock_prepare(void)
{
    bulkhead_clock_entry = pok_idt[CLOCK_VECTOR].offset_high << 16 | pok_idt[CLOCK_VECTOR].offset_low;
    pok_idt_set_gate(CLOCK_VECTOR, GDT_CORE_CODE_SEGMENT << 3, (uint32_t) bulkhead_clock, IDTE_INTERRUPT, 0);
}
static void task_load(uint16_t selector) { asm volatile("ltr %0" : : "r"(selector)); }
static void storage_load(uint16_t selector)
{
    asm volatile("mov %0, %%gs\n\tmov %1, %%fs" : : "r"((uint32_t) selector), "r"(0));
}
#endif

static struct shared_page *shared_page(uint8_t partition)
{
    return (struct shared_page *) (pok_partitions[partition].base_addr + SHARED_PAGE);
}

static struct information_page *information_page(uint8_t partition)
{
    return (struct information_page *) (pok_partitions[partition].base_addr + INFORMATION_PAGE);
}

/* Sets a segment of a partition that ends where the partition ends: POK's own end a page later. */
static void segment_set(uint16_t entry, uint8_t partition, e_gdte_type type)
{
    uint32_t size = pok_partitions[partition].size;

    gdt_set_segment(entry, pok_partitions[partition].base_addr, size > MEMORY_BASE ? size - 4096 : size - 1, type,
        PRIVILEGE_LEVEL);
}

/*
 * The segment of thread-local storage. A compiler puts a thread's variables below the base, at offsets that are
 * negative and so wrap around: the segment grows down, from the base to the start of the partition, and reaches nothing
 * else. The word at offset 0 is not in it: see storage_read.
 */
static void storage_set(uint8_t partition)
{
    uint32_t base = pok_partitions[partition].base_addr + guests[partition].storage;
    uint32_t limit = 0xfffffu - (guests[partition].storage >> 12);
    gdt_entry_t *entry = &pok_gdt[STORAGE_ENTRY];

    gdt_set_segment(STORAGE_ENTRY, base, 0, GDTE_DATA, PRIVILEGE_LEVEL);
    entry->type = GDTE_DATA | 4;
    entry->granularity = 1;
    entry->limit_low = limit & 0xffff;
    entry->limit_high = limit >> 16;
    storage_load(STORAGE_ENTRY << 3);
}

/* Leaves only the segments of the partition that runs. */
static void segments_set(uint8_t partition)
{
    for (unsigned int other = 0; other < POK_CONFIG_NB_PARTITIONS; ++other) {
        if (other != partition) {
            gdt_disable(GDT_PARTITION_CODE_SEGMENT(other));
            gdt_disable(GDT_PARTITION_DATA_SEGMENT(other));
        }
    }
    gdt_enable(GDT_PARTITION_CODE_SEGMENT(partition));
    gdt_enable(GDT_PARTITION_DATA_SEGMENT(partition));
}

static void fault(interrupt_frame *frame, uint32_t vector, uint32_t error, uint32_t kind, uint8_t pok_kind);

/* Exceptions: vector, whether the processor gives an error code, fault kind (abi/src/fault.rs), POK's kind. */
#define EXCEPTIONS(plain, coded) \
    plain(0, 4, POK_ERROR_KIND_NUMERIC_ERROR) \
    plain(1, 7, POK_ERROR_KIND_ILLEGAL_REQUEST) \
    plain(3, 7, POK_ERROR_KIND_ILLEGAL_REQUEST) \
    plain(4, 4, POK_ERROR_KIND_STACK_OVERFLOW) \
    plain(5, 4, POK_ERROR_KIND_STACK_OVERFLOW) \
    plain(6, 3, POK_ERROR_KIND_ILLEGAL_REQUEST) \
    plain(7, 3, POK_ERROR_KIND_ILLEGAL_REQUEST) \
    coded(10, 2, POK_ERROR_KIND_MEMORY_VIOLATION) \
    coded(11, 2, POK_ERROR_KIND_MEMORY_VIOLATION) \
    coded(12, 2, POK_ERROR_KIND_MEMORY_VIOLATION) \
    coded(13, 2, POK_ERROR_KIND_ILLEGAL_REQUEST) \
    plain(16, 5, POK_ERROR_KIND_HARDWARE_FAULT) \
    coded(17, 6, POK_ERROR_KIND_HARDWARE_FAULT) \
    plain(19, 5, POK_ERROR_KIND_HARDWARE_FAULT)

#define DEFINE_PLAIN(vector, kind, pok_kind) \
    INTERRUPT_HANDLER(bulkhead_exception_##vector) { fault(frame, vector, 0, kind, pok_kind); }
#define DEFINE_CODED(vector, kind, pok_kind) \
    INTERRUPT_HANDLER_errorcode(bulkhead_exception_##vector) { fault(frame, vector, frame->error, kind, pok_kind); }
EXCEPTIONS(DEFINE_PLAIN, DEFINE_CODED)

#define GATE(vector, kind, pok_kind) \
    pok_idt_set_gate(vector, GDT_CORE_CODE_SEGMENT << 3, (uint32_t) bulkhead_exception_##vector, IDTE_INTERRUPT, \
        vector == 3 || vector == 4 ? PRIVILEGE_LEVEL : 0);

#ifdef POK_CONFIG_NB_PORTS
/*
 * POK's ports. The deployment has them grouped by the partitions that own them (POK_CONFIG_PARTITIONS_PORTS), and says
 * of each what POK's own code generator would say. None has to be created: all are there before the first partition
 * runs, so that nothing that is written before is lost. POK moves the messages of a partition when its slot ends.
 */
static uint8_t identity[] = BULKHEAD_PORTS_NUMBERS;
static uint8_t destinations[] = BULKHEAD_PORTS_DESTINATIONS;
static const uint8_t owners[] = POK_CONFIG_PARTITIONS_PORTS;
static const uint32_t sizes[] = BULKHEAD_PORTS_SIZES;
static const uint8_t directions[] = BULKHEAD_PORTS_DIRECTIONS;
/* The guest's number of the port that news of a port are of. */
static const uint8_t guest_ports[] = BULKHEAD_PORTS_GUEST_NUMBERS;
static char messages[BULKHEAD_PORTS_BYTES];
/* What each guest was told of last: the time of a sampling port's message, the end of a queue. */
static uint64_t told[POK_CONFIG_NB_PORTS];

extern pok_port_t pok_ports[];
extern pok_queue_t pok_queue;
uint8_t pok_ports_kind[] = BULKHEAD_PORTS_KINDS;
uint8_t pok_ports_nb_destinations[] = BULKHEAD_PORTS_NB_DESTINATIONS;
uint8_t *pok_ports_destinations[POK_CONFIG_NB_PORTS];
uint8_t pok_ports_nb_ports_by_partition[POK_CONFIG_NB_PARTITIONS];
uint8_t *pok_ports_by_partition[POK_CONFIG_NB_PARTITIONS];
uint8_t pok_global_ports_to_local_ports[] = BULKHEAD_PORTS_NUMBERS;
char *pok_ports_names[POK_CONFIG_NB_PORTS];
uint32_t pok_ports_names_max_len;

static void ports_prepare(void)
{
    pok_lockobj_attr_t attributes = { .kind = POK_LOCKOBJ_KIND_EVENT, .locking_policy = POK_LOCKOBJ_POLICY_STANDARD };
    uint32_t used = 0;
    uint8_t *next = destinations;

    pok_queue.data = messages;
    pok_queue.size = sizeof(messages);
    pok_queue.available_size = 0;
    for (unsigned int port = 0; port < POK_CONFIG_NB_PORTS; ++port) {
        uint8_t owner = owners[port];

        if (pok_ports_nb_ports_by_partition[owner]++ == 0)
            pok_ports_by_partition[owner] = &identity[port];
        pok_ports_destinations[port] = next;
        next += pok_ports_nb_destinations[port];
        pok_ports_names[port] = "";
        pok_ports[port].index = used;
        pok_ports[port].size = sizes[port];
        pok_ports[port].direction = directions[port];
        pok_ports[port].kind = pok_ports_kind[port];
        pok_ports[port].partition = owner;
        pok_lockobj_create(&pok_ports[port].lock, &attributes);
        pok_ports[port].ready = TRUE;
        used += sizes[port];
    }
}

/* Tells the guest of a partition whose window begins of the messages that have come since its last, and of the ones
   that its peers say they have taken. */
static void ports_notice(uint8_t partition)
{
    struct shared_page *shared = shared_page(partition);
    uint8_t first = pok_ports_nb_ports_by_partition[partition] ? *pok_ports_by_partition[partition] : 0;

    for (unsigned int port = first; port < first + pok_ports_nb_ports_by_partition[partition]; ++port) {
        uint64_t news = pok_ports[port].kind == POK_PORT_KIND_SAMPLING ? pok_ports[port].last_receive
                                                                       : pok_ports[port].off_e;

        if (pok_ports[port].direction == POK_PORT_DIRECTION_IN && news != told[port]) {
            told[port] = news;
            shared->ports[guest_ports[port] / 32] |= 1u << guest_ports[port] % 32;
            shared->pending |= LINE_PORT;
        }
    }
}

/* A call for a port. POK takes the number after its last port, waits inside its kernel, loses a lock when an address is
   wrong, and takes no length of more than 8 bits: so it is checked here, and its functions get what they expect. */
static pok_ret_t port_call(uint32_t number, const pok_syscall_args_t *args, uint8_t partition)
{
    uint32_t base = pok_partitions[partition].base_addr;
    bool_t out = number == POK_SYSCALL_MIDDLEWARE_SAMPLING_WRITE || number == POK_SYSCALL_MIDDLEWARE_QUEUEING_SEND;
    bool_t sampling = number == POK_SYSCALL_MIDDLEWARE_SAMPLING_WRITE || number == POK_SYSCALL_MIDDLEWARE_SAMPLING_READ;
    uint32_t id = args->arg1;
    pok_port_t *port;

    if (id >= POK_CONFIG_NB_PORTS || owners[id] != partition)
        return POK_ERRNO_PORT;
    port = &pok_ports[id];
    if (port->kind != (sampling ? POK_PORT_KIND_SAMPLING : POK_PORT_KIND_QUEUEING)
        || port->direction != (out ? POK_PORT_DIRECTION_OUT : POK_PORT_DIRECTION_IN))
        return POK_ERRNO_PORT;
    if (out && (args->arg3 == 0 || args->arg3 > port->size
        || !pok_check_ptr_in_partition(partition, (void *) args->arg2, args->arg3)))
        return POK_ERRNO_EINVAL;
    switch (number) {
    case POK_SYSCALL_MIDDLEWARE_SAMPLING_WRITE:
        return pok_port_sampling_write(id, (void *) (base + args->arg2), args->arg3);
    case POK_SYSCALL_MIDDLEWARE_SAMPLING_READ:
        if (!pok_check_ptr_in_partition(partition, (void *) args->arg2, port->size)
            || !pok_check_ptr_in_partition(partition, (void *) args->arg3, sizeof(pok_port_size_t))
            || !pok_check_ptr_in_partition(partition, (void *) args->arg4, sizeof(bool_t)))
            return POK_ERRNO_EINVAL;
        return pok_port_sampling_read(id, (void *) (base + args->arg2), (pok_port_size_t *) (base + args->arg3),
            (bool_t *) (base + args->arg4));
    case POK_SYSCALL_MIDDLEWARE_QUEUEING_SEND:
        return pok_port_queueing_send(id, (void *) (base + args->arg2), args->arg3, 0);
    case POK_SYSCALL_MIDDLEWARE_QUEUEING_RECEIVE:
        if (args->arg3 == 0 || !pok_check_ptr_in_partition(partition, (void *) args->arg4, args->arg3)
            || !pok_check_ptr_in_partition(partition, (void *) args->arg5, sizeof(pok_port_size_t)))
            return POK_ERRNO_EINVAL;
        return pok_port_queueing_receive(id, 0, args->arg3, (void *) (base + args->arg4),
            (pok_port_size_t *) (base + args->arg5));
    default:
        /* Not what POK answers: how many bytes there are to be received. */
        return (pok_ret_t) pok_port_consumed_size(id);
    }
}
#endif

/* Done once, before the first partition runs. */
static void prepare(void)
{
    for (unsigned int partition = 0; partition < POK_CONFIG_NB_PARTITIONS; ++partition) {
        struct guest *guest = &guests[partition];

        guest->deadline = NEVER;
        guest->floating_point[0] = 0x7f; /* FCW 0x037f */
        guest->floating_point[1] = 0x03;
        guest->floating_point[24] = 0x80; /* MXCSR 0x1f80 */
        guest->floating_point[25] = 0x1f;
        segment_set(GDT_PARTITION_CODE_SEGMENT(partition), partition, GDTE_CODE);
        segment_set(GDT_PARTITION_DATA_SEGMENT(partition), partition, GDTE_DATA);
    }
    pok_gdt[TASK_ENTRY] = pok_gdt[GDT_TSS_SEGMENT(0)];
    pok_gdt[TASK_ENTRY].type = GDTE_TSS;
    task_load(TASK_ENTRY << 3);
    /* No map of ports that a partition may use, and no gate that it may call but the system call's and the two that
       instructions of their own raise. */
    pok_tss[0].io_bit_map_offset = 0xdfff;
    for (unsigned int vector = 0; vector < 256; ++vector) {
        if (vector != POK_SYSCALL_INT_NUMBER)
            pok_idt[vector].dpl = 0;
    }
    EXCEPTIONS(GATE, GATE)
    clock_prepare();
#ifdef POK_CONFIG_NB_PORTS
    ports_prepare();
#endif
}

/* The partition that runs is another one: its registers and segments take the place of the last one's. POK goes on to
   disable the segments of the last thread's partition and to enable those of the next one's, with the idle thread as
   one of partition 0; a guest that is not halted runs when its window begins, so that this leaves what is set here. */
static void enter(uint8_t partition)
{
    if (present == NOBODY)
        prepare();
    else
        floating_point_save(guests[present].floating_point);
    present = partition;
    floating_point_load(guests[partition].floating_point);
    segments_set(partition);
    segment_set(DATA_ENTRY, partition, GDTE_DATA);
    storage_set(partition);
}

/* When the window that runs ends, and how long it is. With one partition POK does not count windows. */
static uint64_t window_end(uint64_t *length)
{
#if POK_CONFIG_NB_PARTITIONS > 1
    *length = pok_sched_slots[pok_sched_current_slot];
    return pok_sched_next_deadline;
#else
    static uint64_t end = POK_CONFIG_SCHEDULING_MAJOR_FRAME;

    *length = POK_CONFIG_SCHEDULING_MAJOR_FRAME;
    if (POK_GETTICK() >= end)
        end += POK_CONFIG_SCHEDULING_MAJOR_FRAME;
    return end;
#endif
}

/* Tells the guest of the partition that runs what has happened; whether a line is due. */
static bool_t notice(uint8_t partition)
{
    struct guest *guest = &guests[partition];
    struct shared_page *shared = shared_page(partition);
    uint64_t now = POK_GETTICK();

    information_page(partition)->now = now;
    if (guest->deadline <= now) {
        guest->deadline = NEVER;
        shared->pending |= LINE_TIMER;
    }
    return (shared->pending & shared->mask) != 0;
}

/* As notice, and looks for the start of a window. POK changes windows only when it elects. */
static bool_t notice_window(uint8_t partition)
{
    struct guest *guest = &guests[partition];
    struct information_page *information = information_page(partition);
    uint64_t length;
    uint64_t end = window_end(&length);

    if (end == guest->window_end)
        return notice(partition);
    guest->window_end = end;
    information->window_start = end - length;
    information->window_end = end;
    information->windows = ++guest->windows;
    shared_page(partition)->pending |= LINE_WINDOW;
#ifdef POK_CONFIG_NB_PORTS
    ports_notice(partition);
#endif
    (void) notice(partition);
    return TRUE;
}

/* Called with the thread that POK has elected in the partition that runs; the thread that is to run. */
uint32_t bulkhead_elect(uint8_t partition, uint32_t elected)
{
    struct guest *guest = &guests[partition];

    if (partition != present)
        enter(partition);
#ifdef BULKHEAD_IDLE_PARTITION
    if (partition == BULKHEAD_IDLE_PARTITION)
        return IDLE_THREAD;
#endif
    if (guest->registered && notice_window(partition))
        guest->idle = FALSE;
    return guest->halted || guest->idle ? IDLE_THREAD : elected;
}

static void deliver(interrupt_frame *frame, struct shared_page *shared, uint32_t entry)
{
    shared->interrupts_enabled = 0;
    frame->eip = entry;
    frame->eflags = EFLAGS_AT_ENTRY;
}

/* Called on every way out of the kernel, with the registers that are to be loaded. */
void bulkhead_return(interrupt_frame *frame)
{
    uint8_t partition = POK_SCHED_CURRENT_PARTITION;
    struct guest *guest = &guests[partition];

    if ((frame->cs & 3) != PRIVILEGE_LEVEL) {
        if (guest->idle && POK_SCHED_CURRENT_THREAD == IDLE_THREAD && notice(partition))
            pok_sched_thread(TRUE);
        return;
    }
    if (guest->registered && notice(partition)) {
        struct shared_page *shared = shared_page(partition);

        if (shared->interrupts_enabled) {
            shared->upcall_program_counter = frame->eip;
            shared->upcall_flags = frame->eflags;
            deliver(frame, shared, guest->interrupt_entry);
        }
    }
}

/* Ends the partition that runs. Does not return. */
static void halt(struct guest *guest)
{
    guest->halted = TRUE;
#ifdef POK_NEEDS_SHUTDOWN
    unsigned int running = 0;
    for (unsigned int partition = 0; partition < POK_CONFIG_NB_PARTITIONS; ++partition)
        running += !guests[partition].halted;
#ifdef BULKHEAD_IDLE_PARTITION
    --running;
#endif
    if (running == 0)
        pok_shutdown();
#endif
    pok_sched_thread(TRUE);
}

/* A word of a partition's memory, if it lies in it wholly. */
static bool_t word_read(uint8_t partition, uint32_t address, uint32_t *value)
{
    if (!pok_check_ptr_in_partition(partition, (void *) address, sizeof(*value)))
        return FALSE;
    memcpy(value, (void *) (pok_partitions[partition].base_addr + address), sizeof(*value));
    return TRUE;
}

/*
 * Whether the instruction that faulted loads the word at the base of thread-local storage, which is outside the
 * segment: then it is done here. The forms are the ones that compilers use: `mov %gs:0, reg`, long and short.
 */
static bool_t storage_read(interrupt_frame *frame, uint8_t partition)
{
    uint32_t *registers[8] = { &frame->eax, &frame->ecx, &frame->edx, &frame->ebx, NULL, &frame->ebp, &frame->esi,
        &frame->edi };
    uint32_t head;
    uint32_t tail;
    uint32_t value;
    uint32_t *target;
    uint32_t length;

    if (!word_read(partition, frame->eip, &head) || !word_read(partition, frame->eip + 3, &tail)
        || !word_read(partition, guests[partition].storage, &value))
        return FALSE;
    if ((head & 0xffff) == 0xa165 && head >> 16 == 0 && (tail & 0x00ffffff) == 0) {
        target = &frame->eax;
        length = 6;
    } else if ((head & 0xc7ffff) == 0x058b65 && head >> 24 == 0 && tail == 0) {
        target = registers[head >> 19 & 7];
        length = 7;
    } else {
        return FALSE;
    }
    if (target == NULL)
        return FALSE;
    *target = value;
    frame->eip += length;
    return TRUE;
}

static void fault(interrupt_frame *frame, uint32_t vector, uint32_t error, uint32_t kind, uint8_t pok_kind)
{
    uint8_t partition = POK_SCHED_CURRENT_PARTITION;
    struct guest *guest = &guests[partition];
    struct shared_page *shared = shared_page(partition);

    if ((frame->cs & 3) != PRIVILEGE_LEVEL) {
        pok_error_declare(pok_kind);
        pok_sched_activate_error_thread();
        return;
    }
    if (vector == 13 && error == 0 && storage_read(frame, partition))
        return;
    if (!guest->registered || guest->fault_entry == 0 || shared->fault_busy) {
        halt(guest);
        return;
    }
    shared->fault_busy = 1;
    shared->fault_kind = kind;
    shared->fault_vector = vector;
    shared->fault_error = error;
    shared->fault_interrupts_enabled = shared->interrupts_enabled;
    shared->fault_address = 0;
    shared->fault_program_counter = frame->eip;
    shared->fault_flags = frame->eflags;
    shared->fault_stack_pointer = frame->esp;
    deliver(frame, shared, guest->fault_entry);
    frame->ds = frame->es = frame->ss = GDT_BUILD_SELECTOR(DATA_ENTRY, 0, PRIVILEGE_LEVEL);
}

static pok_ret_t guest_call(uint32_t number, const pok_syscall_args_t *args, uint8_t partition)
{
    struct guest *guest = &guests[partition];

    if (number == CALL_SET_UPCALLS) {
        if (pok_partitions[partition].size < MEMORY_BASE)
            return POK_ERRNO_EINVAL;
        guest->interrupt_entry = args->arg1;
        guest->fault_entry = args->arg2;
        guest->registered = TRUE;
        (void) notice_window(partition);
        return POK_ERRNO_OK;
    }
    if (number == CALL_HALT) {
        halt(guest);
        return POK_ERRNO_OK;
    }
    if (!guest->registered)
        return POK_ERRNO_EINVAL;
    switch (number) {
    case CALL_IDLE:
        if (!notice(partition)) {
            guest->idle = TRUE;
            pok_sched_thread(TRUE);
        }
        return POK_ERRNO_OK;
    case CALL_TIMER_SET:
        guest->deadline = (uint64_t) args->arg2 << 32 | args->arg1;
        return POK_ERRNO_OK;
    case CALL_SET_TLS_BASE:
        if (!pok_check_ptr_in_partition(partition, (void *) args->arg1, sizeof(uint32_t)))
            return POK_ERRNO_EINVAL;
        guest->storage = args->arg1;
        storage_set(partition);
        return POK_ERRNO_OK;
    default:
        return POK_ERRNO_EINVAL;
    }
}

/* Called with every system call of a partition; whether it is answered here. */
bool_t bulkhead_call(uint32_t number, const pok_syscall_args_t *args, const pok_syscall_info_t *infos,
                     pok_ret_t *answer)
{
    uint8_t partition = POK_SCHED_CURRENT_PARTITION;

    (void) infos;
    /* POK enters its kernel with a partition's direction flag, and copies what a call names with it. */
    direction_clear();
    if (number >= CALLS) {
        *answer = guest_call(number, args, partition);
        return TRUE;
    }
#ifdef BULKHEAD_ONLY_GUESTS
    /* Of POK's own calls a guest needs the console, the clock and the ports; some of the others reach other partitions,
       or end the system. */
    *answer = POK_ERRNO_EPERM;
    switch (number) {
#ifdef BULKHEAD_CONSOLE_INPUT
    case POK_SYSCALL_GETCHAR:
        /* POK takes a pointer to the end of the partition too. */
        return partition != BULKHEAD_CONSOLE_INPUT || !pok_check_ptr_in_partition(partition, (void *) args->arg1, 1);
#endif
    case POK_SYSCALL_CONSWRITE:
    case POK_SYSCALL_GETTICK:
    case POK_SYSCALL_PARTITION_GET_ID:
        return FALSE;
#ifdef POK_CONFIG_NB_PORTS
    case POK_SYSCALL_MIDDLEWARE_SAMPLING_WRITE:
    case POK_SYSCALL_MIDDLEWARE_SAMPLING_READ:
    case POK_SYSCALL_MIDDLEWARE_QUEUEING_SEND:
    case POK_SYSCALL_MIDDLEWARE_QUEUEING_RECEIVE:
    case POK_SYSCALL_MIDDLEWARE_QUEUEING_STATUS:
        *answer = port_call(number, args, partition);
        return TRUE;
#endif
    default:
        return TRUE;
    }
#else
    return FALSE;
#endif
}
