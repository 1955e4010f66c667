//! Text of a file as it may be shown: nothing in it moves the cursor, turns the line around, or fills the screen.

/// Whether a character does something else than stand there: control characters, what changes the direction of
/// writing (Unicode 15, UAX 9, 2.1 to 2.5), and separators of lines.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{feff}'
        )
}

/// The text with each such character spelled out, `\u{1b}` for example.
pub(crate) fn spelled(text: &str) -> String {
    spelled_but(text, |_| false)
}

/// The same for text of several lines.
pub(crate) fn spelled_lines(text: &str) -> String {
    spelled_but(text, |character| character == '\n')
}

fn spelled_but(text: &str, kept: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if acts(character) && !kept(character) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

/// What stands in a line for something that cannot be shown, as `ls` has it.
pub(crate) const NOT_SHOWN: char = '?';

/// What stands for a character in a line that is shown with marks below: one column, as the character has.
pub(super) fn in_a_line(character: char) -> char {
    if acts(character) && character != '\t' { NOT_SHOWN } else { character }
}

/// The text, with something left out of its middle where it has more than `most` characters.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let (head, tail) = (most * 2 / 3, most / 3);
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(count - tail).collect();
    format!("{start} [... {} characters ...] {end}", count - head - tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_spelled() {
        assert_eq!(spelled("a\u{1b}[2J\u{202e}\u{9b}\nä"), "a\\u{1b}[2J\\u{202e}\\u{9b}\\nä");
        assert_eq!(spelled_lines("a\nb\r"), "a\nb\\r");
        assert_eq!(in_a_line('\u{2066}'), '?');
        assert_eq!((in_a_line('\t'), in_a_line('é')), ('\t', 'é'));
    }

    #[test]
    fn long_texts_lose_their_middle() {
        assert_eq!(shortened("abc", 3), "abc");
        let long = "x".repeat(1000);
        assert_eq!(shortened(&long, 9), "xxxxxx [... 991 characters ...] xxx");
    }
}
