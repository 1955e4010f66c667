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
    let text = &name.value;
    let message = if text.is_empty() {
        format!("the name of this {noun} is empty")
    } else if let Some(bad) = text.chars().find(|c| !allowed(*c)) {
        format!("the name of this {noun} has the character {bad:?}")
    } else if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        format!("the name of this {noun} does not begin with a letter")
    } else if text.len() > NAME_LENGTH_MAX {
        format!("the name of this {noun} has {} characters", text.len())
    } else {
        return None;
    };
    Some(Problem::new(name.place.clone(), message).help(format!(
        "a name has 1 to {NAME_LENGTH_MAX} ASCII letters, digits, `-`, `_` and `.`, and begins with a letter"
    )))
}

/// A system's name made out of the name of its folder.
pub(super) fn name_out_of(folder: &str) -> String {
    let kept: String = folder
        .chars()
        .filter(|c| allowed(*c))
        .skip_while(|c| !c.is_ascii_alphabetic())
        .take(NAME_LENGTH_MAX)
        .collect();
    if kept.is_empty() { "system".to_owned() } else { kept }
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
        assert_eq!(name_out_of("…"), "system");
    }
}
