//! Systems that are traced while they run.

use std::path::Path;

use bulkhead_timeline::Timeline;
use bulkhead_tool::build::{self, Built, Options};
use bulkhead_tool::run::RunOptions;
use bulkhead_tool::system_file::Processor;
use bulkhead_tool::tracing::Tracing;

use crate::{Transcript, building, installation, repository, run_built};

/// Builds the system of a system file for a processor, with the kernel that traces.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn build_traced(processor: Processor, file: &Path) -> Built {
    build_with(processor, file, "trace.elf", Options { traces: true, ..Options::default() })
}

/// The same; `calls` says whether the kernel records calls, too.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn build_recording(processor: Processor, file: &Path, calls: bool) -> Built {
    let options = Options { traces: true, records_calls: calls, ..Options::default() };
    build_with(processor, file, "trace.elf", options)
}

/// The same, with the kernel that traces, with that which varies (and traces, though programs need not), or both.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn build_as(processor: Processor, file: &Path, traces: bool, varies: bool) -> Built {
    let kind = match (traces, varies) {
        (true, true) => "vary-trace.elf",
        (false, true) => "vary.elf",
        (true, false) => "trace.elf",
        (false, false) => "elf",
    };
    build_with(processor, file, kind, Options { traces, varies, ..Options::default() })
}

fn build_with(processor: Processor, file: &Path, kind: &str, options: Options) -> Built {
    let name = file.parent().and_then(Path::file_name).unwrap_or_default();
    let folder = repository().join("target/systems").join(processor.name());
    std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{error}"));
    let output = Some(folder.join(name).with_extension(kind));
    let options = Options { output, installation: Some(installation()), ..options };
    let system = build::check_for(Some(processor), file).unwrap_or_else(|error| panic!("{error:?}"));
    building::build_system(system, &options)
}

/// Runs a system that was built to be traced: what was said, and what was recorded.
///
/// # Panics
/// If it cannot be started, or its records cannot be read.
#[must_use]
pub fn run_traced(built: &Built, run_options: &RunOptions) -> (Transcript, Timeline) {
    let (processor, installation) = (built.system.processor, installation());
    let kernel = match run_options.variation {
        Some(_) => installation.varying_kernel(processor),
        None => installation.tracing_kernel(processor),
    };
    let kernel = kernel.unwrap_or_else(|error| panic!("{error:?}"));
    let tracing = Tracing::begin(built, &kernel).unwrap_or_else(|error| panic!("{error:?}"));
    let run_options = RunOptions { memory_file: Some(tracing.memory_file()), ..run_options.clone() };
    let transcript = run_built(built, &run_options);
    (transcript, tracing.finish().unwrap_or_else(|error| panic!("{error:?}")))
}
