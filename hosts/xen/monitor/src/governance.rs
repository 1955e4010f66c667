//! Errors and modes: what the health monitor and the partition decide about the partition, and the calls for it.

use core::sync::atomic::Ordering;

use bulkhead_abi::event::{Decision, Record};
use bulkhead_abi::system_table::PARTITIONS_MAX;
use bulkhead_abi::{
    Action, Error, Ground, HealthError, HealthRecord, Level, Mode, PartitionDescription, StartReason,
};

use super::calls::{alleged, halt, number};
use super::hypercall::{self, Shutdown};
use super::memory;
use super::monitor::{Monitor, information};
use super::trap::Frame;
use super::{report, start, time};

/// The call has nothing to do: what it asks for is so already.
const NO_ACTION: i32 = 1;

/// Does what the partition's table says about an error. The answer is whether the partition goes on where it was.
/// One that ends because of a fault has a record of its own.
pub(super) fn act(
    monitor: &mut Monitor,
    frame: &mut Frame,
    decision: Decision,
    stopped: Option<Record>,
) -> bool {
    let now = time::now();
    let (action, ground) = monitor.health.decide(&monitor.configuration.health, decision.error, now);
    if action == Action::Ignore {
        return true;
    }
    let decision = Decision { action, level: Level::Partition, ground, ..decision };
    let record = Record::health(now, number(monitor), &decision);
    monitor.health.error = Some(decision.error);
    monitor.health.log.add(&record);
    report::tell(
        monitor,
        &match stopped {
            Some(stopped) if action == Action::Idle => stopped.decided(now, ground),
            _ => record,
        },
    );
    if let Some(reason) = monitor.health.start_reason(action) {
        restart(monitor, frame, reason);
        return false;
    }
    if action == Action::Idle {
        hypercall::shut_down(Shutdown::Crash)
    }
    true
}

/// Notes that the partition's own handler has an error.
pub(super) fn delivered(monitor: &mut Monitor, decision: &Decision, is_told: bool) {
    let record = Record::health(time::now(), number(monitor), decision);
    monitor.health.log.add(&record);
    if is_told {
        report::tell(monitor, &record);
    }
}

/// Deals with an error that the partition raises. The answer is whether it goes on.
pub(super) fn raised(
    monitor: &mut Monitor,
    frame: &mut Frame,
    error: HealthError,
    code: u32,
    detail: u32,
) -> bool {
    let program_counter = frame.program_counter.into();
    let (action, level) = (Action::Log, Level::Partition);
    let decision =
        Decision { error, action, level, code, detail, memory: None, program_counter, ground: Ground::Error };
    act(monitor, frame, decision, None)
}

/// Starts the partition again.
pub(super) fn restart(monitor: &mut Monitor, frame: &mut Frame, reason: StartReason) {
    let restarts = monitor.restarts.saturating_add(1);
    report::tell(monitor, &Record::restarted(time::now(), number(monitor), restarts, reason));
    *frame = start::again(monitor, reason);
}

/// Changes the partition's own mode. The answer is the call's, if the partition goes on.
pub(super) fn set_mode(monitor: &mut Monitor, frame: &mut Frame, mode: Mode) -> Option<i32> {
    let before = monitor.health.mode;
    match mode {
        Mode::Normal => {
            monitor.health.mode = mode;
            return Some(if before == mode { NO_ACTION } else { 0 });
        }
        Mode::WarmStart if before == Mode::ColdStart => return Some(Error::InvalidMode.code()),
        Mode::Idle => halt(monitor, 0),
        Mode::ColdStart => restart(monitor, frame, StartReason::ColdRestart),
        Mode::WarmStart => restart(monitor, frame, StartReason::WarmRestart),
    }
    None
}

/// Whether a call is about the caller. Nobody here knows of others.
fn own(monitor: &Monitor, partition: u32) -> Result<(), Error> {
    match partition {
        partition if partition == monitor.configuration.number => Ok(()),
        partition if (partition as usize) < PARTITIONS_MAX => Err(Error::NotPermitted),
        _ => Err(Error::BadArgument),
    }
}

/// Stops or starts the partition for itself. The answer is the call's, if the partition goes on.
pub(super) fn control(monitor: &mut Monitor, frame: &mut Frame, partition: u32, mode: Mode) -> Option<i32> {
    if let Err(error) = own(monitor, partition) {
        return Some(error.code());
    }
    let by = monitor.configuration.number;
    report::tell(monitor, &Record::commanded(time::now(), number(monitor), by, mode));
    let reason = match (mode, monitor.health.mode) {
        (Mode::Idle | Mode::Normal, _) => halt(monitor, 0),
        (Mode::WarmStart, now) if now != Mode::ColdStart => StartReason::WarmRestart,
        _ => StartReason::ColdRestart,
    };
    restart(monitor, frame, reason);
    None
}

/// Describes the partition to itself.
pub(super) fn describe(monitor: &Monitor, partition: u32, address: u32) -> Result<i32, Error> {
    own(monitor, partition)?;
    let (configuration, health) = (&monitor.configuration, &monitor.health);
    let description = PartitionDescription {
        name: configuration.name,
        mode: health.mode as u32,
        start_reason: monitor.reason as u32,
        restarts: monitor.restarts,
        windows: information().windows.load(Ordering::Relaxed),
        status: 0,
        error: health.error.map_or(0, |error| error as u32),
        restarts_left: health.restarts_left(&configuration.health, time::now()),
        reserved: 0,
    };
    let range = monitor.region().writable(alleged(address, PartitionDescription::SIZE as u32))?;
    memory::write(range, &description.bytes());
    Ok(0)
}

/// Reads an entry of the partition's own log.
pub(super) fn read(monitor: &Monitor, partition: u32, sequence: u32, address: u32) -> Result<i32, Error> {
    if partition == bulkhead_abi::system_table::NO_PARTITION {
        return Err(Error::NotPermitted);
    }
    own(monitor, partition)?;
    let record = monitor.health.log.read(partition, sequence).ok_or(Error::NotAvailable)?;
    let range = monitor.region().writable(alleged(address, HealthRecord::SIZE as u32))?;
    memory::write(range, &record.bytes());
    Ok(0)
}
