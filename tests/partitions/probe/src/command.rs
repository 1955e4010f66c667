//! Numbers from the command line.

/// The number after `key=` among the words of `line`, or `default`.
pub(crate) fn number(line: &str, key: &str, default: u64) -> u64 {
    line.split(' ')
        .filter_map(|word| word.split_once('='))
        .find(|(name, _)| *name == key)
        .and_then(|(_, digits)| digits.parse().ok())
        .unwrap_or(default)
}
