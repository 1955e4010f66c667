//! The kernel's own check of what the system table says of devices.
//!
//! What passes here is what the partitions' access to hardware rests on: nothing of the kernel's own, nothing that is
//! RAM, nothing twice; and memory that a partition sees, outside its own memory and its regions.

use bulkhead_abi::system_table::{
    ByteOrder, FUNCTION_DMA, FUNCTION_TRANSLATED, Header, INTERRUPT_LEVEL, INTERRUPT_LOW, INTERRUPTS_MAX,
    RESOURCES_MAX, RULES_MAX, RULES_PER_RESOURCE_MAX, Resource as ResourceEntry, Rule as RuleEntry,
};
use bulkhead_abi::{Line, PAGE_SIZE, ResourceKind};
use core::ops::Range;

use crate::configuration::{Configuration, Limits, Refusal, aligned, apart, inside, may_write, narrow};
use crate::device::{
    EVERYTHING_RULES, FUNCTION_SIZE, Function, Interrupt, InterruptState, Reach, Resource, Rule, Width,
    configuration_rules,
};
use crate::function::{Bar, ENTRY, Function as Found};
use crate::partition::Index;

/// The most ranges of device memory that are the kernel's own.
pub const OWN_RANGES_MAX: usize = 16;

/// What a machine has of devices, and what of it is the kernel's own.
#[derive(Clone, Copy, Debug)]
pub struct DeviceLimits {
    /// Where device memory begins, and where it ends.
    pub memory: (usize, usize),
    /// What of it is the kernel's own: where each range begins, and its size; 0 where there is none.
    pub own_memory: [(usize, usize); OWN_RANGES_MAX],
    /// The ports of the I/O space that are the kernel's own: the first of each range, and how many; none where the
    /// machine has no ports at all.
    pub own_ports: &'static [(usize, usize)],
    /// How many interrupts its controller has.
    pub interrupts: u32,
    /// Which of them there are for partitions, one bit each.
    pub free_interrupts: u32,
    /// Looks a PCI function up; none if there is none.
    pub function: fn(u16) -> Option<Found>,
}

impl DeviceLimits {
    /// A machine of which partitions can have nothing.
    pub const NONE: Self = Self {
        memory: (0, 0),
        own_memory: [(0, 0); OWN_RANGES_MAX],
        own_ports: &[],
        interrupts: 0,
        free_interrupts: 0,
        function: |_| None,
    };
}

/// Bytes of the table that its resources and rules take.
pub(crate) fn size(header: &Header) -> Result<usize, Refusal> {
    let (resources, rules) = (header.resources as usize, header.rules as usize);
    if resources > RESOURCES_MAX || rules > RULES_MAX {
        return Err("it has more devices than this kernel can take");
    }
    Ok(resources * ResourceEntry::SIZE + rules * RuleEntry::SIZE)
}

const TWICE: Refusal = "two devices have the same registers, ports or memory";

const UNKNOWN: Refusal =
    "a PCI function with DMA is behind a bridge, and an IOMMU cannot tell it from others there";

/// The end of the I/O space.
const PORTS: Range<usize> = 0..1 << 16;

impl Configuration {
    /// Reads and checks the devices; in the table they begin at `offset`.
    pub(crate) fn read_devices(
        &mut self,
        table: &[u8],
        offset: usize,
        limits: &Limits,
    ) -> Result<(), Refusal> {
        let count = self.header.resources as usize;
        let rules = offset + count * ResourceEntry::SIZE;
        let mut previous = 0;
        for number in 0..count {
            let place = offset + number * ResourceEntry::SIZE;
            let entry =
                ResourceEntry::decode(table, place, ByteOrder::native()).ok_or("a device lies outside it")?;
            let owner = Index::new(entry.partition)
                .filter(|index| index.place() < self.count && index.place() >= previous)
                .ok_or("a device is of a partition that does not exist, or out of order")?;
            previous = owner.place();
            let [physical, size, address] = narrow([entry.physical, entry.size, entry.address])?;
            let kind = ResourceKind::from_number(entry.kind).ok_or("a resource's kind is unknown")?;
            let mut resource = Resource {
                name: entry.name,
                partition: owner,
                kind,
                physical,
                place: physical,
                size,
                address,
                ..Resource::NONE
            };
            match kind {
                ResourceKind::Memory => self.check_memory(&mut resource, entry.flags, limits)?,
                ResourceKind::Registers | ResourceKind::Ports => {
                    resource.width = Width::of_bytes(entry.width).ok_or("a register's width is unknown")?;
                    check_place(&resource, limits)?;
                    self.read_rules(table, rules, &mut resource, entry.rules)?;
                }
                ResourceKind::Interrupt => {
                    let number = self.interrupt_number(&entry, limits)?;
                    self.add_interrupt(&mut resource, &entry, Interrupt { number, ..Interrupt::NONE })?;
                }
                ResourceKind::Function => {
                    self.add_function(resource, &entry, limits)?;
                    continue;
                }
            }
            self.add_resource(resource)?;
        }
        if self.devices.rule_count != self.header.rules as usize {
            return Err("a rule is no device's");
        }
        let is_translated = self.devices.functions().any(|function| function.reach == Reach::Owner);
        let is_unknown = |function: &Function| function.reach != Reach::Nothing && !function.is_known;
        if is_translated && self.devices.functions().any(is_unknown) {
            return Err(UNKNOWN);
        }
        Ok(())
    }

    /// Adds a resource that is all right but for what others have.
    fn add_resource(&mut self, resource: Resource) -> Result<(), Refusal> {
        let range = (resource.physical, resource.size);
        let is_free = match resource.kind {
            ResourceKind::Memory | ResourceKind::Registers => self.is_free_memory(range),
            ResourceKind::Ports => self.is_free(range, |kind| matches!(kind, ResourceKind::Ports)),
            ResourceKind::Interrupt | ResourceKind::Function => true,
        };
        if !is_free {
            return Err(TWICE);
        }
        let place = self.devices.count;
        *self.devices.resources.get_mut(place).ok_or("there are too many devices")? = resource;
        append(&mut self.devices.of_partition[resource.partition.place()], place);
        self.devices.count = place + 1;
        Ok(())
    }

    /// Whether a range lies apart from all resources of some kinds.
    fn is_free(&self, range: (usize, usize), is_beside: impl Fn(ResourceKind) -> bool) -> bool {
        let mut others = self.devices.resources().filter(|other| is_beside(other.kind));
        others.all(|other| apart(range, (other.physical, other.size)))
    }

    /// Whether nobody has a range of device memory, nor the kernel as the table of a function's messages.
    fn is_free_memory(&self, range: (usize, usize)) -> bool {
        self.is_free(range, |kind| matches!(kind, ResourceKind::Memory | ResourceKind::Registers))
            && self.devices.functions().all(|function| apart(range, function.table))
    }

    fn check_memory(&mut self, resource: &mut Resource, rights: u32, limits: &Limits) -> Result<(), Refusal> {
        resource.writable = may_write(rights).ok_or("the rights to a device's memory are unknown")?;
        self.take_memory(resource, limits)
    }

    /// Takes memory of a device for its owner to see.
    fn take_memory(&mut self, resource: &Resource, limits: &Limits) -> Result<(), Refusal> {
        let (physical, size, address) = (resource.physical, resource.size, resource.address);
        if !aligned(physical) || !aligned(size) || size == 0 {
            return Err("a device's memory is no whole pages");
        }
        check_device_memory((physical, size), limits)?;
        if !self.see(resource.partition, (address, size), limits) {
            return Err("a partition would see a device where something else is");
        }
        Ok(())
    }

    /// Reads the rules of a resource, which stand behind those of the resources before.
    fn read_rules(
        &mut self,
        table: &[u8],
        offset: usize,
        resource: &mut Resource,
        count: u32,
    ) -> Result<(), Refusal> {
        let (first, count) = (self.devices.rule_count, count as usize);
        if count == 0 || count > RULES_PER_RESOURCE_MAX || first + count > self.header.rules as usize {
            return Err("a device has no rules, or more than there are");
        }
        let width = resource.width.bytes();
        let mut free = 0;
        for number in first..first + count {
            let entry = RuleEntry::decode(table, offset + number * RuleEntry::SIZE, ByteOrder::native())
                .ok_or("a rule lies outside it")?;
            let RuleEntry { offset, size, read, write } = entry;
            let end = offset.checked_add(size).ok_or("a rule's registers have no end")?;
            let fits = offset.is_multiple_of(width) && size.is_multiple_of(width) && size != 0;
            if !fits || offset < free || end as usize > resource.size {
                return Err("a rule's registers are none of its device's, or out of order");
            }
            if (read | write) & !resource.width.bits() != 0 {
                return Err("a rule names bits that its registers do not have");
            }
            free = end;
            *self.devices.rules.get_mut(number).ok_or("there are too many rules")? =
                Rule { offset, size, read, write };
        }
        resource.rules = (first as u16, count as u8);
        self.devices.rule_count = first + count;
        Ok(())
    }

    /// The number that an interrupt has at the controller.
    fn interrupt_number(&self, entry: &ResourceEntry, limits: &Limits) -> Result<u8, Refusal> {
        let number = entry.physical;
        if number >= limits.devices.interrupts.into()
            || limits.devices.free_interrupts >> (number % 32) & 1 == 0
        {
            return Err("a device's interrupt is none that a partition can have");
        }
        if entry.flags & !(INTERRUPT_LEVEL | INTERRUPT_LOW) != 0 {
            return Err("the kind of a device's interrupt is unknown");
        }
        let number = number as u8;
        if self.devices.interrupts().any(|other| other.number == number && other.message == 0) {
            return Err("an interrupt or its line is somebody's already");
        }
        Ok(number)
    }

    /// Adds an interrupt of which `interrupt` says what it is at its controller.
    fn add_interrupt(
        &mut self,
        resource: &mut Resource,
        entry: &ResourceEntry,
        interrupt: Interrupt,
    ) -> Result<(), Refusal> {
        let owner = resource.partition;
        if !Line::DEVICES.contains(&entry.line) {
            return Err("a device's line is none that an interrupt can have");
        }
        let line = entry.line as u8;
        let doorbell = self.regions.mappings().any(|other| other.partition == owner && other.line == line);
        let other = self.devices.interrupts().any(|other| other.partition == owner && other.line == line);
        if doorbell || other {
            return Err("an interrupt or its line is somebody's already");
        }
        let place = self.devices.interrupt_count;
        if place >= INTERRUPTS_MAX {
            return Err("it has more interrupts than this kernel can take");
        }
        append(&mut self.devices.interrupts_of[owner.place()], place);
        *self.devices.interrupts.get_mut(place).ok_or("there are too many interrupts")? = Interrupt {
            partition: owner,
            line,
            level: interrupt.message == 0 && entry.flags & INTERRUPT_LEVEL != 0,
            low: interrupt.message == 0 && entry.flags & INTERRUPT_LOW != 0,
            state: InterruptState::Closed,
            ..interrupt
        };
        self.devices.interrupt_count = place + 1;
        resource.line = line;
        Ok(())
    }

    /// Adds a PCI function: its configuration registers, what is behind its base address registers, and its message.
    fn add_function(
        &mut self,
        resource: Resource,
        entry: &ResourceEntry,
        limits: &Limits,
    ) -> Result<(), Refusal> {
        let reach = match entry.flags {
            0 => Reach::Nothing,
            FUNCTION_DMA => Reach::Everything,
            flags if flags == FUNCTION_DMA | FUNCTION_TRANSLATED => Reach::Owner,
            _ => return Err("what memory a PCI function reaches is unknown"),
        };
        let number = u16::try_from(entry.physical).map_err(|_| "a PCI function has no number")?;
        if self.devices.functions().any(|other| other.number == number) {
            return Err("two devices are the same PCI function");
        }
        let found =
            (limits.devices.function)(number).ok_or("a device is a PCI function that is not there")?;
        self.add_resource(Resource {
            width: Width::Word,
            rules: configuration_rules(reach, found.messages.is_some()),
            size: FUNCTION_SIZE as usize,
            ..resource
        })?;
        let mut room = entry.address..entry.address.saturating_add(entry.size);
        for (bar, it) in found.bars.iter().enumerate().filter(|(_, bar)| bar.size != 0) {
            let part = Resource { bar: bar as u8, ..resource };
            if it.is_ports || it.size < PAGE_SIZE as u64 || !it.start.is_multiple_of(PAGE_SIZE as u64) {
                self.add_block(part, it, limits)?;
            } else {
                self.add_pages(part, it, &found, &mut room, limits)?;
            }
        }
        // Nothing but PCI Express, or what is in the root itself.
        let is_known = found.is_express || number >> 8 == 0;
        let mut function =
            Function { number, partition: resource.partition, reach, is_known, ..Function::NONE };
        if let Some(messages) = found.messages {
            let [table, size] = narrow([messages.table, messages.size])?;
            check_device_memory((table, size), limits)?;
            if table % PAGE_SIZE > PAGE_SIZE - ENTRY {
                return Err("a device's registers lie in more than one page");
            }
            if !self.is_free_memory((table, size)) {
                return Err(TWICE);
            }
            function.table = (table, size);
            let mut interrupt = Resource { kind: ResourceKind::Interrupt, size: 0, address: 0, ..resource };
            function.message = Some((self.devices.interrupt_count as u8, messages.capability));
            let message = Interrupt { message: table, ..Interrupt::NONE };
            self.add_interrupt(&mut interrupt, entry, message)?;
            self.add_resource(interrupt)?;
        }
        let place = self.devices.function_count;
        *self
            .devices
            .functions
            .get_mut(place)
            .ok_or("it has more PCI functions than this kernel can take")? = function;
        append(&mut self.devices.functions_of[resource.partition.place()], place);
        self.devices.function_count = place + 1;
        Ok(())
    }

    /// Adds ports of a PCI function, or memory that is no whole pages: its owner reaches them by calls.
    fn add_block(&mut self, part: Resource, bar: &Bar, limits: &Limits) -> Result<(), Refusal> {
        let [start, size] = narrow([bar.start, bar.size])?;
        let (kind, width) = if bar.is_ports {
            (ResourceKind::Ports, Width::Byte)
        } else {
            (ResourceKind::Registers, Width::Word)
        };
        let resource = Resource {
            kind,
            width,
            rules: EVERYTHING_RULES,
            physical: start,
            place: start,
            size,
            address: 0,
            ..part
        };
        check_place(&resource, limits)?;
        self.add_resource(resource)
    }

    /// Adds memory of a PCI function, without the pages of the table of its messages.
    fn add_pages(
        &mut self,
        part: Resource,
        bar: &Bar,
        found: &Found,
        room: &mut Range<u64>,
        limits: &Limits,
    ) -> Result<(), Refusal> {
        let end = bar.start.checked_add(bar.size).ok_or("a PCI function's memory has no end")?;
        let mut start = bar.start;
        while start < end {
            let kept = found.pages_kept().filter(|kept| kept.end > start && kept.start < end);
            let kept = kept.min_by_key(|kept| kept.start).unwrap_or(end..end);
            let stop = kept.start.clamp(start, end);
            let size = stop - start;
            if size != 0 {
                if size > room.end - room.start {
                    return Err("a PCI function has more memory than its `pci-memory` allows");
                }
                let [physical, bytes, address] = narrow([start, size, room.start])?;
                let resource = Resource {
                    kind: ResourceKind::Memory,
                    writable: true,
                    offset: (start - bar.start) as u32,
                    physical,
                    place: physical,
                    size: bytes,
                    address,
                    ..part
                };
                self.take_memory(&resource, limits)?;
                self.add_resource(resource)?;
                room.start += size;
            }
            start = kept.end;
        }
        Ok(())
    }
}

/// Says of a partition, whose things stand together, that it has one more, with this number among all.
const fn append((first, count): &mut (u8, u8), number: usize) {
    if *count == 0 {
        *first = number as u8;
    }
    *count += 1;
}

/// Device memory that is not RAM, and not the kernel's own.
fn check_device_memory(range: (usize, usize), limits: &Limits) -> Result<(), Refusal> {
    let (start, end) = limits.devices.memory;
    let free = start.max(limits.memory_end)..end;
    if !inside(range.0, range.1, &free) {
        return Err("a device's memory or registers lie where no device can be");
    }
    if !limits.devices.own_memory.iter().all(|&own| apart(range, own)) {
        return Err("a device is the kernel's own");
    }
    Ok(())
}

/// Registers that lie in one page, or ports.
fn check_place(resource: &Resource, limits: &Limits) -> Result<(), Refusal> {
    let (start, size) = (resource.physical, resource.size);
    let width = resource.width.bytes() as usize;
    if size == 0 || !start.is_multiple_of(width) || !size.is_multiple_of(width) {
        return Err("a device's registers have no size, or lie beside their width");
    }
    if matches!(resource.kind, ResourceKind::Ports) {
        let own = limits.devices.own_ports;
        if own.is_empty() || !inside(start, size, &PORTS) {
            return Err("a device has ports that this machine does not have");
        }
        if !own.iter().all(|&own| apart((start, size), own)) {
            return Err("a device is the kernel's own");
        }
        return Ok(());
    }
    if start % PAGE_SIZE + size > PAGE_SIZE {
        return Err("a device's registers lie in more than one page");
    }
    check_device_memory((start, size), limits)
}
