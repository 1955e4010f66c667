//! `bulkhead test-rtems`: runs RTEMS's own test programs, each in a partition and a QEMU of its own.
//!
//! `programs` finds them, `run` runs one, `verdict` decides by what RTEMS's test support prints, `table`
//! and `junit` show the results.

mod junit;
mod programs;
mod run;
mod table;
mod verdict;

pub use junit::junit;
pub use programs::{TestProgram, programs};
pub use run::{Stop, TestOptions, run_all};
pub use table::{summary, table};
pub use verdict::{TestResult, Verdict, verdict};
