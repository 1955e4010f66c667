//! A disk whose blocks are read and written one request after the other. Whoever asks waits for the device, with the
//! processor: the device needs no window of the partition to get done.

use core::fmt;

use virtio_drivers::Error;
use virtio_drivers::device::blk::VirtIOBlk;
use virtio_drivers::transport::{DeviceType, Transport as _};

use crate::{Function, FunctionError, Memory};

/// Why there is no such disk, or why it does not do what it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskError {
    /// There is no virtio function.
    Function(FunctionError),
    /// It is another device.
    NotDisk(DeviceType),
    /// It does not work as virtio asks, or has refused the request.
    Driver(Error),
}

impl fmt::Display for DiskError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(error) => error.fmt(formatter),
            Self::NotDisk(kind) => write!(formatter, "it is no disk, but another one of virtio: {kind:?}"),
            Self::Driver(error) => write!(formatter, "it does not work: {error}"),
        }
    }
}

impl From<FunctionError> for DiskError {
    fn from(error: FunctionError) -> Self {
        Self::Function(error)
    }
}

impl From<Error> for DiskError {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

/// A disk.
pub struct Disk(VirtIOBlk<Memory, Function>);

impl fmt::Debug for Disk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Disk").field("blocks", &self.blocks()).finish_non_exhaustive()
    }
}

impl Disk {
    /// The disk with this name in the system file.
    ///
    /// # Errors
    /// If there is none, or it does not work.
    pub fn find(device: &str) -> Result<Self, DiskError> {
        let function = Function::find(device)?;
        let kind = function.device_type();
        if kind != DeviceType::Block {
            return Err(DiskError::NotDisk(kind));
        }
        Ok(Self(VirtIOBlk::new(function)?))
    }

    /// How many blocks of 512 bytes it has.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.0.capacity()
    }

    /// Reads blocks from the one with this number on: as many as there is room for in the partition's own memory, whole
    /// ones.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn read(&mut self, block: u64, room: &mut [u8]) -> Result<(), DiskError> {
        Ok(self.0.read_blocks(number(block)?, room)?)
    }

    /// Writes blocks from the one with this number on; they lie in the partition's own memory.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn write(&mut self, block: u64, bytes: &[u8]) -> Result<(), DiskError> {
        Ok(self.0.write_blocks(number(block)?, bytes)?)
    }

    /// What has been written survives the end of power when this returns.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn sync(&mut self) -> Result<(), DiskError> {
        Ok(self.0.flush()?)
    }
}

/// A block's number, as the driver has it.
fn number(block: u64) -> Result<usize, DiskError> {
    usize::try_from(block).map_err(|_| DiskError::Driver(Error::InvalidParam))
}
