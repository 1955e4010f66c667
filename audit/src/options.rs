//! What the caller may choose.

use crate::instructions::Kernel;

/// The largest file that is read unless the caller says otherwise: far above any RTEMS kit with debug information,
/// far below what would make a laptop swap.
pub const DEFAULT_SIZE_LIMIT: u64 = 1 << 30;

/// Whether the link-time pack can still take a symbol's place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputKind {
    /// Decide by the file: objects and archives are parts of a kit, linked files are images.
    #[default]
    Detect,
    /// The file must be a linked image; anything else is an error.
    Image,
}

/// A function whose silent and faulting instructions are accepted, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The function's symbol.
    pub function: String,
    /// The reason, repeated in the report.
    pub reason: String,
}

/// How to audit.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the input is.
    pub kind: InputKind,
    /// Functions that are allowed by name.
    pub allowed: Vec<Allowance>,
    /// The symbols that the pack really defines. `None` takes those of [`crate::replacements`].
    pub pack: Option<Vec<String>>,
    /// The kernel below the partition.
    pub kernel: Kernel,
    /// The largest input in bytes.
    pub size_limit: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kind: InputKind::Detect,
            allowed: Vec::new(),
            pack: None,
            kernel: Kernel::Bulkhead,
            size_limit: DEFAULT_SIZE_LIMIT,
        }
    }
}
