//! The file that is an emulated disk.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::thread;
use std::time::Duration;

use crate::error::{Error, Message, Result};
use crate::files::{absolute, cannot};

use super::contents::Contents;

/// Bytes of a block of a disk (virtio 1.2, 5.2.4).
const BLOCK: u64 = 512;

/// The file of a disk, as `--disk NAME=FILE` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskFile {
    /// Name of the device.
    pub name: String,
    /// The file, as it is.
    pub path: PathBuf,
}

impl FromStr for DiskFile {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.split_once('=') {
            Some((name, path)) if !name.is_empty() && !path.is_empty() => {
                Ok(Self { name: name.to_owned(), path: PathBuf::from(path) })
            }
            _ => Err("write NAME=FILE: a device's name, and the file that is its disk".to_owned()),
        }
    }
}

/// Whether another run has the disk. A program that some thread is just starting has for a moment whatever this process
/// has open, with the locks of it: so this looks again for a second. (A file system without locks: nobody can know.)
fn is_taken(file: &File) -> bool {
    (0..100).all(|_| {
        let is_locked = matches!(file.try_lock(), Err(TryLockError::WouldBlock));
        if is_locked {
            thread::sleep(Duration::from_millis(10));
        }
        is_locked
    })
}

/// A disk's file, which no other run has.
#[derive(Debug)]
pub(super) struct OpenDisk {
    path: PathBuf,
    /// Open for as long as the run takes, and locked.
    file: File,
}

impl OpenDisk {
    /// Opens the file of the disk with this name.
    pub(super) fn open(name: &str, disks: &[DiskFile]) -> Result<Self> {
        let mut named = disks.iter().filter(|disk| disk.name == name);
        let Some(DiskFile { path, .. }) = named.next() else {
            let text = format!("`{name}` has no file: it is an emulated disk");
            let help = format!("add --disk {name}=FILE; `truncate -s 16M FILE` makes an empty one");
            return Err(Error::Usage(Message::new(text).help(help)));
        };
        if let Some(other) = named.next() {
            let text = format!("`{name}` has two files: {} and {}", path.display(), other.path.display());
            return Err(Error::Usage(Message::new(text).help("name one of them")));
        }
        let file = File::options().read(true).write(true).open(path);
        let file = file.map_err(|error| unopened(path, &error))?;
        let there = file.metadata().map_err(|error| cannot("read", path, &error))?;
        let size = there.len();
        if !there.is_file() || size == 0 || !size.is_multiple_of(BLOCK) {
            return Err(unfit(path, there.is_file(), size));
        }
        if is_taken(&file) {
            let text = format!("{} is the disk of another run", path.display());
            return Err(Error::Environment(
                Message::new(text).help("name another file, or wait for that run"),
            ));
        }
        let path = absolute(path)?;
        Ok(Self { path, file })
    }

    /// What is on it, and how much room there is.
    pub(super) fn contents(&self) -> Result<Contents> {
        Contents::read(&self.file).map_err(|error| {
            if error.kind() == io::ErrorKind::FileTooLarge {
                let text =
                    format!("--record: there is more on {} than a record can hold", self.path.display());
                return Error::Usage(
                    Message::new(text).help("take a disk with less than 1 GiB that is not empty"),
                );
            }
            cannot("read", &self.path, &error)
        })
    }

    /// The file as QEMU's block device with this name; where QEMU writes a log, with what comes from it there.
    pub(super) fn node(&self, id: &str, is_logged: bool) -> String {
        let path = value(&self.path);
        let (driver, image) = if is_logged { ("blkreplay", "image.") } else { ("raw", "") };
        let raw = if is_logged { ",image.driver=raw" } else { "" };
        format!("driver={driver},node-name={id}{raw},{image}file.driver=file,{image}file.filename={path}")
    }
}

/// The words for QEMU's block device with this name whose requests are in a log, and which begins with what is in a
/// file. What is written to it is gone with QEMU.
pub(super) fn repeated(path: &Path, id: &str) -> [String; 2] {
    let path = value(path);
    [
        format!("if=none,id=image-{id},snapshot=on,format=raw,file={path}"),
        format!("if=none,driver=blkreplay,node-name={id},image=image-{id}"),
    ]
}

/// A path as a value of QEMU's: a comma ends it, unless there are two.
fn value(path: &Path) -> String {
    path.display().to_string().replace(',', ",,")
}

/// The failure to open a disk's file.
fn unopened(path: &Path, error: &io::Error) -> Error {
    let shown = path.display();
    let in_folder = path.parent().is_some_and(|folder| folder.as_os_str().is_empty() || folder.is_dir());
    let help = match error.kind() {
        io::ErrorKind::NotFound if in_folder => empty_disk(path),
        io::ErrorKind::IsADirectory => "name a file with the contents of a disk".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "a disk is written, too: name a file that you may write, such as a copy of it".to_owned()
        }
        _ => return cannot("opened for reading and writing", path, error),
    };
    let text = format!("{shown} cannot be opened for reading and writing: {error}");
    Error::Environment(Message::new(text).help(help))
}

fn empty_disk(path: &Path) -> String {
    format!("`truncate -s 16M {}` makes an empty disk of it", path.display())
}

fn unfit(path: &Path, is_file: bool, size: u64) -> Error {
    let (shown, whole) = (path.display(), size.next_multiple_of(BLOCK));
    let (text, help) = if is_file && size == 0 {
        (format!("{shown} has 0 bytes, which is no disk"), empty_disk(path))
    } else if is_file {
        let text = format!("{shown} has {size} bytes, which is no disk: blocks have {BLOCK} bytes");
        (text, format!("`truncate -s {whole} {shown}` makes it one"))
    } else {
        (format!("{shown} is no file"), "name a file with the contents of a disk".to_owned())
    };
    Error::Environment(Message::new(text).help(help))
}
