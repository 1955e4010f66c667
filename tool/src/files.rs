//! Files that the tool writes: whole or not at all, and only into folders that are its own.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, BufWriter, IntoInnerError, Read as _, Write};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::error::{Error, Message, Result};

/// The file that marks a folder as made by the tool; also what builds in the folder lock.
pub(crate) const MARKER: &str = ".bulkhead";

/// What a line of the marker begins with that names a file which was made.
const NOTE: &str = "made: ";

/// How the names of files begin that are not whole yet.
pub(crate) const UNFINISHED: &str = ".bulkhead-";

/// What the marker says to people.
const MARKER_TEXT: &[u8] = b"This folder was made by `bulkhead build`, which overwrites what is in it.\n";

/// A folder that is the tool's own and, as long as this is kept, this build's alone.
#[derive(Debug)]
pub(crate) struct Claim {
    /// The lock ends when the file is closed, however the process ends.
    marker: File,
    folder: PathBuf,
}

impl Claim {
    /// Claims a folder: makes it if it is not there, and waits while another build has it, after a call of `waiting`.
    ///
    /// # Errors
    /// If there is something in the folder that the tool has not put there, or it cannot be written.
    pub(crate) fn new(folder: &Path, waiting: &mut dyn FnMut()) -> Result<Self> {
        create_folder(folder)?;
        let marker = folder.join(MARKER);
        // Files appear only behind the marker: where another build makes the folder at this moment, the second look
        // finds it.
        if !is_empty(folder)? && !marker.is_file() {
            return Err(Error::Usage(
                Message::new(format!(
                    "{} has files that were not written by `bulkhead build`",
                    folder.display()
                ))
                .help("name a folder that does not exist yet, or empty this one"),
            ));
        }
        let mut claimed = || -> io::Result<File> {
            let mut file = File::options().create(true).append(true).read(true).open(&marker)?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    waiting();
                    file.lock()?;
                }
                // A file system without locks: whole files are all there can be.
                Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Unsupported => {
                    return Err(error);
                }
                _ => {}
            }
            if file.metadata()?.len() == 0 {
                file.write_all(MARKER_TEXT)?;
            }
            Ok(file)
        };
        loop {
            let file = claimed().map_err(|error| cannot("written", &marker, &error))?;
            // Who had the folder before may have removed it.
            if is_at(&file, &marker) {
                return Ok(Self { marker: file, folder: folder.to_owned() });
            }
            create_folder(folder)?;
        }
    }

    /// Notes in the marker what is made in the folder, so that `bulkhead clean` knows it.
    ///
    /// # Errors
    /// If the marker cannot be read or written.
    pub(crate) fn made(&self, files: impl IntoIterator<Item = PathBuf>) -> Result<()> {
        let place = self.folder.join(MARKER);
        let folder = absolute(&self.folder)?;
        let mut known: BTreeSet<String> = noted(&self.folder)?.into_iter().collect();
        let mut new = String::new();
        for file in files {
            let name = file.strip_prefix(&folder).unwrap_or(&file).to_string_lossy().into_owned();
            if !name.contains('\n') && known.insert(name.clone()) {
                new += &format!("{NOTE}{name}\n");
            }
        }
        (&self.marker).write_all(new.as_bytes()).map_err(|error| cannot("written", &place, &error))
    }

    /// Claims a folder inside one of the tool's own, unless somebody has it at the moment.
    ///
    /// # Errors
    /// If it cannot be made or written.
    pub(crate) fn if_free(folder: &Path) -> Result<Option<Self>> {
        create_folder(folder)?;
        let marker = folder.join(MARKER);
        let file = File::options().create(true).append(true).open(&marker);
        let file = file.map_err(|error| cannot("written", &marker, &error))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(None),
            // A file system without locks: nobody can know.
            _ => Ok(Some(Self { marker: file, folder: folder.to_owned() })),
        }
    }
}

/// What the marker of a folder says that was made in it.
pub(crate) fn noted(folder: &Path) -> Result<Vec<String>> {
    let place = folder.join(MARKER);
    let bytes = fs::read(&place).map_err(|error| cannot("read", &place, &error))?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.lines().filter_map(|line| line.strip_prefix(NOTE)).map(str::to_owned).collect())
}

/// Whether an open file is still the one at this place.
fn is_at(file: &File, place: &Path) -> bool {
    let here = file.metadata().map(|it| (it.dev(), it.ino())).ok();
    here.is_some() && here == fs::metadata(place).map(|it| (it.dev(), it.ino())).ok()
}

fn is_empty(folder: &Path) -> Result<bool> {
    let mut entries = fs::read_dir(folder).map_err(|error| cannot("read", folder, &error))?;
    Ok(entries.next().is_none())
}

/// Writes a file in one step: who reads at the same time sees what was there before, or all of this.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, 0o666, |out| out.write_all(bytes))
}

/// Writes a file that can be executed, in one step.
pub(crate) fn write_program(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, 0o777, |out| out.write_all(bytes))
}

/// What a path leads to in the end, there or not: what a symbolic link points to is replaced, not the link.
fn behind_links(path: &Path) -> PathBuf {
    let mut place = path.to_owned();
    // As many as Linux follows.
    for _ in 0..40 {
        let Ok(target) = fs::read_link(&place) else { break };
        place = parent(&place).join(target);
    }
    place
}

/// Whether a file that is not there has a folder that it can be made in, at the end of all links.
pub(crate) fn can_be_made(path: &Path) -> bool {
    parent(&behind_links(path)).is_dir()
}

/// Whether a file can be made, or another one be put in its place. Nothing has changed then.
pub(crate) fn try_to_replace(path: &Path) -> io::Result<()> {
    let place = behind_links(path);
    if place.as_os_str().as_encoded_bytes().ends_with(b"/") || place.file_name().is_none() {
        return Err(Errno::ISDIR.into());
    }
    unfinished(0o600).tempfile_in(parent(&place)).map(drop)
}

/// Writes a file in one step.
pub(crate) fn write_with(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    replace(path, 0o666, write)
}

/// Makes files that are not whole yet.
fn unfinished(mode: u32) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED).permissions(Permissions::from_mode(mode));
    builder
}

/// `mode` is what the user's mask leaves of it.
fn replace(path: &Path, mode: u32, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let place = behind_links(path);
    let written = || -> io::Result<()> {
        let mut out = BufWriter::new(unfinished(mode).tempfile_in(parent(&place))?);
        write(&mut out)?;
        out.into_inner().map_err(IntoInnerError::into_error)?.persist(&place)?;
        Ok(())
    };
    written().map_err(|error| cannot("written", path, &error))
}

/// Makes a symbolic link, in the place of one that is there.
pub(crate) fn link(target: &Path, place: &Path) -> Result<()> {
    let made = || -> io::Result<()> {
        let folder = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(parent(place))?;
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(target, &link)?;
        fs::rename(link, place)
    };
    made().map_err(|error| cannot("written", place, &error))
}

/// Makes a folder anew, in the place of one that is there, in one step for others who do the same: of two the one that
/// is there first stays. `fill` puts into it what is to be there.
pub(crate) fn replace_folder(folder: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let unwritten = |error| cannot("written", folder, &error);
    let work = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(parent(folder)).map_err(unwritten)?;
    let made = work.path().join("made");
    fs::create_dir(&made).map_err(unwritten)?;
    fill(&made)?;
    match fs::rename(folder, work.path().join("before")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unwritten(error)),
        _ => {}
    }
    match fs::rename(&made, folder) {
        Err(error) if !folder.is_dir() => Err(unwritten(error)),
        _ => Ok(()),
    }
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| cannot("read", path, &error))
}

/// What is in a file, if it is one that was built: an ELF file.
pub(crate) fn built(path: &Path) -> Result<Option<Vec<u8>>> {
    if path.is_file() && is_elf(path).unwrap_or(false) { read(path).map(Some) } else { Ok(None) }
}

/// Whether a file begins as an ELF file does.
pub(crate) fn is_elf(path: &Path) -> io::Result<bool> {
    let mut magic = [0; 4];
    File::open(path)?.read_exact(&mut magic)?;
    Ok(magic == *b"\x7fELF")
}

/// Makes a folder, and those that it lies in.
pub(crate) fn create_folder(folder: &Path) -> Result<()> {
    // Collecting the components leaves out `.`, which cannot be made at the end of a path.
    fs::create_dir_all(folder.components().collect::<PathBuf>()).map_err(|error| {
        let text = format!("the folder {} cannot be made", folder.display());
        Error::Environment(match in_the_way(folder) {
            Some(what) => Message::new(format!("{text}: {what}"))
                .help("remove or rename what is in its way, or name another place"),
            None => advised(Message::new(format!("{text}: {}", reason(&error))), &error),
        })
    })
}

/// What the user of a folder that has been removed can do.
pub(crate) const HOMELESS: &str = "the folder that you are in has been removed: go to another one";

/// What the user of a file that may not be read can do.
pub(crate) const NOT_PERMITTED: &str =
    "give yourself permission to read it, and to enter the folders it lies in";

/// Whether the current folder has been removed.
pub(crate) fn is_homeless() -> bool {
    env::current_dir().is_err()
}

/// What is where a folder is wanted, or where one that it is to lie in is, and is none: "build is a file", for example.
pub(crate) fn in_the_way(folder: &Path) -> Option<String> {
    let there = folder.ancestors().find(|path| fs::symlink_metadata(path).is_ok())?;
    if there.is_dir() {
        return None;
    }
    let shown = there.display();
    Some(match fs::read_link(there) {
        Ok(target) if there.exists() => {
            format!("{shown} is a symbolic link to {}, which is not a folder", target.display())
        }
        Ok(target) => format!("{shown} is a symbolic link to {}, which leads nowhere", target.display()),
        Err(_) => format!("{shown} is not a folder"),
    })
}

/// A temporary folder, whose name begins so. It goes when it is dropped.
pub(crate) fn temporary_folder(prefix: &str) -> Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix(prefix).tempdir().map_err(|error| {
        let text = format!("no temporary folder can be made in {}", env::temp_dir().display());
        Error::Environment(
            Message::new(format!("{text}: {}", reason(&error)))
                .help("TMPDIR says where: name a folder with some room that you are permitted to write to"),
        )
    })
}

/// Why something with a file has failed, without the name of a temporary file, which the crate `tempfile` adds.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split_once(" at path ").map_or(text.clone(), |(reason, _)| reason.to_owned())
}

/// A message on something that could not be written, with what can be done about it where that is known.
pub(crate) fn advised(message: Message, error: &io::Error) -> Message {
    let help = match error.kind() {
        io::ErrorKind::NotFound if is_homeless() => HOMELESS,
        io::ErrorKind::NotFound => "make the folder that it is to lie in, or name another place",
        io::ErrorKind::IsADirectory => "this is a folder: name a file, which may lie in it",
        io::ErrorKind::StorageFull => "free some space there, or name another place",
        io::ErrorKind::QuotaExceeded => {
            "your share of that disk is used up: free some of it, or name another place"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "that disk can only be read: name another place, or copy the system to one: what is built lies beside it"
        }
        io::ErrorKind::PermissionDenied => {
            "name a place where you are permitted to write, or copy the system to one: what is built lies beside it, \
             unless `bulkhead build` is told another place by -o"
        }
        io::ErrorKind::InvalidFilename => {
            "a name on a disk has at most 255 bytes, a path 4095: take a shorter one"
        }
        _ => return message,
    };
    message.help(help)
}

/// A path that is the same from every folder.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| {
        Error::Environment(Message::new(format!("{} has no absolute path: {error}", path.display())))
    })
}

/// The failure to do something with a file, such as "written".
pub(crate) fn cannot(done: &str, path: &Path, error: &io::Error) -> Error {
    let message = Message::new(format!("{} cannot be {done}: {}", path.display(), reason(error)));
    Error::Environment(if done == "read" { message } else { advised(message, error) })
}

/// A path that no program takes for an option: one that begins with `-` starts from `.` instead.
pub(crate) fn not_an_option(path: &Path) -> PathBuf {
    let option = path.as_os_str().as_encoded_bytes().starts_with(b"-");
    if option { Path::new(".").join(path) } else { path.to_owned() }
}

/// How a record of a run begins: with the name of its first member.
pub(crate) const RECORD: &[u8] = b"record.json\0";

/// A name for an open folder or file that fits into a socket's (108 bytes, unix(7)) and has no character that means
/// something to gdb (a colon) or to QEMU (a comma), whatever it is called, if it has a name at all. It is there while
/// that is open.
pub(crate) fn short(open: &File) -> PathBuf {
    PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), open.as_raw_fd()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::thread;

    use super::{Result, replace_folder, write};

    /// Each finds the whole folder, the one that was there before, its own or another's.
    #[test]
    fn a_folder_is_made_anew_by_several_at_once() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("include");
        let fill = |folder: &Path| -> Result<()> {
            (0..20).try_for_each(|number| write(&folder.join(format!("{number}.h")), b""))
        };
        let make = || {
            for _ in 0..10 {
                replace_folder(&folder, fill).expect("a folder");
            }
        };
        thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(make))));
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 20);
        let names: Vec<_> = fs::read_dir(place.path()).expect("a folder").flatten().collect();
        assert_eq!(names.len(), 1, "{names:?}");
        fs::write(folder.join("old.h"), "").expect("a header");
        replace_folder(&folder, fill).expect("a folder");
        assert!(!folder.join("old.h").exists());
    }
}
