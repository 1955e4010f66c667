//! What a guest did that it cannot do, and the words for it.

use bulkhead_abi::FaultKind;

use crate::line::Line;

/// How memory was touched when that was the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A load.
    Read,
    /// A store.
    Write,
    /// An instruction fetch.
    Execute,
}

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
    /// Describes the fault for the log.
    #[must_use]
    pub fn describe(&self, line: Line, program_counter: u64) -> Line {
        let line = line.text(self.kind.text()).text(" (vector ").decimal(u64::from(self.vector));
        let line = line.text(", error ").hexadecimal(u64::from(self.error), 1).text(")");
        let line = match self.memory {
            Some((Access::Read, address)) => line.text(" reading ").hexadecimal(address, 8),
            Some((Access::Write, address)) => line.text(" writing ").hexadecimal(address, 8),
            Some((Access::Execute, address)) => line.text(" executing ").hexadecimal(address, 8),
            None => line,
        };
        line.text(", pc ").hexadecimal(program_counter, 8)
    }
}
