//! Tests of ports on the model of a machine.

use std::boxed::Box;
use std::collections::VecDeque;
use std::vec::Vec;

use bulkhead_abi::port::{PortKind, Received, SEND_WAITS};
use bulkhead_abi::{Error, Hypercall, Line, NEVER};
use core::sync::atomic::Ordering::Relaxed;
use proptest::prelude::*;

use crate::guest::State;
use crate::hypercall::Outcome;
use crate::kernel::Kernel;
use crate::machine::GuestRegisters;
use crate::model::{BASE, ChannelOf, Model, READ_ONLY, SIZE, connect, index, system};
use crate::partition::Index;

/// Where a test's partition has its messages.
pub(crate) const HERE: u32 = (BASE + READ_ONLY) as u32;

const UNAVAILABLE: i32 = Error::NotAvailable.code();

/// The current partition makes a call; its answer, or none if it has not returned while the partition had its window.
pub(crate) fn call(
    kernel: &mut Kernel<Model>,
    model: &mut Model,
    call: Hypercall,
    arguments: [u32; 3],
) -> Option<i32> {
    let caller = model.current();
    let [first, second, third] = arguments;
    match kernel.hypercall(model, call as u32, [first, second, third, 0, 0]) {
        Outcome::Return(result) | Outcome::Deliver(result) => Some(result),
        Outcome::Dispatch => {
            model.guest(caller).result = None;
            let next = kernel.dispatch(model);
            if next == caller { model.guest(caller).result } else { None }
        }
    }
}

/// Lets time pass until a partition runs.
pub(crate) fn run_until(kernel: &mut Kernel<Model>, model: &mut Model, partition: Index) {
    for _ in 0..1000 {
        if model.current() == partition
            && kernel.slot.partition == Some(partition)
            && model.time < kernel.slot.end
        {
            return;
        }
        model.time = model.time.max(kernel.slot.end);
        kernel.alarm_came();
        model.alarm = NEVER;
        kernel.dispatch(model);
    }
    panic!("{partition:?} never runs");
}

pub(crate) fn put(model: &mut Model, partition: Index, bytes: &[u8]) {
    let start = (u64::from(HERE) - BASE) as usize;
    model.guest(partition).memory[start..start + bytes.len()].copy_from_slice(bytes);
}

pub(crate) fn got(model: &mut Model, partition: Index, length: usize) -> Vec<u8> {
    let start = (u64::from(HERE) - BASE) as usize;
    model.guest(partition).memory[start..start + length].to_vec()
}

pub(crate) const SAMPLING: ChannelOf<'static> = ChannelOf {
    kind: PortKind::Sampling,
    message_size: 1000,
    depth: 0,
    refresh: 5_000,
    source: 0,
    destinations: &[1, 2],
};

pub(crate) const QUEUING: ChannelOf<'static> = ChannelOf {
    kind: PortKind::Queuing,
    message_size: 100,
    depth: 3,
    refresh: 0,
    source: 0,
    destinations: &[1],
};

/// Three partitions, whose windows of 1000 follow one another.
pub(crate) fn three(channels: &[ChannelOf<'_>]) -> (Box<Kernel<Model>>, Model) {
    let windows = [(0, 0, 1000), (1, 1000, 2000), (2, 2000, 3000)];
    let (mut kernel, mut model) = system(3, 3000, &windows);
    connect(&mut kernel, &mut model, channels);
    kernel.dispatch(&mut model);
    (kernel, model)
}

fn received(result: Option<i32>) -> Received {
    let result = result.expect("the call has returned");
    assert!(result >= 0, "{:?}", Error::from_code(result));
    Received::from_result(result)
}

#[test]
fn each_destination_reads_the_latest_message_and_whether_it_is_new() {
    let (mut kernel, mut model) = three(&[SAMPLING]);
    for (partition, others) in [(1, 2), (2, 1)] {
        run_until(&mut kernel, &mut model, index(partition));
        assert_eq!(
            call(&mut kernel, &mut model, Hypercall::SamplingRead, [0, HERE, 1000]),
            Some(UNAVAILABLE)
        );
        let _ = others;
    }
    run_until(&mut kernel, &mut model, index(0));
    put(&mut model, index(0), b"first");
    assert_eq!(call(&mut kernel, &mut model, Hypercall::SamplingWrite, [0, HERE, 5]), Some(0));
    put(&mut model, index(0), b"second");
    assert_eq!(call(&mut kernel, &mut model, Hypercall::SamplingWrite, [0, HERE, 6]), Some(0));
    for partition in [1, 2] {
        run_until(&mut kernel, &mut model, index(partition));
        for new in [true, false] {
            let message = received(call(&mut kernel, &mut model, Hypercall::SamplingRead, [0, HERE, 1000]));
            assert_eq!(message, Received { length: 6, valid: true, new, overflow: false });
            assert_eq!(got(&mut model, index(partition), 6), b"second");
        }
    }
    model.time += 5_000;
    run_until(&mut kernel, &mut model, index(1));
    let message = received(call(&mut kernel, &mut model, Hypercall::SamplingRead, [0, HERE, 1000]));
    assert_eq!(message, Received { length: 6, valid: false, new: false, overflow: false });
}

#[test]
fn the_refresh_period_counts_from_the_message_to_its_reading() {
    for (refresh, valid) in [(999, false), (1_000, true)] {
        let (mut kernel, mut model) = three(&[ChannelOf { refresh, ..SAMPLING }]);
        assert_eq!(call(&mut kernel, &mut model, Hypercall::SamplingWrite, [0, HERE, 1]), Some(0));
        let written = kernel.channels.channels[0].time;
        run_until(&mut kernel, &mut model, index(1));
        // One for the byte, one for the reading of the clock.
        model.time = written + 1_000 - 2;
        let message = received(call(&mut kernel, &mut model, Hypercall::SamplingRead, [0, HERE, 1]));
        assert_eq!(message.valid, valid);
    }
}

#[test]
fn a_queue_gives_each_message_once_and_tells_that_it_has_overflowed() {
    let (mut kernel, mut model) = three(&[QUEUING]);
    for byte in 0..3 {
        put(&mut model, index(0), &[byte; 4]);
        assert_eq!(call(&mut kernel, &mut model, Hypercall::QueuingSend, [0, HERE, 4]), Some(0));
    }
    let waits = SEND_WAITS;
    assert_eq!(call(&mut kernel, &mut model, Hypercall::QueuingSend, [waits, HERE, 4]), Some(UNAVAILABLE));
    assert!(!kernel.channels.channels[0].overflow, "a sender that waits loses nothing");
    assert_eq!(call(&mut kernel, &mut model, Hypercall::QueuingSend, [0, HERE, 4]), Some(UNAVAILABLE));
    assert_eq!(kernel.channels.channels[0].lost, 1);
    run_until(&mut kernel, &mut model, index(1));
    for byte in 0..3 {
        let message = received(call(&mut kernel, &mut model, Hypercall::QueuingReceive, [0, HERE, 100]));
        assert_eq!(message, Received { length: 4, valid: true, new: true, overflow: byte == 0 });
        assert_eq!(got(&mut model, index(1), 4), [byte; 4]);
    }
    assert_eq!(call(&mut kernel, &mut model, Hypercall::QueuingReceive, [0, HERE, 100]), Some(UNAVAILABLE));
}

#[test]
fn who_waits_is_told_in_the_next_window() {
    let (mut kernel, mut model) = three(&[QUEUING]);
    let told = |model: &Model, partition: usize| {
        let page = &model.guests[partition].shared;
        (page.pending.load(Relaxed) & Line::Port.bit() != 0, page.ports[0].load(Relaxed))
    };
    for _ in 0..3 {
        call(&mut kernel, &mut model, Hypercall::QueuingSend, [0, HERE, 4]);
    }
    assert_eq!(told(&model, 1), (false, 0), "nobody writes the page of somebody who is out");
    run_until(&mut kernel, &mut model, index(1));
    assert_eq!(told(&model, 1), (true, 1));
    model.guests[1].shared.pending.store(0, Relaxed);
    model.guests[1].shared.ports[0].store(0, Relaxed);
    call(&mut kernel, &mut model, Hypercall::QueuingReceive, [0, HERE, 100]);
    call(&mut kernel, &mut model, Hypercall::QueuingReceive, [0, HERE, 100]);
    run_until(&mut kernel, &mut model, index(0));
    assert_eq!(told(&model, 0), (true, 1), "there is room again");
    model.guests[0].shared.pending.store(0, Relaxed);
    run_until(&mut kernel, &mut model, index(1));
    assert_eq!(told(&model, 1), (false, 0), "nothing has come");
    call(&mut kernel, &mut model, Hypercall::QueuingReceive, [0, HERE, 100]);
    run_until(&mut kernel, &mut model, index(0));
    assert!(!told(&model, 0).0, "there was room before");
}

#[test]
fn what_is_wrong_with_a_call_is_said_and_nothing_is_done() {
    let (mut kernel, mut model) = three(&[SAMPLING, QUEUING]);
    let (bad, denied, outside) =
        (Error::BadArgument.code(), Error::NotPermitted.code(), Error::BadAddress.code());
    let end = (BASE + SIZE) as u32;
    for (call_, arguments, answer) in [
        (Hypercall::SamplingWrite, [2, HERE, 4], bad),
        (Hypercall::SamplingWrite, [u32::MAX, HERE, 4], bad),
        (Hypercall::SamplingWrite, [1, HERE, 4], denied),
        (Hypercall::SamplingWrite, [0, HERE, 0], bad),
        (Hypercall::SamplingWrite, [0, HERE, 1001], bad),
        (Hypercall::SamplingWrite, [0, end - 3, 4], outside),
        (Hypercall::SamplingWrite, [0, HERE, u32::MAX], outside),
        (Hypercall::SamplingWrite, [0, u32::MAX, 4], outside),
        (Hypercall::SamplingRead, [0, HERE, 1000], denied),
        (Hypercall::QueuingSend, [0, HERE, 4], denied),
        (Hypercall::QueuingSend, [2, HERE, 4], bad),
        (Hypercall::QueuingSend, [1, HERE, 101], bad),
        (Hypercall::QueuingReceive, [1, HERE, 100], denied),
        (Hypercall::QueuingClear, [1, 0, 0], denied),
        (Hypercall::QueuingClear, [9, 0, 0], bad),
        (Hypercall::PortDescribe, [2, HERE, 0], bad),
        (Hypercall::PortDescribe, [1, end - 63, 0], outside),
        (Hypercall::PortStatus, [1, BASE as u32, 0], outside),
        (Hypercall::RegionDescribe, [0, HERE, 0], bad),
        (Hypercall::Doorbell, [0, 0, 0], bad),
    ] {
        assert_eq!(call(&mut kernel, &mut model, call_, arguments), Some(answer), "{call_:?} {arguments:?}");
    }
    assert_eq!((kernel.channels.channels[0].count, kernel.channels.channels[1].count), (0, 0));
    put(&mut model, index(0), &[7; 8]);
    call(&mut kernel, &mut model, Hypercall::SamplingWrite, [0, HERE, 8]);
    call(&mut kernel, &mut model, Hypercall::QueuingSend, [1, HERE, 8]);
    run_until(&mut kernel, &mut model, index(1));
    let before = model.guest(index(1)).memory.clone();
    for (call_, arguments, answer) in [
        (Hypercall::SamplingRead, [0, HERE, 7], bad),
        (Hypercall::SamplingRead, [0, end - 7, 8], outside),
        (Hypercall::SamplingRead, [0, BASE as u32, 8], outside),
        (Hypercall::QueuingReceive, [1, HERE, 7], bad),
        (Hypercall::QueuingReceive, [1, BASE as u32, 8], outside),
        (Hypercall::SamplingWrite, [0, HERE, 8], denied),
        (Hypercall::QueuingSend, [1, HERE, 8], denied),
    ] {
        assert_eq!(call(&mut kernel, &mut model, call_, arguments), Some(answer), "{call_:?} {arguments:?}");
    }
    assert_eq!(model.guest(index(1)).memory, before);
    assert_eq!(received(call(&mut kernel, &mut model, Hypercall::QueuingReceive, [1, HERE, 8])).length, 8);
}

/// Messages of 1000 in steps of 64: windows of 300 end in the middle of a copy, whoever makes it.
#[test]
fn a_copy_that_is_interrupted_goes_on_and_nobody_sees_half_of_it() {
    let windows = [(0, 0, 300), (1, 300, 600), (2, 600, 900)];
    let (mut kernel, mut model) = system(3, 900, &windows);
    connect(&mut kernel, &mut model, &[SAMPLING]);
    kernel.dispatch(&mut model);
    for round in 0..20_u8 {
        run_until(&mut kernel, &mut model, index(0));
        if model.guest(index(0)).result.is_some() || round == 0 {
            put(&mut model, index(0), &[round; 1000]);
            let answer = call(&mut kernel, &mut model, Hypercall::SamplingWrite, [0, HERE, 1000]);
            assert_eq!(answer, None, "it takes more than a window");
        }
        for partition in [1, 2] {
            run_until(&mut kernel, &mut model, index(partition));
            let result = model.guest(index(partition)).result.take();
            if let Some(result) = result.filter(|&result| result >= 0) {
                assert_eq!(Received::from_result(result).length, 1000);
                let message = got(&mut model, index(partition), 1000);
                assert!(message.iter().all(|byte| *byte == message[0]), "half of two messages");
            }
            if !matches!(kernel.guests[partition as usize].state, State::Copying(_)) {
                let answer = call(&mut kernel, &mut model, Hypercall::SamplingRead, [0, HERE, 1000]);
                assert!(answer.is_none() || answer == Some(UNAVAILABLE));
            }
        }
    }
    assert_ne!(kernel.channels.channels[0].time, 0);
}

#[test]
fn a_cold_restart_empties_what_comes_to_a_partition_and_a_warm_one_does_not() {
    for warm in [0, 1] {
        let (mut kernel, mut model) = three(&[SAMPLING, QUEUING]);
        put(&mut model, index(0), &[7; 8]);
        call(&mut kernel, &mut model, Hypercall::SamplingWrite, [0, HERE, 8]);
        for _ in 0..4 {
            call(&mut kernel, &mut model, Hypercall::QueuingSend, [1, HERE, 8]);
        }
        run_until(&mut kernel, &mut model, index(1));
        assert_eq!(call(&mut kernel, &mut model, Hypercall::Restart, [warm, 0, 0]), None);
        for _ in 0..100 {
            run_until(&mut kernel, &mut model, index(1));
            if kernel.guests[1].state == State::Ready {
                break;
            }
            model.time = kernel.slot.end;
        }
        let sampled = call(&mut kernel, &mut model, Hypercall::SamplingRead, [0, HERE, 1000]);
        let queued = call(&mut kernel, &mut model, Hypercall::QueuingReceive, [1, HERE, 100]);
        if warm == 1 {
            assert!(received(sampled).new);
            assert!(received(queued).overflow);
        } else {
            assert_eq!([sampled, queued], [Some(UNAVAILABLE); 2]);
            run_until(&mut kernel, &mut model, index(0));
            assert_eq!(model.guests[0].shared.ports[0].load(Relaxed), 2, "there is room again");
            run_until(&mut kernel, &mut model, index(2));
            assert_eq!(
                received(call(&mut kernel, &mut model, Hypercall::SamplingRead, [0, HERE, 1000])).length,
                8
            );
        }
    }
}

#[test]
fn a_message_that_has_been_read_is_not_new_again_because_a_newer_one_has_come() {
    let windows = [(0, 0, 3000), (1, 3000, 5500)];
    let (mut kernel, mut model) = system(2, 5500, &windows);
    connect(&mut kernel, &mut model, &[ChannelOf { destinations: &[1], refresh: 1 << 60, ..SAMPLING }]);
    kernel.dispatch(&mut model);
    call(&mut kernel, &mut model, Hypercall::SamplingWrite, [0, HERE, 1000]);
    run_until(&mut kernel, &mut model, index(1));
    assert!(received(call(&mut kernel, &mut model, Hypercall::SamplingRead, [0, HERE, 1000])).new);
    model.time = kernel.slot.end - 200;
    assert_eq!(call(&mut kernel, &mut model, Hypercall::SamplingRead, [0, HERE, 1000]), None);
    run_until(&mut kernel, &mut model, index(0));
    call(&mut kernel, &mut model, Hypercall::SamplingWrite, [0, HERE, 1000]);
    run_until(&mut kernel, &mut model, index(1));
    let message = received(model.guest(index(1)).result.take());
    assert!(!message.new, "it has been read before");
    assert!(received(call(&mut kernel, &mut model, Hypercall::SamplingRead, [0, HERE, 1000])).new);
}

#[test]
fn clearing_drops_what_waits() {
    let (mut kernel, mut model) = three(&[QUEUING]);
    for _ in 0..4 {
        call(&mut kernel, &mut model, Hypercall::QueuingSend, [0, HERE, 8]);
    }
    run_until(&mut kernel, &mut model, index(1));
    call(&mut kernel, &mut model, Hypercall::QueuingReceive, [0, HERE, 100]);
    assert_eq!(call(&mut kernel, &mut model, Hypercall::QueuingClear, [0, 0, 0]), Some(2));
    assert_eq!(call(&mut kernel, &mut model, Hypercall::QueuingReceive, [0, HERE, 100]), Some(UNAVAILABLE));
    assert_eq!(call(&mut kernel, &mut model, Hypercall::QueuingClear, [0, 0, 0]), Some(0));
}

/// What a partition does in the property test.
#[derive(Clone, Copy, Debug)]
enum Act {
    Write(u8, u16),
    Read,
    Send(u8, u16, bool),
    Receive,
    Clear,
    Restart(bool),
    /// Lets the next partition run.
    Yield,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (any::<u8>(), 1_u16..=1000).prop_map(|(byte, length)| Act::Write(byte, length)),
        Just(Act::Read),
        (any::<u8>(), 1_u16..=100, any::<bool>())
            .prop_map(|(byte, length, waits)| Act::Send(byte, length, waits)),
        Just(Act::Receive),
        Just(Act::Clear),
        any::<bool>().prop_map(Act::Restart),
        Just(Act::Yield),
    ]
}

/// A plain model of both channels.
#[derive(Default)]
struct Plain {
    latest: Option<(u8, u16)>,
    new: [bool; 3],
    empty: [bool; 3],
    queue: VecDeque<(u8, u16)>,
    overflow: bool,
}

proptest! {
    /// Channels behave as a variable and a queue, whatever three partitions do and wherever their windows end.
    #[test]
    fn channels_are_a_variable_and_a_queue(acts in prop::collection::vec(act(), 1..80)) {
        let windows = [(0, 0, 700), (1, 700, 1400), (2, 1400, 2100)];
        let (mut kernel, mut model) = system(3, 2100, &windows);
        connect(&mut kernel, &mut model, &[ChannelOf { refresh: 1 << 60, ..SAMPLING }, QUEUING]);
        kernel.dispatch(&mut model);
        let mut plain = Plain { empty: [true; 3], ..Plain::default() };
        for act in acts {
            let caller = model.current();
            let who = caller.place();
            let (number, arguments) = match act {
                Act::Write(byte, length) => {
                    put(&mut model, caller, &std::vec![byte; length.into()]);
                    (Hypercall::SamplingWrite, [0, HERE, length.into()])
                }
                Act::Read => (Hypercall::SamplingRead, [0, HERE, 1000]),
                Act::Send(byte, length, waits) => {
                    put(&mut model, caller, &std::vec![byte; length.into()]);
                    (Hypercall::QueuingSend, [if waits { 1 | SEND_WAITS } else { 1 }, HERE, length.into()])
                }
                Act::Receive => (Hypercall::QueuingReceive, [1, HERE, 100]),
                Act::Clear => (Hypercall::QueuingClear, [1, 0, 0]),
                Act::Restart(warm) => (Hypercall::Restart, [warm.into(), 0, 0]),
                Act::Yield => {
                    run_until(&mut kernel, &mut model, index((who as u32 + 1) % 3));
                    continue;
                }
            };
            // What the call sees is as it is when it is made: nobody else runs until the partition goes on.
            let mut answer = call(&mut kernel, &mut model, number, arguments);
            if matches!(act, Act::Restart(_)) {
                for _ in 0..100 {
                    if kernel.guests[who].state == State::Ready { break; }
                    model.time = kernel.slot.end;
                    run_until(&mut kernel, &mut model, caller);
                }
                if let Act::Restart(false) = act {
                    plain.empty[who] = true;
                    if who == 1 {
                        plain.queue.clear();
                        plain.overflow = false;
                    }
                }
                continue;
            }
            for _ in 0..10 {
                if answer.is_some() { break; }
                run_until(&mut kernel, &mut model, caller);
                if !matches!(kernel.guests[who].state, State::Copying(_)) {
                    answer = model.guest(caller).result;
                }
            }
            let answer = answer.expect("the copy ends");
            let (denied, bad) = (Error::NotPermitted.code(), Error::BadArgument.code());
            let expected = match act {
                Act::Write(byte, length) if who == 0 => {
                    plain.latest = Some((byte, length));
                    plain.new = [true; 3];
                    plain.empty = [false; 3];
                    0
                }
                Act::Read if who != 0 => match plain.latest.filter(|_| !plain.empty[who]) {
                    None => UNAVAILABLE,
                    Some((byte, length)) => {
                        let new = core::mem::take(&mut plain.new[who]);
                        prop_assert!(got(&mut model, caller, length.into()).iter().all(|it| *it == byte));
                        Received { length: length.into(), valid: true, new, overflow: false }.result()
                    }
                },
                Act::Send(byte, length, waits) if who == 0 => {
                    if plain.queue.len() == 3 {
                        plain.overflow |= !waits;
                        UNAVAILABLE
                    } else {
                        plain.queue.push_back((byte, length));
                        0
                    }
                }
                Act::Receive if who == 1 => match plain.queue.pop_front() {
                    None => UNAVAILABLE,
                    Some((byte, length)) => {
                        let overflow = core::mem::take(&mut plain.overflow);
                        prop_assert!(got(&mut model, caller, length.into()).iter().all(|it| *it == byte));
                        Received { length: length.into(), valid: true, new: true, overflow }.result()
                    }
                },
                Act::Clear if who == 1 => {
                    plain.overflow = false;
                    plain.queue.drain(..).count() as i32
                }
                _ if who == 2 && !matches!(act, Act::Write(..)) => bad,
                _ => denied,
            };
            prop_assert_eq!(answer, expected, "{:?} by {}", act, who);
        }
    }
}
