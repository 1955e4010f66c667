//! The pages of a channel: what its source writes and its destinations read, in another guest, at the same time if
//! there are processors for it.
//!
//! A source counts its records when it begins and when it has completed one. A sampling source has two places for them:
//! a destination takes the last complete one, and looks afterwards whether the source has begun to write over it. A
//! queue has as many places as its depth, and its source tells how many messages it could not place; its
//! destination counts what it has taken, in a page of its own.

use core::sync::atomic::{AtomicU32, Ordering, fence};

use bulkhead_xen_facts::ports::{AREA_HEADER, SAMPLES};

/// How often a sampling port is read while its source writes over what is being read, before it counts as one without a
/// message: a source that does nothing else cannot keep the reader from going on.
const TRIES: u32 = 8;

/// The pages of a source, by whoever can write them or only read them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    /// Where they begin, aligned to words.
    begin: *mut u32,
    /// Bytes between the beginnings of two records, whole words.
    room: u32,
    /// How many records there are.
    places: u32,
}

impl Area {
    /// The pages that begin at an address.
    ///
    /// # Safety
    /// They are mapped there for as long as the area is used: the header, and `places` times `room` bytes. They are
    /// writable for whoever writes.
    pub(super) const unsafe fn new(begin: *mut u32, room: u32, places: u32) -> Self {
        Self { begin, room, places }
    }

    fn word(&self, index: usize) -> &AtomicU32 {
        // SAFETY: the promise of `new`; the header has these words.
        unsafe { AtomicU32::from_ptr(self.begin.add(index)) }
    }

    /// How many records are complete, modulo 2^32.
    pub(super) fn complete(&self) -> u32 {
        self.word(0).load(Ordering::Acquire)
    }

    /// Tells the destination of a queue how many sends have found no room.
    pub(super) fn tell_lost(&self, lost: u32) {
        self.word(2).store(lost, Ordering::Release);
    }

    /// How many sends have found no room.
    pub(super) fn lost(&self) -> u32 {
        self.word(2).load(Ordering::Acquire)
    }

    /// A record's words. They are read and written one by one, as another guest may change them meanwhile.
    fn record(&self, number: u32, words: usize) -> impl Iterator<Item = *mut u32> {
        let first = (AREA_HEADER / 4 + number % self.places * (self.room / 4)) as usize;
        let words = words.min(self.room as usize / 4);
        // SAFETY: the promise of `new`.
        let begin = unsafe { self.begin.add(first) };
        (0..words).map(move |index| begin.wrapping_add(index))
    }

    /// Writes the record with the number `complete`, and completes it.
    pub(super) fn put(&self, record: &[u8]) {
        let number = self.complete().wrapping_add(1);
        self.word(1).store(number, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        for (place, word) in self.record(number, record.len().div_ceil(4)).zip(record.chunks(4)) {
            let mut bytes = [0; 4];
            for (byte, value) in bytes.iter_mut().zip(word) {
                *byte = *value;
            }
            // SAFETY: a word of the record, see `record`.
            unsafe { place.write_volatile(u32::from_ne_bytes(bytes)) };
        }
        self.word(0).store(number, Ordering::Release);
    }

    /// Copies a record with a number.
    pub(super) fn get(&self, number: u32, record: &mut [u8]) -> usize {
        let mut count = 0;
        for (place, bytes) in self.record(number, record.len().div_ceil(4)).zip(record.chunks_mut(4)) {
            // SAFETY: a word of the record, see `record`.
            let word = unsafe { place.read_volatile() }.to_ne_bytes();
            for (byte, value) in bytes.iter_mut().zip(word) {
                *byte = value;
                count += 1;
            }
        }
        count
    }

    /// Copies the last complete record of a sampling source; how many bytes, 0 if it is never at rest.
    pub(super) fn last(&self, record: &mut [u8]) -> usize {
        for _ in 0..TRIES {
            let complete = self.complete();
            let count = self.get(complete, record);
            fence(Ordering::SeqCst);
            if self.word(1).load(Ordering::Relaxed).wrapping_sub(complete) < SAMPLES {
                return count;
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Vec<u32> {
        vec![0; 1024]
    }

    #[test]
    fn the_last_of_a_sampling_source() {
        let mut memory = words();
        // SAFETY: 4096 bytes, for as long as the test lasts.
        let area = unsafe { Area::new(memory.as_mut_ptr(), 32, SAMPLES) };
        let mut record = [0xff; 32];
        assert_eq!((area.last(&mut record), record), (32, [0; 32]), "a record with no header");
        for value in 1..=5 {
            area.put(&[value; 21]);
            assert_eq!(area.last(&mut record), 32);
            assert_eq!((record[0], record[20], area.complete()), (value, value, value.into()));
        }
        let mut head = [0; 16];
        assert_eq!((area.last(&mut head), head), (16, [5; 16]));
    }

    #[test]
    fn a_queue_tells_how_many_sends_found_no_room() {
        let mut memory = words();
        // SAFETY: as above.
        let area = unsafe { Area::new(memory.as_mut_ptr(), 32, SAMPLES) };
        assert_eq!(area.lost(), 0);
        area.tell_lost(3);
        area.put(&[1; 32]);
        assert_eq!((area.lost(), area.complete()), (3, 1));
    }

    #[test]
    fn a_record_that_is_written_over_is_not_taken() {
        let mut memory = words();
        // SAFETY: as above.
        let area = unsafe { Area::new(memory.as_mut_ptr(), 32, SAMPLES) };
        area.put(&[1; 32]);
        let mut record = [0; 32];
        // The next one is begun: in the other place, so that this one is whole.
        area.word(1).store(2, Ordering::Relaxed);
        assert_eq!((area.last(&mut record), record[0]), (32, 1));
        // A source that has begun the one after without ever completing one, or says anything else.
        for begun in [3, 4, 0, u32::MAX] {
            area.word(1).store(begun, Ordering::Relaxed);
            assert_eq!(area.last(&mut record), 0, "{begun}");
        }
    }

    #[test]
    fn whatever_a_peer_says_is_read_in_its_pages() {
        let mut memory = words();
        // SAFETY: as above, behind the header there is room for three records.
        let area = unsafe { Area::new(memory.as_mut_ptr(), 48, 3) };
        for number in 0..7_u32 {
            area.put(&[number as u8; 40]);
        }
        assert!(memory[16 + 3 * 12..].iter().all(|word| *word == 0));
        let mut record = [0; 48];
        for number in [0, 1, 2, u32::MAX, u32::MAX - 1, 1 << 31] {
            assert_eq!(area.get(number, &mut record), 48);
        }
        let mut long = [0; 4096];
        assert_eq!(area.get(1, &mut long), 48, "no more than a record");
        area.put(&[9; 4096]);
        assert!(memory[16 + 3 * 12..].iter().all(|word| *word == 0), "and no more is written");
    }

    #[test]
    fn records_are_whole_while_the_source_writes() {
        let mut memory = words();
        let begin = memory.as_mut_ptr() as usize;
        let reader = std::thread::spawn(move || {
            // SAFETY: the memory outlives the thread, which is joined below.
            let area = unsafe { Area::new(begin as *mut u32, 256, SAMPLES) };
            let (mut record, mut seen) = ([0; 256], 0);
            while record[0] != 255 {
                if area.last(&mut record) != 0 {
                    assert!(record.iter().all(|byte| *byte == record[0]), "a mixture of two");
                    seen += 1;
                }
            }
            seen
        });
        // SAFETY: as above.
        let area = unsafe { Area::new(begin as *mut u32, 256, SAMPLES) };
        for round in 0..20_000_u32 {
            area.put(&[(round % 255) as u8; 256]);
        }
        area.put(&[255; 256]);
        assert!(reader.join().is_ok_and(|seen| seen > 0));
    }
}
