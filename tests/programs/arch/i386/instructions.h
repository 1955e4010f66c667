/* How a trial that has faulted ends on i386. */
static void go_on(struct bulkhead_fault_frame *frame)
{
    frame->program_counter = instructions_resume;
    frame->stack_pointer = instructions_stack;
    frame->flags = 0x202;
}
