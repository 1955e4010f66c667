//! The PCI bus: configuration registers of functions, and the messages that they interrupt with.
//!
//! Registers are reached by configuration mechanism 1 (PCI 3.0, 3.2.2.3.2), whose two ports are the kernel's own.

use bulkhead_abi::{COMMAND_BUS_MASTER, COMMAND_MEMORY, COMMAND_REGISTER};
use bulkhead_kernel_core::device::{Devices, Interrupt};
use bulkhead_kernel_core::function::{self, ConfigurationSpace, Function};

use crate::arch;
use crate::iommu::Iommu;

const ADDRESS: u16 = 0xcf8;
const DATA: u16 = 0xcfc;
/// In the address: this is one.
const ENABLE: u32 = 1 << 31;

const COMMAND: u8 = COMMAND_REGISTER as u8;

/// In the first register of the capability: messages are sent, and every one is masked.
const MESSAGES_ON: u32 = 1 << 31;
const ALL_MASKED: u32 = 1 << 30;

/// The bus.
struct Bus;

impl ConfigurationSpace for Bus {
    fn read(&mut self, function: u16, offset: u8) -> u32 {
        read(function, offset)
    }

    fn write(&mut self, function: u16, offset: u8, value: u32) {
        select(function, offset);
        arch::port_write_word(DATA, value);
    }
}

fn select(function: u16, offset: u8) {
    arch::port_write_word(ADDRESS, ENABLE | u32::from(function) << 8 | u32::from(offset & 0xfc));
}

/// Reads a configuration register.
pub(crate) fn read(function: u16, offset: u8) -> u32 {
    select(function, offset);
    arch::port_read_word(DATA)
}

/// Writes the lower half of a configuration register: of the command register all but the status.
pub(crate) fn write_half(function: u16, offset: u8, value: u16) {
    select(function, offset);
    arch::port_write_half(DATA, value);
}

/// Looks a function up. Before a partition runs: the function does not answer meanwhile.
pub(crate) fn look_up(number: u16) -> Option<Function> {
    function::look_up(&mut Bus, number)
}

/// Keeps a function from reading and writing memory.
pub(crate) fn quieten(function: u16) {
    let command = read(function, COMMAND) as u16;
    write_half(function, COMMAND, command & !(COMMAND_BUS_MASTER as u16));
}

/// Makes the functions of partitions quiet, and has those send their interrupts that do so by messages: each masked.
pub(crate) fn set_up(devices: &Devices, iommu: &Iommu) {
    for function in devices.functions() {
        quieten(function.number);
        let Some((place, capability)) = function.message else { continue };
        let Some(interrupt) = devices.interrupts().nth(place.into()) else { continue };
        // The firmware may have left it to a driver that the function answers.
        let command = read(function.number, COMMAND) as u16;
        write_half(function.number, COMMAND, command | COMMAND_MEMORY as u16);
        let on = (read(function.number, capability) | MESSAGES_ON) & !ALL_MASKED;
        Bus.write(function.number, capability, on | ALL_MASKED);
        mask(interrupt, true);
        let (address, data) = iommu.message(place);
        for (word, value) in [address, 0, data].iter().enumerate() {
            write_entry(interrupt, word, *value);
        }
        Bus.write(function.number, capability, on);
    }
}

/// Lets the message of a function come, or no more.
pub(crate) fn mask(interrupt: &Interrupt, is_masked: bool) {
    write_entry(interrupt, 3, is_masked.into());
    if is_masked {
        // What the function has sent before has come when it answers.
        // SAFETY: as for `write_entry`.
        unsafe { core::ptr::read_volatile((interrupt.message + 12) as *const u32) };
    }
}

/// Writes a word of the entry of a message: its address in two, what is written there, and whether it is masked.
fn write_entry(interrupt: &Interrupt, word: usize, value: u32) {
    // SAFETY: the configuration's check has found the entry to be in a device's memory, whose page the kernel has to
    // itself and `devices::map` has mapped, uncached. What is written in it becomes an interrupt of the owner's, or
    // none.
    unsafe { core::ptr::write_volatile((interrupt.message + 4 * word) as *mut u32, value) };
}
