//! A virtio function that tells of what has happened by a message.
//!
//! `virtio-drivers` asks its devices, or is told by the interrupt pin. Here the function is told to send the first
//! message of its table for every queue and for its configuration; the kernel has the table and makes it the line of
//! the partition that the system file says.

use core::fmt;
use core::ptr::NonNull;

use bulkhead_guest::ResourceKind;
use bulkhead_guest::devices::Resource;
use virtio_drivers::PhysAddr;
use virtio_drivers::Result as DriverResult;
use virtio_drivers::transport::pci::bus::{
    CapabilityInfo, Command, ConfigurationAccess as _, PCI_CAP_ID_VNDR, PciRoot,
};
use virtio_drivers::transport::pci::{PciTransport, VIRTIO_PCI_CAP_COMMON_CFG, VirtioPciError};
use virtio_drivers::transport::{DeviceStatus, DeviceType, InterruptStatus, Transport};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::{Configuration, Memory};

/// Offsets in a capability that says where registers are (virtio 1.2, 4.1.4).
const CAPABILITY_BASE: u8 = 4;
const CAPABILITY_OFFSET: u8 = 8;

/// Offsets in the common configuration (virtio 1.2, 4.1.4.3).
const CONFIGURATION_MESSAGE: usize = 0x10;
const QUEUE_SELECT: usize = 0x16;
const QUEUE_MESSAGE: usize = 0x1a;
const COMMON_SIZE: usize = 0x38;

/// The message that the function is told to send: the first of its table, which the kernel has.
const MESSAGE: u16 = 0;

/// The device's accesses to memory may go through an IOMMU (virtio 1.2, 6: `VIRTIO_F_ACCESS_PLATFORM`). What it is told
/// is right in either case; without this bit, a device that is behind one refuses to work.
const ACCESS_PLATFORM: u64 = 1 << 33;

/// Each side says from which entry of a queue on it wants to be told of one (virtio 1.2, 6: `VIRTIO_F_EVENT_IDX`).
/// `virtio-drivers` 0.13 compares these counters as if they never began at 0 again, and once in 65536 entries tells the
/// device nothing.
const EVENT_INDEX: u64 = 1 << 29;

/// Why there is no such function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FunctionError {
    /// The system file gives the partition no function of this name.
    NotOwned,
    /// The function sends no messages (MSI-X).
    NoMessage,
    /// The system file lets it neither read nor write memory.
    NoDma,
    /// It is no virtio function, or the partition does not see the memory that it needs for that.
    NotVirtio(VirtioPciError),
}

impl fmt::Display for FunctionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOwned => {
                formatter.write_str("the system file gives this partition no PCI function of this name")
            }
            Self::NoMessage => {
                formatter.write_str("it sends no messages (MSI-X), without which nothing is heard of it")
            }
            Self::NoDma => formatter.write_str(
                "it may not read and write memory: it works with dma = \"iommu\" or \"unprotected\" in the system file",
            ),
            Self::NotVirtio(error) => write!(formatter, "it is no virtio function: {error}"),
        }
    }
}

impl From<VirtioPciError> for FunctionError {
    fn from(error: VirtioPciError) -> Self {
        Self::NotVirtio(error)
    }
}

/// The common configuration, as far as `virtio-drivers` does not use it.
#[derive(Debug)]
struct Common(NonNull<u16>);

impl Common {
    /// Where it is, if the function says so and the partition sees it.
    fn find(
        root: &mut PciRoot<Configuration>,
        configuration: &Configuration,
    ) -> Result<Self, VirtioPciError> {
        let function = configuration.function();
        let word = |offset: u8| configuration.read_word(function, offset);
        let is_common = |found: &CapabilityInfo| {
            found.id == PCI_CAP_ID_VNDR && (found.private_header >> 8) as u8 == VIRTIO_PCI_CAP_COMMON_CFG
        };
        let found = root.capabilities(function).find(is_common);
        let place = found.ok_or(VirtioPciError::MissingCommonConfig)?.offset;
        let bar = word(place.saturating_add(CAPABILITY_BASE)) as u8;
        let offset = word(place.saturating_add(CAPABILITY_OFFSET));
        let base = root.bar_info(function, bar)?.ok_or(VirtioPciError::BarNotAllocated(bar))?;
        let (address, size) = base.memory_address_size().ok_or(VirtioPciError::UnexpectedIoBar)?;
        if u64::from(offset) + COMMON_SIZE as u64 > size {
            return Err(VirtioPciError::BarOffsetOutOfRange);
        }
        let address = address as usize + offset as usize;
        let aligned = NonNull::new(address as *mut u16).filter(|start| start.is_aligned());
        aligned.map(Self).ok_or(VirtioPciError::Misaligned { address, alignment: 2 })
    }

    /// Writes a register of 16 bits.
    fn set(&mut self, offset: usize, value: u16) {
        // SAFETY: `find` has found all registers to be in memory that the partition sees, which is not taken away.
        unsafe { self.0.byte_add(offset).write_volatile(value) };
    }
}

/// A virtio function of the partition, for the drivers of `virtio-drivers`.
#[derive(Debug)]
pub struct Function {
    registers: PciTransport,
    common: Common,
    line: u32,
    /// Features that the device has and the driver need not know.
    unasked: u64,
}

impl Function {
    /// The function of the device with this name in the system file. From now on it answers at its memory, and may read
    /// and write the partition's.
    ///
    /// # Errors
    /// If the partition does not own it, or it is no virtio function that sends messages.
    pub fn find(device: &str) -> Result<Self, FunctionError> {
        let configuration = Configuration::find(device).map_err(|_| FunctionError::NotOwned)?;
        let interrupt = Resource::find(device, ResourceKind::Interrupt, 0).and_then(Resource::describe);
        let interrupt = interrupt.map_err(|_| FunctionError::NoMessage)?;
        let function = configuration.function();
        let mut root = PciRoot::new(configuration.clone());
        root.set_command(function, Command::MEMORY_SPACE | Command::BUS_MASTER | Command::INTERRUPT_DISABLE);
        if !root.get_status_command(function).1.contains(Command::BUS_MASTER) {
            return Err(FunctionError::NoDma);
        }
        let common = Common::find(&mut root, &configuration)?;
        let registers = PciTransport::new::<Memory, _>(&mut root, function)?;
        Ok(Self { registers, common, line: interrupt.line, unasked: 0 })
    }

    /// The line as which its message comes.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }
}

impl Transport for Function {
    fn device_type(&self) -> DeviceType {
        self.registers.device_type()
    }

    fn read_device_features(&mut self) -> u64 {
        let features = self.registers.read_device_features();
        self.unasked = features & ACCESS_PLATFORM;
        features & !EVENT_INDEX
    }

    fn write_driver_features(&mut self, features: u64) {
        self.registers.write_driver_features(features | self.unasked);
    }

    fn max_queue_size(&mut self, queue: u16) -> u32 {
        self.registers.max_queue_size(queue)
    }

    fn notify(&mut self, queue: u16) {
        self.registers.notify(queue);
    }

    fn get_status(&self) -> DeviceStatus {
        self.registers.get_status()
    }

    fn set_status(&mut self, status: DeviceStatus) {
        self.registers.set_status(status);
    }

    fn set_guest_page_size(&mut self, size: u32) {
        self.registers.set_guest_page_size(size);
    }

    fn requires_legacy_layout(&self) -> bool {
        self.registers.requires_legacy_layout()
    }

    fn queue_set(
        &mut self,
        queue: u16,
        size: u32,
        descriptors: PhysAddr,
        driver_area: PhysAddr,
        device_area: PhysAddr,
    ) {
        // Before the queue is enabled; a reset, with which a driver begins, has forgotten both.
        self.common.set(CONFIGURATION_MESSAGE, MESSAGE);
        self.common.set(QUEUE_SELECT, queue);
        self.common.set(QUEUE_MESSAGE, MESSAGE);
        self.registers.queue_set(queue, size, descriptors, driver_area, device_area);
    }

    fn queue_unset(&mut self, queue: u16) {
        self.registers.queue_unset(queue);
    }

    fn queue_used(&mut self, queue: u16) -> bool {
        self.registers.queue_used(queue)
    }

    fn ack_interrupt(&mut self) -> InterruptStatus {
        self.registers.ack_interrupt()
    }

    fn read_config_generation(&self) -> u32 {
        self.registers.read_config_generation()
    }

    fn read_config_space<T: FromBytes + IntoBytes>(&self, offset: usize) -> DriverResult<T> {
        self.registers.read_config_space(offset)
    }

    fn write_config_space<T: IntoBytes + Immutable>(&mut self, offset: usize, value: T) -> DriverResult<()> {
        self.registers.write_config_space(offset, value)
    }
}
