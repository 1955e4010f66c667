//! The partition's side: what needs the kernel below. The tool leaves a block where the partition's memory begins.

use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_abi::machine::sparc::SHARED_PAGE;
use bulkhead_abi::{
    Error, FaultKind, PAGE_SIZE, PartitionStatus, PortDescription, PortStatus, Received, SharedPage,
    StartInformation, StartReason,
};
use bulkhead_air_facts::{Block, HANDLERS, MEMORY, Mode, OWN, Processor, Service, Window};
use bulkhead_cell::Single;
use bulkhead_ports::Port;

use bulkhead_guest::host::Host;
use bulkhead_guest::host::console_lines::Lines;
use bulkhead_guest::{clock, interrupts, partition};

use crate::arch;
use crate::binding::{Binding, Calls, State};

/// AIR.
#[derive(Debug)]
struct Air;

bulkhead_guest::host!(Air);

/// The kinds of the traps.
pub(crate) static FAULT_KINDS: [u8; HANDLERS] = {
    let mut kinds = [0; HANDLERS];
    let mut trap = 0;
    while trap < kinds.len() {
        kinds[trap] = FaultKind::of_sparc_trap(trap as u32) as u8;
        trap += 1;
    }
    kinds
};

/// Where faults continue; 0 if the binding ends the partition.
pub(crate) static FAULT_ENTRY: AtomicU32 = AtomicU32::new(0);

/// Whether the partition has found out how it was started.
static STARTED: AtomicU32 = AtomicU32::new(0);

static STATE: State = State::new();

/// Used with interrupts disabled only.
static OUTPUT: Single<Lines> = Single::new(Lines::new());

/// The kernel below.
#[derive(Debug)]
struct Kernel;

impl Calls for Kernel {
    fn service(&self, number: Service, arguments: [usize; 5]) -> u32 {
        // SAFETY: the binding passes ranges that are its caller's, or plain numbers.
        unsafe { arch::service(number, arguments) }
    }

    fn now(&self) -> u64 {
        // Not by the trap that reads the clock, which a handler cannot make.
        arch::ticks() * self.tick_length()
    }

    fn tick_length(&self) -> u64 {
        u64::from(block().tick)
    }

    fn undivided<R>(&self, what: impl FnOnce() -> R) -> R {
        arch::processor(Processor::TrapsOff, 0);
        let result = what();
        arch::processor(Processor::TrapsOn, 0);
        result
    }

    fn record(&self, port: &Port) -> *mut u8 {
        port.record as *mut u8
    }
}

/// What the tool has left.
fn block() -> &'static Block {
    // SAFETY: the tool puts it there, aligned; what changes in it is atomic.
    unsafe { &*(MEMORY as *const Block) }
}

/// A table that the tool has left: its address and its length.
const fn table<T>([address, count]: [u32; 2]) -> &'static [T] {
    match count {
        0 => &[],
        // SAFETY: the tool writes address and count of a table that it has put there, aligned; only its atomic words
        // change.
        _ => unsafe { core::slice::from_raw_parts(address as *const T, count as usize) },
    }
}

fn this() -> Binding<'static, Kernel> {
    let block = block();
    Binding {
        calls: Kernel,
        start: &block.start,
        page: Air::shared(),
        windows: table::<Window>(block.windows),
        ports: table::<Port>(block.ports),
        state: &STATE,
    }
}

/// Turns what has happened into lines. The handler of a tick calls it, on its own stack.
pub(crate) extern "C" fn note_tick() {
    this().note();
}

/// Ends the partition after a fault that nobody handles: what the health monitor of the Bulkhead kernel would do. The
/// handler of faults calls it, on the fault stack.
pub(crate) extern "C" fn end_by_fault() -> ! {
    let fault = &Air::shared().fault;
    let kind = FaultKind::from_number(fault.kind.load(Ordering::Relaxed));
    bulkhead_guest::println!(
        "stopped: {} (trap {:#04x}), pc {:#010x}",
        kind.text(),
        fault.vector.load(Ordering::Relaxed),
        fault.program_counter.low.load(Ordering::Relaxed),
    );
    stop()
}

/// Sets the partition's mode; what ends or restarts it does not return.
fn set_mode(mode: Mode) {
    Kernel.service(Service::SetMode, [OWN as usize, mode as usize, 0, 0, 0]);
}

/// Ends what is written and the partition.
fn stop() -> ! {
    end_line();
    loop {
        set_mode(Mode::Idle);
    }
}

fn end_line() {
    interrupts::disable();
    // SAFETY: interrupts are disabled.
    let lines = unsafe { OUTPUT.borrow() };
    lines.end(write);
}

/// Writes one line in one call.
fn write(bytes: &[u8]) {
    this().console_write(bytes);
}

/// Once at each start, before anything else: the words of the interface are zero, and after a cold start so is the
/// memory behind the image, which AIR leaves as it was.
fn begin() {
    if STARTED.swap(1, Ordering::Relaxed) != 0 {
        return;
    }
    // SAFETY: the page is the partition's own, and no upcall comes yet.
    unsafe { core::ptr::write_bytes(SHARED_PAGE as *mut u8, 0, PAGE_SIZE) };
    let block = block();
    if this().find_start() != StartReason::WarmRestart {
        let end = (block.start.memory_base.load() + block.start.memory_size.load()) as usize;
        let from = block.image_end as usize;
        // SAFETY: this is memory of the partition behind its image, which nothing uses before `start`.
        unsafe { core::ptr::write_bytes(from as *mut u8, 0, end - from) };
    }
}

/// Whether there is such a port, and a message or the room for one is the partition's own.
fn check(port: u32, bytes: &[u8]) -> Result<(), Error> {
    this().ports().describe(port)?;
    partition::own(bytes)
}

/// Asks for something about ports, which are divisible services.
fn with_ports<R>(what: impl FnOnce(&Binding<'static, Kernel>) -> R) -> R {
    interrupts::without(|| {
        let this = this();
        let result = what(&this);
        this.look();
        result
    })
}

impl Host for Air {
    #[inline(always)]
    fn shared() -> &'static SharedPage {
        // SAFETY: the configuration has an area of the partition's own at this fixed address; all its fields are
        // atomic.
        unsafe { &*(SHARED_PAGE as *const SharedPage) }
    }

    fn set_upcalls(_interrupt_entry: usize, fault_entry: usize) {
        // The handlers know the interrupt entry by its symbol. The first call is where a partition begins. Going on
        // at an address between instructions would stop the kernel; such an entry is none.
        let entry = if fault_entry.is_multiple_of(4) { fault_entry } else { 0 };
        FAULT_ENTRY.store(entry as u32, Ordering::Relaxed);
        if STARTED.swap(2, Ordering::Relaxed) < 2 {
            arch::set_handlers();
            this().prepare();
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

    fn console_read(_bytes: &mut [u8]) -> Result<usize, Error> {
        Err(Error::NotPermitted)
    }

    fn idle() {
        interrupts::without(|| this().idle());
    }

    fn timer_set(deadline: u64) {
        interrupts::without(|| this().timer_set(deadline));
    }

    fn set_tls_base(base: usize) {
        arch::set_tls_base(base);
    }

    fn halt(status: u32) -> ! {
        interrupts::disable();
        bulkhead_guest::println!("halted with status {status}");
        stop()
    }

    fn restart(kind: u32) -> Error {
        if kind > 1 {
            return Error::BadArgument;
        }
        end_line();
        if kind == 1 {
            // From the mode of a cold start AIR takes no warm one.
            set_mode(Mode::Normal);
        }
        set_mode(if kind == 1 { Mode::WarmStart } else { Mode::ColdStart });
        Error::NotAvailable
    }

    fn status() -> Result<PartitionStatus, Error> {
        Ok(this().status())
    }

    fn start_information(_address: usize) -> &'static StartInformation {
        begin();
        &block().start
    }

    fn window() -> (u32, u64, u64) {
        this().window()
    }

    fn port_describe(port: u32) -> Result<PortDescription, Error> {
        this().ports().describe(port)
    }

    fn port_status(port: u32) -> Result<PortStatus, Error> {
        with_ports(|this| this.ports().status(port, clock::now()))
    }

    fn sampling_write(port: u32, message: &[u8]) -> Result<(), Error> {
        check(port, message)?;
        with_ports(|this| this.ports().sampling_write(port, message, clock::now()))
    }

    fn sampling_read(port: u32, room: &mut [u8]) -> Result<Received, Error> {
        check(port, room)?;
        with_ports(|this| this.ports().sampling_read(port, room, clock::now()))
    }

    fn queuing_send(port: u32, message: &[u8], waits: bool) -> Result<(), Error> {
        check(port, message)?;
        with_ports(|this| this.ports().queuing_send(port, message, waits, clock::now()))
    }

    fn queuing_receive(port: u32, room: &mut [u8]) -> Result<Received, Error> {
        check(port, room)?;
        with_ports(|this| this.ports().queuing_receive(port, room))
    }

    fn queuing_clear(port: u32) -> Result<usize, Error> {
        with_ports(|this| this.ports().queuing_clear(port))
    }
}
