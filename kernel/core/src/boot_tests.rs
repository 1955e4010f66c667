//! Tests of what is the same when the kernel boots.

use std::boxed::Box;
use std::format;
use std::string::String;

use core::sync::atomic::Ordering::Relaxed;

use crate::clock::Ratio;
use crate::configuration::Configuration;
use crate::information::Clock;
use crate::model::{BASE, Model, SIZE, information_page, system};
use crate::partition::Index;

const SECOND: Index = Index::new(1).unwrap();

/// What the kernel announces of a system with so many partitions and windows.
fn announced(partitions: u32, windows: u32) -> String {
    let (mut kernel, _) = system(partitions, 1000, &[(0, 0, 500)]);
    let mut configuration = Box::new(Configuration::new());
    configuration.header.windows = windows;
    let mut model = Model::new(partitions);
    kernel.announce(&mut model, &configuration, "x86-64", |message| message.push(b"what has been found out"));
    model.heard()
}

#[test]
fn what_is_about_to_run_is_announced() {
    let version = env!("CARGO_PKG_VERSION");
    for (partitions, windows, counts) in
        [(1, 1, "1 partition, 1 window"), (2, 5, "2 partitions, 5 windows"), (1, 0, "1 partition, 0 windows")]
    {
        let expected = format!(
            "bulkhead {version} x86-64, {counts}, major frame 1000 ns\nprocessor: what has been found out\n"
        );
        assert_eq!(announced(partitions, windows), expected);
    }
}

#[test]
fn a_partition_is_informed_of_itself() {
    let (mut kernel, _) = system(2, 1000, &[(0, 0, 500)]);
    kernel.partitions[1].command_line = (3, 5);
    let clock = Clock {
        origin: 77,
        to_nanoseconds: Ratio { multiplier: 1 << 31, shift: 30 },
        frequency: 500_000_000,
    };
    let mut page = information_page();
    kernel.inform(&mut page, SECOND, b"...words...", (0x1000, 0x2000, 0x30_0000), &clock);
    let start = &page.start;
    assert_eq!(start.magic.load(Relaxed), bulkhead_abi::START_MAGIC);
    assert_eq!(start.version.load(Relaxed), bulkhead_abi::INTERFACE_VERSION);
    assert_eq!((start.partition.load(Relaxed), start.tick_policy.load(Relaxed)), (1, 0));
    assert_eq!((start.memory_base.load(), start.memory_size.load()), (BASE, SIZE));
    assert_eq!((start.information_page.load(), start.shared_page.load()), (0x1000, 0x2000));
    assert_eq!(start.major_frame.load(), 1000);
    assert_eq!(start.dma_offset.load(Relaxed), 0);
    assert_eq!(start.name[..2], *b"b\0");
    assert_eq!(start.command_line[..6], *b"words\0");
    let told = &page.clock;
    assert_eq!((told.origin.load(), told.frequency.load()), (77, 500_000_000));
    assert_eq!((told.multiplier.load(Relaxed), told.shift.load(Relaxed)), (1 << 31, 30));
    // Where its memory is it is told that needs it, even if that is below its own address.
    kernel.partitions[1].physical = true;
    for memory in [0x30_0000_usize, 0x1000] {
        kernel.inform(&mut page, SECOND, b"", (0x1000, 0x2000, memory), &clock);
        let offset = page.start.dma_offset.load(Relaxed);
        assert_eq!((BASE as u32).wrapping_add(offset), memory as u32);
    }
}
