//! What the probe needs of each processor.

#[cfg(target_arch = "x86")]
mod i386;
#[cfg(target_arch = "x86")]
pub(crate) use i386::*;

#[cfg(target_arch = "sparc")]
mod sparc;
#[cfg(target_arch = "sparc")]
pub(crate) use sparc::*;

mod snippets;
pub(crate) use snippets::{Code, faulting_instructions, harmless_instructions};
