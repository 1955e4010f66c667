//! A disk that forgets at the end of power what was not synced, as one with a cache of its own may: for tests. With a
//! command line that begins with `volatile` the server puts this between itself and its disk.

use crate::protocol::BLOCK;
use crate::store::{Failed, Store};

/// How many blocks it has room for. When there is none, all are written.
const BLOCKS_MAX: usize = 64;

/// What was written since the last sync, in front of a disk.
#[derive(Debug)]
pub struct Volatile<'a, S> {
    disk: &'a mut S,
    /// The number of each block that is here.
    numbers: [Option<u64>; BLOCKS_MAX],
    blocks: [[u8; BLOCK]; BLOCKS_MAX],
}

impl<'a, S: Store> Volatile<'a, S> {
    /// Nothing but the disk.
    pub fn new(disk: &'a mut S) -> Self {
        Self { disk, numbers: [None; BLOCKS_MAX], blocks: [[0; BLOCK]; BLOCKS_MAX] }
    }

    fn place_of(&self, number: u64) -> Option<usize> {
        self.numbers.iter().position(|here| *here == Some(number))
    }

    /// Writes all blocks that are here, the last one first: a disk keeps no order.
    fn write_out(&mut self) -> Result<(), Failed> {
        for (number, block) in self.numbers.iter_mut().zip(&self.blocks).rev() {
            if let Some(number) = number.take() {
                self.disk.write(number, block)?;
            }
        }
        Ok(())
    }
}

impl<S: Store> Store for Volatile<'_, S> {
    fn blocks(&self) -> u64 {
        self.disk.blocks()
    }

    fn read(&mut self, block: u64, room: &mut [u8]) -> Result<(), Failed> {
        self.disk.read(block, room)?;
        for (number, room) in (block..).zip(room.chunks_exact_mut(BLOCK)) {
            if let Some(place) = self.place_of(number) {
                room.copy_from_slice(&self.blocks[place]);
            }
        }
        Ok(())
    }

    fn write(&mut self, block: u64, bytes: &[u8]) -> Result<(), Failed> {
        for (number, bytes) in (block..).zip(bytes.chunks_exact(BLOCK)) {
            let free = |numbers: &[Option<u64>]| numbers.iter().position(Option::is_none);
            let place = match self.place_of(number).or_else(|| free(&self.numbers)) {
                Some(place) => place,
                None => {
                    self.write_out()?;
                    0
                }
            };
            self.numbers[place] = Some(number);
            self.blocks[place].copy_from_slice(bytes);
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Failed> {
        self.write_out()?;
        self.disk.sync()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;
    use crate::store::MemoryStore;

    #[test]
    fn what_is_not_synced_is_here_alone() {
        let kept: Vec<AtomicU8> = (0..128 * BLOCK).map(|_| AtomicU8::new(0)).collect();
        let of_kept = |block: usize| kept[block * BLOCK].load(Ordering::Relaxed);
        let mut disk = MemoryStore(&kept);
        let mut volatile = Volatile::new(&mut disk);
        let mut room = [0; 2 * BLOCK];
        assert_eq!(volatile.write(3, &[7; BLOCK]), Ok(()));
        assert_eq!(volatile.read(2, &mut room), Ok(()));
        assert_eq!((room[0], room[BLOCK], of_kept(3)), (0, 7, 0));
        assert_eq!(volatile.write(3, &[8; BLOCK]), Ok(()));
        assert_eq!(volatile.sync(), Ok(()));
        assert_eq!((of_kept(2), of_kept(3), of_kept(4)), (0, 8, 0));
        assert_eq!(volatile.write(3, &[9; BLOCK]), Ok(()));
        for block in 10..10 + BLOCKS_MAX as u64 {
            assert_eq!(volatile.write(block, &[1; BLOCK]), Ok(()));
        }
        assert_eq!((of_kept(3), of_kept(10), of_kept(9 + BLOCKS_MAX)), (9, 1, 0), "there was no room");
        assert_eq!(volatile.read(9 + BLOCKS_MAX as u64, &mut room[..BLOCK]), Ok(()));
        assert_eq!(room[0], 1);
    }
}
