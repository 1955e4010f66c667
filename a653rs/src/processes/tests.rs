//! The processes without a processor: conditions in their order, whose turn it is, periods, deadlines, waiting.

use a653rs::bindings::MAX_NAME_LENGTH;
use proptest::prelude::*;

use super::*;

const PERIOD: u64 = 100;

const AT_START: Circumstances = Circumstances { room: 10_000, period: PERIOD as i64 };

extern "C" fn entry() {}

fn name(text: &str) -> ApexName {
    let mut name = [0; MAX_NAME_LENGTH];
    name[..text.len()].copy_from_slice(text.as_bytes());
    name
}

fn attributes(text: &str, base_priority: Priority, period: i64) -> ApexProcessAttribute {
    ApexProcessAttribute {
        period,
        time_capacity: INFINITE_TIME_VALUE,
        entry_point: entry,
        stack_size: STACK_MIN,
        base_priority,
        deadline: Deadline::Hard,
        name: name(text),
    }
}

/// A periodic and an aperiodic process of the same priority, both started, in `NORMAL` since 150.
fn two() -> (Processes, Index, Index) {
    let mut all = Processes::NONE;
    let periodic =
        all.create(&attributes("periodic", 1, PERIOD as i64), AT_START).expect("it may be created");
    let aperiodic = all.create(&attributes("aperiodic", 1, -1), AT_START).expect("it may be created");
    all.start(aperiodic, 10).expect("it is dormant");
    all.start(periodic, 20).expect("it is dormant");
    all.begin(150, PERIOD);
    (all, periodic, aperiodic)
}

#[test]
fn creation_refuses_in_the_order_of_the_standard() {
    use ErrorReturnCode::{InvalidConfig, InvalidMode, InvalidParam, NoAction};
    let mut all = Processes::NONE;
    assert!(all.create(&attributes("there", 1, -1), AT_START).is_ok());
    all.normal = true;
    // From a process of which nothing is right, one thing after the other is repaired.
    let mut wrong = attributes("there", 0, 150);
    (wrong.stack_size, wrong.time_capacity) = (10_001, 0);
    let mut expect = |wrong: &ApexProcessAttribute, code| {
        assert_eq!(all.create(wrong, AT_START), Err(code), "{wrong:?}");
    };
    expect(&wrong, InvalidConfig);
    wrong.stack_size = STACK_MIN - 1;
    expect(&wrong, NoAction);
    wrong.name = name("new");
    expect(&wrong, InvalidParam);
    wrong.stack_size = STACK_MIN;
    expect(&wrong, InvalidParam);
    wrong.base_priority = MAX_PRIORITY_VALUE + 1;
    expect(&wrong, InvalidParam);
    wrong.base_priority = MAX_PRIORITY_VALUE;
    expect(&wrong, InvalidConfig);
    wrong.period = 200;
    expect(&wrong, InvalidParam);
    wrong.time_capacity = 201;
    expect(&wrong, InvalidParam);
    wrong.time_capacity = 200;
    expect(&wrong, InvalidMode);
    all.normal = false;
    assert_eq!(all.create(&wrong, AT_START), Ok(Index(1)));
    for number in 2..PROCESSES_MAX {
        assert_eq!(all.create(&attributes(&format!("p{number}"), 1, 0), AT_START), Ok(Index(number)));
    }
    assert_eq!(all.create(&attributes("there", 1, -1), AT_START), Err(InvalidConfig), "the table is full");
}

#[test]
fn starting_refuses_in_the_order_of_the_standard() {
    let mut all = Processes::NONE;
    assert_eq!(all.start(Index(0), 0), Err(ErrorReturnCode::InvalidParam));
    let mut long = attributes("long", 1, -1);
    long.time_capacity = i64::MAX;
    let long = all.create(&long, AT_START).expect("it may be created");
    assert_eq!(all.start(long, 1), Err(ErrorReturnCode::InvalidConfig), "the clock never gets there");
    assert_eq!(all.start(long, 0), Ok(()));
    assert_eq!(all.start(long, 1), Err(ErrorReturnCode::NoAction));
}

#[test]
fn nobody_executes_before_normal() {
    let mut all = Processes::NONE;
    let early = all.create(&attributes("early", 1, -1), AT_START).expect("it may be created");
    all.start(early, 0).expect("it is dormant");
    assert_eq!((all.choose(), all.alarm()), (None, NEVER));
    all.create_handler(attributes("handler", i32::MAX, -1));
    assert!(!all.call_handler());
    all.begin(5, PERIOD);
    assert_eq!(all.choose(), Some(early));
}

#[test]
fn periods_begin_with_the_first_window_of_the_next_frame() {
    let (mut all, periodic, aperiodic) = two();
    all.advance(150, || 130);
    assert_eq!((all.choose(), all.alarm()), (Some(aperiodic), 200));
    // The partition's window of the frame opens at 230, and the timer's line comes then.
    all.advance(231, || 230);
    assert_eq!(all.choose(), Some(periodic), "of the same priority it comes first");
    assert_eq!(all.wait_for_period(), Ok(()));
    all.advance(240, || panic!("the origin is known"));
    assert_eq!((all.choose(), all.alarm()), (Some(aperiodic), 330));
    all.advance(330, || 330);
    assert_eq!(all.choose(), Some(periodic));
    // It needs longer than until its release points at 430 and 530: it is late, and misses none of them.
    assert_eq!(all.wait_for_period(), Ok(()));
    for expected in [Some(periodic), Some(periodic), Some(aperiodic)] {
        all.advance(535, || 530);
        assert_eq!(all.choose(), expected);
        let _ = all.wait_for_period();
    }
    assert_eq!(all.alarm(), 630);
}

#[test]
fn a_periodic_process_that_is_started_later_waits_for_the_partitions_period() {
    let (mut all, periodic, aperiodic) = two();
    all.advance(231, || 230);
    assert_eq!(all.choose(), Some(periodic));
    all.stop(periodic);
    all.advance(235, || 230);
    assert_eq!((all.choose(), all.start(periodic, 235)), (Some(aperiodic), Ok(())));
    assert_eq!((all.choose(), all.alarm()), (Some(aperiodic), 330));
}

#[test]
fn the_highest_priority_goes_first_and_then_who_came_first() {
    let mut all = Processes::NONE;
    let mut add = |text, priority| {
        let index = all.create(&attributes(text, priority, -1), AT_START).expect("it may be created");
        all.start(index, 0).expect("it is dormant");
        index
    };
    let (low, first, second) = (add("low", 1), add("first", 7), add("second", 7));
    all.begin(0, PERIOD);
    assert_eq!(all.choose(), Some(first));
    all.give_way();
    assert_eq!(all.choose(), Some(second));
    all.wait(50);
    assert_eq!(all.choose(), Some(first));
    all.advance(50, || 0);
    assert_eq!(all.choose(), Some(first), "who comes back comes behind");
    all.stop(first);
    assert_eq!(all.choose(), Some(second));
    all.stop(second);
    assert_eq!(all.choose(), Some(low));
    all.create_handler(attributes("handler", i32::MAX, -1));
    assert!(all.call_handler());
    assert_eq!(all.choose(), Some(HANDLER));
    assert_eq!(all.caller(), None, "the error handler must not wait");
    all.stop(HANDLER);
    assert_eq!(all.choose(), Some(low));
}

#[test]
fn a_process_that_has_been_woken_before_it_waits_does_not_wait() {
    let (mut all, _, aperiodic) = two();
    all.advance(150, || 130);
    assert_eq!(all.choose(), Some(aperiodic));
    assert_eq!(all.caller(), Some((aperiodic, 1)));
    all.wake(aperiodic);
    all.wait(NEVER);
    assert_eq!(all.choose(), Some(aperiodic));
    all.wait(NEVER);
    assert_eq!(all.choose(), None, "once");
    all.wake(aperiodic);
    assert_eq!(all.choose(), Some(aperiodic));
    all.wake(aperiodic);
    assert!(all.caller().is_some());
    all.wait(NEVER);
    assert_eq!(all.choose(), None, "what woke it came before it asked");
}

#[test]
fn a_deadline_is_missed_once_and_not_by_who_has_done_its_work() {
    let mut all = Processes::NONE;
    let mut quick = attributes("quick", 1, PERIOD as i64);
    quick.time_capacity = 20;
    let quick = all.create(&quick, AT_START).expect("it may be created");
    all.start(quick, 0).expect("it is dormant");
    all.begin(0, PERIOD);
    all.advance(110, || 110);
    assert_eq!((all.choose(), all.alarm()), (Some(quick), 131));
    assert_eq!(all.take_missed(130), None);
    assert_eq!(all.take_missed(131), Some((quick, Deadline::Hard)));
    assert_eq!((all.take_missed(132), all.alarm()), (None, NEVER));
    assert_eq!(all.wait_for_period(), Ok(()));
    all.advance(210, || 210);
    assert_eq!((all.choose(), all.alarm()), (Some(quick), 231));
    assert_eq!(all.wait_for_period(), Ok(()));
    assert_eq!((all.take_missed(300), all.alarm()), (None, 310));
}

#[test]
fn a_budget_moves_the_deadline_and_not_behind_the_next_release() {
    let (mut all, periodic, _) = two();
    assert_eq!(all.replenish(10, 0), Err(ErrorReturnCode::NoAction), "nobody executes");
    all.advance(230, || 230);
    assert_eq!(all.choose(), Some(periodic));
    assert_eq!(all.replenish(i64::MAX, 240), Err(ErrorReturnCode::InvalidParam));
    assert_eq!(all.replenish(91, 240), Err(ErrorReturnCode::InvalidMode));
    assert_eq!(all.replenish(-1, 240), Err(ErrorReturnCode::InvalidMode), "it would never end");
    assert_eq!(all.replenish(90, 240), Ok(()));
    assert_eq!(all.alarm(), NEVER, "without a time capacity there is no deadline");

    let mut all = Processes::NONE;
    let mut once = attributes("once", 1, -1);
    once.time_capacity = 50;
    let once = all.create(&once, AT_START).expect("it may be created");
    all.start(once, 0).expect("it is dormant");
    all.begin(10, PERIOD);
    assert_eq!((all.choose(), all.alarm()), (Some(once), 61));
    assert_eq!((all.replenish(100, 40), all.alarm()), (Ok(()), 141));
    assert_eq!((all.replenish(-1, 40), all.alarm()), (Ok(()), NEVER));
    all.create_handler(attributes("handler", i32::MAX, -1));
    all.call_handler();
    assert_eq!((all.choose(), all.replenish(1, 40)), (Some(HANDLER), Err(ErrorReturnCode::NoAction)));
}

#[test]
fn only_a_periodic_process_waits_for_its_period() {
    let (mut all, _, aperiodic) = two();
    assert_eq!(all.wait_for_period(), Err(ErrorReturnCode::InvalidMode), "nobody executes");
    all.advance(150, || 130);
    assert_eq!(all.choose(), Some(aperiodic));
    assert_eq!(all.wait_for_period(), Err(ErrorReturnCode::InvalidMode));
}

/// A step of a random history.
#[derive(Clone, Debug)]
enum Step {
    Start(usize),
    Stop(usize),
    Wake(usize),
    Wait(u64),
    Period,
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4_usize).prop_map(Step::Start),
        (0..4_usize).prop_map(Step::Stop),
        (0..4_usize).prop_map(Step::Wake),
        (0..60_u64).prop_map(Step::Wait),
        Just(Step::Period),
        (0..120_u64).prop_map(Step::Pass),
    ]
}

proptest! {
    /// Whatever happens, the one that executes has the highest priority of those that are ready, nothing that is due is
    /// left, and what will be due has an alarm.
    #[test]
    fn the_right_one_executes(
        kinds in proptest::array::uniform4((1..4_i32, any::<bool>())),
        steps in proptest::collection::vec(step(), 1..80),
    ) {
        let mut all = Processes::NONE;
        for (number, (priority, periodic)) in kinds.into_iter().enumerate() {
            let period = if periodic { PERIOD as i64 } else { -1 };
            let created = all.create(&attributes(&format!("p{number}"), priority, period), AT_START);
            prop_assert_eq!(created, Ok(Index(number)));
        }
        let mut now = 0;
        all.begin(now, PERIOD);
        for step in steps {
            match step {
                Step::Start(number) => { let _ = all.start(Index(number), now); }
                Step::Stop(number) => all.stop(Index(number)),
                Step::Wake(number) => all.wake(Index(number)),
                Step::Wait(time) => all.wait(now + time),
                Step::Period => { let _ = all.wait_for_period(); }
                Step::Pass(time) => now += time,
            }
            // Late periodic processes are released one period at a time.
            all.advance(now, || now - now % 10);
            let chosen = all.choose();
            let ready = |process: &Process| process.state == State::Ready;
            let best = all.places.iter().flatten().filter(|process| ready(process))
                .map(|process| (process.priority, process.is_periodic())).max();
            let rank = chosen.and_then(|index| all.places[index.0].as_ref())
                .map(|process| (process.priority, process.is_periodic()));
            prop_assert_eq!(rank, best);
            prop_assert!(all.alarm() > now);
            for process in all.places.iter().flatten() {
                if let State::Waiting(time) = process.state {
                    prop_assert!(all.alarm() <= time);
                }
            }
        }
    }
}
