/*
 * A command of RTEMS's shell, `bulkhead`, that shows the partition: how it stands, its windows and ports, what it
 * shares, and what the health monitor has dealt with. A program has the command if one of its sources includes this
 * header, in every shell that it starts. docs/rtems.md says more.
 */
#ifndef BULKHEAD_SHELL_H
#define BULKHEAD_SHELL_H

#ifdef __cplusplus
extern "C" {
#endif

/* A file of the pack, which adds the command (shell.c). */
extern const char bulkhead_shell_commands;
static const char *const bulkhead_shell_commands_wanted __attribute__((__used__)) = &bulkhead_shell_commands;

#ifdef __cplusplus
}
#endif

#endif
