//! Where members of a C program's structures are, as its debugging information says (DWARF 5, 5.7).

use std::borrow::Cow;

use gimli::{
    AttributeValue, DebuggingInformationEntry, EndianSlice, RunTimeEndian, Unit, UnitOffset, constants,
};
use object::{Object as _, ObjectSection as _};

type Reader<'a> = EndianSlice<'a, RunTimeEndian>;
type Entry<'a> = DebuggingInformationEntry<Reader<'a>>;

/// How many names a type may have in front of the structure: `typedef`, `const` and the like.
const ALIASES_MAX: usize = 16;

/// Says where members are: for each type's name and path, such as `Thread_Control` and `Object.id`, the distance from
/// the structure's beginning in bytes, if the program knows that type and member.
pub(super) fn offsets(file: &object::File, wanted: &[(&str, &str)]) -> Vec<Option<u64>> {
    let mut found = vec![None; wanted.len()];
    // What cannot be read is not known.
    let _ = search(file, wanted, &mut found);
    // Nor what is longer than memory.
    found.into_iter().map(|offset| offset.filter(|offset| *offset <= u32::MAX.into())).collect()
}

fn search(
    file: &object::File,
    wanted: &[(&str, &str)],
    found: &mut [Option<u64>],
) -> Result<(), gimli::Error> {
    let endian = if file.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let sections = gimli::DwarfSections::load(|section| -> Result<Cow<[u8]>, gimli::Error> {
        let data = file.section_by_name(section.name()).and_then(|it| it.uncompressed_data().ok());
        Ok(data.unwrap_or_default())
    })?;
    let dwarf = sections.borrow(|data| EndianSlice::new(data, endian));
    let mut headers = dwarf.units();
    while let Some(header) = headers.next()? {
        if found.iter().all(Option::is_some) {
            break;
        }
        let unit = dwarf.unit(header)?;
        let look = Look { dwarf: &dwarf, unit: &unit };
        let mut entries = unit.entries();
        while let Some(entry) = entries.next_dfs()? {
            let tag = entry.tag();
            if tag != constants::DW_TAG_typedef && tag != constants::DW_TAG_structure_type {
                continue;
            }
            let Some(name) = look.name(entry) else { continue };
            for ((_, path), offset) in wanted.iter().zip(&mut *found).filter(|((it, _), _)| *it == name) {
                *offset = offset.or_else(|| look.path(entry, path));
            }
        }
    }
    Ok(())
}

/// One unit of a program's debugging information.
struct Look<'a, 'data> {
    dwarf: &'a gimli::Dwarf<Reader<'data>>,
    unit: &'a Unit<Reader<'data>>,
}

impl<'data> Look<'_, 'data> {
    fn name(&self, entry: &Entry<'data>) -> Option<&'data str> {
        let value = entry.attr(constants::DW_AT_name)?.value();
        let name = self.dwarf.attr_string(self.unit, value).ok()?;
        str::from_utf8(name.slice()).ok()
    }

    fn type_of(&self, entry: &Entry<'data>) -> Option<Entry<'data>> {
        match entry.attr(constants::DW_AT_type)?.value() {
            AttributeValue::UnitRef(offset) => self.entry(offset),
            _ => None,
        }
    }

    fn entry(&self, offset: UnitOffset) -> Option<Entry<'data>> {
        self.unit.entry(offset).ok()
    }

    /// The structure or union that a type is in the end.
    fn structure(&self, entry: &Entry<'data>) -> Option<UnitOffset> {
        let mut offset = entry.offset();
        for _ in 0..ALIASES_MAX {
            let entry = self.entry(offset)?;
            if matches!(entry.tag(), constants::DW_TAG_structure_type | constants::DW_TAG_union_type) {
                let is_declared = entry.attr(constants::DW_AT_declaration).is_some();
                return (!is_declared).then_some(offset);
            }
            offset = self.type_of(&entry)?.offset();
        }
        None
    }

    /// Where a path of members leads, from the beginning of a structure.
    fn path(&self, entry: &Entry<'data>, path: &str) -> Option<u64> {
        let mut structure = self.structure(entry)?;
        let mut offset = 0u64;
        let mut members = path.split('.').peekable();
        while let Some(name) = members.next() {
            let member = self.member(structure, name)?;
            let place = member.attr(constants::DW_AT_data_member_location);
            // A union's members have none.
            offset = offset.checked_add(place.map_or(Some(0), |it| it.udata_value())?)?;
            if members.peek().is_some() {
                structure = self.structure(&self.type_of(&member)?)?;
            }
        }
        Some(offset)
    }

    fn member(&self, structure: UnitOffset, name: &str) -> Option<Entry<'data>> {
        let mut tree = self.unit.entries_tree(Some(structure)).ok()?;
        let mut members = tree.root().ok()?.children();
        while let Some(member) = members.next().ok()? {
            let entry = member.entry();
            if entry.tag() == constants::DW_TAG_member && self.name(entry) == Some(name) {
                return Some(entry.clone());
            }
        }
        None
    }
}
