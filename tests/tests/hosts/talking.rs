//! The examples in which three partitions talk, on kernels that are not ours: with the stand-in, with RTEMS for which
//! ports are files, and with one of the three in Rust.
//!
//! Where windows begin and when an overflow is told is each kernel's own, so not everything is as in the READMEs.

use bulkhead_tests::examples::{End, Heard, heard_on_one_console};
use bulkhead_tool::host::Host;

use crate::support::{build_file, example_file};
use crate::transcripts::{AIR, Local, POK, XTRATUM, i386_kit, sparc_kit};

bulkhead_tests::tests! {
    air_runs_the_three_that_talk needs [AIR.packer()],
    air_runs_the_three_that_talk_by_files_of_rtems needs [AIR.packer(), sparc_kit()],
    pok_runs_the_three_that_talk needs [POK.packer()],
    pok_runs_the_three_that_talk_by_files_of_rtems needs [POK.packer(), i386_kit()],
    xtratum_runs_the_three_that_talk needs [XTRATUM.packer()],
    xtratum_runs_the_three_that_talk_by_files_of_rtems needs [XTRATUM.packer(), i386_kit()],
}

/// How many samples are written, and how many records are made.
const SAMPLES: u64 = 90;
const RECORDS: u64 = 100;

/// Asserts that the three of `examples/ports` have said what they say on every kernel.
#[track_caller]
pub(crate) fn assert_they_talk(heard: &Heard, all: &str) {
    let lines = |name: &str| -> Vec<&str> {
        let said = heard.get(name).unwrap_or_else(|| panic!("{name} has said nothing\n{all}"));
        assert_eq!(said.end, Some(End::Halted(0)), "{name}\n{all}");
        said.lines.iter().map(String::as_str).collect()
    };
    for (name, words) in [
        ("sensor", "sample 50: I see nothing"),
        ("sensor", "sample 60: I see again"),
        ("controller", "command: steer to 300"),
        ("controller", "command: steer to -200"),
        ("controller", "is too old: holding"),
        ("logger", "record 59: I look away"),
        ("logger", "the queue has overflowed"),
    ] {
        assert!(lines(name).iter().any(|line| line.contains(words)), "{name}: {words}\n{all}");
    }
    let last = |name: &str| lines(name).last().copied().unwrap_or_default();
    let numbers =
        |line: &str| -> Vec<u64> { line.split([' ', ',']).filter_map(|word| word.parse().ok()).collect() };
    assert_eq!(numbers(last("sensor")), [SAMPLES], "{all}");
    let controller = numbers(last("controller"));
    let logger = numbers(last("logger"));
    // What the controller has lost is what the logger misses.
    assert_eq!(controller[0] + controller[1], RECORDS, "{all}");
    assert_eq!(logger[0] + logger[1], RECORDS, "{all}");
    assert!(logger[1] > 0, "{all}");
    assert_eq!(controller[2], logger[1], "{all}");
}

fn run(local: &Local, example: &str, with_kit: bool, seconds: u64) {
    let kit = || if local.host == Host::Air { sparc_kit() } else { i386_kit() };
    let kit = with_kit.then(|| kit().unwrap_or_else(|missing| panic!("{missing}")));
    let built = build_file(local.host, &example_file(example), kit, example);
    let text = local.run_built(&built, seconds);
    assert_they_talk(&heard_on_one_console(&text), &text);
}

fn air_runs_the_three_that_talk() {
    run(&AIR, "ports", false, 200);
}

fn air_runs_the_three_that_talk_by_files_of_rtems() {
    run(&AIR, "ports-rtems", true, 200);
}

fn pok_runs_the_three_that_talk() {
    run(&POK, "ports", false, 400);
}

fn pok_runs_the_three_that_talk_by_files_of_rtems() {
    run(&POK, "ports-rtems", true, 400);
}

fn xtratum_runs_the_three_that_talk() {
    run(&XTRATUM, "ports", false, 200);
}

fn xtratum_runs_the_three_that_talk_by_files_of_rtems() {
    run(&XTRATUM, "ports-rtems", true, 200);
}
