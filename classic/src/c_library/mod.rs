//! The part of the C library that programs for the stand-in need. `classic/include` declares it.
//!
//! `memcpy`, `memmove`, `memset`, `memcmp`, `bcmp` and `strlen` come with the Rust compiler's own library.

mod arguments;
mod cxx;
mod output;
mod standard;
mod strings;

pub(crate) use arguments::ArgumentList;
pub(crate) use cxx::construct;
pub(crate) use output::print;
