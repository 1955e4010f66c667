//! Counts what failed and says where.

use core::sync::atomic::{AtomicU32, Ordering};

static FAILURES: AtomicU32 = AtomicU32::new(0);

/// How many checks have failed.
pub(crate) fn failures() -> u32 {
    FAILURES.load(Ordering::Relaxed)
}

/// Says that a check has failed, and with what value.
pub(crate) fn failed(file: &str, line: u32, condition: &str, detail: core::fmt::Arguments<'_>) {
    bulkhead_guest::println!("{file}:{line}: failed: {condition} ({detail})");
    FAILURES.fetch_add(1, Ordering::Relaxed);
}

/// Checks a condition; what follows it is printed if it does not hold.
macro_rules! check {
    ($condition:expr) => { $crate::report::check!($condition, "") };
    ($condition:expr, $($detail:tt)+) => {
        if !$condition {
            $crate::report::failed(file!(), line!(), stringify!($condition), format_args!($($detail)+));
        }
    };
}
pub(crate) use check;

/// Checks that two values are equal, and prints both if they are not.
macro_rules! check_equal {
    ($actual:expr, $expected:expr) => {{
        let (actual, expected) = ($actual, $expected);
        $crate::report::check!(
            actual == expected,
            "{}: {actual:x?} instead of {expected:x?}",
            stringify!($actual)
        );
    }};
}
pub(crate) use check_equal;
