/*
 * ARINC 653's services for partitions, processes, ports, errors, schedules, memory blocks and time.
 *
 * It follows part 1, supplement 5 (P1-5), and for what has "part 2" beside it part 2, supplement 4, in types, values,
 * order of parameters and of fields, conditions and their order. Where other headers differ, a program notices when it
 * is compiled, or must be compiled anew; binaries cannot be exchanged:
 *
 *   NAME_TYPE                 32 characters from supplement 4 on, 30 before and in POK and AIR. The system file's names
 *                             have 1 to 30, so that a zero ends them in both. Names that differ in case differ
 *   SAMPLING_PORT_STATUS      supplement 5: size, direction, period, validity. POK and AIR: period first
 *   PARTITION_STATUS          NUM_ASSIGNED_CORES is there from supplement 4 on
 *   ERROR_STATUS_TYPE         supplement 5: address, process, code, length, message. POK and AIR: code first
 *   PROCESS_ATTRIBUTE         supplement 5: period, capacity, entry, stack, priority, deadline, name
 *   MAX_ERROR_MESSAGE_SIZE    128 from supplement 4 on, 64 before and in POK and AIR
 *   identifiers               32 bits, as supplement 5 allows; a653rs and others have 64
 *   READ_SAMPLING_MESSAGE     of a port that is no destination: INVALID_MODE
 *
 * What the standard leaves to the system, or what is different here:
 *
 *   Ports exist by the system file. CREATE_..._PORT makes one known to the program, in COLD_START or WARM_START. A
 *   refresh period other than the channel's is the reader's own; size, range and direction must be the system file's.
 *   A port is known by a number from 1 on.
 *   A process is a task of the executive's, and known by its number. Priority p is the executive's 242 - p: 3 to 241 of
 *   RTEMS's. Other tasks of the program execute in every mode, by their own priorities, and go on when they have asked
 *   for NORMAL. They may wait and raise errors as processes do.
 *   LOCK_LEVEL is 1 before NORMAL. A process that has locked preemption has the executive's priority 2.
 *   Before NORMAL, while preemption is locked and in the error handler nobody may wait, and in an interrupt handler
 *   never: INVALID_MODE. A task with RTEMS_NO_PREEMPT may.
 *   A period is a multiple of the major frame. It begins with the partition's first window of a frame.
 *   Release points, delays, time-outs and deadlines are looked at with each clock tick of the partition's windows.
 *   A time-out is infinite if it is negative, and out of range if the clock would never reach its end.
 *   Tasks that wait are served by FIFO or by the priority that they had when they began to.
 *   IDLE ends the partition with status 0. PERIOD is the major frame, DURATION the length of the current window.
 *   The clock counts from the begin of the first major frame.
 *   A program that asks for one of the services whose answer depends on the mode (GET_PARTITION_STATUS, CREATE_...) is
 *   in COLD_START or WARM_START until it sets the mode NORMAL, for the kernel too; one that asks for none of them is
 *   NORMAL from its first task on.
 *   The error handler is a task of the highest priority, which calls its function for each error. The log is the
 *   console.
 *   A message must lie in the partition's own memory: in a memory block it is INVALID_PARAM.
 */
#ifndef ARINC653_H
#define ARINC653_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Types -------------------------------------------------------------------------------------------------- */

typedef unsigned char APEX_BYTE;
typedef int32_t APEX_INTEGER;
typedef uint32_t APEX_UNSIGNED;
typedef int64_t APEX_LONG_INTEGER;

typedef enum {
    NO_ERROR = 0,       /* done */
    NO_ACTION = 1,      /* the state is already what was asked for */
    NOT_AVAILABLE = 2,  /* it cannot be done now */
    INVALID_PARAM = 3,  /* a parameter means nothing */
    INVALID_CONFIG = 4, /* a parameter does not agree with the configuration; a queue has overflowed */
    INVALID_MODE = 5,   /* it cannot be asked for in this state */
    TIMED_OUT = 6       /* it was not done in time */
} RETURN_CODE_TYPE;

#define MAX_NAME_LENGTH 32
typedef char NAME_TYPE[MAX_NAME_LENGTH];

typedef APEX_BYTE *MESSAGE_ADDR_TYPE;
typedef APEX_INTEGER MESSAGE_SIZE_TYPE;
typedef APEX_INTEGER MESSAGE_RANGE_TYPE;
typedef APEX_INTEGER WAITING_RANGE_TYPE;

typedef enum { SOURCE = 0, DESTINATION = 1 } PORT_DIRECTION_TYPE;
typedef enum { FIFO = 0, PRIORITY = 1 } QUEUING_DISCIPLINE_TYPE;
typedef enum { INVALID = 0, VALID = 1 } VALIDITY_TYPE;

typedef APEX_LONG_INTEGER SYSTEM_TIME_TYPE; /* nanoseconds */
#define INFINITE_TIME_VALUE ((SYSTEM_TIME_TYPE) -1)

/* ---- Partitions --------------------------------------------------------------------------------------------- */

typedef enum { IDLE = 0, COLD_START = 1, WARM_START = 2, NORMAL = 3 } OPERATING_MODE_TYPE;

typedef enum {
    NORMAL_START = 0,
    PARTITION_RESTART = 1,
    HM_MODULE_RESTART = 2,
    HM_PARTITION_RESTART = 3
} START_CONDITION_TYPE;

typedef APEX_INTEGER PARTITION_ID_TYPE;
typedef APEX_INTEGER LOCK_LEVEL_TYPE;
typedef APEX_INTEGER NUM_CORES_TYPE;

typedef struct {
    SYSTEM_TIME_TYPE PERIOD;
    SYSTEM_TIME_TYPE DURATION;
    PARTITION_ID_TYPE IDENTIFIER;
    LOCK_LEVEL_TYPE LOCK_LEVEL;
    OPERATING_MODE_TYPE OPERATING_MODE;
    START_CONDITION_TYPE START_CONDITION;
    NUM_CORES_TYPE NUM_ASSIGNED_CORES;
} PARTITION_STATUS_TYPE;

void GET_PARTITION_STATUS(PARTITION_STATUS_TYPE *PARTITION_STATUS, RETURN_CODE_TYPE *RETURN_CODE);

/*
 * IDLE, COLD_START and WARM_START do not return. INVALID_PARAM: no such mode. NO_ACTION: NORMAL in NORMAL.
 * INVALID_MODE: WARM_START in COLD_START.
 */
void SET_PARTITION_MODE(OPERATING_MODE_TYPE OPERATING_MODE, RETURN_CODE_TYPE *RETURN_CODE);

/* ---- Processes ---------------------------------------------------------------------------------------------- */

typedef NAME_TYPE PROCESS_NAME_TYPE;
typedef APEX_INTEGER PROCESS_ID_TYPE;
typedef APEX_INTEGER PROCESS_INDEX_TYPE;
typedef APEX_INTEGER PROCESSOR_CORE_ID_TYPE;
typedef APEX_UNSIGNED STACK_SIZE_TYPE;
typedef APEX_INTEGER PRIORITY_TYPE; /* the highest comes first */
typedef void *SYSTEM_ADDRESS_TYPE;

#define NULL_PROCESS_ID 0
#define MAIN_PROCESS_ID (-1)
#define CORE_AFFINITY_NO_PREFERENCE (-1)
#define SYSTEM_LIMIT_NUMBER_OF_PROCESSES 128
#define MIN_PRIORITY_VALUE 1
#define MAX_PRIORITY_VALUE 239
#define MIN_LOCK_LEVEL 0
#define MAX_LOCK_LEVEL 16

typedef enum { DORMANT = 0, READY = 1, RUNNING = 2, WAITING = 3, FAULTED = 4 } PROCESS_STATE_TYPE;
typedef enum { SOFT = 0, HARD = 1 } DEADLINE_TYPE;

typedef struct {
    SYSTEM_TIME_TYPE PERIOD;        /* INFINITE_TIME_VALUE: aperiodic */
    SYSTEM_TIME_TYPE TIME_CAPACITY; /* INFINITE_TIME_VALUE: no deadline */
    void (*ENTRY_POINT)(void);
    STACK_SIZE_TYPE STACK_SIZE; /* 2048 at least; the executive may make it larger */
    PRIORITY_TYPE BASE_PRIORITY;
    DEADLINE_TYPE DEADLINE;
    PROCESS_NAME_TYPE NAME;
} PROCESS_ATTRIBUTE_TYPE;

typedef struct {
    SYSTEM_TIME_TYPE DEADLINE_TIME; /* INFINITE_TIME_VALUE: none */
    PRIORITY_TYPE CURRENT_PRIORITY;
    PROCESS_STATE_TYPE PROCESS_STATE; /* FAULTED: the error handler has a fault of it */
    PROCESS_ATTRIBUTE_TYPE ATTRIBUTES;
} PROCESS_STATUS_TYPE;

/*
 * The executive needs a task for each process. What is missed of a deadline is an error: of the error handler, if there
 * is one, otherwise the partition's (`deadline-missed` of the system file, code 0 SOFT or 1 HARD). In this order:
 * INVALID_CONFIG: too many. NO_ACTION: there is one of this name. INVALID_PARAM: no entry point, stack, priority or
 * deadline out of range, a period of 0. INVALID_CONFIG: a period that is no multiple of the major frame. INVALID_PARAM:
 * a time capacity of 0, or longer than the period. INVALID_MODE: NORMAL. INVALID_CONFIG: no task or no memory is left.
 */
void CREATE_PROCESS(
    const PROCESS_ATTRIBUTE_TYPE *ATTRIBUTES, PROCESS_ID_TYPE *PROCESS_ID, RETURN_CODE_TYPE *RETURN_CODE);

/* INVALID_CONFIG: no process has this name. */
void GET_PROCESS_ID(const char *PROCESS_NAME, PROCESS_ID_TYPE *PROCESS_ID, RETURN_CODE_TYPE *RETURN_CODE);

/* INVALID_PARAM: no such process. */
void GET_PROCESS_STATUS(
    PROCESS_ID_TYPE PROCESS_ID, PROCESS_STATUS_TYPE *PROCESS_STATUS, RETURN_CODE_TYPE *RETURN_CODE);

/* Before NORMAL MAIN_PROCESS_ID. INVALID_MODE: the error handler, or a task that is no process. */
void GET_MY_ID(PROCESS_ID_TYPE *PROCESS_ID, RETURN_CODE_TYPE *RETURN_CODE);

/* From 0 on, in the order of creation. INVALID_MODE: the caller is no process. */
void GET_MY_INDEX(PROCESS_INDEX_TYPE *PROCESS_INDEX, RETURN_CODE_TYPE *RETURN_CODE);

/* In this order: INVALID_PARAM: no such process. INVALID_CONFIG: neither 0 nor no preference. INVALID_MODE: NORMAL. */
void INITIALIZE_PROCESS_CORE_AFFINITY(
    PROCESS_ID_TYPE PROCESS_ID, PROCESSOR_CORE_ID_TYPE PROCESSOR_CORE_ID, RETURN_CODE_TYPE *RETURN_CODE);

void GET_MY_PROCESSOR_CORE_ID(PROCESSOR_CORE_ID_TYPE *PROCESSOR_CORE_ID, RETURN_CODE_TYPE *RETURN_CODE);

/*
 * Begins at its entry point: an aperiodic process at once or when the mode is NORMAL, a periodic one at its first
 * release point. It is dormant when it returns from there. In this order: INVALID_PARAM: no such process. NO_ACTION:
 * not dormant. INVALID_CONFIG: the clock never reaches its deadline.
 */
void START(PROCESS_ID_TYPE PROCESS_ID, RETURN_CODE_TYPE *RETURN_CODE);

/* As START, and behind NO_ACTION: INVALID_PARAM: infinite, out of range, or not less than the period. */
void DELAYED_START(PROCESS_ID_TYPE PROCESS_ID, SYSTEM_TIME_TYPE DELAY_TIME, RETURN_CODE_TYPE *RETURN_CODE);

/* In this order: INVALID_PARAM: no such process, or the caller. NO_ACTION: dormant. */
void STOP(PROCESS_ID_TYPE PROCESS_ID, RETURN_CODE_TYPE *RETURN_CODE);

/* Does not return to a process or the error handler. Does nothing for other tasks. */
void STOP_SELF(void);

/*
 * In this order: INVALID_MODE: it has locked preemption. INVALID_PARAM: no such process, or the caller. INVALID_MODE:
 * dormant, faulted, periodic. NO_ACTION: suspended already.
 */
void SUSPEND(PROCESS_ID_TYPE PROCESS_ID, RETURN_CODE_TYPE *RETURN_CODE);

/*
 * With a time-out of 0 it is not suspended. In this order: INVALID_MODE: the caller may not wait. INVALID_PARAM: a
 * time-out out of range. INVALID_MODE: the caller is no process, or periodic. TIMED_OUT: not resumed in time.
 */
void SUSPEND_SELF(SYSTEM_TIME_TYPE TIME_OUT, RETURN_CODE_TYPE *RETURN_CODE);

/*
 * In this order: INVALID_PARAM: no such process, or the caller. INVALID_MODE: dormant, faulted (it cannot go on),
 * periodic. NO_ACTION: not suspended.
 */
void RESUME(PROCESS_ID_TYPE PROCESS_ID, RETURN_CODE_TYPE *RETURN_CODE);

/* In this order: INVALID_PARAM: no such process, no such priority. INVALID_MODE: dormant. */
void SET_PRIORITY(PROCESS_ID_TYPE PROCESS_ID, PRIORITY_TYPE PRIORITY, RETURN_CODE_TYPE *RETURN_CODE);

/*
 * No other process executes until it is unlocked as often; the error handler does. LOCK_LEVEL is stored with every
 * code. In this order: NO_ACTION: the caller is no process, not NORMAL. INVALID_MODE: another process has locked it,
 * and waits by means of the executive. INVALID_CONFIG: MAX_LOCK_LEVEL.
 */
void LOCK_PREEMPTION(LOCK_LEVEL_TYPE *LOCK_LEVEL, RETURN_CODE_TYPE *RETURN_CODE);

/* In this order: NO_ACTION: the caller is no process, not NORMAL, not locked. INVALID_MODE: by another process. */
void UNLOCK_PREEMPTION(LOCK_LEVEL_TYPE *LOCK_LEVEL, RETURN_CODE_TYPE *RETURN_CODE);

/* ---- Errors -------------------------------------------------------------------------------------------------- */

typedef enum {
    DEADLINE_MISSED = 0,
    APPLICATION_ERROR = 1,
    NUMERIC_ERROR = 2,
    ILLEGAL_REQUEST = 3,
    STACK_OVERFLOW = 4,
    MEMORY_VIOLATION = 5,
    HARDWARE_FAULT = 6,
    POWER_FAIL = 7
} ERROR_CODE_TYPE;

typedef enum { PROCESSES_PAUSE = 0, PROCESSES_SCHEDULED = 1 } ERROR_HANDLER_CONCURRENCY_CONTROL_TYPE;

#define MAX_ERROR_MESSAGE_SIZE 128
typedef APEX_BYTE ERROR_MESSAGE_TYPE[MAX_ERROR_MESSAGE_SIZE];
typedef APEX_INTEGER ERROR_MESSAGE_SIZE_TYPE;

typedef struct {
    SYSTEM_ADDRESS_TYPE FAILED_ADDRESS; /* the instruction that has faulted, or NULL */
    PROCESS_ID_TYPE FAILED_PROCESS_ID;  /* the executive's task, or NULL_PROCESS_ID for what the kernel has noticed */
    ERROR_CODE_TYPE ERROR_CODE;
    ERROR_MESSAGE_SIZE_TYPE LENGTH;
    ERROR_MESSAGE_TYPE MESSAGE; /* what was raised; otherwise the system file's word for the error */
} ERROR_STATUS_TYPE;

/* Writes a line to the console. INVALID_PARAM: longer than MAX_ERROR_MESSAGE_SIZE. */
void REPORT_APPLICATION_MESSAGE(
    const void *MESSAGE_ADDR, ERROR_MESSAGE_SIZE_TYPE LENGTH, RETURN_CODE_TYPE *RETURN_CODE);

/*
 * Returns when the error handler has done with the error. With none, in it, in an interrupt handler and before NORMAL
 * the error is the partition's, and the system file says what becomes of it: this returns if the partition goes on.
 * INVALID_PARAM: longer than MAX_ERROR_MESSAGE_SIZE, or another code than APPLICATION_ERROR.
 */
void RAISE_APPLICATION_ERROR(
    ERROR_CODE_TYPE ERROR_CODE,
    const void *MESSAGE_ADDR,
    ERROR_MESSAGE_SIZE_TYPE LENGTH,
    RETURN_CODE_TYPE *RETURN_CODE);

/*
 * From NORMAL on the function is called for each error of a task: faults, what it raises, and for what the kernel
 * notices and the system file delivers. It returns when it has done, or stops itself. What a task has raised is over
 * then; a task that has faulted and that the handler has not stopped, deleted or begun anew makes its error the
 * partition's. The executive needs a task for it. In this order: NO_ACTION: there is one. INVALID_CONFIG: no function,
 * less than 4096 bytes of stack. INVALID_MODE: NORMAL. INVALID_CONFIG: no task or no memory is left.
 */
void CREATE_ERROR_HANDLER(void (*ENTRY_POINT)(void), STACK_SIZE_TYPE STACK_SIZE, RETURN_CODE_TYPE *RETURN_CODE);

/* The oldest error. In this order: INVALID_CONFIG: the caller is not the error handler. NO_ACTION: no error. */
void GET_ERROR_STATUS(ERROR_STATUS_TYPE *ERROR_STATUS, RETURN_CODE_TYPE *RETURN_CODE);

/*
 * On one processor, tasks wait for the error handler either way. In this order: INVALID_CONFIG: there is no error
 * handler. INVALID_PARAM: no such control, no such processor. INVALID_MODE: NORMAL.
 */
void CONFIGURE_ERROR_HANDLER(
    ERROR_HANDLER_CONCURRENCY_CONTROL_TYPE CONCURRENCY_CONTROL,
    PROCESSOR_CORE_ID_TYPE PROCESSOR_CORE_ID,
    RETURN_CODE_TYPE *RETURN_CODE);

/* ---- Schedules, part 2 --------------------------------------------------------------------------------------- */

typedef NAME_TYPE SCHEDULE_NAME_TYPE;
typedef APEX_INTEGER SCHEDULE_ID_TYPE;

typedef struct {
    SYSTEM_TIME_TYPE TIME_OF_LAST_SCHEDULE_SWITCH; /* 0: there has been none */
    SCHEDULE_ID_TYPE CURRENT_SCHEDULE;
    SCHEDULE_ID_TYPE NEXT_SCHEDULE; /* from the next major frame on */
} SCHEDULE_STATUS_TYPE;

/*
 * From the next major frame on; the last request counts. In this order: INVALID_PARAM: no such schedule.
 * INVALID_CONFIG: the partition has not the right `system`. NO_ACTION: it is the current one, which goes on.
 */
void SET_MODULE_SCHEDULE(SCHEDULE_ID_TYPE SCHEDULE_ID, RETURN_CODE_TYPE *RETURN_CODE);

void GET_MODULE_SCHEDULE_STATUS(SCHEDULE_STATUS_TYPE *SCHEDULE_STATUS, RETURN_CODE_TYPE *RETURN_CODE);

/* INVALID_CONFIG: no schedule has this name. */
void GET_MODULE_SCHEDULE_ID(
    const char *SCHEDULE_NAME, SCHEDULE_ID_TYPE *SCHEDULE_ID, RETURN_CODE_TYPE *RETURN_CODE);

/* ---- Time --------------------------------------------------------------------------------------------------- */

void GET_TIME(SYSTEM_TIME_TYPE *SYSTEM_TIME, RETURN_CODE_TYPE *RETURN_CODE);

/*
 * With 0 the others of the caller's priority come first. In this order: INVALID_MODE: the caller may not wait.
 * INVALID_PARAM: infinite, or out of range.
 */
void TIMED_WAIT(SYSTEM_TIME_TYPE DELAY_TIME, RETURN_CODE_TYPE *RETURN_CODE);

/*
 * Returns at the next release point; at once if that has passed. In this order: INVALID_MODE: the caller may not wait,
 * or is not periodic. INVALID_CONFIG: the clock never reaches its next deadline.
 */
void PERIODIC_WAIT(RETURN_CODE_TYPE *RETURN_CODE);

/*
 * The deadline is so long from now. In this order: INVALID_PARAM: out of range. NO_ACTION: the caller is no process,
 * not NORMAL. INVALID_MODE: periodic, and the deadline would be behind the next release point.
 */
void REPLENISH(SYSTEM_TIME_TYPE BUDGET_TIME, RETURN_CODE_TYPE *RETURN_CODE);

/* ---- Sampling ports ----------------------------------------------------------------------------------------- */

typedef NAME_TYPE SAMPLING_PORT_NAME_TYPE;
typedef APEX_INTEGER SAMPLING_PORT_ID_TYPE;

typedef struct {
    MESSAGE_SIZE_TYPE MAX_MESSAGE_SIZE;
    PORT_DIRECTION_TYPE PORT_DIRECTION;
    SYSTEM_TIME_TYPE REFRESH_PERIOD;
    VALIDITY_TYPE LAST_MSG_VALIDITY; /* of the message that was read last */
} SAMPLING_PORT_STATUS_TYPE;

/*
 * In this order: INVALID_CONFIG: the partition has no such sampling port. NO_ACTION: created already. INVALID_CONFIG:
 * another size, another direction, a refresh period that is not positive. INVALID_MODE: NORMAL.
 */
void CREATE_SAMPLING_PORT(
    const char *SAMPLING_PORT_NAME,
    MESSAGE_SIZE_TYPE MAX_MESSAGE_SIZE,
    PORT_DIRECTION_TYPE PORT_DIRECTION,
    SYSTEM_TIME_TYPE REFRESH_PERIOD,
    SAMPLING_PORT_ID_TYPE *SAMPLING_PORT_ID,
    RETURN_CODE_TYPE *RETURN_CODE);

/*
 * In this order: INVALID_PARAM: no such port. INVALID_CONFIG: too long. INVALID_PARAM: a length that is not positive.
 * INVALID_MODE: not a source.
 */
void WRITE_SAMPLING_MESSAGE(
    SAMPLING_PORT_ID_TYPE SAMPLING_PORT_ID,
    const void *MESSAGE_ADDR,
    MESSAGE_SIZE_TYPE LENGTH,
    RETURN_CODE_TYPE *RETURN_CODE);

/*
 * The room is for the port's longest message. In this order: INVALID_PARAM: no such port. INVALID_MODE: not a
 * destination. NO_ACTION, INVALID and a length of 0: there has been no message. A message that is older than the
 * refresh period is read all the same, with INVALID.
 */
void READ_SAMPLING_MESSAGE(
    SAMPLING_PORT_ID_TYPE SAMPLING_PORT_ID,
    void *MESSAGE_ADDR,
    MESSAGE_SIZE_TYPE *LENGTH,
    VALIDITY_TYPE *VALIDITY,
    RETURN_CODE_TYPE *RETURN_CODE);

/* INVALID_CONFIG: no sampling port has been created under this name. */
void GET_SAMPLING_PORT_ID(
    const char *SAMPLING_PORT_NAME, SAMPLING_PORT_ID_TYPE *SAMPLING_PORT_ID, RETURN_CODE_TYPE *RETURN_CODE);

/* INVALID_PARAM: no such port. */
void GET_SAMPLING_PORT_STATUS(
    SAMPLING_PORT_ID_TYPE SAMPLING_PORT_ID,
    SAMPLING_PORT_STATUS_TYPE *SAMPLING_PORT_STATUS,
    RETURN_CODE_TYPE *RETURN_CODE);

/* ---- Sampling ports, part 2 --------------------------------------------------------------------------------- */

typedef enum { EMPTY_PORT = 0, CONSUMED_MESSAGE = 1, NEW_MESSAGE = 2 } UPDATED_TYPE;
typedef enum { STALE = 0, FRESH = 1 } AGE_TYPE;

typedef struct {
    SYSTEM_TIME_TYPE REFRESH_PERIOD;
    SYSTEM_TIME_TYPE TIME_STAMP; /* of the last message; 0 if there is none */
    MESSAGE_SIZE_TYPE MAX_MESSAGE_SIZE;
    PORT_DIRECTION_TYPE PORT_DIRECTION;
    AGE_TYPE MESSAGE_AGE;
    UPDATED_TYPE UPDATED; /* a source has no NEW_MESSAGE */
} SAMPLING_PORT_CURRENT_STATUS_TYPE;

/* As READ_SAMPLING_MESSAGE; NO_ACTION, with what UPDATED says, also if this port has read the message before. */
void READ_UPDATED_SAMPLING_MESSAGE(
    SAMPLING_PORT_ID_TYPE SAMPLING_PORT_ID,
    void *MESSAGE_ADDR,
    MESSAGE_SIZE_TYPE *LENGTH,
    UPDATED_TYPE *UPDATED,
    RETURN_CODE_TYPE *RETURN_CODE);

/* As READ_SAMPLING_MESSAGE; NO_ACTION also if the message was not written after REF_TIME_STAMP. */
void READ_SAMPLING_MESSAGE_CONDITIONAL(
    SAMPLING_PORT_ID_TYPE SAMPLING_PORT_ID,
    SYSTEM_TIME_TYPE REF_TIME_STAMP,
    void *MESSAGE_ADDR,
    MESSAGE_SIZE_TYPE *LENGTH,
    SYSTEM_TIME_TYPE *TIME_STAMP,
    RETURN_CODE_TYPE *RETURN_CODE);

/* INVALID_PARAM: no such port. */
void GET_SAMPLING_PORT_CURRENT_STATUS(
    SAMPLING_PORT_ID_TYPE SAMPLING_PORT_ID,
    SAMPLING_PORT_CURRENT_STATUS_TYPE *SAMPLING_PORT_CURRENT_STATUS,
    RETURN_CODE_TYPE *RETURN_CODE);

/* ---- Queuing ports ------------------------------------------------------------------------------------------ */

typedef NAME_TYPE QUEUING_PORT_NAME_TYPE;
typedef APEX_INTEGER QUEUING_PORT_ID_TYPE;

typedef struct {
    MESSAGE_RANGE_TYPE NB_MESSAGE;
    MESSAGE_RANGE_TYPE MAX_NB_MESSAGE;
    MESSAGE_SIZE_TYPE MAX_MESSAGE_SIZE;
    PORT_DIRECTION_TYPE PORT_DIRECTION;
    WAITING_RANGE_TYPE WAITING_PROCESSES;
} QUEUING_PORT_STATUS_TYPE;

/*
 * In this order: INVALID_CONFIG: the partition has no such queuing port. NO_ACTION: created already. INVALID_CONFIG:
 * another size, another number of messages, another direction, no discipline. INVALID_MODE: NORMAL.
 */
void CREATE_QUEUING_PORT(
    const char *QUEUING_PORT_NAME,
    MESSAGE_SIZE_TYPE MAX_MESSAGE_SIZE,
    MESSAGE_RANGE_TYPE MAX_NB_MESSAGE,
    PORT_DIRECTION_TYPE PORT_DIRECTION,
    QUEUING_DISCIPLINE_TYPE QUEUING_DISCIPLINE,
    QUEUING_PORT_ID_TYPE *QUEUING_PORT_ID,
    RETURN_CODE_TYPE *RETURN_CODE);

/*
 * In this order: INVALID_PARAM: no such port, a time-out out of range. INVALID_CONFIG: too long. INVALID_PARAM: a
 * length that is not positive. INVALID_MODE: not a source. NOT_AVAILABLE: full, and TIME_OUT is 0. INVALID_MODE: full,
 * and the caller may not wait. TIMED_OUT.
 */
void SEND_QUEUING_MESSAGE(
    QUEUING_PORT_ID_TYPE QUEUING_PORT_ID,
    const void *MESSAGE_ADDR,
    MESSAGE_SIZE_TYPE LENGTH,
    SYSTEM_TIME_TYPE TIME_OUT,
    RETURN_CODE_TYPE *RETURN_CODE);

/*
 * The room is for the port's longest message. In this order: INVALID_PARAM: no such port, a time-out out of range.
 * INVALID_MODE: not a destination. NOT_AVAILABLE: empty, and TIME_OUT is 0. INVALID_MODE: empty, and the caller may not
 * wait. TIMED_OUT. INVALID_CONFIG with a message: since the one before a message was not sent, because the queue was
 * full. LENGTH is 0 if there is no message.
 */
void RECEIVE_QUEUING_MESSAGE(
    QUEUING_PORT_ID_TYPE QUEUING_PORT_ID,
    SYSTEM_TIME_TYPE TIME_OUT,
    void *MESSAGE_ADDR,
    MESSAGE_SIZE_TYPE *LENGTH,
    RETURN_CODE_TYPE *RETURN_CODE);

/* INVALID_CONFIG: no queuing port has been created under this name. */
void GET_QUEUING_PORT_ID(
    const char *QUEUING_PORT_NAME, QUEUING_PORT_ID_TYPE *QUEUING_PORT_ID, RETURN_CODE_TYPE *RETURN_CODE);

/* INVALID_PARAM: no such port. */
void GET_QUEUING_PORT_STATUS(
    QUEUING_PORT_ID_TYPE QUEUING_PORT_ID,
    QUEUING_PORT_STATUS_TYPE *QUEUING_PORT_STATUS,
    RETURN_CODE_TYPE *RETURN_CODE);

/* In this order: INVALID_PARAM: no such port. INVALID_MODE: not a destination. NO_ACTION: empty. */
void CLEAR_QUEUING_PORT(QUEUING_PORT_ID_TYPE QUEUING_PORT_ID, RETURN_CODE_TYPE *RETURN_CODE);

/* ---- Memory blocks, part 2 ---------------------------------------------------------------------------------- */

typedef NAME_TYPE MEMORY_BLOCK_NAME_TYPE;
typedef APEX_INTEGER MEMORY_BLOCK_SIZE_TYPE;
typedef enum { READ = 0, READ_WRITE = 1 } MEMORY_BLOCK_MODE_TYPE;

typedef struct {
    APEX_BYTE *MEMORY_BLOCK_ADDR;
    MEMORY_BLOCK_MODE_TYPE MEMORY_BLOCK_MODE;
    MEMORY_BLOCK_SIZE_TYPE MEMORY_BLOCK_SIZE;
} MEMORY_BLOCK_STATUS_TYPE;

/* A region of shared memory of the system file. INVALID_CONFIG: the partition has none of this name. */
void GET_MEMORY_BLOCK_STATUS(
    const char *MEMORY_BLOCK_NAME, MEMORY_BLOCK_STATUS_TYPE *MEMORY_BLOCK_STATUS, RETURN_CODE_TYPE *RETURN_CODE);

#ifdef __cplusplus
}
#endif

#endif
