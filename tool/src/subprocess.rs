//! Runs other programs to their end.

use std::process::{Command, Output, Stdio};

use crate::error::{Error, Message, Result};

/// Runs a command, passes on what it says, and returns how it ended.
pub(crate) fn run(mut command: Command, role: &str, messages: &mut dyn FnMut(&str)) -> Result<Output> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| {
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
