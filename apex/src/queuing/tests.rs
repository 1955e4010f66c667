//! The services of queuing ports, condition by condition: where two are violated, the first one's code is the answer.

use bulkhead_guest::host::simulated::{self, ports as world};
use bulkhead_guest::{NEVER, interrupts};

use super::*;
use crate::executive::simulated as executive;
use crate::sampling::tests::name;

const IN: u32 = PortDirection::Destination as u32;
const OUT: u32 = PortDirection::Source as u32;
const FOREVER: i64 = -1;

/// A system with a destination and a source of two messages of 8 bytes, and a sampling port; both created, in `NORMAL`.
fn running() -> (Identifier, Identifier) {
    world::add_sampling("attitude", 8, true, 50);
    world::add_queuing("orders", 8, 2, true);
    world::add_queuing("answers", 8, 2, false);
    let orders = create_queuing_port(&name("orders"), 8, 2, IN, 0).expect("configured");
    let answers = create_queuing_port(&name("answers"), 8, 2, OUT, 1).expect("configured");
    partition::set_partition_mode(Mode::Normal as u32).expect("it was not normal");
    simulated::begin();
    interrupts::enable();
    (orders, answers)
}

fn send(identifier: Identifier, message: &[u8], time_out: i64) -> Result<(), ReturnCode> {
    send_queuing_message(source(identifier, message.len() as i32, time_out)?, message)
}

/// Receives a message; its text, and whether the queue has overflowed.
fn receive(identifier: Identifier, time_out: i64) -> Result<(String, bool), ReturnCode> {
    let mut room = [0; 8];
    let received = receive_queuing_message(destination(identifier, time_out)?, &mut room)?;
    Ok((String::from_utf8_lossy(&room[..received.length as usize]).into(), received.overflow))
}

fn number(identifier: Identifier) -> u32 {
    identifier as u32 - 1
}

#[test]
fn creation_refuses_in_the_order_of_the_standard() {
    world::add_sampling("attitude", 8, true, 50);
    world::add_queuing("orders", 8, 2, true);
    let create = |text, size, depth, direction, discipline| {
        create_queuing_port(&name(text), size, depth, direction, discipline)
    };
    let config = Err(ReturnCode::InvalidConfig);
    assert_eq!(
        create("others", 0, 0, 9, 9),
        config,
        "not the error of the model, which has a known name refused"
    );
    assert_eq!(create("attitude", 8, 1, IN, 0), config, "it is no queuing port");
    for size in [0, -1, 7, 9, i32::MIN, i32::MAX] {
        assert_eq!(create("orders", size, 2, IN, 0), config, "{size}");
    }
    for depth in [0, -1, 1, 3, i32::MIN, i32::MAX] {
        assert_eq!(create("orders", 8, depth, IN, 0), config, "{depth}");
    }
    for direction in [OUT, 2, u32::MAX] {
        assert_eq!(create("orders", 8, 2, direction, 0), config, "{direction}");
    }
    for discipline in [2, u32::MAX] {
        assert_eq!(create("orders", 8, 2, IN, discipline), config, "{discipline}");
    }
    partition::set_partition_mode(Mode::Normal as u32).expect("it was not normal");
    assert_eq!(create("orders", 8, 2, IN, 2), config, "before the mode");
    assert_eq!(create("orders", 8, 2, IN, 0), Err(ReturnCode::InvalidMode));
    partition::begin();
    assert_eq!(create("orders", 8, 2, IN, 0), Ok(2));
    assert_eq!(create("orders", 0, 0, 9, 9), Err(ReturnCode::NoAction), "before the other parameters");
    partition::set_partition_mode(Mode::Normal as u32).expect("it was not normal");
    assert_eq!(create("orders", 8, 2, IN, 0), Err(ReturnCode::NoAction), "before the mode");
}

#[test]
fn sending_refuses_in_the_order_of_the_standard() {
    let (orders, answers) = running();
    simulated::advance_to(2);
    let param = Err(ReturnCode::InvalidParam);
    for wrong in [0, 1, 4, -1, i32::MAX] {
        assert_eq!(source(wrong, 9, i64::MAX).map(drop), param, "{wrong} is no queuing port");
    }
    assert_eq!(source(orders, 9, i64::MAX).map(drop), param, "a time-out is before the length");
    assert_eq!(source(orders, 9, 0).map(drop), Err(ReturnCode::InvalidConfig), "before the direction");
    assert_eq!(source(orders, 0, 0).map(drop), param, "before the direction");
    assert_eq!(source(answers, -1, 0).map(drop), param);
    assert_eq!(source(orders, 8, 0).map(drop), Err(ReturnCode::InvalidMode));
    assert!(source(answers, 8, i64::MAX - 2).is_ok(), "the clock can reach it");
    assert_eq!((send(answers, b"one", 0), send(answers, b"two", FOREVER)), (Ok(()), Ok(())));
    executive::call_as(None);
    assert_eq!(send(answers, b"three", 0), Err(ReturnCode::NotAvailable), "before who may wait");
    assert_eq!(send(answers, b"three", 5), Err(ReturnCode::InvalidMode));
    assert_eq!(send(answers, b"three", FOREVER), Err(ReturnCode::InvalidMode));
}

#[test]
fn receiving_refuses_in_the_order_of_the_standard() {
    let (orders, answers) = running();
    simulated::advance_to(2);
    for wrong in [0, 1, 4, -1] {
        assert_eq!(
            destination(wrong, 0).map(drop),
            Err(ReturnCode::InvalidParam),
            "{wrong} is no queuing port"
        );
    }
    assert_eq!(
        destination(answers, i64::MAX).map(drop),
        Err(ReturnCode::InvalidParam),
        "before the direction"
    );
    assert_eq!(destination(answers, 0).map(drop), Err(ReturnCode::InvalidMode));
    executive::call_as(None);
    assert_eq!(receive(orders, 0), Err(ReturnCode::NotAvailable), "before who may wait");
    assert_eq!(receive(orders, 5), Err(ReturnCode::InvalidMode));
    assert_eq!(receive(orders, FOREVER), Err(ReturnCode::InvalidMode));
    world::arrive(number(orders), b"go");
    assert_eq!(receive(orders, FOREVER), Ok(("go".into(), false)), "who need not wait may receive");
}

#[test]
fn the_error_handler_and_who_has_locked_preemption_do_not_wait() {
    let (orders, _) = running();
    executive::while_waiting(|_| panic!("it waits"));
    partition::set_handler(7);
    executive::call_as(Some((7, 1)));
    assert_eq!(receive(orders, 5), Err(ReturnCode::InvalidMode));
    assert_eq!(receive(orders, 0), Err(ReturnCode::NotAvailable));
    executive::call_as(Some((8, 1)));
    partition::set_lock(Some(8), 1);
    assert_eq!(receive(orders, FOREVER), Err(ReturnCode::InvalidMode));
}

#[test]
fn nobody_waits_before_normal() {
    let (orders, answers) = running();
    partition::begin();
    assert_eq!((send(answers, b"1", FOREVER), send(answers, b"2", 5)), (Ok(()), Ok(())));
    assert_eq!(send(answers, b"3", 5), Err(ReturnCode::InvalidMode));
    assert_eq!(send(answers, b"3", 0), Err(ReturnCode::NotAvailable));
    assert_eq!(receive(orders, FOREVER), Err(ReturnCode::InvalidMode));
    assert_eq!(receive(orders, 0), Err(ReturnCode::NotAvailable));
    // Only what did not want to wait is an overflow.
    let status = find(answers).port.status().expect("a port");
    assert_eq!(status.lost, 1);
}

fn find(identifier: Identifier) -> Created {
    directory::find(identifier, PortKind::Queuing).expect("a queuing port")
}

#[test]
fn an_overflow_is_told_with_a_message() {
    let (orders, _) = running();
    for text in [b"1", b"2", b"3"] {
        world::arrive(number(orders), text);
    }
    assert_eq!(receive(orders, 0), Ok(("1".into(), true)));
    assert_eq!(receive(orders, 0), Ok(("2".into(), false)));
}

#[test]
fn a_receiver_waits_for_its_message() {
    let (orders, _) = running();
    executive::while_waiting(move |deadline| {
        assert_eq!(deadline, NEVER);
        assert_eq!(get_queuing_port_status(orders).map(|status| status.waiting), Ok(1));
        world::arrive(number(orders), b"go");
    });
    assert_eq!(receive(orders, FOREVER), Ok(("go".into(), false)));
    assert_eq!(executive::take_woken(), [1]);
    assert_eq!(get_queuing_port_status(orders).map(|status| status.waiting), Ok(0));
}

#[test]
fn a_receiver_gives_up_when_its_time_is_over() {
    let (orders, _) = running();
    simulated::advance_to(100);
    executive::while_waiting(move |deadline| {
        assert_eq!(deadline, 150);
        // It comes early first, for no reason.
        simulated::advance_to(if simulated::clock() < 149 { 149 } else { 150 });
    });
    assert_eq!(receive(orders, 50), Err(ReturnCode::TimedOut));
    assert_eq!(simulated::clock(), 150);
    world::arrive(number(orders), b"late");
    assert_eq!(receive(orders, 0), Ok(("late".into(), false)), "nobody waits for it any more");
    assert_eq!(executive::take_woken(), []);
}

#[test]
fn a_sender_waits_for_room_and_nothing_is_lost() {
    let (_, answers) = running();
    assert_eq!((send(answers, b"1", 0), send(answers, b"2", 0)), (Ok(()), Ok(())));
    executive::while_waiting(move |_| {
        assert_eq!(world::leave(number(answers)), Some(b"1".to_vec()));
    });
    assert_eq!(send(answers, b"3", FOREVER), Ok(()));
    assert_eq!(world::sent(number(answers)), [b"2".to_vec(), b"3".to_vec()]);
    assert_eq!(find(answers).port.status().map(|status| status.lost), Ok(0));
}

#[test]
fn a_sender_whose_time_is_over_has_lost_its_message() {
    let (_, answers) = running();
    assert_eq!((send(answers, b"1", 0), send(answers, b"2", 0)), (Ok(()), Ok(())));
    executive::while_waiting(simulated::advance_to);
    assert_eq!(send(answers, b"3", 10), Err(ReturnCode::TimedOut));
    assert_eq!(find(answers).port.status().map(|status| status.lost), Ok(1));
}

#[test]
fn identifiers_and_statuses_are_those_of_created_ports() {
    let (orders, answers) = running();
    world::add_queuing("others", 8, 2, true);
    assert_eq!(get_queuing_port_id(&name("orders")), Ok(orders));
    for wrong in ["attitude", "others", "order"] {
        assert_eq!(get_queuing_port_id(&name(wrong)), Err(ReturnCode::InvalidConfig), "{wrong}");
    }
    for wrong in [0, 1, 4] {
        assert_eq!(get_queuing_port_status(wrong), Err(ReturnCode::InvalidParam));
    }
    world::arrive(number(orders), b"go");
    let status = Status { messages: 1, depth: 2, message_size: 8, direction: IN, waiting: 0 };
    assert_eq!(get_queuing_port_status(orders), Ok(status));
    assert_eq!(get_queuing_port_status(answers).map(|status| status.direction), Ok(OUT));
}

#[test]
fn clearing_refuses_in_the_order_of_the_standard() {
    let (orders, answers) = running();
    for wrong in [0, 1, 4] {
        assert_eq!(clear_queuing_port(wrong), Err(ReturnCode::InvalidParam));
    }
    assert_eq!(clear_queuing_port(answers), Err(ReturnCode::InvalidMode), "before that it is empty");
    assert_eq!(clear_queuing_port(orders), Err(ReturnCode::NoAction));
    world::arrive(number(orders), b"go");
    assert_eq!(clear_queuing_port(orders), Ok(()));
    assert_eq!(receive(orders, 0), Err(ReturnCode::NotAvailable));
}
