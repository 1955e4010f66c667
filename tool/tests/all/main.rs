//! What the tool promises, shown from outside: messages, what is built, and that nothing makes it panic.

mod bad_system_files;
mod packing;
mod robustness;
mod support;
