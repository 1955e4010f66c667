//! What the kernel needs of a processor and its board: time, the partitions' memory and registers, and a serial device.

use bulkhead_abi::trace::Kind;
use bulkhead_abi::{InformationPage, SharedPage};

pub use bulkhead_abi::wire::Ending;

use crate::channel::Place;
use crate::device::{Interrupt, RegisterPlace, Width};
use crate::memory::Checked;
use crate::partition::Index;
use crate::region::Mapping;
use crate::remapping::Fault;
use crate::schedule::Slot;
use crate::serial::Uart;
use crate::variation::Variation;

/// The clock and its one alarm.
///
/// Interrupts of the hardware are off whenever the kernel runs, except inside [`Time::wait`] and
/// [`Time::let_interrupts_in`].
pub trait Time {
    /// The clock in nanoseconds since the first major frame began. Never goes back.
    fn now(&mut self) -> u64;

    /// What the clock counts with: counts since any moment before the clock was zero. Takes less than [`Time::now`].
    fn count(&mut self) -> u64;

    /// The time at which the counts were so many, in nanoseconds of the clock.
    fn time_of(&self, counts: u64) -> u64;

    /// How many counts take so many nanoseconds, at most 2^56.
    fn counts_in(&self, nanoseconds: u64) -> u64;

    /// Asks for an interrupt at `deadline`, in place of any asked for before. `now` is what the clock said last.
    ///
    /// It may come early, when the hardware cannot count so far; never more than the hardware's resolution late.
    fn set_alarm(&mut self, deadline: u64, now: u64);

    /// Sleeps until an interrupt has come.
    fn wait(&mut self);

    /// Takes an interrupt that is waiting, if there is one.
    fn let_interrupts_in(&mut self);
}

/// The partitions' memory, and the two pages that each has besides.
pub trait GuestMemory {
    /// Bytes of a partition's memory that are prepared between two looks at the clock. A window can begin as late as
    /// that takes, for which docs/performance.md has a budget.
    const STEP: usize;

    /// The page that a partition shares with the kernel.
    fn shared_page(&self, partition: Index) -> &SharedPage;

    /// The page that a partition can only read.
    fn information_page(&self, partition: Index) -> &InformationPage;

    /// Copies out of a partition's memory; as many bytes as the shorter of the two has.
    fn read_guest(&mut self, partition: Index, from: Checked, to: &mut [u8]);

    /// Copies into a partition's memory; as many bytes as the shorter of the two has.
    fn write_guest(&mut self, partition: Index, to: Checked, from: &[u8]);

    /// Copies out of the current partition's memory to the channels' buffers, as much as one step may; how many bytes
    /// that was, at least one unless the range is empty. As many bytes as the range has lie behind the place too.
    fn copy_in(&mut self, from: Checked, to: Place) -> usize;

    /// Copies into the current partition's memory, as [`GuestMemory::copy_in`] the other way.
    fn copy_out(&mut self, to: Checked, from: Place) -> usize;

    /// Bytes of a partition's image that are checked between two looks at the clock, a multiple of 4.
    const CHECK_STEP: usize;

    /// Goes on with the checksum ([`bulkhead_abi::system_table::checksum`]) of a partition's image, with `length` bytes
    /// from
    /// `offset` on, which is a multiple of 4. The image is followed by zeros up to a multiple of 4.
    fn sum_image(&mut self, partition: Index, offset: usize, length: usize, sums: (u32, u32)) -> (u32, u32);

    /// Copies `length` bytes of the partition's image, from `offset` on, to where they belong in its memory.
    fn load_image(&mut self, partition: Index, offset: usize, length: usize);

    /// Fills `length` bytes of the partition's memory, from `offset` on, with zeros.
    fn clear_memory(&mut self, partition: Index, offset: usize, length: usize);

    /// Fills a region of shared memory with zeros.
    fn clear_region(&mut self, region: &Mapping);

    /// Fills the page that a partition shares with the kernel with zeros, what the partition keeps there included.
    fn clear_shared_page(&mut self, partition: Index);
}

/// What happens, noted for who reads the machine's memory ([`bulkhead_abi::trace`]). Of a machine that leaves these
/// functions as they are, nothing is in the kernel.
pub trait Trace {
    /// Notes what happens now, as the first word of a record and its argument say it.
    #[inline(always)]
    fn record(&mut self, _what: u32, _argument: u32) {}

    /// Notes what happens now, of a partition if the kind has one.
    #[inline(always)]
    fn trace(&mut self, kind: Kind, partition: Index, argument: u32) {
        self.record(kind.of(partition.number()), argument);
    }

    /// Notes what happened when [`Time::now`] was asked last.
    #[inline(always)]
    fn trace_asked(&mut self, _kind: Kind, _partition: Index, _argument: u32) {}

    /// Notes that a slot has begun, at the time that [`Time::now`] has said last.
    #[inline(always)]
    fn trace_slot(&mut self, slot: &Slot, now: u64) {
        match slot.partition {
            Some(next) => self.trace_asked(Kind::Window, next, now.wrapping_sub(slot.start) as u32),
            None => self.trace_asked(Kind::Unassigned, Index::FIRST, 0),
        }
    }

    /// Notes what happened of a message when [`Time::count`], which was asked last, said so much.
    #[inline(always)]
    fn trace_message(&mut self, _kind: Kind, _channel_and_buffer: (u8, u32), _count: u64) {}

    /// Notes that messages of a channel are dropped now.
    #[inline(always)]
    fn trace_dropped(&mut self, channel: u8, count: u32) {
        self.record(Kind::Dropped.of(channel.into()), count);
    }
}

/// What makes a kernel late, where it is built to vary ([`crate::variation`]). Of a machine that leaves these functions
/// as they are, nothing is in the kernel.
pub trait Vary {
    /// What is drawn from, if anything is.
    #[inline(always)]
    fn variation(&mut self) -> Option<&mut Variation> {
        None
    }

    /// Spends about so many instructions, but no more, what it takes to draw and to read the clock again among them.
    #[inline(always)]
    fn spend(&mut self, _instructions: u32) {}
}

/// The partitions' registers: one partition's are in the processor, the others' are kept.
pub trait GuestRegisters: Trace {
    /// The partition whose memory and registers the processor has: when a guest has entered the kernel, that guest's.
    /// It can be one whose window is over.
    fn current(&self) -> Index;

    /// Makes the partition the current one.
    fn switch_to(&mut self, partition: Index);

    /// Puts what the processor still holds of the current partition where the others' registers are. Whoever looks at
    /// memory after the system's end finds them there.
    fn keep(&mut self);

    /// Puts the partition's registers into the state of the entry point.
    fn reset(&mut self, partition: Index, entry: usize);

    /// The address where the partition will continue.
    fn program_counter(&self, partition: Index) -> usize;

    /// The partition's processor flags.
    fn flags(&self, partition: Index) -> u64;

    /// The partition's stack pointer.
    fn stack_pointer(&self, partition: Index) -> usize;

    /// Continues the partition at an entry of its own, with flags as at a fresh start; no other register changes.
    fn redirect(&mut self, partition: Index, entry: usize);

    /// The lines that an enable word lets in, one bit each. Beyond 0 and not 0, what it says is the processor's.
    #[inline(always)]
    fn lets_in(&self, enabled: u32) -> u32 {
        if enabled == 0 { 0 } else { !0 }
    }

    /// Sets the register in which a partition finds the result of its call.
    fn set_result(&mut self, partition: Index, result: i32);

    /// Sets the base of the current partition's thread-local storage segment.
    fn set_tls_base(&mut self, partition: Index, base: usize);
}

/// The devices that partitions own, and the controller of their interrupts.
pub trait Devices {
    /// Whether the controller keeps every interrupt that comes while it is masked. Otherwise it keeps those that last.
    const LATCHES: bool;

    /// Reads a register that a resource has, or a port; none if no device answers there.
    fn read_register(&mut self, place: RegisterPlace, width: Width) -> Option<u32>;

    /// Writes a register that a resource has, or a port; false if no device answers there.
    fn write_register(&mut self, place: RegisterPlace, width: Width, value: u32) -> bool;

    /// Lets an interrupt come in its owner's windows: the one with this number among
    /// [`crate::device::Devices::interrupts`].
    fn unmask_interrupt(&mut self, number: usize, interrupt: &Interrupt);

    /// Lets an interrupt come no more. One that is on its way to the processor can come still, once.
    fn mask_interrupt(&mut self, number: usize, interrupt: &Interrupt);

    /// Lets no interrupt of a partition come any more, as far as one access to the controller does that.
    fn hear_no_more(&mut self, partition: Index);

    /// Says that the interrupt that has come has been dealt with.
    fn end_interrupt(&mut self);

    /// Forgets what the controller has kept of an interrupt that is masked.
    fn forget_interrupt(&mut self, interrupt: &Interrupt);

    /// Lets the interrupts of another partition in too, until the next [`GuestRegisters::switch_to`].
    fn hear_too(&mut self, partition: Index);

    /// Keeps a PCI function from reading and writing memory by itself, from now on.
    fn quieten_function(&mut self, function: u16);

    /// Whether an IOMMU stands between devices and memory. Takes next to no time.
    fn has_iommu(&self) -> bool;

    /// Takes what the IOMMU has recorded of a function that tried to reach what it may not, if there is something.
    fn take_fault(&mut self) -> Option<Fault>;

    /// The interrupts that have come inside [`Time::wait`] and [`Time::let_interrupts_in`], one bit for the number of
    /// each, and none of which comes again before [`Devices::end_interrupt`].
    fn take_interrupts(&mut self) -> u32;
}

/// One processor and its board, as the portable kernel sees them.
pub trait Machine: Time + GuestMemory + GuestRegisters + Devices + Vary {
    /// The serial device of the board.
    type Uart: Uart;

    /// The serial device.
    fn uart(&mut self) -> &mut Self::Uart;

    /// Ends the system.
    fn end(&mut self, ending: Ending) -> !;
}
