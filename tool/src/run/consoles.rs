//! Consoles of partitions that are not among the others: in a file, or at a pseudo-terminal of their own.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags, fcntl_setfl, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

use super::input::InputLine;

/// Where a partition's console is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Among the others, on the standard output.
    Output,
    /// In this file.
    File(PathBuf),
    /// At a pseudo-terminal.
    Terminal,
}

impl Place {
    /// The file, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Output | Self::Terminal => None,
        }
    }
}

/// The console of a partition, as `--console NAME=WHERE` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsolePlace {
    /// Name of the partition.
    pub name: String,
    /// Where its console is.
    pub place: Place,
}

impl FromStr for ConsolePlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let help = "write NAME=pty, NAME=file:PATH or NAME=stdout";
        let (name, place) = text.split_once('=').ok_or(help)?;
        let place = match place {
            "stdout" => Place::Output,
            "pty" => Place::Terminal,
            _ => match place.strip_prefix("file:") {
                Some(path) if !path.is_empty() => Place::File(PathBuf::from(path)),
                _ => return Err(help.to_owned()),
            },
        };
        Ok(Self { name: name.to_owned(), place })
    }
}

/// A console.
#[derive(Debug)]
enum Sink {
    /// A file, its path, and the first failure to write it.
    File(File, PathBuf, Mutex<Option<io::Error>>),
    Terminal(Terminal),
}

/// A pseudo-terminal.
#[derive(Debug)]
pub struct Terminal {
    /// Our end.
    master: OwnedFd,
    /// The other end, which stays open: it keeps its settings, and nobody who leaves ends it.
    _slave: OwnedFd,
    /// What others open.
    pub path: String,
}

impl Terminal {
    /// A new one, which passes everything on as it is.
    ///
    /// # Errors
    /// If the system has none.
    pub fn open() -> io::Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let path = ptsname(&master, Vec::new())?.to_string_lossy().into_owned();
        let slave = open(path.as_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty())?;
        let mut settings = tcgetattr(&slave)?;
        // Without this it would send back what it is told, as though somebody had typed it.
        settings.make_raw();
        tcsetattr(&slave, OptionalActions::Now, &settings)?;
        // Where nobody reads, nothing waits.
        fcntl_setfl(&master, OFlags::NONBLOCK)?;
        Ok(Self { master, _slave: slave, path })
    }

    /// Types something at our end.
    ///
    /// # Errors
    /// If nobody reads, and it does not fit.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(&self.master, bytes)?)
    }

    /// What has been typed, once there is something; `None` when there is nothing more to come.
    fn read(&self, buffer: &mut [u8]) -> Option<usize> {
        loop {
            let mut wanted = [PollFd::new(&self.master, PollFlags::IN)];
            let polled = poll(&mut wanted, None);
            match polled.and_then(|_| rustix::io::read(&self.master, &mut *buffer)) {
                Ok(0) => return None,
                Ok(length) => return Some(length),
                Err(error) if [rustix::io::Errno::INTR, rustix::io::Errno::AGAIN].contains(&error) => {}
                Err(_) => return None,
            }
        }
    }
}

/// The consoles that have a place of their own.
#[derive(Clone, Debug, Default)]
pub struct Consoles {
    sinks: Vec<(usize, Arc<Sink>)>,
    /// The partitions that are shown among the others, though.
    shown: Vec<usize>,
}

impl Consoles {
    /// Adds a file, which is at this path, for a partition.
    pub fn add_file(&mut self, partition: usize, path: PathBuf, file: File) {
        self.sinks.push((partition, Arc::new(Sink::File(file, path, Mutex::new(None)))));
    }

    /// Adds a pseudo-terminal for a partition.
    pub fn add_terminal(&mut self, partition: usize, terminal: Terminal) {
        self.sinks.push((partition, Arc::new(Sink::Terminal(terminal))));
    }

    /// Shows a partition among the others, too.
    pub fn show(&mut self, partition: usize) {
        self.shown.push(partition);
    }

    /// Whether somebody can type at one of them.
    #[must_use]
    pub fn have_input(&self) -> bool {
        self.sinks.iter().any(|(_, sink)| matches!(**sink, Sink::Terminal(_)))
    }

    /// Where a partition's console is besides the others, for people: a file's path, or a pseudo-terminal's.
    #[must_use]
    pub fn places(&self, partition: usize) -> Vec<String> {
        let own = self.sinks.iter().filter(|(of, _)| *of == partition);
        let place = |sink: &Sink| match sink {
            Sink::File(_, path, _) => path.display().to_string(),
            Sink::Terminal(terminal) => terminal.path.clone(),
        };
        own.map(|(_, sink)| place(sink)).collect()
    }

    /// Takes a partition's output; the answer is whether it is shown among the others.
    pub(super) fn take(&self, partition: usize, bytes: &[u8]) -> bool {
        let mut is_elsewhere = false;
        for (_, sink) in self.sinks.iter().filter(|(of, _)| *of == partition) {
            is_elsewhere = true;
            match &**sink {
                Sink::File(file, _, failure) => {
                    let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
                    if failure.is_none() {
                        *failure = { file }.write_all(bytes).err();
                    }
                }
                // What does not fit nobody reads.
                Sink::Terminal(terminal) => drop(terminal.write(bytes)),
            }
        }
        !is_elsewhere || self.shown.contains(&partition)
    }

    /// Which file could not be written, and why, if one could not.
    #[must_use]
    pub fn failure(&self) -> Option<(&Path, io::Error)> {
        self.sinks.iter().find_map(|(_, sink)| match &**sink {
            Sink::File(_, path, failure) => {
                let failure = failure.lock().unwrap_or_else(PoisonError::into_inner).take()?;
                Some((path.as_path(), failure))
            }
            Sink::Terminal(_) => None,
        })
    }

    /// Sends what is typed at pseudo-terminals, in a thread for each, which nobody waits for.
    pub(super) fn forward(&self, line: &InputLine) {
        for (partition, sink) in &self.sinks {
            let (partition, sink, line) = (*partition, Arc::clone(sink), line.clone());
            if matches!(*sink, Sink::File(..)) {
                continue;
            }
            thread::spawn(move || {
                let Sink::Terminal(terminal) = &*sink else { return };
                let mut buffer = [0; 256];
                while let Some(length) = terminal.read(&mut buffer) {
                    if line.send(Some(partition), &buffer[..length]).is_err() {
                        return;
                    }
                }
            });
        }
    }
}
