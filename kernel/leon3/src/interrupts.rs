//! The interrupt controller between devices and the processor (GRLIB IP core manual, IRQMP).
//!
//! It keeps what comes while an interrupt is masked: so the interrupts of a partition's devices are masked while
//! another runs.

use bulkhead_cell::Single;
use bulkhead_kernel_core::device::{Devices, Interrupt};

use crate::devices::{read, write};
use crate::exceptions::INTERRUPT;

const LEVEL: u32 = 0x00;
const CLEAR: u32 = 0x0c;
const MASK: u32 = 0x40;

/// What the controller has of its own for the kernel: where each range of registers begins, and its size. The others
/// force interrupts.
pub(crate) const OWN: [(u32, u32); 2] = [(0x00, 0x08), (0x0c, 0x74)];

/// The interrupts that a partition can have: 15 cannot be kept out by the processor.
pub(crate) const FREE: u32 = 0x7ffe;

/// What `arch/trap.S` does with interrupts that come while the kernel waits.
#[repr(C)]
pub(crate) struct DeviceInterrupts {
    /// Address of the register that masks interrupts.
    pub(crate) mask_register: u32,
    /// The interrupts of devices, one bit each.
    pub(crate) of_devices: u32,
    /// Those that have come, and have been masked.
    pub(crate) heard: u32,
}

#[unsafe(no_mangle)]
static device_interrupts: Single<DeviceInterrupts> =
    Single::new(DeviceInterrupts { mask_register: 0, of_devices: 0, heard: 0 });

/// No device has the interrupt.
const NOBODY: u8 = u8::MAX;

/// The controller's state.
pub(crate) struct Controller {
    /// The trap of the kernel's own interrupt, the alarm's.
    pub(crate) alarm: u32,
    /// The interrupts of devices that come now, one bit each.
    pub(crate) heard: u16,
    /// The alarm's interrupt, as a bit.
    alarm_bit: u32,
    address: u32,
    /// The number that the portable kernel has for each interrupt.
    numbers: [u8; 16],
}

impl Controller {
    /// One that lets nothing in.
    pub(crate) const NONE: Self =
        Self { alarm: 0, heard: 0, alarm_bit: 0, address: 0, numbers: [NOBODY; 16] };

    /// Masks everything but the alarm, whose interrupt has this number.
    pub(crate) fn set_up(address: u32, alarm: u32, devices: &Devices) -> Self {
        let alarm = alarm & 15;
        let mut controller =
            Self { alarm: INTERRUPT - 1 + alarm, alarm_bit: 1 << alarm, address, ..Self::NONE };
        let mut of_devices = 0;
        for (number, interrupt) in devices.interrupts().enumerate() {
            controller.numbers[usize::from(interrupt.number) % 16] = number as u8;
            of_devices |= 1 << (interrupt.number % 16);
        }
        write(address + LEVEL, 0);
        write(address + CLEAR, 0xfffe);
        controller.hear(0);
        // SAFETY: interrupts are off; the handler is the only other one that uses it.
        let shared = unsafe { device_interrupts.borrow() };
        *shared = DeviceInterrupts { mask_register: address + MASK, of_devices, heard: 0 };
        controller
    }

    /// The number that the portable kernel has for the interrupt of a trap; none if it is nobody's.
    pub(crate) fn number(&self, trap: u32) -> Option<usize> {
        let number = self.numbers[(trap.wrapping_sub(INTERRUPT - 1)) as usize % 16];
        if number == NOBODY { None } else { Some(number.into()) }
    }

    /// Lets these interrupts of devices in, and no others.
    #[cold]
    #[inline(never)]
    pub(crate) fn hear(&mut self, interrupts: u16) {
        self.heard = interrupts;
        write(self.address + MASK, u32::from(interrupts) | self.alarm_bit);
    }

    /// The bit that stands for an interrupt.
    pub(crate) const fn bit(interrupt: &Interrupt) -> u16 {
        1 << (interrupt.number % 16)
    }

    /// Forgets that an interrupt has come.
    pub(crate) fn forget(&self, interrupt: &Interrupt) {
        write(self.address + CLEAR, Self::bit(interrupt).into());
    }

    /// The interrupts that have come while the kernel waited, as the portable kernel numbers them.
    #[inline(always)]
    pub(crate) fn take(&mut self) -> u32 {
        let shared = device_interrupts.address();
        // SAFETY: interrupts are off; the handler is the only other one that uses it.
        let heard = unsafe { (*shared).heard };
        if heard == 0 { 0 } else { self.take_heard(heard) }
    }

    #[cold]
    #[inline(never)]
    fn take_heard(&mut self, heard: u32) -> u32 {
        // SAFETY: as for `take`.
        unsafe { (*device_interrupts.address()).heard = 0 };
        self.heard = (read(self.address + MASK) & !self.alarm_bit) as u16;
        let mut numbers = 0;
        for (interrupt, &number) in self.numbers.iter().enumerate() {
            if heard >> interrupt & 1 != 0 && number != NOBODY {
                numbers |= 1 << (number % 32);
            }
        }
        numbers
    }
}
