//! The server: what gdb asks for, and what it is answered.

mod back;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::Receiver;

use crate::connection::{Connection, Gone, Heard, Said};
use crate::executive::{Executive, Task};
use crate::kernel::Kernel;
use crate::machine::{Machine, Process};
use crate::packet::{Incoming, LENGTH_MAX, from_hex, number, to_hex};
use crate::stub::{Failure, Stub};
use crate::x86;

pub use back::Repeat;
use back::Replay;

/// A partition, as far as a debugger asks.
#[derive(Clone, Debug)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// Where its program begins.
    pub entry: u64,
    /// The program's file, an ELF file.
    pub program: Vec<u8>,
}

/// Process numbers as gdb sees them: the kernel, and from there on the partitions.
const KERNEL: usize = 1;
const FIRST_PARTITION: usize = 2;

/// gdb's numbers of signals: of an interrupt by the user, and of a breakpoint or a step.
const INTERRUPTED: u8 = 2;
const TRAPPED: u8 = 5;

/// Kinds of marks: a breakpoint in software, and the last, a watchpoint for reading and writing.
const BREAKPOINT: u8 = 0;
const MARK_MAX: u8 = 4;

/// How often a step is tried again that has come back to where it began: a trap for a register window, say.
const TRIES: usize = 16;

/// Why the machine has stopped.
#[derive(Debug)]
enum Stop {
    /// A process is at something that gdb asked for, or the user wants it. `detail` is for gdb.
    At { process: Process, signal: u8, detail: String },
    /// So many instructions have been executed as were to be.
    Limit,
    /// The machine has ended.
    Ended,
}

/// Whose a mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Owner {
    process: Process,
    /// It is gdb's, and not the server's own until the next stop.
    is_gdbs: bool,
}

/// One session with a gdb.
#[derive(Debug)]
pub struct Server {
    machine: Machine,
    partitions: Vec<Partition>,
    /// Processes that gdb is attached to.
    attached: BTreeSet<Process>,
    /// The process that registers and memory are asked of.
    general: Process,
    /// Its thread; nothing for the one that is executed.
    thread: Option<u64>,
    /// The process that a step backwards is of, if it has been named.
    to_step: Option<Process>,
    /// The process that stopped last.
    stopped: Process,
    /// Who has which marks, by kind and address; and the size that gdb has given.
    marks: BTreeMap<(u8, u64), (u64, BTreeSet<Owner>)>,
    /// The machine has ended, and gdb is still to be told so of the others.
    has_ended: bool,
    /// Lines from before gdb has let the machine go on, which is when it takes any.
    early: Option<Vec<String>>,
    /// What repeats the run, if it is one that is repeated.
    replay: Option<Replay>,
}

/// What comes of a packet.
enum Answer {
    Say(Vec<u8>),
    Leave,
}

impl From<&str> for Answer {
    fn from(said: &str) -> Self {
        Self::Say(said.as_bytes().to_vec())
    }
}

impl From<String> for Answer {
    fn from(said: String) -> Self {
        Self::Say(said.into_bytes())
    }
}

/// The answer to what cannot be done.
const REFUSED: &str = "E01";

impl Server {
    /// Begins a session. The machine stands before its first instruction, and runs until the first partition is to
    /// begin. If there is something that repeats the run, it is a repetition, and can go back.
    ///
    /// # Errors
    /// If the machine ends before, or does not answer.
    pub fn begin(
        gdb: UnixStream,
        stub: UnixStream,
        run: Receiver<Said>,
        kernel: Kernel,
        partitions: Vec<Partition>,
        repeat: Option<Box<dyn Repeat>>,
    ) -> io::Result<Self> {
        let ended = || io::Error::other("QEMU has ended, or its debugger stub does not answer");
        let stub = Stub::new(Connection::new(gdb, stub, run)?).map_err(|_| ended())?;
        let executives = partitions.iter().map(|it| Executive::read(kernel.processor, &it.program)).collect();
        let machine = Machine::new(stub, kernel, executives);
        let mut server = Self {
            machine,
            partitions,
            attached: BTreeSet::from([Process::Kernel]),
            general: Process::Kernel,
            thread: None,
            to_step: None,
            stopped: Process::Kernel,
            marks: BTreeMap::new(),
            has_ended: false,
            early: Some(Vec::new()),
            replay: None,
        };
        repeat.map_or(Ok(()), |run| server.begin_replay(run)).map_err(|_| ended())?;
        server.run_to_first().and_then(|()| server.begin_here()).map_err(|_| ended())?;
        Ok(server)
    }

    /// Lets the machine run until the first partition is about to execute its first instruction.
    fn run_to_first(&mut self) -> Result<(), Failure> {
        let entries: Vec<(Process, u64)> = self
            .partitions
            .iter()
            .enumerate()
            .map(|(number, partition)| (Process::Partition(number), partition.entry))
            .collect();
        match self.run_until(&entries)? {
            Stop::At { process, .. } => self.stopped = process,
            Stop::Limit => {}
            Stop::Ended => self.has_ended = true,
        }
        Ok(())
    }

    /// Serves gdb until it leaves.
    pub fn serve(mut self) {
        while let Some(incoming) = self.connection().next_of_gdb() {
            let Incoming::Packet(packet) = incoming else { continue };
            // At once: gdb sends a packet again that is not acknowledged for some seconds.
            if self.connection().acknowledge().is_err() {
                break;
            }
            let answer = match self.answer(&packet) {
                Ok(answer) => answer,
                Err(Failure::Refused) => Answer::from(REFUSED),
                Err(Failure::Gone) => self.farewell(),
            };
            let Answer::Say(said) = answer else { break };
            if self.connection().tell_gdb(&said).is_err() {
                break;
            }
        }
        // The machine may have ended.
        let _ = self.machine.leave();
    }

    fn connection(&mut self) -> &mut Connection {
        self.machine.connection()
    }

    /// The process with a number of gdb's, if gdb can have it.
    fn process(&self, number: usize) -> Option<Process> {
        match number {
            KERNEL => Some(Process::Kernel),
            number => {
                let partition = number.checked_sub(FIRST_PARTITION)?;
                (partition < self.partitions.len()).then_some(Process::Partition(partition))
            }
        }
    }

    /// The number of a process for gdb.
    const fn number(process: Process) -> usize {
        match process {
            Process::Kernel => KERNEL,
            Process::Partition(partition) => FIRST_PARTITION + partition,
        }
    }

    /// A thread as gdb names it.
    fn thread(process: Process, thread: u64) -> String {
        format!("p{:x}.{thread:x}", Self::number(process))
    }

    /// The thread that gdb has asked for.
    fn general_thread(&mut self) -> Result<u64, Failure> {
        self.thread.map_or_else(|| self.machine.thread(self.general), Ok)
    }

    /// The threads of all processes that gdb is attached to, each with what it is called and what it does.
    fn threads(&mut self) -> Result<Vec<(String, String, String)>, Failure> {
        let mut threads = Vec::new();
        for process in self.attached.clone() {
            for task in self.machine.threads(process)? {
                let name = format!("{} {}", self.name(process), task.name);
                threads.push((Self::thread(process, task.thread), name.trim_end().to_owned(), task.state));
            }
        }
        Ok(threads)
    }

    fn name(&self, process: Process) -> &str {
        match process {
            Process::Kernel => "kernel",
            Process::Partition(number) => self.partitions.get(number).map_or("", |it| &it.name),
        }
    }

    /// What a thread's name means: `pPROCESS.THREAD`, either of them perhaps -1 or 0 for any.
    fn meant(&self, name: &str) -> Option<(Process, Option<u64>)> {
        let (process, thread) = name.strip_prefix('p')?.split_once('.').unwrap_or((&name[1..], "0"));
        let process = self.process(number(process)? as usize)?;
        Some((process, number(thread).filter(|it| *it != 0)))
    }

    fn answer(&mut self, packet: &[u8]) -> Result<Answer, Failure> {
        let Ok(text) = str::from_utf8(packet) else { return Ok("".into()) };
        if self.has_ended && !text.starts_with(['v', 'q', 'Q', 'H', 'D', '!', '?']) {
            return if text.starts_with('b') { Ok(self.farewell()) } else { Err(Failure::Refused) };
        }
        let (letter, rest) = text.split_at_checked(1).unwrap_or(("", ""));
        match letter {
            "!" => Ok("OK".into()),
            "?" => Ok(self.stop_of(self.attached_or_kernel(self.stopped), TRAPPED, "")?.into()),
            "g" => {
                let thread = self.general_thread()?;
                let registers = self.machine.thread_registers(self.general, thread)?;
                let digits = |byte: Option<u8>| byte.map_or_else(|| "xx".to_owned(), |it| to_hex(&[it]));
                Ok(registers.into_iter().map(digits).collect::<String>().into())
            }
            "G" => {
                self.only_who_executes()?;
                let registers = from_hex(rest.as_bytes()).ok_or(Failure::Refused)?;
                self.machine.set_registers(self.general, &registers)?;
                Ok("OK".into())
            }
            "P" => self.set_one(rest),
            "m" => {
                let (address, length) = pair(rest).ok_or(Failure::Refused)?;
                let length = (length as usize).min(LENGTH_MAX / 2);
                Ok(to_hex(&self.machine.read(self.general, address, length)?).into())
            }
            "M" => {
                let (place, data) = rest.split_once(':').ok_or(Failure::Refused)?;
                let (address, length) = pair(place).ok_or(Failure::Refused)?;
                let bytes = from_hex(data.as_bytes()).filter(|it| it.len() as u64 == length);
                self.machine.write(self.general, address, &bytes.ok_or(Failure::Refused)?)?;
                Ok("OK".into())
            }
            "H" => {
                let (what, name) = rest.split_at_checked(1).unwrap_or(("", ""));
                match (what, self.meant(name)) {
                    ("g", Some((process, thread))) => (self.general, self.thread) = (process, thread),
                    ("c", meant) => self.to_step = meant.map(|(process, _)| process),
                    _ => {}
                }
                Ok("OK".into())
            }
            "T" => {
                let (process, thread) = self.meant(rest).ok_or(Failure::Refused)?;
                let is_there = self.attached.contains(&process)
                    && match thread {
                        Some(thread) => self.machine.threads(process)?.iter().any(|it| it.thread == thread),
                        None => true,
                    };
                Ok(if is_there { "OK".into() } else { REFUSED.into() })
            }
            "Z" | "z" => self.mark(letter == "Z", rest),
            "D" => Ok(self.detach(rest)),
            "b" if self.replay.is_some() && matches!(rest, "s" | "c") => self.go_backwards(rest == "s"),
            "k" => Ok(Answer::Leave),
            "v" => self.command(rest),
            "q" | "Q" => self.question(text),
            // gdb takes an empty answer for "I do not know that".
            _ => Ok("".into()),
        }
    }

    fn set_one(&mut self, rest: &str) -> Result<Answer, Failure> {
        let (register, digits) = rest.split_once('=').ok_or(Failure::Refused)?;
        let register = number(register).ok_or(Failure::Refused)? as usize;
        if self.general == Process::Kernel && !self.machine.is_sparc() {
            // gdb knows these by the stub's own description, and writes all instead.
            return Ok("".into());
        }
        let (place, size) = self.machine.position(register).ok_or(Failure::Refused)?;
        let value = from_hex(digits.as_bytes()).filter(|it| it.len() == size).ok_or(Failure::Refused)?;
        self.only_who_executes()?;
        let mut registers = self.machine.registers(self.general)?;
        let there = registers.get_mut(place..place + size).ok_or(Failure::Refused)?;
        there.copy_from_slice(&value);
        self.machine.set_registers(self.general, &registers)?;
        Ok("OK".into())
    }

    /// The registers of a task that does not execute are on its stack: they are shown, not changed.
    fn only_who_executes(&mut self) -> Result<(), Failure> {
        let thread = self.general_thread()?;
        if self.machine.thread(self.general)? == thread { Ok(()) } else { Err(Failure::Refused) }
    }

    /// Sets or removes a breakpoint or watchpoint of the process that is asked of.
    fn mark(&mut self, sets: bool, rest: &str) -> Result<Answer, Failure> {
        let mut parts = rest.splitn(3, ',');
        let mut part =
            || parts.next().and_then(|part| number(part.split(';').next()?)).ok_or(Failure::Refused);
        let (what, address, size) = (part()?, part()?, part()?);
        let Some(what) = u8::try_from(what).ok().filter(|what| *what <= MARK_MAX) else {
            return Ok("".into());
        };
        // QEMU has one kind of breakpoint.
        let what = if what == 1 { BREAKPOINT } else { what };
        if sets && what == BREAKPOINT && self.cannot_be_marked(address) {
            return Err(Failure::Refused);
        }
        self.claim(sets, (what, address), size, Owner { process: self.general, is_gdbs: true })?;
        Ok("OK".into())
    }

    /// Adds an owner to a mark, or removes one: QEMU is told of the first and of the last.
    fn claim(&mut self, sets: bool, mark: (u8, u64), size: u64, owner: Owner) -> Result<(), Failure> {
        let owners = &mut self.marks.entry(mark).or_insert((size, BTreeSet::new())).1;
        let had_some = !owners.is_empty();
        if sets {
            owners.insert(owner);
        } else {
            owners.remove(&owner);
        }
        let has_some = !owners.is_empty();
        if !has_some {
            self.marks.remove(&mark);
        }
        if had_some != has_some {
            self.machine.stub().mark(has_some, mark.0, mark.1, size)?;
        }
        Ok(())
    }

    fn detach(&mut self, rest: &str) -> Answer {
        match rest.strip_prefix(';').and_then(number).and_then(|it| self.process(it as usize)) {
            Some(process) => {
                self.forget(process);
                self.attached.remove(&process);
            }
            None => self.attached.clear(),
        }
        "OK".into()
    }

    /// Removes the marks of a process that nobody asks for any more.
    fn forget(&mut self, process: Process) {
        let owner = Owner { process, is_gdbs: true };
        let own: Vec<((u8, u64), u64)> = self
            .marks
            .iter()
            .filter(|(_, (_, owners))| owners.contains(&owner))
            .map(|(mark, (size, _))| (*mark, *size))
            .collect();
        for (mark, size) in own {
            // A machine that has ended has no marks.
            let _ = self.claim(false, mark, size, owner);
        }
    }

    fn attached_or_kernel(&self, process: Process) -> Process {
        let first = || self.attached.first().copied().unwrap_or(Process::Kernel);
        if self.attached.contains(&process) { process } else { first() }
    }

    fn stop_of(&mut self, process: Process, signal: u8, detail: &str) -> Result<String, Failure> {
        let thread = self.machine.thread(process)?;
        Ok(format!("T{signal:02x}{detail}thread:{};", Self::thread(process, thread)))
    }

    /// Commands whose names begin with a `v`.
    fn command(&mut self, rest: &str) -> Result<Answer, Failure> {
        if rest == "Cont?" {
            return Ok("vCont;c;C;s;S".into());
        }
        if let Some(actions) = rest.strip_prefix("Cont;") {
            return self.go_on(actions);
        }
        if let Some(digits) = rest.strip_prefix("Attach;") {
            let process = number(digits).and_then(|it| self.process(it as usize)).ok_or(Failure::Refused)?;
            self.attached.insert(process);
            (self.general, self.thread) = (process, None);
            return Ok(self.stop_of(process, TRAPPED, "")?.into());
        }
        if let Some(digits) = rest.strip_prefix("Kill;") {
            if let Some(process) = number(digits).and_then(|it| self.process(it as usize)) {
                self.attached.remove(&process);
            }
            return Ok(if self.attached.is_empty() { Answer::Leave } else { "OK".into() });
        }
        Ok("".into())
    }

    /// Questions and settings.
    fn question(&mut self, text: &str) -> Result<Answer, Failure> {
        let (name, rest) = text.split_once([':', ',']).unwrap_or((text, ""));
        Ok(match name {
            "qSupported" => format!(
                "PacketSize={LENGTH_MAX:x};multiprocess+;vContSupported+;swbreak+;hwbreak+;\
                 qXfer:threads:read+{}{}",
                if self.machine.is_sparc() { "" } else { ";qXfer:features:read+" },
                if self.replay.is_some() { ";ReverseStep+;ReverseContinue+" } else { "" }
            )
            .into(),
            "qC" => {
                let thread = self.general_thread()?;
                format!("QC{}", Self::thread(self.general, thread)).into()
            }
            "qfThreadInfo" => {
                let threads: Vec<String> = self.threads()?.into_iter().map(|(thread, ..)| thread).collect();
                format!("m{}", threads.join(",")).into()
            }
            "qsThreadInfo" => "l".into(),
            "qThreadExtraInfo" => {
                let threads = self.threads()?;
                let (_, name, state) = threads.iter().find(|it| it.0 == rest).ok_or(Failure::Refused)?;
                to_hex(format!("{name} {state}").trim_end().as_bytes()).into()
            }
            // So gdb leaves when it quits, instead of ending what it has not begun.
            "qAttached" => "1".into(),
            "qSymbol" => "OK".into(),
            "qXfer" => self.transfer(rest)?,
            "qRcmd" => self.monitor(rest)?,
            _ => "".into(),
        })
    }

    /// A part of a document: what it is about, `read`, its annex, and which part of it.
    fn transfer(&mut self, rest: &str) -> Result<Answer, Failure> {
        let parts: Vec<&str> = rest.split(':').collect();
        let [about, "read", annex, place] = parts[..] else { return Ok("".into()) };
        let document = match about {
            "threads" => {
                let threads = self.threads()?.into_iter().map(|(thread, name, state)| {
                    format!(
                        "<thread id=\"{thread}\" name=\"{}\">{}</thread>",
                        escaped(&name),
                        escaped(&state)
                    )
                });
                format!("<?xml version=\"1.0\"?><threads>{}</threads>", threads.collect::<String>())
            }
            "features" if self.general == Process::Kernel => {
                return Ok(Answer::Say(self.machine.stub().description(&format!("{annex}:{place}"))?));
            }
            "features" if annex == "target.xml" => x86::DESCRIPTION.to_owned(),
            _ => return Ok("".into()),
        };
        let (offset, length) = pair(place).ok_or(Failure::Refused)?;
        let rest = document.as_bytes().get(offset as usize..).unwrap_or_default();
        let part = &rest[..rest.len().min(length as usize).min(LENGTH_MAX / 2)];
        let mut said = vec![if part.len() == rest.len() { b'l' } else { b'm' }];
        said.extend(part);
        Ok(Answer::Say(said))
    }

    /// Commands of the user's for the server itself: `monitor partitions`.
    fn monitor(&mut self, digits: &str) -> Result<Answer, Failure> {
        let command = from_hex(digits.as_bytes()).ok_or(Failure::Refused)?;
        if let Some(said) = self.ask_replay(str::from_utf8(&command).unwrap_or_default().trim())? {
            return Ok(match said {
                Ok(said) if said.is_empty() => "OK".into(),
                Ok(said) => to_hex(said.as_bytes()).into(),
                Err(wrong) => {
                    self.connection()
                        .tell_gdb(format!("O{}", to_hex(format!("{wrong}\n").as_bytes())).as_bytes())?;
                    REFUSED.into()
                }
            });
        }
        if command != b"partitions" {
            let help = "monitor partitions: who runs, and where the others go on\n\
                        of a run that is repeated:\n\
                        monitor now: the time, and how many instructions have been executed\n\
                        monitor events [NUMBER]: so many events around now\n\
                        monitor goto WHERE: where `continue` goes; `goto WHERE` does both\n";
            return Ok(to_hex(help.as_bytes()).into());
        }
        let (runner, current) = (self.machine.runner()?, self.machine.current()?);
        let mut text = String::new();
        for (number, partition) in self.partitions.iter().enumerate() {
            let state = if runner == Process::Partition(number) {
                "runs".to_owned()
            } else {
                let at = self.machine.resumes_at(number, false)?.first().copied().unwrap_or_default();
                let whose = if current == Some(number) { "in the kernel, goes on" } else { "goes on" };
                if at == 0 { "has not begun".to_owned() } else { format!("{whose} at {at:#x}") }
            };
            text += &format!("{:2} {:16} {state}\n", FIRST_PARTITION + number, partition.name);
        }
        Ok(to_hex(text.as_bytes()).into())
    }

    /// Lets the machine go on, or a process make a step.
    fn go_on(&mut self, actions: &str) -> Result<Answer, Failure> {
        for line in self.early.take().unwrap_or_default() {
            self.say(&line)?;
        }
        if self.has_ended {
            return Ok(self.farewell());
        }
        let step = actions.split(';').find(|action| action.starts_with(['s', 'S']));
        let stop = match step {
            Some(action) => {
                let named = action.split_once(':').and_then(|(_, thread)| self.meant(thread));
                let (process, thread) = named.unwrap_or((self.stopped, None));
                self.step(process, thread)?
            }
            None => match self.replay.as_mut().and_then(|replay| replay.goal.take()) {
                Some(goal) => self.go_to(goal)?,
                None => self.run_until(&[])?,
            },
        };
        self.told(stop)
    }

    /// Lets a process make a step backwards, or the machine go back to the last mark.
    fn go_backwards(&mut self, steps: bool) -> Result<Answer, Failure> {
        let process = self.to_step.unwrap_or(self.general);
        let stop = self.go_back(steps.then_some(process))?;
        self.told(stop)
    }

    /// What gdb is told of a stop.
    fn told(&mut self, stop: Stop) -> Result<Answer, Failure> {
        Ok(match stop {
            Stop::At { process, signal, mut detail } => {
                if detail.is_empty() && signal == TRAPPED && self.is_at_end()? {
                    detail.push_str("replaylog:end;");
                }
                self.stopped = process;
                let told = self.attached_or_kernel(process);
                (self.general, self.thread) = (told, None);
                self.stop_of(told, signal, &detail)?.into()
            }
            Stop::Limit => self.stop_of(self.attached_or_kernel(self.stopped), TRAPPED, "")?.into(),
            Stop::Ended => self.farewell(),
        })
    }

    /// The machine has ended: gdb is told so of one process after the other.
    fn farewell(&mut self) -> Answer {
        self.has_ended = true;
        for line in self.connection().last_lines() {
            if self.say(&line).is_err() {
                return Answer::Leave;
            }
        }
        let process = self.attached_or_kernel(self.general);
        self.attached.remove(&process);
        format!("W00;process:{:x}", Self::number(process)).into()
    }

    /// Shows a line in gdb, which it takes while the machine runs.
    fn say(&mut self, line: &str) -> Result<(), Gone> {
        if let Some(early) = &mut self.early {
            early.push(line.to_owned());
            return Ok(());
        }
        let said = format!("O{}", to_hex(format!("{line}\n").as_bytes()));
        self.connection().tell_gdb(said.as_bytes())
    }

    /// Has the processor execute one instruction, whatever is marked there.
    fn one_step(&mut self) -> Result<(), Failure> {
        let (place, _) = self.machine.place()?;
        let size = self.marks.get(&(BREAKPOINT, place)).map(|(size, _)| *size);
        if let Some(size) = size {
            self.machine.stub().mark(false, BREAKPOINT, place, size)?;
        }
        self.single_step()?;
        match size {
            Some(size) => self.machine.stub().mark(true, BREAKPOINT, place, size),
            None => Ok(()),
        }
    }

    /// Passes over what is marked at the place where the processor is, if anything is.
    fn step_over(&mut self) -> Result<(), Failure> {
        let (place, _) = self.machine.place()?;
        if self.marks.contains_key(&(BREAKPOINT, place)) { self.one_step() } else { Ok(()) }
    }

    /// Lets the machine run until a process is at one of its marks, or at one of these places, or the user wants it.
    fn run_until(&mut self, places: &[(Process, u64)]) -> Result<Stop, Failure> {
        let ready = self.step_over().and_then(|()| self.claim_all(true, places));
        match ready.and_then(|()| self.run_to_mark(None)) {
            Ok(Stop::Ended) | Err(Failure::Gone) => Ok(Stop::Ended),
            stop => self.claim_all(false, places).and(stop),
        }
    }

    /// Makes places the server's own, or no more.
    fn claim_all(&mut self, sets: bool, places: &[(Process, u64)]) -> Result<(), Failure> {
        let size = if self.machine.is_sparc() { 4 } else { 1 };
        places.iter().try_for_each(|&(process, place)| {
            self.claim(sets, (BREAKPOINT, place), size, Owner { process, is_gdbs: false })
        })
    }

    /// Lets the machine run until it stops: why, as the stub says it, and whether the user has wanted it.
    fn run_to_stop(&mut self) -> Result<(Vec<u8>, bool), Failure> {
        self.machine.stub().go()?;
        let mut is_wanted = false;
        loop {
            match self.connection().while_running()? {
                Heard::Stopped(reason) => return Ok((reason, is_wanted)),
                Heard::Line(line) => self.say(&line)?,
                Heard::Interrupt => {
                    is_wanted = true;
                    self.connection().interrupt()?;
                }
            }
        }
    }

    /// Lets the machine run until a process is at a mark, or, if there is a limit, more instructions than so many have
    /// been executed.
    fn run_to_mark(&mut self, limit: Option<u64>) -> Result<Stop, Failure> {
        let mut is_wanted = false;
        loop {
            if let Some(limit) = limit {
                if self.machine.executed()? > limit {
                    return Ok(Stop::Limit);
                }
                self.machine.stop_at(limit + 1)?;
            }
            let (reason, was_interrupted) = self.run_to_stop()?;
            is_wanted |= was_interrupted;
            if let Some(limit) = limit
                && self.machine.executed()? > limit
            {
                return Ok(Stop::Limit);
            }
            let (place, _) = self.machine.place()?;
            let process = self.machine.runner()?;
            let at = |signal, detail: &str| Ok(Stop::At { process, signal, detail: detail.to_owned() });
            let owners = self.marks.get(&(BREAKPOINT, place)).map(|(_, owners)| owners);
            let is_marked =
                |is_gdbs| owners.is_some_and(|owners| owners.contains(&Owner { process, is_gdbs }));
            if is_marked(false) {
                return at(TRAPPED, "");
            }
            if is_marked(true) {
                return at(TRAPPED, "swbreak:;");
            }
            if let Some((word, address)) = watched(&reason) {
                let mut watchers = self.marks.iter().filter(|((what, start), (size, _))| {
                    *what != BREAKPOINT && (*start..start.saturating_add(*size)).contains(&address)
                });
                if watchers.any(|(_, (_, owners))| owners.contains(&Owner { process, is_gdbs: true })) {
                    return at(TRAPPED, &format!("{word}:{address:x};"));
                }
            } else if is_wanted {
                return at(INTERRUPTED, "");
            } else if owners.is_some() {
                // Another process's.
                self.one_step()?;
            } else {
                return at(TRAPPED, "");
            }
        }
    }

    /// Has a process execute one instruction of its own: also over calls of the kernel, and over windows of others. If
    /// a thread is named, it is that one's instruction, whatever other tasks do before.
    fn step(&mut self, process: Process, thread: Option<u64>) -> Result<Stop, Failure> {
        let Process::Partition(partition) = process else {
            self.one_step()?;
            let process = self.machine.runner()?;
            return Ok(Stop::At { process, signal: TRAPPED, detail: String::new() });
        };
        if self.machine.runner()? != process
            && let Some(stop) = self.run_back(process, partition, false)?
        {
            return Ok(stop);
        }
        let thread = thread.map_or_else(|| self.machine.thread(process), Ok)?;
        let task = self.machine.threads(process)?.into_iter().find(|it| it.thread == thread);
        if let Some(stop) = self.run_to_task(process, thread, task.as_ref())? {
            return Ok(stop);
        }
        let (start, _) = self.machine.place()?;
        for _ in 0..TRIES {
            self.one_step()?;
            if self.machine.runner()? != process
                && let Some(stop) = self.run_back(process, partition, true)?
            {
                return Ok(stop);
            }
            if let Some(stop) = self.run_to_task(process, thread, task.as_ref())? {
                return Ok(stop);
            }
            if self.machine.place()?.0 != start {
                break;
            }
        }
        Ok(Stop::At { process, signal: TRAPPED, detail: String::new() })
    }

    /// Lets the machine run until a task goes on. Nothing if it does; otherwise what has come before.
    fn run_to_task(
        &mut self,
        process: Process,
        thread: u64,
        task: Option<&Task>,
    ) -> Result<Option<Stop>, Failure> {
        if let Some(task) = task
            && self.machine.is_on(process, task)?
        {
            return Ok(None);
        }
        while self.machine.thread(process)? != thread {
            let Ok(place) = self.machine.thread_resumes_at(process, thread) else {
                // It is gone, or there is nothing where it would go on.
                return Ok(Some(Stop::At { process, signal: TRAPPED, detail: String::new() }));
            };
            match self.run_until(&[(process, place)])? {
                Stop::At { process: at, signal: TRAPPED, detail } if at == process && detail.is_empty() => {}
                stop => return Ok(Some(stop)),
            }
        }
        Ok(None)
    }

    /// Lets the machine run until a partition goes on. Nothing if it does; otherwise what has come before.
    fn run_back(
        &mut self,
        process: Process,
        partition: usize,
        has_trapped: bool,
    ) -> Result<Option<Stop>, Failure> {
        let places: Vec<(Process, u64)> =
            self.machine.resumes_at(partition, has_trapped)?.into_iter().map(|it| (process, it)).collect();
        match self.run_until(&places)? {
            Stop::At { process: at, signal: TRAPPED, detail } if at == process && detail.is_empty() => {
                Ok(None)
            }
            stop => Ok(Some(stop)),
        }
    }
}

/// The word of gdb's for a watchpoint that the machine has stopped at, and its address.
fn watched(reason: &[u8]) -> Option<(&str, u64)> {
    let fields = str::from_utf8(reason.get(3..)?).ok()?;
    fields.split(';').find_map(|field| {
        let (word, address) = field.split_once(':')?;
        matches!(word, "watch" | "rwatch" | "awatch").then(|| Some((word, number(address)?)))?
    })
}

/// Two numbers, separated by a comma.
fn pair(text: &str) -> Option<(u64, u64)> {
    let (first, second) = text.split_once(',')?;
    Some((number(first)?, number(second)?))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
