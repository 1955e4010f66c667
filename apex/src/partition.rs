//! The partition's modes and status, and the clock.
//!
//! Ports and processes are created before `NORMAL`, and tasks wait and processes execute in `NORMAL`. The executive's
//! other tasks execute in every mode.

use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_abi::StartReason;
use bulkhead_guest::partition::{self, Restart};
use bulkhead_guest::{clock, interrupts, one};

use crate::ReturnCode;
use crate::executive::{Current, Executive, Task};

/// ARINC 653's `OPERATING_MODE_TYPE`.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The partition has ended.
    Idle = 0,
    /// It starts, from nothing.
    ColdStart = 1,
    /// It starts, with what the one before left in its memory.
    WarmStart = 2,
    /// It runs.
    Normal = 3,
}

impl Mode {
    const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Idle,
            1 => Self::ColdStart,
            2 => Self::WarmStart,
            3 => Self::Normal,
            _ => return None,
        })
    }
}

/// ARINC 653's `PARTITION_STATUS_TYPE`, from supplement 4 on.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The major frame in nanoseconds: windows are what the system file says of time.
    pub period: i64,
    /// The length of the current window in nanoseconds.
    pub duration: i64,
    /// The partition's number.
    pub identifier: i32,
    /// How often preemption is locked; 1 before `NORMAL`.
    pub lock_level: i32,
    /// A [`Mode`].
    pub mode: u32,
    /// Why the partition was started: 0 normal start, 1 it asked for it, 2 and 3 the health
    /// monitor restarted everything, or it.
    pub start_condition: u32,
    /// 1.
    pub cores: i32,
}

one! {
    /// 1 from `NORMAL` on.
    static NORMAL: AtomicU32 = AtomicU32::new(0);
}

/// Who must not wait in `NORMAL`, and who is to be told when that begins.
struct Waiting {
    /// The task that has locked preemption, and how often; none if the level is 0.
    holder: Option<Task>,
    level: u32,
    /// The task of the error handler.
    handler: Option<Task>,
    /// What is called when `NORMAL` begins.
    begin: Option<fn()>,
}

one! {
    /// Used with interrupts disabled.
    static WAITING: Waiting = Waiting { holder: None, level: 0, handler: None, begin: None };
}

fn with<T>(work: impl FnOnce(&mut Waiting) -> T) -> T {
    // SAFETY: interrupts are disabled, and the closures of this file do not nest.
    interrupts::without(|| work(unsafe { &mut *WAITING.address() }))
}

fn normal() -> &'static AtomicU32 {
    // SAFETY: it is atomic, and lies there as long as anything runs that asks.
    unsafe { &*NORMAL.address() }
}

/// Why the partition was started.
fn reason() -> StartReason {
    let number = partition::start_information().reason.load(Ordering::Relaxed);
    StartReason::from_number(number).unwrap_or(StartReason::SystemStart)
}

/// The partition's mode, while it has not ended.
#[must_use]
pub fn mode() -> Mode {
    match reason() {
        _ if normal().load(Ordering::Relaxed) != 0 => Mode::Normal,
        reason if reason.is_warm() => Mode::WarmStart,
        _ => Mode::ColdStart,
    }
}

/// How often preemption is locked; 1 before `NORMAL`.
#[must_use]
pub fn lock_level() -> u32 {
    if mode() == Mode::Normal { with(|waiting| waiting.level) } else { 1 }
}

/// The task that has locked preemption.
#[must_use]
pub(crate) fn lock_holder() -> Option<Task> {
    with(|waiting| waiting.holder)
}

/// From now on preemption is locked so often by a task.
pub(crate) fn set_lock(holder: Option<Task>, level: u32) {
    with(|waiting| (waiting.holder, waiting.level) = (holder, level));
}

/// From now on a task is the error handler.
pub(crate) fn set_handler(task: Task) {
    with(|waiting| waiting.handler = Some(task));
}

/// The error handler's task.
#[must_use]
pub(crate) fn handler() -> Option<Task> {
    with(|waiting| waiting.handler)
}

/// From now on a function is called when `NORMAL` begins.
pub(crate) fn on_normal(begin: fn()) {
    // SAFETY: as in `with`. Volatile, or the compiler would call the one function that there is without a look at the
    // static, and every program would have processes.
    interrupts::without(|| unsafe { (&raw mut (*WAITING.address()).begin).write_volatile(Some(begin)) });
}

/// The calling task, if a service may let it wait: in `NORMAL`, while nobody has locked preemption, and not in the
/// error handler or an interrupt handler.
#[must_use]
pub fn waiting_caller() -> Option<Task> {
    let (task, _) = Current::task()?;
    let may = mode() == Mode::Normal && with(|waiting| waiting.level == 0 && waiting.handler != Some(task));
    may.then_some(task)
}

/// `GET_PARTITION_STATUS`.
#[must_use]
pub fn get_partition_status() -> Status {
    let information = partition::start_information();
    let window = partition::window();
    Status {
        period: information.major_frame.load() as i64,
        duration: window.end.saturating_sub(window.start) as i64,
        identifier: information.partition.load(Ordering::Relaxed) as i32,
        lock_level: lock_level() as i32,
        mode: mode() as u32,
        start_condition: match reason() {
            StartReason::SystemStart => 0,
            StartReason::ColdRestart | StartReason::WarmRestart => 1,
            StartReason::ModuleRestart => 2,
            StartReason::HealthMonitor | StartReason::HealthMonitorWarm => 3,
        },
        cores: 1,
    }
}

/// What a request for a mode comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Normal,
    End,
    Restart(Restart),
}

/// The standard's conditions for a change of mode.
fn change(from: Mode, to: u32) -> Result<Change, ReturnCode> {
    match (from, Mode::from_number(to).ok_or(ReturnCode::InvalidParam)?) {
        (Mode::Normal, Mode::Normal) => Err(ReturnCode::NoAction),
        (Mode::ColdStart, Mode::WarmStart) => Err(ReturnCode::InvalidMode),
        (_, Mode::Normal) => Ok(Change::Normal),
        (_, Mode::Idle) => Ok(Change::End),
        (_, Mode::ColdStart) => Ok(Change::Restart(Restart::Cold)),
        (_, Mode::WarmStart) => Ok(Change::Restart(Restart::Warm)),
    }
}

/// `SET_PARTITION_MODE`. `IDLE`, `COLD_START` and `WARM_START` do not return.
///
/// # Errors
/// `InvalidParam` if it is no mode, `NoAction` for `NORMAL` in `NORMAL`, `InvalidMode` for `WARM_START` in
/// `COLD_START`; `InvalidMode` too where the kernel does not restart a partition.
pub fn set_partition_mode(mode: u32) -> Result<(), ReturnCode> {
    match change(self::mode(), mode)? {
        Change::Normal => {
            // A kernel without modes need not know.
            let _ = partition::set_mode(bulkhead_abi::Mode::Normal);
            normal().store(1, Ordering::Relaxed);
            // SAFETY: see `on_normal`.
            let begin =
                interrupts::without(|| unsafe { (&raw const (*WAITING.address()).begin).read_volatile() });
            if let Some(begin) = begin {
                begin();
            }
        }
        Change::End => partition::halt(0),
        Change::Restart(kind) => {
            let _ = partition::restart(kind);
            return Err(ReturnCode::InvalidMode);
        }
    }
    Ok(())
}

/// `GET_TIME`: the clock, in nanoseconds since the first major frame began.
#[must_use]
pub fn get_time() -> i64 {
    clock::now() as i64
}

/// Begins anew, as a start of the partition does.
#[cfg(test)]
pub(crate) fn begin() {
    normal().store(0, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use bulkhead_guest::host::simulated;

    #[test]
    fn each_mode_can_be_left_as_the_standard_says() {
        use Mode::{ColdStart, Normal, WarmStart};
        let (cold, warm) = (Change::Restart(Restart::Cold), Change::Restart(Restart::Warm));
        for (from, to, expected) in [
            (ColdStart, 4, Err(ReturnCode::InvalidParam)),
            (Normal, u32::MAX, Err(ReturnCode::InvalidParam)),
            (Normal, 3, Err(ReturnCode::NoAction)),
            (ColdStart, 2, Err(ReturnCode::InvalidMode)),
            (ColdStart, 3, Ok(Change::Normal)),
            (WarmStart, 3, Ok(Change::Normal)),
            (ColdStart, 0, Ok(Change::End)),
            (Normal, 0, Ok(Change::End)),
            (ColdStart, 1, Ok(cold)),
            (WarmStart, 1, Ok(cold)),
            (WarmStart, 2, Ok(warm)),
            (Normal, 1, Ok(cold)),
            (Normal, 2, Ok(warm)),
        ] {
            assert_eq!(change(from, to), expected, "{from:?} to {to}");
        }
    }

    #[test]
    fn normal_is_entered_once_and_unlocks_waiting() {
        let status = get_partition_status();
        assert_eq!((status.mode, status.lock_level, status.start_condition), (Mode::ColdStart as u32, 1, 0));
        assert_eq!((status.period, status.duration, status.cores), (100_000_000, 100_000_000, 1));
        assert_eq!(set_partition_mode(3), Ok(()));
        assert_eq!(simulated::health::mode(), bulkhead_abi::Mode::Normal, "the kernel knows");
        let status = get_partition_status();
        assert_eq!((status.mode, status.lock_level), (Mode::Normal as u32, 0));
        assert_eq!(set_partition_mode(3), Err(ReturnCode::NoAction));
        assert_eq!(
            set_partition_mode(1),
            Err(ReturnCode::InvalidMode),
            "the simulated kernel does not restart"
        );
    }

    #[test]
    fn time_is_the_clock() {
        simulated::advance_to(1234);
        assert_eq!(get_time(), 1234);
    }
}
