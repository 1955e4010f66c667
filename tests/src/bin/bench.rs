//! Prints what things cost: `make bench`.

use std::process::ExitCode;

use bulkhead_tests::costs::{Cost, Table, measure};

fn main() -> ExitCode {
    let costs = measure();
    print!("{}", Table(&costs));
    if costs.iter().all(Cost::is_within) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
