//! A timeline: what ran when in a system, as its kernel and the tasks in its partitions have recorded it.
//!
//! [`Timeline`] is the model: what is known of the system, and what has happened, in the order of time. Views of it
//! are computed when they are asked for: windows with their lateness ([`Timeline::windows`]), who had the processor
//! ([`Timeline::running`]), messages from sender to receiver ([`Timeline::messages`]), the tasks of partitions
//! ([`Timeline::tasks`]) and what the system file promises for the same time ([`Timeline::configured`]).
//!
//! ```
//! use bulkhead_abi::trace::Kind;
//! use bulkhead_timeline::{Event, Partition, Schedule, System, Timeline, Window};
//!
//! let windows = vec![Window { number: 0, partition: 0, start: 0, end: 600 }];
//! let system = System {
//!     partitions: vec![Partition { name: "control".into() }],
//!     schedules: vec![Schedule { name: "normal".into(), frame: 1_000, windows }],
//!     ..System::default()
//! };
//! // The first window opens 20 ns late, and ends with the time that is in no window.
//! let events =
//!     vec![Event::kernel(20, Kind::Window, Some(0), 20), Event::kernel(600, Kind::Unassigned, None, 0)];
//! let timeline = Timeline::new(system, events);
//! let window = timeline.windows()[0];
//! assert_eq!((window.start, window.late, window.begin, window.end), (0, 20, 20, 600));
//! ```
//!
//! All times are nanoseconds of the system's clock, which begins with the first major frame.

#![forbid(unsafe_code)]

pub mod chrome;
pub mod ctf;
mod event;
mod jobs;
mod lines;
pub mod live;
mod messages;
mod model;
pub mod page;
pub mod perfetto;
pub mod picture;
mod record_items;
mod record_layout;
mod records;
pub mod report;
mod ring;
mod running;
mod shown;
mod tasks;
mod tracks;
mod windows;

#[cfg(test)]
mod tests;

pub use event::{Event, TaskEvent, Value, What};
pub use jobs::Job;
pub use lines::Line;
pub use messages::Message;
pub use model::{Channel, End, Gap, Lost, Partition, Schedule, System, Timeline, Window};
pub use record_layout::RtemsRing;
pub use records::RecordReader;
pub use ring::{Memory, RingReader};
pub use running::{Activity, Span};
pub use tasks::{TASKS_MAX, Task, TaskSpan};
pub use windows::{Configured, Observed};
