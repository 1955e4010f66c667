//! Numbers that READMEs tell of a run or of an example: each has its backing in what is compared with a run (the
//! transcript) or is what runs (the example's files), and the counts of RTEMS's tests are those of the document that
//! has them by suite.

use std::collections::BTreeSet;

use crate::assert_none;
use crate::files::{self, File};

/// The numbers of a text that stand alone, decimal or with `0x`: `x86-64` and `tar01` have none.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).filter(|word| {
        let digits = word.strip_prefix("0x").filter(|word| word.len() > 1).unwrap_or(word);
        digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(|c| c.is_ascii_hexdigit())
    })
}

/// A README's numbered lines outside of code, and its transcripts.
fn prose_and_transcripts(readme: &File) -> (Vec<(usize, String)>, String) {
    let (mut prose, mut transcripts, mut inside) = (Vec::new(), String::new(), false);
    for (number, line) in readme.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if inside {
            transcripts += &format!("{line}\n");
        } else if !line.starts_with("    ") {
            // What is between backquotes is code.
            prose.push((number, line.split('`').step_by(2).collect()));
        }
    }
    (prose, transcripts)
}

/// What backs numbers: those of the texts, and what follows from them (ends of windows, milliseconds of microseconds).
fn backing(texts: &[&str]) -> BTreeSet<String> {
    let mut backed = BTreeSet::new();
    let mut start = 0;
    for line in texts.iter().flat_map(|text| text.lines()) {
        // A file's words are parts of names too: `tasks=2`.
        for word in line.split(|c: char| !c.is_ascii_alphanumeric()) {
            backed.extend(numbers(word).map(str::to_owned));
            if let Some(thousands) = word.parse().ok().filter(|number: &u64| number.is_multiple_of(1000)) {
                backed.insert((thousands / 1000).to_string());
            }
        }
        let value =
            |key: &str| line.strip_prefix(key)?.split(['"', ' ']).find_map(|word| word.parse::<u64>().ok());
        if let Some(value) = value("start = ") {
            start = value;
        }
        if let Some(duration) = value("duration = ") {
            backed.insert((start + duration).to_string());
        }
    }
    backed
}

/// The numbers in an example's README that nothing backs.
fn unbacked(readme: &File, others: &[&str]) -> Vec<String> {
    let (prose, transcripts) = prose_and_transcripts(readme);
    let backed = backing(&[others, &[&*transcripts]].concat());
    let mut findings = Vec::new();
    for (line, text) in &prose {
        let missing = numbers(text).filter(|number| !backed.contains(*number));
        findings.extend(missing.map(|number| format!("{}:{line}: {number}", readme.path)));
    }
    findings
}

#[test]
fn numbers_of_examples_are_theirs() {
    let all = files::all();
    let mut findings = Vec::new();
    for readme in
        all.iter().filter(|file| file.path.starts_with("examples/") && file.path.ends_with("/README.md"))
    {
        let folder = readme.path.trim_end_matches("README.md");
        let others = all.iter().filter(|file| file.path.starts_with(folder) && file.path != readme.path);
        findings.extend(unbacked(readme, &others.map(|file| &*file.text).collect::<Vec<_>>()));
    }
    assert_none(
        &findings,
        "these numbers are neither in a transcript, which runs are compared with, nor in the example",
    );
}

#[test]
fn counts_of_rtems_tests_are_those_of_its_document() {
    let text = |path: &str| {
        std::fs::read_to_string(files::root().join(path)).unwrap_or_else(|error| panic!("{error}"))
    };
    let (readme, document) = (text("README.md"), text("docs/rtems.md"));
    let totals = document.lines().filter(|line| line.starts_with("| **all** |"));
    let totals: Vec<Vec<&str>> = totals.map(|line| numbers(line).collect()).collect();
    let told = readme.lines().filter(|line| line.contains("test programs pass"));
    let told: Vec<Vec<&str>> =
        told.map(|line| numbers(line.rsplit("kit:").next().unwrap_or_default()).collect()).collect();
    // In the document all of them, those that pass natively, and those that pass in a partition; in one row for two
    // processors, side by side.
    let expected: Vec<Vec<&str>> =
        totals.iter().flat_map(|row| row.chunks(3)).map(|row| vec![row[2], row[0]]).collect();
    assert_eq!(told, expected, "README.md and docs/rtems.md");
    assert_eq!(told.len(), 4);
}

#[test]
fn a_number_without_backing_is_found() {
    let text = "after 12 ms and 35 seconds, x86-64, `exit(7)`, 8 to 14 ms, tick 10 ms, 13 of 0x90000000\n\
                ```\na | 13 of 0x90000000\n```\n";
    let readme = File { path: "README.md".to_owned(), text: text.to_owned() };
    let system = "start = \"8 ms\"\nduration = \"6 ms\"\n#define TICK 10000\n";
    assert_eq!(unbacked(&readme, &[system]), ["README.md:1: 12", "README.md:1: 35"]);
}
