//! The rules for names.

use std::ops::Range;

use bulkhead_abi::NAME_LENGTH_MAX;
use bulkhead_abi::system_table::PARTITIONS_MAX;

use crate::diagnostics::Problem;
use crate::system_file::limits::NAME_EXTRA;
use crate::system_file::parse::RawPartition;
use crate::system_file::value::Located;

/// The name under which the kernel's own log appears, so no partition can have it.
const RESERVED: &str = "kernel";

/// Checks the names of all partitions, unless there are too many, and returns one for each; "" where there is none.
pub(super) fn names<'a>(partitions: &'a [RawPartition], problems: &mut Vec<Problem>) -> Vec<&'a str> {
    let mut seen: Vec<(&str, Range<usize>)> = Vec::new();
    let looked_at = if partitions.len() > PARTITIONS_MAX { &[] } else { partitions };
    for name in looked_at.iter().filter_map(|partition| partition.name.as_ref()) {
        if name.value == RESERVED {
            problems.push(
                Problem::new(
                    name.place.clone(),
                    format!("the name `{RESERVED}` is reserved for the kernel's log"),
                )
                .help("name the partition after what it does"),
            );
        } else if let Some(problem) = name_problem(name, "partition") {
            problems.push(problem);
        }
        match seen.iter().find(|(other, _)| *other == name.value) {
            Some((_, place)) => problems.push(
                Problem::new(name.place.clone(), format!("two partitions have the name `{}`", name.value))
                    .related(place.clone(), "the first is here")
                    .help("give each partition a name of its own"),
            ),
            None => seen.push((&name.value, name.place.clone())),
        }
    }
    partitions
        .iter()
        .map(|partition| partition.name.as_ref().map_or("", |name| name.value.as_str()))
        .collect()
}

/// What is wrong with a name, if anything.
pub(super) fn name_problem(name: &Located<String>, noun: &str) -> Option<Problem> {
    let wrong = wrong(&name.value)?;
    Some(Problem::new(name.place.clone(), format!("the name of this {noun} {wrong}")).help(rule()))
}

/// What is wrong with a folder's name as that of the system in it, if anything; `place` is where the name would stand.
pub(super) fn folder_problem(folder: &str, place: Range<usize>) -> Option<Problem> {
    let wrong = wrong(folder)?;
    let message =
        format!("the system has no name, and that of its folder, {folder:?}, cannot be one: it {wrong}");
    Some(Problem::new(place, message).help(format!(
        "add name = \"{}\", or another; {}",
        name_out_of(folder),
        rule()
    )))
}

/// What is wrong with a text as a name, to follow "it".
fn wrong(text: &str) -> Option<String> {
    if text.is_empty() {
        Some("is empty".to_owned())
    } else if let Some(bad) = text.chars().find(|c| !allowed(*c)) {
        Some(format!("has the character {bad:?}"))
    } else if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        Some("does not begin with a letter".to_owned())
    } else if text.len() > NAME_LENGTH_MAX {
        Some(format!("has {} characters", text.len()))
    } else {
        None
    }
}

fn rule() -> String {
    format!(
        "a name has 1 to {NAME_LENGTH_MAX} ASCII letters, digits, `-`, `_` and `.`, and begins with a letter"
    )
}

/// Whether a text can be a name.
pub(crate) fn is_name(text: &str) -> bool {
    wrong(text).is_none()
}

/// A name to propose for a folder whose own cannot be one.
pub(crate) fn name_out_of(folder: &str) -> String {
    let with_dashes: String = folder.chars().map(|c| if allowed(c) { c } else { '-' }).collect();
    let kept = with_dashes.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let kept = kept.get(..NAME_LENGTH_MAX).unwrap_or(kept).trim_end_matches('-');
    if kept.is_empty() { "system".to_owned() } else { kept.to_owned() }
}

fn allowed(character: char) -> bool {
    character.is_ascii_alphanumeric() || NAME_EXTRA.contains(character)
}

#[cfg(test)]
mod tests {
    use super::name_out_of;

    #[test]
    fn folder_names_become_names() {
        assert_eq!(name_out_of("demo"), "demo");
        assert_eq!(name_out_of("2 tickers!"), "tickers");
        assert_eq!(name_out_of("my \u{fc}bung"), "my--bung");
        assert_eq!(name_out_of("…"), "system");
    }
}
