//! The test programs of a folder or a list.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Message, Result};
use crate::files::is_elf;

/// A test program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestProgram {
    /// Its suite: the folder it lies in.
    pub suite: String,
    /// Its name: that of its file, without the ending.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
}

/// How test programs end, as RTEMS's build names them.
const ENDING: &str = "exe";

/// Programs that RTEMS's build makes only to see that they link.
const NOT_TO_RUN: &str = ".norun";

/// The test programs in a folder and those below, or those that a text file lists, one path a line, from its folder.
///
/// # Errors
/// If there are none, or something cannot be read.
pub fn programs(path: &Path) -> Result<Vec<TestProgram>> {
    let mut files = Vec::new();
    if path.is_dir() {
        collect(path, &mut files)?;
        files.sort();
    } else if path.extension().is_some_and(|ending| ending == ENDING) || is_elf(path).unwrap_or(false) {
        files.push(path.to_owned());
    } else {
        let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        files.extend(lines.map(|line| folder.join(line)));
    }
    if files.is_empty() {
        let shown = path.display();
        let text = if path.is_dir() {
            format!("{shown} has no test programs: no file ends in .{ENDING}")
        } else {
            format!("{shown} lists no test programs: no line has a path")
        };
        let help = "give a folder with test programs, one program, or a text file that lists them";
        return Err(Error::Usage(Message::new(text).help(help)));
    }
    Ok(files.into_iter().map(program).collect())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::Usage(
        Message::new(format!("{} cannot be read: {error}", path.display()))
            .help("give a folder with test programs, one program, or a text file that lists them"),
    )
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == ENDING)
            && !path.to_string_lossy().contains(NOT_TO_RUN)
        {
            files.push(path);
        }
    }
    Ok(())
}

fn program(file: PathBuf) -> TestProgram {
    let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let suite = text(file.parent().and_then(Path::file_name));
    TestProgram { suite, name: text(file.file_stem()), file }
}

/// Those of a folder, or of a list, that have the suite and the name of one of these.
///
/// # Errors
/// As [`programs`].
pub fn counterparts(of: &[TestProgram], path: &Path) -> Result<Vec<TestProgram>> {
    let mut found = programs(path)?;
    found.retain(|one| of.iter().any(|other| one.suite == other.suite && one.name == other.name));
    if found.is_empty() {
        let shown = path.display();
        return Err(Error::Usage(Message::new(format!("{shown} has none of these test programs")).help(
            "give the folder of the same suites as RTEMS's own build has linked them, such as testsuites",
        )));
    }
    Ok(found)
}
