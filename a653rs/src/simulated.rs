//! In the place of the executive on the developer's machine, where no task executes: the services have a simulated one.

use crate::stacks;

/// Whether there is room for a process with a stack of so many bytes.
pub(crate) fn has_room(stack_size: u32) -> bool {
    stack_size <= stacks::room()
}

/// No task is created.
pub(crate) fn next_is_periodic(_is_periodic: bool) {}
