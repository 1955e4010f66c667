//! PCI functions, as their configuration registers describe them: what memory and ports one has, and whether it sends
//! its interrupts as messages (PCI 3.0, chapter 6).
//!
//! The firmware has given the functions their addresses; nothing is moved here. What a function says of itself goes
//! through the same check as what the system table says.

use bulkhead_abi::{COMMAND_MEMORY, COMMAND_PORTS, COMMAND_REGISTER, PAGE_SIZE};
use core::ops::Range;

/// The registers that say where memory and ports are.
pub const BARS: usize = 6;

/// Offsets of registers.
const IDENTITY: u8 = 0x00;
const COMMAND: u8 = COMMAND_REGISTER as u8;
const CLASS: u8 = 0x08;
const HEADER_TYPE: u8 = 0x0c;
const FIRST_BAR: u8 = 0x10;
const CAPABILITIES: u8 = 0x34;

/// In the status: there are capabilities.
const HAS_CAPABILITIES: u32 = 1 << 20;
/// The capability of messages in a table of the function's own.
const MSIX: u32 = 0x11;
/// The one that every function of PCI Express has (PCI Express 4.0, 7.5.3).
const EXPRESS: u32 = 0x10;
/// The class of bridges (appendix D).
const BRIDGE: u32 = 0x06;
/// Capabilities are 4 bytes at least, behind the first 64.
const CAPABILITIES_MAX: usize = 48;
/// Bytes of an entry of that table.
pub(crate) const ENTRY: usize = 16;

/// How configuration registers are reached.
pub trait ConfigurationSpace {
    /// Reads the register of a function at an offset, a multiple of 4; ones if nobody answers.
    fn read(&mut self, function: u16, offset: u8) -> u32;

    /// Writes a register.
    fn write(&mut self, function: u16, offset: u8, value: u32);
}

/// What is behind a base address register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    /// Where it begins: a physical address, or a port.
    pub start: u64,
    /// How much it is; 0 if there is nothing.
    pub size: u64,
    /// Whether it is ports.
    pub is_ports: bool,
}

/// The table of a function's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Messages {
    /// The offset of its capability.
    pub capability: u8,
    /// Physical address of the table, whose first entry is used.
    pub table: u64,
    /// Bytes of the table.
    pub size: u64,
    /// Physical address of the bits that say which messages wait.
    pub pending: u64,
    /// Bytes that these take.
    pub pending_size: u64,
}

/// What a function has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// What is behind each register.
    pub bars: [Bar; BARS],
    /// Its messages, if it sends its interrupts so.
    pub messages: Option<Messages>,
    /// Whether it is one of PCI Express.
    pub is_express: bool,
}

impl Function {
    /// The pages that the kernel keeps for itself: those of the messages' table and of what waits.
    pub(crate) fn pages_kept(&self) -> impl Iterator<Item = Range<u64>> {
        let page = PAGE_SIZE as u64;
        let pages = move |start: u64, size: u64| {
            start & !(page - 1)..start.saturating_add(size).saturating_add(page - 1) & !(page - 1)
        };
        self.messages
            .into_iter()
            .flat_map(move |it| [pages(it.table, it.size), pages(it.pending, it.pending_size)])
    }
}

/// Looks a function up; none if there is none with this number, or one that is a bridge of whatever kind: others are
/// behind it.
pub fn look_up(space: &mut impl ConfigurationSpace, number: u16) -> Option<Function> {
    if space.read(number, IDENTITY) & 0xffff == 0xffff {
        return None;
    }
    if space.read(number, HEADER_TYPE) >> 16 & 0x7f != 0 || space.read(number, CLASS) >> 24 == BRIDGE {
        return None;
    }
    let bars = measure(space, number);
    let messages = messages(space, number, &bars);
    Some(Function { bars, messages, is_express: capability(space, number, EXPRESS).is_some() })
}

/// Measures what is behind each register: of what is written there, the bits stay that are no part of an offset.
fn measure(space: &mut impl ConfigurationSpace, number: u16) -> [Bar; BARS] {
    let mut bars = [Bar::default(); BARS];
    let command = space.read(number, COMMAND) & 0xffff;
    // While addresses are not what they should be, the function must not answer. Status bits stay as they are where
    // zeros are written.
    space.write(number, COMMAND, command & !(COMMAND_PORTS | COMMAND_MEMORY));
    let mut place = 0;
    while let Some(bar) = bars.get_mut(place) {
        let offset = FIRST_BAR + 4 * place as u8;
        let low = space.read(number, offset);
        let is_ports = low & 1 != 0;
        let is_wide = low & 7 == 4 && place + 1 < BARS;
        let fixed = if is_ports { 3 } else { 15 };
        let mask = probe(space, number, offset);
        let (mut start, mut bits) = (u64::from(low & !fixed), u64::from(mask & !fixed));
        place += 1;
        if is_ports {
            // Ports beyond 16 bits there are none, and registers may say so.
            start &= 0xffff;
            bits |= 0xffff_ffff_ffff_0000;
        } else if is_wide {
            start |= u64::from(space.read(number, offset + 4)) << 32;
            bits |= u64::from(probe(space, number, offset + 4)) << 32;
            place += 1;
        } else {
            bits |= 0xffff_ffff_0000_0000;
        }
        if mask & !fixed != 0 {
            *bar = Bar { start, size: (!bits).wrapping_add(1), is_ports };
        }
    }
    space.write(number, COMMAND, command);
    bars
}

/// What a register keeps of all ones.
fn probe(space: &mut impl ConfigurationSpace, number: u16, offset: u8) -> u32 {
    let before = space.read(number, offset);
    space.write(number, offset, u32::MAX);
    let kept = space.read(number, offset);
    space.write(number, offset, before);
    kept
}

/// Looks for a capability: its offset, and its first register.
fn capability(space: &mut impl ConfigurationSpace, number: u16, kind: u32) -> Option<(u8, u32)> {
    if space.read(number, COMMAND) & HAS_CAPABILITIES == 0 {
        return None;
    }
    let mut capability = space.read(number, CAPABILITIES) as u8 & !3;
    // A list that goes in circles ends.
    for _ in 0..CAPABILITIES_MAX {
        if capability < 0x40 {
            return None;
        }
        let first = space.read(number, capability);
        if first & 0xff == kind {
            return Some((capability, first));
        }
        capability = (first >> 8) as u8 & !3;
    }
    None
}

/// Looks for the table of messages.
fn messages(space: &mut impl ConfigurationSpace, number: u16, bars: &[Bar; BARS]) -> Option<Messages> {
    let (capability, first) =
        capability(space, number, MSIX).filter(|(capability, _)| *capability <= 0xf4)?;
    let count = (first as usize >> 16 & 0x7ff) + 1;
    let place = |offset: u32| {
        let bar = bars.get(offset as usize & 7).filter(|bar| bar.size != 0 && !bar.is_ports)?;
        let offset = u64::from(offset & !7);
        (offset < bar.size).then(|| bar.start.checked_add(offset)).flatten()
    };
    Some(Messages {
        capability,
        table: place(space.read(number, capability + 4))?,
        size: (count * ENTRY) as u64,
        pending: place(space.read(number, capability + 8))?,
        pending_size: count.div_ceil(64) as u64 * 8,
    })
}
