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

typedef enum { POK_ERRNO_OK = 0, POK_ERRNO_EINVAL = 1, POK_ERRNO_EPERM = 6 } pok_ret_t;

enum {
    POK_SYSCALL_CONSWRITE = 10,
    POK_SYSCALL_GETCHAR = 11,
    POK_SYSCALL_GETTICK = 20,
    POK_SYSCALL_INT_NUMBER = 42,
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
void task_load(uint16_t selector);
void storage_load(uint16_t selector);

#endif
