//! The results in a partition beside those natively: verdicts, counts and figures.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{TestResult, Verdict};

/// A test in both places.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a> {
    /// In a partition.
    pub partition: &'a TestResult,
    /// Natively, if the program is there.
    pub native: Option<&'a TestResult>,
}

impl<'a> Comparison<'a> {
    /// The results of partitions, each with that of the native program of the same suite and name.
    #[must_use]
    pub fn all(results: &'a [TestResult], natives: &'a [TestResult]) -> Vec<Self> {
        let is_same = |one: &TestResult, other: &TestResult| {
            one.program.suite == other.program.suite && one.program.name == other.program.name
        };
        let native = |one| natives.iter().find(|other| is_same(one, other));
        results.iter().map(|partition| Self { partition, native: native(partition) }).collect()
    }

    /// What is said of the native program, in a word or two.
    #[must_use]
    pub fn native_word(&self) -> &'static str {
        self.native.map_or("not there", |native| native.verdict.word())
    }

    /// Figures that both print: what they measure, natively and in a partition, in instructions. Two of one name are
    /// paired in their order.
    #[must_use]
    pub fn figures(&self) -> Vec<(&'a str, f64, f64)> {
        let Some(native) = self.native else { return Vec::new() };
        let mut left: Vec<_> = native.figures.iter().collect();
        let pair = |figure: &'a super::Figure| {
            let place = left.iter().position(|other| other.name == figure.name)?;
            Some((figure.name.as_str(), left.remove(place).instructions, figure.instructions))
        };
        self.partition.figures.iter().filter_map(pair).collect()
    }

    /// Whether it is to be looked at: it did not pass, or went otherwise than natively.
    fn is_told(&self) -> bool {
        let native = self.native.map(|native| &native.verdict);
        !self.partition.verdict.is_good() || native.is_some_and(|native| !native.is_good())
    }

    fn reason(&self) -> String {
        let native = self.native.map_or("", |native| native.verdict.reason());
        match (self.partition.verdict.reason(), native) {
            ("", "") => String::new(),
            ("", native) => format!("natively: {native}"),
            (partition, native) if native == partition => format!("both: {partition}"),
            (partition, _) => partition.to_owned(),
        }
    }
}

/// The tests that need to be looked at, the counts of each suite, and the figures of benchmarks, in both places.
#[must_use]
pub fn comparison(all: &[Comparison<'_>]) -> String {
    let mut text = verdicts(all);
    text += &counts(all);
    text += &ratios(all);
    text
}

fn verdicts(all: &[Comparison<'_>]) -> String {
    let told: Vec<_> = all.iter().filter(|one| one.is_told()).collect();
    if told.is_empty() {
        return String::new();
    }
    let name = told.iter().map(|one| one.partition.program.name.len()).max().unwrap_or(0).max("test".len());
    let mut text = format!("{:name$}  {:18}  {:18}  reason\n", "test", "natively", "in a partition");
    for one in told {
        let (native, partition) = (one.native_word(), one.partition.verdict.word());
        let line =
            format!("{:name$}  {native:18}  {partition:18}  {}", one.partition.program.name, one.reason());
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text + "\n"
}

/// Programs, passed natively, passed in a partition.
type Row = [usize; 3];

fn counts(all: &[Comparison<'_>]) -> String {
    let good = |result: &TestResult| usize::from(result.verdict.is_good());
    let mut suites: BTreeMap<&str, Row> = BTreeMap::new();
    let mut sum = Row::default();
    for one in all {
        let row = suites.entry(&one.partition.program.suite).or_default();
        let added = [1, one.native.map_or(0, good), good(one.partition)];
        for (counts, added) in row.iter_mut().zip(&mut sum).zip(added) {
            *counts.0 += added;
            *counts.1 += added;
        }
    }
    let width = suites.keys().map(|name| name.len()).max().unwrap_or(0).max("suite".len());
    let mut text = format!("{:width$}  programs  passed natively  passed in a partition\n", "suite");
    for (name, [programs, natively, partition]) in suites.into_iter().chain([("all", sum)]) {
        let _ = writeln!(text, "{name:width$}  {programs:>8}  {natively:>15}  {partition:>21}");
    }
    text
}

/// What heads the names of figures: their unit.
const HEAD: &str = "instructions";

fn ratios(all: &[Comparison<'_>]) -> String {
    let mut rows = Vec::new();
    for one in all {
        let test = &one.partition.program.name;
        rows.extend(
            one.figures().into_iter().map(|(name, native, partition)| (test, name, native, partition)),
        );
    }
    if rows.is_empty() {
        return String::new();
    }
    let width = rows.iter().map(|(test, name, ..)| test.len() + 1 + name.len()).max().unwrap_or(0);
    let width = width.max(HEAD.len());
    let mut text = format!("\n{HEAD:width$}  natively  in a partition  ratio\n");
    let mut ratios = Vec::new();
    for (test, name, native, partition) in rows {
        let ratio = (native > 0.0).then_some(partition / native);
        ratios.extend(ratio);
        let shown = ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
        let what = format!("{test} {name}");
        let _ = writeln!(text, "{what:width$}  {native:>8.0}  {partition:>14.0}  {shown:>5}");
    }
    ratios.sort_by(f64::total_cmp);
    if let Some(median) = ratios.get(ratios.len() / 2) {
        let low = ratios.iter().filter(|ratio| **ratio <= 1.0).count();
        let _ = writeln!(text, "{} ratios, median {median:.2}, {low} at or below 1.00", ratios.len());
    }
    text
}

/// The verdict of a native program as JUnit's property: the word, and the reason where there is one.
pub(super) fn property(verdict: &Verdict) -> String {
    match verdict.reason() {
        "" => verdict.word().to_owned(),
        reason => format!("{}: {reason}", verdict.word()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::{Comparison, comparison};
    use crate::test_rtems::{TestProgram, TestResult, Verdict, figures};

    fn result(suite: &str, name: &str, verdict: Verdict, output: &str) -> TestResult {
        TestResult {
            program: TestProgram { suite: suite.to_owned(), name: name.to_owned(), file: PathBuf::new() },
            verdict,
            system_time: None,
            host_time: Duration::ZERO,
            output: output.to_owned(),
            figures: figures(output, 1.0),
        }
    }

    #[test]
    fn both_columns_and_every_ratio() {
        let failed = |why: &str| Verdict::Failed(why.to_owned());
        let partition = [
            result("tmtests", "tm01", Verdict::Passed, "a - 110\nb - 5\na - 30\n"),
            result("tmtests", "tm02", Verdict::Passed, "c - 100\n"),
            result("samples", "same", failed("x"), ""),
            result("samples", "worse", failed("y"), ""),
            result("samples", "only", Verdict::TimedOut, ""),
            result("samples", "better", Verdict::Passed, ""),
        ];
        let natively = [
            result("tmtests", "tm01", Verdict::Passed, "a - 100\na - 40\nb - 0\n"),
            result("tmtests", "tm02", Verdict::Passed, "d - 100\n"),
            result("samples", "same", failed("x"), ""),
            result("samples", "worse", Verdict::Passed, ""),
            result("samples", "better", failed("z"), ""),
            result("other", "only", Verdict::Passed, ""),
        ];
        let text = comparison(&Comparison::all(&partition, &natively));
        let expected = "\
test    natively            in a partition      reason
same    failed              failed              both: x
worse   passed              failed              y
only    not there           timed out
better  failed              passed              natively: z

suite    programs  passed natively  passed in a partition
samples         4                1                      1
tmtests         2                2                      2
all             6                3                      3

instructions  natively  in a partition  ratio
tm01 a             100             110   1.10
tm01 b               0               5      -
tm01 a              40              30   0.75
2 ratios, median 1.10, 1 at or below 1.00
";
        assert_eq!(text, expected, "\n{text}");
    }
}
