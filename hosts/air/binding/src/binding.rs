//! What the binding to AIR does, apart from the instructions that only a partition can execute: testable against a
//! model of the kernel.
//!
//! AIR tells a partition of nothing but ticks, and of some of these not even that: one that comes during a divisible
//! service is neither delivered nor kept. What it keeps is what has happened. So whoever has asked for such a service
//! looks afterwards, as the handler of a tick does.

use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_abi::{Line, NEVER, PartitionStatus, SharedPage, StartInformation, StartReason, Word64};
use bulkhead_air_facts::{Mode, OWN, Service, Status, WINDOW_STARTS, Window};
use bulkhead_ports::{Port, Ports};

use crate::ports::Channel;

/// The way into the kernel.
pub(crate) trait Calls {
    /// Asks for a service; the answer.
    fn service(&self, number: Service, arguments: [usize; 5]) -> u32;

    /// The clock in nanoseconds, in steps of a tick.
    fn now(&self) -> u64;

    /// How long a tick is in nanoseconds.
    fn tick_length(&self) -> u64;

    /// Does something that no tick divides.
    fn undivided<R>(&self, what: impl FnOnce() -> R) -> R;

    /// Where a port's record is.
    fn record(&self, port: &Port) -> *mut u8;
}

/// What the binding remembers.
#[derive(Debug)]
pub(crate) struct State {
    deadline: Word64,
    windows: AtomicU32,
    window_start: Word64,
    window_end: Word64,
}

impl State {
    pub(crate) const fn new() -> Self {
        Self {
            deadline: Word64::new(NEVER),
            windows: AtomicU32::new(0),
            window_start: Word64::new(0),
            window_end: Word64::new(0),
        }
    }
}

/// A partition under AIR.
#[derive(Debug)]
pub(crate) struct Binding<'a, C> {
    pub(crate) calls: C,
    pub(crate) start: &'a StartInformation,
    pub(crate) page: &'a SharedPage,
    pub(crate) windows: &'a [Window],
    pub(crate) ports: &'a [Port],
    pub(crate) state: &'a State,
}

impl<C: Calls> Binding<'_, C> {
    /// Looks what has happened and makes lines of it. Nothing may divide it: traps are off, or it is the handler of a
    /// tick.
    pub(crate) fn note(&self) {
        let now = self.calls.now();
        if self.calls.service(Service::Events, [0; 5]) & WINDOW_STARTS != 0 {
            self.window_started(now);
        }
        if self.state.deadline.load() <= now {
            self.state.deadline.store(NEVER);
            self.raise(Line::Timer);
        }
    }

    /// The same from anywhere: after a divisible service, or one that gave the processor away.
    pub(crate) fn look(&self) {
        self.calls.undivided(|| self.note());
    }

    fn raise(&self, line: Line) {
        self.page.pending.fetch_or(line.bit(), Ordering::Relaxed);
    }

    fn window_started(&self, now: u64) {
        let state = self.state;
        let (start, end) = self.window_at(now);
        state.window_start.store(start);
        state.window_end.store(end);
        state.windows.fetch_add(1, Ordering::Relaxed);
        self.raise(Line::Window);
        // Nobody else's messages come and go while this partition runs, so that this is the time to look.
        self.ports().tell(self.page);
    }

    /// The window of the system file that a time lies in: from when to when.
    fn window_at(&self, now: u64) -> (u64, u64) {
        let frame = self.start.major_frame.load().max(1);
        let position = now % frame;
        let begin = now - position;
        let times = self.windows.iter().map(|window| (window.start.load(), window.end.load()));
        let mut found = times.filter(|(start, end)| (*start..*end).contains(&position));
        found.next().map_or((now, now), |(start, end)| (begin + start, begin + end))
    }

    /// The partition's ports.
    pub(crate) fn ports(&self) -> Ports<'_, Channel<'_, C>> {
        Ports::new(self.ports, self.channels())
    }

    fn channels(&self) -> Channel<'_, C> {
        Channel { calls: &self.calls, ports: self.ports }
    }

    /// Makes the partition ready: its ports, and the window that it begins in.
    pub(crate) fn prepare(&self) {
        self.channels().create();
        self.look();
    }

    /// Arms the timer; the line is due at once if the time has come.
    pub(crate) fn timer_set(&self, deadline: u64) {
        self.calls.undivided(|| {
            self.state.deadline.store(deadline);
            self.note();
        });
    }

    /// Waits until a line is due or a window has begun. AIR wakes nobody before the next window, so that its own
    /// idling will do only if nothing is to come before that.
    pub(crate) fn idle(&self) {
        let windows = self.window().0;
        let due = || self.page.deliverable() != 0 || self.window().0 != windows;
        if !due() && self.may_give_up() {
            self.calls.service(Service::EndWindow, [0; 5]);
            self.look();
            return;
        }
        while !due() {
            core::hint::spin_loop();
        }
    }

    /// Whether nothing is to come before the window ends, nor does it end now. In its last tick it could have ended
    /// before AIR is asked, which would give the next one up.
    pub(crate) fn may_give_up(&self) -> bool {
        let end = self.state.window_end.load();
        self.state.deadline.load() >= end && end.saturating_sub(self.calls.now()) > self.calls.tick_length()
    }

    /// Writes to the console, all of it.
    pub(crate) fn console_write(&self, bytes: &[u8]) {
        self.calls.service(Service::Print, [bytes.as_ptr() as usize, bytes.len(), 0, 0, 0]);
        self.look();
    }

    /// Finds out how the partition was started, and how often before.
    pub(crate) fn find_start(&self) -> StartReason {
        let mut status = Status::default();
        self.calls.service(Service::Status, [OWN as usize, (&raw mut status) as usize, 0, 0, 0]);
        let reason = match status {
            Status { condition: 0, .. } => StartReason::SystemStart,
            Status { mode, .. } if mode == Mode::WarmStart as u32 => StartReason::WarmRestart,
            _ => StartReason::ColdRestart,
        };
        self.start.reason.store(reason as u32, Ordering::Relaxed);
        self.start.restarts.store(status.restarts, Ordering::Relaxed);
        reason
    }

    /// The window that runs: its number, its start, its end.
    pub(crate) fn window(&self) -> (u32, u64, u64) {
        loop {
            let number = self.state.windows.load(Ordering::Acquire);
            let (start, end) = (self.state.window_start.load(), self.state.window_end.load());
            if self.state.windows.load(Ordering::Acquire) == number {
                return (number, start, end);
            }
        }
    }

    pub(crate) fn status(&self) -> PartitionStatus {
        let (windows, _, end) = self.window();
        let deadline = self.state.deadline.load();
        let reason = StartReason::from_number(self.start.reason.load(Ordering::Relaxed));
        let start = (reason.unwrap_or(StartReason::SystemStart), self.start.restarts.load(Ordering::Relaxed));
        let number = self.start.partition.load(Ordering::Relaxed);
        PartitionStatus::new(number, start, (windows, end), self.calls.now(), deadline)
    }
}
