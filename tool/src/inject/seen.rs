//! What is seen of a run: what the kernel has recorded, and what partitions have said.

use std::io::Read as _;
use std::os::fd::AsFd as _;
use std::process::ChildStdout;

use bulkhead_abi::system_table::{ByteOrder, Reader};
use bulkhead_abi::trace::{Header, Kind};
use bulkhead_timeline as timeline;
use bulkhead_timeline::{Event, Memory as _, RingReader};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use crate::run::{Channel, Demultiplexer};
use crate::tracing::Ring;
use crate::unnamed::Unnamed;

/// The most that is kept of what partitions say, in bytes: one that is out of its mind may say more.
const SAID_MAX: usize = 4 << 20;

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
    bytes: Vec<u8>,
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
        let mut looker = Self { memory, offset, ring: RingReader::new(order), output, bytes: Vec::new() };
        // What a run before has said.
        looker.listen();
        looker.bytes.clear();
        looker
    }

    /// Takes what has been said so far.
    fn listen(&mut self) {
        let mut buffer = [0; 1 << 14];
        while let Ok(length @ 1..) = self.output.read(&mut buffer) {
            if self.bytes.len() < SAID_MAX {
                self.bytes.extend_from_slice(&buffer[..length]);
            }
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
        let mut said = vec![Vec::new(); system.partitions.len()];
        Demultiplexer::new().feed(&self.bytes, &mut |channel, bytes| {
            if let Channel::Partition(number) = channel
                && let Some(said) = said.get_mut(number)
            {
                said.extend_from_slice(bytes);
            }
        });
        Seen { events, lost: lost.iter().map(|lost| lost.count).sum(), said, end, injected }
    }
}

/// What the kernel's counter said when its clock was zero: the low half, and the high one.
pub(super) fn origin(memory: &Unnamed, offset: u64, order: ByteOrder) -> Option<[u32; 2]> {
    let mut bytes = [0; 8];
    Ring { file: memory.file(), offset }.read(std::mem::offset_of!(Header, origin), &mut bytes).ok()?;
    let mut words = Reader::at(&bytes, 0, order)?;
    Some([words.u32()?, words.u32()?])
}
