//! Regions of memory that the partition shares with others.
//!
//! What lies in one may change at any moment at which another partition runs, so a program reads and writes it with
//! volatile or atomic accesses; what it means, the partitions settle among themselves.

use bulkhead_abi::system_table::REGIONS_MAX;
use bulkhead_abi::{Error, RegionDescription};

use crate::host::{Host, Kernel};
use crate::partition::before_zero;

/// A region that the partition shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region(u32);

impl Region {
    /// The region with this name in the system file. It asks the kernel for one region after the other, so that a
    /// program does it once.
    ///
    /// # Errors
    /// `NotPermitted` if the system file does not let the partition share such a region.
    pub fn find(name: &str) -> Result<Self, Error> {
        Self::find_bytes(name.as_bytes())
    }

    /// The same with a name that need not be text.
    pub(crate) fn find_bytes(name: &[u8]) -> Result<Self, Error> {
        all()
            .find(|(_, description)| before_zero(&description.name) == name)
            .map(|(region, _)| region)
            .ok_or(Error::NotPermitted)
    }

    /// The region with this number: 0 is the first of the system file, the same in every partition.
    ///
    /// # Errors
    /// `BadArgument` if there is no such region, `NotPermitted` if the partition does not share it.
    pub fn from_number(number: u32) -> Result<Self, Error> {
        Kernel::region_describe(number).map(|_| Self(number))
    }

    /// The region with this number, whether there is one or not: the kernel checks it at each call.
    #[must_use]
    pub const fn unchecked(number: u32) -> Self {
        Self(number)
    }

    /// The region's number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Where the partition sees it, how large it is, whether it may write it, and which line a doorbell makes pending
    /// here.
    ///
    /// # Errors
    /// What the kernel answered; none is expected.
    pub fn describe(self) -> Result<RegionDescription, Error> {
        Kernel::region_describe(self.0)
    }

    /// Makes the line of every other partition pending that shares the region and has a line for it. It is delivered in
    /// the other's next window.
    ///
    /// # Errors
    /// What the kernel answered; none is expected.
    pub fn doorbell(self) -> Result<(), Error> {
        Kernel::doorbell(self.0)
    }
}

/// All regions that the partition shares, with how it sees them.
pub fn all() -> impl Iterator<Item = (Region, RegionDescription)> {
    (0..REGIONS_MAX as u32)
        .map_while(|number| match Kernel::region_describe(number) {
            Ok(description) => Some(Some((Region(number), description))),
            // Others share it.
            Err(Error::NotPermitted) => Some(None),
            Err(_) => None,
        })
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::simulated::ports as world;

    #[test]
    fn a_region_is_found_by_its_name_behind_those_of_others() {
        world::add_foreign_region();
        let frames = world::add_region("frames", 0x80_0000, 0x1_0000, true, 9);
        world::add_region("frame", 0x90_0000, 0x1000, false, 0);
        assert_eq!(Region::find("frames").map(Region::number), Ok(frames));
        assert_eq!(Region::find("frames").and_then(Region::describe).map(|found| found.line), Ok(9));
        assert_eq!(Region::find("frame").and_then(Region::describe).map(|found| found.writable), Ok(0));
        assert_eq!(Region::find("fram"), Err(Error::NotPermitted));
        assert_eq!(Region::from_number(0), Err(Error::NotPermitted));
        assert_eq!(Region::from_number(3), Err(Error::BadArgument));
        assert_eq!(all().count(), 2);
    }

    #[test]
    fn a_doorbell_rings_at_the_others() {
        let region = world::add_region("frames", 0x80_0000, 0x1_0000, true, 0);
        assert_eq!(world::rings(region), 0);
        let found = Region::find("frames").expect("it was added");
        assert_eq!((found.doorbell(), found.doorbell()), (Ok(()), Ok(())));
        assert_eq!(world::rings(region), 2);
    }
}
