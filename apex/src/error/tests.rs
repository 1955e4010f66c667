//! The error handler with a simulated executive, condition by condition.

use std::cell::Cell;

use bulkhead_guest::host::simulated::{self, health as world};

use super::*;
use crate::executive::simulated as executive;
use crate::partition::set_partition_mode;

const HANDLER: Option<(Task, u32)> = Some((executive::FIRST, 1));
const WORKER: Option<(Task, u32)> = Some((7, 100));

thread_local! {
    static SEEN: Cell<Option<Result<Status, ReturnCode>>> = const { Cell::new(None) };
}

extern "C" fn look() {
    SEEN.set(Some(get_error_status()));
}

/// The error handler's task executes until it would wait.
fn handler_executes() {
    executive::call_as(HANDLER);
    while handle() {}
    executive::call_as(WORKER);
}

fn normal_with_a_handler() {
    assert_eq!(create_error_handler(Some(look), 8192), Ok(()));
    assert_eq!(set_partition_mode(3), Ok(()));
    executive::call_as(WORKER);
}

#[test]
fn a_handler_is_created_once_before_normal() {
    let bad = Err(ReturnCode::InvalidConfig);
    assert_eq!(configure_error_handler(2, 7), bad, "there is none");
    assert_eq!(create_error_handler(Some(look), 4095), bad);
    assert_eq!(create_error_handler(Some(look), 1 << 20), bad, "there is no memory");
    assert_eq!(create_error_handler(None, 8192), bad);
    assert_eq!(create_error_handler(Some(look), 8192), Ok(()));
    let made = executive::created();
    assert_eq!((made.len(), made[0].stack_size, made[0].priority), (1, 8192, 1));
    assert_eq!(create_error_handler(Some(look), 0), Err(ReturnCode::NoAction));
    assert_eq!(configure_error_handler(2, 0), Err(ReturnCode::InvalidParam));
    assert_eq!(configure_error_handler(0, 1), Err(ReturnCode::InvalidParam));
    assert_eq!((configure_error_handler(0, 0), configure_error_handler(1, -1)), (Ok(()), Ok(())));
    assert_eq!(set_partition_mode(3), Ok(()));
    assert_eq!(configure_error_handler(0, 0), Err(ReturnCode::InvalidMode));
}

#[test]
fn none_is_created_in_normal() {
    assert_eq!(set_partition_mode(3), Ok(()));
    assert_eq!(create_error_handler(Some(look), 100), Err(ReturnCode::InvalidConfig));
    assert_eq!(create_error_handler(Some(look), 8192), Err(ReturnCode::InvalidMode));
}

#[test]
fn what_nobody_handles_is_the_partitions() {
    assert_eq!(raise_application_error(1, b"no handler"), Ok(()));
    assert_eq!(world::raised(), [(12, 1, u32::from_be_bytes(*b"no h"))]);
    normal_with_a_handler();
    executive::call_as(HANDLER);
    assert_eq!(raise_application_error(1, b"in"), Ok(()), "from the handler itself");
    executive::call_as(None);
    assert_eq!(raise_application_error(1, b""), Ok(()), "from an interrupt handler");
    assert_eq!(world::raised()[1..], [(12, 1, 0x696e_0000), (12, 1, 0)]);
    assert_eq!(simulated::take_output(), b"no handler\nin\n\n");
}

#[test]
fn what_cannot_be_raised_is_refused() {
    assert_eq!(raise_application_error(2, b""), Err(ReturnCode::InvalidParam));
    assert_eq!(raise_application_error(1, &[b'x'; MESSAGE_MAX + 1]), Err(ReturnCode::InvalidParam));
    assert_eq!(report_application_message(&[b'x'; MESSAGE_MAX + 1]), Err(ReturnCode::InvalidParam));
    assert_eq!(report_application_message(b"all is well"), Ok(()));
    assert_eq!(simulated::take_output(), b"all is well\n");
    assert!(world::raised().is_empty());
}

#[test]
fn a_raised_error_waits_for_the_handler_and_goes_on() {
    normal_with_a_handler();
    assert_eq!(get_error_status(), Err(ReturnCode::InvalidConfig), "this is not the handler");
    executive::while_waiting(|deadline| {
        assert_eq!(deadline, NEVER);
        handler_executes();
    });
    assert_eq!(raise_application_error(1, b"too hot"), Ok(()));
    let seen = SEEN.take().expect("the handler was called").expect("it got the error");
    assert_eq!((seen.process, seen.code, seen.length, &seen.message[..7]), (7, 1, 7, &b"too hot"[..]));
    assert_eq!(executive::take_woken(), [executive::FIRST, 7]);
    assert!(world::raised().is_empty(), "the partition has nothing to do with it");
    executive::call_as(HANDLER);
    assert_eq!(get_error_status(), Err(ReturnCode::NoAction));
}

#[test]
fn a_handler_that_does_not_ask_is_called_once() {
    thread_local! {
        static CALLS: Cell<u32> = const { Cell::new(0) };
    }
    extern "C" fn count() {
        CALLS.set(CALLS.get() + 1);
    }
    assert_eq!(create_error_handler(Some(count), 8192), Ok(()));
    assert_eq!(set_partition_mode(3), Ok(()));
    executive::call_as(WORKER);
    executive::while_waiting(|_| handler_executes());
    assert_eq!(raise_application_error(1, b"one"), Ok(()));
    assert_eq!(CALLS.get(), 1);
}

#[test]
fn what_the_kernel_notices_is_nobodys() {
    simulated::begin();
    normal_with_a_handler();
    interrupts::enable();
    world::tell(HealthError::WindowLost);
    assert_eq!(executive::take_woken(), [executive::FIRST]);
    handler_executes();
    let seen = SEEN.take().expect("the handler was called").expect("it got the error");
    assert_eq!((seen.process, seen.code, seen.length), (0, ErrorCode::HardwareFault as u32, 11));
}

/// A task that never lets the handler execute does not keep its watchdog from the health monitor.
#[test]
fn what_comes_before_the_handler_has_done_is_the_health_monitors() {
    simulated::begin();
    normal_with_a_handler();
    interrupts::enable();
    world::tell(HealthError::Watchdog);
    assert_eq!(executive::take_woken(), [executive::FIRST]);
    world::tell(HealthError::Watchdog);
    assert_eq!(executive::take_woken(), [], "the line is not let through");
    handler_executes();
    assert_eq!(executive::take_woken(), [executive::FIRST], "the line is let through again");
    assert!(with(|handler| handler.count() == 0 && !handler.told));
}

#[test]
fn only_a_tasks_fault_is_taken() {
    let frame = |enabled| FaultFrame { kind: 1, program_counter: 0x1234, interrupts_enabled: enabled };
    assert!(!takes(&mut frame(true)), "there is no handler");
    normal_with_a_handler();
    assert!(!takes(&mut frame(false)), "interrupts were disabled");
    let mut taken = frame(true);
    assert!(takes(&mut taken));
    assert_eq!((taken.program_counter, taken.interrupts_enabled), (faulted as *const () as usize, false));
}

#[test]
fn a_fault_that_the_handler_lets_be_is_the_partitions() {
    normal_with_a_handler();
    let mut frame = FaultFrame { kind: 1, program_counter: 0x1234, interrupts_enabled: true };
    assert!(takes(&mut frame));
    executive::while_waiting(|_| handler_executes());
    deal_with_fault();
    let seen = SEEN.take().expect("the handler was called").expect("it got the error");
    assert_eq!((seen.process, seen.code, seen.address), (7, ErrorCode::MemoryViolation as u32, 0x1234));
    assert_eq!(world::raised(), [(1, 0, 0x1234)]);
}

#[test]
fn every_error_has_a_code_of_the_standard() {
    let codes: Vec<_> = HealthError::ALL.iter().map(|&error| ErrorCode::from(error) as u32).collect();
    assert_eq!(codes, [5, 3, 3, 2, 2, 5, 1, 3, 3, 4, 0, 1, 1, 6, 6, 3, 0, 6, 6]);
}
