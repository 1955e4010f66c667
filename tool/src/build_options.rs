//! How to build, and what is said meanwhile.

use std::path::PathBuf;

use crate::error::Result;
use crate::installation::Installation;
use crate::kit::Selection;
use crate::target::{Host, Processor};

/// How to build.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where the bootable file goes; by default `build/<system>-<processor>.elf` in the system file's folder, or
    /// for another host's folder `build/<system>-<host>`.
    pub output: Option<PathBuf>,
    /// Where kernel and guest library are; by default [`Installation::find`].
    pub installation: Option<Installation>,
    /// Whether compilers may use colour.
    pub colour: bool,
    /// The kernel that partitions are linked for.
    pub host: Host,
    /// Whether the kernel is one that traces, and programs record what their tasks do.
    pub traces: bool,
    /// Whether that kernel records the calls of partitions, too.
    pub records_calls: bool,
    /// Whether the kernel is the one that varies.
    pub varies: bool,
    /// The RTEMS kit that sources are compiled and linked with; by default the stand-in.
    pub kit: Option<Selection>,
}

impl Options {
    /// The kernel's file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn kernel(&self, installation: &Installation, processor: Processor) -> Result<Vec<u8>> {
        match (self.varies, self.traces) {
            (true, _) => installation.varying_kernel(processor),
            (false, true) => installation.tracing_kernel(processor),
            (false, false) => installation.kernel(processor),
        }
    }

    /// What stands behind the processor in the name of what is built: programs differ as kernels do.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match (self.varies, self.traces, self.records_calls) {
            (true, true, false) => "-vary-trace",
            (true, true, true) => "-vary-trace-calls",
            (true, false, _) => "-vary",
            (false, true, false) => "-trace",
            (false, true, true) => "-trace-calls",
            (false, false, _) => "",
        }
    }
}

/// What the tool says while it works.
pub trait Progress {
    /// A step begins.
    fn step(&mut self, what: &str);
    /// Messages of a compiler or linker.
    fn messages(&mut self, text: &str);
    /// So many pieces of the step are done, of so many.
    fn count(&mut self, _done: usize, _all: usize) {}
}

/// Says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn step(&mut self, _what: &str) {}
    fn messages(&mut self, _text: &str) {}
}
