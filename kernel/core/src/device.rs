//! Devices that partitions own: their registers, memory and interrupts, as the system table has them.
//!
//! Nothing here touches a device: what may be touched is `registers`' affair, what an interrupt does is
//! `interrupts`'.

use bulkhead_abi::system_table::{FUNCTIONS_MAX, INTERRUPTS_MAX, PARTITIONS_MAX, RESOURCES_MAX, RULES_MAX};
use bulkhead_abi::{
    COMMAND_BUS_MASTER, COMMAND_MEMORY, COMMAND_NO_PIN, COMMAND_PORTS, COMMAND_REGISTER, Error, NAME_SIZE,
    ResourceDescription, ResourceKind,
};

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
    /// Registers, ports and functions: the number of the first rule, and how many there are.
    pub rules: (u16, u8),
    /// Memory, registers and ports of a function: the number of their base address register.
    pub bar: u8,
    /// Of these: where behind its start they begin.
    pub offset: u32,
    /// Where it is: a physical address, the first port, the interrupt's number at its controller, or the function's.
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
        bar: 0,
        offset: 0,
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
            ResourceKind::Registers | ResourceKind::Ports | ResourceKind::Function => {
                (self.physical, self.width.bytes())
            }
            ResourceKind::Interrupt => (self.physical, 0),
        };
        ResourceDescription {
            name: self.name,
            kind: self.kind as u32,
            address: address as u32,
            size: self.size as u32,
            width,
            line: self.line.into(),
            bar: self.bar.into(),
            offset: self.offset,
            reserved: 0,
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
    /// A configuration register of a PCI function: its number, and the register's offset. Written is the lower half of
    /// the command register only.
    Function(u16, u8),
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
    /// Its number at the interrupt controller; nothing where it is a message.
    pub number: u8,
    /// Where the kernel reaches the entry of its message in the table of a PCI function, which keeps it while it is
    /// masked there; 0 where the controller has a line for it.
    pub message: usize,
    /// Whether it lasts for as long as its device asks for it.
    pub level: bool,
    /// Whether it is there when its line is low.
    pub low: bool,
    /// Whether a message has come since it was masked: one can be on its way then.
    pub is_late: bool,
    /// What has become of it.
    pub state: InterruptState,
}

impl Interrupt {
    /// Whether none is lost while it is masked: because it lasts, or because the controller keeps what comes.
    #[must_use]
    pub const fn is_kept(&self, latches: bool) -> bool {
        self.level || latches || self.message != 0
    }

    /// A place for an interrupt that does not exist.
    pub const NONE: Self = Self {
        partition: Index::FIRST,
        line: 0,
        number: 0,
        message: 0,
        level: false,
        low: false,
        is_late: false,
        state: InterruptState::Closed,
    };
}

/// Whose memory a PCI function reaches by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// None.
    Nothing,
    /// Its owner's, by its owner's addresses.
    Owner,
    /// Everybody's.
    Everything,
}

/// A PCI function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its number: bus times 256, device times 8, function.
    pub number: u16,
    /// Its owner.
    pub partition: Index,
    /// Whose memory it reaches.
    pub reach: Reach,
    /// Its message: the number among [`Devices::interrupts`], and the offset of its capability.
    pub message: Option<(u8, u8)>,
    /// Where the table of its messages is, and its size: nobody else's.
    pub table: (usize, usize),
    /// Whether what it requests bears its number: behind a bridge to PCI without Express it is the bridge's.
    pub is_known: bool,
}

impl Function {
    /// A place for a function that does not exist.
    pub(crate) const NONE: Self = Self {
        number: 0,
        partition: Index::FIRST,
        reach: Reach::Nothing,
        message: None,
        table: (0, 0),
        is_known: true,
    };
}

/// What may be done with all registers of a resource: everything.
pub(crate) const EVERYTHING: Rule = Rule { offset: 0, size: u32::MAX, read: u32::MAX, write: u32::MAX };

/// What may be done with the configuration registers of a function: everything is read, and the command register
/// written.
const fn configuration(command: u32) -> [Rule; 3] {
    const BEHIND: u32 = COMMAND_REGISTER + 4;
    [
        Rule { offset: 0, size: COMMAND_REGISTER, read: u32::MAX, write: 0 },
        Rule { offset: COMMAND_REGISTER, size: 4, read: u32::MAX, write: command },
        Rule { offset: BEHIND, size: FUNCTION_SIZE - BEHIND, read: u32::MAX, write: 0 },
    ]
}

/// Bytes of configuration registers that can be reached.
pub(crate) const FUNCTION_SIZE: u32 = 0x100;

/// What a function with a message may be told: it answers always, since the kernel masks the message in its memory.
const ANSWERING: u32 = COMMAND_PORTS | COMMAND_NO_PIN;
const COMMAND: u32 = ANSWERING | COMMAND_MEMORY;

/// Rules that no system table has, behind those that it has.
const OWN_RULES: [[Rule; 3]; 5] = [
    [EVERYTHING; 3],
    configuration(COMMAND),
    configuration(COMMAND | COMMAND_BUS_MASTER),
    configuration(ANSWERING),
    configuration(ANSWERING | COMMAND_BUS_MASTER),
];

const ALL_RULES: usize = RULES_MAX + OWN_RULES.as_flattened().len();

/// The rules where the system table has none.
const NO_RULES: [Rule; ALL_RULES] = {
    let mut rules = [Rule { offset: 0, size: 0, read: 0, write: 0 }; ALL_RULES];
    let mut number = RULES_MAX;
    while number < ALL_RULES {
        rules[number] = OWN_RULES.as_flattened()[number - RULES_MAX];
        number += 1;
    }
    rules
};

/// The rule for everything.
pub(crate) const EVERYTHING_RULES: (u16, u8) = (RULES_MAX as u16, 1);

/// The rules of a function's configuration registers.
pub(crate) const fn configuration_rules(reach: Reach, has_message: bool) -> (u16, u8) {
    let set = 1 + !matches!(reach, Reach::Nothing) as u16 + 2 * has_message as u16;
    (RULES_MAX as u16 + set * 3, 3)
}

/// All devices.
#[derive(Debug)]
pub struct Devices {
    pub(crate) resources: [Resource; RESOURCES_MAX],
    pub(crate) count: usize,
    pub(crate) rules: [Rule; ALL_RULES],
    pub(crate) rule_count: usize,
    pub(crate) interrupts: [Interrupt; INTERRUPTS_MAX],
    pub(crate) interrupt_count: usize,
    pub(crate) functions: [Function; FUNCTIONS_MAX],
    pub(crate) function_count: usize,
    /// The start of the slot in which a fault of a function has been told of last.
    pub(crate) told_in: Option<u64>,
    /// Each partition's first function, and how many it has.
    pub(crate) functions_of: [(u8, u8); PARTITIONS_MAX],
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
            rules: NO_RULES,
            rule_count: 0,
            interrupts: [Interrupt::NONE; INTERRUPTS_MAX],
            interrupt_count: 0,
            functions: [Function::NONE; FUNCTIONS_MAX],
            function_count: 0,
            told_in: None,
            functions_of: [(0, 0); PARTITIONS_MAX],
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

    /// All PCI functions, at most [`FUNCTIONS_MAX`].
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        self.functions.iter().take(self.function_count)
    }

    /// A partition's PCI functions.
    pub(crate) fn functions_of(&self, partition: Index) -> &[Function] {
        let (first, count) = self.functions_of[partition.place()];
        let first = first as usize;
        self.functions.get(first..first.saturating_add(count as usize)).unwrap_or_default()
    }

    /// Has the board say where the kernel reaches the entries of messages that are at a physical address.
    pub fn place_messages(&mut self, mut place: impl FnMut(usize) -> usize) {
        let count = self.interrupt_count;
        for interrupt in self.interrupts.iter_mut().take(count).filter(|interrupt| interrupt.message != 0) {
            interrupt.message = place(interrupt.message);
        }
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
            ResourceKind::Function => RegisterPlace::Function(resource.physical as u16, offset as u8),
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
