//! Words that have no place in what is kept: placeholders, machines, registries.

use crate::assert_none;
use crate::files;

/// Each is written in two parts so that this file does not contain it.
const PLACEHOLDERS: [&str; 6] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
    concat!("to", "do!"),
    concat!("unimple", "mented!"),
    concat!("db", "g!"),
];

/// A user's mirror is what his machine is configured for; naming a host here would go around it.
const REGISTRY_HOSTS: [&str; 8] = [
    concat!("crates", ".io"),
    concat!("static.rust", "-lang.org"),
    concat!("sh.rustup", ".rs"),
    concat!("deb.debian", ".org"),
    concat!("security.debian", ".org"),
    concat!("snapshot.debian", ".org"),
    concat!("pypi", ".org"),
    concat!("npmjs", ".org"),
];

/// Folders of one machine.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];

/// Cargo writes the name of its registry's index into these files by itself.
const WRITTEN_BY_CARGO: &str = "Cargo.lock";

fn lines_with(words: &[&str]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files::all().iter().filter(|file| !file.path.ends_with(WRITTEN_BY_CARGO)) {
        for (number, line) in file.lines() {
            for word in words.iter().filter(|word| contains_word(line, word)) {
                findings.push(format!("{}:{number}: {word}", file.path));
            }
        }
    }
    findings
}

/// Whether `line` holds `word` not as a part of a longer one.
fn contains_word(line: &str, word: &str) -> bool {
    let in_word = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).any(|(at, _)| {
        let open_start = !word.starts_with(in_word) || !line[..at].ends_with(in_word);
        let open_end = !word.ends_with(in_word) || !line[at + word.len()..].starts_with(in_word);
        open_start && open_end
    })
}

#[test]
fn no_placeholders() {
    assert_none(&lines_with(&PLACEHOLDERS), "finish it, or write an issue instead of a placeholder");
}

#[test]
fn no_registry_hosts() {
    assert_none(
        &lines_with(&REGISTRY_HOSTS),
        "package registries come from the machine's configuration, leave their hosts out",
    );
}

#[test]
fn no_paths_of_one_machine() {
    assert_none(
        &lines_with(&MACHINE_PATHS),
        "a path of one machine means nothing on another, make it relative",
    );
}

#[test]
fn no_ignored_tests() {
    assert_none(
        &lines_with(&[concat!("#[ig", "nore")]),
        "a test that does not run shows nothing, repair it or remove it",
    );
}

#[test]
fn every_source_file_says_what_it_is() {
    let mut findings = Vec::new();
    for file in files::all() {
        let mut lines = file.text.lines().filter(|line| !line.starts_with("#!"));
        let first = lines.next().unwrap_or_default();
        let expected = match file.path.rsplit('.').next() {
            Some("rs") if !first.starts_with("//! ") => "//! ",
            Some("c" | "h" | "ld") if !first.starts_with("/*") => "/*",
            Some("sh") if !first.starts_with("# ") => "# ",
            _ => continue,
        };
        findings.push(format!("{}: begin with a line {expected}…", file.path));
    }
    assert_none(&findings, "a file's first line says what is in it");
}
