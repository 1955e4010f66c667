//! A line of text in a fixed buffer: what the kernel has instead of formatting.

/// Bytes that a line holds; what is longer is cut.
pub const LINE_SIZE: usize = 240;

/// A line under construction.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    bytes: [u8; LINE_SIZE],
    length: usize,
}

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}

impl Line {
    /// An empty line.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; LINE_SIZE], length: 0 }
    }

    /// What has been written.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    /// Appends bytes; anything but printable ASCII is shown as `?`, since names come from outside.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        for &byte in bytes {
            let Some(slot) = self.bytes.get_mut(self.length) else { break };
            *slot = if matches!(byte, b' '..=b'~' | b'\n') { byte } else { b'?' };
            self.length += 1;
        }
        self
    }

    /// Appends text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.raw(text.as_bytes())
    }

    /// Appends a name that is padded with zeros.
    #[must_use]
    pub fn name(self, name: &[u8]) -> Self {
        let length = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
        self.raw(name.get(..length).unwrap_or(name))
    }

    /// Appends a number in decimal.
    #[must_use]
    pub fn decimal(self, value: u64) -> Self {
        let mut digits = [0u8; 20];
        let mut rest = value;
        let mut first = digits.len();
        for (index, digit) in digits.iter_mut().enumerate().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            first = index;
            if rest == 0 {
                break;
            }
        }
        self.raw(digits.get(first..).unwrap_or(&[]))
    }

    /// Appends a number in hexadecimal, with `0x` and at least `digits` digits.
    #[must_use]
    pub fn hexadecimal(self, value: u64, digits: u32) -> Self {
        let needed = (64 - value.leading_zeros()).div_ceil(4);
        let mut position = needed.max(digits).clamp(1, 16);
        let mut line = self.text("0x");
        while position > 0 {
            position -= 1;
            let nibble = (value >> (4 * position)) as u8 & 15;
            line = line.raw(&[if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble }]);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{format, string::String};

    fn shown(line: Line) -> String {
        String::from_utf8(line.bytes().to_vec()).unwrap()
    }

    proptest! {
        #[test]
        fn numbers_are_as_the_standard_library_has_them(value: u64) {
            prop_assert_eq!(shown(Line::new().decimal(value)), format!("{value}"));
            prop_assert_eq!(shown(Line::new().hexadecimal(value, 8)), format!("{value:#010x}"));
        }

        #[test]
        fn what_is_too_long_is_cut(text in "[ -~]{0,500}") {
            let cut: String = text.chars().take(LINE_SIZE).collect();
            prop_assert_eq!(shown(Line::new().text(&text)), cut);
        }
    }

    #[test]
    fn control_characters_do_not_get_through() {
        assert_eq!(shown(Line::new().raw(b"a\x1b[2Jb").name(b"ctl\0\0")), "a?[2Jbctl");
    }
}
