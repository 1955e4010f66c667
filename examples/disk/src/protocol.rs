//! The messages between a client and the server of a disk. Numbers have their highest byte first.

/// Bytes of a block.
pub const BLOCK: usize = 512;

/// Bytes in front of the blocks of a message.
pub const HEADER: usize = 16;

/// The answer's operation is the request's with this bit.
pub const ANSWER: u8 = 0x80;

/// Set in the flags of the answer to [`Operation::Describe`] if the part cannot be written.
pub const READ_ONLY: u32 = 1;

/// The longest answer without blocks: a description.
pub const DESCRIPTION: usize = HEADER + 4;

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// How large the client's part is, and how many blocks a request may have.
    Describe = 0,
    /// The blocks come with the answer.
    Read = 1,
    /// The blocks come with the request.
    Write = 2,
    /// What has been written before survives the end of power when this is answered.
    Sync = 3,
}

impl Operation {
    /// The operation with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Describe, Self::Read, Self::Write, Self::Sync].into_iter().find(|it| *it as u8 == number)
    }
}

/// What has become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is done.
    Done = 0,
    /// There is no such operation, or the request is longer or shorter than that, or the answer would be too long.
    Malformed = 1,
    /// Not all of these blocks are the client's.
    OutOfRange = 2,
    /// The client's part cannot be written.
    ReadOnly = 3,
    /// The disk does not do it. Blocks that were to be written may have been.
    Failed = 4,
}

/// What stands in front of a message's blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The operation's number; in an answer with [`ANSWER`].
    pub operation: u8,
    /// Of an answer: the [`Status`].
    pub status: u8,
    /// How many blocks.
    pub count: u16,
    /// The client's: an answer repeats it.
    pub tag: u32,
    /// The first block, counted from the beginning of the client's part.
    pub block: u64,
}

impl Header {
    /// Reads the header of a message, if there is room for one in it.
    #[must_use]
    pub fn read(message: &[u8]) -> Option<Self> {
        let [operation, status, c0, c1, t0, t1, t2, t3, block @ ..] = *message.first_chunk::<HEADER>()?;
        Some(Self {
            operation,
            status,
            count: u16::from_be_bytes([c0, c1]),
            tag: u32::from_be_bytes([t0, t1, t2, t3]),
            block: u64::from_be_bytes(block),
        })
    }

    /// The header's bytes.
    #[must_use]
    pub fn bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let (front, block) = bytes.split_at_mut(8);
        front[0] = self.operation;
        front[1] = self.status;
        front[2..4].copy_from_slice(&self.count.to_be_bytes());
        front[4..].copy_from_slice(&self.tag.to_be_bytes());
        block.copy_from_slice(&self.block.to_be_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_the_highest_byte_first() {
        let header = Header { operation: 2, status: 0, count: 0x102, tag: 0x3040506, block: 0x708 };
        let bytes = [2, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0, 7, 8];
        assert_eq!(header.bytes(), bytes);
        assert_eq!(Header::read(&bytes), Some(header));
        assert_eq!(Header::read(&[bytes.as_slice(), &[9; 512]].concat()), Some(header));
        assert_eq!(Header::read(&bytes[1..]), None);
    }
}
