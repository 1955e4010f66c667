//! RTEMS kits: finds an installed one, says whether partitions can be built with it, and makes it a partition's board
//! support package.
//!
//! A kit is an installed RTEMS: `PREFIX/lib/pkgconfig/<architecture>-rtems<version>-<bsp>.pc` and what that file names.
//! Nothing in it is changed. [`Kit::find`] reads it, [`Kit::problems`] checks it, [`install`] and [`support()`] put the
//! link-time pack beside it, compiled against its headers.

mod board;
mod board_help;
mod compile;
mod find;
mod options;
mod pkg_config;
mod problems;
mod report;
mod support;

pub use board::{Board, install};
pub(crate) use compile::KitCompiler;
pub use find::{Kit, Selection};
pub use options::BuildOptions;
pub use pkg_config::PkgConfig;
pub use report::report;
pub use support::{flags, support, try_pack};
