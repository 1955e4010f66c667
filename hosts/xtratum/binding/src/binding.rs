//! What the binding to XtratuM does, apart from the instructions that only a partition can execute: testable against a
//! model of the hypervisor.
//!
//! XtratuM's interrupts are never disabled for longer than it takes to note one: they set lines in a shared page of the
//! partition's own, and that page's enable word decides whether they go any further. So an executive finds here the
//! same three words as under the Bulkhead kernel.

use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_abi::{Error, Line, NEVER, PartitionStatus, SharedPage, StartInformation, StartReason, Word64};
use bulkhead_ports::{Port, Ports};
use bulkhead_xtratum_facts::{
    CONTROL_REGISTER_4, ControlTable, HARDWARE_CLOCK, Hypercall, InformationTable, SLOT_START, TIME_MAX,
    TIMER, UPDATE_GDT, console,
};

use crate::ports::Objects;

/// The interrupts that the binding wants.
const WANTED: u32 = TIMER | SLOT_START;

/// Bits 9 and 10 of CR4, which let a partition use SSE (Intel SDM volume 3A, 2.5: OSFXSR, OSXMMEXCPT).
const VECTOR_INSTRUCTIONS: u32 = 3 << 9;

/// The descriptor that RTEMS loads into `gs` by itself: entry 3.
const TLS_ENTRY: u32 = 3;

/// A descriptor of writable data for ring 1 with base 0 and 4 GiB, present and accessed (Intel SDM volume 3A, 3.4.5).
const TLS_DESCRIPTOR: [u32; 2] = [0x0000_ffff, 0x00cf_b300];

/// The same with the limit below the hypervisor, 0xfbfff pages.
const LOWER_DESCRIPTOR: [u32; 2] = [0x0000_bfff, 0x00cf_b300];

/// The way into the hypervisor.
pub(crate) trait Calls {
    /// Makes a hypercall whose fourth and fifth argument are 0; its answer.
    fn hypercall(&self, number: Hypercall, arguments: [usize; 3]) -> i32;

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
    /// Counts the interrupts that were noted, for whoever waits for one.
    events: AtomicU32,
}

impl State {
    pub(crate) const fn new() -> Self {
        Self {
            deadline: Word64::new(NEVER),
            windows: AtomicU32::new(0),
            window_start: Word64::new(0),
            window_end: Word64::new(0),
            events: AtomicU32::new(0),
        }
    }
}

/// A partition under XtratuM.
#[derive(Debug)]
pub(crate) struct Binding<'a, C> {
    pub(crate) calls: C,
    pub(crate) control: &'a ControlTable,
    pub(crate) information: &'a InformationTable,
    pub(crate) start: &'a StartInformation,
    pub(crate) page: &'a SharedPage,
    pub(crate) ports: &'a [Port],
    pub(crate) state: &'a State,
}

/// A hypercall's answer as a count or an error: XtratuM's codes are -1 to -9 (user manual, "Return values").
fn counted(answer: i32) -> Result<usize, Error> {
    usize::try_from(answer).map_err(|_| match answer {
        -2 => Error::UnknownCall,
        -4 | -5 | -8 => Error::NotPermitted,
        -1 | -6 | -7 => Error::NotAvailable,
        _ => Error::BadArgument,
    })
}

impl<C: Calls> Binding<'_, C> {
    /// Makes the partition ready: its interrupt table, all extended interrupts to one vector, the ones that are wanted
    /// let through, SSE, its ports. `table` is the address of the interrupt table, `limit` its size in bytes minus 1,
    /// `vector` the one of the interrupts. Interrupts are enabled when this returns; lines that are due wait for the
    /// enable word.
    pub(crate) fn prepare(&self, table: u32, limit: u16, vector: u16) {
        let limit_word = &self.control.descriptor_tables[1];
        let other_half = limit_word.load(Ordering::Relaxed) & 0xffff;
        limit_word.store(u32::from(limit) << 16 | other_half, Ordering::Relaxed);
        self.control.interrupt_table.store(table, Ordering::Relaxed);
        for pair in &self.control.extended_vectors {
            pair.store(u32::from(vector) << 16 | u32::from(vector), Ordering::Relaxed);
        }
        let arguments = [CONTROL_REGISTER_4 as usize, VECTOR_INSTRUCTIONS as usize, 0];
        self.calls.hypercall(Hypercall::WriteRegister, arguments);
        self.objects().create();
        self.control.extended_mask.fetch_and(!WANTED, Ordering::Relaxed);
    }

    /// Turns the hypervisor's interrupts into lines, at `now` in nanoseconds. Called with its interrupts disabled.
    pub(crate) fn note(&self, now: u64) {
        // What was delivered is masked now and no longer pending; what came since is pending.
        let control = self.control;
        let came = (control.extended_mask.load(Ordering::Relaxed)
            | control.extended_pending.load(Ordering::Relaxed))
            & WANTED;
        control.extended_pending.fetch_and(!came, Ordering::Relaxed);
        control.extended_mask.fetch_and(!came, Ordering::Relaxed);
        if came & SLOT_START != 0 {
            self.slot_started(now);
        }
        if came & TIMER != 0 {
            self.state.deadline.store(NEVER);
            self.page.pending.fetch_or(Line::Timer.bit(), Ordering::Relaxed);
        }
        self.state.events.fetch_add(1, Ordering::Relaxed);
    }

    /// A slot has begun. A timer that was armed in an earlier one does not fire any more, so it is armed again.
    fn slot_started(&self, now: u64) {
        let state = self.state;
        let duration = u64::from(self.control.slot_duration.load(Ordering::Relaxed)) * 1000;
        state.window_start.store(now);
        state.window_end.store(now.saturating_add(duration));
        state.windows.fetch_add(1, Ordering::Relaxed);
        self.page.pending.fetch_or(Line::Window.bit(), Ordering::Relaxed);
        let deadline = state.deadline.load();
        if deadline != NEVER {
            self.arm(deadline);
        }
        // Nobody else's messages come and go while this partition runs, so that this is the time to look.
        self.ports().tell(self.page);
    }

    /// The partition's ports.
    pub(crate) fn ports(&self) -> Ports<'_, Objects<'_, C>> {
        Ports::new(self.ports, self.objects())
    }

    fn objects(&self) -> Objects<'_, C> {
        Objects { calls: &self.calls, partition: self.number(), ports: self.ports }
    }

    /// Whether an interrupt came that has not been noted, because interrupts were disabled when it came. `interrupts.S`
    /// asks the same.
    #[cfg(test)]
    pub(crate) fn missed(&self) -> bool {
        let control = self.control;
        control.extended_pending.load(Ordering::Relaxed) & !control.extended_mask.load(Ordering::Relaxed) != 0
    }

    /// How many interrupts were noted, modulo 2^32.
    pub(crate) fn events(&self) -> u32 {
        self.state.events.load(Ordering::Relaxed)
    }

    /// Arms the hypervisor's timer, never early: it counts microseconds.
    fn arm(&self, deadline: u64) {
        let time = deadline.div_ceil(1000).clamp(1, TIME_MAX);
        let (low, high) = (time as u32 as usize, (time >> 32) as usize);
        self.calls.hypercall(Hypercall::SetTimer, [HARDWARE_CLOCK as usize, low, high]);
    }

    pub(crate) fn timer_set(&self, deadline: u64) {
        // Between the two an interrupt would find a deadline that is not armed, and arm it: the same again.
        self.state.deadline.store(deadline);
        if deadline == NEVER {
            self.calls.hypercall(Hypercall::SetTimer, [HARDWARE_CLOCK as usize, 0, 0]);
        } else {
            self.arm(deadline);
        }
    }

    /// The number of the partition.
    fn number(&self) -> u32 {
        self.information.partition.load(Ordering::Relaxed)
    }

    /// The descriptor of its console.
    fn console(&self) -> usize {
        console(self.number()) as usize
    }

    pub(crate) fn console_write(&self, bytes: &[u8]) -> Result<usize, Error> {
        let arguments = [self.console(), bytes.as_ptr() as usize, bytes.len()];
        counted(self.calls.hypercall(Hypercall::WriteObject, arguments))
    }

    pub(crate) fn console_read(&self, bytes: &mut [u8]) -> Result<usize, Error> {
        let arguments = [self.console(), bytes.as_mut_ptr() as usize, bytes.len()];
        counted(self.calls.hypercall(Hypercall::ReadObject, arguments))
    }

    /// The descriptor of the segment that thread-local storage is found by, with this base. Its variables lie below the
    /// base, at offsets that wrap, so it has 4 GiB; XtratuM adds base and limit in 32 bits and accepts that, but for
    /// base 0.
    pub(crate) const fn tls_descriptor(base: u32) -> [u32; 2] {
        let [low, high] = if base == 0 { LOWER_DESCRIPTOR } else { TLS_DESCRIPTOR };
        [low | base << 16, high | base >> 16 & 0xff | base & 0xff00_0000]
    }

    /// Gives the hypervisor that descriptor, which lies at `address`.
    pub(crate) fn set_tls_descriptor(&self, address: usize) {
        let arguments = [UPDATE_GDT as usize, TLS_ENTRY as usize, address];
        self.calls.hypercall(Hypercall::UpdateSystemStructure, arguments);
    }

    pub(crate) fn halt(&self) {
        self.calls.hypercall(Hypercall::HaltPartition, [self.number() as usize, 0, 0]);
    }

    /// The window that runs: its number, its start, its end. The start is when the partition noticed it.
    pub(crate) fn window(&self) -> (u32, u64, u64) {
        loop {
            let number = self.state.windows.load(Ordering::Acquire);
            let (start, end) = (self.state.window_start.load(), self.state.window_end.load());
            if self.state.windows.load(Ordering::Acquire) == number {
                return (number, start, end);
            }
        }
    }

    pub(crate) fn status(&self, now: u64) -> PartitionStatus {
        let (windows, _, end) = self.window();
        let deadline = self.state.deadline.load();
        let reason = StartReason::from_number(self.start.reason.load(Ordering::Relaxed));
        let start = (reason.unwrap_or(StartReason::SystemStart), self.start.restarts.load(Ordering::Relaxed));
        let number = self.start.partition.load(Ordering::Relaxed);
        PartitionStatus::new(number, start, (windows, end), now, deadline)
    }
}
