/*
 * A model of POK for our file in its kernel: it loads partitions, keeps time and elects as POK does, and is driven by
 * lines of text. What a partition would do is said by the lines; what it sees is answered.
 *
 * Built so that its memory lies below 4 GiB, where addresses have 32 bits.
 */
#include "pok.h"

#include <stdio.h>
#include <stdlib.h>

/* POK's clock (11 cycles of 1193182 Hz) and how often it looks at the schedule. */
#define TICK 9219
#define QUANTUM 1000000

#define MEMORY_SIZE (32u << 20)
#define GAP 8192u
#define CODE_ENTRY 0x1b

void bulkhead_return(interrupt_frame *frame);
uint32_t bulkhead_elect(uint8_t partition, uint32_t elected);
bool_t bulkhead_call(uint32_t number, const pok_syscall_args_t *args, const pok_syscall_info_t *infos,
                     pok_ret_t *answer);

pok_partition_t pok_partitions[POK_CONFIG_NB_PARTITIONS];
tss_t pok_tss[POK_CONFIG_NB_PROCESSORS];
gdt_entry_t pok_gdt[256];
idt_entry_t pok_idt[256];
uint64_t pok_tick_counter;
uint8_t pok_current_partition;
uint32_t current_thread = POK_CONFIG_NB_THREADS - 1;
uint64_t pok_sched_slots[] = POK_CONFIG_SCHEDULING_SLOTS;
uint8_t pok_sched_slots_allocation[] = POK_CONFIG_SCHEDULING_SLOTS_ALLOCATION;
uint64_t pok_sched_next_deadline;
uint8_t pok_sched_current_slot;

static uint8_t memory[MEMORY_SIZE] __attribute__((aligned(4096)));
static const uint32_t sizes[] = POK_CONFIG_PARTITIONS_SIZE;
/* The registers of each partition's thread, as they lie on its stack in the kernel. */
static interrupt_frame frames[POK_CONFIG_NB_PARTITIONS];
static const uint8_t *loaded;
static int shutdowns;
static int errors;
static bool_t direction_cleared;

void gdt_set_segment(uint16_t entry, uint32_t base, uint32_t limit, e_gdte_type type, int level)
{
    gdt_entry_t *segment = &pok_gdt[entry];
    bool_t pages = limit > 1u << 20;

    segment->granularity = pages;
    segment->limit_low = (pages ? limit >> 12 : limit) & 0xffff;
    segment->limit_high = (pages ? limit >> 28 : limit >> 16) & 0xf;
    segment->base_low = base & 0xffffff;
    segment->base_high = base >> 24;
    segment->type = type;
    segment->dpl = level;
    segment->present = 1;
}

void gdt_enable(uint16_t entry) { pok_gdt[entry].present = 1; }
void gdt_disable(uint16_t entry) { pok_gdt[entry].present = 0; }
void task_load(uint16_t selector) { printf("task %u\n", selector); }
void direction_clear(void) { direction_cleared = TRUE; }
void clock_prepare(void) { }
void storage_load(uint16_t selector) { (void) selector; }
void floating_point_save(uint8_t *area) { if (area != loaded) puts("floating point saved to a wrong place"); }
void floating_point_load(const uint8_t *area) { loaded = area; }
void pok_error_declare(uint8_t kind) { errors += kind; }
void pok_sched_activate_error_thread(void) { }
void pok_shutdown(void) { ++shutdowns; }

void pok_idt_set_gate(uint16_t vector, uint16_t selector, uint32_t offset, e_idte_type type, int level)
{
    (void) selector;
    (void) type;
    pok_idt[vector].offset = offset;
    pok_idt[vector].dpl = level;
}

bool_t pok_check_ptr_in_partition(uint8_t partition, void *address, uint32_t size)
{
    uint32_t limit = pok_partitions[partition].size;

    return size <= limit && (uint32_t) (uintptr_t) address <= limit - size;
}

#ifdef POK_CONFIG_NB_PORTS
/* POK's ports: rings of bytes, which the end of a slot moves to their destinations, whether there is room or not. */
pok_port_t pok_ports[POK_CONFIG_NB_PORTS];
pok_queue_t pok_queue;
extern uint8_t pok_ports_nb_destinations[];
extern uint8_t *pok_ports_destinations[];
extern uint8_t pok_ports_nb_ports_by_partition[];
extern uint8_t *pok_ports_by_partition[];
extern uint8_t pok_global_ports_to_local_ports[];

pok_ret_t pok_lockobj_create(pok_lockobj_t *lock, const pok_lockobj_attr_t *attributes)
{
    lock->value = attributes->kind;
    return POK_ERRNO_OK;
}

pok_port_size_t pok_port_consumed_size(uint8_t id)
{
    pok_port_t *port = &pok_ports[id];

    return port->empty ? 0 : (port->off_e + port->size - port->off_b - 1) % port->size + 1;
}

/* One byte after the other, round the ring. */
static void port_put(pok_port_t *port, const uint8_t *bytes, uint32_t length)
{
    bool_t queue = port->kind == POK_PORT_KIND_QUEUEING;

    for (uint32_t at = 0; at < length; ++at)
        pok_queue.data[port->index + (port->off_e + at) % port->size] = bytes[at];
    port->off_e = queue ? (port->off_e + length) % port->size : 0;
    port->empty = FALSE;
    if (!queue)
        port->last_receive = pok_tick_counter;
}

static void port_get(pok_port_t *port, uint8_t *bytes, uint32_t length)
{
    for (uint32_t at = 0; at < length; ++at)
        bytes[at] = pok_queue.data[port->index + (port->off_b + at) % port->size];
    if (port->kind == POK_PORT_KIND_QUEUEING) {
        port->off_b = (port->off_b + length) % port->size;
        port->empty = port->off_b == port->off_e;
    }
}

pok_ret_t pok_port_sampling_write(pok_port_id_t id, const void *data, pok_port_size_t length)
{
    port_put(&pok_ports[id], data, length);
    pok_ports[id].must_be_flushed = TRUE;
    return POK_ERRNO_OK;
}

pok_ret_t pok_port_sampling_read(pok_port_id_t id, void *data, pok_port_size_t *length, bool_t *valid)
{
    *length = pok_ports[id].empty ? 0 : pok_ports[id].size;
    *valid = FALSE;
    port_get(&pok_ports[id], data, *length);
    return pok_ports[id].empty ? POK_ERRNO_EMPTY : POK_ERRNO_OK;
}

pok_ret_t pok_port_queueing_send(pok_port_id_t id, const void *data, pok_port_size_t length, uint64_t timeout)
{
    if (timeout != 0)
        puts("a partition waits inside the kernel");
    return pok_port_sampling_write(id, data, length);
}

pok_ret_t pok_port_queueing_receive(pok_port_id_t id, uint64_t timeout, pok_port_size_t room, void *data,
                                    pok_port_size_t *length)
{
    pok_port_size_t there = pok_port_consumed_size(id);

    if (timeout != 0)
        puts("a partition waits inside the kernel");
    *length = there < room ? there : room;
    if (there == 0)
        return POK_ERRNO_EMPTY;
    port_get(&pok_ports[id], data, *length);
    return POK_ERRNO_OK;
}

static void ports_prepare_model(void)
{
    for (unsigned int id = 0; id < POK_CONFIG_NB_PORTS; ++id)
        pok_ports[id].empty = TRUE;
}

static void flush(uint8_t partition)
{
    static uint8_t buffer[512];

    for (unsigned int at = 0; at < pok_ports_nb_ports_by_partition[partition]; ++at) {
        uint8_t id = pok_ports_by_partition[partition][at];
        pok_port_size_t length = pok_port_consumed_size(id);

        if (pok_ports[id].direction != POK_PORT_DIRECTION_OUT || length == 0 || !pok_ports[id].must_be_flushed)
            continue;
        port_get(&pok_ports[id], buffer, length);
        pok_ports[id].must_be_flushed = FALSE;
        for (unsigned int to = 0; to < pok_ports_nb_destinations[id]; ++to) {
            pok_port_t *port = &pok_ports[pok_global_ports_to_local_ports[pok_ports_destinations[id][to]]];

            if (port->ready && port->direction == POK_PORT_DIRECTION_IN)
                port_put(port, buffer, length);
        }
    }
}
#else
static void ports_prepare_model(void) { }
static void flush(uint8_t partition) { (void) partition; }
#endif

/* Before a partition has said that it is ready, its first thread is elected whatever its state. */
static void elect_thread(void)
{
    current_thread = bulkhead_elect(pok_current_partition, pok_current_partition);
}

void pok_sched_thread(bool_t first)
{
    (void) first;
    elect_thread();
}

/* POK takes the idle thread for one of partition 0, and leaves the segments of the last thread's partition if that is
   the same. */
static void space_switch(uint32_t last, uint32_t next)
{
    uint32_t from = last < POK_CONFIG_NB_PARTITIONS ? last : 0;
    uint32_t to = next < POK_CONFIG_NB_PARTITIONS ? next : 0;

    gdt_disable(GDT_PARTITION_CODE_SEGMENT(from));
    gdt_disable(GDT_PARTITION_DATA_SEGMENT(from));
    gdt_enable(GDT_PARTITION_CODE_SEGMENT(to));
    gdt_enable(GDT_PARTITION_DATA_SEGMENT(to));
}

static void schedule(void)
{
    uint32_t last = current_thread;
    uint8_t partition = pok_current_partition;

#if POK_CONFIG_NB_PARTITIONS > 1
    if (pok_sched_next_deadline <= pok_tick_counter) {
        flush(pok_current_partition);
        pok_sched_current_slot = (pok_sched_current_slot + 1) % POK_CONFIG_SCHEDULING_NBSLOTS;
        pok_sched_next_deadline += pok_sched_slots[pok_sched_current_slot];
        pok_current_partition = pok_sched_slots_allocation[pok_sched_current_slot];
    }
#endif
    elect_thread();
    if (pok_current_partition != partition)
        space_switch(last, current_thread);
}

/* The way out of the kernel: to the partition that runs, or to the idle thread, which is the kernel's. */
static void leave(void)
{
    interrupt_frame kernel = { .cs = GDT_CORE_CODE_SEGMENT << 3 };

    if (current_thread >= POK_CONFIG_NB_PARTITIONS)
        bulkhead_return(&kernel);
    if (current_thread < POK_CONFIG_NB_PARTITIONS)
        bulkhead_return(&frames[current_thread]);
}

static void tick(void)
{
    static uint32_t quantum;

    pok_tick_counter += TICK;
    quantum += TICK;
    if (quantum >= QUANTUM) {
        quantum -= QUANTUM;
        schedule();
    }
    leave();
}

#define EXCEPTIONS(one) \
    one(0) one(1) one(3) one(4) one(5) one(6) one(7) one(10) one(11) one(12) one(13) one(16) one(17) one(19)
#define DECLARE(vector) void bulkhead_exception_##vector##_handler(interrupt_frame *frame);
EXCEPTIONS(DECLARE)

static void fault(unsigned int vector, interrupt_frame *frame)
{
    switch (vector) {
#define CASE(vector) case vector: bulkhead_exception_##vector##_handler(frame); break;
        EXCEPTIONS(CASE)
    }
}

static void load(unsigned int partition, const char *path)
{
    static uint8_t file[4 << 20];
    uint8_t *base = (uint8_t *) (uintptr_t) pok_partitions[partition].base_addr;
    FILE *opened = fopen(path, "rb");
    size_t length = opened ? fread(file, 1, sizeof(file), opened) : 0;
    uint32_t header, count = 0;

    if (length < 52 || memcmp(file, "\177ELF", 4) != 0 || length > pok_partitions[partition].size) {
        printf("%s is no image\n", path);
        exit(1);
    }
    memcpy(&frames[partition].eip, file + 0x18, 4);
    memcpy(&header, file + 0x1c, 4);
    memcpy(&count, file + 0x2c, 2);
    for (; count > 0; --count, header += 32) {
        uint32_t words[8];

        memcpy(words, file + header, sizeof(words));
        if (words[1] + words[4] > length || words[2] + words[5] > pok_partitions[partition].size) {
            printf("%s: a segment does not fit\n", path);
            exit(1);
        }
        memcpy(base + words[2], file + words[1], words[4]);
        memset(base + words[2] + words[4], 0, words[5] - words[4]);
    }
    fclose(opened);
}

/* A number that any change to memory outside a partition's two pages changes. */
static uint64_t fingerprint(void)
{
    uint64_t sum = 0xcbf29ce484222325;

    for (uint32_t at = 0; at < MEMORY_SIZE; ++at) {
        uint32_t place = (uint32_t) (uintptr_t) memory + at;
        bool_t page = FALSE;

        for (unsigned int partition = 0; partition < POK_CONFIG_NB_PARTITIONS; ++partition)
            page |= place - pok_partitions[partition].base_addr - 0x10e000u < 0x2000u && sizes[partition] >= 0x100000u;
        sum = page ? sum : (sum ^ memory[at]) * 0x100000001b3;
    }
    return sum;
}

int main(int count, char **arguments)
{
    uint32_t address = (uint32_t) (uintptr_t) memory;
    char line[256];

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (count != 1 + POK_CONFIG_NB_PARTITIONS || (uintptr_t) memory >> 32 != 0) {
        puts("one image for each partition, and memory below 4 GiB");
        return 1;
    }
    for (unsigned int partition = 0; partition < POK_CONFIG_NB_PARTITIONS; ++partition) {
        pok_partitions[partition] = (pok_partition_t) { address, sizes[partition] };
        address += sizes[partition] + GAP;
        frames[partition].cs = GDT_PARTITION_CODE_SEGMENT(partition) << 3 | 3;
        frames[partition].ss = GDT_PARTITION_DATA_SEGMENT(partition) << 3 | 3;
        frames[partition].ds = frames[partition].es = frames[partition].ss;
        frames[partition].eflags = 0x202;
        load(partition, arguments[1 + partition]);
    }
    for (unsigned int vector = 0; vector < 256; ++vector)
        pok_idt[vector].dpl = 3;
    gdt_set_segment(3, 0x1234, 103, GDTE_TSS, 0);
    ports_prepare_model();
    pok_sched_next_deadline = pok_sched_slots[0];
    pok_current_partition = pok_sched_slots_allocation[0];
    elect_thread();
    while (fgets(line, sizeof(line), stdin)) {
        char what[16];
        unsigned int a = 0, b = 0, c = 0, d = 0, e = 0, f = 0;
        interrupt_frame *frame = &frames[pok_current_partition];
        uint8_t *base = (uint8_t *) (uintptr_t) pok_partitions[pok_current_partition].base_addr;

        if (sscanf(line, "%15s %x %x %x %x %x %x", what, &a, &b, &c, &d, &e, &f) < 1)
            continue;
        if (strcmp(what, "tick") == 0) {
            for (; a > 0; --a)
                tick();
            puts("ok");
        } else if (strcmp(what, "call") == 0) {
            pok_syscall_args_t args = { 5, b, c, d, e, f };
            uint32_t base_addr = pok_partitions[pok_current_partition].base_addr;
            pok_syscall_info_t info = { pok_current_partition, current_thread, base_addr };
            pok_ret_t answer = POK_ERRNO_OK;
            bool_t taken = bulkhead_call(a, &args, &info, &answer);

            leave();
            if (!direction_cleared)
                puts("the direction flag is the partition's");
            direction_cleared = FALSE;
            printf("%s %x\n", taken ? "answered" : "left", answer);
        } else if (strcmp(what, "fault") == 0) {
            frame->error = b;
            if (c)
                frame->cs = GDT_CORE_CODE_SEGMENT << 3;
            fault(a, frame);
            frame->cs = GDT_PARTITION_CODE_SEGMENT(pok_current_partition) << 3 | 3;
            leave();
            puts("ok");
        } else if (strcmp(what, "read") == 0) {
            uint32_t value;

            memcpy(&value, base + a, sizeof(value));
            printf("%x\n", value);
        } else if (strcmp(what, "write") == 0) {
            memcpy(base + a, &b, sizeof(b));
            puts("ok");
        } else if (strcmp(what, "set") == 0) {
            ((uint32_t *) frame)[a] = b;
            puts("ok");
        } else if (strcmp(what, "get") == 0) {
            printf("%x\n", ((uint32_t *) frame)[a]);
        } else if (strcmp(what, "state") == 0) {
            printf("%x %x %llx %x %x\n", pok_current_partition, current_thread, (unsigned long long) pok_tick_counter,
                shutdowns, errors);
        } else if (strcmp(what, "segment") == 0) {
            gdt_entry_t *entry = &pok_gdt[a];
            uint32_t start = entry->base_low | entry->base_high << 24;

            printf("%x %x %x %x %x\n", start - pok_partitions[pok_current_partition].base_addr,
                entry->limit_low | entry->limit_high << 16, entry->type, entry->granularity, entry->present);
        } else if (strcmp(what, "gate") == 0) {
            printf("%x\n", pok_idt[a].dpl);
        } else if (strcmp(what, "print") == 0) {
            printf("%llx\n", (unsigned long long) fingerprint());
        } else {
            puts("what?");
        }
    }
    return 0;
}
