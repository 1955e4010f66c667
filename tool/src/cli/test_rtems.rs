//! `bulkhead test-rtems`.

use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use signal_hook::consts::SIGPIPE;

use crate::error::{Error, Message, Result};
use crate::files::temporary_folder;
use crate::json;
use crate::run::{Ending, Stop};
use crate::target::Host;
use crate::terminal::is_utf_8;
use crate::test_rtems::{
    Comparison, Neighbours, Place, TestOptions, TestProgram, TestResult, can_test, comparison, counterparts,
    junit, packer, programs, run_all, summary, table,
};

use super::arguments::{TestRtemsArguments, jobs_or_processors};
use super::output_file::{OutputFile, refuse_other_than_xml};
use super::print;
use super::signals::on_signal;

/// Exit status when not every test has passed.
const FAILED: u8 = 1;

/// Runs RTEMS's tests; returns the exit status.
pub(super) fn test_rtems(arguments: TestRtemsArguments) -> Result<u8> {
    arguments.junit.as_deref().map(refuse_other_than_xml).transpose()?;
    can_test(arguments.host)?;
    if arguments.pack.is_some() && arguments.host != Host::Air {
        return Err(Error::Usage(
            Message::new("--pack makes bootable files for AIR only")
                .help("add --host air, or leave --pack out"),
        ));
    }
    let packer = (arguments.host == Host::Air).then(|| packer(arguments.pack.clone())).transpose()?;
    let programs = programs(&arguments.programs)?;
    let natives = match &arguments.native {
        Some(path) => counterparts(&programs, path)?,
        None => Vec::new(),
    };
    let folder = temporary_folder("bulkhead-test-rtems-")?;
    let options = TestOptions {
        jobs: jobs_or_processors(arguments.jobs),
        timeout: arguments.timeout.unwrap_or(Duration::from_secs(300)),
        memory: arguments.memory,
        host: arguments.host,
        packer,
        installation: None,
        neighbours: arguments.neighbours.then(|| Neighbours::new(arguments.host, None, folder.path())),
        folder: folder.path().to_owned(),
        stop: Stop::default(),
    };
    let report = arguments.junit.as_deref().map(OutputFile::create).transpose()?;
    let json = arguments.json.json;
    if json {
        print(&json::tests_begin(programs.len(), natives.len()))?;
    }
    let stop = options.stop.clone();
    on_signal(move |signal| stop.ask(signal));
    let native_results = run_told(&natives, Place::Native, &options, json)?;
    let results = run_told(&programs, Place::Partition, &options, json)?;
    if let Some(signal) = options.stop.asked() {
        let status = Ending::Interrupted(signal).exit_status();
        if json {
            print(&json::tests_interrupted(status))?;
        }
        return Ok(status);
    }
    if let Some(file) = report {
        file.write(&junit(&results, &native_results))?;
    }
    let table = match natives.is_empty() {
        true => table(&results),
        false => comparison(&Comparison::all(&results, &native_results)),
    };
    let status = if results.iter().all(|result| result.verdict.is_good()) { 0 } else { FAILED };
    print(&match json {
        true => json::tests_end(status, &summary(&results), &results, &native_results),
        false => format!("{table}\n{}", summary(&results)),
    })?;
    Ok(status)
}

/// Runs programs and tells of each as it ends.
fn run_told(
    programs: &[TestProgram],
    place: Place,
    options: &TestOptions,
    json: bool,
) -> Result<Vec<TestResult>> {
    let written = Mutex::new(Ok(()));
    let bar = if json { ProgressBar::hidden() } else { bar(programs.len()) };
    let terminal = io::stderr().is_terminal();
    let native = if place == Place::Native { " natively" } else { "" };
    let results = run_all(programs, place, options, &|result: &TestResult| {
        bar.inc(1);
        bar.set_message(result.program.name.clone());
        if json || !terminal {
            let said = print(&match json {
                true => json::test(result, place),
                false => format!(
                    "{:9} {}{native} ({:.1} s)\n",
                    result.verdict.word(),
                    result.program.name,
                    result.host_time.as_secs_f64()
                ),
            });
            if said.is_err() {
                // With nobody to tell, there is no point in going on.
                options.stop.ask(SIGPIPE);
                *written.lock().unwrap_or_else(PoisonError::into_inner) = said;
            }
        }
    });
    bar.finish_and_clear();
    written.into_inner().unwrap_or_else(PoisonError::into_inner)?;
    Ok(results)
}

/// Shows how many tests are done; hidden by indicatif where the standard error is no terminal.
pub(super) fn bar(tests: usize) -> ProgressBar {
    let bar = ProgressBar::new(tests as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed} {msg}") {
        bar.set_style(if is_utf_8() { style } else { style.progress_chars("#- ") });
    }
    bar
}
