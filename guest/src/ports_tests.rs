//! Ports as a program sees them, on the simulated kernel.

use std::cell::RefCell;

use super::*;
use crate::host::simulated::{self, ports as world};

thread_local! {
    static TOLD: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

fn note(port: Port) {
    assert_eq!((interrupts::nesting(), interrupts::enabled()), (1, false));
    TOLD.with_borrow_mut(|told| told.push(port.number()));
}

fn told() -> Vec<u32> {
    TOLD.take()
}

#[test]
fn a_port_is_found_by_its_name_only() {
    world::add_sampling("attitude", 64, true, 50_000_000);
    let rate = world::add_queuing("rate", 16, 4, false);
    assert_eq!(Port::find("rate").map(Port::number), Ok(rate));
    for name in ["rat", "rates", "", "Rate"] {
        assert_eq!(Port::find(name), Err(Error::NotPermitted), "{name}");
    }
    assert_eq!(Port::from_number(rate), Port::find("rate"));
    assert_eq!(Port::from_number(2), Err(Error::BadArgument));
    let names: Vec<_> = all().map(|(port, description)| (port.number(), description.depth)).collect();
    assert_eq!(names, [(0, 1), (1, 4)]);
}

#[test]
fn a_name_as_long_as_names_may_be_is_found() {
    let name = "n".repeat(bulkhead_abi::NAME_LENGTH_MAX);
    world::add_sampling(&name, 1, true, 1);
    assert_eq!(Port::find(&name).map(Port::number), Ok(0));
}

#[test]
fn the_last_message_is_read_as_often_as_one_likes() {
    world::add_sampling("attitude", 8, true, 50);
    let port = Port::find("attitude").expect("it was added");
    let mut bytes = [0; 8];
    assert_eq!(port.read(&mut bytes), Err(Error::NotAvailable));
    world::arrive(port.number(), b"first");
    world::arrive(port.number(), b"second");
    let read = port.read(&mut bytes);
    assert_eq!(read, Ok(Received { length: 6, valid: true, new: true, overflow: false }));
    assert_eq!(&bytes[..6], b"second");
    simulated::advance_to(51);
    let read = port.read(&mut bytes);
    assert_eq!(read, Ok(Received { length: 6, valid: false, new: false, overflow: false }));
    assert_eq!(port.read(&mut [0; 5]), Err(Error::BadArgument));
    assert_eq!(port.write(b"x"), Err(Error::NotPermitted));
    assert_eq!(port.receive(&mut bytes), Err(Error::NotPermitted));
    assert_eq!(port.status().map(|status| (status.messages, status.now())), Ok((1, 51)));
}

#[test]
fn a_full_queue_is_told_and_counted_unless_the_sender_waits() {
    world::add_queuing("orders", 4, 2, false);
    let port = Port::find("orders").expect("it was added");
    assert_eq!((port.send(b"1", false), port.send(b"2", false)), (Ok(()), Ok(())));
    assert_eq!(port.send(b"3", true), Err(Error::NotAvailable));
    assert_eq!(port.status().map(|status| (status.messages, status.lost)), Ok((2, 0)));
    assert_eq!(port.send(b"3", false), Err(Error::NotAvailable));
    assert_eq!(port.status().map(|status| (status.messages, status.lost)), Ok((2, 1)));
    assert_eq!(port.send(b"12345", false), Err(Error::BadArgument));
    assert_eq!(port.send(b"", false), Err(Error::BadArgument));
    assert_eq!(port.clear(), Err(Error::NotPermitted));
    assert!(!port.take_notice());
    assert_eq!(world::leave(port.number()), Some(b"1".to_vec()));
    assert!(port.take_notice());
    assert_eq!(world::leave(port.number()), Some(b"2".to_vec()));
    assert!(!port.take_notice(), "the queue was not full any more");
}

#[test]
fn an_overflow_comes_with_the_next_message() {
    world::add_queuing("orders", 4, 1, true);
    let port = Port::find("orders").expect("it was added");
    world::arrive(port.number(), b"1");
    world::arrive(port.number(), b"2");
    let mut bytes = [0; 4];
    assert_eq!(port.receive(&mut bytes).map(|received| (received.length, received.overflow)), Ok((1, true)));
    assert_eq!(bytes[0], b'1');
    world::arrive(port.number(), b"3");
    assert_eq!(port.receive(&mut bytes).map(|received| received.overflow), Ok(false));
    assert_eq!(port.receive(&mut bytes), Err(Error::NotAvailable));
    world::arrive(port.number(), b"4");
    assert_eq!((port.clear(), port.clear()), (Ok(1), Ok(0)));
}

#[test]
fn each_handler_is_told_of_its_own_port_lowest_first() {
    for number in 0..40 {
        world::add_queuing(&format!("port-{number}"), 4, 4, true);
    }
    simulated::begin();
    for number in [39, 3, 33] {
        let port = Port::from_number(number).expect("it was added");
        port.install(note).expect("a port");
    }
    interrupts::disable();
    for number in [33, 4, 39, 3] {
        world::arrive(number, b"x");
    }
    assert_eq!(told(), []);
    interrupts::enable();
    assert_eq!(told(), [3, 33, 39]);
    world::arrive(39, b"x");
    assert_eq!(told(), [39]);
    // What came at a port without a handler waits for one.
    Port::from_number(4).and_then(|port| port.install(note)).expect("a port");
    assert_eq!(told(), [4]);
    Port::from_number(39).and_then(Port::remove).expect("a port");
    world::arrive(39, b"x");
    assert_eq!(told(), []);
    assert!(Port::from_number(39).is_ok_and(Port::take_notice));
}

#[test]
fn what_comes_while_a_handler_has_interrupts_enabled_is_told_too() {
    fn enabling(port: Port) {
        assert!(!interrupts::enabled(), "whatever the handler before has done");
        TOLD.with_borrow_mut(|told| told.push(port.number()));
        if port.number() != 0 {
            interrupts::enable();
        }
        if port.number() == 2 {
            // A message comes at a port whose turn is over.
            world::arrive(0, b"y");
        }
    }
    for name in ["a", "b", "c"] {
        world::add_queuing(name, 4, 4, true);
        Port::find(name).and_then(|port| port.install(enabling)).expect("a port");
    }
    simulated::begin();
    interrupts::disable();
    world::arrive(1, b"x");
    world::arrive(2, b"x");
    interrupts::enable();
    assert_eq!(told(), [1, 2, 0]);
}

#[test]
fn there_is_no_handler_for_a_port_that_no_partition_can_have() {
    assert_eq!(Port(64).install(note), Err(Error::BadArgument));
    assert_eq!(Port(64).remove(), Err(Error::BadArgument));
    assert!(!Port(u32::MAX).take_notice());
}
