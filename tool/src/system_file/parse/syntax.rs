//! What is said of a text that is no TOML.

use std::ops::Range;

use crate::diagnostics::Problem;

/// The tables of which there can be several, each below a heading in two pairs of brackets.
const SEVERAL: [&str; 6] = ["partition", "window", "schedule", "channel", "region", "device"];

/// A problem for each of the parser's errors. The keys of a table that is there already are not told one by one.
pub(crate) fn problems(errors: &[toml::de::Error], text: &str) -> Vec<Problem> {
    let mut told = Vec::new();
    let mut within = 0..0;
    for error in errors {
        let place = error.span().unwrap_or(text.len()..text.len());
        let duplicate = error.message() == "duplicate key";
        if duplicate && within.contains(&place.start) {
            continue;
        }
        if duplicate && is_heading(text, place.start) {
            within = place.start..table_end(text, place.end);
        }
        told.push(problem(error.message(), place, text));
    }
    told
}

fn problem(message: &str, place: Range<usize>, text: &str) -> Problem {
    let mut lines = message.lines();
    let first = lines.next().unwrap_or("it cannot be read");
    let rest: Vec<&str> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
    let (first, help) = if first == "duplicate key" {
        let double = text.get(..place.start).unwrap_or_default().trim_end().ends_with("[[");
        of_duplicate(text.get(place.clone()).unwrap_or_default(), is_heading(text, place.start), double)
    } else if first.contains("recurs") {
        let help = "nothing in a system file is deeper than a table in an array in a table";
        ("tables or arrays lie too deep in each other".to_owned(), help.to_owned())
    } else {
        (first.to_owned(), rest.join("; "))
    };
    let problem = Problem::new(place, format!("syntax error: {first}"));
    if help.is_empty() { problem } else { problem.help(help) }
}

/// A table that can stand below one of these.
fn part(name: &str) -> &'static str {
    if name == "schedule" { "at-change" } else { "health" }
}

/// What is said of a name that is there already, of a table, whose heading may have two pairs of brackets, or of a key.
fn of_duplicate(name: &str, heading: bool, double: bool) -> (String, String) {
    if !heading {
        (format!("this table has `{name}` already"), "keep one of the two".to_owned())
    } else if SEVERAL.contains(&name) {
        let help = if double {
            format!("write the first [[{name}]] before what is of it, such as [{name}.{}]", part(name))
        } else {
            format!("write each as [[{name}]], of which there can be several")
        };
        (format!("there is a `{name}` already"), help)
    } else {
        (format!("there is a table `{name}` already"), "write all its keys below one heading".to_owned())
    }
}

/// Whether what stands here is in the heading of a table, between its brackets.
fn is_heading(text: &str, place: usize) -> bool {
    let before = text.get(..place).unwrap_or_default();
    before.rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with('['))
}

/// Where the table ends of which this place is in the heading.
fn table_end(text: &str, place: usize) -> usize {
    let behind = text.get(place..).unwrap_or_default();
    let mut end = place;
    for (number, line) in behind.split_inclusive('\n').enumerate() {
        if number > 0 && line.trim_start().starts_with('[') {
            break;
        }
        end += line.len();
    }
    end
}
