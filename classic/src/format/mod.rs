//! printf's formats, as C17 7.21.6.1 has them.
//!
//! Every conversion, flag and length of C is known, and prints what the C library of the developer's machine does,
//! with two exceptions: a `long double` is printed as the nearest `double`, and wide characters are printed in UTF-8.
//! Behind a conversion that is not C's nobody knows which arguments it would have taken: it is printed as it stands,
//! and so is the rest of its format.

mod directive;
mod float;
mod output;
#[cfg(test)]
mod tests;

use directive::{Directive, Length, Reader};
use output::Counter;

pub use float::{from_extended, to_extended};

/// Where the arguments of a format come from, in the C calling convention's terms.
pub trait Arguments {
    /// The next argument of type `int` or narrower.
    fn int(&mut self) -> u32;
    /// The next argument of the size of a pointer, such as `long` or `size_t`.
    fn long(&mut self) -> usize;
    /// The next argument of 64 bits.
    fn long_long(&mut self) -> u64;
    /// The next argument, a string: its bytes up to the terminating zero, at most `limit`; `None` for a null pointer.
    fn string(&mut self, limit: usize) -> Option<&[u8]>;
    /// The next argument, a string of `wchar_t`: as [`Arguments::string`].
    fn wide_string(&mut self, limit: usize) -> Option<&[u32]>;
    /// The next argument, a pointer to an integer of `size` bytes, gets `count`.
    fn store(&mut self, size: usize, count: usize);

    /// The next argument of type `double`.
    fn double(&mut self) -> f64 {
        f64::from_bits(self.long_long())
    }

    /// The next argument of type `long double`, where that is a `double`.
    fn long_double(&mut self) -> f64 {
        self.double()
    }
}

/// Length of the digits of any integer: 64 bits in octal.
const DIGITS: usize = 22;

/// Digits of an integer; none for zero.
struct Digits {
    bytes: [u8; DIGITS],
    used: usize,
}

impl Digits {
    fn number(mut value: u64, base: u64, upper: bool) -> Self {
        let alphabet = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
        let mut digits = Self { bytes: [0; DIGITS], used: 0 };
        while value != 0 {
            digits.bytes[digits.used] = alphabet[(value % base) as usize];
            digits.used += 1;
            value /= base;
        }
        digits.bytes[..digits.used].reverse();
        digits
    }
}

/// Writes a format's text piece by piece to `output`. Returns its length in bytes.
pub fn format(format: &[u8], arguments: &mut impl Arguments, output: &mut impl FnMut(&[u8])) -> usize {
    let mut counter = Counter::new(output);
    let mut rest = format;
    while let Some(position) = rest.iter().position(|&byte| byte == b'%') {
        counter.put(&rest[..position]);
        rest = &rest[position..];
        let mut reader = Reader { bytes: rest, position: 1 };
        let directive = reader.directive(arguments);
        let conversion = reader.next();
        if !convert(&mut counter, conversion, &directive, arguments) {
            break;
        }
        rest = &rest[reader.position..];
    }
    counter.put(rest);
    counter.count
}

/// Writes one conversion; false if there is no such conversion.
fn convert<O: FnMut(&[u8])>(
    counter: &mut Counter<O>,
    conversion: u8,
    directive: &Directive,
    arguments: &mut impl Arguments,
) -> bool {
    match conversion {
        b'%' => counter.put(b"%"),
        b'd' | b'i' => {
            let value = signed(directive.length, arguments);
            let sign = sign(directive, value < 0);
            number(counter, directive, sign, Digits::number(value.unsigned_abs(), 10, false));
        }
        b'u' => {
            let value = unsigned(directive.length, arguments);
            number(counter, directive, b"", Digits::number(value, 10, false));
        }
        b'o' => {
            let digits = Digits::number(unsigned(directive.length, arguments), 8, false);
            octal(counter, directive, digits);
        }
        b'x' | b'X' => {
            let upper = conversion == b'X';
            let value = unsigned(directive.length, arguments);
            let prefix: &[u8] = match (directive.alternative && value != 0, upper) {
                (false, _) => b"",
                (true, false) => b"0x",
                (true, true) => b"0X",
            };
            number(counter, directive, prefix, Digits::number(value, 16, upper));
        }
        b'p' => number(counter, directive, b"0x", Digits::number(arguments.long() as u64, 16, false)),
        b'c' if directive.length != Length::Long => text(counter, directive, &[arguments.int() as u8]),
        b'c' | b'C' => {
            let whole = Directive { precision: None, ..*directive };
            wide_text(counter, &whole, &[arguments.int()]);
        }
        b's' if directive.length == Length::Long => wide_string(counter, directive, arguments),
        b's' => {
            let limit = directive.precision.unwrap_or(usize::MAX);
            let bytes = arguments.string(limit).unwrap_or(null(limit));
            text(counter, directive, bytes);
        }
        b'S' => wide_string(counter, directive, arguments),
        b'n' => {
            let size = match directive.length {
                Length::Char => 1,
                Length::Short => 2,
                Length::Int => 4,
                Length::Long => size_of::<usize>(),
                Length::LongLong | Length::LongDouble => 8,
            };
            arguments.store(size, counter.count);
        }
        b'a' | b'A' | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
            let long = directive.length == Length::LongDouble;
            let value = if long { arguments.long_double() } else { arguments.double() };
            float::float(counter, conversion, directive, value);
        }
        _ => return false,
    }
    true
}

/// What is printed for a null pointer, where a string is cut at `limit`.
fn null(limit: usize) -> &'static [u8] {
    &b"(null)"[..limit.min(6)]
}

fn text<O: FnMut(&[u8])>(counter: &mut Counter<O>, directive: &Directive, bytes: &[u8]) {
    let directive = Directive { zero: false, ..*directive };
    counter.field(&directive, b"", 0, bytes.len(), |counter| counter.put(bytes));
}

fn wide_string<O: FnMut(&[u8])>(
    counter: &mut Counter<O>,
    directive: &Directive,
    arguments: &mut impl Arguments,
) {
    match arguments.wide_string(directive.precision.unwrap_or(usize::MAX)) {
        None => text(counter, directive, null(directive.precision.unwrap_or(usize::MAX))),
        Some(characters) => wide_text(counter, directive, characters),
    }
}

/// Wide characters in UTF-8; what is no character is a question mark, and none is cut in two.
fn wide_text<O: FnMut(&[u8])>(counter: &mut Counter<O>, directive: &Directive, characters: &[u32]) {
    let limit = directive.precision.unwrap_or(usize::MAX);
    let character = |&number: &u32| char::from_u32(number).unwrap_or('?');
    let mut length = 0;
    let mut count = 0;
    for next in characters.iter().map(character) {
        if next.len_utf8() > limit - length {
            break;
        }
        length += next.len_utf8();
        count += 1;
    }
    let directive = Directive { zero: false, ..*directive };
    counter.field(&directive, b"", 0, length, |counter| {
        for next in characters[..count].iter().map(character) {
            counter.put(next.encode_utf8(&mut [0; 4]).as_bytes());
        }
    });
}

fn sign(directive: &Directive, negative: bool) -> &'static [u8] {
    match (negative, directive.plus, directive.space) {
        (true, ..) => b"-",
        (false, true, _) => b"+",
        (false, false, true) => b" ",
        (false, false, false) => b"",
    }
}

fn number<O: FnMut(&[u8])>(counter: &mut Counter<O>, directive: &Directive, prefix: &[u8], digits: Digits) {
    // With a precision the flag 0 means nothing; without one there is at least one digit.
    let minimum = directive.precision.unwrap_or(1);
    let zeros = minimum.saturating_sub(digits.used);
    let directive = Directive { zero: directive.zero && directive.precision.is_none(), ..*directive };
    counter
        .field(&directive, prefix, zeros, digits.used, |counter| counter.put(&digits.bytes[..digits.used]));
}

/// With the flag `#` the first digit is a zero; it counts for the precision.
fn octal<O: FnMut(&[u8])>(counter: &mut Counter<O>, directive: &Directive, digits: Digits) {
    let enough = directive.precision.unwrap_or(1) > digits.used;
    let prefix: &[u8] = if directive.alternative && !enough { b"0" } else { b"" };
    number(counter, directive, prefix, digits);
}

fn signed(length: Length, arguments: &mut impl Arguments) -> i64 {
    match length {
        Length::Char => i64::from(arguments.int() as i8),
        Length::Short => i64::from(arguments.int() as i16),
        Length::Int => i64::from(arguments.int() as i32),
        Length::Long => arguments.long() as isize as i64,
        Length::LongLong | Length::LongDouble => arguments.long_long() as i64,
    }
}

fn unsigned(length: Length, arguments: &mut impl Arguments) -> u64 {
    match length {
        Length::Char => u64::from(arguments.int() as u8),
        Length::Short => u64::from(arguments.int() as u16),
        Length::Int => u64::from(arguments.int()),
        Length::Long => arguments.long() as u64,
        Length::LongLong | Length::LongDouble => arguments.long_long(),
    }
}
