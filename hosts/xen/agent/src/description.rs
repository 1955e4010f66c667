//! The system as the tool describes it: one fact a line, the first word says of what kind.
//!
//! ```text
//! frame 100000000            major frame in nanoseconds
//! limit 5000000000           end after this time (nanoseconds), if there is a limit
//! input 1                    number of the partition that gets the console's input, if one does
//! partition one 40           name and share of the processor in per cent, in the order of their numbers
//! slot 40000000 one          a part of the frame in nanoseconds, and whose: a partition, or Domain-0
//! ```

use std::fs;
use std::path::Path;

use crate::Result;

/// The first domain's name, with xl and in slots.
pub(crate) const DOMAIN_ZERO: &str = "Domain-0";

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    /// Name, also with xl.
    pub(crate) name: String,
    /// Share of the processor in per cent, 1 to 100.
    pub(crate) share: u32,
}

/// A part of the major frame. Slots follow one another without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Number of the partition; `None` is the first domain.
    pub(crate) partition: Option<usize>,
    /// Length in nanoseconds.
    pub(crate) duration: u64,
}

/// A system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Description {
    /// Major frame in nanoseconds.
    pub(crate) frame: u64,
    /// When to end, in nanoseconds after the guests' start.
    pub(crate) limit: Option<u64>,
    /// Number of the partition that gets the console's input.
    pub(crate) input: Option<usize>,
    /// The partitions, in the order of their numbers.
    pub(crate) partitions: Vec<Partition>,
    /// The frame from its start to its end; empty if there is no schedule that Xen could keep.
    pub(crate) slots: Vec<Slot>,
}

impl Description {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut system = Self::default();
        for (index, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            system.fact(&words).ok_or_else(|| format!("line {} cannot be read: {line}", index + 1))?;
        }
        if system.partitions.is_empty() || system.frame == 0 {
            return Err("the description has no partitions or no frame".to_owned());
        }
        Ok(system)
    }

    fn fact(&mut self, words: &[&str]) -> Option<()> {
        match *words {
            ["frame", time] => self.frame = time.parse().ok()?,
            ["limit", time] => self.limit = Some(time.parse().ok()?),
            ["input", number] => self.input = Some(number.parse().ok()?),
            ["partition", name, share] => {
                self.partitions.push(Partition { name: name.to_owned(), share: share.parse().ok()? });
            }
            ["slot", duration, whose] => {
                let partition = match whose {
                    DOMAIN_ZERO => None,
                    name => Some(self.number(name)?),
                };
                self.slots.push(Slot { partition, duration: duration.parse().ok()? });
            }
            _ => return None,
        }
        Some(())
    }

    /// The number of the partition with this name.
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.partitions.iter().position(|partition| partition.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact() {
        let text = "frame 100\nlimit 5\ninput 1\npartition one 40\npartition two 50\n\
                    slot 40 one\nslot 10 Domain-0\nslot 50 two\n";
        let system = Description::parse(text).expect("a description");
        assert_eq!((system.frame, system.limit, system.input), (100, Some(5), Some(1)));
        assert_eq!(system.partitions[1], Partition { name: "two".to_owned(), share: 50 });
        let slots: Vec<_> = system.slots.iter().map(|slot| (slot.partition, slot.duration)).collect();
        assert_eq!(slots, [(Some(0), 40), (None, 10), (Some(1), 50)]);
    }

    #[test]
    fn errors_name_the_line() {
        assert!(
            Description::parse("frame 1\nslot 1 nobody\n").is_err_and(|error| error.starts_with("line 2 "))
        );
        assert!(Description::parse("frame 1\n").is_err());
    }
}
