//! Tests of the records about errors and schedules: what they say of how and why something was done.

use std::vec::Vec;

use bulkhead_abi::event::{Kind, PartitionEnd, Record, Stopper};
use bulkhead_abi::{Access, Action, ChangeAction, Ground, HealthError, Hypercall, Response};

use crate::guest::State;
use crate::health_tests::{call, ending_of, fault, run_to, with, with_schedules};
use crate::kernel::Kernel;
use crate::machine::Ending;
use crate::model::{Model, index, system};
use crate::restarts::Budget;
use crate::schedule::Window;

/// What the serial line has told of.
fn told(kernel: &mut Kernel<Model>, model: &mut Model) -> Vec<Record> {
    while kernel.console.send_waiting(model, &kernel.partitions) {}
    model.told()
}

/// What it has told of schedules and partitions: when, whose, which schedule, and what was done.
fn scheduled(kernel: &mut Kernel<Model>, model: &mut Model) -> Vec<(u64, u16, u32, ChangeAction)> {
    let told = told(kernel, model).into_iter().filter(|record| record.kind == Kind::Scheduled);
    let action = |record: &Record| ChangeAction::from_number(record.arguments[0] as u8).unwrap();
    told.map(|record| (record.time, record.partition, record.number, action(&record))).collect()
}

#[test]
fn a_restart_for_a_fault_says_how_memory_was_touched_and_a_stop_that_the_budget_was_used_up() {
    let (mut kernel, mut model) = with(Response::new(Action::ColdRestart));
    kernel.partitions[0].budget = Budget { most: 1, period: 1_000_000_000 };
    fault(&mut kernel, &mut model);
    while !matches!(kernel.guests[0].state, State::Ready) || model.current != index(0) {
        let next = model.time + 50;
        run_to(&mut kernel, &mut model, next);
    }
    fault(&mut kernel, &mut model);
    let told = told(&mut kernel, &mut model);
    let decisions: Vec<_> = told.iter().filter_map(Record::decision).collect();
    let [restart] = decisions[..] else { panic!("{told:?}") };
    assert_eq!((restart.action, restart.ground), (Action::ColdRestart, Ground::Error));
    assert_eq!(restart.memory, Some((Access::Write, 0x9000_0000)));
    let stops: Vec<_> = told.iter().filter_map(Record::stop).collect();
    let [stop] = stops[..] else { panic!("{told:?}") };
    assert_eq!((stop.ground, stop.memory), (Ground::RestartsExceeded, Some((Access::Write, 0x9000_0000))));
}

#[test]
fn a_decision_says_that_it_is_the_one_for_a_start() {
    let (mut kernel, mut model) = with(Response::new(Action::Idle));
    kernel.partitions[0].initialization = Some(Response::new(Action::ColdRestart));
    fault(&mut kernel, &mut model);
    let grounds: Vec<_> =
        told(&mut kernel, &mut model).iter().filter_map(|record| Some(record.decision()?.ground)).collect();
    assert_eq!(grounds, [Ground::Initialization]);
}

#[test]
fn the_watchdog_and_a_flood_of_calls_say_where_the_partition_was() {
    for error in [HealthError::Watchdog, HealthError::CallFlood] {
        let (mut kernel, mut model) = system(2, 1000, &[(0, 0, 400), (1, 400, 1000)]);
        if error == HealthError::Watchdog {
            kernel.partitions[0].watchdog = 900;
            kernel.guests[0].watchdog_left = 900;
        } else {
            kernel.partitions[0].calls = 3 + 1;
        }
        kernel.guests[0].is_special = true;
        kernel.dispatch(&mut model);
        model.guests[0].program_counter = 0x12_3456;
        if error == HealthError::CallFlood {
            for _ in 0..4 {
                call(&mut kernel, &mut model, Hypercall::InterfaceVersion, [0; 3]);
            }
        }
        run_to(&mut kernel, &mut model, 2_300);
        let entry = kernel.health.log.read(Some(index(0)), 0).expect("an entry");
        assert_eq!((entry.error, entry.program_counter_low), (error as u32, 0x12_3456));
    }
}

#[test]
fn what_a_schedule_does_with_partitions_has_records() {
    let (mut kernel, mut model) = with_schedules();
    call(&mut kernel, &mut model, Hypercall::ScheduleSet, [1, 0, 0]);
    run_to(&mut kernel, &mut model, 600_000);
    let said = scheduled(&mut kernel, &mut model);
    let [stopped, restart] = said[..] else { panic!("{said:?}") };
    assert_eq!(stopped, (100_000, 1, 1, ChangeAction::Idle), "when it counts from, in no window of its own");
    assert!((110_000..111_000).contains(&restart.0), "when its window has begun: {restart:?}");
    assert_eq!(restart, (restart.0, 0, 1, ChangeAction::WarmRestart));
    let told = told(&mut kernel, &mut model);
    let place = |kind| told.iter().position(|record| record.kind == kind).expect("a record");
    assert!(place(Kind::Scheduled) < place(Kind::Restarted));
}

/// A partition that a schedule stops and that has a window in it is told of when that opens, and once.
#[test]
fn what_a_schedule_stops_is_told_once() {
    let (mut kernel, mut model) = with_schedules();
    assert!(kernel.schedule.add(Window { partition: index(1), start: 60_000, end: 70_000 }));
    call(&mut kernel, &mut model, Hypercall::ScheduleSet, [1, 0, 0]);
    run_to(&mut kernel, &mut model, 500_000);
    let of_the_second: Vec<_> =
        scheduled(&mut kernel, &mut model).into_iter().filter(|told| told.1 == 1).collect();
    assert_eq!(of_the_second, [(100_000, 1, 1, ChangeAction::Idle)]);
    assert_eq!(kernel.guests[1].state, State::Stopped);
}

/// Who was started again before its turn to be told of is not told of as stopped: it never was.
#[test]
fn who_is_started_before_it_is_told_of_was_not_stopped() {
    for is_started in [false, true] {
        let (mut kernel, mut model) = system(2, 100_000, &[(0, 0, 50_000), (1, 50_000, 100_000)]);
        assert!(kernel.schedule.add_plan());
        kernel.schedule.set_frame(70_000);
        let mut actions = [ChangeAction::Keep; 32];
        actions[1] = ChangeAction::Idle;
        kernel.schedule.describe([b'd'; 32], actions);
        assert!(kernel.schedule.add(Window { partition: index(0), start: 0, end: 60_000 }));
        kernel.partitions[0].system = true;
        kernel.dispatch(&mut model);
        call(&mut kernel, &mut model, Hypercall::ScheduleSet, [1, 0, 0]);
        assert_eq!(run_to(&mut kernel, &mut model, 100_050), index(0));
        if is_started {
            assert_eq!(call(&mut kernel, &mut model, Hypercall::PartitionControl, [1, 1, 0]), Some(0));
        }
        run_to(&mut kernel, &mut model, 400_000);
        let stopped = if is_started { None } else { Some((100_000, 1, 1, ChangeAction::Idle)) };
        assert_eq!(scheduled(&mut kernel, &mut model), stopped.into_iter().collect::<Vec<_>>());
    }
}

/// How partition 1 has ended and who has stopped it, by the report, and how the system has.
fn ends(kernel: &mut Kernel<Model>, model: &mut Model) -> (u64, u64, Ending) {
    let now = model.time;
    let ending = ending_of(|| kernel.end(model, now));
    let end = model
        .told()
        .into_iter()
        .find(|record| record.kind == Kind::PartitionEnd && record.partition == 1)
        .expect("a report");
    (end.arguments[0], end.arguments[2], ending)
}

#[test]
fn the_report_says_who_has_stopped_a_partition_and_only_the_health_monitor_is_a_bad_end() {
    let stopped = PartitionEnd::Stopped as u64;
    // By another partition, which halts.
    let (mut kernel, mut model) = with_schedules();
    call(&mut kernel, &mut model, Hypercall::PartitionControl, [1, 0, 0]);
    kernel.guests[0].state = State::Halted(0);
    assert_eq!(
        ends(&mut kernel, &mut model),
        (stopped, Stopper::Partition as u64, Ending::Completed),
        "as the system has been built"
    );
    // By a schedule, with no window in it any more.
    let (mut kernel, mut model) = with_schedules();
    call(&mut kernel, &mut model, Hypercall::ScheduleSet, [1, 0, 0]);
    run_to(&mut kernel, &mut model, 400_000);
    kernel.guests[0].state = State::Halted(0);
    assert_eq!(ends(&mut kernel, &mut model), (stopped, Stopper::Schedule as u64, Ending::Completed));
    // By the health monitor.
    let (mut kernel, mut model) = with_schedules();
    run_to(&mut kernel, &mut model, 60_000);
    fault(&mut kernel, &mut model);
    kernel.guests[0].state = State::Halted(0);
    assert_eq!(ends(&mut kernel, &mut model), (stopped, Stopper::HealthMonitor as u64, Ending::Stopped));
}
