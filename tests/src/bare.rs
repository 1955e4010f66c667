//! Programs that have QEMU's machine for themselves: they write a text to the first serial line, and end the machine.

use bulkhead_tool::system_file::Processor;

/// Where the machine has memory for programs: the PC behind its first MiB, the board with LEON3 at its RAM.
const fn base(processor: Processor) -> u32 {
    match processor {
        Processor::X86_64 => 0x0010_0000,
        Processor::Leon3 => 0x4000_0000,
    }
}

/// An ELF file that writes the text and then ends the machine, or goes on for ever.
#[must_use]
pub fn program(processor: Processor, text: &str, ends: bool) -> Vec<u8> {
    let base = base(processor);
    let (code, entry, machine) = match processor {
        Processor::X86_64 => (i386(base, text, ends), base + MULTIBOOT.len() as u32 * 4, 3),
        Processor::Leon3 => (sparc(base, text, ends), base, 2),
    };
    elf(processor == Processor::Leon3, machine, base, entry, &code)
}

/// What QEMU looks for before it starts a program (Multiboot 0.6.96, section 3.1): magic, flags, and their checksum.
const MULTIBOOT: [u32; 3] = [0x1bad_b002, 0, 0x1bad_b002_u32.wrapping_neg()];

fn i386(base: u32, text: &str, ends: bool) -> Vec<u8> {
    const LENGTH: u32 = 12 + 5 + 12 + 8;
    let mut code: Vec<u8> = MULTIBOOT.into_iter().flat_map(u32::to_le_bytes).collect();
    code.push(0xbe); // mov esi, text
    code.extend((base + LENGTH + 6).to_le_bytes());
    code.extend([0xac, 0x84, 0xc0, 0x74, 0x07]); // next: lodsb; test al, al; jz end
    code.extend([0x66, 0xba, 0xf8, 0x03, 0xee, 0xeb, 0xf4]); // mov dx, 0x3f8; out dx, al; jmp next
    if ends {
        code.extend([0x0f, 0x01, 0x1d]); // end: lidt [no descriptors]; int3: the processor gives up
        code.extend((base + LENGTH).to_le_bytes());
        code.push(0xcc);
    } else {
        code.extend([0xeb, 0xfe, 0, 0, 0, 0, 0, 0]); // end: jmp end
    }
    code.extend([0; 6]);
    code.extend(text.as_bytes());
    code.push(0);
    code
}

fn sparc(base: u32, text: &str, ends: bool) -> Vec<u8> {
    const LENGTH: u32 = 13 * 4;
    let text_address = base + LENGTH;
    let end = match ends {
        true => [0x8210_2001, 0x91d0_2000, 0x0100_0000], // end: mov 1, %g1; ta 0: error mode, traps being off
        false => [0x1080_0000, 0x0100_0000, 0x0100_0000], // end: ba end; nop
    };
    let code = [
        0x1100_0000 | text_address >> 10,   // sethi %hi(text), %o0
        0x9012_2000 | text_address & 0x3ff, // or %o0, %lo(text), %o0
        0x1300_0000 | 0x8000_0100 >> 10,    // sethi %hi(UART), %o1
        0x9212_6100,                        // or %o1, %lo(UART), %o1
        0xd40a_0000,                        // next: ldub [%o0], %o2
        0x80a2_a000,                        // cmp %o2, 0
        0x0280_0004,                        // be end
        0x9002_2001,                        // inc %o0
        0x10bf_fffc,                        // ba next
        0xd422_4000,                        // st %o2, [%o1]
    ];
    let words = code.into_iter().chain(end).flat_map(u32::to_be_bytes);
    words.chain(text.bytes()).chain([0; 4]).collect()
}

/// An executable file with one segment.
fn elf(big: bool, machine: u16, base: u32, entry: u32, code: &[u8]) -> Vec<u8> {
    const HEADER: u32 = 52;
    const OFFSET: u32 = 0x1000;
    let word = |word: u32| if big { word.to_be_bytes() } else { word.to_le_bytes() };
    let half = |half: u16| if big { half.to_be_bytes() } else { half.to_le_bytes() };
    let mut file = vec![0x7f, b'E', b'L', b'F', 1, 1 + u8::from(big), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    file.extend([2, machine].into_iter().flat_map(half));
    file.extend([1, entry, HEADER, 0, 0].into_iter().flat_map(word));
    file.extend([HEADER as u16, 32, 1, 0, 0, 0].into_iter().flat_map(half));
    let size = code.len() as u32;
    file.extend([1, OFFSET, base, base, size, size, 7, 0x1000].into_iter().flat_map(word));
    file.resize(OFFSET as usize, 0);
    file.extend(code);
    file
}
