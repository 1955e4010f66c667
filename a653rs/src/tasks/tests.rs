//! The tasks without a processor: whose turn it is, waiting, suspension, priorities.

use proptest::prelude::*;

use super::*;

extern "C" fn entry(_argument: usize) {}

const BEGINNING: Beginning = Beginning { entry, argument: 0 };

/// Tasks of these priorities, in `NORMAL`.
fn created<const COUNT: usize>(priorities: [u32; COUNT]) -> (Tasks, [Index; COUNT]) {
    let mut all = Tasks::NONE;
    let indices = priorities.map(|priority| all.create(BEGINNING, priority, false).expect("a place"));
    all.begin();
    (all, indices)
}

#[test]
fn nobody_executes_before_normal() {
    let mut all = Tasks::NONE;
    let early = all.create(BEGINNING, 7, false).expect("a place");
    assert_eq!((all.choose(), all.caller(), all.alarm()), (None, None, NEVER));
    all.begin();
    assert_eq!((all.choose(), all.caller()), (Some(early), Some((early, 7))));
}

#[test]
fn there_is_a_place_for_the_error_handler_behind_the_processes() {
    let mut all = Tasks::NONE;
    for _ in 0..PROCESSES_MAX {
        assert!(all.has_room() && all.create(BEGINNING, 7, false).is_some());
    }
    assert!(!all.has_room());
    assert!(all.create(BEGINNING, 1, false).is_some());
    assert_eq!(all.create(BEGINNING, 1, false), None);
}

#[test]
fn the_highest_priority_goes_first_and_then_who_came_first() {
    let (mut all, [low, first, second]) = created([9, 7, 7]);
    assert_eq!(all.choose(), Some(first));
    all.give_way();
    assert_eq!(all.choose(), Some(second));
    all.wait(50);
    assert_eq!((all.choose(), all.alarm()), (Some(first), 50));
    all.advance(49);
    assert_eq!(all.alarm(), 50);
    all.advance(50);
    assert_eq!(all.choose(), Some(first), "who comes back comes behind");
    all.wait(NEVER);
    assert_eq!(all.choose(), Some(second));
    all.wait(NEVER);
    assert_eq!(all.choose(), Some(low));
}

#[test]
fn of_the_same_priority_a_periodic_process_comes_first() {
    let mut all = Tasks::NONE;
    let aperiodic = all.create(BEGINNING, 7, false).expect("a place");
    let periodic = all.create(BEGINNING, 7, true).expect("a place");
    all.begin();
    assert_eq!(all.choose(), Some(periodic));
    all.wait(10);
    assert_eq!(all.choose(), Some(aperiodic));
    all.advance(10);
    assert_eq!(all.choose(), Some(periodic));
}

#[test]
fn a_task_that_has_been_woken_before_it_waits_does_not_wait() {
    let (mut all, [only]) = created([7]);
    assert_eq!((all.choose(), all.caller()), (Some(only), Some((only, 7))));
    all.wake(only);
    all.wait(NEVER);
    assert_eq!(all.choose(), Some(only));
    all.wait(NEVER);
    assert_eq!(all.choose(), None, "once");
    all.wake(only);
    assert_eq!(all.choose(), Some(only));
    all.wake(only);
    assert!(all.caller().is_some());
    all.wait(NEVER);
    assert_eq!(all.choose(), None, "what woke it came before it asked");
}

#[test]
fn who_is_suspended_waits_on_and_begins_anew_ready() {
    let (mut all, [first, second]) = created([7, 7]);
    all.choose();
    all.wait(10);
    all.suspend(first, true);
    all.advance(10);
    assert_eq!((all.choose(), all.is_ready(first)), (Some(second), false));
    all.suspend(first, false);
    assert!(all.is_ready(first));
    all.suspend(first, true);
    all.restart(first);
    assert!(all.is_ready(first));
    assert_eq!(all.choose(), Some(second), "it comes behind");
}

#[test]
fn a_raise_ends_before_the_others_of_the_own_priority_and_a_new_priority_behind_them() {
    let (mut all, [first, second, high]) = created([7, 7, 3]);
    all.suspend(high, true);
    assert_eq!(all.choose(), Some(first));
    all.raise(first, true);
    all.suspend(high, false);
    assert_eq!(all.choose(), Some(first));
    all.raise(first, false);
    assert_eq!(all.choose(), Some(high));
    all.wait(NEVER);
    assert_eq!(all.choose(), Some(first));
    all.set_priority(first, 7);
    assert_eq!(all.choose(), Some(second));
}

/// A step of a random history.
#[derive(Clone, Debug)]
enum Step {
    Restart(usize),
    Wake(usize),
    Suspend(usize, bool),
    SetPriority(usize, u32),
    Raise(usize, bool),
    Wait(u64),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4_usize).prop_map(Step::Restart),
        (0..4_usize).prop_map(Step::Wake),
        (0..4_usize, any::<bool>()).prop_map(|(task, suspended)| Step::Suspend(task, suspended)),
        (0..4_usize, 3..6_u32).prop_map(|(task, priority)| Step::SetPriority(task, priority)),
        (0..4_usize, any::<bool>()).prop_map(|(task, raised)| Step::Raise(task, raised)),
        (0..60_u64).prop_map(Step::Wait),
        (0..120_u64).prop_map(Step::Pass),
    ]
}

proptest! {
    /// Whatever happens, the one that executes has the highest priority of those that are ready, nothing that is due is
    /// left, and what will be due has an alarm.
    #[test]
    fn the_right_one_executes(
        kinds in proptest::array::uniform4((3..6_u32, any::<bool>())),
        steps in proptest::collection::vec(step(), 1..80),
    ) {
        let mut all = Tasks::NONE;
        for (priority, is_periodic) in kinds {
            prop_assert!(all.create(BEGINNING, priority, is_periodic).is_some());
        }
        let mut now = 0;
        all.begin();
        for step in steps {
            match step {
                Step::Restart(task) => all.restart(Index(task)),
                Step::Wake(task) => all.wake(Index(task)),
                Step::Suspend(task, suspended) => all.suspend(Index(task), suspended),
                Step::SetPriority(task, priority) => all.set_priority(Index(task), priority),
                Step::Raise(task, raised) => all.raise(Index(task), raised),
                Step::Wait(time) => all.wait(now + time),
                Step::Pass(time) => now += time,
            }
            all.advance(now);
            let chosen = all.choose();
            let rank = |task: &Task| {
                let priority = if task.raised { task.priority.min(RAISED_PRIORITY) } else { task.priority };
                (priority, !task.is_periodic)
            };
            let best = all.places.iter().flatten().filter(|task| task.is_ready()).map(rank).min();
            let chosen = chosen.and_then(|index| all.places[index.0].as_ref()).map(rank);
            prop_assert_eq!(chosen, best);
            prop_assert!(all.alarm() > now);
        }
    }
}
