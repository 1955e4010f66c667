//! What the executive in a partition keeps of its tasks, in a program that is built to be traced: a ring in the
//! partition's memory with RTEMS's numbers of events and its items, which whoever traces the system reads from outside.
//!
//! Its first words are [`MAGIC`], how many items were written, the mask for the place of one, and the offset of the
//! first. An item is a word with the event and above it the low bits of the time in nanoseconds, and a word that says
//! more.
//!
//! A program with an RTEMS kit has RTEMS's own ring, in RTEMS's own structures: [`rtems`] says how it is found.

/// The symbol of the ring in a program.
pub const SYMBOL: &str = "bulkhead_record_ring";

/// The first word of a ring: "RREC" in ASCII.
pub const MAGIC: u32 = 0x5252_4543;

/// The bits of an item's first word that are the event.
pub const EVENT_BITS: u32 = 10;

/// RTEMS's numbers of events (`rtems_record_event`), and in some to which it gives no meaning
/// (`RTEMS_RECORD_SYSTEM_500` and so on) what is told of jobs.
pub mod event {
    /// The identifier of a task, whose name follows.
    pub const THREAD_ID: u32 = 11;
    /// The name of a task, four letters, the first one in the highest byte.
    pub const THREAD_NAME: u32 = 12;
    /// The handler of an interrupt begins.
    pub const INTERRUPT_ENTRY: u32 = 71;
    /// It ends.
    pub const INTERRUPT_EXIT: u32 = 72;
    /// A task begins to execute.
    pub const THREAD_BEGIN: u32 = 273;
    /// A task with this identifier is made. In RTEMS its name follows.
    pub const THREAD_CREATE: u32 = 276;
    /// A task is deleted.
    pub const THREAD_DELETE: u32 = 277;
    /// A task has returned from its function.
    pub const THREAD_EXITTED: u32 = 281;
    /// A task is started again.
    pub const THREAD_RESTART: u32 = 298;
    /// How many bytes of its stack the task has left that loses the processor.
    pub const THREAD_STACK_CURRENT: u32 = 299;
    /// A task is started.
    pub const THREAD_START: u32 = 302;
    /// A task has the processor.
    pub const THREAD_SWITCH_IN: u32 = 305;
    /// A task loses the processor.
    pub const THREAD_SWITCH_OUT: u32 = 306;
    /// A task ends.
    pub const THREAD_TERMINATE: u32 = 307;
    /// The high half of the time since the start of the system: seconds.
    pub const UPTIME_HIGH: u32 = 322;
    /// The low half: the fraction of a second, in 2^-32 of one.
    pub const UPTIME_LOW: u32 = 323;
    /// A job of the period with this identifier is released.
    pub const JOB_RELEASED: u32 = 500;
    /// The oldest job of a period that was released has ended; or that of a process, behind [`JOB_TOOK`].
    pub const JOB_ENDED: u32 = 501;
    /// It has ended when the next one was released already, or behind the process's deadline.
    pub const JOB_ENDED_LATE: u32 = 502;
    /// The jobs of a period that were released are not going to end: it has been cancelled.
    pub const JOBS_DROPPED: u32 = 503;
    /// How long the job of a process has taken whose end follows, from its release on, in nanoseconds; 2^32 - 1 for
    /// more.
    pub const JOB_TOOK: u32 = 504;
    /// The time in nanoseconds of the interface's clock, without its low bits, which the item has: the items from here
    /// on up to the next of these have it too. RTEMS's ring in a partition has these in the place of its own times.
    pub const CLOCK: u32 = 505;
    /// The first of a program's own.
    pub const USER: u32 = 512;

    /// What an event of a task is called whose number it is, if it is one to which nobody gives more than a name.
    #[must_use]
    pub const fn name(event: u32) -> Option<&'static str> {
        Some(match event {
            THREAD_BEGIN => "thread-begin",
            THREAD_CREATE => "thread-create",
            THREAD_DELETE => "thread-delete",
            THREAD_EXITTED => "thread-exitted",
            THREAD_RESTART => "thread-restart",
            THREAD_START => "thread-start",
            THREAD_TERMINATE => "thread-terminate",
            _ => return None,
        })
    }
}

/// RTEMS's own ring (`Record_Control` of its record.h), in a program with a kit. The places of its members are each
/// kit's own: the link-time pack has them as absolute symbols.
pub mod rtems {
    use super::event;

    /// The symbol of RTEMS's configuration: how many items there are, and the address of the first processor's ring, a
    /// word each.
    pub const CONFIGURATION: &str = "_Record_Configuration";
    /// The symbol whose value is the offset of the count of items that were written.
    pub const HEAD: &str = "bulkhead_rtems_record_head";
    /// The symbol whose value is the offset of the mask for the place of an item, which is one less than their number
    /// as soon as RTEMS records.
    pub const MASK: &str = "bulkhead_rtems_record_mask";
    /// The symbol whose value is the offset of the first item.
    pub const ITEMS: &str = "bulkhead_rtems_record_items";

    /// The symbols whose values are the kit's own numbers of [`EVENTS`]: this, and behind it our number. RTEMS 5 has
    /// others than RTEMS 6 and later.
    pub const EVENT: &str = "bulkhead_rtems_record_event_";
    /// The events for which there is such a symbol: those that RTEMS itself gives a meaning.
    pub const EVENTS: [u32; 16] = [
        event::THREAD_ID,
        event::THREAD_NAME,
        event::INTERRUPT_ENTRY,
        event::INTERRUPT_EXIT,
        event::THREAD_BEGIN,
        event::THREAD_CREATE,
        event::THREAD_DELETE,
        event::THREAD_EXITTED,
        event::THREAD_RESTART,
        event::THREAD_STACK_CURRENT,
        event::THREAD_START,
        event::THREAD_SWITCH_IN,
        event::THREAD_SWITCH_OUT,
        event::THREAD_TERMINATE,
        event::UPTIME_HIGH,
        event::UPTIME_LOW,
    ];
    /// From here on events are nobody's but those who record them, and have the same numbers everywhere.
    pub const OWN: u32 = 500;
}
