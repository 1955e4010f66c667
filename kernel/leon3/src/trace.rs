//! The records of what happens, where the kernel is built to trace (`bulkhead_abi::trace`).

#[cfg(not(feature = "trace"))]
use crate::board::Board;

#[cfg(not(feature = "trace"))]
impl bulkhead_kernel_core::machine::Trace for Board {}

/// Begins: the clock counts from now on.
#[cfg(not(feature = "trace"))]
pub(crate) const fn begin(_board: &Board) {}

#[cfg(feature = "trace")]
pub(crate) use on::begin;

#[cfg(feature = "trace")]
mod on {
    use bulkhead_abi::trace::{Counter, Header, Kind, MAGIC, RECORDS, Ring, VERSION};
    use bulkhead_cell::Single;
    use bulkhead_kernel_core::machine::Trace;
    use bulkhead_kernel_core::partition::Index;
    use core::sync::atomic::{Ordering, compiler_fence};

    use crate::board::Board;

    #[unsafe(export_name = "kernel_trace_ring")]
    static RING: Single<Ring> = Single::new(Ring::new());

    /// Begins: the clock counts from now on.
    pub(crate) fn begin(board: &Board) {
        let header = Header {
            version: VERSION,
            records: RECORDS as u32,
            counter: Counter::Down32 as u32,
            multiplier: board.timer.to_nanoseconds.multiplier,
            shift: board.timer.to_nanoseconds.shift,
            origin: [0, board.timer.last],
            ..Header::default()
        };
        let ring = RING.address();
        // SAFETY: the ring is a static that one thread of execution writes, and nobody refers to. The mark comes last.
        unsafe {
            (*ring).header = header;
            compiler_fence(Ordering::Release);
            (&raw mut (*ring).header.magic).write_volatile(MAGIC);
        }
    }

    /// Writes a record of a counter's reading.
    #[inline(always)]
    fn write(count: u32, what: u32, argument: u32) {
        let ring = RING.address();
        // SAFETY: the ring is a static that one thread of execution writes, and nobody refers to; the place is one of
        // its records. Volatile, because it is read from outside, where a record must be there before it counts.
        unsafe {
            let written = (&raw const (*ring).header.written).read_volatile();
            let record = &raw mut (*ring).records[written as usize % RECORDS];
            (*record).time[1] = count;
            (*record).what = what;
            (*record).argument = argument;
            compiler_fence(Ordering::Release);
            (&raw mut (*ring).header.written).write_volatile(written.wrapping_add(1));
        }
    }

    impl Trace for Board {
        #[inline(always)]
        fn trace(&mut self, kind: Kind, partition: Index, argument: u32) {
            write(self.timer.reading(), kind.of(partition.number()), argument);
        }

        #[inline(always)]
        fn trace_asked(&mut self, kind: Kind, partition: Index, argument: u32) {
            write(self.timer.last, kind.of(partition.number()), argument);
        }
    }
}
