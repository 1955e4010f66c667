//! Partitions of random instructions beside witnesses, the same in every run: whatever they execute, the witnesses see
//! nothing of it, and the kernel ends in good order.
//!
//! A partition has a fault entry which goes on one instruction after the fault, so that it gets through all of its
//! image, or is stopped for what cannot be continued. What an image is made of is in a file for each processor.

pub(crate) mod i386;

use std::fs;

use bulkhead_tests::needs::qemu;
use bulkhead_tests::witnesses::{MIDDLE, assert_unaware, between_witnesses};
use bulkhead_tests::{MICROSECOND, repository, run_built};
use bulkhead_tool::system_file::Processor;

bulkhead_tests::tests! {
    random_instructions_disturb_nobody_on_qemu_7_2 needs [qemu("7.2", Processor::X86_64)],
    random_instructions_disturb_nobody_on_qemu_10_0 needs [qemu("10.0", Processor::X86_64)],
}

/// How many partitions of random instructions a system has, and how many systems there are.
const PARTITIONS: u64 = 25;
const SYSTEMS: u64 = 4;

/// How many windows the witnesses watch, and so how many each partition has.
const WINDOWS: u32 = 5;

fn random_instructions_disturb_nobody_on_qemu_7_2() {
    random_instructions_disturb_nobody(Processor::X86_64, "7.2");
}

fn random_instructions_disturb_nobody_on_qemu_10_0() {
    random_instructions_disturb_nobody(Processor::X86_64, "10.0");
}

fn random_instructions_disturb_nobody(processor: Processor, version: &str) {
    for number in 0..SYSTEMS {
        let name = format!("random-{}-{number}", version.replace('.', "-"));
        let folder = repository().join("target/systems").join(processor.name()).join(&name);
        fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut system = between_witnesses(processor, &name, WINDOWS);
        let duration = 60 * MICROSECOND;
        for place in 0..PARTITIONS {
            let seed = number * PARTITIONS + place;
            let partition = format!("random-{seed}");
            let (bytes, silent) = match processor {
                Processor::X86_64 => (i386::image(seed), i386::SILENT),
                Processor::Leon3 => panic!("there are no images for it"),
            };
            let image = folder.join(format!("{partition}.exe"));
            fs::write(&image, bytes).unwrap_or_else(|error| panic!("{}: {error}", image.display()));
            system = system.silent_partition(
                &partition,
                &image,
                silent,
                &[(MIDDLE.0 + place * duration, duration)],
            );
        }
        let built = system.build();
        let mut options = system.options().clone();
        options.qemu = qemu(version, processor).ok();
        let transcript = run_built(&built, &options);
        for witness in ["first", "last"] {
            assert_unaware(processor, &transcript, witness, WINDOWS);
        }
        assert!(transcript.ending.is_orderly(), "{}", transcript.all());
    }
}

/// Numbers that are the same in every run (Steele, Lea and Flood's SplitMix64).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x5851_f42d_4c95_7f2d))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}
