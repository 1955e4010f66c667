//! `bulkhead top`: what is known of a system while it runs, and how it is shown.
//!
//! [`Watched`] is what is known, told by whoever reads the machine's memory and by the run. [`View`] makes lines of it,
//! for a terminal of any size or as text, [`Choice`] is what somebody has chosen to see by keys, and [`Display`] is the
//! terminal.

mod channels;
mod choice;
mod display;
mod help;
mod partitions;
mod table;
#[cfg(test)]
mod tests;
mod view;
mod watched;

pub(crate) use choice::{Choice, Wish};
pub(crate) use display::Display;
pub(crate) use view::View;
#[cfg(test)]
use watched::Shown;
pub(crate) use watched::{Listener, Watched};
