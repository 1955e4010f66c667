//! The tables in which a PC's firmware says what the machine has (ACPI 6.4, chapter 5.2).
//!
//! The firmware is trusted, since it has run before the kernel and could have done anything; but what it says is read
//! with every length checked, and with its checksums.

/// The longest table that is read, in bytes.
const LENGTH_MAX: usize = 1 << 16;

/// Bytes of what every table begins with (5.2.6): signature, length, checksum and so on.
pub(crate) const HEADER: usize = 36;

/// Bytes of the pointer to all tables (5.2.5.3), and of what its first checksum is of.
const POINTER: usize = 36;
const POINTER_FIRST: usize = 20;

/// A number of `N` bytes, least significant first.
pub(crate) fn bytes_at<const N: usize>(table: &[u8], offset: usize) -> Option<[u8; N]> {
    table.get(offset..)?.first_chunk().copied()
}

pub(crate) fn half_at(table: &[u8], offset: usize) -> Option<u16> {
    bytes_at(table, offset).map(u16::from_le_bytes)
}

pub(crate) fn word_at(table: &[u8], offset: usize) -> Option<u32> {
    bytes_at(table, offset).map(u32::from_le_bytes)
}

pub(crate) fn long_at(table: &[u8], offset: usize) -> Option<u64> {
    bytes_at(table, offset).map(u64::from_le_bytes)
}

fn sums_to_zero(bytes: &[u8]) -> bool {
    bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)) == 0
}

/// Where the pointer to all tables is in an area that may have it, at a multiple of 16 (5.2.5.1).
#[must_use]
pub fn find_pointer(area: &[u8]) -> Option<usize> {
    let is_pointer =
        |bytes: &[u8]| bytes.starts_with(b"RSD PTR ") && bytes.get(..POINTER_FIRST).is_some_and(sums_to_zero);
    (0..area.len()).step_by(16).find(|offset| area.get(*offset..).is_some_and(is_pointer))
}

/// The table with this signature, if there is one and it is sound. `pointer` is the physical address of the pointer to
/// all tables, `memory` gives so many bytes at a physical address.
#[inline(never)]
pub fn table<'a>(
    memory: &impl Fn(u64, usize) -> Option<&'a [u8]>,
    pointer: u64,
    signature: [u8; 4],
) -> Option<&'a [u8]> {
    let first = memory(pointer, POINTER_FIRST)?;
    if find_pointer(first) != Some(0) {
        return None;
    }
    // From version 2 on there is a list with 64-bit addresses, which counts (5.2.7 and 5.2.8).
    let (list, size) = match memory(pointer, POINTER).filter(|pointer| pointer.get(15) >= Some(&2)) {
        Some(pointer) => (long_at(pointer, 24)?, 8),
        None => (word_at(first, 16)?.into(), 4),
    };
    let list = sound_table(memory, list)?;
    // At most LENGTH_MAX / 4.
    list.get(HEADER..)?.chunks_exact(size).find_map(|entry| {
        let address = entry.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
        sound_table(memory, address).filter(|table| table.starts_with(&signature))
    })
}

fn sound_table<'a>(memory: &impl Fn(u64, usize) -> Option<&'a [u8]>, address: u64) -> Option<&'a [u8]> {
    let length = word_at(memory(address, HEADER)?, 4)? as usize;
    if !(HEADER..=LENGTH_MAX).contains(&length) {
        return None;
    }
    memory(address, length).filter(|table| sums_to_zero(table))
}

/// The structures of a table that begin with their kind and their length: from `offset` on, in `size` bytes for each of
/// the two, as many as are whole.
pub(crate) fn structures(
    table: &[u8],
    offset: usize,
    size: usize,
) -> impl Iterator<Item = (u16, &[u8])> + Clone {
    let number = move |bytes: &[u8], offset| match size {
        1 => bytes.get(offset).map(|byte| u16::from(*byte)),
        _ => half_at(bytes, offset),
    };
    let mut rest = table.get(offset..).unwrap_or_default();
    core::iter::from_fn(move || {
        let (kind, length) = (number(rest, 0)?, usize::from(number(rest, size)?));
        // One without a length would be its own successor.
        let (structure, behind) = rest.split_at_checked(length).filter(|_| length >= 2 * size)?;
        rest = behind;
        Some((kind, structure))
    })
}

/// The number of the I/O APIC whose registers are at a physical address, by the table of interrupt controllers ("APIC",
/// 5.2.12.3).
#[must_use]
pub fn io_apic(table: &[u8], address: u32) -> Option<u8> {
    const CONTROLLERS: usize = 44;
    const IO_APIC: u16 = 1;
    structures(table, CONTROLLERS, 1)
        .filter(|(kind, structure)| *kind == IO_APIC && word_at(structure, 4) == Some(address))
        .find_map(|(_, structure)| structure.get(2).copied())
}

/// Where the configuration registers of all PCI functions are in memory, by the table that says so ("MCFG", PCI
/// Firmware Specification 3.3, 4.1.2): physical addresses, and how many bytes.
pub fn configuration_memory(table: &[u8]) -> impl Iterator<Item = (u64, usize)> {
    const RANGES: usize = 44;
    const BUS: u32 = 20;
    table.get(RANGES..).unwrap_or_default().chunks_exact(16).filter_map(|range| {
        let [first, last] = bytes_at(range, 10)?;
        let start = long_at(range, 0)?.wrapping_add(u64::from(first) << BUS);
        Some((start, (usize::from(last.saturating_sub(first)) + 1) << BUS))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// A table of these bytes, with length and checksum.
    fn made(signature: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut table = Vec::from(signature.as_slice());
        table.extend(((HEADER + body.len()) as u32).to_le_bytes());
        table.resize(HEADER, 0);
        table.extend(body);
        table[9] = sum_of(&table).wrapping_neg();
        table
    }

    fn sum_of(bytes: &[u8]) -> u8 {
        bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
    }

    /// Memory with the pointer at 0x20, the list at 0x100 and tables at 0x200 and 0x300.
    fn memory(version: u8) -> Vec<u8> {
        let mut memory = std::vec![0; 0x400];
        let mut put = |address: usize, bytes: &[u8]| memory[address..][..bytes.len()].copy_from_slice(bytes);
        let mut pointer = Vec::from(b"RSD PTR ".as_slice());
        pointer.resize(POINTER, 0);
        pointer[15] = version;
        let mut body = Vec::new();
        for address in [0x200u64, 0x300] {
            body.extend(&address.to_le_bytes()[..if version < 2 { 4 } else { 8 }]);
        }
        if version < 2 {
            pointer[17] = 1;
            put(0x100, &made(b"RSDT", &body));
        } else {
            pointer[25] = 1;
            put(0x100, &made(b"XSDT", &body));
        }
        pointer[8] = sum_of(&pointer[..POINTER_FIRST]).wrapping_neg();
        put(0x20, &pointer);
        put(0x200, &made(b"FACP", &[1, 2, 3]));
        put(0x300, &made(b"DMAR", &[7; 9]));
        memory
    }

    fn found(memory: &[u8], pointer: u64, signature: &[u8; 4]) -> Option<usize> {
        let read = |address: u64, length: usize| memory.get(address as usize..)?.get(..length);
        table(&read, pointer, *signature).map(<[u8]>::len)
    }

    #[test]
    fn tables_are_found_by_both_lists() {
        for version in [0, 2] {
            let memory = memory(version);
            assert_eq!(find_pointer(&memory), Some(0x20));
            assert_eq!(found(&memory, 0x20, b"DMAR"), Some(HEADER + 9), "version {version}");
            assert_eq!(found(&memory, 0x20, b"MCFG"), None);
            assert_eq!(found(&memory, 0x30, b"DMAR"), None, "there is no pointer");
            assert_eq!(found(&memory[..0x310], 0x20, b"DMAR"), None, "memory ends in the table");
        }
    }

    #[test]
    fn what_is_damaged_is_not_there() {
        let whole = memory(2);
        for place in (0x20..0x20 + POINTER_FIRST).chain(0x100..0x134).chain(0x300..0x32d) {
            let mut memory = whole.clone();
            memory[place] ^= 0x40;
            assert_eq!(found(&memory, 0x20, b"DMAR"), None, "{place:#x}");
        }
    }

    #[test]
    fn an_io_apic_is_found_by_its_address() {
        let mut body = std::vec![0; 8];
        body.extend([0, 8, 0, 0, 1, 0, 0, 0]);
        body.extend([1, 12, 5, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0]);
        body.extend([1, 12, 6, 0, 0, 0x10, 0xc0, 0xfe, 24, 0, 0, 0]);
        let table = made(b"APIC", &body);
        assert_eq!(io_apic(&table, 0xfec0_0000), Some(5));
        assert_eq!(io_apic(&table, 0xfec0_1000), Some(6));
        assert_eq!(io_apic(&table, 0xfec0_2000), None);
        assert_eq!(io_apic(&table[..table.len() - 13], 0xfec0_0000), None, "the table ends in it");
    }

    #[test]
    fn the_memory_of_configuration_registers_is_found() {
        let mut body = std::vec![0; 8];
        body.extend([0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0, 0]);
        body.extend([0, 0, 0, 0xa0, 1, 0, 0, 0, 1, 0, 2, 3, 0, 0, 0, 0]);
        let table = made(b"MCFG", &body);
        let found = |length: usize| configuration_memory(&table[..length]).collect::<Vec<_>>();
        assert_eq!(found(table.len()), [(0xb000_0000, 0x1000_0000), (0x1_a020_0000, 0x20_0000)]);
        assert_eq!(found(table.len() - 1), [(0xb000_0000, 0x1000_0000)]);
        assert_eq!(found(40), []);
    }

    #[test]
    fn structures_without_a_length_are_the_last() {
        let kinds = |table: &[u8]| structures(table, 0, 2).map(|(kind, _)| kind).collect::<Vec<_>>();
        assert_eq!(kinds(&[1, 0, 4, 0, 2, 0, 5, 0, 9, 3, 0, 0, 0, 4, 0, 4, 0]), [1, 2]);
        assert_eq!(kinds(&[1, 0, 4, 0, 2, 0, 5, 0]), [1]);
        assert!(kinds(&[1]).is_empty());
    }
}
