//! Knows which objects need not be compiled again.
//!
//! Beside each object lies a record: a hash of the compiler, of what it was told and of the object, a hash of every
//! file that went into it (the compiler lists them, `-MD`), and what the compiler said. Only what is in files counts,
//! never their times.

use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::files;
use crate::subprocess::{full_disk, run};

/// Changes when records are made by other rules.
const RULES: u32 = 1;

/// What is known of an object.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    /// Of the compiler and what it was told.
    command: u64,
    /// Of the object.
    object: u64,
    /// The files that went into it, as the compiler names them, with a hash of each.
    inputs: Vec<(PathBuf, u64)>,
    /// What the compiler said.
    messages: String,
}

/// How the record of an object ends, and the list of the files that went into it.
const RECORD: &str = "record";
const LIST: &str = "d";

/// Characters of a source's name in that of its object, which has to leave room for endings.
const STEM_MAX: usize = 50;

/// The name of a source's object. The source's number makes it the only one.
pub(crate) fn object_name(number: usize, source: &Path) -> String {
    let stem = source.file_stem().unwrap_or_default().to_string_lossy();
    let stem: String = stem.chars().take(STEM_MAX).collect();
    format!("{number}-{stem}.o")
}

/// An object, and what lies beside it.
pub(crate) fn made_with(object: &Path) -> [PathBuf; 3] {
    [object.to_owned(), object.with_extension(RECORD), object.with_extension(LIST)]
}

/// Runs a compiler that makes `object`, unless it would make again what is there. The compiler's messages are passed on
/// in both cases. `colour` does not count as a difference. Returns whether there is an object.
pub(crate) fn compile(
    mut command: Command,
    object: &Path,
    colour: bool,
    messages: &mut dyn FnMut(&str),
) -> Result<bool> {
    let [_, record, list] = made_with(object);
    let told = told(&command);
    let folder = command.get_current_dir().map(Path::to_owned).unwrap_or_default();
    if let Some(messages_then) = unchanged(&record, object, told, &folder) {
        if !messages_then.is_empty() {
            let plain = anstream::adapter::strip_str(&messages_then).to_string();
            messages(if colour { &messages_then } else { &plain });
        }
        return Ok(true);
    }
    // From here on until all is well there is nothing to rely on.
    let _ = fs::remove_file(&record);
    command.arg("-MD").arg("-MF").arg(&list);
    if colour {
        command.arg("-fdiagnostics-color=always");
    }
    let mut said = String::new();
    let output = run(command, "the compiler", &mut |text| {
        messages(text);
        said.push_str(text);
    })?;
    if !output.status.success() {
        let place = object.parent().unwrap_or(object);
        return full_disk(&said, "the compiler has failed", place).map_or(Ok(false), Err);
    }
    if let Some(new) = record_of(told, object, &list, &folder, said)
        && let Ok(text) = serde_json::to_vec(&new)
    {
        files::write(&record, &text)?;
    }
    Ok(true)
}

/// What the compiler said when it made the object, if it would make the same again.
fn unchanged(record: &Path, object: &Path, told: u64, folder: &Path) -> Option<String> {
    let record: Record = serde_json::from_slice(&fs::read(record).ok()?).ok()?;
    let same = record.command == told
        && hash_of(object)? == record.object
        && record.inputs.iter().all(|(path, hash)| hash_of(&folder.join(path)) == Some(*hash));
    same.then_some(record.messages)
}

fn record_of(command: u64, object: &Path, list: &Path, folder: &Path, messages: String) -> Option<Record> {
    let inputs = listed(&fs::read(list).ok()?)
        .into_iter()
        .map(|path| hash_of(&folder.join(&path)).map(|hash| (path, hash)))
        .collect::<Option<_>>()?;
    Some(Record { command, object: hash_of(object)?, inputs, messages })
}

/// A hash of the compiler's file and of everything that it is told.
fn told(command: &Command) -> u64 {
    let mut hasher = DefaultHasher::new();
    RULES.hash(&mut hasher);
    command.get_program().hash(&mut hasher);
    // A compiler is large: its size and time stand for it.
    if let Ok(metadata) = fs::metadata(command.get_program()) {
        (metadata.len(), metadata.modified().ok()).hash(&mut hasher);
    }
    command.get_args().collect::<Vec<_>>().hash(&mut hasher);
    command.get_current_dir().map(files::absolute).and_then(Result::ok).hash(&mut hasher);
    hasher.finish()
}

fn hash_of(path: &Path) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    fs::read(path).ok()?.hash(&mut hasher);
    Some(hasher.finish())
}

/// The files that a rule of a makefile names behind its colon, as compilers write it: blanks and `#` behind a
/// backslash, `$` doubled, lines joined by a backslash at their end.
fn listed(rule: &[u8]) -> Vec<PathBuf> {
    let start = rule.windows(2).position(|pair| pair == b": ").map_or(rule.len(), |colon| colon + 2);
    let mut names = Vec::new();
    let mut name = Vec::new();
    let mut bytes = rule[start..].iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, bytes.peek()) {
            (b'\\', Some(b' ' | b'#')) | (b'$', Some(b'$')) => name.extend(bytes.next()),
            (b'\\', Some(b'\n')) => {}
            (b' ' | b'\n' | b'\t' | b'\r', _) => {
                if !name.is_empty() {
                    names.push(PathBuf::from(OsStr::from_bytes(&name)));
                    name.clear();
                }
            }
            _ => name.push(byte),
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_rule() {
        let rule = b"build/a\\ b.o: a.c there\\ is.h \\\n  /usr/x$$y.h \\\n  c\\d.h\n";
        let expected = ["a.c", "there is.h", "/usr/x$y.h", "c\\d.h"].map(PathBuf::from);
        assert_eq!(listed(rule), expected);
        assert!(listed(b"nothing").is_empty());
    }
}
