//! Input for several partitions: who gets what, and that nobody holds back another's.

use std::vec::Vec;

use bulkhead_abi::wire::{ESCAPE, FIRST_PARTITION_CHANNEL};

use crate::input::Input;
use crate::model::{Model, index, system};

/// What chooses a partition.
const fn choose(partition: u8) -> [u8; 2] {
    [ESCAPE, FIRST_PARTITION_CHANNEL + partition]
}

/// Input for this many partitions, none of which is chosen, and a machine with these bytes.
fn input(count: usize, bytes: &[&[u8]]) -> (Input, Model) {
    let (_, mut model) = system(1, 1000, &[(0, 0, 500)]);
    model.input = bytes.concat();
    let mut input = Input::NONE;
    (input.wanted, input.count) = (true, count);
    (input, model)
}

fn read(input: &mut Input, partition: u32) -> Vec<u8> {
    let mut bytes = [0; 64];
    let length = input.read(index(partition), &mut bytes);
    bytes[..length].to_vec()
}

#[test]
fn each_partition_gets_what_is_typed_to_it() {
    let (mut input, mut model) =
        input(3, &[b"lost", &choose(2), b"ls", &choose(0), b"a", &[ESCAPE, ESCAPE], &choose(2), b"\n"]);
    for _ in 0..20 {
        input.take(&mut model, 1);
    }
    assert_eq!(read(&mut input, 0), [b'a', ESCAPE]);
    assert!(read(&mut input, 1).is_empty());
    assert_eq!(read(&mut input, 2), b"ls\n");
}

#[test]
fn who_does_not_exist_is_not_chosen() {
    let (mut input, mut model) =
        input(2, &[&choose(1), &choose(2), b"x", &[ESCAPE, 0x3f], b"y", &[ESCAPE, 0xff], b"z"]);
    input.take(&mut model, 100);
    assert_eq!(read(&mut input, 1), b"xyz");
}

#[test]
fn nothing_is_lost_of_whoever_reads_in_time() {
    let typed: Vec<u8> = (b'a'..=b'z').cycle().take(100).collect();
    let (mut input, mut model) = input(2, &[&choose(0), &typed, &choose(1), b"!"]);
    let mut heard = Vec::new();
    for _ in 0..20 {
        // Somebody else looks, far more often than the partition reads.
        (0..9).for_each(|_| input.take(&mut model, 4));
        model.time += 500_000_000;
        heard.extend(read(&mut input, 0));
    }
    assert_eq!(heard, typed);
    assert_eq!(read(&mut input, 1), b"!");
}

#[test]
fn who_reads_nothing_holds_back_others_for_a_second_at_most() {
    let (mut input, mut model) = input(2, &[&choose(0), &[b'x'; 200], &choose(1), b"ls\n"]);
    input.take(&mut model, 1000);
    model.time += 999_000_000;
    input.take(&mut model, 1000);
    assert!(read(&mut input, 1).is_empty());
    model.time += 1_000_000;
    input.take(&mut model, 1000);
    assert_eq!(read(&mut input, 1), b"ls\n");
    assert_eq!(read(&mut input, 0), [b'x'; 16]);
}
