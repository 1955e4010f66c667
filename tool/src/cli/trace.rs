//! `bulkhead trace`, and the timeline that `bulkhead run --trace` writes.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use bulkhead_timeline::{Timeline, chrome};
use clap::ValueEnum;

use crate::error::Result;
use crate::files::cannot;

use super::arguments::{RunArguments, TraceArguments};
use super::reporter::Reporter;
use super::run;

/// In which format a timeline is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Chrome's JSON trace events
    #[default]
    Chrome,
}

/// Where a timeline goes.
#[derive(Debug)]
pub(super) struct Output {
    path: PathBuf,
    format: Format,
}

impl Output {
    /// The output of a run, if it is to have one. It is tried before the run, which would be in vain otherwise.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn of(arguments: &RunArguments) -> Result<Option<Self>> {
        let Some(path) = arguments.trace.clone() else { return Ok(None) };
        let output = Self { path, format: arguments.trace_format };
        output.create()?;
        Ok(Some(output))
    }

    fn create(&self) -> Result<File> {
        File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&self.path)
            .map_err(|error| cannot("written", &self.path, &error))
    }

    /// Writes a timeline, and says what it is.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&self, timeline: &Timeline, reporter: &mut Reporter) -> Result<()> {
        let written = || -> io::Result<()> {
            let mut out = BufWriter::new(File::create(&self.path)?);
            match self.format {
                Format::Chrome => chrome::write(timeline, &mut out)?,
            }
            out.flush()
        };
        written().map_err(|error| cannot("written", &self.path, &error))?;
        reporter.remark(&summary(timeline, &self.path))
    }
}

/// What a timeline holds, in a line.
fn summary(timeline: &Timeline, path: &Path) -> String {
    let lost = match timeline.lost_count() {
        0 => "nothing lost".to_owned(),
        lost => format!("{lost} lost: records came faster than they could be read"),
    };
    let size = fs::metadata(path).map_or(0, |file| file.len());
    format!(
        "timeline: {} events, {lost}; {} ({})\n",
        timeline.events.len(),
        path.display(),
        crate::units::size_rounded(size)
    )
}

/// Runs a system and writes its timeline; returns the exit status of the run.
pub(super) fn trace(arguments: TraceArguments, reporter: &mut Reporter) -> Result<u8> {
    run::run(&arguments.into_run(), reporter)
}
