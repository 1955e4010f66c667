//! A line that the kernel says in words, before the first window and when it refuses or fails.

/// Bytes that a line holds; what is longer is cut.
pub const LINE_SIZE: usize = 240;

/// A line under construction.
pub type Line = bulkhead_abi::text::Text<LINE_SIZE>;
