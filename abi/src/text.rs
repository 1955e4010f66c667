//! Text in a fixed buffer: what a kernel has instead of formatting.

/// Text under construction, of at most `SIZE` bytes; what is longer is cut.
#[derive(Clone, Copy, Debug)]
pub struct Text<const SIZE: usize> {
    bytes: [u8; SIZE],
    length: usize,
}

impl<const SIZE: usize> Default for Text<SIZE> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const SIZE: usize> Text<SIZE> {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; SIZE], length: 0 }
    }

    /// Forgets what has been written.
    pub const fn clear(&mut self) {
        self.length = 0;
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
        self.raw(without_padding(name))
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

    /// Appends bytes in place.
    pub fn push(&mut self, bytes: &[u8]) {
        push(&mut self.bytes, &mut self.length, bytes);
    }

    /// Appends a number in decimal, in place.
    pub fn push_decimal(&mut self, value: u64) {
        push_decimal(&mut self.bytes, &mut self.length, value);
    }

    /// Appends a number in hexadecimal, in place.
    pub fn push_hexadecimal(&mut self, value: u64, digits: u32) {
        push_hexadecimal(&mut self.bytes, &mut self.length, value, digits);
    }
}

// These are the same for every size: a kernel has them once.

#[inline(never)]
fn push(buffer: &mut [u8], length: &mut usize, bytes: &[u8]) {
    for &byte in bytes {
        let Some(place) = buffer.get_mut(*length) else { break };
        *place = if matches!(byte, b' '..=b'~' | b'\n') { byte } else { b'?' };
        *length += 1;
    }
}

#[inline(never)]
fn push_decimal(buffer: &mut [u8], length: &mut usize, value: u64) {
    let mut digits = [0u8; 20];
    let mut first = digits.len();
    // Nine digits fit in 32 bits. From a larger number, whose division by a billion is long on some processors, four
    // digits are taken at a time.
    let mut high = value;
    let mut low = 0u32;
    let mut left = 0;
    for (index, digit) in digits.iter_mut().enumerate().rev() {
        if left == 0 {
            (high, low, left) = match u32::try_from(high) {
                Ok(high) => ((high / BILLION).into(), high % BILLION, 9),
                Err(_) => without_four_digits(high),
            };
        }
        *digit = b'0' + (low % 10) as u8;
        low /= 10;
        left -= 1;
        first = index;
        if low == 0 && high == 0 {
            break;
        }
    }
    push(buffer, length, digits.get(first..).unwrap_or(&[]));
}

/// The number without its last four digits, those digits, and how many they are. In steps of 16 bits, for which
/// divisions of 32 bits do.
fn without_four_digits(value: u64) -> (u64, u32, u32) {
    let (mut quotient, mut remainder) = (0, 0);
    for shift in [48, 32, 16, 0] {
        let part = remainder << 16 | (value >> shift) as u32 & 0xffff;
        quotient = quotient << 16 | u64::from(part / 10_000);
        remainder = part % 10_000;
    }
    (quotient, remainder, 4)
}

#[inline(never)]
fn push_hexadecimal(buffer: &mut [u8], length: &mut usize, value: u64, digits: u32) {
    let needed = (64 - value.leading_zeros()).div_ceil(4);
    let mut position = needed.max(digits).clamp(1, 16);
    push(buffer, length, b"0x");
    while position > 0 {
        position -= 1;
        let nibble = (value >> (4 * position)) as u8 & 15;
        push(buffer, length, &[if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble }]);
    }
}

/// A name without the zeros behind it.
#[must_use]
pub fn without_padding(name: &[u8]) -> &[u8] {
    let length = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
    name.get(..length).unwrap_or(name)
}

/// Nine digits.
const BILLION: u32 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{format, string::String};

    const SIZE: usize = 240;

    fn shown(line: Text<SIZE>) -> String {
        String::from_utf8(line.bytes().to_vec()).unwrap()
    }

    proptest! {
        #[test]
        fn numbers_are_as_the_standard_library_has_them(value: u64, small in 0u32..64) {
            let value = value >> small;
            prop_assert_eq!(shown(Text::new().decimal(value)), format!("{value}"));
            prop_assert_eq!(shown(Text::new().hexadecimal(value, 8)), format!("{value:#010x}"));
        }

        #[test]
        fn what_is_too_long_is_cut(text in "[ -~]{0,500}") {
            let cut: String = text.chars().take(SIZE).collect();
            prop_assert_eq!(shown(Text::new().text(&text)), cut);
        }
    }

    #[test]
    fn control_characters_do_not_get_through() {
        assert_eq!(shown(Text::new().raw(b"a\x1b[2Jb").name(b"ctl\0\0")), "a?[2Jbctl");
    }
}
