//! Decides how a test ended by what RTEMS's test support has printed.

use std::time::Duration;

use super::{Figure, TestProgram};

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It printed the banner of its end.
    Passed,
    /// It did not, and says that it is expected to fail.
    ExpectedToFail,
    /// It did not: why, as far as it can be told.
    Failed(String),
    /// It did not within the time that it was given.
    TimedOut,
    /// It could not be run: why.
    NotRun(String),
}

/// A test that was run.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// The program.
    pub program: TestProgram,
    /// How it ended.
    pub verdict: Verdict,
    /// How long it ran by its own clock, if the kernel said so.
    pub system_time: Option<Duration>,
    /// How long it took here.
    pub host_time: Duration,
    /// What it printed.
    pub output: String,
    /// What it measured, if it is a benchmark.
    pub figures: Vec<Figure>,
}

/// The banner that a test prints when everything in it went well.
pub(super) const END: &str = "*** END OF TEST ";

/// Marks of lines that say why a test failed, the best first: those of the test, of RTEMS, of the kernel.
const REASONS: [&str; 6] =
    ["FAILED:", "assertion \"", "Assertion", "fatal source:", "INTERNAL ERROR", "stopped at "];

/// Whether the banner of the end is among what was printed.
fn has_passed(output: &str) -> bool {
    output.lines().any(|line| line.trim_start().starts_with(END))
}

/// Decides by what was printed, and if that does not tell, by how the run ended.
#[must_use]
pub fn verdict(output: &str, timed_out: bool, ending: &str) -> Verdict {
    if has_passed(output) {
        return Verdict::Passed;
    }
    if output.lines().any(|line| line.contains("*** TEST STATE: EXPECTED_FAIL")) {
        return Verdict::ExpectedToFail;
    }
    if timed_out {
        return Verdict::TimedOut;
    }
    let reason = REASONS.into_iter().find_map(|mark| output.lines().find(|line| line.contains(mark)));
    let begun = output.contains("*** BEGIN OF TEST ");
    Verdict::Failed(match reason {
        Some(line) => line.trim().to_owned(),
        None if begun => format!("no end of test: {ending}"),
        None => format!("no test began: {ending}"),
    })
}

impl Verdict {
    /// Whether nobody needs to look at it.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        matches!(self, Self::Passed | Self::ExpectedToFail)
    }

    /// The verdict in a word or two.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::ExpectedToFail => "failed as expected",
            Self::Failed(_) => "failed",
            Self::TimedOut => "timed out",
            Self::NotRun(_) => "not run",
        }
    }

    /// Why, if there is more to say.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Failed(reason) | Self::NotRun(reason) => reason,
            Self::Passed | Self::ExpectedToFail | Self::TimedOut => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict, verdict};

    const BEGIN: &str = "*** BEGIN OF TEST X ***\n*** TEST STATE: EXPECTED_PASS\n";

    #[test]
    fn the_banner_decides() {
        let passed = format!("{BEGIN}hello\n*** END OF TEST X ***\n");
        assert_eq!(verdict(&passed, false, ""), Verdict::Passed);
        // Tests that are to end in a fatal error have passed when the banner is there.
        assert_eq!(verdict(&passed, true, ""), Verdict::Passed);
    }

    #[test]
    fn without_the_banner_the_best_reason_counts() {
        let said = format!("{BEGIN}fatal source: 5\nx.c:7 FAILED:7:a == b \n");
        assert_eq!(verdict(&said, false, ""), Verdict::Failed("x.c:7 FAILED:7:a == b".to_owned()));
        let silent = verdict("", false, "every partition has halted with status 0");
        assert_eq!(silent.reason(), "no test began: every partition has halted with status 0");
    }

    #[test]
    fn time_and_expectation() {
        assert_eq!(verdict(BEGIN, true, ""), Verdict::TimedOut);
        let expected = "*** TEST STATE: EXPECTED_FAIL\n";
        assert!(verdict(expected, true, "").is_good());
    }
}
