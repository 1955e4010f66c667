//! A kernel for tests on the developer's machine: the words of the interface, a console and a clock, one set for each
//! thread, so that tests do not disturb each other.

use std::cell::{Cell, RefCell};
use std::sync::atomic::Ordering;

use bulkhead_abi::{
    Error, HealthError, HealthRecord, INTERFACE_VERSION, Line, Mode, NEVER, PartitionDescription,
    PartitionStatus, PortDescription, PortStatus, Received, RegionDescription, ResourceDescription,
    START_MAGIC, ScheduleDescription, ScheduleStatus, SharedPage, StartInformation, StartReason, Word64,
};

use super::Host;

pub mod devices;
pub mod health;
pub mod ports;

/// The simulated kernel.
#[derive(Debug)]
pub struct Kernel;

#[derive(Default)]
struct State {
    clock: Cell<u64>,
    deadline: Cell<Option<u64>>,
    depth: Cell<u32>,
    output: RefCell<Vec<u8>>,
    input: RefCell<Vec<u8>>,
    /// How many bytes one console call takes at most; 0 stands for no limit.
    room: Cell<usize>,
    tls_calls: Cell<u32>,
    upcalls: Cell<(usize, usize)>,
}

thread_local! {
    static STATE: State = State::default();
    static PAGE: &'static SharedPage = Box::leak(Box::default());
    static START: &'static StartInformation = Box::leak(Box::new(StartInformation {
        magic: START_MAGIC.into(),
        version: INTERFACE_VERSION.into(),
        partition: 0.into(),
        reason: 0.into(),
        restarts: 0.into(),
        tick_policy: 0.into(),
        memory_base: Word64::new(0x10_0000),
        memory_size: Word64::new(0x40_0000),
        information_page: Word64::new(0xf_e000),
        shared_page: Word64::new(0xf_f000),
        major_frame: Word64::new(100_000_000),
        name: padded(b"simulated"),
        command_line: padded(b"rate=50 verbose"),
        dma_offset: 0.into(),
        reserved: 0.into(),
    }));
}

/// Text padded with zeros.
fn padded<const N: usize>(text: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    bytes[..text.len()].copy_from_slice(text);
    bytes
}

/// The clock in nanoseconds.
#[must_use]
pub fn clock() -> u64 {
    STATE.with(|state| state.clock.get())
}

/// Lets time pass until `now`, in nanoseconds, and delivers what becomes due.
pub fn advance_to(now: u64) {
    STATE.with(|state| {
        state.clock.set(now);
        if state.deadline.get().is_some_and(|deadline| deadline <= now) {
            state.deadline.set(None);
            Kernel::shared().pending.fetch_or(Line::Timer.bit(), Ordering::Relaxed);
        }
    });
    upcall();
}

/// Registers the interrupt entry, as the start of a partition does.
pub fn begin() {
    use crate::arch::{Arch, Processor};
    Kernel::set_upcalls(Processor::interrupt_entry(), 0);
}

/// Makes a line pending as the kernel does, and delivers it if the partition lets it through.
pub fn raise_as_kernel(line: Line) {
    Kernel::shared().pending.fetch_or(line.bit(), Ordering::Relaxed);
    upcall();
}

/// An upcall, if one is due and the partition has registered an entry.
fn upcall() {
    use crate::arch::Arch;
    if STATE.with(|state| Kernel::shared().upcall_due() && state.upcalls.get().0 != 0) {
        crate::arch::Processor::deliver();
    }
}

/// Takes what has been written to the console.
#[must_use]
pub fn take_output() -> Vec<u8> {
    STATE.with(|state| state.output.take())
}

/// Gives the console input.
pub fn give_input(bytes: &[u8]) {
    STATE.with(|state| state.input.borrow_mut().extend_from_slice(bytes));
}

/// Lets one console call take at most so many bytes; 0 stands for no limit.
pub fn limit_room(bytes: usize) {
    STATE.with(|state| state.room.set(bytes));
}

/// How often the partition has set the base of its thread-local storage.
#[must_use]
pub fn tls_calls() -> u32 {
    STATE.with(|state| state.tls_calls.get())
}

/// What entries the partition has registered: (interrupt, fault).
#[must_use]
pub fn upcalls() -> (usize, usize) {
    STATE.with(|state| state.upcalls.get())
}

/// Changes the depth of nested dispatches and returns it.
pub(crate) fn depth(change: i32) -> u32 {
    STATE.with(|state| {
        state.depth.set(state.depth.get().wrapping_add_signed(change));
        state.depth.get()
    })
}

impl Host for Kernel {
    fn shared() -> &'static SharedPage {
        PAGE.with(|page| *page)
    }

    fn set_upcalls(interrupt_entry: usize, fault_entry: usize) {
        STATE.with(|state| state.upcalls.set((interrupt_entry, fault_entry)));
    }

    fn console_write(bytes: &[u8]) -> Result<usize, Error> {
        STATE.with(|state| {
            let room = state.room.get();
            let count = if room == 0 { bytes.len() } else { bytes.len().min(room) };
            state.output.borrow_mut().extend_from_slice(&bytes[..count]);
            Ok(count)
        })
    }

    fn console_read(bytes: &mut [u8]) -> Result<usize, Error> {
        STATE.with(|state| {
            let mut input = state.input.borrow_mut();
            let count = bytes.len().min(input.len());
            for (place, byte) in bytes.iter_mut().zip(input.drain(..count)) {
                *place = byte;
            }
            Ok(count)
        })
    }

    fn idle() {
        let deadline = STATE.with(|state| state.deadline.get());
        if let Some(deadline) = deadline {
            advance_to(deadline.max(clock()));
        }
    }

    fn timer_set(deadline: u64) {
        STATE.with(|state| state.deadline.set((deadline != crate::NEVER).then_some(deadline)));
        advance_to(clock());
    }

    fn set_tls_base(_base: usize) {
        STATE.with(|state| state.tls_calls.set(state.tls_calls.get() + 1));
    }

    fn halt(status: u32) -> ! {
        panic!("the partition has halted with status {status}");
    }

    fn restart(_kind: u32) -> Error {
        Error::NotPermitted
    }

    fn status() -> Result<PartitionStatus, Error> {
        let now = clock();
        Ok(PartitionStatus::new(0, (StartReason::SystemStart, 0), (0, 0), now, NEVER))
    }

    fn start_information(_address: usize) -> &'static StartInformation {
        START.with(|start| *start)
    }

    fn window() -> (u32, u64, u64) {
        (1, 0, 100_000_000)
    }

    fn port_describe(port: u32) -> Result<PortDescription, Error> {
        ports::describe(port)
    }

    fn port_status(port: u32) -> Result<PortStatus, Error> {
        ports::status(port)
    }

    fn sampling_write(port: u32, message: &[u8]) -> Result<(), Error> {
        ports::write(port, message)
    }

    fn sampling_read(port: u32, room: &mut [u8]) -> Result<Received, Error> {
        ports::read(port, room)
    }

    fn queuing_send(port: u32, message: &[u8], waits: bool) -> Result<(), Error> {
        ports::send(port, message, waits)
    }

    fn queuing_receive(port: u32, room: &mut [u8]) -> Result<Received, Error> {
        ports::receive(port, room)
    }

    fn queuing_clear(port: u32) -> Result<usize, Error> {
        ports::clear(port)
    }

    fn region_describe(region: u32) -> Result<RegionDescription, Error> {
        ports::describe_region(region)
    }

    fn doorbell(region: u32) -> Result<(), Error> {
        ports::ring(region)
    }

    fn resource_describe(resource: u32) -> Result<ResourceDescription, Error> {
        devices::describe(resource)
    }

    fn register_read(resource: u32, offset: u32) -> Result<u32, Error> {
        devices::read(resource, offset)
    }

    fn register_write(resource: u32, offset: u32, value: u32) -> Result<(), Error> {
        devices::write(resource, offset, value)
    }

    fn interrupt_enable(line: u32) -> Result<(), Error> {
        devices::enable(line)
    }

    fn set_mode(mode: Mode) -> Result<bool, Error> {
        health::set_mode(mode)
    }

    fn raise_error(error: HealthError, code: u32, detail: u32) -> Result<(), Error> {
        health::raise_error(error, code, detail)
    }

    fn serve_watchdog() -> Result<(), Error> {
        health::serve_watchdog()
    }

    fn partition_control(partition: u32, mode: Mode) -> Result<bool, Error> {
        health::control(partition, mode)
    }

    fn partition_describe(partition: u32) -> Result<PartitionDescription, Error> {
        health::describe(partition)
    }

    fn schedule_set(schedule: u32) -> Result<bool, Error> {
        health::set_schedule(schedule)
    }

    fn schedule_status() -> Result<ScheduleStatus, Error> {
        health::schedule_status()
    }

    fn schedule_describe(schedule: u32) -> Result<ScheduleDescription, Error> {
        health::describe_schedule(schedule)
    }

    fn health_read(partition: u32, sequence: u32) -> Result<HealthRecord, Error> {
        health::read(partition, sequence)
    }
}
