//! Reads a kernel's ring of records out of the memory of a machine that goes on running, or has ended.
//!
//! Whoever reads is slower than who writes, and nobody waits for anybody: what is overwritten before it is read, or
//! while it is, is counted.

use std::io;

use bulkhead_abi::system_table::{ByteOrder, Reader};
use bulkhead_abi::trace::{self, Counter, Kind, RECORD_SIZE, RECORDS, decoded};

use crate::event::Event;
use crate::model::{Lost, System};

/// The memory of a machine, as far as the ring lies in it.
pub trait Memory {
    /// Reads bytes at an offset from the ring's beginning.
    ///
    /// # Errors
    /// If they cannot be read.
    fn read(&mut self, offset: usize, bytes: &mut [u8]) -> io::Result<()>;
}

/// The word at a place, counted in words; 0 where the bytes end.
pub(crate) fn word(order: ByteOrder, bytes: &[u8], place: usize) -> u32 {
    Reader::at(bytes, 4 * place, order).and_then(|mut reader| reader.u32()).unwrap_or_default()
}

/// Records that are kept at the most: of what comes behind, only the number is known. One takes a hundred bytes and
/// more until it is written, and a partition makes millions in a second if it does nothing else.
const KEPT_MAX: usize = 1 << 24;

/// What a counter of 32 bits can be behind what it was, where a time was at hand: in counts, much less than it goes
/// round in, and more than the kernel takes for a record.
const AT_HAND_MAX: u32 = 1 << 16;

/// A record as it was read.
#[derive(Clone, Copy, Debug)]
struct Raw {
    time: [u32; 2],
    what: u32,
    argument: u32,
}

/// The clock that a ring's header describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Clock {
    counter: Counter,
    multiplier: u32,
    shift: u32,
    origin: u64,
}

impl Clock {
    const fn nanoseconds(&self, counts: u64) -> u64 {
        ((counts as u128 * self.multiplier as u128) >> (self.shift & 63)) as u64
    }
}

/// Who reads a ring, from its first record on.
#[derive(Debug)]
pub struct RingReader {
    order: ByteOrder,
    clock: Option<Clock>,
    /// How many records the kernel has written, as far as that has been seen.
    seen: u64,
    kept: Vec<Raw>,
    /// Where records are missing: before the kept one with this number, how many.
    gaps: Vec<(usize, u64)>,
    /// How many are kept at the most.
    most: usize,
    /// How many were read and are not kept.
    too_many: u64,
    /// What is known of the records that were drained.
    drained: Option<Decoder>,
}

/// Places of words in the header.
mod header {
    use bulkhead_abi::trace::Header;
    use core::mem::offset_of;

    pub(super) const MAGIC: usize = offset_of!(Header, magic) / 4;
    pub(super) const VERSION: usize = offset_of!(Header, version) / 4;
    pub(super) const RECORDS: usize = offset_of!(Header, records) / 4;
    pub(super) const COUNTER: usize = offset_of!(Header, counter) / 4;
    pub(super) const MULTIPLIER: usize = offset_of!(Header, multiplier) / 4;
    pub(super) const SHIFT: usize = offset_of!(Header, shift) / 4;
    pub(super) const ORIGIN: usize = offset_of!(Header, origin) / 4;
    pub(super) const WRITTEN: usize = offset_of!(Header, written) / 4;
    pub(super) const SIZE: usize = size_of::<Header>();
}

impl RingReader {
    /// A reader of a ring that a processor with this byte order writes.
    #[must_use]
    pub const fn new(order: ByteOrder) -> Self {
        Self {
            order,
            clock: None,
            seen: 0,
            kept: Vec::new(),
            gaps: Vec::new(),
            most: KEPT_MAX,
            too_many: 0,
            drained: None,
        }
    }

    /// What the kernel's counter said when its clock was zero, if it has counted.
    #[must_use]
    pub fn origin(&self) -> Option<u64> {
        self.clock.map(|clock| clock.origin)
    }

    /// Whether a kernel that traces has been there.
    #[must_use]
    pub const fn has_begun(&self) -> bool {
        self.clock.is_some()
    }

    /// How many records the kernel has written, as far as that has been seen.
    #[must_use]
    pub const fn written(&self) -> u64 {
        self.seen
    }

    /// How many records were read and are not kept, because as many are as there is room for: they count as lost.
    #[must_use]
    pub const fn too_many(&self) -> u64 {
        self.too_many
    }

    /// Reads what is new. To be called so often that fewer than 2^30 records come meanwhile; what comes faster than the
    /// ring has room is counted.
    ///
    /// # Errors
    /// If the memory cannot be read, or the ring is none that this reader knows.
    pub fn poll(&mut self, memory: &mut impl Memory) -> io::Result<()> {
        let mut bytes = [0; header::SIZE];
        memory.read(0, &mut bytes)?;
        if word(self.order, &bytes, header::MAGIC) != trace::MAGIC {
            return Ok(());
        }
        if self.clock.is_none() {
            self.clock = Some(self.clock_of(&bytes)?);
        }
        let new = self.records_since(&bytes, self.seen);
        let (before, written) = (self.seen, self.seen + u64::from(new));
        let first = before.max(written.saturating_sub(RECORDS as u64));
        let records = self.read(memory, first, written)?;
        // What has been overwritten meanwhile, or is just being, is not what it was.
        memory.read(0, &mut bytes)?;
        let more = self.records_since(&bytes, written);
        let oldest = (written + u64::from(more) + 1).saturating_sub(RECORDS as u64);
        let whole = first.max(oldest.min(written));
        self.take(whole - before, records.get((whole - first) as usize..).unwrap_or_default());
        self.seen = written;
        Ok(())
    }

    /// How many records the header counts behind so many.
    fn records_since(&self, bytes: &[u8], before: u64) -> u32 {
        let written = word(self.order, bytes, header::WRITTEN);
        written.wrapping_sub((before as u32).wrapping_mul(trace::STEP)) / trace::STEP
    }

    fn clock_of(&self, bytes: &[u8]) -> io::Result<Clock> {
        let word = |place| word(self.order, bytes, place);
        let (version, records) = (word(header::VERSION), word(header::RECORDS));
        let counter = match word(header::COUNTER) {
            counter if counter == Counter::Up64 as u32 => Some(Counter::Up64),
            counter if counter == Counter::Down32 as u32 => Some(Counter::Down32),
            _ => None,
        };
        match counter {
            Some(counter) if version == trace::VERSION && records as usize == RECORDS => Ok(Clock {
                counter,
                multiplier: word(header::MULTIPLIER),
                shift: word(header::SHIFT),
                origin: counter.said([word(header::ORIGIN), word(header::ORIGIN + 1)]),
            }),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "the kernel's records have version {version}, and this tool reads {}",
                    trace::VERSION
                ),
            )),
        }
    }

    /// The records with the numbers from `first` up to `end`, at most as many as the ring has.
    fn read(&self, memory: &mut impl Memory, first: u64, end: u64) -> io::Result<Vec<Raw>> {
        let mut records = Vec::with_capacity((end - first) as usize);
        let mut next = first;
        while next < end {
            let place = (next % RECORDS as u64) as usize;
            let count = (RECORDS - place).min((end - next) as usize);
            let mut bytes = vec![0; count * RECORD_SIZE];
            memory.read(header::SIZE + place * RECORD_SIZE, &mut bytes)?;
            records.extend(bytes.chunks_exact(RECORD_SIZE).map(|record| Raw {
                what: word(self.order, record, 0),
                time: [word(self.order, record, 1), word(self.order, record, 2)],
                argument: word(self.order, record, 3),
            }));
            next += count as u64;
        }
        Ok(records)
    }

    fn take(&mut self, lost: u64, records: &[Raw]) {
        self.miss(lost);
        let room = self.most.saturating_sub(self.kept.len());
        let (kept, too_many) = records.split_at(room.min(records.len()));
        self.kept.extend_from_slice(kept);
        self.too_many += too_many.len() as u64;
        self.miss(too_many.len() as u64);
    }

    /// So many records are missing behind the last one that is kept.
    fn miss(&mut self, count: u64) {
        let place = self.kept.len();
        match self.gaps.last_mut() {
            _ if count == 0 => {}
            Some((last, more)) if *last == place => *more += count,
            _ => self.gaps.push((place, count)),
        }
    }

    /// What has been read of a system: the events in the order of time, and what is missing between them.
    #[must_use]
    pub fn events(&self, system: &System) -> (Vec<Event>, Vec<Lost>) {
        let Some(clock) = self.clock else { return (Vec::new(), Vec::new()) };
        let mut decoder = Decoder::new(clock);
        let (events, mut lost) = decoder.decode(&self.kept, &self.gaps, system);
        let (time, rest) = (decoder.time, decoder.missing);
        if rest > 0 {
            lost.push(Lost { since: time, time, count: rest, partition: None });
        }
        (events, lost)
    }

    /// What has been read since this was asked last, and is kept no longer: for who looks as long as the system runs.
    /// What is missing is told with the first record behind it.
    pub fn drain(&mut self, system: &System) -> (Vec<Event>, Vec<Lost>) {
        let Some(clock) = self.clock else { return (Vec::new(), Vec::new()) };
        let decoder = self.drained.get_or_insert_with(|| Decoder::new(clock));
        let told = decoder.decode(&self.kept, &self.gaps, system);
        self.kept.clear();
        self.gaps.clear();
        told
    }
}

/// What turns records into events, in their order.
#[derive(Debug)]
struct Decoder {
    counts: Counts,
    /// The time of the last event.
    time: u64,
    /// Who has the processor's memory and registers: at first the first one.
    current: Option<usize>,
    /// How many records are missing before the next one.
    missing: u64,
}

impl Decoder {
    const fn new(clock: Clock) -> Self {
        let counts = Counts { clock, counts: 0, last: clock.origin as u32 };
        Self { counts, time: 0, current: Some(0), missing: 0 }
    }

    fn decode(&mut self, kept: &[Raw], gaps: &[(usize, u64)], system: &System) -> (Vec<Event>, Vec<Lost>) {
        let mut events = Vec::with_capacity(kept.len());
        let mut lost = Vec::new();
        let mut gaps = gaps.iter().peekable();
        for (number, raw) in kept.iter().enumerate() {
            while let Some((_, count)) = gaps.next_if(|(place, _)| *place <= number) {
                self.missing += count;
            }
            let missing = std::mem::take(&mut self.missing);
            let counts = self.counts.next(raw.time, missing > 0);
            let now = self.counts.clock.nanoseconds(counts);
            // A time that was at hand can be a little older than that of the record before.
            let since = self.time;
            self.time = now.max(self.time);
            let time = self.time;
            if missing > 0 {
                lost.push(Lost { since, time, count: missing, partition: None });
            }
            let Some((kind, subject, argument)) = decoded(raw.what, raw.argument) else {
                lost.push(Lost { since, time, count: 1, partition: None });
                continue;
            };
            let subject = subject as usize;
            if missing > 0 {
                self.current = None;
            }
            if matches!(kind, Kind::Window | Kind::Switch | Kind::Background) {
                self.current = Some(subject);
            }
            let partition = match kind {
                Kind::Put => system.channels.get(subject).map(|channel| channel.source.partition),
                Kind::Got | Kind::Dropped => {
                    match system.channels.get(subject).map(|it| &it.destinations[..]) {
                        Some([only]) => Some(only.partition),
                        _ => self.current,
                    }
                }
                kind => kind.has_partition().then_some(subject),
            };
            // Of a window the time is exact: its start is reckoned from it.
            let time = if kind == Kind::Window { now } else { time };
            events.push(Event::kernel(time, kind, partition, argument));
        }
        self.missing += gaps.map(|(_, count)| count).sum::<u64>();
        (events, lost)
    }
}

/// Counts since the clock was zero.
#[derive(Debug)]
struct Counts {
    clock: Clock,
    counts: u64,
    /// What a counter of 32 bits has said last.
    last: u32,
}

impl Counts {
    fn next(&mut self, time: [u32; 2], after_gap: bool) -> u64 {
        let said = self.clock.counter.said(time);
        match self.clock.counter {
            Counter::Up64 => {
                let counts = said.wrapping_sub(self.clock.origin);
                // Before the clock began.
                self.counts = if counts >> 63 == 0 { counts } else { 0 };
            }
            Counter::Down32 => {
                let since = self.last.wrapping_sub(said as u32);
                self.last = said as u32;
                let back = since.wrapping_neg();
                // Behind a gap it may have come far, though not around.
                self.counts = if (since as i32) >= 0 || after_gap && back > AT_HAND_MAX {
                    self.counts + u64::from(since)
                } else {
                    self.counts.saturating_sub(back.into())
                };
            }
        }
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A ring as a kernel writes it, on a processor of one order or the other.
    struct Written {
        order: ByteOrder,
        bytes: Vec<u8>,
        written: u64,
        /// Records that the kernel writes whenever somebody has read, so many each time.
        meanwhile: u32,
    }

    impl Written {
        fn new(order: ByteOrder, counter: Counter, origin: [u32; 2]) -> Self {
            let mut ring = Self { order, bytes: vec![0; trace::RING_SIZE], written: 0, meanwhile: 0 };
            let words = [
                (header::MAGIC, trace::MAGIC),
                (header::VERSION, trace::VERSION),
                (header::RECORDS, RECORDS as u32),
                (header::COUNTER, counter as u32),
                (header::MULTIPLIER, 1 << 31),
                (header::SHIFT, 31),
                (header::ORIGIN, origin[0]),
                (header::ORIGIN + 1, origin[1]),
            ];
            words.into_iter().for_each(|(place, word)| ring.set(4 * place, word));
            ring
        }

        fn set(&mut self, offset: usize, word: u32) {
            let bytes = match self.order {
                ByteOrder::Little => word.to_le_bytes(),
                ByteOrder::Big => word.to_be_bytes(),
            };
            self.bytes[offset..offset + 4].copy_from_slice(&bytes);
        }

        fn write(&mut self, time: [u32; 2], kind: Kind, argument: u32) {
            let place = header::SIZE + (self.written % RECORDS as u64) as usize * RECORD_SIZE;
            for (word, value) in [kind.of(3), time[0], time[1], argument].into_iter().enumerate() {
                self.set(place + 4 * word, value);
            }
            self.written += 1;
            self.set(4 * header::WRITTEN, (self.written as u32).wrapping_mul(trace::STEP));
        }

        /// Records whose arguments are their numbers.
        fn write_some(&mut self, count: u64) {
            for _ in 0..count {
                self.write([self.written as u32, 0], Kind::Upcall, self.written as u32);
            }
        }
    }

    impl Memory for Written {
        fn read(&mut self, offset: usize, bytes: &mut [u8]) -> io::Result<()> {
            bytes.copy_from_slice(&self.bytes[offset..offset + bytes.len()]);
            self.write_some(self.meanwhile.into());
            Ok(())
        }
    }

    #[test]
    fn nothing_is_read_before_a_kernel_is_there() {
        let mut ring = Written::new(ByteOrder::Little, Counter::Up64, [0; 2]);
        ring.set(4 * header::MAGIC, 0);
        let mut reader = RingReader::new(ByteOrder::Little);
        reader.poll(&mut ring).unwrap();
        assert!(!reader.has_begun() && reader.events(&System::default()).0.is_empty());
        ring.set(4 * header::MAGIC, trace::MAGIC);
        ring.set(4 * header::VERSION, 99);
        let error = reader.poll(&mut ring).unwrap_err().to_string();
        assert!(error.contains("version 99"), "{error}");
    }

    #[test]
    fn a_counter_of_64_bits_counts_from_its_origin() {
        let mut ring = Written::new(ByteOrder::Little, Counter::Up64, [u32::MAX, 7]);
        for time in [[u32::MAX - 1, 7], [9, 8], [8, 8]] {
            ring.write(time, Kind::Idle, 0);
        }
        let mut reader = RingReader::new(ByteOrder::Little);
        reader.poll(&mut ring).unwrap();
        assert_eq!(reader.origin(), Some(7 << 32 | u64::from(u32::MAX)));
        let times: Vec<u64> = reader.events(&System::default()).0.iter().map(|event| event.time).collect();
        assert_eq!(times, [0, 10, 10], "before the origin is at it, and none goes back");
    }

    #[test]
    fn a_counter_of_32_bits_goes_round() {
        let mut ring = Written::new(ByteOrder::Big, Counter::Down32, [100, 77]);
        let steps = [40, u32::MAX / 3, u32::MAX / 3, u32::MAX / 3, 0, u32::MAX / 3];
        let (mut count, mut expected, mut time) = (100_u32, Vec::new(), 0);
        for step in steps {
            count = count.wrapping_sub(step);
            time += u64::from(step);
            expected.push(time);
            ring.write([count, 0xdead], Kind::Window, 0);
        }
        // Five counts back: a time that was at hand.
        ring.write([count.wrapping_add(5), 0], Kind::Window, 0);
        expected.push(time - 5);
        let mut reader = RingReader::new(ByteOrder::Big);
        reader.poll(&mut ring).unwrap();
        assert_eq!(reader.origin(), Some(100));
        let times: Vec<u64> = reader.events(&System::default()).0.iter().map(|event| event.time).collect();
        assert_eq!(times, expected);
    }

    /// However long a system runs, what is kept of it has an end, and what comes behind is counted.
    #[test]
    fn what_is_kept_is_bounded() {
        let mut ring = Written::new(ByteOrder::Big, Counter::Up64, [0; 2]);
        let mut reader = RingReader { most: 100, ..RingReader::new(ByteOrder::Big) };
        let each = RECORDS as u64 / 2 + 9_000;
        for _ in 0..50 {
            ring.write_some(each);
            reader.poll(&mut ring).unwrap();
        }
        let (events, lost) = reader.events(&System::default());
        assert_eq!((events.len(), reader.kept.len(), lost.len()), (100, 100, 2));
        assert!(reader.gaps.len() <= 2, "{:?}", reader.gaps);
        assert_eq!(lost.iter().map(|lost| lost.count).sum::<u64>(), ring.written - 100);
        // What was overwritten came too fast, whether there is room or not; all else there is no room for.
        let overwritten = 50 * (each - RECORDS as u64 + 1);
        assert_eq!(reader.too_many(), ring.written - 100 - overwritten);
    }

    /// The first record behind others that are missing can have a time that was at hand, too.
    #[test]
    fn a_counter_of_32_bits_does_not_go_round_where_records_are_missing() {
        let clock = Clock { counter: Counter::Down32, multiplier: 1, shift: 0, origin: 1_000 };
        let mut counts = Counts { clock, counts: 0, last: 1_000 };
        let times = [(900, false), (905, true), (100, true), (100_u32.wrapping_sub(3 << 30), true)];
        let counted = times.map(|(count, after_gap)| counts.next([count, 0], after_gap));
        assert_eq!(counted, [100, 95, 900, 900 + (3 << 30)]);
    }

    #[test]
    fn what_is_no_record_is_counted() {
        let mut ring = Written::new(ByteOrder::Little, Counter::Up64, [0; 2]);
        ring.write_some(3);
        ring.set(header::SIZE + RECORD_SIZE, u32::MAX);
        let mut reader = RingReader::new(ByteOrder::Little);
        reader.poll(&mut ring).unwrap();
        let (events, lost) = reader.events(&System::default());
        assert_eq!((events.len(), lost), (2, vec![Lost { since: 0, time: 1, count: 1, partition: None }]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// However fast records come, between two looks and during one: what is kept is whole and in order, and with
        /// what is counted it is all that there was.
        #[test]
        fn nothing_is_lost_silently(
            steps in prop::collection::vec((0_u64..3 * RECORDS as u64, 0_u32..200), 1..6),
        ) {
            let run = |drains: bool| {
                let mut ring = Written::new(ByteOrder::Big, Counter::Up64, [0; 2]);
                let mut reader = RingReader::new(ByteOrder::Big);
                let mut drained = (Vec::new(), Vec::new());
                for (count, meanwhile) in steps.iter().chain(&[(0, 0)]) {
                    ring.write_some(*count);
                    ring.meanwhile = *meanwhile;
                    reader.poll(&mut ring).unwrap();
                    if drains {
                        let (events, lost) = reader.drain(&System::default());
                        drained.0.extend(events);
                        drained.1.extend(lost);
                        assert!(reader.kept.is_empty());
                    }
                }
                (ring, reader, drained)
            };
            let (ring, reader, _) = run(false);
            let (events, lost) = reader.events(&System::default());
            // Who drains it meanwhile is told the same.
            prop_assert_eq!(&run(true).2, &(events.clone(), lost.clone()));
            let missing: u64 = lost.iter().map(|lost| lost.count).sum();
            prop_assert_eq!(events.len() as u64 + missing, ring.written);
            prop_assert_eq!(reader.written(), ring.written);
            let mut next = 0;
            let mut jumped = 0;
            for event in events {
                let number = u64::from(event.of_kernel().unwrap().1);
                prop_assert!(number >= next, "{number} after {next}");
                jumped += number - next;
                next = number + 1;
            }
            prop_assert_eq!(jumped + (ring.written - next), missing);
        }
    }
}
