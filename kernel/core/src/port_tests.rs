//! Tests of what ports say of themselves, and of messages that are read while others come.

use bulkhead_abi::port::{PortDescription, PortDirection, PortKind, PortStatus, Received};
use bulkhead_abi::{Hypercall, Line, NAME_SIZE, NEVER};
use core::sync::atomic::Ordering::Relaxed;

use crate::channel::PortIndex;
use crate::channel_tests::{HERE, QUEUING, SAMPLING, call, got, put, run_until, three};
use crate::model::{ChannelOf, Model, connect, index, system};
use crate::partition::Index;

/// A reader whose window ends in the middle of a message goes on with that message, however many come meanwhile, and
/// whatever the other reader reads.
#[test]
fn what_is_being_read_is_not_written() {
    let windows = [(0, 0, 9000), (1, 9000, 9300), (2, 9300, 9600)];
    let (mut kernel, mut model) = system(3, 9600, &windows);
    connect(&mut kernel, &mut model, &[SAMPLING]);
    kernel.dispatch(&mut model);
    let mut byte = 0;
    let mut results = [None; 2];
    while results.contains(&None) {
        run_until(&mut kernel, &mut model, index(0));
        // The second reader begins a window later than the first, with another message.
        for _ in 0..if byte < 2 { 1 } else { 4 } {
            byte += 1;
            put(&mut model, index(0), &[byte; 1000]);
            assert_eq!(call(&mut kernel, &mut model, Hypercall::SamplingWrite, [0, HERE, 1000]), Some(0));
        }
        for (reader, result) in [1, 2].into_iter().zip(&mut results) {
            run_until(&mut kernel, &mut model, index(reader));
            if u32::from(byte) == reader {
                let answer = call(&mut kernel, &mut model, Hypercall::SamplingRead, [0, HERE, 1000]);
                assert_eq!(answer, None, "it takes more than a window");
            } else if u32::from(byte) > reader && result.is_none() {
                *result = model.guest(index(reader)).result;
            }
        }
        assert!(byte < 100, "the readers never come to an end");
    }
    for reader in [1, 2] {
        let message = Received::from_result(results[reader as usize - 1].unwrap());
        assert_eq!(message, Received { length: 1000, valid: false, new: true, overflow: false });
        assert_eq!(got(&mut model, index(reader), 1000), [reader as u8; 1000]);
    }
}

fn port(number: usize) -> PortIndex {
    PortIndex::new(number)
}

/// A partition that starts again is told of what waits for it: its page is cleared, and nobody may send any more who
/// waits for room in its queue.
#[test]
fn a_partition_that_starts_again_is_told_of_what_waits() {
    for (warm, sends_meanwhile, told) in [(1, 0, 0b11), (0, 0, 0), (1, 1, 0b11), (0, 1, 0b10)] {
        // The restart takes more than one window.
        let windows = [(0, 0, 1000), (1, 1000, 1002), (2, 2000, 3000)];
        let (mut kernel, mut model) = system(3, 3000, &windows);
        connect(&mut kernel, &mut model, &[SAMPLING, QUEUING]);
        kernel.dispatch(&mut model);
        call(&mut kernel, &mut model, Hypercall::SamplingWrite, [0, HERE, 8]);
        call(&mut kernel, &mut model, Hypercall::QueuingSend, [1, HERE, 8]);
        run_until(&mut kernel, &mut model, index(1));
        let told_of = |model: &mut Model| {
            let page = &model.guest(index(1)).shared;
            (page.ports[0].swap(0, Relaxed), page.pending.swap(0, Relaxed) & !Line::Window.bit())
        };
        assert_eq!(told_of(&mut model), (0b11, Line::Port.bit()));
        assert_eq!(call(&mut kernel, &mut model, Hypercall::Restart, [warm, 0, 0]), None);
        let resets = model.guest(index(1)).resets;
        let mut turns = 0;
        while model.guest(index(1)).resets == resets {
            turns += 1;
            model.time = model.time.max(kernel.slot.end);
            kernel.alarm_came();
            model.alarm = NEVER;
            kernel.dispatch(&mut model);
            if sends_meanwhile != 0 && turns == 5 {
                run_until(&mut kernel, &mut model, index(0));
                call(&mut kernel, &mut model, Hypercall::QueuingSend, [1, HERE, 8]);
            }
        }
        assert!(turns > 5, "it is over in {turns} windows");
        let line = if told == 0 { 0 } else { Line::Port.bit() };
        assert_eq!(told_of(&mut model), (told, line), "warm {warm}, sends {sends_meanwhile}");
    }
}

/// The ports of two channels: of partition 0 both sources, of partition 1 both destinations, of partition 2 one.
const WRITER: usize = 0;
const SENDER: usize = 1;
const READER: usize = 2;
const RECEIVER: usize = 3;
const IDLER: usize = 4;

#[test]
fn a_port_is_described_as_it_is_configured() {
    let refresh = 7 << 32 | 5;
    let (mut kernel, _) = three(&[ChannelOf { refresh, ..SAMPLING }, QUEUING]);
    let (source, destination) = (PortDirection::Source as u32, PortDirection::Destination as u32);
    let sampling = PortDescription {
        kind: PortKind::Sampling as u32,
        direction: source,
        message_size: 1000,
        depth: 1,
        refresh_low: 5,
        refresh_high: 7,
        ..PortDescription::default()
    };
    let queuing = PortDescription {
        kind: PortKind::Queuing as u32,
        direction: source,
        message_size: 100,
        depth: 3,
        ..PortDescription::default()
    };
    for (number, expected) in [
        (WRITER, sampling),
        (SENDER, queuing),
        (READER, PortDescription { direction: destination, ..sampling }),
        (RECEIVER, PortDescription { direction: destination, ..queuing }),
        (IDLER, PortDescription { direction: destination, ..sampling }),
    ] {
        let index = port(number);
        kernel.channels.set_port(index, *kernel.channels.port(index), [number as u8 + 1; NAME_SIZE]);
        let expected = PortDescription { name: [number as u8 + 1; NAME_SIZE], ..expected };
        assert_eq!(kernel.channels.describe(port(number)), expected);
    }
}

#[test]
fn a_port_says_how_it_stands() {
    let refresh = 1 << 40;
    let (mut kernel, mut model) = three(&[ChannelOf { refresh, ..SAMPLING }, QUEUING]);
    let nothing = PortStatus::default();
    let now = 1 << 33 | 9;
    for number in [WRITER, SENDER, READER, RECEIVER, IDLER] {
        let status = kernel.channels.status(port(number), now, |counts| counts);
        assert_eq!(status, PortStatus { now_low: 9, now_high: 2, ..nothing }, "{number}");
    }
    model.time = 1 << 34;
    assert_eq!(call(&mut kernel, &mut model, Hypercall::SamplingWrite, [0, HERE, 8]), Some(0));
    let written = kernel.channels.channels[0].time;
    for _ in 0..5 {
        call(&mut kernel, &mut model, Hypercall::QueuingSend, [1, HERE, 8]);
    }
    let sent = kernel.channels.channels[1].time;
    let (new, valid, overflow) = (Received::NEW, Received::VALID, Received::OVERFLOW);
    let at = |time: u64, now: u64, messages, flags, lost| PortStatus {
        messages,
        flags,
        lost,
        time_low: time as u32,
        time_high: (time >> 32) as u32,
        now_low: now as u32,
        now_high: (now >> 32) as u32,
        ..nothing
    };
    // The last instant at which the message is valid, and the one behind it.
    for (now, valid_now) in [(written + refresh, valid), (written + refresh + 1, 0)] {
        let status = |number| kernel.channels.status(port(number), now, |counts| counts);
        assert_eq!(status(WRITER), at(written, now, 1, 0, 0));
        assert_eq!(status(READER), at(written, now, 1, valid_now | new, 0));
        assert_eq!(status(SENDER), at(sent, now, 3, overflow, 2));
        assert_eq!(status(RECEIVER), at(sent, now, 3, valid | new | overflow, 2));
    }
    run_until(&mut kernel, &mut model, index(1));
    call(&mut kernel, &mut model, Hypercall::SamplingRead, [0, HERE, 1000]);
    let cleared = call(&mut kernel, &mut model, Hypercall::QueuingClear, [1, 0, 0]);
    assert_eq!(cleared, Some(3));
    let now = model.time;
    let status = |number| kernel.channels.status(port(number), now, |counts| counts);
    assert_eq!(status(READER), at(written, now, 1, valid, 0));
    assert_eq!(status(IDLER), at(written, now, 1, valid | new, 0));
    assert_eq!(status(RECEIVER), at(sent, now, 0, 0, 2));
    // Emptied for one of its readers, the channel still has its message for the other.
    kernel.channels.empty(port(READER), |_| ());
    let status = |number| kernel.channels.status(port(number), now, |counts| counts);
    assert_eq!(status(READER), at(written, now, 0, 0, 0));
    assert_eq!(status(IDLER), at(written, now, 1, valid | new, 0));
    assert_eq!(kernel.partitions[Index::FIRST.place()].ports, (PortIndex::new(0), 2));
}
