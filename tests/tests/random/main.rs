//! Random instructions in partitions, between two witnesses: whatever they do to themselves, nobody else sees of it.
//!
//! The probe has a region that a mark begins. A test puts instructions there, after the system has been built; sixteen
//! partitions execute a piece each, and begin again at every fault and every interrupt.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use bulkhead_tests::harness::{self, NotRun};
use bulkhead_tests::needs::qemu;
use bulkhead_tests::witnesses::{MIDDLE, assert_unaware, between_witnesses};
use bulkhead_tests::{MICROSECOND, run_built};
use bulkhead_tool::run::Ending;
use bulkhead_tool::system_file::Processor::{self, Leon3};

mod generator;
mod sparc;

use generator::Generator;

bulkhead_tests::tests! {
    nothing_comes_of_random_instructions_on_leon3,
    nothing_comes_of_random_instructions_on_leon3_with_qemu_7_2 needs [other_qemu("7.2", Leon3)],
    nothing_comes_of_random_instructions_on_leon3_with_qemu_10_0 needs [other_qemu("10.0", Leon3)],
}

fn main() -> ExitCode {
    harness::run([tests()])
}

/// A version of QEMU that is there besides the machine's own.
fn other_qemu(version: &str, processor: Processor) -> Result<PathBuf, NotRun> {
    qemu(version, processor)
}

fn nothing_comes_of_random_instructions_on_leon3() {
    nothing_comes_of_random_instructions(Leon3, "random", None, sparc::code);
}

fn nothing_comes_of_random_instructions_on_leon3_with_qemu_7_2() {
    nothing_comes_of_random_instructions(Leon3, "random-7.2", qemu("7.2", Leon3).ok(), sparc::code);
}

fn nothing_comes_of_random_instructions_on_leon3_with_qemu_10_0() {
    nothing_comes_of_random_instructions(Leon3, "random-10.0", qemu("10.0", Leon3).ok(), sparc::code);
}

/// What the region begins with; it fills sixteen pieces.
const MARK: &[u8] = b"RANDOM INSTRUCTIONS STAND HERE..";
const PIECES: u64 = 16;
const PIECE: usize = 1024;

/// How many times the region is filled: 112 pieces in all.
const SYSTEMS: u64 = 7;

/// How many windows the witnesses watch.
const WINDOWS: u32 = 6;

fn nothing_comes_of_random_instructions(
    processor: Processor,
    name: &str,
    qemu: Option<PathBuf>,
    code: fn(&mut Generator, usize) -> Vec<u8>,
) {
    let duration = 110 * MICROSECOND;
    let mut system = between_witnesses(processor, name, WINDOWS);
    for piece in 0..PIECES {
        let attack = format!("adversary random piece={piece} seed={}", 0x9e37_79b9 ^ (piece * 7919 + 1));
        system =
            system.probe(&format!("random-{piece}"), &attack, &[(MIDDLE.0 + piece * duration, duration)]);
    }
    let built = system.build();
    let mut options = system.options().clone();
    options.qemu = qemu;
    let mut file = fs::read(&built.file).unwrap_or_else(|error| panic!("{error}"));
    let places: Vec<usize> = file
        .windows(MARK.len())
        .enumerate()
        .filter(|(_, bytes)| *bytes == MARK)
        .map(|(place, _)| place)
        .collect();
    assert_eq!(places.len(), 1, "the probe has one region, and its image is stored once");
    for seed in 0..SYSTEMS {
        let mut generator = Generator::new(seed);
        let instructions = code(&mut generator, PIECES as usize * PIECE);
        file[places[0]..places[0] + instructions.len()].copy_from_slice(&instructions);
        fs::write(&built.file, &file).unwrap_or_else(|error| panic!("{error}"));
        let transcript = run_built(&built, &options);
        let context = || format!("{name}, seed {seed}: {}", transcript.all());
        for witness in ["first", "last"] {
            let line = transcript.of(witness).into_iter().find(|line| line.starts_with("witness:"));
            assert!(line.is_some(), "{}", context());
            assert_unaware(processor, &transcript, witness, WINDOWS);
        }
        assert!(
            matches!(transcript.ending, Ending::TimeLimit | Ending::Failed | Ending::Stopped),
            "{}",
            context()
        );
        assert!(transcript.facts.system_time.is_some(), "{}", context());
    }
}
