//! Tests of what is told of functions that try to reach what they may not.

use std::boxed::Box;
use std::vec::Vec;

use bulkhead_abi::event::{NO_PARTITION, Record};
use bulkhead_abi::{Access, Action, HealthError, Hypercall, Level, Response};

use crate::device::{Function, Reach};
use crate::guest::State;
use crate::health_tests::{call, ending_of, run_to};
use crate::kernel::Kernel;
use crate::machine::Ending;
use crate::model::{Model, index, system};
use crate::remapping::Fault;

const FUNCTION: u16 = 0x0120;
const WRITE: Fault = Fault { function: FUNCTION, reason: 5, is_read: false, address: 0x11_0000 };

/// Partition 0 owns a function, and partition 1 idles.
fn owners(response: Action) -> (Box<Kernel<Model>>, Model) {
    let (mut kernel, mut model) = system(2, 1000, &[(0, 0, 400), (1, 400, 1000)]);
    let function = Function { number: FUNCTION, partition: index(0), reach: Reach::Owner, ..Function::NONE };
    kernel.devices.functions[0] = function;
    kernel.devices.function_count = 1;
    kernel.devices.functions_of[0] = (0, 1);
    kernel.partitions[0].responses[HealthError::Device as usize] = Response::new(response);
    kernel.dispatch(&mut model);
    (kernel, model)
}

fn told(kernel: &mut Kernel<Model>, model: &mut Model) -> Vec<Record> {
    while kernel.console.send_waiting(model, &kernel.partitions) {}
    model.told()
}

/// Lets time pass through some frames, in which partition 1 idles.
fn pass(kernel: &mut Kernel<Model>, model: &mut Model, frames: u64) {
    let end = model.time / 1000 + frames;
    while model.time / 1000 < end {
        let frame = model.time / 1000 * 1000;
        run_to(kernel, model, frame + 500);
        if model.current == index(1) {
            call(kernel, model, Hypercall::Idle, [0; 3]);
        }
        run_to(kernel, model, frame + 1000);
    }
}

#[test]
fn a_fault_is_told_to_the_owners_health_monitor_once_in_a_slot() {
    let (mut kernel, mut model) = owners(Action::Log);
    model.faults.extend([WRITE; 100]);
    pass(&mut kernel, &mut model, 5);
    let told = told(&mut kernel, &mut model);
    assert_eq!(told.len(), 5, "{told:?}");
    assert_eq!(model.faults.len(), 95);
    for record in &told {
        let decision = record.decision().expect("a decision");
        assert_eq!((record.partition, decision.error), (0, HealthError::Device));
        assert_eq!((decision.action, decision.level), (Action::Log, Level::Partition));
        assert_eq!((decision.code, decision.detail), (5, 0x120));
        assert_eq!(decision.memory, Some((Access::Write, 0x11_0000)));
    }
}

#[test]
fn what_the_response_says_is_done() {
    let (mut kernel, mut model) = owners(Action::Idle);
    model.faults.extend([Fault { is_read: true, ..WRITE }, Fault { reason: 0x22, ..WRITE }]);
    pass(&mut kernel, &mut model, 3);
    assert!(matches!(kernel.guests[0].state, State::Stopped));
    assert_eq!(model.quiet_functions, [FUNCTION]);
    let decisions: Vec<_> = told(&mut kernel, &mut model).iter().filter_map(Record::decision).collect();
    let [stop, late] = decisions[..] else { panic!("{decisions:?}") };
    assert_eq!((stop.action, stop.memory), (Action::Idle, Some((Access::Read, 0x11_0000))));
    assert_eq!((late.action, late.memory, late.code), (Action::Log, None, 0x22), "an interrupt, too late");
}

#[test]
fn what_nobody_owns_is_told_of_the_module() {
    let (mut kernel, mut model) = owners(Action::Idle);
    model.faults.push_back(Fault { function: 1, ..WRITE });
    pass(&mut kernel, &mut model, 2);
    let told = told(&mut kernel, &mut model);
    let [record] = &told[..] else { panic!("{told:?}") };
    let decision = record.decision().expect("a decision");
    assert_eq!((record.partition, decision.level), (NO_PARTITION, Level::Module));
    assert!(!matches!(kernel.guests[0].state, State::Stopped));
}

/// Nobody idles, so nothing is told before the end.
#[test]
fn the_last_fault_is_told_when_the_system_ends() {
    let (mut kernel, mut model) = owners(Action::Idle);
    model.faults.push_back(WRITE);
    run_to(&mut kernel, &mut model, 3_500);
    assert!(told(&mut kernel, &mut model).is_empty());
    for partition in [0, 1] {
        while model.current != index(partition) {
            let next = model.time + 100;
            run_to(&mut kernel, &mut model, next);
        }
        if partition == 0 {
            call(&mut kernel, &mut model, Hypercall::Halt, [0; 3]);
        }
    }
    let ending = ending_of(|| {
        call(&mut kernel, &mut model, Hypercall::Halt, [0; 3]);
    });
    assert_eq!(ending, Ending::Completed);
    assert!(model.told().iter().any(|record| record.decision().is_some_and(|it| it.code == 5)));
}
