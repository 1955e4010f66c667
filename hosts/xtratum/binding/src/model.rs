//! A model of XtratuM for tests: what its interface says it does with the control table, its timer and its objects,
//! with the weaknesses that were measured.

use std::cell::{Cell, RefCell};
use std::sync::atomic::Ordering;

use bulkhead_abi::{
    Error, Line, NEVER, PortDirection, PortKind, Received, SharedPage, StartInformation, TickPolicy, Word64,
};
use bulkhead_ports::{Header, Port};
use bulkhead_xtratum_facts::{ControlTable, Hypercall, InformationTable, SLOT_START, TIMER, console};

use super::binding::{Binding, Calls, State};
use super::objects::Objects;

/// A hypervisor that runs one partition in slots.
#[derive(Default)]
struct Model {
    control: ControlTable,
    information: InformationTable,
    /// Microseconds.
    now: Cell<u64>,
    /// The partition's timer, and whether the slot that armed it is still the one that runs.
    timer: Cell<Option<u64>>,
    armed_here: Cell<bool>,
    calls: RefCell<Vec<(u32, [usize; 3])>>,
    output: RefCell<Vec<u8>>,
    input: RefCell<Vec<u8>>,
    objects: RefCell<Objects>,
    /// Room for the record of each port.
    records: [Cell<[[u8; 16]; 4]>; 4],
}

impl Calls for &Model {
    fn hypercall(&self, number: Hypercall, arguments: [usize; 3]) -> i32 {
        self.calls.borrow_mut().push((number as u32, arguments));
        match number {
            Hypercall::SetTimer => {
                assert_eq!(arguments[0], 0, "the hardware clock");
                let time = arguments[1] as u64 | (arguments[2] as u64) << 32;
                self.timer.set((time != 0).then_some(time));
                self.armed_here.set(true);
                self.expire();
                0
            }
            Hypercall::WriteObject if arguments[0] == console(3) as usize => {
                // SAFETY: the binding passes a slice of its caller's.
                let bytes = unsafe { std::slice::from_raw_parts(arguments[1] as *const u8, arguments[2]) };
                self.output.borrow_mut().extend_from_slice(bytes);
                bytes.len() as i32
            }
            Hypercall::ReadObject if arguments[0] == console(3) as usize => {
                // SAFETY: the binding passes a slice of its caller's.
                let bytes = unsafe { std::slice::from_raw_parts_mut(arguments[1] as *mut u8, arguments[2]) };
                let mut input = self.input.borrow_mut();
                let count = bytes.len().min(input.len());
                bytes[..count].copy_from_slice(&input.drain(..count).collect::<Vec<u8>>());
                count as i32
            }
            Hypercall::WriteRegister | Hypercall::UpdateSystemStructure | Hypercall::HaltPartition => 0,
            Hypercall::WriteObject | Hypercall::ReadObject | Hypercall::ControlObject => {
                self.objects.borrow_mut().hypercall(number, arguments)
            }
        }
    }

    fn record(&self, port: &Port) -> *mut u8 {
        self.records[port.record as usize].as_ptr().cast()
    }
}

impl Model {
    fn new() -> Self {
        let model = Self::default();
        model.information.partition.store(3, Ordering::Relaxed);
        model.control.slot_duration.store(20_000, Ordering::Relaxed);
        model.control.extended_mask.store(u32::MAX, Ordering::Relaxed);
        model
    }

    fn expire(&self) {
        if self.armed_here.get() && self.timer.get().is_some_and(|time| time <= self.now.get()) {
            self.timer.set(None);
            self.control.extended_pending.fetch_or(TIMER, Ordering::Relaxed);
        }
    }

    /// Time passes inside the slot.
    fn advance(&self, now: u64) {
        self.now.set(now);
        self.expire();
    }

    /// The partition was switched out, and its next slot begins.
    fn next_slot(&self, now: u64) {
        self.armed_here.set(false);
        self.now.set(now);
        self.control.extended_pending.fetch_or(SLOT_START, Ordering::Relaxed);
    }

    /// What the hypervisor does on its way back to the partition: it delivers one interrupt, and masks it. Whether it
    /// did.
    fn deliver(&self) -> bool {
        let control = &self.control;
        let due =
            control.extended_pending.load(Ordering::Relaxed) & !control.extended_mask.load(Ordering::Relaxed);
        if control.flags.load(Ordering::Relaxed) & 1 == 0 || due == 0 {
            return false;
        }
        let line = 1 << due.trailing_zeros();
        control.extended_pending.fetch_and(!line, Ordering::Relaxed);
        control.extended_mask.fetch_or(line, Ordering::Relaxed);
        control.flags.fetch_and(!1, Ordering::Relaxed);
        true
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
        major_frame: Word64::new(0),
        name: [0; 32],
        command_line: [0; 1024],
        dma_offset: 0.into(),
        reserved: 0.into(),
    }
}

/// The partition's ports: a source and a destination of either kind, of 32 bytes, with queues of 2.
fn ports() -> [Port; 4] {
    let mut number = 0;
    let mut port = |kind, direction, depth, refresh| {
        let description = Port::describe("port", (kind, direction), (32, depth), refresh);
        number += 1;
        Port { description, record: number - 1, ..Port::default() }
    };
    [
        port(PortKind::Sampling, PortDirection::Source, 1, 50_000_000),
        port(PortKind::Sampling, PortDirection::Destination, 1, 50_000_000),
        port(PortKind::Queuing, PortDirection::Source, 2, 0),
        port(PortKind::Queuing, PortDirection::Destination, 2, 0),
    ]
}

/// Runs a test with a partition that is ready; the second argument does what `i386.S` does when an interrupt comes.
fn with(test: impl FnOnce(&Model, &Binding<'_, &Model>, &dyn Fn())) {
    with_ports(&[], test);
}

/// The same with ports.
fn with_ports(ports: &[Port], test: impl FnOnce(&Model, &Binding<'_, &Model>, &dyn Fn())) {
    let (model, start, page, state) = (Model::new(), start(), SharedPage::new(), State::new());
    let binding = Binding {
        calls: &model,
        control: &model.control,
        information: &model.information,
        start: &start,
        page: &page,
        ports,
        state: &state,
    };
    binding.prepare(0x210_0000, 33 * 8 - 1, 32);
    model.control.flags.store(1, Ordering::Relaxed);
    let interrupts = || {
        while model.deliver() {
            loop {
                model.control.flags.store(0, Ordering::Relaxed);
                binding.note(model.now.get() * 1000);
                model.control.flags.store(1, Ordering::Relaxed);
                if !binding.missed() {
                    break;
                }
            }
        }
    };
    test(&model, &binding, &interrupts);
}

fn lines(binding: &Binding<'_, &Model>) -> u32 {
    binding.page.pending.swap(0, Ordering::Relaxed)
}

#[test]
fn the_partition_gets_ready() {
    with(|model, _, _| {
        let control = &model.control;
        assert_eq!(control.extended_mask.load(Ordering::Relaxed), !(TIMER | SLOT_START));
        assert_eq!(control.interrupt_table.load(Ordering::Relaxed), 0x210_0000);
        assert_eq!(control.descriptor_tables[1].load(Ordering::Relaxed) >> 16, 33 * 8 - 1);
        assert_eq!(control.extended_vectors[15].load(Ordering::Relaxed), 0x20_0020);
        assert_eq!(*model.calls.borrow(), [(9, [2, 0x600, 0])]);
    });
}

#[test]
fn a_deadline_sets_the_timer_line_once_and_never_early() {
    with(|model, binding, interrupts| {
        binding.timer_set(1_000_001);
        assert_eq!(model.calls.borrow().last(), Some(&(11, [0, 1001, 0])));
        model.advance(1000);
        interrupts();
        assert_eq!(lines(binding), 0);
        model.advance(1001);
        interrupts();
        assert_eq!(lines(binding), Line::Timer.bit());
        model.advance(5000);
        interrupts();
        assert_eq!(lines(binding), 0);
    });
}

#[test]
fn a_deadline_that_has_passed_comes_at_once_and_a_cleared_one_never() {
    with(|model, binding, interrupts| {
        model.advance(5000);
        binding.timer_set(0);
        interrupts();
        assert_eq!(lines(binding), Line::Timer.bit());
        binding.timer_set(6_000_000);
        binding.timer_set(NEVER);
        model.advance(9000);
        interrupts();
        assert_eq!(lines(binding), 0);
    });
}

#[test]
fn a_timer_that_the_hypervisor_forgot_is_armed_again_when_a_slot_begins() {
    with(|model, binding, interrupts| {
        binding.timer_set(30_000_000);
        model.next_slot(20_000);
        model.advance(20_100);
        interrupts();
        assert_eq!(lines(binding), Line::Window.bit());
        assert_eq!(binding.window(), (1, 20_100_000, 40_100_000));
        model.advance(30_000);
        interrupts();
        assert_eq!(lines(binding), Line::Timer.bit());
    });
}

#[test]
fn a_deadline_that_passed_outside_comes_with_the_slot() {
    with(|model, binding, interrupts| {
        binding.timer_set(30_000_000);
        model.next_slot(60_000);
        interrupts();
        assert_eq!(lines(binding), Line::Window.bit() | Line::Timer.bit());
    });
}

#[test]
fn what_comes_while_one_interrupt_is_noted_is_not_lost() {
    with(|model, binding, _| {
        binding.timer_set(10_000_000);
        model.next_slot(20_000);
        assert!(model.deliver());
        // In the handler, interrupts disabled: the timer, armed again, expires at once.
        binding.note(20_000_000);
        assert!(!model.deliver());
        assert!(binding.missed());
        binding.note(20_000_000);
        assert!(!binding.missed());
        assert_eq!(lines(binding), Line::Window.bit() | Line::Timer.bit());
        assert_eq!(binding.events(), 2);
    });
}

#[test]
fn the_console_is_the_partitions_object() {
    with(|model, binding, _| {
        assert_eq!(binding.console_write(b"hello"), Ok(5));
        assert_eq!(*model.output.borrow(), b"hello");
        model.input.borrow_mut().extend_from_slice(b"abc");
        let mut bytes = [0; 2];
        assert_eq!(binding.console_read(&mut bytes), Ok(2));
        assert_eq!(&bytes, b"ab");
    });
}

#[test]
fn the_storage_segment_has_the_base_in_its_three_places() {
    assert_eq!(Binding::<&Model>::tls_descriptor(0x1234_5678), [0x5678_ffff, 0x12cf_b334]);
    assert_eq!(Binding::<&Model>::tls_descriptor(0), [0x0000_bfff, 0x00cf_b300]);
    with(|model, binding, _| {
        binding.set_tls_descriptor(0x210_0040);
        assert_eq!(model.calls.borrow().last(), Some(&(23, [2, 3, 0x210_0040])));
        binding.halt();
        assert_eq!(model.calls.borrow().last(), Some(&(1, [3, 0, 0])));
        assert_eq!(binding.status(7).identifier, 3);
    });
}

#[test]
fn messages_go_through_the_hypervisors_ports() {
    with_ports(&ports(), |model, binding, _| {
        assert_eq!(model.objects.borrow().created(), 4, "every port is created before it is used");
        let (ports, mut room) = (binding.ports(), [0; 32]);
        assert_eq!(ports.sampling_write(0, b"rate", 5), Ok(()));
        assert_eq!(ports.queuing_send(2, b"one", false, 6), Ok(()));
        assert_eq!(ports.queuing_send(2, b"two", false, 7), Ok(()));
        assert_eq!(ports.queuing_send(2, b"three", false, 8), Err(Error::NotAvailable));
        assert_eq!(ports.status(2, 9).map(|status| (status.messages, status.lost)), Ok((2, 1)));
        // What a peer finds: headers, and messages as long as they are.
        let written = model.objects.borrow().written(0);
        assert_eq!(Header::of(&written[0]), Some(Header { time: 5, count: 1, length: 4 }));
        assert_eq!((written.len(), &written[0][16..]), (1, &b"rate"[..]));
        assert_eq!(model.objects.borrow().written(2).len(), 2);
        // And what it writes.
        let record = |count, message: &[u8]| {
            let header = Header { time: 1000, count, length: message.len() as u32 };
            [&header.bytes(), message].concat()
        };
        assert_eq!(ports.sampling_read(1, &mut room, 0), Err(Error::NotAvailable));
        assert_eq!(ports.queuing_receive(3, &mut room), Err(Error::NotAvailable));
        model.objects.borrow_mut().peer_writes(1, &record(1, b"sampled"));
        model.objects.borrow_mut().peer_writes(3, &record(4, b"queued"));
        let (valid, new) = (true, true);
        let sampled = Received { length: 7, valid, new, overflow: false };
        assert_eq!(ports.sampling_read(1, &mut room, 50_001_000), Ok(sampled));
        assert_eq!(&room[..7], b"sampled");
        let sampled = Received { length: 7, valid: false, new: false, overflow: false };
        assert_eq!(ports.sampling_read(1, &mut room, 50_001_001), Ok(sampled));
        let queued = Received { length: 6, valid, new, overflow: true };
        assert_eq!(ports.queuing_receive(3, &mut room), Ok(queued));
        assert_eq!(&room[..6], b"queued");
        // A port that is not in the configuration is none.
        assert_eq!(ports.sampling_write(4, b"rate", 5), Err(Error::BadArgument));
    });
}

#[test]
fn a_slot_begins_with_a_look_at_the_ports() {
    with_ports(&ports(), |model, binding, interrupts| {
        let bits = || binding.page.ports[0].swap(0, Ordering::Relaxed);
        let record = [&Header { time: 0, count: 1, length: 1 }.bytes()[..], b"x"].concat();
        model.next_slot(20_000);
        interrupts();
        assert_eq!((lines(binding), bits()), (Line::Window.bit(), 0));
        model.objects.borrow_mut().peer_writes(1, &record);
        model.objects.borrow_mut().peer_writes(3, &record);
        model.next_slot(40_000);
        interrupts();
        assert_eq!((lines(binding), bits()), (Line::Window.bit() | Line::Port.bit(), 1 << 1 | 1 << 3));
        for _ in 0..3 {
            let _ = binding.ports().queuing_send(2, b"message", true, 1);
        }
        model.next_slot(60_000);
        interrupts();
        assert_eq!((lines(binding), bits()), (Line::Window.bit(), 0));
        model.objects.borrow_mut().peer_takes(2);
        model.next_slot(80_000);
        interrupts();
        assert_eq!((lines(binding), bits()), (Line::Window.bit() | Line::Port.bit(), 1 << 2));
    });
}
