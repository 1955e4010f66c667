//! The binding to a kernel that speaks the partition interface as it stands: nothing to translate. Ours does, and so
//! does the monitor of the binding to Xen. The clock is the kernel's own.

#![cfg(target_os = "none")]
#![no_std]
#![cfg_attr(target_arch = "sparc", feature(asm_experimental_arch))]
#![allow(unsafe_code, reason = "calls of the kernel, and the pages that it shares")]

use bulkhead_abi::port::SEND_WAITS;
use bulkhead_abi::{
    Error, HealthError, HealthRecord, Hypercall, InformationPage, Mode, PartitionDescription,
    PartitionStatus, PortDescription, PortStatus, Received, RegionDescription, ResourceDescription,
    ScheduleDescription, ScheduleStatus, SharedPage, StartInformation,
};
use bulkhead_guest::host::Host;

#[cfg(target_arch = "x86")]
#[path = "arch/i386.rs"]
mod processor;
#[cfg(target_arch = "sparc")]
#[path = "arch/sparc.rs"]
mod processor;

/// A kernel that speaks the partition interface.
#[derive(Debug)]
pub struct Interface;

bulkhead_guest::host!(Interface);

/// The page that the kernel writes and the partition reads.
#[inline(always)]
fn information() -> &'static InformationPage {
    // SAFETY: the kernel maps the page at this fixed address for as long as the partition runs; fields that
    // change are atomic.
    unsafe { &*(processor::INFORMATION_PAGE as *const InformationPage) }
}

/// Makes a call; what the kernel answered.
#[inline(always)]
fn call(call: Hypercall, first: usize, second: usize) -> i32 {
    // SAFETY: the callers pass what the call's description asks for: ranges that they own, or plain numbers.
    unsafe { processor::hypercall(call as u32, [first as u32, second as u32]) }
}

/// Makes a call with three arguments; what the kernel answered.
#[inline(always)]
fn long_call(call: Hypercall, first: u32, second: usize, third: usize) -> i32 {
    // SAFETY: as for `call`.
    unsafe { processor::long_hypercall(call as u32, [first, second as u32, third as u32]) }
}

/// A call's answer as a count or an error.
fn counted(answer: i32) -> Result<usize, Error> {
    match usize::try_from(answer) {
        Ok(count) => Ok(count),
        Err(_) => Err(Error::from_code(answer).unwrap_or(Error::UnknownCall)),
    }
}

/// A call's answer as a message that has come, or an error.
fn received(answer: i32) -> Result<Received, Error> {
    counted(answer).map(|_| Received::from_result(answer))
}

/// A call's answer as whether there was something to do: 1 says that there was nothing.
fn changed(answer: i32) -> Result<bool, Error> {
    counted(answer).map(|answer| answer == 0)
}

impl Host for Interface {
    #[inline(always)]
    fn shared() -> &'static SharedPage {
        // SAFETY: the kernel maps the page at this fixed address for as long as the partition runs; all its fields
        // are atomic, so that writes by the kernel are no data race.
        unsafe { &*(processor::SHARED_PAGE as *const SharedPage) }
    }

    fn set_upcalls(interrupt_entry: usize, fault_entry: usize) {
        call(Hypercall::SetUpcalls, interrupt_entry, fault_entry);
    }

    fn console_write(bytes: &[u8]) -> Result<usize, Error> {
        counted(call(Hypercall::ConsoleWrite, bytes.as_ptr() as usize, bytes.len()))
    }

    fn console_read(bytes: &mut [u8]) -> Result<usize, Error> {
        counted(call(Hypercall::ConsoleRead, bytes.as_mut_ptr() as usize, bytes.len()))
    }

    fn idle() {
        call(Hypercall::Idle, 0, 0);
    }

    fn timer_set(deadline: u64) {
        call(Hypercall::TimerSet, deadline as u32 as usize, (deadline >> 32) as u32 as usize);
    }

    fn set_tls_base(base: usize) {
        processor::set_tls_base(base);
    }

    fn halt(status: u32) -> ! {
        loop {
            call(Hypercall::Halt, status as usize, 0);
        }
    }

    fn restart(kind: u32) -> Error {
        let answer = call(Hypercall::Restart, kind as usize, 0);
        Error::from_code(answer).unwrap_or(Error::UnknownCall)
    }

    fn status() -> Result<PartitionStatus, Error> {
        let mut status = PartitionStatus::default();
        counted(call(Hypercall::Status, &raw mut status as usize, 0))?;
        Ok(status)
    }

    fn start_information(_address: usize) -> &'static StartInformation {
        &information().start
    }

    fn window() -> (u32, u64, u64) {
        information().window()
    }

    fn port_describe(port: u32) -> Result<PortDescription, Error> {
        let mut description = PortDescription::default();
        counted(call(Hypercall::PortDescribe, port as usize, &raw mut description as usize))?;
        Ok(description)
    }

    fn port_status(port: u32) -> Result<PortStatus, Error> {
        let mut status = PortStatus::default();
        counted(call(Hypercall::PortStatus, port as usize, &raw mut status as usize))?;
        Ok(status)
    }

    fn sampling_write(port: u32, message: &[u8]) -> Result<(), Error> {
        counted(long_call(Hypercall::SamplingWrite, port, message.as_ptr() as usize, message.len())).map(drop)
    }

    fn sampling_read(port: u32, room: &mut [u8]) -> Result<Received, Error> {
        received(long_call(Hypercall::SamplingRead, port, room.as_mut_ptr() as usize, room.len()))
    }

    fn queuing_send(port: u32, message: &[u8], waits: bool) -> Result<(), Error> {
        let port = if waits { port | SEND_WAITS } else { port };
        counted(long_call(Hypercall::QueuingSend, port, message.as_ptr() as usize, message.len())).map(drop)
    }

    fn queuing_receive(port: u32, room: &mut [u8]) -> Result<Received, Error> {
        received(long_call(Hypercall::QueuingReceive, port, room.as_mut_ptr() as usize, room.len()))
    }

    fn queuing_clear(port: u32) -> Result<usize, Error> {
        counted(call(Hypercall::QueuingClear, port as usize, 0))
    }

    fn region_describe(region: u32) -> Result<RegionDescription, Error> {
        let mut description = RegionDescription::default();
        counted(call(Hypercall::RegionDescribe, region as usize, &raw mut description as usize))?;
        Ok(description)
    }

    fn doorbell(region: u32) -> Result<(), Error> {
        counted(call(Hypercall::Doorbell, region as usize, 0)).map(drop)
    }

    fn resource_describe(resource: u32) -> Result<ResourceDescription, Error> {
        let mut description = ResourceDescription::default();
        counted(call(Hypercall::ResourceDescribe, resource as usize, &raw mut description as usize))?;
        Ok(description)
    }

    fn register_read(resource: u32, offset: u32) -> Result<u32, Error> {
        let mut value = 0;
        let address = &raw mut value as usize;
        counted(long_call(Hypercall::RegisterRead, resource, offset as usize, address))?;
        Ok(value)
    }

    fn register_write(resource: u32, offset: u32, value: u32) -> Result<(), Error> {
        let answer = long_call(Hypercall::RegisterWrite, resource, offset as usize, value as usize);
        counted(answer).map(drop)
    }

    fn interrupt_enable(line: u32) -> Result<(), Error> {
        counted(call(Hypercall::InterruptEnable, line as usize, 0)).map(drop)
    }

    fn set_mode(mode: Mode) -> Result<bool, Error> {
        changed(call(Hypercall::SetMode, mode as usize, 0))
    }

    fn raise_error(error: HealthError, code: u32, detail: u32) -> Result<(), Error> {
        let answer = long_call(Hypercall::RaiseError, error as u32, code as usize, detail as usize);
        counted(answer).map(drop)
    }

    fn serve_watchdog() -> Result<(), Error> {
        counted(call(Hypercall::ServeWatchdog, 0, 0)).map(drop)
    }

    fn partition_control(partition: u32, mode: Mode) -> Result<bool, Error> {
        changed(call(Hypercall::PartitionControl, partition as usize, mode as usize))
    }

    fn partition_describe(partition: u32) -> Result<PartitionDescription, Error> {
        let mut description = PartitionDescription::default();
        let address = &raw mut description as usize;
        counted(call(Hypercall::PartitionDescribe, partition as usize, address))?;
        Ok(description)
    }

    fn schedule_set(schedule: u32) -> Result<bool, Error> {
        changed(call(Hypercall::ScheduleSet, schedule as usize, 0))
    }

    fn schedule_status() -> Result<ScheduleStatus, Error> {
        let mut status = ScheduleStatus::default();
        counted(call(Hypercall::ScheduleStatus, &raw mut status as usize, 0))?;
        Ok(status)
    }

    fn schedule_describe(schedule: u32) -> Result<ScheduleDescription, Error> {
        let mut description = ScheduleDescription::default();
        counted(call(Hypercall::ScheduleDescribe, schedule as usize, &raw mut description as usize))?;
        Ok(description)
    }

    fn health_read(partition: u32, sequence: u32) -> Result<HealthRecord, Error> {
        let mut record = HealthRecord::default();
        let address = &raw mut record as usize;
        counted(long_call(Hypercall::HealthRead, partition, sequence as usize, address))?;
        Ok(record)
    }

    fn raw_call(number: u32, arguments: [u32; 3]) -> i32 {
        // SAFETY: what a test asks for happens to the test's own partition only.
        unsafe { processor::long_hypercall(number, arguments) }
    }
}
