//! Tests of the serial line by itself: what is sent of what waits, step by step.

use bulkhead_abi::event::Record;

use crate::console::{Console, WRITE_MAX};
use crate::model::{Model, system};
use crate::partition::{Index, Partitions};

/// A line on which one record waits, with a machine and the names of partitions.
fn waiting() -> (Console, Model, Partitions) {
    let (kernel, model) = system(1, 1000, &[(0, 0, 500)]);
    let mut console = Console::new();
    console.configure(1, None);
    console.put(&Record::halted(1, 0, 0));
    (console, model, kernel.partitions)
}

#[test]
fn each_step_says_whether_it_has_sent_something() {
    let (mut console, mut model, partitions) = waiting();
    model.room = 0;
    for _ in 0..3 {
        assert!(!console.drain(&mut model, &partitions, WRITE_MAX));
    }
    assert!(model.line.is_empty() && console.is_waiting());
    model.room = WRITE_MAX;
    let mut without = 0;
    while console.is_waiting() {
        let before = model.line.len();
        let sent = console.drain(&mut model, &partitions, WRITE_MAX);
        assert_eq!(sent, model.line.len() > before);
        without += u32::from(!sent);
    }
    assert_eq!(without, 1, "only the step that finds out that nothing is left");
    assert_eq!(model.heard(), "event v1 1 halted partition=0 name=a status=0\n");
    assert!(!console.drain(&mut model, &partitions, WRITE_MAX));
}

/// An access to a device takes its time, so it is not asked for room that it has said it has, nor for room that nobody
/// may use.
#[test]
fn a_device_is_asked_no_more_often_than_it_must_be() {
    // Behind the two bytes that choose the channel.
    for (room, most, sent, asked) in
        [(16, 16, 10, 1), (16, 4, 2, 1), (5, 12, 10, 3), (1, 4, 2, 4), (0, 4, 0, 1)]
    {
        let (mut console, mut model, _) = waiting();
        model.room = room;
        assert_eq!(console.write(&mut model, Index::FIRST, b"0123456789", most), sent, "{room} {most}");
        assert_eq!(model.asked, asked, "{room} {most}");
    }
}
