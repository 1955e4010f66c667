//! printf's formats.
//!
//! Conversions: `d i u x X o c s p f F %`, with the flags `- + space # 0`, width and precision (numbers or `*`) and
//! the lengths `hh h l ll j z t`. Any other conversion is printed as it stands, and takes no argument.

use core::fmt::Write;

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

    /// The next argument of type `double`.
    fn double(&mut self) -> f64 {
        f64::from_bits(self.long_long())
    }
}

/// Length of the digits of any conversion that has no explicit precision; longer precisions of numbers are cut.
const DIGITS: usize = 64;

#[derive(Clone, Copy, Debug, Default)]
struct Specification {
    left: bool,
    plus: bool,
    space: bool,
    alternative: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    length: Length,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Length {
    Char,
    Short,
    #[default]
    Int,
    Long,
    LongLong,
}

/// Digits of a number.
struct Digits {
    bytes: [u8; DIGITS],
    used: usize,
}

impl Digits {
    const EMPTY: Self = Self { bytes: [0; DIGITS], used: 0 };

    fn number(mut value: u64, base: u64, upper: bool) -> Self {
        let alphabet = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
        let mut digits = Self::EMPTY;
        while value != 0 {
            digits.bytes[digits.used] = alphabet[(value % base) as usize];
            digits.used += 1;
            value /= base;
        }
        digits.bytes[..digits.used].reverse();
        digits
    }

    fn text(&self) -> &[u8] {
        &self.bytes[..self.used]
    }
}

impl Write for Digits {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let count = text.len().min(DIGITS - self.used);
        self.bytes[self.used..self.used + count].copy_from_slice(&text.as_bytes()[..count]);
        self.used += count;
        Ok(())
    }
}

/// Output that counts what goes through it.
struct Counter<'a, O: FnMut(&[u8])> {
    output: &'a mut O,
    count: usize,
}

impl<O: FnMut(&[u8])> Counter<'_, O> {
    fn put(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            (self.output)(bytes);
            self.count += bytes.len();
        }
    }

    fn fill(&mut self, byte: u8, count: usize) {
        let block = [byte; 16];
        let mut left = count;
        while left > 0 {
            let now = left.min(block.len());
            self.put(&block[..now]);
            left -= now;
        }
    }

    /// Sign or base, digits and padding of a conversion.
    fn field(&mut self, specification: &Specification, prefix: &[u8], zeros: usize, body: &[u8]) {
        let length = prefix.len() + zeros + body.len();
        let padding = specification.width.saturating_sub(length);
        let pad_with_zeros = specification.zero && !specification.left;
        if !specification.left && !pad_with_zeros {
            self.fill(b' ', padding);
        }
        self.put(prefix);
        self.fill(b'0', zeros + if pad_with_zeros { padding } else { 0 });
        self.put(body);
        if specification.left {
            self.fill(b' ', padding);
        }
    }
}

/// Writes a format's text piece by piece to `output`. Returns its length in bytes.
pub fn format(format: &[u8], arguments: &mut impl Arguments, output: &mut impl FnMut(&[u8])) -> usize {
    let mut counter = Counter { output, count: 0 };
    let mut rest = format;
    while let Some(position) = rest.iter().position(|&byte| byte == b'%') {
        counter.put(&rest[..position]);
        let directive = &rest[position..];
        let mut reader = Reader { bytes: directive, position: 1 };
        let specification = reader.specification(arguments);
        let conversion = reader.next();
        if !convert(&mut counter, conversion, &specification, arguments) {
            counter.put(&directive[..reader.position]);
        }
        rest = &directive[reader.position..];
    }
    counter.put(rest);
    counter.count
}

struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Reader<'_> {
    fn peek(&self) -> u8 {
        self.bytes.get(self.position).copied().unwrap_or(0)
    }

    fn next(&mut self) -> u8 {
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

    fn specification(&mut self, arguments: &mut impl Arguments) -> Specification {
        let mut specification = Specification::default();
        loop {
            match self.peek() {
                b'-' => specification.left = true,
                b'+' => specification.plus = true,
                b' ' => specification.space = true,
                b'#' => specification.alternative = true,
                b'0' => specification.zero = true,
                _ => break,
            }
            self.position += 1;
        }
        let width = self.number(arguments);
        specification.left |= width < 0;
        specification.width = width.unsigned_abs() as usize;
        if self.accept(b'.') {
            specification.precision = usize::try_from(self.number(arguments)).ok();
        }
        specification.length = self.length();
        specification
    }

    fn length(&mut self) -> Length {
        match self.peek() {
            b'h' => {
                self.position += 1;
                if self.accept(b'h') { Length::Char } else { Length::Short }
            }
            b'l' => {
                self.position += 1;
                if self.accept(b'l') { Length::LongLong } else { Length::Long }
            }
            b'j' => {
                self.position += 1;
                Length::LongLong
            }
            b'z' | b't' => {
                self.position += 1;
                Length::Long
            }
            _ => Length::Int,
        }
    }
}

/// Writes one conversion; false if there is no such conversion.
fn convert<O: FnMut(&[u8])>(
    counter: &mut Counter<O>,
    conversion: u8,
    specification: &Specification,
    arguments: &mut impl Arguments,
) -> bool {
    match conversion {
        b'%' => counter.put(b"%"),
        b'd' | b'i' => {
            let value = signed(specification.length, arguments);
            let sign = sign(specification, value < 0);
            number(counter, specification, sign, Digits::number(value.unsigned_abs(), 10, false));
        }
        b'u' => {
            let value = unsigned(specification.length, arguments);
            number(counter, specification, b"", Digits::number(value, 10, false));
        }
        b'o' => {
            let value = unsigned(specification.length, arguments);
            let prefix: &[u8] = if specification.alternative { b"0" } else { b"" };
            number(counter, specification, prefix, Digits::number(value, 8, false));
        }
        b'x' | b'X' => {
            let upper = conversion == b'X';
            let value = unsigned(specification.length, arguments);
            let prefix: &[u8] = match (specification.alternative && value != 0, upper) {
                (false, _) => b"",
                (true, false) => b"0x",
                (true, true) => b"0X",
            };
            number(counter, specification, prefix, Digits::number(value, 16, upper));
        }
        b'p' => number(counter, specification, b"0x", Digits::number(arguments.long() as u64, 16, false)),
        b'c' => {
            let byte = arguments.int() as u8;
            counter.field(&Specification { zero: false, ..*specification }, b"", 0, &[byte]);
        }
        b's' => {
            let limit = specification.precision.unwrap_or(usize::MAX);
            let text = arguments.string(limit).unwrap_or(b"(null)");
            counter.field(&Specification { zero: false, ..*specification }, b"", 0, text);
        }
        b'f' | b'F' => double(counter, specification, arguments.double()),
        _ => return false,
    }
    true
}

fn sign(specification: &Specification, negative: bool) -> &'static [u8] {
    match (negative, specification.plus, specification.space) {
        (true, ..) => b"-",
        (false, true, _) => b"+",
        (false, false, true) => b" ",
        (false, false, false) => b"",
    }
}

fn number<O: FnMut(&[u8])>(
    counter: &mut Counter<O>,
    specification: &Specification,
    prefix: &[u8],
    digits: Digits,
) {
    // With a precision the flag 0 means nothing; without one there is at least one digit.
    let minimum = specification.precision.unwrap_or(1);
    let zeros = minimum.saturating_sub(digits.used);
    let zero = specification.zero && specification.precision.is_none();
    counter.field(&Specification { zero, ..*specification }, prefix, zeros, digits.text());
}

fn double<O: FnMut(&[u8])>(counter: &mut Counter<O>, specification: &Specification, value: f64) {
    let mut digits = Digits::EMPTY;
    let precision = specification.precision.unwrap_or(6).min(30);
    let zero = specification.zero && value.is_finite();
    let written = if value.is_nan() {
        digits.write_str("nan")
    } else if value.is_infinite() {
        digits.write_str("inf")
    } else {
        write!(digits, "{:.*}", precision, value.abs())
    };
    debug_assert!(written.is_ok());
    let prefix = sign(specification, value.is_sign_negative());
    counter.field(&Specification { zero, ..*specification }, prefix, 0, digits.text());
}

fn signed(length: Length, arguments: &mut impl Arguments) -> i64 {
    match length {
        Length::Char => i64::from(arguments.int() as i8),
        Length::Short => i64::from(arguments.int() as i16),
        Length::Int => i64::from(arguments.int() as i32),
        Length::Long => arguments.long() as isize as i64,
        Length::LongLong => arguments.long_long() as i64,
    }
}

fn unsigned(length: Length, arguments: &mut impl Arguments) -> u64 {
    match length {
        Length::Char => u64::from(arguments.int() as u8),
        Length::Short => u64::from(arguments.int() as u16),
        Length::Int => u64::from(arguments.int()),
        Length::Long => arguments.long() as u64,
        Length::LongLong => arguments.long_long(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Arguments as numbers; strings are chosen by number.
    struct Numbers<'a>(&'a [u64]);

    impl Arguments for Numbers<'_> {
        fn int(&mut self) -> u32 {
            self.long_long() as u32
        }

        fn long(&mut self) -> usize {
            self.long_long() as usize
        }

        fn long_long(&mut self) -> u64 {
            let (first, rest) = self.0.split_first().map_or((0, self.0), |(first, rest)| (*first, rest));
            self.0 = rest;
            first
        }

        fn string(&mut self, limit: usize) -> Option<&[u8]> {
            let texts = [None, Some("text"), Some("")];
            let text = texts[self.long_long() as usize % texts.len()]?.as_bytes();
            Some(&text[..text.len().min(limit)])
        }
    }

    fn text(with: &str, arguments: &[u64]) -> String {
        let mut bytes = Vec::new();
        let count =
            format(with.as_bytes(), &mut Numbers(arguments), &mut |piece| bytes.extend_from_slice(piece));
        assert_eq!(count, bytes.len());
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[test]
    fn integers() {
        assert_eq!(text("%d %i", &[5, -5i64 as u64]), "5 -5");
        assert_eq!(text("[%5d][%-5d][%05d]", &[42, 42, -42i64 as u64]), "[   42][42   ][-0042]");
        assert_eq!(text("%+d % d %u", &[1, 2, u64::MAX]), "+1  2 4294967295");
        assert_eq!(text("%x %X %#x %08x %#x", &[255, 255, 255, 0xabcd, 0]), "ff FF 0xff 0000abcd 0");
        assert_eq!(text("%.3d|%5.3d|%.0d|%o", &[7, 7, 0, 8]), "007|  007||10");
        assert_eq!(text("%hhd %hd %lld", &[255, 65535, u64::MAX]), "-1 -1 -1");
        assert_eq!(text("%*d|%-*d|%.*d", &[4, 1, 3, 2, 2, 3]), "   1|2  |03");
        assert_eq!(text("%llu", &[u64::MAX]), "18446744073709551615");
    }

    #[test]
    fn texts() {
        assert_eq!(text("%s|%6s|%-6s|%.2s|%s", &[1, 1, 1, 1, 0]), "text|  text|text  |te|(null)");
        assert_eq!(text("%c%c%%", &[u64::from(b'o'), u64::from(b'k')]), "ok%");
        assert_eq!(text("%p", &[0x1000]), "0x1000");
    }

    #[test]
    fn doubles() {
        assert_eq!(text("%f %.2f", &[1.5f64.to_bits(), (-0.125f64).to_bits()]), "1.500000 -0.12");
        assert_eq!(text("%8.1f|%08.1f", &[2.25f64.to_bits(), 2.25f64.to_bits()]), "     2.2|000002.2");
        assert_eq!(text("%05f %f", &[f64::NAN.to_bits(), f64::INFINITY.to_bits()]), "  nan inf");
    }

    #[test]
    fn what_is_unknown_is_printed() {
        assert_eq!(text("%q 100%", &[]), "%q 100%");
        assert_eq!(text("%5", &[]), "%5");
        assert_eq!(text("plain", &[]), "plain");
    }

    proptest! {
        #[test]
        fn any_format_is_survived(
            with in "[%a-zA-Z0-9.*# +-]{0,40}",
            arguments in prop::collection::vec(0u64..200, 0..8),
        ) {
            text(&with, &arguments);
        }

        #[test]
        fn decimal_numbers_are_as_in_rust(value: i32, long: i64) {
            prop_assert_eq!(text("%d %lld", &[value as u64, long as u64]), format!("{value} {long}"));
        }
    }
}
