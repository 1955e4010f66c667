//! Tests of what is read out of a PCI function's configuration registers.

use proptest::prelude::*;

use crate::function::{Bar, ConfigurationSpace, Function, Messages, look_up};

/// A function as its registers and those bits of theirs that can be written.
struct Registers {
    number: u16,
    words: [u32; 64],
    writable: [u32; 64],
    /// Whether it has answered at its addresses while one of them was being measured.
    has_answered: bool,
}

const NUMBER: u16 = 0x20;

/// A function with 4 KiB of memory, 16 KiB of it beyond 4 GiB, 32 ports, and three messages in the first.
fn function() -> Registers {
    let mut words = [0; 64];
    let mut writable = [0; 64];
    words[0] = 0x1041_1af4;
    words[1] = 0x0010_0007;
    writable[1] = 0x0407;
    words[4] = 0xfebf_1000;
    writable[4] = 0xffff_f000;
    (words[5], words[6]) = (0x8000_000c, 1);
    (writable[5], writable[6]) = (0xffff_c000, u32::MAX);
    words[8] = 0xc001;
    writable[8] = 0xffe0;
    words[13] = 0x98;
    words[0x98 / 4] = 0x8411;
    words[0x9c / 4] = 0;
    words[0xa0 / 4] = 0x800;
    // The list goes on, in a circle.
    words[0x84 / 4] = 0x9809;
    words[0x98 / 4] |= 2 << 16;
    Registers { number: NUMBER, words, writable, has_answered: false }
}

impl ConfigurationSpace for Registers {
    fn read(&mut self, function: u16, offset: u8) -> u32 {
        assert!(offset.is_multiple_of(4));
        if function == self.number { self.words[offset as usize / 4] } else { u32::MAX }
    }

    fn write(&mut self, function: u16, offset: u8, value: u32) {
        assert!(function == self.number && offset.is_multiple_of(4));
        let place = offset as usize / 4;
        let writable = self.writable[place];
        self.words[place] = self.words[place] & !writable | value & writable;
        self.has_answered |= (4..10).contains(&place) && self.words[1] & 3 != 0;
    }
}

#[test]
fn a_function_is_measured() {
    let mut registers = function();
    let before = registers.words;
    let bar = |start, size, is_ports| Bar { start, size, is_ports };
    let none = Bar::default();
    let found = look_up(&mut registers, NUMBER).unwrap();
    let bars = [
        bar(0xfebf_1000, 0x1000, false),
        bar(0x1_8000_0000, 0x4000, false),
        none,
        none,
        bar(0xc000, 0x20, true),
        none,
    ];
    let messages =
        Messages { capability: 0x98, table: 0xfebf_1000, size: 48, pending: 0xfebf_1800, pending_size: 8 };
    assert_eq!(found, Function { bars, messages: Some(messages), is_express: false });
    let kept: std::vec::Vec<_> = found.pages_kept().collect();
    assert_eq!(kept, [0xfebf_1000..0xfebf_2000, 0xfebf_1000..0xfebf_2000]);
    // As before.
    assert_eq!(registers.words, before);
    assert!(!registers.has_answered);
}

#[test]
fn who_is_not_there_or_a_bridge_is_not_found() {
    let mut registers = function();
    assert_eq!(look_up(&mut registers, NUMBER + 1), None);
    registers.words[3] = 1 << 16;
    assert_eq!(look_up(&mut registers, NUMBER), None);
    // What is before other devices of the machine: the host's bridge, that of the ISA bus, and so on (appendix D).
    let mut registers = function();
    registers.words[2] = 0x0601_0002;
    assert_eq!(look_up(&mut registers, NUMBER), None);
    // One of several functions of a device is.
    registers.words[2] = 0x0200_0002;
    registers.words[3] = 0x80 << 16;
    assert!(look_up(&mut registers, NUMBER).is_some());
}

#[test]
fn who_is_on_pci_express_says_so() {
    let mut registers = function();
    assert!(!look_up(&mut registers, NUMBER).unwrap().is_express);
    registers.words[0x84 / 4] = 0x9810;
    assert!(look_up(&mut registers, NUMBER).unwrap().is_express);
    // Behind the one before.
    registers.words[0x98 / 4] = 0x8405;
    assert!(look_up(&mut registers, NUMBER).unwrap().is_express);
}

#[test]
fn who_sends_no_messages_has_none() {
    let mut registers = function();
    registers.words[1] &= !(1 << 20);
    assert_eq!(look_up(&mut registers, NUMBER).unwrap().messages, None);
    // A list in a circle, without them.
    let mut registers = function();
    registers.words[0x98 / 4] = 0x8405;
    assert_eq!(look_up(&mut registers, NUMBER).unwrap().messages, None);
    // A table behind a register that has nothing, has ports, or has less.
    for table in [2, 3, 4, 6, 7, 0x1000] {
        let mut registers = function();
        registers.words[0x9c / 4] = table;
        assert_eq!(look_up(&mut registers, NUMBER).unwrap().messages, None, "{table:#x}");
    }
}

proptest! {
    /// Whatever a function says of itself, it is looked up in the end, and nothing else is written than it had.
    #[test]
    fn any_registers_are_read(
        words in prop::array::uniform32(any::<u32>()),
        behind in prop::array::uniform32(any::<u32>()),
        writable in any::<[u32; 6]>(),
    ) {
        let mut registers = function();
        registers.words[..32].copy_from_slice(&words);
        registers.words[32..].copy_from_slice(&behind);
        registers.writable[4..10].copy_from_slice(&writable);
        let before = registers.words;
        let _ = look_up(&mut registers, NUMBER);
        prop_assert_eq!(registers.words, before);
    }
}
