//! The results as JUnit XML, the form that CI servers read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{TestResult, Verdict};

/// The most of a test's output that is kept, in bytes from its end.
const OUTPUT_MAX: usize = 16 * 1024;

/// The report, one suite for each folder.
#[must_use]
pub fn junit(results: &[TestResult]) -> String {
    let mut suites: BTreeMap<&str, Vec<&TestResult>> = BTreeMap::new();
    for result in results {
        suites.entry(&result.program.suite).or_default().push(result);
    }
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(xml, "<testsuites {}>", counts(results.iter()));
    for (suite, results) in suites {
        let _ = writeln!(xml, "  <testsuite name=\"{}\" {}>", escape(suite), counts(results.iter().copied()));
        for result in results {
            case(&mut xml, suite, result);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml + "</testsuites>\n"
}

fn counts<'a>(results: impl Iterator<Item = &'a TestResult>) -> String {
    let (mut tests, mut failures, mut errors, mut time) = (0, 0, 0, 0.0);
    for result in results {
        tests += 1;
        time += result.host_time.as_secs_f64();
        match result.verdict {
            Verdict::Failed(_) | Verdict::TimedOut => failures += 1,
            Verdict::NotRun(_) => errors += 1,
            Verdict::Passed | Verdict::ExpectedToFail => {}
        }
    }
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{time:.3}\"")
}

fn case(xml: &mut String, suite: &str, result: &TestResult) {
    let _ = writeln!(
        xml,
        "    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\">",
        escape(suite),
        escape(&result.program.name),
        result.host_time.as_secs_f64()
    );
    let element = match result.verdict {
        Verdict::Passed | Verdict::ExpectedToFail => None,
        Verdict::Failed(_) | Verdict::TimedOut => Some("failure"),
        Verdict::NotRun(_) => Some("error"),
    };
    if let Some(element) = element {
        let (word, reason) = (result.verdict.word(), escape(result.verdict.reason()));
        let _ = writeln!(xml, "      <{element} type=\"{word}\" message=\"{reason}\"/>");
    }
    let mut start = result.output.len().saturating_sub(OUTPUT_MAX);
    while !result.output.is_char_boundary(start) {
        start += 1;
    }
    let _ = writeln!(xml, "      <system-out>{}</system-out>", escape(&result.output[start..]));
    xml.push_str("    </testcase>\n");
}

/// Text as XML 1.0 allows it: markup escaped, and control characters, which it does not allow at all, shown.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            control if control.is_control() || matches!(control, '\u{fffe}' | '\u{ffff}') => {
                escaped.push('\u{fffd}');
            }
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::{escape, junit};
    use crate::test_rtems::{TestProgram, TestResult, Verdict, table};

    fn result(name: &str, verdict: Verdict) -> TestResult {
        TestResult {
            program: TestProgram { suite: "samples".to_owned(), name: name.to_owned(), file: PathBuf::new() },
            verdict,
            system_time: None,
            host_time: Duration::from_millis(1500),
            output: "<hello>\u{1b}\n".to_owned(),
        }
    }

    #[test]
    fn the_report_and_the_table() {
        let results = [result("hello", Verdict::Passed), result("loop", Verdict::Failed("a < b".to_owned()))];
        let xml = junit(&results);
        assert!(
            xml.contains(
                "<testsuite name=\"samples\" tests=\"2\" failures=\"1\" errors=\"0\" time=\"3.000\">"
            )
        );
        assert!(xml.contains("<failure type=\"failed\" message=\"a &lt; b\"/>"), "{xml}");
        assert!(xml.contains("<system-out>&lt;hello&gt;\u{fffd}\n</system-out>"), "{xml}");
        let table = table(&results);
        assert!(table.starts_with("loop   failed     a < b\n\n"), "{table}");
        assert!(
            table.ends_with("samples          1          0          1          0          0\n"),
            "{table}"
        );
    }

    #[test]
    fn nothing_of_xml_is_left() {
        assert_eq!(escape("a&b<c>\"d\"\0"), "a&amp;b&lt;c&gt;&quot;d&quot;\u{fffd}");
    }
}
