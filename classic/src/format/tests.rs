//! Fixed cases, and formats at random.

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
        const TEXTS: [Option<&str>; 3] = [None, Some("text"), Some("")];
        let text = TEXTS[self.long_long() as usize % TEXTS.len()]?.as_bytes();
        Some(&text[..text.len().min(limit)])
    }

    fn wide_string(&mut self, limit: usize) -> Option<&[u32]> {
        self.long_long();
        const TEXT: [u32; 5] = [0x67, 0xfc, 0x6e, 0x1f600, 0xd800];
        Some(&TEXT[..TEXT.len().min(limit)])
    }

    fn store(&mut self, size: usize, count: usize) {
        assert_eq!((size, count, self.long_long()), (4, 3, 7));
    }
}

fn text(with: &str, arguments: &[u64]) -> String {
    let mut bytes = Vec::new();
    let count = format(with.as_bytes(), &mut Numbers(arguments), &mut |piece| bytes.extend_from_slice(piece));
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
fn wide_characters_are_utf_8_and_not_cut_in_two() {
    assert_eq!(
        text("%ls|%S|%.2ls|%.7ls|%6.3ls|%lc%C", &[0, 0, 0, 0, 0, 0xe4, 0x41]),
        "gün😀?|gün😀?|g|gün|   gü|äA"
    );
}

#[test]
fn a_count_is_stored_and_the_next_argument_is_the_next() {
    assert_eq!(text("abc%n%d", &[7, 5]), "abc5");
}

#[test]
fn behind_what_is_unknown_no_argument_is_taken() {
    assert_eq!(text("%d %q %d 100%", &[1, 2]), "1 %q %d 100%");
    assert_eq!(text("%2$d %s", &[1, 1]), "%2$d %s");
    assert_eq!(text("%5", &[]), "%5");
    assert_eq!(text("plain", &[]), "plain");
}

#[test]
fn x87_numbers_are_rounded_to_the_nearest_double() {
    let one = 1 << 63;
    assert_eq!(from_extended(one, 16383), 1.0);
    assert_eq!(from_extended(one, 16383 | 0x8000), -1.0);
    // Half of the last place goes to even, more of it up; a carry goes into the exponent.
    assert_eq!(from_extended(one | 1 << 10, 16383), 1.0);
    assert_eq!(from_extended(one | 1 << 10 | 1, 16383), 1.0 + f64::EPSILON);
    assert_eq!(from_extended(one | 3 << 10, 16383), 1.0 + 2.0 * f64::EPSILON);
    assert_eq!(from_extended(u64::MAX, 16383), 2.0);
    assert_eq!(from_extended(u64::MAX, 16383 + 1023), f64::INFINITY);
    assert_eq!(from_extended(one, 16383 + 1024), f64::INFINITY);
    assert_eq!(from_extended(one, 0x7fff), f64::INFINITY);
    assert!(from_extended(one | 1, 0x7fff).is_nan());
    assert_eq!(from_extended(one, 16383 - 1074).to_bits(), 1);
    assert_eq!(from_extended(one, 16383 - 1075).to_bits(), 0);
    assert_eq!(from_extended(one | 1, 16383 - 1075).to_bits(), 1);
    assert_eq!(from_extended(one, 16383 - 1076).to_bits(), 0);
    assert_eq!(from_extended(one, 1).to_bits(), 0);
    assert_eq!(from_extended(0, 0x8000).to_bits(), (-0.0f64).to_bits());
}

proptest! {
    #[test]
    fn every_double_comes_back_from_x87(bits: u64) {
        for value in [bits, bits & !(0x7ff << 52)].map(f64::from_bits) {
            let (significand, exponent) = to_extended(value);
            let back = from_extended(significand, exponent);
            prop_assert!(back.to_bits() == value.to_bits() || back.is_nan() && value.is_nan());
        }
    }

    #[test]
    fn any_format_is_survived(
        with in "[%a-zA-Z0-9.*# +'$-]{0,40}",
        arguments in prop::collection::vec(0u64..200, 0..8),
    ) {
        let with = with.replace('n', "d");
        text(&with, &arguments);
    }
}
