//! Messages on their way from sender to receiver.

use std::collections::{HashMap, HashSet};

use bulkhead_abi::trace::{Kind, SUBJECT_BITS};

use crate::model::Timeline;

/// A message that has been read or received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// The number of the channel.
    pub channel: usize,
    /// The place of the event with which it was complete at the sender's, in [`Timeline::events`].
    pub put: usize,
    /// The place of the event with which it was complete at the receiver's.
    pub got: usize,
    /// Whether it was the first time that this partition has had it: of a sampling channel the same message can be read
    /// again.
    pub is_new: bool,
}

impl Timeline {
    /// The messages whose sending and reception are both known, in the order of the receptions.
    ///
    /// A message is found by its buffer: what a receiver gets out of one is what was put there last.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        let mut puts: HashMap<u32, usize> = HashMap::new();
        let mut had: HashSet<(usize, Option<usize>)> = HashSet::new();
        let mut messages = Vec::new();
        let mut lost = self.lost.iter().filter(|lost| lost.partition.is_none()).peekable();
        for (place, event) in self.events.iter().enumerate() {
            let Some((kind, argument)) = event.of_kernel() else { continue };
            while lost.next_if(|lost| lost.time <= event.time).is_some() {
                // What is in the buffers now nobody knows.
                puts.clear();
            }
            match kind {
                Kind::Put => {
                    puts.insert(argument, place);
                }
                Kind::Got => {
                    if let Some(&put) = puts.get(&argument) {
                        let channel = (argument & ((1 << SUBJECT_BITS) - 1)) as usize;
                        let is_new = had.insert((put, event.partition));
                        messages.push(Message { channel, put, got: place, is_new });
                    }
                }
                Kind::ModuleRestarted => puts.clear(),
                _ => {}
            }
        }
        messages
    }
}
