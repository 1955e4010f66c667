//! Attributes, modes and options, with the values of the Classic API.

/// Option: do not wait.
pub const NO_WAIT: u32 = 1;
/// Option of event receive: one of the events is enough.
pub const EVENT_ANY: u32 = 2;

/// Attribute: who waits is served by priority, not first come, first served.
pub const PRIORITY: u32 = 0x04;
/// Attribute: a semaphore that has an owner.
pub const BINARY: u32 = 0x10;
/// Attribute: a semaphore that counts to 1 and has no owner.
pub const SIMPLE_BINARY: u32 = 0x20;
/// The attributes that choose a semaphore's kind.
pub const SEMAPHORE_CLASS: u32 = 0x30;
/// Attribute: the owner inherits the priority of who waits.
pub const INHERIT_PRIORITY: u32 = 0x40;
/// Attribute: the owner has the semaphore's ceiling priority.
pub const PRIORITY_CEILING: u32 = 0x80;
/// Attribute: the multiprocessor resource sharing protocol; on one processor it is a priority ceiling.
pub const RESOURCE_SHARING: u32 = 0x100;

/// Mode: a ready task of higher priority does not take the processor.
pub const NO_PREEMPT: u32 = 0x100;
/// Mode: tasks of the same priority take turns.
pub const TIMESLICE: u32 = 0x200;
/// Mode bits that the interrupt level occupies.
pub const INTERRUPT_MASK: u32 = 0x01;

/// The lowest priority.
pub const LOWEST_PRIORITY: u32 = 255;
