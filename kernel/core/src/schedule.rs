//! The cyclic schedules: which window is open at an instant.
//!
//! A frame begins exactly one frame length after the last one did, whatever happened in between; a window is never
//! opened before its start. What opened late is not made up for: the window ends when it was to end.
//!
//! There are several plans, of which one runs. Another that was asked for begins where the next frame does.

use bulkhead_abi::system_table::{PARTITIONS_MAX, SCHEDULES_MAX, WINDOWS_MAX};
use bulkhead_abi::{ChangeAction, NAME_SIZE};

use crate::clock::{FAR, divide, is_before};
use crate::partition::Index;

/// A window of the frame; times in nanoseconds from the frame's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Who runs in it.
    pub partition: Index,
    /// When it begins.
    pub start: u64,
    /// When it ends.
    pub end: u64,
}

/// What has been observed of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Observed {
    /// How often it has been opened.
    pub count: u64,
    /// How often it has passed without being opened, because the kernel was not back in time.
    pub lost: u64,
    /// The least lateness of its start, in nanoseconds.
    pub late_min: u64,
    /// The greatest lateness of its start, in nanoseconds.
    pub late_max: u64,
}

impl Observed {
    const NONE: Self = Self { count: 0, lost: 0, late_min: FAR, late_max: 0 };
}

/// What [`Schedule::advance`] has come across.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// Another plan has begun.
    pub changed: bool,
    /// A partition whose windows have been lost, if there is one.
    pub lost: Option<Index>,
    /// A partition that a plan has stopped, if there is one.
    pub stopped: Option<Index>,
}

/// A stretch of time in which one partition runs, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Who runs: nobody between windows.
    pub partition: Option<Index>,
    /// When the stretch began by the schedule, in nanoseconds of the clock.
    pub start: u64,
    /// When it ends.
    pub end: u64,
}

/// The number of a plan, always below [`SCHEDULES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlanIndex(u8);

const _: () = assert!(SCHEDULES_MAX.is_power_of_two() && SCHEDULES_MAX <= 256 && PARTITIONS_MAX <= 32);

impl PlanIndex {
    /// The first plan.
    pub const FIRST: Self = Self(0);

    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0 as u32
    }

    /// The plan's place in an array of all. The mask changes nothing; it lets the compiler see that the place exists.
    #[inline(always)]
    const fn place(self) -> usize {
        self.0 as usize % SCHEDULES_MAX
    }
}

/// What a partition has of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Share {
    /// How many windows.
    pub windows: u32,
    /// How long they are together, in nanoseconds.
    pub time: u64,
}

/// One of the schedules: a frame, and which of the windows are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    /// Its name, padded with zeros.
    pub name: [u8; NAME_SIZE],
    /// Length of its frame in nanoseconds.
    pub frame: u64,
    /// What becomes of each partition when it begins.
    pub actions: [ChangeAction; PARTITIONS_MAX],
    /// What each partition has of a frame.
    shares: [Share; PARTITIONS_MAX],
    first: usize,
    end: usize,
}

impl Plan {
    const NONE: Self = Self {
        name: [0; NAME_SIZE],
        frame: 1_000_000_000,
        actions: [ChangeAction::Keep; PARTITIONS_MAX],
        shares: [Share { windows: 0, time: 0 }; PARTITIONS_MAX],
        first: 0,
        end: 0,
    };
}

/// The windows of all frames, each frame's sorted and apart, and where in which we are. What is used most comes first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Schedule {
    frame: u64,
    frame_start: u64,
    /// The windows of the running plan that are still to come are those from `next` to `end`.
    next: usize,
    end: usize,
    /// Whether nobody has been told yet of what follows: whose windows have been lost, a bit each, who was stopped by a
    /// plan, and whether another plan has begun.
    has_news: bool,
    lost: u32,
    stopped: u32,
    changed: bool,
    /// The number of that plan, and when it began.
    stopper: (u32, u64),
    current: PlanIndex,
    requested: PlanIndex,
    before: PlanIndex,
    initial: PlanIndex,
    changes: u32,
    changed_at: u64,
    plan_count: usize,
    plans: [Plan; SCHEDULES_MAX],
    windows: [Window; WINDOWS_MAX],
    observed: [Observed; WINDOWS_MAX],
}

impl Default for Schedule {
    fn default() -> Self {
        Self::new()
    }
}

/// The first of some partitions, a bit each.
fn first_of(partitions: u32) -> Option<Index> {
    // Counting zeros takes its time where the processor cannot.
    if partitions == 0 { None } else { Index::new(partitions.trailing_zeros()) }
}

impl Schedule {
    /// One plan: a frame of a second without windows.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            frame: Plan::NONE.frame,
            frame_start: 0,
            next: 0,
            end: 0,
            has_news: false,
            lost: 0,
            stopped: 0,
            changed: false,
            stopper: (0, 0),
            current: PlanIndex::FIRST,
            requested: PlanIndex::FIRST,
            before: PlanIndex::FIRST,
            initial: PlanIndex::FIRST,
            changes: 0,
            changed_at: 0,
            plan_count: 1,
            plans: [Plan::NONE; SCHEDULES_MAX],
            windows: [Window { partition: Index::FIRST, start: 0, end: 0 }; WINDOWS_MAX],
            observed: [Observed::NONE; WINDOWS_MAX],
        }
    }

    /// The plan with this number, if there is one.
    #[must_use]
    pub const fn plan_index(&self, number: u32) -> Option<PlanIndex> {
        if (number as usize) < self.plan_count { Some(PlanIndex(number as u8)) } else { None }
    }

    /// A plan.
    #[must_use]
    pub const fn plan(&self, plan: PlanIndex) -> &Plan {
        &self.plans[plan.place()]
    }

    /// The plan to which windows are added.
    fn last_plan(&mut self) -> &mut Plan {
        &mut self.plans[self.plan_count.wrapping_sub(1) % SCHEDULES_MAX]
    }

    /// Sets the length of the last plan's frame, in nanoseconds; 0 is taken as 1.
    pub fn set_frame(&mut self, length: u64) {
        self.last_plan().frame = length.max(1);
        self.take_up(self.current);
    }

    /// Says what the last plan is called, and what becomes of each partition when it begins.
    pub fn describe(&mut self, name: [u8; NAME_SIZE], actions: [ChangeAction; PARTITIONS_MAX]) {
        let plan = self.last_plan();
        (plan.name, plan.actions) = (name, actions);
    }

    /// Begins another plan behind the last one: a frame of a second without windows. The answer is false, and nothing
    /// is changed, if there is no place for it.
    pub const fn add_plan(&mut self) -> bool {
        if self.plan_count >= SCHEDULES_MAX {
            return false;
        }
        let first = self.plans[(self.plan_count - 1) % SCHEDULES_MAX].end;
        self.plans[self.plan_count] = Plan { first, end: first, ..Plan::NONE };
        self.plan_count += 1;
        true
    }

    /// Starts with a plan: its first frame begins at `start`.
    pub fn start(&mut self, plan: PlanIndex, start: u64) {
        self.initial = plan;
        self.requested = plan;
        self.frame_start = start;
        self.take_up(plan);
    }

    fn take_up(&mut self, plan: PlanIndex) {
        let Plan { frame, first, end, .. } = self.plans[plan.place()];
        (self.current, self.frame, self.next, self.end) = (plan, frame, first, end);
    }

    /// Asks for another plan from the next frame on; the last request counts.
    pub const fn request(&mut self, plan: PlanIndex) {
        self.requested = plan;
    }

    /// The plan that runs.
    #[must_use]
    pub const fn current(&self) -> PlanIndex {
        self.current
    }

    /// The plan that runs from the next frame on.
    #[must_use]
    pub const fn requested(&self) -> PlanIndex {
        self.requested
    }

    /// How often the plan has changed, and when the current one began.
    #[must_use]
    pub const fn changes(&self) -> (u32, u64) {
        (self.changes, self.changed_at)
    }

    /// When the frame began that runs.
    #[must_use]
    pub const fn frame_start(&self) -> u64 {
        self.frame_start
    }

    /// Length of the frame in nanoseconds.
    #[must_use]
    pub const fn frame(&self) -> u64 {
        self.frame
    }

    /// The plan that ran before the current one.
    #[must_use]
    pub const fn before(&self) -> PlanIndex {
        self.before
    }

    /// Starts anew at `start`, with the plan of the first start.
    pub fn restart(&mut self, start: u64) {
        self.changed_at = start;
        self.start(self.initial, start);
    }

    /// Whether another plan has begun, or windows have been lost, and nobody has been told yet. Of those whose windows
    /// have been lost, or who was stopped, one at a time, so that this takes no longer however many they are.
    #[inline(always)]
    pub fn take_news(&mut self) -> Option<News> {
        if self.has_news { Some(self.news()) } else { None }
    }

    #[cold]
    #[inline(never)]
    fn news(&mut self) -> News {
        let changed = core::mem::take(&mut self.changed);
        let [lost, stopped] = [self.lost, self.stopped].map(first_of);
        self.lost &= self.lost.wrapping_sub(1);
        self.has_news = (self.lost | self.stopped) != 0;
        News { changed, lost, stopped }
    }

    /// Has told with the slots that follow that the current plan has stopped these partitions, a bit each. What is
    /// still to be told of another plan is told no more.
    pub const fn tell_of_stopped(&mut self, partitions: u32) {
        if partitions != 0 {
            self.stopped = partitions;
            self.stopper = (self.current.number(), self.changed_at);
            self.has_news = true;
        }
    }

    /// The plan that has stopped a partition, by its number, and when that began, if that is still to be told; then it
    /// is told.
    pub const fn take_stopper(&mut self, partition: Index) -> Option<(u32, u64)> {
        let bit = 1 << partition.place();
        let is_to_tell = self.stopped & bit != 0;
        self.stopped &= !bit;
        if is_to_tell { Some(self.stopper) } else { None }
    }

    /// Appends a window to the last plan. The answer is false, and nothing is changed, if it is empty, overlaps the
    /// last one, lies before it, ends after the frame, or if there is no place for it.
    pub fn add(&mut self, window: Window) -> bool {
        let Plan { frame, first, end, .. } = *self.last_plan();
        let previous_end = self.windows.get(first..end).and_then(<[Window]>::last).map_or(0, |last| last.end);
        if window.start < previous_end || window.end <= window.start || window.end > frame {
            return false;
        }
        let Some(place) = self.windows.get_mut(end) else { return false };
        *place = window;
        let plan = self.last_plan();
        plan.end = end + 1;
        let share = &mut plan.shares[window.partition.place()];
        share.windows += 1;
        share.time += window.end - window.start;
        self.take_up(self.current);
        true
    }

    /// The windows of a plan in the order of time.
    #[must_use]
    pub fn windows_of(&self, plan: PlanIndex) -> &[Window] {
        let Plan { first, end, .. } = self.plans[plan.place()];
        self.windows.get(first..end).unwrap_or(&[])
    }

    /// What a partition has of a plan's frame.
    #[must_use]
    pub const fn share(&self, plan: PlanIndex, partition: Index) -> Share {
        self.plans[plan.place()].shares[partition.place()]
    }

    /// The windows of all plans, one plan after the other.
    #[must_use]
    pub fn windows(&self) -> &[Window] {
        let last = &self.plans[self.plan_count.wrapping_sub(1) % SCHEDULES_MAX];
        self.windows.get(..last.end).unwrap_or(&[])
    }

    /// The window with this number, and what was observed of it.
    #[must_use]
    pub fn observation(&self, number: usize) -> Option<(Window, Observed)> {
        let window = *self.windows().get(number)?;
        Some((window, *self.observed.get(number)?))
    }

    /// The slot that is open at `now`, which must not be before the end of the slot given last.
    ///
    /// The loop passes over the windows that have ended without having been open, none unless a path of the kernel took
    /// longer than a window: at most all of them once, or twice when a frame ends meanwhile.
    #[inline]
    pub fn advance(&mut self, now: u64) -> Slot {
        let mut offset = now.wrapping_sub(self.frame_start);
        if !is_before(offset, self.frame) {
            offset = self.begin_frame(offset);
        }
        while let Some((window, observed)) =
            self.windows.get(self.next).zip(self.observed.get_mut(self.next)).filter(|_| self.next < self.end)
        {
            if is_before(offset, window.start) {
                return Slot {
                    partition: None,
                    start: now,
                    end: self.frame_start.wrapping_add(window.start),
                };
            }
            self.next += 1;
            if !is_before(offset, window.end) {
                observed.lost = observed.lost.wrapping_add(1);
                self.lost |= 1 << window.partition.place();
                self.has_news = true;
            } else {
                let late = offset.wrapping_sub(window.start);
                observed.count = observed.count.wrapping_add(1);
                if is_before(late, observed.late_min) {
                    observed.late_min = late;
                }
                if is_before(observed.late_max, late) {
                    observed.late_max = late;
                }
                return Slot {
                    partition: Some(window.partition),
                    start: self.frame_start.wrapping_add(window.start),
                    end: self.frame_start.wrapping_add(window.end),
                };
            }
        }
        Slot { partition: None, start: now, end: self.frame_start.wrapping_add(self.frame) }
    }

    /// Begins the frame that `offset` from the last one's start lies in; returns the offset from its own start.
    #[inline]
    fn begin_frame(&mut self, offset: u64) -> u64 {
        let mut offset = offset;
        if self.requested != self.current {
            self.count_lost(1);
            self.frame_start = self.frame_start.wrapping_add(self.frame);
            offset = offset.wrapping_sub(self.frame);
            self.before = self.current;
            self.take_up(self.requested);
            self.changes = self.changes.wrapping_add(1);
            self.changed_at = self.frame_start;
            (self.changed, self.has_news) = (true, true);
            if is_before(offset, self.frame) {
                return offset;
            }
        }
        let frames =
            if is_before(offset, self.frame.wrapping_mul(2)) { 1 } else { divide(offset, self.frame).0 };
        let elapsed = frames.wrapping_mul(self.frame);
        self.count_lost(frames);
        self.frame_start = self.frame_start.wrapping_add(elapsed);
        self.next = self.plans[self.current.place()].first;
        offset.wrapping_sub(elapsed)
    }

    /// Counts the windows as lost that the frame still had, and those of the `frames` before the one that has begun.
    fn count_lost(&mut self, frames: u64) {
        if self.next >= self.end && frames <= 1 {
            return;
        }
        let first = self.plans[self.current.place()].first;
        for (place, (window, observed)) in
            self.windows.iter().zip(&mut self.observed).enumerate().take(self.end).skip(first)
        {
            let passed = frames.wrapping_sub(1).wrapping_add(u64::from(place >= self.next));
            if passed != 0 {
                observed.lost = observed.lost.wrapping_add(passed);
                self.lost |= 1 << window.partition.place();
                self.has_news = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn schedule(frame: u64, windows: &[(u32, u64, u64)]) -> Schedule {
        let mut schedule = Schedule::new();
        schedule.set_frame(frame);
        for &(partition, start, end) in windows {
            assert!(schedule.add(Window { partition: Index::new(partition).unwrap(), start, end }));
        }
        schedule
    }

    #[test]
    fn frames_follow_each_other_without_drift() {
        let mut schedule = schedule(100, &[(0, 0, 40), (1, 40, 70), (0, 80, 100)]);
        let mut now = 0;
        for frame in 0..1000 {
            for (partition, start, end) in
                [(Some(0), 0, 40), (Some(1), 40, 70), (None, 70, 80), (Some(0), 80, 100)]
            {
                let slot = schedule.advance(now);
                assert_eq!(slot.partition.map(Index::number), partition);
                assert_eq!(slot.end, frame * 100 + end);
                if partition.is_some() {
                    assert_eq!(slot.start, frame * 100 + start);
                }
                // Each boundary is noticed 3 late; none of that adds up.
                now = slot.end + 3;
            }
        }
        let observed: Vec<_> =
            (0..).map_while(|number| schedule.observation(number)).map(|(_, seen)| seen).collect();
        assert_eq!(observed[0], Observed { count: 1000, lost: 0, late_min: 0, late_max: 3 });
        assert_eq!(observed[1], Observed { count: 1000, lost: 0, late_min: 3, late_max: 3 });
    }

    #[test]
    fn the_first_plan_begins_anew_with_everything() {
        let mut schedule = schedule(100, &[(0, 0, 40)]);
        assert!(schedule.add_plan());
        schedule.set_frame(70);
        schedule.advance(0);
        schedule.request(PlanIndex(1));
        schedule.advance(100);
        assert_eq!((schedule.current().number(), schedule.changes()), (1, (1, 100)));
        schedule.restart(525);
        let current = schedule.current();
        assert_eq!((current.number(), schedule.requested(), schedule.frame()), (0, current, 100));
        assert_eq!((schedule.changes(), schedule.frame_start()), ((1, 525), 525));
        assert_eq!(schedule.advance(530).partition.map(Index::number), Some(0));
    }

    #[test]
    fn each_whose_windows_are_lost_is_told_of_once() {
        let mut schedule = schedule(100, &[(0, 0, 10), (3, 10, 20), (5, 20, 30), (3, 30, 40), (1, 40, 100)]);
        schedule.advance(0);
        assert_eq!(schedule.take_news(), None);
        assert_eq!(schedule.advance(45).partition.map(Index::number), Some(1));
        let lost =
            |schedule: &mut Schedule| schedule.take_news().and_then(|news| news.lost).map(Index::number);
        assert_eq!([(); 3].map(|()| lost(&mut schedule)), [Some(3), Some(5), None]);
        assert_eq!(schedule.advance(100).partition.map(Index::number), Some(0));
        assert_eq!(schedule.advance(205).partition.map(Index::number), Some(0));
        assert_eq!([(); 4].map(|()| lost(&mut schedule)), [Some(1), Some(3), Some(5), None]);
    }

    #[test]
    fn there_are_so_many_plans_and_no_more() {
        let mut schedule = Schedule::new();
        for number in 1..SCHEDULES_MAX {
            assert!(schedule.add_plan());
            assert!(schedule.plan_index(number as u32).is_some());
        }
        assert!(!schedule.add_plan());
        assert!(schedule.plan_index(SCHEDULES_MAX as u32).is_none());
    }

    #[test]
    fn what_is_left_of_a_frame_is_lost_when_the_next_has_begun() {
        let mut schedule = schedule(100, &[(0, 0, 40), (1, 50, 60), (0, 70, 80)]);
        schedule.advance(0);
        schedule.advance(55);
        schedule.advance(105);
        let lost = |schedule: &Schedule| [0, 1, 2].map(|number| schedule.observation(number).unwrap().1.lost);
        assert_eq!(lost(&schedule), [0, 0, 1]);
        schedule.advance(205);
        assert_eq!(lost(&schedule), [0, 1, 2]);
        schedule.advance(575);
        assert_eq!(lost(&schedule), [3, 5, 5]);
    }

    #[test]
    fn bad_windows_are_refused() {
        let mut schedule = schedule(100, &[(0, 10, 40)]);
        for (start, end) in [(39, 50), (0, 5), (50, 50), (60, 50), (50, 101), (u64::MAX, 3)] {
            assert!(!schedule.add(Window { partition: Index::FIRST, start, end }), "{start}..{end}");
        }
        assert!(schedule.add(Window { partition: Index::FIRST, start: 40, end: 100 }));
    }

    #[test]
    fn there_is_an_end_to_the_places() {
        let mut schedule = Schedule::new();
        for start in 0..WINDOWS_MAX as u64 {
            assert!(schedule.add(Window { partition: Index::FIRST, start, end: start + 1 }));
        }
        assert!(!schedule.add(Window { partition: Index::FIRST, start: 999, end: 1000 }));
        assert_eq!(schedule.advance(255).end, 256);
        assert_eq!(schedule.advance(256).end, 1_000_000_000);
    }

    /// What a plan of one schedule is for an oracle: its frame, and its windows.
    type Described = (u64, Vec<Window>);

    fn any_plans() -> impl Strategy<Value = Vec<Described>> {
        let plan = (prop::collection::vec((0u32..4, 0u64..1000, 1u64..1000), 1..20), 1u64..5000).prop_map(
            |(parts, rest)| {
                let mut windows = Vec::new();
                let mut start = 0;
                for (partition, gap, duration) in parts {
                    start += gap;
                    let partition = Index::new(partition).unwrap();
                    windows.push(Window { partition, start, end: start + duration });
                    start += duration;
                }
                (start + rest, windows)
            },
        );
        prop::collection::vec(plan, 1..5)
    }

    fn schedule_of(plans: &[Described]) -> Schedule {
        let mut schedule = Schedule::new();
        for (number, (frame, windows)) in plans.iter().enumerate() {
            assert!(number == 0 || schedule.add_plan());
            schedule.set_frame(*frame);
            assert!(windows.iter().all(|&window| schedule.add(window)));
        }
        schedule
    }

    /// An oracle: frames one after the other, of which each is of the plan that was asked for last when it began.
    struct Oracle {
        plan: usize,
        frame_start: u64,
        changes: u32,
    }

    impl Oracle {
        fn go_to(&mut self, now: u64, requested: usize, plans: &[Described]) {
            while now - self.frame_start >= plans[self.plan].0 {
                self.frame_start += plans[self.plan].0;
                self.changes += u32::from(self.plan != requested);
                self.plan = requested;
            }
        }
    }

    proptest! {
        /// At any instant the open slot is that of the plan which was asked for last before its frame began; nothing of
        /// any other plan is cut, moved or opened, and what is passed over is counted as lost.
        #[test]
        fn a_plan_begins_with_a_frame_and_no_window_is_cut(
            plans in any_plans(),
            first in 0usize..5,
            steps in prop::collection::vec((prop::option::of(0usize..5), 0u64..9_000), 1..80),
        ) {
            let mut schedule = schedule_of(&plans);
            let first = first % plans.len();
            schedule.start(schedule.plan_index(first as u32).unwrap(), 0);
            let mut oracle = Oracle { plan: first, frame_start: 0, changes: 0 };
            let (mut now, mut requested, mut opened) = (0, first, 0);
            for (request, step) in steps {
                let slot = schedule.advance(now);
                oracle.go_to(now, requested, &plans);
                let (frame, windows) = &plans[oracle.plan];
                let offset = now - oracle.frame_start;
                let expected = windows.iter().find(|window| (window.start..window.end).contains(&offset));
                prop_assert_eq!(schedule.current().number() as usize, oracle.plan);
                prop_assert_eq!(schedule.frame_start(), oracle.frame_start);
                prop_assert_eq!(schedule.changes().0, oracle.changes);
                prop_assert_eq!(slot.partition, expected.map(|window| window.partition));
                let next = windows.iter().map(|window| window.start).find(|&start| start > offset);
                let end = expected.map_or(next.unwrap_or(*frame), |window| window.end);
                prop_assert_eq!(slot.end, oracle.frame_start + end);
                opened += u64::from(expected.is_some());
                if let Some(request) = request {
                    requested = request % plans.len();
                    schedule.request(schedule.plan_index(requested as u32).unwrap());
                }
                now = slot.end + step;
            }
            let observed: Vec<_> =
                (0..).map_while(|number| schedule.observation(number)).map(|(_, seen)| seen).collect();
            prop_assert_eq!(observed.iter().map(|seen| seen.count).sum::<u64>(), opened);
        }
    }

    fn any_schedule() -> impl Strategy<Value = Schedule> {
        (prop::collection::vec((0u32..4, 0u64..1000, 1u64..1000), 0..20), 1u64..5000).prop_map(
            |(parts, rest)| {
                let mut schedule = Schedule::new();
                let length: u64 = parts.iter().map(|(_, gap, duration)| gap + duration).sum();
                schedule.set_frame(length + rest);
                let mut start = 0;
                for (partition, gap, duration) in parts {
                    start += gap;
                    let end = start + duration;
                    assert!(schedule.add(Window { partition: Index::new(partition).unwrap(), start, end }));
                    start = end;
                }
                schedule
            },
        )
    }

    proptest! {
        #[test]
        fn the_slot_is_the_one_of_the_instant(
            mut schedule in any_schedule(),
            steps in prop::collection::vec(0u64..20_000, 1..60),
        ) {
            let mut now = 0;
            for step in steps {
                let slot = schedule.advance(now);
                let offset = now % schedule.frame();
                let expected = schedule.windows().iter().find(|window| (window.start..window.end).contains(&offset));
                prop_assert_eq!(slot.partition, expected.map(|window| window.partition));
                prop_assert!(slot.start <= now && now < slot.end);
                let end = slot.end - (now - offset);
                match expected {
                    Some(window) => prop_assert_eq!(end, window.end),
                    None => {
                        let next = schedule.windows().iter().map(|window| window.start).find(|&start| start > offset);
                        prop_assert_eq!(end, next.unwrap_or(schedule.frame()));
                    }
                }
                now = slot.end + step;
            }
        }
    }
}
