//! Takes typed values out of a TOML table and collects what is wrong with them.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostics::{Problem, known_names};
use crate::units::UnitError;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) place: Range<usize>,
}

/// A table of the system file while its keys are being taken.
pub(crate) struct TableReader<'a, 'text> {
    table: &'a DeTable<'text>,
    /// How messages call the table, such as `[system]`.
    name: &'static str,
    /// Where messages about a missing key point.
    place: Range<usize>,
    known: Vec<&'static str>,
}

impl<'a, 'text> TableReader<'a, 'text> {
    pub(crate) fn new(table: &'a DeTable<'text>, name: &'static str, place: Range<usize>) -> Self {
        Self { table, name, place, known: Vec::new() }
    }

    /// The value of a key, whatever its type.
    pub(crate) fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'text>>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// A string, if the key is there and is one.
    pub(crate) fn string(
        &mut self,
        key: &'static str,
        example: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<Located<String>> {
        let value = self.value(key)?;
        let text = string_of(value, key, example, problems)?;
        Some(Located { value: text, place: value.span() })
    }

    /// Strings, if the key is there and is an array of nothing else.
    pub(crate) fn strings(
        &mut self,
        key: &'static str,
        example: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<Located<Vec<Located<String>>>> {
        strings_of(self.value(key)?, key, example, problems)
    }

    /// A duration or size.
    pub(crate) fn quantity(
        &mut self,
        key: &'static str,
        example: &str,
        read: fn(&str) -> Result<u64, UnitError>,
        problems: &mut Vec<Problem>,
    ) -> Option<Located<u64>> {
        let text = self.string(key, example, problems)?;
        match read(&text.value) {
            Ok(value) => Some(Located { value, place: text.place }),
            Err(error) => {
                problems.push(Problem::new(text.place, error.message).help(error.help));
                None
            }
        }
    }

    /// A whole number, if the key is there and is one.
    pub(crate) fn integer(
        &mut self,
        key: &'static str,
        example: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<Located<i64>> {
        let value = self.value(key)?;
        let DeValue::Integer(number) = value.get_ref() else {
            problems.push(wrong_type(value, key, "an integer", example));
            return None;
        };
        let Ok(read) = i64::from_str_radix(number.as_str(), number.radix()) else {
            problems.push(
                Problem::new(value.span(), format!("the number of `{key}` does not fit 64 bits"))
                    .help(format!("write one such as {key} = {example}")),
            );
            return None;
        };
        Some(Located { value: read, place: value.span() })
    }

    /// Yes or no, if the key is there and is that.
    pub(crate) fn boolean(
        &mut self,
        key: &'static str,
        problems: &mut Vec<Problem>,
    ) -> Option<Located<bool>> {
        let value = self.value(key)?;
        let DeValue::Boolean(given) = value.get_ref() else {
            problems.push(wrong_type(value, key, "a boolean", "true"));
            return None;
        };
        Some(Located { value: *given, place: value.span() })
    }

    /// Where the value of a key stands, whatever its type.
    pub(crate) fn place_of(&self, key: &str) -> Option<Range<usize>> {
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value.span())
    }

    /// Complains if the key is not there.
    pub(crate) fn require(&self, key: &str, example: &str, problems: &mut Vec<Problem>) {
        if !self.has(key) {
            problems.push(
                Problem::new(self.place.clone(), format!("{} has no `{key}`", self.name))
                    .help(format!("add {key} = {example}")),
            );
        }
    }

    /// Whether the key is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.iter().any(|(name, _)| name.get_ref() == key)
    }

    /// Complains about every key that nobody asked for.
    pub(crate) fn finish(self, problems: &mut Vec<Problem>) {
        for (name, value) in self.table {
            if !self.known.iter().any(|known| name.get_ref() == known) {
                let place = elsewhere(self.name, name.get_ref(), value.get_ref());
                let help = place
                    .map_or_else(|| known_names(name.get_ref(), "keys here", &self.known), str::to_owned);
                let text = format!("unknown key `{}` in {}", name.get_ref(), self.name);
                problems.push(Problem::new(name.span(), text).help(help));
            }
        }
    }
}

/// Where a key belongs that people look for in this table.
fn elsewhere(table: &str, key: &str, value: &DeValue<'_>) -> Option<&'static str> {
    let is_response = || value.as_table().is_none_or(|value| value.contains_key("action"));
    Some(match (table, key) {
        ("[[partition]]", "on-fault") => {
            "what is done about faults is in [partition.health]: each is \"idle\" there without a word"
        }
        ("[[partition]]", "device" | "devices") => {
            "write it as [[device]], with the partition's name as its owner"
        }
        (
            "[[partition]]",
            "include" | "define" | "optimization" | "c-flags" | "cxx-flags" | "link-flags" | "libraries",
        ) => "write it in [partition.build] below the [[partition]], or in [build] for all",
        ("[[partition]]", "window" | "windows") => {
            "write each as [[window]], with the partition's name as partition"
        }
        ("the system file", "at-change") => {
            "write it as [schedule.at-change] below the [[schedule]] that it is of"
        }
        ("[health]", _) if !is_response() => {
            "what differs for one partition stands in [partition.health] below its [[partition]]"
        }
        _ => return None,
    })
}

/// The text of a value, or a complaint that it is none.
pub(crate) fn string_of(
    value: &Spanned<DeValue<'_>>,
    key: &str,
    example: &str,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    let text = value.get_ref().as_str();
    if text.is_none() {
        problems.push(wrong_type(value, key, "a string", example));
    }
    text.map(str::to_owned)
}

/// The texts of an array of nothing else; `None` with a complaint if it is none.
pub(crate) fn strings_of(
    value: &Spanned<DeValue<'_>>,
    key: &str,
    example: &str,
    problems: &mut Vec<Problem>,
) -> Option<Located<Vec<Located<String>>>> {
    let DeValue::Array(array) = value.get_ref() else {
        problems.push(wrong_type(value, key, "an array of strings", example));
        return None;
    };
    let before = problems.len();
    let mut found = Vec::new();
    for element in array {
        if let Some(text) = string_of(element, key, example, problems) {
            found.push(Located { value: text, place: element.span() });
        }
    }
    (problems.len() == before).then(|| Located { value: found, place: value.span() })
}

/// The tables of an array of nothing else; `None` with a complaint if it is no array.
pub(crate) fn tables_of<'a, 'text>(
    value: &'a Spanned<DeValue<'text>>,
    key: &str,
    example: &str,
    problems: &mut Vec<Problem>,
) -> Option<Vec<(&'a DeTable<'text>, Range<usize>)>> {
    let wanted = "an array of tables";
    let DeValue::Array(array) = value.get_ref() else {
        problems.push(wrong_type(value, key, wanted, example));
        return None;
    };
    let mut found = Vec::new();
    for element in array {
        match element.get_ref() {
            DeValue::Table(table) => found.push((table, element.span())),
            _ => problems.push(wrong_type(element, key, wanted, example)),
        }
    }
    Some(found)
}

/// The complaint that a value has another type than its key wants.
pub(crate) fn wrong_type(value: &Spanned<DeValue<'_>>, key: &str, wanted: &str, example: &str) -> Problem {
    Problem::new(value.span(), format!("`{key}` is {}, not {wanted}", type_text(value.get_ref())))
        .help(format!("write {key} = {example}"))
}

fn type_text(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a floating-point number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
