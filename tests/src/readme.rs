//! Compares the transcripts in READMEs with runs.
//!
//! A transcript is a block of code in which lines begin with a speaker's name and ` | `. Its lines must come in the
//! run, in this order; a run may have more of them. Text is compared word by word. Times in nanoseconds depend on the
//! compilers: they may differ by a fifth, or by 200 ns. With `UPDATE_EXPECTED` set the numbers are written anew.

use std::fs;

use bulkhead_tool::run::{Finished, summary};
use bulkhead_tool::system_file::System;
use bulkhead_tool::terminal::Look;

use crate::{Transcript, repository};

/// Compares the transcript of a README with a run.
///
/// # Panics
/// If a line of it did not come, or there is no transcript.
pub fn check(readme: &str, system: &System, transcript: &Transcript) {
    let path = repository().join(readme);
    let text = fs::read_to_string(&path).unwrap_or_default();
    let finished = Finished {
        ending: transcript.ending.clone(),
        facts: transcript.facts.clone(),
        unheard: None,
        variation: None,
        lines: None,
    };
    let said = transcript.lines.iter().map(|(speaker, line)| format!("{speaker} | {line}"));
    let shown = summary(system, &finished, Look::plain());
    let said: Vec<String> = said.chain(shown.lines().map(str::to_owned)).collect();
    let (written, missing) = compared(&text, &said);
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&path, written).unwrap_or_else(|error| panic!("{readme}: {error}"));
        return;
    }
    assert!(
        missing.is_empty(),
        "{readme}: these lines did not come in the run; UPDATE_EXPECTED=1 writes its numbers:\n{}\n\nbut these:\n{}",
        missing.join("\n"),
        said.join("\n")
    );
}

/// The document with the numbers of the run, and its lines that the run does not have.
fn compared(document: &str, said: &[String]) -> (String, Vec<String>) {
    let (mut written, mut missing, mut found) = (Vec::new(), Vec::new(), false);
    let mut blocks = document.split("```");
    written.extend(blocks.next().map(str::to_owned));
    for (number, block) in blocks.enumerate() {
        let is_transcript = number % 2 == 0 && block.lines().any(|line| speaker(line).is_some());
        if !is_transcript {
            written.push(block.to_owned());
            continue;
        }
        found = true;
        let mut left = said.iter();
        let mut lines = Vec::new();
        for line in block.split('\n') {
            let is_said = !matches!(line.trim(), "" | "...") && !line.ends_with(" ...");
            let mut rest = left.clone();
            let come = rest.find(|said| words(&masked(said)) == words(&masked(line)));
            match come {
                Some(come) if is_said => {
                    left = rest;
                    if !agree(line, come) {
                        missing.push(line.to_owned());
                    }
                    lines.push(renewed(line, come));
                }
                _ => {
                    missing.extend(is_said.then(|| line.to_owned()));
                    lines.push(line.to_owned());
                }
            }
        }
        written.push(lines.join("\n"));
    }
    if !found {
        missing.push("(there is no transcript)".to_owned());
    }
    (written.join("```"), missing)
}

/// The name that a line of a transcript begins with.
fn speaker(line: &str) -> Option<&str> {
    let (name, _) = line.split_once(" | ")?;
    let name = name.trim_end();
    name.chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '-')
        .then_some(name)
        .filter(|name| !name.is_empty())
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// A line with its times and program counters left open.
fn masked(line: &str) -> String {
    let mut words: Vec<String> = words(line).into_iter().map(str::to_owned).collect();
    for place in 1..words.len() {
        if words[place].trim_end_matches([':', ',']) == "ns" && number(&words[place - 1]).is_some() {
            words[place - 1] = "N".to_owned();
        }
        if words[place - 1] == "pc" {
            words[place] = "N".to_owned();
        }
    }
    words.join(" ")
}

fn number(word: &str) -> Option<u64> {
    word.parse().ok()
}

/// Whether the times of two lines with the same words are the same, as far as compilers leave them alone.
fn agree(line: &str, come: &str) -> bool {
    words(line).into_iter().zip(words(come)).all(|(one, other)| match (number(one), number(other)) {
        (Some(one), Some(other)) => one.abs_diff(other) <= 200.max(one / 5),
        _ => true,
    })
}

/// The line with the numbers of the one that came, in the columns that it has.
fn renewed(line: &str, come: &str) -> String {
    match (speaker(line), line.split_once(" | "), come.split_once(" | ")) {
        (Some(_), Some((name, _)), Some((_, text))) => format!("{name} | {text}"),
        _ => come.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::compared;

    const DOCUMENT: &str = "text\n\n```\nkernel | a: halted at 1000 ns, pc 0x10\none    | 5 of 5\n...\n\n  \
                            0  1 ms  70 ns\n```\nend\n";

    fn missing(said: &[&str]) -> Vec<String> {
        compared(DOCUMENT, &said.iter().map(|&line| line.to_owned()).collect::<Vec<_>>()).1
    }

    #[test]
    fn lines_come_in_their_order_and_with_their_numbers() {
        let good =
            ["kernel | a: halted at 1100 ns, pc 0x20", "x | more", "one | 5 of 5", "  0    1 ms    80 ns"];
        assert_eq!(missing(&good), [""; 0]);
        let late = ["kernel | a: halted at 2000 ns, pc 0x10", "one | 5 of 5", "0 1 ms 70 ns"];
        assert_eq!(missing(&late), ["kernel | a: halted at 1000 ns, pc 0x10"]);
        assert_eq!(missing(&["one | 5 of 5", good[0], good[3]]), ["one    | 5 of 5"]);
        assert_eq!(
            missing(&[good[0], "one | 4 of 5", "  0 2 ms 80 ns"]),
            ["one    | 5 of 5", "  0  1 ms  70 ns"]
        );
        assert_eq!(compared("no block", &[]).1, ["(there is no transcript)"]);
    }

    #[test]
    fn numbers_are_renewed_where_they_stand() {
        let said =
            ["kernel | a: halted at 2000 ns, pc 0x20", "one | 5 of 5", "  0  1 ms  71 ns"].map(str::to_owned);
        let expected = DOCUMENT.replace("1000 ns, pc 0x10", "2000 ns, pc 0x20").replace("70 ns", "71 ns");
        assert_eq!(compared(DOCUMENT, &said).0, expected);
    }
}
