//! Why a guest could not go on.

/// What kind of fault a guest has caused, the same names on every processor.
///
/// The processor's own number for it is in the fault record besides. The nearest error identifier of the
/// ARINC 653 health monitor stands with each.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A read, write or fetch where the partition has no such right (`MEMORY_VIOLATION`).
    Memory = 1,
    /// An instruction that only a kernel may execute, or a port or segment that is not the guest's
    /// (`ILLEGAL_REQUEST`).
    Privilege = 2,
    /// An instruction that the processor does not know (`ILLEGAL_REQUEST`).
    Instruction = 3,
    /// Division by zero, or a checked integer overflow (`NUMERIC_ERROR`).
    Arithmetic = 4,
    /// A floating-point exception that the guest has not masked (`NUMERIC_ERROR`).
    FloatingPoint = 5,
    /// An address that is not a multiple of what the access needs (`MEMORY_VIOLATION`).
    Alignment = 6,
    /// A breakpoint or a single step (`APPLICATION_ERROR`).
    Debug = 7,
    /// Anything else that the processor reports (`ILLEGAL_REQUEST`).
    Other = 8,
    /// Another mode of the processor than the partition was given (`ILLEGAL_REQUEST`). Never reported to the partition
    /// itself, which is stopped.
    Mode = 9,
}

impl FaultKind {
    /// The kind in a few words, for messages.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Memory => "memory violation",
            Self::Privilege => "privileged operation",
            Self::Instruction => "unknown instruction",
            Self::Arithmetic => "arithmetic error",
            Self::FloatingPoint => "floating-point error",
            Self::Alignment => "misaligned access",
            Self::Debug => "breakpoint",
            Self::Other => "processor exception",
            Self::Mode => "wrong processor mode",
        }
    }
}
