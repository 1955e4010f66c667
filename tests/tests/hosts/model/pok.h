/*
 * What our file for POK's kernel sees of POK, for a model of it: names and types, each as its interface says.
 */
#ifndef BULKHEAD_MODEL_POK_H
#define BULKHEAD_MODEL_POK_H

#include <stdint.h>
#include <string.h>

#define FALSE 0
#define TRUE 1
typedef int bool_t;

typedef enum {
    POK_ERRNO_OK = 0,
    POK_ERRNO_EINVAL = 1,
    POK_ERRNO_EPERM = 6,
    POK_ERRNO_PORT = 301,
    POK_ERRNO_EMPTY = 308,
    POK_ERRNO_FULL = 311,
} pok_ret_t;

enum {
    POK_SYSCALL_CONSWRITE = 10,
    POK_SYSCALL_GETCHAR = 11,
    POK_SYSCALL_GETTICK = 20,
    POK_SYSCALL_INT_NUMBER = 42,
    POK_SYSCALL_MIDDLEWARE_SAMPLING_READ = 102,
    POK_SYSCALL_MIDDLEWARE_SAMPLING_WRITE = 104,
    POK_SYSCALL_MIDDLEWARE_QUEUEING_SEND = 111,
    POK_SYSCALL_MIDDLEWARE_QUEUEING_RECEIVE = 112,
    POK_SYSCALL_MIDDLEWARE_QUEUEING_STATUS = 114,
    POK_SYSCALL_PARTITION_GET_ID = 405,
};

typedef struct {
    uint32_t nargs, arg1, arg2, arg3, arg4, arg5;
} pok_syscall_args_t;

typedef struct {
    uint8_t partition;
    uint32_t thread;
    uint32_t base_addr;
} pok_syscall_info_t;

typedef struct {
    uint32_t base_addr;
    uint32_t size;
} pok_partition_t;

typedef struct {
    uint32_t es, ds, edi, esi, ebp, __esp, ebx, edx, ecx, eax;
    uint32_t error, eip, cs, eflags, esp, ss;
} interrupt_frame;

/* A segment descriptor (Intel SDM volume 3A, 3.4.5) and a gate (6.11). */
typedef enum { GDTE_CODE = 0xb, GDTE_DATA = 0x3, GDTE_TSS = 0x9 } e_gdte_type;
typedef enum { IDTE_INTERRUPT = 6 } e_idte_type;

typedef struct {
    uint32_t limit_low, base_low, type, dpl, present, limit_high, granularity, base_high;
} gdt_entry_t;

typedef struct {
    uint32_t offset, dpl;
} idt_entry_t;

typedef struct {
    uint16_t io_bit_map_offset;
} tss_t;

#define GDT_CORE_CODE_SEGMENT 1
#define GDT_TSS_SEGMENT(processor) (3 + (processor))
#define GDT_PARTITION_CODE_SEGMENT(partition) (3 + POK_CONFIG_NB_PROCESSORS + 2 * (partition))
#define GDT_PARTITION_DATA_SEGMENT(partition) (3 + POK_CONFIG_NB_PROCESSORS + 2 * (partition) + 1)
#define GDT_BUILD_SELECTOR(entry, local, level) ((entry) << 3 | (local) << 2 | (level))

enum {
    POK_ERROR_KIND_NUMERIC_ERROR = 12,
    POK_ERROR_KIND_ILLEGAL_REQUEST = 13,
    POK_ERROR_KIND_STACK_OVERFLOW = 14,
    POK_ERROR_KIND_MEMORY_VIOLATION = 15,
    POK_ERROR_KIND_HARDWARE_FAULT = 16,
};

extern pok_partition_t pok_partitions[POK_CONFIG_NB_PARTITIONS];
extern tss_t pok_tss[POK_CONFIG_NB_PROCESSORS];
extern uint64_t pok_tick_counter;
extern uint8_t pok_current_partition;
extern uint32_t current_thread;

#define POK_GETTICK() pok_tick_counter
#define POK_SCHED_CURRENT_PARTITION pok_current_partition
#define POK_SCHED_CURRENT_THREAD current_thread
#define IDLE_THREAD (POK_CONFIG_NB_THREADS - 2)

void gdt_set_segment(uint16_t entry, uint32_t base, uint32_t limit, e_gdte_type type, int level);
void gdt_enable(uint16_t entry);
void gdt_disable(uint16_t entry);
void pok_idt_set_gate(uint16_t vector, uint16_t selector, uint32_t offset, e_idte_type type, int level);
void pok_error_declare(uint8_t kind);
void pok_sched_activate_error_thread(void);
void pok_sched_thread(bool_t first);
void pok_shutdown(void);
bool_t pok_check_ptr_in_partition(uint8_t partition, void *address, uint32_t size);

/* Ports. */
typedef uint32_t pok_port_size_t;
typedef uint8_t pok_port_id_t;
typedef enum { POK_PORT_DIRECTION_IN = 1, POK_PORT_DIRECTION_OUT = 2 } pok_port_directions_t;
typedef enum { POK_PORT_KIND_QUEUEING = 1, POK_PORT_KIND_SAMPLING = 2 } pok_port_kinds_t;
typedef enum { POK_LOCKOBJ_KIND_EVENT = 3 } pok_lockobj_kind_t;
typedef enum { POK_LOCKOBJ_POLICY_STANDARD = 0 } pok_locking_policy_t;

typedef struct {
    pok_lockobj_kind_t kind;
    pok_locking_policy_t locking_policy;
} pok_lockobj_attr_t;

typedef struct {
    int value;
} pok_lockobj_t;

typedef struct {
    uint8_t partition;
    pok_port_size_t index, size, off_b, off_e;
    uint8_t direction;
    bool_t ready, empty;
    uint8_t kind;
    uint64_t refresh, last_receive;
    pok_lockobj_t lock;
    bool_t must_be_flushed;
} pok_port_t;

typedef struct {
    char *data;
    uint32_t size, available_size;
} pok_queue_t;

pok_ret_t pok_lockobj_create(pok_lockobj_t *lock, const pok_lockobj_attr_t *attributes);
pok_ret_t pok_port_sampling_write(pok_port_id_t id, const void *data, pok_port_size_t length);
pok_ret_t pok_port_sampling_read(pok_port_id_t id, void *data, pok_port_size_t *length, bool_t *valid);
pok_ret_t pok_port_queueing_send(pok_port_id_t id, const void *data, pok_port_size_t length, uint64_t timeout);
pok_ret_t pok_port_queueing_receive(pok_port_id_t id, uint64_t timeout, pok_port_size_t room, void *data,
                                    pok_port_size_t *length);
pok_port_size_t pok_port_consumed_size(uint8_t id);

/* What POK's macros make of a handler is the function that gets the frame. */
#define INTERRUPT_HANDLER(name) \
    void name(void) { } \
    void name##_handler(interrupt_frame *frame); \
    void name##_handler(interrupt_frame *frame)
#define INTERRUPT_HANDLER_errorcode(name) INTERRUPT_HANDLER(name)

/* The instructions that only a kernel can execute. */
void floating_point_save(uint8_t *area);
void floating_point_load(const uint8_t *area);
void direction_clear(void);
void clock_prepare(void);
void task_load(uint16_t selector);
void storage_load(uint16_t selector);

#endif
