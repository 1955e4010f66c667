//! What a hypercall answers when it does not do what it was asked.

/// A hypercall's refusal. The call returns the negative number; zero and above mean success.
///
/// The nearest ARINC 653 return code stands with each.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// No call has this number.
    UnknownCall = -1,
    /// A range that the partition passed does not lie in its own memory, or may not be written
    /// (`INVALID_PARAM`).
    BadAddress = -2,
    /// A number that the partition passed is outside its range (`INVALID_PARAM`).
    BadArgument = -3,
    /// The system file does not give this partition what it asks for (`INVALID_CONFIG`).
    NotPermitted = -4,
    /// Nothing there, or no room, at this moment (`NOT_AVAILABLE`).
    NotAvailable = -5,
    /// Not in the mode that the partition is in (`INVALID_MODE`).
    InvalidMode = -6,
}

impl Error {
    /// The value that the call returns in the guest's result register.
    #[must_use]
    pub const fn code(self) -> i32 {
        self as i32
    }

    /// The error that a returned value stands for, if it is one.
    #[must_use]
    pub const fn from_code(code: i32) -> Option<Self> {
        Some(match code {
            -1 => Self::UnknownCall,
            -2 => Self::BadAddress,
            -3 => Self::BadArgument,
            -4 => Self::NotPermitted,
            -5 => Self::NotAvailable,
            -6 => Self::InvalidMode,
            _ => return None,
        })
    }
}
