//! Where an address of a partition lies in its sources: function, file and line, from the program's symbols and DWARF.

use std::path::Path;
use std::sync::Arc;

use bulkhead_abi::event::Stop;
use bulkhead_audit::readable;
use gimli::{EndianArcSlice, RunTimeEndian};
use object::{Object, ObjectSection, ObjectSegment, ObjectSymbol, SymbolKind};

use crate::stack_overflow::is_stack_overflow;

type Reader = EndianArcSlice<RunTimeEndian>;

/// What a linked program tells of its addresses.
pub struct Symbols {
    functions: Vec<Function>,
    lines: Option<addr2line::Context<Reader>>,
}

struct Function {
    start: u64,
    /// 0 if the symbol does not say it.
    size: u64,
    name: String,
}

/// A place in the sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The function's symbol.
    pub function: String,
    /// File and line, where the program has debug information for them.
    pub line: Option<(String, u32)>,
}

impl Symbols {
    /// Reads an ELF file. One without symbols, or with broken ones, tells nothing: that is no error here.
    #[must_use]
    pub fn read(file: &[u8]) -> Self {
        let Ok(parsed) = object::File::parse(file) else {
            return Self { functions: Vec::new(), lines: None };
        };
        let mut functions: Vec<Function> = parsed
            .symbols()
            .filter(|symbol| symbol.is_definition() && symbol.kind() == SymbolKind::Text)
            .filter_map(|symbol| {
                let name = symbol.name().ok().filter(|name| !name.is_empty())?;
                Some(Function { start: symbol.address(), size: symbol.size(), name: name.to_owned() })
            })
            .collect();
        functions.sort_by_key(|one| (one.start, one.size));
        let endian = if parsed.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
        let load = |section: gimli::SectionId| -> Result<Reader, gimli::Error> {
            let found = parsed.section_by_name(section.name());
            let bytes = found.and_then(|section| section.data().ok()).unwrap_or_default();
            Ok(Reader::new(Arc::from(bytes), endian))
        };
        let lines = gimli::Dwarf::load(load).and_then(addr2line::Context::from_dwarf).ok();
        Self { functions, lines }
    }

    /// The place of an address; `None` if it is in no function.
    #[must_use]
    pub fn place(&self, address: u64) -> Option<Place> {
        let behind = self.functions.partition_point(|function| function.start <= address);
        let function = self.functions.get(behind.checked_sub(1)?)?;
        // Assembly may leave out sizes: then a function goes on to the next.
        if function.size > 0 && address - function.start >= function.size {
            return None;
        }
        let location = self.lines.as_ref().and_then(|lines| lines.find_location(address).ok().flatten());
        let line = location.and_then(|location| Some((location.file?.to_owned(), location.line?)));
        Some(Place { function: function.name.clone(), line })
    }
}

/// A path as the system file has it: the compiler adds the folder that it ran in, which is the system's.
fn relative(path: &str, directory: &Path) -> String {
    let folder = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let folder = folder.canonicalize().unwrap_or_default();
    Path::new(path).strip_prefix(folder).map_or_else(|_| path.to_owned(), |path| path.display().to_string())
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "in {}", readable(&self.function))?;
        match &self.line {
            Some((file, line)) => write!(formatter, " ({file}:{line})"),
            None => Ok(()),
        }
    }
}

/// What a linked program tells of its fault, to follow the words of the kernel: the place of the program counter, and
/// whether it is a stack's overflow. Files are named as the system's folder has them.
#[must_use]
pub fn explanation(stop: &Stop, program: &[u8], directory: &Path) -> String {
    // What lies behind the program was loaded while it ran: its last function is not there.
    let own = end_of_data(program).is_some_and(|end| stop.program_counter < end);
    let place = own.then(|| Symbols::read(program).place(stop.program_counter)).flatten().map(|mut place| {
        if let Some((file, _)) = &mut place.line {
            *file = relative(file, directory);
        }
        format!(", {place}")
    });
    let overflow = if is_stack_overflow(stop, program) { ": stack overflow" } else { "" };
    format!("{}{overflow}", place.unwrap_or_default())
}

/// Where the data of a linked program end, and what lies behind its image begins.
#[must_use]
pub(crate) fn end_of_data(program: &[u8]) -> Option<u64> {
    let file = object::File::parse(program).ok()?;
    file.segments().map(|segment| segment.address() + segment.size()).max()
}
