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
    #[inline(always)]
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.push(bytes);
        self
    }

    /// Appends text.
    #[inline(always)]
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.raw(text.as_bytes())
    }

    /// Appends a name that is padded with zeros.
    #[inline(always)]
    #[must_use]
    pub fn name(self, name: &[u8]) -> Self {
        let length = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
        self.raw(name.get(..length).unwrap_or(name))
    }

    /// Appends a number in decimal.
    #[inline(always)]
    #[must_use]
    pub fn decimal(mut self, value: u64) -> Self {
        self.push_decimal(value);
        self
    }

    /// Appends a number in hexadecimal, with `0x` and at least `digits` digits.
    #[inline(always)]
    #[must_use]
    pub fn hexadecimal(mut self, value: u64, digits: u32) -> Self {
        self.push_hexadecimal(value, digits);
        self
    }

    // A line is large, and these work where it is: the functions above are nothing but their names.

    #[inline(never)]
    fn push(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let Some(slot) = self.bytes.get_mut(self.length) else { break };
            *slot = if matches!(byte, b' '..=b'~' | b'\n') { byte } else { b'?' };
            self.length += 1;
        }
    }

    #[inline(never)]
    fn push_decimal(&mut self, value: u64) {
        let mut digits = [0u8; 20];
        let mut first = digits.len();
        // Nine digits fit in 32 bits, and divisions of 64 bits are long on some processors.
        let mut high = value;
        let mut low = 0u32;
        let mut left = 0;
        for (index, digit) in digits.iter_mut().enumerate().rev() {
            if left == 0 {
                (high, low) = match u32::try_from(high) {
                    Ok(high) => ((high / BILLION).into(), high % BILLION),
                    Err(_) => (high / u64::from(BILLION), (high % u64::from(BILLION)) as u32),
                };
                left = 9;
            }
            *digit = b'0' + (low % 10) as u8;
            low /= 10;
            left -= 1;
            first = index;
            if low == 0 && high == 0 {
                break;
            }
        }
        self.push(digits.get(first..).unwrap_or(&[]));
    }

    #[inline(never)]
    fn push_hexadecimal(&mut self, value: u64, digits: u32) {
        let needed = (64 - value.leading_zeros()).div_ceil(4);
        let mut position = needed.max(digits).clamp(1, 16);
        self.push(b"0x");
        while position > 0 {
            position -= 1;
            let nibble = (value >> (4 * position)) as u8 & 15;
            self.push(&[if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble }]);
        }
    }
}

/// Nine digits.
const BILLION: u32 = 1_000_000_000;

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
