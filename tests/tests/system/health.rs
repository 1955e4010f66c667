//! Modes, the health monitor and schedules, as programs in C use them.

use bulkhead_tests::{errors, health, repository, run_file_for};
use bulkhead_tool::run::RunOptions;
use bulkhead_tool::system_file::Processor;

on_every_processor! {
    c_uses_the_calls_about_modes_errors_and_schedules,
    errors_of_tasks_reach_the_error_handler,
    a_partition_with_the_right_governs_others_and_schedules,
}

fn c_uses_the_calls_about_modes_errors_and_schedules(processor: Processor) {
    let file = repository().join("tests/systems/health/bulkhead.toml");
    health::assert_all_good(&run_file_for(Some(processor), &file, &RunOptions::default()));
}

fn errors_of_tasks_reach_the_error_handler(processor: Processor) {
    let file = repository().join("tests/systems/errors/bulkhead.toml");
    let options = RunOptions { time_limit: Some(10_000_000_000), ..RunOptions::default() };
    errors::assert_all_handled(&run_file_for(Some(processor), &file, &options));
}

fn a_partition_with_the_right_governs_others_and_schedules(processor: Processor) {
    let file = repository().join("tests/systems/governed/bulkhead.toml");
    let options = RunOptions { time_limit: Some(10_000_000_000), ..RunOptions::default() };
    health::assert_governed(&run_file_for(Some(processor), &file, &options));
}
