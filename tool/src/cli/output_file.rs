//! Files that a command writes besides its standard output, and what of the user's they must not cost.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Read as _, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::build;
use crate::cores::files_of;
use crate::error::{Error, Message, Result};
use crate::files::{self, absolute, cannot};
use crate::system_file::{Program, System};
use crate::target::Processor;

use super::arguments::RunArguments;

/// A file that a run writes besides the standard output. It is opened before the run, which would be in vain otherwise.
#[derive(Debug)]
pub(super) struct OutputFile {
    path: PathBuf,
    file: File,
    /// Whether it was not there before.
    is_new: bool,
}

impl OutputFile {
    /// Makes the file empty, unless another run is writing it: both would be in it, one over the other.
    pub(super) fn create(path: &Path) -> Result<Self> {
        let file = Self::open(path)?;
        file.begin()?;
        Ok(file)
    }

    /// The same, but what is in the file stays until [`Self::begin`].
    pub(super) fn open(path: &Path) -> Result<Self> {
        let opened = || {
            let is_new = !path.exists();
            let file = File::options().write(true).create(true).truncate(false).open(path)?;
            // A file system without locks: nobody can know.
            let is_taken = is_regular(&file)? && matches!(file.try_lock(), Err(TryLockError::WouldBlock));
            Ok((!is_taken).then(|| Self { path: path.to_owned(), file, is_new }))
        };
        opened().map_err(|error| cannot("written", path, &error))?.ok_or_else(|| {
            let text = format!("{} is being written by another run", path.display());
            Error::Environment(Message::new(text).help("name another file, or wait for that run"))
        })
    }

    /// Makes it empty.
    pub(super) fn begin(&self) -> Result<()> {
        let emptied = || if is_regular(&self.file)? { self.file.set_len(0) } else { Ok(()) };
        emptied().map_err(|error| self.failure(&error))
    }

    /// Leaves what there was before: a file that was not there is not there again.
    pub(super) fn leave(self) {
        if self.is_new && is_regular(&self.file).unwrap_or(false) {
            // An empty file does no harm.
            let _ = fs::remove_file(&self.path);
        }
    }

    /// The file itself.
    pub(super) fn into_file(self) -> File {
        self.file
    }

    /// What can be written to.
    pub(super) const fn stream(&self) -> &File {
        &self.file
    }

    /// Writes a text.
    pub(super) fn write(&self, text: &str) -> Result<()> {
        self.stream().write_all(text.as_bytes()).map_err(|error| self.failure(&error))
    }

    /// The failure to write to it.
    pub(super) fn failure(&self, error: &io::Error) -> Error {
        cannot("written", &self.path, error)
    }
}

fn is_regular(file: &File) -> io::Result<bool> {
    Ok(file.metadata()?.is_file())
}

/// Whether [`write_whole`] will be able to write a file, as far as can be known before. Nothing has changed then.
///
/// # Errors
/// If not.
pub(super) fn could_be_written(path: &Path) -> Result<()> {
    let tried = || match fs::metadata(path) {
        Ok(there) if there.is_dir() => Err(Errno::ISDIR.into()),
        // Who reads from a pipe would take the end of this trial for the end of the file.
        Ok(there) if !there.is_file() => Ok(()),
        Ok(_) => File::options().write(true).open(path).and_then(|_| files::try_to_replace(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => files::try_to_replace(path),
        Err(error) => Err(error),
    };
    tried().map_err(|error| cannot("written", path, &error))
}

/// Writes a file all of which is known, in one step: on a full disk, or when a signal ends the command, what was there
/// stays. A device or a pipe is written as it is.
///
/// # Errors
/// If it cannot be written.
pub(super) fn write_whole(path: &Path, write: impl Fn(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let is_special = fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir());
    if !is_special {
        return files::write_with(path, write);
    }
    let written = || {
        let mut out = BufWriter::new(File::options().write(true).open(path)?);
        write(&mut out)?;
        out.flush()
    };
    written().map_err(|error| cannot("written", path, &error))
}

/// Refuses files that would take the place of something else: of each other (a disk's among them), of what the run
/// reads, or of what is no report. Nothing has been written then.
///
/// # Errors
/// If one of them would.
pub(super) fn refuse_to_overwrite(arguments: &RunArguments) -> Result<()> {
    let reports = [
        ("--junit", &arguments.junit),
        ("--transcript", &arguments.transcript),
        (arguments.trace_option, &arguments.trace),
        ("--record", &arguments.record),
    ];
    let figures = arguments.report.iter().filter_map(|promise| Some(("-o", promise.json.as_deref()?)));
    let figures = figures.map(|(option, path)| (option, option.to_owned(), path));
    let reports =
        reports.into_iter().filter_map(|(option, path)| Some((option, option.to_owned(), path.as_deref()?)));
    let consoles = arguments.console.iter().filter_map(|console| {
        Some(("--console", format!("the console of {}", console.name), console.place.file()?))
    });
    // A disk is read and written. Two files for one disk are refused where the disk is known.
    let disks = arguments
        .disk
        .iter()
        .map(|disk| ("--disk", format!("the disk `{}`", disk.name), disk.path.as_path()));
    let files: Vec<(&str, String, &Path)> = reports.chain(figures).chain(consoles).chain(disks).collect();
    if let Some((option, ..)) = files.iter().find(|(.., path)| *path == Path::new("-")) {
        let text = format!("{option} -: the standard output has what the run says");
        return Err(Error::Usage(Message::new(text).help("name a file; ./- is one of this name")));
    }
    for (number, (option, what, path)) in files.iter().enumerate() {
        let is_other = |other: &str| *option != "--disk" || other != what;
        let mut before = files[..number].iter();
        if let Some((_, other, _)) = before.find(|(_, other, file)| is_other(other) && are_one(file, path)) {
            let text = format!("{} cannot be both {other} and {what}", path.display());
            return Err(Error::Usage(Message::new(text).help("name a file for each")));
        }
    }
    if files.is_empty() && arguments.core.is_none() {
        return Ok(());
    }
    let read = read_by_command(&arguments.file, arguments.target.processor);
    for (option, _, path) in files {
        refuse_one_of(&read.inputs, option, path)?;
    }
    // One of the core files may be written over what the command reads.
    for (folder, system) in arguments.core.iter().zip(&read.system) {
        let mut files = system.partitions.iter().flat_map(|it| files_of(folder, &it.name));
        files.try_for_each(|it| refuse_one_of(&read.inputs, "--core", &it))?;
    }
    arguments.junit.as_deref().map_or(Ok(()), refuse_other_than_xml)
}

/// Refuses a file that an option names if it is one that the command reads: the system file, or what that names.
///
/// # Errors
/// If it is.
pub(super) fn refuse_inputs(
    option: &str,
    path: &Path,
    file: &Path,
    processor: Option<Processor>,
) -> Result<()> {
    refuse_one_of(&read_by_command(file, processor).inputs, option, path)
}

/// Refuses a file that an option names if it is one of these, which the command reads.
fn refuse_one_of(inputs: &[PathBuf], option: &str, path: &Path) -> Result<()> {
    let Some(input) = inputs.iter().find(|input| are_one(input, path)) else { return Ok(()) };
    let (path, input) = (path.display(), input.display());
    let text = format!("{option} {path} would overwrite {input}, which the command reads");
    Err(Error::Usage(Message::new(text).help("name another file")))
}

/// Refuses to write a report over what is none: in `test-rtems --junit *.exe` the first program would be it.
///
/// # Errors
/// If the file is there and does not begin as XML does.
pub(super) fn refuse_other_than_xml(path: &Path) -> Result<()> {
    refuse_other_than(path, &[b"<?xml"], "no XML, which JUnit's reports are")
}

/// Refuses to write over a file that begins with none of these, and is `what`.
///
/// # Errors
/// If the file is there and begins otherwise.
pub(super) fn refuse_other_than(path: &Path, beginnings: &[&[u8]], what: &str) -> Result<()> {
    let longest = beginnings.iter().map(|beginning| beginning.len()).max().unwrap_or(0);
    let mut begin = Vec::new();
    let is_other = path.is_file()
        && match File::open(path).and_then(|file| file.take(longest as u64).read_to_end(&mut begin)) {
            Ok(_) => !begin.is_empty() && !beginnings.iter().any(|beginning| begin.starts_with(beginning)),
            Err(_) => fs::metadata(path).is_ok_and(|there| there.len() > 0),
        };
    if is_other {
        let text = format!("{} exists and is {what}", path.display());
        return Err(Error::Usage(Message::new(text).help("name another file, or remove this one")));
    }
    Ok(())
}

/// What a command reads, as far as it is known before it.
struct Read {
    /// The system file or the built file, and what the system file names.
    inputs: Vec<PathBuf>,
    /// What the system file says, if it is one and right.
    system: Option<System>,
}

fn read_by_command(file: &Path, processor: Option<Processor>) -> Read {
    let file = build::system_file_path(file);
    // What is no regular file could be read only once.
    let system = file.is_file().then(|| build::check_for(processor, &file)).and_then(Result::ok);
    let mut inputs = vec![file];
    if let Some(system) = &system {
        for partition in &system.partitions {
            match &partition.program {
                Program::Sources(sources) => inputs.extend(sources.iter().map(|path| system.path(path))),
                Program::Image { path, .. } => inputs.push(system.path(path)),
            }
        }
    }
    Read { inputs, system }
}

/// A regular file, or the place where one can be made.
#[derive(PartialEq, Eq)]
enum Place {
    /// Device and inode.
    There(u64, u64),
    New(PathBuf),
}

impl Place {
    fn of(path: &Path) -> Option<Self> {
        match fs::metadata(path) {
            Ok(there) => there.is_file().then(|| Self::There(there.dev(), there.ino())),
            Err(_) => Some(Self::New(absolute(path).ok()?.components().collect())),
        }
    }
}

/// Whether two paths lead to the same regular file, there or not.
fn are_one(one: &Path, other: &Path) -> bool {
    Place::of(one).is_some_and(|place| Some(place) == Place::of(other))
}
