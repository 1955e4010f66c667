//! XtratuM 2.6 for ia32, as its user manual and its partitions see it: ring 1, hypercalls through a call gate, a
//! control table that both sides write.

#![no_std]
#![forbid(unsafe_code)]

use core::mem::{offset_of, size_of};
use core::sync::atomic::AtomicU32;

use bulkhead_abi::{PAGE_SIZE, PortDirection, PortKind, StartInformation};

/// The selector of the call gate: `lcall $0x1e8, $0`. Number in `eax`, arguments in `ebx`, `ecx`, `edx`, `esi`, `edi`,
/// answer in `eax`, every other register kept.
pub const CALL_GATE: u16 = 0x1e8;

/// The selector of a partition's flat code, ring 1.
pub const CODE_SELECTOR: u16 = 0x211;

/// The selector of a partition's flat data, ring 1.
pub const DATA_SELECTOR: u16 = 0x219;

/// First address that is the hypervisor's.
pub const HYPERVISOR_BASE: u32 = 0xfc00_0000;

/// The numbers of the hypercalls that the binding makes.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hypercall {
    /// Halts a partition: its number.
    HaltPartition = 1,
    /// Writes a control register: [`CONTROL_REGISTER_4`], value.
    WriteRegister = 9,
    /// Sets a timer: clock, then an absolute time and an interval in microseconds, each two words, low one first. Time
    /// 0 disarms; a time that has passed expires at once.
    SetTimer = 11,
    /// Reads an object: descriptor, buffer, bytes, flags (0).
    ReadObject = 12,
    /// Writes an object: descriptor, buffer, bytes, flags (0). A console answers how many bytes were taken, a port 0.
    WriteObject = 13,
    /// Does something else with an object: descriptor, [`CREATE_PORT`] or [`PORT_STATUS`], address of what goes along.
    ControlObject = 15,
    /// Changes a descriptor: [`UPDATE_GDT`], its number, address of its new value.
    UpdateSystemStructure = 23,
}

/// What [`Hypercall::WriteRegister`] calls CR4.
pub const CONTROL_REGISTER_4: u32 = 2;

/// What [`Hypercall::UpdateSystemStructure`] calls the global descriptor table.
pub const UPDATE_GDT: u32 = 2;

/// How many descriptors are the partition's.
pub const DESCRIPTORS: u32 = 60;

/// The hardware clock of [`Hypercall::SetTimer`]: microseconds since the processor was started.
pub const HARDWARE_CLOCK: u32 = 0;

/// The longest time that a timer can be set to, in microseconds: times are signed.
pub const TIME_MAX: u64 = i64::MAX as u64;

/// The descriptor of a partition's console: class 1, partition, object 0.
#[must_use]
pub const fn console(partition: u32) -> u32 {
    1 << 20 | partition << 10
}

/// The descriptor of a port: class 4 or 5, partition, the number that its creation has answered, 0 before.
#[must_use]
pub const fn port(kind: PortKind, partition: u32, identifier: u32) -> u32 {
    let class = match kind {
        PortKind::Sampling => 4,
        PortKind::Queuing => 5,
    };
    class << 20 | (partition & 0x3ff) << 10 | identifier & 0x3ff
}

/// The command that creates a port: [`PortCreation`]. The answer is its number.
pub const CREATE_PORT: u32 = 0;

/// The command that asks for a queuing port's [`QueueStatus`].
pub const PORT_STATUS: u32 = 1;

/// What XtratuM calls a direction.
#[must_use]
pub const fn direction(direction: PortDirection) -> u32 {
    match direction {
        PortDirection::Source => 2,
        PortDirection::Destination => 1,
    }
}

/// What a port is to be, which has to be what the configuration says. A sampling port has no depth: size and direction
/// are the first two words.
#[repr(C)]
#[derive(Debug)]
pub struct PortCreation {
    /// Address of its name, ended by a zero.
    pub name: *const u8,
    /// Depth, longest message in bytes, [`direction`]; then room, for the hypervisor checks the size of its largest
    /// command.
    pub words: [u32; 6],
}

/// How a queuing port stands.
#[repr(C)]
#[derive(Debug, Default)]
pub struct QueueStatus {
    /// How long a message is valid: not used here.
    pub valid_period: [u32; 2],
    /// The longest message in bytes.
    pub message_size: u32,
    /// How many messages can wait.
    pub depth: u32,
    /// How many wait.
    pub messages: u32,
    /// Nothing.
    pub flags: u32,
}

/// What the configuration calls a port of a partition: its number, ended by a zero. Names there are shorter than those
/// of the system file.
#[must_use]
pub const fn port_name(number: u32) -> [u8; 4] {
    [b'p', b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8, 0]
}

/// The extended interrupt of the hardware clock's timer, a bit of [`ControlTable::extended_pending`].
pub const TIMER: u32 = 1 << 0;

/// The extended interrupt of a slot's start.
pub const SLOT_START: u32 = 1 << 8;

/// The page that the hypervisor and the partition both write (partition control table).
#[repr(C)]
#[derive(Debug, Default)]
pub struct ControlTable {
    /// A constant of the hypervisor, which stops the system if the partition changes it.
    pub magic: AtomicU32,
    /// How often the partition was reset.
    pub reset_counter: AtomicU32,
    /// Why it was reset.
    pub reset_status: AtomicU32,
    /// Bit 0: interrupts are enabled.
    pub flags: AtomicU32,
    /// Hardware interrupts that wait.
    pub hardware_pending: AtomicU32,
    /// Hardware interrupts that are held back: 1 holds.
    pub hardware_mask: AtomicU32,
    /// Extended interrupts that wait. The hypervisor clears a bit when it delivers.
    pub extended_pending: AtomicU32,
    /// Extended interrupts that are held back: 1 holds. The hypervisor sets a bit when it delivers.
    pub extended_mask: AtomicU32,
    /// Object classes with news.
    pub objects_pending: AtomicU32,
    /// Limit and base of the descriptor table; its last two bytes are the interrupt table's limit, in the upper half of
    /// the second word.
    pub descriptor_tables: [AtomicU32; 2],
    /// Base of the partition's interrupt table.
    pub interrupt_table: AtomicU32,
    /// Task register, CR4, CR3.
    pub registers: [AtomicU32; 3],
    /// CR2: the address of the last page fault.
    pub fault_address: AtomicU32,
    /// CR0.
    pub control_register_0: AtomicU32,
    /// First address of the code that is never interrupted, and the first after it.
    pub atomic_area: [AtomicU32; 2],
    /// Number of the slot in the plan, lower half.
    pub slot: AtomicU32,
    /// The slot's identifier.
    pub slot_identifier: AtomicU32,
    /// The slot's duration in microseconds.
    pub slot_duration: AtomicU32,
    /// Time used.
    pub slot_used: [AtomicU32; 2],
    /// Vectors of the exceptions, bytes.
    pub exception_vectors: [AtomicU32; 8],
    /// Vectors of the hardware interrupts, bytes.
    pub hardware_vectors: [AtomicU32; 4],
    /// Vectors of the extended interrupts, half words, two to a word.
    pub extended_vectors: [AtomicU32; 16],
}

/// The page that the hypervisor writes when it starts a partition (partition information table).
#[repr(C)]
#[derive(Debug, Default)]
pub struct InformationTable {
    /// A signature.
    pub signature: AtomicU32,
    /// Version of the hypervisor: three bytes, the major one highest.
    pub version: AtomicU32,
    /// Versions of the binary and the programming interface, checksum.
    pub interfaces: [AtomicU32; 3],
    /// How often the partition was reset.
    pub reset_counter: AtomicU32,
    /// Why it was reset.
    pub reset_status: AtomicU32,
    /// Frequency of the time stamp counter, which is the hardware clock, in kHz.
    pub frequency: AtomicU32,
    /// The partition's number.
    pub partition: AtomicU32,
}

/// First word of an image header: `$XMP`.
pub const IMAGE_MAGIC: u32 = 0x2458_4d50;

/// First word of a partition header: `$XPH`.
pub const PARTITION_MAGIC: u32 = 0x2458_5048;

/// The versions of binary and programming interface in an image header: 2.0.0.
pub const INTERFACE_VERSION: u32 = 0x0002_0000;

/// The header at the start of an image.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageHeader {
    /// [`IMAGE_MAGIC`].
    pub magic: u32,
    /// [`INTERFACE_VERSION`], of the binary interface.
    pub binary_interface: u32,
    /// [`INTERFACE_VERSION`], of the programming interface.
    pub programming_interface: u32,
    /// What the configuration calls the image.
    pub identifier: u32,
    /// 0.
    pub checksum: u32,
    /// First address of the image.
    pub start: u32,
    /// First address after it.
    pub end: u32,
    /// Address of the [`PartitionHeader`].
    pub partition_header: u32,
    /// How many files come with the image, and room for three of them: all 0.
    pub modules: [u32; 7],
}

impl ImageHeader {
    /// The words as they lie in memory.
    #[must_use]
    pub const fn words(&self) -> [u32; 15] {
        let [a, b, c, d, e, f, g] = self.modules;
        [
            self.magic,
            self.binary_interface,
            self.programming_interface,
            self.identifier,
            self.checksum,
            self.start,
            self.end,
            self.partition_header,
            a,
            b,
            c,
            d,
            e,
            f,
            g,
        ]
    }
}

/// The header that says where a partition's tables are.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartitionHeader {
    /// [`PARTITION_MAGIC`].
    pub magic: u32,
    /// Address of the entry point.
    pub entry: u32,
    /// Address of the [`ImageHeader`].
    pub image_header: u32,
    /// Address of the page for the [`ControlTable`].
    pub control_table: u32,
    /// Address of the page for the [`InformationTable`].
    pub information_table: u32,
    /// Address of the pages that the partition gives for its page directory and page tables.
    pub page_tables: u32,
    /// Their size in bytes.
    pub page_tables_size: u32,
}

impl PartitionHeader {
    /// The words as they lie in memory.
    #[must_use]
    pub const fn words(&self) -> [u32; 7] {
        [
            self.magic,
            self.entry,
            self.image_header,
            self.control_table,
            self.information_table,
            self.page_tables,
            self.page_tables_size,
        ]
    }
}

/// What lies below a partition's image, at the start of its memory area: the headers, the start information, which
/// XtratuM knows nothing of, and the pages that XtratuM writes. Offsets from the area's start.
pub mod block {
    use super::PAGE_SIZE;

    /// The image header.
    pub const IMAGE_HEADER: u32 = 0;
    /// The partition header.
    pub const PARTITION_HEADER: u32 = 0x100;
    /// Where the partition's ports are described, and how many there are: two words.
    pub const PORTS: u32 = 0x180;
    /// The start information.
    pub const START_INFORMATION: u32 = 0x200;
    /// The partition control table.
    pub const CONTROL_TABLE: u32 = PAGE_SIZE as u32;
    /// The partition information table.
    pub const INFORMATION_TABLE: u32 = 2 * PAGE_SIZE as u32;
    /// The page directory and the page tables.
    pub const PAGE_TABLES: u32 = 3 * PAGE_SIZE as u32;
}

/// What a page table maps, in bytes.
pub const PAGE_TABLE_SPAN: u64 = 4 << 20;

/// Bytes of the page directory and page tables of an area with this size that starts at a multiple of
/// [`PAGE_TABLE_SPAN`].
#[must_use]
pub const fn page_tables_size(area: u64) -> u64 {
    (1 + area.div_ceil(PAGE_TABLE_SPAN)) * PAGE_SIZE as u64
}

/// The longest name in a configuration, in bytes.
pub const NAME_LENGTH_MAX: usize = 16;

/// The shortest slot in nanoseconds: the hypervisor's timer is no finer than 60 us.
pub const SLOT_MIN: u64 = 60_000;

/// The unit of times in a configuration, in nanoseconds.
pub const TIME_UNIT: u64 = 1_000;

const _: () = {
    assert!(offset_of!(ControlTable, flags) == 0x0c);
    assert!(offset_of!(ControlTable, extended_pending) == 0x18);
    assert!(offset_of!(ControlTable, extended_mask) == 0x1c);
    assert!(offset_of!(ControlTable, descriptor_tables) == 0x24);
    assert!(offset_of!(ControlTable, interrupt_table) == 0x2c);
    assert!(offset_of!(ControlTable, fault_address) == 0x3c);
    assert!(offset_of!(ControlTable, atomic_area) == 0x44);
    assert!(offset_of!(ControlTable, slot_duration) == 0x54);
    assert!(offset_of!(ControlTable, exception_vectors) == 0x60);
    assert!(offset_of!(ControlTable, hardware_vectors) == 0x80);
    assert!(offset_of!(ControlTable, extended_vectors) == 0x90);
    assert!(size_of::<ControlTable>() == 0xd0);
    assert!(offset_of!(InformationTable, frequency) == 0x1c);
    assert!(offset_of!(InformationTable, partition) == 0x20);
    assert!(size_of::<ImageHeader>() == 0x3c);
    assert!(size_of::<PartitionHeader>() == 0x1c);
    assert!(size_of::<QueueStatus>() == 0x18);
    assert!(size_of::<PortCreation>() == 24 + size_of::<usize>());
    assert!(block::START_INFORMATION as usize + size_of::<StartInformation>() <= PAGE_SIZE);
};
