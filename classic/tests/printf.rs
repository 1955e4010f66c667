//! The formatter against this machine's C library: formats and arguments at random, the same text from both.

#![allow(unsafe_code, reason = "the C library's formatter is asked, too")]

use std::ffi::{CString, c_char, c_int};

use bulkhead_classic::format::{Arguments, format};
use proptest::prelude::*;

unsafe extern "C" {
    fn snprintf(buffer: *mut c_char, size: usize, format: *const c_char, ...) -> c_int;
}

/// One argument, of the type that its directive names.
#[derive(Clone, Debug)]
enum Argument {
    Int(u32),
    Long(u64),
    Double(f64),
    Text(CString),
    Nothing,
}

/// One directive with all of its arguments: up to two for `*`, then its own.
#[derive(Clone, Debug)]
struct Directive {
    text: String,
    stars: Vec<i32>,
    argument: Argument,
}

/// What the C library prints for one directive.
fn expected(directive: &Directive) -> Vec<u8> {
    let with = CString::new(directive.text.as_str()).unwrap_or_default();
    let mut buffer = vec![0u8; 8192];
    let (place, size, with) = (buffer.as_mut_ptr().cast(), buffer.len(), with.as_ptr());
    macro_rules! print {
        ($($value:expr)?) => {
            // SAFETY: the buffer has this size; the format asks for these types, as the strategies below choose them.
            unsafe {
                match directive.stars[..] {
                    [] => snprintf(place, size, with $(, $value)?),
                    [one] => snprintf(place, size, with, one $(, $value)?),
                    [one, other, ..] => snprintf(place, size, with, one, other $(, $value)?),
                }
            }
        };
    }
    let length = match &directive.argument {
        Argument::Int(value) => print!(*value),
        Argument::Long(value) => print!(*value),
        Argument::Double(value) => print!(*value),
        Argument::Text(value) => print!(value.as_ptr()),
        Argument::Nothing => print!(),
    };
    buffer.truncate(usize::try_from(length).unwrap_or_default());
    buffer
}

/// GNU's C library 2.36 forgets the zeros of `%#g` where a carry leaves a single 1: `1.e+06` for 999999.5, which
/// C wants with all six digits. A test of the formatter itself has these.
fn is_known_to_be_wrong(directive: &Directive, expected: &[u8]) -> bool {
    let mut digits = expected.iter().take_while(|&byte| !byte.eq_ignore_ascii_case(&b'e'));
    let mut digits = digits.by_ref().filter(|byte| (b'1'..=b'9').contains(byte));
    let general = directive.text.contains('#') && directive.text.ends_with(['g', 'G']);
    general && digits.next() == Some(&b'1') && digits.next().is_none()
}

/// The arguments of all directives, one after the other.
struct List<'a>(std::collections::VecDeque<&'a Argument>);

impl List<'_> {
    fn number(&mut self) -> u64 {
        match self.0.pop_front() {
            Some(Argument::Int(value)) => u64::from(*value),
            Some(Argument::Long(value)) => *value,
            other => panic!("a number is read, but {other:?} is next"),
        }
    }
}

impl Arguments for List<'_> {
    fn int(&mut self) -> u32 {
        match self.0.pop_front() {
            Some(Argument::Int(value)) => *value,
            other => panic!("an int is read, but {other:?} is next"),
        }
    }

    fn long(&mut self) -> usize {
        self.number() as usize
    }

    fn long_long(&mut self) -> u64 {
        self.number()
    }

    fn string(&mut self, limit: usize) -> Option<&[u8]> {
        match self.0.pop_front() {
            Some(Argument::Text(text)) => Some(&text.as_bytes()[..text.as_bytes().len().min(limit)]),
            other => panic!("a string is read, but {other:?} is next"),
        }
    }

    fn wide_string(&mut self, _: usize) -> Option<&[u32]> {
        panic!("nothing here has wide characters")
    }

    fn store(&mut self, _: usize, _: usize) {
        panic!("nothing here stores a count")
    }

    fn double(&mut self) -> f64 {
        match self.0.pop_front() {
            Some(Argument::Double(value)) => *value,
            other => panic!("a double is read, but {other:?} is next"),
        }
    }
}

fn ours(with: &str, directives: &[Directive]) -> Vec<u8> {
    let stars: Vec<Vec<Argument>> = directives
        .iter()
        .map(|directive| directive.stars.iter().map(|&star| Argument::Int(star as u32)).collect())
        .collect();
    let mut list = List(std::collections::VecDeque::new());
    for (directive, stars) in directives.iter().zip(&stars) {
        list.0.extend(stars);
        list.0.extend((!matches!(directive.argument, Argument::Nothing)).then_some(&directive.argument));
    }
    let mut bytes = Vec::new();
    let count = format(with.as_bytes(), &mut list, &mut |piece| bytes.extend_from_slice(piece));
    assert_eq!(count, bytes.len(), "{with}");
    assert!(list.0.is_empty(), "{with}: {:?} are left", list.0);
    bytes
}

/// Flags out of a set, in any order and number.
fn flags(of: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(of.chars().collect::<Vec<_>>()), 0..4)
        .prop_map(|flags| flags.into_iter().collect())
}

/// A width or a precision: its text, and what a `*` stands for.
fn size(most: i32) -> impl Strategy<Value = (String, Option<i32>)> {
    prop_oneof![
        3 => Just((String::new(), None)),
        3 => (0..most).prop_map(|size| (size.to_string(), None)),
        1 => (-most..most).prop_map(|size| ("*".to_owned(), Some(size))),
    ]
}

fn directive(
    flags_of: &'static str,
    precise: bool,
    conversions: &'static [&'static str],
    argument: impl Fn(&str) -> BoxedStrategy<Argument> + Clone + 'static,
) -> impl Strategy<Value = Directive> {
    let precision = if precise { prop::option::of(size(40)).boxed() } else { Just(None).boxed() };
    (flags(flags_of), size(60), precision, prop::sample::select(conversions)).prop_flat_map(
        move |(flags, (mut width, wide), precision, conversion)| {
            // A width does not begin with the flag 0.
            if width == "0" {
                width.clear();
            }
            let (point, fine) =
                precision.map_or((String::new(), None), |(text, fine)| (format!(".{text}"), fine));
            let text = format!("%{flags}{width}{point}{conversion}");
            let stars: Vec<i32> = wide.into_iter().chain(fine).collect();
            argument(conversion).prop_map(move |argument| Directive {
                text: text.clone(),
                stars: stars.clone(),
                argument,
            })
        },
    )
}

/// Numbers of any size, and the small ones more often than by chance.
fn any_number() -> BoxedStrategy<u64> {
    prop_oneof![
        any::<u64>(),
        0u64..20,
        any::<i8>().prop_map(|value| value as u64),
        any::<u32>().prop_map(u64::from)
    ]
    .boxed()
}

/// Any double: by its bits, by decimal digits (ties and carries), whole numbers, and the special ones.
fn any_double() -> BoxedStrategy<f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits).prop_filter("a NaN's sign is printed", |value| !value.is_nan()),
        (-100_000i64..100_000, -12i32..12).prop_map(|(digits, power)| digits as f64 * 10f64.powi(power)),
        (-4000i64..4000, 0i32..12).prop_map(|(digits, power)| digits as f64 / f64::from(1 << power)),
        prop::sample::select(vec![
            0.0,
            -0.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            999_999.5,
            999_999.499_999,
            9.5,
            0.5,
            1.5,
            2.5,
            0.000_1,
            0.000_099_999_95,
        ]),
    ]
    .boxed()
}

const SIGNED: &[&str] = &["d", "i", "hhd", "hd", "ld", "lld", "jd", "zd", "td", "qd", "hhi", "lli"];
const UNSIGNED: &[&str] =
    &["u", "x", "X", "o", "hhu", "hx", "lX", "llo", "ju", "zx", "to", "qu", "hho", "hhX", "llx", "lu"];
const DOUBLES: &[&str] = &["f", "F", "e", "E", "g", "G", "a", "A", "lf", "lg"];

fn integer(conversion: &str) -> BoxedStrategy<Argument> {
    let wide = ['l', 'j', 'z', 't', 'q'].iter().any(|&length| conversion.starts_with(length));
    any_number()
        .prop_map(move |value| if wide { Argument::Long(value) } else { Argument::Int(value as u32) })
        .boxed()
}

fn any_directive() -> impl Strategy<Value = Directive> {
    prop_oneof![
        3 => directive("-+ 0'", true, SIGNED, integer),
        3 => directive("-#0", true, UNSIGNED, integer),
        6 => directive("-+ #0", true, DOUBLES, |_| any_double().prop_map(Argument::Double).boxed()),
        1 => directive("-", true, &["s"], |_| {
            "[a-z ]{0,20}".prop_map(|text| Argument::Text(CString::new(text).unwrap_or_default())).boxed()
        }),
        1 => directive("-", false, &["c"], |_| (1u32..127).prop_map(Argument::Int).boxed()),
        1 => directive("-", false, &["p"], |_| (1u64..u64::MAX).prop_map(Argument::Long).boxed()),
        1 => Just(Directive { text: "%%".to_owned(), stars: Vec::new(), argument: Argument::Nothing }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_format_prints_what_the_c_library_prints(
        directives in prop::collection::vec((any_directive(), "[a-z ,:]{0,3}"), 1..6),
    ) {
        let (mut with, mut theirs) = (String::new(), Vec::new());
        let mut compared = Vec::new();
        for (directive, between) in directives {
            let expected = expected(&directive);
            if is_known_to_be_wrong(&directive, &expected) {
                continue;
            }
            with += &directive.text;
            with += &between;
            theirs.extend(expected);
            theirs.extend(between.bytes());
            compared.push(directive);
        }
        let directives = compared;
        let printed = ours(&with, &directives);
        prop_assert_eq!(String::from_utf8_lossy(&printed), String::from_utf8_lossy(&theirs), "{}", with);
    }
}

/// What cannot be reached at random: more digits than a double has, and lengths of hundreds.
#[test]
fn long_precisions_are_exact() {
    for value in [5e-324, f64::MAX, 1.0 / 3.0, f64::MIN_POSITIVE, 0.1] {
        for conversion in ["f", "e", "g", "#g", "a"] {
            for precision in [53, 300, 767, 1073, 1074, 1075, 1100, 3000] {
                let (flag, conversion) = conversion.split_at(conversion.len() - 1);
                let text = format!("%{flag}.{precision}{conversion}");
                let directive = Directive { text, stars: Vec::new(), argument: Argument::Double(value) };
                let printed = ours(&directive.text, std::slice::from_ref(&directive));
                assert_eq!(
                    String::from_utf8_lossy(&printed),
                    String::from_utf8_lossy(&expected(&directive)),
                    "{} of {value:e}",
                    directive.text
                );
            }
        }
    }
}
