//! What a guest did that it cannot do, and the words for it.

use bulkhead_abi::FaultKind;
use bulkhead_abi::event::Stop;

pub use bulkhead_abi::Access;

use crate::line::Line;

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
        Stop { kind, vector, error, memory, program_counter }
    }

    /// Describes a fault of the kernel itself in words.
    #[must_use]
    pub fn describe(&self, line: Line, program_counter: u64) -> Line {
        let line = line.text(self.kind.text()).text(" (vector ").decimal(u64::from(self.vector));
        let line = line.text(", error ").hexadecimal(u64::from(self.error), 1).text(")");
        let line = match self.memory {
            Some((access, address)) => line.text(" ").text(access.text()).text(" ").hexadecimal(address, 8),
            None => line,
        };
        line.text(", pc ").hexadecimal(program_counter, 8)
    }
}
