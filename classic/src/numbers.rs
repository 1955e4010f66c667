//! Numbers in text: what `strtol`, `strtod` and their kind take for a number, as C17 7.22.1 has it.

/// An integer at the beginning of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer {
    /// Whether a minus stands in front.
    pub negative: bool,
    /// The digits' value, the greatest one if that is too great.
    pub magnitude: u64,
    /// Whether it is too great.
    pub overflow: bool,
    /// How many bytes it takes, white space in front included.
    pub length: usize,
}

impl Integer {
    /// The nearest value of a signed type of so many bits, and whether it is another one.
    #[must_use]
    pub fn signed(self, bits: u32) -> (i64, bool) {
        let limit = 1u64 << (bits - 1);
        match (self.negative, self.magnitude) {
            (true, magnitude) if magnitude <= limit => ((magnitude as i64).wrapping_neg(), self.overflow),
            (true, _) => ((limit as i64).wrapping_neg(), true),
            (false, magnitude) if magnitude < limit => (magnitude as i64, self.overflow),
            (false, _) => ((limit - 1) as i64, true),
        }
    }

    /// The value in an unsigned type of so many bits, negated there if it is negative, and whether it is too great.
    #[must_use]
    pub fn unsigned(self, bits: u32) -> (u64, bool) {
        let greatest = u64::MAX >> (64 - bits);
        if self.overflow || self.magnitude > greatest {
            return (greatest, true);
        }
        let value = if self.negative { self.magnitude.wrapping_neg() } else { self.magnitude };
        (value & greatest, false)
    }
}

/// The byte at a position, 0 behind the end.
fn at(bytes: &[u8], position: usize) -> u8 {
    bytes.get(position).copied().unwrap_or(0)
}

/// What `isspace` says in the locale "C".
#[must_use]
pub const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// White space, then a sign: how long they are, and whether it is a minus.
fn prefix(bytes: &[u8]) -> (usize, bool) {
    let space = bytes.iter().take_while(|&&byte| is_space(byte)).count();
    let sign = at(bytes, space);
    (space + usize::from(matches!(sign, b'-' | b'+')), sign == b'-')
}

/// The value of a digit or letter.
fn digit(byte: u8, base: u32) -> Option<u32> {
    char::from(byte).to_digit(base)
}

/// Reads an integer. A base of 0 is told by what is in front of the digits; one that does not exist reads nothing.
#[must_use]
pub fn integer(bytes: &[u8], base: u32) -> Option<Integer> {
    let (mut position, negative) = prefix(bytes);
    let hexadecimal = at(bytes, position) == b'0'
        && at(bytes, position + 1) | 0x20 == b'x'
        && digit(at(bytes, position + 2), 16).is_some();
    let base = match base {
        0 if hexadecimal => 16,
        0 if at(bytes, position) == b'0' => 8,
        0 => 10,
        2..=36 => base,
        _ => return None,
    };
    if base == 16 && hexadecimal {
        position += 2;
    }
    let (first, mut value) = (position, Some(0u64));
    while let Some(digit) = digit(at(bytes, position), base) {
        value = value
            .and_then(|value| value.checked_mul(u64::from(base)))
            .and_then(|value| value.checked_add(u64::from(digit)));
        position += 1;
    }
    (position > first).then_some(Integer {
        negative,
        magnitude: value.unwrap_or(u64::MAX),
        overflow: value.is_none(),
        length: position,
    })
}

/// A type of floating-point numbers.
pub trait Float: Copy + core::str::FromStr {
    /// Bits of the significand, the leading one included.
    const PRECISION: u32;
    /// The exponent of the smallest number that has all of them.
    const LEAST_EXPONENT: i32;
    /// The number with these bits.
    fn from_bits(bits: u64) -> Self;
    /// The number with its sign changed.
    fn negated(self) -> Self;
    /// Whether the number is greater or smaller than those that the type has with all bits of its significand.
    fn is_out_of_range(self) -> bool;
}

macro_rules! float_type {
    ($type:ident, $bits:ident) => {
        impl Float for $type {
            const PRECISION: u32 = $type::MANTISSA_DIGITS;
            const LEAST_EXPONENT: i32 = $type::MIN_EXP - 1;
            fn from_bits(bits: u64) -> Self {
                Self::from_bits(bits as $bits)
            }
            fn negated(self) -> Self {
                -self
            }
            fn is_out_of_range(self) -> bool {
                !self.is_normal()
            }
        }
    };
}

float_type!(f64, u64);
float_type!(f32, u32);

/// A floating-point number at the beginning of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floating<T> {
    /// The nearest number, a tie to even.
    pub value: T,
    /// Whether it is too great, or so small that digits of it are lost.
    pub out_of_range: bool,
    /// How many bytes it takes, white space in front included.
    pub length: usize,
}

/// Reads a floating-point number: decimal, hexadecimal, infinite, or none at all.
#[must_use]
pub fn floating<T: Float>(bytes: &[u8]) -> Option<Floating<T>> {
    let (start, negative) = prefix(bytes);
    let rest = &bytes[start..];
    let (value, out_of_range, length) =
        named::<T>(rest).or_else(|| hexadecimal(rest)).or_else(|| decimal(rest))?;
    let value = if negative { value.negated() } else { value };
    Some(Floating { value, out_of_range, length: start + length })
}

fn starts_with(bytes: &[u8], word: &[u8]) -> bool {
    bytes.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// `inf`, `infinity`, `nan`, and `nan` with something in parentheses.
fn named<T: Float>(bytes: &[u8]) -> Option<(T, bool, usize)> {
    let exponent = ((1u64 << (exponent_bits::<T>())) - 1) << (T::PRECISION - 1);
    if starts_with(bytes, b"nan") {
        let inside = bytes.get(4..).unwrap_or_default();
        let word = inside.iter().take_while(|&&byte| byte.is_ascii_alphanumeric() || byte == b'_').count();
        let closed = at(bytes, 3) == b'(' && at(inside, word) == b')';
        let quiet = T::from_bits(exponent | 1 << (T::PRECISION - 2));
        return Some((quiet, false, if closed { 5 + word } else { 3 }));
    }
    let length = [8, 3].into_iter().find(|&length| starts_with(bytes, &b"infinity"[..length]))?;
    Some((T::from_bits(exponent), false, length))
}

fn exponent_bits<T: Float>() -> u32 {
    (2 - T::LEAST_EXPONENT).ilog2() + 1
}

/// The exponent behind a letter, and how many bytes both take; nothing if no digit follows.
fn exponent(bytes: &[u8], letter: u8) -> (i32, usize) {
    if at(bytes, 0) | 0x20 != letter {
        return (0, 0);
    }
    let sign = usize::from(matches!(at(bytes, 1), b'-' | b'+'));
    let digits = bytes[1 + sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return (0, 0);
    }
    let number = &bytes[1 + sign..1 + sign + digits];
    let value = number.iter().fold(0i32, |value, byte| {
        value.saturating_mul(10).saturating_add(i32::from(byte - b'0')).min(1 << 28)
    });
    (if at(bytes, 1) == b'-' { -value } else { value }, 1 + sign + digits)
}

fn decimal<T: Float>(bytes: &[u8]) -> Option<(T, bool, usize)> {
    let digits = |from: usize| {
        bytes.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let whole = digits(0);
    let fraction = if at(bytes, whole) == b'.' { digits(whole + 1) } else { 0 };
    if whole + fraction == 0 {
        return None;
    }
    let point = usize::from(at(bytes, whole) == b'.');
    let significand = whole + point + fraction;
    let (_, behind) = exponent(&bytes[significand..], b'e');
    let length = significand + behind;
    // Digits, points and an exponent are ASCII, and what Rust takes for a number.
    let value = core::str::from_utf8(&bytes[..length]).ok()?.parse::<T>().ok()?;
    let is_zero = !bytes[..significand].iter().any(|byte| (b'1'..=b'9').contains(byte));
    Some((value, !is_zero && value.is_out_of_range(), length))
}

fn hexadecimal<T: Float>(bytes: &[u8]) -> Option<(T, bool, usize)> {
    if at(bytes, 0) != b'0' || at(bytes, 1) | 0x20 != b'x' {
        return None;
    }
    // The number is significand * 2^scale; bits that have no room any more are in its last one, all together.
    let (mut significand, mut scale, mut digits, mut point) = (0u64, 0i32, 0, false);
    let mut position = 2;
    loop {
        let byte = at(bytes, position);
        if let Some(digit) = digit(byte, 16) {
            digits += 1;
            if significand >> 60 == 0 {
                significand = significand << 4 | u64::from(digit);
                scale = scale.saturating_sub(if point { 4 } else { 0 });
            } else {
                significand |= u64::from(digit != 0);
                scale = scale.saturating_add(if point { 0 } else { 4 });
            }
        } else if byte == b'.' && !point {
            point = true;
        } else {
            break;
        }
        position += 1;
    }
    if digits == 0 {
        return None;
    }
    let (power, behind) = exponent(&bytes[position..], b'p');
    let value = nearest::<T>(significand, scale.saturating_add(power));
    Some((value, significand != 0 && value.is_out_of_range(), position + behind))
}

/// The number nearest to `significand * 2^scale`, a tie to even.
fn nearest<T: Float>(significand: u64, scale: i32) -> T {
    if significand == 0 {
        return T::from_bits(0);
    }
    let shift = significand.leading_zeros();
    let (significand, exponent) = (significand << shift, scale.saturating_add(63 - shift as i32));
    let lost = T::LEAST_EXPONENT.saturating_sub(exponent).max(0) as u32;
    let cut = (64 - T::PRECISION).saturating_add(lost);
    let rounded = if cut > 64 {
        0
    } else {
        let wide = u128::from(significand);
        let (whole, rest, half) = (wide >> cut, wide & ((1 << cut) - 1), 1 << (cut - 1));
        (whole + u128::from(rest > half || rest == half && whole & 1 == 1)) as u64
    };
    // The leading bit, and a carry out of rounding, add one to the exponent's field.
    let field = exponent.clamp(T::LEAST_EXPONENT, 1 - T::LEAST_EXPONENT + 1) - T::LEAST_EXPONENT;
    let infinite = ((1u64 << exponent_bits::<T>()) - 1) << (T::PRECISION - 1);
    T::from_bits((((field as u64) << (T::PRECISION - 1)) + rounded).min(infinite))
}
