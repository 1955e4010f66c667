/*
 * Tasks that wait at queuing ports, for an executive's own interfaces (files, say), and those of processes and of the
 * error handler. Programs use arinc653.h.
 *
 * What an executive has to give for it, apex/src/executive.rs says. Functions that return int32_t answer 0 or a
 * message, or one of the negative bulkhead_error values, or one of the two here.
 */
#ifndef BULKHEAD_WAITING_H
#define BULKHEAD_WAITING_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The caller would have to wait, and may not. */
#define BULKHEAD_WAITING_NOT_ALLOWED (-16)

/* What was waited for did not come in time. */
#define BULKHEAD_WAITING_TIMED_OUT (-17)

/*
 * Lets tasks wait at a port, served in the order in which they came, or by priority. It installs the port's handler;
 * who installs another calls bulkhead_waiting_serve in it. Returns 0. Errors: BULKHEAD_ERROR_BAD_ARGUMENT.
 */
int32_t bulkhead_waiting_attach(uint32_t port, uint32_t by_priority);

/*
 * As bulkhead_port_send, but waits for room: not at all if `time_out` is 0, for so many nanoseconds, or for ever if it
 * is negative. Returns 0.
 */
int32_t bulkhead_waiting_send(uint32_t port, const void *message, size_t length, int64_t time_out);

/* As bulkhead_port_receive, but waits for a message. Returns what bulkhead_port_receive does. */
int32_t bulkhead_waiting_receive(uint32_t port, void *message, size_t room, int64_t time_out);

/* Gives messages or room to the tasks that wait at a port, as far as there are any. For handlers. */
void bulkhead_waiting_serve(uint32_t port);

/* How many tasks wait at a port. */
uint32_t bulkhead_waiting_count(uint32_t port);

/* What bulkhead_executive_create is given: see apex/src/executive.rs. */
struct bulkhead_executive_task {
    void (*entry)(uintptr_t argument);
    uintptr_t argument;
    size_t stack_size;
    uint32_t priority; /* of which a lower number comes first */
    uint32_t name;     /* four characters */
};

/* What bulkhead_executive_raise gives a task, above the priorities of all processes. */
#define BULKHEAD_EXECUTIVE_RAISED_PRIORITY 2

/*
 * A task is late for a period of the executive's own: the error handler is told, or the health monitor. For handlers.
 * `name` is four characters.
 */
void bulkhead_period_missed(uint32_t task, uint32_t name);

/* A task has been deleted, or begins anew: nothing is to be written into its buffer any more. */
void bulkhead_waiting_forget(uint32_t task);

#ifdef __cplusplus
}
#endif

#endif
