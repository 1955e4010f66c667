//! Where the blocks lie.

use core::sync::atomic::{AtomicU8, Ordering};

use crate::protocol::BLOCK;

/// The disk does not do what it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed;

/// Something that keeps blocks. Whoever calls has checked that they are there.
pub trait Store {
    /// How many blocks there are.
    fn blocks(&self) -> u64;

    /// Reads blocks from the one with this number on, as many as there is room for.
    ///
    /// # Errors
    /// If the disk does not do it.
    fn read(&mut self, block: u64, room: &mut [u8]) -> Result<(), Failed>;

    /// Writes blocks from the one with this number on.
    ///
    /// # Errors
    /// If the disk does not do it.
    fn write(&mut self, block: u64, bytes: &[u8]) -> Result<(), Failed>;

    /// What has been written survives the end of power when this returns.
    ///
    /// # Errors
    /// If the disk does not do it.
    fn sync(&mut self) -> Result<(), Failed>;
}

/// Blocks in the memory of the partition: they are as long there as it runs.
#[derive(Debug)]
pub struct MemoryStore<'a>(pub &'a [AtomicU8]);

impl MemoryStore<'_> {
    fn part(&self, block: u64, length: usize) -> Result<&[AtomicU8], Failed> {
        let start = usize::try_from(block).ok().and_then(|block| block.checked_mul(BLOCK)).ok_or(Failed)?;
        let end = start.checked_add(length).ok_or(Failed)?;
        self.0.get(start..end).ok_or(Failed)
    }
}

impl Store for MemoryStore<'_> {
    fn blocks(&self) -> u64 {
        (self.0.len() / BLOCK) as u64
    }

    fn read(&mut self, block: u64, room: &mut [u8]) -> Result<(), Failed> {
        let kept = self.part(block, room.len())?;
        room.iter_mut().zip(kept).for_each(|(byte, kept)| *byte = kept.load(Ordering::Relaxed));
        Ok(())
    }

    fn write(&mut self, block: u64, bytes: &[u8]) -> Result<(), Failed> {
        let kept = self.part(block, bytes.len())?;
        bytes.iter().zip(kept).for_each(|(byte, kept)| kept.store(*byte, Ordering::Relaxed));
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Failed> {
        Ok(())
    }
}
