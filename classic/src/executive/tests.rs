//! The executive on the host, with a clock that stands still unless told otherwise.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use proptest::prelude::*;

use super::alarm::Scale;
use super::calendar::TimeOfDay;
use super::object::{Class, Id, SELF};
use super::wait::Wait;
use super::*;

const TASKS: usize = 6;
const OBJECTS: usize = 3;
const TICK: u64 = 10_000_000;

/// A place and the message that it got.
type Delivery = (u32, Vec<u8>);

/// What the executive has under it in a test.
#[derive(Clone, Default)]
struct Bench {
    clock: Rc<Cell<u64>>,
    delivered: Rc<RefCell<Vec<Delivery>>>,
    stacks: Rc<Cell<usize>>,
    in_interrupt: Rc<Cell<bool>>,
    recorded: Rc<RefCell<Vec<(u32, u32)>>>,
}

/// A stack that counts itself.
struct Stack(Rc<Cell<usize>>);

impl Drop for Stack {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Port for Bench {
    type Stack = Stack;
    type Buffer = Vec<u8>;
    type Place = u32;
    type Entry = u32;
    type Routine = u32;
    type Context = u32;

    fn stack(&mut self, _size: usize) -> Option<Stack> {
        self.stacks.set(self.stacks.get() + 1);
        Some(Stack(self.stacks.clone()))
    }

    fn buffer(&mut self, size: usize) -> Option<Vec<u8>> {
        (size < 1 << 20).then(|| vec![0; size])
    }

    fn deliver(&mut self, place: u32, message: &[u8]) {
        self.delivered.borrow_mut().push((place, message.to_vec()));
    }

    fn now(&mut self) -> u64 {
        self.clock.get()
    }

    fn in_interrupt(&self) -> bool {
        self.in_interrupt.get()
    }

    fn record(&mut self, event: u32, data: u32) {
        self.recorded.borrow_mut().push((event, data));
    }
}

/// An executive with its bench.
struct World {
    executive: Executive<'static, Bench>,
    bench: Bench,
}

fn leak<T: Default>(count: usize) -> &'static mut [T] {
    Box::leak((0..count).map(|_| T::default()).collect::<Vec<_>>().into_boxed_slice())
}

impl World {
    fn new() -> Self {
        let bench = Bench::default();
        let settings =
            Settings { nanoseconds_per_tick: TICK, ticks_per_timeslice: 2, minimum_stack_size: 1024 };
        let alarms = TASKS + 2 * OBJECTS;
        let pools = Pools {
            tasks: leak(TASKS),
            semaphores: leak(OBJECTS),
            queues: leak(OBJECTS),
            timers: leak(OBJECTS),
            periods: leak(OBJECTS),
            task_links: leak(TASKS),
            alarms: leak(alarms),
            alarm_links: leak(alarms),
        };
        Self { executive: Executive::new(bench.clone(), settings, pools), bench }
    }

    /// A started task.
    fn task(&mut self, name: u8, priority: u32) -> Id {
        self.task_in_mode(name, priority, 0)
    }

    fn task_in_mode(&mut self, name: u8, priority: u32, mode: u32) -> Id {
        let id = self.executive.task_create(u32::from(name), priority, 0, mode).unwrap();
        self.executive.task_start(id, 0, 0).unwrap();
        id
    }

    /// Switches; returns the executing task.
    fn switch(&mut self) -> Option<Id> {
        self.executive.switch();
        self.executive.clear_left_stack();
        self.executive.check();
        self.executive.self_id().ok()
    }

    /// Lets ticks pass, and returns the routines that were called.
    fn ticks(&mut self, count: u32) -> Vec<u32> {
        let mut called = Vec::new();
        for _ in 0..count {
            self.bench.clock.set(self.bench.clock.get() + TICK);
            self.executive.begin_announcement();
            self.executive.tick();
            while let Announcement::Call(fired) = self.executive.expire() {
                called.push(fired.routine);
            }
            self.executive.end_announcement();
        }
        called
    }

    fn priority(&self, id: Id) -> u32 {
        self.executive.task_priority(id).unwrap()
    }
}

impl Executive<'_, Bench> {
    /// Asserts what always holds between directives.
    fn check(&mut self) {
        let mut in_ready = Vec::new();
        for priority in 0..=255u8 {
            for task in self.links.members(self.ready.list(priority)) {
                assert_eq!(self.tasks[task].effective_priority, priority);
                in_ready.push(task);
            }
        }
        in_ready.sort_unstable();
        let ready: Vec<_> = (0..TASKS).filter(|&task| self.is_ready(task)).collect();
        assert_eq!(
            in_ready, ready,
            "ready tasks are in the list of their priority, once, and nobody else is"
        );
        for (task, control) in self.tasks.iter() {
            assert_eq!(
                control.effective_priority,
                self.priority_with_semaphores(task),
                "priorities are what the owned semaphores make them"
            );
            let waits = control.wait.is_some();
            assert!(waits || !self.alarms.is_set(task), "who does not wait has no alarm");
        }
        for (position, semaphore) in self.semaphores.iter() {
            let waiting: Vec<_> = self.links.members(semaphore.waiting.list()).collect();
            self.check_queue(&waiting, |wait| matches!(wait, Wait::Semaphore(found) if *found == position));
            let priorities = waiting.iter().map(|&task| self.tasks[task].effective_priority);
            assert!(!semaphore.waiting.by_priority() || priorities.is_sorted(), "queues are in order");
            assert!(waiting.is_empty() || !semaphore.is_available(), "nobody waits for what is available");
        }
        for (position, queue) in self.queues.iter() {
            let waiting: Vec<_> = self.links.members(queue.waiting.list()).collect();
            self.check_queue(&waiting, |wait| matches!(wait, Wait::Message(found, _) if *found == position));
            assert!(waiting.is_empty() || self.queue_pending(self.queues.id(position)) == Ok(0));
        }
        let now = self.ticks;
        let times: Vec<_> = self.alarms.times(Scale::Ticks).collect();
        assert!(times.is_sorted());
        assert!(times.iter().all(|&time| time > now));
    }

    fn check_queue(&self, waiting: &[usize], belongs: impl Fn(&Wait<Bench>) -> bool) {
        let mut expected: Vec<_> = self.tasks.iter().map(|(task, _)| task).collect();
        expected.retain(|&task| self.tasks[task].wait.as_ref().is_some_and(&belongs));
        let mut found = waiting.to_vec();
        found.sort_unstable();
        assert_eq!(found, expected, "exactly those are queued that wait");
    }

    fn is_ready(&self, task: usize) -> bool {
        self.tasks.contains(task) && self.tasks[task].is_ready()
    }
}

#[test]
fn the_highest_priority_executes_and_equals_take_turns_when_they_yield() {
    let mut world = World::new();
    assert_eq!(world.switch(), None);
    let low = world.task(b'l', 20);
    let first = world.task(b'1', 10);
    let second = world.task(b'2', 10);
    assert_eq!(world.switch(), Some(first));
    assert_eq!(world.executive.wake_after(0), Ok(Progress::Done(0)));
    assert_eq!(world.switch(), Some(second));
    assert_eq!(world.executive.wake_after(3), Ok(Progress::Blocked));
    assert_eq!(world.switch(), Some(first));
    assert_eq!(world.executive.wake_after(5), Ok(Progress::Blocked));
    assert_eq!(world.switch(), Some(low));
    world.ticks(2);
    assert_eq!(world.switch(), Some(low));
    world.ticks(1);
    assert_eq!(world.switch(), Some(second));
    assert_eq!(world.executive.outcome(), Ok(0));
}

#[test]
fn a_task_without_preemption_keeps_the_processor_until_it_waits() {
    let mut world = World::new();
    let low = world.task_in_mode(b'l', 20, options::NO_PREEMPT);
    assert_eq!(world.switch(), Some(low));
    let high = world.task(b'h', 10);
    assert_eq!(world.switch(), Some(low));
    assert_eq!(world.executive.task_mode(0, options::NO_PREEMPT), Ok(options::NO_PREEMPT));
    assert_eq!(world.switch(), Some(high));
}

#[test]
fn time_slices_rotate_equals_only() {
    let mut world = World::new();
    let first = world.task_in_mode(b'1', 10, options::TIMESLICE);
    let second = world.task_in_mode(b'2', 10, options::TIMESLICE);
    world.task_in_mode(b'3', 11, options::TIMESLICE);
    let mut order = Vec::new();
    for _ in 0..8 {
        order.push(world.switch().unwrap());
        world.ticks(1);
    }
    assert_eq!(order, [first, first, second, second, first, first, second, second]);
}

#[test]
fn a_task_that_deletes_itself_leaves_its_stack_until_the_next_switch() {
    let mut world = World::new();
    let id = world.task(b'a', 10);
    world.switch();
    world.executive.task_delete(SELF).unwrap();
    assert_eq!(world.bench.stacks.get(), 1);
    assert_eq!(world.executive.switch(), Some(Switch { from: Register::Nowhere, to: Register::Idle }));
    world.executive.clear_left_stack();
    assert_eq!(world.bench.stacks.get(), 0);
    assert_eq!(world.executive.task_suspend(id), Err(Status::InvalidId));
}

#[test]
fn a_restarted_task_begins_anew_even_when_it_restarts_itself() {
    let mut world = World::new();
    let id = world.task(b'a', 10);
    world.switch();
    *world.executive.machine_state(0).0 = 77;
    world.executive.task_set_priority(SELF, 5).unwrap();
    world.executive.task_restart(id, 42).unwrap();
    assert_eq!(world.executive.switch(), Some(Switch { from: Register::Nowhere, to: Register::Task(0) }));
    assert_eq!(*world.executive.machine_state(0).0, 0);
    assert_eq!(world.executive.beginning(), Some((0, 42, 0)));
    assert_eq!(world.priority(id), 10);
    let waiting = world.task(b'b', 5);
    assert_eq!(world.switch(), Some(waiting));
    world.executive.wake_after(100).unwrap();
    world.switch();
    world.executive.task_restart(waiting, 1).unwrap();
    assert_eq!(world.switch(), Some(waiting));
}

#[test]
fn suspension_and_waiting_are_independent() {
    let mut world = World::new();
    let low = world.task(b'l', 20);
    let high = world.task(b'h', 10);
    world.switch();
    world.executive.wake_after(2).unwrap();
    assert_eq!(world.switch(), Some(low));
    world.executive.task_suspend(high).unwrap();
    assert_eq!(world.executive.task_suspend(high), Err(Status::AlreadySuspended));
    assert_eq!(world.executive.task_is_suspended(high), Err(Status::AlreadySuspended));
    world.ticks(3);
    assert_eq!(world.switch(), Some(low));
    world.executive.task_resume(high).unwrap();
    assert_eq!(world.switch(), Some(high));
    assert_eq!(world.executive.task_resume(high), Err(Status::IncorrectState));
}

const INHERITING: u32 = options::BINARY | options::PRIORITY | options::INHERIT_PRIORITY;

#[test]
fn inheritance_goes_through_a_chain_of_owners_and_ends_with_the_release() {
    let mut world = World::new();
    let low = world.task(b'l', 30);
    world.switch();
    let first = world.executive.semaphore_create(1, 0, INHERITING, 0).unwrap();
    let middle = world.task(b'm', 20);
    assert_eq!(world.switch(), Some(middle));
    let second = world.executive.semaphore_create(2, 0, INHERITING, 0).unwrap();
    assert_eq!(world.executive.semaphore_obtain(first, Patience::Forever), Ok(Progress::Blocked));
    assert_eq!(world.switch(), Some(low));
    assert_eq!(world.priority(low), 20);
    let high = world.task(b'h', 10);
    assert_eq!(world.switch(), Some(high));
    assert_eq!(world.executive.semaphore_obtain(second, Patience::Ticks(5)), Ok(Progress::Blocked));
    assert_eq!(world.switch(), Some(low));
    assert_eq!((world.priority(low), world.priority(middle)), (10, 10));
    // The one at the end of the chain gives up: nobody inherits any more.
    world.ticks(5);
    assert_eq!(world.switch(), Some(high));
    assert_eq!(world.executive.outcome(), Err(Status::Timeout));
    assert_eq!((world.priority(low), world.priority(middle)), (20, 20));
    world.executive.wake_after(10).unwrap();
    assert_eq!(world.switch(), Some(low));
    assert_eq!(world.executive.semaphore_release(first), Ok(()));
    assert_eq!(world.priority(low), 30);
    assert_eq!(world.switch(), Some(middle));
    assert_eq!(world.executive.outcome(), Ok(0));
}

#[test]
fn a_circle_of_owners_is_refused() {
    let mut world = World::new();
    let low = world.task(b'l', 30);
    world.switch();
    let first = world.executive.semaphore_create(1, 0, INHERITING, 0).unwrap();
    world.task(b'm', 20);
    world.switch();
    let second = world.executive.semaphore_create(2, 0, INHERITING, 0).unwrap();
    world.executive.semaphore_obtain(first, Patience::Forever).unwrap();
    assert_eq!(world.switch(), Some(low));
    assert_eq!(world.executive.semaphore_obtain(second, Patience::Forever), Err(Status::IncorrectState));
}

#[test]
fn a_ceiling_raises_its_owner_and_refuses_who_is_above() {
    let ceiling = options::BINARY | options::PRIORITY | options::PRIORITY_CEILING;
    let mut world = World::new();
    let low = world.task(b'l', 30);
    world.switch();
    let id = world.executive.semaphore_create(1, 1, ceiling, 10).unwrap();
    world.executive.semaphore_obtain(id, Patience::None).unwrap();
    assert_eq!(world.priority(low), 10);
    world.executive.semaphore_obtain(id, Patience::None).unwrap();
    world.executive.semaphore_release(id).unwrap();
    assert_eq!(world.priority(low), 10);
    world.executive.semaphore_release(id).unwrap();
    assert_eq!(world.priority(low), 30);
    assert_eq!(world.executive.semaphore_release(id), Err(Status::NotOwner));
    world.task(b'h', 5);
    world.switch();
    assert_eq!(world.executive.semaphore_obtain(id, Patience::Forever), Err(Status::InvalidPriority));
}

#[test]
fn attributes_that_do_not_go_together_are_refused() {
    let mut world = World::new();
    world.task(b'a', 10);
    world.switch();
    let mut create = |attributes, count| world.executive.semaphore_create(1, count, attributes, 1);
    assert_eq!(create(options::INHERIT_PRIORITY, 1), Err(Status::NotDefined));
    assert_eq!(create(options::BINARY | options::INHERIT_PRIORITY, 1), Err(Status::NotDefined));
    assert_eq!(create(options::SIMPLE_BINARY | options::PRIORITY_CEILING, 1), Err(Status::NotDefined));
    assert_eq!(create(INHERITING | options::PRIORITY_CEILING, 1), Err(Status::NotDefined));
    assert_eq!(create(options::SEMAPHORE_CLASS, 1), Err(Status::NotDefined));
    assert_eq!(create(options::BINARY, 2), Err(Status::InvalidNumber));
    assert!(create(0, 2).is_ok());
}

#[test]
fn messages_keep_their_order_and_urgent_ones_overtake() {
    let mut world = World::new();
    world.task(b'a', 10);
    world.switch();
    let id = world.executive.queue_create(1, 3, 4, 0).unwrap();
    world.executive.queue_send(id, b"1", false).unwrap();
    world.executive.queue_send(id, b"22", false).unwrap();
    world.executive.queue_send(id, b"333", true).unwrap();
    assert_eq!(world.executive.queue_send(id, b"4", false), Err(Status::TooMany));
    assert_eq!(world.executive.queue_send(id, b"55555", false), Err(Status::InvalidSize));
    for size in [3, 1, 2] {
        assert_eq!(world.executive.queue_receive(id, 0, Patience::None), Ok(Progress::Done(size)));
    }
    assert_eq!(world.executive.queue_receive(id, 0, Patience::None), Err(Status::Unsatisfied));
    let texts: Vec<_> = world.bench.delivered.borrow().iter().map(|(_, text)| text.clone()).collect();
    assert_eq!(texts, [b"333".to_vec(), b"1".to_vec(), b"22".to_vec()]);
}

#[test]
fn a_broadcast_reaches_everyone_who_waits_by_priority() {
    let mut world = World::new();
    let tasks = [world.task(b'a', 10), world.task(b'b', 5)];
    world.switch();
    let id = world.executive.queue_create(1, 1, 4, options::PRIORITY).unwrap();
    for task in tasks.iter().rev() {
        assert_eq!(world.executive.self_id().as_ref(), Ok(task));
        world.executive.queue_receive(id, task.0, Patience::Forever).unwrap();
        world.switch();
    }
    for found in [true, true, false] {
        assert_eq!(world.executive.queue_broadcast_next(id, b"all"), Ok(found));
    }
    assert_eq!(world.bench.delivered.borrow()[0].0, tasks[1].0);
    assert_eq!(world.switch(), Some(tasks[1]));
    assert_eq!(world.executive.outcome(), Ok(3));
}

#[test]
fn a_change_of_priority_keeps_the_order_of_arrival() {
    let mut world = World::new();
    let first = world.task(b'1', 10);
    let second = world.task(b'2', 10);
    world.switch();
    let id = world.executive.semaphore_create(1, 0, 0, 0).unwrap();
    for _ in 0..2 {
        world.executive.semaphore_obtain(id, Patience::Forever).unwrap();
        world.switch();
    }
    world.executive.task_set_priority(first, 12).unwrap();
    world.executive.task_set_priority(second, 5).unwrap();
    world.executive.semaphore_release(id).unwrap();
    assert_eq!(world.switch(), Some(first));
}

#[test]
fn an_heir_without_preemption_stays_the_heir() {
    let mut world = World::new();
    let executing = world.task(b'e', 20);
    world.switch();
    let first = world.task_in_mode(b'1', 15, options::NO_PREEMPT);
    let second = world.task(b'2', 10);
    assert_eq!(world.executive.self_id(), Ok(executing));
    assert_eq!(world.switch(), Some(first));
    world.executive.task_mode(0, options::NO_PREEMPT).unwrap();
    assert_eq!(world.switch(), Some(second));
}

#[test]
fn events_wait_for_any_or_all() {
    let mut world = World::new();
    let task = world.task(b'a', 10);
    world.switch();
    world.executive.event_send(task, 0b1).unwrap();
    assert_eq!(world.executive.event_receive(PENDING_EVENTS, true, Patience::None), Ok(Progress::Done(0b1)));
    assert_eq!(world.executive.event_receive(0b11, true, Patience::None), Err(Status::Unsatisfied));
    assert_eq!(world.executive.event_receive(0b11, false, Patience::None), Ok(Progress::Done(0b1)));
    assert_eq!(world.executive.event_receive(0b11, true, Patience::Ticks(2)), Ok(Progress::Blocked));
    world.switch();
    world.executive.event_send(task, 0b110).unwrap();
    assert_eq!(world.switch(), None);
    world.executive.event_send(task, 0b1).unwrap();
    assert_eq!(world.switch(), Some(task));
    assert_eq!(world.executive.outcome(), Ok(0b11));
    assert_eq!(
        world.executive.event_receive(PENDING_EVENTS, true, Patience::None),
        Ok(Progress::Done(0b100))
    );
}

#[test]
fn timers_fire_in_the_order_of_time_then_of_setting() {
    let mut world = World::new();
    world.task(b'a', 10);
    world.switch();
    let timers: Vec<_> = (1..=3).map(|name| world.executive.timer_create(name).unwrap()).collect();
    world.executive.timer_fire_after(timers[0], 2, 100, false).unwrap();
    world.executive.timer_fire_after(timers[1], 1, 101, false).unwrap();
    world.executive.timer_fire_after(timers[2], 2, 102, false).unwrap();
    assert_eq!(world.ticks(3), [101, 100, 102]);
    world.executive.timer_reset(timers[0]).unwrap();
    world.executive.timer_reset(timers[1]).unwrap();
    world.executive.timer_cancel(timers[1]).unwrap();
    assert_eq!(world.ticks(5), [100]);
    assert_eq!(world.executive.timer_fire_after(timers[0], 0, 1, false), Err(Status::InvalidNumber));
    assert_eq!(world.executive.timer_fire_after(timers[0], 1, 1, true), Err(Status::IncorrectState));
}

#[test]
fn the_timer_server_is_woken_for_its_timers() {
    let mut world = World::new();
    let server = world.task(b's', 10);
    world.switch();
    world.executive.timer_server_set(SELF).unwrap();
    let timer = world.executive.timer_create(1).unwrap();
    world.executive.timer_fire_after(timer, 2, 7, true).unwrap();
    assert_eq!(world.executive.timer_server_wait(), Ok(Progress::Blocked));
    assert_eq!(world.switch(), None);
    assert_eq!(world.ticks(2), []);
    assert_eq!(world.switch(), Some(server));
    assert_eq!(world.executive.timer_server_next().map(|fired| fired.routine), Some(7));
    assert!(world.executive.timer_server_next().is_none());
}

#[test]
fn a_time_of_day_wakes_a_task_and_setting_the_clock_can_do_it() {
    let noon = TimeOfDay { year: 2026, month: 8, day: 1, hour: 12, ..TimeOfDay::default() };
    let mut world = World::new();
    let task = world.task(b'a', 10);
    world.switch();
    assert_eq!(world.executive.wake_when(noon.seconds()), Err(Status::NotDefined));
    world.executive.clock_set(&noon).unwrap();
    assert_eq!(world.executive.wake_when(noon.seconds()), Err(Status::InvalidClock));
    assert_eq!(world.executive.wake_when(noon.seconds() + 2), Ok(Progress::Blocked));
    world.switch();
    world.ticks(199);
    assert_eq!(world.switch(), None);
    world.ticks(1);
    assert_eq!(world.switch(), Some(task));
    world.executive.wake_when(noon.seconds() + 3600).unwrap();
    world.switch();
    world.executive.clock_set(&TimeOfDay { hour: 14, ticks: 99, ..noon }).unwrap();
    world.ticks(1);
    assert_eq!(world.switch(), Some(task));
    let time = world.executive.time_of_day().unwrap();
    assert_eq!(time, TimeOfDay { hour: 14, second: 1, ..noon });
}

#[test]
fn periods_release_their_owner_and_count_what_is_missed() {
    let mut world = World::new();
    let task = world.task(b'a', 10);
    world.switch();
    let id = world.executive.period_create(1).unwrap();
    assert_eq!(world.executive.period_end(id, 0), Err(Status::NotDefined));
    assert_eq!(world.executive.period_end(id, 4), Ok(Progress::Done(0)));
    world.ticks(1);
    assert_eq!(world.executive.period_end(id, 4), Ok(Progress::Blocked));
    assert_eq!(world.switch(), None);
    world.ticks(3);
    assert_eq!(world.switch(), Some(task));
    assert_eq!(world.executive.outcome(), Ok(0));
    world.ticks(9);
    let status = world.executive.period_status(id).unwrap();
    assert_eq!((status.state, status.postponed, status.since), (PeriodState::Expired, 2, 9 * TICK));
    assert_eq!(world.executive.period_end(id, 0), Err(Status::Timeout));
    assert_eq!(world.executive.period_end(id, 4), Err(Status::Timeout));
    assert_eq!(world.executive.period_end(id, 4), Err(Status::Timeout));
    assert_eq!(world.executive.period_end(id, 4), Ok(Progress::Blocked));
    world.switch();
    world.ticks(3);
    assert_eq!(world.switch(), Some(task));
    let statistics = world.executive.period_statistics(id).unwrap();
    assert_eq!((statistics.count, statistics.missed), (4, 1));
    assert_eq!(statistics.wall_time.maximum, 9 * TICK);
    world.executive.period_cancel(id).unwrap();
    use bulkhead_abi::record::event::{JOB_ENDED, JOB_ENDED_LATE, JOB_RELEASED, JOBS_DROPPED};
    let recorded = world.bench.recorded.take();
    assert!(recorded.iter().all(|(_, data)| *data == id.0));
    let events: Vec<u32> = recorded.iter().map(|(event, _)| *event).collect();
    let (released, late) = (JOB_RELEASED, JOB_ENDED_LATE);
    assert_eq!(
        events,
        [released, JOB_ENDED, released, released, released, late, late, JOB_ENDED, released, JOBS_DROPPED]
    );
}

#[test]
fn identifiers_and_names_are_those_of_the_api() {
    let mut world = World::new();
    let task = world.task(b'a', 10);
    world.switch();
    assert_eq!(task, Id(0x0a01_0001));
    let semaphore = world.executive.semaphore_create(u32::from(b's'), 1, 0, 0).unwrap();
    assert_eq!(semaphore, Id(0x1a01_0001));
    assert_eq!(world.executive.name_of(semaphore), Ok(u32::from(b's')));
    assert_eq!(world.executive.name_of(SELF), Ok(u32::from(b'a')));
    assert_eq!(world.executive.identify(Class::Semaphore, u32::from(b's'), 0), Ok(semaphore));
    assert_eq!(world.executive.identify(Class::Semaphore, u32::from(b'x'), 0), Err(Status::InvalidName));
    assert_eq!(world.executive.identify(Class::Semaphore, u32::from(b's'), 2), Err(Status::InvalidNode));
    assert_eq!(world.executive.identify(Class::Task, 0, 0), Ok(task));
    world.executive.semaphore_delete(semaphore).unwrap();
    assert_eq!(world.executive.name_of(semaphore), Err(Status::InvalidId));
    let next = world.executive.semaphore_create(1, 1, 0, 0).unwrap();
    assert_ne!(next, semaphore, "the place that was free for longest is used first");
}

#[test]
fn nobody_waits_in_an_interrupt_handler() {
    let mut world = World::new();
    let task = world.task(b'a', 10);
    world.switch();
    let semaphore = world.executive.semaphore_create(1, 0, 0, 0).unwrap();
    world.bench.in_interrupt.set(true);
    assert_eq!(world.executive.semaphore_obtain(semaphore, Patience::Forever), Err(Status::CalledFromIsr));
    assert_eq!(world.executive.wake_after(1), Err(Status::CalledFromIsr));
    assert_eq!(world.executive.task_delete(task), Err(Status::CalledFromIsr));
    assert_eq!(world.executive.semaphore_release(semaphore), Ok(()));
    world.bench.in_interrupt.set(false);
    assert_eq!(world.switch(), Some(task));
}

/// A directive of a random program. Identifiers are small numbers; half of the objects do not exist.
#[derive(Clone, Debug)]
enum Step {
    TaskCreate(u32, u32),
    TaskStart(u32),
    TaskDelete(u32),
    TaskRestart(u32),
    Suspend(u32),
    Resume(u32),
    SetPriority(u32, u32),
    Mode(u32),
    WakeAfter(u32),
    SemaphoreCreate(u32, u32),
    SemaphoreDelete(u32),
    Obtain(u32, u32),
    Release(u32),
    Flush(u32),
    QueueCreate(u32),
    QueueDelete(u32),
    Send(u32, usize),
    Broadcast(u32),
    Receive(u32, u32),
    EventSend(u32, u32),
    EventReceive(u32, u32),
    TimerCreate,
    TimerSet(u32, u32),
    TimerDelete(u32),
    PeriodCreate,
    PeriodEnd(u32, u32),
    PeriodDelete(u32),
    Ticks(u32),
    Interrupt(Box<Step>),
}

fn steps() -> impl Strategy<Value = Step> {
    let kinds = prop_oneof![
        Just(0u32),
        Just(options::PRIORITY),
        Just(options::BINARY),
        Just(options::SIMPLE_BINARY | options::PRIORITY),
        Just(INHERITING),
        Just(INHERITING),
        Just(options::BINARY | options::PRIORITY | options::PRIORITY_CEILING),
    ];
    let object = 0..OBJECTS as u32 + 1;
    let task = 0..TASKS as u32 + 1;
    let simple = prop_oneof![
        4 => (1u32..20, 0u32..4).prop_map(|(priority, mode)| Step::TaskCreate(priority, mode << 8)),
        4 => task.clone().prop_map(Step::TaskStart),
        1 => task.clone().prop_map(Step::TaskDelete),
        1 => task.clone().prop_map(Step::TaskRestart),
        1 => task.clone().prop_map(Step::Suspend),
        2 => task.clone().prop_map(Step::Resume),
        2 => (task.clone(), 1u32..20).prop_map(|(task, priority)| Step::SetPriority(task, priority)),
        1 => (0u32..4).prop_map(|mode| Step::Mode(mode << 8)),
        2 => (0u32..5).prop_map(Step::WakeAfter),
        4 => (kinds, 0u32..3).prop_map(|(kind, count)| Step::SemaphoreCreate(kind, count)),
        1 => object.clone().prop_map(Step::SemaphoreDelete),
        12 => (object.clone(), 0u32..5).prop_map(|(id, timeout)| Step::Obtain(id, timeout)),
        6 => object.clone().prop_map(Step::Release),
        1 => object.clone().prop_map(Step::Flush),
        2 => prop_oneof![Just(0), Just(options::PRIORITY)].prop_map(Step::QueueCreate),
        1 => object.clone().prop_map(Step::QueueDelete),
        3 => (object.clone(), 0usize..6).prop_map(|(id, size)| Step::Send(id, size)),
        1 => object.clone().prop_map(Step::Broadcast),
        4 => (object.clone(), 0u32..5).prop_map(|(id, timeout)| Step::Receive(id, timeout)),
        2 => (task, 1u32..8).prop_map(|(task, events)| Step::EventSend(task, events)),
        2 => (1u32..8, 0u32..5).prop_map(|(events, timeout)| Step::EventReceive(events, timeout)),
        1 => Just(Step::TimerCreate),
        2 => (object.clone(), 1u32..5).prop_map(|(id, ticks)| Step::TimerSet(id, ticks)),
        1 => object.clone().prop_map(Step::TimerDelete),
        1 => Just(Step::PeriodCreate),
        3 => (object.clone(), 0u32..4).prop_map(|(id, length)| Step::PeriodEnd(id, length)),
        1 => object.prop_map(Step::PeriodDelete),
        6 => (1u32..4).prop_map(Step::Ticks),
    ];
    let simple = simple.boxed();
    prop_oneof![9 => simple.clone(), 1 => simple.prop_map(|step| Step::Interrupt(Box::new(step)))]
}

/// The identifier of a small number; 0 is the caller or nothing.
fn id(class: Class, number: u32) -> Id {
    number.checked_sub(1).map_or(SELF, |position| class.id(position as usize))
}

impl World {
    fn step(&mut self, step: &Step) {
        let executive = &mut self.executive;
        let patience = |timeout: u32| match timeout {
            0 => Patience::None,
            4 => Patience::Forever,
            ticks => Patience::Ticks(ticks),
        };
        // Whether a directive succeeds is not the question here, only that everything stays consistent.
        match *step {
            Step::TaskCreate(priority, mode) => _ = executive.task_create(1, priority, 0, mode),
            Step::TaskStart(task) => _ = executive.task_start(id(Class::Task, task), 0, 0),
            Step::TaskDelete(task) => _ = executive.task_delete(id(Class::Task, task)),
            Step::TaskRestart(task) => _ = executive.task_restart(id(Class::Task, task), 0),
            Step::Suspend(task) => _ = executive.task_suspend(id(Class::Task, task)),
            Step::Resume(task) => _ = executive.task_resume(id(Class::Task, task)),
            Step::SetPriority(task, priority) => {
                _ = executive.task_set_priority(id(Class::Task, task), priority);
            }
            Step::Mode(mode) => _ = executive.task_mode(mode, 0x300),
            Step::WakeAfter(ticks) => _ = executive.wake_after(ticks),
            Step::SemaphoreCreate(kind, count) => _ = executive.semaphore_create(1, count, kind, 7),
            Step::SemaphoreDelete(number) => _ = executive.semaphore_delete(id(Class::Semaphore, number)),
            Step::Obtain(number, timeout) => {
                _ = executive.semaphore_obtain(id(Class::Semaphore, number), patience(timeout));
            }
            Step::Release(number) => _ = executive.semaphore_release(id(Class::Semaphore, number)),
            Step::Flush(number) => _ = executive.semaphore_flush(id(Class::Semaphore, number)),
            Step::QueueCreate(attributes) => _ = executive.queue_create(1, 2, 4, attributes),
            Step::QueueDelete(number) => _ = executive.queue_delete(id(Class::MessageQueue, number)),
            Step::Send(number, size) => {
                let message = &b"messages"[..size];
                _ = executive.queue_send(id(Class::MessageQueue, number), message, size % 2 == 0);
            }
            Step::Broadcast(number) => {
                _ = executive.queue_broadcast_next(id(Class::MessageQueue, number), b"all")
            }
            Step::Receive(number, timeout) => {
                _ = executive.queue_receive(id(Class::MessageQueue, number), 0, patience(timeout));
            }
            Step::EventSend(task, events) => _ = executive.event_send(id(Class::Task, task), events),
            Step::EventReceive(events, timeout) => {
                _ = executive.event_receive(events, events % 2 == 0, patience(timeout));
            }
            Step::TimerCreate => _ = executive.timer_create(1),
            Step::TimerSet(number, ticks) => {
                _ = executive.timer_fire_after(id(Class::Timer, number), ticks, 0, false);
            }
            Step::TimerDelete(number) => _ = executive.timer_delete(id(Class::Timer, number)),
            Step::PeriodCreate => _ = executive.period_create(1),
            Step::PeriodEnd(number, length) => _ = executive.period_end(id(Class::Period, number), length),
            Step::PeriodDelete(number) => _ = executive.period_delete(id(Class::Period, number)),
            Step::Ticks(count) => _ = self.ticks(count),
            Step::Interrupt(ref step) => {
                self.bench.in_interrupt.set(true);
                self.step(step);
                self.bench.in_interrupt.set(false);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_sequence_of_directives_breaks_the_queues(steps in prop::collection::vec(steps(), 1..120)) {
        let mut world = World::new();
        world.task(b'i', 19);
        world.switch();
        for step in &steps {
            world.step(step);
            world.executive.check();
            let executing = world.switch();
            let highest = world.executive.ready.first();
            let highest = highest.map(|task| world.executive.tasks[task].effective_priority);
            let found = executing.map(|id| world.priority(id));
            // Who executes without being preempted may be below the highest.
            prop_assert!(highest.is_none() == found.is_none());
            if let (Some(highest), Some(found)) = (highest, found) {
                let preempts = world.executive.task_mode(0, 0).unwrap() & options::NO_PREEMPT == 0;
                prop_assert!(!preempts || u32::from(highest) == found);
            }
        }
    }

    #[test]
    fn timeouts_come_in_their_order(timeouts in prop::collection::vec(1u32..50, 1..TASKS)) {
        let mut world = World::new();
        for (number, &timeout) in timeouts.iter().enumerate() {
            world.task(number as u8 + 1, 10);
            world.switch();
            prop_assert_eq!(world.executive.wake_after(timeout), Ok(Progress::Blocked));
            world.switch();
        }
        for tick in 1..=50 {
            world.ticks(1);
            let due = timeouts.iter().filter(|&&timeout| timeout == tick).count();
            for _ in 0..due {
                prop_assert!(world.switch().is_some());
                world.executive.task_suspend(SELF).unwrap();
            }
            prop_assert!(world.switch().is_none());
        }
    }
}

#[test]
fn a_notice_wakes_its_task_and_one_that_comes_early_is_not_lost() {
    let mut world = World::new();
    let (first, second) = (world.task(1, 10), world.task(2, 20));
    assert_eq!(world.switch(), Some(first));
    assert_eq!(world.executive.notice_caller(), Some((first, 10)));
    assert_eq!(world.executive.notice_wait(Patience::Forever), Ok(Progress::Blocked));
    assert_eq!(world.switch(), Some(second));
    world.executive.notice_send(first).unwrap();
    assert_eq!(world.switch(), Some(first));
    assert_eq!(world.executive.outcome(), Ok(0));
    // Two are as good as one.
    world.executive.notice_send(first).unwrap();
    world.executive.notice_send(first).unwrap();
    assert_eq!(world.executive.notice_wait(Patience::Forever), Ok(Progress::Done(0)));
    assert_eq!(world.executive.notice_wait(Patience::Ticks(2)), Ok(Progress::Blocked));
    assert_eq!(world.switch(), Some(second));
    world.ticks(2);
    assert_eq!(world.switch(), Some(first));
    assert_eq!(world.executive.outcome(), Err(Status::Timeout));
}

#[test]
fn who_handles_an_interrupt_may_not_wait_for_a_notice() {
    let mut world = World::new();
    let task = world.task_in_mode(1, 10, options::NO_PREEMPT);
    assert_eq!(world.switch(), Some(task));
    assert_eq!(world.executive.notice_caller(), Some((task, 10)));
    world.bench.in_interrupt.set(true);
    assert_eq!(world.executive.notice_caller(), None);
    assert_eq!(world.executive.notice_wait(Patience::Forever), Err(Status::CalledFromIsr));
}

#[test]
fn a_task_that_begins_anew_or_is_gone_keeps_no_notice() {
    let mut world = World::new();
    let (first, second) = (world.task(1, 10), world.task(2, 20));
    world.executive.notice_send(second).unwrap();
    world.executive.task_restart(second, 0).unwrap();
    world.executive.task_suspend(first).unwrap();
    assert_eq!(world.switch(), Some(second));
    assert_eq!(world.executive.notice_wait(Patience::None), Err(Status::Unsatisfied));
    world.executive.task_delete(first).unwrap();
    assert_eq!(world.executive.notice_send(first), Err(Status::InvalidId));
}
