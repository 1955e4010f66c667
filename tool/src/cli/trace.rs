//! `bulkhead trace`, and the timeline that `bulkhead run --trace` writes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bulkhead_timeline::report::Report;
use bulkhead_timeline::{Timeline, chrome, ctf, page, perfetto, picture};
use clap::ValueEnum;

use crate::diagnostics::visible::spelled;
use crate::error::{Error, Message, Result};
use crate::files::cannot;
use crate::units::duration_rounded;

use super::arguments::{PictureArguments, ReportArguments, RunArguments, TraceArguments};
use super::output_file::{could_be_written, refuse_other_than, write_whole};
use super::print;
use super::reporter::Reporter;
use super::run;

/// In which format a timeline is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Perfetto's own, which its viewer opens in the browser
    Perfetto,
    /// The Common Trace Format 1.8, a folder, for babeltrace2 and Trace Compass
    Ctf,
    /// Chrome's JSON trace events
    Chrome,
    /// A page for a browser, one file that zooms and filters without a network
    Html,
    /// A picture, SVG
    Svg,
    /// The same as PDF
    Pdf,
}

impl Format {
    /// The format of which a file's name speaks.
    fn of_name(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "html" | "htm" => Some(Self::Html),
            "svg" => Some(Self::Svg),
            "pdf" => Some(Self::Pdf),
            "json" => Some(Self::Chrome),
            _ => None,
        }
    }

    /// Refuses the name of a kind of picture that nobody writes here: the file would not be what it is called, and
    /// nobody has said what else it is to be.
    fn refuse_other_pictures(path: &Path) -> Result<()> {
        let extension = path.extension().map(|it| it.to_string_lossy().to_lowercase()).unwrap_or_default();
        let others = ["png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff", "eps", "ps"];
        if !others.contains(&extension.as_str()) {
            return Ok(());
        }
        let text = format!("{} cannot be written: there is no format .{extension} here", path.display());
        let help = "a picture is .svg or .pdf, a page for a browser .html";
        Err(Error::Usage(Message::new(text).help(help)))
    }

    /// The format of a timeline that is written to a file, unless another was asked for.
    pub(super) fn of_timeline(path: &Path) -> Self {
        Self::of_name(path).unwrap_or(Self::Perfetto)
    }

    /// The format of a picture that is written to a file.
    pub(super) fn of_picture(path: &Path) -> Self {
        let is_drawn = |format: &Self| matches!(format, Self::Html | Self::Pdf);
        Self::of_name(path).filter(is_drawn).unwrap_or(Self::Svg)
    }
}

/// From when until when, in nanoseconds of the system's clock; nothing for the timeline's begin and end.
pub(super) type Stretch = (Option<u64>, Option<u64>);

/// What a report is told of what was promised.
#[derive(Clone, Debug, Default)]
pub(super) struct Promise {
    /// How late a window may begin, in nanoseconds.
    pub(super) late: Option<u64>,
    /// A file for the figures as JSON.
    pub(super) json: Option<PathBuf>,
}

/// What becomes of a timeline.
#[derive(Debug)]
pub(super) enum Output {
    /// It is written.
    File(Place),
    /// It is made figures of.
    Report(Promise),
}

impl Output {
    /// The output of a run, if it is to have one. It is tried before the run, which would be in vain otherwise.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn of(arguments: &RunArguments) -> Result<Option<Self>> {
        if let Some(promise) = &arguments.report {
            if let Some(path) = &promise.json {
                refuse_other_than(path, &[b"{"], "no JSON")?;
                could_be_written(path)?;
            }
            return Ok(Some(Self::Report(promise.clone())));
        }
        Ok(Place::of(arguments)?.map(Self::File))
    }

    /// Writes a timeline, or its figures; whether everything was as promised.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&self, timeline: &Timeline, reporter: &mut Reporter) -> Result<bool> {
        match self {
            Self::File(place) => place.write(timeline, reporter).map(|()| true),
            Self::Report(promise) => report(timeline, promise, reporter),
        }
    }
}

/// Shows the figures of a timeline; whether everything was as promised.
fn report(timeline: &Timeline, promise: &Promise, reporter: &mut Reporter) -> Result<bool> {
    let report = Report::of(timeline);
    print(&format!("\n{}", report.text()))?;
    let broken = report.broken(promise.late);
    for sentence in &broken {
        reporter.difference(sentence)?;
    }
    if let Some(path) = &promise.json {
        let text = serde_json::to_string_pretty(&report).unwrap_or_default() + "\n";
        write_whole(path, |out| out.write_all(text.as_bytes()))?;
    }
    Ok(broken.is_empty())
}

/// Where a timeline is written.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    format: Format,
    stretch: Stretch,
}

impl Place {
    fn of(arguments: &RunArguments) -> Result<Option<Self>> {
        let Some(path) = arguments.trace.clone() else { return Ok(None) };
        let format = match arguments.trace_format {
            Some(format) => format,
            None => {
                Format::refuse_other_pictures(&path)?;
                Format::of_timeline(&path)
            }
        };
        let place = Self { path, format, stretch: arguments.stretch };
        place.create()?;
        Ok(Some(place))
    }

    /// Makes the folder, or looks whether the file can be written.
    fn create(&self) -> Result<()> {
        let path = &self.path;
        if self.format == Format::Ctf {
            return self.create_folder();
        }
        // What is there may be something else of the user's: what a timeline begins with is known.
        let beginning: &[u8] = match self.format {
            Format::Chrome => b"{\"displayTimeUnit",
            Format::Html => b"<!doctype html>",
            Format::Svg => b"<svg",
            Format::Pdf => b"%PDF-",
            Format::Perfetto | Format::Ctf => &[0x0a],
        };
        refuse_other_than(path, &[beginning], "no timeline in this format")?;
        could_be_written(path)
    }

    /// Makes the folder for a timeline in several files, in which nothing else may be.
    fn create_folder(&self) -> Result<()> {
        let path = &self.path;
        if path.exists() && !path.is_dir() {
            let text = format!("{} exists and is not a folder", path.display());
            let help = "a timeline in this format is several files: name a folder";
            return Err(Error::Usage(Message::new(text).help(help)));
        }
        let made = || -> io::Result<bool> {
            fs::create_dir_all(path)?;
            let known = [ctf::METADATA, ctf::STREAM];
            Ok(fs::read_dir(path)?
                .all(|entry| entry.is_ok_and(|entry| known.iter().any(|name| entry.file_name() == *name))))
        };
        if made().map_err(|error| cannot("written", path, &error))? {
            return Ok(());
        }
        let text = format!("{} is a folder with something else in it than a timeline", path.display());
        Err(Error::Usage(Message::new(text).help("name another folder, which is made if it is not there")))
    }

    /// Writes a timeline, and says what it is.
    fn write(&self, timeline: &Timeline, reporter: &mut Reporter) -> Result<()> {
        let last = timeline.end();
        let (begin, end) = (self.stretch.0.unwrap_or(0), self.stretch.1.unwrap_or(last));
        if self.stretch.0.is_some_and(|begin| begin >= last) {
            let text = format!("the system ended before --from, at {}", duration_rounded(last));
            return Err(Error::Usage(Message::new(text).help("name an earlier time")));
        }
        match self.format {
            Format::Perfetto => write_whole(&self.path, |mut out| perfetto::write(timeline, &mut out))?,
            Format::Chrome => write_whole(&self.path, |mut out| chrome::write(timeline, &mut out))?,
            Format::Html => {
                write_whole(&self.path, |mut out| page::write(timeline, begin, end, &mut out))?;
            }
            Format::Svg => {
                write_whole(&self.path, |out| out.write_all(picture::svg(timeline, begin, end).as_bytes()))?;
            }
            Format::Pdf => write_whole(&self.path, |out| out.write_all(&picture::pdf(timeline, begin, end)))?,
            // The long one first: where there is no room for it, what is there still fits together.
            Format::Ctf => {
                write_whole(&self.path.join(ctf::STREAM), |mut out| ctf::write_stream(timeline, &mut out))?;
                write_whole(&self.path.join(ctf::METADATA), |mut out| {
                    ctf::write_metadata(timeline, &mut out)
                })?;
            }
        }
        reporter.remark(&summary(timeline, &self.path))
    }
}

/// What a timeline holds, in a line.
fn summary(timeline: &Timeline, path: &Path) -> String {
    let lost = timeline.lost_count();
    let lost = match (lost, lost.saturating_sub(timeline.too_many)) {
        (0, _) => "nothing lost".to_owned(),
        (lost, 0) => format!("{lost} lost: so many came behind those that are kept; a shorter run keeps all"),
        (lost, fast) if fast == lost => format!("{lost} lost: records came faster than they could be read"),
        (lost, fast) => format!(
            "{lost} lost: {fast} records came faster than they could be read, {} behind those that are kept",
            lost - fast
        ),
    };
    let (count, path) = (timeline.events.len(), spelled(&path.to_string_lossy()));
    let events = if count == 1 { "event" } else { "events" };
    format!("timeline: {count} {events}, {lost}; in {path}\n")
}

/// Runs a system and writes its timeline; returns the exit status of the run.
pub(super) fn trace(arguments: TraceArguments, reporter: &mut Reporter) -> Result<u8> {
    run::run(&arguments.into_run(), reporter)
}

/// Runs a system as long as is to be drawn, and draws it; returns the exit status of the run.
pub(super) fn draw(arguments: PictureArguments, reporter: &mut Reporter) -> Result<u8> {
    let arguments = arguments.into_run();
    arguments.trace.as_deref().map_or(Ok(()), Format::refuse_other_pictures)?;
    if let (Some(begin), Some(end)) = arguments.stretch
        && begin >= end
    {
        return Err(Error::Usage(
            Message::new("--from is not before --until").help("name a time before the end of the picture"),
        ));
    }
    run::run(&arguments, reporter)
}

/// Runs a system, and shows in figures what of it was as the system file promises; returns the exit status.
pub(super) fn figures(arguments: ReportArguments, reporter: &mut Reporter) -> Result<u8> {
    run::run(&arguments.into_run(), reporter)
}

#[cfg(test)]
mod tests {
    use bulkhead_timeline::Lost;

    use super::*;

    #[test]
    fn why_records_are_lost_is_said() {
        let said = |count: u64, too_many: u64| {
            let lost = vec![Lost { since: 0, time: 1, count, partition: None }];
            let timeline = Timeline { lost, too_many, ..Timeline::default() };
            summary(&timeline, Path::new("out"))
        };
        assert_eq!(said(0, 0), "timeline: 0 events, nothing lost; in out\n");
        assert!(said(7, 0).contains("7 lost: records came faster than they could be read; in out"));
        let full = said(7, 7);
        assert!(full.contains("7 lost: so many came behind those that are kept; a shorter run"), "{full}");
        let both = said(7, 3);
        assert!(
            both.contains("7 lost: 4 records came faster than they could be read, 3 behind those that"),
            "{both}"
        );
    }
}
