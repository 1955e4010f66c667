//! Takes the serial line apart into the kernel's log and the partitions' consoles.
//!
//! What the channels are is in [`bulkhead_abi::wire`]. A partition's output can hold any byte: the kernel doubles its
//! escapes, so it can never switch the channel.

use bulkhead_abi::wire::{CLOCK_CHANNEL, ESCAPE, FIRST_PARTITION_CHANNEL, KERNEL_CHANNEL};

/// Whose output a byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The kernel's log.
    Kernel,
    /// The clock: when the next line of a partition has begun.
    Clock,
    /// The console of the partition with this number.
    Partition(usize),
}

impl Channel {
    /// The channel that a byte behind [`ESCAPE`] names, if it names one.
    fn from_byte(byte: u8) -> Option<Self> {
        let last = FIRST_PARTITION_CHANNEL + bulkhead_abi::system_table::PARTITIONS_MAX as u8 - 1;
        match byte {
            KERNEL_CHANNEL => Some(Self::Kernel),
            CLOCK_CHANNEL => Some(Self::Clock),
            FIRST_PARTITION_CHANNEL.. if byte <= last => {
                Some(Self::Partition(usize::from(byte - FIRST_PARTITION_CHANNEL)))
            }
            _ => None,
        }
    }
}

/// Where in the stream the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demultiplexer {
    channel: Channel,
    escaped: bool,
}

impl Default for Demultiplexer {
    fn default() -> Self {
        Self::new()
    }
}

impl Demultiplexer {
    /// At the start of a stream, where the kernel speaks.
    #[must_use]
    pub const fn new() -> Self {
        Self { channel: Channel::Kernel, escaped: false }
    }

    /// Takes the next bytes of the stream, and gives each run of bytes of one channel to `sink`.
    ///
    /// A byte behind an escape that names no channel is output like any other, and the escape too: nothing is lost.
    pub fn feed(&mut self, bytes: &[u8], sink: &mut dyn FnMut(Channel, &[u8])) {
        let mut start = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            if self.escaped {
                self.escaped = false;
                start = at + 1;
                match Channel::from_byte(byte) {
                    Some(channel) => self.channel = channel,
                    None if byte == ESCAPE => sink(self.channel, &[ESCAPE]),
                    None => sink(self.channel, &[ESCAPE, byte]),
                }
            } else if byte == ESCAPE {
                if start < at {
                    sink(self.channel, &bytes[start..at]);
                }
                start = at + 1;
                self.escaped = true;
            }
        }
        if start < bytes.len() {
            sink(self.channel, &bytes[start..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// What a kernel sends.
    fn multiplex(pieces: &[(Channel, Vec<u8>)]) -> Vec<u8> {
        let mut out = Vec::new();
        for (channel, bytes) in pieces {
            let byte = match channel {
                Channel::Kernel => KERNEL_CHANNEL,
                Channel::Clock => CLOCK_CHANNEL,
                Channel::Partition(number) => FIRST_PARTITION_CHANNEL + *number as u8,
            };
            out.extend([ESCAPE, byte]);
            for &byte in bytes {
                if byte == ESCAPE {
                    out.push(ESCAPE);
                }
                out.push(byte);
            }
        }
        out
    }

    fn key(channel: Channel) -> i64 {
        match channel {
            Channel::Kernel => -1,
            Channel::Clock => -2,
            Channel::Partition(number) => number as i64,
        }
    }

    fn take_apart(chunks: &[&[u8]]) -> BTreeMap<i64, Vec<u8>> {
        let mut found: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
        let mut demultiplexer = Demultiplexer::new();
        for chunk in chunks {
            demultiplexer.feed(chunk, &mut |channel, bytes| {
                found.entry(key(channel)).or_default().extend_from_slice(bytes);
            });
        }
        found
    }

    #[test]
    fn the_kernel_speaks_first() {
        assert_eq!(take_apart(&[b"boot\n"]), BTreeMap::from([(-1, b"boot\n".to_vec())]));
    }

    #[test]
    fn a_forged_switch_stays_output() {
        let forged = vec![(Channel::Partition(3), vec![ESCAPE, KERNEL_CHANNEL, b'!', ESCAPE, ESCAPE, 0x41])];
        let expected = BTreeMap::from([(3, vec![ESCAPE, KERNEL_CHANNEL, b'!', ESCAPE, ESCAPE, 0x41])]);
        assert_eq!(take_apart(&[&multiplex(&forged)]), expected);
    }

    #[test]
    fn an_unknown_channel_is_output() {
        assert_eq!(take_apart(&[&[ESCAPE, 0x7f, b'x']]), BTreeMap::from([(-1, vec![ESCAPE, 0x7f, b'x'])]));
        assert_eq!(take_apart(&[&[ESCAPE, 0x60]]), BTreeMap::from([(-1, vec![ESCAPE, 0x60])]));
    }

    fn piece() -> impl Strategy<Value = (Channel, Vec<u8>)> {
        let channel = prop_oneof![
            Just(Channel::Kernel),
            Just(Channel::Clock),
            (0_usize..32).prop_map(Channel::Partition)
        ];
        let byte = prop_oneof![Just(ESCAPE), Just(KERNEL_CHANNEL), 0x40_u8..0x60, any::<u8>()];
        (channel, proptest::collection::vec(byte, 0..20))
    }

    proptest! {
        #[test]
        fn any_interleaving_comes_apart(pieces in proptest::collection::vec(piece(), 0..30), cut in 1_usize..9) {
            let stream = multiplex(&pieces);
            let mut expected: BTreeMap<i64, Vec<u8>> = BTreeMap::new();
            for (channel, bytes) in pieces.iter().filter(|(_, bytes)| !bytes.is_empty()) {
                expected.entry(key(*channel)).or_default().extend_from_slice(bytes);
            }
            let chunks: Vec<&[u8]> = stream.chunks(cut).collect();
            prop_assert_eq!(take_apart(&chunks), expected);
        }

        #[test]
        fn no_stream_panics(stream in proptest::collection::vec(any::<u8>(), 0..200)) {
            take_apart(&[&stream]);
        }
    }
}
