//! Tests of regions, of doorbells, and of how a partition is told of its ports.

use std::vec;
use std::vec::Vec;

use bulkhead_abi::port::RegionDescription;
use bulkhead_abi::{Error, Hypercall, Line, NAME_SIZE};
use core::sync::atomic::Ordering::Relaxed;

use crate::channel_tests::{HERE, call, got, run_until, three};
use crate::kernel::Kernel;
use crate::model::{Model, index};
use crate::region::Mapping;

/// Two regions: the first is of partitions 0, which writes it, and 1 and 2, which have lines for it; the second of
/// partition 2 alone.
fn share(kernel: &mut Kernel<Model>) {
    let mapping = |partition, region, line, writable| Mapping {
        partition: index(partition),
        line,
        writable,
        region,
        address: 0x50_0000 + 0x1000 * usize::from(region),
        memory: 0x900_0000,
        size: 0x1000,
    };
    let mappings =
        [mapping(0, 0, 0, true), mapping(1, 0, 9, false), mapping(2, 0, 10, false), mapping(2, 1, 11, true)];
    for mapping in mappings {
        assert!(kernel.regions.add(mapping));
    }
    kernel.regions.count = 2;
    kernel.regions.regions[1].name = [b'r'; NAME_SIZE];
}

#[test]
fn a_region_is_described_to_whom_it_is_mapped() {
    let (mut kernel, mut model) = three(&[]);
    share(&mut kernel);
    let describe = |kernel: &mut _, model: &mut _, region| {
        call(kernel, model, Hypercall::RegionDescribe, [region, HERE, 0])
    };
    assert_eq!(describe(&mut kernel, &mut model, 0), Some(0));
    assert_eq!(describe(&mut kernel, &mut model, 1), Some(Error::NotPermitted.code()));
    assert_eq!(describe(&mut kernel, &mut model, 2), Some(Error::BadArgument.code()));
    run_until(&mut kernel, &mut model, index(2));
    assert_eq!(describe(&mut kernel, &mut model, 1), Some(0));
    let expected = RegionDescription {
        name: [b'r'; NAME_SIZE],
        address: 0x50_1000,
        size: 0x1000,
        writable: 1,
        line: 11,
        reserved: [0; 4],
    };
    assert_eq!(got(&mut model, index(2), RegionDescription::SIZE), expected.bytes());
}

#[test]
fn a_partition_sees_its_own_regions() {
    let (mut kernel, _) = three(&[]);
    share(&mut kernel);
    let numbers =
        |partition| kernel.mappings(index(partition)).map(|mapping| mapping.region).collect::<Vec<_>>();
    assert_eq!([0, 1, 2, 3].map(numbers), [vec![0], vec![0], vec![0, 1], vec![]]);
}

/// The lines that are pending in a partition's page, apart from that of windows.
fn pending(model: &Model, partition: usize) -> u32 {
    model.guests[partition].shared.pending.load(Relaxed) & !Line::Window.bit()
}

#[test]
fn a_doorbell_rings_at_the_others_in_their_next_windows() {
    let (mut kernel, mut model) = three(&[]);
    share(&mut kernel);
    assert_eq!(call(&mut kernel, &mut model, Hypercall::Doorbell, [0, 0, 0]), Some(0));
    assert_eq!([0, 1, 2].map(|partition| pending(&model, partition)), [0, 0, 0], "they are out");
    run_until(&mut kernel, &mut model, index(2));
    assert_eq!([0, 1, 2].map(|partition| pending(&model, partition)), [0, 1 << 9, 1 << 10]);
    // A region that nobody else has.
    assert_eq!(call(&mut kernel, &mut model, Hypercall::Doorbell, [1, 0, 0]), Some(0));
    // Partition 1 rings at partition 2, and not at itself or at who has no line.
    model.guests[1].shared.pending.store(0, Relaxed);
    run_until(&mut kernel, &mut model, index(1));
    let denied = Error::NotPermitted.code();
    assert_eq!(call(&mut kernel, &mut model, Hypercall::Doorbell, [1, 0, 0]), Some(denied));
    model.guests[2].shared.pending.store(0, Relaxed);
    assert_eq!(call(&mut kernel, &mut model, Hypercall::Doorbell, [0, 0, 0]), Some(0));
    for partition in [2, 0, 1] {
        run_until(&mut kernel, &mut model, index(partition));
    }
    assert_eq!([0, 1, 2].map(|partition| pending(&model, partition)), [0, 0, 1 << 10]);
}

#[test]
fn a_partition_is_told_of_each_of_its_ports_until_it_has_heard() {
    let (mut kernel, mut model) = three(&[]);
    for ports in [&[0, 40, 63][..], &[40, 31]] {
        for &port in ports {
            kernel.guests[1].notify((port / 32, 1 << (port % 32)));
        }
        run_until(&mut kernel, &mut model, index(1));
        run_until(&mut kernel, &mut model, index(2));
    }
    let words = model.guests[1].shared.ports.each_ref().map(|word| word.load(Relaxed));
    assert_eq!(words, [1 << 31 | 1, 1 << 31 | 1 << 8]);
    assert_eq!(pending(&model, 1), Line::Port.bit());
}
