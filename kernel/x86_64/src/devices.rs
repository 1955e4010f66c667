//! Devices that partitions own: their registers, and the I/O APIC between their interrupts and the processor.
//!
//! The interrupts have vectors of one priority class, which the task priority keeps out while a partition runs that
//! owns none: the local APIC holds them until then (Intel SDM volume 3A, 10.8; Intel 82093AA data sheet).

use bulkhead_kernel_core::configuration::Refusal;
use bulkhead_kernel_core::device::{Devices, Interrupt, RegisterPlace, Width};
use bulkhead_kernel_core::ownership::{DeviceLimits, OWN_RANGES_MAX};
use core::sync::atomic::{AtomicU32, Ordering};

use crate::arch;
use crate::descriptors;
use crate::dmar;
use crate::iommu::Iommu;
use crate::paging;
use crate::pci;

/// Where every PC has its first I/O APIC.
pub(crate) const IO_APIC: usize = 0xfec0_0000;
/// Where its registers are in the kernel's addresses: the page behind the local APIC's.
const REGISTERS: usize = paging::device_address(IO_APIC_PAGE);
const IO_APIC_PAGE: usize = 1;
/// The first page for registers of partitions' devices.
const FIRST_PAGE: usize = 2;

const SELECT: usize = 0x00;
const WINDOW: usize = 0x10;
const VERSION: u32 = 0x01;
/// The low half of the first pin's entry; each has two words.
const FIRST_ENTRY: u32 = 0x10;

const LOW: u32 = 1 << 13;
const LEVEL: u32 = 1 << 15;
const MASKED: u32 = 1 << 16;

/// The pins that every I/O APIC has.
const PINS: u32 = 24;
/// The pin of the console's UART.
const CONSOLE_PIN: u32 = 4;

/// The ports that are the kernel's own: interrupt controllers, interval timer and its gate, console, the configuration
/// of PCI devices, and what ends QEMU.
const OWN_PORTS: [(usize, usize); 7] =
    [(0x20, 2), (0x40, 4), (0x61, 1), (0xa0, 2), (0xf4, 4), (0x3f8, 8), (0xcf8, 8)];

/// Interrupts that have come while the kernel waited, one bit each. Only `arch/entry.S` sets them.
#[unsafe(no_mangle)]
static devices_heard: AtomicU32 = AtomicU32::new(0);

/// What partitions can have of a PC whose local APIC is at this address, whose IOMMU is this, and whose firmware has
/// told of the configuration registers of PCI functions in memory.
pub(crate) fn limits(
    local_apic: u64,
    iommu: &Result<Option<dmar::Iommu>, Refusal>,
    configuration: impl Iterator<Item = (u64, usize)>,
) -> DeviceLimits {
    let mut own_memory = [(0, 0); OWN_RANGES_MAX];
    let units = iommu.iter().flatten().flat_map(|iommu| iommu.units.registers());
    let own = [(IO_APIC as u64, 0x1000), (local_apic, 0x1000)].into_iter().chain(units).chain(configuration);
    for (place, (start, size)) in own_memory.iter_mut().zip(own) {
        *place = (start as usize, size);
    }
    DeviceLimits {
        memory: (0x8000_0000, 1 << 32),
        own_memory,
        own_ports: &OWN_PORTS,
        interrupts: PINS,
        free_interrupts: ((1 << PINS) - 1) & !(1 << CONSOLE_PIN),
        function: pci::look_up,
    }
}

fn select(register: u32) -> *mut u32 {
    // SAFETY: the I/O APIC's registers are mapped there, uncached, since `set_up`; they cannot reach memory.
    unsafe { core::ptr::write_volatile((REGISTERS + SELECT) as *mut u32, register) };
    (REGISTERS + WINDOW) as *mut u32
}

fn write(register: u32, value: u32) {
    // SAFETY: as for `select`.
    unsafe { core::ptr::write_volatile(select(register), value) }
}

fn read(register: u32) -> u32 {
    // SAFETY: as for `select`.
    unsafe { core::ptr::read_volatile(select(register)) }
}

/// Maps the registers of the partitions' devices, and masks every pin if one of them has an interrupt. Before the
/// kernel's tables are in use.
pub(crate) fn map(devices: &mut Devices) {
    let mut page = FIRST_PAGE;
    let mut place = |physical| {
        let place = paging::map_device(page, physical) + physical % 0x1000;
        page += 1;
        place
    };
    devices.place_registers(&mut place);
    devices.place_messages(&mut place);
    if devices.interrupts().next().is_some() {
        paging::map_device(IO_APIC_PAGE, IO_APIC);
    }
}

/// Masks every pin, once the kernel's tables are in use, and keeps the devices' interrupts out.
pub(crate) fn set_up(devices: &Devices, iommu: &Iommu) -> Result<(), Refusal> {
    hear(false);
    pci::set_up(devices, iommu);
    if devices.interrupts().next().is_none() {
        return Ok(());
    }
    let pins = (read(VERSION) >> 16 & 0xff) + 1;
    if !(PINS..=240).contains(&pins) {
        return Err("this machine has no I/O APIC where every PC has one");
    }
    for pin in 0..pins {
        write(FIRST_ENTRY + 2 * pin, MASKED);
    }
    Ok(())
}

/// Says whether interrupts of devices may come.
#[inline(always)]
pub(crate) fn hear(hears: bool) {
    arch::set_priority(if hears { 0 } else { descriptors::DEVICE_CLASS });
}

/// Lets an interrupt come, or no more.
pub(crate) fn route(number: usize, interrupt: &Interrupt, is_masked: bool, iommu: &Iommu) {
    if interrupt.message != 0 {
        return pci::mask(interrupt, is_masked);
    }
    let entry = FIRST_ENTRY + 2 * u32::from(interrupt.number);
    let how = if interrupt.level { LEVEL } else { 0 } | if interrupt.low { LOW } else { 0 };
    let vector = u32::from(descriptors::device_vector(number));
    if !is_masked {
        write(entry + 1, iommu.pin(number));
    }
    write(entry, vector | how | if is_masked { MASKED } else { 0 });
}

/// The interrupts that have come while the kernel waited.
#[inline(always)]
pub(crate) fn take() -> u32 {
    // Interrupts are off: nothing comes between the two.
    let heard = devices_heard.load(Ordering::Relaxed);
    if heard != 0 {
        devices_heard.store(0, Ordering::Relaxed);
    }
    heard
}

/// Reads a register of a partition's device.
pub(crate) fn read_register(place: RegisterPlace, width: Width) -> u32 {
    match (place, width) {
        (RegisterPlace::Function(function, offset), _) => pci::read(function, offset),
        (RegisterPlace::Port(port), Width::Byte) => arch::port_read(port).into(),
        (RegisterPlace::Port(port), Width::Half) => arch::port_read_half(port).into(),
        (RegisterPlace::Port(port), Width::Word) => arch::port_read_word(port),
        // SAFETY: the configuration's check has found the register to be a device's, in the page that `map` has mapped
        // for its resource, at a multiple of its width.
        (RegisterPlace::Memory(address), Width::Byte) => unsafe {
            core::ptr::read_volatile(address as *const u8).into()
        },
        // SAFETY: as above.
        (RegisterPlace::Memory(address), Width::Half) => unsafe {
            core::ptr::read_volatile(address as *const u16).into()
        },
        // SAFETY: as above.
        (RegisterPlace::Memory(address), Width::Word) => unsafe {
            core::ptr::read_volatile(address as *const u32)
        },
    }
}

/// Writes a register of a partition's device.
pub(crate) fn write_register(place: RegisterPlace, width: Width, value: u32) {
    match (place, width) {
        (RegisterPlace::Function(function, offset), _) => pci::write_half(function, offset, value as u16),
        (RegisterPlace::Port(port), Width::Byte) => arch::port_write(port, value as u8),
        (RegisterPlace::Port(port), Width::Half) => arch::port_write_half(port, value as u16),
        (RegisterPlace::Port(port), Width::Word) => arch::port_write_word(port, value),
        // SAFETY: as for `read_register`; what a device may do to memory, the system file has been asked about.
        (RegisterPlace::Memory(address), Width::Byte) => unsafe {
            core::ptr::write_volatile(address as *mut u8, value as u8);
        },
        // SAFETY: as above.
        (RegisterPlace::Memory(address), Width::Half) => unsafe {
            core::ptr::write_volatile(address as *mut u16, value as u16);
        },
        // SAFETY: as above.
        (RegisterPlace::Memory(address), Width::Word) => unsafe {
            core::ptr::write_volatile(address as *mut u32, value);
        },
    }
}
