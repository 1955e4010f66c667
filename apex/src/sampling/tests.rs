//! The services of sampling ports, condition by condition: where two are violated, the first one's code is the answer.

use bulkhead_guest::host::simulated::{self, ports as world};

use super::*;

/// A name as C passes it.
pub(crate) fn name(text: &str) -> Name {
    let mut bytes = [0; 32];
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    bytes
}

const IN: u32 = PortDirection::Destination as u32;
const OUT: u32 = PortDirection::Source as u32;

/// A system with a destination and a source of 16 bytes, and a queuing port; both created.
fn created() -> (Identifier, Identifier) {
    world::add_queuing("orders", 16, 2, true);
    world::add_sampling("attitude", 16, true, 50);
    world::add_sampling("rate", 16, false, 50);
    let attitude = create_sampling_port(&name("attitude"), 16, IN, 50);
    let rate = create_sampling_port(&name("rate"), 16, OUT, 50);
    (attitude.expect("configured"), rate.expect("configured"))
}

#[test]
fn creation_refuses_in_the_order_of_the_standard() {
    world::add_queuing("orders", 16, 2, true);
    world::add_sampling("attitude", 16, true, 50);
    let create = |text, size, direction, refresh| create_sampling_port(&name(text), size, direction, refresh);
    let config = Err(ReturnCode::InvalidConfig);
    // Nothing else is right either.
    assert_eq!(create("altitude", 0, 9, 0), config);
    assert_eq!(create("orders", 16, IN, 50), config, "it is no sampling port");
    for size in [0, -1, 15, 17, i32::MIN, i32::MAX] {
        assert_eq!(create("attitude", size, IN, 50), config, "{size}");
    }
    for direction in [OUT, 2, u32::MAX] {
        assert_eq!(create("attitude", 16, direction, 50), config, "{direction}");
    }
    for refresh in [0, -1, i64::MIN] {
        assert_eq!(create("attitude", 16, IN, refresh), config, "{refresh}");
    }
    partition::set_partition_mode(Mode::Normal as u32).expect("it was not normal");
    assert_eq!(create("attitude", 17, IN, 50), config, "before the mode");
    assert_eq!(create("attitude", 16, IN, 0), config, "before the mode");
    assert_eq!(create("attitude", 16, IN, 50), Err(ReturnCode::InvalidMode));
    partition::begin();
    assert_eq!(create("attitude", 16, IN, 50), Ok(2));
    assert_eq!(create("attitude", 0, 9, 0), Err(ReturnCode::NoAction), "before the other parameters");
    partition::set_partition_mode(Mode::Normal as u32).expect("it was not normal");
    assert_eq!(create("attitude", 16, IN, 50), Err(ReturnCode::NoAction), "before the mode");
    assert_eq!(create("altitude", 16, IN, 50), config, "before the mode");
}

#[test]
fn a_start_of_the_partition_forgets_what_was_created() {
    let (attitude, _) = created();
    directory::forget_all();
    assert_eq!(destination(attitude), Err(ReturnCode::InvalidParam));
    assert_eq!(create_sampling_port(&name("attitude"), 16, IN, 50), Ok(attitude));
}

#[test]
fn writing_refuses_in_the_order_of_the_standard() {
    let (attitude, rate) = created();
    for wrong in [0, 1, 4, -1, i32::MIN, i32::MAX] {
        assert_eq!(source(wrong, 17), Err(ReturnCode::InvalidParam), "{wrong} is no sampling port");
    }
    assert_eq!(source(attitude, 17), Err(ReturnCode::InvalidConfig), "before the direction");
    assert_eq!(source(attitude, 0), Err(ReturnCode::InvalidParam), "before the direction");
    assert_eq!(source(rate, i32::MIN), Err(ReturnCode::InvalidParam));
    assert_eq!(source(rate, i32::MAX), Err(ReturnCode::InvalidConfig));
    assert_eq!(source(attitude, 16), Err(ReturnCode::InvalidMode));
    let port = source(rate, 16).expect("a source");
    assert_eq!(write_sampling_message(&port, b"0123456789abcdef"), Ok(()));
    assert_eq!(write_sampling_message(&port, b"new"), Ok(()));
    assert_eq!(world::sent(port.port.number()), [b"new".to_vec()]);
}

#[test]
fn reading_refuses_in_the_order_of_the_standard() {
    let (attitude, rate) = created();
    for wrong in [0, 1, 4, -1] {
        assert_eq!(destination(wrong), Err(ReturnCode::InvalidParam), "{wrong} is no sampling port");
    }
    assert_eq!(destination(rate), Err(ReturnCode::InvalidMode), "not InvalidParam, as the model has it");
    let port = destination(attitude).expect("a destination");
    let mut room = [0; 16];
    assert_eq!(read_sampling_message(&port, &mut room), Err(ReturnCode::NoAction));
    world::arrive(port.port.number(), b"level");
    let read = read_sampling_message(&port, &mut room).expect("a message");
    assert_eq!((read.length, read.valid, read.new, &room[..5]), (5, true, true, &b"level"[..]));
    assert_eq!(get_sampling_port_status(attitude).map(|status| status.last_was_valid), Ok(1));
    simulated::advance_to(50);
    assert!(read_sampling_message(&port, &mut room).is_ok_and(|read| read.valid), "as old as it may be");
    simulated::advance_to(51);
    let read = read_sampling_message(&port, &mut room).expect("an old message is a message");
    assert_eq!((read.length, read.valid, read.new), (5, false, false));
    assert_eq!(get_sampling_port_status(attitude).map(|status| status.last_was_valid), Ok(0));
}

#[test]
fn the_reader_has_a_refresh_period_of_its_own() {
    world::add_sampling("attitude", 16, true, 50);
    let attitude = create_sampling_port(&name("attitude"), 16, IN, 20).expect("configured");
    let port = destination(attitude).expect("a destination");
    simulated::advance_to(100);
    world::arrive(port.port.number(), b"level");
    simulated::advance_to(120);
    let read = read_sampling_message(&port, &mut [0; 16]).expect("a message");
    assert_eq!((read.valid, read.time), (true, 100));
    simulated::advance_to(121);
    assert!(read_sampling_message(&port, &mut [0; 16]).is_ok_and(|read| !read.valid));
    assert_eq!(get_sampling_port_status(attitude).map(|status| status.refresh), Ok(20));
    assert_eq!(get_sampling_port_current_status(attitude).map(|status| status.fresh), Ok(0));
}

/// The window ends between two calls, and a message comes: the time that is told is that of the message that was read.
#[test]
fn a_message_that_comes_meanwhile_is_not_told_with_the_time_of_another() {
    let (attitude, _) = created();
    let port = destination(attitude).expect("a destination");
    let number = port.port.number();
    simulated::advance_to(100);
    world::arrive(number, b"level");
    assert!(read_sampling_message(&port, &mut [0; 16]).is_ok());
    let mut room = [0; 16];
    world::arrive_after_read(number, b"bank");
    let read = read_sampling_message_conditional(&port, 0, &mut room).expect("newer");
    assert_eq!((read.time, read.new, &room[..4]), (101, true, &b"bank"[..]));
    let own = Created { refresh: 20, ..port };
    world::arrive_after_read(number, b"roll");
    let read = read_sampling_message(&own, &mut room).expect("a message");
    assert_eq!((read.time, read.valid, &room[..4]), (102, true, &b"roll"[..]));
}

#[test]
fn identifiers_are_those_of_created_ports() {
    let (attitude, rate) = created();
    world::add_sampling("speed", 16, true, 50);
    assert_eq!(get_sampling_port_id(&name("attitude")), Ok(attitude));
    assert_eq!(get_sampling_port_id(&name("rate")), Ok(rate));
    for wrong in ["orders", "speed", "altitude", ""] {
        assert_eq!(get_sampling_port_id(&name(wrong)), Err(ReturnCode::InvalidConfig), "{wrong}");
    }
    for wrong in [0, 1, 4] {
        assert_eq!(get_sampling_port_status(wrong), Err(ReturnCode::InvalidParam));
        assert_eq!(get_sampling_port_current_status(wrong), Err(ReturnCode::InvalidParam));
    }
    let status = Status { message_size: 16, direction: OUT, refresh: 50, last_was_valid: 0 };
    assert_eq!(get_sampling_port_status(rate), Ok(status));
}

#[test]
fn part_2_reads_what_is_new_only() {
    let (attitude, _) = created();
    let port = destination(attitude).expect("a destination");
    let mut room = [0; 16];
    let nothing = |there| Err((there, ReturnCode::NoAction));
    assert_eq!(read_updated_sampling_message(&port, &mut room), nothing(Updated::Empty));
    world::arrive(port.port.number(), b"level");
    assert!(read_updated_sampling_message(&port, &mut room).is_ok_and(|read| read.new && read.length == 5));
    assert_eq!(read_updated_sampling_message(&port, &mut room), nothing(Updated::Consumed));
    world::arrive(port.port.number(), b"bank");
    assert!(read_sampling_message(&port, &mut room).is_ok());
    assert_eq!(read_updated_sampling_message(&port, &mut room), nothing(Updated::Consumed));
}

#[test]
fn part_2_reads_what_is_newer_than_a_time_only() {
    let (attitude, _) = created();
    let port = destination(attitude).expect("a destination");
    let mut room = [0; 16];
    let nothing = |time| Err((time, ReturnCode::NoAction));
    assert_eq!(read_sampling_message_conditional(&port, -1, &mut room), nothing(0));
    simulated::advance_to(30);
    world::arrive(port.port.number(), b"level");
    for time in [30, 31, i64::MAX] {
        assert_eq!(read_sampling_message_conditional(&port, time, &mut room), nothing(30), "{time}");
    }
    simulated::advance_to(40);
    for time in [29, 0, -1, i64::MIN] {
        let read = read_sampling_message_conditional(&port, time, &mut room).expect("newer");
        assert_eq!((read.length, read.time, read.valid), (5, 30, true), "{time}");
    }
}

/// A writer whose messages come between any two calls of the reader does not keep it for ever.
#[test]
fn a_message_in_every_window_ends_reading_all_the_same() {
    let (attitude, _) = created();
    let port = destination(attitude).expect("a destination");
    let mut room = [0; 16];
    simulated::advance_to(30);
    world::arrive(port.port.number(), b"level");
    world::arrive_after_reads(port.port.number(), b"bank", 1000);
    let read = read_sampling_message_conditional(&port, 29, &mut room).expect("newer");
    // The one that was read has come at 33; nothing is called younger than it is.
    assert_eq!((&room[..4], read.length, read.time, read.valid), (&b"bank"[..], 4, 33, true));
}

#[test]
fn part_2_tells_the_current_status() {
    let (attitude, rate) = created();
    let number = destination(attitude).expect("a destination").port.number();
    let status = || get_sampling_port_current_status(attitude).expect("a port");
    let seen = |status: CurrentStatus| (status.time, status.fresh, status.updated);
    assert_eq!(seen(status()), (0, 0, Updated::Empty as u32));
    simulated::advance_to(10);
    world::arrive(number, b"level");
    assert_eq!(seen(status()), (10, 1, Updated::New as u32));
    assert!(read_sampling_message(&destination(attitude).expect("a destination"), &mut [0; 16]).is_ok());
    simulated::advance_to(61);
    assert_eq!(seen(status()), (10, 0, Updated::Consumed as u32));
    assert_eq!((status().refresh, status().message_size, status().direction), (50, 16, IN));
    let written = get_sampling_port_current_status(rate).expect("a port");
    assert_eq!((written.updated, written.direction), (Updated::Empty as u32, OUT));
}
