//! The health monitor: what becomes of an error, by the tables of the system file (ARINC 653 part 1, section 2.4).
//!
//! An error is dealt with at three levels. The partition's own handler comes first where its table says so, and if it
//! has one that is not at work already; then the partition as a whole; and the module, where that is the action.
//! Whatever is decided is a record, and an entry of the log.

use bulkhead_abi::event::{Decision, NO_PARTITION, Record, Stopper};
use bulkhead_abi::system_table::PARTITIONS_MAX;
use bulkhead_abi::trace::{self, Kind};
use bulkhead_abi::{Action, Ground, HealthError, Level, Line, Mode, Response, StartReason};

use crate::fault::Fault;
use crate::guest::State;
use crate::health_log::HealthLog;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::partition::Index;
use crate::restarts::Restarts;

/// What the health monitor keeps in mind.
#[derive(Debug)]
pub struct HealthMonitor {
    /// The last decisions.
    pub(crate) log: HealthLog,
    /// When it has started each partition again.
    pub(crate) restarts: [Restarts; PARTITIONS_MAX],
    /// What is done about an error of the kernel's device.
    pub(crate) device: Response,
    /// Whether everything is to start again.
    pub(crate) restarts_module: bool,
}

impl Default for HealthMonitor {
    fn default() -> Self {
        Self::new()
    }
}

impl HealthMonitor {
    /// Nothing has happened yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            log: HealthLog::new(),
            restarts: [Restarts::NONE; PARTITIONS_MAX],
            device: Response::new(Action::Log),
            restarts_module: false,
        }
    }
}

/// An error without anything that is known of it but what it is.
pub(crate) const fn nothing_but(error: HealthError) -> Decision {
    Decision {
        error,
        action: Action::Log,
        level: Level::Partition,
        code: 0,
        detail: 0,
        memory: None,
        program_counter: 0,
        ground: Ground::Error,
    }
}

impl<M: Machine> Kernel<M> {
    /// Deals with a fault of the current partition: continues it at its fault entry, or lets the health monitor act.
    /// The answer is whether it goes on at once; otherwise [`Kernel::dispatch`] is to be called next.
    pub fn fault(&mut self, machine: &mut M, fault: &Fault) -> bool {
        let culprit = machine.current();
        let response = self.response(culprit, HealthError::of_fault(fault.kind));
        let program_counter = machine.program_counter(culprit);
        if !response.deliver || !self.guests[culprit.place()].deliver_fault(machine, culprit, fault) {
            self.breach(machine, fault);
            return false;
        }
        let decision = of_fault(fault, program_counter as u64);
        self.delivered(machine, culprit, decision, response);
        true
    }

    /// Deals with a fault that the current partition's own handler does not get to see, or has caused: the health
    /// monitor acts. [`Kernel::dispatch`] is to be called next.
    pub fn breach(&mut self, machine: &mut M, fault: &Fault) {
        let culprit = machine.current();
        let program_counter = machine.program_counter(culprit) as u64;
        let decision = of_fault(fault, program_counter);
        let response = self.response(culprit, decision.error);
        let stop = fault.stop(program_counter);
        let stopped = |time| Record::stopped(time, culprit.number() as u16, &stop);
        self.act(machine, culprit, decision, response, Some(stopped(0)));
        // Somebody else's interrupt can be what the partition has entered with.
        self.take_interrupts(machine);
    }

    /// What is to be done about an error of a partition.
    pub(crate) const fn response(&self, partition: Index, error: HealthError) -> Response {
        self.partitions[partition.place()].responses[error as usize % HealthError::COUNT]
    }

    /// Deals with an error that the current partition raises. The answer is whether it goes on.
    #[inline(never)]
    pub(crate) fn raised(
        &mut self,
        machine: &mut M,
        caller: Index,
        error: HealthError,
        code: u32,
        detail: u32,
    ) -> bool {
        let program_counter = machine.program_counter(caller) as u64;
        let decision = Decision { code, detail, program_counter, ..nothing_but(error) };
        let response = self.response(caller, error);
        self.act(machine, caller, decision, response, None);
        self.goes_on(caller)
    }

    /// Whether a partition goes on behind its call, whatever the health monitor has done meanwhile.
    pub(crate) const fn goes_on(&self, caller: Index) -> bool {
        matches!(self.guests[caller.place()].state, State::Ready) && !self.health.restarts_module
    }

    /// Deals with an error of a partition that the kernel has noticed: its own handler is told, or the health monitor
    /// acts.
    #[cold]
    #[inline(never)]
    pub(crate) fn noticed(&mut self, machine: &mut M, partition: Index, error: HealthError, code: u32) {
        let guest = &self.guests[partition.place()];
        if guest.has_ended() {
            return;
        }
        let response = self.response(partition, error);
        // Where it hangs, or what it calls too often.
        let is_at_work = matches!(error, HealthError::Watchdog | HealthError::CallFlood);
        let program_counter = if is_at_work { machine.program_counter(partition) as u64 } else { 0 };
        let decision = Decision { code, program_counter, ..nothing_but(error) };
        let can_be_told = !matches!(guest.state, State::Preparing(_)) && guest.has_interrupt_entry();
        let page = machine.shared_page(partition);
        // Who has not taken the last one yet may hang.
        if response.deliver
            && error.can_be_told()
            && can_be_told
            && page.lets_through(Line::Health)
            && page.tell(error)
        {
            self.delivered(machine, partition, decision, response);
        } else {
            self.act(machine, partition, decision, response, None);
        }
    }

    /// Notes that a partition's own handler has an error.
    fn delivered(&mut self, machine: &mut M, partition: Index, decision: Decision, response: Response) {
        let decision = Decision { action: Action::Deliver, level: Level::Process, ..decision };
        trace_decision(machine, Some(partition), &decision);
        let record = Record::health(machine.now(), partition.number() as u16, &decision);
        self.health.log.add(Some(partition), &record);
        if response.log {
            self.console.put(&record);
        }
    }

    /// Does what a response says, with a record of it: that of a partition that is stopped because of a fault is its
    /// own.
    #[inline(never)]
    pub(crate) fn act(
        &mut self,
        machine: &mut M,
        partition: Index,
        decision: Decision,
        response: Response,
        stopped: Option<Record>,
    ) {
        let now = machine.now();
        let (Response { action, schedule, .. }, ground) = self.final_response(partition, response, now);
        if matches!(action, Action::Ignore) {
            return;
        }
        let of_module = matches!(action, Action::StopModule | Action::RestartModule);
        let level = if of_module { Level::Module } else { Level::Partition };
        let decision = Decision { action, level, ground, ..decision };
        trace_decision(machine, Some(partition), &decision);
        let record = Record::health(now, partition.number() as u16, &decision);
        self.guests[partition.place()].error = Some(decision.error);
        self.health.log.add(Some(partition), &record);
        self.console.put(&match stopped {
            Some(stopped) if matches!(action, Action::Idle) => stopped.decided(now, ground),
            _ => record,
        });
        self.request(schedule);
        match action {
            Action::Ignore | Action::Log | Action::Deliver => {}
            Action::WarmRestart => self.start_again(machine, partition, StartReason::HealthMonitorWarm),
            Action::ColdRestart => self.start_again(machine, partition, StartReason::HealthMonitor),
            Action::Idle => self.stop(machine, partition, Stopper::HealthMonitor),
            Action::StopModule => self.stop_module(machine, now),
            Action::RestartModule => self.ask_for_module_restart(now),
        }
    }

    /// The response that counts, and which that is: that of an error in a start, and that of one restart too many, come
    /// before another.
    fn final_response(&mut self, partition: Index, response: Response, now: u64) -> (Response, Ground) {
        let configured = &self.partitions[partition.place()];
        let mode = self.guests[partition.place()].mode();
        let (response, ground) = match configured.initialization {
            Some(initialization) if !matches!(mode, Mode::Normal) => (initialization, Ground::Initialization),
            _ => (response, Ground::Error),
        };
        let restarts = matches!(response.action, Action::WarmRestart | Action::ColdRestart);
        if restarts && !self.health.restarts[partition.place()].take(configured.budget, now) {
            return (configured.restarts_exceeded, Ground::RestartsExceeded);
        }
        (response, ground)
    }

    /// Starts a partition again. A warm start in a cold one that is not done would find what nobody has prepared: it is
    /// a cold one.
    pub(crate) fn start_again(&mut self, machine: &mut M, partition: Index, reason: StartReason) {
        let guest = &mut self.guests[partition.place()];
        let reason = match reason {
            StartReason::HealthMonitorWarm if !guest.can_start_warm() => StartReason::HealthMonitor,
            StartReason::WarmRestart if !guest.can_start_warm() => StartReason::ColdRestart,
            reason => reason,
        };
        self.begin_again(machine, partition, reason);
    }

    /// Begins a start of a partition, and says so.
    #[inline(never)]
    pub(crate) fn begin_again(&mut self, machine: &mut M, partition: Index, reason: StartReason) {
        self.quieten(machine, partition);
        let configured = &self.partitions[partition.place()];
        let restarts = self.guests[partition.place()].begin_restart(partition, configured, reason);
        machine.trace(Kind::Restarted, partition, reason as u32);
        let record = Record::restarted(machine.now(), partition.number() as u16, restarts, reason);
        self.console.put(&record);
    }

    /// A partition's image is damaged, and the partition stopped for that. The module can be stopped, too.
    #[cold]
    #[inline(never)]
    pub(crate) fn image_damaged(&mut self, machine: &mut M, partition: Index) {
        let error = HealthError::Image;
        let Response { action, schedule, .. } = self.response(partition, error);
        let stops_module = matches!(action, Action::StopModule);
        let (action, level) =
            if stops_module { (action, Level::Module) } else { (Action::Idle, Level::Partition) };
        let decision = Decision { action, level, ..nothing_but(error) };
        trace_decision(machine, Some(partition), &decision);
        let now = machine.now();
        let record = Record::health(now, partition.number() as u16, &decision);
        self.guests[partition.place()].error = Some(error);
        self.note(Some(partition), &record, schedule);
        if stops_module {
            self.stop_module(machine, now);
        }
    }

    /// Notes a decision, and asks for the schedule that comes with it.
    pub(crate) fn note(&mut self, of: Option<Index>, record: &Record, schedule: Option<u8>) {
        self.health.log.add(of, record);
        self.console.put(record);
        self.request(schedule);
    }

    fn request(&mut self, schedule: Option<u8>) {
        if let Some(plan) = schedule.and_then(|number| self.schedule.plan_index(number.into())) {
            self.schedule.request(plan);
        }
    }

    /// Deals with an error of a device of the kernel's.
    #[cold]
    #[inline(never)]
    pub(crate) fn device_failed(&mut self, machine: &mut M) {
        let now = machine.now();
        let Response { action, schedule, .. } = self.health.device;
        let decision = Decision { action, level: Level::Module, ..nothing_but(HealthError::Device) };
        let record = Record::health(now, NO_PARTITION, &decision);
        if !matches!(action, Action::Ignore) {
            trace_decision(machine, None, &decision);
            self.note(None, &record, schedule);
        }
        match action {
            Action::StopModule => self.stop_module(machine, now),
            Action::RestartModule => self.ask_for_module_restart(now),
            _ => {}
        }
    }

    /// Has everything start again when it is next decided who runs.
    const fn ask_for_module_restart(&mut self, now: u64) {
        self.health.restarts_module = true;
        self.until = now;
    }
}

/// Notes a decision about a partition, or the module.
#[inline(always)]
pub(crate) fn trace_decision(machine: &mut impl Machine, of: Option<Index>, decision: &Decision) {
    let Decision { error, action, level, ground, .. } = *decision;
    let kind = if of.is_some() { Kind::Health } else { Kind::ModuleHealth };
    machine.trace(kind, of.unwrap_or(Index::FIRST), trace::health(error, action, level, ground));
}

/// What is known of a fault.
const fn of_fault(fault: &Fault, program_counter: u64) -> Decision {
    Decision {
        code: fault.vector,
        detail: fault.error,
        memory: fault.memory,
        program_counter,
        ..nothing_but(HealthError::of_fault(fault.kind))
    }
}
