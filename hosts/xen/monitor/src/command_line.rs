//! The guest's command line: what the tool tells the binding about the partition (`tool/src/host/xen`).

use bulkhead_abi::{COMMAND_LINE_LENGTH_MAX, NAME_SIZE};

use super::windows::{WINDOWS_MAX, Window};

/// What the binding is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Configuration {
    /// The partition's number.
    pub(super) number: u32,
    /// Its name, padded with zeros.
    pub(super) name: [u8; NAME_SIZE],
    /// Bytes of its memory.
    pub(super) memory: u32,
    /// Nanoseconds of the major frame.
    pub(super) frame: u64,
    /// The tick policy.
    pub(super) tick: u32,
    /// Where text ends, constants end, initialized data end, and zeroed data end: addresses.
    pub(super) text_end: u32,
    /// See `text_end`.
    pub(super) constants_end: u32,
    /// See `text_end`.
    pub(super) data_end: u32,
    /// See `text_end`.
    pub(super) image_end: u32,
    /// Whether the partition gets the console's input.
    pub(super) input: bool,
    /// The partition's windows, in the order of their starts.
    pub(super) windows: [Window; WINDOWS_MAX],
    /// How many there are.
    pub(super) window_count: usize,
    /// The partition's own command line.
    pub(super) arguments: [u8; COMMAND_LINE_LENGTH_MAX],
    /// Its length.
    pub(super) arguments_length: usize,
}

impl Configuration {
    /// Of a partition that nothing is known of.
    pub(super) const EMPTY: Self = Self {
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
        arguments: [0; COMMAND_LINE_LENGTH_MAX],
        arguments_length: 0,
    };

    /// Reads a command line into this.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        if words.next() != Some(b"bulkhead") {
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
            *self.windows.get_mut(self.window_count).ok_or("there are too many windows")? = window;
            self.window_count += 1;
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
            let place =
                self.arguments.get_mut(self.arguments_length).ok_or("the command line is too long")?;
            *place = byte as u8;
            self.arguments_length += 1;
            rest = after;
        }
        Ok(())
    }

    fn check(&self) -> Result<(), &'static str> {
        let ends = [super::layout::MEMORY, self.text_end, self.constants_end, self.data_end, self.image_end];
        let ordered = ends.windows(2).all(|pair| pair[0] <= pair[1] || pair[1] == self.data_end);
        let pages = [self.text_end, self.constants_end, self.memory];
        if !ordered || pages.iter().any(|end| !end.is_multiple_of(super::layout::PAGE)) {
            return Err("the program's parts are not in their order, or not whole pages");
        }
        if self.memory > 0x8000_0000 || self.image_end > super::layout::MEMORY + self.memory {
            return Err("the partition's memory is smaller than its program, or more than 2 GiB");
        }
        if self.frame == 0 || self.windows[..self.window_count].iter().any(|it| it.start >= self.frame) {
            return Err("a window lies outside the major frame");
        }
        Ok(())
    }
}

fn copy(to: &mut [u8], from: &[u8]) -> Result<(), &'static str> {
    to.get_mut(..from.len()).ok_or("a name is too long")?.copy_from_slice(from);
    Ok(())
}

fn digit(byte: u8, base: u32) -> Result<u32, &'static str> {
    char::from(byte).to_digit(base).ok_or("a number has something else than digits in it")
}

fn long(text: &[u8]) -> Result<u64, &'static str> {
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

fn number(text: &[u8]) -> Result<u32, &'static str> {
    u32::try_from(long(text)?).map_err(|_| "a number is too large")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "bulkhead number=2 name=control memory=0x100000 frame=20000000 tick=1 text=0x10f000 \
                        constants=0x113000 data=0x113104 end=0x11ea60";

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
        assert_eq!((read.text_end, read.constants_end), (0x10_f000, 0x11_3000));
        assert_eq!((read.data_end, read.image_end, read.input), (0x11_3104, 0x11_ea60, true));
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
            (&format!("{LINE} constants=0x113001"), "whole pages"),
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
        let line = LINE.replace("data=0x113104", "data=0x112f00");
        assert_eq!(read(&line).map(|read| read.data_end), Ok(0x11_2f00));
    }

    proptest::proptest! {
        #[test]
        fn no_line_panics(line in "bulkhead( [a-z]{1,9}=[0-9a-fx%+,]{0,12}){0,9}") {
            let _ = read(&line);
        }
    }
}
