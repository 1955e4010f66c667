//! Interrupts of devices: how they become lines of their owners.
//!
//! An interrupt is heard in its owner's windows only; what comes in another's waits at the controller, and costs nobody
//! anything. From when it has come until its owner lets the next one in, it is masked, so that a device that interrupts
//! as fast as it can costs one entry for each interrupt that its owner has dealt with.
//!
//! Controllers that forget what comes while a line is masked (`Devices::LATCHES` is false, and the interrupt lasts no
//! longer than its edge) are the exception: such an interrupt is masked when it has come a second time.

use bulkhead_abi::Error;
use bulkhead_abi::trace::Kind;

use crate::device::InterruptState::{Again, Closed, Open, Told};
use crate::hypercall::Outcome;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::partition::Index;

impl<M: Machine> Kernel<M> {
    /// An interrupt of a device has come, the one with this number among [`crate::device::Devices::interrupts`]. The
    /// answer is whether the partition that runs goes on: otherwise somebody else may have to run.
    pub fn interrupt(&mut self, machine: &mut M, number: usize) -> bool {
        let goes_on = self.deal_with_interrupt(machine, number);
        // Behind the mask: what lasts would come at once again.
        machine.end_interrupt();
        goes_on
    }

    #[inline(always)]
    fn deal_with_interrupt(&mut self, machine: &mut M, number: usize) -> bool {
        let interrupts = self.devices.interrupts.get_mut(..self.devices.interrupt_count).unwrap_or_default();
        let Some(interrupt) = interrupts.get_mut(number) else { return true };
        let owner = interrupt.partition;
        let is_kept = interrupt.is_kept(M::LATCHES);
        match interrupt.state {
            Open => {
                interrupt.state = Told;
                if is_kept {
                    machine.mask_interrupt(number, interrupt);
                }
            }
            Told if !is_kept => {
                interrupt.state = Again;
                machine.mask_interrupt(number, interrupt);
                return true;
            }
            // One that was on its way when it was masked, or is masked only now.
            Closed | Told | Again => {
                machine.mask_interrupt(number, interrupt);
                // A second message is none of the table's: the function has written it as it writes memory.
                if interrupt.message != 0 && core::mem::replace(&mut interrupt.is_late, true) {
                    self.quieten_sender(machine, number);
                }
                return true;
            }
        }
        let line = interrupt.line;
        machine.trace(Kind::Interrupt, owner, line.into());
        self.tell_of_interrupt(machine, owner, line);
        !self.spare.is_used
    }

    /// Keeps the function from all memory that sends the message with this number.
    #[cold]
    #[inline(never)]
    fn quieten_sender(&self, machine: &mut M, number: usize) {
        let sends = |place: u8| usize::from(place) == number;
        let mut functions = self.devices.functions();
        if let Some(function) = functions.find(|it| it.message.is_some_and(|(place, _)| sends(place))) {
            machine.quieten_function(function.number);
        }
    }

    /// Makes a line pending: at once for who runs, or whose slot it is; for another when its next window begins.
    #[inline(always)]
    fn tell_of_interrupt(&mut self, machine: &mut M, owner: Index, line: u8) {
        if machine.current() == owner || self.slot.partition == Some(owner) {
            machine.shared_page(owner).raise_all(1 << (line % 32));
        } else {
            self.guests[owner.place()].ring(line);
        }
    }

    /// Takes the interrupts that have come while the kernel has let them in.
    #[inline(always)]
    pub(crate) fn take_interrupts(&mut self, machine: &mut M) {
        let mut came = machine.take_interrupts();
        // One turn for each interrupt that there is, at most.
        while came != 0 {
            self.interrupt(machine, came.trailing_zeros() as usize);
            came &= came - 1;
        }
    }

    /// Lets the next interrupt in that comes as a line of the caller's.
    #[inline(never)]
    pub(crate) fn enable_interrupt(&mut self, machine: &mut M, caller: Index, line: u32) -> Outcome {
        let numbers = self.devices.interrupts_of(caller);
        let first = numbers.start;
        let interrupts = self.devices.interrupts.get_mut(numbers).unwrap_or_default();
        let Some((place, interrupt)) =
            interrupts.iter_mut().enumerate().find(|(_, interrupt)| u32::from(interrupt.line) == line)
        else {
            return Outcome::Return(Error::BadArgument.code());
        };
        let is_kept = interrupt.is_kept(M::LATCHES);
        interrupt.is_late = false;
        match interrupt.state {
            Open => return Outcome::Return(0),
            Told if !is_kept => {
                interrupt.state = Open;
                return Outcome::Return(0);
            }
            Closed => {
                interrupt.state = Open;
                machine.forget_interrupt(interrupt);
            }
            Told => interrupt.state = Open,
            Again => {
                interrupt.state = Told;
                machine.shared_page(caller).raise_all(1 << (interrupt.line % 32));
            }
        }
        machine.unmask_interrupt(first.wrapping_add(place), interrupt);
        Outcome::Deliver(0)
    }

    /// Makes the devices of a partition that ends or starts again quiet: its PCI functions touch no memory, and it is
    /// told of no interrupt any more.
    #[inline(always)]
    pub(crate) fn quieten(&mut self, machine: &mut M, partition: Index) {
        // At most FUNCTIONS_MAX.
        for function in self.devices.functions_of(partition) {
            machine.quieten_function(function.number);
        }
        let numbers = self.devices.interrupts_of(partition);
        if !numbers.is_empty() {
            self.close(machine, partition, numbers);
        }
    }

    // Not masked one by one: that would take longer than the way to an end may. What comes still is masked then, once.
    #[cold]
    #[inline(never)]
    fn close(&mut self, machine: &mut M, partition: Index, numbers: core::ops::Range<usize>) {
        let mut lines = 0;
        for interrupt in self.devices.interrupts.get_mut(numbers).unwrap_or_default() {
            interrupt.state = Closed;
            interrupt.is_late = false;
            lines |= 1 << (interrupt.line % 32);
        }
        // What has come in another's window waits there for the next one.
        self.guests[partition.place()].forget(lines);
        machine.hear_no_more(partition);
    }
}
