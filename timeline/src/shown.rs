//! Texts of programs, as documents show them.

/// A text without what documents have no place for, or what would make them show another: control characters, and those
/// that turn the direction of writing round. In the place of each stands U+FFFD.
pub(crate) fn shown(text: &str) -> String {
    let is_shown = |letter: char| {
        let turns =
            matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        !letter.is_control() && !turns && !matches!(letter, '\u{fffe}' | '\u{ffff}')
    };
    text.chars().map(|letter| if is_shown(letter) { letter } else { '\u{fffd}' }).collect()
}
