//! Processes: tasks of the executive's that are started, stopped and released as part 1 has it.
//!
//! Each process is a task from its creation on, which waits until the process begins. A process that is stopped is a
//! task that begins anew, and waits again. All that services know of processes is in `table`; what executes is the
//! executive's to say, by priorities that are a mirror of the standard's.

use core::ops::RangeInclusive;

use bulkhead_guest::{clock, interrupts, one, partition};

use crate::directory::Name;
use crate::executive::{Current, Executive, NewTask, RAISED_PRIORITY, Task};
use crate::partition::{self as modes, Mode};
use crate::{ReturnCode, error, waiting};

mod table;

#[cfg(all(feature = "trace", target_os = "none"))]
pub(crate) use table::EndedJob;
use table::{Circumstances, Phase, Place, Table, Turn, deeper, reached};

/// `SYSTEM_LIMIT_NUMBER_OF_PROCESSES`.
pub const PROCESSES_MAX: usize = 128;

/// The smallest stack, in bytes; an executive may make it larger.
pub const STACK_MIN: u32 = 2048;

/// `MIN_PRIORITY_VALUE` to `MAX_PRIORITY_VALUE`, of which the highest comes first.
pub const PRIORITIES: RangeInclusive<i32> = 1..=239;

/// `MAX_LOCK_LEVEL`.
pub const LOCK_LEVEL_MAX: u32 = 16;

/// `MAIN_PROCESS_ID`: who calls before `NORMAL`.
pub const MAIN_PROCESS: i32 = -1;

/// `INFINITE_TIME_VALUE`.
pub const INFINITE: i64 = -1;

/// ARINC 653's `PROCESS_STATE_TYPE`, from supplement 4 on.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// `DORMANT`.
    Dormant = 0,
    /// `READY`.
    Ready = 1,
    /// `RUNNING`.
    Running = 2,
    /// `WAITING`.
    Waiting = 3,
    /// `FAULTED`: the error handler has a fault of it.
    Faulted = 4,
}

/// ARINC 653's `PROCESS_ATTRIBUTE_TYPE`, from supplement 5 on.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Attributes {
    /// In nanoseconds; negative for an aperiodic process.
    pub period: i64,
    /// In nanoseconds; negative for one without a deadline.
    pub time_capacity: i64,
    /// What it executes.
    pub entry: Option<extern "C" fn()>,
    /// In bytes.
    pub stack_size: u32,
    /// One of [`PRIORITIES`].
    pub base_priority: i32,
    /// 0 soft, 1 hard.
    pub deadline: u32,
    /// Its name.
    pub name: Name,
}

impl Attributes {
    const NONE: Self = Self {
        period: 0,
        time_capacity: 0,
        entry: None,
        stack_size: 0,
        base_priority: 0,
        deadline: 0,
        name: [0; bulkhead_abi::NAME_SIZE],
    };

    const fn is_there(&self) -> bool {
        self.entry.is_some()
    }
}

/// ARINC 653's `PROCESS_STATUS_TYPE`, from supplement 5 on.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Status {
    /// In nanoseconds of the clock; -1 if there is none.
    pub deadline_time: i64,
    /// Its priority now, without that of a lock.
    pub current_priority: i32,
    /// A [`State`].
    pub state: u32,
    /// What it was created with.
    pub attributes: Attributes,
}

one! {
    /// Used with interrupts disabled.
    static TABLE: Table = Table::NONE;
}

fn with<T>(work: impl FnOnce(&mut Table) -> T) -> T {
    // SAFETY: interrupts are disabled, and the closures of this file neither nest nor switch tasks.
    interrupts::without(|| work(unsafe { &mut *TABLE.address() }))
}

/// No other task executes meanwhile.
fn alone<T>(work: impl FnOnce() -> T) -> T {
    Current::hold(true);
    let result = work();
    Current::hold(false);
    result
}

fn circumstances() -> Circumstances {
    let period = partition::start_information().major_frame.load();
    Circumstances { now: clock::now(), period, normal: modes::mode() == Mode::Normal }
}

/// An executive's priority for one of the standard's: the highest is next to that of a lock.
const fn executives(priority: i32) -> u32 {
    RAISED_PRIORITY + 1 + (*PRIORITIES.end() - priority) as u32
}

/// The task that calls, if a task does.
fn caller() -> Option<Task> {
    Current::task().map(|(task, _)| task)
}

/// The process that calls, if one does.
fn calling_process() -> Option<(Task, Place)> {
    let task = caller()?;
    with(|table| table.find(task)).ok().map(|place| (task, place))
}

/// The process that is known so, which is not the caller.
fn other(process: i32) -> Result<(Task, Place), ReturnCode> {
    let task = process as Task;
    let place = with(|table| table.find(task))?;
    if caller() == Some(task) { Err(ReturnCode::InvalidParam) } else { Ok((task, place)) }
}

/// A handler calls no service that changes a process.
fn not_in_a_handler() -> Result<(), ReturnCode> {
    if interrupts::nesting() == 0 { Ok(()) } else { Err(ReturnCode::InvalidMode) }
}

/// What the task of a process executes, for ever.
extern "C" fn execute(place: usize) {
    let place = Place(place);
    loop {
        // What wakes it from here on is not lost.
        let _ = Current::task();
        match look(place) {
            Turn::Now(entry) => {
                entry();
                end(place);
            }
            Turn::Wait(time) => Current::wait(time),
        }
    }
}

/// Whether it is a process's turn.
fn look(place: Place) -> Turn {
    with(|table| {
        let now = settle(table);
        table.turn(place, now)
    })
}

/// Looks where periods begin, if that is to be seen now. The answer is the clock.
fn settle(table: &mut Table) -> u64 {
    let Circumstances { now, period, .. } = circumstances();
    table.settle(now, period, || partition::window().start);
    now
}

/// The process that calls is dormant from now on.
fn end(place: Place) {
    let task = with(|table| {
        table.stop(place);
        table.get(place).task
    });
    unlock_for(task);
}

/// Does something that may set a deadline.
fn watching<T>(work: impl FnOnce(&mut Table) -> T) -> T {
    let (result, alarm) = with(|table| {
        let before = table.alarm();
        let result = work(table);
        (result, Some(table.alarm()).filter(|alarm| *alarm != before))
    });
    if let Some(alarm) = alarm {
        Current::alarm(alarm, passed);
    }
    result
}

/// A deadline may have passed. In an interrupt handler.
extern "C" fn passed() {
    let now = with(settle);
    while let Some(missed) = with(|table| table.take_missed(now)) {
        error::deadline_missed(missed.task, missed.is_hard, partition::before_zero(&missed.name));
    }
    let alarm = with(|table| table.alarm());
    if alarm != bulkhead_guest::NEVER {
        Current::alarm(alarm, passed);
    }
}

/// The partition is in `NORMAL` from now on.
fn begin() {
    let circumstances = circumstances();
    alone(|| {
        while let Some(task) = watching(|table| table.begin_next(circumstances)) {
            Current::wake(task);
        }
    });
}

/// The error handler has a fault of a task.
fn fault(task: Task) {
    with(|table| {
        if let Ok(place) = table.find(task) {
            table.get(place).faulted = true;
        }
    });
}

/// `CREATE_PROCESS`.
///
/// # Errors
/// As the standard has them, in its order, but that there is no task or no memory left (`InvalidConfig`) comes last.
/// `InvalidParam` too if there is no entry, or no such kind of a deadline.
pub fn create_process(attributes: &Attributes) -> Result<i32, ReturnCode> {
    let place = with(|table| table.reserve(attributes, circumstances()))?;
    let task = NewTask {
        entry: execute,
        argument: place.0,
        stack_size: attributes.stack_size as usize,
        priority: executives(attributes.base_priority),
        name: error::beginning(&attributes.name),
    };
    modes::on_normal(begin);
    error::on_fault(fault);
    let task = Current::create(&task);
    with(|table| table.put(place, task));
    task.map(|task| task as i32).ok_or(ReturnCode::InvalidConfig)
}

/// `GET_PROCESS_ID`.
///
/// # Errors
/// `InvalidConfig` if no process has this name.
pub fn get_process_id(name: &Name) -> Result<i32, ReturnCode> {
    let task = with(|table| table.named(name)).filter(|task| *task != 0);
    task.map(|task| task as i32).ok_or(ReturnCode::InvalidConfig)
}

/// The name of the process that a task executes.
#[must_use]
pub fn name_of(task: Task) -> Option<Name> {
    with(|table| table.find(task).ok().map(|place| table.get(place).attributes.name))
}

/// `GET_PROCESS_STATUS`.
///
/// # Errors
/// `InvalidParam` if there is no such process.
pub fn get_process_status(process: i32) -> Result<Status, ReturnCode> {
    let task = process as Task;
    let process = with(|table| table.find(task).map(|place| *table.get(place)))?;
    let state = match process.phase {
        Phase::Dormant => State::Dormant,
        _ if caller() == Some(task) => State::Running,
        _ if process.faulted => State::Faulted,
        Phase::Due | Phase::Begun if Current::is_ready(task) => State::Ready,
        _ => State::Waiting,
    };
    Ok(Status {
        deadline_time: process.deadline_time(),
        current_priority: process.priority,
        state: state as u32,
        attributes: process.attributes,
    })
}

/// `GET_MY_ID`. Before `NORMAL` who is no process is the main process.
///
/// # Errors
/// `InvalidMode` if the caller is no process.
pub fn get_my_id() -> Result<i32, ReturnCode> {
    match calling_process() {
        Some((task, _)) => Ok(task as i32),
        None if modes::mode() != Mode::Normal => Ok(MAIN_PROCESS),
        None => Err(ReturnCode::InvalidMode),
    }
}

/// `GET_MY_INDEX`.
///
/// # Errors
/// `InvalidMode` if the caller is no process.
pub fn get_my_index() -> Result<i32, ReturnCode> {
    calling_process().map(|(_, place)| place.0 as i32).ok_or(ReturnCode::InvalidMode)
}

/// `INITIALIZE_PROCESS_CORE_AFFINITY`.
///
/// # Errors
/// `InvalidParam` if there is no such process, `InvalidConfig` if there is no such processor, `InvalidMode` in
/// `NORMAL`.
pub fn initialize_process_core_affinity(process: i32, core: i32) -> Result<(), ReturnCode> {
    with(|table| table.find(process as Task))?;
    if ![0, -1].contains(&core) {
        return Err(ReturnCode::InvalidConfig);
    }
    if modes::mode() == Mode::Normal { Err(ReturnCode::InvalidMode) } else { Ok(()) }
}

/// `START`.
///
/// # Errors
/// `InvalidParam` if there is no such process, `NoAction` if it is not dormant, `InvalidConfig` if the clock never
/// reaches its deadline.
pub fn start(process: i32) -> Result<(), ReturnCode> {
    delayed_start(process, 0)
}

/// `DELAYED_START`.
///
/// # Errors
/// As [`start`], and `InvalidParam` behind `NoAction` if the delay is infinite, out of range, or not less than the
/// period.
pub fn delayed_start(process: i32, delay: i64) -> Result<(), ReturnCode> {
    let task = process as Task;
    let place = with(|table| table.find(task))?;
    not_in_a_handler()?;
    let circumstances = circumstances();
    alone(|| {
        let priority =
            watching(|table| table.start(place, delay, circumstances).map(|()| table.get(place).priority))?;
        Current::set_priority(task, executives(priority));
        if circumstances.normal {
            Current::wake(task);
        }
        Ok(())
    })
}

/// `STOP`.
///
/// # Errors
/// `InvalidParam` if there is no such process or it is the caller, `NoAction` if it is dormant.
pub fn stop(process: i32) -> Result<(), ReturnCode> {
    let (task, place) = other(process)?;
    not_in_a_handler()?;
    alone(|| {
        let stopped = with(|table| {
            let was = table.get(place).phase;
            table.stop(place);
            was != Phase::Dormant
        });
        if !stopped {
            return Err(ReturnCode::NoAction);
        }
        unlock_for(task);
        waiting::forget(task);
        Current::restart(task, place.0);
        Ok(())
    })
}

/// `STOP_SELF`. Does not return to a process or the error handler, and does nothing for others.
pub fn stop_self() {
    let Some(task) = caller() else { return };
    if let Ok(place) = with(|table| table.find(task)) {
        end(place);
        Current::restart(task, place.0);
    } else if modes::handler() == Some(task) {
        Current::restart(task, 0);
    }
}

/// `SUSPEND`.
///
/// # Errors
/// `InvalidMode` if it has locked preemption, `InvalidParam` if there is no such process or it is the caller,
/// `InvalidMode` if it is dormant, has faulted or is periodic, `NoAction` if it is suspended.
pub fn suspend(process: i32) -> Result<(), ReturnCode> {
    if modes::lock_holder() == Some(process as Task) {
        return Err(ReturnCode::InvalidMode);
    }
    let (task, place) = other(process)?;
    not_in_a_handler()?;
    alone(|| {
        with(|table| {
            let process = table.get(place);
            if !process.can_be_suspended() {
                return Err(ReturnCode::InvalidMode);
            }
            if process.suspended || process.suspended_itself {
                return Err(ReturnCode::NoAction);
            }
            process.suspended = true;
            Ok(())
        })?;
        Current::suspend(task, true);
        Ok(())
    })
}

/// `SUSPEND_SELF`.
///
/// # Errors
/// `InvalidMode` if the caller may not wait, `InvalidParam` if the time-out is out of range, `InvalidMode` if the
/// caller is no process or periodic, `TimedOut`.
pub fn suspend_self(time_out: i64) -> Result<(), ReturnCode> {
    modes::waiting_caller().ok_or(ReturnCode::InvalidMode)?;
    let end = match u64::try_from(time_out) {
        Ok(span) => reached(clock::now(), span).ok_or(ReturnCode::InvalidParam)?,
        Err(_) => bulkhead_guest::NEVER,
    };
    let (_, place) = calling_process().ok_or(ReturnCode::InvalidMode)?;
    with(|table| {
        let process = table.get(place);
        if process.is_periodic() {
            return Err(ReturnCode::InvalidMode);
        }
        process.suspended_itself = time_out != 0;
        Ok(())
    })?;
    loop {
        let _ = Current::task();
        let over = with(|table| {
            let process = table.get(place);
            if !process.suspended_itself {
                return Some(Ok(()));
            }
            (clock::now() >= end).then(|| {
                process.suspended_itself = false;
                Err(ReturnCode::TimedOut)
            })
        });
        if let Some(answer) = over {
            return answer;
        }
        Current::wait(end);
    }
}

/// `RESUME`.
///
/// # Errors
/// `InvalidParam` if there is no such process or it is the caller, `InvalidMode` if it is dormant, has faulted or is
/// periodic, `NoAction` if it is not suspended.
pub fn resume(process: i32) -> Result<(), ReturnCode> {
    let (task, place) = other(process)?;
    not_in_a_handler()?;
    alone(|| {
        let (by_others, by_itself) = with(|table| {
            let process = table.get(place);
            if !process.can_be_suspended() {
                return Err(ReturnCode::InvalidMode);
            }
            let were = (process.suspended, process.suspended_itself);
            (process.suspended, process.suspended_itself) = (false, false);
            if were == (false, false) { Err(ReturnCode::NoAction) } else { Ok(were) }
        })?;
        if by_others {
            Current::suspend(task, false);
        }
        if by_itself {
            Current::wake(task);
        }
        Ok(())
    })
}

/// `SET_PRIORITY`.
///
/// # Errors
/// `InvalidParam` if there is no such process or priority, `InvalidMode` if it is dormant.
pub fn set_priority(process: i32, priority: i32) -> Result<(), ReturnCode> {
    let task = process as Task;
    let place = with(|table| table.find(task))?;
    if !PRIORITIES.contains(&priority) {
        return Err(ReturnCode::InvalidParam);
    }
    not_in_a_handler()?;
    with(|table| {
        let process = table.get(place);
        if process.phase == Phase::Dormant {
            return Err(ReturnCode::InvalidMode);
        }
        process.priority = priority;
        Ok(())
    })?;
    Current::set_priority(task, executives(priority));
    Ok(())
}

/// The process that calls, for which preemption can be locked.
fn locking_process() -> Option<(Task, Place)> {
    calling_process().filter(|_| modes::mode() == Mode::Normal)
}

/// `LOCK_PREEMPTION`. The level comes with each answer.
///
/// # Errors
/// `NoAction` if the caller is no process or the mode is not `NORMAL`, `InvalidMode` if another process has it,
/// `InvalidConfig` if it is at its limit.
pub fn lock_preemption() -> (i32, ReturnCode) {
    let level = modes::lock_level();
    let answer = match (locking_process(), modes::lock_holder()) {
        (None, _) => Err(ReturnCode::NoAction),
        (Some((task, _)), None) => {
            Current::raise(task, true);
            modes::set_lock(Some(task), 1);
            Ok(1)
        }
        (Some((task, _)), Some(holder)) if task == holder => {
            deeper(level).inspect(|level| modes::set_lock(Some(task), *level))
        }
        _ => Err(ReturnCode::InvalidMode),
    };
    levelled(level, answer)
}

/// `UNLOCK_PREEMPTION`. The level comes with each answer.
///
/// # Errors
/// `NoAction` if the caller is no process, the mode is not `NORMAL` or nobody has it, `InvalidMode` if another process
/// has it.
pub fn unlock_preemption() -> (i32, ReturnCode) {
    let level = modes::lock_level();
    let answer = match (locking_process(), modes::lock_holder()) {
        (None, _) | (_, None) => Err(ReturnCode::NoAction),
        (Some((task, _)), Some(holder)) if task == holder => {
            if level == 1 {
                unlock_for(task);
            } else {
                modes::set_lock(Some(task), level - 1);
            }
            Ok(level - 1)
        }
        _ => Err(ReturnCode::InvalidMode),
    };
    levelled(level, answer)
}

fn levelled(before: u32, answer: Result<u32, ReturnCode>) -> (i32, ReturnCode) {
    let code = answer.map_or_else(|code| code, |_| ReturnCode::NoError);
    (answer.unwrap_or(before) as i32, code)
}

/// A task that has locked preemption has not any more.
fn unlock_for(task: Task) {
    if modes::lock_holder() == Some(task) {
        modes::set_lock(None, 0);
        Current::raise(task, false);
    }
}

/// `TIMED_WAIT`. Without a delay the other processes of the same priority come first.
///
/// # Errors
/// `InvalidMode` if the caller may not wait, `InvalidParam` if the delay is infinite or out of range.
pub fn timed_wait(delay: i64) -> Result<(), ReturnCode> {
    modes::waiting_caller().ok_or(ReturnCode::InvalidMode)?;
    let delay = u64::try_from(delay).map_err(|_| ReturnCode::InvalidParam)?;
    let end = reached(clock::now(), delay).ok_or(ReturnCode::InvalidParam)?;
    if delay == 0 {
        Current::give_way();
    } else {
        wait_until(end);
    }
    Ok(())
}

/// `PERIODIC_WAIT`.
///
/// # Errors
/// `InvalidMode` if the caller may not wait or is not periodic, `InvalidConfig` if the clock never reaches its next
/// deadline.
pub fn periodic_wait() -> Result<(), ReturnCode> {
    modes::waiting_caller().ok_or(ReturnCode::InvalidMode)?;
    let (task, place) = calling_process().ok_or(ReturnCode::InvalidMode)?;
    record_end(task, place);
    let release = watching(|table| table.end_period(place))?;
    wait_until(release);
    Ok(())
}

/// Records that a process is done with what it had to do in its period, in programs that are traced.
fn record_end(task: Task, place: Place) {
    #[cfg(all(feature = "trace", target_os = "none"))]
    if let Some(job) = with(|table| table.ended_job(place, clock::now())) {
        crate::record::ended(task, job);
    }
    #[cfg(not(all(feature = "trace", target_os = "none")))]
    let _ = (task, place);
}

/// The calling task waits until a time.
fn wait_until(end: u64) {
    loop {
        let _ = Current::task();
        if clock::now() >= end {
            break;
        }
        Current::wait(end);
    }
}

/// `REPLENISH`.
///
/// # Errors
/// `InvalidParam` if the time is out of range, `NoAction` if the caller is no process or the mode is not `NORMAL`,
/// `InvalidMode` if it is periodic and the new deadline is behind its next release point.
pub fn replenish(budget: i64) -> Result<(), ReturnCode> {
    let deadline = match u64::try_from(budget) {
        Ok(budget) => Some(reached(clock::now(), budget).ok_or(ReturnCode::InvalidParam)?),
        Err(_) => None,
    };
    let (_, place) = locking_process().ok_or(ReturnCode::NoAction)?;
    watching(|table| table.replenish(place, deadline))
}

#[cfg(test)]
mod tests;
