//! The system table: what the tool has made of a system file, and what the kernel reads at boot.
//!
//! One block of bytes in the target's byte order: a [`Header`], then [`Image`]s, [`Partition`]s, [`Schedule`]s,
//! [`Window`]s, [`Channel`]s, [`Port`]s, [`Region`]s, [`Mapping`]s, [`Resource`]s and [`Rule`]s in arrays, then the
//! command lines. Image contents lie behind it, at the physical addresses that the table names. The kernel copies what
//! it needs and trusts it only after its own check.

/// Physical address of the table on x86-64. The kernel itself lies between 1 MiB and here.
pub const PHYSICAL_ADDRESS_X86_64: u64 = 0x20_0000;

/// "BKST" in ASCII.
pub const MAGIC: u32 = 0x424b_5354;

/// Version of this layout; kernel and tool must agree exactly.
pub const VERSION: u32 = 5;

/// The most partitions a system can have.
pub const PARTITIONS_MAX: usize = 32;

/// The most schedules a system can have.
pub const SCHEDULES_MAX: usize = 16;

/// The most windows that the major frames of all schedules can have together.
pub const WINDOWS_MAX: usize = 256;

/// The most different images a system can have.
pub const IMAGES_MAX: usize = PARTITIONS_MAX;

/// The most channels that a system can have.
pub const CHANNELS_MAX: usize = 256;

/// The most ports that a system can have.
pub const PORTS_MAX: usize = 512;

/// The most messages that the buffers of all channels together can hold ([`Channel::buffers`]).
pub const MESSAGES_MAX: usize = 4096;

/// The most destinations of a sampling channel.
pub const DESTINATIONS_MAX: usize = 30;

/// The most regions of shared memory that a system can have.
pub const REGIONS_MAX: usize = 32;

/// The most mappings of regions, of all partitions together.
pub const MAPPINGS_MAX: usize = 128;

/// The most resources of devices, of all partitions together.
pub const RESOURCES_MAX: usize = 64;

/// The most rules of registers and ports, of all resources together.
pub const RULES_MAX: usize = 256;

/// The most rules of one resource.
pub const RULES_PER_RESOURCE_MAX: usize = 16;

/// The most interrupts of devices.
pub const INTERRUPTS_MAX: usize = 16;

/// [`Resource::flags`] of an interrupt that lasts for as long as its device asks for it, rather than one that comes
/// when its line changes.
pub const INTERRUPT_LEVEL: u32 = 1;

/// [`Resource::flags`] of an interrupt that is there when its line is low (x86 only).
pub const INTERRUPT_LOW: u32 = 2;

/// The longest table that a kernel accepts, in bytes.
pub const SIZE_MAX: usize = 64 * 1024;

/// [`Mapping::rights`] of a partition that may only read.
pub const READ: u32 = 0;

/// [`Mapping::rights`] of a partition that may read and write.
pub const READ_WRITE: u32 = 1;

/// A bit of [`Partition::rights`]: it may stop, start and describe other partitions, ask for a schedule, and read the
/// health monitor's log.
pub const RIGHT_SYSTEM: u32 = 1;

/// A bit of [`Partition::rights`]: it gets the time that others give up by idling, and that is nobody's.
pub const RIGHT_BACKGROUND: u32 = 2;

/// The most restarts in a period that a budget can allow ([`Partition::restarts`]).
pub const RESTARTS_MAX: usize = 16;

/// [`Header::console_input`] when no partition gets console input.
pub const NO_PARTITION: u32 = u32::MAX;

/// The byte order of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// Least significant byte first (x86).
    Little,
    /// Most significant byte first (SPARC).
    Big,
}

impl ByteOrder {
    /// The byte order of the processor that this code runs on.
    #[must_use]
    pub const fn native() -> Self {
        if cfg!(target_endian = "big") { Self::Big } else { Self::Little }
    }
}

/// Takes fields one after the other out of a block of bytes; `None` where the block ends.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    order: ByteOrder,
}

impl<'a> Reader<'a> {
    /// Reads `bytes` from `offset` on.
    #[must_use]
    pub fn at(bytes: &'a [u8], offset: usize, order: ByteOrder) -> Option<Self> {
        Some(Self { bytes: bytes.get(offset..)?, order })
    }

    /// The next `N` bytes.
    pub fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = rest;
        Some(*first)
    }

    /// The next 32-bit field.
    #[inline(never)]
    pub fn u32(&mut self) -> Option<u32> {
        let bytes = self.bytes::<4>()?;
        Some(match self.order {
            ByteOrder::Little => u32::from_le_bytes(bytes),
            ByteOrder::Big => u32::from_be_bytes(bytes),
        })
    }

    /// The next 64-bit field.
    #[inline(never)]
    pub fn u64(&mut self) -> Option<u64> {
        let bytes = self.bytes::<8>()?;
        Some(match self.order {
            ByteOrder::Little => u64::from_le_bytes(bytes),
            ByteOrder::Big => u64::from_be_bytes(bytes),
        })
    }
}

/// Where encoded fields go; a `Vec<u8>` in the tool.
pub trait Writer {
    /// Appends bytes.
    fn put(&mut self, bytes: &[u8]);
    /// The byte order to encode in.
    fn order(&self) -> ByteOrder;

    /// Appends a 32-bit field.
    fn u32(&mut self, value: u32) {
        match self.order() {
            ByteOrder::Little => self.put(&value.to_le_bytes()),
            ByteOrder::Big => self.put(&value.to_be_bytes()),
        }
    }

    /// Appends a 64-bit field.
    fn u64(&mut self, value: u64) {
        match self.order() {
            ByteOrder::Little => self.put(&value.to_le_bytes()),
            ByteOrder::Big => self.put(&value.to_be_bytes()),
        }
    }
}

/// The start of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: u32,
    /// [`VERSION`].
    pub version: u32,
    /// Size of the whole table in bytes, command lines included, images not.
    pub size: u32,
    /// How many images follow.
    pub images: u32,
    /// How many partitions follow them.
    pub partitions: u32,
    /// How many schedules follow them.
    pub schedules: u32,
    /// How many windows follow them, of all schedules together.
    pub windows: u32,
    /// How many channels follow them.
    pub channels: u32,
    /// How many ports follow them.
    pub ports: u32,
    /// How many regions of shared memory follow them.
    pub regions: u32,
    /// How many mappings of regions follow them.
    pub mappings: u32,
    /// Number of the partition that gets console input, or [`NO_PARTITION`].
    pub console_input: u32,
    /// Frequency of the board's clock in hertz, or 0 if the kernel is to find it out (LEON3 only).
    pub clock: u32,
    /// Number of the schedule with which the system starts.
    pub initial_schedule: u32,
    /// The [`crate::Response`] to [`crate::HealthError::Device`].
    pub device_error: u32,
    /// How many resources of devices follow the mappings.
    pub resources: u32,
    /// How many rules follow them.
    pub rules: u32,
    /// Zero.
    pub reserved: u32,
    /// First physical address after the table and the images: the read-only part ends here. Page-aligned.
    pub images_end: u64,
    /// Physical range of the memory that partitions and their page tables, buffers of channels and regions occupy:
    /// start, 2 MiB-aligned.
    pub memory_start: u64,
    /// The range's end.
    pub memory_end: u64,
    /// Physical range of the buffers of all channels, in that memory: start, page-aligned. Empty without channels.
    pub buffers_start: u64,
    /// The range's end, page-aligned.
    pub buffers_end: u64,
}

impl Header {
    /// Encoded size in bytes.
    pub const SIZE: usize = 112;

    /// Decodes a header.
    #[must_use]
    pub fn decode(bytes: &[u8], order: ByteOrder) -> Option<Self> {
        let mut reader = Reader::at(bytes, 0, order)?;
        Some(Self {
            magic: reader.u32()?,
            version: reader.u32()?,
            size: reader.u32()?,
            images: reader.u32()?,
            partitions: reader.u32()?,
            schedules: reader.u32()?,
            windows: reader.u32()?,
            channels: reader.u32()?,
            ports: reader.u32()?,
            regions: reader.u32()?,
            mappings: reader.u32()?,
            console_input: reader.u32()?,
            clock: reader.u32()?,
            initial_schedule: reader.u32()?,
            device_error: reader.u32()?,
            resources: reader.u32()?,
            rules: reader.u32()?,
            reserved: reader.u32()?,
            images_end: reader.u64()?,
            memory_start: reader.u64()?,
            memory_end: reader.u64()?,
            buffers_start: reader.u64()?,
            buffers_end: reader.u64()?,
        })
    }

    /// Appends the header.
    pub fn encode(&self, writer: &mut impl Writer) {
        writer.u32(self.magic);
        writer.u32(self.version);
        writer.u32(self.size);
        writer.u32(self.images);
        writer.u32(self.partitions);
        writer.u32(self.schedules);
        writer.u32(self.windows);
        writer.u32(self.channels);
        writer.u32(self.ports);
        writer.u32(self.regions);
        writer.u32(self.mappings);
        writer.u32(self.console_input);
        writer.u32(self.clock);
        writer.u32(self.initial_schedule);
        writer.u32(self.device_error);
        writer.u32(self.resources);
        writer.u32(self.rules);
        writer.u32(self.reserved);
        writer.u64(self.images_end);
        writer.u64(self.memory_start);
        writer.u64(self.memory_end);
        writer.u64(self.buffers_start);
        writer.u64(self.buffers_end);
    }
}

/// A program image: a flat copy of a partition's first bytes of memory.
///
/// From the partition's memory base on lie code (executable, not writable), then constants (not executable, not
/// writable), then data. What a partition has beyond the image is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Physical address of the copy, page-aligned.
    pub physical: u64,
    /// Bytes in the copy.
    pub file_size: u64,
    /// Address of the entry point in the guest.
    pub entry: u64,
    /// Guest address where code ends, page-aligned.
    pub text_end: u64,
    /// Guest address where constants end and writable data begin, page-aligned.
    pub read_only_end: u64,
    /// Guest address where the image's zeroed data end. A warm start clears up to here only.
    pub data_end: u64,
    /// [`checksum`] of the copy.
    pub checksum: u32,
    /// Zero.
    pub reserved: u32,
}

impl Image {
    /// Encoded size in bytes.
    pub const SIZE: usize = 56;

    /// Decodes the image at `offset`.
    #[must_use]
    pub fn decode(bytes: &[u8], offset: usize, order: ByteOrder) -> Option<Self> {
        let mut reader = Reader::at(bytes, offset, order)?;
        Some(Self {
            physical: reader.u64()?,
            file_size: reader.u64()?,
            entry: reader.u64()?,
            text_end: reader.u64()?,
            read_only_end: reader.u64()?,
            data_end: reader.u64()?,
            checksum: reader.u32()?,
            reserved: reader.u32()?,
        })
    }

    /// Appends the image.
    pub fn encode(&self, writer: &mut impl Writer) {
        writer.u64(self.physical);
        writer.u64(self.file_size);
        writer.u64(self.entry);
        writer.u64(self.text_end);
        writer.u64(self.read_only_end);
        writer.u64(self.data_end);
        writer.u32(self.checksum);
        writer.u32(self.reserved);
    }
}

/// A partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Partition {
    /// Name, padded with zeros.
    pub name: [u8; crate::NAME_SIZE],
    /// Number of its image.
    pub image: u32,
    /// A [`crate::TickPolicy`].
    pub tick_policy: u32,
    /// Bits: [`RIGHT_SYSTEM`], [`RIGHT_BACKGROUND`].
    pub rights: u32,
    /// Offset of the command line from the start of the table, in bytes.
    pub command_line_offset: u32,
    /// Length of the command line in bytes.
    pub command_line_length: u32,
    /// How many restarts the health monitor gives it in each [`Partition::restart_period`], at most [`RESTARTS_MAX`].
    pub restarts: u32,
    /// Physical address of its memory, page-aligned.
    pub memory: u64,
    /// Size of its memory in bytes, a multiple of the page size.
    pub memory_size: u64,
    /// Physical address of the room for its page tables and its two interface pages, page-aligned.
    pub tables: u64,
    /// Size of that room in bytes; [`crate::machine::MemoryMap::tables_size`] tells how much is needed.
    pub tables_size: u64,
    /// In what time, in nanoseconds, it gets so many restarts.
    pub restart_period: u64,
    /// For how long it may run without serving its watchdog, in nanoseconds of its own windows; 0 for any time.
    pub watchdog: u64,
    /// How late its windows may begin, in nanoseconds; 0 for any time.
    pub lateness: u64,
    /// How many calls it may make in a window; 0 for any number.
    pub calls: u32,
    /// The [`crate::Response`] to an error that would take one restart too many: no restart.
    pub restarts_exceeded: u32,
    /// The [`crate::Response`] to each [`crate::HealthError`]; the first is no error's, and zero. That of
    /// [`crate::HealthError::Initialization`] can be [`crate::Response::NONE`].
    pub responses: [u32; crate::HealthError::COUNT],
}

impl Partition {
    /// Encoded size in bytes.
    pub const SIZE: usize = 120 + 4 * crate::HealthError::COUNT;

    /// Decodes the partition at `offset`.
    #[must_use]
    pub fn decode(bytes: &[u8], offset: usize, order: ByteOrder) -> Option<Self> {
        let mut reader = Reader::at(bytes, offset, order)?;
        Some(Self {
            name: reader.bytes()?,
            image: reader.u32()?,
            tick_policy: reader.u32()?,
            rights: reader.u32()?,
            command_line_offset: reader.u32()?,
            command_line_length: reader.u32()?,
            restarts: reader.u32()?,
            memory: reader.u64()?,
            memory_size: reader.u64()?,
            tables: reader.u64()?,
            tables_size: reader.u64()?,
            restart_period: reader.u64()?,
            watchdog: reader.u64()?,
            lateness: reader.u64()?,
            calls: reader.u32()?,
            restarts_exceeded: reader.u32()?,
            responses: {
                let mut responses = [0; crate::HealthError::COUNT];
                for response in &mut responses {
                    *response = reader.u32()?;
                }
                responses
            },
        })
    }

    /// Appends the partition.
    pub fn encode(&self, writer: &mut impl Writer) {
        writer.put(&self.name);
        writer.u32(self.image);
        writer.u32(self.tick_policy);
        writer.u32(self.rights);
        writer.u32(self.command_line_offset);
        writer.u32(self.command_line_length);
        writer.u32(self.restarts);
        writer.u64(self.memory);
        writer.u64(self.memory_size);
        writer.u64(self.tables);
        writer.u64(self.tables_size);
        writer.u64(self.restart_period);
        writer.u64(self.watchdog);
        writer.u64(self.lateness);
        writer.u32(self.calls);
        writer.u32(self.restarts_exceeded);
        for response in self.responses {
            writer.u32(response);
        }
    }
}

/// A schedule: a major frame and its windows. The windows of the schedules stand one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Name, padded with zeros.
    pub name: [u8; crate::NAME_SIZE],
    /// Length of the major frame in nanoseconds.
    pub major_frame: u64,
    /// How many windows it has.
    pub windows: u32,
    /// Zero.
    pub reserved: u32,
    /// What becomes of each partition when it begins, a [`crate::ChangeAction`] each.
    pub actions: [u8; PARTITIONS_MAX],
}

impl Schedule {
    /// Encoded size in bytes.
    pub const SIZE: usize = 80;

    /// Decodes the schedule at `offset`.
    #[must_use]
    pub fn decode(bytes: &[u8], offset: usize, order: ByteOrder) -> Option<Self> {
        let mut reader = Reader::at(bytes, offset, order)?;
        Some(Self {
            name: reader.bytes()?,
            major_frame: reader.u64()?,
            windows: reader.u32()?,
            reserved: reader.u32()?,
            actions: reader.bytes()?,
        })
    }

    /// Appends the schedule.
    pub fn encode(&self, writer: &mut impl Writer) {
        writer.put(&self.name);
        writer.u64(self.major_frame);
        writer.u32(self.windows);
        writer.u32(self.reserved);
        writer.put(&self.actions);
    }
}

/// A window of a major frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Number of the partition that runs in it.
    pub partition: u32,
    /// Zero.
    pub reserved: u32,
    /// Start, in nanoseconds from the start of the frame.
    pub start: u64,
    /// Duration in nanoseconds.
    pub duration: u64,
}

impl Window {
    /// Encoded size in bytes.
    pub const SIZE: usize = 24;

    /// Decodes the window at `offset`.
    #[must_use]
    pub fn decode(bytes: &[u8], offset: usize, order: ByteOrder) -> Option<Self> {
        let mut reader = Reader::at(bytes, offset, order)?;
        Some(Self {
            partition: reader.u32()?,
            reserved: reader.u32()?,
            start: reader.u64()?,
            duration: reader.u64()?,
        })
    }

    /// Appends the window.
    pub fn encode(&self, writer: &mut impl Writer) {
        writer.u32(self.partition);
        writer.u32(self.reserved);
        writer.u64(self.start);
        writer.u64(self.duration);
    }
}

/// A channel between ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    /// A [`crate::PortKind`].
    pub kind: u32,
    /// The longest message in bytes, 1 to [`crate::port::MESSAGE_SIZE_MAX`].
    pub message_size: u32,
    /// How many messages its buffers hold: of a queuing channel its depth, of a sampling channel two more than it has
    /// destinations, so that one is free to write while each destination reads another.
    pub buffers: u32,
    /// Zero.
    pub reserved: u32,
    /// Refresh period of a sampling channel in nanoseconds, 0 for a queuing one.
    pub refresh: u64,
    /// Physical address of its buffers, a multiple of 8; each has [`Channel::buffer_size`] bytes.
    pub memory: u64,
}

impl Channel {
    /// Encoded size in bytes.
    pub const SIZE: usize = 32;

    /// Bytes that one message occupies in the buffers: the longest message, rounded up to a multiple of 8.
    #[must_use]
    pub const fn buffer_size(&self) -> u64 {
        (self.message_size as u64).next_multiple_of(8)
    }

    /// Decodes the channel at `offset`.
    #[must_use]
    pub fn decode(bytes: &[u8], offset: usize, order: ByteOrder) -> Option<Self> {
        let mut reader = Reader::at(bytes, offset, order)?;
        Some(Self {
            kind: reader.u32()?,
            message_size: reader.u32()?,
            buffers: reader.u32()?,
            reserved: reader.u32()?,
            refresh: reader.u64()?,
            memory: reader.u64()?,
        })
    }

    /// Appends the channel.
    pub fn encode(&self, writer: &mut impl Writer) {
        writer.u32(self.kind);
        writer.u32(self.message_size);
        writer.u32(self.buffers);
        writer.u32(self.reserved);
        writer.u64(self.refresh);
        writer.u64(self.memory);
    }
}

/// A port: an end of a channel in a partition. Those of one partition stand together, in the order of the partitions;
/// a port's number is its place among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Port {
    /// Name, padded with zeros.
    pub name: [u8; crate::NAME_SIZE],
    /// Number of the partition that has it.
    pub partition: u32,
    /// Number of its channel.
    pub channel: u32,
    /// A [`crate::PortDirection`]. Each channel has one source, and a queuing channel one destination.
    pub direction: u32,
    /// Zero.
    pub reserved: u32,
}

impl Port {
    /// Encoded size in bytes.
    pub const SIZE: usize = 48;

    /// Decodes the port at `offset`.
    #[must_use]
    pub fn decode(bytes: &[u8], offset: usize, order: ByteOrder) -> Option<Self> {
        let mut reader = Reader::at(bytes, offset, order)?;
        Some(Self {
            name: reader.bytes()?,
            partition: reader.u32()?,
            channel: reader.u32()?,
            direction: reader.u32()?,
            reserved: reader.u32()?,
        })
    }

    /// Appends the port.
    pub fn encode(&self, writer: &mut impl Writer) {
        writer.put(&self.name);
        writer.u32(self.partition);
        writer.u32(self.channel);
        writer.u32(self.direction);
        writer.u32(self.reserved);
    }
}

/// A region of memory that partitions share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Region {
    /// Name, padded with zeros.
    pub name: [u8; crate::NAME_SIZE],
    /// Physical address, page-aligned.
    pub memory: u64,
    /// Size in bytes, a multiple of the page size.
    pub size: u64,
}

impl Region {
    /// Encoded size in bytes.
    pub const SIZE: usize = 48;

    /// Decodes the region at `offset`.
    #[must_use]
    pub fn decode(bytes: &[u8], offset: usize, order: ByteOrder) -> Option<Self> {
        let mut reader = Reader::at(bytes, offset, order)?;
        Some(Self { name: reader.bytes()?, memory: reader.u64()?, size: reader.u64()? })
    }

    /// Appends the region.
    pub fn encode(&self, writer: &mut impl Writer) {
        writer.put(&self.name);
        writer.u64(self.memory);
        writer.u64(self.size);
    }
}

/// A region as one partition has it. Those of one region stand together, in the order of the regions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Number of the region.
    pub region: u32,
    /// Number of the partition.
    pub partition: u32,
    /// [`READ`] or [`READ_WRITE`].
    pub rights: u32,
    /// The line that a doorbell of another makes pending, one of [`crate::Line::DOORBELLS`], or 0 for none.
    pub line: u32,
    /// Where the partition sees it, page-aligned, behind its memory.
    pub address: u64,
}

impl Mapping {
    /// Encoded size in bytes.
    pub const SIZE: usize = 24;

    /// Decodes the mapping at `offset`.
    #[must_use]
    pub fn decode(bytes: &[u8], offset: usize, order: ByteOrder) -> Option<Self> {
        let mut reader = Reader::at(bytes, offset, order)?;
        Some(Self {
            region: reader.u32()?,
            partition: reader.u32()?,
            rights: reader.u32()?,
            line: reader.u32()?,
            address: reader.u64()?,
        })
    }

    /// Appends the mapping.
    pub fn encode(&self, writer: &mut impl Writer) {
        writer.u32(self.region);
        writer.u32(self.partition);
        writer.u32(self.rights);
        writer.u32(self.line);
        writer.u64(self.address);
    }
}

/// A resource of a device, of which one partition is the owner. Those of one partition stand together, in the order of
/// the partitions; a resource's number is its place among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// Name of the device, padded with zeros.
    pub name: [u8; crate::NAME_SIZE],
    /// Number of the partition that owns it.
    pub partition: u32,
    /// A [`crate::ResourceKind`].
    pub kind: u32,
    /// Memory: [`READ`] or [`READ_WRITE`]. An interrupt: [`INTERRUPT_LEVEL`] and [`INTERRUPT_LOW`].
    pub flags: u32,
    /// Registers and ports: bytes of one, 1, 2 or 4.
    pub width: u32,
    /// Registers and ports: how many of the [`Rule`]s are its, behind those of the resources before; at least one, at
    /// most [`RULES_PER_RESOURCE_MAX`].
    pub rules: u32,
    /// An interrupt: the line as which it comes, one of [`crate::Line::DEVICES`].
    pub line: u32,
    /// Memory and registers: the physical address, page-aligned of memory. Ports: the first. An interrupt: its number
    /// at the interrupt controller, the pin of the I/O APIC or the line of the IRQMP.
    pub physical: u64,
    /// Bytes of memory, a multiple of the page size; bytes of registers, which lie in one page; how many ports.
    pub size: u64,
    /// Where the partition sees memory, page-aligned, behind its own memory.
    pub address: u64,
}

impl Resource {
    /// Encoded size in bytes.
    pub const SIZE: usize = 80;

    /// Decodes the resource at `offset`.
    #[must_use]
    pub fn decode(bytes: &[u8], offset: usize, order: ByteOrder) -> Option<Self> {
        let mut reader = Reader::at(bytes, offset, order)?;
        Some(Self {
            name: reader.bytes()?,
            partition: reader.u32()?,
            kind: reader.u32()?,
            flags: reader.u32()?,
            width: reader.u32()?,
            rules: reader.u32()?,
            line: reader.u32()?,
            physical: reader.u64()?,
            size: reader.u64()?,
            address: reader.u64()?,
        })
    }

    /// Appends the resource.
    pub fn encode(&self, writer: &mut impl Writer) {
        writer.put(&self.name);
        writer.u32(self.partition);
        writer.u32(self.kind);
        writer.u32(self.flags);
        writer.u32(self.width);
        writer.u32(self.rules);
        writer.u32(self.line);
        writer.u64(self.physical);
        writer.u64(self.size);
        writer.u64(self.address);
    }
}

/// What a partition may do with some registers or ports of a resource. What no rule names it may not touch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Offset of the first register from the resource's start, in bytes, a multiple of the width. In order.
    pub offset: u32,
    /// Bytes that the registers take, a multiple of the width, not 0.
    pub size: u32,
    /// The bits that may be read; 0 if nothing may.
    pub read: u32,
    /// The bits that may be written; 0 if nothing may. Where this is not all bits of the width, the others are read
    /// first and written as they are.
    pub write: u32,
}

impl Rule {
    /// Encoded size in bytes.
    pub const SIZE: usize = 16;

    /// Decodes the rule at `offset`.
    #[must_use]
    pub fn decode(bytes: &[u8], offset: usize, order: ByteOrder) -> Option<Self> {
        let mut reader = Reader::at(bytes, offset, order)?;
        Some(Self { offset: reader.u32()?, size: reader.u32()?, read: reader.u32()?, write: reader.u32()? })
    }

    /// Appends the rule.
    pub fn encode(&self, writer: &mut impl Writer) {
        writer.u32(self.offset);
        writer.u32(self.size);
        writer.u32(self.read);
        writer.u32(self.write);
    }
}

/// The checksum of an image: two sums of its words, the second one of the first's values, so that neither a changed
/// word nor two that have changed places go unnoticed. Begins with [`CHECKSUM_START`]; `words` go on where the last
/// ones ended.
#[inline(always)]
#[must_use]
pub fn checksum((mut sum, mut sums): (u32, u32), words: &[u32]) -> (u32, u32) {
    let (fours, rest) = words.as_chunks::<4>();
    // Four at once: the kernel does nothing else while it lasts.
    for &[first, second, third, fourth] in fours {
        let one = sum.wrapping_add(first);
        let two = one.wrapping_add(second);
        let three = two.wrapping_add(third);
        sum = three.wrapping_add(fourth);
        sums = sums.wrapping_add(one).wrapping_add(two).wrapping_add(three).wrapping_add(sum);
    }
    for word in rest {
        sum = sum.wrapping_add(*word);
        sums = sums.wrapping_add(sum);
    }
    (sum, sums)
}

/// What a [`checksum`] begins with, so that zeros count.
pub const CHECKSUM_START: (u32, u32) = (1, 0);

/// [`checksum`] of a whole image, whose bytes are padded with zeros to a word, as its table has it.
#[must_use]
pub fn image_checksum(bytes: &[u8], order: ByteOrder) -> u32 {
    let words = bytes.chunks(4).map(|chunk| {
        let mut word = [0; 4];
        for (place, byte) in word.iter_mut().zip(chunk) {
            *place = *byte;
        }
        match order {
            ByteOrder::Little => u32::from_le_bytes(word),
            ByteOrder::Big => u32::from_be_bytes(word),
        }
    });
    combined(words.fold(CHECKSUM_START, |sums, word| checksum(sums, &[word])))
}

/// The two sums of [`checksum`] as one number.
#[must_use]
pub const fn combined((sum, sums): (u32, u32)) -> u32 {
    sum.rotate_left(16) ^ sums
}

/// Bytes of table room that an i386 partition needs on x86-64: the two interface pages, one page each for the
/// top two levels, and for every GiB and every 2 MiB that its mappings touch one page more. `mapped` is how far its
/// memory and the regions behind it reach, in bytes from the memory's start.
#[must_use]
pub const fn tables_size_x86_64(mapped: u64) -> u64 {
    let end = crate::machine::i386::MEMORY_BASE as u64 + mapped;
    let last_level = end.div_ceil(2 << 20);
    let directories = end.div_ceil(1 << 30);
    (2 + 2 + directories + last_level) * crate::PAGE_SIZE as u64
}

/// Bytes of table room that a SPARC partition needs on a LEON3: the two interface pages; then, packed, a first-level
/// table of 1 KiB and tables of 256 bytes: one of the second level for every 16 MiB and one of the third for every
/// 256 KiB that its mappings touch, and one of each for the interface pages. `mapped` as for [`tables_size_x86_64`].
#[must_use]
pub const fn tables_size_leon3(mapped: u64) -> u64 {
    let end = crate::machine::sparc::MEMORY_BASE as u64 + mapped;
    let tables = 1024 + 256 * (end.div_ceil(16 << 20) + end.div_ceil(256 << 10) + 2);
    (2 * crate::PAGE_SIZE as u64) + tables.next_multiple_of(crate::PAGE_SIZE as u64)
}
