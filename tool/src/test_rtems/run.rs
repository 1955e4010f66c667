//! Runs test programs, several at a time.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::image::processor_of;
use crate::installation::Installation;
use crate::parallel::parallel;
use crate::run::Stop;
use crate::target::Host;

use super::figures::{has_figures, has_stop_watch, shift};
use super::neighbours::Neighbours;
use super::{TestProgram, TestResult, Verdict, figures, native, partition, verdict};

/// How to run.
#[derive(Clone, Debug)]
pub struct TestOptions {
    /// How many at a time.
    pub jobs: usize,
    /// How long one may take here.
    pub timeout: Duration,
    /// Memory of the partition, as a system file has it.
    pub memory: String,
    /// The kernel below the partition.
    pub host: Host,
    /// The command that makes a bootable file of what is built for AIR; by default what
    /// [`packer`](super::packer) finds.
    pub packer: Option<PathBuf>,
    /// Where kernel and guest library are; by default [`Installation::find`].
    pub installation: Option<Installation>,
    /// What is to run beside each test.
    pub neighbours: Option<Neighbours>,
    /// A folder for what is built on the way.
    pub folder: PathBuf,
    /// Ends the tests before their time.
    pub stop: Stop,
}

/// Where programs are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Each in a partition.
    Partition,
    /// Each alone on the machine that its board is for.
    Native,
}

/// What a run has come to.
pub(super) struct Run {
    /// Whether it did not end in time.
    pub(super) timed_out: bool,
    /// How it ended, in words.
    pub(super) ending: String,
    /// How long it took by the kernel's clock, in nanoseconds, if that is known.
    pub(super) time: Option<u64>,
}

/// Runs the programs and returns the results in their order; `done` is told of each as it ends.
pub fn run_all(
    programs: &[TestProgram],
    place: Place,
    options: &TestOptions,
    done: &(dyn Fn(&TestResult) + Sync),
) -> Vec<TestResult> {
    let is_over = || options.stop.asked().is_some();
    parallel(programs.len(), options.jobs, &is_over, &|| (), &|(), number| {
        let result = run_one(&programs[number], number, place, options);
        done(&result);
        result
    })
}

fn run_one(program: &TestProgram, number: usize, place: Place, options: &TestOptions) -> TestResult {
    let file = fs::read(&program.file).unwrap_or_default();
    let measures = has_stop_watch(&file) && (place == Place::Native || has_figures(options.host));
    let result = attempt(program, number, place, options, measures);
    let is_slowed = measures && processor_of(&file).is_some_and(|it| shift(Place::Partition, it, true) > 0);
    // A test of the stop watch itself has bounds for what it shows, which slower instructions may not keep.
    if place == Place::Partition && is_slowed && !result.verdict.is_good() && options.stop.asked().is_none() {
        let again = attempt(program, number, place, options, false);
        return TestResult { host_time: result.host_time + again.host_time, ..again };
    }
    result
}

fn attempt(
    program: &TestProgram,
    number: usize,
    place: Place,
    options: &TestOptions,
    measures: bool,
) -> TestResult {
    let begin = Instant::now();
    let mut output = Vec::new();
    let run: Result<Run> = match place {
        Place::Partition => partition::run(program, number, options, measures, &mut output),
        Place::Native => native::run(program, options, &mut output),
    };
    let output = String::from_utf8_lossy(&output).into_owned();
    let (verdict, time) = match run {
        Ok(run) => (verdict(&output, run.timed_out, &run.ending), run.time.map(Duration::from_nanos)),
        Err(error) => (Verdict::NotRun(plain(&error)), None),
    };
    let figures = if measures { figures::of(program, place, options.host, &output) } else { Vec::new() };
    TestResult {
        program: program.clone(),
        verdict,
        system_time: time,
        host_time: begin.elapsed(),
        output,
        figures,
    }
}

/// The error's first line, without what the table has no room for.
fn plain(error: &Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}
