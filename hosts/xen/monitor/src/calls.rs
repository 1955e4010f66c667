//! The calls of the partition interface, as the monitor answers them.

use core::sync::atomic::Ordering;

use bulkhead_abi::event::Record;
use bulkhead_abi::{
    Call, Error, INTERFACE_VERSION, Line, NEVER, PartitionStatus, PortDescription, PortStatus, Received,
    RegionDescription,
};
use bulkhead_kernel_core::memory::Alleged;

use super::hypercall::{self, Shutdown};
use super::memory;
use super::monitor::{Monitor, information, shared};
use super::ports::ports;
use super::trap::Frame;
use super::{console, governance, regions, report, time};

/// Bytes that one console call handles at most, so that no call lasts as long as a partition likes.
const CONSOLE_MAX: usize = 256;

/// Answers the call in a frame.
pub(super) fn call(monitor: &mut Monitor, frame: &mut Frame) {
    let arguments = [frame.ebx, frame.ecx, frame.edx, frame.esi, frame.edi];
    let answer = match Call::decode(frame.eax, arguments) {
        Err(error) => error.code(),
        Ok(Call::InterfaceVersion) => INTERFACE_VERSION as i32,
        Ok(Call::ConsoleWrite { address, length }) => {
            answer(console_write(monitor, alleged(address, length)))
        }
        Ok(Call::ConsoleRead { address, length }) => answer(console_read(monitor, alleged(address, length))),
        Ok(Call::Idle) => {
            idle(monitor);
            0
        }
        Ok(Call::TimerSet { deadline }) => {
            monitor.deadline = deadline;
            monitor.tick();
            0
        }
        Ok(Call::SetTlsBase { base }) => {
            monitor.set_tls_base(base);
            0
        }
        Ok(Call::Halt { status }) => halt(monitor, status),
        Ok(Call::Restart { reason }) => {
            governance::restart(monitor, frame, reason);
            return;
        }
        Ok(Call::Status { address }) => answer(status(monitor, address)),
        Ok(Call::SetUpcalls { interrupt_entry, fault_entry }) => {
            monitor.interrupt_entry = interrupt_entry;
            monitor.fault_entry = fault_entry;
            0
        }
        Ok(Call::PortDescribe { port, address }) => answer(port_describe(monitor, port, address)),
        Ok(Call::PortStatus { port, address }) => answer(port_status(monitor, port, address)),
        Ok(Call::SamplingWrite { port, address, length }) => {
            let put = |message: &[u8]| ports(monitor).sampling_write(port, message, time::now());
            answer(put_message(monitor, port, alleged(address, length), put))
        }
        Ok(Call::QueuingSend { port, waits, address, length }) => {
            let put = |message: &[u8]| ports(monitor).queuing_send(port, message, waits, time::now());
            answer(put_message(monitor, port, alleged(address, length), put))
        }
        Ok(Call::SamplingRead { port, address, room }) => {
            let get = |room: &mut [u8]| ports(monitor).sampling_read(port, room, time::now());
            answer(get_message(monitor, port, alleged(address, room), get))
        }
        Ok(Call::QueuingReceive { port, address, room }) => {
            let get = |room: &mut [u8]| ports(monitor).queuing_receive(port, room);
            answer(get_message(monitor, port, alleged(address, room), get))
        }
        Ok(Call::QueuingClear { port }) => {
            answer(ports(monitor).queuing_clear(port).map(|count| count as i32))
        }
        Ok(Call::RegionDescribe { region, address }) => answer(region_describe(monitor, region, address)),
        Ok(Call::Doorbell { region }) => answer(regions::ring(monitor, region).map(|()| 0)),
        Ok(Call::SetMode { mode }) => match governance::set_mode(monitor, frame, mode) {
            Some(code) => code,
            None => return,
        },
        Ok(Call::RaiseError { error, code, detail }) => {
            if !governance::raised(monitor, frame, error, code, detail) {
                return;
            }
            0
        }
        Ok(Call::PartitionControl { partition, mode }) => {
            match governance::control(monitor, frame, partition, mode) {
                Some(code) => code,
                None => return,
            }
        }
        Ok(Call::PartitionDescribe { partition, address }) => {
            answer(governance::describe(monitor, partition, address))
        }
        Ok(Call::HealthRead { partition, sequence, address }) => {
            answer(governance::read(monitor, partition, sequence, address))
        }
        // No partition has a watchdog here.
        Ok(Call::ServeWatchdog) => Error::NotPermitted.code(),
        // No partition owns a device here.
        Ok(
            Call::ResourceDescribe { .. }
            | Call::RegisterRead { .. }
            | Call::RegisterWrite { .. }
            | Call::InterruptEnable { .. },
        ) => Error::BadArgument.code(),
        // The schedule is Xen's, which tells nothing of it.
        Ok(Call::ScheduleSet { .. } | Call::ScheduleStatus { .. } | Call::ScheduleDescribe { .. }) => {
            Error::UnknownCall.code()
        }
    };
    frame.eax = answer as u32;
}

/// The partition's number in records.
pub(super) const fn number(monitor: &Monitor) -> u16 {
    monitor.configuration.number as u16
}

/// The range that the partition has named.
pub(super) fn alleged(address: u32, length: u32) -> Alleged {
    Alleged::new(address as usize, length as usize)
}

fn answer(result: Result<i32, Error>) -> i32 {
    result.unwrap_or_else(Error::code)
}

fn port_describe(monitor: &Monitor, port: u32, address: u32) -> Result<i32, Error> {
    let description = ports(monitor).describe(port)?;
    let range = monitor.region().writable(alleged(address, PortDescription::SIZE as u32))?;
    memory::write(range, &description.bytes());
    Ok(0)
}

fn port_status(monitor: &Monitor, port: u32, address: u32) -> Result<i32, Error> {
    ports(monitor).describe(port)?;
    let range = monitor.region().writable(alleged(address, PortStatus::SIZE as u32))?;
    memory::write(range, &ports(monitor).status(port, time::now())?.bytes());
    Ok(0)
}

fn region_describe(monitor: &Monitor, region: u32, address: u32) -> Result<i32, Error> {
    let description = regions::describe(monitor, region)?;
    let range = monitor.region().writable(alleged(address, RegionDescription::SIZE as u32))?;
    memory::write(range, &description.bytes());
    Ok(0)
}

/// Takes a message of the partition's, of a port that there is.
fn put_message(
    monitor: &Monitor,
    port: u32,
    alleged: Alleged,
    put: impl FnOnce(&[u8]) -> Result<(), Error>,
) -> Result<i32, Error> {
    ports(monitor).describe(port)?;
    put(memory::bytes(monitor.region().readable(alleged)?)).map(|()| 0)
}

/// Gives the partition a message, of a port that there is.
fn get_message(
    monitor: &Monitor,
    port: u32,
    alleged: Alleged,
    get: impl FnOnce(&mut [u8]) -> Result<Received, Error>,
) -> Result<i32, Error> {
    ports(monitor).describe(port)?;
    let range = monitor.region().writable(alleged)?;
    // SAFETY: the one use of the partition's memory in this visit.
    get(unsafe { memory::room(range) }).map(Received::result)
}

fn console_write(monitor: &Monitor, alleged: Alleged) -> Result<i32, Error> {
    let range = monitor.region().readable(alleged)?;
    let mut bytes = [0; CONSOLE_MAX];
    Ok(console::write(monitor, memory::read(range, &mut bytes)) as i32)
}

fn console_read(monitor: &Monitor, alleged: Alleged) -> Result<i32, Error> {
    let range = monitor.region().writable(alleged)?;
    if !monitor.configuration.input {
        return Err(Error::NotPermitted);
    }
    let mut bytes = [0; CONSOLE_MAX];
    let room = bytes.len().min(range.length());
    let count = console::read(monitor, bytes.get_mut(..room).unwrap_or_default());
    memory::write(range, bytes.get(..count).unwrap_or_default());
    Ok(count as i32)
}

/// Gives up the processor until a line that is let through is pending, or a window begins.
fn idle(monitor: &mut Monitor) {
    let windows = information().windows.load(Ordering::Relaxed);
    monitor.bells.connect();
    loop {
        monitor.collect();
        if shared().deliverable() != 0 || information().windows.load(Ordering::Relaxed) != windows {
            return;
        }
        if monitor.configuration.input && monitor.ring().has_input() {
            shared().raise(Line::Console);
            if shared().deliverable() != 0 {
                return;
            }
        }
        monitor.wait(0);
    }
}

pub(super) fn halt(monitor: &Monitor, status: u32) -> ! {
    report::tell(monitor, &Record::halted(time::now(), number(monitor), status));
    hypercall::shut_down(Shutdown::PowerOff)
}

fn status(monitor: &Monitor, address: u32) -> Result<i32, Error> {
    let range = monitor.region().writable(alleged(address, PartitionStatus::SIZE as u32))?;
    let page = information();
    let start = (monitor.reason, monitor.restarts);
    let window = (page.windows.load(Ordering::Relaxed), page.window_end.load());
    let number = monitor.configuration.number;
    let status = PartitionStatus::new(number, start, window, time::now(), monitor.deadline);
    memory::write(range, &status.bytes());
    Ok(0)
}

const _: () = assert!(NEVER == u64::MAX);
