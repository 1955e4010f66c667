//! Random instructions in partitions, between two witnesses: whatever they do to themselves, nobody else sees of it,
//! and the kernel ends in good order. They are the same in every run.
//!
//! Programs have regions that a mark begins. A test puts instructions there, after the system has been built; what
//! executes them goes on at every fault. How instructions are made is in a file for each processor.

use std::fs;
use std::process::ExitCode;

use bulkhead_tests::needs::qemu;
use bulkhead_tests::witnesses::{assert_unaware, between_witnesses};
use bulkhead_tests::{System, harness, run_built};
use bulkhead_tool::system_file::Processor;

mod checksums;
mod generator;
mod i386;
mod sparc;

use generator::Generator;

bulkhead_tests::tests! {
    random_instructions_disturb_nobody_on_qemu_7_2(processor) needs [qemu("7.2", processor)],
    random_instructions_disturb_nobody_on_qemu_10_0(processor) needs [qemu("10.0", processor)],
}

fn main() -> ExitCode {
    harness::run([tests()])
}

fn random_instructions_disturb_nobody_on_qemu_7_2(processor: Processor) {
    random_instructions_disturb_nobody(processor, "7.2");
}

fn random_instructions_disturb_nobody_on_qemu_10_0(processor: Processor) {
    random_instructions_disturb_nobody(processor, "10.0");
}

/// What a region begins with.
const MARK: &[u8; 32] = b"RANDOM INSTRUCTIONS STAND HERE..";

/// The instructions of a processor.
struct Mix {
    /// Adds the partitions, in the time between the witnesses; the system's name is for files of theirs.
    partitions: fn(System, &str) -> System,
    /// How many regions their programs have, and the bytes of each.
    regions: usize,
    size: usize,
    /// Instructions for a region, of so many bytes.
    code: fn(&mut Generator, usize) -> Vec<u8>,
    /// How many times the regions are filled, each with numbers of its own.
    systems: usize,
    /// How many windows the witnesses watch, and so how many each partition has.
    windows: u32,
}

fn random_instructions_disturb_nobody(processor: Processor, version: &str) {
    let mix = match processor {
        Processor::X86_64 => &i386::MIX,
        Processor::Leon3 => &sparc::MIX,
    };
    let name = format!("random-{}", version.replace('.', "-"));
    let system = (mix.partitions)(between_witnesses(processor, &name, mix.windows), &name);
    let built = system.build();
    let mut options = system.options().clone();
    options.qemu = qemu(version, processor).ok();
    let mut file = fs::read(&built.file).unwrap_or_else(|error| panic!("{error}"));
    let regions: Vec<usize> = file
        .windows(MARK.len())
        .enumerate()
        .filter(|(_, bytes)| bytes == MARK)
        .map(|(place, _)| place)
        .collect();
    assert_eq!(regions.len(), mix.regions, "each image is stored once");
    let mut ended = 0;
    for number in 0..mix.systems {
        for (region, place) in regions.iter().enumerate() {
            let mut generator = Generator::new((number * mix.regions + region) as u64);
            file[*place..][..mix.size].copy_from_slice(&(mix.code)(&mut generator, mix.size));
        }
        checksums::renew(processor, &mut file);
        fs::write(&built.file, &file).unwrap_or_else(|error| panic!("{error}"));
        let transcript = run_built(&built, &options);
        for witness in ["first", "last"] {
            assert_unaware(processor, &transcript, witness, mix.windows);
        }
        let damaged = transcript.of("kernel").iter().any(|line| line.contains("damaged-image"));
        assert!(!damaged, "{name}, system {number}: {}", transcript.all());
        let orderly = transcript.ending.is_orderly() && transcript.facts.system_time.is_some();
        assert!(orderly, "{name}, system {number}: {}", transcript.all());
        // What has ended, or begun again, before its time.
        ended += transcript.of("kernel").iter().filter(|line| line.starts_with("partition random-")).count();
    }
    assert!(ended >= mix.systems, "{ended} partitions have come to an end: the instructions do nothing");
}
