//! `bulkhead test-rtems`.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::num::NonZero;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::error::{Error, Message, Result};
use crate::test_rtems::{TestOptions, TestResult, junit, programs, run_all, summary, table};

use super::arguments::TestRtemsArguments;
use super::print;

/// Exit status when not every test has passed.
const FAILED: u8 = 1;

/// Runs RTEMS's tests; returns the exit status.
pub(super) fn test_rtems(arguments: TestRtemsArguments) -> Result<u8> {
    let programs = programs(&arguments.programs)?;
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let folder = std::env::temp_dir().join(format!("bulkhead-test-rtems-{}", std::process::id()));
    let cannot = |what: &str, error: io::Error| {
        Error::Environment(Message::new(format!("{what} cannot be written: {error}")))
    };
    fs::create_dir_all(&folder).map_err(|error| cannot(&folder.display().to_string(), error))?;
    let options = TestOptions {
        jobs: arguments.jobs.unwrap_or(processors),
        timeout: arguments.timeout.unwrap_or(Duration::from_secs(300)),
        memory: arguments.memory,
        folder: folder.clone(),
    };
    let bar = bar(programs.len());
    let terminal = io::stderr().is_terminal();
    let results = run_all(&programs, &options, &|result: &TestResult| {
        bar.inc(1);
        bar.set_message(result.program.name.clone());
        if !terminal {
            print(&format!(
                "{:9} {} ({:.1} s)\n",
                result.verdict.word(),
                result.program.name,
                result.host_time.as_secs_f64()
            ));
        }
    });
    bar.finish_and_clear();
    let _ = fs::remove_dir_all(&folder);
    if let Some(file) = arguments.junit {
        fs::write(&file, junit(&results)).map_err(|error| cannot(&file.display().to_string(), error))?;
    }
    print(&format!("{}\n{}", table(&results), summary(&results)));
    Ok(if results.iter().all(|result| result.verdict.is_good()) { 0 } else { FAILED })
}

/// Shows how many tests are done; hidden by indicatif where the standard error is no terminal.
fn bar(tests: usize) -> ProgressBar {
    let bar = ProgressBar::new(tests as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar
}
