//! Starts QEMU for a built system.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::build::Built;
use crate::error::{Error, Message, Result};
use crate::installation::{QEMU, search};

use super::session::RunOptions;

/// The machine: PC with PCIe, every feature that QEMU can emulate, no devices but those named here.
const MACHINE: [&str; 16] = [
    "-machine",
    "q35",
    "-cpu",
    "max",
    "-nodefaults",
    "-no-user-config",
    "-no-reboot",
    "-display",
    "none",
    "-monitor",
    "none",
    "-serial",
    "stdio",
    // How the kernel ends QEMU: outcome.rs reads the status.
    "-device",
    "isa-debug-exit,iobase=0xf4,iosize=0x04",
    "-kernel",
];

/// Time by executed instructions, one nanosecond each: every run of a system is the same.
const INSTRUCTION_TIME: [&str; 2] = ["-icount", "shift=0,sleep=off"];

/// The command that runs a system.
pub(super) fn command(built: &Built, options: &RunOptions) -> Result<Command> {
    let mut command = bound(&QEMU.find()?);
    command.args(MACHINE).arg(&built.file);
    command.arg("-m").arg(format!("{}M", built.system.memory >> 20));
    if !options.realtime {
        command.args(INSTRUCTION_TIME);
    }
    if let Some(limit) = options.time_limit {
        command.arg("-append").arg(format!("for={limit}"));
    }
    command.args(&options.qemu_arguments);
    Ok(command)
}

/// A command whose process ends when the tool does, even if the tool is killed: a QEMU that nobody listens to would
/// keep a processor busy for ever. `setpriv` (util-linux) arranges it and then becomes the program.
fn bound(program: &Path) -> Command {
    let Some(setpriv) = search(Path::new("setpriv")) else { return Command::new(program) };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Starts QEMU with all its streams in our hands. It is in a process group of its own: Ctrl-C at the terminal is for
/// the tool, which then ends QEMU and still says how everything went.
pub(super) fn start(mut command: Command) -> Result<Child> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    command.spawn().map_err(|error| {
        let program = command.get_program().to_string_lossy();
        Error::Environment(Message::new(format!("QEMU cannot be started: {program}: {error}")))
    })
}
