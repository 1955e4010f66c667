//! The records of what happens, where the kernel is built to trace (`bulkhead_abi::trace`).

#[cfg(not(feature = "trace"))]
use crate::board::Board;

#[cfg(not(feature = "trace"))]
impl bulkhead_kernel_core::machine::Trace for Board {}

/// Begins: the clock counts from now on.
#[cfg(not(feature = "trace"))]
pub(crate) const fn begin(_board: &Board) {}

/// The clock is about to begin.
#[cfg(not(feature = "trace"))]
pub(crate) const fn prepare() {}

#[cfg(feature = "trace")]
pub(crate) use on::{RING, begin, prepare};

#[cfg(feature = "trace")]
mod on {
    use bulkhead_abi::trace::{Counter, Header, Kind, MAGIC, RECORDS, Ring, VERSION};
    use bulkhead_cell::Single;
    use bulkhead_kernel_core::machine::Trace;
    use bulkhead_kernel_core::partition::Index;
    use core::sync::atomic::{Ordering, compiler_fence};

    use crate::arch;
    use crate::board::Board;

    #[unsafe(export_name = "kernel_trace_ring")]
    pub(crate) static RING: Single<Ring> = Single::new(Ring::new());

    /// The clock is about to begin: here who injects faults takes hold of the machine (`abi::trace::PREPARE_SYMBOL`).
    #[unsafe(export_name = "kernel_trace_prepare")]
    #[inline(never)]
    pub(crate) extern "C" fn prepare() {
        // SAFETY: the ring is a static that one thread of execution writes, and nobody refers to. No mark is there yet.
        unsafe { (&raw mut (*RING.address()).header.magic).write_volatile(0) };
    }

    /// Begins: the clock counts from now on.
    pub(crate) fn begin(board: &Board) {
        let header = Header {
            version: VERSION,
            records: RECORDS as u32,
            counter: Counter::Up64 as u32,
            multiplier: board.rates.to_nanoseconds.multiplier,
            shift: board.rates.to_nanoseconds.shift,
            origin: [board.origin as u32, (board.origin >> 32) as u32],
            ..Header::default()
        };
        let ring = RING.address();
        // They are in the kernel for who has its calls recorded.
        core::hint::black_box([crate::kernel_recorded_hypercall, crate::kernel_recorded_message]);
        // SAFETY: the ring is a static that one thread of execution writes, and nobody refers to. The mark comes last.
        unsafe {
            (*ring).header = header;
            compiler_fence(Ordering::Release);
            (&raw mut (*ring).header.magic).write_volatile(MAGIC);
        }
    }

    impl Trace for Board {
        #[inline(always)]
        fn record(&mut self, what: u32, argument: u32) {
            // SAFETY: nobody refers to the ring.
            unsafe { arch::write_record_now(what, argument) };
        }

        #[inline(always)]
        fn trace_asked(&mut self, kind: Kind, partition: Index, argument: u32) {
            // SAFETY: as for `record`.
            unsafe { arch::write_record(self.stamp, kind.of(partition.number()), argument) };
        }

        #[inline(always)]
        fn trace_message(&mut self, kind: Kind, (channel, buffer): (u8, u32), count: u64) {
            // SAFETY: as for `record`.
            unsafe { arch::write_record(count, kind.of(channel.into()), buffer) };
        }
    }
}
