//! The system file's bytes as text.

use crate::diagnostics::visible::NOT_SHOWN;
use crate::diagnostics::{Problem, Report, SourceText};

const HELP: &str = "save the file as UTF-8, which TOML is written in";
const HELP_TEXT: &str = "a system file is text, such as `bulkhead new DIR` writes";
const HELP_ELF: &str = "name an image in a system file: image = \"main.exe\"; what `bulkhead build` has made is \
                        for `bulkhead run`";

/// How an ELF file begins.
const ELF: &[u8] = b"\x7fELF";

/// The text of a file; `name` is how messages call it.
///
/// # Errors
/// If it is not UTF-8: a report that points at the first byte which is not.
pub fn text_of(mut bytes: Vec<u8>, name: &str) -> Result<String, Report> {
    let encoding = other_encoding(&bytes);
    let zero = bytes.iter().position(|&byte| byte == 0);
    let valid = std::str::from_utf8(&bytes).map_or_else(|error| error.valid_up_to(), str::len);
    if encoding.is_none() && zero.is_none() && valid == bytes.len() {
        return Ok(String::from_utf8(bytes).unwrap_or_default());
    }
    let problem = if bytes.starts_with(ELF) {
        bytes.truncate(ELF.len());
        Problem::new(0..0, "this file is an ELF file, not a system file").help(HELP_ELF)
    } else if let Some(encoding) = encoding {
        Problem::new(0..0, format!("this file is {encoding}, not UTF-8")).help(HELP)
    } else if let Some(zero) = zero.filter(|&zero| zero < valid) {
        Problem::new(zero..zero + 1, "the zero byte here does not belong to text").help(HELP_TEXT)
    } else {
        let byte = bytes.get(valid).copied().unwrap_or_default();
        let message = format!("the byte {byte:#04x} here does not belong to UTF-8");
        Problem::new(valid..valid + 1, message).help(HELP)
    };
    // One character stands for what cannot be read; all that is before it keeps its place.
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend((!chunk.invalid().is_empty()).then_some(NOT_SHOWN));
    }
    Err(Report::new(SourceText { name: name.to_owned(), text }, vec![problem]))
}

/// Another encoding of text that a file begins like. A text file of ASCII has no zero bytes; as UTF-16 every second one
/// is zero, as UTF-32 three of four.
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
        assert_eq!(
            said(&[0; 8]).as_deref(),
            Some("x.toml:1:1: error: the zero byte here does not belong to text")
        );
        assert_eq!(
            said(b"\x7fELF\x01\0\xff").as_deref(),
            Some("x.toml:1:1: error: this file is an ELF file, not a system file")
        );
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
