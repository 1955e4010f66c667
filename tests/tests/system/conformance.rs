//! ARINC 653's services, condition by condition, as programs in C with the stand-in ask for them.

use bulkhead_tests::{conformance, processes, repository, run_file_for};
use bulkhead_tool::run::RunOptions;
use bulkhead_tool::system_file::Processor;

on_every_processor! {
    every_service_answers_as_the_standard_says,
    processes_are_as_the_standard_says,
}

fn every_service_answers_as_the_standard_says(processor: Processor) {
    let file = repository().join("tests/systems/conformance/bulkhead.toml");
    let options = RunOptions { time_limit: Some(20_000_000_000), ..RunOptions::default() };
    let checks = conformance::assert_all_good(&run_file_for(Some(processor), &file, &options));
    println!("{} checks of ARINC 653's services on {}", checks, processor.name());
}

fn processes_are_as_the_standard_says(processor: Processor) {
    let file = repository().join("tests/systems/processes/bulkhead.toml");
    let options = RunOptions { time_limit: Some(2_000_000_000), ..RunOptions::default() };
    processes::assert_all_good(&run_file_for(Some(processor), &file, &options));
}
