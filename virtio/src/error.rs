//! Why there is no such device, or why it does not do what it is asked for.

use core::fmt;

use virtio_drivers::Error;
use virtio_drivers::transport::{DeviceType, Transport as _};

use crate::{Function, FunctionError};

/// Why a device cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceError {
    /// There is no virtio function.
    Function(FunctionError),
    /// It is another device than the one that it is to be.
    Other {
        /// What it is to be, in words.
        wanted: &'static str,
        /// What it is.
        found: DeviceType,
    },
    /// It does not work as virtio asks, or has refused a request, or there are not enough pages for it.
    Driver(Error),
}

impl fmt::Display for DeviceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(error) => error.fmt(formatter),
            Self::Other { wanted, found } => {
                write!(formatter, "it is no {wanted}, but another one of virtio: {found:?}")
            }
            Self::Driver(error) => write!(formatter, "it does not work: {error}"),
        }
    }
}

impl From<FunctionError> for DeviceError {
    fn from(error: FunctionError) -> Self {
        Self::Function(error)
    }
}

impl From<Error> for DeviceError {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

/// The function of the device with this name in the system file, which is to be of this type.
pub(crate) fn find(device: &str, wanted: DeviceType, what: &'static str) -> Result<Function, DeviceError> {
    let function = Function::find(device)?;
    match function.device_type() {
        found if found == wanted => Ok(function),
        found => Err(DeviceError::Other { wanted: what, found }),
    }
}
