//! How to build, and what is said meanwhile.

use std::path::PathBuf;

use crate::installation::Installation;
use crate::kit::Selection;
use crate::target::Host;

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
    /// Whether the kernel is the one that traces.
    pub traces: bool,
    /// Whether that kernel records the calls of partitions, too.
    pub records_calls: bool,
    /// The RTEMS kit that sources are compiled and linked with; by default the stand-in.
    pub kit: Option<Selection>,
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
