//! The separation kernel: whose turn it is.

use bulkhead_abi::system_table::PARTITIONS_MAX;
use bulkhead_abi::trace::Kind;
use bulkhead_abi::{Line, NEVER};
use core::marker::PhantomData;

use crate::channel::Channels;
use crate::clock::{FAR, is_before};
use crate::configuration::Configuration;
use crate::console::{Console, WRITE_MAX};
use crate::device::Devices;
use crate::guest::{Guest, Guests, State};
use crate::health_monitor::HealthMonitor;
use crate::job::{Job, finish};
use crate::machine::Machine;
use crate::partition::{Index, Partition, Partitions};
use crate::region::{Mapping, Regions};
use crate::schedule::{Schedule, Slot};
use crate::serial::Uart;
use crate::spare::{Given, Spare};

/// How often the kernel looks for console input while the partition idles that gets it, in nanoseconds. The line has no
/// interrupt, which could come in anybody's window.
const INPUT_PERIOD: u64 = 10_000_000;

/// The portable state of the kernel. What is used most comes first, where an instruction's offset reaches it.
#[derive(Debug)]
#[repr(C)]
pub struct Kernel<M> {
    /// The slot that is open now.
    pub(crate) slot: Slot,
    /// Until when nothing need be decided: the slot's end, or when the watchdog of who runs in it expires.
    pub(crate) until: u64,
    /// One more than the calls that the running partition may still make in its window, modulo 2^32.
    pub(crate) calls_left: u32,
    /// Whether the slot's partition has a watchdog.
    pub(crate) is_watched: bool,
    pub(crate) alarm: u64,
    limit: u64,
    pub(crate) count: usize,
    pub(crate) guests: Guests,
    pub(crate) partitions: Partitions,
    pub(crate) schedule: Schedule,
    pub(crate) console: Console,
    pub(crate) channels: Channels,
    pub(crate) regions: Regions,
    pub(crate) devices: Devices,
    pub(crate) health: HealthMonitor,
    /// Who gets the time that nobody else uses.
    pub(crate) spare: Spare,
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
            slot: Slot { partition: None, start: 0, end: 0 },
            until: 0,
            calls_left: 0,
            is_watched: false,
            alarm: NEVER,
            limit: FAR,
            count: 0,
            guests: [Guest::NONE; PARTITIONS_MAX],
            partitions: [Partition::NONE; PARTITIONS_MAX],
            schedule: Schedule::new(),
            console: Console::new(),
            channels: Channels::new(),
            regions: Regions::new(),
            devices: Devices::new(),
            health: HealthMonitor::new(),
            spare: Spare::NONE,
            machine: PhantomData,
        }
    }

    /// Takes over a configuration that has been checked, and begins the start of every partition. `limit` is when the
    /// system ends by itself, in nanoseconds of the clock, or [`NEVER`].
    pub fn configure(&mut self, configuration: &mut Configuration, limit: u64) {
        self.partitions = configuration.partitions;
        self.count = configuration.count;
        self.console.configure(self.count, configuration.console_input);
        core::mem::swap(&mut self.schedule, &mut configuration.schedule);
        core::mem::swap(&mut self.channels, &mut configuration.channels);
        core::mem::swap(&mut self.regions, &mut configuration.regions);
        core::mem::swap(&mut self.devices, &mut configuration.devices);
        self.limit = limit.min(FAR);
        self.health.device = configuration.device_error;
        self.spare.partition = configuration.background;
        for index in self.indices() {
            let partition = &self.partitions[index.place()];
            self.guests[index.place()].begin_start(index, partition, bulkhead_abi::StartReason::SystemStart);
        }
    }

    /// From now on says when lines of partitions begin.
    pub const fn tell_line_times(&mut self) {
        self.console.tell_line_times();
    }

    /// From now on lets what is typed at the console choose who gets it.
    pub const fn choose_input(&mut self) {
        self.console.choose_input();
    }

    /// The partitions that there are.
    pub fn indices(&self) -> impl Iterator<Item = Index> + use<M> {
        (0..self.count as u32).map_while(Index::new)
    }

    /// A partition as it is configured.
    #[must_use]
    pub const fn partition(&self, index: Index) -> &Partition {
        &self.partitions[index.place()]
    }

    /// The regions of shared memory that a partition sees.
    pub fn mappings(&self, index: Index) -> impl Iterator<Item = &Mapping> {
        self.regions.mappings().filter(move |mapping| mapping.partition == index)
    }

    /// The devices that partitions own.
    #[must_use]
    pub const fn devices(&self) -> &Devices {
        &self.devices
    }

    /// Prepares the memory of every partition, before the clock counts.
    pub fn load_all(&mut self, machine: &mut M) {
        self.count_refresh_periods(machine);
        for index in self.indices() {
            let guest = &mut self.guests[index.place()];
            if let State::Preparing(preparation) = &mut guest.state {
                finish(preparation, machine);
                self.start(machine, index);
            }
        }
    }

    /// Says in counts of the clock how long messages are valid; beyond some years, for ever.
    fn count_refresh_periods(&mut self, machine: &M) {
        for channel in &mut self.channels.channels {
            let refresh = channel.refresh;
            channel.valid_for = if refresh < 1 << 56 { machine.counts_in(refresh) } else { NEVER };
        }
    }

    /// Decides what the processor does next, and returns when that is to run a partition: then the current one.
    ///
    /// Called whenever something may have changed: an alarm, a call that gave the processor up, a fault. The loop
    /// goes on for as long as nobody can run; each turn is short, and looks at the clock.
    #[inline]
    pub fn dispatch(&mut self, machine: &mut M) -> Index {
        loop {
            let now = machine.now();
            if !is_before(now, self.until) {
                self.turn(machine, now);
                // What has passed meanwhile, alarms must not be late by.
                if machine.variation().is_some() {
                    continue;
                }
            }
            let Some(current) = self.slot.partition else {
                match self.let_time_pass(machine, now, FAR) {
                    Some(background) => return background,
                    None => continue,
                }
            };
            let guest = &mut self.guests[current.place()];
            if guest.timer_expires(now) {
                machine.trace_asked(Kind::Timer, current, 0);
                machine.shared_page(current).raise(Line::Timer);
            }
            let deadline = guest.deadline;
            match guest.state {
                State::Ready => {
                    if self.spare.is_used {
                        self.take_back(machine);
                    }
                    let guest = &mut self.guests[current.place()];
                    guest.deliver(machine, current);
                    self.arm(machine, deadline, now);
                    return current;
                }
                State::Idle if machine.shared_page(current).deliverable() != 0 => {
                    guest.wake(machine, current)
                }
                State::Idle => {
                    if let Some(background) = self.idle(machine, current, now) {
                        return background;
                    }
                }
                State::Preparing(_) => {
                    self.let_interrupts_in(machine);
                    self.console.drain(machine, &self.partitions, self.console_bytes(now));
                    self.prepare(machine, current);
                }
                State::Copying(_) => {
                    self.take_back(machine);
                    self.let_interrupts_in(machine);
                    self.go_on_copying(machine, current);
                }
                State::Halted(_) | State::Stopped => {
                    if self.guests.iter().take(self.count).all(Guest::has_ended) {
                        self.end(machine, now);
                    }
                    if let Some(background) = self.let_time_pass(machine, now, FAR) {
                        return background;
                    }
                }
            }
        }
    }

    /// Continues the current partition at its interrupt entry if an interrupt is due.
    #[inline(always)]
    pub fn deliver(&mut self, machine: &mut M) {
        let current = machine.current();
        self.guests[current.place()].deliver(machine, current);
    }

    /// Asks for the next interrupt that the current partition needs.
    #[inline(always)]
    pub(crate) fn arm(&mut self, machine: &mut M, deadline: u64, now: u64) {
        let until = self.until;
        let alarm = if is_before(deadline, until) { deadline } else { until };
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

    /// Does what is due: opens the next slot; or in the middle of one, what [`Kernel::turn_in_slot`] does.
    #[inline(always)]
    fn turn(&mut self, machine: &mut M, now: u64) {
        let mut now = now;
        if self.health.restarts_module {
            now = self.restart_module(machine);
        } else if is_before(now, self.slot.end) {
            return self.turn_in_slot(machine, now);
        }
        self.open_slot(machine, now);
    }

    /// Takes the time back that was given away, or notices that a watchdog has expired.
    #[inline(never)]
    fn turn_in_slot(&mut self, machine: &mut M, now: u64) {
        self.take_back(machine);
        if !is_before(now, self.until) {
            self.watchdog_expired(machine, now);
        }
    }

    // Once in all, in line: a call more would cost a register window on SPARC.
    #[inline(always)]
    fn open_slot(&mut self, machine: &mut M, now: u64) {
        let now = self.end_slot_late(machine, now);
        if self.is_watched {
            self.count_watched_time();
        }
        let was_given = core::mem::take(&mut self.spare.is_used);
        self.calls_left = 0;
        if !is_before(now, self.limit) {
            self.end(machine, now);
        }
        self.slot = self.schedule.advance(now);
        machine.trace_slot(&self.slot, now);
        // The slot ends with the system, if that is before; a partition is told of its window as it is configured.
        let window = (self.slot.start, self.slot.end);
        if is_before(self.limit, self.slot.end) {
            self.slot.end = self.limit;
        }
        self.until = self.slot.end;
        if let Some(news) = self.schedule.take_news() {
            self.tell_news(machine, news);
        }
        let Some(next) = self.slot.partition else { return };
        // Whose time was given to the one that has the processor, is heard no more in that one's own window.
        if machine.current() != next || was_given {
            machine.switch_to(next);
            machine.trace_asked(Kind::Switch, next, 0);
        }
        let guest = &mut self.guests[next.place()];
        if guest.is_special {
            self.open_special_window(machine, next, window, now);
        } else {
            guest.open_window(machine, next, window);
        }
    }

    /// Lets the partition idle that has the slot, and looks for its input from time to time. The answer is as for
    /// [`Kernel::let_time_pass`].
    fn idle(&mut self, machine: &mut M, partition: Index, now: u64) -> Option<Index> {
        let deadline = self.guests[partition.place()].deadline;
        if !self.console.hears(partition) {
            return self.let_time_pass(machine, now, deadline);
        }
        if Self::notices_input(machine, partition) {
            self.console.look_for_input(machine, partition, self.console_bytes(now));
        }
        if machine.shared_page(partition).deliverable() != 0 {
            return None;
        }
        let look = now.saturating_add(INPUT_PERIOD);
        self.let_time_pass(machine, now, if is_before(look, deadline) { look } else { deadline })
    }

    /// Lets time pass until the alarm, and sends what the log holds meanwhile; or gives it to the background partition,
    /// which is the answer then. The log comes first: a background partition that never idles would hold it back.
    fn let_time_pass(&mut self, machine: &mut M, now: u64, deadline: u64) -> Option<Index> {
        if self.tell_of_dma(machine) {
            return None;
        }
        if self.spare.partition.is_some() && self.console.is_waiting() {
            self.console.drain(machine, &self.partitions, self.console_bytes(now));
            self.let_interrupts_in(machine);
            return None;
        }
        let deadline = match self.give_away(machine, now, deadline) {
            Given::Nothing(deadline) => deadline,
            Given::Time(background) => return Some(background),
            Given::Work => return None,
        };
        self.arm(machine, deadline, now);
        if self.console.is_waiting() {
            self.console.drain(machine, &self.partitions, self.console_bytes(now));
            machine.let_interrupts_in();
        } else {
            machine.wait();
            self.take_alarm_late(machine);
        }
        // What has come may have been the alarm, or one that came early: it is asked for again.
        self.alarm_came();
        self.take_interrupts(machine);
        None
    }

    /// Takes the alarm if it waits. It may have been an early one, so it is asked for again.
    pub(crate) fn let_interrupts_in(&mut self, machine: &mut M) {
        machine.let_interrupts_in();
        self.alarm_came();
        self.take_interrupts(machine);
    }

    /// How many bytes the console can be given, or asked for, so that the end of the slot finds the kernel done.
    pub(crate) const fn console_bytes(&self, now: u64) -> usize {
        let byte_time = <M::Uart as Uart>::BYTE_TIME;
        let left = self.until.saturating_sub(now);
        let most = byte_time * (WRITE_MAX as u32 + 1);
        let left = if left < most as u64 { left as u32 } else { most };
        // One less, for the way there and back.
        (left / byte_time).saturating_sub(1) as usize
    }

    /// Does one step of a partition's preparation, or starts it.
    pub(crate) fn prepare(&mut self, machine: &mut M, partition: Index) {
        if self.settle_some_ports(partition) {
            return;
        }
        let guest = &mut self.guests[partition.place()];
        if let State::Preparing(preparation) = &mut guest.state
            && !preparation.step(machine)
        {
            self.start(machine, partition);
        }
    }
}
