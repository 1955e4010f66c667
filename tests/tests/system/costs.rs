//! Costs against their budgets.

use bulkhead_tests::costs::{Cost, Table, measure};
use bulkhead_tool::system_file::Processor;

fn assert_within_budgets(processor: Processor, count: usize) {
    let costs = measure(processor);
    println!("{}", Table(&costs));
    assert_eq!(costs.len(), count);
    assert!(costs.iter().all(|cost| cost.measured > 0 || cost.what.starts_with("device")));
    assert!(costs.iter().all(Cost::is_within), "\n{}", Table(&costs));
}

#[test]
fn costs_are_within_their_budgets() {
    assert_within_budgets(Processor::X86_64, 10);
}

#[test]
fn costs_on_leon3_are_within_their_budgets() {
    assert_within_budgets(Processor::Leon3, 13);
}
