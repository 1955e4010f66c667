//! Runs other programs to their end.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::error::{Error, Message, Result};

/// What programs say of a disk that has no room, in the language that [`run`] asks them for.
const FULL: &str = "No space left on device";

/// The failure of a program that has said this, if it is for want of room on a disk; `failure` is what could not be
/// done, and `folder` where something was to be written.
pub(crate) fn full_disk(said: &str, failure: &str, folder: &Path) -> Option<Error> {
    said.contains(FULL).then(|| {
        Error::Environment(Message::new(format!("{failure}: a disk is full")).help(format!(
            "free some space where {} is, or where TMPDIR leads; or name another place",
            folder.display()
        )))
    })
}

/// Runs a command, passes on what it says, and returns how it ended. It speaks English: the tool reads what it says.
pub(crate) fn run(mut command: Command, role: &str, messages: &mut dyn FnMut(&str)) -> Result<Output> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).env("LC_ALL", "C").output().map_err(|error| {
        Error::Environment(Message::new(format!("{role} {program} cannot be started: {error}")))
    })?;
    for stream in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(stream);
        if !text.trim().is_empty() {
            messages(&text);
        }
    }
    Ok(output)
}
