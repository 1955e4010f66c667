//! The rules for what sources are built with.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use object::elf::{EM_386, EM_SPARC, FileHeader32};
use object::endian::Endianness;
use object::read::archive::ArchiveFile;
use object::read::elf::FileHeader as _;

use super::flags::{Use, flags};
use super::partition::choice;
use super::program::{FROM_WHERE, exists, resolved};
use crate::diagnostics::Problem;
use crate::language::is_source;
use crate::system_file::building::{Building, Library, LibraryKind, defined_name};
use crate::system_file::keys::OPTIMIZATIONS;
use crate::system_file::parse::{RawBuilding, Texts};
use crate::system_file::value::Located;
use crate::target::Processor;

/// Checks a table; what of it is right.
pub(super) fn building(
    raw: &RawBuilding,
    processor: Processor,
    directory: &Path,
    problems: &mut Vec<Problem>,
) -> Building {
    let optimization = choice(raw.optimization.as_ref(), "optimization", &OPTIMIZATIONS, problems);
    Building {
        include: folders(raw.include.as_ref(), processor, directory, problems),
        define: definitions(raw.define.as_ref(), problems),
        optimization: optimization.map(|number| OPTIMIZATIONS[number].to_owned()),
        c_flags: flags(raw.c_flags.as_ref(), Use::C, problems),
        cxx_flags: flags(raw.cxx_flags.as_ref(), Use::Cxx, problems),
        link_flags: flags(raw.link_flags.as_ref(), Use::Linker, problems),
        libraries: libraries(raw.libraries.as_ref(), processor, directory, problems),
    }
}

fn given(texts: Option<&Texts>) -> &[Located<String>] {
    texts.map(|texts| &*texts.value).unwrap_or_default()
}

fn folders(
    texts: Option<&Texts>,
    processor: Processor,
    directory: &Path,
    problems: &mut Vec<Problem>,
) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for text in given(texts) {
        let path = resolved(&text.value, processor);
        let place = directory.join(&path);
        if path.is_empty() {
            problems.push(
                Problem::new(text.place.clone(), "this names no folder")
                    .help("`.` is the folder that the system file is in"),
            );
        } else if place.is_dir() {
            found.push(PathBuf::from(path));
        } else {
            let message = if place.exists() {
                format!("`{path}` is not a folder")
            } else {
                format!("there is no folder `{path}`")
            };
            problems.push(Problem::new(text.place.clone(), message).help(FROM_WHERE));
        }
    }
    found
}

fn definitions(texts: Option<&Texts>, problems: &mut Vec<Problem>) -> Vec<String> {
    let mut found: Vec<&Located<String>> = Vec::new();
    for text in given(texts) {
        let name = defined_name(&text.value);
        if !is_definition(&text.value) {
            let bare = text.value.trim_start_matches("-D").trim();
            let help = if bare != text.value && is_definition(bare) {
                format!("write it without -D: define = [\"{bare}\"]")
            } else {
                "write NAME or NAME=VALUE; a name has letters, digits and _, and begins with no digit"
                    .to_owned()
            };
            problems.push(
                Problem::new(text.place.clone(), format!("`{}` defines nothing", text.value)).help(help),
            );
        } else if let Some(first) = found.iter().find(|known| defined_name(&known.value) == name) {
            problems.push(
                Problem::new(text.place.clone(), format!("`{name}` is defined twice"))
                    .related(first.place.clone(), "it is defined here already")
                    .help("define each name once; what [partition.build] defines replaces what [build] does"),
            );
        } else {
            found.push(text);
        }
    }
    found.into_iter().map(|text| text.value.clone()).collect()
}

/// Whether a text is `NAME`, `NAME=VALUE` or `NAME(PARAMETERS)=VALUE`, of one line.
fn is_definition(text: &str) -> bool {
    let name = defined_name(text);
    let behind = &text[name.len()..];
    let behind = behind.strip_prefix('(').map_or(Some(behind), |inside| Some(inside.split_once(')')?.1));
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name
        && behind.is_some_and(|it| it.is_empty() || it.starts_with('='))
        && !text.contains(['\n', '\r', '\0'])
}

fn libraries(
    texts: Option<&Texts>,
    processor: Processor,
    directory: &Path,
    problems: &mut Vec<Problem>,
) -> Vec<Library> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for text in given(texts) {
        let text = Located { value: resolved(&text.value, processor), place: text.place.clone() };
        let problem = |message: String, help: &str| Problem::new(text.place.clone(), message).help(help);
        let kind = if text.value.ends_with(".a") {
            if !exists(&text, directory, problems) {
                continue;
            }
            if let Some(what) = not_a_library(&directory.join(&text.value), processor) {
                let help = format!(
                    "name a library for {}: a file made by `ar` from objects",
                    processor.partitions()
                );
                problems.push(problem(format!("`{}` {what}", text.value), &help));
                continue;
            }
            LibraryKind::File(PathBuf::from(&text.value))
        } else if is_library_name(&text.value) {
            LibraryKind::Named(text.value.clone())
        } else {
            let help = match text.value.strip_prefix("-l") {
                Some(name) => format!("write it without -l: libraries = [\"{name}\"]"),
                None => "name a file that ends in .a, or a library of the kit, such as \"z\"".to_owned(),
            };
            problems.push(problem(format!("`{}` is no library", text.value), &help));
            continue;
        };
        if seen.insert(text.value.clone()) {
            found.push(Library { kind, place: text.place });
        } else {
            problems.push(problem(format!("`{}` is named twice", text.value), "name each library once"));
        }
    }
    found
}

/// How the names of other files end than libraries.
const OTHER_FILES: [&str; 5] = [".o", ".so", ".h", ".exe", ".elf"];

fn is_library_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+.-".contains(&byte);
    let is_file = is_source(Path::new(text)) || OTHER_FILES.iter().any(|ending| text.ends_with(ending));
    !text.is_empty() && !text.starts_with('-') && !is_file && text.bytes().all(allowed)
}

/// Why a file is no library for a processor's partitions.
fn not_a_library(path: &Path, processor: Processor) -> Option<String> {
    let Ok(bytes) = fs::read(path) else { return Some("cannot be read".to_owned()) };
    let Ok(archive) = ArchiveFile::parse(&*bytes) else { return Some("is not a library".to_owned()) };
    if archive.is_thin() {
        return None;
    }
    let machine = match processor {
        Processor::X86_64 => EM_386,
        Processor::Leon3 => EM_SPARC,
    };
    for member in archive.members() {
        let Ok(member) = member else { return Some("is not a library: it is damaged".to_owned()) };
        let Ok(data) = member.data(&*bytes) else {
            return Some("is not a library: it is damaged".to_owned());
        };
        let is_elf = data.starts_with(b"\x7fELF");
        let header = FileHeader32::<Endianness>::parse(data);
        let is_right = header.is_ok_and(|it| it.endian().is_ok_and(|endian| it.e_machine(endian) == machine));
        if is_elf && !is_right {
            let name = String::from_utf8_lossy(member.name());
            return Some(format!(
                "is for another processor: its member {name} is no object for {}",
                processor.partitions()
            ));
        }
    }
    None
}
