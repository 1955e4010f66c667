//! A kernel that records the calls of partitions too: the one that traces, with its calls turned.

use bulkhead_abi::trace::CALL_SITES;
use object::{Object as _, ObjectSymbol as _};

use crate::elf::Elf;
use crate::target::Processor;

/// The file of a kernel that traces, changed so that it records calls; nothing if it is none, or cannot.
pub(crate) fn recorded(processor: Processor, kernel: &[u8]) -> Option<Vec<u8>> {
    let file = object::File::parse(kernel).ok()?;
    let symbol =
        |name: &str| file.symbols().find(|symbol| symbol.name() == Ok(name)).map(|symbol| symbol.address());
    let elf = Elf::read(kernel).ok()?;
    let mut changed = kernel.to_vec();
    let mut count = 0;
    for (site, function) in CALL_SITES {
        let (Some(site), Some(function)) = (symbol(site), symbol(function)) else { continue };
        let instruction = changed.get_mut(elf.place_in_file(site)?..)?;
        match processor {
            Processor::X86_64 => turn_on_x86(instruction, site, function)?,
            Processor::Leon3 => turn_on_sparc(instruction, site, function)?,
        }
        count += 1;
    }
    (count > 0).then_some(changed)
}

/// `call rel32`, from behind it on (Intel SDM, volume 2, CALL).
fn turn_on_x86(instruction: &mut [u8], site: u64, function: u64) -> Option<()> {
    const LENGTH: u64 = 5;
    let [0xe8, offset @ ..] = instruction.get_mut(..LENGTH as usize)? else { return None };
    let distance = i32::try_from(function.wrapping_sub(site.wrapping_add(LENGTH)).cast_signed()).ok()?;
    offset.copy_from_slice(&distance.to_le_bytes());
    Some(())
}

/// `call`: two bits, and the distance in words (SPARC V8, B.24).
fn turn_on_sparc(instruction: &mut [u8], site: u64, function: u64) -> Option<()> {
    let word: &mut [u8; 4] = instruction.get_mut(..4)?.try_into().ok()?;
    if word[0] >> 6 != 1 {
        return None;
    }
    let words = (function.wrapping_sub(site) as u32) >> 2;
    *word = (1 << 30 | words).to_be_bytes();
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_turned_to_another_function() {
        let mut call = [0xe8, 1, 2, 3, 4, 0x90];
        assert_eq!(turn_on_x86(&mut call, 0x1000, 0x1005 - 0x20), Some(()));
        assert_eq!(call, [0xe8, 0xe0, 0xff, 0xff, 0xff, 0x90]);
        let mut call = [0x40, 0, 0, 7, 0xff];
        assert_eq!(turn_on_sparc(&mut call, 0x4000_1000, 0x4000_0ff0), Some(()));
        assert_eq!(call, [0x7f, 0xff, 0xff, 0xfc, 0xff]);
    }

    #[test]
    fn what_is_no_call_stays() {
        let mut code = [0x90; 8];
        assert_eq!(turn_on_x86(&mut code, 0, 8), None);
        assert_eq!(turn_on_x86(&mut [0xe8, 0], 0, 8), None);
        assert_eq!(turn_on_x86(&mut [0xe8, 0, 0, 0, 0], 0, 1 << 40), None);
        assert_eq!(turn_on_sparc(&mut code, 0, 8), None);
        assert_eq!(turn_on_sparc(&mut [0x40, 0, 0], 0, 8), None);
        assert_eq!(code, [0x90; 8]);
        assert_eq!(recorded(Processor::X86_64, b"no kernel"), None);
    }
}
