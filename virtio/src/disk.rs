//! A disk whose blocks are read and written one request after the other. Whoever asks waits for the device, with the
//! processor: the device needs no window of the partition to get done.

use core::fmt;

use virtio_drivers::Error;
use virtio_drivers::device::blk::VirtIOBlk;
use virtio_drivers::transport::DeviceType;

use crate::{DeviceError, Function, Memory, error};

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
    pub fn find(device: &str) -> Result<Self, DeviceError> {
        Ok(Self(VirtIOBlk::new(error::find(device, DeviceType::Block, "disk")?)?))
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
    pub fn read(&mut self, block: u64, room: &mut [u8]) -> Result<(), DeviceError> {
        Ok(self.0.read_blocks(number(block)?, room)?)
    }

    /// Writes blocks from the one with this number on; they lie in the partition's own memory.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn write(&mut self, block: u64, bytes: &[u8]) -> Result<(), DeviceError> {
        Ok(self.0.write_blocks(number(block)?, bytes)?)
    }

    /// What has been written survives the end of power when this returns.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn sync(&mut self) -> Result<(), DeviceError> {
        Ok(self.0.flush()?)
    }
}

/// A block's number, as the driver has it.
fn number(block: u64) -> Result<usize, DeviceError> {
    usize::try_from(block).map_err(|_| DeviceError::Driver(Error::InvalidParam))
}
