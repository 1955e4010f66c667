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
pub const VERSION: u32 = 7;

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

/// The most PCI functions.
pub const FUNCTIONS_MAX: usize = 8;

/// The most interrupts of devices.
pub const INTERRUPTS_MAX: usize = 16;

/// [`Resource::flags`] of an interrupt that lasts for as long as its device asks for it, rather than one that comes
/// when its line changes.
pub const INTERRUPT_LEVEL: u32 = 1;

/// [`Resource::flags`] of an interrupt that is there when its line is low (x86 only).
pub const INTERRUPT_LOW: u32 = 2;

/// [`Resource::flags`] of a PCI function that may read and write memory by itself.
pub const FUNCTION_DMA: u32 = 1;

/// [`Resource::flags`] of a PCI function that reaches its owner's memory only, by its owner's addresses, because an
/// IOMMU stands between. Without this and with [`FUNCTION_DMA`] it reaches everybody's.
pub const FUNCTION_TRANSLATED: u32 = 2;

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

/// A bit of [`Partition::rights`]: it owns a device that writes memory by physical addresses, and is told how to get
/// them ([`crate::StartInformation::dma_offset`]).
pub const RIGHT_PHYSICAL: u32 = 4;

/// A bit of [`Partition::rights`]: the memory behind its image can be executed as well as written, from the page on
/// that follows [`Image::data_end`].
pub const RIGHT_EXECUTABLE_HEAP: u32 = 8;

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

/// A field of an entry, as the table has it.
trait Field: Sized {
    /// Bytes that it takes.
    const SIZE: usize;

    fn read(reader: &mut Reader<'_>) -> Option<Self>;
    fn write(&self, writer: &mut impl Writer);
}

impl Field for u32 {
    const SIZE: usize = 4;

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.u32()
    }

    fn write(&self, writer: &mut impl Writer) {
        writer.u32(*self);
    }
}

impl Field for u64 {
    const SIZE: usize = 8;

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.u64()
    }

    fn write(&self, writer: &mut impl Writer) {
        writer.u64(*self);
    }
}

impl<const N: usize> Field for [u8; N] {
    const SIZE: usize = N;

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.bytes()
    }

    fn write(&self, writer: &mut impl Writer) {
        writer.put(self);
    }
}

impl<const N: usize> Field for [u32; N] {
    const SIZE: usize = 4 * N;

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut words = [0; N];
        for word in &mut words {
            *word = reader.u32()?;
        }
        Some(words)
    }

    fn write(&self, writer: &mut impl Writer) {
        for word in self {
            writer.u32(*word);
        }
    }
}

/// Makes an entry of the table out of its fields, which stand there in this order, with nothing between them.
macro_rules! entry {
    ($(#[$about:meta])* pub struct $name:ident { $($(#[$what:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$what])* pub $field: $type,)*
        }

        impl $name {
            /// Encoded size in bytes.
            pub const SIZE: usize = $(<$type as Field>::SIZE +)* 0;

            /// Decodes the entry at `offset`; none if the table ends before it does.
            #[must_use]
            pub fn decode(bytes: &[u8], offset: usize, order: ByteOrder) -> Option<Self> {
                let mut reader = Reader::at(bytes, offset, order)?;
                Some(Self { $($field: Field::read(&mut reader)?,)* })
            }

            /// Appends the entry.
            pub fn encode(&self, writer: &mut impl Writer) {
                $(self.$field.write(writer);)*
            }
        }
    };
}

entry! {
    /// The start of the table.
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
}

entry! {
    /// A program image: a flat copy of a partition's first bytes of memory.
    ///
    /// From the partition's memory base on lie code (executable, not writable), then constants (not executable, not
    /// writable), then data (not executable). What a partition has beyond the image is zero, and not executable unless
    /// the partition has [`RIGHT_EXECUTABLE_HEAP`].
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
}

entry! {
    /// A partition.
    pub struct Partition {
        /// Name, padded with zeros.
        pub name: [u8; crate::NAME_SIZE],
        /// Number of its image.
        pub image: u32,
        /// A [`crate::TickPolicy`].
        pub tick_policy: u32,
        /// Bits: [`RIGHT_SYSTEM`], [`RIGHT_BACKGROUND`], [`RIGHT_PHYSICAL`], [`RIGHT_EXECUTABLE_HEAP`].
        pub rights: u32,
        /// Offset of the command line from the start of the table, in bytes.
        pub command_line_offset: u32,
        /// Length of the command line in bytes.
        pub command_line_length: u32,
        /// How many restarts the health monitor gives it in each [`Partition::restart_period`], at most
        /// [`RESTARTS_MAX`].
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
}

entry! {
    /// A schedule: a major frame and its windows. The windows of the schedules stand one after the other.
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
}

entry! {
    /// A window of a major frame.
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
}

entry! {
    /// A channel between ports.
    pub struct Channel {
        /// A [`crate::PortKind`].
        pub kind: u32,
        /// The longest message in bytes, 1 to [`crate::port::MESSAGE_SIZE_MAX`].
        pub message_size: u32,
        /// How many messages its buffers hold: of a queuing channel its depth, of a sampling channel two more than it
        /// has destinations, so that one is free to write while each destination reads another.
        pub buffers: u32,
        /// Zero.
        pub reserved: u32,
        /// Refresh period of a sampling channel in nanoseconds, 0 for a queuing one.
        pub refresh: u64,
        /// Physical address of its buffers, a multiple of 8; each has [`Channel::buffer_size`] bytes.
        pub memory: u64,
    }
}

impl Channel {
    /// Bytes that one message occupies in the buffers: the longest message, rounded up to a multiple of 8.
    #[must_use]
    pub const fn buffer_size(&self) -> u64 {
        (self.message_size as u64).next_multiple_of(8)
    }
}

entry! {
    /// A port: an end of a channel in a partition. Those of one partition stand together, in the order of the
    /// partitions; a port's number is its place among them.
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
}

entry! {
    /// A region of memory that partitions share.
    pub struct Region {
        /// Name, padded with zeros.
        pub name: [u8; crate::NAME_SIZE],
        /// Physical address, page-aligned.
        pub memory: u64,
        /// Size in bytes, a multiple of the page size.
        pub size: u64,
    }
}

entry! {
    /// A region as one partition has it. Those of one region stand together, in the order of the regions.
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
}

entry! {
    /// A resource of a device, of which one partition is the owner. Those of one partition stand together, in the order
    /// of the partitions; a resource's number is its place among them.
    pub struct Resource {
        /// Name of the device, padded with zeros.
        pub name: [u8; crate::NAME_SIZE],
        /// Number of the partition that owns it.
        pub partition: u32,
        /// A [`crate::ResourceKind`].
        pub kind: u32,
        /// Memory: [`READ`] or [`READ_WRITE`]. An interrupt: [`INTERRUPT_LEVEL`] and [`INTERRUPT_LOW`]. A PCI function:
        /// [`FUNCTION_DMA`] and [`FUNCTION_TRANSLATED`].
        pub flags: u32,
        /// Registers and ports: bytes of one, 1, 2 or 4.
        pub width: u32,
        /// Registers and ports: how many of the [`Rule`]s are its, behind those of the resources before; at least one,
        /// at most [`RULES_PER_RESOURCE_MAX`].
        pub rules: u32,
        /// An interrupt: the line as which it comes, one of [`crate::Line::DEVICES`]. A PCI function: that of its
        /// message, if it sends one.
        pub line: u32,
        /// Memory and registers: the physical address, page-aligned of memory. Ports: the first. An interrupt: its
        /// number at the interrupt controller, the pin of the I/O APIC or the line of the IRQMP. A PCI function: bus
        /// times 256, device times 8, function.
        pub physical: u64,
        /// Bytes of memory, a multiple of the page size; bytes of registers, which lie in one page; how many ports. A
        /// PCI function: the most memory of it that its owner sees.
        pub size: u64,
        /// Where the partition sees memory, page-aligned, behind its own memory; that of a PCI function one after the
        /// other.
        pub address: u64,
    }
}

entry! {
    /// What a partition may do with some registers or ports of a resource. What no rule names it may not touch.
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
}

// The layout is the contract between a tool and a kernel of one [`VERSION`].
const _: () = {
    assert!(Header::SIZE == 112);
    assert!(Image::SIZE == 56);
    assert!(Partition::SIZE == 120 + 4 * crate::HealthError::COUNT);
    assert!(Schedule::SIZE == 80);
    assert!(Window::SIZE == 24);
    assert!(Channel::SIZE == 32);
    assert!(Port::SIZE == 48);
    assert!(Region::SIZE == 48);
    assert!(Mapping::SIZE == 24);
    assert!(Resource::SIZE == 80);
    assert!(Rule::SIZE == 16);
};

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
