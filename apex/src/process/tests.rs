//! Processes with a simulated executive: conditions in their order, what the executive is asked for, and deadlines.

use bulkhead_guest::host::simulated::{self, health};

use super::*;
use crate::ReturnCode::{InvalidConfig, InvalidMode, InvalidParam, NoAction, TimedOut};
use crate::executive::simulated::{self as executive, FIRST, Request};
use crate::partition::set_partition_mode;

/// The simulated partition's major frame.
const FRAME: i64 = 100_000_000;

extern "C" fn entry() {}

fn named(text: &str) -> Name {
    let mut name = [0; bulkhead_abi::NAME_SIZE];
    name[..text.len()].copy_from_slice(text.as_bytes());
    name
}

fn attributes(text: &str) -> Attributes {
    Attributes {
        period: INFINITE,
        time_capacity: INFINITE,
        entry: Some(entry),
        stack_size: 4096,
        base_priority: 100,
        deadline: 1,
        name: named(text),
    }
}

/// A process is created; it has these attributes.
fn create(attributes: &Attributes) -> i32 {
    create_process(attributes).expect("it may be created")
}

fn timed(text: &str, capacity: i64) -> i32 {
    create(&Attributes { time_capacity: capacity, ..attributes(text) })
}

fn periodic(text: &str, period: i64, capacity: i64) -> i32 {
    create(&Attributes { period, time_capacity: capacity, ..attributes(text) })
}

fn normal() {
    assert_eq!(set_partition_mode(3), Ok(()));
}

/// From now on this process calls.
fn call_as(process: i32) {
    executive::call_as(Some((process as Task, 142)));
}

fn state(process: i32) -> State {
    let status = get_process_status(process).expect("there is one");
    [State::Dormant, State::Ready, State::Running, State::Waiting, State::Faulted][status.state as usize]
}

#[test]
fn a_process_is_a_task_with_a_priority_that_mirrors_its_own() {
    for (priority, task) in [(239, 3), (1, 241), (100, 142)] {
        let process = create(&Attributes { base_priority: priority, ..attributes(&format!("p{priority}")) });
        let made = executive::created().pop().expect("a task");
        assert_eq!((made.priority, made.stack_size), (task, 4096));
        assert_eq!(state(process), State::Dormant);
    }
    assert_eq!(executive::created()[0].name, u32::from_be_bytes(*b"p239"));
    assert_eq!(get_process_id(&named("p1")), Ok(FIRST as i32 + 1));
}

#[test]
fn there_is_room_for_as_many_as_the_limit_and_for_what_was_refused() {
    let large = Attributes { stack_size: 1 << 20, ..attributes("large") };
    assert_eq!(create_process(&large).err(), Some(InvalidConfig), "there is no memory");
    for number in 0..PROCESSES_MAX {
        create(&attributes(&format!("p{number}")));
    }
    assert_eq!(create_process(&attributes("p0")).err(), Some(InvalidConfig), "before the name");
    assert_eq!(get_process_id(&named("large")), Err(InvalidConfig));
}

#[test]
fn those_that_were_started_begin_with_normal_in_that_order() {
    let [first, second, third] = ["a", "b", "c"].map(|name| create(&attributes(name)));
    for process in [second, third, first] {
        assert_eq!((start(process), state(process)), (Ok(()), State::Waiting));
    }
    assert_eq!(executive::take_woken(), []);
    let _ = executive::take_requests();
    normal();
    assert_eq!(executive::take_woken(), [second, third, first].map(|process| process as Task));
    assert_eq!(executive::take_requests(), [Request::Hold(true), Request::Hold(false)]);
}

#[test]
fn a_deadline_that_the_clock_never_reaches_is_refused() {
    let process = timed("long", i64::MAX);
    simulated::advance_to(1);
    assert_eq!(start(process), Err(InvalidConfig));
    let process = timed("less", i64::MAX - 5);
    assert_eq!(delayed_start(process, 5), Err(InvalidConfig));
    assert_eq!(start(process), Ok(()));
    // Until then the clock has gone on.
    simulated::advance_to(10);
    normal();
    assert_eq!((executive::take_woken(), state(process)), (vec![], State::Dormant));
}

#[test]
fn what_waits_is_as_the_executive_has_it() {
    let process = create(&attributes("a"));
    normal();
    assert_eq!(start(process), Ok(()));
    assert_eq!(state(process), State::Waiting);
    executive::set_ready(&[process as Task]);
    assert_eq!(state(process), State::Ready);
    call_as(process);
    assert_eq!((state(process), get_my_id(), get_my_index()), (State::Running, Ok(process), Ok(0)));
}

#[test]
fn stopping_begins_the_task_anew_and_takes_its_lock() {
    let [holder, other] = ["holder", "other"].map(|name| create(&attributes(name)));
    normal();
    assert_eq!(start(holder), Ok(()));
    call_as(holder);
    assert_eq!(lock_preemption(), (1, ReturnCode::NoError));
    call_as(other);
    assert_eq!(lock_preemption(), (1, InvalidMode));
    assert_eq!(unlock_preemption(), (1, InvalidMode));
    assert_eq!(suspend(holder), Err(InvalidMode));
    let _ = executive::take_requests();
    assert_eq!(stop(holder), Ok(()));
    let task = holder as Task;
    let expected =
        [Request::Hold(true), Request::Raise(task, false), Request::Restart(task), Request::Hold(false)];
    assert_eq!(executive::take_requests(), expected);
    assert_eq!((stop(holder), modes::lock_level()), (Err(NoAction), 0));
}

#[test]
fn periods_begin_with_the_first_window_of_the_next_frame() {
    let [early, later] = [periodic("early", FRAME, 10), periodic("later", 2 * FRAME, 10)];
    simulated::advance_to(30);
    assert_eq!((start(early), delayed_start(later, 7)), (Ok(()), Ok(())));
    normal();
    let deadline = |process| get_process_status(process).map(|status| status.deadline_time);
    assert_eq!((deadline(early), deadline(later)), (Ok(FRAME + 10), Ok(FRAME + 17)));
    assert_eq!(executive::alarm(), Some(FRAME as u64 + 11));
    // The window of that frame begins 40 ns late: nothing is missed of what begins with it.
    with(|table| table.settle(FRAME as u64 + 50, FRAME as u64, || FRAME as u64 + 40));
    assert_eq!((deadline(early), deadline(later)), (Ok(FRAME + 50), Ok(FRAME + 57)));
    let turn = |place, now: i64| with(|table| table.turn(Place(place), now as u64));
    assert!(matches!(turn(1, FRAME + 46), Turn::Wait(time) if time == FRAME as u64 + 47));
    assert!(matches!(turn(0, FRAME + 50), Turn::Now(_)));
    let job = |now: i64| with(|table| table.ended_job(Place(0), now as u64)).map(|job| (job.took, job.late));
    assert_eq!([job(FRAME + 50), job(FRAME + 51)], [Some((10, false)), Some((11, true))]);
    call_as(early);
    executive::while_waiting(|time| {
        assert_eq!(time, 2 * FRAME as u64 + 40);
        simulated::advance_to(time);
    });
    assert_eq!((periodic_wait(), deadline(early)), (Ok(()), Ok(2 * FRAME + 50)));
    // It is late for the next one, which is made up for.
    simulated::advance_to(4 * FRAME as u64);
    assert_eq!(job(4 * FRAME), Some((2 * FRAME as u64 - 40, true)));
    executive::while_waiting(|_| panic!("it does not wait"));
    assert_eq!((periodic_wait(), deadline(early)), (Ok(()), Ok(3 * FRAME + 50)));
}

#[test]
fn a_deadline_that_is_missed_is_told_once() {
    let [first, second] = [timed("first", 50), timed("second", 80)];
    normal();
    assert_eq!((start(second), start(first)), (Ok(()), Ok(())));
    assert_eq!(executive::alarm(), Some(51));
    simulated::advance_to(50);
    executive::ring();
    assert_eq!((health::raised(), executive::alarm()), (vec![], Some(51)), "it is in time still");
    simulated::advance_to(51);
    executive::ring();
    let word = |text: &[u8; 4]| u32::from_be_bytes(*text);
    assert_eq!((health::raised(), executive::alarm()), (vec![(11, 1, word(b"firs"))], Some(81)));
    assert_eq!(stop(second), Ok(()));
    simulated::advance_to(100);
    executive::ring();
    assert_eq!((health::raised().len(), executive::alarm()), (1, None), "it has been stopped in time");
}

#[test]
fn who_is_suspended_by_itself_goes_on_when_it_is_resumed_or_its_time_is_over() {
    let [process, other] = ["a", "b"].map(|name| create(&attributes(name)));
    normal();
    assert_eq!((start(process), suspend_self(5)), (Ok(()), Err(InvalidMode)), "it is no process that calls");
    call_as(process);
    simulated::advance_to(1);
    assert_eq!((suspend_self(i64::MAX), suspend_self(0)), (Err(InvalidParam), Ok(())));
    executive::while_waiting(simulated::advance_to);
    assert_eq!(suspend_self(5), Err(TimedOut));
    executive::while_waiting(move |_| {
        call_as(other);
        assert_eq!((resume(process), resume(process)), (Ok(()), Err(NoAction)));
        call_as(process);
    });
    assert_eq!(suspend_self(INFINITE), Ok(()));
    assert_eq!(executive::take_woken().last(), Some(&(process as Task)));
}
