//! scanf's formats, as C17 7.21.6.2 has them, without wide characters.

use crate::numbers::{self, Floating, Integer, is_space};

/// The greatest number of bytes of one number that are looked at.
const NUMBER: usize = 512;

/// Where the characters come from.
pub trait Input {
    /// The next character, which stays there. Nothing behind the last one.
    fn peek(&mut self) -> Option<u8>;
    /// Takes the next character away.
    fn advance(&mut self);
}

/// Where the results go: pointers, one after the other.
pub trait Places {
    /// Stores an integer of so many bytes.
    fn integer(&mut self, size: usize, value: u64);
    /// Stores a `float`.
    fn float(&mut self, value: f32);
    /// Stores a `double`.
    fn double(&mut self, value: f64);
    /// Stores a `long double`.
    fn long_double(&mut self, value: f64);
    /// The next place is for characters.
    fn text(&mut self);
    /// Stores a character of this text.
    fn character(&mut self, character: u8);
}

/// The type that a directive's place has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    Char,
    Short,
    Int,
    Long,
    LongLong,
    LongDouble,
}

impl Length {
    const fn size(self) -> usize {
        match self {
            Self::Char => 1,
            Self::Short => 2,
            Self::Int => 4,
            Self::Long => size_of::<usize>(),
            Self::LongLong | Self::LongDouble => 8,
        }
    }
}

/// Why scanning has ended.
enum End {
    /// There is no more input.
    Input,
    /// The input is another one than the format says.
    Matching,
}

struct Scanner<'a, I> {
    input: &'a mut I,
    consumed: usize,
}

/// One directive.
struct Directive<'a> {
    suppressed: bool,
    width: usize,
    length: Length,
    conversion: u8,
    /// What is between the brackets, and whether it is what does not match.
    set: (&'a [u8], bool),
}

/// Scans input; returns how many results were stored, or -1 if the input ended before the first one was, as C libraries
/// do whether something was scanned without being stored or not.
pub fn scan(format: &[u8], input: &mut impl Input, places: &mut impl Places) -> i32 {
    let mut scanner = Scanner { input, consumed: 0 };
    let (mut position, mut stored) = (0, 0);
    while let Some(&byte) = format.get(position) {
        let outcome = if is_space(byte) {
            scanner.skip_space();
            position += 1;
            Ok(())
        } else if byte != b'%' {
            position += 1;
            scanner.literal(byte)
        } else {
            let (directive, next) = directive(format, position + 1);
            position = next;
            let result = scanner.convert(&directive, places);
            result.map(|converted| stored += i32::from(converted && !directive.suppressed))
        };
        match outcome {
            Ok(()) => {}
            Err(End::Input) if stored == 0 => return -1,
            Err(_) => break,
        }
    }
    stored
}

/// Reads a directive behind its `%`; what C does not know has the conversion 0.
fn directive(format: &[u8], mut position: usize) -> (Directive<'_>, usize) {
    let at = |position: usize| format.get(position).copied().unwrap_or(0);
    let suppressed = at(position) == b'*';
    position += usize::from(suppressed);
    let mut width = 0usize;
    while at(position).is_ascii_digit() {
        width = width.saturating_mul(10).saturating_add(usize::from(at(position) - b'0'));
        position += 1;
    }
    let (length, letters) = match (at(position), at(position + 1)) {
        (b'h', b'h') => (Length::Char, 2),
        (b'h', _) => (Length::Short, 1),
        (b'l', b'l') => (Length::LongLong, 2),
        (b'l' | b'z' | b't', _) => (Length::Long, 1),
        (b'j' | b'q', _) => (Length::LongLong, 1),
        (b'L', _) => (Length::LongDouble, 1),
        _ => (Length::Int, 0),
    };
    position += letters;
    let conversion = at(position);
    position += usize::from(conversion != 0);
    let mut set = (&[][..], false);
    if conversion == b'[' {
        let negated = at(position) == b'^';
        let begin = position + usize::from(negated);
        // A bracket that stands first is one of the characters.
        let mut end = begin + usize::from(at(begin) == b']');
        while !matches!(at(end), 0 | b']') {
            end += 1;
        }
        set = (&format[begin..end.min(format.len())], negated);
        position = (end + 1).min(format.len());
    }
    (Directive { suppressed, width, length, conversion, set }, position)
}

/// Whether a scan set has a character; a range is `a-z`.
fn in_set(set: &[u8], byte: u8) -> bool {
    let mut position = 0;
    while let Some(&first) = set.get(position) {
        match (set.get(position + 1), set.get(position + 2)) {
            (Some(b'-'), Some(&last)) => {
                if (first..=last).contains(&byte) {
                    return true;
                }
                position += 3;
            }
            _ => {
                if first == byte {
                    return true;
                }
                position += 1;
            }
        }
    }
    false
}

impl<I: Input> Scanner<'_, I> {
    fn take(&mut self) {
        self.input.advance();
        self.consumed += 1;
    }

    fn skip_space(&mut self) {
        while self.input.peek().is_some_and(is_space) {
            self.take();
        }
    }

    fn literal(&mut self, byte: u8) -> Result<(), End> {
        match self.input.peek() {
            None => Err(End::Input),
            Some(next) if next == byte => {
                self.take();
                Ok(())
            }
            Some(_) => Err(End::Matching),
        }
    }

    /// Converts input; returns whether it was a conversion, and not a percent sign or a count.
    fn convert(&mut self, directive: &Directive, places: &mut impl Places) -> Result<bool, End> {
        let Directive { suppressed, length, conversion, .. } = *directive;
        if !matches!(conversion, b'c' | b'[' | b'n') {
            self.skip_space();
        }
        match conversion {
            b'%' => return self.literal(b'%').map(|()| false),
            b'n' => {
                if !suppressed {
                    places.integer(length.size(), self.consumed as u64);
                }
                return Ok(false);
            }
            b'c' => self.characters(directive, places)?,
            b's' => self.text(directive, places, |byte| !is_space(byte))?,
            b'[' => {
                let (set, negated) = directive.set;
                self.text(directive, places, |byte| in_set(set, byte) != negated)?;
            }
            b'd' | b'u' | b'i' | b'o' | b'x' | b'X' | b'p' => self.integer(directive, places)?,
            b'a' | b'e' | b'f' | b'g' | b'A' | b'E' | b'F' | b'G' => self.floating(directive, places)?,
            _ => return Err(End::Matching),
        }
        Ok(true)
    }

    fn characters(&mut self, directive: &Directive, places: &mut impl Places) -> Result<(), End> {
        self.input.peek().ok_or(End::Input)?;
        if !directive.suppressed {
            places.text();
        }
        // Fewer at the end of the input are enough, as C libraries have it.
        for _ in 0..directive.width.max(1) {
            let Some(byte) = self.input.peek() else {
                break;
            };
            if !directive.suppressed {
                places.character(byte);
            }
            self.take();
        }
        Ok(())
    }

    fn text(
        &mut self,
        directive: &Directive,
        places: &mut impl Places,
        matches: impl Fn(u8) -> bool,
    ) -> Result<(), End> {
        let first = self.input.peek().ok_or(End::Input)?;
        if !matches(first) {
            return Err(End::Matching);
        }
        let limit = if directive.width == 0 { usize::MAX } else { directive.width };
        if !directive.suppressed {
            places.text();
        }
        let mut count = 0;
        while count < limit
            && let Some(byte) = self.input.peek().filter(|&byte| matches(byte))
        {
            if !directive.suppressed {
                places.character(byte);
            }
            self.take();
            count += 1;
        }
        if !directive.suppressed {
            places.character(0);
        }
        Ok(())
    }

    fn integer(&mut self, directive: &Directive, places: &mut impl Places) -> Result<(), End> {
        let base = match directive.conversion {
            b'o' => 8,
            b'x' | b'X' | b'p' => 16,
            b'i' => 0,
            _ => 10,
        };
        let mut item = self.item(directive)?;
        item.accept(|byte| matches!(byte, b'-' | b'+'));
        let mut base_seen = base;
        if item.accept(|byte| byte == b'0') {
            if matches!(base, 0 | 16) && item.accept(|byte| byte | 0x20 == b'x') {
                base_seen = 16;
                item.needs_digit = true;
            } else if base == 0 {
                base_seen = 8;
            }
        }
        let base_seen = if base_seen == 0 { 10 } else { base_seen };
        while item.accept(|byte| char::from(byte).is_digit(base_seen)) {
            item.needs_digit = false;
        }
        if item.needs_digit {
            return Err(End::Matching);
        }
        let Integer { negative, magnitude, overflow, .. } =
            numbers::integer(item.bytes(), base).ok_or(End::Matching)?;
        if !directive.suppressed {
            let size =
                if directive.conversion == b'p' { size_of::<usize>() } else { directive.length.size() };
            let number = Integer { negative, magnitude, overflow, length: 0 };
            let bits = 8 * size.max(4) as u32;
            let value = if matches!(directive.conversion, b'd' | b'i') {
                number.signed(bits).0 as u64
            } else {
                number.unsigned(bits).0
            };
            places.integer(size, value);
        }
        Ok(())
    }

    fn floating(&mut self, directive: &Directive, places: &mut impl Places) -> Result<(), End> {
        let mut item = self.item(directive)?;
        item.accept(|byte| matches!(byte, b'-' | b'+'));
        if !item.word(b"nan") && !item.word(b"infinity") {
            item.number();
        }
        let bytes = item.bytes();
        let double = numbers::floating::<f64>(bytes).filter(|number| number.length == bytes.len());
        let Floating { value, .. } = double.ok_or(End::Matching)?;
        if directive.suppressed {
            return Ok(());
        }
        match directive.length {
            Length::LongDouble => places.long_double(value),
            Length::Long => places.double(value),
            _ => places.float(numbers::floating::<f32>(bytes).map_or(value as f32, |number| number.value)),
        }
        Ok(())
    }

    /// Begins an item of at least one character.
    fn item(&mut self, directive: &Directive) -> Result<Item<'_, I>, End> {
        self.input.peek().ok_or(End::Input)?;
        let width = if directive.width == 0 { usize::MAX } else { directive.width };
        Ok(Item {
            input: self.input,
            consumed: &mut self.consumed,
            width,
            bytes: [0; NUMBER],
            used: 0,
            needs_digit: false,
        })
    }
}

/// The longest sequence of characters that may be a number, or the beginning of one.
struct Item<'a, I> {
    input: &'a mut I,
    consumed: &'a mut usize,
    width: usize,
    bytes: [u8; NUMBER],
    used: usize,
    needs_digit: bool,
}

impl<I: Input> Item<'_, I> {
    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.used]
    }

    /// Takes the next character if it is one of these.
    fn accept(&mut self, matches: impl Fn(u8) -> bool) -> bool {
        if self.width == 0 || self.used == NUMBER {
            return false;
        }
        let Some(byte) = self.input.peek().filter(|&byte| matches(byte)) else {
            return false;
        };
        self.input.advance();
        *self.consumed += 1;
        self.width -= 1;
        self.bytes[self.used] = byte;
        self.used += 1;
        true
    }

    /// Takes as much of a word as is there; returns whether its first letter is. `inf` is all of `infinity` too.
    fn word(&mut self, word: &[u8]) -> bool {
        let taken = word.iter().take_while(|&&letter| self.accept(|byte| byte | 0x20 == letter)).count();
        taken > 0
    }

    fn number(&mut self) {
        let zero = self.accept(|byte| byte == b'0');
        let hexadecimal = zero && self.accept(|byte| byte | 0x20 == b'x');
        let base = if hexadecimal { 16 } else { 10 };
        let mut digits = usize::from(zero && !hexadecimal);
        let is_digit = |byte| char::from(byte).is_digit(base);
        while self.accept(is_digit) {
            digits += 1;
        }
        if self.accept(|byte| byte == b'.') {
            while self.accept(is_digit) {
                digits += 1;
            }
        }
        let letter = if hexadecimal { b'p' } else { b'e' };
        if digits > 0 && self.accept(|byte| byte | 0x20 == letter) {
            self.accept(|byte| matches!(byte, b'-' | b'+'));
            while self.accept(|byte| byte.is_ascii_digit()) {}
        }
    }
}
