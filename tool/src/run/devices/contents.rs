//! What is on a disk, as a record of a run has it: the parts of it that are not empty.
//!
//! Of each part there is its number, eight bytes of which the lowest comes first, and its bytes. Parts come in the
//! order of their numbers.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use sha2::{Digest as _, Sha256};

/// Bytes of a part.
const PART: usize = 4096;

/// The most that parts can have, in bytes, with their numbers.
pub(crate) const PARTS_MAX: u64 = 1 << 30;

/// What is on a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contents {
    /// Bytes of the disk, whole blocks.
    pub(crate) size: u64,
    /// The parts that are not empty.
    pub(crate) parts: Vec<u8>,
}

impl Contents {
    /// What is in a file.
    ///
    /// # Errors
    /// If it cannot be read, or is more than [`PARTS_MAX`].
    pub(crate) fn read(file: &File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        let mut parts = Vec::new();
        let mut place = 0;
        while place < size {
            let mut part = [0; PART];
            let length = (size - place).min(PART as u64) as usize;
            file.read_exact_at(&mut part[..length], place)?;
            if part.iter().any(|byte| *byte != 0) {
                if parts.len() as u64 >= PARTS_MAX {
                    return Err(io::ErrorKind::FileTooLarge.into());
                }
                parts.extend((place / PART as u64).to_le_bytes());
                parts.extend(part);
            }
            place += PART as u64;
        }
        Ok(Self { size, parts })
    }

    /// Writes it into an empty file.
    ///
    /// # Errors
    /// If it cannot be written, or there are parts where the disk has no room for any.
    pub(crate) fn write(&self, file: &File) -> io::Result<()> {
        file.set_len(self.size)?;
        let wrong = || io::Error::from(io::ErrorKind::InvalidData);
        for part in self.parts.chunks(8 + PART) {
            let (number, bytes) = part.split_first_chunk().ok_or_else(wrong)?;
            let place = u64::from_le_bytes(*number).checked_mul(PART as u64).ok_or_else(wrong)?;
            let length = self.size.checked_sub(place).ok_or_else(wrong)?.min(PART as u64) as usize;
            file.write_all_at(bytes.get(..length).ok_or_else(wrong)?, place)?;
        }
        Ok(())
    }

    /// A number that is another one where something else is on a disk.
    pub(crate) fn hash(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.size.to_le_bytes());
        hash.update(&self.parts);
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_a_disk_is_there_again() {
        let file = tempfile::tempfile().expect("a file");
        let size = 5 * PART as u64 + 512;
        file.set_len(size).and_then(|()| file.write_all_at(b"one", 4095)).expect("written");
        file.write_all_at(b"last", size - 4).expect("written");
        let contents = Contents::read(&file).expect("read");
        assert_eq!((contents.size, contents.parts.len()), (size, 3 * (8 + PART)));
        let other = tempfile::tempfile().expect("a file");
        contents.write(&other).expect("written");
        assert_eq!(Contents::read(&other).expect("read"), contents);
        assert_eq!(Contents::read(&other).expect("read").hash(), contents.hash());
        let mut changed = contents.clone();
        changed.parts[8 + 4095] ^= 1;
        assert_ne!(changed.hash(), contents.hash());
    }

    #[test]
    fn parts_that_are_nowhere_are_refused() {
        let part = |number: u64| [&number.to_le_bytes()[..], &[7; PART]].concat();
        let write = |size: u64, parts: &[u8]| {
            Contents { size, parts: parts.to_vec() }.write(&tempfile::tempfile().expect("a file"))
        };
        write(4096, &part(0)).expect("it is there");
        for wrong in [
            &part(2)[..],
            &part(u64::MAX),
            &part(0)[..100],
            &part(0)[..7],
            &[part(0), part(1 << 52)].concat(),
        ] {
            let said = write(4096, wrong).map_err(|error| error.kind());
            assert_eq!(said, Err(io::ErrorKind::InvalidData), "{}", wrong.len());
        }
    }
}
