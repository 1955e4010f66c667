//! Systems that are traced while they run.

use std::path::Path;

use bulkhead_timeline::Timeline;
use bulkhead_tool::build::{Built, Options};
use bulkhead_tool::run::RunOptions;
use bulkhead_tool::system_file::Processor;
use bulkhead_tool::tracing::Tracing;

use crate::{Transcript, build_file_with, installation, run_built};

/// Builds the system of a system file for a processor, with the kernel that traces.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn build_traced(processor: Processor, file: &Path) -> Built {
    build_file_with(Some(processor), file, Options { traces: true, ..Options::default() })
}

/// Runs a system that was built to be traced: what was said, and what was recorded.
///
/// # Panics
/// If it cannot be started, or its records cannot be read.
#[must_use]
pub fn run_traced(built: &Built, run_options: &RunOptions) -> (Transcript, Timeline) {
    let options = Options { traces: true, varies: run_options.variation.is_some(), ..Options::default() };
    let kernel = options.kernel(&installation(), built.system.processor);
    let kernel = kernel.unwrap_or_else(|error| panic!("{error:?}"));
    let tracing = Tracing::begin(built, &kernel).unwrap_or_else(|error| panic!("{error:?}"));
    let run_options = RunOptions { memory_file: Some(tracing.memory_file()), ..run_options.clone() };
    let transcript = run_built(built, &run_options);
    (transcript, tracing.finish().unwrap_or_else(|error| panic!("{error:?}")))
}
