/* The Bulkhead partition interface: layouts, numbers and codes. docs/interface.md explains them. */

#ifndef BULKHEAD_ABI_H
#define BULKHEAD_ABI_H

/* Made from the crate bulkhead-abi by guest/tests/header.rs; change that crate, not this file. */

#include <stdint.h>

/* A word that both the kernel and the partition may change at any moment. */
typedef volatile uint32_t bulkhead_word;

/*
 Version of this interface: major in the high half, minor in the low half.

 A kernel runs a partition only if the major versions agree and the kernel's minor version is not lower than
 the one the partition was built for.
 */
#define BULKHEAD_INTERFACE_VERSION 65542

/*
 "BULK" in ASCII, the first word of the start information.
 */
#define BULKHEAD_START_MAGIC 1112886347

/*
 The deadline that never comes: arming a timer with it disarms the timer.
 */
#define BULKHEAD_NEVER UINT64_MAX

/*
 The longest name of a partition, in bytes, without the terminating zero (ARINC 653: names of 30 characters).
 */
#define BULKHEAD_NAME_LENGTH_MAX 30

/*
 Bytes that a partition's name occupies, padded with zeros, at least one.
 */
#define BULKHEAD_NAME_SIZE (BULKHEAD_NAME_LENGTH_MAX + 2)

/*
 The longest command line of a partition, in bytes, without the terminating zero.
 */
#define BULKHEAD_COMMAND_LINE_LENGTH_MAX 1023

/*
 Bytes that a command line occupies, padded with zeros, at least one.
 */
#define BULKHEAD_COMMAND_LINE_SIZE (BULKHEAD_COMMAND_LINE_LENGTH_MAX + 1)

/*
 Bytes that a page of the interface occupies, whatever the processor's own page size is.
 */
#define BULKHEAD_PAGE_SIZE 4096

/*
 Offset of the command register of a PCI function, whose status is in the upper half (PCI 3.0, 6.2.2).
 */
#define BULKHEAD_COMMAND_REGISTER 4

/*
 The function answers at its ports.
 */
#define BULKHEAD_COMMAND_PORTS 1

/*
 The function answers at its memory.
 */
#define BULKHEAD_COMMAND_MEMORY (1 << 1)

/*
 The function reads and writes memory by itself. Off when its owner starts.
 */
#define BULKHEAD_COMMAND_BUS_MASTER (1 << 2)

/*
 The function does not use its interrupt pin.
 */
#define BULKHEAD_COMMAND_NO_PIN (1 << 10)

/*
 One more than the highest number in use. 0 is no error's.
 */
#define BULKHEAD_HEALTH_ERROR_COUNT 20

/*
 One more than the highest number in use.
 */
#define BULKHEAD_CALL_COUNT 32

/*
 How many lines a partition has.
 */
#define BULKHEAD_LINE_COUNT 32

/*
 The interrupt vector of a hypercall, `int $0x80`.

 Number in `eax`, arguments in `ebx`, `ecx`, `edx`, `esi`, `edi`; result in `eax`; every other register is kept.
 */
#define BULKHEAD_I386_CALL_VECTOR 128

/*
 Where the information page is mapped, read-only.
 */
#define BULKHEAD_I386_INFORMATION_PAGE 1105920

/*
 Where the shared page is mapped.
 */
#define BULKHEAD_I386_SHARED_PAGE 1110016

/*
 Where a partition's memory begins and its image is linked. Everything below the information page is
 unmapped, so that a null pointer faults.

 Nothing below is executable, and that is as far as the processor's virtual-8086 mode reaches: a guest that gets
 there, which some emulators allow, does not execute one instruction in it.
 */
#define BULKHEAD_I386_MEMORY_BASE 1114112

/*
 The most memory a partition can have, in bytes: up to the last 16 MiB of the address space.
 */
#define BULKHEAD_I386_MEMORY_SIZE_MAX (4278190080 - BULKHEAD_I386_MEMORY_BASE)

/*
 Code segment selector of a guest.
 */
#define BULKHEAD_I386_CODE_SELECTOR 35

/*
 Data and stack segment selector of a guest.
 */
#define BULKHEAD_I386_DATA_SELECTOR 43

/*
 Selector of the thread-local storage segment: 4 GiB from the base that `Hypercall.SetTlsBase`
 gave. The call also loads `gs` with it.

 It is entry 3 of the table because RTEMS loads that entry into `gs` by itself (`0x18`, asking for level 0,
 which a segment of level 3 allows a guest), in code that no link-time pack can replace.
 */
#define BULKHEAD_I386_TLS_SELECTOR 27

/*
 The longest message of a channel, in bytes.
 */
#define BULKHEAD_MESSAGE_SIZE_MAX (64 * 1024)

/*
 The most ports that a partition can have: one bit for each in `SharedPage.ports`.
 */
#define BULKHEAD_PORTS_PER_PARTITION_MAX 64

/*
 The bit in the first argument of `Hypercall.QueuingSend`, beside the port's number, of a sender that will
 come again when there is room: that the queue is full now is no overflow.
 */
#define BULKHEAD_SEND_WAITS 2147483648

/*
 The bits of a result that are the length.
 */
#define BULKHEAD_RECEIVED_LENGTH 16777215

/*
 The bit of a result for a message that is valid.
 */
#define BULKHEAD_RECEIVED_VALID 16777216

/*
 The bit of a result for a message that is new.
 */
#define BULKHEAD_RECEIVED_NEW 33554432

/*
 The bit of a result for a queue that has overflowed.
 */
#define BULKHEAD_RECEIVED_OVERFLOW 67108864

/*
 A virtual interrupt line: a bit of the shared page's `pending` and `mask` words.

 Lines 5 to 7 are reserved for the kernel, 8 to 15 are those that the system file gives a partition: for the
 doorbells of shared memory and for interrupts of its devices. 16 to 31 are the partition's own: the kernel never
 touches them, so the guest layer may use them for software interrupts.
 */
enum bulkhead_line
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     The partition's timer has reached its deadline.
     */
    BULKHEAD_LINE_TIMER = 0,
    /*
     A window of this partition has begun.
     */
    BULKHEAD_LINE_WINDOW = 1,
    /*
     The console has input for this partition.
     */
    BULKHEAD_LINE_CONSOLE = 2,
    /*
     A message has come to a port, or there is room in a queue that was full: `SharedPage.ports` says
     where.
     */
    BULKHEAD_LINE_PORT = 3,
    /*
     The health monitor tells of an error: `SharedPage.errors` says which.
     */
    BULKHEAD_LINE_HEALTH = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bulkhead_line bulkhead_line;
#else
typedef uint32_t bulkhead_line;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 What the health monitor does.
 */
enum bulkhead_health_action
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     Nothing at all.
     */
    BULKHEAD_HEALTH_ACTION_IGNORE = 0,
    /*
     Nothing but a record.
     */
    BULKHEAD_HEALTH_ACTION_LOG = 1,
    /*
     The partition starts again, warm, if its budget of restarts allows.
     */
    BULKHEAD_HEALTH_ACTION_WARM_RESTART = 2,
    /*
     The partition starts again, cold, if its budget of restarts allows.
     */
    BULKHEAD_HEALTH_ACTION_COLD_RESTART = 3,
    /*
     The partition is stopped.
     */
    BULKHEAD_HEALTH_ACTION_IDLE = 4,
    /*
     The system ends.
     */
    BULKHEAD_HEALTH_ACTION_STOP_MODULE = 5,
    /*
     Everything starts again, as when the system starts; the clock goes on.
     */
    BULKHEAD_HEALTH_ACTION_RESTART_MODULE = 6,
    /*
     The partition's own handler has it. In records only: a `Response` has a bit for it.
     */
    BULKHEAD_HEALTH_ACTION_DELIVER = 7,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bulkhead_health_action bulkhead_health_action;
#else
typedef uint8_t bulkhead_health_action;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 A hypercall's refusal. The call returns the negative number; zero and above mean success.

 The nearest ARINC 653 return code stands with each.
 */
enum bulkhead_error
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     No call has this number.
     */
    BULKHEAD_ERROR_UNKNOWN_CALL = -1,
    /*
     A range that the partition passed does not lie in its own memory, or may not be written
     (`INVALID_PARAM`).
     */
    BULKHEAD_ERROR_BAD_ADDRESS = -2,
    /*
     A number that the partition passed is outside its range (`INVALID_PARAM`).
     */
    BULKHEAD_ERROR_BAD_ARGUMENT = -3,
    /*
     The system file does not give this partition what it asks for (`INVALID_CONFIG`).
     */
    BULKHEAD_ERROR_NOT_PERMITTED = -4,
    /*
     Nothing there, or no room, at this moment (`NOT_AVAILABLE`).
     */
    BULKHEAD_ERROR_NOT_AVAILABLE = -5,
    /*
     Not in the mode that the partition is in (`INVALID_MODE`).
     */
    BULKHEAD_ERROR_INVALID_MODE = -6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bulkhead_error bulkhead_error;
#else
typedef int32_t bulkhead_error;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 What kind of fault a guest has caused, the same names on every processor.

 The processor's own number for it is in the fault record besides. The nearest error identifier of the
 ARINC 653 health monitor stands with each.
 */
enum bulkhead_fault_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     A read, write or fetch where the partition has no such right (`MEMORY_VIOLATION`).
     */
    BULKHEAD_FAULT_KIND_MEMORY = 1,
    /*
     An instruction that only a kernel may execute, or a port or segment that is not the guest's
     (`ILLEGAL_REQUEST`).
     */
    BULKHEAD_FAULT_KIND_PRIVILEGE = 2,
    /*
     An instruction that the processor does not know (`ILLEGAL_REQUEST`).
     */
    BULKHEAD_FAULT_KIND_INSTRUCTION = 3,
    /*
     Division by zero, or a checked integer overflow (`NUMERIC_ERROR`).
     */
    BULKHEAD_FAULT_KIND_ARITHMETIC = 4,
    /*
     A floating-point exception that the guest has not masked (`NUMERIC_ERROR`).
     */
    BULKHEAD_FAULT_KIND_FLOATING_POINT = 5,
    /*
     An address that is not a multiple of what the access needs (`MEMORY_VIOLATION`).
     */
    BULKHEAD_FAULT_KIND_ALIGNMENT = 6,
    /*
     A breakpoint or a single step (`APPLICATION_ERROR`).
     */
    BULKHEAD_FAULT_KIND_DEBUG = 7,
    /*
     Anything else that the processor reports (`ILLEGAL_REQUEST`).
     */
    BULKHEAD_FAULT_KIND_OTHER = 8,
    /*
     Another mode of the processor than the partition was given (`ILLEGAL_REQUEST`). Never reported to the partition
     itself, which is stopped.
     */
    BULKHEAD_FAULT_KIND_MODE = 9,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bulkhead_fault_kind bulkhead_fault_kind;
#else
typedef uint32_t bulkhead_fault_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 An error that the health monitor deals with. The first are `FaultKind`s and have their numbers. The nearest
 `ERROR_CODE_TYPE` of ARINC 653 stands with each.
 */
enum bulkhead_health_error
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     `FaultKind.Memory` (`MEMORY_VIOLATION`).
     */
    BULKHEAD_HEALTH_ERROR_MEMORY = 1,
    /*
     `FaultKind.Privilege` (`ILLEGAL_REQUEST`).
     */
    BULKHEAD_HEALTH_ERROR_PRIVILEGE = 2,
    /*
     `FaultKind.Instruction` (`ILLEGAL_REQUEST`).
     */
    BULKHEAD_HEALTH_ERROR_INSTRUCTION = 3,
    /*
     `FaultKind.Arithmetic` (`NUMERIC_ERROR`).
     */
    BULKHEAD_HEALTH_ERROR_ARITHMETIC = 4,
    /*
     `FaultKind.FloatingPoint` (`NUMERIC_ERROR`).
     */
    BULKHEAD_HEALTH_ERROR_FLOATING_POINT = 5,
    /*
     `FaultKind.Alignment` (`MEMORY_VIOLATION`).
     */
    BULKHEAD_HEALTH_ERROR_ALIGNMENT = 6,
    /*
     `FaultKind.Debug` (`APPLICATION_ERROR`).
     */
    BULKHEAD_HEALTH_ERROR_BREAKPOINT = 7,
    /*
     `FaultKind.Other` (`ILLEGAL_REQUEST`).
     */
    BULKHEAD_HEALTH_ERROR_OTHER = 8,
    /*
     `FaultKind.Mode` (`ILLEGAL_REQUEST`).
     */
    BULKHEAD_HEALTH_ERROR_MODE = 9,
    /*
     A task has left its stack (`STACK_OVERFLOW`); the partition says so.
     */
    BULKHEAD_HEALTH_ERROR_STACK_OVERFLOW = 10,
    /*
     A task has missed its deadline (`DEADLINE_MISSED`); the partition says so.
     */
    BULKHEAD_HEALTH_ERROR_DEADLINE_MISSED = 11,
    /*
     What the partition calls an error (`APPLICATION_ERROR`).
     */
    BULKHEAD_HEALTH_ERROR_APPLICATION = 12,
    /*
     An error while the partition was not in the mode `Mode.Normal` yet. Never an error by itself: its response
     takes the place of the error's own, if it has one.
     */
    BULKHEAD_HEALTH_ERROR_INITIALIZATION = 13,
    /*
     A window of the partition has passed without being opened (`HARDWARE_FAULT`).
     */
    BULKHEAD_HEALTH_ERROR_WINDOW_LOST = 14,
    /*
     A window of the partition has begun later than the system file allows (`HARDWARE_FAULT`).
     */
    BULKHEAD_HEALTH_ERROR_WINDOW_LATE = 15,
    /*
     The partition has made more calls in a window than the system file allows (`ILLEGAL_REQUEST`).
     */
    BULKHEAD_HEALTH_ERROR_CALL_FLOOD = 16,
    /*
     The partition has run for longer than the system file allows without serving its watchdog (`DEADLINE_MISSED`).
     */
    BULKHEAD_HEALTH_ERROR_WATCHDOG = 17,
    /*
     A device of the kernel's has failed (`HARDWARE_FAULT`). Of the module.
     */
    BULKHEAD_HEALTH_ERROR_DEVICE = 18,
    /*
     The image of the partition is not what was built (`HARDWARE_FAULT`).
     */
    BULKHEAD_HEALTH_ERROR_IMAGE = 19,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bulkhead_health_error bulkhead_health_error;
#else
typedef uint32_t bulkhead_health_error;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 The number of a hypercall. `docs/interface.md` gives arguments, results and errors of each.

 How a number and its arguments travel is the processor's affair: see `machine`.
 */
enum bulkhead_call
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     Returns `INTERFACE_VERSION` of the kernel. No arguments, no errors.
     */
    BULKHEAD_CALL_INTERFACE_VERSION = 0,
    /*
     Writes bytes to the partition's console: (address, length in bytes). Returns how many were taken, which
     can be fewer, down to 0 when the device has no room. Errors: `BadAddress`.
     */
    BULKHEAD_CALL_CONSOLE_WRITE = 1,
    /*
     Reads bytes from the partition's console: (address, length in bytes). Returns how many were stored, 0 if
     none are waiting. Errors: `BadAddress`; `NotPermitted` if the console input belongs to another partition.
     */
    BULKHEAD_CALL_CONSOLE_READ = 2,
    /*
     Gives up the processor until a line of the shared page's mask is pending, or until the partition's next
     window begins, whichever is first. Returns 0. If a line is pending already it returns at once.
     */
    BULKHEAD_CALL_IDLE = 3,
    /*
     Arms the partition's timer: (low half, high half) of an absolute deadline in nanoseconds of the
     interface's clock. A deadline that has passed makes `Line.Timer` pending at once;
     `NEVER` disarms. Returns 0.
     */
    BULKHEAD_CALL_TIMER_SET = 4,
    /*
     Sets the base address of the thread-local storage segment: (address). Returns 0. On processors where a
     plain register holds it (SPARC) the guest layer does not call.
     */
    BULKHEAD_CALL_SET_TLS_BASE = 5,
    /*
     Ends this partition: (status). The system ends when every partition has. Does not return.
     */
    BULKHEAD_CALL_HALT = 6,
    /*
     Starts this partition again from its image: (0 = cold, 1 = warm). A warm start leaves memory outside the
     image as it is. Does not return. Errors: `BadArgument`.
     */
    BULKHEAD_CALL_RESTART = 7,
    /*
     Stores a `PartitionStatus` at (address). Returns 0. Errors: `BadAddress`.
     */
    BULKHEAD_CALL_STATUS = 8,
    /*
     Registers where interrupts and faults continue: (interrupt entry, fault entry), 0 for none.
     Returns 0. Until then lines stay pending, and a fault goes to the health monitor.
     */
    BULKHEAD_CALL_SET_UPCALLS = 9,
    /*
     Stores the `PortDescription` of a port: (port, address). Returns 0. Errors: `BadArgument` if the
     partition has no such port, `BadAddress`.
     */
    BULKHEAD_CALL_PORT_DESCRIBE = 10,
    /*
     Stores the `PortStatus` of a port: (port, address). Returns 0. Errors: `BadArgument`, `BadAddress`.
     */
    BULKHEAD_CALL_PORT_STATUS = 11,
    /*
     Writes a message to a sampling port: (port, address, length in bytes). Returns 0. Errors: `BadArgument` if there
     is no such port or the length is 0 or more than the port's; `NotPermitted` if it is no source of a sampling
     channel; `BadAddress`.
     */
    BULKHEAD_CALL_SAMPLING_WRITE = 12,
    /*
     Reads the last message of a sampling port: (port, address, room in bytes). Returns a `Received`.
     Errors: `BadArgument` if there is no such port, or the message is longer than the room; `NotPermitted` if it is
     no destination of a sampling channel; `BadAddress`; `NotAvailable` if there has been no message.
     */
    BULKHEAD_CALL_SAMPLING_READ = 13,
    /*
     Sends a message to a queuing port: (port with `port.SEND_WAITS` or without, address, length in bytes).
     Returns 0. Errors: as `SamplingWrite`, and `NotAvailable` if the queue is full.
     */
    BULKHEAD_CALL_QUEUING_SEND = 14,
    /*
     Receives the oldest message of a queuing port: (port, address, room in bytes). Returns a `Received`.
     Errors: as `SamplingRead`; `NotAvailable` if there is no message. A message that is not received stays.
     */
    BULKHEAD_CALL_QUEUING_RECEIVE = 15,
    /*
     Drops the messages that wait at a queuing port: (port). Returns how many there were. Errors: `BadArgument`;
     `NotPermitted` if it is no destination of a queuing channel.
     */
    BULKHEAD_CALL_QUEUING_CLEAR = 16,
    /*
     Stores the `RegionDescription` of a region of shared memory: (region, address). Returns 0. Errors:
     `BadArgument` if the system has no such region, `NotPermitted` if this partition does not share it,
     `BadAddress`.
     */
    BULKHEAD_CALL_REGION_DESCRIBE = 17,
    /*
     Makes the line of each other partition pending that shares a region and has a line for it: (region). Returns 0.
     Errors: `BadArgument`, `NotPermitted`.
     */
    BULKHEAD_CALL_DOORBELL = 18,
    /*
     Changes this partition's mode: (a `Mode`), after `SET_PARTITION_MODE`. `Mode.Normal` returns
     0, or 1 if that is the mode already; `Mode.Idle` is `Halt` with status 0, the others are `Restart`.
     Errors:
     `BadArgument`; `InvalidMode` for a warm start while a cold one is not done.
     */
    BULKHEAD_CALL_SET_MODE = 19,
    /*
     Tells the health monitor of an error of this partition's own: (a `HealthError` that can be raised,
     code, detail). Returns 0 if the partition is to go on. Errors: `BadArgument`.
     */
    BULKHEAD_CALL_RAISE_ERROR = 20,
    /*
     Serves this partition's watchdog. No arguments, returns 0. Errors: `NotPermitted` if it has none.
     */
    BULKHEAD_CALL_SERVE_WATCHDOG = 21,
    /*
     Stops or starts a partition: (partition, a `Mode` but `Mode.Normal`). Returns 0, or 1 if it
     is to be stopped and does not run. Errors: `BadArgument` if there is no such partition or mode, `NotPermitted`
     if this one may not.
     */
    BULKHEAD_CALL_PARTITION_CONTROL = 22,
    /*
     Stores the `PartitionDescription` of a partition: (partition, address). Returns 0. Errors:
     `BadArgument`;
     `NotPermitted` for another than this one without the right; `BadAddress`.
     */
    BULKHEAD_CALL_PARTITION_DESCRIBE = 23,
    /*
     Asks for another schedule from the next major frame on: (schedule). The last request counts. Returns 0, or 1 if
     it is the one that runs, and goes on then. Errors: `BadArgument` if there is no such schedule, `NotPermitted`.
     */
    BULKHEAD_CALL_SCHEDULE_SET = 24,
    /*
     Stores the `ScheduleStatus`: (address). Returns 0. Errors: `BadAddress`.
     */
    BULKHEAD_CALL_SCHEDULE_STATUS = 25,
    /*
     Stores the `ScheduleDescription` of a schedule: (schedule, address). Returns 0. Errors: `BadArgument`,
     `BadAddress`.
     */
    BULKHEAD_CALL_SCHEDULE_DESCRIBE = 26,
    /*
     Stores a `HealthRecord` of a partition's log, or of the module's: (partition or
     `system_table.NO_PARTITION`, number, address). It is the oldest one that is kept of those with this
     number or a higher one. Returns 0. Errors: `BadArgument`; `NotPermitted` for another's log without the right;
     `BadAddress`;
     `NotAvailable` if there is none yet.
     */
    BULKHEAD_CALL_HEALTH_READ = 27,
    /*
     Stores the `ResourceDescription` of a resource of this partition's devices: (resource, address).
     Returns 0. Errors: `BadArgument` if there is no such resource, `BadAddress`.
     */
    BULKHEAD_CALL_RESOURCE_DESCRIBE = 28,
    /*
     Reads a register of a device, or a port, and stores it as a word of 32 bits: (resource, offset in bytes,
     address). Bits that the system file does not let it read are 0. Returns 0. Errors: `BadArgument` if there is no
     such resource or no register at the offset; `NotPermitted` if the resource is no registers or ports, or nothing
     may be read there; `BadAddress`; `NotAvailable` if no device answers there.
     */
    BULKHEAD_CALL_REGISTER_READ = 29,
    /*
     Writes a register of a device, or a port: (resource, offset in bytes, value). Bits that the system file does not
     let it write keep what the register says. Returns 0. Errors: as `RegisterRead`.
     */
    BULKHEAD_CALL_REGISTER_WRITE = 30,
    /*
     Lets the next interrupt of a device in, as which a line comes: (line). It is masked from when it has come until
     this call; one that has come meanwhile is not lost. Returns 0. Errors: `BadArgument` if no device of this
     partition has the line.
     */
    BULKHEAD_CALL_INTERRUPT_ENABLE = 31,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bulkhead_call bulkhead_call;
#else
typedef uint32_t bulkhead_call;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 Who deals with an error.
 */
enum bulkhead_health_level
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     The partition's own handler.
     */
    BULKHEAD_HEALTH_LEVEL_PROCESS = 0,
    /*
     The health monitor, for the partition.
     */
    BULKHEAD_HEALTH_LEVEL_PARTITION = 1,
    /*
     The health monitor, for all.
     */
    BULKHEAD_HEALTH_LEVEL_MODULE = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bulkhead_health_level bulkhead_health_level;
#else
typedef uint8_t bulkhead_health_level;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 A partition's operating mode (ARINC 653 part 1, `OPERATING_MODE_TYPE`).
 */
enum bulkhead_mode
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     It does not run.
     */
    BULKHEAD_MODE_IDLE = 0,
    /*
     It starts, and has nothing of before.
     */
    BULKHEAD_MODE_COLD_START = 1,
    /*
     It starts, and has what a warm start keeps.
     */
    BULKHEAD_MODE_WARM_START = 2,
    /*
     It runs.
     */
    BULKHEAD_MODE_NORMAL = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bulkhead_mode bulkhead_mode;
#else
typedef uint32_t bulkhead_mode;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 Which end of its channel a port is, numbered as ARINC 653's `PORT_DIRECTION_TYPE`.
 */
enum bulkhead_port_direction
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     Messages go out.
     */
    BULKHEAD_PORT_DIRECTION_SOURCE = 0,
    /*
     Messages come in.
     */
    BULKHEAD_PORT_DIRECTION_DESTINATION = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bulkhead_port_direction bulkhead_port_direction;
#else
typedef uint32_t bulkhead_port_direction;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 What a port's channel does with messages.
 */
enum bulkhead_port_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     The last message is kept, and read as often as one likes.
     */
    BULKHEAD_PORT_KIND_SAMPLING = 1,
    /*
     Messages wait one after the other, and each is received once.
     */
    BULKHEAD_PORT_KIND_QUEUING = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bulkhead_port_kind bulkhead_port_kind;
#else
typedef uint32_t bulkhead_port_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 What a resource of a device is.
 */
enum bulkhead_resource_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     Whole pages of device memory, which the partition sees at an address of its own, not cached.
     */
    BULKHEAD_RESOURCE_KIND_MEMORY = 1,
    /*
     Registers in memory that share a page with others': by `Hypercall.RegisterRead` and
     `Hypercall.RegisterWrite`.
     */
    BULKHEAD_RESOURCE_KIND_REGISTERS = 2,
    /*
     Ports of the x86 I/O space: by the same calls.
     */
    BULKHEAD_RESOURCE_KIND_PORTS = 3,
    /*
     An interrupt, which comes as a `Line`: by `Hypercall.InterruptEnable`.
     */
    BULKHEAD_RESOURCE_KIND_INTERRUPT = 4,
    /*
     A PCI function, as its first 256 bytes of configuration registers: by the same calls. Each can be read, as the
     firmware has set it; written can be the command register (`COMMAND_REGISTER`), as far as the system file
     allows. What the function has besides are resources behind this one, of the same name: the memory or ports of
     each base address register, and an interrupt if it sends messages (MSI-X, the first of its table).
     */
    BULKHEAD_RESOURCE_KIND_FUNCTION = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bulkhead_resource_kind bulkhead_resource_kind;
#else
typedef uint32_t bulkhead_resource_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 Why a partition is being started, as ARINC 653's `START_CONDITION` (part 1, `GET_PARTITION_STATUS`).
 */
enum bulkhead_start_reason
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     The system has started (`NORMAL_START`).
     */
    BULKHEAD_START_REASON_SYSTEM_START = 0,
    /*
     The partition, or one with that right, or a change of the schedule asked for a cold start (`PARTITION_RESTART`).
     */
    BULKHEAD_START_REASON_COLD_RESTART = 1,
    /*
     The same for a warm start (`PARTITION_RESTART`).
     */
    BULKHEAD_START_REASON_WARM_RESTART = 2,
    /*
     The health monitor started it again, cold (`HM_PARTITION_RESTART`).
     */
    BULKHEAD_START_REASON_HEALTH_MONITOR = 3,
    /*
     The health monitor started it again, warm (`HM_PARTITION_RESTART`).
     */
    BULKHEAD_START_REASON_HEALTH_MONITOR_WARM = 4,
    /*
     The health monitor started everything again (`HM_MODULE_RESTART`).
     */
    BULKHEAD_START_REASON_MODULE_RESTART = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bulkhead_start_reason bulkhead_start_reason;
#else
typedef uint32_t bulkhead_start_reason;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 What the guest's clock driver does with ticks whose time passed while the partition was switched out.
 */
enum bulkhead_tick_policy
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     Every missed tick is announced, one after the other (`tick = "catch-up"`).
     */
    BULKHEAD_TICK_POLICY_CATCH_UP = 0,
    /*
     Only one tick is announced for all that were missed (`tick = "skip"`).
     */
    BULKHEAD_TICK_POLICY_SKIP = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum bulkhead_tick_policy bulkhead_tick_policy;
#else
typedef uint32_t bulkhead_tick_policy;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 The answer of `Hypercall.HealthRead`: one entry of the health monitor's log.
 */
struct bulkhead_health_record {
    /*
     Its number; those of each partition, and of the module, are counted from 0 since the system has been switched
     on.
     */
    uint32_t sequence;
    /*
     A `HealthError`.
     */
    uint32_t error;
    /*
     The `Action` that was taken.
     */
    uint32_t action;
    /*
     The `Level` at which.
     */
    uint32_t level;
    /*
     Whose error it was, or `system_table.NO_PARTITION`.
     */
    uint32_t partition;
    /*
     What the partition has said with an error that it raised, or the processor's number for a fault.
     */
    uint32_t code;
    /*
     The same, or the processor's error code.
     */
    uint32_t detail;
    /*
     Zero.
     */
    uint32_t reserved;
    /*
     When, in nanoseconds of the clock, low half.
     */
    uint32_t time_low;
    /*
     High half.
     */
    uint32_t time_high;
    /*
     The address that a memory violation touched, low half; otherwise 0.
     */
    uint32_t address_low;
    /*
     High half.
     */
    uint32_t address_high;
    /*
     Where the partition was, low half.
     */
    uint32_t program_counter_low;
    /*
     High half.
     */
    uint32_t program_counter_high;
    /*
     Zero.
     */
    uint32_t reserved_behind[2];
};


/*
 The answer of `Hypercall.PartitionDescribe`.
 */
struct bulkhead_partition_description {
    /*
     Name, padded with zeros.
     */
    uint8_t name[BULKHEAD_NAME_SIZE];
    /*
     A `Mode`.
     */
    uint32_t mode;
    /*
     The `StartReason` of its last start.
     */
    uint32_t start_reason;
    /*
     How often it has been started before.
     */
    uint32_t restarts;
    /*
     How many windows of it have begun.
     */
    uint32_t windows;
    /*
     The status with which it has ended itself, 0 otherwise.
     */
    uint32_t status;
    /*
     The last `HealthError` that the health monitor has dealt with, 0 for none.
     */
    uint32_t error;
    /*
     How many restarts the health monitor has left for it now.
     */
    uint32_t restarts_left;
    /*
     Zero.
     */
    uint32_t reserved;
};


/*
 The answer of `Hypercall.Status`, after ARINC 653's `PARTITION_STATUS_TYPE`.
 */
struct bulkhead_partition_status {
    /*
     The partition's number.
     */
    uint32_t identifier;
    /*
     A `StartReason`.
     */
    uint32_t start_reason;
    /*
     How often the partition has been started before.
     */
    uint32_t restarts;
    /*
     How many windows of this partition have begun.
     */
    uint32_t windows;
    /*
     The clock in nanoseconds, low half.
     */
    uint32_t now_low;
    /*
     The clock in nanoseconds, high half.
     */
    uint32_t now_high;
    /*
     End of the current window in nanoseconds, low half.
     */
    uint32_t window_end_low;
    /*
     End of the current window in nanoseconds, high half.
     */
    uint32_t window_end_high;
    /*
     The timer's deadline in nanoseconds, low half; all ones if it is not armed.
     */
    uint32_t deadline_low;
    /*
     The timer's deadline in nanoseconds, high half; all ones if it is not armed.
     */
    uint32_t deadline_high;
};


/*
 A port as the system file has it: the answer of `Hypercall.PortDescribe`.
 */
struct bulkhead_port_description {
    /*
     The port's name, ended by a zero.
     */
    uint8_t name[BULKHEAD_NAME_SIZE];
    /*
     A `PortKind`.
     */
    uint32_t kind;
    /*
     A `PortDirection`.
     */
    uint32_t direction;
    /*
     The longest message in bytes, 1 to `MESSAGE_SIZE_MAX`.
     */
    uint32_t message_size;
    /*
     How many messages can wait; 1 for a sampling port.
     */
    uint32_t depth;
    /*
     How old a message may be that counts as valid, in nanoseconds, low half; 0 for a queuing port.
     */
    uint32_t refresh_low;
    /*
     The same, high half.
     */
    uint32_t refresh_high;
    /*
     Zero.
     */
    uint32_t reserved[2];
};


/*
 How a port stands: the answer of `Hypercall.PortStatus`.
 */
struct bulkhead_port_status {
    /*
     How many messages wait in a queuing channel; 1 if a sampling port's channel has a message, otherwise 0.
     */
    uint32_t messages;
    /*
     `Received.VALID`, `Received.NEW` and `Received.OVERFLOW` as the next message would be received with.
     A source has none of the first two.
     */
    uint32_t flags;
    /*
     How many sends found the queue full, without waiting for room, since the system started.
     */
    uint32_t lost;
    /*
     Zero.
     */
    uint32_t reserved;
    /*
     When the last message was written or sent completely, in nanoseconds of the clock, low half; 0 if none was.
     */
    uint32_t time_low;
    /*
     The same, high half.
     */
    uint32_t time_high;
    /*
     The clock when the status was taken, low half.
     */
    uint32_t now_low;
    /*
     The same, high half.
     */
    uint32_t now_high;
};


/*
 A region of memory that partitions share, as one of them sees it: the answer of
 `Hypercall.RegionDescribe`.
 */
struct bulkhead_region_description {
    /*
     The region's name, ended by a zero.
     */
    uint8_t name[BULKHEAD_NAME_SIZE];
    /*
     Where the partition sees it.
     */
    uint32_t address;
    /*
     Its size in bytes.
     */
    uint32_t size;
    /*
     1 if the partition may write it, 0 if it may only read.
     */
    uint32_t writable;
    /*
     The line that another's `Hypercall.Doorbell` makes pending, or 0 for none.
     */
    uint32_t line;
    /*
     Zero.
     */
    uint32_t reserved[4];
};


/*
 A resource, as `Hypercall.ResourceDescribe` stores it.
 */
struct bulkhead_resource_description {
    /*
     The name of its device, ended by a zero. Resources of one device have the same.
     */
    uint8_t name[BULKHEAD_NAME_SIZE];
    /*
     A `ResourceKind`.
     */
    uint32_t kind;
    /*
     Where the partition sees memory; of registers their physical address, of ports the first one, of an interrupt
     its number at the interrupt controller, or the function's that sends it; of a function its number: bus times
     256, device times 8, function.
     */
    uint32_t address;
    /*
     How many bytes or ports there are; 0 of an interrupt.
     */
    uint32_t size;
    /*
     Bytes of a register or a port: 1, 2 or 4; of memory 1 if the partition may write it, 0 if it may only read.
     */
    uint32_t width;
    /*
     The line as which an interrupt comes, one of `Line.DEVICES`; 0 of everything else.
     */
    uint32_t line;
    /*
     Memory, registers and ports of a PCI function: the number of their base address register.
     */
    uint32_t bar;
    /*
     Of these: how many bytes behind the start of what that register has they begin.
     */
    uint32_t offset;
    /*
     Zero.
     */
    uint32_t reserved;
};


/*
 The answer of `Hypercall.ScheduleDescribe`.
 */
struct bulkhead_schedule_description {
    /*
     Name, padded with zeros.
     */
    uint8_t name[BULKHEAD_NAME_SIZE];
    /*
     Length of its major frame in nanoseconds, low half.
     */
    uint32_t major_frame_low;
    /*
     High half.
     */
    uint32_t major_frame_high;
    /*
     How many windows it has.
     */
    uint32_t windows;
    /*
     How many of them are the caller's.
     */
    uint32_t own_windows;
    /*
     Nanoseconds of a frame that are the caller's, low half.
     */
    uint32_t own_time_low;
    /*
     High half.
     */
    uint32_t own_time_high;
    /*
     Zero.
     */
    uint32_t reserved[2];
};


/*
 The answer of `Hypercall.ScheduleStatus`, after ARINC 653 part 2's `SCHEDULE_STATUS_TYPE`.
 */
struct bulkhead_schedule_status {
    /*
     The schedule that runs.
     */
    uint32_t current;
    /*
     The one that runs from the next major frame on: the current one if no other was asked for.
     */
    uint32_t next;
    /*
     When the current one began, in nanoseconds of the clock, low half; 0 for the first one.
     */
    uint32_t time_low;
    /*
     High half.
     */
    uint32_t time_high;
    /*
     When the current major frame began, in nanoseconds of the clock, low half.
     */
    uint32_t frame_start_low;
    /*
     High half.
     */
    uint32_t frame_start_high;
    /*
     How often the schedule has changed.
     */
    uint32_t changes;
    /*
     Zero.
     */
    uint32_t reserved;
};


/*
 A 64-bit quantity as a guest sees it: two words, the low one first on every processor.

 It is not written or read in one access; each field that uses it says what makes it consistent.
 */
struct bulkhead_word64 {
    /*
     Bits 0 to 31.
     */
    bulkhead_word low;
    /*
     Bits 32 to 63.
     */
    bulkhead_word high;
};

/*
 Where an interrupt upcall came from. The kernel writes it just before it continues the guest at its interrupt
 entry; the guest must have taken it before it sets `interrupts_enabled` again.
 */
struct bulkhead_upcall_record {
    /*
     Program counter of the interrupted instruction.
     */
    struct bulkhead_word64 program_counter;
    /*
     Processor flags at that moment (i386: EFLAGS; SPARC: PSR as the guest sees it).
     */
    struct bulkhead_word64 flags;
};

/*
 A fault that the guest has caused. The kernel writes it just before it continues the guest at its fault entry.
 */
struct bulkhead_fault_record {
    /*
     Set to 1 by the kernel on delivery; the guest clears it when it has taken the record. A fault that comes
     while it is not 0 goes to the health monitor instead.
     */
    bulkhead_word busy;
    /*
     A `FaultKind`.
     */
    bulkhead_word kind;
    /*
     The processor's number for it (x86: vector 0 to 31; SPARC: trap type).
     */
    bulkhead_word vector;
    /*
     The processor's error code, 0 where there is none.
     */
    bulkhead_word error;
    /*
     Whether virtual interrupts were enabled; delivery disables them.
     */
    bulkhead_word interrupts_enabled;
    /*
     Zero.
     */
    bulkhead_word reserved;
    /*
     The address that a memory fault touched, otherwise 0.
     */
    struct bulkhead_word64 address;
    /*
     Program counter of the faulting instruction.
     */
    struct bulkhead_word64 program_counter;
    /*
     Processor flags at that moment.
     */
    struct bulkhead_word64 flags;
    /*
     Stack pointer at that moment; delivery does not change the register.
     */
    struct bulkhead_word64 stack_pointer;
};

/*
 The page that kernel and guest both write.

 The kernel trusts nothing in it: a guest that fills it with garbage disturbs only itself. All fields are zero
 when a partition starts.
 */
struct bulkhead_shared_page {
    /*
     Not 0: upcalls may come. The guest writes it; the kernel clears it when it delivers an upcall or a fault.
     */
    bulkhead_word interrupts_enabled;
    /*
     One bit per `Line` that waits. The kernel sets bits, the guest clears them, each with one
     instruction that cannot be interrupted.
     */
    bulkhead_word pending;
    /*
     One bit per line that may be delivered: 1 lets it through. The guest writes it.
     */
    bulkhead_word mask;
    /*
     Zero.
     */
    bulkhead_word reserved;
    /*
     Where the last interrupt upcall came from.
     */
    struct bulkhead_upcall_record upcall;
    /*
     The last fault.
     */
    struct bulkhead_fault_record fault;
    /*
     One bit for each of the partition's ports, port 0 the lowest of the first word: a message has come, or there is
     room in the queue again. The kernel sets bits and makes `Line.Port` pending, the guest clears them.
     */
    bulkhead_word ports[2];
    /*
     One bit for each `HealthError` of which the kernel tells this partition. The kernel sets bits and makes
     `Line.Health` pending, the guest clears them.
     */
    bulkhead_word errors;
    /*
     Zero.
     */
    bulkhead_word reserved_behind;
};

/*
 How the processor's cycle counter becomes nanoseconds: `((counter - origin) * multiplier) >> shift`, with a
 96-bit product.

 The parameters never change while the system runs, so reading them takes no precaution.
 */
struct bulkhead_clock_parameters {
    /*
     Counter value at clock zero, which is when the first major frame began.
     */
    struct bulkhead_word64 origin;
    /*
     Factor, at least 2^31.
     */
    bulkhead_word multiplier;
    /*
     Right shift, 0 to 63.
     */
    bulkhead_word shift;
    /*
     Counter frequency in Hz, for information.
     */
    struct bulkhead_word64 frequency;
};

/*
 What a partition is told about itself, at an address that the entry point gets in a register. It lies in the
 information page and never changes between starts.
 */
struct bulkhead_start_information {
    /*
     `START_MAGIC`.
     */
    bulkhead_word magic;
    /*
     `INTERFACE_VERSION` of the kernel.
     */
    bulkhead_word version;
    /*
     The partition's number, from 0, in the order of the system file.
     */
    bulkhead_word partition;
    /*
     A `StartReason`.
     */
    bulkhead_word reason;
    /*
     How often the partition has been started before.
     */
    bulkhead_word restarts;
    /*
     A `TickPolicy`.
     */
    bulkhead_word tick_policy;
    /*
     First address of the partition's memory.
     */
    struct bulkhead_word64 memory_base;
    /*
     Size of the partition's memory in bytes.
     */
    struct bulkhead_word64 memory_size;
    /*
     Address of the information page.
     */
    struct bulkhead_word64 information_page;
    /*
     Address of the shared page.
     */
    struct bulkhead_word64 shared_page;
    /*
     Length of the major frame in nanoseconds.
     */
    struct bulkhead_word64 major_frame;
    /*
     The partition's name, ended by a zero.
     */
    uint8_t name[BULKHEAD_NAME_SIZE];
    /*
     The command line, ended by a zero.
     */
    uint8_t command_line[BULKHEAD_COMMAND_LINE_SIZE];
    /*
     What the partition adds to an address of its own to get the one that a device of its must be told, which reads
     and writes memory by itself (without carry beyond 32 bits). 0 where the device uses the partition's own
     addresses, and of partitions without such a device.
     */
    bulkhead_word dma_offset;
    /*
     Zero.
     */
    bulkhead_word reserved;
};

/*
 The page that the kernel writes and the guest can only read.
 */
struct bulkhead_information_page {
    /*
     The clock.
     */
    struct bulkhead_clock_parameters clock;
    /*
     How many windows of this partition have begun since the system started. The kernel changes it after the
     other fields of the window, so that a guest which reads the same number before and after has read them
     consistently.
     */
    bulkhead_word windows;
    /*
     Zero.
     */
    bulkhead_word reserved;
    /*
     When the current window was to begin, by the schedule, in nanoseconds of the clock.
     */
    struct bulkhead_word64 window_start;
    /*
     When the current window ends, in nanoseconds of the clock.
     */
    struct bulkhead_word64 window_end;
    /*
     The start information.
     */
    struct bulkhead_start_information start;
};

/*
 The lines that the system file can give an interrupt of a device: the same, each for one of both.
 */
#define bulkhead_line_DEVICES bulkhead_line_DOORBELLS

#endif  /* BULKHEAD_ABI_H */
