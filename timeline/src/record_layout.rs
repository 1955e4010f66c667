//! Where the records of an executive are in its partition's memory: in a ring of the stand-in, or in RTEMS's own.

use std::io;

use bulkhead_abi::record::MAGIC;
use bulkhead_abi::system_table::ByteOrder;

use crate::records::ITEM_SIZE;
use crate::ring::{Memory, word};

/// Items that a ring has at the most.
const ITEMS_MAX: u32 = 1 << 16;

/// Where RTEMS's own ring is in a program that is linked with a kit: `bulkhead_abi::record::rtems` says which symbols
/// tell. Offsets are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtemsRing {
    /// The address of the partition's memory, as the partition sees it.
    pub base: u32,
    /// From there to RTEMS's configuration of its ring.
    pub configuration: usize,
    /// From a ring's beginning to the count of items that were written.
    pub head: usize,
    /// To the mask for the place of an item.
    pub mask: usize,
    /// To the first item.
    pub items: usize,
}

/// How a reader finds a ring.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    /// Its first words say.
    Described,
    Rtems(RtemsRing),
}

/// A ring as it is found, in a memory that has room for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where the count of items that were written is, and what it is.
    head_at: usize,
    pub(crate) head: u32,
    /// How many items there are, a power of two.
    pub(crate) items: u32,
    /// Where the first one is.
    pub(crate) offset: usize,
}

impl Layout {
    /// The ring in a memory of so many bytes, if there is one: the partition may not have made it yet, or have
    /// destroyed it.
    pub(crate) fn find(
        &self,
        order: ByteOrder,
        room: usize,
        memory: &mut impl Memory,
    ) -> io::Result<Option<Found>> {
        let mut at = |offset: usize, words: usize| -> io::Result<Option<[u32; 4]>> {
            let mut bytes = [0; 16];
            let bytes = &mut bytes[..4 * words.min(4)];
            if !fits(offset, bytes.len(), room) {
                return Ok(None);
            }
            memory.read(offset, bytes)?;
            Ok(Some([0, 1, 2, 3].map(|place| word(order, bytes, place))))
        };
        let (head_at, head, mask, offset) = match self {
            Self::Described => match at(0, 4)? {
                Some([MAGIC, head, mask, offset]) => (4, head, mask, offset as usize),
                _ => return Ok(None),
            },
            Self::Rtems(rtems) => {
                let Some([count, control, ..]) = at(rtems.configuration, 2)? else { return Ok(None) };
                let Some(control) = control.checked_sub(rtems.base) else { return Ok(None) };
                let place = |member: usize| (control as usize).checked_add(member);
                let (Some(head_at), Some(mask_at), Some(offset)) =
                    (place(rtems.head), place(rtems.mask), place(rtems.items))
                else {
                    return Ok(None);
                };
                // The mask is there as soon as RTEMS records. The count of items comes after it.
                let Some([mask, ..]) = at(mask_at, 1)? else { return Ok(None) };
                let Some([head, ..]) = at(head_at, 1)? else { return Ok(None) };
                if mask != count.wrapping_sub(1) {
                    return Ok(None);
                }
                (head_at, head, mask, offset)
            }
        };
        let items = mask.checked_add(1).filter(|items| items.is_power_of_two() && *items <= ITEMS_MAX);
        let items = items.filter(|items| fits(offset, *items as usize * ITEM_SIZE, room));
        Ok(items.map(|items| Found { head_at, head, items, offset }))
    }

    pub(crate) const fn is_rtems(&self) -> bool {
        matches!(self, Self::Rtems(_))
    }

    /// How many items may be written behind the count before that grows.
    pub(crate) fn ahead(&self, found: &Found) -> u32 {
        match self {
            Self::Described => 1,
            // RTEMS counts items together that it writes together, as those of a task's name.
            Self::Rtems(_) => 16.min(found.items / 2),
        }
    }
}

impl Found {
    /// The count of items that were written, as it is now.
    pub(crate) fn head_now(&self, order: ByteOrder, memory: &mut impl Memory) -> io::Result<u32> {
        let mut bytes = [0; 4];
        memory.read(self.head_at, &mut bytes)?;
        Ok(word(order, &bytes, 0))
    }
}

/// Whether so many bytes at an offset are in a memory of so many.
fn fits(offset: usize, length: usize, room: usize) -> bool {
    offset.checked_add(length).is_some_and(|end| end <= room)
}
