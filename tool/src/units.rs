//! Durations and sizes as they stand in a system file, and the same back as text.

/// A unit: how it is written and how many nanoseconds or bytes it stands for.
type Unit = (&'static str, u64);

/// Units of a duration, in nanoseconds.
const DURATION_UNITS: [Unit; 4] = [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)];

/// Units of a size, in bytes (IEC 80000-13 binary prefixes).
const SIZE_UNITS: [Unit; 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// Units of a frequency, in hertz.
const FREQUENCY_UNITS: [Unit; 4] = [("Hz", 1), ("kHz", 1_000), ("MHz", 1_000_000), ("GHz", 1_000_000_000)];

/// What is wrong with a quantity, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitError {
    /// What is wrong, without a full stop.
    pub message: String,
    /// What would be right.
    pub help: String,
}

/// A duration in nanoseconds out of text such as `20 ms` or `0.5s`.
///
/// # Errors
/// If the text is not a decimal number of at least 0 and one of `ns`, `us`, `ms`, `s`, if it is no whole number of
/// nanoseconds, or if it does not fit 64 bits.
pub fn duration(text: &str) -> Result<u64, UnitError> {
    quantity(text, &Kind { noun: "duration", units: &DURATION_UNITS, base: "nanoseconds", example: "20 ms" })
}

/// A size in bytes out of text such as `4 MiB`.
///
/// # Errors
/// If the text is not a decimal number of at least 0 and one of `B`, `KiB`, `MiB`, `GiB`, if it is no whole number
/// of bytes, or if it does not fit 64 bits.
pub fn size(text: &str) -> Result<u64, UnitError> {
    quantity(text, &Kind { noun: "size", units: &SIZE_UNITS, base: "bytes", example: "4 MiB" })
}

/// A frequency in hertz out of text such as `33.333 MHz`.
///
/// # Errors
/// If the text is not a decimal number of at least 0 and one of `Hz`, `kHz`, `MHz`, `GHz`, if it is no whole number of
/// hertz, or if it does not fit 64 bits.
pub fn frequency(text: &str) -> Result<u64, UnitError> {
    quantity(text, &Kind { noun: "frequency", units: &FREQUENCY_UNITS, base: "hertz", example: "33.333 MHz" })
}

/// An address out of text such as `0x0080_0000`.
///
/// # Errors
/// If the text is not `0x` and hexadecimal digits, which may have `_` between them, or if it does not fit 64 bits.
pub fn address(text: &str) -> Result<u64, UnitError> {
    let digits = text.trim().strip_prefix("0x").unwrap_or_default();
    let bare = digits.replace('_', "");
    let edges = digits.starts_with('_') || digits.ends_with('_');
    if bare.is_empty() || edges || !bare.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(UnitError {
            message: format!("`{text}` is not an address"),
            help: "write it in hexadecimal, such as \"0x00800000\"".to_owned(),
        });
    }
    u64::from_str_radix(&bare, 16).map_err(|_| UnitError {
        message: format!("the address `{text}` does not fit 64 bits"),
        help: "write a smaller address".to_owned(),
    })
}

/// A regular expression for texts that [`address`] can read.
#[must_use]
pub fn address_pattern() -> String {
    let digits = "[0-9A-Fa-f]([0-9A-Fa-f_]*[0-9A-Fa-f])?";
    format!("^\\s*0x{digits}\\s*$")
}

/// A regular expression for texts that [`duration`] can read.
#[must_use]
pub fn duration_pattern() -> String {
    pattern(&DURATION_UNITS)
}

/// A regular expression for texts that [`size`] can read.
#[must_use]
pub fn size_pattern() -> String {
    pattern(&SIZE_UNITS)
}

/// A regular expression for texts that [`frequency`] can read.
#[must_use]
pub fn frequency_pattern() -> String {
    pattern(&FREQUENCY_UNITS)
}

fn pattern(units: &[Unit]) -> String {
    let digits = "[0-9]([0-9_]*[0-9])?";
    let names: Vec<&str> = units.iter().map(|unit| unit.0).collect();
    format!("^\\s*{digits}(\\.{digits})?\\s*({})\\s*$", names.join("|"))
}

/// What sort of quantity is being read.
struct Kind {
    noun: &'static str,
    units: &'static [Unit],
    base: &'static str,
    example: &'static str,
}

impl Kind {
    fn unit_names(&self) -> String {
        let names: Vec<&str> = self.units.iter().map(|unit| unit.0).collect();
        names.join(", ")
    }

    fn malformed(&self, message: String) -> UnitError {
        UnitError {
            message,
            help: format!("write a number and a unit ({}), such as \"{}\"", self.unit_names(), self.example),
        }
    }
}

fn quantity(text: &str, kind: &Kind) -> Result<u64, UnitError> {
    let trimmed = text.trim();
    let end = trimmed.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(trimmed.len());
    let (number, unit) = (&trimmed[..end], trimmed[end..].trim_start());
    if number.is_empty() {
        return Err(kind.malformed(format!("`{text}` is not a {}", kind.noun)));
    }
    if unit.is_empty() {
        return Err(kind.malformed(format!("the {} `{text}` has no unit", kind.noun)));
    }
    let Some(&(_, factor)) = kind.units.iter().find(|known| known.0 == unit) else {
        return Err(unknown_unit(unit, number, kind));
    };
    let Some((whole, fraction)) = split_number(number) else {
        return Err(kind.malformed(format!("`{number}` is not a decimal number")));
    };
    scale(&whole, &fraction, factor).map_err(|failure| match failure {
        Scale::NotWhole => UnitError {
            message: format!("`{text}` is not a whole number of {}", kind.base),
            help: format!("write it with fewer decimal places, or in {}", kind.base),
        },
        Scale::TooLarge => UnitError {
            message: format!("the {} `{text}` does not fit 64 bits", kind.noun),
            help: format!("write a smaller {}", kind.noun),
        },
    })
}

/// The digits before and after the point, without `_`.
fn split_number(number: &str) -> Option<(String, String)> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| {
        let bare = text.replace('_', "");
        let edges = text.starts_with('_') || text.ends_with('_');
        (!bare.is_empty() && !edges && bare.bytes().all(|byte| byte.is_ascii_digit())).then_some(bare)
    };
    Some((digits(whole)?, digits(fraction)?))
}

enum Scale {
    NotWhole,
    TooLarge,
}

fn scale(whole: &str, fraction: &str, factor: u64) -> Result<u64, Scale> {
    let whole: u64 = whole.parse().map_err(|_| Scale::TooLarge)?;
    let whole = whole.checked_mul(factor).ok_or(Scale::TooLarge)?;
    let fraction = fraction.trim_end_matches('0');
    // 2^30, the largest factor, has 30 decimal places when it is divided by a power of two: none needs more.
    if fraction.len() > 18 {
        return Err(Scale::NotWhole);
    }
    let digits: u128 = if fraction.is_empty() { 0 } else { fraction.parse().map_err(|_| Scale::NotWhole)? };
    let divisor = 10_u128.pow(fraction.len() as u32);
    let product = digits * u128::from(factor);
    if !product.is_multiple_of(divisor) {
        return Err(Scale::NotWhole);
    }
    let part = u64::try_from(product / divisor).map_err(|_| Scale::TooLarge)?;
    whole.checked_add(part).ok_or(Scale::TooLarge)
}

fn unknown_unit(unit: &str, number: &str, kind: &Kind) -> UnitError {
    let meant = match unit {
        "µs" | "μs" | "usec" | "microseconds" => Some("us"),
        "sec" | "S" | "second" | "seconds" => Some("s"),
        "msec" | "mS" | "milliseconds" => Some("ms"),
        "nsec" | "nanoseconds" => Some("ns"),
        "b" | "byte" | "bytes" => Some("B"),
        "K" | "k" | "KB" | "kB" | "kiB" | "kib" => Some("KiB"),
        "M" | "MB" | "mib" | "Mib" => Some("MiB"),
        "G" | "GB" | "gib" | "Gib" => Some("GiB"),
        "hz" | "HZ" => Some("Hz"),
        "khz" | "KHz" | "KHZ" => Some("kHz"),
        "mhz" | "Mhz" | "MHZ" => Some("MHz"),
        "ghz" | "Ghz" | "GHZ" => Some("GHz"),
        _ => None,
    }
    .filter(|meant| kind.units.iter().any(|known| known.0 == *meant));
    UnitError {
        message: format!("unknown unit `{unit}` of a {}", kind.noun),
        help: match meant {
            Some(meant) => format!("write \"{number} {meant}\"; the units are {}", kind.unit_names()),
            None => format!("the units are {}", kind.unit_names()),
        },
    }
}

/// A duration as text, in the largest unit that writes it with at most three decimal places, otherwise in ns.
#[must_use]
pub fn duration_text(nanoseconds: u64) -> String {
    for (unit, factor) in DURATION_UNITS.iter().rev() {
        let step = (factor / 1_000).max(1);
        if nanoseconds >= *factor && nanoseconds.is_multiple_of(step) {
            return decimal(nanoseconds, *factor, unit);
        }
    }
    if nanoseconds == 0 { "0 ms".to_owned() } else { format!("{nanoseconds} ns") }
}

/// A duration as text to read at a glance: in the largest unit, rounded to three decimal places.
#[must_use]
pub fn duration_rounded(nanoseconds: u64) -> String {
    let Some((unit, factor)) = DURATION_UNITS.iter().skip(1).rev().find(|(_, factor)| nanoseconds >= *factor)
    else {
        return duration_text(nanoseconds);
    };
    let thousandths = (u128::from(nanoseconds) * 1000 + u128::from(*factor) / 2) / u128::from(*factor);
    let (whole, rest) = (thousandths / 1000, thousandths % 1000);
    if rest == 0 {
        return format!("{whole} {unit}");
    }
    format!("{whole}.{} {unit}", format!("{rest:03}").trim_end_matches('0'))
}

/// A size as text, in the largest unit that writes it as a whole number.
#[must_use]
pub fn size_text(bytes: u64) -> String {
    for (unit, factor) in SIZE_UNITS.iter().rev() {
        if bytes >= *factor && bytes.is_multiple_of(*factor) {
            return format!("{} {unit}", bytes / factor);
        }
    }
    format!("{bytes} B")
}

/// A size as text to read at a glance: rounded to one decimal place.
#[must_use]
pub fn size_rounded(bytes: u64) -> String {
    for (unit, factor) in SIZE_UNITS.iter().skip(1).rev() {
        if bytes >= *factor {
            let tenths = (u128::from(bytes) * 10 + u128::from(*factor) / 2) / u128::from(*factor);
            return if tenths % 10 == 0 {
                format!("{} {unit}", tenths / 10)
            } else {
                format!("{}.{} {unit}", tenths / 10, tenths % 10)
            };
        }
    }
    format!("{bytes} B")
}

fn decimal(value: u64, factor: u64, unit: &str) -> String {
    let (whole, rest) = (value / factor, value % factor);
    if rest == 0 {
        return format!("{whole} {unit}");
    }
    let width = factor.ilog10() as usize;
    let digits = format!("{rest:0width$}");
    format!("{whole}.{} {unit}", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations() {
        assert_eq!(duration("20 ms"), Ok(20_000_000));
        assert_eq!(duration("20ms"), Ok(20_000_000));
        assert_eq!(duration(" 0.5  s "), Ok(500_000_000));
        assert_eq!(duration("1_000 ns"), Ok(1_000));
        assert_eq!(duration("0.000000001 s"), Ok(1));
        assert_eq!(duration("18446744073709551615 ns"), Ok(u64::MAX));
    }

    #[test]
    fn sizes() {
        assert_eq!(size("4 MiB"), Ok(4 << 20));
        assert_eq!(size("1.5 KiB"), Ok(1536));
        assert_eq!(size("4096 B"), Ok(4096));
    }

    #[test]
    fn addresses() {
        assert_eq!(address("0x00800000"), Ok(0x80_0000));
        assert_eq!(address(" 0xff00_0000 "), Ok(0xff00_0000));
        let message = |text| address(text).unwrap_err().message;
        for text in ["", "0x", "8388608", "0x_1", "0x1_", "0x-1", "0x+1", "0xg"] {
            assert_eq!(message(text), format!("`{text}` is not an address"));
        }
        assert_eq!(message("0x10000000000000000"), "the address `0x10000000000000000` does not fit 64 bits");
    }

    #[test]
    fn refusals() {
        let message = |text| duration(text).unwrap_err().message;
        assert_eq!(message("fast"), "`fast` is not a duration");
        assert_eq!(message("-1 ms"), "`-1 ms` is not a duration");
        assert_eq!(message("100"), "the duration `100` has no unit");
        assert_eq!(message("1.5.2 ms"), "`1.5.2` is not a decimal number");
        assert_eq!(message("1. ms"), "`1.` is not a decimal number");
        assert_eq!(message("0.5 ns"), "`0.5 ns` is not a whole number of nanoseconds");
        assert_eq!(message("99999999999 s"), "the duration `99999999999 s` does not fit 64 bits");
        assert_eq!(message("3 sec"), "unknown unit `sec` of a duration");
        assert_eq!(duration("3 sec").unwrap_err().help, "write \"3 s\"; the units are ns, us, ms, s");
        assert_eq!(size("4 MB").unwrap_err().help, "write \"4 MiB\"; the units are B, KiB, MiB, GiB");
        assert_eq!(size("4 ms").unwrap_err().help, "the units are B, KiB, MiB, GiB");
    }

    #[test]
    fn text() {
        assert_eq!(duration_text(0), "0 ms");
        assert_eq!(duration_text(20_000_000), "20 ms");
        assert_eq!(duration_text(1_500_000), "1.5 ms");
        assert_eq!(duration_text(1_000_001), "1000.001 us");
        assert_eq!(duration_text(1_000_123_456), "1000123.456 us");
        assert_eq!(duration_rounded(5_020_010_250), "5.02 s");
        assert_eq!(duration_rounded(30_006_731), "30.007 ms");
        assert_eq!(duration_rounded(999_999_999), "1000 ms");
        assert_eq!(duration_rounded(712), "712 ns");
        assert_eq!(size_text(4 << 20), "4 MiB");
        assert_eq!(size_text(4097), "4097 B");
        assert_eq!(size_rounded(4097), "4 KiB");
        assert_eq!(size_rounded(1_600), "1.6 KiB");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = duration(&text);
            let _ = size(&text);
            let _ = address(&text);
        }

        #[test]
        fn number_like_text_does_not_panic(text in "[0-9._]{0,40} ?(ns|us|ms|s|B|KiB|GiB|x)?") {
            let _ = duration(&text);
            let _ = size(&text);
        }

        #[test]
        fn text_reads_back(nanoseconds: u64, bytes: u64) {
            prop_assert_eq!(duration(&duration_text(nanoseconds)), Ok(nanoseconds));
            prop_assert_eq!(size(&size_text(bytes)), Ok(bytes));
        }
    }
}
