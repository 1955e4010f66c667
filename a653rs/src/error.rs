//! Errors: messages to the log, the error handler, and what becomes of errors without one.

use a653rs::bindings::{
    ApexByte, ApexErrorP1, ApexErrorP4, ApexName, ApexPartitionP4, ApexProcessAttribute,
    CORE_AFFINITY_NO_PREFERENCE, Deadline, ErrorCode, ErrorHandlerConcurrencyControl, ErrorReturnCode,
    ErrorStatus, INFINITE_TIME_VALUE, MAX_ERROR_MESSAGE_SIZE, OperatingMode, ProcessId, ProcessorCoreId,
    StackSize, SystemAddress,
};
use bulkhead_apex::error::beginning;
use bulkhead_guest::partition::before_zero;
use bulkhead_guest::{HealthError, console, health, interrupts, one, partition, println};

use crate::processes::{HANDLER, STACK_MIN};
use crate::{Hypervisor, executive};

/// What a partition halts with after an error that nobody handles. A panic has 255.
const STATUS: u32 = 254;

/// How many errors can wait for the error handler; more are lost.
const WAITING_MAX: usize = 8;

one! {
    /// The errors that wait for the error handler, the oldest first. Used with interrupts disabled.
    static WAITING: [Option<ErrorStatus>; WAITING_MAX] = [const { None }; WAITING_MAX];
}

fn with<T>(work: impl FnOnce(&mut [Option<ErrorStatus>; WAITING_MAX]) -> T) -> T {
    // SAFETY: interrupts are disabled, and the closures of this file do not nest.
    interrupts::without(|| work(unsafe { &mut *WAITING.address() }))
}

/// Keeps an error for the error handler.
fn keep(code: ErrorCode, process: ProcessId, address: SystemAddress, text: &[u8]) {
    let length = text.len().min(MAX_ERROR_MESSAGE_SIZE);
    let mut message = [0; MAX_ERROR_MESSAGE_SIZE];
    message[..length].copy_from_slice(&text[..length]);
    with(|waiting| {
        if let Some(place) = waiting.iter_mut().find(|place| place.is_none()) {
            *place = Some(ErrorStatus {
                failed_address: address,
                failed_process_id: process,
                error_code: code,
                length: crate::narrow(length),
                message,
            });
        }
    });
}

/// Writes a line to the console: what it begins with, and a message as it is.
fn say(beginning: &str, message: &[u8]) {
    bulkhead_guest::print!("{beginning}");
    // A console that refuses leaves nobody to tell.
    let _ = console::write(message);
    println!();
}

/// A process has missed its deadline: the error handler is told if there is one. Without one, a hard deadline ends the
/// partition, and a soft one is a line on the console.
pub(crate) fn deadline_missed(
    process: ProcessId,
    attributes: &ApexProcessAttribute,
    kind: Deadline,
    handled: bool,
) {
    if handled {
        keep(ErrorCode::DeadlineMissed, process, attributes.entry_point, before_zero(&attributes.name));
        return;
    }
    say("deadline missed: ", before_zero(&attributes.name));
    if kind == Deadline::Hard {
        end(HealthError::DeadlineMissed, process as u32, before_zero(&attributes.name));
    }
}

/// The health monitor has an error. With a response that lets the partition go on, or on a kernel without one, this is
/// its end. The health monitor is told a number, and the first four bytes of a text.
fn end(error: HealthError, number: u32, text: &[u8]) -> ! {
    // A kernel without a health monitor of this kind has the line on the console.
    let _ = health::raise(error, number, beginning(text));
    partition::halt(STATUS)
}

/// A process has written beyond its stack: nothing that is left can be trusted to handle it.
pub(crate) fn stack_overflow(name: &ApexName) -> ! {
    say("stack overflow: ", before_zero(name));
    end(HealthError::StackOverflow, 0, before_zero(name))
}

impl ApexErrorP4 for Hypervisor {
    /// The log is the console.
    fn report_application_message(message: &[ApexByte]) -> Result<(), ErrorReturnCode> {
        if message.len() > MAX_ERROR_MESSAGE_SIZE {
            return Err(ErrorReturnCode::InvalidParam);
        }
        say("", message);
        Ok(())
    }

    /// Without an error handler, from it or before `NORMAL`, the error is the partition's, which ends if the health
    /// monitor lets it go on.
    fn raise_application_error(error_code: ErrorCode, message: &[ApexByte]) -> Result<(), ErrorReturnCode> {
        if message.len() > MAX_ERROR_MESSAGE_SIZE || error_code != ErrorCode::ApplicationError {
            return Err(ErrorReturnCode::InvalidParam);
        }
        let caller = executive::processes(|processes| {
            let index = processes.current().filter(|index| *index != HANDLER)?;
            let address = processes.attributes(index)?.entry_point;
            processes.has_handler().then_some((executive::id(index), address))
        });
        let Some((process, address)) = caller else {
            say("application error: ", message);
            end(HealthError::Application, error_code as u32, message);
        };
        keep(error_code, process, address, message);
        executive::call_handler();
        Ok(())
    }
}

impl ApexErrorP1 for Hypervisor {
    fn create_error_handler(
        entry_point: SystemAddress,
        stack_size: StackSize,
    ) -> Result<(), ErrorReturnCode> {
        if executive::processes(|processes| processes.has_handler()) {
            return Err(ErrorReturnCode::NoAction);
        }
        if !(STACK_MIN..=crate::stacks::room()).contains(&stack_size) {
            return Err(ErrorReturnCode::InvalidConfig);
        }
        if Self::get_partition_status().operating_mode == OperatingMode::Normal {
            return Err(ErrorReturnCode::InvalidMode);
        }
        let mut name = ApexName::default();
        let words = b"error handler";
        name[..words.len()].copy_from_slice(words);
        let created = executive::create_handler(ApexProcessAttribute {
            period: INFINITE_TIME_VALUE,
            time_capacity: INFINITE_TIME_VALUE,
            entry_point,
            stack_size,
            // Before every process.
            base_priority: i32::MAX,
            deadline: Deadline::Soft,
            name,
        });
        if created { Ok(()) } else { Err(ErrorReturnCode::InvalidConfig) }
    }

    fn get_error_status() -> Result<ErrorStatus, ErrorReturnCode> {
        if executive::processes(|processes| processes.current()) != Some(HANDLER) {
            return Err(ErrorReturnCode::InvalidConfig);
        }
        with(|waiting| {
            let oldest = waiting[0].take();
            waiting.rotate_left(1);
            oldest
        })
        .ok_or(ErrorReturnCode::NoAction)
    }

    /// On one processor, processes wait for the error handler either way.
    fn configure_error_handler(
        _concurrency_control: ErrorHandlerConcurrencyControl,
        processor_core_id: ProcessorCoreId,
    ) -> Result<(), ErrorReturnCode> {
        if !executive::processes(|processes| processes.has_handler()) {
            return Err(ErrorReturnCode::InvalidConfig);
        }
        if ![0, CORE_AFFINITY_NO_PREFERENCE].contains(&processor_core_id) {
            return Err(ErrorReturnCode::InvalidParam);
        }
        if Self::get_partition_status().operating_mode == OperatingMode::Normal {
            return Err(ErrorReturnCode::InvalidMode);
        }
        Ok(())
    }
}
