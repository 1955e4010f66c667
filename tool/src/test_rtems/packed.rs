//! Runs one test program in a partition on AIR, whose bootable files are made by a command of the user's.

use std::cell::Cell;
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::build::{Options, Silent, build_for_host};
use crate::error::{Error, Message, Result};
use crate::files;
use crate::run::{AloneEnding, AloneOptions, Session};
use crate::system_file::System;
use crate::target::Host;

use super::TestOptions;
use super::figures::AIR_SHIFT;
use super::neighbours::NEIGHBOUR;
use super::run::Run;
use super::verdict::END;

/// The variable that names the command.
const VARIABLE: &str = "BULKHEAD_AIR";

/// How often a command that has not ended is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// What the subject says when it ends, as the binding writes it.
const HALTED: &str = "halted with status ";
const STOPPED: &str = "stopped: ";

/// The command that makes a bootable file of what was built: what is named, or what the environment names.
///
/// # Errors
/// If nothing is named.
pub fn packer(named: Option<PathBuf>) -> Result<PathBuf> {
    let found = named.or_else(|| std::env::var_os(VARIABLE).filter(|it| !it.is_empty()).map(PathBuf::from));
    found.ok_or_else(|| {
        Error::Usage(Message::new("AIR's own tools make what boots, and no command is named that calls them").help(
            format!(
                "name one by --pack COMMAND or {VARIABLE}: it is called with a folder that `build --host air` has \
                 written and with the path of the file to be made, and does what README.md in that folder says"
            ),
        ))
    })
}

/// Builds the system, has it made bootable, and boots it until the test has passed or its partition has ended.
pub(super) fn run(
    system: System,
    subject: &str,
    build: &Options,
    options: &TestOptions,
    session: Session,
    output: &mut Vec<u8>,
) -> Result<Run> {
    Host::Air.check(&system)?;
    let packer = packer(options.packer.clone())?;
    let built = build_for_host(system, build, &mut Silent)?;
    let image = built.folder.join("bootable");
    pack(&packer, &files::absolute(&built.folder)?, &files::absolute(&image)?, options)?;
    let alone = AloneOptions {
        processor: built.system.processor,
        shift: AIR_SHIFT,
        timeout: options.timeout,
        memory: Some(built.system.memory),
    };
    let prefix = format!("{subject} | ");
    // Only whole lines are looked at, and each once.
    let searched = Cell::new(0_usize);
    let alone = session.run_alone(&image, &alone, &|said| {
        let whole = said.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let from = searched.replace(whole);
        let new = String::from_utf8_lossy(&said[from.min(whole)..whole]);
        new.lines().filter_map(|line| line.strip_prefix(&prefix)).any(is_last)
    })?;
    let said = String::from_utf8_lossy(&alone.output);
    let ending = said.lines().filter_map(|line| line.strip_prefix(&prefix)).find(|line| is_end(line));
    let ending = match ending {
        Some(line) => format!("the partition {}", line.trim_end_matches('\r')),
        None => alone.ending.text(),
    };
    output.extend(transcript(&said, subject).bytes());
    Ok(Run { timed_out: alone.ending == AloneEnding::TimedOut, ending, time: None })
}

/// Whether the partition ends with this line.
fn is_end(line: &str) -> bool {
    line.starts_with(HALTED) || line.starts_with(STOPPED)
}

/// Whether nothing more needs to be heard.
fn is_last(line: &str) -> bool {
    line.trim_start().starts_with(END) || is_end(line)
}

/// What the subject has said, and AIR itself; not what others have, whose lines have their names in front.
fn transcript(said: &str, subject: &str) -> String {
    let mut text = String::new();
    for line in said.lines().map(|line| line.trim_end_matches('\r')) {
        let line = match line.split_once(" | ") {
            Some((name, line)) if name == subject => line.to_owned(),
            Some((name, _)) if name.starts_with(NEIGHBOUR) => continue,
            _ if line.is_empty() => continue,
            _ => format!("kernel: {line}"),
        };
        text += &line;
        text.push('\n');
    }
    text
}

/// Calls the command, and ends it when the test's time is up or the tests are to end.
fn pack(packer: &Path, folder: &Path, image: &Path, options: &TestOptions) -> Result<()> {
    let log = folder.join("pack.log");
    let unwritable = |error: std::io::Error| {
        Error::Environment(Message::new(format!("{} cannot be written: {error}", log.display())))
    };
    let file = File::create(&log).map_err(unwritable)?;
    let errors = file.try_clone().map_err(unwritable)?;
    let shown = packer.display();
    let failed =
        |how: String, help: &str| Error::Environment(Message::new(format!("{shown} {how}")).help(help));
    let mut command = Command::new(packer);
    command.arg(folder).arg(image).stdin(Stdio::null()).stdout(file).stderr(errors).process_group(0);
    let child = command.spawn().map_err(|error| {
        failed(format!("cannot be started: {error}"), "name a program that may be executed, with its path")
    })?;
    let mut guard = Group(child);
    let deadline = Instant::now() + options.timeout;
    let status = loop {
        if let Some(status) = guard.0.try_wait().map_err(unwritable)? {
            break status;
        }
        if Instant::now() >= deadline || options.stop.asked().is_some() {
            return Err(failed("did not end in time".to_owned(), "--timeout gives it and the test longer"));
        }
        thread::sleep(LOOK);
    };
    let said = fs::read(&log).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("without a word").trim();
    let help = "it is to do what README.md of the folder says, and to end with status 0";
    if !status.success() {
        return Err(failed(format!("failed ({status}): {last}"), help));
    }
    match image.is_file() {
        true => Ok(()),
        false => Err(failed(format!("has made no {}", image.display()), help)),
    }
}

/// A process, with those that it has started; they end with it.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::{is_last, transcript};

    #[test]
    fn the_subject_is_told_from_its_neighbours_and_from_air() {
        let said = "\r\n:: Initialization complete!\r\ntest | *** BEGIN OF TEST X ***\nneighbour-1 | *** END OF TEST\n\
                    test | a | b\nHM: error\nother | c\n";
        let expected = "kernel: :: Initialization complete!\n*** BEGIN OF TEST X ***\na | b\nkernel: HM: error\n\
                        kernel: other | c\n";
        assert_eq!(transcript(said, "test"), expected);
    }

    #[test]
    fn a_run_ends_with_its_test_or_its_partition() {
        for line in ["*** END OF TEST X ***", "halted with status 0", "stopped: memory violation"] {
            assert!(is_last(line), "{line}");
        }
        assert!(!is_last("*** BEGIN OF TEST X ***") && !is_last("it halted with status 0"));
    }
}
