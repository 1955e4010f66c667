//! The device of the role `owner`: a timer of the HPET (IA-PC HPET specification 1.0a, 2.3), or a PCI function that
//! sends messages, a network adapter (Intel 82574 data sheet, 10.2.4), as whatever the system file has.

use bulkhead_abi::{COMMAND_BUS_MASTER, COMMAND_MEMORY, COMMAND_REGISTER};
use bulkhead_guest::{ResourceKind, clock};

use super::probe_pause;
use crate::owner::resource;

/// The adapter's causes of interrupts: asked for, let through, kept back, each one bit.
const CAUSE: usize = 0xc0;
const CAUSE_SET: usize = 0xc8;
const MASK_SET: usize = 0xd0;
const MASK_CLEAR: usize = 0xd8;
/// Causes that a message clears.
const CAUSE_AUTO_CLEAR: usize = 0xdc;
/// Which message is sent for which cause.
const VECTORS: usize = 0xe4;
/// The cause of the first queue, and the first message for it.
const RECEIVED: u32 = 1 << 20;
const FIRST_MESSAGE: u32 = 8;

const CONFIGURATION: usize = 0x10;
const STATUS: usize = 0x20;
const COUNTER: usize = 0xf0;
const TIMER: usize = 0x100;
const COMPARATOR: usize = 0x108;

const ENABLE: u32 = 1;
const LEVEL: u32 = 1 << 1;
const INTERRUPT: u32 = 1 << 2;
/// Its counter has 32 bits.
const SHORT: u32 = 1 << 8;
/// The pin of the I/O APIC that the tests give it.
const PIN: u32 = 20;

/// Counts until an interrupt that is asked for: some instructions.
const SOON: u32 = 20;

/// From when it is asked for one at once until that comes, in nanoseconds.
pub(crate) const DELAY: u64 = 250;

/// The device: where it is. The adapter's address has 1 added.
#[derive(Clone, Copy)]
pub(crate) struct Device(usize);

impl Device {
    /// By how much the call comes later that such a moment is around, in nanoseconds.
    pub(crate) const BEFORE: u64 = 100;

    /// Where the partition sees it.
    pub(crate) fn find() -> Self {
        let adapter = usize::from(resource(ResourceKind::Function).describe().is_ok());
        Self(resource(ResourceKind::Memory).describe().map_or(0, |found| found.address as usize + adapter))
    }

    const fn is_adapter(self) -> bool {
        self.0 & 1 != 0
    }

    /// What stands for it in a word.
    pub(crate) const fn place(self) -> u32 {
        self.0 as u32
    }

    /// The device that such a word stands for.
    pub(crate) const fn from_place(place: u32) -> Self {
        Self(place as usize)
    }

    const fn register(self, register: usize) -> usize {
        self.0 / 2 * 2 + register
    }

    fn write(self, register: usize, value: u32) {
        // SAFETY: the pages are the device's, which reaches no memory: the adapter is told of none.
        unsafe { (self.register(register) as *mut u32).write_volatile(value) }
    }

    fn read(self, register: usize) -> u32 {
        // SAFETY: as for `write`.
        unsafe { (self.register(register) as *const u32).read_volatile() }
    }

    /// Has it interrupt for as long as it asks, or by an edge.
    pub(crate) fn set_up(self, level: bool) {
        if self.is_adapter() {
            // A message is a write to memory.
            let _ =
                resource(ResourceKind::Function).write(COMMAND_REGISTER, COMMAND_MEMORY | COMMAND_BUS_MASTER);
            self.calm();
            self.write(CAUSE_AUTO_CLEAR, RECEIVED);
            return self.write(VECTORS, FIRST_MESSAGE);
        }
        self.write(CONFIGURATION, 0);
        self.calm();
        self.write(TIMER, PIN << 9 | SHORT | INTERRUPT | if level { LEVEL } else { 0 });
        self.write(CONFIGURATION, ENABLE);
    }

    /// Has it ask for an interrupt soon.
    pub(crate) fn ask_at_once(self) {
        if self.is_adapter() {
            self.write(MASK_SET, RECEIVED);
            return self.write(CAUSE_SET, RECEIVED);
        }
        self.write(COMPARATOR, self.read(COUNTER).wrapping_add(SOON));
    }

    /// Has it ask for an interrupt in so many nanoseconds, less than a second, a count having 10.
    pub(crate) fn ask_in(self, nanoseconds: u64) {
        self.write(COMPARATOR, self.read(COUNTER).wrapping_add(nanoseconds as u32 / 10));
    }

    /// Has it ask so many instructions after an instant of the clock that is some microseconds away; later by some
    /// instructions, always by as many. A count has ten nanoseconds, and begins when the counter is switched on: what
    /// is left is waited for before, three instructions a turn.
    pub(crate) fn ask_at(self, moment: u64, instructions: u32) {
        self.write(CONFIGURATION, 0);
        self.write(COUNTER, 0);
        let left = (moment - clock::now()) as u32 + instructions;
        let turns = left * 7 % 10;
        // SAFETY: it does nothing.
        unsafe { probe_pause(turns) };
        self.write(CONFIGURATION, ENABLE);
        self.write(COMPARATOR, (left - 3 * turns) / 10);
    }

    /// Has it ask no more.
    pub(crate) fn calm(self) {
        if self.is_adapter() {
            self.write(MASK_CLEAR, RECEIVED);
            return self.write(CAUSE, RECEIVED);
        }
        self.write(STATUS, 1);
    }
}
