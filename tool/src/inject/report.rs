//! The results: a table, JUnit XML.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::run::junit_text;
use crate::units::duration_text;

use super::campaign::Finding;
use super::class::Class;
use super::plan::Plan;

/// Those that are told one by one, at the most.
const TOLD_MAX: usize = 20;

/// Whether the campaign fails by this one.
#[must_use]
pub fn fails(plan: &Plan, finding: &Finding) -> bool {
    let class = finding.outcome.class;
    match &plan.fail {
        Some(classes) => classes.contains(&class),
        None => finding.injection.fault.partition().is_some() && Class::OF_ISOLATION.contains(&class),
    }
}

/// How many of each kind of fault have led to what.
pub(crate) fn figures(findings: &[Finding]) -> BTreeMap<&'static str, [usize; Class::ALL.len()]> {
    let mut rows: BTreeMap<&str, [usize; Class::ALL.len()]> = BTreeMap::new();
    for finding in findings {
        let place = Class::ALL.iter().position(|class| *class == finding.outcome.class).unwrap_or_default();
        rows.entry(finding.injection.fault.kind()).or_default()[place] += 1;
    }
    rows
}

/// The largest shift of another partition's windows.
pub(crate) fn shift(findings: &[Finding]) -> u64 {
    let in_partition = findings.iter().filter(|finding| finding.injection.fault.partition().is_some());
    in_partition.map(|finding| finding.outcome.shift).max().unwrap_or(0)
}

/// One in a line.
fn line(plan: &Plan, finding: &Finding) -> String {
    let Finding { number, injection, outcome } = finding;
    let (at, text) = (duration_text(injection.at), injection.fault.text(&plan.system));
    let detail = if outcome.detail.is_empty() { String::new() } else { format!(": {}", outcome.detail) };
    format!("{number}: at {at} {text}: {}{detail}\n", outcome.class.word())
}

/// The results as a table, with those one by one by which the campaign fails; all of them if `each`.
#[must_use]
pub fn table(plan: &Plan, findings: &[Finding], each: bool) -> String {
    let mut text = String::new();
    let told: Vec<&Finding> = findings.iter().filter(|it| each || fails(plan, it)).collect();
    let shown = if each { told.len() } else { told.len().min(TOLD_MAX) };
    for finding in &told[..shown] {
        text += &line(plan, finding);
    }
    if shown < told.len() {
        let _ = writeln!(text, "and {} more", told.len() - shown);
    }
    if shown > 0 {
        text.push('\n');
    }
    let rows = figures(findings);
    let mut columns = vec![0; Class::ALL.len()];
    for row in rows.values() {
        columns.iter_mut().zip(row).for_each(|(column, count)| *column += count);
    }
    let shown: Vec<usize> = (0..columns.len()).filter(|place| columns[*place] > 0).collect();
    let width = rows.keys().map(|kind| kind.len()).max().unwrap_or(0);
    let head: String = shown.iter().map(|place| format!("  {}", Class::ALL[*place].word())).collect();
    let _ = writeln!(text, "{:width$}{head}", "");
    let sum = rows.len() > 1;
    for (kind, row) in
        rows.iter().map(|(kind, row)| (*kind, &row[..])).chain(sum.then_some(("all", &columns[..])))
    {
        let cells: String = shown
            .iter()
            .map(|place| format!("  {:>width$}", row[*place], width = Class::ALL[*place].word().len()))
            .collect();
        let _ = writeln!(text, "{kind:width$}{cells}");
    }
    text
}

/// The last line: how many there were of those that were asked for, and how far others were from what they do without a
/// fault.
#[must_use]
pub fn summary(plan: &Plan, findings: &[Finding], asked: usize) -> String {
    let failed = findings.iter().filter(|finding| fails(plan, finding)).count();
    let (count, shift) = (findings.len(), shift(findings));
    let verdict = if failed == 0 { "none fails".to_owned() } else { format!("{failed} fail") };
    let of = if count == asked { String::new() } else { format!(" of {asked}") };
    let plural = if asked == 1 { "" } else { "s" };
    format!(
        "{count}{of} injection{plural}, {verdict}; windows of other partitions moved by {shift} ns at most\n"
    )
}

/// The results as JUnit XML: a case for each injection, which fails if the campaign fails by it. How many of those that
/// were asked for have not been run, because the campaign was broken off or one could not be run, a case says as an
/// error, with why that was so.
#[must_use]
pub fn junit(plan: &Plan, findings: &[Finding], asked: usize, why: Option<&str>) -> String {
    let suite_name = format!("{} on {}", plan.name, plan.system.processor.name());
    let mut suite = TestSuite::new(suite_name.as_str());
    for finding in findings {
        let word = finding.outcome.class.word();
        let status = if fails(plan, finding) {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(word).set_message(finding.outcome.detail.as_str());
            status
        } else {
            TestCaseStatus::success()
        };
        let name = format!("{}: {}", finding.number, finding.injection.fault.text(&plan.system));
        let mut case = TestCase::new(name, status);
        case.set_classname(finding.injection.fault.kind()).set_system_out(line(plan, finding));
        suite.add_test_case(case);
    }
    let left = asked.saturating_sub(findings.len());
    if left > 0 {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        let why_not = why.map_or_else(String::new, |why| format!(": {why}"));
        status
            .set_type(if why.is_some() { "error" } else { "interrupted" })
            .set_message(format!("{left} of {asked} injections have not been run{why_not}"));
        let mut case = TestCase::new("the other injections", status);
        case.set_classname("campaign");
        suite.add_test_case(case);
    }
    junit_text(&suite_name, [suite])
}
