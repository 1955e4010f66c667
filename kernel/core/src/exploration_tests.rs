//! Every order in which things can happen to a small system, as far as some steps go: an explicit-state model whose
//! actions are those of the kernel's core itself.
//!
//! A state is the kernel after a path of steps, which is gone again from the start; two paths to the same moment of a
//! frame with the same modes, budgets and requests are one state. The first partition governs, the second one fails.

use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::boxed::Box;
use std::hash::{Hash, Hasher};
use std::vec::Vec;

use bulkhead_abi::{
    Action, ChangeAction, FaultKind, HealthError, Hypercall, Mode, NEVER, Response, StartReason,
};
use stateright::{Checker, Model as Exploration, Property};

use crate::fault::Fault;
use crate::guest::State;
use crate::hypercall::Outcome;
use crate::kernel::Kernel;
use crate::machine::GuestRegisters;
use crate::model::{Model, system};
use crate::partition::Index;
use crate::restarts::Budget;
use crate::schedule::Window;

/// The length of a frame, and its windows: partition, start, end.
type Frame = (u64, &'static [(u32, u64, u64)]);

/// The frames of the two schedules.
const FRAMES: [Frame; 2] =
    [(100_000, &[(0, 0, 40_000), (1, 50_000, 100_000)]), (70_000, &[(1, 0, 10_000), (0, 20_000, 60_000)])];
/// The budget of restarts of the second partition.
const BUDGET: Budget = Budget { most: 2, period: 260_000 };
/// How many steps a path has at most.
const DEPTH: usize = 9;

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// Time passes until the next alarm.
    Alarm,
    /// The kernel is so long that a window passes meanwhile.
    Late,
    /// The second partition fails.
    Fault,
    /// It says that its start is done.
    Normal,
    /// The first one asks for a schedule.
    Request(u32),
    /// It gives the second one a mode.
    Control(Mode),
}

/// A path, and what is the same for all paths that are one state.
#[derive(Clone, Debug)]
struct Path {
    steps: Vec<Step>,
    key: Vec<u64>,
    next: Vec<Step>,
    /// What must never be, if it is.
    wrong: Option<&'static str>,
}

impl PartialEq for Path {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Path {}

impl Hash for Path {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

/// The kernel on its way along a path, and an oracle beside it.
struct Walk {
    kernel: Box<Kernel<Model>>,
    model: Model,
    plan: usize,
    requested: usize,
    frame_start: u64,
    restarts: Vec<u64>,
    wrong: Option<&'static str>,
    met: [bool; 3],
}

impl Walk {
    fn begin() -> Self {
        let (mut kernel, model) = system(2, FRAMES[0].0, FRAMES[0].1);
        assert!(kernel.schedule.add_plan());
        kernel.schedule.set_frame(FRAMES[1].0);
        for &(partition, start, end) in FRAMES[1].1 {
            let partition = Index::new(partition).unwrap();
            assert!(kernel.schedule.add(Window { partition, start, end }));
        }
        let mut actions = [ChangeAction::Keep; 32];
        actions[1] = ChangeAction::WarmRestart;
        kernel.schedule.describe([0; 32], actions);
        kernel.partitions[0].system = true;
        let failing = &mut kernel.partitions[1];
        failing.responses[HealthError::Memory as usize] = Response::new(Action::WarmRestart);
        failing.budget = BUDGET;
        failing.restarts_exceeded = Response { schedule: Some(1), ..Response::new(Action::Idle) };
        let mut walk = Self {
            kernel,
            model,
            plan: 0,
            requested: 0,
            frame_start: 0,
            restarts: Vec::new(),
            wrong: None,
            met: [false; 3],
        };
        walk.kernel.dispatch(&mut walk.model);
        walk
    }

    /// Whether the second partition has been stopped, or has stopped itself.
    fn failing_has_ended(&self) -> bool {
        self.kernel.guests[1].has_ended()
    }

    fn assert(&mut self, holds: bool, what: &'static str) {
        if !holds {
            self.wrong.get_or_insert(what);
        }
    }

    fn call(&mut self, call: Hypercall, [first, second]: [u32; 2]) {
        let outcome = self.kernel.hypercall(&mut self.model, call as u32, [first, second, 0, 0, 0]);
        if matches!(outcome, Outcome::Dispatch) {
            self.kernel.dispatch(&mut self.model);
        }
    }

    fn go(&mut self, step: Step) {
        let before = self.kernel.guests[1].history().1;
        match step {
            Step::Alarm | Step::Late => {
                let skipped = if step == Step::Late { 61_000 } else { 0 };
                self.model.time = self.model.time.max(self.model.alarm) + skipped;
                self.model.alarm = NEVER;
                self.kernel.alarm_came();
                self.kernel.dispatch(&mut self.model);
            }
            Step::Fault => {
                let now = self.model.time;
                let left = self.restarts.iter().filter(|&&time| now - time < BUDGET.period).count();
                let fault = Fault { kind: FaultKind::Memory, vector: 14, error: 6, memory: None };
                self.kernel.fault(&mut self.model, &fault);
                let restarted = self.kernel.guests[1].history().1 != before;
                self.assert(restarted == (left < usize::from(BUDGET.most)), "the budget is not what it says");
                if restarted {
                    self.restarts.push(now + 1);
                } else {
                    self.met[1] = true;
                    self.requested = 1;
                }
                self.kernel.dispatch(&mut self.model);
            }
            Step::Normal => self.call(Hypercall::SetMode, [Mode::Normal as u32, 0]),
            Step::Request(schedule) => {
                self.call(Hypercall::ScheduleSet, [schedule, 0]);
                self.requested = schedule as usize;
            }
            Step::Control(mode) => {
                self.met[2] |= self.failing_has_ended() && mode != Mode::Idle;
                self.call(Hypercall::PartitionControl, [1, mode as u32]);
            }
        }
        self.check();
    }

    /// Holds what has become of it against the oracle.
    fn check(&mut self) {
        let now = self.model.time;
        while now - self.frame_start >= FRAMES[self.plan].0 {
            self.frame_start += FRAMES[self.plan].0;
            self.plan = self.requested;
        }
        self.met[0] |= self.plan == 1;
        let runs = self.model.current();
        let offset = now - self.frame_start;
        let window = FRAMES[self.plan].1.iter().find(|(_, start, end)| (*start..*end).contains(&offset));
        let schedule = &self.kernel.schedule;
        let same_plan = schedule.current().number() as usize == self.plan;
        let same_frame = schedule.frame_start() == self.frame_start;
        let same_request = schedule.requested().number() as usize == self.requested;
        let slot = self.kernel.slot;
        self.assert(
            same_plan && same_frame,
            "another schedule has not begun with the frame behind its request",
        );
        self.assert(same_request, "not the last request counts");
        self.assert(window.map(|it| it.0) == Some(runs.number()), "a partition runs outside its windows");
        self.assert(slot.partition == Some(runs), "the slot is another's");
        self.assert(
            window.is_some_and(|it| slot.end == self.frame_start + it.2 && self.model.alarm <= slot.end),
            "a window is cut, or goes on",
        );
        let guest = &self.kernel.guests[runs.place()];
        let (is_ready, is_idle) = (guest.state == State::Ready, guest.mode() == Mode::Idle);
        self.assert(is_ready, "a partition runs that is not ready");
        self.assert(!is_idle, "a partition runs that is idle");
    }

    /// What can happen next.
    fn next(&self) -> Vec<Step> {
        let mut next = std::vec![Step::Alarm, Step::Late];
        if self.model.current().number() == 1 {
            next.push(Step::Fault);
            if self.kernel.guests[1].mode() != Mode::Normal {
                next.push(Step::Normal);
            }
        } else {
            next.extend([Step::Request(0), Step::Request(1)]);
            next.extend([Mode::Idle, Mode::ColdStart, Mode::WarmStart].map(Step::Control));
        }
        next
    }

    fn path(self, steps: Vec<Step>) -> Path {
        let guest = &self.kernel.guests[1];
        let (_, _, reason) = guest.history();
        let mut key = std::vec![
            self.plan as u64,
            self.requested as u64,
            self.kernel.slot.start - self.frame_start,
            guest.mode() as u64,
            u64::from(reason == StartReason::SystemStart),
            guest.change as u64,
            u64::from(matches!(guest.state, State::Preparing(_))),
            u64::from(self.failing_has_ended()),
            self.model.current().number().into(),
        ];
        // Restarts by how long they lie back, in tenths of a frame; those outside the period are forgotten.
        let recent =
            self.restarts.iter().map(|time| self.model.time - time).filter(|&age| age < BUDGET.period);
        key.extend(recent.map(|age| age / 10_000));
        key.push(self.wrong.is_some().into());
        Path { next: self.next(), steps, key, wrong: self.wrong }
    }
}

/// The exploration, and what is to be met with on some path: the other schedule, a budget that is used up, a start
/// after a stop. It is no part of a state, because states are one whatever was met with on the way.
#[derive(Default)]
struct Everything {
    met: [AtomicBool; 3],
}

impl Exploration for Everything {
    type State = Path;
    type Action = Step;

    fn init_states(&self) -> Vec<Path> {
        std::vec![Walk::begin().path(Vec::new())]
    }

    fn actions(&self, path: &Path, actions: &mut Vec<Step>) {
        if path.steps.len() < DEPTH {
            actions.extend(&path.next);
        }
    }

    fn next_state(&self, path: &Path, step: Step) -> Option<Path> {
        let mut steps = path.steps.clone();
        steps.push(step);
        let mut walk = Walk::begin();
        for &step in &steps {
            walk.go(step);
        }
        for (place, met) in self.met.iter().zip(walk.met) {
            place.fetch_or(met, Relaxed);
        }
        Some(walk.path(steps))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        std::vec![Property::always("nothing is wrong", |_, path: &Path| path.wrong.is_none()),]
    }
}

#[test]
fn whatever_the_order_schedules_begin_with_frames_and_budgets_hold() {
    let checker = Everything::default().checker().threads(2).spawn_bfs().join();
    if let Some(path) = checker.discoveries().into_values().next() {
        let last = path.last_state();
        panic!("{}: {:?}", last.wrong.unwrap_or_default(), last.steps);
    }
    checker.assert_properties();
    let met = checker.model().met.each_ref().map(|met| met.load(Relaxed));
    assert_eq!(met, [true; 3], "the exploration does not get to what it is for");
    assert!(checker.unique_state_count() > 1_000, "{} states", checker.unique_state_count());
}
