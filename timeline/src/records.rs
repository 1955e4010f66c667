//! Reads what the executive in a partition keeps of its tasks, out of the partition's memory.
//!
//! Nobody but the partition vouches for what is there. It is checked and bounded: a ring that is none has no events,
//! and a time that has not been is not taken.

use std::io;
use std::ops::Range;

use bulkhead_abi::record::EVENT_BITS;
use bulkhead_abi::record::rtems::OWN;
use bulkhead_abi::system_table::ByteOrder;

use crate::event::Event;
use crate::model::Lost;
use crate::record_items::{Clock, Meaning};
use crate::record_layout::{Found, Layout, RtemsRing};
use crate::ring::{Memory, word};

/// Items that are kept of a partition at the most: of what comes behind, only the number is known.
const KEPT_MAX: usize = 1 << 22;

/// Bytes of an item: the event with the low bits of the time in nanoseconds, and a word that says more.
pub(crate) const ITEM_SIZE: usize = 8;

/// The bits of an item's first word that are the event.
const EVENT_MASK: u32 = (1 << EVENT_BITS) - 1;

/// What has been read, in its order.
#[derive(Clone, Copy, Debug)]
enum Kept {
    Item(u32, u32),
    /// So many items are missing.
    Missing(u32),
    /// The partition has started again.
    Restart,
}

/// Who reads the records of one partition, in a ring for which there are so many bytes.
#[derive(Debug)]
pub struct RecordReader {
    order: ByteOrder,
    layout: Layout,
    /// The ring's own numbers of events, each with ours; none if they are ours.
    numbers: Vec<(u32, u32)>,
    partition: usize,
    room: usize,
    /// How many items the partition says that it has written.
    seen: u32,
    kept: Vec<Kept>,
    /// How many are kept at the most.
    most: usize,
    /// How many items came behind them.
    too_many: u64,
    /// What is known of the items that were drained.
    drained: Decoder,
}

/// Items that are kept at the most because their time has not come, when somebody looks as long as the system runs.
const WAITING_MAX: usize = 4096;

impl RecordReader {
    /// A reader of the records that the stand-in keeps in a partition with this number: between the ring's beginning,
    /// where its memory begins, and the end of the partition's are `room` bytes.
    #[must_use]
    pub const fn new(order: ByteOrder, partition: usize, room: usize) -> Self {
        Self::with(Layout::Described, order, partition, room)
    }

    /// A reader of the records that RTEMS keeps in a partition with this number, and with `room` bytes of memory: all
    /// of that is what it reads from.
    #[must_use]
    pub const fn of_rtems(ring: RtemsRing, order: ByteOrder, partition: usize, room: usize) -> Self {
        Self::with(Layout::Rtems(ring), order, partition, room)
    }

    /// The same of a ring that has other numbers for the events that RTEMS gives a meaning
    /// (`bulkhead_abi::record::rtems::EVENTS`): each with ours. What has one of ours and is none of these becomes 0.
    #[must_use]
    pub fn numbered(mut self, numbers: Vec<(u32, u32)>) -> Self {
        self.numbers = numbers;
        self
    }

    /// An item's first word with our number of its event.
    fn with_our_number(&self, first: u32) -> u32 {
        let event = first & EVENT_MASK;
        if self.numbers.is_empty() || event >= OWN {
            return first;
        }
        let ours = match self.numbers.iter().find(|(its, _)| *its == event) {
            Some((_, ours)) => *ours,
            None if self.numbers.iter().any(|(_, ours)| *ours == event) => 0,
            None => event,
        };
        first & !EVENT_MASK | ours & EVENT_MASK
    }

    const fn with(layout: Layout, order: ByteOrder, partition: usize, room: usize) -> Self {
        let drained = Decoder::new(partition, layout.is_rtems());
        Self {
            order,
            layout,
            numbers: Vec::new(),
            partition,
            room,
            seen: 0,
            kept: Vec::new(),
            most: KEPT_MAX,
            too_many: 0,
            drained,
        }
    }

    /// How many items came when as many were kept as there is room for: they count as lost.
    #[must_use]
    pub const fn too_many(&self) -> u64 {
        self.too_many
    }

    /// Reads what is new.
    ///
    /// # Errors
    /// If the memory cannot be read.
    pub fn poll(&mut self, memory: &mut impl Memory) -> io::Result<()> {
        self.poll_some(memory, u32::MAX).map(drop)
    }

    /// Reads what is new, at most so many items: what a partition says to be new may keep nobody from the records of
    /// others. The answer is whether there are more, which stay in the ring as long as that has room for them.
    ///
    /// # Errors
    /// If the memory cannot be read.
    pub fn poll_some(&mut self, memory: &mut impl Memory, most: u32) -> io::Result<bool> {
        let Some(found) = self.layout.find(self.order, self.room, memory)? else {
            // Before the program runs, or while its memory is prepared again.
            self.restart();
            return Ok(false);
        };
        let Found { head, items, .. } = found;
        if (head.wrapping_sub(self.seen) as i32) < 0 {
            self.restart();
        }
        let new = head.wrapping_sub(self.seen);
        if self.kept.len() >= self.most {
            // The kernel's records are to be read meanwhile.
            self.too_many = self.too_many.saturating_add(new.into());
            self.seen = head;
            return Ok(false);
        }
        let there = new.min(items);
        let first = head.wrapping_sub(there);
        let end = first.wrapping_add(there.min(most));
        let read = self.read(memory, first..end, &found)?;
        // What has been overwritten meanwhile, or is just being, is not what it was.
        let now = found.head_now(self.order, memory)?;
        let ahead = self.layout.ahead(&found);
        let overwritten = (now.wrapping_sub(first).wrapping_add(ahead)).saturating_sub(items);
        let overwritten = overwritten.min(read.len() as u32);
        let missing = first.wrapping_sub(self.seen).wrapping_add(overwritten);
        if missing > 0 {
            self.keep(Kept::Missing(missing));
        }
        for &[first, data] in read.get(overwritten as usize..).unwrap_or_default() {
            self.keep(Kept::Item(self.with_our_number(first), data));
        }
        self.seen = end;
        Ok(end != head)
    }

    fn restart(&mut self) {
        if self.seen != 0 {
            self.seen = 0;
            self.keep(Kept::Restart);
        }
    }

    fn keep(&mut self, kept: Kept) {
        if self.kept.len() < self.most {
            self.kept.push(kept);
            return;
        }
        let count = match kept {
            Kept::Item(..) => 1,
            Kept::Missing(count) => count,
            Kept::Restart => 0,
        };
        self.too_many = self.too_many.saturating_add(count.into());
    }

    /// The items with these numbers, at most as many as there are.
    fn read(
        &self,
        memory: &mut impl Memory,
        numbers: Range<u32>,
        found: &Found,
    ) -> io::Result<Vec<[u32; 2]>> {
        let (end, items) = (numbers.end, found.items);
        let mut read = Vec::new();
        let mut next = numbers.start;
        while next != end {
            let place = next & (items - 1);
            let count = (items - place).min(end.wrapping_sub(next));
            let mut bytes = vec![0; count as usize * ITEM_SIZE];
            memory.read(found.offset + place as usize * ITEM_SIZE, &mut bytes)?;
            let item = |item: &[u8]| [word(self.order, item, 0), word(self.order, item, 1)];
            read.extend(bytes.chunks_exact(ITEM_SIZE).map(item));
            next = next.wrapping_add(count);
        }
        Ok(read)
    }

    /// What has been read: the events in the order of time, and what is missing. `end` is the last time that there was.
    #[must_use]
    pub fn events(&self, end: u64) -> (Vec<Event>, Vec<Lost>) {
        let mut decoder = Decoder::new(self.partition, self.layout.is_rtems());
        let mut told = (Vec::new(), Vec::new());
        for kept in &self.kept {
            decoder.decode(*kept, end, false, &mut told);
        }
        told.0.extend(decoder.name_before(0));
        if self.too_many > 0 {
            decoder.miss(&mut told.1, self.too_many);
        }
        told
    }

    /// What has been read since this was asked last, and is kept no longer: for who looks as long as the system runs.
    /// `end` is the last time that there was: what is later waits, if that is not too much.
    pub fn drain(&mut self, end: u64) -> (Vec<Event>, Vec<Lost>) {
        let waits = self.kept.len() <= WAITING_MAX;
        let mut told = (Vec::new(), Vec::new());
        self.drained.open = false;
        let taken = self.kept.iter().take_while(|kept| self.drained.decode(**kept, end, waits, &mut told));
        let taken = taken.count();
        self.kept.drain(..taken);
        if self.too_many > 0 {
            self.drained.miss(&mut told.1, std::mem::take(&mut self.too_many));
        }
        told
    }
}

/// What turns items into events, in their order.
#[derive(Debug)]
struct Decoder {
    partition: usize,
    clock: Clock,
    meaning: Meaning,
    /// The time of the last event.
    since: u64,
    /// Whether what is missing behind it may be more.
    open: bool,
}

impl Decoder {
    const fn new(partition: usize, is_rtems: bool) -> Self {
        Self {
            partition,
            clock: Clock::new(is_rtems),
            meaning: Meaning::new(is_rtems),
            since: 0,
            open: false,
        }
    }

    fn miss(&mut self, lost: &mut Vec<Lost>, count: u64) {
        let since = self.since;
        match lost.last_mut() {
            Some(last) if self.open => last.count = last.count.saturating_add(count),
            _ => {
                lost.push(Lost { since, time: since, count, partition: Some(self.partition) });
                self.open = true;
            }
        }
    }

    /// The name of a task that is whole when an item has this event.
    fn name_before(&mut self, event: u32) -> Option<Event> {
        self.meaning.name_before(event).map(|told| Event::task(self.since, self.partition, told))
    }

    /// Takes the next item; `end` is the last time that there was. With `waits` one that is later is not taken, and the
    /// answer is so.
    fn decode(&mut self, kept: Kept, end: u64, waits: bool, told: &mut (Vec<Event>, Vec<Lost>)) -> bool {
        let (events, lost) = told;
        let (first, data) = match kept {
            Kept::Item(first, data) => (first, data),
            Kept::Missing(_) | Kept::Restart => {
                if let Kept::Missing(count) = kept {
                    self.miss(lost, count.into());
                }
                self.clock.forget();
                self.meaning.forget();
                return true;
            }
        };
        let (bits, event) = (first >> EVENT_BITS, first & EVENT_MASK);
        if waits && self.is_later(bits, event, data, end) {
            return false;
        }
        events.extend(self.name_before(event));
        if self.clock.is_told(bits, event, data, end) {
            return true;
        }
        let Some(now) = self.clock.at(bits).filter(|now| (self.since..=end).contains(now)) else {
            self.miss(lost, 1);
            return true;
        };
        if let Some(last) = lost.last_mut().filter(|_| std::mem::take(&mut self.open)) {
            last.time = now;
        }
        self.since = now;
        self.clock.passes(now);
        events.extend(self.meaning.of(event, data).map(|told| Event::task(now, self.partition, told)));
        true
    }

    /// Whether an item is of a time behind `end`, or tells one.
    fn is_later(&self, bits: u32, event: u32, data: u32, end: u64) -> bool {
        let mut clock = self.clock;
        clock.is_told(bits, event, data, u64::MAX);
        clock.at(bits).is_some_and(|time| time > end)
    }
}

#[cfg(test)]
mod tests {
    use bulkhead_abi::record::{MAGIC, event as number};
    use proptest::prelude::*;

    use super::*;
    use crate::event::TaskEvent;

    const ROOM: usize = 16 + 64 * ITEM_SIZE;

    struct Bytes(Vec<u8>);

    impl Memory for Bytes {
        fn read(&mut self, offset: usize, bytes: &mut [u8]) -> io::Result<()> {
            let there = self.0.get(offset..offset + bytes.len());
            bytes.copy_from_slice(there.expect("only what is the ring's is read"));
            Ok(())
        }
    }

    fn ring(head: u32, items: &[(u32, u32, u32)]) -> Bytes {
        let mut words = vec![MAGIC, head, 63, 16];
        words.resize(ROOM / 4, 0);
        for (number, (time, event, data)) in items.iter().enumerate() {
            words[4 + number % 64 * 2] = time << EVENT_BITS | event;
            words[5 + number % 64 * 2] = *data;
        }
        Bytes(words.iter().flat_map(|word| word.to_be_bytes()).collect())
    }

    #[test]
    fn items_become_events() {
        let items = [
            (5, number::UPTIME_LOW, 22),
            (5, number::UPTIME_HIGH, 0),
            (6, number::THREAD_ID, 0x0a01_0001),
            (6, number::THREAD_NAME, u32::from_be_bytes(*b"TA1 ")),
            (6, number::THREAD_SWITCH_IN, 0x0a01_0001),
            // Behind where the bits go round.
            (2, number::USER + 7, 9),
        ];
        let mut reader = RecordReader::new(ByteOrder::Big, 1, ROOM);
        reader.poll(&mut ring(6, &items)).unwrap();
        let (events, lost) = reader.events(u64::MAX);
        let expected = [
            Event::task(6, 1, TaskEvent::Name { task: 0x0a01_0001, name: "TA1".to_owned() }),
            Event::task(6, 1, TaskEvent::SwitchIn { task: 0x0a01_0001 }),
            Event::task((1 << 22) + 2, 1, TaskEvent::User { number: 7, data: 9 }),
        ];
        assert_eq!((&events[..], lost.len()), (&expected[..], 0));
        // A time that has not been is not taken.
        let (events, lost) = reader.events(100);
        let expected = Lost { since: 6, time: 6, count: 1, partition: Some(1) };
        assert_eq!((events.len(), lost), (2, vec![expected]));
    }

    /// What is missing lies between the last event before and the first one behind whose time is known.
    #[test]
    fn what_is_overwritten_is_missing_in_its_place() {
        let times = |time: u32| [(time, number::UPTIME_LOW, 0), (time, number::UPTIME_HIGH, 0)];
        let begin = [times(5).as_slice(), &[(6, number::USER, 1)]].concat();
        let mut reader = RecordReader::new(ByteOrder::Big, 1, ROOM);
        reader.poll(&mut ring(3, &begin)).unwrap();
        // The ring has gone round, and the whole time is told again behind two events.
        let mut items = vec![(0, number::USER, 0); 128];
        items[126] = times(900)[0];
        items[127] = times(900)[1];
        items.push((901, number::USER, 2));
        reader.poll(&mut ring(129, &items)).unwrap();
        let (events, lost) = reader.events(u64::MAX);
        let times: Vec<u64> = events.iter().map(|event| event.time).collect();
        let missing = 129 - 3 - 3;
        assert_eq!(
            (times, lost),
            (vec![6, 901], vec![Lost { since: 6, time: 901, count: missing, partition: Some(1) }])
        );
    }

    /// A partition can say that everything is new each time. What is not read at once is read later, or counted.
    #[test]
    fn no_more_is_read_at_once_than_is_allowed() {
        let mut items = vec![(6, number::USER, 0); 64];
        (items[0], items[1]) = ((5, number::UPTIME_LOW, 0), (5, number::UPTIME_HIGH, 0));
        let mut reader = RecordReader::new(ByteOrder::Big, 1, ROOM);
        let mut told = Vec::new();
        for (head, more, kept) in [(50, true, 20), (50, true, 20), (50, false, 10), (60, false, 10)] {
            assert_eq!(reader.poll_some(&mut ring(head, &items), 20).unwrap(), more);
            assert_eq!(reader.kept.len(), kept);
            let (events, lost) = reader.drain(1_000);
            assert!(lost.is_empty(), "{lost:?}");
            told.extend(events);
        }
        assert_eq!(told.len(), 58);
        let (mut read, mut lost) = (0, 0);
        for round in 1_u32..=100 {
            reader.poll_some(&mut ring(60 + 10_000 * round, &items), 20).unwrap();
            let before = reader.kept.iter().filter(|kept| matches!(kept, Kept::Item(..))).count();
            assert!(before <= 20, "{before}");
            read += before as u64;
            lost += reader.drain(1_000).1.iter().map(|lost| lost.count).sum::<u64>();
        }
        let left = u64::from(60 + 10_000 * 100 - reader.seen);
        assert!(lost + read + left >= 1_000_000 && left == 44, "{lost} {read} {left}");
    }

    #[test]
    fn a_job_has_the_time_that_is_told_before_it() {
        let items = [
            (5, number::UPTIME_LOW, 22),
            (5, number::UPTIME_HIGH, 0),
            (6, number::JOB_TOOK, 4),
            (6, number::JOB_ENDED_LATE, 9),
            (7, number::JOB_ENDED, 9),
        ];
        let mut reader = RecordReader::new(ByteOrder::Big, 1, ROOM);
        reader.poll(&mut ring(5, &items)).unwrap();
        let ended = |time, late, took| Event::task(time, 1, TaskEvent::JobEnded { period: 9, late, took });
        assert_eq!(reader.events(u64::MAX).0, [ended(6, true, Some(4)), ended(7, false, None)]);
    }

    #[test]
    fn a_partition_that_starts_again_begins_again() {
        let items = [(5, number::UPTIME_LOW, 0), (5, number::UPTIME_HIGH, 0), (6, number::USER, 1)];
        let mut reader = RecordReader::new(ByteOrder::Big, 0, ROOM);
        reader.poll(&mut ring(3, &items)).unwrap();
        reader.poll(&mut Bytes(vec![0; ROOM])).unwrap();
        reader.poll(&mut ring(3, &items)).unwrap();
        assert_eq!(reader.events(u64::MAX).0.len(), 2);
    }

    /// Of what comes behind as many as are kept, only the number is looked at, and it is exact.
    #[test]
    fn a_partition_that_does_not_end_is_not_read_without_end() {
        struct Counted(Bytes, usize);
        impl Memory for Counted {
            fn read(&mut self, offset: usize, bytes: &mut [u8]) -> io::Result<()> {
                self.1 += bytes.len();
                self.0.read(offset, bytes)
            }
        }
        let items = [(5, number::UPTIME_LOW, 0), (5, number::UPTIME_HIGH, 0)];
        let mut reader = RecordReader { most: 100, ..RecordReader::new(ByteOrder::Big, 0, ROOM) };
        let mut read = Vec::new();
        for round in 1..=5 {
            let mut memory = Counted(ring(60 * round, &items), 0);
            reader.poll(&mut memory).unwrap();
            read.push(memory.1);
        }
        assert!(reader.kept.len() <= 100, "{}", reader.kept.len());
        assert!(read[..2].iter().all(|bytes| *bytes > 480) && read[2..] == [16; 3], "{read:?}");
        let (_, lost) = reader.events(u64::MAX);
        let kept = reader.kept.iter().filter(|kept| matches!(kept, Kept::Item(..))).count() as u64;
        let items = lost.iter().map(|lost| lost.count).sum::<u64>();
        assert!(kept + reader.too_many == 300 && items >= reader.too_many, "{kept} {items}");
    }

    /// A partition's memory with RTEMS's own ring in it: the configuration, and the ring with its items behind other
    /// members.
    #[derive(Clone)]
    struct Partition {
        order: ByteOrder,
        bytes: Vec<u8>,
        count: u32,
    }

    const BASE: u32 = 0x10_0000;
    const RTEMS: RtemsRing = RtemsRing { base: BASE, configuration: 8, head: 0, mask: 8, items: 0x40 };
    const CONTROL: usize = 0x80;
    const COUNT: usize = 64;
    const MEMORY: usize = CONTROL + RTEMS.items + COUNT * ITEM_SIZE;

    impl Partition {
        fn new(order: ByteOrder) -> Self {
            let mut partition = Self { order, bytes: vec![0; MEMORY], count: 0 };
            partition.set(RTEMS.configuration, COUNT as u32);
            partition.set(RTEMS.configuration + 4, BASE + CONTROL as u32);
            partition
        }

        fn set(&mut self, offset: usize, word: u32) {
            let bytes = match self.order {
                ByteOrder::Little => word.to_le_bytes(),
                ByteOrder::Big => word.to_be_bytes(),
            };
            self.bytes[offset..offset + 4].copy_from_slice(&bytes);
        }

        /// RTEMS begins to record.
        fn begin(&mut self) {
            self.set(CONTROL + RTEMS.mask, COUNT as u32 - 1);
        }

        fn add(&mut self, time: u64, event: u32, data: u32) {
            let place = CONTROL + RTEMS.items + self.count as usize % COUNT * ITEM_SIZE;
            self.set(place, (time as u32) << EVENT_BITS | event);
            self.set(place + 4, data);
            self.count += 1;
            self.set(CONTROL, self.count);
        }

        fn tell(&mut self, time: u64) {
            self.add(time, number::CLOCK, (time >> 22) as u32);
        }

        fn reader(&self) -> RecordReader {
            RecordReader::of_rtems(RTEMS, self.order, 3, MEMORY)
        }
    }

    impl Memory for Partition {
        fn read(&mut self, offset: usize, bytes: &mut [u8]) -> io::Result<()> {
            let there = self.bytes.get(offset..offset + bytes.len());
            bytes.copy_from_slice(there.expect("only the partition's memory is read"));
            Ok(())
        }
    }

    /// As with RTEMS 5, of which a number may be ours of another event.
    #[test]
    fn other_numbers_of_the_same_events() {
        let mut memory = Partition::new(ByteOrder::Big);
        memory.begin();
        memory.tell(5);
        let (created, its_name) = (271, number::THREAD_BEGIN);
        memory.add(5, created, 7);
        memory.add(5, its_name, u32::from_le_bytes(*b"abc\0"));
        memory.add(6, number::THREAD_DELETE, 7);
        memory.add(6, 499, 7);
        memory.add(7, number::USER, 8);
        let numbers = vec![
            (created, number::THREAD_CREATE),
            (its_name, number::THREAD_NAME),
            (272, number::THREAD_DELETE),
        ];
        let mut reader = memory.reader().numbered(numbers);
        reader.poll(&mut memory).unwrap();
        let task = |time, told| Event::task(time, 3, told);
        let other = |event, data| TaskEvent::Other { event, data };
        let expected = [
            task(5, other(number::THREAD_CREATE, 7)),
            task(5, TaskEvent::Name { task: 7, name: "abc".to_owned() }),
            task(6, other(0, 7)),
            task(6, other(499, 7)),
            task(7, TaskEvent::User { number: 0, data: 8 }),
        ];
        assert_eq!(reader.events(9), (expected.to_vec(), Vec::new()));
    }

    #[test]
    fn what_rtems_records_has_the_kernels_time() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let mut memory = Partition::new(order);
            let mut reader = memory.reader();
            memory.add(1, number::USER, 1);
            reader.poll(&mut memory).unwrap();
            assert_eq!(reader.seen, 0, "RTEMS does not record yet");
            let mut memory = Partition::new(order);
            memory.begin();
            let begin = 3_000_000_000;
            memory.tell(begin);
            memory.add(begin, number::THREAD_CREATE, 0x0a01_0001);
            for letters in [*b"Long", *b"Name"] {
                memory.add(begin, number::THREAD_NAME, u32::from_le_bytes(letters));
            }
            memory.add(begin + 5, number::THREAD_BEGIN, 0x0a01_0001);
            // RTEMS's own time began when it did, and is another.
            memory.add(begin + 6, number::UPTIME_LOW, 0);
            memory.add(begin + 6, number::UPTIME_HIGH, 1);
            // Long after: the bits alone would not tell.
            let later = begin + 77 * (1 << 22) + 9;
            memory.tell(later);
            for (event, data) in [
                (number::THREAD_SWITCH_OUT, 0x0a01_0001),
                (number::THREAD_STACK_CURRENT, 4000),
                (number::THREAD_SWITCH_IN, 0x0901_0001),
                (number::THREAD_TERMINATE, 0x0a01_0001),
            ] {
                memory.add(later, event, data);
            }
            reader.poll(&mut memory).unwrap();
            let (events, lost) = reader.events(later);
            let task = |time, told| Event::task(time, 3, told);
            let (event, data) = (number::THREAD_CREATE, 0x0a01_0001);
            let expected = [
                task(begin, TaskEvent::Other { event, data }),
                task(begin, TaskEvent::Name { task: 0x0a01_0001, name: "LongName".to_owned() }),
                task(begin + 5, TaskEvent::SwitchIn { task: 0x0a01_0001 }),
                task(later, TaskEvent::SwitchOut { task: 0x0a01_0001 }),
                task(later, TaskEvent::SwitchIn { task: 0x0901_0001 }),
                task(later, TaskEvent::Other { event: number::THREAD_TERMINATE, data }),
            ];
            assert_eq!((&events[..], lost), (&expected[..], Vec::new()));
        }
    }

    /// The link-time pack records them as the stand-in does.
    #[test]
    fn jobs_are_in_what_rtems_records() {
        let mut memory = Partition::new(ByteOrder::Big);
        memory.begin();
        memory.tell(5_000_000);
        memory.add(5_000_000, number::THREAD_BEGIN, 0x0a01_0001);
        for (time, event) in [
            (5_000_100, number::JOB_RELEASED),
            (5_000_300, number::JOB_RELEASED),
            (5_000_350, number::JOB_ENDED_LATE),
            (5_000_360, number::JOB_ENDED),
            (5_000_500, number::JOB_RELEASED),
            (5_000_510, number::JOBS_DROPPED),
        ] {
            memory.add(time, event, 0x4201_0001);
        }
        let mut reader = memory.reader();
        reader.poll(&mut memory).unwrap();
        let timeline = crate::Timeline::new(crate::System::default(), reader.events(6_000_000).0);
        let jobs = timeline.jobs();
        let spans: Vec<_> = jobs.iter().map(|job| (job.task, job.release, job.end, job.late)).collect();
        let task = 0x0a01_0001;
        assert_eq!(spans, [(task, 5_000_100, 5_000_350, true), (task, 5_000_300, 5_000_360, false)]);
    }

    /// Behind what is missing, the time is known from where it is told again.
    #[test]
    fn a_ring_of_rtems_that_goes_round_is_counted() {
        let mut memory = Partition::new(ByteOrder::Big);
        memory.begin();
        let mut reader = memory.reader();
        memory.tell(100);
        for time in 100..200 {
            if time == 190 {
                memory.tell(time);
            }
            memory.add(time, number::USER, time as u32);
        }
        reader.poll(&mut memory).unwrap();
        let (events, lost) = reader.events(1000);
        assert_eq!(events.len(), 10);
        assert_eq!(lost, [Lost { since: 0, time: 190, count: 91, partition: Some(3) }]);
    }

    #[test]
    fn times_that_rtems_cannot_have_recorded_are_not_taken() {
        let mut memory = Partition::new(ByteOrder::Little);
        memory.begin();
        let mut reader = memory.reader();
        memory.tell(500);
        memory.add(500, number::USER, 0);
        memory.add(499, number::USER, 1);
        memory.tell(90 << 22);
        memory.add(90 << 22, number::USER, 2);
        memory.tell(900);
        memory.add(900, number::USER, 3);
        reader.poll(&mut memory).unwrap();
        let (events, lost) = reader.events(1000);
        let times: Vec<u64> = events.iter().map(|event| event.time).collect();
        assert_eq!((times, lost.iter().map(|it| it.count).sum::<u64>()), (vec![500, 900], 2));
    }

    /// Who looks meanwhile is told the same, piece by piece; what is later than the last time there was waits for it.
    #[test]
    fn what_is_drained_is_what_there_is() {
        let items = [
            (5, number::UPTIME_LOW, 22),
            (5, number::UPTIME_HIGH, 0),
            (6, number::THREAD_ID, 7),
            (6, number::THREAD_NAME, u32::from_be_bytes(*b"TA1 ")),
            (9, number::THREAD_SWITCH_IN, 7),
            (12, number::THREAD_SWITCH_OUT, 7),
        ];
        let mut reader = RecordReader::new(ByteOrder::Big, 1, ROOM);
        let mut drained = Vec::new();
        for (head, end, kept) in [(3, 8, 0), (6, 4, 3), (6, 8, 2), (6, 10, 1), (6, 12, 0)] {
            reader.poll(&mut ring(head, &items)).unwrap();
            let (events, lost) = reader.drain(end);
            assert!(lost.is_empty() && events.iter().all(|event| event.time <= end));
            assert_eq!(reader.kept.len(), kept, "{head} {end}");
            drained.extend(events);
        }
        let mut whole = RecordReader::new(ByteOrder::Big, 1, ROOM);
        whole.poll(&mut ring(6, &items)).unwrap();
        assert_eq!((drained.len(), drained), (3, whole.events(12).0));
    }

    /// A partition that says that it is later than it is has no room without end.
    #[test]
    fn what_waits_for_its_time_is_bounded() {
        let mut items = vec![(0, number::USER, 0); 64];
        (items[0], items[1]) = ((9, number::UPTIME_LOW, 0), (9, number::UPTIME_HIGH, u32::MAX));
        let mut reader = RecordReader::new(ByteOrder::Big, 1, ROOM);
        let (mut most, mut lost) = (0, 0);
        for round in 1..=200 {
            reader.poll(&mut ring(64 * round, &items)).unwrap();
            lost += reader.drain(1_000).1.iter().map(|lost| lost.count).sum::<u64>();
            most = most.max(reader.kept.len());
        }
        assert!(most <= WAITING_MAX && most > WAITING_MAX - 64, "{most}");
        assert!(lost > 5_000, "{lost}");
    }

    proptest! {
        /// Whatever a partition writes, nothing is read but its memory, and what is said is bounded by it.
        #[test]
        fn nothing_that_a_partition_says_is_believed(
            rounds in prop::collection::vec(prop::collection::vec(any::<u32>(), ROOM / 4), 1..6),
            (masks, offsets) in prop::sample::select(vec![(63, 0), (127, 0), (63, 600), (65_535, 9), (0, u32::MAX)]),
            end in any::<u64>(),
        ) {
            let mut reader = RecordReader::new(ByteOrder::Little, 2, ROOM);
            let count = rounds.len();
            for mut words in rounds {
                (words[0], words[2], words[3]) = (MAGIC, masks, offsets);
                if (masks, offsets) == (63, 0) {
                    words[3] = 16;
                }
                let bytes = words.iter().flat_map(|word| word.to_le_bytes()).collect();
                reader.poll(&mut Bytes(bytes)).unwrap();
            }
            let (events, _) = reader.events(end);
            prop_assert!(events.len() <= 64 * count);
            prop_assert!(events.iter().all(|event| event.time <= end && event.partition == Some(2)));
        }

        /// The same of RTEMS's ring, whatever its configuration and its members say.
        #[test]
        fn nothing_that_rtems_says_is_believed(
            words in prop::collection::vec(any::<u32>(), MEMORY / 4),
            (count, control) in prop::sample::select(vec![
                (64, BASE + CONTROL as u32), (64, BASE + CONTROL as u32 + 4), (0, BASE), (1, 0), (64, u32::MAX),
                (u32::MAX, BASE), (1 << 16, BASE), (3, BASE + CONTROL as u32),
            ]),
            (places, end) in (prop::sample::select(vec![
                RTEMS,
                RtemsRing { configuration: usize::MAX - 3, ..RTEMS },
                RtemsRing { configuration: MEMORY - 4, ..RTEMS },
                RtemsRing { head: usize::MAX, ..RTEMS },
                RtemsRing { mask: MEMORY, ..RTEMS },
                RtemsRing { items: usize::MAX - 200, ..RTEMS },
            ]), any::<u64>()),
        ) {
            let mut memory = Partition::new(ByteOrder::Little);
            memory.bytes = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            memory.set(RTEMS.configuration, count);
            memory.set(RTEMS.configuration + 4, control);
            memory.set(CONTROL + RTEMS.mask, count.wrapping_sub(1));
            let mut reader = RecordReader::of_rtems(places, ByteOrder::Little, 2, MEMORY);
            reader.poll(&mut memory).unwrap();
            let (events, _) = reader.events(end);
            prop_assert!(events.len() <= 2 * COUNT);
            prop_assert!(events.is_sorted_by_key(|event| event.time));
            prop_assert!(events.iter().all(|event| event.time <= end && event.partition == Some(2)));
        }
    }
}
