//! A run as JUnit XML, the form that CI servers read: a suite for the system, a case for each partition.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::system_file::System;

use super::facts::{PartitionEnd, ground_text};
use super::outcome::{Expectation, end_text};
use super::output::{Output, Speaker};
use super::session::Finished;

/// The most of a partition's output that is kept, in bytes from its end.
const OUTPUT_MAX: usize = 16 * 1024;

/// What each partition says in a run, the end of it.
#[derive(Clone, Debug, Default)]
pub struct Heard(BTreeMap<usize, String>);

impl Heard {
    fn of(&self, partition: usize) -> &str {
        self.0.get(&partition).map_or("", String::as_str)
    }
}

impl Output for Heard {
    fn line(&mut self, speaker: Speaker, line: &[u8], _report: bool) {
        let Speaker::Partition(number) = speaker else { return };
        let text = self.0.entry(number).or_default();
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
        if text.len() > 2 * OUTPUT_MAX {
            *text = end_of(text).to_owned();
        }
    }
}

/// The end of what somebody has said, as a test's output. quick-junit leaves out what XML does not have, but for two
/// characters.
pub(crate) fn output(text: &str) -> String {
    end_of(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// The end of a text that is kept.
pub(crate) fn end_of(text: &str) -> &str {
    let mut start = text.len().saturating_sub(OUTPUT_MAX);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

/// The report of a run. A partition fails that does not end as expected, or where nothing is expected, that the health
/// monitor has stopped or that has halted with a status other than 0. A run that its kernel did not end is an error of
/// each partition that had not ended.
#[must_use]
pub fn junit(system: &System, finished: &Finished, expectations: &[Expectation], heard: &Heard) -> String {
    let mut suite = TestSuite::new(system.name.as_str());
    if let Some(time) = finished.facts.system_time {
        suite.set_time(Duration::from_nanos(time));
    }
    for (number, partition) in system.partitions.iter().enumerate() {
        let mut case =
            TestCase::new(partition.name.as_str(), status(&partition.name, finished, expectations));
        case.set_classname(system.name.as_str()).set_system_out(output(heard.of(number)));
        let decided = decided(number, finished);
        if !decided.is_empty() {
            case.set_system_err(decided);
        }
        suite.add_test_case(case);
    }
    text(&system.name, [suite])
}

/// What the health monitor has decided about a partition, a line each.
fn decided(partition: usize, finished: &Finished) -> String {
    let decisions = finished.facts.decisions.iter().filter(|(decided, _)| decided.whose() == Some(partition));
    let lines = decisions.map(|(decided, times)| {
        let count = if times.count == 1 { "once".to_owned() } else { format!("{} times", times.count) };
        let ground = ground_text(decided.ground());
        format!("health monitor: {}: {}, {count}{ground}\n", decided.error(), decided.action())
    });
    lines.collect()
}

/// The report of a run that did not come about.
#[must_use]
pub fn junit_failure(name: &str, why: &str) -> String {
    let mut suite = TestSuite::new(name);
    let mut case = TestCase::new("run", with(NonSuccessKind::Error, why));
    case.set_classname(name);
    suite.add_test_case(case);
    text(name, [suite])
}

/// The report of suites.
pub(crate) fn text(name: &str, suites: impl IntoIterator<Item = TestSuite>) -> String {
    let mut report = Report::new(name);
    report.add_test_suites(suites);
    // Written to memory, which does not fail.
    report.to_string().unwrap_or_default()
}

fn with(kind: NonSuccessKind, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(message);
    status
}

fn status(name: &str, finished: &Finished, expectations: &[Expectation]) -> TestCaseStatus {
    let orderly = finished.ending.is_orderly();
    if let Some(expected) = expectations.iter().find(|it| it.partition == name).filter(|_| orderly) {
        return match expected.difference(&finished.facts) {
            Some(difference) => with(NonSuccessKind::Failure, &difference),
            None => TestCaseStatus::success(),
        };
    }
    match finished.facts.ends.get(name) {
        Some(PartitionEnd::Halted(0)) => TestCaseStatus::success(),
        Some(PartitionEnd::Running) if orderly => TestCaseStatus::success(),
        Some(PartitionEnd::Stopped) if finished.facts.is_stopped_as_built(name) => TestCaseStatus::success(),
        Some(end @ PartitionEnd::Stopped) => {
            let reason = finished.facts.reasons.get(name).map(|reason| reason.text.clone());
            with(NonSuccessKind::Failure, &reason.unwrap_or_else(|| end_text(end)))
        }
        Some(end @ PartitionEnd::Halted(_)) => with(NonSuccessKind::Failure, &end_text(end)),
        Some(PartitionEnd::Running) | None => with(NonSuccessKind::Error, &finished.ending.text()),
    }
}
