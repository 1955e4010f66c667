//! The part of the C library that programs for the stand-in need. `classic/include` declares it.
//!
//! `memcpy`, `memmove`, `memset`, `memcmp`, `bcmp` and `strlen` come with the Rust compiler's own library.

mod arguments;
mod characters;
mod conversions;
mod cxx;
mod errno;
mod input;
mod math;
mod memory;
mod output;
mod random;
mod signals;
mod sorting;
mod standard;
mod streams;
mod strings;
mod time;
mod words;

pub(crate) use arguments::ArgumentList;
pub(crate) use cxx::construct;
pub(crate) use errno::exchange as exchange_errno;
pub(crate) use output::print;
