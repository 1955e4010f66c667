//! Devices that partitions own: their registers, memory and interrupts, as the system table has them.
//!
//! Nothing here touches a device: what may be touched is `registers`' affair, what an interrupt does is
//! `interrupts`'.

use bulkhead_abi::system_table::{INTERRUPTS_MAX, PARTITIONS_MAX, RESOURCES_MAX, RULES_MAX};
use bulkhead_abi::{Error, NAME_SIZE, ResourceDescription, ResourceKind};

use crate::partition::Index;

/// A resource of a device.
#[derive(Clone, Copy, Debug)]
pub struct Resource {
    /// Name of the device, padded with zeros.
    pub name: [u8; NAME_SIZE],
    /// Who owns it.
    pub partition: Index,
    /// What it is.
    pub kind: ResourceKind,
    /// Memory: whether the partition may write it.
    pub writable: bool,
    /// Registers and ports: bytes of one.
    pub width: Width,
    /// An interrupt: its line.
    pub line: u8,
    /// Registers and ports: the number of the first rule, and how many there are.
    pub rules: (u16, u8),
    /// Where it is: a physical address, the first port, or the interrupt's number at its controller.
    pub physical: usize,
    /// Where the kernel reaches registers, in its own addresses.
    pub place: usize,
    /// How many bytes or ports it has.
    pub size: usize,
    /// Where the partition sees memory.
    pub address: usize,
}

impl Resource {
    /// A place for a resource that does not exist.
    pub const NONE: Self = Self {
        name: [0; NAME_SIZE],
        partition: Index::FIRST,
        kind: ResourceKind::Interrupt,
        writable: false,
        width: Width::Word,
        line: 0,
        rules: (0, 0),
        physical: 0,
        place: 0,
        size: 0,
        address: 0,
    };

    /// As the partition is told of it.
    #[must_use]
    pub fn describe(&self) -> ResourceDescription {
        let (address, width) = match self.kind {
            ResourceKind::Memory => (self.address, self.writable.into()),
            ResourceKind::Registers | ResourceKind::Ports => (self.physical, self.width.bytes()),
            ResourceKind::Interrupt => (self.physical, 0),
        };
        ResourceDescription {
            name: self.name,
            kind: self.kind as u32,
            address: address as u32,
            size: self.size as u32,
            width,
            line: self.line.into(),
            reserved: [0; 3],
        }
    }
}

/// How wide a register or a port is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// One byte.
    Byte,
    /// Two bytes.
    Half,
    /// Four bytes.
    Word,
}

impl Width {
    /// The width of so many bytes, if there is one.
    #[must_use]
    pub const fn of_bytes(bytes: u32) -> Option<Self> {
        match bytes {
            1 => Some(Self::Byte),
            2 => Some(Self::Half),
            4 => Some(Self::Word),
            _ => None,
        }
    }

    /// In bytes.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        match self {
            Self::Byte => 1,
            Self::Half => 2,
            Self::Word => 4,
        }
    }

    /// All bits of a register.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::Byte => 0xff,
            Self::Half => 0xffff,
            Self::Word => u32::MAX,
        }
    }
}

/// What may be done with some registers of a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Offset of the first one in bytes.
    pub offset: u32,
    /// Bytes that they take.
    pub size: u32,
    /// The bits that may be read.
    pub read: u32,
    /// The bits that may be written.
    pub write: u32,
}

/// Where a register or a port is, as the machine reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterPlace {
    /// A register at an address of the kernel's.
    Memory(usize),
    /// A port of the x86 I/O space.
    Port(u16),
}

/// What has become of an interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterruptState {
    /// Masked: its owner has not let it in since its start.
    Closed,
    /// Its owner waits for it.
    Open,
    /// It has come, and its owner has not let the next one in yet.
    Told,
    /// It has come once more since, which its owner is to be told of.
    Again,
}

/// An interrupt of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupt {
    /// Its owner.
    pub partition: Index,
    /// The line as which it comes.
    pub line: u8,
    /// Its number at the interrupt controller.
    pub number: u8,
    /// Whether it lasts for as long as its device asks for it.
    pub level: bool,
    /// Whether it is there when its line is low.
    pub low: bool,
    /// What has become of it.
    pub state: InterruptState,
}

impl Interrupt {
    /// Whether none is lost while it is masked: because it lasts, or because the controller keeps what comes.
    #[must_use]
    pub const fn is_kept(&self, latches: bool) -> bool {
        self.level || latches
    }

    /// A place for an interrupt that does not exist.
    pub const NONE: Self = Self {
        partition: Index::FIRST,
        line: 0,
        number: 0,
        level: false,
        low: false,
        state: InterruptState::Closed,
    };
}

/// All devices.
#[derive(Debug)]
pub struct Devices {
    pub(crate) resources: [Resource; RESOURCES_MAX],
    pub(crate) count: usize,
    pub(crate) rules: [Rule; RULES_MAX],
    pub(crate) rule_count: usize,
    pub(crate) interrupts: [Interrupt; INTERRUPTS_MAX],
    pub(crate) interrupt_count: usize,
    /// Each partition's first resource, and how many it has.
    pub(crate) of_partition: [(u8, u8); PARTITIONS_MAX],
    /// Each partition's first interrupt, and how many it has.
    pub(crate) interrupts_of: [(u8, u8); PARTITIONS_MAX],
}

const _: () = assert!(RESOURCES_MAX < 256 && RULES_MAX < 1 << 16 && INTERRUPTS_MAX < 32);

impl Devices {
    /// No devices.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            resources: [Resource::NONE; RESOURCES_MAX],
            count: 0,
            rules: [Rule { offset: 0, size: 0, read: 0, write: 0 }; RULES_MAX],
            rule_count: 0,
            interrupts: [Interrupt::NONE; INTERRUPTS_MAX],
            interrupt_count: 0,
            of_partition: [(0, 0); PARTITIONS_MAX],
            interrupts_of: [(0, 0); PARTITIONS_MAX],
        }
    }

    /// All resources, at most [`RESOURCES_MAX`].
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter().take(self.count)
    }

    /// The memory of devices that a partition sees.
    pub fn memory_of(&self, partition: Index) -> impl Iterator<Item = &Resource> {
        self.resources().filter(move |resource| {
            resource.partition == partition && matches!(resource.kind, ResourceKind::Memory)
        })
    }

    /// All interrupts, at most [`INTERRUPTS_MAX`].
    pub fn interrupts(&self) -> impl Iterator<Item = &Interrupt> {
        self.interrupts.iter().take(self.interrupt_count)
    }

    /// The partitions that own an interrupt, one bit each.
    #[must_use]
    pub fn owners(&self) -> u32 {
        self.interrupts().fold(0, |owners, interrupt| owners | 1 << (interrupt.partition.number() % 32))
    }

    /// Has the board say where the kernel reaches the registers that are at a physical address.
    pub fn place_registers(&mut self, mut place: impl FnMut(usize) -> usize) {
        let count = self.count;
        for resource in self.resources.iter_mut().take(count) {
            if matches!(resource.kind, ResourceKind::Registers) {
                resource.place = place(resource.physical);
            }
        }
    }

    /// A partition's resource.
    #[inline(always)]
    pub(crate) fn of(&self, partition: Index, resource: u32) -> Result<&Resource, Error> {
        let (first, count) = self.of_partition[partition.place()];
        if resource >= count.into() {
            return Err(Error::BadArgument);
        }
        self.resources.get(first as usize + resource as usize).ok_or(Error::BadArgument)
    }

    /// A register of a partition's resource, and what may be done with it.
    #[inline(always)]
    pub(crate) fn register(
        &self,
        partition: Index,
        resource: u32,
        offset: u32,
    ) -> Result<(RegisterPlace, Width, Rule), Error> {
        let resource = self.of(partition, resource)?;
        let place = match resource.kind {
            ResourceKind::Registers => RegisterPlace::Memory(resource.place.wrapping_add(offset as usize)),
            ResourceKind::Ports => {
                RegisterPlace::Port((resource.physical as u16).wrapping_add(offset as u16))
            }
            ResourceKind::Memory | ResourceKind::Interrupt => return Err(Error::NotPermitted),
        };
        if offset as usize >= resource.size || offset & (resource.width.bytes() - 1) != 0 {
            return Err(Error::BadArgument);
        }
        let (first, count) = resource.rules;
        let rules = self.rules.get(first as usize..first as usize + count as usize).unwrap_or_default();
        // At most RULES_PER_RESOURCE_MAX.
        let rule = rules.iter().find(|rule| offset.wrapping_sub(rule.offset) < rule.size);
        rule.map(|rule| (place, resource.width, *rule)).ok_or(Error::NotPermitted)
    }

    /// The numbers of a partition's interrupts.
    #[inline(always)]
    pub(crate) fn interrupts_of(&self, partition: Index) -> core::ops::Range<usize> {
        let (first, count) = self.interrupts_of[partition.place()];
        first as usize..(first as usize).saturating_add(count as usize)
    }
}

impl Default for Devices {
    fn default() -> Self {
        Self::new()
    }
}
