//! One ELF file as the audit sees it: sections with code, labels, and what relocations lead to.

use crate::error::AuditError;
use crate::instructions::Architecture;
use crate::intervals::ByteSet;
use object::{
    Object, ObjectKind, ObjectSection, ObjectSegment, ObjectSymbol, RelocationKind, RelocationTarget,
    SectionFlags, SectionIndex, SectionKind, SymbolKind, elf,
};
use std::collections::HashMap;

/// Where the first section of an object is laid; 0 would hide a missing relocation.
const FIRST_BASE: u64 = 0x1_0000;
/// Sections of an object are laid at multiples of this, with a hole between two.
const SECTION_ALIGNMENT: u64 = 0x1000;

/// A section (or, in an image without sections, a segment) with code.
pub(crate) struct CodeSection<'data> {
    /// Its name.
    pub(crate) name: String,
    /// Where it lies: the linked address, or one that this module has chosen.
    pub(crate) base: u64,
    /// What to take from an address to show it: 0 in an image, the base in an object.
    pub(crate) shown_from: u64,
    /// Its bytes.
    pub(crate) bytes: &'data [u8],
    /// Bytes that a symbol declares to be data.
    pub(crate) data: ByteSet,
    /// Relocations by address, in order.
    relocations: Vec<(u64, Destination)>,
}

/// What a relocation in code leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Code of this file.
    Code(u64),
    /// Another file, or data.
    Elsewhere,
}

impl CodeSection<'_> {
    /// The offset of an address in this section.
    pub(crate) fn offset_of(&self, address: u64) -> Option<usize> {
        let offset = usize::try_from(address.checked_sub(self.base)?).ok()?;
        (offset < self.bytes.len()).then_some(offset)
    }

    /// The relocation within an instruction.
    pub(crate) fn relocation_in(&self, address: u64, length: usize) -> Option<Destination> {
        let first = self.relocations.partition_point(|(place, _)| *place < address);
        let (place, destination) = self.relocations.get(first)?;
        (*place < address.saturating_add(length as u64)).then_some(*destination)
    }
}

/// A symbol that names a place in code.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    /// Its name.
    pub(crate) name: String,
    /// Its address.
    pub(crate) address: u64,
    /// Its size, 0 if it has none.
    pub(crate) size: u64,
    /// True for a function symbol, false for a bare label.
    pub(crate) function: bool,
    /// True if other files see it.
    pub(crate) global: bool,
}

/// One ELF file.
pub(crate) struct Program<'data> {
    pub(crate) architecture: Architecture,
    pub(crate) kind: ObjectKind,
    pub(crate) code: Vec<CodeSection<'data>>,
    /// Labels in code by address.
    pub(crate) labels: Vec<Label>,
    /// Places in code that something other than a label leads to.
    pub(crate) seeds: Vec<u64>,
    /// Every symbol that this file defines for others.
    pub(crate) defined: Vec<String>,
    /// Sections of data in an image, for tables of addresses.
    pub(crate) data: Vec<&'data [u8]>,
    /// Where each section of the file was laid.
    pub(crate) bases: HashMap<SectionIndex, u64>,
    pub(crate) little_endian: bool,
    pub(crate) pointer_size: usize,
}

impl<'data> Program<'data> {
    /// Reads a parsed file.
    pub(crate) fn read(file: &object::File<'data>, member: Option<&str>) -> Result<Self, AuditError> {
        let mut program = Self {
            architecture: architecture(file, member)?,
            kind: file.kind(),
            code: Vec::new(),
            labels: Vec::new(),
            seeds: Vec::new(),
            defined: Vec::new(),
            data: Vec::new(),
            bases: HashMap::new(),
            little_endian: file.is_little_endian(),
            pointer_size: if file.is_64() { 8 } else { 4 },
        };
        program.read_sections(file, member)?;
        if program.code.is_empty() {
            program.read_segments(file, member)?;
        }
        program.code.sort_by_key(|section| section.base);
        program.read_symbols(file, member)?;
        program.read_relocations(file);
        if program.is_linked() {
            program.seeds.push(file.entry());
        }
        Ok(program)
    }

    /// True if addresses are final.
    pub(crate) fn is_linked(&self) -> bool {
        self.kind != ObjectKind::Relocatable
    }

    /// The section that an address lies in.
    pub(crate) fn section_of(&self, address: u64) -> Option<usize> {
        let behind = self.code.partition_point(|section| section.base <= address);
        let index = behind.checked_sub(1)?;
        self.code.get(index)?.offset_of(address).map(|_| index)
    }

    /// A pointer from data.
    pub(crate) fn word(&self, bytes: &[u8]) -> u64 {
        let shift = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        if self.little_endian { bytes.iter().rev().fold(0, shift) } else { bytes.iter().fold(0, shift) }
    }

    fn read_sections(&mut self, file: &object::File<'data>, member: Option<&str>) -> Result<(), AuditError> {
        let mut next = FIRST_BASE;
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
            let allocated = sh_flags.contains(elf::SHF_ALLOC);
            let executable = sh_flags.contains(elf::SHF_EXECINSTR);
            if !allocated || section.kind() == SectionKind::UninitializedData || section.size() == 0 {
                continue;
            }
            let name = String::from_utf8_lossy(section.name_bytes().unwrap_or(b"?")).into_owned();
            let bytes = section.data().map_err(|error| {
                corrupt(
                    member,
                    &format!(
                        "section {name}: {error}; the file ends too early or its section headers are wrong"
                    ),
                )
            })?;
            let base = if self.is_linked() { section.address() } else { next };
            next = round_up(next.saturating_add(bytes.len() as u64));
            self.bases.insert(section.index(), base);
            if executable {
                self.add_code(name, base, bytes);
            } else {
                self.data.push(bytes);
            }
        }
        self.check_total(member)
    }

    /// The segments of an image whose section headers have been stripped.
    fn read_segments(&mut self, file: &object::File<'data>, member: Option<&str>) -> Result<(), AuditError> {
        for segment in file.segments() {
            let bytes = segment.data().map_err(|error| {
                corrupt(
                    member,
                    &format!("segment at {:#x}: {error}; the file ends too early", segment.address()),
                )
            })?;
            if !segment.permissions().executable() {
                self.data.push(bytes);
                continue;
            }
            self.add_code(format!("segment at {:#x}", segment.address()), segment.address(), bytes);
        }
        self.check_total(member)
    }

    fn add_code(&mut self, name: String, base: u64, bytes: &'data [u8]) {
        let shown_from = if self.is_linked() { 0 } else { base };
        let data = ByteSet::new(bytes.len());
        self.code.push(CodeSection { name, base, shown_from, bytes, data, relocations: Vec::new() });
    }

    /// Sections that lie over each other in the file would let a small file cost hours.
    fn check_total(&self, member: Option<&str>) -> Result<(), AuditError> {
        let mut ranges: Vec<(usize, usize)> =
            self.code.iter().map(|section| (section.bytes.as_ptr().addr(), section.bytes.len())).collect();
        ranges.sort_unstable();
        let overlap = ranges.windows(2).any(|pair| match pair {
            [(start, length), (next, _)] => start.saturating_add(*length) > *next,
            _ => false,
        });
        if overlap {
            return Err(corrupt(
                member,
                "two sections with code share bytes of the file; expected one place for each",
            ));
        }
        Ok(())
    }

    fn read_symbols(&mut self, file: &object::File<'data>, member: Option<&str>) -> Result<(), AuditError> {
        let symbols = file.symbols().chain(file.dynamic_symbols());
        for symbol in symbols {
            let Ok(name) = symbol.name_bytes() else {
                return Err(corrupt(
                    member,
                    &format!("symbol {}: its name lies outside the string table", symbol.index().0),
                ));
            };
            let name = String::from_utf8_lossy(name).into_owned();
            if symbol.is_global() && (symbol.is_definition() || symbol.is_common()) {
                self.defined.push(name.clone());
            }
            let Some(index) = symbol.section_index() else { continue };
            let Some(&base) = self.bases.get(&index) else { continue };
            let address =
                if self.is_linked() { symbol.address() } else { base.wrapping_add(symbol.address()) };
            let Some(place) = self.section_of(address) else { continue };
            match symbol.kind() {
                SymbolKind::Text | SymbolKind::Unknown if !name.is_empty() => self.labels.push(Label {
                    name,
                    address,
                    size: symbol.size(),
                    function: symbol.kind() == SymbolKind::Text,
                    global: symbol.is_global(),
                }),
                SymbolKind::Data | SymbolKind::Tls => self.mark_data(place, address, symbol.size()),
                _ => {}
            }
        }
        self.labels.sort_by(|left, right| {
            (left.address, !left.function, !left.global, &left.name).cmp(&(
                right.address,
                !right.function,
                !right.global,
                &right.name,
            ))
        });
        self.labels.dedup_by(|left, right| left.address == right.address && left.name == right.name);
        self.defined.sort_unstable();
        self.defined.dedup();
        Ok(())
    }

    fn mark_data(&mut self, place: usize, address: u64, size: u64) {
        let Some(section) = self.code.get_mut(place) else { return };
        let Some(offset) = section.offset_of(address) else { return };
        section.data.insert_range(offset, usize::try_from(size).unwrap_or(usize::MAX));
    }

    /// Finds out where branches with relocations go, and which addresses of code stand in data.
    fn read_relocations(&mut self, file: &object::File<'data>) {
        if self.is_linked() {
            return;
        }
        for section in file.sections() {
            let Some(&base) = self.bases.get(&section.index()) else { continue };
            let Ok(bytes) = section.data() else { continue };
            let code = self.section_of(base);
            let mut found = Vec::new();
            for (offset, relocation) in section.relocations() {
                let destination = self.destination(file, bytes, offset, &relocation);
                // No instruction of SPARC holds a whole address: in code such a word is an entry of a jump table.
                let is_word = relocation.kind() == RelocationKind::Absolute && relocation.size() == 32;
                if let (Some(code), true, Architecture::Sparc) = (code, is_word, self.architecture) {
                    self.mark_data(code, base.wrapping_add(offset), 4);
                    if let Destination::Code(address) = destination {
                        self.seeds.push(address);
                    }
                    continue;
                }
                // An address in data is that of a function, or an entry of a jump table. One in code may as well be
                // that of a text or a table which stands beside the code.
                match destination {
                    _ if code.is_some() => found.push((base.wrapping_add(offset), destination)),
                    Destination::Code(address) if relocation.kind() == RelocationKind::Absolute => {
                        self.seeds.push(address);
                    }
                    _ => {}
                }
            }
            if let Some(code) = code.and_then(|index| self.code.get_mut(index)) {
                found.sort_by_key(|(place, _)| *place);
                code.relocations = found;
            }
        }
    }

    fn destination(
        &self,
        file: &object::File<'data>,
        bytes: &[u8],
        offset: u64,
        relocation: &object::Relocation,
    ) -> Destination {
        let Some(symbol) = self.symbol_address(file, relocation.target()) else {
            return Destination::Elsewhere;
        };
        let mut addend = relocation.addend();
        if relocation.has_implicit_addend() {
            addend = addend.wrapping_add(implicit_addend(bytes, offset).unwrap_or(0));
        }
        let mut address = symbol.wrapping_add_signed(addend);
        // A field relative to its own place counts from the instruction's end, which on x86 is the field's end.
        let relative = matches!(relocation.kind(), RelocationKind::Relative | RelocationKind::PltRelative);
        if relative && self.architecture != Architecture::Sparc {
            address = address.wrapping_add(u64::from(relocation.size() / 8));
        }
        if self.section_of(address).is_some() { Destination::Code(address) } else { Destination::Elsewhere }
    }

    /// The laid-out address of what a relocation names, if this file has it.
    pub(crate) fn symbol_address(&self, file: &object::File<'data>, target: RelocationTarget) -> Option<u64> {
        match target {
            RelocationTarget::Symbol(index) => {
                let symbol = file.symbol_by_index(index).ok()?;
                let base = self.bases.get(&symbol.section_index()?)?;
                Some(base.wrapping_add(symbol.address()))
            }
            RelocationTarget::Section(index) => self.bases.get(&index).copied(),
            _ => None,
        }
    }
}

/// The addend that stands in the place of an i386 relocation: 32 bits.
fn implicit_addend(bytes: &[u8], offset: u64) -> Option<i64> {
    let start = usize::try_from(offset).ok()?;
    let field = bytes.get(start..start.checked_add(4)?)?;
    Some(i64::from(i32::from_le_bytes(field.try_into().ok()?)))
}

fn round_up(address: u64) -> u64 {
    address.saturating_add(SECTION_ALIGNMENT * 2 - 1) & !(SECTION_ALIGNMENT - 1)
}

fn corrupt(member: Option<&str>, problem: &str) -> AuditError {
    AuditError::Corrupt { member: member.map(str::to_owned), problem: problem.to_owned() }
}

/// The processor that a file is for.
fn architecture(file: &object::File<'_>, member: Option<&str>) -> Result<Architecture, AuditError> {
    use object::Architecture as Known;
    let foreign =
        |machine: String| AuditError::ForeignArchitecture { member: member.map(str::to_owned), machine };
    match (file.architecture(), file.is_64(), file.is_little_endian()) {
        (Known::I386, false, true) => Ok(Architecture::I386),
        (Known::X86_64, true, true) => Ok(Architecture::X86_64),
        (Known::X86_64_X32 | Known::X86_64, false, _) => Err(foreign("the x32 form of x86_64".to_owned())),
        (Known::Sparc, false, false) => Ok(Architecture::Sparc),
        (known, wide, little) => Err(foreign(format!(
            "{}, {} bit, {} endian",
            machine_name(file, known),
            if wide { 64 } else { 32 },
            if little { "little" } else { "big" }
        ))),
    }
}

fn machine_name(file: &object::File<'_>, known: object::Architecture) -> String {
    let number = match file {
        object::File::Elf32(elf) => elf.elf_header().e_machine.get(elf.endian()).0,
        object::File::Elf64(elf) => elf.elf_header().e_machine.get(elf.endian()).0,
        _ => 0,
    };
    match known {
        object::Architecture::Unknown => format!("the processor with ELF machine number {number}"),
        other => format!("{other:?}"),
    }
}
