//! Everything that a server hears, in one line: gdb, QEMU's stub, and the run.

use std::collections::VecDeque;
use std::io::{self, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::packet::{self, Incoming};

/// How long a run may take to say its last words when QEMU has ended.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the run says.
#[derive(Clone, Debug)]
pub enum Said {
    /// A line of a console or of the kernel's log, without its end.
    Line(String),
    /// It has ended.
    Ended,
}

/// The machine has ended, or gdb has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// What can be heard.
#[derive(Debug)]
pub(crate) enum Event {
    Gdb(Incoming),
    GdbGone,
    /// Of the machine with this number.
    Stub(u32, Vec<u8>),
    StubGone(u32),
    Run(u32, Said),
}

/// What the machine does while it runs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It has stopped, and QEMU says why.
    Stopped(Vec<u8>),
    /// gdb wants it to stop.
    Interrupt,
    /// A line for gdb to show.
    Line(String),
}

/// Both lines, and what has come on them.
#[derive(Debug)]
pub(crate) struct Connection {
    gdb: UnixStream,
    stub: UnixStream,
    events: Receiver<Event>,
    waiting: VecDeque<Event>,
    /// What gdb has asked while the machine ran: its first question.
    asked: VecDeque<Incoming>,
    /// Lines that gdb can be told only when the machine runs.
    lines: VecDeque<String>,
    run_has_ended: bool,
    stub_is_gone: bool,
    /// For other machines that take the place of this one, and the number of this one.
    sender: Sender<Event>,
    machine: u32,
    /// How long a machine may say nothing at all before it is given up; none if for ever.
    patience: Option<Duration>,
}

fn listen(
    stream: UnixStream,
    sender: Sender<Event>,
    event: impl Fn(Incoming) -> Event + Send + 'static,
    gone: Event,
) {
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        while let Ok(Some(incoming)) = packet::next(&mut stream) {
            if sender.send(event(incoming)).is_err() {
                return;
            }
        }
        // Fails if nobody listens any more.
        let _ = sender.send(gone);
    });
}

/// Listens to a machine with this number: to QEMU's stub, and to the run.
fn listen_to_machine(stub: UnixStream, run: Receiver<Said>, sender: &Sender<Event>, number: u32) {
    let from_stub = move |incoming| match incoming {
        Incoming::Packet(packet) => Event::Stub(number, packet),
        Incoming::Interrupt => Event::Stub(number, Vec::new()),
    };
    listen(stub, sender.clone(), from_stub, Event::StubGone(number));
    let sender = sender.clone();
    thread::spawn(move || {
        for said in run {
            if sender.send(Event::Run(number, said)).is_err() {
                return;
            }
        }
        let _ = sender.send(Event::Run(number, Said::Ended));
    });
}

impl Connection {
    /// Listens to gdb, to QEMU's stub, and to the run.
    ///
    /// # Errors
    /// If the system has no more handles for files.
    pub(crate) fn new(gdb: UnixStream, stub: UnixStream, run: Receiver<Said>) -> io::Result<Self> {
        let (sender, events) = channel();
        listen(gdb.try_clone()?, sender.clone(), Event::Gdb, Event::GdbGone);
        listen_to_machine(stub.try_clone()?, run, &sender, 0);
        Ok(Self {
            gdb,
            stub,
            events,
            waiting: VecDeque::new(),
            asked: VecDeque::new(),
            lines: VecDeque::new(),
            run_has_ended: false,
            stub_is_gone: false,
            sender,
            machine: 0,
            patience: None,
        })
    }

    /// Gives the machine up that says nothing at all for so long while something is expected of it.
    pub(crate) const fn be_patient_for(&mut self, time: Duration) {
        self.patience = Some(time);
    }

    /// Puts another machine in the place of this one, of which nothing is heard any more but its last lines.
    ///
    /// # Errors
    /// If the system has no more handles for files.
    pub(crate) fn replace(&mut self, stub: UnixStream, run: Receiver<Said>) -> io::Result<()> {
        self.machine += 1;
        listen_to_machine(stub.try_clone()?, run, &self.sender, self.machine);
        self.stub = stub;
        (self.run_has_ended, self.stub_is_gone) = (false, false);
        Ok(())
    }

    /// The next event that is not about another machine.
    fn receive(&mut self) -> Result<Event, Gone> {
        loop {
            let event = match self.patience {
                Some(time) => self.events.recv_timeout(time).map_err(|_| Gone)?,
                None => self.events.recv().map_err(|_| Gone)?,
            };
            if self.is_of_now(&event) {
                return Ok(event);
            }
        }
    }

    /// Whether an event is about this machine, or a line, which counts whoever has said it.
    const fn is_of_now(&self, event: &Event) -> bool {
        match event {
            Event::Stub(machine, _) | Event::StubGone(machine) | Event::Run(machine, Said::Ended) => {
                *machine == self.machine
            }
            Event::Gdb(_) | Event::GdbGone | Event::Run(_, Said::Line(_)) => true,
        }
    }

    /// Sends gdb a packet.
    pub(crate) fn tell_gdb(&mut self, said: &[u8]) -> Result<(), Gone> {
        self.gdb.write_all(&packet::framed(said)).map_err(|_| Gone)
    }

    /// Acknowledges a packet of gdb's.
    pub(crate) fn acknowledge(&mut self) -> Result<(), Gone> {
        self.gdb.write_all(b"+").map_err(|_| Gone)
    }

    /// Sends the stub a packet that is answered later, when the machine stops.
    pub(crate) fn tell_stub(&mut self, said: &[u8]) -> Result<(), Gone> {
        self.stub.write_all(&packet::framed(said)).map_err(|_| Gone)
    }

    /// Has the machine stop.
    pub(crate) fn interrupt(&mut self) -> Result<(), Gone> {
        self.stub.write_all(&[3]).map_err(|_| Gone)
    }

    /// Sends the stub a packet, and waits for its answer.
    pub(crate) fn ask_stub(&mut self, said: &[u8]) -> Result<Vec<u8>, Gone> {
        self.tell_stub(said)?;
        self.answer()
    }

    /// The next packet of the stub's.
    pub(crate) fn answer(&mut self) -> Result<Vec<u8>, Gone> {
        loop {
            match self.receive()? {
                Event::Stub(_, answer) => {
                    self.stub.write_all(b"+").map_err(|_| Gone)?;
                    return Ok(answer);
                }
                Event::StubGone(_) => {
                    self.stub_is_gone = true;
                    return Err(Gone);
                }
                Event::Run(_, said) => self.note(said),
                other => self.waiting.push_back(other),
            }
        }
    }

    /// The next that gdb says while the machine stands. Nothing if it has left.
    pub(crate) fn next_of_gdb(&mut self) -> Option<Incoming> {
        if let Some(incoming) = self.asked.pop_front() {
            return Some(incoming);
        }
        loop {
            let event = self.waiting.pop_front().or_else(|| self.events.recv().ok())?;
            match event {
                Event::Gdb(incoming) => return Some(incoming),
                Event::GdbGone => return None,
                Event::Run(machine, Said::Ended) if machine != self.machine => {}
                Event::Run(_, said) => self.note(said),
                Event::StubGone(machine) => self.stub_is_gone |= machine == self.machine,
                Event::Stub(..) => {}
            }
        }
    }

    /// The next that happens while the machine runs.
    pub(crate) fn while_running(&mut self) -> Result<Heard, Gone> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(Heard::Line(line));
            }
            if self.stub_is_gone {
                return Err(Gone);
            }
            let event = match self.waiting.pop_front() {
                Some(event) if !self.is_of_now(&event) => continue,
                Some(event) => event,
                None => self.receive()?,
            };
            match event {
                Event::Stub(_, said) => {
                    // A machine that has ended may be gone already.
                    let _ = self.stub.write_all(b"+");
                    // It ends: `StubGone` follows.
                    if !matches!(said.first(), Some(b'W' | b'X')) {
                        return Ok(Heard::Stopped(said));
                    }
                }
                Event::Gdb(Incoming::Interrupt) => return Ok(Heard::Interrupt),
                Event::Gdb(incoming) => self.asked.push_back(incoming),
                Event::GdbGone => return Err(Gone),
                Event::StubGone(_) => self.stub_is_gone = true,
                Event::Run(_, said) => self.note(said),
            }
        }
    }

    /// Whether gdb has wanted the machine to stop meanwhile, which stands or does a step: a wish that counts once.
    pub(crate) fn has_been_interrupted(&mut self) -> bool {
        self.waiting.extend(self.events.try_iter());
        let place = self.waiting.iter().position(|it| matches!(it, Event::Gdb(Incoming::Interrupt)));
        place.and_then(|place| self.waiting.remove(place)).is_some()
    }

    /// Why the machine, which runs, has stopped, if it does so within a time. Nobody but the stub says anything.
    pub(crate) fn stopped_within(&mut self, time: Duration) -> Result<Option<Vec<u8>>, Gone> {
        match self.events.recv_timeout(time) {
            Ok(Event::Stub(_, said)) => {
                // A machine that has ended may be gone already.
                let _ = self.stub.write_all(b"+");
                if matches!(said.first(), Some(b'W' | b'X')) { Err(Gone) } else { Ok(Some(said)) }
            }
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Ok(Event::StubGone(_)) | Err(RecvTimeoutError::Disconnected) => Err(Gone),
            Ok(_) => Ok(None),
        }
    }

    /// The last lines of a run whose machine has ended.
    pub(crate) fn last_lines(&mut self) -> Vec<String> {
        while !self.run_has_ended {
            match self.events.recv_timeout(PATIENCE) {
                Ok(event) if !self.is_of_now(&event) => {}
                Ok(Event::Run(_, said)) => self.note(said),
                Ok(other) => self.waiting.push_back(other),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        self.lines.drain(..).collect()
    }

    fn note(&mut self, said: Said) {
        match said {
            Said::Line(line) => self.lines.push_back(line),
            Said::Ended => self.run_has_ended = true,
        }
    }
}
