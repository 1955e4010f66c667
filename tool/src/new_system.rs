//! Writes a system to start from.

use std::borrow::Cow;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::diagnostics::visible::spelled;
use crate::error::{Error, Message, Result};
use crate::files::{cannot, create_folder, not_an_option};
use crate::system_file::{is_name, name_out_of};

/// The files of a new system.
const FILES: [(&str, &str); 6] = [
    ("bulkhead.toml", include_str!("../templates/bulkhead.toml")),
    ("hello.c", include_str!("../templates/hello.c")),
    ("counter.c", include_str!("../templates/counter.c")),
    (".gitignore", "/build/\n"),
    (".vscode/launch.json", include_str!("../templates/vscode/launch.json")),
    (DEBUGGER, include_str!("../templates/vscode/gdb")),
];

/// What an editor starts for gdb, and the folder of its files.
const DEBUGGER: &str = ".vscode/gdb";
const EDITORS: &str = ".vscode";

/// Writes a new system into a folder that does not exist or is empty; returns what to tell the user.
///
/// # Errors
/// If the folder has something in it, or cannot be written to.
pub fn write(folder: &Path) -> Result<String> {
    if fs::symlink_metadata(folder).is_ok() {
        let empty = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
        if !empty {
            return Err(Error::Usage(
                Message::new(format!("{} exists and is not an empty folder", folder.display()))
                    .help("name a folder that does not exist yet"),
            ));
        }
    }
    let made = fs::symlink_metadata(folder).is_err();
    create_folder(folder)?;
    let (line, note) = naming(folder);
    if let Err(error) = files(folder, &line) {
        // All or nothing: what is there already would be in the way of the next attempt.
        for (name, _) in FILES {
            let _ = fs::remove_file(folder.join(name));
        }
        let _ = fs::remove_dir(folder.join(EDITORS));
        if made {
            let _ = fs::remove_dir(folder);
        }
        return Err(error);
    }
    let shown = spelled(&folder.display().to_string());
    Ok(format!(
        "{shown}: a system of two partitions\n  bulkhead.toml  partitions, memory and schedule\n  hello.c        says \
         hello and halts\n  counter.c      counts once a second\n  .vscode        debugs it in Visual Studio \
         Code\n{note}run it: bulkhead run {}\n",
        quoted(&not_an_option(folder).display().to_string())
    ))
}

/// Writes the files, with a line more in the system file.
fn files(folder: &Path, line: &str) -> Result<()> {
    create_folder(&folder.join(EDITORS))?;
    for (name, text) in FILES {
        let path = folder.join(name);
        fs::write(&path, text.replacen("[system]\n", &format!("[system]\n{line}"), 1))
            .map_err(|error| cannot("written", &path, &error))?;
    }
    let debugger = folder.join(DEBUGGER);
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&debugger, executable).map_err(|error| cannot("made executable", &debugger, &error))
}

/// What the system file must say of the name, and what the user is told of it: nothing, unless the folder's name cannot
/// be the system's.
fn naming(folder: &Path) -> (String, String) {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let own = folder.file_name().unwrap_or_default().to_string_lossy();
    if is_name(&own) {
        return (String::new(), String::new());
    }
    let name = name_out_of(&own);
    (format!("name = \"{name}\"\n"), format!("its name is {name}: the folder's cannot be one\n"))
}

/// A word as a shell takes it, and fit to be shown.
fn quoted(word: &str) -> String {
    spelled(&shlex::try_quote(word).unwrap_or(Cow::Borrowed(word)))
}
