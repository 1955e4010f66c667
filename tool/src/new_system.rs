//! Writes a system to start from.

use std::fs;
use std::path::Path;

use crate::error::{Error, Message, Result};
use crate::files::create_folder;

/// The files of a new system.
const FILES: [(&str, &str); 4] = [
    ("bulkhead.toml", include_str!("../templates/bulkhead.toml")),
    ("hello.c", include_str!("../templates/hello.c")),
    ("counter.c", include_str!("../templates/counter.c")),
    (".gitignore", "/build/\n"),
];

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
    create_folder(folder)?;
    for (name, text) in FILES {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| {
            Error::Environment(Message::new(format!("{} cannot be written: {error}", path.display())))
        })?;
    }
    let shown = folder.display();
    Ok(format!(
        "{shown}: a system of two partitions\n  bulkhead.toml  partitions, memory and schedule\n  hello.c        says \
         hello and halts\n  counter.c      counts once a second\nrun it: bulkhead run {shown}\n"
    ))
}
