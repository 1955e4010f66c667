//! What is recorded of periodic processes, in programs that are traced, with the executive that has a ring for it.

use bulkhead_abi::record::event;

use crate::executive::Task;
use crate::process::EndedJob;

// SAFETY: the stand-in defines it with this signature.
unsafe extern "C" {
    /// Records two events with what is to be said of each.
    safe fn rtems_record_produce_2(first: u32, first_data: usize, second: u32, second_data: usize);
}

/// A process has done its job in this period.
pub(crate) fn ended(task: Task, job: EndedJob) {
    let took = u32::try_from(job.took).unwrap_or(u32::MAX);
    let event = if job.late { event::JOB_ENDED_LATE } else { event::JOB_ENDED };
    rtems_record_produce_2(event::JOB_TOOK, took as usize, event, task as usize);
}
