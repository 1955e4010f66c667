//! Runs other programs to their end.

use std::env;
use std::path::Path;
use std::process::{self, Command, Output, Stdio};

use crate::error::{Error, Message, Result};
use crate::installation::search;

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

/// Becomes the program, with the number of the tool before, if that is still the parent: a tool that has ended before
/// the signal was arranged sends none.
const IF_THERE: &str = r#"test "$PPID" = "$0" && exec "$@""#;

/// The command, its process bound to the tool: it gets a signal when the tool ends, even if the tool is killed, because
/// nobody would listen to it. `setpriv` (util-linux) arranges that and then becomes a shell that becomes the program;
/// in a folder that has been removed it becomes the program at once, because shells complain of such a folder.
pub(crate) fn bound(command: &Command, signal: &str) -> Command {
    let mut own = match search(Path::new("setpriv")) {
        Some(setpriv) => {
            let mut own = Command::new(setpriv);
            own.args(["--pdeathsig", signal, "--"]);
            if env::current_dir().is_ok() {
                own.args(["/bin/sh", "-c", IF_THERE, &process::id().to_string()]);
            }
            own.arg(command.get_program());
            own
        }
        None => Command::new(command.get_program()),
    };
    own.args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        own.current_dir(folder);
    }
    own
}

/// Runs a command, passes on what it says, and returns how it ended. It speaks English: the tool reads what it says.
pub(crate) fn run(command: Command, role: &str, messages: &mut dyn FnMut(&str)) -> Result<Output> {
    let program = command.get_program().to_string_lossy().into_owned();
    // With SIGTERM compilers remove what they have half written.
    let mut command = bound(&command, "TERM");
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
