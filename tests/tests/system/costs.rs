//! Costs against their budgets.

use bulkhead_tests::costs::{Cost, Table, measure, switch_budget, wrong_rows};
use bulkhead_tests::paths;
use bulkhead_tool::system_file::Processor;

fn assert_within_budgets(processor: Processor, count: usize) {
    let costs = measure(processor);
    println!("{}", Table(&costs));
    assert_eq!(costs.len(), count);
    assert!(costs.iter().all(|cost| cost.measured > 0 || cost.what.starts_with("device")));
    assert!(costs.iter().all(Cost::is_within), "\n{}", Table(&costs));
    let wrong = wrong_rows(processor, &costs);
    assert!(wrong.is_empty(), "docs/performance.md should say on {processor:?}:\n{}", wrong.join("\n"));
}

#[test]
fn costs_are_within_their_budgets() {
    assert_within_budgets(Processor::X86_64, 81);
}

#[test]
fn costs_on_leon3_are_within_their_budgets() {
    assert_within_budgets(Processor::Leon3, 84);
}

/// The shortest window that a system file may have is the one that the budgets leave something of.
#[test]
fn the_shortest_window_follows_from_the_budgets() {
    for processor in [Processor::X86_64, Processor::Leon3] {
        let needed = paths::longest(processor) + switch_budget(processor);
        assert_eq!(u64::from(processor.board().window_min), needed, "{processor:?}");
    }
}
