//! Reading files, and the objects in them.

use crate::error::AuditError;
use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};
use std::collections::{BTreeSet, HashSet};
use std::io::Read;
use std::path::Path;

pub(crate) const ELF_MAGIC: &[u8] = b"\x7fELF";
pub(crate) const ARCHIVE_MAGIC: &[u8] = b"!<arch>\n";
pub(crate) const THIN_ARCHIVE_MAGIC: &[u8] = b"!<thin>\n";

/// The bytes of all symbol names in one file: many times what a large program has.
const NAMES_MAX: usize = 1 << 28;

/// Reads a file that is not larger than a limit. Its size is asked first, so that a huge one costs nothing.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, AuditError> {
    let failed = |source| AuditError::Read { path: path.display().to_string(), source };
    let file = std::fs::File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    if size > limit {
        return Err(AuditError::TooLarge { size, limit });
    }
    let mut bytes = Vec::new();
    // A pipe has no size: read one byte more than allowed, to see that there is one.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(AuditError::TooLarge { size: bytes.len() as u64, limit });
    }
    Ok(bytes)
}

/// The global symbols that a library or object defines.
///
/// # Errors
///
/// See [`AuditError`].
pub fn defined_symbols(bytes: &[u8]) -> Result<Vec<String>, AuditError> {
    let mut symbols = BTreeSet::new();
    for_each_object(bytes, |_, bytes| {
        let file = parse(bytes, None)?;
        let defined = file.symbols().filter(|symbol| symbol.is_global() && symbol.is_definition());
        symbols.extend(defined.filter_map(|symbol| symbol.name().ok().map(str::to_owned)));
        Ok(())
    })?;
    Ok(symbols.into_iter().collect())
}

/// The symbols that the objects of an archive need from elsewhere.
pub(crate) fn needed_symbols(bytes: &[u8]) -> Result<HashSet<String>, AuditError> {
    let mut symbols = HashSet::new();
    for_each_object(bytes, |name, bytes| {
        let file = parse(bytes, name.as_deref())?;
        let needed = file.symbols().filter(ObjectSymbol::is_undefined);
        symbols.extend(needed.filter_map(|symbol| symbol.name().ok().map(str::to_owned)));
        Ok(())
    })?;
    Ok(symbols)
}

/// Calls `visit` with each ELF object of an archive, or with the one that the bytes are. Returns how many other members
/// there are.
pub(crate) fn for_each_object<'data>(
    bytes: &'data [u8],
    mut visit: impl FnMut(Option<String>, &'data [u8]) -> Result<(), AuditError>,
) -> Result<usize, AuditError> {
    if !bytes.starts_with(ARCHIVE_MAGIC) {
        visit(None, bytes)?;
        return Ok(0);
    }
    let broken = |member: Option<String>, error: object::Error| AuditError::Corrupt {
        member,
        problem: format!("broken archive: {error}; the file is truncated or a member's header is wrong"),
    };
    let archive = ArchiveFile::parse(bytes).map_err(|error| broken(None, error))?;
    let mut passed_over = 0;
    let mut last = None;
    for member in archive.members() {
        let member =
            member.map_err(|error| broken(last.clone().map(|name| format!("after {name}")), error))?;
        let name = String::from_utf8_lossy(member.name()).into_owned();
        let data = member.data(bytes).map_err(|error| broken(Some(name.clone()), error))?;
        last = Some(name.clone());
        if data.starts_with(ELF_MAGIC) {
            visit(Some(name), data)?;
        } else {
            passed_over += 1;
        }
    }
    Ok(passed_over)
}

/// Reads the headers of an ELF file.
pub(crate) fn parse<'data>(
    bytes: &'data [u8],
    member: Option<&str>,
) -> Result<object::File<'data>, AuditError> {
    let corrupt = |problem| AuditError::Corrupt { member: member.map(str::to_owned), problem };
    let file = object::File::parse(bytes).map_err(|error| {
        corrupt(format!("broken ELF file: {error}; it is truncated or was changed after it was written"))
    })?;
    check_names(&file).map_err(corrupt)?;
    Ok(file)
}

/// Symbols whose names all end at the same far byte would let a small file fill the memory.
fn check_names(file: &object::File<'_>) -> Result<(), String> {
    let mut total = 0_usize;
    for symbol in file.symbols().chain(file.dynamic_symbols()) {
        total = total.saturating_add(symbol.name_bytes().map_or(0, <[u8]>::len));
        if total > NAMES_MAX {
            return Err(format!(
                "the names of the symbols have more than {NAMES_MAX} bytes in all; expected a string table where each \
                 name ends"
            ));
        }
    }
    Ok(())
}
