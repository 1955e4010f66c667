//! The conversions of floating-point numbers: `f F e E g G a A`, rounded correctly, a tie to even.

use core::fmt::Write;

use super::directive::Directive;
use super::output::Counter;
use super::sign;

/// From here on the digits of a `double` are zeros: none has more behind its point.
const FRACTION: usize = 1080;

/// Digits of the hexadecimal fraction of a `double`.
const HEXADECIMAL_FRACTION: usize = 13;

/// Writes one number.
pub(super) fn float<O: FnMut(&[u8])>(
    counter: &mut Counter<O>,
    conversion: u8,
    directive: &Directive,
    value: f64,
) {
    let upper = conversion.is_ascii_uppercase();
    let sign = sign(directive, value.is_sign_negative());
    let magnitude = value.abs();
    if !magnitude.is_finite() {
        let text: &[u8] = match (magnitude.is_nan(), upper) {
            (true, false) => b"nan",
            (true, true) => b"NAN",
            (false, false) => b"inf",
            (false, true) => b"INF",
        };
        let directive = Directive { zero: false, ..*directive };
        return counter.field(&directive, sign, 0, text.len(), |counter| counter.put(text));
    }
    match conversion.to_ascii_lowercase() {
        b'a' => hexadecimal(counter, directive, sign, magnitude, upper),
        b'e' => {
            let precision = directive.precision.unwrap_or(6);
            Decimal::new(magnitude, true, precision, directive.alternative)
                .write(counter, directive, sign, upper);
        }
        b'g' => general(magnitude, directive).write(counter, directive, sign, upper),
        _ => {
            let precision = directive.precision.unwrap_or(6);
            Decimal::new(magnitude, false, precision, directive.alternative)
                .write(counter, directive, sign, upper);
        }
    }
}

/// The form that `%g` chooses (C17 7.21.6.1): by the exponent that the number has once it is rounded.
fn general(magnitude: f64, directive: &Directive) -> Decimal {
    let digits = directive.precision.unwrap_or(6).max(1);
    let exponent = digits_of(magnitude, true, (digits - 1).min(FRACTION), &mut |_| {});
    let scientific = exponent < -4 || usize::try_from(exponent).is_ok_and(|exponent| exponent >= digits);
    let precision = match (scientific, usize::try_from(exponent)) {
        (true, _) => digits - 1,
        (false, Ok(exponent)) => digits - 1 - exponent,
        (false, Err(_)) => digits - 1 + exponent.unsigned_abs() as usize,
    };
    let decimal = Decimal::new(magnitude, scientific, precision, directive.alternative);
    if directive.alternative { decimal } else { decimal.without_trailing_zeros() }
}

/// A number in decimal, and how much of it is written.
struct Decimal {
    magnitude: f64,
    scientific: bool,
    /// Digits behind the point that are asked of the number.
    fraction: usize,
    /// How many bytes of digits and point are written.
    length: usize,
    /// Zeros behind them.
    zeros: usize,
    /// Whether a point stands behind them although no digit follows.
    point: bool,
    exponent: i32,
}

impl Decimal {
    fn new(magnitude: f64, scientific: bool, precision: usize, alternative: bool) -> Self {
        let fraction = precision.min(FRACTION);
        let mut length = 0;
        let exponent = digits_of(magnitude, scientific, fraction, &mut |piece| length += piece.len());
        let point = alternative && precision == 0;
        Self { magnitude, scientific, fraction, length, zeros: precision - fraction, point, exponent }
    }

    fn without_trailing_zeros(mut self) -> Self {
        let (mut position, mut behind_point, mut length) = (0, false, 0);
        digits_of(self.magnitude, self.scientific, self.fraction, &mut |piece| {
            for &byte in piece {
                behind_point |= byte == b'.';
                position += 1;
                // The point itself goes with the last digit behind it.
                if !behind_point || !matches!(byte, b'0' | b'.') {
                    length = position;
                }
            }
        });
        self.length = length;
        self.zeros = 0;
        self
    }

    fn write<O: FnMut(&[u8])>(
        &self,
        counter: &mut Counter<O>,
        directive: &Directive,
        sign: &[u8],
        upper: bool,
    ) {
        let exponent = Exponent::new(if upper { b'E' } else { b'e' }, self.exponent, 2);
        let exponent = if self.scientific { exponent.text() } else { b"" };
        let length = (self.length + usize::from(self.point) + exponent.len()).saturating_add(self.zeros);
        counter.field(directive, sign, 0, length, |counter| {
            let mut left = self.length;
            digits_of(self.magnitude, self.scientific, self.fraction, &mut |piece| {
                let now = piece.len().min(left);
                counter.put(&piece[..now]);
                left -= now;
            });
            counter.put(if self.point { b"." } else { b"" });
            counter.fill(b'0', self.zeros);
            counter.put(exponent);
        });
    }
}

/// Gives digits and point of a number to `output`, in pieces; returns its exponent, 0 if it is not scientific.
fn digits_of(magnitude: f64, scientific: bool, fraction: usize, output: &mut dyn FnMut(&[u8])) -> i32 {
    let mut pieces = Pieces { output, in_exponent: false, negative: false, exponent: 0 };
    let written = if scientific {
        write!(pieces, "{magnitude:.fraction$e}")
    } else {
        write!(pieces, "{magnitude:.fraction$}")
    };
    debug_assert!(written.is_ok());
    if pieces.negative { -pieces.exponent } else { pieces.exponent }
}

/// Takes the exponent of what is written apart from its digits.
struct Pieces<'a> {
    output: &'a mut dyn FnMut(&[u8]),
    in_exponent: bool,
    negative: bool,
    exponent: i32,
}

impl Write for Pieces<'_> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let bytes = text.as_bytes();
        let exponent = if self.in_exponent {
            0
        } else {
            bytes.iter().position(|&byte| byte == b'e').unwrap_or(bytes.len())
        };
        if exponent > 0 {
            (self.output)(&bytes[..exponent]);
        }
        for &byte in &bytes[exponent..] {
            match byte {
                b'e' => self.in_exponent = true,
                b'-' => self.negative = true,
                digit => self.exponent = self.exponent * 10 + i32::from(digit.wrapping_sub(b'0')),
            }
        }
        Ok(())
    }
}

/// An exponent's text: its letter, a sign, digits.
struct Exponent {
    bytes: [u8; 8],
    used: usize,
}

impl Exponent {
    fn new(letter: u8, value: i32, digits: u32) -> Self {
        let mut exponent = Self { bytes: [0; 8], used: 0 };
        exponent.push(letter);
        exponent.push(if value < 0 { b'-' } else { b'+' });
        let magnitude = value.unsigned_abs();
        // A `double` has at most four.
        for place in (0..4).rev() {
            let power = 10u32.pow(place);
            if magnitude >= power || place < digits {
                exponent.push(b'0' + (magnitude / power % 10) as u8);
            }
        }
        exponent
    }

    fn push(&mut self, byte: u8) {
        self.bytes[self.used] = byte;
        self.used += 1;
    }

    fn text(&self) -> &[u8] {
        &self.bytes[..self.used]
    }
}

fn hexadecimal<O: FnMut(&[u8])>(
    counter: &mut Counter<O>,
    directive: &Directive,
    sign: &[u8],
    magnitude: f64,
    upper: bool,
) {
    let bits = magnitude.to_bits();
    let (biased, mut fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
    let mut leading = u64::from(biased != 0);
    let exponent = if bits == 0 { 0 } else { biased.max(1) - 1023 };
    let places = directive.precision.unwrap_or(HEXADECIMAL_FRACTION).min(HEXADECIMAL_FRACTION);
    let cut = 4 * (HEXADECIMAL_FRACTION - places) as u32;
    if cut > 0 {
        let (whole, rest, half) =
            ((leading << 52 | fraction) >> cut, fraction & ((1 << cut) - 1), 1 << (cut - 1));
        let rounded = whole + u64::from(rest > half || rest == half && whole & 1 == 1);
        leading = rounded << cut >> 52;
        fraction = rounded << cut & ((1 << 52) - 1);
    }
    let alphabet = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    let mut digits = [0; HEXADECIMAL_FRACTION];
    for (place, digit) in digits.iter_mut().enumerate() {
        *digit = alphabet[(fraction >> (48 - 4 * place) & 0xf) as usize];
    }
    let shown = match directive.precision {
        Some(_) => places,
        None => digits.iter().rposition(|&digit| digit != b'0').map_or(0, |last| last + 1),
    };
    let zeros = directive.precision.map_or(0, |precision| precision - places);
    let point: &[u8] = if shown + zeros > 0 || directive.alternative { b"." } else { b"" };
    let exponent = Exponent::new(if upper { b'P' } else { b'p' }, exponent, 1);
    let mut prefix = [0; 3];
    prefix[..sign.len()].copy_from_slice(sign);
    prefix[sign.len()..sign.len() + 2].copy_from_slice(if upper { b"0X" } else { b"0x" });
    let length = (1 + point.len() + shown + exponent.used).saturating_add(zeros);
    counter.field(directive, &prefix[..sign.len() + 2], 0, length, |counter| {
        counter.put(&[b'0' + leading as u8]);
        counter.put(point);
        counter.put(&digits[..shown]);
        counter.fill(b'0', zeros);
        counter.put(exponent.text());
    });
}

/// The nearest `double` to a number of x87's extended format: 64 bits of significand, sign and exponent (SDM 1 4.2.2).
#[must_use]
pub fn from_extended(significand: u64, sign_and_exponent: u16) -> f64 {
    const BIAS: i32 = 16383;
    let sign = u64::from(sign_and_exponent >> 15) << 63;
    let exponent = i32::from(sign_and_exponent & 0x7fff);
    let magnitude = if exponent == 0x7fff {
        if significand << 1 == 0 { f64::INFINITY } else { f64::NAN }.to_bits()
    } else if significand == 0 {
        0
    } else {
        // The number is significand * 2^(exponent - BIAS - 63). A double's last bit is 2^-1074 at least.
        let shift = significand.leading_zeros() as i32;
        let (significand, exponent) = (significand << shift, exponent.max(1) - BIAS - shift);
        let cut = if exponent < -1022 { 11 + (-1022 - exponent) } else { 11 };
        let rounded = if cut > 64 {
            0
        } else {
            let wide = u128::from(significand);
            let (whole, rest, half) = (wide >> cut, wide & ((1 << cut) - 1), 1 << (cut - 1));
            (whole + u128::from(rest > half || rest == half && whole & 1 == 1)) as u64
        };
        // The leading bit, and a carry out of rounding, add one to the exponent's field.
        let field = (exponent.clamp(-1022, 1024) + 1022) as u64;
        let bits = (field << 52) + rounded;
        bits.min(f64::INFINITY.to_bits())
    };
    f64::from_bits(sign | magnitude)
}

/// What x87's extended format has for a `double`, which is exact: significand, and sign and exponent.
#[must_use]
pub fn to_extended(value: f64) -> (u64, u16) {
    let (bits, sign) = (value.abs().to_bits(), u16::from(value.is_sign_negative()) << 15);
    let (biased, fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
    let significand = fraction | u64::from(biased != 0) << 52;
    match (biased, significand) {
        (0x7ff, _) => (1 << 63 | fraction << 11, sign | 0x7fff),
        (_, 0) => (0, sign),
        _ => {
            let shift = significand.leading_zeros();
            let exponent = biased.max(1) - 1023 + 11 - shift as i32 + 16383;
            (significand << shift, sign | exponent as u16)
        }
    }
}
