//! What an IOMMU is told, bit by bit: Intel, Virtualization Technology for Directed I/O ("VT-d"), revision 3.3. The
//! numbers of chapters are of that.
//!
//! Translation in legacy mode (chapter 3.4): a function has a context entry, and the tables that it names have, from
//! level 3 or 4 down, the format of the processor's own: whether a page may be read and written is said by the same
//! bits, and where it is by the same bits (9.8, against Intel SDM volume 3A, 4.5). What the processor keeps in the
//! others, the IOMMU ignores.

use crate::configuration::Refusal;

/// An entry of 16 bytes.
pub type Entry = [u64; 2];

/// How many bits the addresses have that a function uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    /// 39: tables from level 3 down.
    Bits39 = 1,
    /// 48: tables from level 4 down.
    Bits48 = 2,
    /// 57: tables from level 5 down.
    Bits57 = 3,
}

/// What a unit has, or all of them have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    capability: u64,
    extended: u64,
}

// The capability register (11.4.2).
const NEEDS_WRITE_FLUSH: u64 = 1 << 4;
const PROTECTED_MEMORY: u64 = 3 << 5;
const WIDTHS: u32 = 8;
const FAULT_OFFSET: u32 = 24;
const FAULT_COUNT: u32 = 40;

// The extended capability register (11.4.3).
const COHERENT: u64 = 1;
const QUEUE: u64 = 1 << 1;
const REMAPS_INTERRUPTS: u64 = 1 << 3;
const PASSES_THROUGH: u64 = 1 << 6;

impl Capabilities {
    /// All that there can be.
    pub const ALL: Self = Self { capability: !(NEEDS_WRITE_FLUSH | PROTECTED_MEMORY), extended: u64::MAX };

    /// What the two registers of a unit say.
    #[must_use]
    pub const fn of(capability: u64, extended: u64) -> Self {
        Self { capability, extended }
    }

    /// What this unit and another have both.
    #[must_use]
    pub const fn both(self, other: Self) -> Self {
        Self { capability: self.capability & other.capability, extended: self.extended & other.extended }
    }

    /// Whether a unit must be told to write back what it has buffered.
    #[must_use]
    pub const fn needs_write_flush(self) -> bool {
        self.capability & NEEDS_WRITE_FLUSH != 0
    }

    /// Whether the firmware may have closed memory to all devices.
    #[must_use]
    pub const fn has_protected_memory(self) -> bool {
        self.capability & PROTECTED_MEMORY != 0
    }

    /// Whether the processor's caches are asked for what is in tables.
    #[must_use]
    pub const fn is_coherent(self) -> bool {
        self.extended & COHERENT != 0
    }

    /// Where a unit's first record of a fault is, in bytes behind its first register, and how many there are.
    #[must_use]
    pub const fn faults(self) -> (usize, usize) {
        let (offset, count) = (self.capability >> FAULT_OFFSET, self.capability >> FAULT_COUNT);
        ((offset as usize & 0x3ff) * 16, (count as usize & 0xff) + 1)
    }

    const fn has(self, width: Width) -> bool {
        self.capability >> WIDTHS >> width as u32 & 1 != 0
    }

    /// The width with the fewest tables more than those that a partition has, of which [`Width::Bits39`] needs none.
    ///
    /// # Errors
    /// If they have none that this kernel uses, or cannot do something else that it needs; `passes` tells whether some
    /// function is to reach memory untranslated.
    pub fn usable(self, passes: bool) -> Result<Width, Refusal> {
        if self.extended & QUEUE == 0 || self.extended & REMAPS_INTERRUPTS == 0 {
            return Err(NO_INTERRUPT_REMAPPING);
        }
        if passes && self.extended & PASSES_THROUGH == 0 {
            return Err(
                "the IOMMU lets no device through: one with dma = \"unprotected\" cannot be beside it",
            );
        }
        if self.has(Width::Bits39) {
            return Ok(Width::Bits39);
        }
        self.has(Width::Bits48)
            .then_some(Width::Bits48)
            .ok_or("the IOMMU has no tables of three or four levels")
    }

    /// The widest that there is, which a function has that passes through (9.3).
    const fn widest(self) -> Width {
        if self.has(Width::Bits57) {
            Width::Bits57
        } else if self.has(Width::Bits48) {
            Width::Bits48
        } else {
            Width::Bits39
        }
    }
}

/// What is wrong with a machine where an IOMMU is wanted and interrupts are not remapped: a device could write any of
/// them.
pub const NO_INTERRUPT_REMAPPING: Refusal = "a device has dma = \"iommu\", and this machine's IOMMU does not remap \
     interrupts: switch that on in the firmware, with QEMU by `-device intel-iommu,intremap=on`";

/// What is wrong with a machine where an IOMMU is wanted and there is none.
pub const NO_IOMMU: Refusal = "a device has dma = \"iommu\", and this machine has no IOMMU: switch VT-d on in the \
     firmware, with QEMU by `-machine q35 -device intel-iommu,intremap=on`";

/// The root entry (9.1) for the table of contexts at a physical address.
#[must_use]
pub const fn root_entry(contexts: u64) -> Entry {
    [contexts | PRESENT, 0]
}

const PRESENT: u64 = 1;

/// The context entry (9.3) of a function that reaches what tables at a physical address map, and nothing else: requests
/// that are not translated yet only, each fault recorded. A domain is never 0, which some units keep for themselves.
#[must_use]
pub const fn translated(tables: u64, width: Width, domain: u16) -> Entry {
    [tables | PRESENT, width as u64 | (domain as u64) << 8]
}

/// The context entry of a function that reaches all memory.
#[must_use]
pub const fn passed_through(capabilities: Capabilities, domain: u16) -> Entry {
    const PASS_THROUGH: u64 = 2 << 2;
    [PASS_THROUGH | PRESENT, capabilities.widest() as u64 | (domain as u64) << 8]
}

/// The entry of the table of interrupts (9.10): an interrupt that only one source may send, to one processor by its
/// local APIC's number.
#[must_use]
pub const fn interrupt_entry(vector: u8, is_level: bool, processor: u32, source: u16) -> Entry {
    const LEVEL: u64 = 1 << 4;
    const WHOLE_SOURCE: u64 = 1 << 18;
    let how = if is_level { LEVEL } else { 0 };
    let low = PRESENT | how | (vector as u64) << 16 | (processor as u64 & 0xff) << 40;
    [low, source as u64 | WHOLE_SOURCE]
}

/// Address and data of the message (5.1.2.2) that is the interrupt with this number in the table.
#[must_use]
pub const fn message(number: u8) -> (u32, u32) {
    const REMAPPED: u32 = 1 << 4;
    (0xfee0_0000 | (number as u32) << 5 | REMAPPED, 0)
}

/// The upper half of an I/O APIC's entry (5.1.5.1) that is the interrupt with this number in the table. The lower half
/// has vector, trigger, polarity and mask as ever.
#[must_use]
pub const fn pin(number: u8) -> u32 {
    const REMAPPED: u32 = 1 << 16;
    (number as u32) << 17 | REMAPPED
}

/// Invalidates everything that a unit keeps of tables (6.5.2): contexts, translations, interrupts; and then writes
/// [`DONE`] to a physical address.
#[must_use]
pub const fn invalidations(done: u64) -> [Entry; 4] {
    const GLOBALLY: u64 = 1 << 4;
    const DRAIN: u64 = 3 << 6;
    const WRITE: u64 = 1 << 5;
    [[1 | GLOBALLY, 0], [2 | GLOBALLY | DRAIN, 0], [4, 0], [5 | WRITE | (DONE as u64) << 32, done]]
}

/// What is written when all is done.
pub const DONE: u32 = 1;

/// Something that a function has tried and that was blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The function: bus times 256, device times 8, function.
    pub function: u16,
    /// Why it was blocked (VT-d, 7.1.3): below 0x20 of a read or a write, from there on of an interrupt.
    pub reason: u8,
    /// Whether it was a read.
    pub is_read: bool,
    /// The page that it was to or from, in the function's addresses; of an interrupt its number in the upper 16 bits.
    pub address: u64,
}

impl Fault {
    /// What a record (11.4.14) says, if there is something in it.
    #[must_use]
    pub const fn of([low, high]: Entry) -> Option<Self> {
        if high >> 63 == 0 {
            return None;
        }
        Some(Self {
            function: high as u16,
            reason: (high >> 32) as u8,
            is_read: high >> 62 & 1 != 0,
            address: low & !0xfff,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What QEMU 7.2 says: 39 bits, one record of faults at 0x220.
    const QEMU: Capabilities = Capabilities::of(0x00d2_0080_2226_0286, 0x0000_0000_00f0_0f5a);

    #[test]
    fn what_a_unit_has_is_read() {
        assert_eq!(QEMU.usable(true), Ok(Width::Bits39));
        assert_eq!(QEMU.faults(), (0x220, 1));
        assert!(!QEMU.is_coherent() && !QEMU.needs_write_flush() && !QEMU.has_protected_memory());
        let other = Capabilities::of(0x00d2_3f80_4000_0470, 0x0000_0000_00f0_0f1b);
        assert!(other.is_coherent() && other.needs_write_flush() && other.has_protected_memory());
        assert_eq!(other.faults(), (0x400, 64));
        assert_eq!(other.usable(false), Ok(Width::Bits48));
        assert!(other.usable(true).is_err_and(|text| text.contains("unprotected")));
        let both = Capabilities::ALL.both(QEMU).both(other);
        assert!(!both.is_coherent());
        assert!(both.usable(false).is_err_and(|text| text.contains("three or four levels")));
        assert_eq!(Capabilities::ALL.both(other).usable(false), Ok(Width::Bits48));
        for missing in [QUEUE, REMAPS_INTERRUPTS] {
            let without = Capabilities::of(QEMU.capability, QEMU.extended & !missing);
            assert_eq!(without.usable(false), Err(NO_INTERRUPT_REMAPPING));
        }
    }

    #[test]
    fn entries_are_as_the_manual_has_them() {
        assert_eq!(root_entry(0x12_3000), [0x12_3001, 0]);
        assert_eq!(translated(0x45_6000, Width::Bits39, 3), [0x45_6001, 0x301]);
        assert_eq!(translated(0x45_6000, Width::Bits48, 4), [0x45_6001, 0x402]);
        assert_eq!(passed_through(QEMU, 5), [0x9, 0x501]);
        assert_eq!(passed_through(Capabilities::of(0xe00, 0), 5), [0x9, 0x503]);
        assert_eq!(interrupt_entry(0x45, false, 0, 0x20), [0x0045_0001, 0x4_0020]);
        assert_eq!(interrupt_entry(0x45, true, 7, 0xff00), [0x0700_0045_0011, 0x4_ff00]);
    }

    #[test]
    fn interrupts_are_asked_for_by_number() {
        assert_eq!(message(3), (0xfee0_0070, 0));
        assert_eq!(pin(3), 0x0007_0000);
    }

    #[test]
    fn a_fault_is_read_from_its_record() {
        assert_eq!(Fault::of([0x1000, 0x7fff_ffff_ffff_ffff]), None);
        let write = Fault { function: 0x20, reason: 5, is_read: false, address: 0x11_0000 };
        assert_eq!(Fault::of([0x11_0fff, 0x8000_0005_0000_0020]), Some(write));
        let read = Fault { is_read: true, reason: 6, ..write };
        assert_eq!(Fault::of([0x11_0000, 0xc000_0006_0000_0020]), Some(read));
    }
}
