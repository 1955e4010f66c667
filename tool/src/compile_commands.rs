//! `compile_commands.json`: how each source is compiled, for editors and what else reads C and C++ (LLVM's "JSON
//! Compilation Database").

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::compilations::Compilation;
use crate::error::Result;
use crate::files::{self, absolute};
use crate::language::is_cxx;
use crate::system_file::System;

/// The name that is looked for.
pub(crate) const NAME: &str = "compile_commands.json";

/// How a source is compiled.
#[derive(Debug, Serialize)]
struct Entry {
    directory: String,
    file: String,
    arguments: Vec<String>,
    output: String,
}

/// Writes it into a folder of the tool's. `built_in` of each language are folders that a compiler finds headers in by
/// itself, and which a reader does not know.
pub(crate) fn write(
    system: &System,
    compilations: &[Compilation<'_>],
    built_in: &dyn Fn(bool) -> Vec<PathBuf>,
    folder: &Path,
) -> Result<()> {
    let directory =
        absolute(if system.directory.as_os_str().is_empty() { Path::new(".") } else { &system.directory })?;
    let directory = directory.canonicalize().unwrap_or(directory);
    let folders = [built_in(false), built_in(true)];
    let mut entries = Vec::new();
    for compilation in compilations {
        let file = file(&directory.join(compilation.source));
        let mut arguments = vec![compilation.command.get_program().to_string_lossy().into_owned()];
        let told: Vec<_> =
            compilation.command.get_args().map(|it| it.to_string_lossy().into_owned()).collect();
        // The source is the last.
        let told = told.split_last().map(|(_, before)| before).unwrap_or_default();
        arguments.extend(told.iter().map(|argument| match argument.strip_prefix("-I") {
            Some(folder) => format!("-I{}", directory.join(folder).display()),
            None => argument.clone(),
        }));
        let built_in = &folders[usize::from(is_cxx(compilation.source))];
        arguments.extend(built_in.iter().map(|folder| format!("-isystem{}", folder.display())));
        arguments.push(file.clone());
        let output = compilation.object.display().to_string();
        entries.push(Entry { directory: directory.display().to_string(), file, arguments, output });
    }
    let text = serde_json::to_string_pretty(&entries).unwrap_or_default() + "\n";
    files::write(&folder.join(NAME), text.as_bytes())
}

/// A source as an editor names it: without `..`, but not behind a link.
fn file(path: &Path) -> String {
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name).display().to_string(),
        _ => path.display().to_string(),
    }
}

/// Makes a link to it in the folder of all that is built, where readers look, unless something else is there.
pub(crate) fn link(folder: &Path, build: &Path) -> Result<()> {
    let place = build.join(NAME);
    let Ok(below) = folder.strip_prefix(build) else { return Ok(()) };
    if fs::symlink_metadata(&place).is_ok() && !is_link(&place) {
        return Ok(());
    }
    files::link(&below.join(NAME), &place)
}

/// Whether a path is such a link.
pub(crate) fn is_link(place: &Path) -> bool {
    fs::read_link(place)
        .is_ok_and(|target| target.is_relative() && target.ends_with(NAME) && target != Path::new(NAME))
}
