//! File and line of an address, from DWARF.

use crate::program::Program;
use crate::report::SourceLocation;
use gimli::{EndianArcSlice, RunTimeEndian};
use object::{Object, ObjectSection, RelocationKind};
use std::sync::Arc;

type Reader = EndianArcSlice<RunTimeEndian>;

/// The line tables of one file.
pub(crate) struct Lines {
    context: Option<addr2line::Context<Reader>>,
}

impl Lines {
    /// Reads the debug information. Where there is none, or it is broken, no line is known: that is no error, because
    /// the audit does not depend on it.
    pub(crate) fn read(file: &object::File<'_>, program: &Program<'_>) -> Self {
        let endian = if program.little_endian { RunTimeEndian::Little } else { RunTimeEndian::Big };
        let load = |section: gimli::SectionId| -> Result<Reader, gimli::Error> {
            let bytes = section_bytes(file, program, section.name()).unwrap_or_default();
            Ok(Reader::new(Arc::from(bytes), endian))
        };
        let context = gimli::Dwarf::load(load).and_then(addr2line::Context::from_dwarf).ok();
        Self { context }
    }

    /// The source line of an address as the program was laid out.
    pub(crate) fn find(&self, address: u64) -> Option<SourceLocation> {
        let location = self.context.as_ref()?.find_location(address).ok()??;
        Some(SourceLocation { file: without_detours(location.file?), line: location.line })
    }
}

/// A path without `.` and `..`, which build systems leave in debug information.
fn without_detours(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        let climbs = parts.last().is_some_and(|last| !last.is_empty() && *last != "..");
        match part {
            "." => {}
            ".." if climbs => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// A debug section with the relocations of an object applied, for the places that the program was laid at.
fn section_bytes(file: &object::File<'_>, program: &Program<'_>, name: &str) -> Option<Vec<u8>> {
    let section = file.section_by_name(name)?;
    let mut bytes = section.data().ok()?.to_vec();
    if program.is_linked() {
        return Some(bytes);
    }
    for (offset, relocation) in section.relocations() {
        if relocation.kind() != RelocationKind::Absolute {
            continue;
        }
        let Some(value) = value(file, program, &bytes, offset, &relocation) else { continue };
        let width = usize::from(relocation.size() / 8);
        let Some(field) = field(&mut bytes, offset, width) else { continue };
        store(field, value, program.little_endian);
    }
    Some(bytes)
}

fn value(
    file: &object::File<'_>,
    program: &Program<'_>,
    bytes: &[u8],
    offset: u64,
    relocation: &object::Relocation,
) -> Option<u64> {
    // What lies in no section that is loaded, such as another debug section, begins at 0.
    let symbol = program.symbol_address(file, relocation.target()).unwrap_or(0);
    let mut addend = relocation.addend();
    if relocation.has_implicit_addend() {
        let start = usize::try_from(offset).ok()?;
        let field = bytes.get(start..start.checked_add(4)?)?;
        addend = i64::from(i32::from_le_bytes(field.try_into().ok()?));
    }
    Some(symbol.wrapping_add_signed(addend))
}

fn field(bytes: &mut [u8], offset: u64, width: usize) -> Option<&mut [u8]> {
    let start = usize::try_from(offset).ok()?;
    bytes.get_mut(start..start.checked_add(width)?)
}

fn store(field: &mut [u8], value: u64, little_endian: bool) {
    let width = field.len().min(8);
    let bytes = value.to_le_bytes();
    for (index, &byte) in bytes.iter().enumerate().take(width) {
        let place = if little_endian { index } else { width - 1 - index };
        if let Some(target) = field.get_mut(place) {
            *target = byte;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::without_detours;

    #[test]
    fn detours_are_left_out() {
        assert_eq!(without_detours("/a/b/../../c/./d.c"), "/c/d.c");
        assert_eq!(without_detours("../d.c"), "../d.c");
        assert_eq!(without_detours("/../d.c"), "/../d.c");
    }
}
