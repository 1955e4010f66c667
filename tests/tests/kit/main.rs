//! Real RTEMS in partitions. These tests run on each processor that `RTEMS_KIT` names an installed kit for, and say so
//! where it does not.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use bulkhead_audit::instructions::Architecture;
use bulkhead_audit::{defined_symbols, replacements};
use bulkhead_tests::{Transcript, installation, repository, run_built};
use bulkhead_tool::build::{Built, Options, Silent, build_system, check_for};
use bulkhead_tool::host::Host;
use bulkhead_tool::kit::{Kit, Selection, support};
use bulkhead_tool::run::{Ending, Input, PartitionEnd, RunOptions};
use bulkhead_tool::system_file::{Processor, System};
use bulkhead_tool::{Result, system_file};

/// A processor and the kit for its partitions.
type Target = (Processor, Selection);

/// The processors that there are kits for; without one the test has nothing to do, and says that.
fn targets(test: &str) -> Vec<Target> {
    let selection = Selection::from_environment();
    let target = |processor: Processor| {
        let kit = selection.clone().filter(|selection| {
            Kit::find_for(processor, selection).is_ok_and(|kit| kit.processor() == Some(processor))
        });
        if kit.is_none() {
            eprintln!(
                "{test} on {}: NOT RUN, because RTEMS_KIT does not name an RTEMS kit for it",
                processor.name()
            );
        }
        Some((processor, kit?))
    };
    [Processor::X86_64, Processor::Leon3].into_iter().filter_map(target).collect()
}

fn options(name: &str, (processor, kit): &Target) -> Options {
    let folder = repository().join("target/systems/kit").join(processor.name());
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{error}"));
    Options {
        output: Some(folder.join(name).with_extension("elf")),
        installation: Some(installation()),
        kit: Some(kit.clone()),
        ..Options::default()
    }
}

fn built(system: System, name: &str, target: &Target) -> Built {
    build_system(system, &options(name, target), &mut Silent).unwrap_or_else(|error| panic!("{error}"))
}

/// Builds and runs an example.
fn example(name: &str, target: &Target) -> Transcript {
    let file = repository().join("examples").join(name).join("bulkhead.toml");
    let system = check_for(Some(target.0), &file).unwrap_or_else(|error| panic!("{error}"));
    run_built(&built(system, name, target), &run_options())
}

fn run_options() -> RunOptions {
    RunOptions {
        time_limit: Some(5_000_000_000),
        timeout: Some(Duration::from_secs(120)),
        ..RunOptions::default()
    }
}

/// A partition that does something, beside a witness that is not to notice.
fn beside_a_witness(name: &str, program: &str, command_line: &str, target: &Target) -> Result<Built> {
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
    let system = system_file::from_text_for(Some(target.0), &text, name, &folder)?;
    build_system(system, &options(name, target), &mut Silent)
}

/// Runs a partition that goes wrong; what it says must have these words, and the witness must not notice.
fn goes_wrong(program: &str, what: &str, words: &[&str], end: &PartitionEnd) {
    let name = format!("{program}{what}");
    for target in targets(&name) {
        let built = beside_a_witness(&name, program, what, &target).unwrap_or_else(|error| panic!("{error}"));
        let transcript = run_built(&built, &run_options());
        for words in words {
            transcript.expect("subject", words);
        }
        assert_eq!(transcript.facts.ends.get("subject"), Some(end), "{}", transcript.all());
        witnessed(&transcript);
    }
}

fn witnessed(transcript: &Transcript) {
    transcript.expect("witness", "0 missed");
    assert_eq!(transcript.facts.ends.get("witness"), Some(&PartitionEnd::Halted(0)), "{}", transcript.all());
}

#[test]
fn the_demo_runs_on_a_kit_and_says_the_same_on_each_processor() {
    let mut said = Vec::new();
    for target in targets("the demo") {
        let transcript = example("demo", &target);
        transcript.expect("control", "140 periods, 0 deadlines missed");
        transcript.expect("telemetry", "0 samples lost, 0 deadlines missed");
        transcript.expect("rogue", "(memory violation)");
        assert_eq!(transcript.facts.ends.get("rogue"), Some(&PartitionEnd::Stopped), "{}", transcript.all());
        said.push(["control", "telemetry"].map(|who| transcript.of(who).join("\n")));
    }
    assert!(said.windows(2).all(|two| two[0] == two[1]), "{said:?}");
}

#[test]
fn four_instances_compute_what_they_should() {
    for target in targets("four RTEMS instances") {
        let transcript = example("four-rtems", &target);
        transcript.expect("coarse", "2 of 2 results are right; ticks caught up");
        transcript.expect("busy", "5 of 5 results are right; ticks caught up 0, skipped");
        transcript.expect("threads", "3 of 3 results are right");
        transcript.expect("crowd", "8 of 8 results are right");
        assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
        assert!(!transcript.all().contains("ticks caught up 0, skipped 0"), "{}", transcript.all());
    }
}

#[test]
fn the_console_reads_lines() {
    for target in targets("console input") {
        let built = beside_a_witness("echo", "echo", "", &target).unwrap_or_else(|error| panic!("{error}"));
        let input = Input::Bytes(b"bulkhead\rRTEMS\r\r".to_vec());
        let transcript = run_built(&built, &RunOptions { input, ..run_options() });
        transcript.expect("subject", "<daehklub>");
        transcript.expect("subject", "<SMETR>");
        assert_eq!(
            transcript.facts.ends.get("subject"),
            Some(&PartitionEnd::Halted(0)),
            "{}",
            transcript.all()
        );
        witnessed(&transcript);
    }
}

#[test]
fn a_stack_overflow_is_reported() {
    goes_wrong("wrong", "overflow", &["RTEMS_FATAL_SOURCE_STACK_CHECKER"], &PartitionEnd::Halted(128 + 8));
}

#[test]
fn a_fatal_error_is_reported() {
    let words = ["fatal source: 4 (RTEMS_FATAL_SOURCE_APPLICATION)", "fatal code: 4660 (0x00001234)"];
    goes_wrong("wrong", "fatal", &words, &PartitionEnd::Halted(128 + 4));
}

#[test]
fn an_exception_is_reported_and_left_to_the_health_monitor() {
    goes_wrong("wrong", "exception", &["(divide error) at 0x001"], &PartitionEnd::Stopped);
}

#[test]
fn the_exit_status_is_the_partitions() {
    goes_wrong("wrong", "exit", &[], &PartitionEnd::Halted(7));
}

#[test]
fn a_tick_that_no_window_can_serve_is_reported() {
    goes_wrong("hasty", "", &["a clock tick of 1000 ns is too short"], &PartitionEnd::Halted(128 + 6));
}

#[test]
fn a_program_larger_than_its_memory_is_refused() {
    for target in targets("a large program") {
        let Err(error) = beside_a_witness("large", "large", "", &target) else { panic!("it was built") };
        let said = error.to_string();
        assert!(said.contains("the linked program is larger than the partition's memory"), "{said}");
    }
}

#[test]
fn the_pack_defines_what_the_audit_counts_on() {
    for (processor, selection) in targets("the pack's symbols") {
        let kit = Kit::find_for(processor, &selection).unwrap_or_else(|error| panic!("{error}"));
        let folder = support(&kit, &installation(), Host::Bulkhead, &mut |_| {});
        let file = folder.unwrap_or_else(|error| panic!("{error}")).join("start.o");
        let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let symbols = defined_symbols(&bytes).unwrap_or_else(|error| panic!("{error}"));
        let architecture = match processor {
            Processor::X86_64 => Architecture::I386,
            Processor::Leon3 => Architecture::Sparc,
        };
        for row in replacements::rows(architecture) {
            assert!(symbols.iter().any(|symbol| symbol == row.by), "{} for {}", row.by, row.symbol);
        }
    }
}
