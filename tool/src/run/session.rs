//! One run: QEMU, its streams, and the user's wish to end it.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use bulkhead_abi::event::{Decision, Record, Stop};
use bulkhead_abi::wire::time_of_line;
use bulkhead_abi::{Access, FaultKind, HealthError};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::SIGPIPE;

use crate::build::Built;
use crate::error::{Error, Message, Result};
use crate::host::xen::Boot;
use crate::programs;
use crate::symbols::{end_of_data, explanation};
use crate::system_file::System;
use crate::system_file::region::{Region, fault_in_region};

use super::console_lines::ConsoleLines;
use super::consoles::Consoles;
use super::demultiplex::{Channel, Demultiplexer};
use super::devices::{Connected, Wire};
use super::emulator::uses_kvm;
use super::facts::{Facts, Names, PartitionEnd, in_words};
use super::input::{InputLine, Keys, Wish};
use super::lines::Lines;
use super::log::Log as EventLog;
use super::options::{Input, RunOptions, Variation};
use super::outcome::Ending;
use super::output::{Output, Speaker};
use super::pace::Pace;
use super::qemu;

/// How long nothing is heard before an unfinished line is offered.
const QUIET: Duration = Duration::from_millis(150);

/// How long QEMU may take to end after its output has, and its output to end after QEMU has.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long the kernel may take to say its first word, of which it needs a fraction on hardware: a silent one is told
/// of, and under KVM given up.
const SILENCE: Duration = Duration::from_secs(20);

/// A run that has ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How.
    pub ending: Ending,
    /// What the kernel has said.
    pub facts: Facts,
    /// The QEMU that has ended before the kernel said a word, if that is so.
    pub unheard: Option<PathBuf>,
    /// How late the kernel was, if it was one that varies.
    pub variation: Option<Variation>,
    /// The lines of partitions, if the machine's memory is kept, from which a timeline can be made.
    pub lines: Option<ConsoleLines>,
}

impl Finished {
    /// How a partition has ended, where that is known. One of whose end nothing was said was running when the run was
    /// cut short.
    pub(crate) fn end_of(&self, partition: &str) -> Option<PartitionEnd> {
        let cut_short = matches!(self.ending, Ending::Interrupted(_) | Ending::TimedOut);
        self.facts.ends.get(partition).cloned().or(cut_short.then_some(PartitionEnd::Running))
    }

    /// How the run has ended in a few words.
    pub(crate) fn text(&self) -> String {
        let is_stopped = |end: &PartitionEnd| *end == PartitionEnd::Stopped;
        if self.ending == Ending::Completed && self.facts.ends.values().any(is_stopped) {
            return "every partition has halted with status 0 or was stopped by a partition or a schedule"
                .to_owned();
        }
        self.ending.text()
    }
}

/// What happens during a run.
pub(super) enum Event {
    Output(Vec<u8>),
    OutputEnded,
    Errors(Vec<u8>),
    ErrorsEnded,
    Interrupt(i32),
}

/// Ends a run from elsewhere, such as a signal handler's thread.
#[derive(Clone, Debug)]
pub struct Interrupter(Sender<Event>);

impl Interrupter {
    /// Ends the run as soon as can be, because of a signal with this number.
    pub fn interrupt(&self, signal: i32) {
        // Fails only if the run has ended.
        let _ = self.0.send(Event::Interrupt(signal));
    }
}

/// A run that is about to begin.
#[derive(Debug)]
pub struct Session {
    pub(super) events: Receiver<Event>,
    pub(super) sender: Sender<Event>,
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// A run that is about to begin.
    #[must_use]
    pub fn new() -> Self {
        let (sender, events) = mpsc::channel();
        Self { events, sender }
    }

    /// What ends the run before its time.
    #[must_use]
    pub fn interrupter(&self) -> Interrupter {
        Interrupter(self.sender.clone())
    }

    /// Runs a system to its end.
    ///
    /// # Errors
    /// If QEMU cannot be found or started. A QEMU that fails later is an [`Ending`].
    pub fn run(self, built: &Built, options: &RunOptions, output: &mut dyn Output) -> Result<Finished> {
        self.run_with(&built.system, (&built.file, &built.programs), options, output)
    }

    /// Runs a system that was built before, from its file.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn run_file(
        self,
        system: &System,
        file: &Path,
        options: &RunOptions,
        output: &mut dyn Output,
    ) -> Result<Finished> {
        let programs = programs::beside(file, system);
        self.run_with(system, (file, &programs), options, output)
    }

    /// Runs a system from its file; `programs` are those of the partitions with their symbols, as far as they are
    /// known.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn run_with(
        self,
        system: &System,
        (file, programs): (&Path, &[Vec<u8>]),
        options: &RunOptions,
        output: &mut dyn Output,
    ) -> Result<Finished> {
        let log = Log { programs, ..Log::of(system) };
        let (command, wires) = qemu::command(system, file, options)?;
        self.run_command(command, wires, log, options, output)
    }

    /// Runs a system on Xen to its end. Its time limit is what it was prepared with.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub fn run_on_xen(
        self,
        system: &System,
        boot: &Boot,
        options: &RunOptions,
        output: &mut dyn Output,
    ) -> Result<Finished> {
        let log = Log { programs: &boot.programs, memories: Vec::new(), ..Log::of(system) };
        // Before the partitions are there, a hypervisor and an operating system have to start.
        let options = &RunOptions { silence: Some(Duration::MAX), ..options.clone() };
        self.run_command(qemu::xen_command(boot, options)?, Vec::new(), log, options, output)
    }

    fn run_command(
        self,
        command: Command,
        wires: Vec<Wire>,
        log: Log<'_>,
        options: &RunOptions,
        output: &mut dyn Output,
    ) -> Result<Finished> {
        let guard = Guard(qemu::start(&command)?);
        let pace = options.pace.clone().unwrap_or_default();
        // Where nothing can be held, all that waits is kept.
        pace.take(&guard.0).or_else(|error| if options.pace.is_some() { Err(error) } else { Ok(()) })?;
        let connected: io::Result<Vec<Connected>> = wires.into_iter().map(Wire::connect).collect();
        let _connected = connected.map_err(|error| {
            Error::Environment(Message::new(format!("a forwarded port cannot be used: {error}")))
        })?;
        let deadline = options.timeout.map(|timeout| Instant::now() + timeout);
        let mut run = Run {
            guard,
            demultiplexer: Demultiplexer::new(),
            clock: Clock::default(),
            lines: Lines::default(),
            console_lines: options.keeps_lines.then(ConsoleLines::default),
            log,
            input: None,
            consoles: options.consoles.clone(),
            silence: options.silence.unwrap_or(SILENCE),
            kvm: uses_kvm(&options.qemu_arguments),
            ends_with: options.ends_with,
            pace,
        };
        run.connect(&self.sender, options)?;
        drop(self.sender);
        let cut_short = run.listen(&self.events, deadline, output);
        run.pace.leave();
        if cut_short.is_some() && matches!(options.log, Some(EventLog::Record(_))) {
            run.guard.ask_to_end();
        }
        let status = run.guard.end(cut_short.is_some())?;
        run.finish(output);
        let ran_out = options.log.as_ref().and_then(EventLog::cut_short);
        let ending = cut_short.unwrap_or_else(|| match run.log.facts.code {
            Some(code) if status.success() => Ending::from_kernel(code),
            None if status.success() && ran_out.is_some() => ran_out.unwrap_or(Ending::TimedOut),
            // Only a kernel resets the machine.
            _ if run.is_unheard() && status.success() => Ending::Qemu(0),
            _ => Ending::from_qemu(status),
        });
        let failed = matches!(ending, Ending::Qemu(_) | Ending::Signal(_));
        let unheard = (failed && run.is_unheard()).then(|| command.get_program().into());
        let (variation, lines) = (options.variation, run.console_lines);
        Ok(Finished { ending, facts: run.log.facts, unheard, variation, lines })
    }
}

/// QEMU; ended when this is dropped, whatever happens.
#[derive(Debug)]
pub(crate) struct Guard(pub(crate) Child);

impl Guard {
    /// Asks QEMU to end, and waits a little: so it writes its log to the end.
    fn ask_to_end(&mut self) {
        let Some(id) = Pid::from_raw(self.0.id().cast_signed()) else { return };
        // Fails only if it has just ended.
        let _ = kill_process(id, Signal::TERM);
        let begin = Instant::now();
        while matches!(self.0.try_wait(), Ok(None)) && begin.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for QEMU's end, and hurries it if it takes too long.
    pub(crate) fn end(&mut self, now: bool) -> Result<ExitStatus> {
        let failed = |error: io::Error| {
            Error::Environment(Message::new(format!("QEMU cannot be waited for: {error}")))
        };
        let begin = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().map_err(failed)? {
                return Ok(status);
            }
            if now || begin.elapsed() > PATIENCE {
                // Fails only if it has just ended.
                let _ = self.0.kill();
                return self.0.wait().map_err(failed);
            }
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A run under way.
struct Run<'a> {
    guard: Guard,
    demultiplexer: Demultiplexer,
    clock: Clock,
    lines: Lines,
    console_lines: Option<ConsoleLines>,
    log: Log<'a>,
    /// Forwards input once it is called; the kernel must be there to take it.
    input: Option<Typed>,
    /// Consoles that have a place of their own.
    consoles: Consoles,
    /// How long the kernel may say nothing before the output is told.
    silence: Duration,
    /// Whether the host's KVM executes the machine.
    kvm: bool,
    /// The partition whose end is that of the run.
    ends_with: Option<usize>,
    /// Holds QEMU where more waits than is to be kept.
    pace: Pace,
}

impl Run<'_> {
    /// Starts the threads that read QEMU's streams.
    fn connect(&mut self, sender: &Sender<Event>, options: &RunOptions) -> Result<()> {
        let child = &mut self.guard.0;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(Error::Environment(Message::new("QEMU has no streams")));
        };
        let (output, errors) = (self.pace.clone(), self.pace.clone());
        let output = move |bytes: Vec<u8>| waiting(bytes, &output, Event::Output);
        let errors = move |bytes: Vec<u8>| waiting(bytes, &errors, Event::Errors);
        read(stdout, sender.clone(), output, Event::OutputEnded);
        read(stderr, sender.clone(), errors, Event::ErrorsEnded);
        self.input = Some(Typed {
            stdin,
            input: options.input.clone(),
            to: options.input_to,
            chooses: options.chooses_input(),
        });
        Ok(())
    }

    /// Passes on what is said until all is said, or the run is cut short.
    fn listen(
        &mut self,
        events: &Receiver<Event>,
        deadline: Option<Instant>,
        output: &mut dyn Output,
    ) -> Option<Ending> {
        let begin = Instant::now();
        let mut open = 2;
        let mut told = false;
        let mut dead_since: Option<Instant> = None;
        while open > 0 {
            if output.is_gone() {
                return Some(Ending::Interrupted(SIGPIPE));
            }
            let now = Instant::now();
            if deadline.is_some_and(|deadline| now >= deadline) {
                return Some(Ending::TimedOut);
            }
            if !told && self.is_unheard() && begin.elapsed() > self.silence {
                if self.kvm {
                    return Some(Ending::Kvm);
                }
                told = true;
                output.silent(self.silence);
            }
            let wait = deadline.map_or(QUIET, |deadline| QUIET.min(deadline - now));
            match events.recv_timeout(wait) {
                Ok(Event::Output(bytes)) => {
                    self.output(&bytes, output);
                    self.pace.go(room_of(&bytes));
                    if let Some(ending) = self.ending_of_partition() {
                        return Some(ending);
                    }
                }
                Ok(Event::Errors(bytes)) => {
                    self.feed(Speaker::Qemu, &bytes, output);
                    self.pace.go(room_of(&bytes));
                    // QEMU pauses the machine then, and would wait for ever.
                    if String::from_utf8_lossy(&bytes).contains("KVM internal error") {
                        return Some(Ending::Kvm);
                    }
                }
                Ok(Event::OutputEnded | Event::ErrorsEnded) => open -= 1,
                Ok(Event::Interrupt(signal)) => return Some(Ending::Interrupted(signal)),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    output.quiet();
                    // A stream can stay open when QEMU has gone, if something else has it too.
                    let dead = !matches!(self.guard.0.try_wait(), Ok(None));
                    if dead && dead_since.get_or_insert(now).elapsed() > PATIENCE {
                        return None;
                    }
                }
            }
        }
        None
    }

    /// How the run ends with the partition that it is to end with, once that has ended.
    fn ending_of_partition(&self) -> Option<Ending> {
        let name = self.log.names.partitions.get(self.ends_with?)?;
        Some(match self.log.facts.ends.get(name)? {
            PartitionEnd::Halted(0) => Ending::Completed,
            PartitionEnd::Halted(_) => Ending::Failed,
            PartitionEnd::Stopped => Ending::Stopped,
            PartitionEnd::Running => return None,
        })
    }

    /// Whether the kernel, which begins with a line about itself, has said nothing so far.
    const fn is_unheard(&self) -> bool {
        self.input.is_some()
    }

    fn output(&mut self, bytes: &[u8], output: &mut dyn Output) {
        // Only now is the serial port set up: what is sent before is lost.
        if let Some(typed) = self.input.take() {
            forward(typed, &self.consoles);
        }
        let Self { demultiplexer, lines, console_lines, log, clock, consoles, .. } = self;
        demultiplexer.feed(bytes, &mut |channel, bytes| match channel {
            Channel::Kernel => take(lines, log, Speaker::Kernel, bytes, output),
            Channel::Clock => clock.take(bytes),
            Channel::Partition(number) => {
                let speaker = Speaker::Partition(number);
                if let Some(lines) = console_lines {
                    lines.take(number, bytes);
                }
                if !consoles.take(number, bytes) {
                    clock.time = None;
                    return;
                }
                if let Some(time) = clock.time.take() {
                    lines.begins(speaker, time);
                }
                take(lines, log, speaker, bytes, output);
            }
        });
    }

    fn feed(&mut self, speaker: Speaker, bytes: &[u8], output: &mut dyn Output) {
        take(&mut self.lines, &mut self.log, speaker, bytes, output);
    }

    /// Shows lines that have no end.
    fn finish(&mut self, output: &mut dyn Output) {
        let Self { lines, log, .. } = self;
        lines.finish(&mut |speaker, line, time| log.line(speaker, line, time, output));
    }
}

fn take(lines: &mut Lines, log: &mut Log<'_>, speaker: Speaker, bytes: &[u8], output: &mut dyn Output) {
    let tail = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    lines.feed(speaker, bytes, &mut |speaker, line, time| log.line(speaker, line, time, output));
    // What the kernel says is shown in whole lines: most of them are records, which are shown in other words.
    if tail < bytes.len() && speaker != Speaker::Kernel {
        output.part(speaker, &bytes[tail..]);
    }
}

/// What the clock's channel says.
#[derive(Default)]
struct Clock {
    bytes: Vec<u8>,
    /// When the next line of a partition has begun, if that was said.
    time: Option<u64>,
}

impl Clock {
    fn take(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.bytes.push(byte);
            if let Ok(whole) = self.bytes[..].try_into() {
                self.time = time_of_line(whole);
                self.bytes.clear();
            }
        }
    }
}

/// What is known from the kernel's log.
struct Log<'a> {
    names: Names,
    /// The system's folder.
    directory: &'a Path,
    /// The partitions' programs with their symbols, where they are known.
    programs: &'a [Vec<u8>],
    /// The regions that partitions share, where they are known.
    regions: &'a [Region],
    /// Where the memory ends of each partition that could execute what is behind its image and does not.
    memories: Vec<Option<u64>>,
    facts: Facts,
}

impl<'a> Log<'a> {
    fn of(system: &'a System) -> Self {
        let names = Names::of(system);
        let (directory, regions) = (&system.directory, &*system.regions);
        let base = system.processor.board().partition_memory;
        let memories = system
            .partitions
            .iter()
            .map(|partition| (!partition.executable_heap).then_some(base + partition.memory))
            .collect();
        Self { names, directory, programs: &[], regions, memories, facts: Facts::default() }
    }

    /// What a partition's program and its regions tell of its fault.
    fn explanation(&self, record: &Record) -> Option<String> {
        let (stop, partition) = (record.stop().or_else(|| fault_of(record))?, usize::from(record.partition));
        let program = self.programs.get(partition);
        let place = program.map(|program| explanation(&stop, program, self.directory));
        let region = stop
            .memory
            .and_then(|(access, address)| fault_in_region(self.regions, partition, access, address));
        let heap = program.filter(|program| self.executes_heap(partition, &stop, program));
        let heap = heap.map_or("", |_| ": data is not executable without `executable-heap = true`");
        Some(place.unwrap_or_default() + &region.unwrap_or_default() + heap)
    }

    /// Whether a fault comes from executing what the partition could execute if its system file said so.
    fn executes_heap(&self, partition: usize, stop: &Stop, program: &[u8]) -> bool {
        let Some((Access::Execute, address)) = stop.memory else { return false };
        let end = self.memories.get(partition).copied().flatten();
        let heap = end.zip(end_of_data(program)).map(|(end, begin)| begin..end);
        heap.is_some_and(|heap| heap.contains(&address))
    }

    /// Shows a line: a record of the kernel's in words, everything else as it is.
    fn line(&mut self, speaker: Speaker, line: &[u8], time: Option<u64>, output: &mut dyn Output) {
        let text = std::str::from_utf8(line).ok().filter(|_| speaker == Speaker::Kernel);
        match text.and_then(Record::parse) {
            Some(record) => {
                self.facts.take(&record, &self.names);
                let mut words = in_words(&record, &self.names);
                if let Some(explanation) = self.explanation(&record) {
                    self.facts.explain(&record, &self.names, &explanation);
                    words += &explanation;
                }
                output.at(Some(record.time));
                output.event(&record, &words);
            }
            None => {
                output.at(time);
                output.line(speaker, line, false);
            }
        }
    }
}

/// The fault that a partition was not stopped for, or where it was when it hung or called too often.
fn fault_of(record: &Record) -> Option<Stop> {
    let decision = record.decision()?;
    let Decision { error, code, detail, memory, program_counter, ground, .. } = decision;
    let is_at_work = matches!(error, HealthError::Watchdog | HealthError::CallFlood) && program_counter != 0;
    (error.is_fault() || is_at_work).then(|| Stop {
        kind: FaultKind::from_number(error as u32),
        vector: code,
        error: detail,
        memory,
        program_counter,
        ground,
    })
}

/// What an event takes that waits, in bytes.
const fn room_of(bytes: &[u8]) -> usize {
    size_of::<Event>() + bytes.len()
}

/// What has come, and waits from now on.
fn waiting(bytes: Vec<u8>, pace: &Pace, event: fn(Vec<u8>) -> Event) -> Event {
    pace.come(room_of(&bytes));
    event(bytes)
}

/// Reads a stream to its end in a thread of its own.
pub(super) fn read(
    mut stream: impl Read + Send + 'static,
    sender: Sender<Event>,
    event: impl Fn(Vec<u8>) -> Event + Send + 'static,
    ended: Event,
) {
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        loop {
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => {
                    if sender.send(event(buffer[..length].to_vec())).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        let _ = sender.send(ended);
    });
}

/// The console's input, before the kernel is there to take it.
struct Typed {
    stdin: ChildStdin,
    input: Input,
    /// Who gets it first.
    to: Option<usize>,
    /// Whether the kernel is told for whom it is.
    chooses: bool,
}

/// Sends the console's input in threads of their own, which nobody waits for: they may sit in a read for ever.
fn forward(typed: Typed, consoles: &Consoles) {
    let Typed { stdin, input, mut to, chooses } = typed;
    let line = InputLine::new(stdin, chooses);
    consoles.forward(&line);
    thread::spawn(move || match input {
        Input::None => {}
        Input::Bytes(bytes) => drop(line.send(to, &bytes)),
        Input::Each(parts) => drop(parts.iter().try_for_each(|(to, bytes)| line.send(Some(*to), bytes))),
        Input::Standard => each_read(|bytes| line.send(to, bytes).is_ok()),
        Input::Keys(names) => {
            let mut keys = Keys::default();
            each_read(|bytes| {
                keys.feed(bytes).into_iter().all(|wish| match wish {
                    Wish::Send(bytes) => line.send(to, &bytes).is_ok(),
                    Wish::Choose(name) => {
                        let known = names.iter().position(|known| *known == name);
                        to = known.or(to);
                        let answer = answer(&name, known.is_some(), to, &names);
                        let _ = io::stderr().write_all(answer.as_bytes());
                        true
                    }
                })
            });
        }
    });
}

/// Reads the standard input until it ends or `take` has enough.
fn each_read(mut take: impl FnMut(&[u8]) -> bool) {
    let mut buffer = [0; 256];
    let mut own = io::stdin().lock();
    while let Ok(length @ 1..) = own.read(&mut buffer) {
        if !take(&buffer[..length]) {
            break;
        }
    }
}

/// What is said to somebody who has chosen a partition by its name.
fn answer(name: &str, is_known: bool, to: Option<usize>, names: &[String]) -> String {
    let whose = to.and_then(|to| names.get(to)).map_or("nobody", String::as_str);
    let wrong = if is_known || name.is_empty() {
        String::new()
    } else {
        let name = crate::diagnostics::visible::spelled(name);
        format!("there is no partition `{name}`; ")
    };
    format!("{wrong}what is typed goes to {whose} (Ctrl-] NAME Enter chooses of {})\n", names.join(", "))
}
