//! The rules for what runs in a partition: source files, or an image.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::diagnostics::Problem;
use crate::files::NOT_PERMITTED;
use crate::image::Image;
use crate::language::is_source;
use crate::silent;
use crate::silent::SilentAllowance;
use crate::system_file::model::Program;
use crate::system_file::parse::{RawPartition, RawSources};
use crate::system_file::value::Located;
use crate::target::Processor;

/// Checks that a partition has exactly one of sources and image, and the files; also where that stands.
pub(super) fn program(
    raw: &RawPartition,
    processor: Processor,
    memory: Option<u64>,
    allowances: &[SilentAllowance],
    directory: &Path,
    problems: &mut Vec<Problem>,
) -> Option<(Program, Range<usize>)> {
    match (raw.sources_given, raw.image_given) {
        (true, true) => {
            let place = raw.image.as_ref().map_or(raw.place.clone(), |image| image.place.clone());
            let mut problem = Problem::new(place, "this partition has both sources and image")
                .help("keep one: sources are compiled by the tool, an image is linked already");
            if let Some(sources) = &raw.sources {
                problem = problem.related(sources.place.clone(), "sources are here");
            }
            problems.push(problem);
            None
        }
        (false, false) => {
            problems
                .push(Problem::new(raw.place.clone(), "this partition has neither sources nor image").help(
                "add sources = [\"main.c\"] for the tool to compile, or image = \"main.exe\", linked already",
            ));
            None
        }
        (true, false) => {
            let sources = raw.sources.as_ref()?;
            let paths = sources_of(sources, processor, directory, problems)?;
            Some((Program::Sources(paths), sources.place.clone()))
        }
        (false, true) => {
            if let Some(build) = &raw.building.place {
                problems.push(
                    Problem::new(build.clone(), "this partition has [partition.build] and no sources").help(
                        "an image is linked already: leave the table out, or name sources for the tool to compile",
                    ),
                );
            }
            let path = raw.image.as_ref()?;
            let path = &Located { value: resolved(&path.value, processor), place: path.place.clone() };
            let image = image_of(path, processor, memory?, allowances, directory, problems)?;
            Some((Program::Image { path: PathBuf::from(&path.value), image }, path.place.clone()))
        }
    }
}

/// What stands in a path for the processor of the partitions, so that one file serves for all.
const ARCHITECTURE: &str = "{architecture}";

/// A path for a processor.
pub(super) fn resolved(path: &str, processor: Processor) -> String {
    path.replace(ARCHITECTURE, processor.partitions())
}

fn sources_of(
    sources: &RawSources,
    processor: Processor,
    directory: &Path,
    problems: &mut Vec<Problem>,
) -> Option<Vec<PathBuf>> {
    let before = problems.len();
    let own = || sources.of.iter().filter(|(name, _)| *name == processor.partitions());
    if sources.all.is_empty() && own().all(|(_, own)| own.is_empty()) {
        problems.push(
            Problem::new(sources.place.clone(), "sources is empty")
                .help("name at least one file ending in .c, .cc or .S"),
        );
    }
    let mut seen = BTreeSet::new();
    // Those of another processor are to be right, too.
    for source in sources.all.iter().chain(sources.of.iter().flat_map(|(_, of)| of)) {
        let source = &Located { value: resolved(&source.value, processor), place: source.place.clone() };
        if !is_source(Path::new(&source.value)) {
            problems.push(
                Problem::new(
                    source.place.clone(),
                    format!("`{}` is not a source file for the tool", source.value),
                )
                .help("it compiles .c, .S and C++ (.cc, .cpp, .cxx, .C); link anything else yourself and give it as \
                       image"),
            );
        } else if !seen.insert(plain_path(&directory.join(&source.value))) {
            problems.push(
                Problem::new(source.place.clone(), format!("`{}` is named twice", source.value))
                    .help("name each source file once"),
            );
        } else {
            exists(source, directory, problems);
        }
    }
    let path = |source: &Located<String>| PathBuf::from(resolved(&source.value, processor));
    (problems.len() == before)
        .then(|| sources.all.iter().chain(own().flat_map(|(_, own)| own)).map(path).collect())
}

/// The one path of a file that can be named in several ways, such as `a.c` and `./a.c`.
fn plain_path(path: &Path) -> PathBuf {
    // What is not there is complained about otherwise. Collecting the components leaves out `.`.
    path.canonicalize().unwrap_or_else(|_| path.components().collect())
}

/// What is said of a file that is not there.
pub(super) const FROM_WHERE: &str = "paths start from the folder that the system file is in";

pub(super) fn exists(file: &Located<String>, directory: &Path, problems: &mut Vec<Problem>) -> bool {
    let path = directory.join(&file.value);
    let unreadable = |error: &std::io::Error| {
        let permission = error.kind() == std::io::ErrorKind::PermissionDenied;
        let help = if permission { NOT_PERMITTED } else { FROM_WHERE };
        (format!("`{}` cannot be read: {error}", file.value), help)
    };
    let (message, help) = match fs::metadata(&path) {
        Ok(found) if found.is_file() => match fs::File::open(&path) {
            Ok(_) => return true,
            Err(error) => unreadable(&error),
        },
        Ok(_) => (format!("`{}` is not a file", file.value), FROM_WHERE),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            (format!("there is no file `{}`", file.value), FROM_WHERE)
        }
        Err(error) => unreadable(&error),
    };
    problems.push(Problem::new(file.place.clone(), message).help(help));
    false
}

fn image_of(
    path: &Located<String>,
    processor: Processor,
    memory: u64,
    allowances: &[SilentAllowance],
    directory: &Path,
    problems: &mut Vec<Problem>,
) -> Option<Image> {
    if !exists(path, directory, problems) {
        return None;
    }
    let bytes = match fs::read(directory.join(&path.value)) {
        Ok(bytes) => bytes,
        Err(error) => {
            let message = format!("`{}` cannot be read: {error}", path.value);
            problems.push(Problem::new(path.place.clone(), message));
            return None;
        }
    };
    match Image::read(&bytes, processor, memory) {
        Ok(image) => {
            let name = format!("`{}`", path.value);
            let found = silent::problems(&bytes, &name, &path.place, allowances, image.base);
            let none = found.is_empty();
            problems.extend(found);
            none.then_some(image)
        }
        Err(errors) => {
            for error in errors {
                let message = format!("`{}` {}", path.value, error.message);
                problems.push(Problem::new(path.place.clone(), message).help(error.help));
            }
            None
        }
    }
}
