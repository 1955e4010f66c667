/* How a trial that has faulted ends on SPARC: in the window of the fault, see instructions.S. */
static void go_on(struct bulkhead_fault_frame *frame)
{
    frame->program_counter = instructions_resume;
    frame->next_program_counter = instructions_resume + 4;
}
