//! `bulkhead test-rtems`.

use std::env;
use std::io::{self, IsTerminal as _};
use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use signal_hook::consts::SIGPIPE;

use crate::error::{Error, Message, Result};
use crate::files::reason;
use crate::terminal::is_utf_8;
use crate::test_rtems::{Stop, TestOptions, TestResult, junit, programs, run_all, summary, table};

use super::arguments::TestRtemsArguments;
use super::output_file::{OutputFile, refuse_other_than_xml};
use super::print;
use super::signals::on_signal;

/// Exit status when not every test has passed.
const FAILED: u8 = 1;

/// Runs RTEMS's tests; returns the exit status.
pub(super) fn test_rtems(arguments: TestRtemsArguments) -> Result<u8> {
    arguments.junit.as_deref().map(refuse_other_than_xml).transpose()?;
    let programs = programs(&arguments.programs)?;
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let folder = tempfile::Builder::new().prefix("bulkhead-test-rtems-").tempdir().map_err(|error| {
        let text = format!("no temporary folder can be made in {}", env::temp_dir().display());
        Error::Environment(
            Message::new(format!("{text}: {}", reason(&error)))
                .help("TMPDIR says where: name a folder with some room that you are permitted to write to"),
        )
    })?;
    let options = TestOptions {
        jobs: arguments.jobs.unwrap_or(processors),
        timeout: arguments.timeout.unwrap_or(Duration::from_secs(300)),
        memory: arguments.memory,
        folder: folder.path().to_owned(),
        stop: Stop::default(),
    };
    let report = arguments.junit.as_deref().map(OutputFile::create).transpose()?;
    let stop = options.stop.clone();
    on_signal(move |signal| stop.ask(signal));
    let written = Mutex::new(Ok(()));
    let bar = bar(programs.len());
    let terminal = io::stderr().is_terminal();
    let results = run_all(&programs, &options, &|result: &TestResult| {
        bar.inc(1);
        bar.set_message(result.program.name.clone());
        if !terminal {
            let said = print(&format!(
                "{:9} {} ({:.1} s)\n",
                result.verdict.word(),
                result.program.name,
                result.host_time.as_secs_f64()
            ));
            if said.is_err() {
                // With nobody to tell, there is no point in going on.
                options.stop.ask(SIGPIPE);
                *written.lock().unwrap_or_else(PoisonError::into_inner) = said;
            }
        }
    });
    bar.finish_and_clear();
    written.into_inner().unwrap_or_else(PoisonError::into_inner)?;
    if let Some(signal) = options.stop.asked() {
        return Ok(128_i32.wrapping_add(signal) as u8);
    }
    if let Some(file) = report {
        file.write(&junit(&results))?;
    }
    print(&format!("{}\n{}", table(&results), summary(&results)))?;
    Ok(if results.iter().all(|result| result.verdict.is_good()) { 0 } else { FAILED })
}

/// Shows how many tests are done; hidden by indicatif where the standard error is no terminal.
fn bar(tests: usize) -> ProgressBar {
    let bar = ProgressBar::new(tests as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed} {msg}") {
        bar.set_style(if is_utf_8() { style } else { style.progress_chars("#- ") });
    }
    bar
}
