//! What an entry into the monitor is, by what the processor has pushed. What is done about it is not decided here.

use bulkhead_abi::machine::i386;

/// The vector of Xen's events.
pub(super) const EVENT_VECTOR: u8 = 32;

/// What has brought about an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Xen has something to tell the partition.
    Event,
    /// The partition calls.
    Call,
    /// The partition has made a fault.
    Fault,
    /// An event came a second time, while the monitor runs.
    ///
    /// Xen does not do that: it injects an event only where interrupts are enabled, and they never are in the monitor.
    /// QEMU's emulation of SVM does. `VMRUN` delivers the injected event and leaves its number behind as the exception
    /// to be handled; if QEMU has to leave its loop before the guest's next instruction, it delivers that as well. So
    /// it comes at the first instruction of the event's stub, before anything of the visit has happened, and leaves
    /// nothing to do: the visit that it has interrupted takes all that is pending in Xen's shared page.
    EventAgain,
    /// The monitor itself has made a fault.
    Failure,
}

/// What an entry is that came at code of the segment `cs` by `vector`.
pub(super) const fn entry(cs: u32, vector: u32) -> Entry {
    const EVENT: u32 = EVENT_VECTOR as u32;
    const CALL: u32 = i386::HYPERCALL_VECTOR as u32;
    let from_partition = cs & 3 != 0;
    match vector {
        EVENT if from_partition => Entry::Event,
        EVENT => Entry::EventAgain,
        CALL if from_partition => Entry::Call,
        _ if from_partition => Entry::Fault,
        _ => Entry::Failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONITOR: u32 = 0x08;
    const PARTITION: u32 = i386::CODE_SELECTOR as u32;
    const CALL: u32 = i386::HYPERCALL_VECTOR as u32;

    #[test]
    fn an_event_that_comes_again_in_the_monitor_is_no_failure() {
        assert_eq!(entry(PARTITION, 32), Entry::Event);
        assert_eq!(entry(MONITOR, 32), Entry::EventAgain);
    }

    #[test]
    fn anything_else_in_the_monitor_is_a_failure() {
        for vector in (0..=255).filter(|vector| *vector != u32::from(EVENT_VECTOR)) {
            assert_eq!(entry(MONITOR, vector), Entry::Failure, "vector {vector}");
            let expected = if vector == CALL { Entry::Call } else { Entry::Fault };
            assert_eq!(entry(PARTITION, vector), expected, "vector {vector}");
        }
    }
}
