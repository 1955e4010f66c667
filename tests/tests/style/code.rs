//! Rust text with its comments taken out and its literals emptied, line by line as before.

/// The code of a Rust file: comments are gone, what literals hold has become `_`, line ends have stayed.
pub(crate) fn only_code(text: &str) -> String {
    let mut rest = text;
    let mut code = String::with_capacity(text.len());
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            let length = block_comment(rest);
            keep_line_ends(&rest[..length], "", &mut code);
            length
        } else if let Some(length) = raw_string(rest, &code) {
            keep_line_ends(&rest[..length], "_", &mut code);
            length
        } else if first == '"' {
            let length = quoted(rest, '"').unwrap_or(rest.len());
            keep_line_ends(&rest[..length], "_", &mut code);
            length
        } else if let Some(length) = character(rest) {
            code.push('_');
            length
        } else {
            code.push(first);
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    code
}

/// Puts `filler` where the literal was, on each of its lines.
fn keep_line_ends(literal: &str, filler: &str, code: &mut String) {
    code.push_str(filler);
    for _ in literal.matches('\n') {
        code.push('\n');
        code.push_str(filler);
    }
}

/// Length of a block comment, those inside it included.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// Length of a raw string, if one starts here: `r"…"`, `r#"…"#`; the `r` must not end a longer word.
fn raw_string(text: &str, before: &str) -> Option<usize> {
    let after_r = text.strip_prefix('r')?;
    let in_word = before
        .strip_suffix('b')
        .unwrap_or(before)
        .ends_with(|last: char| last.is_alphanumeric() || last == '_');
    let hashes = after_r.len() - after_r.trim_start_matches('#').len();
    let body = after_r[hashes..].strip_prefix('"')?;
    if in_word {
        return None;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let start = text.len() - body.len();
    Some(body.find(&end).map_or(text.len(), |position| start + position + end.len()))
}

/// Length of a literal between two of `quote`, with escapes.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Length of a character literal, if one starts here. A lifetime (`'static`) is none.
fn character(text: &str) -> Option<usize> {
    let mut inside = text.strip_prefix('\'')?.chars();
    let first = inside.next()?;
    if first == '\\' {
        quoted(text, '\'')
    } else {
        (inside.next() == Some('\'')).then(|| 2 + first.len_utf8())
    }
}

#[test]
fn comments_and_literals_are_taken_out() {
    let text = "a(\"x // y\"); // z\n/* one /* two */ */ b('\\'', 'c', &'static r#\"d\n\"e\"#);\n";
    assert_eq!(only_code(text), "a(_); \n b(_, _, &'static _\n_);\n");
}
