//! The binding's calls against a model of AIR: ticks that are lost in divisible services, events that are kept, ports.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ffi::CStr;
use std::sync::atomic::Ordering;

use bulkhead_abi::{
    Error, Line, NEVER, PortDirection, PortKind, SharedPage, StartInformation, StartReason, TickPolicy,
    Word64,
};
use bulkhead_air_facts::{
    Mode, NAME_SIZE, OWN, QueueStatus, SamplingStatus, Service, Status, WINDOW_STARTS, Window,
};
use bulkhead_ports::{Header, Port};

use super::binding::{Binding, Calls, State};

const TICK: u64 = 1_000_000;
const FRAME: u64 = 10 * TICK;
const SIZE: u32 = 8;
const DEPTH: u32 = 2;
const RECORD: usize = SIZE as usize + Header::SIZE;

/// What the configuration says of the ports: two of a sampling channel, two of a queuing one.
const PORTS: [(PortKind, PortDirection); 4] = [
    (PortKind::Sampling, PortDirection::Source),
    (PortKind::Sampling, PortDirection::Destination),
    (PortKind::Queuing, PortDirection::Source),
    (PortKind::Queuing, PortDirection::Destination),
];

/// The kernel, seen by one partition that has both ends of its channels.
#[derive(Default)]
struct Kernel {
    ticks: Cell<u64>,
    events: Cell<u32>,
    /// Whether a tick would be told now.
    undivided: Cell<bool>,
    windows_given_up: Cell<u32>,
    printed: RefCell<Vec<u8>>,
    status: Cell<Status>,
    created: RefCell<Vec<bool>>,
    sample: RefCell<Option<Vec<u8>>>,
    queue: RefCell<VecDeque<Vec<u8>>>,
    overflowed: Cell<bool>,
    records: [Cell<[u8; RECORD]>; 4],
}

/// A range that the binding has named.
fn range<'a>(address: usize, size: usize) -> &'a mut [u8] {
    // SAFETY: the binding passes addresses of its own, and nothing else uses them during the call.
    unsafe { std::slice::from_raw_parts_mut(address as *mut u8, size) }
}

fn store(address: usize, value: u32) {
    range(address, 4).copy_from_slice(&value.to_ne_bytes());
}

impl Kernel {
    /// Time passes; whether a window begins with this tick.
    fn tick(&self, window: bool) {
        self.ticks.set(self.ticks.get() + 1);
        self.events.set(self.events.get() | 1 | if window { WINDOW_STARTS } else { 0 });
    }

    fn create(&self, [kind, name, configuration, identifier, _]: [usize; 5]) -> u32 {
        let text = CStr::from_bytes_until_nul(range(name, NAME_SIZE)).map(CStr::to_str);
        let names = ["p00", "p01", "p02", "p03"];
        let Some(number) = names.iter().position(|known| text == Ok(Ok(known))) else { return 4 };
        let (expected, direction) = PORTS[number];
        let direction = u32::from(direction == PortDirection::Destination);
        let fits = match expected {
            PortKind::Queuing => {
                // SAFETY: as for `range`.
                let it = unsafe { &*(configuration as *const QueueStatus) };
                let message_size = RECORD as u32;
                *it == QueueStatus { depth: DEPTH, message_size, direction, ..QueueStatus::default() }
            }
            PortKind::Sampling => {
                // SAFETY: as for `range`.
                let it = unsafe { &*(configuration as *const SamplingStatus) };
                let message_size = RECORD as u32;
                *it == SamplingStatus { message_size, direction, ..SamplingStatus::default() }
            }
        };
        if !fits || kind != (if expected == PortKind::Queuing { 1 } else { 2 }) {
            return 4;
        }
        self.created.borrow_mut().resize(PORTS.len(), false);
        self.created.borrow_mut()[number] = true;
        store(identifier, number as u32);
        0
    }

    /// A port that has been created, for this kind and direction.
    fn is(&self, number: usize, kind: usize, direction: PortDirection) -> bool {
        let expected = if kind == 1 { PortKind::Queuing } else { PortKind::Sampling };
        self.created.borrow().get(number) == Some(&true) && PORTS[number] == (expected, direction)
    }

    fn read(&self, [kind, number, address, length, _]: [usize; 5]) -> u32 {
        if !self.is(number, kind, PortDirection::Destination) {
            return 3;
        }
        let message = match kind {
            1 => self.queue.borrow_mut().pop_front(),
            _ => self.sample.borrow().clone(),
        };
        let Some(message) = message else {
            store(length, 0);
            return if kind == 1 { 2 } else { 1 };
        };
        range(address, message.len()).copy_from_slice(&message);
        store(length, message.len() as u32);
        if kind == 1 && self.overflowed.replace(false) { 4 } else { 0 }
    }

    fn write(&self, [kind, number, address, size, _]: [usize; 5]) -> u32 {
        if !self.is(number, kind, PortDirection::Source) || size == 0 || size > RECORD {
            return 3;
        }
        let message = range(address, size).to_vec();
        if kind == 2 {
            *self.sample.borrow_mut() = Some(message);
        } else if self.queue.borrow().len() == DEPTH as usize {
            self.overflowed.set(true);
            return 2;
        } else {
            self.queue.borrow_mut().push_back(message);
        }
        0
    }
}

impl Calls for &Kernel {
    fn service(&self, number: Service, arguments: [usize; 5]) -> u32 {
        match number {
            Service::Events => self.events.replace(0),
            Service::EndWindow => {
                // Others run; what happens then is kept, and nobody is told of it.
                self.windows_given_up.set(self.windows_given_up.get() + 1);
                self.ticks.set((self.ticks.get() / 10 + 1) * 10);
                self.tick(true);
                0
            }
            Service::Print => {
                self.printed.borrow_mut().extend_from_slice(range(arguments[0], arguments[1]));
                // The tick that comes meanwhile is lost, window and all.
                self.tick(true);
                0
            }
            Service::Status => {
                assert_eq!(arguments[0], OWN as usize);
                // SAFETY: as for `range`.
                unsafe { *(arguments[1] as *mut Status) = self.status.get() };
                0
            }
            Service::CreatePort => self.create(arguments),
            Service::ReadPort => self.read(arguments),
            Service::WritePort => self.write(arguments),
            Service::PortStatus => {
                assert_eq!((arguments[0], arguments[1]), (1, OWN as usize));
                // SAFETY: as for `range`.
                let status = unsafe { &mut *(arguments[3] as *mut QueueStatus) };
                status.messages = self.queue.borrow().len() as u32;
                0
            }
            _ => 1,
        }
    }

    fn now(&self) -> u64 {
        self.ticks.get() * TICK
    }

    fn tick_length(&self) -> u64 {
        TICK
    }

    fn undivided<R>(&self, what: impl FnOnce() -> R) -> R {
        assert!(!self.undivided.replace(true), "traps are off already, and would be on again too early");
        let result = what();
        self.undivided.set(false);
        result
    }

    fn record(&self, port: &Port) -> *mut u8 {
        self.records[port.record as usize].as_ptr().cast()
    }
}

fn start() -> StartInformation {
    StartInformation {
        magic: 0.into(),
        version: 0.into(),
        partition: 3.into(),
        reason: 0.into(),
        restarts: 0.into(),
        tick_policy: (TickPolicy::CatchUp as u32).into(),
        memory_base: Word64::new(0),
        memory_size: Word64::new(0),
        information_page: Word64::new(0),
        shared_page: Word64::new(0),
        major_frame: Word64::new(FRAME),
        name: [0; 32],
        command_line: [0; 1024],
        dma_offset: 0.into(),
        reserved: 0.into(),
    }
}

/// Everything that a binding refers to.
struct Partition {
    start: StartInformation,
    page: SharedPage,
    windows: [Window; 2],
    ports: Vec<Port>,
    state: State,
}

impl Partition {
    fn new() -> Self {
        let window = |start, end| Window { start: Word64::new(start), end: Word64::new(end) };
        let port = |(number, (kind, direction)): (usize, &(PortKind, PortDirection))| {
            let depth = if *kind == PortKind::Queuing { DEPTH } else { 1 };
            let refresh = if *kind == PortKind::Queuing { 0 } else { FRAME };
            let description = Port::describe("port", (*kind, *direction), (SIZE, depth), refresh);
            Port { description, record: number as u32, ..Port::default() }
        };
        Self {
            start: start(),
            page: SharedPage::default(),
            windows: [window(0, 2 * TICK), window(5 * TICK, 8 * TICK)],
            ports: PORTS.iter().enumerate().map(port).collect(),
            state: State::new(),
        }
    }

    fn on<'a>(&'a self, kernel: &'a Kernel) -> Binding<'a, &'a Kernel> {
        let Self { start, page, windows, ports, state } = self;
        Binding { calls: kernel, start, page, windows, ports, state }
    }

    fn takes(&self, line: Line) -> bool {
        self.page.pending.fetch_and(!line.bit(), Ordering::Relaxed) & line.bit() != 0
    }
}

#[test]
fn the_timer_is_never_early_and_at_most_a_tick_late() {
    let (kernel, partition) = (Kernel::default(), Partition::new());
    let binding = partition.on(&kernel);
    binding.timer_set(2 * TICK + 1);
    for _ in 0..2 {
        kernel.tick(false);
        binding.note();
        assert!(!partition.takes(Line::Timer));
    }
    kernel.tick(false);
    binding.note();
    assert!(partition.takes(Line::Timer));
    binding.note();
    assert!(!partition.takes(Line::Timer), "once");
    // What has passed is due at once, and what is disarmed never.
    binding.timer_set(1);
    assert!(partition.takes(Line::Timer));
    binding.timer_set(NEVER);
    kernel.tick(false);
    binding.note();
    assert!(!partition.takes(Line::Timer));
}

#[test]
fn what_is_lost_in_a_divisible_service_is_found_after_it() {
    let (kernel, partition) = (Kernel::default(), Partition::new());
    let binding = partition.on(&kernel);
    binding.timer_set(TICK);
    binding.console_write(b"hello\n");
    assert_eq!(*kernel.printed.borrow(), b"hello\n");
    assert!(partition.takes(Line::Timer) && partition.takes(Line::Window));
}

#[test]
fn windows_are_those_of_the_system_file() {
    let (kernel, partition) = (Kernel::default(), Partition::new());
    let binding = partition.on(&kernel);
    for (tick, expected) in [(10, (1, 10, 12)), (15, (2, 15, 18)), (26, (3, 25, 28)), (24, (4, 24, 24))] {
        kernel.ticks.set(tick - 1);
        kernel.tick(true);
        binding.look();
        let (number, start, end) = binding.window();
        assert_eq!((number, start / TICK, end / TICK), expected);
        assert!(partition.takes(Line::Window));
    }
    assert_eq!(binding.status().windows, 4);
}

#[test]
fn a_window_is_given_away_only_if_nothing_is_to_come_in_it() {
    let (kernel, partition) = (Kernel::default(), Partition::new());
    let binding = partition.on(&kernel);
    kernel.ticks.set(14);
    kernel.tick(true);
    binding.look();
    // A line that is due, and a deadline in the window.
    partition.page.mask.store(u32::MAX, Ordering::Relaxed);
    binding.idle();
    assert_eq!(kernel.windows_given_up.get(), 0);
    partition.page.pending.store(0, Ordering::Relaxed);
    binding.timer_set(16 * TICK);
    kernel.tick(false);
    binding.note();
    binding.idle();
    assert_eq!(kernel.windows_given_up.get(), 0);
    // Nothing: back at the next window, with the line that says so.
    partition.page.pending.store(0, Ordering::Relaxed);
    binding.timer_set(18 * TICK);
    binding.idle();
    assert_eq!(kernel.windows_given_up.get(), 1);
    assert!(partition.takes(Line::Window) && partition.takes(Line::Timer));
}

/// Whoever asks in the last tick could be too late, and would give up the window after it.
#[test]
fn a_window_is_not_given_away_in_its_last_tick() {
    let (kernel, partition) = (Kernel::default(), Partition::new());
    let binding = partition.on(&kernel);
    kernel.ticks.set(14);
    kernel.tick(true);
    binding.look();
    for (tick, expected) in [(15, true), (16, true), (17, false), (18, false), (25, false)] {
        kernel.ticks.set(tick);
        assert_eq!(binding.may_give_up(), expected, "{tick}");
    }
    kernel.ticks.set(15);
    binding.timer_set(18 * TICK - 1);
    assert!(!binding.may_give_up(), "a deadline before its end");
}

#[test]
fn a_partition_finds_out_how_it_was_started() {
    let (kernel, partition) = (Kernel::default(), Partition::new());
    let binding = partition.on(&kernel);
    for (mode, condition, expected) in [
        (Mode::ColdStart, 0, StartReason::SystemStart),
        (Mode::ColdStart, 1, StartReason::ColdRestart),
        (Mode::WarmStart, 1, StartReason::WarmRestart),
    ] {
        kernel.status.set(Status { mode: mode as u32, condition, restarts: condition, ..Status::default() });
        assert_eq!(binding.find_start(), expected);
        assert_eq!(partition.start.restarts.load(Ordering::Relaxed), condition);
        assert_eq!(partition.start.reason.load(Ordering::Relaxed), expected as u32);
    }
}

#[test]
fn messages_go_through_the_ports_of_the_configuration() {
    let (kernel, partition) = (Kernel::default(), Partition::new());
    let binding = partition.on(&kernel);
    binding.prepare();
    assert_eq!(*kernel.created.borrow(), [true; 4]);
    let ports = binding.ports();
    let mut room = [0; SIZE as usize];
    assert_eq!(ports.sampling_read(1, &mut room, 0), Err(Error::NotAvailable));
    assert_eq!(ports.sampling_write(0, b"first", 5), Ok(()));
    // A window begins: there is news.
    kernel.tick(true);
    binding.look();
    assert_eq!(partition.page.ports[0].swap(0, Ordering::Relaxed), 1 << 1);
    let received = ports.sampling_read(1, &mut room, 6).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!((received.length, received.valid, received.new), (5, true, true));
    assert_eq!(&room[..5], b"first");
    // A queue of two: the third is lost, which is told.
    for (message, expected) in [(b"1", Ok(())), (b"2", Ok(())), (b"3", Err(Error::NotAvailable))] {
        assert_eq!(ports.queuing_send(2, message, false, 7), expected);
    }
    assert_eq!(ports.status(3, 8).map(|status| status.messages), Ok(2));
    for expected in [b"1", b"2"] {
        let received = ports.queuing_receive(3, &mut room).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!((received.length, &room[..1]), (1, &expected[..]));
    }
    assert!(ports.queuing_receive(3, &mut room).is_err());
    assert_eq!(ports.queuing_send(2, b"4", false, 9), Ok(()));
    let received = ports.queuing_receive(3, &mut room).unwrap_or_else(|error| panic!("{error:?}"));
    assert!(received.overflow && room[0] == b'4');
}
