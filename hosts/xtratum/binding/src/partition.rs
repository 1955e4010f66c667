//! The partition's side: what needs the hypervisor below. The tool puts a block with headers, start information and the
//! hypervisor's tables below the image; `bulkhead_host_block` is its address.

use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_abi::{
    ClockParameters, Error, FaultKind, PartitionStatus, PortDescription, PortStatus, Received, SharedPage,
    StartInformation,
};
use bulkhead_cell::Single;
use bulkhead_ports::Port;
use bulkhead_xtratum_facts::{ControlTable, Hypercall, InformationTable, block};

use bulkhead_guest::host::Host;
use bulkhead_guest::host::console_lines::Lines;
use bulkhead_guest::{clock, interrupts, partition};

use crate::arch as i386;
use crate::binding::{Binding, Calls, State};

// The clock.
use bulkhead_counter as _;

/// XtratuM.
#[derive(Debug)]
struct Xtratum;

bulkhead_guest::host!(Xtratum);

unsafe extern "C" {
    static bulkhead_host_shared_page: SharedPage;
    static bulkhead_host_clock: ClockParameters;
    static bulkhead_host_block: u8;
}

/// The kinds of the exceptions.
pub(crate) static FAULT_KINDS: [u8; i386::EXCEPTIONS] = {
    let mut kinds = [FaultKind::Other as u8; i386::EXCEPTIONS];
    let mut vector = 0;
    while vector < kinds.len() {
        kinds[vector] = FaultKind::of_x86_vector(vector as u32) as u8;
        vector += 1;
    }
    kinds
};

/// Where faults continue; 0 if the binding ends the partition.
pub(crate) static FAULT_ENTRY: AtomicU32 = AtomicU32::new(0);

static STATE: State = State::new();

static INTERRUPT_TABLE: i386::InterruptTable = i386::InterruptTable::new();

/// Used with interrupts disabled only.
static OUTPUT: Single<Lines> = Single::new(Lines::new());

/// The descriptor that the hypervisor reads when the segment of thread-local storage changes.
static TLS_DESCRIPTOR: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

/// The hypervisor below.
#[derive(Debug)]
struct Gate;

impl Calls for Gate {
    fn hypercall(&self, number: Hypercall, arguments: [usize; 3]) -> i32 {
        // SAFETY: the binding passes ranges that are its caller's, or plain numbers.
        unsafe { i386::hypercall(number, arguments) }
    }

    fn record(&self, port: &Port) -> *mut u8 {
        port.record as *mut u8
    }
}

/// Something in the block below the image.
const fn in_block<T>(offset: u32) -> *const T {
    (&raw const bulkhead_host_block).wrapping_add(offset as usize).cast()
}

fn this() -> Binding<'static, Gate> {
    // SAFETY: the tool puts these there, aligned and never moved; what the hypervisor changes is atomic.
    unsafe {
        Binding {
            calls: Gate,
            control: &*in_block::<ControlTable>(block::CONTROL_TABLE),
            information: &*in_block::<InformationTable>(block::INFORMATION_TABLE),
            start: &*in_block::<StartInformation>(block::START_INFORMATION),
            page: Xtratum::shared(),
            ports: ports(),
            state: &STATE,
        }
    }
}

/// The ports that the tool has described.
fn ports() -> &'static [Port] {
    // SAFETY: the tool writes address and count of a table, or 0 and 0; only the atomic words of the table change.
    unsafe {
        let [address, count] = *in_block::<[u32; 2]>(block::PORTS);
        match count {
            0 => &[],
            _ => core::slice::from_raw_parts(address as *const Port, count as usize),
        }
    }
}

/// Whether there is such a port, and a message or the room for one is the partition's own.
fn check(port: u32, bytes: &[u8]) -> Result<(), Error> {
    this().ports().describe(port)?;
    partition::own(bytes)
}

/// Turns the interrupts that have come into lines. The stub in `interrupts.S` calls it, XtratuM's interrupts disabled.
pub(crate) extern "C" fn note_interrupts() {
    this().note(clock::now());
}

/// Ends the partition after a fault that nobody handles: what the health monitor of the Bulkhead kernel would do. The
/// stub calls it, on the fault stack.
pub(crate) extern "C" fn end_by_fault() -> ! {
    let fault = &Xtratum::shared().fault;
    let kind = FaultKind::from_number(fault.kind.load(Ordering::Relaxed));
    bulkhead_guest::println!(
        "stopped: {} (vector {}, error {:#x}) at {:#010x}, pc {:#010x}",
        kind.text(),
        fault.vector.load(Ordering::Relaxed),
        fault.error.load(Ordering::Relaxed),
        fault.address.load(),
        fault.program_counter.load(),
    );
    stop()
}

/// Ends what is written and the partition.
fn stop() -> ! {
    interrupts::disable();
    // SAFETY: interrupts are disabled.
    let lines = unsafe { OUTPUT.borrow() };
    lines.end(write);
    loop {
        this().halt();
    }
}

/// Writes one line; what the console refuses is lost.
fn write(mut bytes: &[u8]) {
    while let Ok(taken @ 1..) = this().console_write(bytes) {
        bytes = bytes.get(taken..).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
    }
}

impl Xtratum {
    /// The clock's parameters from the counter's frequency in kHz: nanoseconds are cycles * 10^6 / kHz.
    fn set_clock(frequency: u32) {
        let frequency = u64::from(frequency).max(1);
        // The largest shift whose multiplier fits 32 bits has at least its bit 31 set.
        let shift = (0..44).rev().find(|shift| (1_000_000_u64 << shift) / frequency <= u64::from(u32::MAX));
        let shift = shift.unwrap_or(0);
        // SAFETY: defined in `words.S`, with room for the parameters; all its fields are atomic. The origin stays 0,
        // for XtratuM's hardware clock is the counter itself.
        let clock = unsafe { &bulkhead_host_clock };
        clock.multiplier.store(((1_000_000_u64 << shift) / frequency) as u32, Ordering::Relaxed);
        clock.shift.store(shift, Ordering::Relaxed);
        clock.frequency.store(frequency * 1000);
    }
}

impl Host for Xtratum {
    #[inline(always)]
    fn shared() -> &'static SharedPage {
        // SAFETY: defined in `words.S`, zero at the start, with room for the page; all its fields are atomic.
        unsafe { &bulkhead_host_shared_page }
    }

    fn set_upcalls(_interrupt_entry: usize, fault_entry: usize) {
        // The stub knows the interrupt entry by its symbol. The first call is where a partition begins.
        FAULT_ENTRY.store(fault_entry as u32, Ordering::Relaxed);
        let this = this();
        if this.control.interrupt_table.load(Ordering::Relaxed) == 0 {
            Self::set_clock(this.information.frequency.load(Ordering::Relaxed));
            let (table, limit) = INTERRUPT_TABLE.fill();
            this.prepare(table, limit, i386::EXCEPTIONS as u16);
            // The interface has the segment from the start on.
            Self::set_tls_base(0);
            this.control.flags.store(1, Ordering::Relaxed);
        }
    }

    fn console_write(bytes: &[u8]) -> Result<usize, Error> {
        partition::own(bytes)?;
        interrupts::without(|| {
            // SAFETY: interrupts are disabled.
            let lines = unsafe { OUTPUT.borrow() };
            lines.put(bytes, partition::name(), write);
        });
        Ok(bytes.len())
    }

    fn console_read(bytes: &mut [u8]) -> Result<usize, Error> {
        // A console without input, which is every one of XtratuM's own, is somebody else's.
        this().console_read(bytes).map_err(|_| Error::NotPermitted)
    }

    fn idle() {
        // XtratuM's own idling gives the rest of the slot away, and no timer of the partition fires in it. A `pause`
        // would help nobody here, on one processor, and slows QEMU's software emulation down by far.
        let this = this();
        let events = this.events();
        while Self::due() == 0 && this.events() == events {}
    }

    fn timer_set(deadline: u64) {
        this().timer_set(deadline);
    }

    fn set_tls_base(base: usize) {
        let words = Binding::<Gate>::tls_descriptor(base as u32);
        for (place, word) in TLS_DESCRIPTOR.iter().zip(words) {
            place.store(word, Ordering::Relaxed);
        }
        this().set_tls_descriptor(TLS_DESCRIPTOR.as_ptr() as usize);
        i386::bulkhead_xtratum_load_tls_segment();
    }

    fn halt(status: u32) -> ! {
        bulkhead_guest::println!("halted with status {status}");
        stop()
    }

    fn restart(_kind: u32) -> Error {
        // XtratuM starts a partition again without loading its image, so its data would be what they have become.
        Error::NotPermitted
    }

    fn status() -> Result<PartitionStatus, Error> {
        Ok(this().status(clock::now()))
    }

    fn start_information(_address: usize) -> &'static StartInformation {
        this().start
    }

    fn window() -> (u32, u64, u64) {
        this().window()
    }

    fn port_describe(port: u32) -> Result<PortDescription, Error> {
        this().ports().describe(port)
    }

    fn port_status(port: u32) -> Result<PortStatus, Error> {
        interrupts::without(|| this().ports().status(port, clock::now()))
    }

    fn sampling_write(port: u32, message: &[u8]) -> Result<(), Error> {
        check(port, message)?;
        interrupts::without(|| this().ports().sampling_write(port, message, clock::now()))
    }

    fn sampling_read(port: u32, room: &mut [u8]) -> Result<Received, Error> {
        check(port, room)?;
        interrupts::without(|| this().ports().sampling_read(port, room, clock::now()))
    }

    fn queuing_send(port: u32, message: &[u8], waits: bool) -> Result<(), Error> {
        check(port, message)?;
        interrupts::without(|| this().ports().queuing_send(port, message, waits, clock::now()))
    }

    fn queuing_receive(port: u32, room: &mut [u8]) -> Result<Received, Error> {
        check(port, room)?;
        interrupts::without(|| this().ports().queuing_receive(port, room))
    }

    fn queuing_clear(port: u32) -> Result<usize, Error> {
        interrupts::without(|| this().ports().queuing_clear(port))
    }
}
