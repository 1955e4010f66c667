//! Tests of the serial devices, on models of such as are slow: as slow against the kernel as 115200 baud are.

use std::boxed::Box;
use std::collections::VecDeque;
use std::string::String;
use std::vec::Vec;

use bulkhead_abi::event::Record;
use bulkhead_abi::wire::{CLOCK_CHANNEL, ESCAPE, FIRST_PARTITION_CHANNEL, time_of_line};
use bulkhead_abi::{FaultKind, Hypercall};

use crate::console::PATIENCE;
use crate::fault::Fault;
use crate::hypercall::Outcome;
use crate::model::{BASE, index, system};
use crate::report::Message;
use crate::serial::{Apbuart, Device, DeviceRegisters, Ns16550, Uart};

/// What an access to a register takes, in the model's time: one unit is about 100 ns.
pub(crate) const ACCESS: u64 = 10;
/// What a byte takes on the line.
const BYTE: u64 = 870;

/// What the registers look like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Apbuart,
    Ns16550,
}

/// The registers of a transmitter, its buffer, and the line behind it.
pub(crate) struct Slow {
    kind: Kind,
    /// How many bytes wait before the one that is being sent.
    depth: usize,
    /// Whether it ever sends anything.
    alive: bool,
    time: u64,
    waiting: VecDeque<u8>,
    sending: Option<(u8, u64)>,
    line: Vec<u8>,
    overruns: u32,
}

impl Slow {
    fn advance(&mut self) {
        self.time += ACCESS;
        while self.alive {
            match self.sending {
                Some((byte, until)) if until <= self.time => {
                    self.line.push(byte);
                    self.sending = self.waiting.pop_front().map(|next| (next, until + BYTE));
                }
                Some(_) => break,
                None => match self.waiting.pop_front() {
                    Some(next) => self.sending = Some((next, self.time + BYTE)),
                    None => break,
                },
            }
        }
    }
}

impl DeviceRegisters for Slow {
    fn read(&mut self, register: u32) -> u32 {
        self.advance();
        let (empty, full) = (self.waiting.is_empty(), self.waiting.len() >= self.depth);
        let buffered = self.depth > 1;
        match (self.kind, register) {
            (Kind::Apbuart, 4) => {
                let count =
                    if buffered { (self.waiting.len() as u32) << 20 | u32::from(full) << 9 } else { 0 };
                u32::from(empty) << 2 | u32::from(self.sending.is_none()) << 1 | count
            }
            (Kind::Apbuart, 8) => 3 | u32::from(buffered) << 31,
            (Kind::Ns16550, 2) => 1 | if buffered { 0xc0 } else { 0 },
            (Kind::Ns16550, 5) => u32::from(empty) << 5,
            _ => 0,
        }
    }

    fn write(&mut self, register: u32, value: u32) {
        self.advance();
        // The set-up writes the divisor through the same register.
        if register == 0 && value > 1 {
            if self.waiting.len() < self.depth {
                self.waiting.push_back(value as u8);
            } else {
                self.overruns += 1;
            }
        }
        self.time -= ACCESS;
        self.advance();
    }
}

/// A slow device under its driver.
pub(crate) enum SlowUart {
    Apbuart(Apbuart<Box<Slow>>),
    Ns16550(Ns16550<Box<Slow>>),
}

impl DeviceRegisters for Box<Slow> {
    fn read(&mut self, register: u32) -> u32 {
        (**self).read(register)
    }

    fn write(&mut self, register: u32, value: u32) {
        (**self).write(register, value);
    }
}

impl SlowUart {
    fn new(kind: Kind, depth: usize, alive: bool) -> Self {
        let registers = Box::new(Slow {
            kind,
            depth,
            alive,
            time: 0,
            waiting: VecDeque::new(),
            sending: None,
            line: Vec::new(),
            overruns: 0,
        });
        let mut uart = match kind {
            Kind::Apbuart => Self::Apbuart(Apbuart::new(registers)),
            Kind::Ns16550 => Self::Ns16550(Ns16550::new(registers)),
        };
        match &mut uart {
            Self::Apbuart(device) => device.set_up(),
            Self::Ns16550(device) => device.set_up(),
        }
        uart
    }

    fn registers(&mut self) -> &mut Slow {
        match self {
            Self::Apbuart(uart) => uart.registers(),
            Self::Ns16550(uart) => uart.registers(),
        }
    }

    /// Lets the driver do something, which takes time.
    pub(crate) fn with<T>(&mut self, time: &mut u64, body: impl FnOnce(&mut Self) -> T) -> T {
        self.registers().time = *time;
        let result = body(self);
        *time = self.registers().time;
        result
    }
}

impl Uart for SlowUart {
    const BYTE_TIME: u32 = 2 * ACCESS as u32;

    fn room(&mut self) -> usize {
        match self {
            Self::Apbuart(device) => device.room(),
            Self::Ns16550(device) => device.room(),
        }
    }

    fn send(&mut self, byte: u8) {
        match self {
            Self::Apbuart(device) => device.send(byte),
            Self::Ns16550(device) => device.send(byte),
        }
    }

    fn receive(&mut self) -> Option<u8> {
        match self {
            Self::Apbuart(device) => device.receive(),
            Self::Ns16550(device) => device.receive(),
        }
    }
}

const KINDS: [(Kind, usize); 5] =
    [(Kind::Apbuart, 1), (Kind::Apbuart, 2), (Kind::Apbuart, 32), (Kind::Ns16550, 1), (Kind::Ns16550, 16)];

/// Registers that read as they are told, and keep what is written.
struct Registers {
    control: u32,
    status: u32,
    data: u32,
    written: Vec<(u32, u32)>,
}

impl DeviceRegisters for Registers {
    fn read(&mut self, register: u32) -> u32 {
        match register {
            0 => self.data,
            // The status of an APBUART, and of a 16550.
            4 | 5 => self.status,
            // The control register of an APBUART, and what a 16550 says of its interrupts and buffers.
            2 | 8 => self.control,
            _ => panic!("nothing is to be read from register {register}"),
        }
    }

    fn write(&mut self, register: u32, value: u32) {
        self.written.push((register, value));
    }
}

fn registers(control: u32) -> Registers {
    Registers { control, status: 0, data: 0, written: Vec::new() }
}

/// The room that a device says it has, by its status.
fn rooms<K: crate::serial::Kind>(device: &mut Device<K, Registers>, statuses: &[u32]) -> Vec<usize> {
    let room = |&status: &u32| {
        device.registers().status = status;
        device.room()
    };
    statuses.iter().map(room).collect()
}

#[test]
fn an_apbuart_is_set_up_and_says_its_room() {
    for (control, room) in [(3, [0, 1, 1, 0]), (1 << 31 | 3, [1, 1, 0, 0])] {
        let mut device = Apbuart::new(registers(control));
        device.set_up();
        assert_eq!(device.registers().written, [(8, 3)]);
        let (empty, full) = (1 << 2, 1 << 9);
        assert_eq!(rooms(&mut device, &[!(empty | full), empty, empty | full, full]), room);
        device.send(b'x');
        assert_eq!(device.registers().written[1..], [(0, b'x'.into())]);
    }
}

#[test]
fn a_16550_is_set_up_and_says_its_room() {
    for (identification, room) in [(0xc1, 16), (0x81, 1), (0x41, 1), (0x01, 1)] {
        let mut device = Ns16550::new(registers(identification));
        device.set_up();
        let written = [(1, 0), (3, 0x80), (0, 1), (1, 0), (3, 3), (2, 7), (4, 3)];
        assert_eq!(device.registers().written, written);
        assert_eq!(rooms(&mut device, &[0, 0x20, 0xff, !0x20]), [0, room, room, 0]);
    }
}

#[test]
fn a_byte_that_has_arrived_is_received() {
    let mut apbuart = Apbuart::new(registers(3));
    let mut ns16550 = Ns16550::new(registers(0xc1));
    for (status, byte) in [(0, None), (1, Some(b'x')), (0xfe, None), (0xff, Some(b'x'))] {
        for registers in [apbuart.registers(), ns16550.registers()] {
            (registers.status, registers.data) = (status, 0xff00 | u32::from(b'x'));
        }
        assert_eq!([apbuart.receive(), ns16550.receive()], [byte; 2]);
    }
}

/// What a channel has carried.
fn heard(line: &[u8], channel: u8) -> String {
    let bytes: Vec<u8> =
        taken_apart(line).into_iter().filter(|(from, _)| *from == channel).map(|(_, byte)| byte).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Takes the line apart: each byte with the channel that has carried it.
fn taken_apart(line: &[u8]) -> Vec<(u8, u8)> {
    let (mut now, mut all, mut bytes) = (0x3f, Vec::new(), line.iter());
    while let Some(&byte) = bytes.next() {
        let byte = match (byte, bytes.as_slice().first()) {
            (ESCAPE, Some(&ESCAPE)) => bytes.next(),
            (ESCAPE, _) => {
                now = bytes.next().copied().unwrap_or(now);
                continue;
            }
            _ => Some(&byte),
        };
        all.extend(byte.map(|byte| (now, *byte)));
    }
    all
}

/// Windows of 2 ms, and 0.3 ms for the log.
const WINDOWS: [(u32, u64, u64); 2] = [(0, 0, 20_000), (1, 23_000, 43_000)];

#[test]
fn a_slow_device_makes_no_window_late() {
    print_without_a_pause([b"first \x10 partition ", b"second \x10@ partition "], false);
}

#[test]
fn lines_are_told_their_times() {
    for line in print_without_a_pause([b"first\n\x10 part\n\nition ", b"second \x10@ partition\n"], true) {
        // Behind each line's end a time comes before the next line begins, and it lies in the partition's window.
        let (mut time, mut bytes, mut open, mut lines, mut before) = (None, Vec::new(), [false; 2], 0, 0);
        for (channel, byte) in taken_apart(&line) {
            if channel == CLOCK_CHANNEL {
                bytes.push(byte);
                if let Ok(whole) = (&bytes[..]).try_into() {
                    time = time_of_line(whole);
                    bytes.clear();
                }
            } else if let Some(number @ 0..2) = channel.checked_sub(FIRST_PARTITION_CHANNEL).map(usize::from)
            {
                if !open[number] {
                    let time: u64 = time.take().expect("a time before the line");
                    let (_, start, end) = WINDOWS[number];
                    assert!(before <= time && (start..end).contains(&(time % 46_000)), "{time}");
                    (before, lines) = (time, lines + 1);
                }
                open[number] = byte != b'\n';
            }
        }
        assert!(lines > 40, "{lines}");
    }
}

/// Two partitions print without a pause, up to the end of each window; the log of the kernel wants the line too. What
/// the line of each device has carried.
fn print_without_a_pause(texts: [&[u8]; 2], times: bool) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    for (kind, depth) in KINDS {
        let windows = WINDOWS;
        let (mut kernel, mut model) = system(2, 46_000, &windows);
        model.uart = Some(SlowUart::new(kind, depth, true));
        if times {
            kernel.console.tell_line_times();
        }
        let mut said = [0usize; 2];
        for (number, text) in texts.iter().enumerate() {
            model.guests[number].memory[0x2000..0x2000 + text.len()].copy_from_slice(text);
        }
        let mut current = kernel.dispatch(&mut model);
        let mut late = 0;
        while model.time < 4_000_000 {
            let number = current.place();
            if said[number].is_multiple_of(900) {
                kernel.console.put(&Record::halted(7, 0, 9));
            }
            let from = said[number] % texts[number].len();
            let arguments =
                [BASE as u32 + 0x2000 + from as u32, (texts[number].len() - from) as u32, 0, 0, 0];
            let call = kernel.hypercall(&mut model, Hypercall::ConsoleWrite as u32, arguments);
            let Outcome::Return(taken) = call else { panic!("{call:?}") };
            said[number] += taken as usize;
            model.time += 5;
            if model.alarm <= model.time {
                // What the call has taken beyond the window's end.
                late = late.max(model.time - model.alarm);
                kernel.alarm_came();
                current = kernel.dispatch(&mut model);
                late = late.max((model.time % 46_000).checked_sub(windows[current.place()].1).unwrap());
            }
        }
        assert!(late <= 2 * ACCESS + 10, "{kind:?} {depth}: {late}");
        let device = model.uart.as_mut().unwrap().registers();
        assert_eq!(device.overruns, 0, "{kind:?} {depth}");
        for (number, text) in texts.iter().enumerate() {
            let heard = heard(&device.line, 0x40 + number as u8);
            let whole = String::from_utf8_lossy(text).repeat(said[number] / text.len() + 1);
            assert!(
                heard.len() > if times { 400 } else { 1_500 },
                "{kind:?} {depth}: the line is not used: {}",
                heard.len()
            );
            assert!(whole.starts_with(&heard), "{kind:?} {depth}: {heard}");
        }
        let log = heard(&device.line, 0x3f);
        assert!(
            log.starts_with("event v1 7 halted partition=0 name=a status=9\n"),
            "{kind:?} {depth}: {log}"
        );
        lines.push(core::mem::take(&mut device.line));
    }
    lines
}

/// However long the kernel has waited in all: what sends now and then is not given up, neither in the middle of words
/// nor of records.
#[test]
fn a_slow_device_is_not_given_up() {
    let (mut kernel, mut model) = system(1, 1_000, &[(0, 0, 500)]);
    model.uart = Some(SlowUart::new(Kind::Apbuart, 1, true));
    let looks_for_a_byte = (BYTE / ACCESS) as usize;
    let words = std::vec![b'x'; PATIENCE as usize / looks_for_a_byte + 1_000];
    kernel.console.say(&mut model, &kernel.partitions, &words);
    for _ in 0..words.len() / 40 {
        kernel.console.tell(&mut model, &kernel.partitions, &Record::halted(7, 0, 9));
    }
    kernel.console.say(&mut model, &kernel.partitions, b".");
    // One byte is still on its way.
    model.time += 2 * BYTE;
    let device = model.uart.as_mut().unwrap();
    device.with(&mut model.time, Uart::room);
    let heard = heard(&device.registers().line, 0x3f);
    let record = "event v1 7 halted partition=0 name=a status=9\n";
    assert_eq!(heard.len(), words.len() + words.len() / 40 * record.len() + 1);
    assert!(heard.ends_with(&std::format!("{record}.")));
}

/// At boot, and at the end, the kernel waits for its line, but not for ever.
#[test]
fn a_device_that_never_sends_is_given_up() {
    for (kind, depth) in KINDS {
        let (mut kernel, mut model) = system(1, 1_000, &[(0, 0, 500)]);
        model.uart = Some(SlowUart::new(kind, depth, false));
        kernel.say(
            &mut model,
            Message::new().text("a line that is longer than the buffer of any of these devices"),
        );
        assert!(model.time >= u64::from(PATIENCE) * ACCESS, "{kind:?} {depth}: {}", model.time);
        model.time = 0;
        assert_eq!(kernel.dispatch(&mut model), index(0));
        let call = Hypercall::ConsoleWrite as u32;
        let answer = kernel.hypercall(&mut model, call, [BASE as u32, 300, 0, 0, 0]);
        assert!(matches!(answer, Outcome::Return(16)), "nobody waits for it: {answer:?}");
        let fault = Fault { kind: FaultKind::Other, vector: 0, error: 0, memory: None };
        kernel.fault(&mut model, &fault);
        let before = model.time;
        kernel.say(&mut model, Message::new().text("nobody hears this"));
        assert!(model.time < before + 2 * ACCESS, "nor once more");
    }
}
