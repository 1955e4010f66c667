//! The results as JUnit XML, the form that CI servers read.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::run::{junit_output, junit_text};

use super::comparison::property;
use super::{Comparison, TestResult, Verdict};

/// The report, one suite for each folder. What went natively, if anything did, is in properties of the tests.
#[must_use]
pub fn junit(results: &[TestResult], natives: &[TestResult]) -> String {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for one in Comparison::all(results, natives) {
        let result = one.partition;
        let name = result.program.suite.as_str();
        let suite = suites.entry(name).or_insert_with(|| TestSuite::new(name));
        let mut case = case(result);
        if let Some(native) = one.native {
            case.add_property(("natively", property(&native.verdict).as_str()));
        }
        for (figure, native, partition) in one.figures() {
            let text = format!("{native:.0} natively, {partition:.0} in a partition");
            case.add_property((figure, text.as_str()));
        }
        suite.set_time(suite.time.unwrap_or_default() + result.host_time).add_test_case(case);
    }
    junit_text("rtems", suites.into_values())
}

fn case(result: &TestResult) -> TestCase {
    let kind = match result.verdict {
        Verdict::Passed | Verdict::ExpectedToFail => None,
        Verdict::Failed(_) | Verdict::TimedOut => Some(NonSuccessKind::Failure),
        Verdict::NotRun(_) => Some(NonSuccessKind::Error),
    };
    let status = kind.map_or_else(TestCaseStatus::success, |kind| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(result.verdict.word()).set_message(result.verdict.reason());
        status
    });
    let mut case = TestCase::new(result.program.name.as_str(), status);
    case.set_classname(result.program.suite.as_str()).set_time(result.host_time);
    case.set_system_out(junit_output(&result.output));
    case
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::junit;
    use crate::test_rtems::{TestProgram, TestResult, Verdict, figures, table};

    fn result(name: &str, verdict: Verdict) -> TestResult {
        TestResult {
            program: TestProgram { suite: "samples".to_owned(), name: name.to_owned(), file: PathBuf::new() },
            verdict,
            system_time: None,
            host_time: Duration::from_millis(1500),
            output: "<hello>\u{1}\u{ffff}\n".to_owned(),
            figures: figures("a - 7\n", 1.0),
        }
    }

    #[test]
    fn the_report_and_the_table() {
        let results = [result("hello", Verdict::Passed), result("loop", Verdict::Failed("a < b".to_owned()))];
        let xml = junit(&results, &[]);
        let suite = xml.lines().find(|line| line.contains("<testsuite name=\"samples\"")).unwrap_or_default();
        let counts = ["tests=\"2\"", "failures=\"1\"", "errors=\"0\"", "time=\"3.000\""];
        assert!(counts.iter().all(|count| suite.contains(count)), "{xml}");
        assert!(xml.contains("<failure message=\"a &lt; b\" type=\"failed\"/>"), "{xml}");
        assert!(xml.contains("<system-out>&lt;hello&gt;\u{fffd}\n</system-out>"), "{xml}");
        assert!(!xml.contains("<propert"), "{xml}");
        let xml = junit(&results, &[result("loop", Verdict::Failed("c < d".to_owned()))]);
        for property in [("natively", "failed: c &lt; d"), ("a", "7 natively, 7 in a partition")] {
            let text = format!("<property name=\"{}\" value=\"{}\"/>", property.0, property.1);
            assert_eq!(xml.matches(&text).count(), 1, "{xml}");
        }
        let table = table(&results);
        assert!(table.starts_with("loop   failed     a < b\n\n"), "{table}");
        assert!(
            table.ends_with("samples          1          0          1          0          0\n"),
            "{table}"
        );
    }
}
