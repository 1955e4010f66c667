//! Numbers, scanf's formats and dates against this machine's C library, with texts at random.

#![allow(unsafe_code, reason = "the C library is asked, too")]

use std::ffi::{CString, c_char, c_int, c_long};

use bulkhead_classic::dates::Date;
use bulkhead_classic::numbers::{floating, integer};
use bulkhead_classic::scan::{Input, Places, scan};
use proptest::prelude::*;

unsafe extern "C" {
    fn strtod(text: *const c_char, end: *mut *mut c_char) -> f64;
    fn strtof(text: *const c_char, end: *mut *mut c_char) -> f32;
    fn strtol(text: *const c_char, end: *mut *mut c_char, base: c_int) -> c_long;
    fn strtoul(text: *const c_char, end: *mut *mut c_char, base: c_int) -> u64;
    fn sscanf(text: *const c_char, format: *const c_char, ...) -> c_int;
    fn gmtime_r(seconds: *const i64, date: *mut HostDate) -> *mut HostDate;
    fn timegm(date: *mut HostDate) -> i64;
    fn strftime(buffer: *mut c_char, size: usize, format: *const c_char, date: *const HostDate) -> usize;
}

/// `struct tm` as GNU's C library has it: C's members, then two of its own.
#[repr(C)]
#[derive(Clone, Copy)]
struct HostDate {
    date: Date,
    offset: c_long,
    zone: *const c_char,
}

impl HostDate {
    const fn new(date: Date) -> Self {
        Self { date, offset: 0, zone: c"UTC".as_ptr() }
    }
}

fn text(bytes: &str) -> CString {
    CString::new(bytes).unwrap_or_default()
}

/// How far a function of the C library has come.
fn consumed(begin: &CString, end: *mut c_char) -> usize {
    end as usize - begin.as_ptr() as usize
}

/// Texts that look like numbers.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ \t]?[-+]?[0-9]{0,20}\\.?[0-9]{0,25}([eE][-+]?[0-9]{1,3})?[a-z]?",
        "[-+]?0[xX][0-9a-fA-F]{0,18}\\.?[0-9a-fA-F]{0,6}([pP][-+]?[0-9]{1,4})?[g-z]?",
        "[-+]?(inf|INFINITY|infinit|nan|NaN|nan\\(12_a\\)|nan\\(1|n)x?",
        "[-+0-9a-fxXpPeE. ]{0,12}",
        any::<f64>().prop_map(|number| format!("{number:e}")),
        any::<u64>().prop_map(|bits| format!("{:e}", f64::from_bits(bits >> 12))),
    ]
}

/// Characters of a text, as scanf reads them.
struct Text<'a>(&'a [u8]);

impl Input for Text<'_> {
    fn peek(&mut self) -> Option<u8> {
        self.0.first().copied()
    }

    fn advance(&mut self) {
        self.0 = &self.0[1..];
    }
}

/// What scanf stores: numbers as bits, characters as they are.
#[derive(Debug, Default, PartialEq)]
struct Stored {
    numbers: Vec<u64>,
    texts: Vec<Vec<u8>>,
}

impl Places for Stored {
    fn integer(&mut self, size: usize, value: u64) {
        self.numbers.push(if size == 8 { value } else { value & ((1 << (8 * size)) - 1) });
    }

    fn float(&mut self, value: f32) {
        self.numbers.push(value.to_bits().into());
    }

    fn double(&mut self, value: f64) {
        self.numbers.push(value.to_bits());
    }

    fn long_double(&mut self, value: f64) {
        self.double(value);
    }

    fn text(&mut self) {
        self.texts.push(Vec::new());
    }

    fn character(&mut self, character: u8) {
        if let Some(text) = self.texts.last_mut() {
            text.push(character);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn floating_point_numbers_are_read_as_the_c_library_does(number in number()) {
        let with = text(&number);
        let (own, single) = (floating::<f64>(number.as_bytes()), floating::<f32>(number.as_bytes()));
        let mut ends = [core::ptr::null_mut(); 2];
        // SAFETY: a string, and places for its ends.
        let (double, float) =
            unsafe { (strtod(with.as_ptr(), &raw mut ends[0]), strtof(with.as_ptr(), &raw mut ends[1])) };
        prop_assert_eq!(own.map_or(0, |own| own.length), consumed(&with, ends[0]));
        let (own, single) = (own.map_or(0.0, |own| own.value), single.map_or(0.0, |own| own.value));
        prop_assert!(own.to_bits() == double.to_bits() || own.is_nan() && double.is_nan(), "{own} {double}");
        prop_assert!(single.to_bits() == float.to_bits() || single.is_nan() && float.is_nan(), "{single} {float}");
    }

    #[test]
    fn integers_are_read_as_the_c_library_does(
        number in "[ \n]?[-+]?(0[xX]?)?[0-9a-zA-Z]{0,20}",
        base in prop_oneof![Just(0u32), Just(8), Just(10), Just(16), 2u32..=36],
    ) {
        let with = text(&number);
        let own = integer(number.as_bytes(), base);
        let mut end = core::ptr::null_mut();
        // SAFETY: a string, and a place for its end.
        let (signed, unsigned) = unsafe {
            let unsigned = strtoul(with.as_ptr(), core::ptr::null_mut(), base as c_int);
            (strtol(with.as_ptr(), &raw mut end, base as c_int), unsigned)
        };
        prop_assert_eq!(own.map_or(0, |own| own.length), consumed(&with, end));
        prop_assert_eq!(own.map_or(0, |own| own.signed(64).0), signed);
        prop_assert_eq!(own.map_or(0, |own| own.unsigned(64).0), unsigned);
    }

    #[test]
    fn texts_are_scanned_as_the_c_library_does(
        input in "[-+ 0-9a-fx.,%]{0,16}",
        first in "%[*]?[1-9]?(d|i|u|x|o|\\[a-f\\]|\\[\\^,\\]|s|2c)",
        between in "[ ,]?(%%)?",
        second in "%[*]?[1-9]?(d|i|u|x|o|\\[0-9\\.\\]|\\[\\]x\\]|s|c)",
    ) {
        // glibc takes a prefix without a digit behind it, or with its digits beyond the width, for a zero; C says that
        // it does not match (C17, 7.21.6.2). `integers_are_read_as_the_c_library_does` has prefixes.
        let takes_prefix = |directive: &str| directive.ends_with(['i', 'x']);
        prop_assume!(!input.contains("0x") || !takes_prefix(&first) && !takes_prefix(&second));
        let format = format!("{first}{between}{second}");
        let (with, pattern) = (text(&input), text(&format));
        let mut own = Stored::default();
        let count = scan(format.as_bytes(), &mut Text(input.as_bytes()), &mut own);
        let mut places = [[0u8; 32]; 2];
        let [one, two] = &mut places;
        // SAFETY: the places are greater than any result of so short a text.
        let expected = unsafe {
            sscanf(with.as_ptr(), pattern.as_ptr(), one.as_mut_ptr(), two.as_mut_ptr())
        };
        prop_assert_eq!(count, expected, "{:?} {:?}", input, format);
        // The places in the order of the directives that store.
        let (mut numbers, mut texts) = (own.numbers.into_iter(), own.texts.into_iter());
        let stored = [&first, &second].into_iter().filter(|directive| !directive.contains('*'));
        for (directive, place) in stored.zip(&places).take(count.max(0) as usize) {
            if directive.ends_with(['d', 'i', 'u', 'x', 'o']) {
                let number = u32::from_ne_bytes([place[0], place[1], place[2], place[3]]);
                prop_assert_eq!(numbers.next(), Some(number.into()), "{:?} {:?}", input, format);
            } else {
                let found = texts.next().unwrap_or_default();
                prop_assert_eq!(&found, &place[..found.len()], "{:?} {:?}", input, format);
            }
        }
    }

    #[test]
    fn dates_are_those_of_the_c_library(seconds in -4_000_000_000_000i64..4_000_000_000_000) {
        let own = Date::from_seconds(seconds);
        let mut host = HostDate::new(Date::default());
        // SAFETY: both are there.
        unsafe { gmtime_r(&raw const seconds, &raw mut host) };
        prop_assert_eq!(own, Some(host.date));
        prop_assert_eq!(host.date.seconds(), seconds);
    }

    #[test]
    fn dates_out_of_their_ranges_are_those_of_the_c_library(
        (second, minute, hour) in (-10_000..10_000, -10_000..10_000, -10_000..10_000),
        (day, month, year) in (-10_000..10_000, -10_000..10_000, -1000..1000),
    ) {
        let date = Date { second, minute, hour, day, month, year, ..Date::default() };
        let mut host = HostDate::new(date);
        // SAFETY: a date.
        prop_assert_eq!(date.seconds(), unsafe { timegm(&raw mut host) });
    }

    // From the year 1000 on: GNU's library does not fill the centuries before.
    #[test]
    fn dates_are_written_as_the_c_library_does(seconds in -30_610_224_000i64..250_000_000_000) {
        let format =
            c"%a%A%b%B%c %C%d %D%e%F %g %G%h%H %I%j%m%M%p%r%R%S %T%u%U%V%w%W %x%X%y %Y%%";
        let date = Date::from_seconds(seconds).unwrap_or_default();
        let mut own = Vec::new();
        date.write(format.to_bytes(), &mut |piece| own.extend_from_slice(piece));
        let (host, mut buffer) = (HostDate::new(date), [0u8; 512]);
        // SAFETY: the buffer has this size.
        let length = unsafe {
            strftime(buffer.as_mut_ptr().cast(), buffer.len(), format.as_ptr(), &raw const host)
        };
        prop_assert_eq!(String::from_utf8_lossy(&own), String::from_utf8_lossy(&buffer[..length]));
    }
}
