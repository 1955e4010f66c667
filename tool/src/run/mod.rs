//! Runs a built system in QEMU, and says how it went.

mod alone;
mod console;
mod consoles;
mod decisions;
mod demultiplex;
mod devices;
mod emulator;
mod facts;
mod input;
mod junit;
mod lines;
mod log;
mod options;
mod outcome;
mod output;
mod qemu;
mod session;
mod summary;

pub use alone::{Alone, AloneEnding};
pub use console::ConsolePrinter;
pub use consoles::{ConsolePlace, Consoles, Place, Terminal};
pub use decisions::{Decided, Decisions, Times};
pub use demultiplex::{Channel, Demultiplexer};
pub use devices::{Devices, DiskFile, Forward, Peer, Protocol, Wish};
pub(crate) use emulator::qemu_version;
pub use emulator::refuse_what_cannot_hold;
pub use facts::{Facts, Names, Observation, PartitionEnd, Reason, in_words};
pub use junit::{Heard, junit, junit_failure};
pub(crate) use junit::{end_of, output as junit_output, text as junit_text};
pub use lines::{LINE_LENGTH_MAX, LineSink, Lines};
pub use log::Log;
pub use options::{AloneOptions, Input, RunOptions};
pub use outcome::{Ending, Expectation};
pub use output::{Output, Speaker};
pub use session::{Finished, Interrupter, Session};
pub use summary::summary;
