//! The board's devices, found by plug and play (GRLIB IP library user's manual, 5.3 and 5.4).

use bulkhead_kernel_core::ownership::{DeviceLimits, OWN_RANGES_MAX};

use crate::{interrupts, timer};

/// Bytes of an APBUART's registers.
const UART_SIZE: u32 = 0x100;

/// Where the AHB's slaves describe themselves: 64 records of 32 bytes.
const AHB_SLAVES: u32 = 0xffff_f800;
/// Where an APB's devices describe themselves, from the start of the bridge: records of 8 bytes.
const APB_RECORDS: u32 = 0x000f_f000;

const GAISLER: u32 = 1;
const APB_BRIDGE: u32 = 0x006;
const UART: u32 = 0x00c;
const INTERRUPT_CONTROLLER: u32 = 0x00d;
const TIMER: u32 = 0x011;

/// Physical addresses of the devices' registers; 0 is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Devices {
    pub(crate) uart: u32,
    pub(crate) interrupt_controller: u32,
    pub(crate) timer: u32,
}

impl Devices {
    /// No devices.
    pub(crate) const NONE: Self = Self { uart: 0, interrupt_controller: 0, timer: 0 };
}

/// Where device memory begins and ends for partitions; behind are the records.
const MEMORY: (usize, usize) = (0x8000_0000, 0xff00_0000);

/// What partitions can have of this board.
pub(crate) fn limits(devices: &Devices) -> DeviceLimits {
    let [first, second] = interrupts::OWN;
    let mut own_memory = [(0, 0); OWN_RANGES_MAX];
    let own = [
        (devices.uart, UART_SIZE),
        (devices.timer, timer::OWN),
        (devices.interrupt_controller + first.0, first.1),
        (devices.interrupt_controller + second.0, second.1),
    ];
    for (place, (start, size)) in own_memory.iter_mut().zip(own) {
        *place = (start as usize, size as usize);
    }
    DeviceLimits {
        memory: MEMORY,
        own_memory,
        own_ports: &[],
        interrupts: 16,
        function: |_| None,
        free_interrupts: interrupts::FREE & !(1 << (timer::interrupt(devices) & 15)),
    }
}

/// Reads a register of a device, or a record of one.
pub(crate) fn read(address: u32) -> u32 {
    // SAFETY: the addresses come from the plug and play records, which tell where a device answers; reading one of the
    // registers that the kernel reads reaches no memory.
    unsafe { core::ptr::read_volatile(address as *const u32) }
}

/// Writes a register of a device.
pub(crate) fn write(address: u32, value: u32) {
    // SAFETY: as for `read`: no device that the kernel writes to can reach memory.
    unsafe { core::ptr::write_volatile(address as *mut u32, value) }
}

/// Vendor and device of a record's first word.
const fn identity(word: u32) -> (u32, u32) {
    (word >> 24, word >> 12 & 0xfff)
}

/// Looks for the first device of each kind. Before the memory management unit is on.
pub(crate) fn find() -> Devices {
    let mut devices = Devices::NONE;
    for slave in 0..64 {
        let record = AHB_SLAVES + 32 * slave;
        if identity(read(record)) != (GAISLER, APB_BRIDGE) {
            continue;
        }
        let bridge = read(record + 16) & 0xfff0_0000;
        for number in 0..512 {
            let record = bridge + APB_RECORDS + 8 * number;
            let (vendor, device) = identity(read(record));
            let address = bridge + (read(record + 4) >> 20 << 8);
            let place = match (vendor, device) {
                (GAISLER, UART) => &mut devices.uart,
                (GAISLER, INTERRUPT_CONTROLLER) => &mut devices.interrupt_controller,
                (GAISLER, TIMER) => &mut devices.timer,
                _ => continue,
            };
            if *place == 0 {
                *place = address;
            }
        }
    }
    devices
}
