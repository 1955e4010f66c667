//! A host that moves records, and the calls over it against what the interface says.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use bulkhead_abi::{Error, Line, PortDirection, PortKind, PortStatus, Received, SharedPage};
use proptest::prelude::*;

use super::{Channels, Header, Port, Ports};

const SIZE: u32 = 8;
const DEPTH: u32 = 3;
const REFRESH: u64 = 100;

/// A sampling channel and a queuing channel.
#[derive(Default)]
struct Host {
    last: RefCell<Vec<u8>>,
    queue: RefCell<VecDeque<Vec<u8>>>,
    /// What the source has told besides its records; none where that is no way.
    lost: Cell<Option<u32>>,
}

/// One end of both: port 0 is the sampling port, port 1 the queuing port.
struct End<'a> {
    host: &'a Host,
    records: [RefCell<Vec<u8>>; 2],
}

impl Channels for End<'_> {
    fn with_record<R>(&self, port: usize, with: impl FnOnce(&mut [u8]) -> R) -> R {
        with(&mut self.records[port].borrow_mut())
    }

    fn write(&self, port: usize, room: &[u8], size: usize) -> bool {
        let record = &room[..size];
        if port == 0 {
            *self.host.last.borrow_mut() = record.to_vec();
            return true;
        }
        let mut queue = self.host.queue.borrow_mut();
        let room = queue.len() < DEPTH as usize;
        if room {
            queue.push_back(record.to_vec());
        }
        room
    }

    fn read(&self, port: usize, record: &mut [u8]) -> usize {
        let bytes = match port {
            0 => self.host.last.borrow().clone(),
            _ => self.host.queue.borrow_mut().pop_front().unwrap_or_default(),
        };
        let size = bytes.len().min(record.len());
        record[..size].copy_from_slice(&bytes[..size]);
        size
    }

    fn waiting(&self, port: usize) -> u32 {
        assert_eq!(port, 1, "only a queue has records that wait");
        self.host.queue.borrow().len() as u32
    }

    fn tell_lost(&self, port: usize, lost: u32) {
        assert_eq!(port, 1, "only a queue loses anything");
        self.host.lost.set(self.host.lost.get().map(|_| lost));
    }

    fn lost(&self, _port: usize) -> Option<u32> {
        self.host.lost.get()
    }
}

fn table(direction: PortDirection) -> [Port; 2] {
    let port = |name, kind, depth, refresh| Port {
        description: Port::describe(name, (kind, direction), (SIZE, depth), refresh),
        ..Port::default()
    };
    [port("rate", PortKind::Sampling, 1, REFRESH), port("commands", PortKind::Queuing, DEPTH, 0)]
}

fn end<'a>(table: &'a [Port], host: &'a Host) -> Ports<'a, End<'a>> {
    let records = [0, 1].map(|_| RefCell::new(vec![0; SIZE as usize + Header::SIZE]));
    Ports::new(table, End { host, records })
}

/// Runs a test with the two ends.
fn with(test: impl FnOnce(&Ports<'_, End<'_>>, &Ports<'_, End<'_>>, &Host)) {
    let host = Host::default();
    let (sources, destinations) = (table(PortDirection::Source), table(PortDirection::Destination));
    test(&end(&sources, &host), &end(&destinations, &host), &host);
}

fn received(length: u32, valid: bool, new: bool, overflow: bool) -> Result<Received, Error> {
    Ok(Received { length, valid, new, overflow })
}

#[test]
fn a_sampling_message_is_the_last_one_valid_for_its_period_and_new_once() {
    with(|source, destination, _| {
        let mut room = [0; 8];
        assert_eq!(destination.sampling_read(0, &mut room, 5), Err(Error::NotAvailable));
        assert_eq!(source.sampling_write(0, b"first", 10), Ok(()));
        assert_eq!(source.sampling_write(0, b"last", 20), Ok(()));
        assert_eq!(destination.sampling_read(0, &mut room, 120), received(4, true, true, false));
        assert_eq!(&room[..4], b"last");
        assert_eq!(destination.sampling_read(0, &mut room, 121), received(4, false, false, false));
        // A room that is too small leaves the message as it is.
        assert_eq!(source.sampling_write(0, b"eight by", 30), Ok(()));
        assert_eq!(destination.sampling_read(0, &mut room[..7], 30), Err(Error::BadArgument));
        assert_eq!(destination.sampling_read(0, &mut room, 30), received(8, true, true, false));
    });
}

#[test]
fn a_queue_overflows_for_who_does_not_wait_and_says_so_with_the_message_after() {
    with(|source, destination, _| {
        let mut room = [0; 8];
        for number in 0..DEPTH {
            assert_eq!(source.queuing_send(1, &[number as u8], false, 1), Ok(()));
        }
        assert_eq!(source.queuing_send(1, b"no", true, 2), Err(Error::NotAvailable));
        assert_eq!(source.status(1, 2).map(|status| status.lost), Ok(0));
        assert_eq!(source.queuing_send(1, b"no", false, 2), Err(Error::NotAvailable));
        assert_eq!(source.status(1, 2).map(|status| (status.messages, status.lost)), Ok((DEPTH, 1)));
        for number in 0..DEPTH {
            assert_eq!(destination.queuing_receive(1, &mut room), received(1, true, true, false));
            assert_eq!(u32::from(room[0]), number);
        }
        assert_eq!(destination.queuing_receive(1, &mut room), Err(Error::NotAvailable));
        assert_eq!(source.queuing_send(1, b"after", false, 3), Ok(()));
        let status = destination.status(1, 9).unwrap_or_default();
        assert_eq!((status.messages, status.lost, status.time(), status.now()), (1, 1, 3, 9));
        assert_eq!(status.flags, Received::VALID | Received::NEW | Received::OVERFLOW);
        assert_eq!(destination.queuing_receive(1, &mut room[..4]), Err(Error::BadArgument));
        assert_eq!(destination.queuing_receive(1, &mut room), received(5, true, true, true));
        assert_eq!(source.queuing_send(1, b"then", false, 4), Ok(()));
        assert_eq!(destination.queuing_receive(1, &mut room), received(4, true, true, false));
    });
}

#[test]
fn where_there_is_another_way_an_overflow_is_told_with_the_next_message_received() {
    with(|source, destination, host| {
        host.lost.set(Some(0));
        let mut room = [0; 8];
        let fill = |lost: u32| {
            while source.queuing_send(1, b"x", true, 1).is_ok() {}
            (0..lost).for_each(|_| assert!(source.queuing_send(1, b"x", false, 1).is_err()));
        };
        let flags =
            || destination.status(1, 1).map(|status| (status.lost, status.flags & Received::OVERFLOW));
        fill(2);
        assert_eq!(flags(), Ok((2, Received::OVERFLOW)));
        assert_eq!(destination.queuing_receive(1, &mut room), received(1, true, true, true));
        assert_eq!(destination.queuing_receive(1, &mut room), received(1, true, true, false));
        assert_eq!(flags(), Ok((2, 0)));
        // Whoever drops what waits does not ask what was lost before.
        fill(1);
        assert!(destination.queuing_clear(1).is_ok());
        assert_eq!(destination.status(1, 1).map(|status| (status.messages, status.lost)), Ok((0, 3)));
        fill(0);
        assert_eq!(destination.queuing_receive(1, &mut room), received(1, true, true, false));
    });
}

#[test]
fn a_call_says_what_is_wrong_with_it() {
    with(|source, destination, _| {
        let mut room = [0; 8];
        assert_eq!(source.describe(2), Err(Error::BadArgument));
        assert_eq!(source.describe(1).map(|port| (port.depth, port.name[0])), Ok((DEPTH, b'c')));
        assert_eq!(source.sampling_write(2, b"x", 0), Err(Error::BadArgument));
        assert_eq!(source.sampling_write(1, b"x", 0), Err(Error::NotPermitted));
        assert_eq!(source.sampling_write(0, b"", 0), Err(Error::BadArgument));
        assert_eq!(source.sampling_write(0, b"nine byte", 0), Err(Error::BadArgument));
        assert_eq!(source.sampling_read(0, &mut room, 0), Err(Error::NotPermitted));
        assert_eq!(source.queuing_receive(1, &mut room), Err(Error::NotPermitted));
        assert_eq!(source.queuing_clear(1), Err(Error::NotPermitted));
        assert_eq!(destination.queuing_send(1, b"x", false, 0), Err(Error::NotPermitted));
        assert_eq!(destination.status(7, 0), Err(Error::BadArgument));
    });
}

#[test]
fn news_is_what_came_since_the_last_look() {
    with(|source, destination, _| {
        let mut room = [0; 8];
        assert_eq!(destination.notice(), [0, 0]);
        assert_eq!(source.sampling_write(0, b"a", 1), Ok(()));
        assert_eq!(destination.notice(), [1, 0]);
        assert_eq!(destination.notice(), [0, 0]);
        for _ in 0..=DEPTH {
            let _ = source.queuing_send(1, b"b", true, 2);
        }
        assert_eq!((source.notice(), destination.notice()), ([0, 0], [2, 0]));
        assert_eq!(destination.notice(), [0, 0]);
        assert!(destination.queuing_receive(1, &mut room).is_ok());
        // Room again; and whoever leaves messages is told of them again.
        assert_eq!((source.notice(), destination.notice()), ([2, 0], [2, 0]));
        assert_eq!((source.notice(), destination.notice()), ([0, 0], [0, 0]));
    });
}

#[test]
fn news_is_told_on_the_page_beside_what_is_there() {
    with(|source, destination, _| {
        let page = SharedPage::new();
        let told = || (page.ports[0].load(Ordering::Relaxed), page.pending.load(Ordering::Relaxed));
        destination.tell(&page);
        assert_eq!(told(), (0, 0));
        page.ports[0].store(1 << 7, Ordering::Relaxed);
        page.pending.store(Line::Timer.bit(), Ordering::Relaxed);
        assert_eq!(source.sampling_write(0, b"a", 1), Ok(()));
        destination.tell(&page);
        assert_eq!(told(), (1 << 7 | 1, Line::Timer.bit() | Line::Port.bit()));
    });
}

#[test]
fn what_a_peer_has_written_is_an_allegation() {
    with(|source, destination, host| {
        let mut room = [0; 8];
        let header = |length| Header { time: u64::MAX, count: 7, length }.bytes();
        let forged =
            [&[][..], &[1, 2, 3], &header(1), &header(u32::MAX), &[header(9).as_slice(), &[0; 8]].concat()];
        for record in forged {
            *host.last.borrow_mut() = record.to_vec();
            assert_eq!(destination.sampling_read(0, &mut room, 0), Err(Error::NotAvailable), "{record:x?}");
            host.queue.borrow_mut().push_back(record.to_vec());
            assert_eq!(destination.queuing_receive(1, &mut room), Err(Error::NotAvailable), "{record:x?}");
        }
        assert_eq!(source.queuing_send(1, b"whole", false, 3), Ok(()));
        assert_eq!(destination.queuing_receive(1, &mut room).map(|received| received.length), Ok(5));
    });
}

#[test]
fn a_cold_restart_has_had_no_message() {
    with(|source, destination, host| {
        let mut room = [0; 8];
        assert_eq!(source.sampling_write(0, b"a", 1), Ok(()));
        assert_eq!(source.queuing_send(1, b"b", false, 1), Ok(()));
        assert_eq!(destination.queuing_receive(1, &mut []), Err(Error::BadArgument));
        assert_eq!(source.queuing_send(1, b"c", false, 1), Ok(()));
        destination.forget();
        assert!(host.queue.borrow().is_empty());
        assert_eq!(destination.sampling_read(0, &mut room, 1), Err(Error::NotAvailable));
        assert_eq!(destination.status(0, 1).map(|status| status.messages), Ok(0));
        assert_eq!(destination.status(1, 1).map(|status| status.messages), Ok(0));
        assert_eq!(source.sampling_write(0, b"d", 2), Ok(()));
        assert_eq!(destination.sampling_read(0, &mut room, 2), received(1, true, true, false));
    });
}

#[test]
fn a_port_lies_in_memory_as_the_binding_reads_it() {
    let [port, _] = table(PortDirection::Destination);
    let port = Port { record: 0x1234_5678, host: [1, 2, 3], ..port };
    let bytes = port.bytes();
    assert_eq!(bytes[..0x40], port.description.bytes());
    let word = |at: usize| u32::from_ne_bytes([0, 1, 2, 3].map(|byte| bytes[at + byte]));
    assert_eq!([0x40, 0x44, 0x48, 0x4c].map(word), [0x1234_5678, 1, 2, 3]);
    assert!(bytes[0x50..].iter().all(|byte| *byte == 0));
    assert_eq!(port.record_size(), SIZE + 16);
    assert_eq!(port.state.count.load(Ordering::Relaxed), 0);
}

/// What partitions may do.
#[derive(Clone, Debug)]
enum Step {
    Write(Vec<u8>),
    Read(usize),
    Send(Vec<u8>, bool),
    Receive(usize),
    Clear,
    Status,
    Notice,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let message = || proptest::collection::vec(any::<u8>(), 1..=SIZE as usize);
    proptest::collection::vec(
        prop_oneof![
            1 => message().prop_map(Step::Write),
            1 => (0..=8_usize).prop_map(Step::Read),
            3 => (message(), any::<bool>()).prop_map(|(message, waits)| Step::Send(message, waits)),
            3 => (0..=8_usize).prop_map(Step::Receive),
            1 => Just(Step::Clear),
            1 => Just(Step::Status),
            1 => Just(Step::Notice),
        ],
        0..60,
    )
}

proptest! {
    /// Messages, each with the time of its sending and how many were lost before it: as the interface has it, but that
    /// a message held by the destination leaves its place in the queue.
    #[test]
    fn any_calls_do_what_a_plain_model_does(steps in steps(), tells: bool) {
        let host = Host::default();
        host.lost.set(tells.then_some(0));
        let (sources, destinations) = (table(PortDirection::Source), table(PortDirection::Destination));
        let (source, destination) = (end(&sources, &host), end(&destinations, &host));
        let (mut last, mut read) = (None::<(Vec<u8>, u64)>, true);
        let (mut queue, mut held) = (VecDeque::<(Vec<u8>, u32)>::new(), false);
        let (mut lost, mut seen) = (0, 0);
        let now = Cell::new(0);
        for step in steps {
            now.set(now.get() + 40);
            let in_host = queue.len() - usize::from(held);
            let mut room = [0; SIZE as usize];
            match step {
                Step::Write(message) => {
                    prop_assert_eq!(source.sampling_write(0, &message, now.get()), Ok(()));
                    (last, read) = (Some((message, now.get())), false);
                }
                Step::Read(size) => {
                    let answer = destination.sampling_read(0, &mut room[..size], now.get());
                    let expected = match &last {
                        None => Err(Error::NotAvailable),
                        Some((message, _)) if message.len() > size => Err(Error::BadArgument),
                        Some((message, time)) => {
                            prop_assert_eq!(&room[..message.len()], &message[..]);
                            received(message.len() as u32, now.get() - time <= REFRESH, !read, false)
                        }
                    };
                    read |= expected.is_ok();
                    prop_assert_eq!(answer, expected);
                }
                Step::Send(message, waits) => {
                    let full = in_host == DEPTH as usize;
                    let expected = if full { Err(Error::NotAvailable) } else { Ok(()) };
                    prop_assert_eq!(source.queuing_send(1, &message, waits, now.get()), expected);
                    if full {
                        lost += u32::from(!waits);
                    } else {
                        queue.push_back((message, lost));
                    }
                }
                Step::Receive(size) => {
                    let answer = destination.queuing_receive(1, &mut room[..size]);
                    held = !queue.is_empty();
                    let expected = match queue.front() {
                        None => Err(Error::NotAvailable),
                        Some((message, _)) if message.len() > size => Err(Error::BadArgument),
                        Some((message, before)) => {
                            prop_assert_eq!(&room[..message.len()], &message[..]);
                            received(message.len() as u32, true, true, if tells { lost } else { *before } != seen)
                        }
                    };
                    if expected.is_ok() {
                        seen = queue.pop_front().map_or(seen, |(_, before)| if tells { lost } else { before });
                        held = false;
                    }
                    prop_assert_eq!(answer, expected);
                }
                Step::Clear => {
                    prop_assert_eq!(destination.queuing_clear(1), Ok(queue.len()));
                    seen = if tells { lost } else { queue.back().map_or(seen, |(_, before)| *before) };
                    queue.clear();
                    held = false;
                }
                Step::Status => {
                    let messages = |answer: Result<PortStatus, Error>| answer.map(|status| status.messages);
                    prop_assert_eq!(messages(source.status(1, now.get())), Ok(in_host as u32));
                    prop_assert_eq!(messages(destination.status(1, now.get())), Ok(queue.len() as u32));
                    held = !queue.is_empty();
                    prop_assert_eq!(messages(destination.status(0, now.get())), Ok(u32::from(last.is_some())));
                }
                Step::Notice => {
                    let bits = destination.notice();
                    prop_assert!(last.is_some() || bits[0] & 1 == 0);
                    prop_assert!(!queue.is_empty() || bits[0] & 2 == 0);
                }
            }
        }
    }
}
