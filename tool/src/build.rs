//! Builds a system: programs, layout, and the one bootable file.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, Message, Result};
use crate::files;
use crate::installation::Installation;
use crate::layout::{self, Layout};
use crate::linked_programs::{claim, programs};
use crate::pack;
use crate::recorded_calls;
use crate::system_file::{self, FILE_NAME, Purpose, System};
use crate::target::{Host, Processor};
use crate::units::size_text;

pub use crate::build_options::{Options, Progress, Silent};
pub use crate::host::Hosted;
pub use crate::image::Linked;

/// A system that has been built.
#[derive(Clone, Debug)]
pub struct Built {
    /// The system.
    pub system: System,
    /// Where everything lies.
    pub layout: Layout,
    /// The linked program of each partition, with its symbols.
    pub programs: Vec<Vec<u8>>,
    /// The bootable file.
    pub file: PathBuf,
    /// Its size in bytes.
    pub file_size: u64,
}

/// The path that means the standard input; relative paths in the system file start from the current folder then.
const STANDARD_INPUT: &str = "-";

/// The system file that a path means: the path itself, or `bulkhead.toml` in it if it is a folder.
#[must_use]
pub fn system_file_path(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(FILE_NAME) } else { path.to_owned() }
}

/// Reads and checks a system file, or the one in a folder.
///
/// # Errors
/// If it cannot be read, or has problems.
pub fn check(path: &Path) -> Result<System> {
    check_for(None, path)
}

/// As [`check`], for a processor that is chosen whatever the file says.
///
/// # Errors
/// As [`check`].
pub fn check_for(processor: Option<Processor>, path: &Path) -> Result<System> {
    read(processor, path, Purpose::Run)
}

/// As [`check_for`], for windows that are yet to be proposed: what the file says of them is not looked at.
///
/// # Errors
/// As [`check`].
pub fn demands_for(processor: Option<Processor>, path: &Path) -> Result<System> {
    read(processor, path, Purpose::Propose)
}

fn read(processor: Option<Processor>, path: &Path, purpose: Purpose) -> Result<System> {
    let (path, shown, read) = if path == Path::new(STANDARD_INPUT) {
        (PathBuf::new(), "<stdin>".to_owned(), read_some(std::io::stdin()))
    } else {
        let path = system_file_path(path);
        // "./bulkhead.toml" is what `.` becomes, and "bulkhead.toml" what a person calls it.
        let path = path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
        let shown = path.display().to_string();
        let read = fs::File::open(&path).and_then(read_some);
        (path, shown, read)
    };
    let bytes = read.map_err(|error| unreadable(&shown, &path, &error))?;
    if bytes.starts_with(files::RECORD) {
        return Err(Error::Usage(
            Message::new(format!("{shown} is no system file, but the record of a run"))
                .help("`bulkhead replay` repeats the run, and `bulkhead debug --replay` does so in gdb"),
        ));
    }
    // What kind of file one of another kind is says more than how large it is.
    if bytes.len() as u64 > SYSTEM_FILE_MAX && !bytes.starts_with(b"\x7fELF") {
        return Err(Error::Usage(
            Message::new(format!(
                "{shown} is no system file: it has more than {}",
                size_text(SYSTEM_FILE_MAX)
            ))
            .help("give a system file, such as `bulkhead new DIR` writes"),
        ));
    }
    let text = system_file::text_of(bytes, &shown)?;
    let directory = path.parent().unwrap_or(Path::new(""));
    Ok(system_file::from_text_with(purpose, processor, &text, &shown, directory)?)
}

/// Bytes of the largest system file: far more than one with all that is allowed in it has.
const SYSTEM_FILE_MAX: u64 = 1 << 20;

/// What is in a file, but not much more than a system file can have: some files have no end.
fn read_some(file: impl std::io::Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(SYSTEM_FILE_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(shown: &str, path: &Path, error: &std::io::Error) -> Error {
    let message = Message::new(format!("{shown} cannot be read: {error}"));
    Error::Usage(match error.kind() {
        ErrorKind::IsADirectory => {
            message.help("give a system file, which is text, or the folder that one is in")
        }
        ErrorKind::PermissionDenied => message.help(files::NOT_PERMITTED),
        ErrorKind::NotFound if files::is_homeless() => message.help(files::HOMELESS),
        ErrorKind::NotFound if path.extension() == Some("elf".as_ref()) => {
            message.help("`bulkhead build` makes it, and says where")
        }
        ErrorKind::NotFound => message.help("`bulkhead new DIR` writes a system to start from"),
        _ => message,
    })
}

/// Builds a system file, or the one in a folder, into one bootable file.
///
/// # Errors
/// If the system file has problems, a program does not compile or link or fit, or something cannot be read or
/// written.
pub fn build(path: &Path, options: &Options, progress: &mut dyn Progress) -> Result<Built> {
    build_system(check(path)?, options, progress)
}

/// Builds a checked system.
///
/// # Errors
/// As [`build`].
pub fn build_system(system: System, options: &Options, progress: &mut dyn Progress) -> Result<Built> {
    let installation = match &options.installation {
        Some(installation) => installation.clone(),
        None => Installation::find()?,
    };
    let (kernel, kind) = (options.kernel(&installation, system.processor)?, options.kind());
    let kernel = match options.traces && options.records_calls {
        true => recorded_calls::recorded(system.processor, &kernel).ok_or_else(no_calls)?,
        false => kernel,
    };
    let file = options
        .output
        .clone()
        .unwrap_or_else(|| default_output(&system, &format!("{}{kind}.elf", system.processor.name())));
    overwritable(&file)?;
    let programs = programs(&system, &installation, &parts_folder(&file), options, progress)?;
    let (images, programs) = programs.into_iter().map(|program| (program.image, program.file)).unzip();
    progress.step("packing");
    let layout = layout::layout(&system, images)?;
    let bytes = pack::pack(&system, &layout, &kernel)?;
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        files::create_folder(folder)?;
    }
    files::write(&file, &bytes)?;
    Ok(Built { system, layout, programs, file, file_size: bytes.len() as u64 })
}

fn no_calls() -> Error {
    Error::Environment(
        Message::new("the kernel of this installation that is to trace does not record calls")
            .help("build it again: make kernel sparc"),
    )
}

/// Builds a checked system for a kernel that is not ours: the programs, and what the kernel's own tools ask for, in
/// a folder of its own.
///
/// # Errors
/// As [`build`].
pub fn build_for_host(system: System, options: &Options, progress: &mut dyn Progress) -> Result<Hosted> {
    let host = options.host;
    let installation = match &options.installation {
        Some(installation) => installation.clone(),
        None => Installation::find()?,
    };
    let folder = options.output.clone().unwrap_or_else(|| default_output(&system, host.name()));
    if folder.exists() && !folder.is_dir() {
        return Err(Error::Usage(
            Message::new(format!("{} exists and is not a folder", folder.display()))
                .help(format!("what is built for {} is several files: name a folder", host.title())),
        ));
    }
    let claim = claim(&folder, progress)?;
    let programs = programs(&system, &installation, &folder.join("parts"), options, progress)?;
    progress.step(&format!("writing what {} needs", host.title()));
    let files = host.write(&system, &programs, &installation, &folder)?;
    let made = files.iter().map(|(name, _)| files::absolute(&folder.join(name)));
    claim.made(made.collect::<Result<Vec<_>>>()?)?;
    Ok(Hosted { system, host, programs, folder, files })
}

/// Compiles and links the programs of a checked system, as a build does, and looks whether they fit; nothing that boots
/// is made of them.
///
/// # Errors
/// As [`build`].
pub fn check_programs(system: &System, options: &Options, progress: &mut dyn Progress) -> Result<()> {
    let installation = match &options.installation {
        Some(installation) => installation.clone(),
        None => Installation::find()?,
    };
    if options.host == Host::Bulkhead {
        let file = default_output(system, &format!("{}.elf", system.processor.name()));
        let programs = programs(system, &installation, &parts_folder(&file), options, progress)?;
        layout::layout(system, programs.into_iter().map(|program| program.image).collect())?;
    } else {
        let folder = default_output(system, options.host.name());
        let _claim = claim(&folder, progress)?;
        programs(system, &installation, &folder.join("parts"), options, progress)?;
    }
    Ok(())
}

/// Refuses to write over what is not a built system: a misplaced `-o` must not cost anybody a source file.
fn overwritable(file: &Path) -> Result<()> {
    let is_folder = file.as_os_str().as_encoded_bytes().ends_with(b"/") || file.is_dir();
    if is_folder {
        return Err(Error::Usage(
            Message::new(format!("{} is a folder", file.display()))
                .help("what is built is one file: name that, such as system.elf"),
        ));
    }
    match files::is_elf(file) {
        Ok(true) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound && fs::symlink_metadata(file).is_err() => Ok(()),
        // A link to a file that is not there yet, but could be.
        Err(error) if error.kind() == ErrorKind::NotFound && files::can_be_made(file) => Ok(()),
        // Another file, or one of less than four bytes.
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
            let why = file.parent().and_then(files::in_the_way).unwrap_or_else(|| error.to_string());
            Err(Error::Usage(
                Message::new(format!("{} cannot be written: {why}", file.display()))
                    .help("name another file with -o, or set right what stands in its way"),
            ))
        }
        _ => Err(Error::Usage(
            Message::new(format!("{} exists and is not a built system", file.display()))
                .help("name another file, or remove this one"),
        )),
    }
}

/// Where a system goes if nobody says: a name of its own for each processor and host.
fn default_output(system: &System, target: &str) -> PathBuf {
    system.directory.join("build").join(format!("{}-{target}", system.name))
}

/// The folder for objects and linked programs, beside the bootable file.
pub(crate) fn parts_folder(file: &Path) -> PathBuf {
    file.with_extension("parts")
}
