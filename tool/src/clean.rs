//! Removes what builds of a system have made, and nothing else.

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::compile_commands;
use crate::error::{Error, Message, Result};
use crate::files::{self, Claim, MARKER, UNFINISHED};
use crate::unpack;

/// What has become of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// What was there and is gone: files, and folders with everything in them.
    pub removed: Vec<PathBuf>,
    /// What was left in folders of the tool's because it has not made it.
    pub left: Vec<PathBuf>,
}

/// Removes what was built beside a system file: systems that boot, the folders of their objects and programs, those of
/// other hosts, and the link to the compile commands. Waits for builds that go on, after a call of `waiting`.
///
/// # Errors
/// If there is no such system file, or something cannot be removed.
pub fn clean(system_file: &Path, waiting: &mut dyn FnMut(&Path)) -> Result<Cleaned> {
    if !system_file.is_file() {
        return Err(Error::Usage(
            Message::new(format!("{} is no system file", system_file.display()))
                .help("give the system whose build is to be removed, or the folder that it is in"),
        ));
    }
    let folder = system_file.parent().unwrap_or(Path::new("")).join("build");
    let folder = folder.strip_prefix(".").map(Path::to_owned).unwrap_or(folder);
    let mut cleaned = Cleaned::default();
    if folder.is_dir() {
        for path in entries(&folder)? {
            clean_one(&path, waiting, &mut cleaned)?;
        }
        // Stays where something is left.
        let _ = fs::remove_dir(&folder);
    }
    Ok(cleaned)
}

/// Removes what was built as one file, and the folder of its objects and programs.
///
/// # Errors
/// If there is something else, or it cannot be removed.
pub fn clean_output(output: &Path, waiting: &mut dyn FnMut(&Path)) -> Result<Cleaned> {
    let mut cleaned = Cleaned::default();
    let is_there = fs::symlink_metadata(output).is_ok();
    clean_one(output, waiting, &mut cleaned)?;
    if is_there && cleaned == Cleaned::default() {
        return Err(Error::Usage(
            Message::new(format!("{} was not made by `bulkhead build`", output.display()))
                .help("name what -o of the build has named"),
        ));
    }
    clean_one(&output.with_extension("parts"), waiting, &mut cleaned)?;
    Ok(cleaned)
}

/// Removes a file or a folder of the tool's.
fn clean_one(path: &Path, waiting: &mut dyn FnMut(&Path), cleaned: &mut Cleaned) -> Result<()> {
    let is_link = fs::symlink_metadata(path).is_ok_and(|it| it.is_symlink());
    if !is_link && path.join(MARKER).is_file() {
        let claim = Claim::new(path, &mut || waiting(path))?;
        return clean_folder(path, claim, cleaned);
    }
    let name = path.file_name().unwrap_or_default();
    let is_ours = if is_link {
        name == OsStr::new(compile_commands::NAME) && compile_commands::is_link(path)
    } else {
        is_unfinished(path) || is_system(path)
    };
    if is_ours {
        remove(path)?;
        cleaned.removed.push(path.to_owned());
    }
    Ok(())
}

/// Removes from a folder of the tool's what was made in it, and the folder if nothing is left.
fn clean_folder(folder: &Path, claim: Claim, cleaned: &mut Cleaned) -> Result<()> {
    for name in files::noted(folder)? {
        let name = Path::new(&name);
        // A marker that somebody has written into leads nowhere else.
        if name.components().all(|part| matches!(part, Component::Normal(_))) {
            let path = folder.join(name);
            if fs::symlink_metadata(&path).is_ok_and(|it| !it.is_dir()) {
                remove(&path)?;
            }
        }
    }
    let mut left = Vec::new();
    sweep(folder, &mut left)?;
    if left.is_empty() {
        remove(&folder.join(MARKER))?;
        let _ = fs::remove_dir(folder);
        cleaned.removed.push(folder.to_owned());
    } else {
        cleaned.left.append(&mut left);
    }
    drop(claim);
    Ok(())
}

/// Removes empty folders, files that were never finished, and folders inside that are the tool's; what is left.
fn sweep(folder: &Path, left: &mut Vec<PathBuf>) -> Result<()> {
    for path in entries(folder)? {
        let is_folder = fs::symlink_metadata(&path).is_ok_and(|it| it.is_dir());
        if path.file_name() == Some(OsStr::new(MARKER)) {
            continue;
        }
        if is_unfinished(&path) && !is_folder {
            remove(&path)?;
        } else if !is_folder {
            left.push(path);
        } else if path.join(MARKER).is_file() && files::noted(&path)?.is_empty() {
            // What a run of the system boots from: nothing else is in there.
            fs::remove_dir_all(&path).map_err(|error| files::cannot("removed", &path, &error))?;
        } else if path.join(MARKER).is_file() {
            let mut cleaned = Cleaned::default();
            clean_folder(&path, Claim::new(&path, &mut || {})?, &mut cleaned)?;
            left.append(&mut cleaned.left);
        } else {
            sweep(&path, left)?;
            let _ = fs::remove_dir(&path);
        }
    }
    Ok(())
}

fn is_unfinished(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED))
}

/// Whether a file is a system that was built.
fn is_system(path: &Path) -> bool {
    let bytes = files::built(path).ok().flatten();
    bytes.is_some_and(|bytes| unpack::system(path, &bytes).is_ok())
}

fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).map_err(|error| files::cannot("removed", path, &error))
}

/// What is in a folder, in the order of the names.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = fs::read_dir(folder).map_err(|error| files::cannot("read", folder, &error))?;
    let mut paths: Vec<PathBuf> = read.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}
