//! The guest's command line: what the tool tells the monitor about the partition.

use core::fmt;

use bulkhead_abi::machine::i386::MEMORY_BASE;
use bulkhead_abi::{COMMAND_LINE_LENGTH_MAX, NAME_SIZE, PAGE_SIZE};

use crate::health::HealthTable;
use crate::ports::{GRANT_FIRST, PortTable};
use crate::regions::{Partitions, RegionTable};

/// The most windows of one partition.
pub const WINDOWS_MAX: usize = 256;

/// A window of the major frame, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// From the beginning of the frame.
    pub start: u64,
    /// How long.
    pub duration: u64,
}

/// The first word, which says whose line it is.
const FIRST: &str = "bulkhead";

/// What of a partition's own command line stands for itself; xl or a shell might see more in the rest.
const PLAIN: &[u8] = b"-_./=,:+";

/// What the binding is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The partition's number.
    pub number: u32,
    /// Its name, padded with zeros.
    pub name: [u8; NAME_SIZE],
    /// Bytes of its memory.
    pub memory: u32,
    /// Nanoseconds of the major frame.
    pub frame: u64,
    /// The tick policy.
    pub tick: u32,
    /// Where text ends, constants end, initialized data end, and zeroed data end: addresses.
    pub text_end: u32,
    /// See `text_end`.
    pub constants_end: u32,
    /// See `text_end`.
    pub data_end: u32,
    /// See `text_end`.
    pub image_end: u32,
    /// Whether the partition gets the console's input.
    pub input: bool,
    /// The partition's windows, in the order of their starts.
    pub windows: [Window; WINDOWS_MAX],
    /// How many there are.
    pub window_count: usize,
    /// Its ports.
    pub ports: PortTable,
    /// Its regions.
    pub regions: RegionTable,
    /// What is done about its errors.
    pub health: HealthTable,
    /// The partition's own command line.
    pub arguments: [u8; COMMAND_LINE_LENGTH_MAX],
    /// Its length.
    pub arguments_length: usize,
}

impl Configuration {
    /// Of a partition that nothing is known of.
    pub const EMPTY: Self = Self {
        number: 0,
        name: [0; NAME_SIZE],
        memory: 0,
        frame: 0,
        tick: 0,
        text_end: 0,
        constants_end: 0,
        data_end: 0,
        image_end: 0,
        input: false,
        windows: [Window { start: 0, duration: 0 }; WINDOWS_MAX],
        window_count: 0,
        ports: PortTable::EMPTY,
        regions: RegionTable::EMPTY,
        health: HealthTable::STANDARD,
        arguments: [0; COMMAND_LINE_LENGTH_MAX],
        arguments_length: 0,
    };

    /// Sets the name, as far as there is room for it.
    pub fn set_name(&mut self, name: &str) {
        for (place, byte) in self.name[..NAME_SIZE - 1].iter_mut().zip(name.bytes()) {
            *place = byte;
        }
    }

    /// Adds a window; false if there is no room.
    pub fn add_window(&mut self, window: Window) -> bool {
        let place = self.windows.get_mut(self.window_count);
        let there = place.is_some();
        if let Some(place) = place {
            *place = window;
            self.window_count += 1;
        }
        there
    }

    /// Adds a byte to the partition's own command line; false if there is no room.
    pub fn add_argument(&mut self, byte: u8) -> bool {
        let place = self.arguments.get_mut(self.arguments_length);
        let there = place.is_some();
        if let Some(place) = place {
            *place = byte;
            self.arguments_length += 1;
        }
        there
    }

    /// Reads a command line into this.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        if words.next() != Some(FIRST.as_bytes()) {
            return Err("the guest's command line is not from `bulkhead build --host xen`");
        }
        for word in words {
            let place = word
                .iter()
                .position(|byte| *byte == b'=')
                .ok_or("a word of the command line has no value")?;
            let (key, value) = (&word[..place], &word[place + 1..]);
            match key {
                b"number" => self.number = number(value)?,
                b"name" => copy(&mut self.name[..NAME_SIZE - 1], value)?,
                b"memory" => self.memory = number(value)?,
                b"frame" => self.frame = long(value)?,
                b"tick" => self.tick = number(value)?,
                b"text" => self.text_end = number(value)?,
                b"constants" => self.constants_end = number(value)?,
                b"data" => self.data_end = number(value)?,
                b"end" => self.image_end = number(value)?,
                b"input" => self.input = number(value)? != 0,
                b"windows" => self.read_windows(value)?,
                b"port" => self.ports.read(value)?,
                b"regions" => self.regions.in_system = number(value)?,
                b"region" => self.regions.read(value)?,
                b"health" => self.health.read(value)?,
                b"arguments" => self.read_arguments(value)?,
                // A tool that is newer may say more.
                _ => {}
            }
        }
        self.check()
    }

    /// "start+duration,start+duration", in nanoseconds.
    fn read_windows(&mut self, text: &[u8]) -> Result<(), &'static str> {
        for pair in text.split(|byte| *byte == b',') {
            let plus = pair.iter().position(|byte| *byte == b'+').ok_or("a window has no duration")?;
            let window = Window { start: long(&pair[..plus])?, duration: long(&pair[plus + 1..])? };
            self.add_window(window).then_some(()).ok_or("there are too many windows")?;
        }
        Ok(())
    }

    /// Text in which `%xx` stands for a byte.
    fn read_arguments(&mut self, text: &[u8]) -> Result<(), &'static str> {
        let mut rest = text;
        while let [first, others @ ..] = rest {
            let (byte, after) = match (first, others) {
                (b'%', [high, low, after @ ..]) => (digit(*high, 16)? << 4 | digit(*low, 16)?, after),
                (byte, after) => (u32::from(*byte), after),
            };
            self.add_argument(byte as u8).then_some(()).ok_or("the command line is too long")?;
            rest = after;
        }
        Ok(())
    }

    fn check(&self) -> Result<(), &'static str> {
        let ends = [MEMORY_BASE, self.text_end, self.constants_end, self.data_end, self.image_end];
        let ordered = ends.windows(2).all(|pair| pair[0] <= pair[1] || pair[1] == self.data_end);
        let pages = [self.text_end, self.constants_end, self.memory];
        if !ordered || pages.iter().any(|end| !end.is_multiple_of(PAGE_SIZE as u32)) {
            return Err("the program's parts are not in their order, or not whole pages");
        }
        if self.memory > 0x8000_0000 || self.image_end > MEMORY_BASE + self.memory {
            return Err("the partition's memory is smaller than its program, or more than 2 GiB");
        }
        if self.frame == 0 || self.windows[..self.window_count].iter().any(|it| it.start >= self.frame) {
            return Err("a window lies outside the major frame");
        }
        self.ports.check()?;
        self.regions.check(MEMORY_BASE + self.memory, self.number, GRANT_FIRST + self.ports.grants())
    }

    /// The partitions that this one has anything to do with.
    #[must_use]
    pub fn others(&self) -> Partitions {
        self.regions.regions().iter().fold(self.ports.others(), |others, region| others | region.others())
    }
}

impl fmt::Display for Configuration {
    /// The line that [`Configuration::read`] reads.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = text(&self.name);
        write!(to, "{FIRST} number={} name={name} memory={:#x}", self.number, self.memory)?;
        write!(to, " frame={} tick={}", self.frame, self.tick)?;
        write!(to, " text={:#x} constants={:#x}", self.text_end, self.constants_end)?;
        write!(to, " data={:#x} end={:#x}", self.data_end, self.image_end)?;
        if self.input {
            to.write_str(" input=1")?;
        }
        for (number, window) in self.windows.iter().take(self.window_count).enumerate() {
            to.write_str(if number == 0 { " windows=" } else { "," })?;
            write!(to, "{}+{}", window.start, window.duration)?;
        }
        self.ports.fmt(to)?;
        self.regions.fmt(to)?;
        self.health.fmt(to)?;
        to.write_str(" arguments=")?;
        for byte in self.arguments.iter().take(self.arguments_length) {
            if byte.is_ascii_alphanumeric() || PLAIN.contains(byte) {
                write!(to, "{}", char::from(*byte))?;
            } else {
                write!(to, "%{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// A name that is padded with zeros, as text.
pub(crate) fn text(name: &[u8; NAME_SIZE]) -> &str {
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    core::str::from_utf8(name).unwrap_or_default()
}

pub(crate) fn copy(to: &mut [u8], from: &[u8]) -> Result<(), &'static str> {
    to.get_mut(..from.len()).ok_or("a name is too long")?.copy_from_slice(from);
    Ok(())
}

fn digit(byte: u8, base: u32) -> Result<u32, &'static str> {
    char::from(byte).to_digit(base).ok_or("a number has something else than digits in it")
}

pub(crate) fn long(text: &[u8]) -> Result<u64, &'static str> {
    let (digits, base) = match text {
        [b'0', b'x', digits @ ..] => (digits, 16),
        digits => (digits, 10),
    };
    if digits.is_empty() {
        return Err("a number has no digits");
    }
    digits.iter().try_fold(0_u64, |sum, byte| {
        let next =
            sum.checked_mul(u64::from(base)).and_then(|sum| Some(sum + u64::from(digit(*byte, base).ok()?)));
        next.ok_or("a number is none, or too large")
    })
}

pub(crate) fn number(text: &[u8]) -> Result<u32, &'static str> {
    u32::try_from(long(text)?).map_err(|_| "a number is too large")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "bulkhead number=2 name=control memory=0x100000 frame=20000000 tick=1 text=0x11f000 \
                        constants=0x123000 data=0x123104 end=0x12ea60";

    fn read(line: &str) -> Result<Configuration, &'static str> {
        let mut configuration = Configuration::EMPTY;
        configuration.read(line.as_bytes()).map(|()| configuration)
    }

    #[test]
    fn everything_is_read() {
        let line =
            format!("{LINE} input=1 windows=0+8000000,15000000+4000000 later=yes arguments=good%20day%25");
        let read = read(&line).expect("a good line");
        assert_eq!((read.number, read.memory, read.frame, read.tick), (2, 0x10_0000, 20_000_000, 1));
        assert_eq!(&read.name[..8], b"control\0");
        assert_eq!((read.text_end, read.constants_end), (0x11_f000, 0x12_3000));
        assert_eq!((read.data_end, read.image_end, read.input), (0x12_3104, 0x12_ea60, true));
        assert_eq!(read.window_count, 2);
        assert_eq!(read.windows[1], Window { start: 15_000_000, duration: 4_000_000 });
        assert_eq!(&read.arguments[..read.arguments_length], b"good day%");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (wrong, why) in [
            ("", "not from"),
            ("root=/dev/xvda", "not from"),
            ("bulkhead number", "no value"),
            (&format!("{LINE} number=x"), "number"),
            (&format!("{LINE} memory=99999999999"), "too large"),
            (&format!("{LINE} memory=0x1000"), "smaller"),
            (&format!("{LINE} constants=0x123001"), "whole pages"),
            (&format!("{LINE} text=0x200000"), "order"),
            (&format!("{LINE} windows=5"), "duration"),
            (&format!("{LINE} windows=20000000+1"), "outside"),
            (&format!("{LINE} frame=0"), "outside"),
            (&format!("{LINE} arguments={}", "a".repeat(2000)), "too long"),
            (&format!("{LINE} name={}", "a".repeat(40)), "too long"),
        ] {
            let found = read(wrong).expect_err(wrong);
            assert!(found.contains(why), "{wrong}: {found}");
        }
    }

    #[test]
    fn a_program_without_data_is_right() {
        // Initialized data end below the constants' end if there are none.
        let line = LINE.replace("data=0x123104", "data=0x122f00");
        assert_eq!(read(&line).map(|read| read.data_end), Ok(0x12_2f00));
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(
            number: u32, frame in 1_000_u64..1 << 40, tick in 0_u32..2, pages in 1_u32..1000, input: bool,
            name in "[a-z][a-z0-9.-]{0,29}", arguments in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
            windows in proptest::collection::vec((0_u64..1_000, proptest::num::u64::ANY), 0..30),
        ) {
            let end = MEMORY_BASE + pages * PAGE_SIZE as u32;
            let mut told = Configuration {
                number, frame, tick, input, memory: pages * PAGE_SIZE as u32,
                text_end: MEMORY_BASE, constants_end: MEMORY_BASE, data_end: end, image_end: end, ..Configuration::EMPTY
            };
            told.set_name(&name);
            for (start, duration) in windows {
                told.add_window(Window { start, duration });
            }
            for byte in arguments {
                told.add_argument(byte);
            }
            proptest::prop_assert_eq!(read(&told.to_string()), Ok(told));
        }

        #[test]
        fn no_line_panics(line in "bulkhead( [a-z]{1,9}=[0-9a-fx%+,]{0,12}){0,9}") {
            let _ = read(&line);
        }
    }
}
