//! `bulkhead inject`: runs a system again and again, each time with one fault at an exact instant, and says what each
//! has led to.
//!
//! `plan` reads what is to be injected, `fault` draws it, `hold` keeps a machine of QEMU's, `pc` and `leon3` have it
//! stop at instants, `seen` is what is seen of a run, `compare` decides what a fault has led to, `class` names that,
//! `campaign` runs them all, and `report` shows the results.

mod campaign;
mod class;
mod compare;
mod fault;
mod hold;
mod leon3;
mod pc;
mod plan;
mod report;
mod seen;

pub use campaign::{Campaign, Finding};
pub use class::Class;
pub use compare::Outcome;
pub use fault::{Effect, Fault, Injection, Target};
pub use plan::Plan;
pub use report::{fails, junit, summary, table};
pub(crate) use report::{figures, shift};
