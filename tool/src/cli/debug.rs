//! `bulkhead debug`.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bulkhead_debugger::{Kernel, Partition, Said, Server};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::build::{self, Built, Options};
use crate::cores::debugged_kernel;
use crate::elf::Elf;
use crate::error::{Error, Message, Result};
use crate::files::{self, short, temporary_folder};
use crate::installation::{GDB, Installation};
use crate::run::{Output, RunOptions, Session, Speaker};
use crate::system_file::System;
use crate::terminal::Look;

use super::arguments::DebugArguments;
use super::reporter::Reporter;
use super::unknown_partition;

/// How often is looked whether a socket is there.
const LOOK: Duration = Duration::from_millis(20);

/// Builds a system and debugs it; returns the exit status of gdb.
pub(super) fn debug(arguments: &DebugArguments) -> Result<u8> {
    let gdb = GDB.find()?;
    let mut reporter = Reporter::new("debug", false);
    let system = build::check_for(arguments.processor, &arguments.file)?;
    let first = arguments.partition.as_deref().map_or(Ok(0), |name| number(&system, name))?;
    reporter.warn_of(&system)?;
    let options = Options {
        colour: Look::of(&io::stderr()).colour,
        kit: arguments.kit.selection(),
        ..Options::default()
    };
    let built = build::build_system(system, &options, &mut reporter)?;
    reporter.finish();
    let folder = temporary_folder("bulkhead-debug-")?;
    let session = Debugging::new(&built, folder.path(), first)?;
    // For gdb alone, which the terminal tells as well.
    let ignored = signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)));
    ignored
        .map_err(|error| Error::Environment(Message::new(format!("signals cannot be ignored: {error}"))))?;
    session.run(&built, &gdb, &arguments.gdb_arguments)
}

fn number(system: &System, name: &str) -> Result<usize> {
    system
        .partition_number(name)
        .ok_or_else(|| unknown_partition(format!("there is no partition `{name}`"), name, system))
}

/// A system that is about to be debugged: its files in a folder, and what a debugger asks of it.
struct Debugging {
    kernel: Kernel,
    partitions: Vec<Partition>,
    /// The socket of QEMU's stub, that for gdb, and what gdb is told first.
    stub: PathBuf,
    server: PathBuf,
    commands: PathBuf,
    /// The folder of them, open while it is used: see [`short`].
    _folder: File,
}

/// A path as a word of gdb's.
fn word(path: &Path) -> String {
    let mut word = String::new();
    for letter in path.display().to_string().chars() {
        if letter.is_whitespace() || matches!(letter, '\\' | '"' | '\'') {
            word.push('\\');
        }
        word.push(letter);
    }
    word
}

impl Debugging {
    fn new(built: &Built, folder: &Path, first: usize) -> Result<Self> {
        let system = &built.system;
        let kernel_file = Installation::find()?.kernel(system.processor)?;
        let kernel = debugged_kernel(system.processor, &kernel_file)?;
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            files::write(&path, bytes).map(|()| path)
        };
        let kernel_path = write("kernel", &kernel_file)?;
        let mut programs = Vec::new();
        let mut partitions = Vec::new();
        for (number, (partition, program)) in system.partitions.iter().zip(&built.programs).enumerate() {
            programs.push(write(&format!("{}-{}", number + 2, partition.name), program)?);
            let entry = Elf::read(program).map_or(0, |elf| elf.entry);
            partitions.push(Partition { name: partition.name.clone(), entry, program: program.clone() });
        }
        let open = File::open(folder).map_err(|error| files::cannot("opened", folder, &error))?;
        let server = short(&open).join("gdb");
        let commands = commands(&server, &kernel_path, &programs, first);
        let commands = write("commands", commands.as_bytes())?;
        Ok(Self { kernel, partitions, stub: short(&open).join("stub"), server, commands, _folder: open })
    }

    fn run(self, built: &Built, gdb: &Path, arguments: &[String]) -> Result<u8> {
        let session = Session::new();
        let interrupter = session.interrupter();
        let stub = format!("unix:{},server=on,wait=off", self.stub.display());
        let options = RunOptions {
            qemu_arguments: ["-S", "-gdb", &stub].map(str::to_owned).to_vec(),
            silence: Some(Duration::MAX),
            ..RunOptions::default()
        };
        let (sender, said) = channel();
        let system = built.clone();
        let machine = thread::spawn(move || {
            let mut talk = Talk { names: names(&system.system), sender };
            let finished = session.run(&system, &options, &mut talk);
            if let Ok(finished) = &finished {
                talk.say(&finished.ending.text());
            }
            // Fails if nobody debugs any more.
            let _ = talk.sender.send(Said::Ended);
            finished.map(drop)
        });
        let listener = UnixListener::bind(&self.server)
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(|error| files::cannot("listened at", &self.server, &error))?;
        let Some(stub) = connected(&self.stub, &machine) else {
            return ended(machine).and(Err(unheard("QEMU has ended before it could be debugged")));
        };
        let mut command = Command::new(gdb);
        command.arg("-quiet").arg("-iex").arg("set auto-load safe-path /").arg("-x").arg(&self.commands);
        let mut gdb = command.args(arguments).spawn().map_err(|error| {
            Error::Environment(Message::new(format!("gdb cannot be started: {}: {error}", gdb.display())))
        })?;
        if let Some(stream) = accepted(&listener, &mut gdb) {
            match Server::begin(stream, stub, said, self.kernel, self.partitions) {
                Ok(server) => server.serve(),
                Err(error) => {
                    let _ = gdb.kill();
                    interrupter.interrupt(SIGTERM);
                    let _ = gdb.wait();
                    return ended(machine).and(Err(unheard(&error.to_string())));
                }
            }
        }
        let status = gdb.wait().map_err(|error| unheard(&format!("gdb is lost: {error}")))?;
        interrupter.interrupt(SIGTERM);
        ended(machine)?;
        let signal = status.signal().map_or(1, |signal| 128 + signal);
        Ok(u8::try_from(status.code().unwrap_or(signal)).unwrap_or(1))
    }
}

fn unheard(text: &str) -> Error {
    Error::Environment(Message::new(text))
}

fn ended(machine: JoinHandle<Result<()>>) -> Result<()> {
    machine.join().unwrap_or(Ok(()))
}

/// QEMU's stub, when it is there. Nothing if the machine ends before.
fn connected(stub: &Path, machine: &JoinHandle<Result<()>>) -> Option<UnixStream> {
    loop {
        match UnixStream::connect(stub) {
            Ok(stream) => return Some(stream),
            Err(_) if machine.is_finished() => return None,
            Err(_) => thread::sleep(LOOK),
        }
    }
}

/// gdb, when it comes. Nothing if it ends before.
fn accepted(listener: &UnixListener, gdb: &mut Child) -> Option<UnixStream> {
    loop {
        match listener.accept() {
            Ok((stream, _)) => return stream.set_nonblocking(false).ok().map(|()| stream),
            Err(error) if error.kind() != ErrorKind::WouldBlock => return None,
            Err(_) if matches!(gdb.try_wait(), Ok(None)) => thread::sleep(LOOK),
            Err(_) => return None,
        }
    }
}

/// What gdb is told before the user is asked: a process for the kernel, one for each partition, and which to look at.
fn commands(server: &Path, kernel: &Path, programs: &[PathBuf], first: usize) -> String {
    let mut commands = String::from(
        "set confirm off\nset print inferior-events off\nset schedule-multiple on\nset width 0\n\
         set remotetimeout 300\n",
    );
    let mut add = |line: String| {
        commands += &line;
        commands.push('\n');
    };
    add(format!("file {}", word(kernel)));
    add(format!("target extended-remote {}", server.display()));
    for (number, program) in programs.iter().enumerate() {
        add(format!("add-inferior -exec {}", word(program)));
        add(format!("inferior {}", number + 2));
        add(format!("attach {}", number + 2));
    }
    add(format!("inferior {}", first + 2));
    add("set confirm on".to_owned());
    commands
}

fn names(system: &System) -> Vec<String> {
    system.partitions.iter().map(|partition| partition.name.clone()).collect()
}

/// What a run says, for gdb to show.
struct Talk {
    names: Vec<String>,
    sender: Sender<Said>,
}

impl Talk {
    fn say(&self, line: &str) {
        // Fails if nobody debugs any more.
        let _ = self.sender.send(Said::Line(line.to_owned()));
    }
}

impl Output for Talk {
    fn line(&mut self, speaker: Speaker, line: &[u8], _report: bool) {
        // QEMU warns that nothing is to come while the machine stands.
        if speaker == Speaker::Qemu && line.ends_with(b"icount sleep disabled and no active timers") {
            return;
        }
        let name = match speaker {
            Speaker::Kernel => "kernel",
            Speaker::Partition(number) => self.names.get(number).map_or("", String::as_str),
            Speaker::Qemu => "QEMU",
        };
        self.say(&format!("{name}: {}", String::from_utf8_lossy(line)));
    }

    fn part(&mut self, _speaker: Speaker, _bytes: &[u8]) {}

    fn quiet(&mut self) {}
}
