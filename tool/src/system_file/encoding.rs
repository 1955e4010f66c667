//! The system file's bytes as text.

use crate::diagnostics::{Problem, Report, SourceText};

const HELP: &str = "save the file as UTF-8, which TOML is written in";

/// The text of a file; `name` is how messages call it.
///
/// # Errors
/// If it is not UTF-8: a report that points at the first byte which is not.
pub fn text_of(bytes: Vec<u8>, name: &str) -> Result<String, Report> {
    let encoding = other_encoding(&bytes);
    if encoding.is_none() && std::str::from_utf8(&bytes).is_ok() {
        return Ok(String::from_utf8(bytes).unwrap_or_default());
    }
    let valid = std::str::from_utf8(&bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let problem = match (encoding, bytes.get(valid)) {
        (Some(encoding), _) => Problem::new(0..0, format!("this file is {encoding}, not UTF-8")),
        (None, byte) => {
            let byte = byte.copied().unwrap_or_default();
            Problem::new(valid..valid + 1, format!("the byte {byte:#04x} here does not belong to UTF-8"))
        }
    };
    // What cannot be read is shown as the character for that; all that is before it keeps its place.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Err(Report::new(SourceText { name: name.to_owned(), text }, vec![problem.help(HELP)]))
}

/// Another encoding of text that a file begins like. A text file of ASCII has no zero bytes; as UTF-16 every second one is
/// zero, as UTF-32 three of four.
fn other_encoding(bytes: &[u8]) -> Option<&'static str> {
    match *bytes {
        // A file of zeros is no text at all.
        [0, 0, 0, 0, ..] => None,
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [_, 0, 0, 0, ..] | [0, 0, 0, _, ..] => {
            Some("UTF-32")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, _, 0, ..] | [0, _, 0, _, ..] => Some("UTF-16"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bytes: &[u8]) -> Option<String> {
        text_of(bytes.to_vec(), "x.toml")
            .err()
            .and_then(|report| report.plain().lines().next().map(str::to_owned))
    }

    #[test]
    fn what_is_no_utf_8_is_told_with_its_place() {
        assert_eq!(said("name = 'ä'".as_bytes()), None);
        assert_eq!(said(b""), None);
        assert_eq!(said(&[0; 8]), None);
        let latin = said(b"[system]\nname = '\xe4'\n");
        assert_eq!(latin.as_deref(), Some("x.toml:2:9: error: the byte 0xe4 here does not belong to UTF-8"));
        let wide =
            |text: &str, order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        for text in ["\u{feff}[system]", "[system]"] {
            for order in [u16::to_le_bytes, u16::to_be_bytes] {
                let expected = "x.toml:1:1: error: this file is UTF-16, not UTF-8";
                assert_eq!(said(&wide(text, order)).as_deref(), Some(expected));
            }
        }
    }
}
