//! Costs against their budgets.

use bulkhead_tests::costs::{Cost, Table, measure};

#[test]
fn costs_are_within_their_budgets() {
    let costs = measure();
    println!("{}", Table(&costs));
    assert_eq!(costs.len(), 9);
    assert!(costs.iter().all(|cost| cost.measured > 0 || cost.what.starts_with("device")));
    assert!(costs.iter().all(Cost::is_within), "\n{}", Table(&costs));
}
