//! Tasks that wait, against a plain model: who is served with what, in which order, and who gives up.

use std::collections::VecDeque;

use bulkhead_guest::host::simulated::{self, ports as world};
use bulkhead_guest::interrupts;
use proptest::prelude::*;

use super::*;
use crate::executive::simulated as executive;

const SIZE: usize = 4;

/// A step of a random history at one queuing port.
#[derive(Clone, Debug)]
enum Step {
    /// A task sends or receives.
    Call { priority: u32, patience: u64 },
    /// The other partition sends or receives so many messages.
    Other(usize),
    /// Time passes.
    Advance(u64),
    /// A task that waits is deleted.
    Delete(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4_u32, prop_oneof![Just(0), 1..40_u64, Just(u64::MAX)])
            .prop_map(|(priority, patience)| Step::Call { priority, patience }),
        3 => (1..4_usize).prop_map(Step::Other),
        2 => (0..30_u64).prop_map(Step::Advance),
        1 => (0..4_usize).prop_map(Step::Delete),
    ]
}

/// A task that waits, and where.
struct Sleeper {
    task: Task,
    place: Place,
    deadline: u64,
    room: &'static mut [u8; SIZE],
}

/// How a call ended: a message's number if it was received.
type End = Result<Option<u8>, Refusal>;

/// The same with nothing but lists.
struct Model {
    depth: usize,
    by_priority: bool,
    queue: VecDeque<u8>,
    /// Task, priority, deadline, and the message of a sender; in the order of arrival.
    waiting: Vec<(Task, u32, u64, u8)>,
}

impl Model {
    fn first(&self) -> Option<usize> {
        let key = |index: &usize| if self.by_priority { self.waiting[*index].1 } else { 0 };
        (0..self.waiting.len()).min_by_key(key)
    }
}

fn begin_anew(depth: usize, by_priority: bool, destination: bool) -> Port {
    world::remove_all();
    for task in 0..1000 {
        forget(task);
    }
    let number = world::add_queuing("port", SIZE as u32, depth as u32, destination);
    simulated::begin();
    interrupts::enable();
    let port = Port::from_number(number).expect("it was added");
    attach(port, if by_priority { Discipline::Priority } else { Discipline::Fifo }).expect("a port");
    port
}

fn patience(patience: u64) -> Patience {
    match patience {
        0 => Patience::None,
        u64::MAX => Patience::Forever,
        time => Patience::Until(simulated::clock() + time),
    }
}

/// Looks at every task that waits, as it would when it is woken; those whose waiting has ended, with the outcome.
fn ended(sleepers: &mut Vec<Sleeper>) -> Vec<(Task, End)> {
    let mut ends = Vec::new();
    sleepers.retain(|sleeper| match look(sleeper.place, sleeper.deadline) {
        None => true,
        Some(answer) => {
            let message = |received: Received| (received.length != 0).then_some(sleeper.room[0]);
            ends.push((sleeper.task, answer.map(message)));
            false
        }
    });
    ends
}

/// The tasks of the model whose time is over.
fn expired(model: &mut Model) -> Vec<(Task, End)> {
    let now = simulated::clock();
    let over = model.waiting.extract_if(.., |(_, _, deadline, _)| *deadline <= now);
    over.map(|(task, ..)| (task, Err(Refusal::TimedOut))).collect()
}

/// Sorted by task, as the order of looking is nobody's affair.
fn sorted(mut ends: Vec<(Task, End)>) -> Vec<(Task, End)> {
    ends.sort_by_key(|(task, _)| *task);
    ends
}

proptest! {
    #[test]
    fn receivers_are_served_as_their_discipline_says(
        depth in 1..4_usize, by_priority: bool, steps in proptest::collection::vec(step(), 1..60),
    ) {
        let port = begin_anew(depth, by_priority, true);
        let mut model = Model { depth, by_priority, queue: VecDeque::new(), waiting: Vec::new() };
        let mut sleepers: Vec<Sleeper> = Vec::new();
        let (mut next, mut task) = (0_u8, 0);
        for step in steps {
            let mut expected = Vec::new();
            match step {
                Step::Call { priority, patience: time } => {
                    task += 1;
                    executive::call_as(Some((task, priority)));
                    let patience = patience(time);
                    let room = Box::leak(Box::new([0; SIZE]));
                    let progress = begin(port, Buffer::Room(room.as_mut_ptr(), SIZE), patience);
                    if model.waiting.is_empty() && !model.queue.is_empty() {
                        prop_assert!(matches!(progress, Ok(Progress::Done(_))));
                        prop_assert_eq!(Some(room[0]), model.queue.pop_front());
                    } else if time == 0 {
                        prop_assert_eq!(progress, Err(Refusal::NotAvailable));
                    } else if let Ok(Progress::Waits(place, deadline)) = progress {
                        model.waiting.push((task, priority, deadline, 0));
                        sleepers.push(Sleeper { task, place, deadline, room });
                    } else {
                        prop_assert!(false, "{progress:?}");
                    }
                }
                Step::Other(count) => for _ in 0..count {
                    next += 1;
                    world::arrive(port.number(), &[next]);
                    if model.queue.len() < model.depth {
                        model.queue.push_back(next);
                    }
                    if let Some(first) = model.first() {
                        let (task, ..) = model.waiting.remove(first);
                        expected.push((task, Ok(model.queue.pop_front())));
                    }
                },
                Step::Advance(time) => simulated::advance_to(simulated::clock() + time),
                Step::Delete(index) => if let Some(sleeper) = sleepers.get(index).map(|sleeper| sleeper.task) {
                    forget(sleeper);
                    sleepers.remove(index);
                    model.waiting.retain(|(task, ..)| *task != sleeper);
                },
            }
            let woken = executive::take_woken();
            prop_assert_eq!(&woken, &expected.iter().map(|(task, _)| *task).collect::<Vec<_>>());
            expected.extend(expired(&mut model));
            prop_assert_eq!(sorted(ended(&mut sleepers)), sorted(expected));
            prop_assert_eq!(count(port) as usize, model.waiting.len());
        }
    }

    #[test]
    fn senders_are_served_as_their_discipline_says(
        depth in 1..4_usize, by_priority: bool, steps in proptest::collection::vec(step(), 1..60),
    ) {
        let port = begin_anew(depth, by_priority, false);
        let mut model = Model { depth, by_priority, queue: VecDeque::new(), waiting: Vec::new() };
        let mut sleepers: Vec<Sleeper> = Vec::new();
        let (mut next, mut task) = (0_u8, 0);
        for step in steps {
            let mut expected = Vec::new();
            match step {
                Step::Call { priority, patience: time } => {
                    task += 1;
                    next += 1;
                    executive::call_as(Some((task, priority)));
                    let patience = patience(time);
                    let room = Box::leak(Box::new([next; SIZE]));
                    let progress = begin(port, Buffer::Message(room.as_ptr(), 1), patience);
                    if model.queue.len() < model.depth {
                        prop_assert!(matches!(progress, Ok(Progress::Done(_))));
                        model.queue.push_back(next);
                    } else if time == 0 {
                        prop_assert_eq!(progress, Err(Refusal::NotAvailable));
                    } else if let Ok(Progress::Waits(place, deadline)) = progress {
                        model.waiting.push((task, priority, deadline, next));
                        sleepers.push(Sleeper { task, place, deadline, room });
                    } else {
                        prop_assert!(false, "{progress:?}");
                    }
                }
                Step::Other(count) => for _ in 0..count {
                    prop_assert_eq!(
                        world::leave(port.number()),
                        model.queue.pop_front().map(|message| vec![message])
                    );
                    if let Some(first) = model.first() {
                        let (task, _, _, message) = model.waiting.remove(first);
                        model.queue.push_back(message);
                        expected.push((task, Ok(None)));
                    }
                },
                Step::Advance(time) => simulated::advance_to(simulated::clock() + time),
                Step::Delete(index) => if let Some(sleeper) = sleepers.get(index).map(|sleeper| sleeper.task) {
                    forget(sleeper);
                    sleepers.remove(index);
                    model.waiting.retain(|(task, ..)| *task != sleeper);
                },
            }
            let woken = executive::take_woken();
            prop_assert_eq!(&woken, &expected.iter().map(|(task, _)| *task).collect::<Vec<_>>());
            expected.extend(expired(&mut model));
            prop_assert_eq!(sorted(ended(&mut sleepers)), sorted(expected));
            prop_assert_eq!(count(port) as usize, model.waiting.len());
        }
    }
}

#[test]
fn messages_that_come_together_go_to_those_that_wait_and_not_to_who_comes_later() {
    let port = begin_anew(4, false, true);
    let room = Box::leak(Box::new([0; SIZE]));
    executive::call_as(Some((7, 1)));
    let Ok(Progress::Waits(place, deadline)) =
        begin(port, Buffer::Room(room.as_mut_ptr(), SIZE), Patience::Forever)
    else {
        panic!("there is no message");
    };
    // The handler has not run yet when another task asks.
    interrupts::disable();
    world::arrive(port.number(), b"1");
    world::arrive(port.number(), b"2");
    executive::call_as(Some((8, 0)));
    let mut later = [0; SIZE];
    assert!(receive(port, &mut later, Patience::None).is_ok());
    interrupts::enable();
    assert!(matches!(look(place, deadline), Some(Ok(_))));
    assert_eq!((room[0], later[0]), (b'1', b'2'));
}

#[test]
fn no_more_wait_than_there_are_places() {
    let port = begin_anew(1, false, true);
    let mut room = [0; SIZE];
    for task in 1..=WAITING_MAX as u32 {
        executive::call_as(Some((task, 1)));
        let progress = begin(port, Buffer::Room(room.as_mut_ptr(), SIZE), Patience::Forever);
        assert!(matches!(progress, Ok(Progress::Waits(..))), "{task}");
    }
    assert_eq!(receive(port, &mut [0; SIZE], Patience::Forever), Err(Refusal::NotAllowed));
    for task in 1..=WAITING_MAX as u32 {
        forget(task);
    }
    assert_eq!(count(port), 0);
}

#[test]
fn a_message_that_is_too_long_for_the_first_is_for_the_next() {
    let port = begin_anew(2, false, true);
    let (small, large) = (Box::leak(Box::new([0; 1])), Box::leak(Box::new([0; SIZE])));
    executive::call_as(Some((1, 1)));
    let first = begin(port, Buffer::Room(small.as_mut_ptr(), 1), Patience::Forever);
    executive::call_as(Some((2, 1)));
    let second = begin(port, Buffer::Room(large.as_mut_ptr(), SIZE), Patience::Forever);
    world::arrive(port.number(), b"long");
    let (Ok(Progress::Waits(first, never)), Ok(Progress::Waits(second, _))) = (first, second) else {
        panic!("there was no message");
    };
    assert_eq!(look(first, never), Some(Err(Refusal::Kernel(Error::BadArgument))));
    assert!(matches!(look(second, never), Some(Ok(_))));
    assert_eq!(large, b"long");
}

#[test]
fn who_is_deleted_after_it_has_been_served_is_not_counted_twice() {
    let port = begin_anew(2, false, true);
    let mut room = [0; SIZE];
    for task in [1, 2] {
        executive::call_as(Some((task, 1)));
        assert!(begin(port, Buffer::Room(room.as_mut_ptr(), SIZE), Patience::Forever).is_ok());
    }
    world::arrive(port.number(), b"1");
    assert_eq!((executive::take_woken(), count(port)), (vec![1], 1));
    forget(1);
    assert_eq!(count(port), 1);
    forget(2);
    assert_eq!(count(port), 0);
}

#[test]
fn c_is_told_why_it_has_waited_in_vain() {
    world::remove_all();
    let orders = world::add_queuing("orders", SIZE as u32, 1, true);
    let answers = world::add_queuing("answers", SIZE as u32, 1, false);
    simulated::begin();
    interrupts::enable();
    let mut room = [0; SIZE];
    // SAFETY: the buffers are what the header asks for.
    unsafe {
        assert_eq!(c::bulkhead_waiting_attach(2, 0), Error::BadArgument.code());
        assert_eq!((c::bulkhead_waiting_attach(orders, 1), c::bulkhead_waiting_attach(answers, 0)), (0, 0));
        let mut receive = |time_out| c::bulkhead_waiting_receive(orders, room.as_mut_ptr(), SIZE, time_out);
        assert_eq!(receive(0), Error::NotAvailable.code());
        executive::call_as(None);
        assert_eq!(receive(-1), -16);
        executive::call_as(Some((1, 1)));
        executive::while_waiting(simulated::advance_to);
        assert_eq!(receive(10), -17);
        assert_eq!(simulated::clock(), 10);
        executive::while_waiting(move |_| {
            assert_eq!(c::bulkhead_waiting_count(orders), 1);
            interrupts::disable();
            world::arrive(orders, b"go");
            c::bulkhead_waiting_serve(orders);
            interrupts::enable();
        });
        assert_eq!(Received::from_result(receive(-1)).length, 2);
        let send = |time_out| c::bulkhead_waiting_send(answers, b"one".as_ptr(), 3, time_out);
        assert_eq!((send(0), send(0)), (0, Error::NotAvailable.code()));
        assert_eq!(c::bulkhead_waiting_send(answers, std::ptr::null(), 0, 0), Error::BadArgument.code());
    }
}
