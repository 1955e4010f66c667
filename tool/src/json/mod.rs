//! What the tool says to programs: objects of JSON, one a line. `docs/command.md` has the form of each.

mod building;
mod channel;
mod device;
mod diagnostic;
mod document;
mod health;
mod injections;
mod printer;
mod run;
pub mod schema;
mod system;
mod tests;

pub use diagnostic::Diagnostic;
pub use document::{Contents, document};
pub use injections::{
    injection, injections_begin, injections_end, injections_failure, injections_interrupted,
};
pub use printer::JsonPrinter;
pub use run::{begin, end, failure};
pub use tests::{test, tests_begin, tests_end, tests_failure, tests_interrupted};

/// Version of the objects. Keys can be added without changing it; none goes away or changes its meaning.
pub const VERSION: u32 = 1;
