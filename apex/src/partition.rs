//! The partition's modes and status, and the clock.
//!
//! A mode here is what the services of ports make of it: ports are created before `NORMAL`, and tasks wait at them in
//! `NORMAL`. The executive's tasks execute in every mode.

use core::sync::atomic::{AtomicU32, Ordering};

use bulkhead_abi::StartReason;
use bulkhead_guest::partition::{self, Restart};
use bulkhead_guest::{clock, one};

use crate::ReturnCode;

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
    /// 0 if tasks may wait, otherwise 1.
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

/// 0 if tasks may wait for messages.
#[must_use]
pub fn lock_level() -> u32 {
    u32::from(mode() != Mode::Normal)
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
