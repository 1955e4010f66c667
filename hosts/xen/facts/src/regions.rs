//! The regions of a guest, memory that it shares with others: what the tool tells the monitor of them.
//!
//! A region's pages are memory of one guest, the first that writes it; it grants them to the others, to be read or to
//! be written. Which of its grants are for whom follows from the order of the partitions.

use core::fmt;

use bulkhead_abi::system_table::{PARTITIONS_MAX, REGIONS_MAX as MOST};
use bulkhead_abi::{Line, NAME_SIZE, PAGE_SIZE};

use crate::command_line::{copy, number, text};
use crate::ports::{GRANT_FIRST, GRANTS_MAX};

/// The most regions of a partition.
pub const REGIONS_MAX: usize = MOST;

/// Where the addresses of a partition's memory and its regions end on Xen: the monitor has its own behind.
pub const REGIONS_END: u32 = 0xc000_0000;

/// Partitions, one bit each.
pub type Partitions = u32;

const _: () = assert!(PARTITIONS_MAX <= Partitions::BITS as usize);

/// A region as one partition has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionWords {
    /// Its number in the system.
    pub number: u32,
    /// Its name, padded with zeros.
    pub name: [u8; NAME_SIZE],
    /// Where the partition sees it.
    pub address: u32,
    /// Pages of it.
    pub pages: u32,
    /// Whether the partition may write it.
    pub writable: bool,
    /// The line that another's doorbell makes pending, or 0.
    pub line: u32,
    /// The partition whose memory it is.
    pub owner: u32,
    /// The first of the owner's grants that are for this partition; of the owner itself, the first of all.
    pub grant: u32,
    /// The other partitions that only read it.
    pub readers: Partitions,
    /// The other partitions that write it.
    pub writers: Partitions,
}

/// All regions of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionTable {
    regions: [RegionWords; REGIONS_MAX],
    count: usize,
    /// How many regions the system has: those of others have numbers too.
    pub in_system: u32,
}

/// Partitions by their numbers.
pub fn numbers(partitions: Partitions) -> impl Iterator<Item = u32> {
    (0..Partitions::BITS).filter(move |number| partitions >> number & 1 != 0)
}

impl RegionWords {
    /// No region.
    pub const EMPTY: Self = Self {
        number: 0,
        name: [0; NAME_SIZE],
        address: 0,
        pages: 0,
        writable: false,
        line: 0,
        owner: 0,
        grant: 0,
        readers: 0,
        writers: 0,
    };

    /// The other partitions that have it.
    #[must_use]
    pub const fn others(&self) -> Partitions {
        self.readers | self.writers
    }

    /// How many grants its owner gives: every page, to every other partition.
    #[must_use]
    pub const fn grants(&self) -> u32 {
        self.pages * self.others().count_ones()
    }

    /// The first of the grants that its owner gives to another partition, and whether that one may write.
    pub fn given(&self) -> impl Iterator<Item = (u32, u32, bool)> {
        numbers(self.others()).enumerate().map(|(place, partition)| {
            (partition, self.grant + place as u32 * self.pages, self.writers >> partition & 1 != 0)
        })
    }

    /// Bytes of it.
    #[must_use]
    pub const fn size(&self) -> u32 {
        self.pages * PAGE_SIZE as u32
    }

    /// Reads what [`fmt::Display`] has written of one region.
    fn read(text: &[u8]) -> Result<Self, &'static str> {
        const FEW: &str = "a region has too few words";
        let mut words = text.split(|byte| *byte == b',');
        let mut region = Self::EMPTY;
        let mut next = || words.next().ok_or(FEW);
        region.number = number(next()?)?;
        copy(&mut region.name[..NAME_SIZE - 1], next()?)?;
        region.address = number(next()?)?;
        region.pages = number(next()?)?;
        region.writable = number(next()?)? != 0;
        region.line = number(next()?)?;
        region.owner = number(next()?)?;
        region.grant = number(next()?)?;
        region.readers = number(next()?)?;
        region.writers = number(next()?)?;
        let is_line = region.line == 0 || Line::DOORBELLS.contains(&region.line);
        if region.number as usize >= REGIONS_MAX || region.owner >= Partitions::BITS || !is_line {
            return Err("a region has no such number, owner or line");
        }
        if !(1..=GRANTS_MAX).contains(&region.pages) || !region.address.is_multiple_of(PAGE_SIZE as u32) {
            return Err("a region is no whole pages, or too many");
        }
        Ok(region)
    }
}

impl RegionTable {
    /// Of a partition without regions.
    pub const EMPTY: Self = Self { regions: [RegionWords::EMPTY; REGIONS_MAX], count: 0, in_system: 0 };

    /// The regions.
    #[must_use]
    pub fn regions(&self) -> &[RegionWords] {
        self.regions.get(..self.count).unwrap_or_default()
    }

    /// Those whose memory is the partition's with this number.
    pub fn own(&self, partition: u32) -> impl Iterator<Item = &RegionWords> {
        self.regions().iter().filter(move |region| region.owner == partition)
    }

    /// Adds a region; false if there is no room.
    pub fn add(&mut self, region: RegionWords) -> bool {
        let place = self.regions.get_mut(self.count);
        let there = place.is_some();
        if let Some(place) = place {
            *place = region;
            self.count += 1;
        }
        there
    }

    /// Pages of those that are the partition's memory.
    #[must_use]
    pub fn own_pages(&self, partition: u32) -> u32 {
        self.own(partition).map(|region| region.pages).sum()
    }

    /// How many grants the partition gives for them.
    #[must_use]
    pub fn grants(&self, partition: u32) -> u32 {
        self.own(partition).map(RegionWords::grants).sum()
    }

    /// Whether all lie behind the partition's memory, apart, and in front of what is the monitor's, and their grants
    /// behind those of ports.
    ///
    /// # Errors
    /// If not.
    pub fn check(&self, memory_end: u32, partition: u32, first_grant: u32) -> Result<(), &'static str> {
        let end = |region: &RegionWords| region.address.saturating_add(region.size());
        for (place, region) in self.regions().iter().enumerate() {
            let before = self.regions().iter().take(place);
            let apart = |other: &RegionWords| end(other) <= region.address || end(region) <= other.address;
            if region.address < memory_end || end(region) > REGIONS_END || !before.into_iter().all(apart) {
                return Err("a region lies where something else does");
            }
            let last = region.grant.saturating_add(region.grants());
            if region.owner == partition && (region.grant < first_grant || last > GRANT_FIRST + GRANTS_MAX) {
                return Err("the regions need more grants than there are");
            }
        }
        Ok(())
    }

    /// Reads a region's words into this.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn read(&mut self, text: &[u8]) -> Result<(), &'static str> {
        self.add(RegionWords::read(text)?).then_some(()).ok_or("there are too many regions")
    }
}

impl fmt::Display for RegionTable {
    /// The words of the command line:
    /// `region=number,name,address,pages,writable,line,owner,grant,readers,writers`.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.in_system > 0 {
            write!(to, " regions={}", self.in_system)?;
        }
        for region in self.regions() {
            let RegionWords { number, address, pages, line, owner, grant, readers, writers, .. } = region;
            let (name, writable) = (text(&region.name), u32::from(region.writable));
            write!(to, " region={number},{name},{address:#x},{pages},{writable},{line},{owner},{grant}")?;
            write!(to, ",{readers:#x},{writers:#x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(words: &[&str]) -> Result<RegionTable, &'static str> {
        let mut table = RegionTable::EMPTY;
        words.iter().try_for_each(|word| table.read(word.as_bytes())).map(|()| table)
    }

    #[test]
    fn grants_follow_from_the_order_of_the_partitions() {
        let words = ["0,frames,0x800000,16,1,8,2,40,0xa,0x10", "3,maps,0x900000,2,0,0,1,9,0x0,0x2"];
        let table = table(&words).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(table.to_string(), format!(" region={}", words.join(" region=")));
        let given: Vec<_> = table.regions()[0].given().collect();
        assert_eq!(given, [(1, 40, false), (3, 56, false), (4, 72, true)]);
        assert_eq!((table.grants(2), table.own_pages(2), table.grants(0)), (48, 16, 0));
        assert_eq!(table.check(0x80_0000, 2, 40), Ok(()));
        assert!(table.check(0x80_1000, 2, 40).is_err());
        assert!(table.check(0x80_0000, 2, 41).is_err());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (word, why) in [
            ("0,frames,0x800000,16,1,8,2,40,0xa", "too few"),
            ("32,frames,0x800000,16,1,8,2,40,0xa,0x10", "no such number"),
            ("0,frames,0x800000,16,1,7,2,40,0xa,0x10", "line"),
            ("0,frames,0x800000,16,1,8,32,40,0xa,0x10", "owner"),
            ("0,frames,0x800800,16,1,8,2,40,0xa,0x10", "whole pages"),
            ("0,frames,0x800000,0,1,8,2,40,0xa,0x10", "whole pages"),
            ("0,frames,0x800000,473,1,8,2,40,0xa,0x10", "too many"),
        ] {
            assert!(table(&[word]).is_err_and(|error| error.contains(why)), "{word}");
        }
        for words in [
            ["0,a,0x800000,2,1,0,2,40,0,0", "1,b,0x801000,2,1,0,2,42,0,0"],
            ["0,a,0xbffff000,2,1,0,2,40,0,0", "1,b,0x801000,2,1,0,2,42,0,0"],
            ["0,a,0x800000,2,1,0,2,40,0,0", "1,b,0x900000,300,1,0,2,42,3,0"],
        ] {
            let table = table(&words).unwrap_or_else(|why| panic!("{why}"));
            assert!(table.check(0x20_0000, 2, 8).is_err(), "{words:?}");
        }
    }
}
