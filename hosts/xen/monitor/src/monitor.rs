//! The monitor's state.

use bulkhead_abi::{InformationPage, NEVER, SharedPage, StartReason};
use bulkhead_kernel_core::memory::Region;

use super::bells::Bells;
use super::console::Ring;
use super::descriptors::Tables;
use super::health::Health;
use super::{layout, memory};
use bulkhead_xen_facts::command_line::Configuration;
use bulkhead_xen_facts::regions::REGIONS_MAX;

/// Everything that the monitor keeps. It lies in memory that the partition cannot reach.
pub(super) struct Monitor {
    /// What the processor reads: segments, gates, task state.
    pub(super) tables: Tables,
    /// What the partition is like.
    pub(super) configuration: Configuration,
    /// Ports of the timer and of the console.
    pub(super) ports: [u32; 2],
    /// How other guests are told of something, and tell.
    pub(super) bells: Bells,
    /// How often the regions have been rung at, by their numbers, as far as the partition was told.
    pub(super) rung: [u32; REGIONS_MAX],
    /// How many pages of the regions that are other guests' memory are there, by their numbers.
    pub(super) pages_taken: [u32; REGIONS_MAX],
    /// Address of the page that the console's ring lies in.
    pub(super) console_page: u32,
    /// Where interrupts and faults continue the partition; 0 if it has not said.
    pub(super) interrupt_entry: u32,
    /// See `interrupt_entry`.
    pub(super) fault_entry: u32,
    /// The partition's deadline, or [`NEVER`].
    pub(super) deadline: u64,
    /// When its next window begins.
    pub(super) next_window: u64,
    /// What Xen's timer is armed for, or [`NEVER`].
    pub(super) armed: u64,
    /// Why it was started last.
    pub(super) reason: StartReason,
    /// How often it has been started before.
    pub(super) restarts: u32,
    /// Its mode, and what has been done about its errors.
    pub(super) health: Health,
}

const _: () = assert!(size_of::<Monitor>() <= (layout::TABLES - layout::MONITOR) as usize);
const _: () = assert!(align_of::<Monitor>() <= layout::PAGE as usize);

impl Monitor {
    /// Makes the state in its place, where there was none.
    pub(super) fn make() -> &'static mut Self {
        let place = layout::MONITOR as *mut Self;
        // SAFETY: the memory is the monitor's, large and aligned enough (asserted above); this runs once, at the start.
        // It is written field by field, as the whole is too large for the stack.
        unsafe {
            (*place).tables = Tables::EMPTY;
            (&raw mut (*place).configuration).write(Configuration::EMPTY);
            (*place).ports = [0; 2];
            (*place).bells = Bells::NONE;
            (*place).rung = [0; REGIONS_MAX];
            (*place).pages_taken = [0; REGIONS_MAX];
            (*place).console_page = 0;
            (*place).interrupt_entry = 0;
            (*place).fault_entry = 0;
            (*place).deadline = NEVER;
            (*place).next_window = NEVER;
            (*place).armed = NEVER;
            (*place).reason = StartReason::SystemStart;
            (*place).restarts = 0;
            (&raw mut (*place).health).write(Health::NEW);
            &mut *place
        }
    }

    /// The state, for one visit of the monitor.
    ///
    /// # Safety
    /// Called once a visit: the monitor runs with interrupts disabled and never enters itself, so that nobody else has
    /// it.
    pub(super) unsafe fn get() -> &'static mut Self {
        // SAFETY: `make` has made it; the caller's promise.
        unsafe { &mut *(layout::MONITOR as *mut Self) }
    }

    /// The partition's memory.
    pub(super) fn region(&self) -> Region {
        memory::region(&self.configuration)
    }

    /// The physical address of what lies behind the partition's memory, from where the monitor has it.
    pub(super) const fn physical(&self, address: u32) -> u32 {
        address - layout::SPARE + layout::MEMORY + self.configuration.memory
    }

    /// The console's ring.
    pub(super) fn ring(&self) -> &'static Ring {
        // SAFETY: Xen has the page there for as long as the guest lives, and it is mapped; its fields are atomic.
        unsafe { &*(self.console_page as *const Ring) }
    }
}

/// The page that partition and monitor both write.
pub(super) fn shared() -> &'static SharedPage {
    // SAFETY: the page is mapped at this address for ever; its fields are atomic.
    unsafe { &*(layout::SHARED as *const SharedPage) }
}

/// The page that the monitor writes and the partition reads.
pub(super) fn information() -> &'static InformationPage {
    // SAFETY: the page is mapped at this address for ever. Fields that change are atomic; `begin` writes the others
    // before the partition runs.
    unsafe { &*(layout::INFORMATION_ALIAS as *const InformationPage) }
}
