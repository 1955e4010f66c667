//! What `test-rtems` says: a line before the first test, one as each ends, and one behind the last.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::run::end_of;
use crate::test_rtems::{Comparison, Place, TestResult, Verdict};

use super::document::line;
use super::{Diagnostic, VERSION};

#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct TestsBegin {
    #[schemars(extend("const" = "begin"))]
    event: &'static str,
    #[schemars(extend("const" = VERSION))]
    version: u32,
    #[schemars(extend("const" = "test-rtems"))]
    command: &'static str,
    /// How many tests are run in partitions, and how many natively.
    tests: usize,
    native_tests: usize,
}

/// A test that has ended.
#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct TestObject<'a> {
    #[schemars(extend("const" = "test"))]
    event: &'static str,
    suite: &'a str,
    test: &'a str,
    /// `partition` or `native`.
    place: &'static str,
    /// `passed`, `expected-to-fail`, `failed`, `timed-out` or `not-run`.
    verdict: &'static str,
    /// Why it did not pass.
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    /// By the clock of its kernel.
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<u64>,
    /// By the clock of this machine.
    host_time: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    figures: Vec<FigureObject<'a>>,
    /// The end of what it has printed, if it did not pass.
    #[serde(skip_serializing_if = "str::is_empty")]
    output: &'a str,
}

/// What a benchmark has measured.
#[derive(Debug, JsonSchema, Serialize)]
struct FigureObject<'a> {
    figure: &'a str,
    /// Rounded.
    instructions: u64,
}

#[derive(Debug, JsonSchema, Serialize)]
pub(super) struct TestsEnd<'a> {
    #[schemars(extend("const" = "end"))]
    event: &'static str,
    #[schemars(extend("const" = VERSION))]
    version: u32,
    status: u8,
    /// `completed`, `interrupted` or `error`.
    reason: &'static str,
    text: String,
    diagnostics: &'a [Diagnostic],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suites: Vec<SuiteObject<'a>>,
}

/// The counts of a suite.
#[derive(Debug, Default, JsonSchema, Serialize)]
struct SuiteObject<'a> {
    suite: &'a str,
    tests: usize,
    /// In partitions, those that are expected to fail among them.
    passed: usize,
    /// Of the same tests, if they were run natively too.
    #[serde(skip_serializing_if = "Option::is_none")]
    passed_natively: Option<usize>,
}

/// The line before the first test.
#[must_use]
pub fn tests_begin(tests: usize, native_tests: usize) -> String {
    line(&TestsBegin { event: "begin", version: VERSION, command: "test-rtems", tests, native_tests })
}

/// The line of a test that has ended.
#[must_use]
pub fn test(result: &TestResult, place: Place) -> String {
    let is_good = result.verdict.is_good();
    let figure = |figure: &'_ crate::test_rtems::Figure| figure.instructions.round() as u64;
    line(&TestObject {
        event: "test",
        suite: &result.program.suite,
        test: &result.program.name,
        place: match place {
            Place::Partition => "partition",
            Place::Native => "native",
        },
        verdict: word(&result.verdict),
        reason: result.verdict.reason(),
        time: result.system_time.map(nanoseconds),
        host_time: nanoseconds(result.host_time),
        figures: result
            .figures
            .iter()
            .map(|one| FigureObject { figure: &one.name, instructions: figure(one) })
            .collect(),
        output: if is_good { "" } else { end_of(&result.output) },
    })
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Words can be added; none changes its meaning.
const fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::ExpectedToFail => "expected-to-fail",
        Verdict::Failed(_) => "failed",
        Verdict::TimedOut => "timed-out",
        Verdict::NotRun(_) => "not-run",
    }
}

/// The last line when all tests have ended; `text` says how many passed.
#[must_use]
pub fn tests_end(status: u8, text: &str, results: &[TestResult], natives: &[TestResult]) -> String {
    let mut suites: BTreeMap<&str, SuiteObject<'_>> = BTreeMap::new();
    for one in Comparison::all(results, natives) {
        let suite = one.partition.program.suite.as_str();
        let counts = suites.entry(suite).or_insert_with(|| SuiteObject { suite, ..SuiteObject::default() });
        counts.tests += 1;
        counts.passed += usize::from(one.partition.verdict.is_good());
        if let Some(native) = one.native {
            *counts.passed_natively.get_or_insert(0) += usize::from(native.verdict.is_good());
        }
    }
    last(status, "completed", text.trim_end(), &[], suites.into_values().collect())
}

/// The last line when a signal has ended the tests before their time.
#[must_use]
pub fn tests_interrupted(status: u8) -> String {
    last(status, "interrupted", "a signal has ended the tests before their time", &[], Vec::new())
}

/// The last line of tests that did not come about, or of which not everything could be written.
#[must_use]
pub fn tests_failure(status: u8, text: &str, diagnostics: &[Diagnostic]) -> String {
    last(status, "error", text, diagnostics, Vec::new())
}

fn last(
    status: u8,
    reason: &'static str,
    text: &str,
    diagnostics: &[Diagnostic],
    suites: Vec<SuiteObject<'_>>,
) -> String {
    let text = text.to_owned();
    line(&TestsEnd { event: "end", version: VERSION, status, reason, text, diagnostics, suites })
}

#[cfg(test)]
mod said {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::{Place, TestResult, Verdict, test};
    use crate::test_rtems::{self, TestProgram};

    #[test]
    fn figures_are_rounded_and_only_what_did_not_pass_has_its_output() {
        let program =
            TestProgram { suite: "tmtests".to_owned(), name: "tm01".to_owned(), file: PathBuf::new() };
        let output = "a - 10\nb - 3\n".to_owned();
        let passed = TestResult {
            program,
            verdict: Verdict::Passed,
            system_time: Some(Duration::from_micros(7)),
            host_time: Duration::from_millis(2),
            figures: test_rtems::figures(&output, 0.976_562_5),
            output,
        };
        let begin = r#"{"event":"test","suite":"tmtests","test":"tm01","place":"native","#;
        let figures = r#""figures":[{"figure":"a","instructions":10},{"figure":"b","instructions":3}]"#;
        let rest = format!(r#""time":7000,"host_time":2000000,{figures}"#);
        let expected = format!("{begin}\"verdict\":\"passed\",{rest}}}\n");
        assert_eq!(test(&passed, Place::Native), expected);
        let late = TestResult { verdict: Verdict::TimedOut, ..passed };
        let output = r#","output":"a - 10\nb - 3\n"}"#;
        let expected = format!("{begin}\"verdict\":\"timed-out\",{rest}{output}\n");
        assert_eq!(test(&late, Place::Native), expected);
    }
}
