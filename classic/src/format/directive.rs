//! What stands between a format's `%` and the letter of its conversion.

use super::Arguments;

/// Flags, width, precision and length of one directive.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Directive {
    pub(super) left: bool,
    pub(super) plus: bool,
    pub(super) space: bool,
    pub(super) alternative: bool,
    pub(super) zero: bool,
    pub(super) width: usize,
    pub(super) precision: Option<usize>,
    pub(super) length: Length,
}

/// The type of an argument, as a directive's length names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Length {
    Char,
    Short,
    #[default]
    Int,
    Long,
    LongLong,
    LongDouble,
}

/// Reads one directive.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) position: usize,
}

impl Reader<'_> {
    fn peek(&self) -> u8 {
        self.bytes.get(self.position).copied().unwrap_or(0)
    }

    pub(super) fn next(&mut self) -> u8 {
        let byte = self.peek();
        if self.position < self.bytes.len() {
            self.position += 1;
        }
        byte
    }

    fn accept(&mut self, byte: u8) -> bool {
        let accepted = self.peek() == byte;
        self.position += usize::from(accepted);
        accepted
    }

    /// A number or `*`; negative only from an argument.
    fn number(&mut self, arguments: &mut impl Arguments) -> i32 {
        if self.accept(b'*') {
            return arguments.int() as i32;
        }
        let mut number = 0i32;
        while self.peek().is_ascii_digit() {
            number = number.saturating_mul(10).saturating_add(i32::from(self.next() - b'0'));
        }
        number
    }

    pub(super) fn directive(&mut self, arguments: &mut impl Arguments) -> Directive {
        let mut directive = Directive::default();
        loop {
            match self.peek() {
                b'-' => directive.left = true,
                b'+' => directive.plus = true,
                b' ' => directive.space = true,
                b'#' => directive.alternative = true,
                b'0' => directive.zero = true,
                // Groups of thousands: there are none in the locale "C".
                b'\'' => {}
                _ => break,
            }
            self.position += 1;
        }
        let width = self.number(arguments);
        directive.left |= width < 0;
        directive.width = width.unsigned_abs() as usize;
        if self.accept(b'.') {
            directive.precision = usize::try_from(self.number(arguments)).ok();
        }
        directive.length = self.length();
        directive
    }

    fn length(&mut self) -> Length {
        let length = match self.peek() {
            b'h' => Length::Short,
            b'l' | b'z' | b't' => Length::Long,
            b'j' | b'q' => Length::LongLong,
            b'L' => Length::LongDouble,
            _ => return Length::Int,
        };
        let letter = self.next();
        match (letter, self.peek() == letter) {
            (b'h', true) => {
                self.position += 1;
                Length::Char
            }
            (b'l', true) => {
                self.position += 1;
                Length::LongLong
            }
            _ => length,
        }
    }
}
