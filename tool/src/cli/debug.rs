//! `bulkhead debug`.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bulkhead_debugger::{Kernel, Partition, Repeat, Said, Server};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tempfile::TempDir;

use crate::build::{self, Built, Options};
use crate::cores::debugged_kernel;
use crate::diagnostics::visible::spelled;
use crate::elf::Elf;
use crate::error::{Error, Message, Result};
use crate::files::{self, short, temporary_folder};
use crate::installation::{GDB, Installation};
use crate::record::Record;
use crate::run::{Ending, Interrupter, Output, RunOptions, Session, Speaker};
use crate::system_file::{Program, System};
use crate::terminal::Look;

use super::arguments::DebugArguments;
use super::events::{Events, Subject};
use super::reporter::Reporter;
use super::signals::on_one_of;
use super::unknown_partition;

/// How long gdb may take to end where a signal asks for it.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often is looked whether a socket is there.
const LOOK: Duration = Duration::from_millis(20);

/// Builds a system and debugs it, or debugs a run that was recorded; returns the exit status of gdb.
pub(super) fn debug(arguments: &DebugArguments) -> Result<u8> {
    let gdb = GDB.find()?;
    if arguments.replay {
        if arguments.file == Path::new(".") {
            return Err(Error::Usage(
                Message::new("--replay needs the record of a run")
                    .help("name a file that `bulkhead run --record FILE` has written"),
            ));
        }
        let record = Record::open(&arguments.file)?;
        let first = first(arguments, &record.system)?;
        let image = record.image();
        let kernel = files::read(&image)?;
        let options = record.options();
        let (system, programs) = (record.system.clone(), record.programs.clone());
        let subject = Arc::new(Subject { system, file: image, programs });
        let events = Events::new(Arc::clone(&subject), options.clone());
        let session = Debugging::new(subject, options, &kernel, first, Some(events))?;
        return session.run(&gdb, &arguments.gdb_arguments);
    }
    let mut reporter = Reporter::new("debug", false);
    let system = build::check_for(arguments.processor, &arguments.file)?;
    let first = first(arguments, &system)?;
    reporter.warn_of(&system)?;
    let options = Options {
        colour: Look::of(&io::stderr()).colour,
        kit: arguments.kit.selection(),
        ..Options::default()
    };
    let Built { system, file, programs, .. } = build::build_system(system, &options, &mut reporter)?;
    reporter.finish();
    let kernel = Installation::find()?.kernel(system.processor)?;
    let subject = Arc::new(Subject { system, file, programs });
    let session = Debugging::new(subject, RunOptions::default(), &kernel, first, None)?;
    session.run(&gdb, &arguments.gdb_arguments)
}

/// The number of the partition that is looked at first.
fn first(arguments: &DebugArguments, system: &System) -> Result<usize> {
    arguments.partition.as_deref().map_or(Ok(0), |name| number(system, name))
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
    machines: Rc<RefCell<Machines>>,
    /// The events of the run, if it is one that was recorded.
    events: Option<Events>,
    /// The socket for gdb, and what gdb is told first.
    server: PathBuf,
    commands: PathBuf,
    signals: Signals,
    /// Where the files are.
    _folder: TempDir,
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
    fn new(
        subject: Arc<Subject>,
        options: RunOptions,
        kernel_file: &[u8],
        first: usize,
        events: Option<Events>,
    ) -> Result<Self> {
        let system = &subject.system;
        let kernel = debugged_kernel(system.processor, kernel_file)?;
        // From here on something is left behind by a tool that ends at once.
        let signals = Signals::default();
        signals.listen(events.as_ref().map(Events::is_unwanted).unwrap_or_default())?;
        let made = temporary_folder("bulkhead-debug-")?;
        signals.state().folder = Some(made.path().to_owned());
        let folder = made.path();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            files::write(&path, bytes).map(|()| path)
        };
        let kernel_path = write("kernel", kernel_file)?;
        let mut programs = Vec::new();
        let mut partitions = Vec::new();
        for (number, (partition, program)) in system.partitions.iter().zip(&subject.programs).enumerate() {
            let is_known = !program.is_empty();
            let path = is_known.then(|| write(&format!("{}-{}", number + 2, partition.name), program));
            programs.push(path.transpose()?);
            // Where the program is not known, what is booted says where it begins.
            let entry = match (Elf::read(program), &partition.program) {
                (Ok(elf), _) => elf.entry,
                (Err(_), Program::Image { image, .. }) => image.entry,
                (Err(_), Program::Sources(_)) => 0,
            };
            partitions.push(Partition { name: partition.name.clone(), entry, program: program.clone() });
        }
        let open = File::open(folder).map_err(|error| files::cannot("opened", folder, &error))?;
        let server = short(&open).join("gdb");
        let commands = commands(&server, &kernel_path, &programs, first, events.is_some());
        let commands = write("commands", commands.as_bytes())?;
        let machines = Rc::new(RefCell::new(Machines::new(subject, options, open)));
        Ok(Self { kernel, partitions, machines, events, server, commands, signals, _folder: made })
    }

    fn run(self, gdb: &Path, arguments: &[String]) -> Result<u8> {
        let machines = &self.machines;
        let (stub, said) = machines.borrow_mut().start()?;
        let listener = UnixListener::bind(&self.server)
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(|error| files::cannot("listened at", &self.server, &error))?;
        let mut command = Command::new(gdb);
        // A record can be from somebody else, and a program in it have commands for gdb, which would execute them.
        let trust = if self.events.is_some() { "set auto-load no" } else { "set auto-load safe-path /" };
        command.arg("-quiet").arg("-iex").arg(trust).arg("-x").arg(&self.commands);
        let mut gdb = command.args(arguments).spawn().map_err(|error| {
            Error::Environment(Message::new(format!("gdb cannot be started: {}: {error}", gdb.display())))
        })?;
        self.signals.take(&gdb);
        if let Some(stream) = accepted(&listener, &mut gdb) {
            let repeat = self.events.map(|events| {
                Box::new(Repeated { machines: Rc::clone(machines), events }) as Box<dyn Repeat>
            });
            match Server::begin(stream, stub, said, self.kernel, self.partitions, repeat) {
                Ok(server) => server.serve(),
                Err(error) => {
                    let _ = gdb.kill();
                    let _ = gdb.wait();
                    return machines.borrow_mut().end().and(Err(unheard(&error.to_string())));
                }
            }
        }
        let status = gdb.wait().map_err(|error| unheard(&format!("gdb is lost: {error}")))?;
        let ended = machines.borrow_mut().end();
        if let Some(signal) = self.signals.state().signal {
            return Ok(Ending::Interrupted(signal).exit_status());
        }
        ended?;
        let signal = status.signal().map_or(1, |signal| 128 + signal);
        Ok(u8::try_from(status.code().unwrap_or(signal)).unwrap_or(1))
    }
}

/// Ends a session when a signal asks for it.
#[derive(Clone, Debug, Default)]
struct Signals(Arc<Mutex<Signalled>>);

#[derive(Debug, Default)]
struct Signalled {
    /// The signal that has asked for it.
    signal: Option<i32>,
    /// gdb, whatever becomes of its number.
    gdb: Option<OwnedFd>,
    /// The folder that is not to be left.
    folder: Option<PathBuf>,
}

impl Signalled {
    fn tell_gdb(&self, signal: Signal) {
        if let Some(gdb) = &self.gdb {
            // Fails only if it has ended.
            let _ = pidfd_send_signal(gdb, signal);
        }
    }
}

impl Signals {
    fn state(&self) -> MutexGuard<'_, Signalled> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens from now on. Ctrl-C is for gdb, which the terminal tells as well; but while that waits for events it
    /// tells nobody, so `is_unwanted` is set.
    fn listen(&self, is_unwanted: Arc<AtomicBool>) -> Result<()> {
        let ignored = signal_hook::flag::register(SIGINT, is_unwanted);
        ignored.map_err(|error| unheard(&format!("signals cannot be ignored: {error}")))?;
        let own = self.clone();
        on_one_of(&[SIGTERM, SIGHUP], move |signal| own.end(signal));
        Ok(())
    }

    /// gdb has been started.
    fn take(&self, gdb: &Child) {
        let mut state = self.state();
        state.gdb = pidfd_open(Pid::from_child(gdb), PidfdFlags::empty()).ok();
        if state.signal.is_some() {
            state.tell_gdb(Signal::TERM);
        }
    }

    /// Ends gdb, which gives its terminal back, and with it the session; the tool as it is, if that takes too long.
    fn end(&self, signal: i32) {
        {
            let mut state = self.state();
            state.signal = Some(signal);
            state.tell_gdb(Signal::TERM);
        }
        thread::sleep(PATIENCE);
        let state = self.state();
        state.tell_gdb(Signal::KILL);
        if let Some(folder) = &state.folder {
            let _ = fs::remove_dir_all(folder);
        }
        process::exit(Ending::Interrupted(signal).exit_status().into());
    }
}

/// The machines that a session has, one after the other.
#[derive(Debug)]
struct Machines {
    subject: Arc<Subject>,
    options: RunOptions,
    /// Where their sockets are, open while it is used: see [`short`].
    folder: File,
    /// How many there have been.
    started: usize,
    /// How many lines have been shown: another machine says the same, up to where it comes further.
    shown: Arc<AtomicUsize>,
    running: Option<Running>,
}

/// A machine that runs.
#[derive(Debug)]
struct Running {
    interrupter: Interrupter,
    /// Another one is to take its place, so nobody wants to know how it ends.
    is_replaced: Arc<AtomicBool>,
    run: JoinHandle<Result<()>>,
}

impl Machines {
    fn new(subject: Arc<Subject>, options: RunOptions, folder: File) -> Self {
        let shown = Arc::new(AtomicUsize::new(0));
        Self { subject, options, folder, started: 0, shown, running: None }
    }

    /// Starts one that stands before its first instruction, in the place of the one that there is: its stub, and what
    /// its run says.
    fn start(&mut self) -> Result<(UnixStream, Receiver<Said>)> {
        if let Some(running) = &self.running {
            running.is_replaced.store(true, Ordering::Relaxed);
        }
        self.end()?;
        self.started += 1;
        let session = Session::new();
        let interrupter = session.interrupter();
        let socket = short(&self.folder).join(format!("stub-{}", self.started));
        let stub = format!("unix:{},server=on,wait=off", socket.display());
        let options = RunOptions {
            qemu_arguments: ["-S", "-gdb", &stub].map(str::to_owned).to_vec(),
            silence: Some(Duration::MAX),
            ..self.options.clone()
        };
        let (sender, said) = channel();
        let is_replaced = Arc::new(AtomicBool::new(false));
        let mut talk = Talk {
            names: names(&self.subject.system),
            sender,
            said: 0,
            shown: Arc::clone(&self.shown),
            is_replaced: Arc::clone(&is_replaced),
        };
        let subject = Arc::clone(&self.subject);
        let run = thread::spawn(move || {
            let finished =
                session.run_with(&subject.system, (&subject.file, &subject.programs), &options, &mut talk);
            if let Ok(finished) = &finished {
                talk.say(&finished.ending.text());
            }
            // Fails if nobody debugs any more.
            let _ = talk.sender.send(Said::Ended);
            finished.map(drop)
        });
        let running = self.running.insert(Running { interrupter, is_replaced, run });
        match connected(&socket, &running.run) {
            Some(stub) => Ok((stub, said)),
            None => self.end().and(Err(unheard("QEMU has ended before it could be debugged"))),
        }
    }

    /// Ends the one that there is.
    fn end(&mut self) -> Result<()> {
        let Some(running) = self.running.take() else { return Ok(()) };
        running.interrupter.interrupt(SIGTERM);
        running.run.join().unwrap_or(Ok(()))
    }
}

/// A run that was recorded, and is repeated as often as gdb's user goes back.
#[derive(Debug)]
struct Repeated {
    machines: Rc<RefCell<Machines>>,
    events: Events,
}

impl Repeat for Repeated {
    fn again(&mut self) -> io::Result<(UnixStream, Receiver<Said>)> {
        self.machines.borrow_mut().start().map_err(|error| io::Error::other(error.headline()))
    }

    fn time_of(&mut self, words: &str, now: Option<u64>) -> std::result::Result<u64, String> {
        self.events.time_of(words, now)
    }

    fn events(&mut self, words: &str, now: Option<u64>) -> std::result::Result<String, String> {
        self.events.around(words, now)
    }
}

fn unheard(text: &str) -> Error {
    Error::Environment(Message::new(text))
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

/// gdb's command `goto`, for a run that is repeated.
const GOTO: &str = "\
define goto
if $argc == 0 || $argc > 5
help goto
else
if $argc == 1
monitor goto $arg0
end
if $argc == 2
monitor goto $arg0 $arg1
end
if $argc == 3
monitor goto $arg0 $arg1 $arg2
end
if $argc == 4
monitor goto $arg0 $arg1 $arg2 $arg3
end
if $argc == 5
monitor goto $arg0 $arg1 $arg2 $arg3 $arg4
end
continue
end
end
document goto
Go to an instant of a run that is repeated, before or behind this one: goto WHERE.
WHERE is a time, such as 20 ms, or +1 ms or -1 ms from now; event 12 of the timeline;
window 3 of control, or another kind of events, also next or last one from here;
instruction 1000000; or begin.
end
";

/// What gdb is told before the user is asked: a process for the kernel, one for each partition, and which to look at.
fn commands(
    server: &Path,
    kernel: &Path,
    programs: &[Option<PathBuf>],
    first: usize,
    is_repeated: bool,
) -> String {
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
    // No step, but gdb then takes stops of the kernel for such, wherever the user looks: until something of it goes on,
    // it takes them for parts of the connection.
    add("stepi 0".to_owned());
    for (number, program) in programs.iter().enumerate() {
        let program = program.as_ref().map_or_else(String::new, |path| format!(" -exec {}", word(path)));
        add(format!("add-inferior{program}"));
        add(format!("inferior {}", number + 2));
        add(format!("attach {}", number + 2));
    }
    add(format!("inferior {}", first + 2));
    add("set confirm on".to_owned());
    if is_repeated {
        commands += GOTO;
    }
    commands
}

fn names(system: &System) -> Vec<String> {
    system.partitions.iter().map(|partition| partition.name.clone()).collect()
}

/// What a run says, for gdb to show.
struct Talk {
    names: Vec<String>,
    sender: Sender<Said>,
    /// How many lines this run has said.
    said: usize,
    /// How many have been shown, of all runs.
    shown: Arc<AtomicUsize>,
    is_replaced: Arc<AtomicBool>,
}

impl Talk {
    /// Shows a line, unless it was shown when the run came here before.
    fn say(&mut self, line: &str) {
        if self.is_replaced.load(Ordering::Relaxed) {
            return;
        }
        self.said += 1;
        if self.said > self.shown.fetch_max(self.said, Ordering::Relaxed) {
            // Fails if nobody debugs any more.
            let _ = self.sender.send(Said::Line(line.to_owned()));
        }
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
        self.say(&format!("{name}: {}", spelled(&String::from_utf8_lossy(line))));
    }
}
