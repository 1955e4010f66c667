//! The binding's calls for ports against a model of POK's: bytes that move when a slot ends.

use std::cell::{Cell, RefCell};

use bulkhead_abi::{Error, PortDirection, PortKind, Received};
use bulkhead_pok_facts::{Call, queue_size};
use bulkhead_ports::{Header, Port, Ports};
use proptest::prelude::*;

use super::ports::{Calls, Channel};

const SIZE: u32 = 8;
const DEPTH: u32 = 3;
const RECORD: usize = SIZE as usize + Header::SIZE;

/// A port of the kernel: its room, its bytes, whether they are to be moved, and where to. A sampling port's are all
/// there after the first write; nobody looks whether there is room at the other end.
struct KernelPort {
    sampling: bool,
    size: usize,
    bytes: Vec<u8>,
    moves: bool,
    to: Option<usize>,
}

struct Kernel {
    ports: RefCell<Vec<KernelPort>>,
}

impl Kernel {
    /// A sampling channel (0 to 1), a queuing channel (2 to 3), and how many were taken from that (4 to 5).
    fn new() -> Self {
        let port = |sampling, size, to| KernelPort { sampling, size, bytes: Vec::new(), moves: false, to };
        let queue = queue_size(RECORD as u64, u64::from(DEPTH)) as usize;
        let ports = vec![
            port(true, RECORD, Some(1)),
            port(true, RECORD, None),
            port(false, queue, Some(3)),
            port(false, queue, None),
            port(true, 4, Some(5)),
            port(true, 4, None),
        ];
        Self { ports: RefCell::new(ports) }
    }

    /// A slot has ended: what was written goes to its destination.
    fn slot_ends(&self) {
        let mut ports = self.ports.borrow_mut();
        for number in 0..ports.len() {
            let Some(to) = ports[number].to.filter(|_| ports[number].moves) else { continue };
            ports[number].moves = false;
            let bytes = if ports[number].sampling {
                ports[number].bytes.clone()
            } else {
                ports[number].bytes.split_off(0)
            };
            if ports[to].sampling {
                ports[to].bytes = bytes;
            } else {
                ports[to].bytes.extend(bytes);
                let used = ports[to].bytes.len();
                assert!(used < ports[to].size, "POK would write over what was not received: {used} bytes");
            }
        }
    }
}

/// One partition's side.
struct Side<'a> {
    kernel: &'a Kernel,
    records: [Cell<[u8; RECORD]>; 2],
}

impl Calls for &Side<'_> {
    fn call(&self, number: Call, [port, first, second, third, fourth]: [usize; 5]) -> u32 {
        let mut ports = self.kernel.ports.borrow_mut();
        let port = &mut ports[port];
        let store = |address: usize, bytes: &[u8]| {
            // SAFETY: the binding passes the addresses of its own.
            let room = unsafe { std::slice::from_raw_parts_mut(address as *mut u8, bytes.len()) };
            room.copy_from_slice(bytes);
        };
        match number {
            Call::SamplingWrite | Call::QueuingSend => {
                // SAFETY: the binding passes a slice of its own.
                let bytes = unsafe { std::slice::from_raw_parts(first as *const u8, second) };
                assert!(
                    port.to.is_some()
                        && second <= port.size
                        && port.sampling == (number == Call::SamplingWrite)
                );
                if port.sampling {
                    port.bytes.resize(port.size, 0xaa);
                    port.bytes[..second].copy_from_slice(bytes);
                } else {
                    assert_eq!(third, 0, "a call that waits");
                    port.bytes.extend_from_slice(bytes);
                    assert!(port.bytes.len() < port.size, "more than a queue holds was sent in one slot");
                }
                port.moves = true;
                0
            }
            Call::SamplingRead => {
                assert!(port.to.is_none() && port.sampling);
                store(second, &(port.bytes.len() as u32).to_ne_bytes());
                store(third, &1_u32.to_ne_bytes());
                store(first, &port.bytes);
                if port.bytes.is_empty() { 308 } else { 0 }
            }
            Call::QueuingReceive => {
                assert!(port.to.is_none() && !port.sampling && first == 0);
                let size = second.min(port.bytes.len());
                store(fourth, &(size as u32).to_ne_bytes());
                store(third, &port.bytes.drain(..size).collect::<Vec<u8>>());
                if size == 0 { 308 } else { 0 }
            }
            Call::QueuingStatus => port.bytes.len() as u32,
            _ => 6,
        }
    }

    fn record(&self, port: &Port) -> *mut u8 {
        self.records[port.record as usize].as_ptr().cast()
    }
}

fn table(direction: PortDirection) -> [Port; 2] {
    let source = direction == PortDirection::Source;
    let port = |record, kind, depth, refresh, host| {
        let description = Port::describe("port", (kind, direction), (SIZE, depth), refresh);
        Port { description, record, host, ..Port::default() }
    };
    [
        port(0, PortKind::Sampling, 1, 100, [u32::from(!source), 0, 0]),
        port(1, PortKind::Queuing, DEPTH, 0, if source { [2, 5, 0] } else { [3, 4, 0] }),
    ]
}

type Calling<'a> = Ports<'a, Channel<'a, &'a Side<'a>>>;

fn with<R>(test: impl FnOnce(&Calling<'_>, &Calling<'_>, &Kernel) -> R) -> R {
    let kernel = Kernel::new();
    let side = || Side { kernel: &kernel, records: [0, 1].map(|_| Cell::new([0; RECORD])) };
    let (one, other) = (side(), side());
    let (sources, destinations) = (table(PortDirection::Source), table(PortDirection::Destination));
    test(
        &Ports::new(&sources, Channel { calls: &one, ports: &sources }),
        &Ports::new(&destinations, Channel { calls: &other, ports: &destinations }),
        &kernel,
    )
}

#[test]
fn messages_go_through_the_kernels_ports_when_a_slot_ends() {
    with(|source, destination, kernel| {
        let mut room = [0; SIZE as usize];
        assert_eq!(source.sampling_write(0, b"rate", 5), Ok(()));
        assert_eq!(source.queuing_send(1, b"first", false, 6), Ok(()));
        assert_eq!(destination.sampling_read(0, &mut room, 9), Err(Error::NotAvailable));
        assert_eq!(destination.status(1, 9).map(|status| status.messages), Ok(0));
        kernel.slot_ends();
        let received = Received { length: 4, valid: true, new: true, overflow: false };
        assert_eq!(destination.status(0, 9).map(|status| (status.messages, status.time())), Ok((1, 5)));
        assert_eq!(destination.sampling_read(0, &mut room, 9), Ok(received));
        assert_eq!(&room[..4], b"rate");
        assert_eq!(destination.queuing_receive(1, &mut room), Ok(Received { length: 5, ..received }));
        assert_eq!(&room[..5], b"first");
    });
}

#[test]
fn a_queue_has_room_again_when_the_receivers_slot_has_ended() {
    with(|source, destination, kernel| {
        let mut room = [0; SIZE as usize];
        for _ in 0..DEPTH {
            assert_eq!(source.queuing_send(1, b"message", true, 1), Ok(()));
        }
        assert_eq!(source.queuing_send(1, b"message", true, 1), Err(Error::NotAvailable));
        kernel.slot_ends();
        assert_eq!(source.queuing_send(1, b"message", false, 2), Err(Error::NotAvailable));
        assert_eq!(destination.status(1, 3).map(|status| status.messages), Ok(DEPTH));
        assert!(destination.queuing_receive(1, &mut room).is_ok());
        assert_eq!(source.queuing_send(1, b"message", true, 4), Err(Error::NotAvailable));
        kernel.slot_ends();
        assert_eq!(source.queuing_send(1, b"message", true, 5), Ok(()));
        assert_eq!(source.status(1, 5).map(|status| (status.messages, status.lost)), Ok((DEPTH, 1)));
        kernel.slot_ends();
        assert_eq!(destination.queuing_clear(1), Ok(DEPTH as usize));
        kernel.slot_ends();
        assert_eq!(source.status(1, 5).map(|status| status.messages), Ok(0));
    });
}

proptest! {
    /// Whatever is sent arrives in its order, and nothing is written over: the model of the kernel looks.
    #[test]
    fn no_order_of_calls_and_slots_loses_a_message(steps in proptest::collection::vec(0..4_u32, 0..200)) {
        with(|source, destination, kernel| {
            let (mut sent, mut received) = (0_u8, 0_u8);
            for step in steps {
                match step {
                    0 | 1 => {
                        if source.queuing_send(1, &[sent], true, 0).is_ok() {
                            sent = sent.wrapping_add(1);
                        }
                        prop_assert!(sent.wrapping_sub(received) <= DEPTH as u8 + 1);
                    }
                    2 => {
                        let mut room = [0; SIZE as usize];
                        if destination.queuing_receive(1, &mut room).is_ok() {
                            prop_assert_eq!(room[0], received);
                            received = received.wrapping_add(1);
                        }
                    }
                    _ => kernel.slot_ends(),
                }
            }
            Ok(())
        })?;
    }
}
