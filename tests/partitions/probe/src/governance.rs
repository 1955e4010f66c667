//! The calls about modes, errors, partitions and schedules, as paths of the kernel.

use bulkhead_abi::system_table::PARTITIONS_MAX;
use bulkhead_abi::{HealthError, Hypercall, Mode};

use crate::command::number;
use crate::messages::{MESSAGE, call_with};

/// Has something to read in the log.
pub(crate) fn prepare() {
    call_with(Hypercall::RaiseError as u32, [HealthError::Application as u32, 0, 0]);
}

/// Takes one path; `turn` counts. The line says about which partition (`of`).
pub(crate) fn path(name: &str, line: &str, turn: u32) -> i32 {
    // Each at every moment, of which there are so many.
    let round = turn / 64;
    let of = number(line, "of", u64::from(round) % PARTITIONS_MAX as u64) as u32;
    let place = &raw mut MESSAGE as u32 + turn % 7;
    let (call, arguments) = match name {
        "raise" => (Hypercall::RaiseError, [HealthError::Application as u32, turn, turn]),
        "set-mode" => (Hypercall::SetMode, [Mode::Normal as u32, 0, 0]),
        "serve" => (Hypercall::ServeWatchdog, [0; 3]),
        "control" => {
            let modes = [Mode::ColdStart, Mode::Idle, Mode::WarmStart];
            (Hypercall::PartitionControl, [of, modes[turn as usize % modes.len()] as u32, 0])
        }
        "partition-describe" => (Hypercall::PartitionDescribe, [of, place, 0]),
        "schedule-set" => (Hypercall::ScheduleSet, [round % 2, 0, 0]),
        "schedule-status" => (Hypercall::ScheduleStatus, [place, 0, 0]),
        "schedule-describe" => (Hypercall::ScheduleDescribe, [0, place, 0]),
        _ => (Hypercall::HealthRead, [of, 0, place]),
    };
    call_with(call as u32, arguments)
}
