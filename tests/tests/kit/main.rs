//! Real RTEMS in partitions. These tests run where `RTEMS_KIT` names an installed kit, and say so where it does not.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use bulkhead_tests::{Transcript, installation, repository, run_built};
use bulkhead_tool::build::{Built, Options, Silent, build, build_system};
use bulkhead_tool::kit::Selection;
use bulkhead_tool::run::{Ending, Input, PartitionEnd, RunOptions};
use bulkhead_tool::{Result, system_file};

/// The kit; without one the test has nothing to do, and says that.
fn kit(test: &str) -> Option<Selection> {
    let kit = Selection::from_environment();
    if kit.is_none() {
        eprintln!("{test}: NOT RUN, because RTEMS_KIT does not name an RTEMS kit");
    }
    kit
}

fn options(name: &str, kit: Selection) -> Options {
    let folder = repository().join("target/systems/kit");
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{error}"));
    Options {
        output: Some(folder.join(name).with_extension("elf")),
        installation: Some(installation()),
        kit: Some(kit),
        ..Options::default()
    }
}

fn run_options() -> RunOptions {
    RunOptions {
        time_limit: Some(5_000_000_000),
        timeout: Some(Duration::from_secs(120)),
        ..RunOptions::default()
    }
}

/// A partition that does something, beside a witness that is not to notice.
fn beside_a_witness(name: &str, program: &str, command_line: &str, kit: Selection) -> Result<Built> {
    let mut text =
        format!("[system]\nname = \"{name}\"\nmajor-frame = \"10 ms\"\nconsole-input = \"subject\"\n");
    let hasty = if program == "hasty" { 1 } else { 4 };
    for (partition, source, line, start, duration) in
        [("witness", "witness", "", 0, 4), ("subject", program, command_line, 5, hasty)]
    {
        let _ = write!(
            text,
            "[[partition]]\nname = \"{partition}\"\nmemory = \"1 MiB\"\nsources = [\"{source}.c\"]\n\
             command-line = \"{line}\"\n[[window]]\npartition = \"{partition}\"\nstart = \"{start} ms\"\n\
             duration = \"{duration} ms\"\n"
        );
    }
    let folder: PathBuf = repository().join("tests/tests/kit/programs");
    build_system(system_file::from_text(&text, name, &folder)?, &options(name, kit), &mut Silent)
}

/// Runs a partition that goes wrong; what it says must have these words, and the witness must not notice.
fn goes_wrong(program: &str, what: &str, words: &[&str], end: PartitionEnd) {
    let name = format!("{program}{what}");
    let Some(kit) = kit(&name) else { return };
    let built = beside_a_witness(&name, program, what, kit).unwrap_or_else(|error| panic!("{error}"));
    let transcript = run_built(&built, &run_options());
    for words in words {
        transcript.expect("subject", words);
    }
    assert_eq!(transcript.facts.ends.get("subject"), Some(&end), "{}", transcript.all());
    witnessed(&transcript);
}

fn witnessed(transcript: &Transcript) {
    transcript.expect("witness", "0 missed");
    assert_eq!(transcript.facts.ends.get("witness"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
}

#[test]
fn the_demo_runs_on_a_kit() {
    let Some(kit) = kit("the demo") else { return };
    let file = repository().join("examples/demo/bulkhead.toml");
    let built = build(&file, &options("demo", kit), &mut Silent).unwrap_or_else(|error| panic!("{error}"));
    let transcript = run_built(&built, &run_options());
    transcript.expect("control", "140 periods, 0 deadlines missed");
    transcript.expect("telemetry", "0 samples lost, 0 deadlines missed");
    transcript.expect("rogue", "exception 14 (memory violation)");
    assert_eq!(transcript.facts.ends.get("rogue"), Some(&PartitionEnd::Stopped), "{}", transcript.all());
}

#[test]
fn four_instances_compute_what_they_should() {
    let Some(kit) = kit("four RTEMS instances") else { return };
    let file = repository().join("examples/four-rtems/bulkhead.toml");
    let built = build(&file, &options("four", kit), &mut Silent).unwrap_or_else(|error| panic!("{error}"));
    let transcript = run_built(&built, &run_options());
    transcript.expect("coarse", "2 of 2 results are right; ticks caught up 80, skipped 0");
    transcript.expect("busy", "5 of 5 results are right; ticks caught up 0, skipped");
    transcript.expect("threads", "3 of 3 results are right");
    transcript.expect("crowd", "8 of 8 results are right");
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

#[test]
fn the_console_reads_lines() {
    let Some(kit) = kit("console input") else { return };
    let built = beside_a_witness("echo", "echo", "", kit).unwrap_or_else(|error| panic!("{error}"));
    let input = Input::Bytes(b"bulkhead\rRTEMS\r\r".to_vec());
    let transcript = run_built(&built, &RunOptions { input, ..run_options() });
    transcript.expect("subject", "<daehklub>");
    transcript.expect("subject", "<SMETR>");
    assert_eq!(transcript.facts.ends.get("subject"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
    witnessed(&transcript);
}

#[test]
fn a_stack_overflow_is_reported() {
    goes_wrong("wrong", "overflow", &["RTEMS_FATAL_SOURCE_STACK_CHECKER"], PartitionEnd::Halted(128 + 8));
}

#[test]
fn a_fatal_error_is_reported() {
    let words = ["fatal source: 4 (RTEMS_FATAL_SOURCE_APPLICATION)", "fatal code: 4660 (0x00001234)"];
    goes_wrong("wrong", "fatal", &words, PartitionEnd::Halted(128 + 4));
}

#[test]
fn an_exception_is_reported_and_left_to_the_health_monitor() {
    goes_wrong("wrong", "exception", &["exception 0 (divide error) at 0x001"], PartitionEnd::Stopped);
}

#[test]
fn the_exit_status_is_the_partitions() {
    goes_wrong("wrong", "exit", &[], PartitionEnd::Halted(7));
}

#[test]
fn a_tick_that_no_window_can_serve_is_reported() {
    goes_wrong("hasty", "", &["a clock tick of 1000 ns is too short"], PartitionEnd::Halted(128 + 6));
}

#[test]
fn a_program_larger_than_its_memory_is_refused() {
    let Some(kit) = kit("a large program") else { return };
    let Err(error) = beside_a_witness("large", "large", "", kit) else { panic!("it was built") };
    let said = error.to_string();
    assert!(said.contains("the linked program is larger than the partition's memory"), "{said}");
}
