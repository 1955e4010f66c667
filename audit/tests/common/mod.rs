//! Builds the programs that the tests audit, so that no test needs a compiler.

#![allow(dead_code, reason = "each test and the bench use a part of it")]

use bulkhead_audit::instructions::Architecture;
use bulkhead_audit::{AuditError, Options, Report};
use object::write::{Object, Relocation, SectionId, StandardSection, Symbol, SymbolId, SymbolSection};
use object::{
    BinaryFormat, Endianness, RelocationEncoding, RelocationFlags, RelocationKind, SymbolFlags, SymbolKind,
    SymbolScope, elf,
};

/// An object in the making.
pub(crate) struct Builder {
    object: Object<'static>,
    text: SectionId,
}

impl Builder {
    /// An object without anything in it.
    pub(crate) fn new(architecture: Architecture) -> Self {
        let (known, endianness) = match architecture {
            Architecture::I386 => (object::Architecture::I386, Endianness::Little),
            Architecture::X86_64 => (object::Architecture::X86_64, Endianness::Little),
            Architecture::Sparc => (object::Architecture::Sparc, Endianness::Big),
        };
        let mut object = Object::new(BinaryFormat::Elf, known, endianness);
        let text = object.section_id(StandardSection::Text);
        Self { object, text }
    }

    /// Appends code under a symbol.
    pub(crate) fn symbol(mut self, name: &str, kind: SymbolKind, scope: SymbolScope, code: &[u8]) -> Self {
        self.add(name, kind, scope, code);
        self
    }

    /// Appends a global function.
    pub(crate) fn function(self, name: &str, code: &[u8]) -> Self {
        self.symbol(name, SymbolKind::Text, SymbolScope::Linkage, code)
    }

    fn add(&mut self, name: &str, kind: SymbolKind, scope: SymbolScope, code: &[u8]) -> SymbolId {
        let offset = self.object.append_section_data(self.text, code, 4);
        // An assembler's label has neither type nor size.
        let size = if kind == SymbolKind::Unknown { 0 } else { code.len() as u64 };
        self.object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value: offset,
            size,
            kind,
            scope,
            weak: false,
            section: SymbolSection::Section(self.text),
            flags: label_flags(kind, scope),
        })
    }

    /// Appends code without any symbol.
    pub(crate) fn nameless(mut self, code: &[u8]) -> Self {
        self.object.append_section_data(self.text, code, 4);
        self
    }

    /// A table of addresses in read-only data, each an offset in the code.
    pub(crate) fn jump_table(mut self, offsets: &[i64]) -> Self {
        let data = self.object.section_id(StandardSection::ReadOnlyData);
        self.table_in(data, offsets)
    }

    /// The same behind the code, as compilers for SPARC place it.
    pub(crate) fn jump_table_in_code(self, offsets: &[i64]) -> Self {
        let text = self.text;
        self.table_in(text, offsets)
    }

    fn table_in(mut self, data: SectionId, offsets: &[i64]) -> Self {
        let code = self.object.section_symbol(self.text);
        for &addend in offsets {
            let offset = self.object.append_section_data(data, &[0; 4], 4);
            let flags = RelocationFlags::Generic {
                kind: RelocationKind::Absolute,
                encoding: RelocationEncoding::Generic,
                size: 32,
            };
            let relocation = Relocation { offset, symbol: code, addend, flags };
            self.object.add_relocation(data, relocation).expect("a plain relocation");
        }
        self
    }

    /// A relocation of a call at `offset` of the code, to a symbol of another file.
    pub(crate) fn external_call(mut self, offset: u64, name: &str) -> Self {
        let symbol = self.object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value: 0,
            size: 0,
            kind: SymbolKind::Text,
            scope: SymbolScope::Unknown,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        });
        let flags = RelocationFlags::Generic {
            kind: RelocationKind::Relative,
            encoding: RelocationEncoding::X86Branch,
            size: 32,
        };
        let relocation = Relocation { offset, symbol, addend: -4, flags };
        self.object.add_relocation(self.text, relocation).expect("a plain relocation");
        self
    }

    /// The object's bytes.
    pub(crate) fn build(self) -> Vec<u8> {
        self.object.write().expect("an object that is well formed")
    }
}

/// The writer knows flags for functions and objects, but not for an assembler's labels.
fn label_flags(kind: SymbolKind, scope: SymbolScope) -> SymbolFlags<SectionId, SymbolId> {
    if kind != SymbolKind::Unknown {
        return SymbolFlags::None;
    }
    let bind = if scope == SymbolScope::Compilation { elf::STB_LOCAL } else { elf::STB_GLOBAL };
    SymbolFlags::Elf { st_info: elf::SymbolInfo::new(bind, elf::STT_NOTYPE), st_other: elf::SymbolOther(0) }
}

/// The file header of a linked image in front of code that is loaded at `address`: one segment, no sections, no
/// symbols (System V ABI, chapters 4 and 5).
pub(crate) fn stripped_i386_image(address: u32, code: &[u8]) -> Vec<u8> {
    const HEADERS: u32 = 52 + 32;
    let mut bytes = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    let half = |bytes: &mut Vec<u8>, value: u16| bytes.extend(value.to_le_bytes());
    let word = |bytes: &mut Vec<u8>, value: u32| bytes.extend(value.to_le_bytes());
    half(&mut bytes, 2); // an executable
    half(&mut bytes, 3); // for i386
    for value in [1, address, 52, 0, 0] {
        word(&mut bytes, value);
    }
    for value in [52, 32, 1, 40, 0, 0] {
        half(&mut bytes, value);
    }
    let size = u32::try_from(code.len()).expect("a small test program");
    for value in [1, HEADERS, address, address, size, size, 5, 4] {
        word(&mut bytes, value);
    }
    bytes.extend(code);
    bytes
}

/// An archive of named members, as `ar` writes it.
pub(crate) fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, data) in members {
        assert!(name.len() < 16, "a short name, so that no table of names is needed");
        let name = format!("{name}/");
        bytes.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, data.len()).bytes());
        bytes.extend(data);
        if data.len() % 2 == 1 {
            bytes.push(b'\n');
        }
    }
    bytes
}

/// Audits bytes as a kit.
pub(crate) fn audit(bytes: &[u8]) -> Result<Report, AuditError> {
    bulkhead_audit::audit("test", bytes, &Options::default())
}

/// Audits bytes that are well formed.
pub(crate) fn report(bytes: &[u8]) -> Report {
    audit(bytes).expect("a program that is well formed")
}

/// The message of an input that is not.
pub(crate) fn message(bytes: &[u8]) -> String {
    audit(bytes).expect_err("an input that is broken").to_string()
}

/// A function of plain user-mode code: a frame, a loop, floating point, SSE, a system-wide constant.
pub(crate) const PLAIN_I386: &[u8] = &[
    0x55, 0x89, 0xe5, 0x83, 0xec, 0x10, // push %ebp; mov %esp,%ebp; sub $16,%esp
    0xb9, 0x0a, 0x00, 0x00, 0x00, // mov $10,%ecx
    0x01, 0xc8, 0x49, 0x75, 0xfb, // add %ecx,%eax; dec %ecx; jne
    0xd9, 0xe8, 0xdd, 0xd8, // fld1; fstp %st(0)
    0x0f, 0x57, 0xc0, // xorps %xmm0,%xmm0
    0xf0, 0x0f, 0xb1, 0x0a, // lock cmpxchg %ecx,(%edx)
    0x65, 0xa1, 0x00, 0x00, 0x00, 0x00, // mov %gs:0,%eax: thread-local storage
    0x0f, 0x1f, 0x40, 0x00, // nopl 0(%eax)
    0xc9, 0xc3, // leave; ret
];

/// The same for SPARC: a frame, a call, a branch with an annulled slot.
pub(crate) const PLAIN_SPARC: &[u32] = &[
    0x9de3_bfa0, // save %sp, -96, %sp
    0x8010_0018, // mov %i0, %g0
    0x0280_0003, // be +12
    0x0100_0000, // nop
    0x9006_2001, // add %i0, 1, %o0
    0x3080_0001, // ba,a +4
    0x8143_c000, // stbar
    0x8140_0000, // rd %y, %g0
    0x81c7_e008, // ret
    0x81e8_0000, // restore
];

/// Words in memory order.
pub(crate) fn big_endian(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}
