//! What a PC's firmware says of its IOMMU: the table "DMAR" (Intel, Virtualization Technology for Directed I/O, chapter
//! 8 "BIOS Considerations").

use bulkhead_abi::PAGE_SIZE;

use crate::acpi::{HEADER, half_at, io_apic, long_at, structures};
use crate::configuration::Refusal;

/// The most remapping units that are driven.
pub const UNITS_MAX: usize = 8;

/// Where the table's structures begin (8.1).
const STRUCTURES: usize = HEADER + 12;
/// Where its flags are, and the one of them that says that interrupts can be remapped (8.1).
const FLAGS: usize = HEADER + 1;
const REMAPS_INTERRUPTS: u8 = 1;

// Kinds of structures (8.2).
const UNIT: u16 = 0;
const RESERVED_MEMORY: u16 = 1;

/// Where the devices are that a unit (8.3) or reserved memory (8.4) is for, and what kinds they are of (8.3.1).
const UNIT_SCOPE: usize = 16;
const RESERVED_MEMORY_SCOPE: usize = 24;
const ENDPOINT: u16 = 1;
const IO_APIC: u16 = 3;

/// The remapping units of a machine, each of which stands between some devices and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Units {
    registers: [(u64, usize); UNITS_MAX],
    count: usize,
    /// Whether they remap interrupts.
    pub remap_interrupts: bool,
    /// By what the I/O APIC says who it is: bus times 256, device times 8, function.
    pub io_apic: Option<u16>,
}

impl Units {
    /// The physical addresses of their registers, and how many bytes those take.
    pub fn registers(&self) -> impl Iterator<Item = (u64, usize)> {
        self.registers.iter().take(self.count).copied()
    }

    /// Reads the table. `controllers` is that of the interrupt controllers, and `address` where the I/O APIC is that is
    /// meant.
    ///
    /// # Errors
    /// If there is something that this kernel does not drive.
    pub fn read(table: &[u8], controllers: Option<&[u8]>, address: u32) -> Result<Self, Refusal> {
        let flags = table.get(FLAGS).ok_or("the firmware's table of IOMMUs is damaged")?;
        let remap_interrupts = flags & REMAPS_INTERRUPTS != 0;
        let mut units = Self { registers: [(0, 0); UNITS_MAX], count: 0, remap_interrupts, io_apic: None };
        if let Some(number) = controllers.and_then(|controllers| io_apic(controllers, address)) {
            let is_it = |scope: &Scope| scope.kind == IO_APIC && scope.number == number;
            units.io_apic = scope(table, (UNIT, UNIT_SCOPE), &is_it).and_then(|scope| scope.function);
        }
        for (kind, unit) in structures(table, STRUCTURES, 2) {
            if kind != UNIT {
                continue;
            }
            let (segment, registers) = (half_at(unit, 6), long_at(unit, 8));
            let (Some(segment), Some(registers)) = (segment, registers) else {
                return Err("the firmware's table of IOMMUs is damaged");
            };
            if segment != 0 {
                return Err("this machine has more than one segment of PCI buses");
            }
            // Pages, as a power of two (8.3).
            let size = PAGE_SIZE << unit.get(5).map_or(0, |size| size & 0xf);
            *units.registers.get_mut(units.count).ok_or("this machine has too many IOMMUs")? =
                (registers, size);
            units.count += 1;
        }
        if units.count == 0 {
            return Err("the firmware's table of IOMMUs names none");
        }
        Ok(units)
    }
}

/// Whether a function must reach memory that the firmware has reserved for it, so that it cannot be a partition's.
#[must_use]
pub fn has_reserved_memory(table: &[u8], function: u16) -> bool {
    let is_it = |scope: &Scope| scope.kind == ENDPOINT && scope.function == Some(function);
    scope(table, (RESERVED_MEMORY, RESERVED_MEMORY_SCOPE), &is_it).is_some()
}

/// A device that a structure is for.
struct Scope {
    kind: u16,
    /// Of an I/O APIC: its number.
    number: u8,
    /// Its bus times 256, device times 8, function; none where bridges lead to it.
    function: Option<u16>,
}

/// The first device that is one, of those that structures of a kind are for, which have them from an offset on.
#[inline(never)]
fn scope(table: &[u8], (kind, offset): (u16, usize), is_one: &dyn Fn(&Scope) -> bool) -> Option<Scope> {
    for (_, structure) in structures(table, STRUCTURES, 2).filter(|(it, _)| *it == kind) {
        for (kind, scope) in structures(structure, offset, 1) {
            let Some(&[.., number, bus]) = scope.first_chunk::<6>() else { continue };
            let function = match scope.get(6..) {
                Some(&[device, function]) => {
                    Some(u16::from(bus) << 8 | u16::from(device % 32) << 3 | u16::from(function % 8))
                }
                _ => None,
            };
            let scope = Scope { kind, number, function };
            if is_one(&scope) {
                return Some(scope);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn table(flags: u8, structures: &[&[u8]]) -> Vec<u8> {
        let mut table = std::vec![0; STRUCTURES];
        table[..4].copy_from_slice(b"DMAR");
        table[FLAGS] = flags;
        for structure in structures {
            table.extend(*structure);
        }
        table
    }

    fn unit(registers: u64, segment: u8, scopes: &[u8]) -> Vec<u8> {
        let mut unit = std::vec![0, 0, 16 + scopes.len() as u8, 0, 1, 0, segment, 0];
        unit.extend(registers.to_le_bytes());
        unit.extend(scopes);
        unit
    }

    /// What QEMU's firmware says of an I/O APIC: number 5, at ff:00.0.
    const SCOPE: [u8; 8] = [3, 8, 0, 0, 5, 0xff, 0, 0];

    fn controllers() -> Vec<u8> {
        let mut controllers = std::vec![0; 44];
        controllers.extend([1, 12, 5, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0]);
        controllers
    }

    fn read(table: &[u8]) -> Result<Units, Refusal> {
        Units::read(table, Some(&controllers()), 0xfec0_0000)
    }

    #[test]
    fn units_are_found() {
        let other = [3, 8, 0, 0, 4, 0xf0, 0x1f, 7];
        let behind_a_bridge = [3, 10, 0, 0, 5, 0, 1, 0, 2, 0];
        let mut units = [unit(0xfed9_0000, 0, &other), unit(0xfed9_1000, 0, &SCOPE)];
        units[1][5] = 2;
        let units = read(&table(1, &[&units[0], &units[1]])).unwrap();
        assert_eq!(units.registers().collect::<Vec<_>>(), [(0xfed9_0000, 0x1000), (0xfed9_1000, 0x4000)]);
        assert!(units.remap_interrupts);
        assert_eq!(units.io_apic, Some(0xff00));
        assert_eq!(read(&table(2, &[&unit(1, 0, &other)])).unwrap().io_apic, None);
        assert_eq!(read(&table(2, &[&unit(1, 0, &behind_a_bridge)])).unwrap().io_apic, None);
        assert!(!read(&table(2, &[&unit(1, 0, &other)])).unwrap().remap_interrupts);
        assert_eq!(Units::read(&table(1, &[&unit(1, 0, &SCOPE)]), None, 0xfec0_0000).unwrap().io_apic, None);
    }

    #[test]
    fn what_is_not_driven_is_refused() {
        assert_eq!(read(&[0; FLAGS]), Err("the firmware's table of IOMMUs is damaged"));
        assert_eq!(
            read(&table(1, &[&[0, 0, 8, 0, 0, 0, 0, 0]])),
            Err("the firmware's table of IOMMUs is damaged")
        );
        assert_eq!(read(&table(1, &[])), Err("the firmware's table of IOMMUs names none"));
        let other = unit(0xfed9_0000, 1, &[]);
        assert_eq!(read(&table(1, &[&other])), Err("this machine has more than one segment of PCI buses"));
        let one = unit(0xfed9_0000, 0, &[]);
        assert_eq!(read(&table(1, &[&one[..]; 9])), Err("this machine has too many IOMMUs"));
        assert!(read(&table(1, &[&one[..]; 8])).is_ok());
    }

    #[test]
    fn reserved_memory_is_of_one_function() {
        let mut reserved = std::vec![1, 0, 32, 0, 0, 0, 0, 0];
        reserved.extend([0; 16]);
        reserved.extend([1, 8, 0, 0, 0, 0, 0x1d, 2]);
        let table = table(1, &[&unit(0xfed9_0000, 0, &SCOPE), &reserved]);
        assert!(has_reserved_memory(&table, 0xea));
        assert!(!has_reserved_memory(&table, 0xe9));
        assert!(!has_reserved_memory(&table, 0xff00), "that is a unit's");
        assert!(!has_reserved_memory(&table[..table.len() - 1], 0xea), "the table ends in it");
    }
}
