//! The partition's side: what needs the kernel below.
//!
//! The pages lie at the addresses that they have under the Bulkhead kernel, in memory of the partition; the tool fills
//! in the start information. POK has one console for all, so output goes there in whole lines with the partition's
//! name.

use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_abi::{
    Error, FaultKind, Hypercall, InformationPage, NEVER, PartitionStatus, PortDescription, PortStatus,
    Received, SharedPage, StartInformation, StartReason, Word64,
};
use bulkhead_cell::Single;
use bulkhead_pok_facts::{Arguments, Call, DATA, Data, INFORMATION_PAGE, PORTS, SHARED_PAGE, added};
use bulkhead_ports::{Port, Ports};

use bulkhead_guest::host::Host;
use bulkhead_guest::host::console_lines::Lines;
use bulkhead_guest::{clock, interrupts, partition};

use crate::arch;
use crate::ports::{Calls, Channel};

/// POK.
#[derive(Debug)]
struct Pok;

bulkhead_guest::host!(Pok);

/// Used with interrupts disabled only.
static OUTPUT: Single<Lines> = Single::new(Lines::new());

/// The deadline that the timer was last given; it may have passed.
static DEADLINE: Word64 = Word64::new(NEVER);

#[inline(always)]
fn information() -> &'static InformationPage {
    // SAFETY: as `shared`; what the tool has put there never changes, and the rest is atomic.
    unsafe { &*(INFORMATION_PAGE as *const InformationPage) }
}

/// Where the program's data lie.
fn data() -> &'static Data {
    // SAFETY: the tool has put it there, and nobody changes it.
    unsafe { &*((INFORMATION_PAGE + DATA) as *const Data) }
}

/// Makes a call with numbers or ranges that the caller owns.
#[inline(always)]
fn call(number: u32, first: usize, second: usize) -> u32 {
    let arguments = Arguments { count: 2, values: [first as u32, second as u32, 0, 0, 0] };
    // SAFETY: the callers pass what they own, or plain numbers.
    unsafe { arch::call(number, &arguments) }
}

/// The kernel below.
#[derive(Debug)]
struct Kernel;

impl Calls for Kernel {
    fn call(&self, number: Call, values: [usize; 5]) -> u32 {
        let arguments = Arguments { count: 5, values: values.map(|value| value as u32) };
        // SAFETY: the binding passes ranges that are its caller's, or plain numbers.
        unsafe { arch::call(number as u32, &arguments) }
    }

    fn record(&self, port: &Port) -> *mut u8 {
        port.record as *mut u8
    }
}

/// The partition's ports, which the tool has described.
fn ports() -> Ports<'static, Channel<'static, Kernel>> {
    // SAFETY: the tool writes address and count of a table, or 0 and 0; only the atomic words of the table change.
    let table: &[Port] = unsafe {
        let [address, count] = *((INFORMATION_PAGE + PORTS) as *const [u32; 2]);
        match count {
            0 => &[],
            _ => core::slice::from_raw_parts(address as *const Port, count as usize),
        }
    };
    Ports::new(table, Channel { calls: Kernel, ports: table })
}

/// Whether there is such a port, and a message or the room for one is the partition's own.
fn check(port: u32, bytes: &[u8]) -> Result<(), Error> {
    ports().describe(port)?;
    partition::own(bytes)
}

/// Ends the partition after a fault that nobody handles: what the health monitor of the Bulkhead kernel would do.
/// Called on the fault stack.
pub(crate) extern "C" fn end_by_fault() -> ! {
    let fault = &Pok::shared().fault;
    let kind = FaultKind::from_number(fault.kind.load(Ordering::Relaxed));
    bulkhead_guest::println!(
        "stopped: {} (vector {}, error {:#x}), pc {:#010x}",
        kind.text(),
        fault.vector.load(Ordering::Relaxed),
        fault.error.load(Ordering::Relaxed),
        fault.program_counter.load(),
    );
    stop(255)
}

/// Writes what has no end yet, and ends the partition.
fn stop(status: u32) -> ! {
    end_line();
    loop {
        call(added(Hypercall::Halt), status as usize, 0);
    }
}

fn end_line() {
    interrupts::disable();
    // SAFETY: interrupts are disabled.
    let lines = unsafe { OUTPUT.borrow() };
    lines.end(write);
}

/// Writes one line in one call, so that no other partition's comes in between.
fn write(bytes: &[u8]) {
    call(Call::ConsoleWrite as u32, bytes.as_ptr() as usize, bytes.len());
}

impl Host for Pok {
    #[inline(always)]
    fn shared() -> &'static SharedPage {
        // SAFETY: the page is memory of the partition that nothing else uses, zero at the start; all its fields are
        // atomic, so that writes by the kernel are no data race.
        unsafe { &*(SHARED_PAGE as *const SharedPage) }
    }

    fn set_upcalls(interrupt_entry: usize, fault_entry: usize) {
        let fault_entry = if fault_entry == 0 { arch::unhandled_fault() } else { fault_entry };
        call(added(Hypercall::SetUpcalls), interrupt_entry, fault_entry);
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
        // A character that is 0 cannot be told from none.
        let mut count = 0;
        for place in bytes {
            let character = AtomicU32::new(0);
            if call(Call::ConsoleRead as u32, character.as_ptr() as usize, 0) != 0 {
                return Err(Error::NotPermitted);
            }
            match character.load(Ordering::Relaxed) as u8 {
                0 => break,
                byte => *place = byte,
            }
            count += 1;
        }
        Ok(count)
    }

    fn idle() {
        call(added(Hypercall::Idle), 0, 0);
    }

    fn timer_set(deadline: u64) {
        DEADLINE.store(deadline);
        call(added(Hypercall::TimerSet), deadline as u32 as usize, (deadline >> 32) as u32 as usize);
    }

    fn set_tls_base(base: usize) {
        call(added(Hypercall::SetTlsBase), base, 0);
    }

    fn halt(status: u32) -> ! {
        interrupts::disable();
        bulkhead_guest::println!("halted with status {status}");
        stop(status)
    }

    fn restart(kind: u32) -> Error {
        let reason = match kind {
            0 => StartReason::ColdRestart,
            1 => StartReason::WarmRestart,
            _ => return Error::BadArgument,
        };
        end_line();
        Self::timer_set(NEVER);
        let page = Pok::shared();
        for word in [&page.mask, &page.pending, &page.fault.busy].into_iter().chain(&page.ports) {
            word.store(0, Ordering::Relaxed);
        }
        if reason == StartReason::ColdRestart {
            ports().forget();
        }
        let start = &information().start;
        start.reason.store(reason as u32, Ordering::Relaxed);
        start.restarts.fetch_add(1, Ordering::Relaxed);
        let memory_end = start.memory_base.load() + start.memory_size.load();
        let clear_to = if reason == StartReason::ColdRestart { memory_end as u32 } else { data().end };
        // SAFETY: interrupts are disabled and every line is masked; nothing of this program goes on after that.
        unsafe { arch::bulkhead_pok_restart(clear_to) }
    }

    fn status() -> Result<PartitionStatus, Error> {
        let page = information();
        let (windows, _, end) = Self::window();
        let now = clock::now();
        let deadline = match DEADLINE.load() {
            passed if passed <= now => NEVER,
            deadline => deadline,
        };
        let start = &page.start;
        let reason = StartReason::from_number(start.reason.load(Ordering::Relaxed));
        let restarts = start.restarts.load(Ordering::Relaxed);
        Ok(PartitionStatus::new(
            start.partition.load(Ordering::Relaxed),
            (reason.unwrap_or(StartReason::SystemStart), restarts),
            (windows, end),
            now,
            deadline,
        ))
    }

    fn start_information(_address: usize) -> &'static StartInformation {
        &information().start
    }

    fn window() -> (u32, u64, u64) {
        information().window()
    }

    fn port_describe(port: u32) -> Result<PortDescription, Error> {
        ports().describe(port)
    }

    fn port_status(port: u32) -> Result<PortStatus, Error> {
        interrupts::without(|| ports().status(port, clock::now()))
    }

    fn sampling_write(port: u32, message: &[u8]) -> Result<(), Error> {
        check(port, message)?;
        interrupts::without(|| ports().sampling_write(port, message, clock::now()))
    }

    fn sampling_read(port: u32, room: &mut [u8]) -> Result<Received, Error> {
        check(port, room)?;
        interrupts::without(|| ports().sampling_read(port, room, clock::now()))
    }

    fn queuing_send(port: u32, message: &[u8], waits: bool) -> Result<(), Error> {
        check(port, message)?;
        interrupts::without(|| ports().queuing_send(port, message, waits, clock::now()))
    }

    fn queuing_receive(port: u32, room: &mut [u8]) -> Result<Received, Error> {
        check(port, room)?;
        interrupts::without(|| ports().queuing_receive(port, room))
    }

    fn queuing_clear(port: u32) -> Result<usize, Error> {
        interrupts::without(|| ports().queuing_clear(port))
    }
}
