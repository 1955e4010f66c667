//! What the documents promise exists: linked files and headings, make targets, the licence.

use std::path::Path;

use crate::assert_none;
use crate::files::{self, File};

fn documents() -> Vec<File> {
    files::all().into_iter().filter(|file| file.has_ending("md")).collect()
}

/// The targets of `[text](target)` with the numbers of their lines; code blocks are no links.
fn links(document: &File) -> Vec<(usize, &str)> {
    let mut in_code = false;
    let mut found = Vec::new();
    for (number, line) in document.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        found.extend(targets.map(|target| (number, target)));
    }
    found
}

/// The anchor of a heading, as the usual viewers make it.
fn anchor(heading: &str) -> String {
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|character| match character {
            ' ' => Some('-'),
            _ if character.is_alphanumeric() || character == '-' || character == '_' => Some(character),
            _ => None,
        })
        .collect()
}

/// Whether a text has a heading with this anchor. Of several that are alike the viewers number those behind the first.
fn has_heading(text: &str, wanted: &str) -> bool {
    let mut seen = Vec::new();
    text.lines().filter(|line| line.starts_with('#')).map(anchor).any(|anchor| {
        let before = seen.iter().filter(|it| **it == anchor).count();
        let is_it = if before == 0 { anchor == wanted } else { format!("{anchor}-{before}") == wanted };
        seen.push(anchor);
        is_it
    })
}

#[test]
fn headings_that_are_alike_are_numbered() {
    let text = "# One\n## Two\n## Two\n### One\n";
    let found = ["one", "two", "one-1", "two-1", "two-2", "one-2"].map(|it| has_heading(text, it));
    assert_eq!(found, [true, true, true, true, false, false]);
}

/// What is wrong with a link, if anything is.
fn broken(document: &File, target: &str) -> Option<&'static str> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    let folder = files::root().join(Path::new(&document.path).parent().unwrap_or(Path::new("")));
    let linked = if path.is_empty() { files::root().join(&document.path) } else { folder.join(path) };
    if !linked.exists() {
        return Some("there is no such file");
    }
    if heading.is_empty() {
        return None;
    }
    let text = std::fs::read_to_string(linked).unwrap_or_default();
    (!has_heading(&text, heading)).then_some("the file has no such heading")
}

#[test]
fn links_lead_somewhere() {
    let mut findings = Vec::new();
    for document in documents() {
        for (number, target) in links(&document) {
            if let Some(reason) = broken(&document, target) {
                findings.push(format!("{}:{number}: {target}: {reason}", document.path));
            }
        }
    }
    assert_none(&findings, "these links are broken");
}

/// The targets of `make` that a line names in code: at the start of a line of a block, or right behind a backquote.
fn make_targets(line: &str) -> impl Iterator<Item = &str> {
    let at_start = line.trim_start().strip_prefix("make ");
    let quoted = line.split('`').skip(1).step_by(2).filter_map(|code| code.strip_prefix("make "));
    at_start
        .into_iter()
        .filter(|_| line.starts_with("    ") || !line.contains(". "))
        .chain(quoted)
        .filter_map(|rest| rest.split_whitespace().find(|word| !word.contains('=') && !word.starts_with('-')))
}

#[test]
fn documented_make_targets_exist() {
    let makefile = std::fs::read_to_string(files::root().join("Makefile")).expect("the makefile is there");
    let mut findings = Vec::new();
    for document in documents() {
        for (number, line) in document.lines() {
            for target in make_targets(line) {
                if !makefile.lines().any(|rule| rule.starts_with(&format!("{target}:"))) {
                    findings.push(format!("{}:{number}: make {target}", document.path));
                }
            }
        }
    }
    assert_none(&findings, "the makefile has no such targets");
}

/// Paths of other projects that look like ours.
const FOREIGN: [&str; 2] = ["rtems/score/cpuopts.h", "kernel/arch/x86"];

/// What looks like a path from the repository's folder on: words with a slash that begin with one of its folders.
fn paths<'a>(line: &'a str, folders: &[String]) -> Vec<&'a str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
    let outside = |c: char| !is_part(c) && !matches!(c, '{' | '}' | '<' | '>' | '$' | '~' | '*');
    line.split(outside)
        .filter(|word| word.chars().all(is_part))
        .map(|word| word.trim_end_matches(['.', '/']))
        .filter(|word| {
            word.split_once('/').is_some_and(|(first, _)| folders.iter().any(|folder| folder == first))
        })
        .filter(|word| !FOREIGN.contains(word))
        .collect()
}

fn is_comment(line: &str) -> bool {
    ["//", "#", "*", "/*", "!"].iter().any(|start| line.trim_start().starts_with(start))
}

#[test]
fn files_that_documents_and_comments_name_exist() {
    let all = files::all();
    let first = |file: &File| file.path.split_once('/').map(|(first, _)| first.to_owned());
    let mut folders: Vec<String> = all.iter().filter_map(first).collect();
    folders.sort();
    folders.dedup();
    let mut findings = Vec::new();
    for file in &all {
        // A path may also start from the package that a file is in.
        let places: Vec<_> =
            Path::new(&file.path).ancestors().skip(1).map(|folder| files::root().join(folder)).collect();
        for (number, line) in file.lines() {
            if !file.has_ending("md") && !is_comment(line) {
                continue;
            }
            for path in paths(line, &folders) {
                if !places.iter().any(|place| place.join(path).exists()) {
                    findings.push(format!("{}:{number}: {path}", file.path));
                }
            }
        }
    }
    assert_none(&findings, "there are no such files");
}

#[test]
fn paths_are_found() {
    let folders = ["docs".to_owned()];
    assert_eq!(
        paths("see `docs/a.md`, (docs/b/). docs/{c}/d x/docs/e docs", &folders),
        ["docs/a.md", "docs/b"]
    );
}

/// Names without our folders: files of other projects, of a user's system, and what is only made or installed.
const NOT_OURS: [&str; 9] = [
    "a.c",
    "arch/x86/interrupt.c",
    "core/sched.c",
    "core/syscall.c",
    "kern_tc.c",
    "main.c",
    "partition.ld",
    "probe.c",
    "trials.S",
];

/// File names in a line, by their endings. Documents name C and assembly of other projects; headers are mostly theirs.
fn file_names(line: &str, in_document: bool) -> Vec<&str> {
    let endings: &[&str] =
        if in_document { &["rs", "ld", "awk", "md"] } else { &["rs", "ld", "awk", "md", "S", "c", "cc"] };
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_./-".contains(c);
    let outside = |c: char| !is_part(c) && !"{}<>$~*".contains(c);
    line.split(outside)
        .map(|word| word.trim_start_matches(['.', '/']).trim_end_matches(['.', '/']))
        .filter(|word| word.chars().all(is_part))
        .filter(|word| {
            word.rsplit_once('.').is_some_and(|(name, end)| !name.is_empty() && endings.contains(&end))
        })
        .collect()
}

/// Whether a path or its last parts are this name.
fn is_named(path: &str, name: &str) -> bool {
    path.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

#[test]
fn files_that_are_named_without_their_folder_exist() {
    let all = files::all();
    let mut findings = Vec::new();
    for file in &all {
        let in_document = file.has_ending("md");
        for (number, line) in file.lines().filter(|(_, line)| in_document || is_comment(line)) {
            for name in file_names(line, in_document) {
                let ours = all.iter().any(|other| is_named(&other.path, name));
                if !ours && !NOT_OURS.iter().any(|foreign| is_named(name, foreign)) {
                    findings.push(format!("{}:{number}: {name}", file.path));
                }
            }
        }
    }
    assert_none(&findings, "there are no such files");
}

#[test]
fn names_of_files_are_found() {
    let line = "see `entry.S`, ../docs/a.md and (b.rs). {c}.rs *.S x.h";
    assert_eq!(file_names(line, false), ["entry.S", "docs/a.md", "b.rs"]);
    assert_eq!(file_names(line, true), ["docs/a.md", "b.rs"]);
    assert!(
        is_named("kernel/x86_64/src/arch/entry.S", "arch/entry.S") && !is_named("a/reentry.S", "entry.S")
    );
}

#[test]
fn the_licence_is_there() {
    let licence = std::fs::read_to_string(files::root().join("LICENSE")).expect("the licence is there");
    assert!(licence.contains("Redistribution and use in source and binary forms"), "LICENSE is BSD-2-Clause");
}

#[test]
fn every_package_has_the_common_lints() {
    let findings: Vec<String> = files::all()
        .into_iter()
        .filter(|file| file.path.ends_with("/Cargo.toml"))
        // A workspace of its own, such as one for fuzzing, has nothing to inherit.
        .filter(|file| !file.text.contains("[workspace]") && !file.text.contains("[lints]\nworkspace = true"))
        .map(|file| file.path)
        .collect();
    assert_none(&findings, "add [lints] workspace = true");
}
