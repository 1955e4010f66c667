//! What the executive needs from the place where it runs.

/// The machine below the executive: memory, time, and the caller's buffers.
///
/// Everything that has to do with addresses stays behind these types, so that the logic above them is safe code and
/// runs on the host in tests.
pub trait Port {
    /// A task's stack. Dropping it gives the memory back.
    type Stack;
    /// Storage of a message queue. Dropping it gives the memory back.
    type Buffer: AsRef<[u8]> + AsMut<[u8]>;
    /// Where in the program's memory a received message goes.
    type Place: Copy;
    /// A task's entry point.
    type Entry: Copy;
    /// A timer service routine and what it is called with.
    type Routine: Copy;
    /// Where a task's registers lie while it does not execute; the default means that it has not begun.
    type Context: Default;

    /// Memory for a stack of at least `size` bytes.
    fn stack(&mut self, size: usize) -> Option<Self::Stack>;

    /// Memory for a message queue's `size` bytes.
    fn buffer(&mut self, size: usize) -> Option<Self::Buffer>;

    /// Copies a message to where its receiver wants it. The receiver has room for the longest message.
    fn deliver(&mut self, place: Self::Place, message: &[u8]);

    /// The clock, in nanoseconds; it never goes back.
    fn now(&mut self) -> u64;

    /// Whether the processor executes an interrupt handler.
    fn in_interrupt(&self) -> bool;

    /// Records an event ([`bulkhead_abi::record::event`]), in programs that are traced.
    fn record(&mut self, event: u32, data: u32);
}
