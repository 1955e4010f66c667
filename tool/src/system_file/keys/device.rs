//! The keys of devices and of what they have.

use bulkhead_abi::Line;
use bulkhead_abi::system_table::{
    FUNCTIONS_MAX, INTERRUPTS_MAX, RESOURCES_MAX, RULES_MAX, RULES_PER_RESOURCE_MAX,
};

use super::{ANY, Default, Key, Kind, Table, quoted};
use crate::system_file::device::Emulated;
use crate::target::Processor;

/// What `dma` can be.
pub(in crate::system_file) const DMA: [&str; 3] = ["none", "iommu", "unprotected"];

/// What `emulate` can be.
pub(in crate::system_file) const EMULATED: [&str; 3] = Emulated::NAMES;

/// What `trigger` can be.
pub(in crate::system_file) const TRIGGERS: [&str; 2] = ["edge", "level"];

/// What `polarity` can be.
pub(in crate::system_file) const POLARITIES: [&str; 2] = ["high", "low"];

/// What `width` can be.
pub(in crate::system_file) const WIDTHS: [u32; 3] = [1, 2, 4];

/// `[[device]]`.
pub(in crate::system_file) const DEVICE: Table = &[
    Key {
        name: "name",
        kind: Kind::Name,
        range: ANY,
        default: Default::Required,
        meaning: "Name, by which programs find it; no two devices of a processor have the same.",
    },
    Key {
        name: "owner",
        kind: Kind::PartitionName,
        range: ANY,
        default: Default::Required,
        meaning: "The partition that has it, and nobody else.",
    },
    Key {
        name: "processor",
        kind: Kind::OneOf(&Processor::NAMES),
        range: || quoted(&Processor::NAMES),
        default: Default::Is("every processor"),
        meaning: "The processor that the device is there for. A system for another one is built without it.",
    },
    Key {
        name: "registers",
        kind: Kind::DeviceRegisters,
        range: ANY,
        default: Default::None,
        meaning: "Registers in memory that its owner reads and writes by calls.",
    },
    Key {
        name: "ports",
        kind: Kind::DevicePorts,
        range: || "on x86-64".to_owned(),
        default: Default::None,
        meaning: "I/O ports that its owner reads and writes by calls.",
    },
    Key {
        name: "memory",
        kind: Kind::DeviceMemory,
        range: ANY,
        default: Default::None,
        meaning: "Whole pages that its owner sees among its own addresses.",
    },
    Key {
        name: "interrupts",
        kind: Kind::DeviceInterrupts,
        range: || format!("of all devices together {INTERRUPTS_MAX}"),
        default: Default::None,
        meaning: "Interrupts that come to its owner.",
    },
    Key {
        name: "pci",
        kind: Kind::PciFunction,
        range: || format!("on x86-64; {FUNCTIONS_MAX} of all devices"),
        default: Default::None,
        meaning: "A PCI function by bus, device and function, as `lspci` prints it. What it has, the kernel finds when \
                  it boots.",
    },
    Key {
        name: "pci-memory",
        kind: Kind::NumberOrSize,
        range: || "whole multiples of 4 KiB".to_owned(),
        default: Default::Is("64 KiB"),
        meaning: "The most memory of the function that its owner sees, 64 KiB behind what it sees otherwise.",
    },
    Key {
        name: "pci-line",
        kind: Kind::Integer { least: *Line::DEVICES.start(), most: *Line::DEVICES.end() },
        range: || format!("{} to {}", Line::DEVICES.start(), Line::DEVICES.end()),
        default: Default::Is("one that is free, from above"),
        meaning: "The line as which its owner gets the function's message: one that no doorbell of the owner has.",
    },
    Key {
        name: "emulate",
        kind: Kind::OneOf(&EMULATED),
        range: || quoted(&EMULATED),
        default: Default::None,
        meaning: "What QEMU is at the function's place when `bulkhead run` starts it: a network device \
                  ([`--forward`](command.md#devices)), a disk ([`--disk`](command.md#devices)), or QEMU's device for \
                  learners.",
    },
    Key {
        name: "dma",
        kind: Kind::OneOf(&DMA),
        range: || quoted(&DMA),
        default: Default::Is("`\"none\"`"),
        meaning: "What memory the device reads and writes by itself (DMA). `\"iommu\"`: its owner's, of a PCI function \
                  behind an IOMMU. `\"unprotected\"`: nothing keeps it from the memory of others, and the tool says so \
                  each time.",
    },
];

/// An entry of `registers`.
pub(in crate::system_file) const REGISTERS: Table = &[
    Key {
        name: "address",
        kind: Kind::NumberOrAddress,
        range: || "a multiple of `width`".to_owned(),
        default: Default::Required,
        meaning: "Physical address of the first one.",
    },
    Key {
        name: "size",
        kind: Kind::NumberOrSize,
        range: || "a multiple of `width`, to the end of the page of 4 KiB".to_owned(),
        default: Default::Required,
        meaning: "How many bytes they take.",
    },
    WIDTH,
    ALLOW,
];

/// An entry of `ports`.
pub(in crate::system_file) const PORTS: Table = &[
    Key {
        name: "first",
        kind: Kind::Integer { least: 0, most: 0xffff },
        range: || "a multiple of `width`".to_owned(),
        default: Default::Required,
        meaning: "Number of the first one.",
    },
    Key {
        name: "count",
        kind: Kind::Integer { least: 1, most: 0x1_0000 },
        range: || "a multiple of `width`".to_owned(),
        default: Default::Required,
        meaning: "How many there are.",
    },
    WIDTH,
    ALLOW,
];

const WIDTH: Key = Key {
    name: "width",
    kind: Kind::NumberOf(&WIDTHS),
    range: || "1, 2, 4".to_owned(),
    default: Default::Required,
    meaning: "How many bytes one has. Each is read and written as a whole.",
};

const ALLOW: Key = Key {
    name: "allow",
    kind: Kind::DeviceRules,
    range: || format!("1 to {RULES_PER_RESOURCE_MAX}; of all devices together {RULES_MAX}"),
    default: Default::Is("everything"),
    meaning: "What the owner may do. What is not named here it may not touch.",
};

/// An entry of `allow`.
pub(in crate::system_file) const RULE: Table = &[
    Key {
        name: "offset",
        kind: Kind::Integer { least: 0, most: 0xffff },
        range: || "a multiple of `width`".to_owned(),
        default: Default::Required,
        meaning: "Where the first register is, in bytes from `address`, or in ports from `first`.",
    },
    Key {
        name: "size",
        kind: Kind::NumberOrSize,
        range: || "a multiple of `width`".to_owned(),
        default: Default::Is("one register"),
        meaning: "How many bytes, or ports, the rule is for.",
    },
    Key {
        name: "read",
        kind: Kind::Mask,
        range: || "a boolean, or bits".to_owned(),
        default: Default::Is("`true`"),
        meaning: "Whether they may be read, or which of their bits: the others are read as 0.",
    },
    Key {
        name: "write",
        kind: Kind::Mask,
        range: || "a boolean, or bits".to_owned(),
        default: Default::Is("`false`"),
        meaning: "Whether they may be written, or which of their bits: the others are read and written back as they \
                  are.",
    },
];

/// An entry of `memory`.
pub(in crate::system_file) const DEVICE_MEMORY: Table = &[
    Key {
        name: "address",
        kind: Kind::NumberOrAddress,
        range: || "a multiple of 4 KiB".to_owned(),
        default: Default::Required,
        meaning: "Its physical address.",
    },
    Key {
        name: "size",
        kind: Kind::NumberOrSize,
        range: || "whole multiples of 4 KiB".to_owned(),
        default: Default::Required,
        meaning: "How much there is.",
    },
    Key {
        name: "write",
        kind: Kind::Boolean,
        range: ANY,
        default: Default::Is("`false`"),
        meaning: "Whether its owner may write it. It is not cached, and nobody executes anything there.",
    },
    Key {
        name: "at",
        kind: Kind::NumberOrAddress,
        range: || "behind the owner's memory, a multiple of 4 KiB".to_owned(),
        default: Default::Is("64 KiB behind the owner's memory, regions and devices before"),
        meaning: "Where its owner sees it.",
    },
];

/// An entry of `interrupts`.
pub(in crate::system_file) const INTERRUPT: Table = &[
    Key {
        name: "number",
        kind: Kind::Integer { least: 0, most: 23 },
        range: || "0 to 23, on LEON3 1 to 14".to_owned(),
        default: Default::Required,
        meaning: "Number at the interrupt controller: the pin of the I/O APIC, or the line of the IRQMP.",
    },
    Key {
        name: "trigger",
        kind: Kind::OneOf(&TRIGGERS),
        range: || quoted(&TRIGGERS),
        default: Default::Is("`\"edge\"`"),
        meaning: "Whether it comes when its line changes, or lasts for as long as the device asks for it.",
    },
    Key {
        name: "polarity",
        kind: Kind::OneOf(&POLARITIES),
        range: || format!("{}; on LEON3 `\"high\"`", quoted(&POLARITIES)),
        default: Default::Is("`\"high\"`"),
        meaning: "Which level of the line it is.",
    },
    Key {
        name: "line",
        kind: Kind::Integer { least: *Line::DEVICES.start(), most: *Line::DEVICES.end() },
        range: || format!("{} to {}", Line::DEVICES.start(), Line::DEVICES.end()),
        default: Default::Is("one that is free, from above"),
        meaning: "The line as which its owner gets it: one that no doorbell of the owner has.",
    },
];

const _: () = assert!(RESOURCES_MAX == 64, "how many the reference says that there can be");
