//! What is seen of a run: what the kernel has recorded, and what partitions have said.

use std::io::Read as _;
use std::os::fd::AsFd as _;
use std::process::ChildStdout;

use bulkhead_abi::system_table::ByteOrder;
use bulkhead_abi::trace::Kind;
use bulkhead_timeline as timeline;
use bulkhead_timeline::{Event, RingReader};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use crate::run::{Channel, Demultiplexer};
use crate::tracing::Ring;
use crate::unnamed::Unnamed;

/// The most that is kept of what each partition says, in bytes: one that is out of its mind may say more, and it takes
/// none of that from the others.
const SAID_MAX: usize = 1 << 20;

/// How a run has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It has come to its time.
    InTime,
    /// QEMU has ended.
    Gone,
    /// It was given up, because the host waited too long.
    GivenUp,
}

/// What is seen of a run.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// What the kernel has recorded.
    pub(super) events: Vec<Event>,
    /// How many records are lost.
    pub(super) lost: u64,
    /// What each partition has said.
    pub(super) said: Vec<Vec<u8>>,
    /// How it has ended.
    pub(super) end: End,
    /// Whether the fault could be made.
    pub(super) injected: bool,
}

impl Seen {
    /// When the last record was made, in nanoseconds.
    #[must_use]
    pub(super) fn last(&self) -> u64 {
        self.events.last().map_or(0, |event| event.time)
    }

    /// Whether there is a record of this kind.
    #[must_use]
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.events.iter().any(|event| event.of_kernel().is_some_and(|(it, _)| it == kind))
    }
}

/// Who looks at a run.
#[derive(Debug)]
pub(super) struct Looker<'a> {
    memory: &'a Unnamed,
    offset: u64,
    ring: RingReader,
    output: &'a mut ChildStdout,
    demultiplexer: Demultiplexer,
    said: Vec<Vec<u8>>,
}

impl<'a> Looker<'a> {
    /// Looks at a machine with its memory in a file, in which the kernel's ring is at an offset.
    pub(super) fn new(
        memory: &'a Unnamed,
        offset: u64,
        order: ByteOrder,
        output: &'a mut ChildStdout,
    ) -> Self {
        // Fails for no stream that is open. Whoever looks does not wait.
        let _ = fcntl_getfl(output.as_fd())
            .and_then(|flags| fcntl_setfl(output.as_fd(), flags | OFlags::NONBLOCK));
        let ring = RingReader::new(order);
        let mut looker =
            Self { memory, offset, ring, output, demultiplexer: Demultiplexer::new(), said: Vec::new() };
        // What a run before has said.
        looker.listen();
        looker.demultiplexer = Demultiplexer::new();
        looker.said.clear();
        looker
    }

    /// Takes what has been said so far.
    fn listen(&mut self) {
        let mut buffer = [0; 1 << 14];
        while let Ok(length @ 1..) = self.output.read(&mut buffer) {
            let said = &mut self.said;
            self.demultiplexer.feed(&buffer[..length], &mut |channel, bytes| keep(said, channel, bytes));
        }
    }

    /// Takes what is new.
    pub(super) fn look(&mut self) {
        self.listen();
        // Fails if the kernel has destroyed its ring: what was read before counts.
        let _ = self.ring.poll(&mut Ring { file: self.memory.file(), offset: self.offset });
    }

    /// What was seen, once the machine stands or has ended.
    pub(super) fn finish(mut self, system: &timeline::System, end: End, injected: bool) -> Seen {
        self.look();
        let (events, lost) = self.ring.events(system);
        let mut said = self.said;
        said.resize_with(system.partitions.len(), Vec::new);
        Seen { events, lost: lost.iter().map(|lost| lost.count).sum(), said, end, injected }
    }
}

/// Keeps what somebody has said, if it is a partition, and as much as there is room for.
fn keep(said: &mut Vec<Vec<u8>>, channel: Channel, bytes: &[u8]) {
    let Channel::Partition(number) = channel else { return };
    if said.len() <= number {
        said.resize_with(number + 1, Vec::new);
    }
    let room = SAID_MAX - said[number].len();
    said[number].extend_from_slice(&bytes[..bytes.len().min(room)]);
}

/// What the kernel's counter said when its clock was zero, if it has counted.
pub(super) fn origin(memory: &Unnamed, offset: u64, order: ByteOrder) -> Option<u64> {
    let mut ring = RingReader::new(order);
    ring.poll(&mut Ring { file: memory.file(), offset }).ok()?;
    ring.origin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_too_much_takes_nothing_from_the_others() {
        let mut said = Vec::new();
        for _ in 0..3 {
            keep(&mut said, Channel::Partition(2), &vec![b'x'; SAID_MAX - 1]);
            keep(&mut said, Channel::Kernel, b"end");
            keep(&mut said, Channel::Partition(0), b"hello");
        }
        assert_eq!(said.iter().map(Vec::len).collect::<Vec<_>>(), [15, 0, SAID_MAX]);
        assert_eq!(said[0], b"hellohellohello");
    }
}
