//! Whole systems on the real kernel: what guests do to each other, and what they cannot.

mod attacks;
mod console;
mod costs;
mod examples;
mod instructions;
mod kernel_file;
mod leon3;
mod schedule;
mod witnesses;
