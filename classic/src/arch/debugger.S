// What a debugger that stops the machine looks up among a program's symbols (debugger/src/executive/stand_in.rs):
// numbers and addresses, of which nothing lies in the program itself.
    .irp name, tasks, task_size, object, used, name, priority, started, suspended, wait, entry, stack, stack_size
    .global bulkhead_debugger_\name
    .endr
    .irp name, context, idle, executing
    .global bulkhead_debugger_\name
    .endr
    .set bulkhead_debugger_tasks, {executive} + {tasks}
    .set bulkhead_debugger_task_size, {task_size}
    .set bulkhead_debugger_object, {object}
    .set bulkhead_debugger_used, {used}
    .set bulkhead_debugger_name, {name}
    .set bulkhead_debugger_priority, {priority}
    .set bulkhead_debugger_started, {started}
    .set bulkhead_debugger_suspended, {suspended}
    .set bulkhead_debugger_wait, {wait}
    .set bulkhead_debugger_entry, {entry}
    .set bulkhead_debugger_stack, {stack}
    .set bulkhead_debugger_stack_size, {stack_size}
    .set bulkhead_debugger_context, {context}
    .set bulkhead_debugger_idle, {idle}
    .set bulkhead_debugger_executing, {watched} + {identifier}
    // What a task waits for, by the number that says so.
    .irp name, time, semaphore, message, events, period, notice, timer
    .global bulkhead_debugger_waits_for_\name
    .endr
    .set bulkhead_debugger_waits_for_time, {time}
    .set bulkhead_debugger_waits_for_semaphore, {semaphore}
    .set bulkhead_debugger_waits_for_message, {message}
    .set bulkhead_debugger_waits_for_events, {events}
    .set bulkhead_debugger_waits_for_period, {period}
    .set bulkhead_debugger_waits_for_notice, {notice}
    .set bulkhead_debugger_waits_for_timer, {timer}
