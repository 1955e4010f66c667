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
    use crate::timer::CLOCK_COUNTER;

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
            counter: Counter::Down32 as u32,
            multiplier: board.timer.to_nanoseconds.multiplier,
            shift: board.timer.to_nanoseconds.shift,
            origin: [board.timer.last, 0],
            clock: board.devices.timer + CLOCK_COUNTER,
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

    impl Trace for Board {
        #[inline(always)]
        fn record(&mut self, what: u32, argument: u32) {
            // Until the memory management unit is on, the loader's PROM is where the ring is to be. All that can come
            // so early is that the kernel ends, because it has faulted or is refused by a UART that does not answer.
            // Kinds are constants, so no other record takes an instruction for this.
            let can_be_early = what == Kind::ModuleHealth.of(0) || what >= Kind::KernelFault.of(0);
            if !can_be_early || arch::mmu_read(arch::mmu::CONTROL) & 1 != 0 {
                // SAFETY: nobody refers to the ring.
                unsafe { arch::write_record_now(what, argument) };
            }
        }

        #[inline(always)]
        fn trace_asked(&mut self, kind: Kind, partition: Index, argument: u32) {
            // SAFETY: as for `record`.
            unsafe { arch::write_record(self, kind.of(partition.number()), argument) };
        }

        #[inline(always)]
        fn trace_message(&mut self, kind: Kind, (channel, buffer): (u8, u32), _count: u64) {
            // SAFETY: as for `record`.
            unsafe { arch::write_record(self, kind.of(channel.into()), buffer) };
        }
    }
}
