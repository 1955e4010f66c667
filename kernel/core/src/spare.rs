//! The time that nobody uses: what others give up by idling, what is between windows, and the windows of who has ended.
//! One partition may have it, the background partition, if the system file says so.
//!
//! It has the time until the partition whose slot it is wants it back, or the slot ends, and loses it then as at the
//! end of a window. For the background partition it is a window like any other.

use bulkhead_abi::trace::Kind;
use bulkhead_abi::{ChangeAction, Line};

use crate::clock::is_before;
use crate::guest::State;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::partition::Index;

/// Who has the time that nobody uses.
#[derive(Debug)]
pub(crate) struct Spare {
    /// The background partition.
    pub(crate) partition: Option<Index>,
    /// Whether it has the processor's memory and registers now, in a slot that is not its own.
    pub(crate) is_used: bool,
    /// The calls that the slot's own partition may still make, as [`Kernel::calls_left`].
    calls_left: u32,
}

impl Spare {
    pub(crate) const NONE: Self = Self { partition: None, is_used: false, calls_left: 0 };
}

/// What was given to the background partition.
pub(crate) enum Given {
    /// Nothing: it needs nothing before this time, or the one that was asked about.
    Nothing(u64),
    /// A step of the kernel's work for it.
    Work,
    /// The processor.
    Time(Index),
}

impl<M: Machine> Kernel<M> {
    /// Gives the time until `deadline` to the background partition, if there is one that has something to do.
    #[inline(always)]
    pub(crate) fn give_away(&mut self, machine: &mut M, now: u64, deadline: u64) -> Given {
        match self.spare.partition {
            Some(background) if self.slot.partition != Some(background) => {
                self.give_to(machine, background, now, deadline)
            }
            _ => Given::Nothing(deadline),
        }
    }

    #[inline(never)]
    fn give_to(&mut self, machine: &mut M, background: Index, now: u64, deadline: u64) -> Given {
        let guest = &mut self.guests[background.place()];
        if guest.has_ended() {
            return Given::Nothing(deadline);
        }
        if !self.spare.is_used {
            let until = self.slot_until();
            self.until = if is_before(deadline, until) { deadline } else { until };
            self.spare.is_used = true;
            self.spare.calls_left = self.calls_left;
            self.calls_left = self.partitions[background.place()].calls;
            machine.switch_to(background);
            machine.trace_asked(Kind::Background, background, 0);
            if let Some(owner) = self.slot.partition {
                machine.hear_too(owner);
            }
            if self.guests[background.place()].change != ChangeAction::Keep {
                self.change(machine, background);
            }
            let until = self.until;
            self.guests[background.place()].open_window(machine, background, (now, until));
            // A switch and a step of work would be too long together: the clock is looked at between them.
            return Given::Work;
        }
        let guest = &mut self.guests[background.place()];
        if guest.timer_expires(now) {
            machine.trace_asked(Kind::Timer, background, 0);
            machine.shared_page(background).raise(Line::Timer);
        }
        let own = guest.deadline;
        let earlier = if is_before(own, deadline) { own } else { deadline };
        match guest.state {
            State::Idle if machine.shared_page(background).deliverable() == 0 => Given::Nothing(earlier),
            State::Idle | State::Ready => {
                if guest.state == State::Idle {
                    guest.wake(machine, background);
                }
                guest.deliver(machine, background);
                self.arm(machine, own, now);
                Given::Time(background)
            }
            State::Copying(_) => {
                self.let_interrupts_in(machine);
                self.go_on_copying(machine, background);
                Given::Work
            }
            State::Preparing(_) => {
                self.let_interrupts_in(machine);
                self.prepare(machine, background);
                Given::Work
            }
            State::Halted(_) | State::Stopped => Given::Nothing(deadline),
        }
    }

    /// Takes what was given away back for the slot's own partition.
    pub(crate) fn take_back(&mut self, machine: &mut M) {
        if !self.spare.is_used {
            return;
        }
        self.spare.is_used = false;
        self.calls_left = self.spare.calls_left;
        self.until = self.slot_until();
        if let Some(partition) = self.slot.partition {
            machine.switch_to(partition);
            machine.trace(Kind::Switch, partition, 0);
        }
    }
}
