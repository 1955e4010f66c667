//! Modes, health monitor and schedules of the simulated kernel, as far as a partition sees of them.
//!
//! The partition has the number 0, and a neighbour the number 1, which it may control. An error that is raised is
//! logged, and the partition goes on.

use std::cell::{Cell, RefCell};

use bulkhead_abi::{
    Action, Error, HealthError, HealthRecord, Level, Mode, NAME_SIZE, PartitionDescription,
    ScheduleDescription, ScheduleStatus,
};

use super::{clock, padded, upcall};
use crate::host::{Host, Kernel};

struct State {
    modes: Cell<[Mode; 2]>,
    log: RefCell<Vec<HealthRecord>>,
    served: Cell<u32>,
    schedules: RefCell<Vec<String>>,
    current: Cell<u32>,
    next: Cell<u32>,
}

thread_local! {
    static STATE: State = State {
        modes: Cell::new([Mode::ColdStart, Mode::Normal]),
        log: RefCell::default(),
        served: Cell::new(0),
        schedules: RefCell::new(vec!["main".to_owned()]),
        current: Cell::new(0),
        next: Cell::new(0),
    };
}

/// The mode of the partition.
#[must_use]
pub fn mode() -> Mode {
    STATE.with(|state| state.modes.get()[0])
}

/// What the partition has raised: (error, code, detail) each.
#[must_use]
pub fn raised() -> Vec<(u32, u32, u32)> {
    STATE.with(|state| {
        state.log.borrow().iter().map(|entry| (entry.error, entry.code, entry.detail)).collect()
    })
}

/// How often the partition has served its watchdog.
#[must_use]
pub fn served() -> u32 {
    STATE.with(|state| state.served.get())
}

/// From now on these are the schedules, of which the first one runs.
pub fn set_schedules(names: &[&str]) {
    STATE.with(|state| {
        state.schedules.replace(names.iter().map(|&name| name.to_owned()).collect());
        state.current.set(0);
        state.next.set(0);
    });
}

/// A major frame begins, and with it the schedule that was asked for.
pub fn begin_frame() {
    STATE.with(|state| state.current.set(state.next.get()));
}

/// Tells of an error as the kernel does.
pub fn tell(error: HealthError) {
    Kernel::shared().tell(error);
    upcall();
}

pub(super) fn set_mode(mode: Mode) -> Result<bool, Error> {
    match (mode, self::mode()) {
        (Mode::Normal, before) => {
            STATE.with(|state| state.modes.set([Mode::Normal, state.modes.get()[1]]));
            Ok(before != Mode::Normal)
        }
        (Mode::WarmStart, Mode::ColdStart) => Err(Error::InvalidMode),
        (Mode::Idle, _) => Kernel::halt(0),
        (mode, _) => panic!("the partition has asked to start again: {mode:?}"),
    }
}

pub(super) fn raise_error(error: HealthError, code: u32, detail: u32) -> Result<(), Error> {
    if !error.can_be_raised() {
        return Err(Error::BadArgument);
    }
    STATE.with(|state| {
        let mut log = state.log.borrow_mut();
        let sequence = log.len() as u32;
        log.push(HealthRecord {
            sequence,
            error: error as u32,
            action: Action::Log as u32,
            level: Level::Partition as u32,
            code,
            detail,
            time_low: clock() as u32,
            ..HealthRecord::default()
        });
    });
    Ok(())
}

pub(super) fn serve_watchdog() -> Result<(), Error> {
    STATE.with(|state| state.served.set(state.served.get() + 1));
    Ok(())
}

pub(super) fn control(partition: u32, mode: Mode) -> Result<bool, Error> {
    if partition != 1 || mode == Mode::Normal {
        return Err(Error::BadArgument);
    }
    STATE.with(|state| {
        let [own, before] = state.modes.get();
        state.modes.set([own, mode]);
        Ok(mode != Mode::Idle || before != Mode::Idle)
    })
}

pub(super) fn describe(partition: u32) -> Result<PartitionDescription, Error> {
    let name: &[u8] = match partition {
        0 => b"simulated",
        1 => b"neighbour",
        _ => return Err(Error::BadArgument),
    };
    STATE.with(|state| {
        Ok(PartitionDescription {
            name: padded::<NAME_SIZE>(name),
            mode: state.modes.get()[partition as usize] as u32,
            error: state.log.borrow().last().map_or(0, |entry| entry.error),
            ..PartitionDescription::default()
        })
    })
}

pub(super) fn set_schedule(number: u32) -> Result<bool, Error> {
    describe_schedule(number)?;
    STATE.with(|state| {
        state.next.set(number);
        Ok(number != state.current.get())
    })
}

pub(super) fn schedule_status() -> Result<ScheduleStatus, Error> {
    STATE.with(|state| {
        let (current, next) = (state.current.get(), state.next.get());
        Ok(ScheduleStatus { current, next, ..ScheduleStatus::default() })
    })
}

pub(super) fn describe_schedule(number: u32) -> Result<ScheduleDescription, Error> {
    STATE.with(|state| {
        let schedules = state.schedules.borrow();
        let name = schedules.get(number as usize).ok_or(Error::BadArgument)?;
        let name = padded::<NAME_SIZE>(name.as_bytes());
        Ok(ScheduleDescription { name, major_frame_low: 100_000_000, ..ScheduleDescription::default() })
    })
}

pub(super) fn read(partition: u32, sequence: u32) -> Result<HealthRecord, Error> {
    match partition {
        0 => {
            STATE.with(|state| state.log.borrow().get(sequence as usize).copied().ok_or(Error::NotAvailable))
        }
        1 => Err(Error::NotAvailable),
        bulkhead_abi::system_table::NO_PARTITION => Err(Error::NotPermitted),
        _ => Err(Error::BadArgument),
    }
}
