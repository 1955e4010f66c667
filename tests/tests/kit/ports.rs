//! Ports and shared memory with RTEMS: ARINC 653's services, and files.

use bulkhead_audit::defined_symbols;
use bulkhead_tests::needs::rtems_kit;
use bulkhead_tests::{Transcript, conformance, readme, repository, run_built};
use bulkhead_tool::build::{Built, check_for};
use bulkhead_tool::run::{Ending, RunOptions};
use bulkhead_tool::system_file::Processor;

use crate::{beside_a_witness, built, built_example, run_options};

bulkhead_tests::tests! {
    every_service_answers_as_the_standard_says(processor) needs [rtems_kit(processor)],
    three_partitions_talk_by_services(processor) needs [rtems_kit(processor)],
    three_partitions_talk_by_files(processor) needs [rtems_kit(processor)],
    ports_and_regions_are_files(processor) needs [rtems_kit(processor)],
    what_nobody_uses_is_not_in_the_program(processor) needs [rtems_kit(processor)],
    sockets_are_ports(processor) needs [rtems_kit(processor)],
}

pub(crate) fn built_system(name: &str, processor: Processor) -> Built {
    let file = repository().join("tests/systems").join(name).join("bulkhead.toml");
    let system = check_for(Some(processor), &file).unwrap_or_else(|error| panic!("{error}"));
    built(system, name, processor)
}

fn every_service_answers_as_the_standard_says(processor: Processor) {
    let options = RunOptions { time_limit: Some(20_000_000_000), ..run_options() };
    let checks = conformance::assert_all_good(&run_built(&built_system("conformance", processor), &options));
    println!("{checks} checks of ARINC 653's services with RTEMS on {}", processor.name());
}

fn is_as_its_readme_shows(name: &str, processor: Processor) {
    let built = built_example(name, processor);
    let transcript = run_built(&built, &run_options());
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    readme::check(&format!("examples/{name}/README.md"), &built.system, &transcript);
}

/// The same sources as with the stand-in, and the same output.
fn three_partitions_talk_by_services(processor: Processor) {
    is_as_its_readme_shows("ports", processor);
}

fn three_partitions_talk_by_files(processor: Processor) {
    is_as_its_readme_shows("ports-rtems", processor);
}

/// Programs that talk UDP, as with RTEMS's own stack.
fn sockets_are_ports(processor: Processor) {
    let transcript = run_built(&built_system("sockets", processor), &run_options());
    transcript.expect("answers", "heard a questio");
    transcript.expect("asks", "heard an ans, 0 wrong");
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
}

/// Fewer checks than that are not the whole program.
const FILE_CHECKS_MIN: u32 = 150;

/// How many checks of files there were; all were good.
fn file_checks(transcript: &Transcript) -> u32 {
    let counts = transcript.of("files").iter().find_map(|line| {
        let counts = line.strip_prefix("files: ")?.strip_suffix(" checks are good")?;
        counts.split_once(" of ").map(|(good, all)| (good.to_owned(), all.to_owned()))
    });
    let Some((good, all)) = counts else { panic!("{}", transcript.all()) };
    assert_eq!(good, all, "{}", transcript.all());
    all.parse().unwrap_or_else(|error| panic!("{all}: {error}"))
}

fn ports_and_regions_are_files(processor: Processor) {
    let transcript = run_built(&built_system("files", processor), &run_options());
    let checks = file_checks(&transcript);
    assert!(checks >= FILE_CHECKS_MIN, "{checks} checks\n{}", transcript.all());
    assert_eq!(transcript.ending, Ending::Completed, "{}", transcript.all());
    println!("{checks} checks of files for ports and regions on {}", processor.name());
}

fn what_nobody_uses_is_not_in_the_program(processor: Processor) {
    // Of the first partition.
    let symbols = |built: &Built| {
        let symbols = defined_symbols(&built.programs[0]).unwrap_or_else(|error| panic!("{error}"));
        symbols.into_iter().filter(|name| is_of_ports(name)).collect::<Vec<_>>()
    };
    let without = beside_a_witness("usage", "usage", "", processor).unwrap_or_else(|error| panic!("{error}"));
    // Its rate-monotonic period, if it were missed, would wake an error handler.
    assert_eq!(symbols(&without), ["bulkhead_executive_wake"]);
    let with = symbols(&built_system("files", processor));
    for name in ["ports_initialize", "regions_initialize", "executive_wait"] {
        assert!(with.iter().any(|symbol| symbol.ends_with(name)), "{with:?}");
    }
}

/// Whether a symbol of the pack, the guest layer or the services belongs to ports or regions.
fn is_of_ports(symbol: &str) -> bool {
    ["bulkhead_", "apex"].iter().any(|part| symbol.contains(part))
        && ["port", "region", "waiting", "executive", "apex"].iter().any(|part| symbol.contains(part))
        || symbol.ends_with("_MESSAGE")
}
