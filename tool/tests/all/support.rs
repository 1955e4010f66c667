//! What the tool's tests share: ELF files made to measure, and folders to work in.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A segment of a made ELF file.
#[derive(Clone)]
pub(crate) struct Segment {
    /// `p_type`.
    pub(crate) kind: u32,
    /// `p_flags`.
    pub(crate) flags: u32,
    /// `p_vaddr` and `p_paddr`.
    pub(crate) address: u64,
    /// Contents.
    pub(crate) bytes: Vec<u8>,
    /// `p_memsz`.
    pub(crate) memory_size: u64,
}

/// Bits of `p_flags`.
pub(crate) const X: u32 = 1;
/// Bits of `p_flags`.
pub(crate) const W: u32 = 2;
/// Bits of `p_flags`.
pub(crate) const R: u32 = 4;

impl Segment {
    /// A segment to load, filled with one byte.
    pub(crate) fn load(flags: u32, address: u64, fill: u8, size: usize) -> Self {
        Self { kind: 1, flags, address, bytes: vec![fill; size], memory_size: size as u64 }
    }
}

/// An ELF file to be made.
#[derive(Clone)]
pub(crate) struct Elf {
    /// Whether it is a 64-bit file.
    pub(crate) wide: bool,
    /// `e_type`.
    pub(crate) file_type: u16,
    /// `e_machine`.
    pub(crate) machine: u16,
    /// `e_entry`.
    pub(crate) entry: u64,
    /// Segments.
    pub(crate) segments: Vec<Segment>,
    /// Functions in the first segment with their offsets. Only with these a file has sections, and only a 32-bit one.
    pub(crate) functions: Vec<(&'static str, u32)>,
}

/// Where a partition's memory begins.
pub(crate) const BASE: u64 = 0x0011_0000;

/// Where the kernel lies.
const KERNEL: u64 = 0x0010_0000;

impl Elf {
    /// A program that a partition can run, with code, constants and data.
    pub(crate) fn good() -> Self {
        let mut data = Segment::load(R | W, BASE + 0x2000, 0xdd, 0x10);
        data.memory_size = 0x1010;
        Self {
            wide: false,
            file_type: 2,
            machine: 3,
            entry: BASE,
            segments: vec![
                Segment::load(R | X, BASE, 0x90, 0x20),
                Segment::load(R, BASE + 0x1000, 0xcc, 0x30),
                data,
            ],
            functions: Vec::new(),
        }
    }

    /// A stand-in for the kernel: x86-64, a PVH note and a little code at 1 MiB.
    pub(crate) fn kernel() -> Self {
        let mut note = Vec::new();
        for word in [4_u32, 4, 18] {
            note.extend(word.to_le_bytes());
        }
        note.extend(b"Xen\0");
        note.extend((KERNEL as u32).to_le_bytes());
        let size = note.len() as u64;
        let note = Segment { kind: 4, flags: R, address: KERNEL + 0x1000, bytes: note, memory_size: size };
        Self {
            wide: true,
            file_type: 2,
            machine: 62,
            entry: KERNEL,
            segments: vec![Segment::load(R | X, KERNEL, 0xf4, 0x100), note],
            functions: Vec::new(),
        }
    }

    /// The file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let (header, entry) = if self.wide { (64_usize, 56_usize) } else { (52, 32) };
        let mut offset = (header + entry * self.segments.len()) as u64;
        let mut out = b"\x7fELF".to_vec();
        out.extend([if self.wide { 2 } else { 1 }, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        out.extend(self.file_type.to_le_bytes());
        out.extend(self.machine.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
        self.word(&mut out, self.entry);
        self.word(&mut out, header as u64);
        self.word(&mut out, 0);
        out.extend(0_u32.to_le_bytes());
        for half in [header as u16, entry as u16, self.segments.len() as u16, 0, 0, 0] {
            out.extend(half.to_le_bytes());
        }
        for segment in &self.segments {
            self.program_header(&mut out, segment, offset);
            offset += segment.bytes.len() as u64;
        }
        for segment in &self.segments {
            out.extend(&segment.bytes);
        }
        if !self.functions.is_empty() {
            self.sections(&mut out);
        }
        out
    }

    /// Appends sections: nothing, the first segment as text, symbols, and the names of both.
    fn sections(&self, out: &mut Vec<u8>) {
        let text = (52 + 32 * self.segments.len() as u32, self.segments[0].bytes.len() as u32);
        let mut names = b"\0.text\0".to_vec();
        let mut symbols = vec![0; 16];
        for &(name, offset) in &self.functions {
            for word in [names.len() as u32, BASE as u32 + offset, 0] {
                symbols.extend(word.to_le_bytes());
            }
            // A global function in section 1.
            symbols.extend([0x12, 0, 1, 0]);
            names.extend(name.bytes());
            names.push(0);
        }
        out.resize(out.len().next_multiple_of(4), 0);
        let symbol_table = (out.len() as u32, symbols.len() as u32);
        out.extend(&symbols);
        let name_table = (out.len() as u32, names.len() as u32);
        out.extend(&names);
        out.resize(out.len().next_multiple_of(4), 0);
        let start = out.len() as u32;
        // Name, type, flags, address, offset, size, link, information, alignment, entry size.
        let headers = [
            [0; 10],
            [1, 1, 6, BASE as u32, text.0, text.1, 0, 0, 4, 0],
            [0, 2, 0, 0, symbol_table.0, symbol_table.1, 3, 1, 4, 16],
            [0, 3, 0, 0, name_table.0, name_table.1, 0, 0, 1, 0],
        ];
        out.extend(headers.iter().flatten().flat_map(|word| word.to_le_bytes()));
        out[0x20..0x24].copy_from_slice(&start.to_le_bytes());
        for (place, value) in [(0x2e, 40_u16), (0x30, 4), (0x32, 3)] {
            out[place..place + 2].copy_from_slice(&value.to_le_bytes());
        }
    }

    fn word(&self, out: &mut Vec<u8>, value: u64) {
        if self.wide {
            out.extend(value.to_le_bytes());
        } else {
            out.extend((value as u32).to_le_bytes());
        }
    }

    fn program_header(&self, out: &mut Vec<u8>, segment: &Segment, offset: u64) {
        out.extend(segment.kind.to_le_bytes());
        if self.wide {
            out.extend(segment.flags.to_le_bytes());
        }
        self.word(out, offset);
        self.word(out, segment.address);
        self.word(out, segment.address);
        self.word(out, segment.bytes.len() as u64);
        self.word(out, segment.memory_size);
        if !self.wide {
            out.extend(segment.flags.to_le_bytes());
        }
        self.word(out, 4);
    }
}

/// An empty folder for one test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

/// A file in a folder, with a mode.
pub(crate) fn file(work: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = work.join(name);
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
    path
}
