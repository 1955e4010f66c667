//! Modes, watchdogs and schedules: what partitions and the health monitor decide about partitions, and the calls for
//! it.

use bulkhead_abi::event::{Record, Stopper};
use bulkhead_abi::system_table::NO_PARTITION;
use bulkhead_abi::trace::Kind;
use bulkhead_abi::{
    ChangeAction, Error, HealthError, Mode, PartitionDescription, ScheduleDescription, ScheduleStatus,
    StartReason,
};

use crate::clock::{FAR, is_before};
use crate::guest::State;
use crate::hypercall::Outcome;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::partition::Index;
use crate::schedule::{News, Share, Slot};

/// The call has nothing to do: what it asks for is so already.
const NO_ACTION: i32 = 1;

impl<M: Machine> Kernel<M> {
    /// Until when the slot goes on undisturbed, if nothing of it is given away: to its end, or until the watchdog of
    /// its partition expires.
    pub(crate) fn slot_until(&self) -> u64 {
        let Slot { partition, start, end } = self.slot;
        let left = partition.map_or(FAR, |partition| self.guests[partition.place()].watchdog_left);
        let expiry = start.wrapping_add(left);
        if left != FAR && is_before(expiry, end) { expiry } else { end }
    }

    /// Stops a partition where it is, and makes its devices quiet.
    pub(crate) fn stop(&mut self, machine: &mut M, partition: Index, by: Stopper) {
        self.guests[partition.place()].stop(by);
        machine.trace(Kind::Stopped, partition, by as u32);
        self.quieten(machine, partition);
    }

    /// Ends a start, once the memory is prepared, unless the image is damaged.
    pub(crate) fn start(&mut self, machine: &mut M, partition: Index) {
        let configured = &self.partitions[partition.place()];
        let guest = &mut self.guests[partition.place()];
        let State::Preparing(preparation) = guest.state else { return };
        if preparation.checksum() != configured.checksum {
            // It cannot run, whatever its table says; that may stop the module.
            self.stop(machine, partition, Stopper::HealthMonitor);
            self.image_damaged(machine, partition);
            return;
        }
        guest.start(machine, partition, configured.entry);
        let now = machine.now();
        self.serve_watchdog(partition, now);
    }

    /// Begins a partition's watchdog anew.
    fn serve_watchdog(&mut self, partition: Index, now: u64) {
        let watchdog = self.partitions[partition.place()].watchdog;
        if watchdog == FAR {
            return;
        }
        if self.slot.partition != Some(partition) {
            self.guests[partition.place()].watchdog_left = watchdog;
            return;
        }
        let left = now.wrapping_sub(self.slot.start).wrapping_add(watchdog);
        self.guests[partition.place()].watchdog_left = left;
        self.until = self.slot_until();
    }

    /// Takes the time of the slot that ends from its partition's watchdog.
    #[inline(never)]
    pub(crate) fn count_watched_time(&mut self) {
        self.is_watched = false;
        let Some(partition) = self.slot.partition else { return };
        let guest = &mut self.guests[partition.place()];
        let time = self.slot.end.wrapping_sub(self.slot.start);
        guest.watchdog_left = guest.watchdog_left.saturating_sub(time);
    }

    /// Opens a window of a partition that is watched, or with which a change of the schedule has left something to do.
    #[inline(never)]
    pub(crate) fn open_special_window(
        &mut self,
        machine: &mut M,
        partition: Index,
        window: (u64, u64),
        now: u64,
    ) {
        if self.guests[partition.place()].change != ChangeAction::Keep {
            self.change(machine, partition);
        }
        let configured = &self.partitions[partition.place()];
        let guest = &mut self.guests[partition.place()];
        guest.is_special = configured.is_limited();
        guest.open_window(machine, partition, window);
        self.calls_left = configured.calls;
        self.is_watched = guest.watchdog_left != FAR;
        let lateness = configured.lateness;
        self.until = self.slot_until();
        let late = now.wrapping_sub(self.slot.start);
        if is_before(lateness, late) {
            self.noticed(machine, partition, HealthError::WindowLate, late.min(u32::MAX.into()) as u32);
        }
    }

    /// The watchdog of the slot's partition has expired. It begins anew, whatever comes of it; it does not watch a
    /// partition that is being prepared, or has ended.
    #[cold]
    #[inline(never)]
    pub(crate) fn watchdog_expired(&mut self, machine: &mut M, now: u64) {
        let Some(partition) = self.slot.partition else { return };
        if matches!(self.guests[partition.place()].state, State::Ready | State::Idle | State::Copying(_)) {
            self.noticed(machine, partition, HealthError::Watchdog, 0);
        }
        self.serve_watchdog(partition, now);
        if self.health.restarts_module {
            self.until = now;
        }
    }

    /// Tells of windows that have been lost, and of another plan, which begins.
    #[cold]
    #[inline(never)]
    pub(crate) fn tell_news(&mut self, machine: &mut M, news: News) {
        if let Some(partition) = news.lost {
            self.noticed(machine, partition, HealthError::WindowLost, 0);
        }
        if let Some(partition) = news.stopped {
            self.tell_stopped(partition);
        }
        if news.changed {
            let plan = self.schedule.current();
            let (_, time) = self.schedule.changes();
            let before = self.schedule.before().number();
            machine.trace(Kind::Schedule, Index::FIRST, plan.number() | before << 16);
            self.console.put(&Record::schedule(time, plan.number(), before));
            let mut stopped = 0;
            // As many of both, said before: then the loop has one bound.
            let actions = self.schedule.plan(plan).actions.get(..self.count).unwrap_or_default();
            let guests = self.guests.get_mut(..self.count).unwrap_or_default();
            for (place, (guest, &action)) in guests.iter_mut().zip(actions).enumerate() {
                let is_to_end = action == ChangeAction::Idle;
                if action != ChangeAction::Keep && !(is_to_end && guest.has_ended()) {
                    guest.change = action;
                    guest.is_special = true;
                    if is_to_end {
                        stopped |= 1 << place;
                    }
                }
            }
            // Those may have no window any more, and a record takes its time.
            self.schedule.tell_of_stopped(stopped);
        }
    }

    /// Tells that a schedule has stopped a partition, if it has not been started again since and that was not told.
    fn tell_stopped(&mut self, partition: Index) {
        let stopper = self.schedule.take_stopper(partition);
        if let Some((schedule, time)) = stopper
            && matches!(self.guests[partition.place()].change, ChangeAction::Idle)
        {
            let number = partition.number() as u16;
            self.console.put(&Record::scheduled(time, number, schedule, ChangeAction::Idle));
        }
    }

    /// Does with a partition what a change of the schedule has left to be done when its next window opens.
    #[cold]
    #[inline(never)]
    pub(crate) fn change(&mut self, machine: &mut M, partition: Index) {
        self.tell_stopped(partition);
        let guest = &mut self.guests[partition.place()];
        let action = core::mem::take(&mut guest.change);
        let reason = match action {
            ChangeAction::Keep => return,
            ChangeAction::Idle => return self.stop(machine, partition, Stopper::Schedule),
            ChangeAction::WarmRestart => StartReason::WarmRestart,
            ChangeAction::ColdRestart => StartReason::ColdRestart,
        };
        let (number, schedule) = (partition.number() as u16, self.schedule.current().number());
        self.console.put(&Record::scheduled(machine.now(), number, schedule, action));
        self.start_again(machine, partition, reason);
    }

    /// Starts everything again: every partition cold, with nothing in any channel, and the first schedule. The clock
    /// and the health monitor's log go on. Nobody's window is open meanwhile. The answer is when the first frame
    /// begins, whose first slot is to be opened.
    #[cold]
    #[inline(never)]
    pub(crate) fn restart_module(&mut self, machine: &mut M) -> u64 {
        self.health.restarts_module = false;
        for index in self.indices() {
            self.begin_again(machine, index, StartReason::ModuleRestart);
        }
        for index in self.indices() {
            while self.settle_some_ports(index) {}
        }
        for mapping in self.regions.mappings() {
            machine.clear_region(mapping);
        }
        self.load_all(machine);
        let now = machine.now();
        machine.trace_asked(Kind::ModuleRestarted, Index::FIRST, 0);
        self.schedule.restart(now);
        self.slot = Slot { partition: None, start: now, end: now };
        now
    }

    /// Changes a partition's own mode.
    #[inline(never)]
    pub(crate) fn set_mode(&mut self, machine: &mut M, caller: Index, mode: Mode) -> Outcome {
        let guest = &mut self.guests[caller.place()];
        match (mode, guest.can_start_warm()) {
            (Mode::Normal, _) => {
                machine.trace(Kind::Normal, caller, 0);
                Outcome::Return(if guest.be_normal() { 0 } else { NO_ACTION })
            }
            (Mode::WarmStart, false) => Outcome::Return(Error::InvalidMode.code()),
            (Mode::Idle, _) => self.halt(machine, caller, 0),
            (Mode::ColdStart, _) => self.restart(machine, caller, StartReason::ColdRestart),
            (Mode::WarmStart, _) => self.restart(machine, caller, StartReason::WarmRestart),
        }
    }

    /// The watchdog is served by the partition that it watches.
    #[inline(never)]
    pub(crate) fn served(&mut self, machine: &mut M, caller: Index) -> Result<i32, Error> {
        if self.partitions[caller.place()].watchdog == FAR {
            return Err(Error::NotPermitted);
        }
        let now = machine.now();
        self.serve_watchdog(caller, now);
        Ok(0)
    }

    /// The partition with this number, if the caller may know or change its affairs.
    fn subject(&self, caller: Index, number: u32) -> Result<Index, Error> {
        let subject =
            Index::new(number).filter(|index| index.place() < self.count).ok_or(Error::BadArgument)?;
        if subject == caller || self.partition(caller).system {
            Ok(subject)
        } else {
            Err(Error::NotPermitted)
        }
    }

    /// Stops or starts a partition for another.
    #[inline(never)]
    pub(crate) fn control(&mut self, machine: &mut M, caller: Index, number: u32, mode: Mode) -> Outcome {
        let subject = match self.subject(caller, number) {
            Ok(subject) => subject,
            Err(error) => return Outcome::Return(error.code()),
        };
        let guest = &mut self.guests[subject.place()];
        if matches!(mode, Mode::Idle) && guest.has_ended() {
            return Outcome::Return(NO_ACTION);
        }
        machine.trace(Kind::Commanded, subject, caller.number() | (mode as u32) << 16);
        self.console.put(&Record::commanded(machine.now(), subject.number() as u16, caller.number(), mode));
        match mode {
            Mode::Idle | Mode::Normal => self.stop(machine, subject, Stopper::Partition),
            Mode::ColdStart => self.start_again(machine, subject, StartReason::ColdRestart),
            Mode::WarmStart => self.start_again(machine, subject, StartReason::WarmRestart),
        }
        if subject == caller { Outcome::Dispatch } else { Outcome::Return(0) }
    }

    #[inline(never)]
    pub(crate) fn describe_partition(
        &mut self,
        machine: &mut M,
        caller: Index,
        number: u32,
        address: u32,
    ) -> Result<i32, Error> {
        let subject = self.subject(caller, number)?;
        let configured = self.partition(subject);
        let guest = &self.guests[subject.place()];
        let (windows, restarts, reason) = guest.history();
        let restarts_left = self.health.restarts[subject.place()].left(configured.budget, machine.now());
        let description = PartitionDescription {
            name: configured.name,
            mode: guest.mode() as u32,
            start_reason: reason as u32,
            restarts,
            windows,
            status: if let State::Halted(status) = guest.state { status } else { 0 },
            error: guest.error.map_or(0, |error| error as u32),
            restarts_left,
            reserved: 0,
        };
        self.store(machine, caller, address, &description.bytes())
    }

    /// Asks for another schedule.
    #[inline(never)]
    pub(crate) fn set_schedule(&mut self, caller: Index, number: u32) -> Result<i32, Error> {
        let plan = self.schedule.plan_index(number).ok_or(Error::BadArgument)?;
        if !self.partition(caller).system {
            return Err(Error::NotPermitted);
        }
        self.schedule.request(plan);
        Ok(if plan == self.schedule.current() { NO_ACTION } else { 0 })
    }

    #[inline(never)]
    pub(crate) fn schedule_status(
        &mut self,
        machine: &mut M,
        caller: Index,
        address: u32,
    ) -> Result<i32, Error> {
        let (changes, time) = self.schedule.changes();
        let frame_start = self.schedule.frame_start();
        let status = ScheduleStatus {
            current: self.schedule.current().number(),
            next: self.schedule.requested().number(),
            time_low: time as u32,
            time_high: (time >> 32) as u32,
            frame_start_low: frame_start as u32,
            frame_start_high: (frame_start >> 32) as u32,
            changes,
            reserved: 0,
        };
        self.store(machine, caller, address, &status.bytes())
    }

    #[inline(never)]
    pub(crate) fn describe_schedule(
        &mut self,
        machine: &mut M,
        caller: Index,
        number: u32,
        address: u32,
    ) -> Result<i32, Error> {
        let index = self.schedule.plan_index(number).ok_or(Error::BadArgument)?;
        let plan = self.schedule.plan(index);
        let Share { windows: own_windows, time: own_time } = self.schedule.share(index, caller);
        let description = ScheduleDescription {
            name: plan.name,
            major_frame_low: plan.frame as u32,
            major_frame_high: (plan.frame >> 32) as u32,
            windows: self.schedule.windows_of(index).len() as u32,
            own_windows,
            own_time_low: own_time as u32,
            own_time_high: (own_time >> 32) as u32,
            reserved: [0; 2],
        };
        self.store(machine, caller, address, &description.bytes())
    }

    /// Reads an entry of the health monitor's log.
    #[inline(never)]
    pub(crate) fn read_health(
        &mut self,
        machine: &mut M,
        caller: Index,
        [number, sequence, address]: [u32; 3],
    ) -> Result<i32, Error> {
        let of = if number == NO_PARTITION {
            if !self.partition(caller).system {
                return Err(Error::NotPermitted);
            }
            None
        } else {
            Some(self.subject(caller, number)?)
        };
        let record = self.health.log.read(of, sequence).ok_or(Error::NotAvailable)?;
        self.store(machine, caller, address, &record.bytes())
    }
}
