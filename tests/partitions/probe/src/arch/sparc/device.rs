//! The device of the role `owner`: the register with which the interrupt controller forces interrupts (GRLIB IP core
//! manual, IRQMP, "Interrupt force register").

use bulkhead_guest::{ResourceKind, clock, devices};

use super::{probe_pause, probe_pause_longer, probe_pause_longest};
use crate::owner::resource;

/// From when it is asked for one at once until that comes, in nanoseconds.
pub(crate) const DELAY: u64 = 0;

/// The register.
#[derive(Clone, Copy)]
pub(crate) struct Device(devices::Resource);

impl Device {
    /// By how much the call comes later that such a moment is around, in nanoseconds.
    pub(crate) const BEFORE: u64 = 0;

    /// The resource.
    pub(crate) fn find() -> Self {
        Self(resource(ResourceKind::Registers))
    }

    /// What stands for it in a word.
    pub(crate) const fn place(self) -> u32 {
        self.0.number()
    }

    /// The device that such a word stands for.
    pub(crate) const fn from_place(place: u32) -> Self {
        Self(devices::Resource::unchecked(place))
    }

    /// Nothing need be done: an interrupt that is forced comes once.
    pub(crate) fn set_up(self, _level: bool) {}

    /// Forces an interrupt; the bits of others are not its to write.
    pub(crate) fn ask_at_once(self) {
        if self.0.write(0, u32::MAX).is_err() {
            bulkhead_guest::println!("owner: the register cannot be written");
        }
    }

    /// Forces it so many instructions after an instant of the clock, or somewhat later, always by as many.
    pub(crate) fn ask_at(self, moment: u64, instructions: u32) {
        while clock::now() < moment {}
        // SAFETY: they do nothing.
        unsafe {
            match instructions % 3 {
                0 => probe_pause(instructions / 3),
                1 => probe_pause_longer(instructions / 3),
                _ => probe_pause_longest(instructions / 3),
            }
        }
        self.ask_at_once();
    }

    /// It has no time of its own: it asks at once.
    pub(crate) fn ask_in(self, _nanoseconds: u64) {
        self.ask_at_once();
    }

    /// What is forced is over when it has come.
    pub(crate) fn calm(self) {}
}
