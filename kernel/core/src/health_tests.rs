//! Tests of the health monitor, of modes, watchdogs and schedules, on the model of a machine.

use std::boxed::Box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::vec::Vec;

use bulkhead_abi::event::Kind;
use bulkhead_abi::system_table::NO_PARTITION;
use bulkhead_abi::{
    Action, ChangeAction, Error, FaultKind, HealthError, Hypercall, Level, Line, Mode, NEVER, Response,
    StartReason,
};
use core::sync::atomic::Ordering::Relaxed;

use crate::fault::{Access, Fault};
use crate::guest::State;
use crate::hypercall::Outcome;
use crate::kernel::Kernel;
use crate::machine::{Ending, GuestRegisters};
use crate::model::{BASE, ENTRY, Model, READ_ONLY, SIZE, index, system};
use crate::partition::Index;
use crate::region::Mapping;
use crate::restarts::Budget;
use crate::schedule::Window;

const UPCALL: u32 = 0xabc0;
const FAULT_ENTRY: u32 = 0xf000;
/// Where answers go.
pub(crate) const PLACE: u32 = (BASE + READ_ONLY) as u32;

/// Makes a call of the current partition: its result, or none if it does not go on behind it at once.
pub(crate) fn call(
    kernel: &mut Kernel<Model>,
    model: &mut Model,
    call: Hypercall,
    arguments: [u32; 3],
) -> Option<i32> {
    let [first, second, third] = arguments;
    match kernel.hypercall(model, call as u32, [first, second, third, 0, 0]) {
        Outcome::Return(result) => Some(result),
        Outcome::Deliver(result) => {
            kernel.deliver(model);
            Some(result)
        }
        Outcome::Dispatch => {
            kernel.dispatch(model);
            None
        }
    }
}

pub(crate) fn fault(kernel: &mut Kernel<Model>, model: &mut Model) -> Index {
    let fault =
        Fault { kind: FaultKind::Memory, vector: 14, error: 6, memory: Some((Access::Write, 0x9000_0000)) };
    kernel.fault(model, &fault);
    kernel.dispatch(model)
}

/// Lets time pass as far as the next alarm, or to a moment, and the kernel decide.
pub(crate) fn run_to(kernel: &mut Kernel<Model>, model: &mut Model, time: u64) -> Index {
    while model.time < time {
        model.time = time.min(model.alarm).max(model.time + 1);
        if model.alarm <= model.time {
            kernel.alarm_came();
            model.alarm = NEVER;
            kernel.dispatch(model);
        }
    }
    model.current()
}

/// A word of the current partition's answers.
pub(crate) fn word(model: &Model, place: usize) -> u32 {
    let at = READ_ONLY as usize + place;
    u32::from_ne_bytes(model.guests[model.current.place()].memory[at..at + 4].try_into().unwrap())
}

/// The decisions that the serial line has told of: whose, error, action, level.
pub(crate) fn decisions(
    kernel: &mut Kernel<Model>,
    model: &mut Model,
) -> Vec<(u16, HealthError, Action, Level)> {
    while kernel.console.send_waiting(model, &kernel.partitions) {}
    let decided = |record: bulkhead_abi::event::Record| {
        let decision = record.decision()?;
        Some((record.partition, decision.error, decision.action, decision.level))
    };
    model.told().into_iter().filter_map(decided).collect()
}

pub(crate) fn ending_of(run: impl FnOnce()) -> Ending {
    let payload = catch_unwind(AssertUnwindSafe(run)).expect_err("the system goes on");
    *payload.downcast::<Ending>().expect("an ending")
}

/// Two partitions, of which the first has this response to memory violations.
pub(crate) fn with(response: Response) -> (Box<Kernel<Model>>, Model) {
    let (mut kernel, mut model) = system(2, 200_000, &[(0, 0, 100_000), (1, 100_000, 200_000)]);
    kernel.partitions[0].responses[HealthError::Memory as usize] = response;
    kernel.dispatch(&mut model);
    (kernel, model)
}

#[test]
fn each_response_to_a_fault_does_what_it_says() {
    for (action, reason) in [
        (Action::WarmRestart, StartReason::HealthMonitorWarm),
        (Action::ColdRestart, StartReason::HealthMonitor),
    ] {
        let (mut kernel, mut model) = with(Response::new(action));
        assert_eq!(call(&mut kernel, &mut model, Hypercall::SetMode, [3, 0, 0]), Some(0));
        let resets = model.guests[0].resets;
        model.guests[0].memory[SIZE as usize - 1] = 0x77;
        fault(&mut kernel, &mut model);
        run_to(&mut kernel, &mut model, 500_000);
        let guest = &model.guests[0];
        assert_eq!((guest.resets, guest.program_counter), (resets + 1, ENTRY), "{action:?}");
        assert_eq!(guest.information.start.reason.load(Relaxed), reason as u32);
        let kept = if action == Action::WarmRestart { 0x77 } else { 0 };
        assert_eq!(guest.memory[SIZE as usize - 1], kept, "{action:?}");
        assert_eq!(decisions(&mut kernel, &mut model), [(0, HealthError::Memory, action, Level::Partition)]);
    }
    let (mut kernel, mut model) = with(Response::new(Action::Idle));
    assert_eq!(fault(&mut kernel, &mut model), index(1));
    assert_eq!(kernel.guests[0].state, State::Stopped);
    assert_eq!(decisions(&mut kernel, &mut model), [], "the record of a stop says it all");

    let (mut kernel, mut model) = with(Response::new(Action::StopModule));
    let ending = ending_of(|| {
        fault(&mut kernel, &mut model);
    });
    assert_eq!(ending, Ending::ModuleStopped, "whatever the partitions do");
    assert_eq!(
        decisions(&mut kernel, &mut model),
        [(0, HealthError::Memory, Action::StopModule, Level::Module)]
    );
}

#[test]
fn a_warm_restart_of_a_start_that_is_not_done_is_a_cold_one() {
    let (mut kernel, mut model) = with(Response::new(Action::WarmRestart));
    model.guests[0].memory[SIZE as usize - 1] = 0x77;
    fault(&mut kernel, &mut model);
    run_to(&mut kernel, &mut model, 500_000);
    let reason = model.guests[0].information.start.reason.load(Relaxed);
    assert_eq!((reason, model.guests[0].memory[SIZE as usize - 1]), (StartReason::HealthMonitor as u32, 0));
}

#[test]
fn everything_starts_again_with_the_module() {
    let (mut kernel, mut model) = system(2, 1000, &[(0, 0, 500), (1, 500, 1000)]);
    kernel.partitions[0].responses[HealthError::Memory as usize] = Response::new(Action::RestartModule);
    let mapping = Mapping { size: 64, ..Mapping::NONE };
    assert!(kernel.regions.add(mapping));
    kernel.dispatch(&mut model);
    run_to(&mut kernel, &mut model, 700);
    call(&mut kernel, &mut model, Hypercall::Halt, [0; 3]);
    run_to(&mut kernel, &mut model, 1_100);
    let before = [model.guests[0].resets, model.guests[1].resets];
    let now = model.time;
    assert_eq!(fault(&mut kernel, &mut model), index(0));
    assert_eq!([model.guests[0].resets, model.guests[1].resets], before.map(|resets| resets + 1));
    assert_eq!(model.cleared_regions, [mapping]);
    let start = kernel.schedule.frame_start();
    assert!(start > now, "the clock has gone on");
    for (guest, window) in model.guests.iter().zip([true, false]) {
        let reason = guest.information.start.reason.load(Relaxed);
        assert_eq!(reason, StartReason::ModuleRestart as u32);
        assert!(!window || guest.information.window_start.load() == start);
    }
    assert_eq!(run_to(&mut kernel, &mut model, start + 600), index(1));
    assert_eq!(
        decisions(&mut kernel, &mut model),
        [(0, HealthError::Memory, Action::RestartModule, Level::Module)]
    );
    let time = model.time;
    assert_eq!(fault(&mut kernel, &mut model), index(0), "the other one has the usual response");
    assert!(model.time >= time && kernel.guests[1].state == State::Stopped);
}

#[test]
fn one_restart_too_many_is_none() {
    let (mut kernel, mut model) = with(Response::new(Action::ColdRestart));
    kernel.partitions[0].budget = Budget { most: 2, period: 100_000_000 };
    for restarts in 1..=2 {
        fault(&mut kernel, &mut model);
        while model.current() != index(0) || model.guests[0].resets != restarts + 1 {
            let next = model.time + 10_000;
            run_to(&mut kernel, &mut model, next);
        }
        call(&mut kernel, &mut model, Hypercall::PartitionDescribe, [0, PLACE, 0]);
        assert_eq!(word(&model, 0x38), 2 - restarts);
    }
    fault(&mut kernel, &mut model);
    assert_eq!(kernel.guests[0].state, State::Stopped);
    let actions: Vec<Action> = decisions(&mut kernel, &mut model).iter().map(|it| it.2).collect();
    assert_eq!(actions, [Action::ColdRestart, Action::ColdRestart]);
    assert_eq!(model.told().iter().filter(|record| record.kind == Kind::Stopped).count(), 1);
}

#[test]
fn the_own_handler_comes_first_where_the_table_says_so() {
    for deliver in [true, false] {
        let (mut kernel, mut model) = with(Response { deliver, log: true, ..Response::new(Action::Idle) });
        call(&mut kernel, &mut model, Hypercall::SetUpcalls, [UPCALL, FAULT_ENTRY, 0]);
        fault(&mut kernel, &mut model);
        assert_eq!(model.guests[0].program_counter == u64::from(FAULT_ENTRY), deliver);
        assert_eq!(kernel.guests[0].state == State::Stopped, !deliver);
        let expected: &[_] =
            if deliver { &[(0, HealthError::Memory, Action::Deliver, Level::Process)] } else { &[] };
        assert_eq!(decisions(&mut kernel, &mut model), expected);
        assert!(kernel.health.log.read(Some(index(0)), 0).is_some(), "the log has both");
    }
}

#[test]
fn an_error_in_a_start_can_have_a_response_of_its_own() {
    for normal in [false, true] {
        let (mut kernel, mut model) = with(Response::new(Action::ColdRestart));
        kernel.partitions[0].initialization = Some(Response::new(Action::Idle));
        if normal {
            assert_eq!(call(&mut kernel, &mut model, Hypercall::SetMode, [3, 0, 0]), Some(0));
            assert_eq!(call(&mut kernel, &mut model, Hypercall::SetMode, [3, 0, 0]), Some(1));
        }
        fault(&mut kernel, &mut model);
        assert_eq!(kernel.guests[0].state == State::Stopped, !normal);
    }
}

/// The conditions of `SET_PARTITION_MODE`, in each mode.
#[test]
fn a_partition_changes_its_mode_as_the_standard_says() {
    let (mut kernel, mut model) = system(2, 200_000, &[(0, 0, 100_000), (1, 100_000, 200_000)]);
    kernel.dispatch(&mut model);
    let in_mode = |kernel: &Kernel<Model>| kernel.guests[0].mode();
    assert_eq!(in_mode(&kernel), Mode::ColdStart);
    assert_eq!(call(&mut kernel, &mut model, Hypercall::SetMode, [2, 0, 0]), Some(Error::InvalidMode.code()));
    assert_eq!(call(&mut kernel, &mut model, Hypercall::SetMode, [4, 0, 0]), Some(Error::BadArgument.code()));
    assert_eq!(call(&mut kernel, &mut model, Hypercall::SetMode, [3, 0, 0]), Some(0));
    for (asked, mode) in [(2, Mode::WarmStart), (2, Mode::WarmStart), (1, Mode::ColdStart)] {
        while model.current() != index(0) {
            let next = model.time + 50;
            run_to(&mut kernel, &mut model, next);
        }
        assert_eq!(call(&mut kernel, &mut model, Hypercall::SetMode, [asked, 0, 0]), None);
        assert_eq!(in_mode(&kernel), mode, "{asked}");
        run_to_normal(&mut kernel, &mut model);
        assert_eq!(in_mode(&kernel), mode, "{asked}");
    }
    assert_eq!(call(&mut kernel, &mut model, Hypercall::SetMode, [0, 0, 0]), None);
    assert_eq!((in_mode(&kernel), kernel.guests[0].state), (Mode::Idle, State::Halted(0)));
}

/// Runs until the first partition's start is over.
fn run_to_normal(kernel: &mut Kernel<Model>, model: &mut Model) {
    while !matches!(kernel.guests[0].state, State::Ready) || model.current() != index(0) {
        let next = model.time + 50;
        run_to(kernel, model, next);
    }
}

#[test]
fn only_a_partition_with_the_right_governs_others() {
    let (mut kernel, mut model) = system(2, 100_000, &[(0, 0, 50_000), (1, 50_000, 100_000)]);
    kernel.dispatch(&mut model);
    let refused = Some(Error::NotPermitted.code());
    let tries = [
        (Hypercall::PartitionControl, [1, 0, 0]),
        (Hypercall::PartitionDescribe, [1, PLACE, 0]),
        (Hypercall::ScheduleSet, [0, 0, 0]),
        (Hypercall::HealthRead, [1, 0, PLACE]),
        (Hypercall::HealthRead, [NO_PARTITION, 0, PLACE]),
    ];
    for (number, arguments) in tries {
        assert_eq!(call(&mut kernel, &mut model, number, arguments), refused, "{number:?}");
    }
    assert_eq!(call(&mut kernel, &mut model, Hypercall::PartitionDescribe, [0, PLACE, 0]), Some(0));
    kernel.partitions[0].system = true;
    let wrong = Some(Error::BadArgument.code());
    for (number, arguments) in [
        (Hypercall::PartitionControl, [2, 0, 0]),
        (Hypercall::PartitionControl, [1, 3, 0]),
        (Hypercall::PartitionControl, [u32::MAX, 1, 0]),
        (Hypercall::PartitionDescribe, [2, PLACE, 0]),
        (Hypercall::ScheduleSet, [1, 0, 0]),
        (Hypercall::HealthRead, [2, 0, PLACE]),
    ] {
        assert_eq!(call(&mut kernel, &mut model, number, arguments), wrong, "{number:?} {arguments:?}");
    }
    assert_eq!(call(&mut kernel, &mut model, Hypercall::PartitionControl, [1, 0, 0]), Some(0));
    assert_eq!(call(&mut kernel, &mut model, Hypercall::PartitionControl, [1, 0, 0]), Some(1), "no action");
    call(&mut kernel, &mut model, Hypercall::PartitionDescribe, [1, PLACE, 0]);
    assert_eq!(word(&model, 0x20), Mode::Idle as u32);
    run_to(&mut kernel, &mut model, 160_000);
    assert_eq!(kernel.guests[1].state, State::Stopped);
    assert_eq!(run_to(&mut kernel, &mut model, 210_000), index(0));
    assert_eq!(call(&mut kernel, &mut model, Hypercall::PartitionControl, [1, 1, 0]), Some(0));
    run_to(&mut kernel, &mut model, 1_060_000);
    assert_eq!(kernel.guests[1].state, State::Ready);
    let reason = model.guests[1].information.start.reason.load(Relaxed);
    assert_eq!(reason, StartReason::ColdRestart as u32);
    assert_eq!(run_to(&mut kernel, &mut model, 1_110_000), index(0));
    assert_eq!(call(&mut kernel, &mut model, Hypercall::PartitionControl, [0, 0, 0]), None, "itself");
    assert_eq!(kernel.guests[0].state, State::Stopped);
    let told: Vec<(u16, u32)> = {
        decisions(&mut kernel, &mut model);
        let commands = model.told().into_iter().filter(|record| record.kind == Kind::Commanded);
        commands.map(|record| (record.partition, record.number)).collect()
    };
    assert_eq!(told, [(1, 0), (1, 0), (0, 0)]);
}

/// A partition that is stopped while a message is copied to it, and started again, is in nobody's way.
#[test]
fn a_raised_error_has_its_response_and_faults_cannot_be_talked_away() {
    let (mut kernel, mut model) = with(Response::new(Action::Idle));
    let raise = |kernel: &mut Kernel<Model>, model: &mut Model, error: u32| {
        call(kernel, model, Hypercall::RaiseError, [error, 7, 8])
    };
    assert_eq!(raise(&mut kernel, &mut model, HealthError::Application as u32), Some(0));
    for wrong in [0, HealthError::Initialization as u32, HealthError::Device as u32, 20, u32::MAX] {
        assert_eq!(raise(&mut kernel, &mut model, wrong), Some(Error::BadArgument.code()), "{wrong}");
    }
    kernel.partitions[0].responses[HealthError::DeadlineMissed as usize] = Response::new(Action::Ignore);
    assert_eq!(raise(&mut kernel, &mut model, HealthError::DeadlineMissed as u32), Some(0));
    assert_eq!(raise(&mut kernel, &mut model, HealthError::Memory as u32), None);
    assert_eq!(kernel.guests[0].state, State::Stopped);
    assert_eq!(
        decisions(&mut kernel, &mut model),
        [
            (0, HealthError::Application, Action::Log, Level::Partition),
            (0, HealthError::Memory, Action::Idle, Level::Partition)
        ]
    );
    let record = kernel.health.log.read(Some(index(0)), 0).unwrap();
    assert_eq!((record.code, record.detail, record.program_counter_low), (7, 8, ENTRY as u32));
}

#[test]
fn a_watchdog_counts_its_partitions_own_time() {
    let (mut kernel, mut model) = system(2, 1000, &[(0, 0, 400), (1, 400, 1000)]);
    kernel.partitions[0].watchdog = 900;
    kernel.partitions[0].responses[HealthError::Watchdog as usize] =
        Response { deliver: true, ..Response::new(Action::Idle) };
    (kernel.guests[0].watchdog_left, kernel.guests[0].is_special) = (900, true);
    kernel.dispatch(&mut model);
    let refused = Some(Error::NotPermitted.code());
    // Two windows and 100 more: it is in the third, and not before.
    run_to(&mut kernel, &mut model, 2_050);
    assert_eq!(kernel.guests[0].state, State::Ready);
    assert_eq!(call(&mut kernel, &mut model, Hypercall::ServeWatchdog, [0; 3]), Some(0));
    run_to(&mut kernel, &mut model, 2_500);
    assert_eq!(call(&mut kernel, &mut model, Hypercall::ServeWatchdog, [0; 3]), refused, "another has none");
    run_to(&mut kernel, &mut model, 4_100);
    assert_eq!(kernel.guests[0].state, State::Ready);
    assert_eq!(decisions(&mut kernel, &mut model), []);
    run_to(&mut kernel, &mut model, 4_260);
    assert_eq!(kernel.guests[0].state, State::Stopped, "350 + 400 + 150");
    assert_eq!(
        decisions(&mut kernel, &mut model),
        [(0, HealthError::Watchdog, Action::Idle, Level::Partition)]
    );
}

#[test]
fn a_partition_is_told_of_what_the_kernel_notices_if_it_wants_to_be() {
    for wanted in [true, false] {
        let (mut kernel, mut model) = system(2, 1000, &[(0, 0, 400), (1, 400, 1000)]);
        kernel.partitions[0].watchdog = 300;
        kernel.partitions[0].responses[HealthError::Watchdog as usize] =
            Response { deliver: true, ..Response::new(Action::Idle) };
        (kernel.guests[0].watchdog_left, kernel.guests[0].is_special) = (300, true);
        kernel.dispatch(&mut model);
        call(&mut kernel, &mut model, Hypercall::SetUpcalls, [UPCALL, 0, 0]);
        let page = &model.guests[0].shared;
        page.interrupts_enabled.store(1, Relaxed);
        page.mask.store(if wanted { Line::Health.bit() } else { Line::Timer.bit() }, Relaxed);
        run_to(&mut kernel, &mut model, 390);
        let guest = &model.guests[0];
        assert_eq!(guest.program_counter == u64::from(UPCALL), wanted);
        assert_eq!(guest.shared.errors.load(Relaxed), u32::from(wanted) << HealthError::Watchdog as u32);
        assert_eq!(kernel.guests[0].state == State::Stopped, !wanted);
    }
}

#[test]
fn calls_are_counted_in_each_window() {
    let (mut kernel, mut model) = system(2, 1000, &[(0, 0, 400), (1, 400, 1000)]);
    kernel.partitions[0].calls = 3 + 1;
    kernel.guests[0].is_special = true;
    kernel.dispatch(&mut model);
    for window in 0..3 {
        for _ in 0..3 {
            assert!(call(&mut kernel, &mut model, Hypercall::InterfaceVersion, [0; 3]).is_some());
        }
        run_to(&mut kernel, &mut model, window * 1000 + 500);
        for _ in 0..100 {
            call(&mut kernel, &mut model, Hypercall::InterfaceVersion, [0; 3]);
        }
        assert_eq!(run_to(&mut kernel, &mut model, window * 1000 + 1_050), index(0));
    }
    for number in 0..4 {
        let answer = call(&mut kernel, &mut model, Hypercall::QueuingReceive, [0, PLACE, 4]);
        assert_eq!(answer.is_some(), number < 3, "{number}");
    }
    assert_eq!(kernel.guests[0].state, State::Stopped);
    assert_eq!(
        decisions(&mut kernel, &mut model),
        [(0, HealthError::CallFlood, Action::Idle, Level::Partition)]
    );
}

#[test]
fn late_and_lost_windows_are_noticed() {
    let (mut kernel, mut model) = system(2, 1000, &[(0, 0, 400), (1, 400, 500), (0, 600, 700)]);
    kernel.partitions[1].lateness = 30;
    kernel.guests[1].is_special = true;
    kernel.dispatch(&mut model);
    model.time = 450;
    kernel.alarm_came();
    kernel.dispatch(&mut model);
    assert_eq!(
        decisions(&mut kernel, &mut model),
        [(1, HealthError::WindowLate, Action::Log, Level::Partition)]
    );
    // Over the rest of the frame, the next one, and into the one after.
    model.time = 2_010;
    kernel.alarm_came();
    kernel.dispatch(&mut model);
    run_to(&mut kernel, &mut model, 2_450);
    let lost: Vec<_> = decisions(&mut kernel, &mut model).into_iter().skip(1).collect();
    assert_eq!(
        lost,
        [
            (0, HealthError::WindowLost, Action::Log, Level::Partition),
            (1, HealthError::WindowLost, Action::Log, Level::Partition)
        ],
        "one with each slot"
    );
}

/// A second schedule of two partitions, of which the second has no window in it and the first starts again.
pub(crate) fn with_schedules() -> (Box<Kernel<Model>>, Model) {
    let (mut kernel, mut model) = system(2, 100_000, &[(0, 0, 50_000), (1, 50_000, 100_000)]);
    assert!(kernel.schedule.add_plan());
    kernel.schedule.set_frame(70_000);
    let mut actions = [ChangeAction::Keep; 32];
    (actions[0], actions[1]) = (ChangeAction::WarmRestart, ChangeAction::Idle);
    kernel.schedule.describe([b'd'; 32], actions);
    assert!(kernel.schedule.add(Window { partition: index(0), start: 10_000, end: 60_000 }));
    kernel.partitions[0].system = true;
    kernel.dispatch(&mut model);
    (kernel, model)
}

#[test]
fn a_schedule_begins_with_the_next_frame_and_the_last_request_counts() {
    let (mut kernel, mut model) = with_schedules();
    call(&mut kernel, &mut model, Hypercall::SetMode, [3, 0, 0]);
    assert_eq!(call(&mut kernel, &mut model, Hypercall::ScheduleSet, [0, 0, 0]), Some(1), "it runs");
    assert_eq!(call(&mut kernel, &mut model, Hypercall::ScheduleSet, [1, 0, 0]), Some(0));
    assert_eq!(call(&mut kernel, &mut model, Hypercall::ScheduleSet, [0, 0, 0]), Some(1));
    assert_eq!(run_to(&mut kernel, &mut model, 110_000), index(0));
    assert_eq!(kernel.schedule.current().number(), 0, "the last request counts");
    assert_eq!(call(&mut kernel, &mut model, Hypercall::ScheduleSet, [1, 0, 0]), Some(0));
    call(&mut kernel, &mut model, Hypercall::ScheduleStatus, [PLACE, 0, 0]);
    assert_eq!([0, 4, 8, 0x10, 0x18].map(|place| word(&model, place)), [0, 1, 0, 100_000, 0]);
    call(&mut kernel, &mut model, Hypercall::ScheduleDescribe, [1, PLACE, 0]);
    assert_eq!([0x20, 0x28, 0x2c, 0x30].map(|place| word(&model, place)), [70_000, 1, 1, 50_000]);
    let resets = model.guests[0].resets;
    assert_eq!(run_to(&mut kernel, &mut model, 199_000), index(1), "no window is cut");
    assert_eq!(kernel.schedule.current().number(), 0);
    run_to(&mut kernel, &mut model, 205_000);
    assert_eq!(kernel.schedule.current().number(), 1);
    assert_eq!(kernel.guests[1].mode(), Mode::Idle, "though it has no window any more");
    run_to(&mut kernel, &mut model, 600_000);
    assert_eq!(model.guests[0].resets, resets + 1);
    assert_eq!(model.guests[0].information.start.reason.load(Relaxed), StartReason::WarmRestart as u32);
    assert_eq!((kernel.schedule.frame_start() - 200_000) % 70_000, 0);
    run_to_normal(&mut kernel, &mut model);
    call(&mut kernel, &mut model, Hypercall::ScheduleStatus, [PLACE, 0, 0]);
    assert_eq!([0, 4, 8, 0x18].map(|place| word(&model, place)), [1, 1, 200_000, 1]);
    call(&mut kernel, &mut model, Hypercall::ScheduleSet, [0, 0, 0]);
    let next = model.time + 100_000;
    run_to(&mut kernel, &mut model, next);
    assert_eq!(kernel.schedule.current().number(), 0);
    assert_eq!(kernel.guests[1].mode(), Mode::Idle, "it stays as the other schedule has left it");
    decisions(&mut kernel, &mut model);
    let again = model.told().into_iter().find(|record| record.kind == Kind::Restarted).unwrap();
    assert!((210_000..260_000).contains(&again.time), "in its first window of the other schedule: {again:?}");
    let told: Vec<_> = model.told().into_iter().filter(|record| record.kind == Kind::Schedule).collect();
    assert_eq!(told.len(), 2);
    assert_eq!((told[0].time, told[0].number, told[0].arguments[0]), (200_000, 1, 0));
}

#[test]
fn the_health_monitor_asks_for_a_schedule() {
    let (mut kernel, mut model) = with_schedules();
    kernel.partitions[1].responses[HealthError::Memory as usize] =
        Response { schedule: Some(1), ..Response::new(Action::Idle) };
    run_to(&mut kernel, &mut model, 60_000);
    fault(&mut kernel, &mut model);
    assert_eq!(kernel.schedule.changes(), (1, 100_000));
    assert_eq!(kernel.schedule.current().number(), 1);
}

#[test]
fn a_damaged_image_is_not_started() {
    let (mut kernel, mut model) = with(Response::new(Action::ColdRestart));
    model.image[0x1234] ^= 1;
    fault(&mut kernel, &mut model);
    run_to(&mut kernel, &mut model, 500_000);
    assert_eq!(kernel.guests[0].state, State::Stopped);
    assert_eq!(model.guests[0].resets, 1);
    assert_eq!(
        decisions(&mut kernel, &mut model),
        [
            (0, HealthError::Memory, Action::ColdRestart, Level::Partition),
            (0, HealthError::Image, Action::Idle, Level::Partition)
        ]
    );
}

#[test]
fn a_device_that_has_failed_is_an_error_of_the_module() {
    let (mut kernel, mut model) = with(Response::new(Action::Idle));
    model.room = 0;
    let message = crate::report::Message::new();
    kernel.say(&mut model, message);
    let record = kernel.health.log.read(None, 0).expect("an entry");
    assert_eq!((record.error, record.partition), (HealthError::Device as u32, NO_PARTITION));
    assert_eq!(kernel.health.log.read(None, 1), None);
}

/// One partition with a window in which it idles but for a moment in the middle, and a background partition without
/// one.
#[test]
fn the_background_partition_has_the_time_that_others_give_up() {
    let (mut kernel, mut model) = system(3, 10_000, &[(0, 0, 4_000), (1, 5_000, 9_000)]);
    kernel.spare.partition = Some(index(2));
    kernel.partitions[2].calls = 3;
    assert_eq!(kernel.dispatch(&mut model), index(0));
    model.guests[0].shared.mask.store(Line::Timer.bit(), Relaxed);
    call(&mut kernel, &mut model, Hypercall::TimerSet, [2_000, 0, 0]);
    assert_eq!(call(&mut kernel, &mut model, Hypercall::Idle, [0; 3]), None);
    assert_eq!(model.current(), index(2));
    let page = &model.guests[2].information;
    assert_eq!((page.windows.load(Relaxed), page.window_end.load()), (1, 2_000));
    // Its own timer is behind the moment at which the first one goes on, which does so in time.
    call(&mut kernel, &mut model, Hypercall::TimerSet, [3_000, 0, 0]);
    let now = model.time;
    assert!(kernel.console_bytes(now) < 2_000, "{now}");
    assert_eq!(run_to(&mut kernel, &mut model, 1_999), index(2));
    assert_eq!(run_to(&mut kernel, &mut model, 2_001), index(0));
    assert!(model.time < 2_010 && model.guests[0].shared.pending.load(Relaxed) & Line::Timer.bit() != 0);
    model.guests[0].shared.pending.store(0, Relaxed);
    assert_eq!(call(&mut kernel, &mut model, Hypercall::Idle, [0; 3]), None);
    assert_eq!(model.current(), index(2));
    assert_eq!(model.guests[2].information.window_end.load(), 4_000);
    assert_eq!(run_to(&mut kernel, &mut model, 4_500), index(2), "between windows");
    assert_eq!(run_to(&mut kernel, &mut model, 5_001), index(1));
    assert!(model.time < 5_010, "never a window later for it");
    assert_eq!(run_to(&mut kernel, &mut model, 9_500), index(2));
    // It is as bad as any other.
    fault(&mut kernel, &mut model);
    assert_eq!(kernel.guests[2].state, State::Stopped);
    let before = model.switches;
    assert_eq!(run_to(&mut kernel, &mut model, 10_001), index(0));
    assert_eq!(call(&mut kernel, &mut model, Hypercall::Idle, [0; 3]), None);
    assert_eq!(model.current(), index(1), "nobody has the first one's time any more");
    assert!(model.time >= 15_000 && model.switches == before + 1);
    let late: Vec<u64> =
        (0..2).map(|number| kernel.schedule.observation(number).unwrap().1.late_max).collect();
    assert!(late.iter().all(|late| *late < 10), "{late:?}");
}

/// What the kernel has to say is said before the background partition has the time, which never idles.
#[test]
fn the_background_partition_does_not_hold_the_log_back() {
    let (mut kernel, mut model) = system(2, 200_000, &[(0, 0, 100_000)]);
    kernel.spare.partition = Some(index(1));
    kernel.dispatch(&mut model);
    assert_eq!(fault(&mut kernel, &mut model), index(1));
    assert!(!kernel.console.is_waiting(), "the first one's end is told");
    assert_eq!(kernel.guests[0].state, State::Stopped);
    assert_eq!(run_to(&mut kernel, &mut model, 199_000), index(1));
}

/// A watchdog expires while another has the partition's time, and the partition goes on when it wanted to.
#[test]
fn a_watchdog_expires_in_time_that_was_given_away() {
    let (mut kernel, mut model) = system(2, 10_000, &[(0, 0, 10_000)]);
    kernel.spare.partition = Some(index(1));
    kernel.partitions[0].watchdog = 1_000;
    kernel.partitions[0].responses[HealthError::Watchdog as usize] = Response::new(Action::Log);
    (kernel.guests[0].watchdog_left, kernel.guests[0].is_special) = (1_000, true);
    kernel.dispatch(&mut model);
    model.guests[0].shared.mask.store(Line::Timer.bit(), Relaxed);
    call(&mut kernel, &mut model, Hypercall::TimerSet, [1_500, 0, 0]);
    call(&mut kernel, &mut model, Hypercall::Idle, [0; 3]);
    assert_eq!(run_to(&mut kernel, &mut model, 1_400), index(1));
    assert!(kernel.health.log.read(Some(index(0)), 0).is_some());
    assert_eq!(run_to(&mut kernel, &mut model, 1_501), index(0));
    assert!(model.time < 1_510);
}

/// What the background partition does, it does in time that is given back: it idles, copies, starts again, stops the
/// one whose time it has, and starts it again.
#[test]
fn the_background_partition_gives_the_time_back_whatever_it_does() {
    let (mut kernel, mut model) = system(2, 200_000, &[(0, 0, 180_000)]);
    kernel.spare.partition = Some(index(1));
    kernel.partitions[1].system = true;
    kernel.dispatch(&mut model);
    call(&mut kernel, &mut model, Hypercall::Idle, [0; 3]);
    assert_eq!(model.current(), index(1));
    call(&mut kernel, &mut model, Hypercall::Restart, [0; 3]);
    assert_eq!((model.current(), model.guests[1].resets), (index(1), 2));
    assert_eq!(call(&mut kernel, &mut model, Hypercall::PartitionControl, [0, 1, 0]), Some(0));
    assert_eq!(model.current(), index(1), "it has the time still");
    call(&mut kernel, &mut model, Hypercall::Idle, [0; 3]);
    assert_eq!((model.current(), model.guests[0].resets), (index(0), 2));
    assert_eq!(model.guests[0].program_counter, ENTRY);
    assert_eq!(call(&mut kernel, &mut model, Hypercall::Idle, [0; 3]), None);
    run_to(&mut kernel, &mut model, 200_100);
    assert_eq!(model.current(), index(0));
    call(&mut kernel, &mut model, Hypercall::Idle, [0; 3]);
    assert_eq!(model.current(), index(1));
    assert_eq!(call(&mut kernel, &mut model, Hypercall::PartitionControl, [0, 0, 0]), Some(0));
    assert_eq!(run_to(&mut kernel, &mut model, 399_000), index(1));
    assert_eq!(kernel.guests[0].state, State::Stopped);
    kernel.partitions[1].responses[HealthError::Memory as usize] = Response::new(Action::RestartModule);
    assert_eq!(fault(&mut kernel, &mut model), index(0));
    assert_eq!((model.guests[0].resets, model.guests[1].resets), (3, 3));
}

/// A partition that hangs takes no error: told once, it is dealt with the second time.
#[test]
fn a_handler_that_does_not_take_an_error_is_none() {
    for takes in [true, false] {
        let (mut kernel, mut model) = system(1, 10_000, &[(0, 0, 10_000)]);
        kernel.partitions[0].watchdog = 300;
        kernel.partitions[0].responses[HealthError::Watchdog as usize] =
            Response { deliver: true, ..Response::new(Action::StopModule) };
        (kernel.guests[0].watchdog_left, kernel.guests[0].is_special) = (300, true);
        kernel.dispatch(&mut model);
        call(&mut kernel, &mut model, Hypercall::SetUpcalls, [UPCALL, 0, 0]);
        model.guests[0].shared.mask.store(Line::Health.bit(), Relaxed);
        run_to(&mut kernel, &mut model, 400);
        assert_ne!(model.guests[0].shared.errors.load(Relaxed), 0);
        if takes {
            model.guests[0].shared.errors.store(0, Relaxed);
            run_to(&mut kernel, &mut model, 800);
            assert_eq!(kernel.guests[0].state, State::Ready);
        } else {
            ending_of(|| {
                run_to(&mut kernel, &mut model, 800);
            });
        }
    }
}

/// A schedule brings back what another one has stopped, if it says so; until then the system goes on.
#[test]
fn a_schedule_starts_partitions_that_do_not_run() {
    let (mut kernel, mut model) = with_schedules();
    let mut actions = [ChangeAction::Keep; 32];
    actions[1] = ChangeAction::ColdRestart;
    assert!(kernel.schedule.add_plan());
    kernel.schedule.set_frame(100_000);
    kernel.schedule.describe([b'n'; 32], actions);
    assert!(kernel.schedule.add(Window { partition: index(0), start: 0, end: 50_000 }));
    assert!(kernel.schedule.add(Window { partition: index(1), start: 50_000, end: 100_000 }));
    call(&mut kernel, &mut model, Hypercall::PartitionControl, [1, 0, 0]);
    assert_eq!(kernel.guests[1].state, State::Stopped);
    call(&mut kernel, &mut model, Hypercall::ScheduleSet, [2, 0, 0]);
    run_to(&mut kernel, &mut model, 110_000);
    assert_eq!(kernel.schedule.current().number(), 2);
    call(&mut kernel, &mut model, Hypercall::Halt, [7, 0, 0]);
    assert_eq!(model.current(), index(1), "the other one is still to come");
    assert_eq!((model.guests[1].resets, kernel.guests[1].mode()), (2, Mode::ColdStart));
}

/// A warm start is as the standard has it where a partition has been stopped, too: it needs a start that was done.
#[test]
fn a_stopped_partition_starts_warm_only_behind_a_start_that_was_done() {
    for done in [false, true] {
        let (mut kernel, mut model) = with(Response::new(Action::Idle));
        kernel.partitions[1].system = true;
        if done {
            call(&mut kernel, &mut model, Hypercall::SetMode, [3, 0, 0]);
        }
        fault(&mut kernel, &mut model);
        assert_eq!(model.current(), index(1));
        call(&mut kernel, &mut model, Hypercall::PartitionControl, [0, 2, 0]);
        run_to_normal(&mut kernel, &mut model);
        let expected = if done { StartReason::WarmRestart } else { StartReason::ColdRestart };
        assert_eq!(model.guests[0].information.start.reason.load(Relaxed), expected as u32);
    }
}
