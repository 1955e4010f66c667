//! Devices that partitions own, as the system file describes them.

use std::ops::{Range, RangeInclusive};

use serde::{Deserialize, Serialize};

use super::System;
use super::region::Access;
use crate::diagnostics::Problem;
use crate::units::size_text;

/// The SATA controller of the PC that QEMU emulates, which is part of its board: 00:1f.2.
pub(crate) const DISK_CONTROLLER: u16 = 0x1f << 3 | 2;

/// The functions of that board that a partition can own: that one, and the controller of the SMBus.
const OF_BOARD: [u16; 2] = [DISK_CONTROLLER, 0x1f << 3 | 3];

/// A device.
#[derive(Clone, Debug)]
pub struct Device {
    /// Name; no two devices of a processor have the same.
    pub name: String,
    /// Number of the partition that owns it.
    pub owner: usize,
    /// Whether it may write memory by itself.
    pub dma: Dma,
    /// What it has, in the order of the file: at least one.
    pub resources: Vec<Resource>,
    pub(crate) name_place: Range<usize>,
    pub(crate) dma_place: Range<usize>,
}

impl Device {
    /// One of a run that is repeated, of which is known no more than this; `emulated` is what QEMU is told to be at a
    /// place of the PCI bus.
    pub(crate) fn of_record(name: String, owner: usize, dma: Dma, emulated: Option<(u8, Emulated)>) -> Self {
        let function = |(place, kind)| {
            let number = u16::from(place) << 3;
            Resource::Function(Function { number, memory: 0, address: 0, line: 0, emulated: Some(kind) })
        };
        let resources = emulated.map(function).into_iter().collect();
        Self { name, owner, dma, resources, name_place: 0..0, dma_place: 0..0 }
    }

    /// Its PCI functions.
    fn functions(&self) -> impl Iterator<Item = &Function> {
        self.resources.iter().filter_map(|resource| match resource {
            Resource::Function(function) => Some(function),
            _ => None,
        })
    }

    /// Whether the PCI function with this number is among what it has.
    pub(crate) fn has_function(&self, number: u16) -> bool {
        self.functions().any(|function| function.number == number)
    }
}

/// What QEMU can be told to be at a place of the PCI bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Emulated {
    /// A virtio network device.
    #[serde(rename = "virtio-net")]
    Network,
    /// A virtio disk.
    #[serde(rename = "virtio-blk")]
    Disk,
    /// QEMU's device for learners, which adds one, interrupts and copies memory.
    #[serde(rename = "edu")]
    Education,
}

impl Emulated {
    /// The places of the first PCI bus where it can be: where QEMU's machine has nothing of its own.
    pub(crate) const PLACES: RangeInclusive<u16> = 1..=0x1e;

    /// All of them.
    pub const ALL: [Self; 3] = [Self::Network, Self::Disk, Self::Education];

    /// The words of the system file, in the same order.
    pub const NAMES: [&str; 3] = ["virtio-net", "virtio-blk", "edu"];

    /// The word of the system file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

/// A device that QEMU is told to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emulation {
    /// Its name in the system file.
    pub name: String,
    /// What it is.
    pub kind: Emulated,
    /// Its number on the first bus; it has one function.
    pub device: u8,
    /// Whether an IOMMU is between it and memory.
    pub behind_iommu: bool,
}

/// Whether a device can write memory by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dma {
    /// It cannot.
    None,
    /// It can, but reaches its owner's memory only: an IOMMU stands between.
    Iommu,
    /// It can, and writes wherever its owner tells it to: nothing keeps it from the memory of others.
    Unprotected,
}

impl Dma {
    /// The word of the system file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Iommu => "iommu",
            Self::Unprotected => "unprotected",
        }
    }
}

/// What a device has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Memory that its owner sees.
    Memory {
        /// Physical address, a multiple of 4 KiB.
        physical: u64,
        /// Bytes, a multiple of 4 KiB.
        size: u64,
        /// Whether its owner may write it.
        writable: bool,
        /// Where its owner sees it.
        address: u64,
    },
    /// Registers that its owner reaches by calls.
    Registers(Block),
    /// I/O ports that its owner reaches by calls.
    Ports(Block),
    /// An interrupt.
    Interrupt(Interrupt),
    /// A PCI function.
    Function(Function),
}

/// Registers or ports beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Physical address of the first one, or the first port.
    pub start: u64,
    /// Bytes, or ports.
    pub size: u64,
    /// Bytes of a register: 1, 2 or 4.
    pub width: u32,
    /// What the owner may do, in the order of the offsets. What no rule names it may not touch.
    pub rules: Vec<Rule>,
}

/// What may be done with some registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Offset of the first one from the block's start.
    pub offset: u32,
    /// Bytes, or ports.
    pub size: u32,
    /// The bits that may be read.
    pub read: u32,
    /// The bits that may be written.
    pub write: u32,
}

/// An interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupt {
    /// Its number at the interrupt controller.
    pub number: u32,
    /// Whether it lasts for as long as its device asks for it.
    pub level: bool,
    /// Whether it is there when its line is low.
    pub low: bool,
    /// The line as which its owner gets it.
    pub line: u32,
}

/// A PCI function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its number: bus times 256, device times 8, function.
    pub number: u16,
    /// The most memory of it that its owner sees, in bytes.
    pub memory: u64,
    /// Where its owner sees that.
    pub address: u64,
    /// The line as which its owner gets its message.
    pub line: u32,
    /// What QEMU is told to be there.
    pub emulated: Option<Emulated>,
}

impl Function {
    /// The number of the function that a text names by bus, device and function, each hexadecimal.
    #[must_use]
    pub fn parse(text: &str) -> Option<u16> {
        // As some tools print it, with the domain, of which a PC has one.
        let text = text.strip_prefix("0000:").unwrap_or(text);
        let (bus, rest) = text.split_once(':')?;
        let (device, function) = rest.split_once('.')?;
        let part = |digits: &str, length: usize, end: u16| {
            let is_number = digits.len() == length && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            is_number.then(|| u16::from_str_radix(digits, 16).ok())?.filter(|number| *number < end)
        };
        Some(part(bus, 2, 0x100)? << 8 | part(device, 2, 0x20)? << 3 | part(function, 1, 8)?)
    }

    /// Its name, as [`Function::parse`] reads it.
    #[must_use]
    pub fn name(&self) -> String {
        Self::name_of(self.number)
    }

    /// The name of the function with a number.
    #[must_use]
    pub fn name_of(number: u16) -> String {
        format!("{:02x}:{:02x}.{}", number >> 8, number >> 3 & 0x1f, number & 7)
    }
}

impl Interrupt {
    /// The words of `trigger` and `polarity`.
    #[must_use]
    pub const fn words(&self) -> (&'static str, &'static str) {
        (if self.level { "level" } else { "edge" }, if self.low { "low" } else { "high" })
    }
}

impl Block {
    /// What there is of it, in words.
    fn text(&self, range: String) -> String {
        let bytes = if self.width == 1 { "byte" } else { "bytes" };
        let all = all_bits(self.width);
        let whole = [Rule { offset: 0, size: self.size as u32, read: all, write: all }];
        let rules = match self.rules.len() {
            _ if self.rules == whole => String::new(),
            1 => ", 1 rule".to_owned(),
            count => format!(", {count} rules"),
        };
        format!("{range}, {} {bytes} wide{rules}", self.width)
    }
}

/// All bits of a register of so many bytes.
pub(crate) const fn all_bits(width: u32) -> u32 {
    match width {
        1 => 0xff,
        2 => 0xffff,
        _ => u32::MAX,
    }
}

impl Resource {
    /// What it is, in the system file's word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Memory { .. } => "memory",
            Self::Registers(_) => "registers",
            Self::Ports(_) => "ports",
            Self::Interrupt(_) => "interrupt",
            Self::Function(_) => "pci",
        }
    }

    /// What it is, in a line.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Memory { physical, size, writable, address } => {
                let access = Access::of(*writable).name();
                format!("{physical:#010x}, {}, {access}, seen at {address:#010x}", size_text(*size))
            }
            Self::Registers(block) => block.text(format!("{:#010x}, {}", block.start, size_text(block.size))),
            Self::Ports(block) => {
                let end = block.start + block.size - 1;
                let range = if block.size == 1 {
                    format!("{:#x}", block.start)
                } else {
                    format!("{:#x} to {end:#x}", block.start)
                };
                block.text(range)
            }
            Self::Interrupt(interrupt) => {
                let (trigger, polarity) = interrupt.words();
                format!("{}, {trigger}, {polarity}, line {}", interrupt.number, interrupt.line)
            }
            Self::Function(function) => {
                let (name, memory) = (function.name(), size_text(function.memory));
                let emulated =
                    function.emulated.map_or_else(String::new, |kind| format!(", {}", kind.name()));
                let Function { address, line, .. } = function;
                format!("{name}, at most {memory} seen at {address:#010x}, line {line}{emulated}")
            }
        }
    }

    /// The rules of registers and ports.
    pub(crate) fn rules(&self) -> &[Rule] {
        match self {
            Self::Registers(block) | Self::Ports(block) => &block.rules,
            Self::Memory { .. } | Self::Interrupt(_) | Self::Function(_) => &[],
        }
    }
}

/// A resource with its number among those of its owner.
#[derive(Clone, Copy, Debug)]
pub struct PlacedResource<'a> {
    /// The number of its device.
    pub device: usize,
    /// Its number among those of the partition.
    pub number: u32,
    /// The resource.
    pub resource: &'a Resource,
}

impl System {
    /// All resources of all devices in the order of the system table: those of a partition together, in the order of
    /// the file.
    #[must_use]
    pub fn resources(&self) -> Vec<PlacedResource<'_>> {
        let mut placed: Vec<PlacedResource<'_>> = Vec::new();
        for partition in 0..self.partitions.len() {
            let own = self.devices.iter().enumerate().filter(|(_, device)| device.owner == partition);
            let own =
                own.flat_map(|(device, described)| described.resources.iter().map(move |it| (device, it)));
            placed.extend((0..).zip(own).map(|(number, (device, resource))| PlacedResource {
                device,
                number,
                resource,
            }));
        }
        placed
    }

    /// How many rules all resources have together.
    pub(crate) fn rules(&self) -> usize {
        self.devices.iter().flat_map(|device| &device.resources).map(|resource| resource.rules().len()).sum()
    }

    /// The devices that QEMU is told to have.
    #[must_use]
    pub fn emulations(&self) -> Vec<Emulation> {
        let emulation = |(device, function): (&Device, &Function)| {
            Some(Emulation {
                name: device.name.clone(),
                kind: function.emulated?,
                device: (function.number >> 3) as u8,
                behind_iommu: device.dma == Dma::Iommu,
            })
        };
        self.functions().filter_map(emulation).collect()
    }

    /// The PCI functions of all devices.
    fn functions(&self) -> impl Iterator<Item = (&Device, &Function)> {
        let all = |device| Device::functions(device).map(move |function| (device, function));
        self.devices.iter().flat_map(all)
    }

    /// The names of devices on the PCI bus at whose places neither the board has something nor QEMU is told to.
    pub(crate) fn functions_without_device(&self) -> impl Iterator<Item = &str> {
        let is_missing =
            |function: &Function| function.emulated.is_none() && !OF_BOARD.contains(&function.number);
        self.functions().filter(move |(_, function)| is_missing(function)).map(|(device, _)| &*device.name)
    }

    /// The devices that can write the memory of everybody, as the system file allows them to.
    pub(crate) fn unprotected(&self) -> impl Iterator<Item = &Device> {
        self.devices.iter().filter(|device| device.dma == Dma::Unprotected)
    }

    /// What is to be known each time of a system that is right.
    pub(crate) fn warnings(&self) -> Vec<Problem> {
        let warning = |device: &Device| {
            let owner = self.partition_name(device.owner);
            let text =
                format!("`{}` can write the memory of everybody: `{owner}` tells it where", device.name);
            Problem::new(device.dma_place.clone(), text)
                .help(format!("nothing stands between them: look at what runs in `{owner}` as at the kernel"))
        };
        let mut warnings: Vec<Problem> =
            self.unprotected().map(warning).chain(self.schedules_unasked()).collect();
        warnings.sort_by_key(|warning| warning.place.start);
        warnings
    }
}

/// How far the memory of devices that a partition sees reaches, in bytes from the memory's start, which is at `base` in
/// the partition's addresses; at least `least`.
pub(super) fn mapped(devices: &[Device], partition: usize, least: u64, base: u64) -> u64 {
    let own = devices.iter().filter(|device| device.owner == partition);
    let ends = own.flat_map(|device| &device.resources).filter_map(|resource| match resource {
        Resource::Memory { size, address, .. }
        | Resource::Function(Function { memory: size, address, .. }) => {
            Some((address + size).saturating_sub(base))
        }
        _ => None,
    });
    ends.fold(least, u64::max)
}
