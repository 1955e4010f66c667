//! What a machine has of devices, and what of it is the kernel's own: what partitions cannot have.
//!
//! On LEON3 the kernel finds its own devices when it boots, and refuses a system that gives them away. What stands here
//! is where QEMU's board has them.

use std::ops::Range;

use crate::target::Processor;

/// Something of the kernel's own.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    /// The first address, or port.
    pub start: u64,
    /// How many bytes, or ports.
    pub size: u64,
    /// What it is.
    pub what: &'static str,
}

impl Own {
    const fn new(start: u64, size: u64, what: &'static str) -> Self {
        Self { start, size, what }
    }

    /// From where to where it is.
    #[must_use]
    pub const fn range(&self) -> Range<u64> {
        self.start..self.start + self.size
    }
}

/// A machine's devices.
#[derive(Clone, Debug)]
pub struct Hardware {
    /// Where devices are in memory.
    pub memory: Range<u64>,
    /// What of it is the kernel's own.
    pub own_memory: &'static [Own],
    /// The I/O ports; none where the machine has no such thing.
    pub ports: Range<u64>,
    /// What of them is the kernel's own.
    pub own_ports: &'static [Own],
    /// The numbers of its interrupts.
    pub interrupts: Range<u32>,
    /// Those that are the kernel's own, and what they are.
    pub own_interrupts: &'static [(u32, &'static str)],
    /// Whether an interrupt can be there when its line is low.
    pub low: bool,
    /// Registers in memory of what writes memory wherever it is told to, and what that is.
    pub dma_memory: &'static [Own],
    /// Ports of such.
    pub dma_ports: &'static [Own],
}

/// What is said of its ports.
const DMA: &str = "ports of a DMA controller, which writes any memory";

/// A PC.
#[allow(clippy::single_range_in_vec_init, reason = "it is one range, not what is in it")]
const X86_64: Hardware = Hardware {
    memory: 0x8000_0000..0x1_0000_0000,
    own_memory: &[
        Own::new(0xfec0_0000, 0x1000, "the I/O APIC"),
        Own::new(0xfee0_0000, 0x1000, "the local APIC"),
    ],
    ports: 0..1 << 16,
    own_ports: &[
        Own::new(0x20, 2, "the first interrupt controller"),
        Own::new(0x40, 4, "the interval timer"),
        Own::new(0x61, 1, "the interval timer's gate"),
        Own::new(0xa0, 2, "the second interrupt controller"),
        Own::new(0xf4, 4, "QEMU's exit"),
        Own::new(0x3f8, 8, "the console"),
        Own::new(0xcf8, 8, "the PCI bus"),
    ],
    // Pins of the I/O APIC.
    interrupts: 0..24,
    own_interrupts: &[(4, "the console's")],
    low: true,
    // The high precision event timers (IA-PC HPET specification 1.0a, 2.3.10): each writes its message anywhere.
    dma_memory: &[Own::new(0xfed0_0000, 0x1000, "timers, each of which can write any memory")],
    // Intel 8237.
    dma_ports: &[Own::new(0x00, 0x10, DMA), Own::new(0x80, 0x10, DMA), Own::new(0xc0, 0x20, DMA)],
};

/// QEMU's LEON3 board.
const LEON3: Hardware = Hardware {
    memory: 0x8000_0000..0xff00_0000,
    own_memory: &[
        Own::new(0x8000_0100, 0x100, "the console"),
        // But for the registers that force interrupts.
        Own::new(0x8000_0200, 0x08, "the interrupt controller"),
        Own::new(0x8000_020c, 0x74, "the interrupt controller"),
        Own::new(0x8000_0300, 0x30, "the clock"),
    ],
    ports: 0..0,
    own_ports: &[],
    // 15 cannot be kept out by the processor.
    interrupts: 1..15,
    own_interrupts: &[(7, "the clock's")],
    low: false,
    dma_memory: &[],
    dma_ports: &[],
};

impl Hardware {
    /// What the machine of a processor has.
    #[must_use]
    pub const fn of(processor: Processor) -> &'static Self {
        match processor {
            Processor::X86_64 => &X86_64,
            Processor::Leon3 => &LEON3,
        }
    }
}
