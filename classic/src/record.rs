//! A ring of records of what tasks and interrupts do, with RTEMS's numbers of events and its items: a word with the
//! event and the low bits of the time, and a word that says more.
//!
//! The ring lies in the partition's memory, and who traces the system reads it there, while the partition runs. The
//! oldest items are overwritten, and nobody is told.

use bulkhead_abi::record::{EVENT_BITS, MAGIC, event};

/// How many items there are, a power of two.
pub const ITEMS: usize = 1 << 11;

/// After so many nanoseconds the bits of the time in an item may have gone round, or soon do.
const ROUND: u64 = 1 << (31 - EVENT_BITS);

/// Tasks whose names are kept in mind.
const NAMED: usize = 64;

/// The ring. What a reader needs comes first.
#[repr(C)]
#[derive(Debug)]
pub struct Ring {
    magic: u32,
    /// How many items have been written, modulo 2^32.
    head: u32,
    /// One less than [`ITEMS`].
    mask: u32,
    /// Bytes from the ring's beginning to the items.
    offset: u32,
    items: [[u32; 2]; ITEMS],
    /// When the whole time was recorded last.
    told: u64,
    /// The tasks whose names have been recorded, each at the place that its identifier ends with.
    named: [u32; NAMED],
}

impl Default for Ring {
    fn default() -> Self {
        Self::new()
    }
}

impl Ring {
    /// A ring without items.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            magic: MAGIC,
            head: 0,
            mask: ITEMS as u32 - 1,
            offset: core::mem::offset_of!(Self, items) as u32,
            items: [[0; 2]; ITEMS],
            told: 0,
            named: [0; NAMED],
        }
    }

    /// Records an event at a time in nanoseconds, which is not before that of the last one.
    pub fn add(&mut self, now: u64, event: u32, data: u32) {
        if self.head == 0 || now.wrapping_sub(self.told) >= ROUND {
            self.told = now;
            let fraction = (u64::from((now % 1_000_000_000) as u32) << 32) / 1_000_000_000;
            self.put(now, event::UPTIME_LOW, fraction as u32);
            self.put(now, event::UPTIME_HIGH, (now / 1_000_000_000) as u32);
        }
        self.put(now, event, data);
    }

    /// Records that a task has the processor, and its name, if it is the first time.
    pub fn switch_in(&mut self, now: u64, id: u32, name: u32) {
        let place = &mut self.named[id as usize % NAMED];
        if *place != id {
            *place = id;
            self.add(now, event::THREAD_ID, id);
            self.add(now, event::THREAD_NAME, name);
        }
        self.add(now, event::THREAD_SWITCH_IN, id);
    }

    fn put(&mut self, now: u64, event: u32, data: u32) {
        let mask = (1 << EVENT_BITS) - 1;
        self.items[self.head as usize % ITEMS] = [(now as u32) << EVENT_BITS | event & mask, data];
        // Whoever reads from outside must find the item when it counts.
        core::sync::atomic::compiler_fence(core::sync::atomic::Ordering::Release);
        self.head = self.head.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(ring: &Ring) -> Vec<(u32, u32, u32)> {
        let items = ring.items.iter().take(ring.head as usize);
        items.map(|[first, data]| (first >> EVENT_BITS, first & 0x3ff, *data)).collect()
    }

    #[test]
    fn the_whole_time_is_told_before_it_goes_round() {
        let mut ring = Ring::new();
        let begin = 3_500_000_000;
        ring.add(begin, event::INTERRUPT_ENTRY, 0);
        ring.add(begin + ROUND - 1, event::INTERRUPT_EXIT, 0);
        ring.add(begin + ROUND, 512, 7);
        let low = |time: u64| time as u32 & 0x3f_ffff;
        let (later, latest) = (low(begin + ROUND - 1), low(begin + ROUND));
        let half = (begin + ROUND - 3_000_000_000) << 32;
        assert_eq!(
            items(&ring),
            [
                (low(begin), event::UPTIME_LOW, 1 << 31),
                (low(begin), event::UPTIME_HIGH, 3),
                (low(begin), event::INTERRUPT_ENTRY, 0),
                (later, event::INTERRUPT_EXIT, 0),
                (latest, event::UPTIME_LOW, (half / 1_000_000_000) as u32),
                (latest, event::UPTIME_HIGH, 3),
                (latest, 512, 7),
            ]
        );
    }

    #[test]
    fn a_task_is_named_once() {
        let mut ring = Ring::new();
        for time in [1, 2] {
            ring.switch_in(time, 0x0a01_0001, 0x5441_3120);
        }
        let named: Vec<u32> = items(&ring).iter().map(|&(_, event, _)| event).collect();
        let expected = [
            event::UPTIME_LOW,
            event::UPTIME_HIGH,
            event::THREAD_ID,
            event::THREAD_NAME,
            event::THREAD_SWITCH_IN,
            event::THREAD_SWITCH_IN,
        ];
        assert_eq!(named, expected);
        assert_eq!((ring.offset, ring.mask), (16, 2047));
    }
}
