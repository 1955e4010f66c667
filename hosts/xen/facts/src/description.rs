//! The system as the tool describes it: one fact a line, the first word says of what kind.
//!
//! ```text
//! frame 100000000            major frame in nanoseconds
//! limit 5000000000           end after this time (nanoseconds), if there is a limit
//! input 1                    number of the partition that gets the console's input, if one does
//! partition one 40           name and share of the processor in per cent, in the order of their numbers
//! slot 40000000 one          a part of the frame in nanoseconds, and whose: a partition, or Domain-0
//! ```

use std::fmt;

/// The first domain's name, with xl and in slots.
pub const DOMAIN_ZERO: &str = "Domain-0";

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Name, also with xl.
    pub name: String,
    /// Share of the processor in per cent, 1 to 100.
    pub share: u32,
}

/// A part of the major frame. Slots follow one another without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Number of the partition; `None` is the first domain.
    pub partition: Option<usize>,
    /// Length in nanoseconds.
    pub duration: u64,
}

/// A system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Major frame in nanoseconds.
    pub frame: u64,
    /// When to end, in nanoseconds after the guests' start.
    pub limit: Option<u64>,
    /// Number of the partition that gets the console's input.
    pub input: Option<usize>,
    /// The partitions, in the order of their numbers.
    pub partitions: Vec<Partition>,
    /// The frame from its start to its end; empty if there is no schedule that Xen could keep.
    pub slots: Vec<Slot>,
}

impl Description {
    /// Reads a description.
    ///
    /// # Errors
    /// If a line is none of its facts, or there is no partition or no frame.
    pub fn parse(text: &str) -> Result<Self, String> {
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
            ["slot", duration, owner] => {
                let partition = match owner {
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
    #[must_use]
    pub fn number(&self, name: &str) -> Option<usize> {
        self.partitions.iter().position(|partition| partition.name == name)
    }
}

impl fmt::Display for Description {
    /// The text that [`Description::parse`] reads.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(to, "frame {}", self.frame)?;
        if let Some(limit) = self.limit {
            writeln!(to, "limit {limit}")?;
        }
        if let Some(input) = self.input {
            writeln!(to, "input {input}")?;
        }
        for Partition { name, share } in &self.partitions {
            writeln!(to, "partition {name} {share}")?;
        }
        for Slot { partition, duration } in &self.slots {
            let owner = partition.and_then(|number| self.partitions.get(number));
            writeln!(to, "slot {duration} {}", owner.map_or(DOMAIN_ZERO, |partition| &partition.name))?;
        }
        Ok(())
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
        assert_eq!(system.to_string(), text);
    }

    #[test]
    fn errors_name_the_line() {
        assert!(
            Description::parse("frame 1\nslot 1 nobody\n").is_err_and(|error| error.starts_with("line 2 "))
        );
        assert!(Description::parse("frame 1\n").is_err());
    }
}
