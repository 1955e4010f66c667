//! LEON3 and its partitions: registers, register windows and page tables (SPARC V8 manual).

use crate::executive::{Memory, Place, Saved};
use crate::kernel::Kernel;
use crate::stub::{Failure, Source, Stub};

/// The processor's register windows.
const WINDOWS: u32 = 8;

/// What gdb and QEMU's stub have, words in big-endian order: globals, outs, locals, ins, 32 of floating point, and then
/// these.
const OUTS: usize = 8;
const LOCALS: usize = 16;
pub(crate) const FLOATING_POINT: usize = 32;
pub(crate) const Y: usize = 64;
pub(crate) const PSR: usize = 65;
pub(crate) const PROGRAM_COUNTER: usize = 68;
pub(crate) const NEXT: usize = 69;
pub(crate) const FSR: usize = 70;
pub(crate) const STACK_POINTER: usize = OUTS + 6;
/// A call returns that far behind itself, over the instruction that follows it (SPARC V8, B.24).
pub(crate) const BEHIND_CALL: u64 = 8;
/// How many there are.
const COUNT: usize = 72;
/// How many bytes they have.
pub(crate) const SIZE: usize = 4 * COUNT;

/// In PSR: whether a program of the kernel's runs, whether one ran before the trap, whether there can be one, and the
/// window.
const SUPERVISOR: u32 = 1 << 7;
const PREVIOUS: u32 = 1 << 6;
const TRAPS: u32 = 1 << 5;
const WINDOW: u32 = 7;

/// Registers of one window: locals and ins.
pub(crate) type Window = [u32; 16];

/// A frame whose registers are not on the partition's stack yet: where they would be, and what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) stack: u32,
    pub(crate) registers: Window,
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]])).collect()
}

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn all(stub: &mut dyn Source) -> Result<Vec<u32>, Failure> {
    let words = words(&stub.registers()?);
    if words.len() == COUNT { Ok(words) } else { Err(Failure::Refused) }
}

/// Words of the kernel's memory, which lies at its physical addresses.
fn read(stub: &mut dyn Source, address: u64, count: usize) -> Result<Vec<u32>, Failure> {
    Ok(words(&stub.read(true, address, 4 * count)?))
}

fn read_one(stub: &mut dyn Source, address: u64) -> Result<u32, Failure> {
    read(stub, address, 1)?.first().copied().ok_or(Failure::Refused)
}

/// Where the processor is, and whether at a partition's privilege.
pub(crate) fn place(of_stub: &[u8]) -> Option<(u64, bool)> {
    let words = words(of_stub);
    let (psr, counter) = (words.get(PSR)?, words.get(PROGRAM_COUNTER)?);
    Some((u64::from(*counter), psr & SUPERVISOR == 0))
}

/// A register window of the processor's.
///
/// QEMU's stub has no single registers for SPARC. It writes them in their order, so those of the window that the
/// processor has, and then PSR, which changes to another: each window is written what it holds.
fn window(stub: &mut dyn Source, number: u32) -> Result<Window, Failure> {
    let mut before = all(stub)?;
    let psr = before[PSR];
    before[PSR] = psr & !WINDOW | (number % WINDOWS);
    stub.set_registers(&bytes(&before))?;
    let mut shown = all(stub)?;
    shown[PSR] = psr;
    stub.set_registers(&bytes(&shown))?;
    let mut window = [0; 16];
    window.copy_from_slice(&shown[LOCALS..FLOATING_POINT]);
    Ok(window)
}

/// Where the kernel keeps a partition's windows, from the current one on: the number of each, and how many of them are
/// still in the processor.
fn kept(
    stub: &mut dyn Source,
    kernel: &Kernel,
    partition: usize,
    is_current: bool,
) -> Result<(u32, u32, u32), Failure> {
    let psr = read_one(stub, kernel.context(partition, "psr"))?;
    let first = (psr + 1) % WINDOWS;
    let count = read_one(stub, kernel.context(partition, "invalid"))?.wrapping_sub(first) % WINDOWS;
    let resident = if is_current { read_one(stub, kernel.context(partition, "resident"))? } else { 0 };
    Ok((first, count, resident.min(count)))
}

/// The frames of a partition that are in registers, in the processor or in the kernel's keeping, the newest first.
pub(crate) fn frames(
    stub: &mut dyn Source,
    kernel: &Kernel,
    partition: usize,
    is_current: bool,
    runs: bool,
) -> Result<Vec<Frame>, Failure> {
    let (first, count, resident, mut stack) = if runs {
        let registers = all(stub)?;
        let first = registers[PSR] & WINDOW;
        let invalid = read_one(stub, kernel.context(partition, "invalid"))?;
        let count = invalid.wrapping_sub(first) % WINDOWS;
        (first, count, count, registers[OUTS + 6])
    } else {
        let (first, count, resident) = kept(stub, kernel, partition, is_current)?;
        (first, count, resident, read_one(stub, kernel.in_context(partition, "outs", 24))?)
    };
    let mut frames = Vec::new();
    for frame in 0..count {
        let number = (first + frame) % WINDOWS;
        let registers = if frame < resident {
            window(stub, number)?
        } else {
            let at = kernel.in_context(partition, "windows", 64 * u64::from(number));
            read(stub, at, 16)?.try_into().map_err(|_| Failure::Refused)?
        };
        frames.push(Frame { stack, registers });
        // The frame pointer of one is the stack pointer of the one that called it.
        stack = registers[14];
    }
    Ok(frames)
}

/// What the frames that are in registers say of memory, where the partition's stack has not got them yet.
pub(crate) fn lay_over(frames: &[Frame], address: u64, memory: &mut [u8]) {
    // The newest last: it is right where the oldest are at the same place.
    for frame in frames.iter().rev() {
        for (offset, byte) in bytes(&frame.registers).into_iter().enumerate() {
            let at = u64::from(frame.stack) + offset as u64;
            if let Some(place) = at.checked_sub(address).and_then(|place| memory.get_mut(place as usize)) {
                *place = byte;
            }
        }
    }
}

/// The registers of a partition that the kernel keeps.
pub(crate) fn from_context(
    stub: &mut dyn Source,
    kernel: &Kernel,
    partition: usize,
    is_current: bool,
) -> Result<Vec<u8>, Failure> {
    let mut registers = vec![0; COUNT];
    if is_current {
        // The kernel does not use them.
        let live = all(stub)?;
        registers[FLOATING_POINT..Y].copy_from_slice(&live[FLOATING_POINT..Y]);
        registers[FSR] = live[FSR];
    } else {
        // FSR, an unused word, and then they.
        let kept = read(stub, kernel.context(partition, "floating_point"), 34)?;
        registers[FLOATING_POINT..Y].copy_from_slice(kept.get(2..).ok_or(Failure::Refused)?);
        registers[FSR] = kept[0];
    }
    // Y is in the place of g0.
    let globals = read(stub, kernel.context(partition, "globals"), 8)?;
    registers[1..8].copy_from_slice(globals.get(1..).ok_or(Failure::Refused)?);
    registers[Y] = globals[0];
    registers[OUTS..LOCALS].copy_from_slice(&read(stub, kernel.context(partition, "outs"), 8)?);
    let state = read(stub, kernel.context(partition, "psr"), 3)?;
    let (first, ..) = kept(stub, kernel, partition, is_current)?;
    registers[PSR] = state.first().ok_or(Failure::Refused)? & !(WINDOW | SUPERVISOR) | first;
    registers[PROGRAM_COUNTER..=NEXT].copy_from_slice(state.get(1..).ok_or(Failure::Refused)?);
    let newest = frames(stub, kernel, partition, is_current, false)?;
    if let Some(frame) = newest.first() {
        registers[LOCALS..FLOATING_POINT].copy_from_slice(&frame.registers);
    }
    Ok(bytes(&registers))
}

/// The registers of a task that does not execute, by number; those that are not here, nobody keeps.
pub(crate) fn of_task(memory: &mut dyn Memory, saved: &Saved) -> Option<Vec<(usize, u32)>> {
    Some(match saved {
        Saved::Fresh { entry, stack } => {
            let (entry, stack) = (*entry as u32, *stack as u32);
            let begin = [
                (STACK_POINTER, stack.wrapping_sub(96)),
                (PROGRAM_COUNTER, entry),
                (NEXT, entry.wrapping_add(4)),
            ];
            (0..FLOATING_POINT).map(|number| (number, 0)).chain(begin).collect()
        }
        Saved::Switched { frame, resumed } => {
            // A window, FSR, g7, and floating point.
            let kept = words(&memory.read(*frame, 4 * 58)?);
            let mut registers = vec![(0, 0), (FSR, kept[24]), (7, kept[25]), (STACK_POINTER, *frame as u32)];
            registers.extend((LOCALS..FLOATING_POINT).zip(kept.iter().copied()));
            registers.extend((FLOATING_POINT..Y).zip(kept[26..].iter().copied()));
            let resumed = (*resumed)? as u32;
            registers.extend([(PROGRAM_COUNTER, resumed), (NEXT, resumed.wrapping_add(4))]);
            registers
        }
        Saved::Placed(places) => {
            let mut read = |address| memory.read(address, 4).and_then(|it| words(&it).first().copied());
            let value =
                |place: &Place| Some((place.number, read(place.address)?.wrapping_add(place.more as u32)));
            [(0, 0)].into_iter().chain(places.iter().filter_map(value)).collect()
        }
    })
}

/// Where a register is among all that gdb is told, and its size.
pub(crate) fn position(number: usize) -> Option<(usize, usize)> {
    (number < COUNT).then_some((4 * number, 4))
}

/// Sets registers of a partition, those that differ between `old` and `new`: globals, outs, and where it is.
pub(crate) fn set(
    stub: &mut Stub,
    kernel: &Kernel,
    partition: Option<usize>,
    (old, new): (&[u8], &[u8]),
) -> Result<(), Failure> {
    let (old, new) = (words(old), words(new));
    if old.len() != COUNT || new.len() != COUNT {
        return Err(Failure::Refused);
    }
    let Some(partition) = partition else { return stub.set_registers(&bytes(&new)) };
    for (number, value) in (0..COUNT).filter(|&number| old[number] != new[number]).map(|it| (it, new[it])) {
        let (part, place) = match number {
            1..OUTS => ("globals", number),
            OUTS..LOCALS => ("outs", number - OUTS),
            Y => ("globals", 0),
            PROGRAM_COUNTER | NEXT => ("psr", number - PROGRAM_COUNTER + 1),
            // PSR decides what a partition may do: it is the kernel's to set. Windows may still be in the processor.
            _ => return Err(Failure::Refused),
        };
        let value = if part == "psr" { value & !3 } else { value };
        stub.write(true, kernel.in_context(partition, part, 4 * place as u64), &value.to_be_bytes())?;
    }
    Ok(())
}

/// Where a partition goes on when it gets the processor.
pub(crate) fn resumes_at(stub: &mut dyn Source, kernel: &Kernel, partition: usize) -> Result<u64, Failure> {
    read_one(stub, kernel.in_context(partition, "psr", 4)).map(u64::from)
}

/// Where the program that has just trapped goes on: at the same instruction, or behind it.
pub(crate) fn trapped_at(stub: &mut dyn Source) -> Result<[u64; 2], Failure> {
    let registers = all(stub)?;
    Ok([LOCALS + 1, LOCALS + 2].map(|number| u64::from(registers[number] & !3)))
}

/// Undoes a trap that has just been taken, as `rett` would: back to the window, the privilege and the place of before.
pub(crate) fn undo_trap(stub: &mut Stub) -> Result<(), Failure> {
    let mut trapped = all(stub)?;
    let (psr, place) = (trapped[PSR], [trapped[LOCALS + 1], trapped[LOCALS + 2]]);
    // QEMU's stub writes the registers of the window that the processor has before it changes that.
    let window = ((psr & WINDOW) + 1) % WINDOWS;
    trapped[PSR] = psr & !WINDOW | window;
    stub.set_registers(&bytes(&trapped))?;
    let mut before = all(stub)?;
    let supervisor = if psr & PREVIOUS == 0 { 0 } else { SUPERVISOR };
    before[PSR] = before[PSR] & !SUPERVISOR | supervisor | TRAPS;
    before[PROGRAM_COUNTER..=NEXT].copy_from_slice(&place);
    stub.set_registers(&bytes(&before))
}

/// Entries of page tables (SPARC V8 manual, appendix H): a table, or a page.
const TYPE: u32 = 3;
const TABLE: u32 = 1;
const PAGE: u32 = 2;

/// The physical address of what a partition sees at an address.
pub(crate) fn translate(
    stub: &mut dyn Source,
    kernel: &Kernel,
    partition: usize,
    address: u64,
) -> Result<u64, Failure> {
    if address >> 32 != 0 {
        return Err(Failure::Refused);
    }
    let mut entry = read_one(stub, kernel.symbol("page_tables").wrapping_add(4 * partition as u64))?;
    for (shift, entries) in [(24, 256), (18, 64), (12, 64)] {
        if entry & TYPE != TABLE {
            return Err(Failure::Refused);
        }
        let table = u64::from(entry & !TYPE) << 4;
        entry = read_one(stub, table + (address >> shift) % entries * 4)?;
        if entry & TYPE == PAGE {
            let within = (1 << shift) - 1;
            return Ok(u64::from(entry >> 8) << 12 & !within | address & within);
        }
    }
    Err(Failure::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_frame_is_what_memory_will_be() {
        let frame = |stack, value| Frame { stack, registers: [value; 16] };
        let frames = [frame(0x1000, 0x0101_0101), frame(0x1040, 0x0202_0202), frame(0x1000, 0x0303_0303)];
        let mut memory = [0; 0x90];
        lay_over(&frames, 0xff8, &mut memory);
        assert_eq!(memory[..8], [0; 8]);
        assert_eq!(memory[8..0x48], [1; 0x40]);
        assert_eq!(memory[0x48..0x88], [2; 0x40]);
        assert_eq!(memory[0x88..], [0; 8]);
        let mut part = [0; 4];
        lay_over(&frames, 0x103e, &mut part);
        assert_eq!(part, [1, 1, 2, 2]);
    }

    #[test]
    fn words_are_big_endian() {
        assert_eq!(words(&bytes(&[1, 0x8000_0000])), [1, 0x8000_0000]);
        let mut registers = [0; COUNT];
        (registers[PSR], registers[PROGRAM_COUNTER]) = (SUPERVISOR, 0x4000_0000);
        assert_eq!(place(&bytes(&registers)), Some((0x4000_0000, false)));
        registers[PSR] = WINDOW;
        assert_eq!(place(&bytes(&registers)), Some((0x4000_0000, true)));
        assert_eq!(place(&[]), None);
        assert_eq!((position(71), position(72)), (Some((284, 4)), None));
    }
}
