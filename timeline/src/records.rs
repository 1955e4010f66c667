//! Reads what the executive in a partition keeps of its tasks, out of the partition's memory.
//!
//! Nobody but the partition vouches for what is there. It is checked and bounded: a ring that is none has no events,
//! and a time that has not been is not taken.

use std::io;

use bulkhead_abi::record::{EVENT_BITS, MAGIC, event as number};
use bulkhead_abi::system_table::ByteOrder;

use crate::event::{Event, TaskEvent};
use crate::model::Lost;
use crate::ring::{Memory, word};

/// Items that a ring has at the most.
const ITEMS_MAX: u32 = 1 << 16;

/// Items that are kept of a partition at the most: of what comes behind, only the number is known.
const KEPT_MAX: usize = 1 << 22;

/// Bytes of an item: the event with the low bits of the time in nanoseconds, and a word that says more.
const ITEM_SIZE: usize = 8;

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
    partition: usize,
    room: usize,
    /// How many items the partition says that it has written.
    seen: u32,
    kept: Vec<Kept>,
    /// How many are kept at the most.
    most: usize,
    /// How many items came behind them.
    too_many: u64,
}

impl RecordReader {
    /// A reader of the records of a partition with this number: between the ring's beginning and the end of the
    /// partition's memory are `room` bytes.
    #[must_use]
    pub const fn new(order: ByteOrder, partition: usize, room: usize) -> Self {
        Self { order, partition, room, seen: 0, kept: Vec::new(), most: KEPT_MAX, too_many: 0 }
    }

    /// Reads what is new.
    ///
    /// # Errors
    /// If the memory cannot be read.
    pub fn poll(&mut self, memory: &mut impl Memory) -> io::Result<()> {
        const HEAD: usize = 16;
        let mut bytes = [0; HEAD];
        memory.read(0, &mut bytes)?;
        let [magic, head, mask, offset] = [0, 1, 2, 3].map(|place| word(self.order, &bytes, place));
        let Some(items) = self.items(magic, mask, offset) else {
            // Before the program runs, or while its memory is prepared again.
            self.restart();
            return Ok(());
        };
        if (head.wrapping_sub(self.seen) as i32) < 0 {
            self.restart();
        }
        let new = head.wrapping_sub(self.seen);
        if self.kept.len() >= self.most {
            // The kernel's records are to be read meanwhile.
            self.too_many = self.too_many.saturating_add(new.into());
            self.seen = head;
            return Ok(());
        }
        let first = head.wrapping_sub(new.min(items));
        let read = self.read(memory, first, head, items, offset as usize)?;
        // What has been overwritten meanwhile is not what it was.
        memory.read(0, &mut bytes)?;
        let now = word(self.order, &bytes, 1);
        let overwritten = (now.wrapping_sub(first).wrapping_add(1)).saturating_sub(items);
        let overwritten = overwritten.min(read.len() as u32);
        let missing = first.wrapping_sub(self.seen).wrapping_add(overwritten);
        if missing > 0 {
            self.keep(Kept::Missing(missing));
        }
        for &[first, data] in read.get(overwritten as usize..).unwrap_or_default() {
            self.keep(Kept::Item(first, data));
        }
        self.seen = head;
        Ok(())
    }

    /// How many items a ring has, if it can be one.
    fn items(&self, magic: u32, mask: u32, offset: u32) -> Option<u32> {
        let items = mask.checked_add(1).filter(|items| items.is_power_of_two() && *items <= ITEMS_MAX)?;
        let end = (offset as usize).checked_add(items as usize * ITEM_SIZE)?;
        (magic == MAGIC && end <= self.room).then_some(items)
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

    /// The items with the numbers from `first` up to `end`, at most as many as there are.
    fn read(
        &self,
        memory: &mut impl Memory,
        first: u32,
        end: u32,
        items: u32,
        offset: usize,
    ) -> io::Result<Vec<[u32; 2]>> {
        let mut read = Vec::new();
        let mut next = first;
        while next != end {
            let place = next & (items - 1);
            let count = (items - place).min(end.wrapping_sub(next));
            let mut bytes = vec![0; count as usize * ITEM_SIZE];
            memory.read(offset + place as usize * ITEM_SIZE, &mut bytes)?;
            let item = |item: &[u8]| [word(self.order, item, 0), word(self.order, item, 1)];
            read.extend(bytes.chunks_exact(ITEM_SIZE).map(item));
            next = next.wrapping_add(count);
        }
        Ok(read)
    }

    /// What has been read: the events in the order of time, and what is missing. `end` is the last time that there was.
    #[must_use]
    pub fn events(&self, end: u64) -> (Vec<Event>, Vec<Lost>) {
        let partition = self.partition;
        let (mut events, mut lost) = (Vec::new(), Vec::new());
        let mut time: Option<u64> = None;
        let (mut low, mut named, mut took) = (0, None, None);
        // The time of the last event, and whether what is missing behind it may be more.
        let (mut since, mut open) = (0, false);
        let miss = |lost: &mut Vec<Lost>, open: &mut bool, since: u64, count: u64| match lost.last_mut() {
            Some(last) if *open => last.count = last.count.saturating_add(count),
            _ => {
                lost.push(Lost { since, time: since, count, partition: Some(partition) });
                *open = true;
            }
        };
        for kept in &self.kept {
            let (first, data) = match *kept {
                Kept::Item(first, data) => (first, data),
                Kept::Missing(count) => {
                    miss(&mut lost, &mut open, since, count.into());
                    time = None;
                    continue;
                }
                Kept::Restart => {
                    time = None;
                    continue;
                }
            };
            let (bits, event) = (first >> EVENT_BITS, first & ((1 << EVENT_BITS) - 1));
            match event {
                number::UPTIME_LOW => {
                    low = data;
                    continue;
                }
                number::UPTIME_HIGH => {
                    time = Some(whole_time(bits, data, low)).filter(|time| *time <= end);
                    continue;
                }
                _ => {}
            }
            let now = time.map(|time| time + u64::from(bits.wrapping_sub(time as u32) & TIME_MASK));
            let Some(now) = now.filter(|now| *now <= end) else {
                miss(&mut lost, &mut open, since, 1);
                continue;
            };
            time = Some(now);
            if let Some(last) = lost.last_mut().filter(|_| std::mem::take(&mut open)) {
                last.time = now;
            }
            since = now;
            let told = match event {
                number::THREAD_ID => {
                    named = Some(data);
                    continue;
                }
                number::THREAD_NAME => match named.take() {
                    Some(task) => TaskEvent::Name { task, name: name(data) },
                    None => continue,
                },
                number::INTERRUPT_ENTRY => TaskEvent::InterruptEntry { vector: data },
                number::INTERRUPT_EXIT => TaskEvent::InterruptExit { vector: data },
                number::THREAD_SWITCH_IN => TaskEvent::SwitchIn { task: data },
                number::THREAD_SWITCH_OUT => TaskEvent::SwitchOut { task: data },
                number::JOB_RELEASED => TaskEvent::JobReleased { period: data },
                number::JOB_TOOK => {
                    took = Some(data);
                    continue;
                }
                number::JOB_ENDED | number::JOB_ENDED_LATE => TaskEvent::JobEnded {
                    period: data,
                    late: event == number::JOB_ENDED_LATE,
                    took: took.take(),
                },
                number::JOBS_DROPPED => TaskEvent::JobsDropped { period: data },
                number::USER.. => TaskEvent::User { number: event - number::USER, data: data.into() },
                event => TaskEvent::Other { event, data: data.into() },
            };
            events.push(Event::task(now, partition, told));
        }
        if self.too_many > 0 {
            miss(&mut lost, &mut open, since, self.too_many);
        }
        (events, lost)
    }
}

/// The bits of the time in an item.
const TIME_MASK: u32 = (1 << (32 - EVENT_BITS)) - 1;

/// The time in nanoseconds that ends with these bits and is nearest to so many seconds and this fraction of one, which
/// is not as exact.
fn whole_time(bits: u32, seconds: u32, fraction: u32) -> u64 {
    let about = u64::from(seconds) * 1_000_000_000 + ((u64::from(fraction) * 1_000_000_000) >> 32);
    let ahead = bits.wrapping_sub(about as u32) & TIME_MASK;
    if ahead <= TIME_MASK / 2 {
        about + u64::from(ahead)
    } else {
        about.saturating_sub(u64::from(TIME_MASK + 1 - ahead))
    }
}

/// A name of four letters, without those at its end that are none.
fn name(word: u32) -> String {
    let letters = word.to_be_bytes().map(|letter| if letter.is_ascii_graphic() { letter } else { b' ' });
    String::from_utf8_lossy(&letters).trim_end().replace(' ', "?")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    fn the_whole_time_is_exact() {
        for time in [0, 5, (1 << 22) - 1, 1 << 22, 3_999_999_999, 12_345_678_901_234] {
            let (seconds, rest) = (time / 1_000_000_000, time % 1_000_000_000);
            let fraction = ((rest << 32) / 1_000_000_000) as u32;
            assert_eq!(whole_time(time as u32 & TIME_MASK, seconds as u32, fraction), time);
        }
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
    }
}
