/*
 * The guest layer's functions for C: what every partition has, whatever processor and kernel are below it.
 *
 * Times are nanoseconds of the partition interface's clock, which starts with the first major frame. Functions that
 * return int32_t answer 0 or a count, or one of the negative bulkhead_error values. docs/interface.md says more.
 */
#ifndef BULKHEAD_H
#define BULKHEAD_H

#include <stddef.h>
#include <stdint.h>

#include <bulkhead/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The value of a 64-bit quantity of the interface. */
static inline uint64_t bulkhead_word64_load(const struct bulkhead_word64 *word)
{
    uint32_t low = word->low;

    return (uint64_t)word->high << 32 | low;
}

/* ---- Supplied by the layer above ---------------------------------------------------------------------------- */

/*
 * Called on the main stack with interrupts disabled and every line masked. If it returns, the partition halts with
 * status 0.
 */
void bulkhead_main(void);

/*
 * Called after the handlers of an interrupt have run, on the interrupted stack, with interrupts disabled; not for an
 * interrupt that came while a handler ran. An executive dispatches its heir task here; it may come back much later, and
 * it may enable interrupts meanwhile if it disables them again. Optional.
 */
void bulkhead_after_interrupts(void);

/*
 * The sizes of the stacks in bytes are the absolute symbols bulkhead_stack_size (main, 32 KiB unless defined),
 * bulkhead_interrupt_stack_size (8 KiB) and bulkhead_fault_stack_size (4 KiB). From the heap's start to the end of the
 * partition's memory all is free, readable and writable.
 */
extern char bulkhead_heap_start[];
extern char bulkhead_stack_begin[];
extern char bulkhead_stack_end[];
extern char bulkhead_interrupt_stack_begin[];
extern char bulkhead_interrupt_stack_end[];

/* ---- Interrupts --------------------------------------------------------------------------------------------- */

/* Disables virtual interrupts. Returns the state before, for bulkhead_interrupts_restore; 0 means disabled. */
uint32_t bulkhead_interrupts_disable(void);

/* Puts a state back: 0 disables, anything else enables, and what is due is handled before this returns. */
void bulkhead_interrupts_restore(uint32_t previous);

/* Restores the state `previous` and disables again, so that what is due comes in between. */
void bulkhead_interrupts_flash(uint32_t previous);

/* Enables virtual interrupts; what is due is handled before this returns. */
void bulkhead_interrupts_enable(void);

/* The present state: 0 if virtual interrupts are disabled. */
uint32_t bulkhead_interrupts_enabled(void);

/* How many interrupt dispatches are active: 0 outside handlers. */
uint32_t bulkhead_interrupt_nesting(void);

/* Called on the interrupt stack with interrupts disabled. It may enable them; then handlers nest. */
typedef void (*bulkhead_interrupt_handler)(void *argument);

/* Installs the handler of a line, 0 to 31; NULL removes it. Does not unmask. Errors: BULKHEAD_ERROR_BAD_ARGUMENT. */
int32_t bulkhead_interrupt_install(uint32_t line, bulkhead_interrupt_handler function, void *argument);

/* Holds a line back; it can still become pending. Every line is masked at first. */
int32_t bulkhead_interrupt_mask(uint32_t line);

/* Lets a line through; if it is pending and interrupts are enabled, it is handled before this returns. */
int32_t bulkhead_interrupt_unmask(uint32_t line);

/* Makes one of the partition's own lines, 16 to 31, pending. Errors: BULKHEAD_ERROR_BAD_ARGUMENT. */
int32_t bulkhead_interrupt_raise(uint32_t line);

/* Makes a line, 0 to 31, not pending. */
int32_t bulkhead_interrupt_clear(uint32_t line);

/* ---- Time --------------------------------------------------------------------------------------------------- */

/* The clock. No call into the kernel. */
uint64_t bulkhead_clock_now(void);

/*
 * Arms the timer for an absolute time in place of the deadline before: BULKHEAD_LINE_TIMER becomes pending then, or
 * when the partition's next window begins; at once if that time has passed. BULKHEAD_NEVER disarms.
 */
void bulkhead_timer_set(uint64_t deadline);

/* The window that runs now: how many have begun with it, when it was to begin, when it ends. No call into the
   kernel. */
void bulkhead_window(uint32_t *number, uint64_t *start, uint64_t *end);

/* ---- Console ------------------------------------------------------------------------------------------------ */

/* Writes all bytes; tries again while the device has no room. Returns 0. Errors: BULKHEAD_ERROR_BAD_ADDRESS. */
int32_t bulkhead_console_write(const void *data, size_t length);

/* Writes what the device has room for. Returns the number of bytes, 0 if none. Errors: BULKHEAD_ERROR_BAD_ADDRESS. */
int32_t bulkhead_console_write_some(const void *data, size_t length);

/*
 * Reads what is waiting. Returns the number of bytes, 0 if none. Errors: BULKHEAD_ERROR_BAD_ADDRESS,
 * BULKHEAD_ERROR_NOT_PERMITTED if console input belongs to another partition.
 */
int32_t bulkhead_console_read(void *data, size_t length);

/* ---- Ports -------------------------------------------------------------------------------------------------- */

/*
 * The system file says which ports the partition has. A program finds one by its name, once, and has a number from then
 * on. No call waits: BULKHEAD_ERROR_NOT_AVAILABLE says that it cannot be done now. Where there is no such port, the
 * error is BULKHEAD_ERROR_BAD_ARGUMENT; where it is of the other kind or direction, BULKHEAD_ERROR_NOT_PERMITTED; where
 * the bytes do not lie in the partition's own memory, BULKHEAD_ERROR_BAD_ADDRESS.
 */

/* The number of the port with this name. Errors: BULKHEAD_ERROR_NOT_PERMITTED if the partition has none. */
int32_t bulkhead_port_find(const char *name);

/* Stores what the system file says of a port. Returns 0. Ports are numbered from 0 without gaps. */
int32_t bulkhead_port_describe(uint32_t port, struct bulkhead_port_description *description);

/* Stores how a port stands. Returns 0. */
int32_t bulkhead_port_status(uint32_t port, struct bulkhead_port_status *status);

/*
 * Writes a message to a sampling port, in place of the one before. Returns 0. BULKHEAD_ERROR_BAD_ARGUMENT also if the
 * message is empty or too long.
 */
int32_t bulkhead_port_write(uint32_t port, const void *message, size_t length);

/*
 * Reads the last message of a sampling port. Returns its length with BULKHEAD_RECEIVED_VALID if it is not older than
 * the refresh period and BULKHEAD_RECEIVED_NEW if the port has not read it before; BULKHEAD_RECEIVED_LENGTH has the
 * bits of the length. Errors: BULKHEAD_ERROR_NOT_AVAILABLE if there has been no message, BULKHEAD_ERROR_BAD_ARGUMENT
 * also if it is longer than the room.
 */
int32_t bulkhead_port_read(uint32_t port, void *message, size_t room);

/*
 * Sends a message to a queuing port. Returns 0. `waits` not 0 says that the sender comes again when there is room: then
 * a full queue is no overflow, of which the receiver would be told. Errors: as bulkhead_port_write, and
 * BULKHEAD_ERROR_NOT_AVAILABLE if the queue is full.
 */
int32_t bulkhead_port_send(uint32_t port, const void *message, size_t length, uint32_t waits);

/*
 * Receives the oldest message of a queuing port. Returns its length, with BULKHEAD_RECEIVED_OVERFLOW if a send has
 * found the queue full since the message before. Errors: as bulkhead_port_read. A message that is not received stays.
 */
int32_t bulkhead_port_receive(uint32_t port, void *message, size_t room);

/* Drops the messages that wait at a queuing port. Returns how many there were. */
int32_t bulkhead_port_clear(uint32_t port);

/* Called on the interrupt stack with interrupts disabled. It may enable them; then handlers nest. */
typedef void (*bulkhead_port_handler)(uint32_t port, void *argument);

/*
 * Installs a port's handler, in place of the one before; NULL removes it. It is called when a message has come, or when
 * there is room in a queue that was full; what has come before calls it, too. BULKHEAD_LINE_PORT is the guest layer's
 * from the first handler on, and let through. Returns 0.
 */
int32_t bulkhead_port_install(uint32_t port, bulkhead_port_handler function, void *argument);

/* 1 if a message or room has come since this was asked last, for a port without a handler; otherwise 0. */
int32_t bulkhead_port_take_notice(uint32_t port);

/* ---- Shared memory ------------------------------------------------------------------------------------------ */

/*
 * What lies in a region may change at any moment at which another partition runs: a program reads and writes it with
 * volatile or atomic accesses. No call takes addresses in it.
 */

/* The number of the region with this name. Errors: BULKHEAD_ERROR_NOT_PERMITTED if the partition shares none. */
int32_t bulkhead_region_find(const char *name);

/*
 * Stores where the partition sees a region, how large it is, whether it may write, and the line that a doorbell makes
 * pending here. Returns 0. Errors: BULKHEAD_ERROR_BAD_ARGUMENT if there is no such region, BULKHEAD_ERROR_NOT_PERMITTED
 * if the partition does not share it.
 */
int32_t bulkhead_region_describe(uint32_t region, struct bulkhead_region_description *description);

/*
 * Makes the line of every other partition pending that shares the region and has a line for it. Returns 0. Errors: as
 * bulkhead_region_describe.
 */
int32_t bulkhead_doorbell(uint32_t region);

/* ---- Devices ------------------------------------------------------------------------------------------------- */

/*
 * A device that the partition owns has resources, which the system file gives it in an order: registers and ports,
 * which are reached by calls; memory, which is read and written with volatile accesses; interrupts, which come as
 * lines.
 */

/*
 * The number of a device's resource of a kind (enum bulkhead_resource_kind): the one with number `place` among them, 0
 * for the first. Errors: BULKHEAD_ERROR_NOT_PERMITTED if the partition has none.
 */
int32_t bulkhead_resource_find(const char *device, uint32_t kind, uint32_t place);

/* Stores what a resource is, where, and how large. Returns 0. Errors: BULKHEAD_ERROR_BAD_ARGUMENT if there is none. */
int32_t bulkhead_resource_describe(uint32_t resource, struct bulkhead_resource_description *description);

/*
 * Reads the register, or port, at an offset in bytes. Bits that the system file does not let the partition read are 0.
 * Returns 0. Errors: BULKHEAD_ERROR_BAD_ARGUMENT if there is none at the offset, BULKHEAD_ERROR_NOT_PERMITTED if
 * nothing may be read there.
 */
int32_t bulkhead_register_read(uint32_t resource, uint32_t offset, uint32_t *value);

/*
 * Writes the register, or port, at an offset in bytes. Bits that the system file does not let the partition write keep
 * what they say. Returns 0. Errors: as bulkhead_register_read.
 */
int32_t bulkhead_register_write(uint32_t resource, uint32_t offset, uint32_t value);

/*
 * Lets the next interrupt of a device in that comes as this line, and lets the line through. The handler of the line
 * (bulkhead_interrupt_install) calls this when it has dealt with the device; the interrupt is masked until then.
 * Returns 0. Errors: BULKHEAD_ERROR_BAD_ARGUMENT if no device of the partition has the line.
 */
int32_t bulkhead_interrupt_enable(uint32_t line);

/* ---- The partition ------------------------------------------------------------------------------------------ */

/*
 * Gives up the processor until a line that is let through is pending or the partition's next window begins. Returns
 * with interrupts disabled too, so that no wakeup is lost between a decision to idle and this call.
 */
void bulkhead_idle(void);

/* Ends the partition; 0 means that all went well. */
void bulkhead_halt(uint32_t status) __attribute__((__noreturn__));

/* Starts the partition again: 0 = cold, 1 = warm. Returns only with BULKHEAD_ERROR_BAD_ARGUMENT. */
int32_t bulkhead_restart(uint32_t kind);

/* Sets the base of the thread-local storage segment; a call into the kernel only if it changes. */
void bulkhead_set_tls_base(uintptr_t base);

/* Stores the partition's status. Returns 0. */
int32_t bulkhead_partition_status(struct bulkhead_partition_status *status);

/* What the partition was told at its start. */
const struct bulkhead_start_information *bulkhead_start_information(void);

/* The partition's name and command line, ended by a zero. */
const char *bulkhead_partition_name(void);
const char *bulkhead_command_line(void);

/* The partition's memory: its first address and its size in bytes. */
uintptr_t bulkhead_memory_base(void);
size_t bulkhead_memory_size(void);

/* ---- Modes and other partitions ------------------------------------------------------------------------------- */

/*
 * Changes the partition's mode, a BULKHEAD_MODE_... value. BULKHEAD_MODE_NORMAL returns 0, or 1 if that is the mode
 * already; BULKHEAD_MODE_IDLE ends the partition and the others start it again. Errors: BULKHEAD_ERROR_BAD_ARGUMENT;
 * BULKHEAD_ERROR_INVALID_MODE for a warm start while a cold one is not done.
 */
int32_t bulkhead_set_mode(uint32_t mode);

/*
 * The mode is BULKHEAD_MODE_NORMAL from now on, unless the program has services of arinc653.h that depend on the mode.
 * For executives, which call it before the program's first task executes.
 */
void bulkhead_begin_normal(void);

/*
 * The number of the partition with this name. Errors: BULKHEAD_ERROR_NOT_PERMITTED if there is none that this one may
 * know: itself, or with the right `system` any.
 */
int32_t bulkhead_partition_find(const char *name);

/*
 * Stops a partition (BULKHEAD_MODE_IDLE) or starts it again (BULKHEAD_MODE_COLD_START, BULKHEAD_MODE_WARM_START).
 * Returns 0, or 1 if it is to be stopped and does not run. Errors: BULKHEAD_ERROR_BAD_ARGUMENT if there is no such
 * partition or mode, BULKHEAD_ERROR_NOT_PERMITTED for another than this one without the right `system`.
 */
int32_t bulkhead_partition_control(uint32_t partition, uint32_t mode);

/* Stores how a partition stands. Returns 0. Errors: as bulkhead_partition_control. */
int32_t bulkhead_partition_describe(uint32_t partition, struct bulkhead_partition_description *description);

/* ---- Health monitor ------------------------------------------------------------------------------------------- */

/*
 * Tells the health monitor of an error of this partition, a BULKHEAD_HEALTH_ERROR_... value up to
 * BULKHEAD_HEALTH_ERROR_APPLICATION, with two numbers of which the log tells. The system file says what becomes of it.
 * Returns 0 if the partition is to go on. Errors: BULKHEAD_ERROR_BAD_ARGUMENT.
 */
int32_t bulkhead_raise_error(uint32_t error, uint32_t code, uint32_t detail);

/* Serves the partition's watchdog, which begins anew. Returns 0. Errors: BULKHEAD_ERROR_NOT_PERMITTED: it has none. */
int32_t bulkhead_serve_watchdog(void);

/* For the log of the module in the place of a partition's number. */
#define BULKHEAD_NO_PARTITION UINT32_MAX

/*
 * Stores an entry of the log of a partition, or of the module: the oldest that is kept of those with this number or a
 * higher one. Returns 0. Errors: BULKHEAD_ERROR_NOT_AVAILABLE if there is none yet; as bulkhead_partition_control.
 */
int32_t bulkhead_health_read(uint32_t partition, uint32_t sequence, struct bulkhead_health_record *record);

/* Called on the interrupt stack with interrupts disabled, with a BULKHEAD_HEALTH_ERROR_... value. */
typedef void (*bulkhead_health_handler)(uint32_t error);

/*
 * Installs the handler of the errors that the kernel notices (windows lost and late, too many calls, the watchdog), in
 * place of the one before, and lets its line through: of those that the system file delivers it is told. NULL leaves
 * them to the health monitor.
 */
void bulkhead_health_install(bulkhead_health_handler function);

/* ---- Schedules ------------------------------------------------------------------------------------------------ */

/* The number of the schedule with this name. Errors: BULKHEAD_ERROR_BAD_ARGUMENT if there is none. */
int32_t bulkhead_schedule_find(const char *name);

/* Stores what the system file says of a schedule, and what of it is this partition's. Returns 0. Errors:
   BULKHEAD_ERROR_BAD_ARGUMENT. */
int32_t bulkhead_schedule_describe(uint32_t schedule, struct bulkhead_schedule_description *description);

/*
 * Asks for a schedule from the next major frame on; the last request counts. Returns 0, or 1 if it is the one that
 * runs, which goes on then. Errors: BULKHEAD_ERROR_BAD_ARGUMENT; BULKHEAD_ERROR_NOT_PERMITTED without the right
 * `system`.
 */
int32_t bulkhead_schedule_set(uint32_t schedule);

/* Stores which schedule runs, which from the next major frame on, and since when. Returns 0. */
int32_t bulkhead_schedule_status(struct bulkhead_schedule_status *status);

/* ---- Faults ------------------------------------------------------------------------------------------------- */

#if defined(__i386__)
/* The registers at a fault, and what the kernel said about it. A handler may change every register. */
struct bulkhead_fault_frame {
    uint32_t kind;               /* BULKHEAD_FAULT_KIND_... */
    uint32_t vector;             /* the processor's vector, 0 to 31 */
    uint32_t error;              /* the processor's error code, or 0 */
    uint32_t interrupts_enabled; /* not 0 if interrupts were enabled */
    uint32_t address;            /* what a memory fault touched, otherwise 0 */
    uint32_t program_counter;
    uint32_t flags;
    uint32_t stack_pointer;      /* 16 bytes below it are written when the handler returns */
    uint32_t eax;
    uint32_t ecx;
    uint32_t edx;
    uint32_t ebx;
    uint32_t ebp;
    uint32_t esi;
    uint32_t edi;
};
#elif defined(__sparc__)
/* The registers at a fault, and what the kernel said about it. A handler may change every register that is here; the
   locals and ins of the window stay in it. */
struct bulkhead_fault_frame {
    uint32_t kind;               /* BULKHEAD_FAULT_KIND_... */
    uint32_t vector;             /* the processor's trap type, 0 to 255 */
    uint32_t error;              /* the memory management unit's fault status, or 0 */
    uint32_t interrupts_enabled; /* not 0 if interrupts were enabled */
    uint32_t address;            /* what a memory fault touched, otherwise 0 */
    uint32_t program_counter;
    uint32_t next_program_counter;
    uint32_t flags;              /* PSR as the partition sees it */
    uint32_t stack_pointer;
    uint32_t y;
    uint32_t globals[7];         /* g1 to g7 */
    uint32_t outs[8];            /* o0 to o7; of these o6 is only to be read */
};
#else
struct bulkhead_fault_frame;
#endif

/* Called on the fault stack with interrupts disabled. When it returns, the partition goes on as the frame then says. */
typedef void (*bulkhead_fault_function)(struct bulkhead_fault_frame *frame);

/*
 * Installs the handler of all faults; NULL sends them to the health monitor. A fault inside the handler goes to the
 * health monitor, until the handler returns or calls bulkhead_fault_taken.
 */
void bulkhead_fault_handler(bulkhead_fault_function function);

/*
 * Not 0 if ARINC 653's error handler has the fault of this task: then the handler of an executive returns at once, and
 * the task goes on elsewhere. An executive asks if the task has not left its stack.
 */
uint32_t bulkhead_fault_claimed(struct bulkhead_fault_frame *frame);

/* Lets the next fault be delivered. For a handler that will not return to its frame, when it has done with it. */
void bulkhead_fault_taken(void);

/* ---- For tests of a kernel ---------------------------------------------------------------------------------- */

/* Makes a call with any number and arguments; what the kernel answered. */
int32_t bulkhead_hypercall(uint32_t number, uint32_t first, uint32_t second);

/* The same with three arguments. */
int32_t bulkhead_long_hypercall(uint32_t number, uint32_t first, uint32_t second, uint32_t third);

#ifdef __cplusplus
}
#endif

#endif
