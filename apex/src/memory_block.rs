//! Part 2's memory blocks: the regions of memory that partitions share.

use bulkhead_guest::partition::before_zero;
use bulkhead_guest::regions::Region;

use crate::ReturnCode;
use crate::directory::Name;

/// Part 2's `MEMORY_BLOCK_STATUS_TYPE`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Where the partition sees it.
    pub address: usize,
    /// 0 if the partition may only read it, 1 if it may write it, too.
    pub mode: u32,
    /// Its size in bytes.
    pub size: i32,
}

/// `GET_MEMORY_BLOCK_STATUS`.
///
/// # Errors
/// `InvalidConfig` if the partition shares no such region.
pub fn get_memory_block_status(name: &Name) -> Result<Status, ReturnCode> {
    let text = core::str::from_utf8(before_zero(name)).map_err(|_| ReturnCode::InvalidConfig)?;
    let region = Region::find(text).and_then(Region::describe).map_err(|_| ReturnCode::InvalidConfig)?;
    Ok(Status { address: region.address as usize, mode: region.writable, size: region.size as i32 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::tests::name;
    use bulkhead_guest::host::simulated::ports as world;

    #[test]
    fn a_region_is_a_memory_block() {
        world::add_region("frames", 0x80_0000, 0x1_0000, true, 9);
        world::add_region("maps", 0x90_0000, 0x1000, false, 0);
        let frames = Status { address: 0x80_0000, mode: 1, size: 0x1_0000 };
        assert_eq!(get_memory_block_status(&name("frames")), Ok(frames));
        assert_eq!(get_memory_block_status(&name("maps")).map(|status| status.mode), Ok(0));
        assert_eq!(get_memory_block_status(&name("map")), Err(ReturnCode::InvalidConfig));
        assert_eq!(get_memory_block_status(&[0xff; 32]), Err(ReturnCode::InvalidConfig));
    }
}
