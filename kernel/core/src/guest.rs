//! One partition as it runs: its state, its timer, and where its interrupts and faults go.
//!
//! Nothing here knows whose turn it is; that is [`crate::kernel`]'s.

use bulkhead_abi::event::Stopper;
use bulkhead_abi::system_table::PARTITIONS_MAX;
use bulkhead_abi::trace::Kind;
use bulkhead_abi::{ChangeAction, HealthError, Line, Mode, NEVER, PartitionStatus, SharedPage, StartReason};
use core::sync::atomic::Ordering;

use crate::clock::{FAR, is_before};
use crate::fault::Fault;
use crate::hypercall::Outcome;
use crate::job::Preparation;
use crate::machine::{GuestMemory, GuestRegisters};
use crate::partition::{Index, Partition};
use crate::ports::Copy;

/// What a partition is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its memory is being prepared.
    Preparing(Preparation),
    /// It runs, or would if it had the processor.
    Ready,
    /// A message is being copied for the call that it has made.
    Copying(Copy),
    /// It has given up the processor until an interrupt or its next window.
    Idle,
    /// It has ended itself, with a status.
    Halted(u32),
    /// The health monitor has ended it, or another partition, or a change of the schedule.
    Stopped,
}

/// A place for what runs in every partition that there can be.
pub type Guests = [Guest; PARTITIONS_MAX];

/// What runs in a partition.
#[derive(Clone, Copy, Debug)]
pub struct Guest {
    /// What it is doing.
    pub(crate) state: State,
    /// Its timer's deadline, or [`FAR`].
    pub(crate) deadline: u64,
    /// Where interrupts continue it; 0 if it has not said.
    interrupt_entry: usize,
    /// Where faults continue it; 0 if it has not said.
    fault_entry: usize,
    /// How many of its windows have begun.
    windows: u32,
    /// How often it has been started before.
    restarts: u32,
    /// Why it was started last.
    reason: StartReason,
    /// What it is to be told when its next window begins: lines, and ports of which something is to be said.
    lines: u32,
    ports: [u32; 2],
    /// How many of its ports are still to be emptied, or asked for what waits there, for the start that is prepared.
    pub(crate) ports_to_settle: u8,
    /// Its mode, if it has not ended.
    mode: Mode,
    /// Who has stopped it, if it is.
    pub(crate) stopped_by: Stopper,
    /// What a change of the schedule does with it when its next window opens.
    pub(crate) change: ChangeAction,
    /// The last error that the health monitor has dealt with.
    pub(crate) error: Option<HealthError>,
    /// How long after the start of its next window its watchdog expires, or [`FAR`].
    pub(crate) watchdog_left: u64,
    /// Whether more is to be done when its window opens than with most.
    pub(crate) is_special: bool,
}

impl Guest {
    /// A partition in which nothing runs.
    pub const NONE: Self = Self {
        state: State::Stopped,
        deadline: FAR,
        interrupt_entry: 0,
        fault_entry: 0,
        windows: 0,
        restarts: 0,
        reason: StartReason::SystemStart,
        lines: Line::Window.bit(),
        ports: [0; 2],
        ports_to_settle: 0,
        mode: Mode::Idle,
        stopped_by: Stopper::Nobody,
        change: ChangeAction::Keep,
        error: None,
        watchdog_left: FAR,
        is_special: false,
    };

    /// Begins a start: forgets what the partition had asked for, and has its memory prepared.
    pub fn begin_start(&mut self, index: Index, partition: &Partition, reason: StartReason) {
        let end = if reason.is_warm() { partition.data_end } else { partition.region.size };
        self.state = State::Preparing(Preparation::new(index, partition, end));
        self.ports_to_settle = if reason == StartReason::SystemStart { 0 } else { partition.ports.1 };
        self.mode = reason.mode();
        self.change = ChangeAction::Keep;
        self.watchdog_left = partition.watchdog;
        self.is_special = partition.is_limited();
        self.reason = reason;
        self.deadline = FAR;
        self.interrupt_entry = 0;
        self.fault_entry = 0;
    }

    /// Begins a start that is not the system's; returns how many there have been.
    pub fn begin_restart(&mut self, index: Index, partition: &Partition, reason: StartReason) -> u32 {
        self.restarts = self.restarts.saturating_add(1);
        self.begin_start(index, partition, reason);
        self.restarts
    }

    /// Ends a start, once the memory is prepared: the partition begins at its entry point.
    pub fn start(&mut self, machine: &mut (impl GuestMemory + GuestRegisters), index: Index, entry: usize) {
        self.state = State::Ready;
        let start = &machine.information_page(index).start;
        start.reason.store(self.reason as u32, Ordering::Relaxed);
        start.restarts.store(self.restarts, Ordering::Relaxed);
        machine.clear_shared_page(index);
        self.tell(machine.shared_page(index), self.lines & !Line::Window.bit());
        machine.reset(index, entry);
        machine.trace(Kind::Started, index, 0);
    }

    /// Whether what waits at its ports stays when it starts.
    #[must_use]
    pub const fn keeps_messages(&self) -> bool {
        self.reason.is_warm() || matches!(self.reason, StartReason::SystemStart)
    }

    /// Whether it runs no more, unless somebody starts it again.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        match self.change {
            ChangeAction::Keep => matches!(self.state, State::Halted(_) | State::Stopped),
            ChangeAction::Idle => true,
            ChangeAction::WarmRestart | ChangeAction::ColdRestart => false,
        }
    }

    /// Stops it where it is.
    pub const fn stop(&mut self, by: Stopper) {
        self.state = State::Stopped;
        self.stopped_by = by;
        self.change = ChangeAction::Keep;
    }

    /// Its mode.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        if self.has_ended() { Mode::Idle } else { self.mode }
    }

    /// Whether a warm start would find what a start has prepared: its last one was warm, or is done.
    #[must_use]
    pub const fn can_start_warm(&self) -> bool {
        !matches!(self.mode, Mode::ColdStart)
    }

    /// Says that its start is done. The answer is false if it has said so before.
    pub const fn be_normal(&mut self) -> bool {
        let is_new = !matches!(self.mode, Mode::Normal);
        self.mode = Mode::Normal;
        is_new
    }

    /// How many of its windows have begun, how often it has been started before, and why it was started last.
    #[must_use]
    pub const fn history(&self) -> (u32, u32, StartReason) {
        (self.windows, self.restarts, self.reason)
    }

    /// Tells the partition of a window of its own, with the times of the schedule.
    pub fn open_window(
        &mut self,
        machine: &mut (impl GuestMemory + GuestRegisters),
        index: Index,
        (start, end): (u64, u64),
    ) {
        self.windows = self.windows.wrapping_add(1);
        let page = machine.information_page(index);
        page.window_start.store(start);
        page.window_end.store(end);
        page.windows.store(self.windows, Ordering::Release);
        // A start clears the page. It tells what has waited until then.
        if !matches!(self.state, State::Preparing(_)) {
            self.tell(machine.shared_page(index), self.lines);
        }
        if self.state == State::Idle {
            self.wake(machine, index);
        }
    }

    /// Tells the partition of lines, and of the ports that it is to be told of.
    fn tell(&mut self, page: &SharedPage, lines: u32) {
        page.raise_all(lines);
        if self.lines != Line::Window.bit() {
            self.lines = Line::Window.bit();
            for (word, ports) in page.ports.iter().zip(&mut self.ports) {
                word.store(word.load(Ordering::Relaxed) | core::mem::take(ports), Ordering::Relaxed);
            }
        }
    }

    /// Tells the partition of one of its ports when its next window begins, or when it starts.
    #[inline(always)]
    pub const fn notify(&mut self, (word, bit): (usize, u32)) {
        self.ports[word % 2] |= bit;
        self.lines |= Line::Port.bit();
    }

    /// Makes a line pending when the partition's next window begins.
    pub const fn ring(&mut self, line: u8) {
        self.lines |= 1 << (line % 32);
    }

    /// Tells the partition of lines no more that have waited for its next window.
    pub const fn forget(&mut self, lines: u32) {
        self.lines &= !lines;
    }

    /// Has a partition that idles go on behind its call.
    pub fn wake(&mut self, machine: &mut impl GuestRegisters, index: Index) {
        self.state = State::Ready;
        machine.set_result(index, 0);
        machine.trace(Kind::Woken, index, 0);
    }

    /// Whether the timer expires now, which is to be told on [`Line::Timer`]; then it is set no more.
    #[inline(always)]
    pub const fn timer_expires(&mut self, now: u64) -> bool {
        let expires = !is_before(now, self.deadline);
        if expires {
            self.deadline = FAR;
        }
        expires
    }

    /// Sets the timer, for ever if the deadline is [`NEVER`]. Whether it expires at once, as [`Guest::timer_expires`].
    #[inline(always)]
    pub const fn set_timer(&mut self, deadline: u64, now: u64) -> bool {
        let expires = deadline <= FAR && !is_before(now, deadline);
        self.deadline = if expires || deadline > FAR { FAR } else { deadline };
        expires
    }

    /// Whether it has said where interrupts continue it.
    #[must_use]
    pub const fn has_interrupt_entry(&self) -> bool {
        self.interrupt_entry != 0
    }

    /// Says where interrupts and faults continue the partition; 0 is nowhere.
    pub const fn set_entries(&mut self, interrupts: usize, faults: usize) {
        self.interrupt_entry = interrupts;
        self.fault_entry = faults;
    }

    /// Continues the partition at its interrupt entry if an interrupt is due.
    #[inline(always)]
    pub fn deliver(&self, machine: &mut (impl GuestMemory + GuestRegisters), index: Index) {
        let page = machine.shared_page(index);
        let due = page.deliverable() & machine.lets_in(page.interrupts_enabled.load(Ordering::Relaxed));
        if self.interrupt_entry == 0 || due == 0 {
            return;
        }
        machine.trace(Kind::Upcall, index, due);
        let (program_counter, flags) = (machine.program_counter(index), machine.flags(index));
        let page = machine.shared_page(index);
        page.upcall.program_counter.store(program_counter as u64);
        page.upcall.flags.store(flags);
        page.interrupts_enabled.store(0, Ordering::Relaxed);
        machine.redirect(index, self.interrupt_entry);
    }

    /// Continues the partition at its fault entry. The answer is false, and nothing is changed, if it has none or is
    /// in it already.
    pub fn deliver_fault(
        &self,
        machine: &mut (impl GuestMemory + GuestRegisters),
        index: Index,
        fault: &Fault,
    ) -> bool {
        let (program_counter, flags) = (machine.program_counter(index), machine.flags(index));
        let stack_pointer = machine.stack_pointer(index);
        let page = machine.shared_page(index);
        let record = &page.fault;
        if self.fault_entry == 0 || record.busy.load(Ordering::Relaxed) != 0 {
            return false;
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
        machine.redirect(index, self.fault_entry);
        true
    }

    /// Gives up the processor, unless an interrupt is to be delivered already.
    pub fn idle(&mut self, page: &SharedPage) -> Outcome {
        if page.deliverable() != 0 {
            return Outcome::Deliver(0);
        }
        self.state = State::Idle;
        Outcome::Dispatch
    }

    /// The partition's status at an instant in the window that ends at `window_end`.
    #[must_use]
    pub fn status(&self, index: Index, window_end: u64, now: u64) -> PartitionStatus {
        let deadline = if self.deadline == FAR { NEVER } else { self.deadline };
        let start = (self.reason, self.restarts);
        PartitionStatus::new(index.number(), start, (self.windows, window_end), now, deadline)
    }
}
