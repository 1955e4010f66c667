//! The end of a partition: asked for, or because something is wrong.

use bulkhead_guest::{HealthError, health, interrupts, partition, println};

/// Who says that the partition must end, with the numbers of the Classic API.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The executive itself.
    Core = 0,
    /// `rtems_fatal_error_occurred`.
    Api = 1,
    /// `exit` and `rtems_shutdown_executive`; the code is the partition's status.
    Exit = 5,
    /// `assert`.
    Assert = 7,
    /// A task has left its stack; the code is the task's name.
    StackChecker = 8,
    /// `rtems_panic`.
    Panic = 11,
}

/// The internal error that says that a task has returned from its entry point.
pub(crate) const TASK_RETURNED: usize = 5;

/// The internal error that says that a task was deleted that owns a semaphore.
pub(crate) const RESOURCE_IN_USE: usize = 25;

/// The internal error that says that ticks leave nothing to tasks; none of RTEMS's.
pub(crate) const CLOCK: usize = 1000;

/// The status with which a partition halts after a fatal error.
const FATAL_STATUS: u32 = 254;

/// Ends the partition.
pub(crate) fn terminate(source: Source, code: usize) -> ! {
    end(source as u32, code)
}

fn end(source: u32, code: usize) -> ! {
    interrupts::disable();
    if source == Source::Exit as u32 {
        partition::halt(code as u32);
    }
    println!(
        "fatal error: source {source} ({}), code {code}{}",
        source_text(source),
        explanation(source, code)
    );
    // With a response that lets the partition go on, or on a kernel without one, this is its end.
    let overflow = source == Source::StackChecker as u32;
    let error = if overflow { HealthError::StackOverflow } else { HealthError::Application };
    let _ = health::raise(error, source, code as u32);
    partition::halt(FATAL_STATUS)
}

/// The sources in a few words.
fn source_text(source: u32) -> &'static str {
    match source {
        0 => "executive",
        1 => "rtems_fatal_error_occurred",
        4 => "application",
        6 => "board support",
        7 => "assertion",
        8 => "stack checker",
        9 => "exception",
        11 => "panic",
        12 => "free of what was not allocated",
        13 => "heap",
        14 => "spurious interrupt",
        _ => "unknown",
    }
}

fn explanation(source: u32, code: usize) -> &'static str {
    match (source, code) {
        (0, 2) => ": the partition's memory is too small for what is configured",
        (0, TASK_RETURNED) => ": a task returned from its entry point",
        (0, RESOURCE_IN_USE) => ": a task was deleted that owns a semaphore",
        (0, CLOCK) => ": ticks take all the time",
        (0, 32) => ": the initialization task could not be created (entry point, priority, name or memory)",
        _ => "",
    }
}

#[unsafe(no_mangle)]
extern "C" fn rtems_fatal(source: u32, code: usize) -> ! {
    end(source, code)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_fatal_error_occurred(code: u32) -> ! {
    end(Source::Api as u32, code as usize)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_shutdown_executive(status: u32) -> ! {
    end(Source::Exit as u32, status as usize)
}
