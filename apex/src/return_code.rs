//! The return codes of the services.

use bulkhead_abi::Error;

/// ARINC 653's `RETURN_CODE_TYPE`.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnCode {
    /// `NO_ERROR`: the request is done.
    NoError = 0,
    /// `NO_ACTION`: the state is already what was asked for.
    NoAction = 1,
    /// `NOT_AVAILABLE`: it cannot be done now.
    NotAvailable = 2,
    /// `INVALID_PARAM`: a parameter means nothing.
    InvalidParam = 3,
    /// `INVALID_CONFIG`: a parameter does not agree with the system file.
    InvalidConfig = 4,
    /// `INVALID_MODE`: it cannot be asked for in this state.
    InvalidMode = 5,
    /// `TIMED_OUT`: it was not done in time.
    TimedOut = 6,
}

impl From<Error> for ReturnCode {
    /// What is left for the kernel to refuse: the services have checked all but addresses.
    fn from(error: Error) -> Self {
        match error {
            Error::BadAddress | Error::BadArgument => Self::InvalidParam,
            Error::InvalidMode => Self::InvalidMode,
            Error::NotAvailable => Self::NotAvailable,
            Error::NotPermitted | Error::UnknownCall => Self::InvalidConfig,
        }
    }
}
