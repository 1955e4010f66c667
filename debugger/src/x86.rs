//! x86-64 and its partitions, which are i386 programs: registers and page tables.

use crate::executive::{Memory, Place, Saved};
use crate::kernel::Kernel;
use crate::stub::{Failure, Source, Stub};

/// A register of i386: where it is.
struct Register {
    /// Bytes in what gdb is told.
    size: usize,
    /// Where it begins in what QEMU's stub says of x86-64 (QEMU's `i386-64bit.xml`).
    in_stub: usize,
    /// The part of a context that has it, where it begins there, and how many bytes are kept.
    in_context: (&'static str, usize, usize),
}

/// Where the instruction pointer and the code segment are in it.
pub(crate) const STUB_POINTER: usize = 128;
const STUB_CODE_SEGMENT: usize = 140;

/// The register that names the stack, the one that names the next instruction, and the one with the tags of the x87
/// stack.
pub(crate) const STACK_POINTER: usize = 4;
pub(crate) const INSTRUCTION_POINTER: usize = 8;
pub(crate) const FIRST_FLOATING: usize = 16;
const TAGS: usize = 26;

/// The registers, in the order of [`DESCRIPTION`].
fn registers() -> impl Iterator<Item = Register> {
    let register =
        |size, in_stub, part, offset, kept| Register { size, in_stub, in_context: (part, offset, kept) };
    // eax, ecx, edx, ebx, esp, ebp, esi, edi, eip, eflags, cs, ss, as the kernel's entry pushes them.
    let general = [
        (0, 48),
        (16, 40),
        (24, 32),
        (8, 24),
        (56, 96),
        (48, 16),
        (32, 8),
        (40, 0),
        (STUB_POINTER, 72),
        (136, 88),
        (STUB_CODE_SEGMENT, 80),
        (144, 104),
    ];
    let general =
        general.into_iter().map(move |(in_stub, offset)| register(4, in_stub, "registers", offset, 4));
    let segments = (0..4).map(move |it| register(4, 148 + 4 * it, "segments", 2 * it, 2));
    // As `fxsave` lays them out (Intel SDM volume 1, table 10-2).
    let stack = (0..8).map(move |it| register(10, 236 + 10 * it, "floating_point", 32 + 16 * it, 10));
    let control = [(0, 2), (2, 2), (4, 1), (12, 2), (8, 4), (20, 2), (16, 4), (6, 2)];
    let control = control.into_iter().enumerate();
    let control =
        control.map(move |(it, (offset, kept))| register(4, 316 + 4 * it, "floating_point", offset, kept));
    let vectors = (0..8).map(move |it| register(16, 348 + 16 * it, "floating_point", 160 + 16 * it, 16));
    let last = std::iter::once(register(4, 604, "floating_point", 24, 4));
    general.chain(segments).chain(stack).chain(control).chain(vectors).chain(last)
}

/// What gdb is told of a partition's processor.
pub(crate) const DESCRIPTION: &str = r#"<?xml version="1.0"?>
<!DOCTYPE target SYSTEM "gdb-target.dtd">
<target version="1.0">
<architecture>i386</architecture>
<feature name="org.gnu.gdb.i386.core">
<reg name="eax" bitsize="32" type="int32" regnum="0"/>
<reg name="ecx" bitsize="32" type="int32"/>
<reg name="edx" bitsize="32" type="int32"/>
<reg name="ebx" bitsize="32" type="int32"/>
<reg name="esp" bitsize="32" type="data_ptr"/>
<reg name="ebp" bitsize="32" type="data_ptr"/>
<reg name="esi" bitsize="32" type="int32"/>
<reg name="edi" bitsize="32" type="int32"/>
<reg name="eip" bitsize="32" type="code_ptr"/>
<reg name="eflags" bitsize="32" type="int32"/>
<reg name="cs" bitsize="32" type="int32"/>
<reg name="ss" bitsize="32" type="int32"/>
<reg name="ds" bitsize="32" type="int32"/>
<reg name="es" bitsize="32" type="int32"/>
<reg name="fs" bitsize="32" type="int32"/>
<reg name="gs" bitsize="32" type="int32"/>
<reg name="st0" bitsize="80" type="i387_ext"/>
<reg name="st1" bitsize="80" type="i387_ext"/>
<reg name="st2" bitsize="80" type="i387_ext"/>
<reg name="st3" bitsize="80" type="i387_ext"/>
<reg name="st4" bitsize="80" type="i387_ext"/>
<reg name="st5" bitsize="80" type="i387_ext"/>
<reg name="st6" bitsize="80" type="i387_ext"/>
<reg name="st7" bitsize="80" type="i387_ext"/>
<reg name="fctrl" bitsize="32" type="int" group="float"/>
<reg name="fstat" bitsize="32" type="int" group="float"/>
<reg name="ftag" bitsize="32" type="int" group="float"/>
<reg name="fiseg" bitsize="32" type="int" group="float"/>
<reg name="fioff" bitsize="32" type="int" group="float"/>
<reg name="foseg" bitsize="32" type="int" group="float"/>
<reg name="fooff" bitsize="32" type="int" group="float"/>
<reg name="fop" bitsize="32" type="int" group="float"/>
</feature>
<feature name="org.gnu.gdb.i386.sse">
<vector id="floats" type="ieee_single" count="4"/>
<vector id="doubles" type="ieee_double" count="2"/>
<vector id="words" type="int32" count="4"/>
<union id="vector"><field name="v4_float" type="floats"/><field name="v2_double" type="doubles"/>
<field name="v4_int32" type="words"/><field name="uint128" type="uint128"/></union>
<reg name="xmm0" bitsize="128" type="vector" regnum="32"/>
<reg name="xmm1" bitsize="128" type="vector"/>
<reg name="xmm2" bitsize="128" type="vector"/>
<reg name="xmm3" bitsize="128" type="vector"/>
<reg name="xmm4" bitsize="128" type="vector"/>
<reg name="xmm5" bitsize="128" type="vector"/>
<reg name="xmm6" bitsize="128" type="vector"/>
<reg name="xmm7" bitsize="128" type="vector"/>
<reg name="mxcsr" bitsize="32" type="int32" group="vector"/>
</feature>
</target>
"#;

fn word(bytes: &[u8], place: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(place..place + 8)?.try_into().ok()?))
}

/// Where the processor is, and whether at a partition's privilege.
pub(crate) fn place(of_stub: &[u8]) -> Option<(u64, bool)> {
    Some((word(of_stub, STUB_POINTER)?, of_stub.get(STUB_CODE_SEGMENT)? & 3 == 3))
}

/// The registers of a partition that the processor executes, from what QEMU's stub says.
pub(crate) fn from_stub(of_stub: &[u8]) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    for register in registers() {
        all.extend(of_stub.get(register.in_stub..register.in_stub + register.size)?);
    }
    Some(all)
}

/// The registers of a partition that the kernel keeps. Those of floating point and the segments are still the
/// processor's if it was the last to run.
pub(crate) fn from_context(
    stub: &mut dyn Source,
    kernel: &Kernel,
    partition: usize,
    is_current: bool,
) -> Result<Vec<u8>, Failure> {
    let of_stub = if is_current { stub.registers()? } else { Vec::new() };
    let mut all = Vec::new();
    for (number, register) in registers().enumerate() {
        let (part, offset, kept) = register.in_context;
        let mut value = if is_current && part != "registers" {
            let live = of_stub.get(register.in_stub..register.in_stub + register.size);
            live.ok_or(Failure::Refused)?.to_vec()
        } else {
            let value = stub.read(false, kernel.in_context(partition, part, offset as u64), kept)?;
            if number == TAGS { full_tags(value.first().copied().unwrap_or(0)) } else { value }
        };
        value.resize(register.size, 0);
        all.extend(value);
    }
    Ok(all)
}

/// The registers of a task that does not execute, by number; those that are not here, nobody keeps.
pub(crate) fn of_task(memory: &mut dyn Memory, saved: &Saved) -> Option<Vec<(usize, Vec<u8>)>> {
    let bytes = |value: u64| (value as u32).to_le_bytes().to_vec();
    Some(match saved {
        Saved::Fresh { entry, stack } => {
            vec![(STACK_POINTER, bytes(*stack)), (INSTRUCTION_POINTER, bytes(*entry))]
        }
        Saved::Switched { frame: state, .. } => {
            // What `fxsave` has stored, and behind it where the stack pointer was: there are edi, esi, ebx, ebp, and a
            // return address.
            let state = memory.read(*state, 516)?;
            let frame = u64::from(u32::from_le_bytes(state.get(512..)?.try_into().ok()?));
            let kept = memory.read(frame, 20)?;
            let mut all: Vec<(usize, Vec<u8>)> = [7, 6, 3, 5, INSTRUCTION_POINTER]
                .into_iter()
                .zip(kept.chunks_exact(4).map(<[u8]>::to_vec))
                .collect();
            all.push((STACK_POINTER, bytes(frame + 20)));
            for (number, register) in registers().enumerate().skip(FIRST_FLOATING) {
                let (_, offset, kept) = register.in_context;
                let value = state.get(offset..offset + kept)?;
                let mut value = if number == TAGS { full_tags(value[0]) } else { value.to_vec() };
                value.resize(register.size, 0);
                all.push((number, value));
            }
            all
        }
        Saved::Placed(places) => {
            let mut read = |address| Some(u32::from_le_bytes(memory.read(address, 4)?.try_into().ok()?));
            let value = |it: &Place| Some((it.number, bytes(u64::from(read(it.address)?) + it.more)));
            places.iter().filter_map(value).collect()
        }
    })
}

/// The tags of the x87 stack, two bits each, from those that `fxsave` keeps, one bit each: empty or not.
fn full_tags(kept: u8) -> Vec<u8> {
    let tags = (0..8).fold(0u16, |tags, it| if kept >> it & 1 == 0 { tags | 3 << (2 * it) } else { tags });
    tags.to_le_bytes().to_vec()
}

/// The registers of floating point of what gdb is told, as `fxsave` would have stored them (Intel SDM volume 1, table
/// 10-2).
pub(crate) fn floating_point(told: &[u8]) -> [u8; 512] {
    let mut stored = [0; 512];
    let mut place = 0;
    for (number, register) in registers().enumerate() {
        let value = told.get(place..place + register.size).unwrap_or(&[]);
        place += register.size;
        let (part, offset, kept) = register.in_context;
        if part != "floating_point" {
            continue;
        }
        if number == TAGS {
            stored[offset] = short_tags(value);
        } else if let (Some(there), Some(value)) = (stored.get_mut(offset..offset + kept), value.get(..kept))
        {
            there.copy_from_slice(value);
        }
    }
    stored
}

/// The tags of the x87 stack as `fxsave` keeps them, the reverse of [`full_tags`].
fn short_tags(full: &[u8]) -> u8 {
    let full = full.iter().take(2).rev().fold(0u16, |tags, byte| tags << 8 | u16::from(*byte));
    (0..8).filter(|it| full >> (2 * it) & 3 != 3).fold(0, |tags, it| tags | 1 << it)
}

/// How many bytes all have that gdb is told.
pub(crate) fn size() -> usize {
    registers().map(|register| register.size).sum()
}

/// Where a register is among all that gdb is told, and its size.
pub(crate) fn position(number: usize) -> Option<(usize, usize)> {
    let before = registers().take(number).map(|register| register.size).sum();
    registers().nth(number).map(|register| (before, register.size))
}

/// Sets registers of a partition, those that differ between `old` and `new`.
pub(crate) fn set(
    stub: &mut Stub,
    kernel: &Kernel,
    partition: Option<usize>,
    (old, new): (&[u8], &[u8]),
) -> Result<(), Failure> {
    let mut place = 0;
    for (number, register) in registers().enumerate() {
        let range = place..place + register.size;
        place = range.end;
        let (before, after) = (old.get(range.clone()), new.get(range));
        let (Some(before), Some(after)) = (before, after) else { return Err(Failure::Refused) };
        if before == after {
            continue;
        }
        match partition {
            None => {
                // The general registers have 64 bits there.
                let size = if register.in_stub <= STUB_POINTER { 8 } else { register.size };
                let mut value = after.to_vec();
                value.resize(size, 0);
                stub.set_register(number_in_stub(register.in_stub), &value)?;
            }
            // Flags and segments decide what the processor lets a partition do: they are the kernel's to set.
            Some(partition)
                if number <= INSTRUCTION_POINTER || number >= FIRST_FLOATING && number != TAGS =>
            {
                let (part, offset, kept) = register.in_context;
                stub.write(false, kernel.in_context(partition, part, offset as u64), &after[..kept])?;
            }
            Some(_) => return Err(Failure::Refused),
        }
    }
    Ok(())
}

/// The number of the register that begins there in what QEMU's stub says (QEMU's `i386-64bit.xml`).
pub(crate) const fn number_in_stub(in_stub: usize) -> usize {
    match in_stub {
        0..136 => in_stub / 8,
        136..164 => 17 + (in_stub - 136) / 4,
        164..236 => 24 + (in_stub - 164) / 8,
        236..316 => 33 + (in_stub - 236) / 10,
        316..348 => 41 + (in_stub - 316) / 4,
        _ => 49 + (in_stub - 348) / 16,
    }
}

/// Where a partition goes on when it gets the processor.
pub(crate) fn resumes_at(stub: &mut dyn Source, kernel: &Kernel, partition: usize) -> Result<u64, Failure> {
    let pointer = registers().nth(INSTRUCTION_POINTER).ok_or(Failure::Refused)?;
    let (part, offset, _) = pointer.in_context;
    let bytes = stub.read(false, kernel.in_context(partition, part, offset as u64), 8)?;
    word(&bytes, 0).ok_or(Failure::Refused)
}

/// Entries of page tables (Intel SDM volume 3, 4.5): there, and a page of its own instead of a table.
const PRESENT: u64 = 1;
const LARGE: u64 = 1 << 7;
const ADDRESS: u64 = 0x000f_ffff_ffff_f000;

/// The physical address of what a partition sees at an address.
pub(crate) fn translate(
    stub: &mut dyn Source,
    kernel: &Kernel,
    partition: usize,
    address: u64,
) -> Result<u64, Failure> {
    let root = stub.read(false, kernel.context(partition, "page_tables"), 8)?;
    let mut table = word(&root, 0).ok_or(Failure::Refused)? & ADDRESS;
    if table == 0 || address >> 32 != 0 {
        return Err(Failure::Refused);
    }
    for shift in [39, 30, 21, 12] {
        let entry = stub.read(true, table + (address >> shift & 0x1ff) * 8, 8)?;
        let entry = word(&entry, 0).ok_or(Failure::Refused)?;
        if entry & PRESENT == 0 {
            return Err(Failure::Refused);
        }
        let within = (1 << shift) - 1;
        if shift == 12 || entry & LARGE != 0 && shift < 39 {
            return Ok(entry & ADDRESS & !within | address & within);
        }
        table = entry & ADDRESS;
    }
    Err(Failure::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of what QEMU's stub says.
    const STUB_SIZE: usize = 608;

    #[test]
    fn registers_fill_what_the_stub_says_and_what_gdb_is_told() {
        assert!(registers().all(|it| it.in_stub + it.size <= STUB_SIZE));
        let described: Vec<usize> = DESCRIPTION
            .split("bitsize=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().parse::<usize>().unwrap() / 8)
            .collect();
        assert_eq!(registers().map(|it| it.size).collect::<Vec<_>>(), described);
        let stub: Vec<u8> = (0..STUB_SIZE).map(|it| it as u8).collect();
        let all = from_stub(&stub).unwrap();
        assert_eq!(all.len(), 308);
        assert_eq!(position(INSTRUCTION_POINTER), Some((32, 4)));
        assert_eq!(all[32..36], stub[128..132]);
        assert_eq!((position(40), position(41)), (Some((304, 4)), None));
        assert_eq!(from_stub(&stub[1..]), None);
    }

    #[test]
    fn registers_have_the_stubs_numbers() {
        let numbers: Vec<usize> = registers().map(|it| number_in_stub(it.in_stub)).collect();
        // rip, eflags, st0, fctrl, xmm0 and mxcsr.
        assert_eq!([0, 8, 9, 16, 24, 32, 40].map(|it| numbers[it]), [0, 16, 17, 33, 41, 49, 65]);
    }

    #[test]
    fn tags_have_two_bits() {
        assert_eq!(full_tags(0), [0xff, 0xff]);
        assert_eq!(full_tags(0x81), [0xfc, 0x3f]);
    }
}
