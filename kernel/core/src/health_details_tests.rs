//! Tests of what the health monitor and the calls about it know of an error, and of where each decision ends.

use core::sync::atomic::Ordering::Relaxed;
use std::boxed::Box;

use bulkhead_abi::{Action, ChangeAction, FaultKind, HealthError, Hypercall, Level, Line, Response};

use crate::fault::{Access, Fault};
use crate::guest::State;
use crate::health_tests::{PLACE, call, decisions, ending_of, fault, run_to, with, word};
use crate::kernel::Kernel;
use crate::machine::{Ending, GuestRegisters};
use crate::model::{Model, index, system};
use crate::restarts::Budget;
use crate::schedule::Window;

const UPCALL: u32 = 0xabc0;

#[test]
fn the_log_has_what_the_processor_says_of_a_fault() {
    let (mut kernel, mut model) = with(Response::new(Action::ColdRestart));
    let far = 0x1_9000_0000;
    let fault = Fault { kind: FaultKind::Memory, vector: 14, error: 6, memory: Some((Access::Write, far)) };
    model.guests[0].program_counter = 0x12_3456;
    kernel.fault(&mut model, &fault);
    let record = kernel.health.log.read(Some(index(0)), 0).expect("an entry");
    assert_eq!((record.code, record.detail), (14, 6));
    assert_eq!((record.address_low, record.address_high), (0x9000_0000, 1));
    assert_eq!((record.program_counter_low, record.program_counter_high), (0x12_3456, 0));
    assert_eq!(record.time_high, 0);
}

/// Two partitions, of which the first has a limit of two calls, with an entry for interrupts, and is told of floods.
fn flooded(deliver: bool, entry: bool, mask: u32) -> (Box<Kernel<Model>>, Model) {
    let (mut kernel, mut model) = system(2, 1000, &[(0, 0, 400), (1, 400, 1000)]);
    kernel.partitions[0].calls = 2 + 1;
    kernel.partitions[0].responses[HealthError::CallFlood as usize] =
        Response { deliver, ..Response::new(Action::Idle) };
    kernel.guests[0].is_special = true;
    kernel.dispatch(&mut model);
    model.guests[0].shared.mask.store(mask, Relaxed);
    if entry {
        call(&mut kernel, &mut model, Hypercall::SetUpcalls, [UPCALL, 0, 0]);
        kernel.forget_call();
    }
    for _ in 0..2 {
        call(&mut kernel, &mut model, Hypercall::InterfaceVersion, [0; 3]);
    }
    assert!(kernel.health.log.read(Some(index(0)), 0).is_none(), "so many there may be");
    call(&mut kernel, &mut model, Hypercall::InterfaceVersion, [0; 3]);
    (kernel, model)
}

/// Who is not to be told, has no entry, or does not let the line through, is not told: the health monitor acts. What it
/// knows is how many calls there may be.
#[test]
fn who_cannot_be_told_is_not_told() {
    let lets_through = Line::Health.bit();
    for (deliver, entry, mask) in [
        (true, true, lets_through),
        (false, true, lets_through),
        (true, false, lets_through),
        (true, true, 0),
    ] {
        let (kernel, model) = flooded(deliver, entry, mask);
        let is_told = deliver && entry && mask != 0;
        assert_eq!(kernel.guests[0].state == State::Stopped, !is_told, "{deliver} {entry} {mask:#x}");
        assert_eq!(model.guests[0].shared.errors.load(Relaxed) != 0, is_told, "{deliver} {entry} {mask:#x}");
        let record = kernel.health.log.read(Some(index(0)), 0).expect("an entry");
        assert_eq!((record.error, record.code), (HealthError::CallFlood as u32, 2));
    }
}

/// A window that begins late while the partition's memory is prepared: there is no handler yet, whatever its page says.
#[test]
fn a_partition_that_is_prepared_has_no_handler() {
    let (mut kernel, mut model) = system(2, 1000, &[(0, 0, 400), (1, 400, 1000)]);
    kernel.partitions[0].lateness = 30;
    kernel.partitions[0].responses[HealthError::WindowLate as usize] =
        Response { deliver: true, ..Response::new(Action::Log) };
    kernel.guests[0].is_special = true;
    kernel.dispatch(&mut model);
    call(&mut kernel, &mut model, Hypercall::SetUpcalls, [UPCALL, 0, 0]);
    let page = &model.guests[0].shared;
    page.mask.store(Line::Health.bit(), Relaxed);
    call(&mut kernel, &mut model, Hypercall::InterfaceVersion, [0; 3]);
    kernel.guests[0].state =
        State::Preparing(crate::job::Preparation::new(index(0), &kernel.partitions[0], 1 << 16));
    model.time = 1_050;
    kernel.alarm_came();
    kernel.dispatch(&mut model);
    let decided = decisions(&mut kernel, &mut model);
    assert_eq!(decided.last(), Some(&(0, HealthError::WindowLate, Action::Log, Level::Partition)));
    let record = kernel.health.log.read(Some(index(0)), 0).expect("an entry");
    assert!((50..60).contains(&record.code), "{}", record.code);
}

#[test]
fn a_damaged_image_can_stop_the_module() {
    let (mut kernel, mut model) = with(Response::new(Action::ColdRestart));
    kernel.partitions[0].responses[HealthError::Image as usize] = Response::new(Action::StopModule);
    model.image[0x1234] ^= 1;
    let ending = ending_of(|| {
        fault(&mut kernel, &mut model);
        run_to(&mut kernel, &mut model, 500_000);
    });
    assert_eq!(ending, Ending::ModuleStopped);
    let record = kernel.health.log.read(Some(index(0)), 1).expect("an entry");
    assert_eq!((record.action, record.level), (Action::StopModule as u32, Level::Module as u32));
}

#[test]
fn a_device_that_has_failed_has_the_response_of_the_module() {
    for action in [Action::Ignore, Action::Log, Action::StopModule, Action::RestartModule] {
        let (mut kernel, mut model) = with(Response::new(Action::Idle));
        kernel.health.device = Response::new(action);
        let resets = model.guests[1].resets;
        let ending =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| kernel.device_failed(&mut model)));
        assert_eq!(ending.is_err(), action == Action::StopModule, "{action:?}");
        let record = kernel.health.log.read(None, 0);
        assert_eq!(record.is_some(), action != Action::Ignore, "{action:?}");
        if let Some(record) = record {
            assert_eq!((record.action, record.level), (action as u32, Level::Module as u32));
        }
        if ending.is_ok() {
            kernel.dispatch(&mut model);
            assert_eq!(
                model.guests[1].resets - resets,
                u32::from(action == Action::RestartModule),
                "{action:?}"
            );
        }
    }
}

/// Times of centuries and frames of more than four seconds have two words.
#[test]
fn what_is_told_of_schedules_has_two_words() {
    let frame = 0x3_0000_0007;
    let (mut kernel, mut model) = system(2, frame, &[(0, 0, frame - 10), (1, frame - 10, frame)]);
    assert!(kernel.schedule.add_plan());
    kernel.schedule.set_frame(0x5_0000_0009);
    for (number, end) in [(0, 0x2_0000_0003), (1, 0x5_0000_0001)] {
        let start = if number == 0 { 0 } else { 0x5_0000_0000 };
        assert!(kernel.schedule.add(Window { partition: index(number), start, end }));
    }
    kernel.partitions[0].system = true;
    kernel.dispatch(&mut model);
    assert_eq!(call(&mut kernel, &mut model, Hypercall::ScheduleDescribe, [1, PLACE, 0]), Some(0));
    assert_eq!((word(&model, 0x20), word(&model, 0x24)), (9, 5));
    assert_eq!((word(&model, 0x30), word(&model, 0x34)), (3, 2));
    assert_eq!(call(&mut kernel, &mut model, Hypercall::ScheduleSet, [1, 0, 0]), Some(0));
    run_to(&mut kernel, &mut model, frame + 1_000);
    assert_eq!(model.current(), index(0));
    assert_eq!(call(&mut kernel, &mut model, Hypercall::ScheduleStatus, [PLACE, 0, 0]), Some(0));
    assert_eq!((word(&model, 8), word(&model, 12)), (7, 3));
    assert_eq!((word(&model, 16), word(&model, 20)), (7, 3));
    let entry = &mut kernel.health.log;
    let record = bulkhead_abi::event::Record::new(
        0x7_0000_0001,
        bulkhead_abi::event::Kind::Health,
        0,
        0,
        [0, 0, 0, 0x9_0000_0002, 0xb_0000_0003, 0],
    );
    entry.add(Some(index(0)), &record);
    let record = entry.read(Some(index(0)), 0).expect("an entry");
    assert_eq!((record.time_low, record.time_high), (1, 7));
    assert_eq!((record.address_low, record.address_high), (2, 9));
    assert_eq!((record.program_counter_low, record.program_counter_high), (3, 0xb));
}

/// The background partition idles until a line is let through, and goes on then; in its own window the time is its own.
#[test]
fn a_background_partition_idles_as_any_other() {
    let (mut kernel, mut model) = system(2, 10_000, &[(0, 0, 8_000), (1, 8_000, 9_000)]);
    kernel.spare.partition = Some(index(1));
    kernel.dispatch(&mut model);
    call(&mut kernel, &mut model, Hypercall::Idle, [0; 3]);
    assert_eq!(model.current(), index(1));
    model.guests[1].shared.mask.store(Line::Timer.bit(), Relaxed);
    call(&mut kernel, &mut model, Hypercall::TimerSet, [3_000, 0, 0]);
    let windows = model.guests[1].information.windows.load(Relaxed);
    let shared = model.guests[1].shared.pending.load(Relaxed);
    assert_eq!(shared & Line::Timer.bit(), 0);
    assert_eq!(call(&mut kernel, &mut model, Hypercall::Idle, [0; 3]), None);
    // It has idled until its timer, and has the rest.
    assert_eq!(model.current(), index(1));
    assert!((3_000..3_100).contains(&model.time), "{}", model.time);
    assert_ne!(model.guests[1].shared.pending.load(Relaxed) & Line::Timer.bit(), 0);
    assert_eq!(kernel.guests[1].state, State::Ready);
    assert_eq!(model.guests[1].information.windows.load(Relaxed), windows);
    model.guests[1].shared.pending.store(0, Relaxed);
    run_to(&mut kernel, &mut model, 8_100);
    assert_eq!(model.guests[1].information.windows.load(Relaxed), windows + 1);
    assert!(!kernel.spare.is_used, "its own window is nobody else's time");
    assert_eq!(model.guests[1].information.window_end.load(), 9_000);
    call(&mut kernel, &mut model, Hypercall::TimerSet, [8_500, 0, 0]);
    assert_eq!(call(&mut kernel, &mut model, Hypercall::Idle, [0; 3]), None);
    assert_eq!((model.current(), kernel.spare.is_used), (index(1), false));
    assert!((8_500..8_600).contains(&model.time), "{}", model.time);
}

/// What a change of the schedule has left to be done with it is done before it has anybody's time.
#[test]
fn a_background_partition_starts_again_with_a_schedule() {
    let (mut kernel, mut model) = system(2, 10_000, &[(0, 0, 8_000)]);
    kernel.spare.partition = Some(index(1));
    kernel.dispatch(&mut model);
    let resets = model.guests[1].resets;
    kernel.guests[1].change = ChangeAction::ColdRestart;
    call(&mut kernel, &mut model, Hypercall::Idle, [0; 3]);
    run_to(&mut kernel, &mut model, 200_000);
    assert_eq!(model.guests[1].resets, resets + 1);
    assert_eq!(kernel.guests[1].change, ChangeAction::Keep);
}

/// A start forgets where interrupts and faults went, the timer, and what was said on the shared page.
#[test]
fn a_start_forgets_everything_that_was_asked_for() {
    let (mut kernel, mut model) = with(Response::new(Action::ColdRestart));
    kernel.partitions[0].budget = Budget { most: 16, period: 1 };
    call(&mut kernel, &mut model, Hypercall::SetUpcalls, [UPCALL, 0xf000, 0]);
    call(&mut kernel, &mut model, Hypercall::TimerSet, [150_000, 0, 0]);
    model.guests[0].shared.pending.store(!0, Relaxed);
    model.guests[0].shared.errors.store(!0, Relaxed);
    assert_eq!(call(&mut kernel, &mut model, Hypercall::Restart, [1, 0, 0]), None);
    run_to(&mut kernel, &mut model, 450_000);
    assert_eq!(model.guests[0].shared.pending.load(Relaxed) & !Line::Window.bit(), 0);
    assert_eq!(model.guests[0].shared.errors.load(Relaxed), 0);
    run_to(&mut kernel, &mut model, 410_000);
    assert_eq!(model.current(), index(0));
    let resets = model.guests[0].resets;
    fault(&mut kernel, &mut model);
    run_to(&mut kernel, &mut model, 900_000);
    assert_eq!(model.guests[0].resets, resets + 1, "no fault entry is left");
    assert_ne!(model.guests[0].program_counter, 0xf000);
}
