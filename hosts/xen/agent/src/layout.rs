//! The frame as Xen's scheduler arinc653 takes it (Xen's public/sysctl.h, `xen_sysctl_arinc653_schedule`).
//!
//! Entries follow one another from the frame's start; each names a guest by its identifier. The first domain needs
//! time too, or nobody would see a console: it has all time that no window has.

use crate::Result;
use bulkhead_xen_facts::description::Slot;

/// Bytes of the header: the frame, the number of entries, padding.
const HEADER: usize = 16;

/// Bytes of an entry: identifier, number of the virtual processor, padding, duration.
const ENTRY: usize = 32;

/// The most entries (`ARINC653_MAX_DOMAINS_PER_SCHEDULE`).
const ENTRIES: usize = 64;

/// A schedule in Xen's layout.
pub(crate) type Layout = [u8; HEADER + ENTRIES * ENTRY];

/// Identifier of a partition's guest, as its configuration writes it: 62756c6b-6865-6164-0000-number plus one.
fn identifier(partition: Option<usize>) -> [u8; 16] {
    let mut bytes = [0; 16];
    // The first domain's is all zeroes.
    if let Some(number) = partition {
        bytes[..8].copy_from_slice(b"bulkhead");
        bytes[8..].copy_from_slice(&(number as u64 + 1).to_be_bytes());
    }
    bytes
}

/// Slots in Xen's layout.
pub(crate) fn layout(frame: u64, slots: &[Slot]) -> Result<Layout> {
    if slots.is_empty() || slots.len() > ENTRIES {
        return Err(format!("a schedule of {} slots: Xen takes 1 to {ENTRIES}", slots.len()));
    }
    let mut bytes = [0; HEADER + ENTRIES * ENTRY];
    bytes[..8].copy_from_slice(&frame.to_le_bytes());
    bytes[8] = slots.len() as u8;
    for (slot, entry) in slots.iter().zip(bytes[HEADER..].chunks_exact_mut(ENTRY)) {
        entry[..16].copy_from_slice(&identifier(slot.partition));
        entry[24..].copy_from_slice(&slot.duration.to_le_bytes());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_lie_where_xen_reads_them() {
        let slots = [Slot { partition: Some(1), duration: 0x0102 }, Slot { partition: None, duration: 7 }];
        let bytes = layout(0x0304, &slots).expect("a schedule");
        assert_eq!((&bytes[..2], bytes[8]), (&[4, 3][..], 2));
        assert_eq!(&bytes[16..32], b"bulkhead\0\0\0\0\0\0\0\x02");
        assert_eq!(&bytes[40..42], [2, 1]);
        assert_eq!((&bytes[48..64], bytes[72]), (&[0; 16][..], 7));
    }

    #[test]
    fn too_many_slots_are_refused() {
        let slots = vec![Slot { partition: None, duration: 1 }; ENTRIES + 1];
        assert!(layout(1, &slots).is_err() && layout(1, &[]).is_err());
    }
}
