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
    /// The kind with this number; [`FaultKind::Other`] where there is none.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        match number {
            1 => Self::Memory,
            2 => Self::Privilege,
            3 => Self::Instruction,
            4 => Self::Arithmetic,
            5 => Self::FloatingPoint,
            6 => Self::Alignment,
            7 => Self::Debug,
            9 => Self::Mode,
            _ => Self::Other,
        }
    }

    /// The kind of an exception of an x86 processor (Intel SDM volume 3A, table 6-1).
    #[must_use]
    pub const fn of_x86_vector(vector: u32) -> Self {
        match vector {
            0 | 4 | 5 => Self::Arithmetic,
            1 | 3 => Self::Debug,
            6 | 7 => Self::Instruction,
            10..=13 => Self::Privilege,
            14 => Self::Memory,
            16 | 19 => Self::FloatingPoint,
            17 => Self::Alignment,
            _ => Self::Other,
        }
    }

    /// The kind of a trap of a SPARC processor (SPARC V8 manual, table 7-1), software traps included.
    #[must_use]
    pub const fn of_sparc_trap(trap: u32) -> Self {
        match trap {
            0x01 | 0x09 | 0x21 | 0x29 | 0x2b | 0x2c => Self::Memory,
            0x02 | 0x04 | 0x24 | 0x25 | 0x28 => Self::Instruction,
            0x03 => Self::Privilege,
            0x07 => Self::Alignment,
            0x08 => Self::FloatingPoint,
            0x0a | 0x2a | 0x82 => Self::Arithmetic,
            0x0b | 0x81 => Self::Debug,
            0x80.. => Self::Privilege,
            _ => Self::Other,
        }
    }

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

/// How memory was touched when that was the fault.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A load.
    Read = 1,
    /// A store.
    Write = 2,
    /// An instruction fetch.
    Execute = 3,
}

impl Access {
    /// The access that a page fault's error code tells of (Intel SDM volume 3A, 4.7: bit 1 is a write, bit 4 a fetch).
    #[must_use]
    pub const fn of_x86_page_fault(error: u32) -> Self {
        if error & 1 << 4 != 0 {
            Self::Execute
        } else if error & 1 << 1 != 0 {
            Self::Write
        } else {
            Self::Read
        }
    }

    /// The access with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Read,
            2 => Self::Write,
            3 => Self::Execute,
            _ => return None,
        })
    }

    /// What the partition was doing, for messages.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Read => "reading",
            Self::Write => "writing",
            Self::Execute => "executing",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_kind() {
        for number in 1..=9 {
            assert_eq!(FaultKind::from_number(number) as u32, number);
        }
        assert_eq!(FaultKind::from_number(0), FaultKind::Other);
        assert_eq!(FaultKind::from_number(u32::MAX), FaultKind::Other);
    }

    #[test]
    fn a_page_faults_error_code_tells_of_the_access() {
        for (error, access) in [
            (0x4, Access::Read),
            (0x5, Access::Read),
            (0x6, Access::Write),
            (0x14, Access::Execute),
            (0x16, Access::Execute),
        ] {
            assert_eq!(Access::of_x86_page_fault(error), access);
        }
    }
}
