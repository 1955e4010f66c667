//! Counts the checks, and says which failed.

use core::sync::atomic::{AtomicU32, Ordering};

static CHECKS: AtomicU32 = AtomicU32::new(0);
static FAILURES: AtomicU32 = AtomicU32::new(0);

/// A check has been made.
pub(crate) fn made() {
    CHECKS.fetch_add(1, Ordering::Relaxed);
}

/// Says that a check has failed, and how.
pub(crate) fn failed(file: &str, line: u32, detail: core::fmt::Arguments<'_>) {
    bulkhead_guest::println!("{file}:{line}: failed: {detail}");
    FAILURES.fetch_add(1, Ordering::Relaxed);
}

/// Says how many checks there were; how many failed.
pub(crate) fn say() -> u32 {
    let failures = FAILURES.load(Ordering::Relaxed);
    bulkhead_guest::println!("{} checks, {failures} failed", CHECKS.load(Ordering::Relaxed));
    failures
}

/// Checks that two values are equal, and prints both if they are not.
macro_rules! check_equal {
    ($actual:expr, $expected:expr) => {{
        let (actual, expected) = ($actual, $expected);
        $crate::report::made();
        if actual != expected {
            let what = stringify!($actual);
            $crate::report::failed(
                file!(),
                line!(),
                format_args!("{what}: {actual:?} instead of {expected:?}"),
            );
        }
    }};
}
pub(crate) use check_equal;

/// Checks that a time in nanoseconds is this one or up to 300 us later.
macro_rules! check_time {
    ($actual:expr, $expected:expr) => {{
        let (actual, expected): (i64, i64) = ($actual, $expected);
        $crate::report::made();
        if !(expected..expected + 300_000).contains(&actual) {
            $crate::report::failed(file!(), line!(), format_args!("at {actual} instead of {expected}"));
        }
    }};
}
pub(crate) use check_time;
