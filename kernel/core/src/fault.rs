//! What a guest did that it cannot do.

use bulkhead_abi::event::Stop;
use bulkhead_abi::{FaultKind, Ground};

pub use bulkhead_abi::Access;

/// A fault as the processor reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its kind.
    pub kind: FaultKind,
    /// The processor's number for it.
    pub vector: u32,
    /// The processor's error code, 0 where there is none.
    pub error: u32,
    /// For a memory fault: how and where.
    pub memory: Option<(Access, u64)>,
}

impl Fault {
    /// The fault as a record tells it.
    #[must_use]
    pub const fn stop(&self, program_counter: u64) -> Stop {
        let Self { kind, vector, error, memory } = *self;
        Stop { kind, vector, error, memory, program_counter, ground: Ground::Error }
    }
}
