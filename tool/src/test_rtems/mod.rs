//! `bulkhead test-rtems`: runs RTEMS's own test programs, each in a partition and a QEMU of its own.
//!
//! `programs` finds them, `run` runs them, `partition`, `packed` and `native` run one, `neighbours` makes what runs
//! beside it, `verdict` decides by what RTEMS's test support prints, `figures` reads what benchmarks measure, `table`,
//! `comparison` and `junit` show the results.

mod comparison;
mod figures;
mod junit;
mod native;
mod neighbours;
mod packed;
mod partition;
mod programs;
mod run;
mod table;
mod verdict;

pub use comparison::{Comparison, comparison};
pub use figures::{Figure, figures};
pub use junit::junit;
pub use neighbours::Neighbours;
pub use packed::packer;
pub use partition::can_test;
pub use programs::{TestProgram, counterparts, programs};
pub use run::{Place, TestOptions, run_all};
pub use table::{summary, table};
pub use verdict::{TestResult, Verdict, verdict};
