//! The calls of the partition interface, as the monitor answers them.

use core::sync::atomic::Ordering;

use bulkhead_abi::event::Record;
use bulkhead_abi::{Call, Error, INTERFACE_VERSION, Line, NEVER, PartitionStatus};

use super::hypercall::{self, Shutdown};
use super::layout;
use super::monitor::{Monitor, information, shared};
use super::trap::Frame;
use super::{console, report, start, time};

/// Bytes that one console call handles at most, so that no call lasts as long as a partition likes.
const CONSOLE_MAX: u32 = 256;

/// Answers the call in a frame.
pub(super) fn call(monitor: &mut Monitor, frame: &mut Frame) {
    let arguments = [frame.ebx, frame.ecx, frame.edx, frame.esi, frame.edi];
    let answer = match Call::decode(frame.eax, arguments) {
        Err(error) => error.code(),
        Ok(Call::InterfaceVersion) => INTERFACE_VERSION as i32,
        Ok(Call::ConsoleWrite { address, length }) => answer(console_write(monitor, address, length)),
        Ok(Call::ConsoleRead { address, length }) => answer(console_read(monitor, address, length)),
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
            let restarts = monitor.restarts.saturating_add(1);
            report::tell(monitor, &Record::restarted(time::now(), number(monitor), restarts, reason));
            *frame = start::again(monitor, reason);
            return;
        }
        Ok(Call::Status { address }) => answer(status(monitor, address)),
        Ok(Call::SetUpcalls { interrupt_entry, fault_entry }) => {
            monitor.interrupt_entry = interrupt_entry;
            monitor.fault_entry = fault_entry;
            0
        }
    };
    frame.eax = answer as u32;
}

/// The partition's number in records.
pub(super) const fn number(monitor: &Monitor) -> u16 {
    monitor.configuration.number as u16
}

fn answer(result: Result<i32, Error>) -> i32 {
    result.unwrap_or_else(Error::code)
}

/// Checks that a range lies between two addresses, and gives at most so many bytes of its beginning.
fn range(address: u32, length: u32, begin: u32, end: u32, most: u32) -> Result<(u32, u32), Error> {
    match address.checked_add(length) {
        Some(last) if address >= begin && last <= end => Ok((address, length.min(most))),
        _ => Err(Error::BadAddress),
    }
}

impl Monitor {
    fn readable(&self, address: u32, length: u32, most: u32) -> Result<&'static [u8], Error> {
        let end = layout::MEMORY + self.configuration.memory;
        let (address, length) = range(address, length, layout::MEMORY, end, most)?;
        // SAFETY: memory of the partition, which does not run meanwhile, and mapped; any byte is a `u8`.
        Ok(unsafe { core::slice::from_raw_parts(address as *const u8, length as usize) })
    }

    fn writable(&self, address: u32, length: u32, most: u32) -> Result<&'static mut [u8], Error> {
        let end = layout::MEMORY + self.configuration.memory;
        let (address, length) = range(address, length, self.configuration.constants_end, end, most)?;
        // SAFETY: memory of the partition that may be written, and that nobody looks at while the monitor runs.
        Ok(unsafe { core::slice::from_raw_parts_mut(address as *mut u8, length as usize) })
    }
}

fn console_write(monitor: &Monitor, address: u32, length: u32) -> Result<i32, Error> {
    let bytes = monitor.readable(address, length, CONSOLE_MAX)?;
    Ok(console::write(monitor, bytes) as i32)
}

fn console_read(monitor: &Monitor, address: u32, length: u32) -> Result<i32, Error> {
    let bytes = monitor.writable(address, length, CONSOLE_MAX)?;
    if !monitor.configuration.input {
        return Err(Error::NotPermitted);
    }
    Ok(console::read(monitor, bytes) as i32)
}

/// Gives up the processor until a line that is let through is pending, or a window begins.
fn idle(monitor: &mut Monitor) {
    let windows = information().windows.load(Ordering::Relaxed);
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
        hypercall::poll(&monitor.ports, 0);
    }
}

fn halt(monitor: &Monitor, status: u32) -> ! {
    report::tell(monitor, &Record::halted(time::now(), number(monitor), status));
    hypercall::shut_down(Shutdown::PowerOff)
}

fn status(monitor: &Monitor, address: u32) -> Result<i32, Error> {
    let to = monitor.writable(address, PartitionStatus::SIZE as u32, u32::MAX)?;
    let page = information();
    let start = (monitor.reason, monitor.restarts);
    let window = (page.windows.load(Ordering::Relaxed), page.window_end.load());
    let number = monitor.configuration.number;
    to.copy_from_slice(&PartitionStatus::new(number, start, window, time::now(), monitor.deadline).bytes());
    Ok(0)
}

const _: () = assert!(NEVER == u64::MAX);
