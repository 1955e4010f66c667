//! The calls about modes, errors, partitions and schedules, as paths of the kernel.

use bulkhead_abi::{HealthError, Hypercall, Mode};

use crate::messages::{MESSAGE, call_with};

/// What call to make, about which partition, in which turn.
type Path = fn(u32, u32) -> (Hypercall, [u32; 3]);

/// Has something to read in the log.
pub(crate) fn prepare() {
    call_with(Hypercall::RaiseError as u32, [HealthError::Application as u32, 0, 0]);
}

/// The path with a name, found before the moment comes.
pub(crate) fn find(name: &str) -> Path {
    match name {
        "set-mode" => |_, _| (Hypercall::SetMode, [Mode::Normal as u32, 0, 0]),
        "serve" => |_, _| (Hypercall::ServeWatchdog, [0; 3]),
        "control" => |of, turn| (Hypercall::PartitionControl, [of, turn / 64 % 3, 0]),
        "partition-describe" => |of, turn| (Hypercall::PartitionDescribe, [of, place(turn), 0]),
        "schedule-set" => |_, _| (Hypercall::ScheduleSet, [0; 3]),
        "schedule-status" => |_, turn| (Hypercall::ScheduleStatus, [place(turn), 0, 0]),
        "schedule-describe" => |_, turn| (Hypercall::ScheduleDescribe, [0, place(turn), 0]),
        "health-read" => |of, turn| (Hypercall::HealthRead, [of, 0, place(turn)]),
        _ => |_, turn| (Hypercall::RaiseError, [HealthError::Application as u32, turn, turn]),
    }
}

fn place(turn: u32) -> u32 {
    &raw mut MESSAGE as u32 + (turn & 7)
}

/// Takes a path; `turn` counts.
pub(crate) fn take(path: Path, of: u32, turn: u32) -> i32 {
    let (call, arguments) = path(of, turn);
    call_with(call as u32, arguments)
}
