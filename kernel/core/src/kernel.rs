//! The separation kernel: who runs now, and what he is told.

use bulkhead_abi::event::Record;
use bulkhead_abi::system_table::{FaultAction, PARTITIONS_MAX};
use bulkhead_abi::{INTERFACE_VERSION, Line as InterruptLine, NEVER, START_MAGIC};
use core::marker::PhantomData;
use core::sync::atomic::Ordering;

use crate::clock::{FAR, is_before};
use crate::configuration::Configuration;
use crate::console::{Console, WRITE_MAX};
use crate::fault::Fault;
use crate::machine::Machine;
use crate::partition::{Index, Partition, Partitions, State};
use crate::schedule::{Schedule, Slot};

/// How often the kernel looks for console input while the partition idles that gets it, in nanoseconds. The line has no
/// interrupt, which could come in anybody's window.
const INPUT_PERIOD: u64 = 10_000_000;

/// The portable state of the kernel. What is used most comes first, where an instruction's offset reaches it.
#[derive(Debug)]
#[repr(C)]
pub struct Kernel<M> {
    /// The slot that is open now.
    pub slot: Slot,
    alarm: u64,
    limit: u64,
    /// Whose memory and registers the processor has, which can be somebody whose window is over.
    loaded: Option<Index>,
    running: Index,
    pub(crate) count: usize,
    /// The partitions.
    pub partitions: Partitions,
    pub(crate) schedule: Schedule,
    /// The serial line.
    pub console: Console,
    /// Who gets console input.
    pub console_input: Option<Index>,
    /// A byte of input that has been taken from the device to find out that it is there.
    pub input_waiting: Option<u8>,
    machine: PhantomData<fn(&mut M)>,
}

impl<M: Machine> Default for Kernel<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Machine> Kernel<M> {
    /// A kernel without partitions.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            partitions: [Partition::NONE; PARTITIONS_MAX],
            count: 0,
            schedule: Schedule::new(),
            slot: Slot { partition: None, start: 0, end: 0 },
            loaded: None,
            running: Index::FIRST,
            alarm: NEVER,
            limit: FAR,
            console: Console::new(),
            console_input: None,
            input_waiting: None,
            machine: PhantomData,
        }
    }

    /// Takes over a configuration that has been checked. `limit` is when the system ends by itself, in nanoseconds
    /// of the clock, or [`NEVER`].
    pub fn configure(&mut self, configuration: &mut Configuration, limit: u64) {
        self.partitions = configuration.partitions;
        self.count = configuration.count;
        self.console.events.divide(self.count);
        core::mem::swap(&mut self.schedule, &mut configuration.schedule);
        self.console_input = configuration.console_input;
        self.limit = limit.min(FAR);
    }

    /// Whether there is a partition with this number.
    #[must_use]
    pub const fn exists(&self, partition: Index) -> bool {
        partition.place() < self.count
    }

    /// The partition whose memory and registers the processor has, once there is one: when a guest has entered the
    /// kernel, that guest.
    #[inline(always)]
    #[must_use]
    pub const fn running(&self) -> Index {
        self.running
    }

    /// Fills what never changes of a partition's information page.
    pub fn describe(&self, machine: &mut M, partition: Index, shared_page: u64, information_page: u64) {
        let description = &self.partitions[partition.place()];
        let start = &machine.information_page(partition).start;
        start.magic.store(START_MAGIC, Ordering::Relaxed);
        start.version.store(INTERFACE_VERSION, Ordering::Relaxed);
        start.partition.store(partition.number(), Ordering::Relaxed);
        start.tick_policy.store(description.tick_policy as u32, Ordering::Relaxed);
        start.memory_base.store(description.region.base as u64);
        start.memory_size.store(description.region.size as u64);
        start.information_page.store(information_page);
        start.shared_page.store(shared_page);
        start.major_frame.store(self.schedule.frame());
    }

    /// Prepares the memory of every partition, before the clock counts.
    pub fn load_all(&mut self, machine: &mut M) {
        for number in 0..self.count as u32 {
            let Some(partition) = Index::new(number) else { break };
            while let State::Loading(offset) = self.partitions[partition.place()].state {
                self.load_step(machine, partition, offset);
            }
        }
    }

    /// Decides what the processor does next, and returns when that is to run a partition.
    ///
    /// Called whenever something may have changed: an alarm, a call that gave the processor up, a fault. The loop
    /// goes on for as long as nobody can run; each turn is short, and looks at the clock.
    #[inline]
    pub fn dispatch(&mut self, machine: &mut M) -> Index {
        loop {
            let now = machine.now();
            if !is_before(now, self.slot.end) {
                self.open_slot(machine, now);
            }
            let Some(current) = self.slot.partition else {
                self.rest(machine, now, FAR);
                continue;
            };
            let partition = &mut self.partitions[current.place()];
            if !is_before(now, partition.deadline) {
                partition.deadline = FAR;
                machine.shared_page(current).raise(InterruptLine::Timer);
            }
            let deadline = partition.deadline;
            match partition.state {
                State::Ready => {
                    self.deliver(machine, current);
                    self.arm(machine, deadline, now);
                    return current;
                }
                State::Idle if machine.shared_page(current).deliverable() != 0 => self.wake(machine, current),
                State::Idle => {
                    self.look_for_input(machine, current);
                    if machine.shared_page(current).deliverable() == 0 {
                        let look = now.saturating_add(INPUT_PERIOD);
                        let waits_for_input =
                            self.console_input == Some(current) && is_before(look, deadline);
                        self.rest(machine, now, if waits_for_input { look } else { deadline });
                    }
                }
                State::Loading(offset) => {
                    self.let_interrupts_in(machine);
                    self.console.drain(machine, &self.partitions, self.console_bytes(now));
                    self.load_step(machine, current, offset);
                }
                State::Halted(_) | State::Stopped => {
                    if self.partitions.iter().take(self.count).all(Partition::has_ended) {
                        self.end(machine, now);
                    }
                    self.rest(machine, now, FAR);
                }
            }
        }
    }

    /// Continues a partition at its interrupt entry if an interrupt is due.
    #[inline(always)]
    pub fn deliver(&mut self, machine: &mut M, to: Index) {
        let entry = self.partitions[to.place()].interrupt_entry;
        if entry == 0 || !machine.shared_page(to).upcall_due() {
            return;
        }
        let (program_counter, flags) = (machine.program_counter(to), machine.flags(to));
        let page = machine.shared_page(to);
        page.upcall.program_counter.store(program_counter as u64);
        page.upcall.flags.store(flags);
        page.interrupts_enabled.store(0, Ordering::Relaxed);
        machine.redirect(to, entry);
    }

    /// Deals with a fault of the running partition: continues it at its fault entry, or lets the health monitor
    /// act. [`Kernel::dispatch`] is to be called next.
    pub fn fault(&mut self, machine: &mut M, fault: &Fault) {
        let culprit = self.running;
        let entry = self.partitions[culprit.place()].fault_entry;
        let (program_counter, flags) = (machine.program_counter(culprit), machine.flags(culprit));
        let stack_pointer = machine.stack_pointer(culprit);
        let page = machine.shared_page(culprit);
        let record = &page.fault;
        if entry == 0 || record.busy.load(Ordering::Relaxed) != 0 {
            self.health_monitor(machine, culprit, fault, program_counter);
            return;
        }
        record.busy.store(1, Ordering::Relaxed);
        record.kind.store(fault.kind as u32, Ordering::Relaxed);
        record.vector.store(fault.vector, Ordering::Relaxed);
        record.error.store(fault.error, Ordering::Relaxed);
        let enabled = page.interrupts_enabled.load(Ordering::Relaxed);
        record.interrupts_enabled.store(enabled, Ordering::Relaxed);
        record.address.store(fault.memory.map_or(0, |(_, address)| address));
        record.program_counter.store(program_counter as u64);
        record.flags.store(flags);
        record.stack_pointer.store(stack_pointer as u64);
        page.interrupts_enabled.store(0, Ordering::Relaxed);
        machine.redirect(culprit, entry);
    }

    /// Deals with a fault that the running partition's own handler does not get to see, because the partition cannot be
    /// continued: the health monitor acts. [`Kernel::dispatch`] is to be called next.
    pub fn breach(&mut self, machine: &mut M, fault: &Fault) {
        let culprit = self.running;
        let program_counter = machine.program_counter(culprit);
        self.health_monitor(machine, culprit, fault, program_counter);
    }

    fn health_monitor(&mut self, machine: &mut M, culprit: Index, fault: &Fault, program_counter: usize) {
        let now = machine.now();
        let partition = &mut self.partitions[culprit.place()];
        match partition.fault_action {
            FaultAction::Stop => partition.state = State::Stopped,
        }
        let record = Record::stopped(now, culprit.number() as u16, &fault.stop(program_counter as u64));
        self.console.events.put(culprit, &record);
    }

    /// Asks for the next interrupt that the running partition needs.
    #[inline(always)]
    pub fn arm(&mut self, machine: &mut M, deadline: u64, now: u64) {
        let end = self.slot.end;
        let alarm = if is_before(deadline, end) { deadline } else { end };
        if alarm != self.alarm {
            self.alarm = alarm;
            machine.set_alarm(alarm, now);
        }
    }

    /// Tells the kernel that the alarm it asked for has come, or one that came early.
    #[inline(always)]
    pub const fn alarm_came(&mut self) {
        self.alarm = NEVER;
    }

    fn open_slot(&mut self, machine: &mut M, now: u64) {
        if !is_before(now, self.limit) {
            self.end(machine, now);
        }
        self.slot = self.schedule.advance(now);
        // The slot ends with the system, if that is before; a partition is told of its window as it is configured.
        let end = self.slot.end;
        if is_before(self.limit, end) {
            self.slot.end = self.limit;
        }
        let Some(next) = self.slot.partition else { return };
        if self.loaded != Some(next) {
            self.loaded = Some(next);
            self.running = next;
            machine.switch_to(next);
        }
        let partition = &mut self.partitions[next.place()];
        partition.windows = partition.windows.wrapping_add(1);
        let page = machine.information_page(next);
        page.window_start.store(self.slot.start);
        page.window_end.store(end);
        page.windows.store(partition.windows, Ordering::Release);
        machine.shared_page(next).raise(InterruptLine::Window);
        if partition.state == State::Idle {
            self.wake(machine, next);
        }
    }

    fn wake(&mut self, machine: &mut M, sleeper: Index) {
        self.partitions[sleeper.place()].state = State::Ready;
        machine.set_result(sleeper, 0);
    }

    /// Lets time pass until the alarm, and sends what the log holds meanwhile.
    fn rest(&mut self, machine: &mut M, now: u64, deadline: u64) {
        self.arm(machine, deadline, now);
        if self.console.is_waiting() {
            self.console.drain(machine, &self.partitions, self.console_bytes(now));
            self.let_interrupts_in(machine);
        } else {
            machine.wait();
            self.alarm_came();
        }
        // What has come may have been the alarm, or one that came early: it is asked for again.
        self.alarm = NEVER;
    }

    /// How many bytes the console can be given, or asked for, so that the end of the slot finds the kernel done.
    pub(crate) const fn console_bytes(&self, now: u64) -> usize {
        let left = self.slot.end.saturating_sub(now);
        let most = M::CONSOLE_BYTE * (WRITE_MAX as u32 + 1);
        let left = if left < most as u64 { left as u32 } else { most };
        // One less, for the way there and back.
        (left / M::CONSOLE_BYTE).saturating_sub(1) as usize
    }

    /// Takes the alarm if it waits. It may have been an early one, so it is asked for again.
    fn let_interrupts_in(&mut self, machine: &mut M) {
        machine.let_interrupts_in();
        self.alarm_came();
    }

    fn look_for_input(&mut self, machine: &mut M, partition: Index) {
        if self.console_input != Some(partition) {
            return;
        }
        if self.input_waiting.is_none() {
            self.input_waiting = machine.console_take();
        }
        if self.input_waiting.is_some() {
            machine.shared_page(partition).raise(InterruptLine::Console);
        }
    }

    fn load_step(&mut self, machine: &mut M, partition: Index, offset: usize) {
        let description = &mut self.partitions[partition.place()];
        let end = description.load_end();
        let step_end = offset.saturating_add(M::LOAD_STEP).min(end);
        if offset >= end {
            description.state = State::Ready;
            self.start(machine, partition);
            return;
        }
        description.state = State::Loading(step_end);
        let image_end = description.image_size.clamp(offset, step_end);
        if image_end > offset {
            machine.load_image(partition, offset, image_end - offset);
        }
        if step_end > image_end {
            machine.clear_memory(partition, image_end, step_end - image_end);
        }
    }

    fn start(&mut self, machine: &mut M, partition: Index) {
        let description = &self.partitions[partition.place()];
        let start = &machine.information_page(partition).start;
        start.reason.store(description.reason as u32, Ordering::Relaxed);
        start.restarts.store(description.restarts, Ordering::Relaxed);
        machine.reset_context(partition, description.entry);
    }
}
