//! What the monitor tells the hypervisor's log, and the agent reads there: lines of `bulkhead_abi::event`, or in words
//! why a guest cannot go on.

/// What its lines begin with.
pub const MARK: &str = "bulkhead: ";
