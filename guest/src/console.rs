//! The partition's console.

use core::fmt;

use bulkhead_abi::Error;

use crate::host::{Host, Kernel};

/// Writes all bytes. While the device has no room it tries again, with interrupts as they are.
///
/// # Errors
/// What the kernel answered: `BadAddress` if the bytes are not the partition's.
pub fn write(mut bytes: &[u8]) -> Result<(), Error> {
    while !bytes.is_empty() {
        let taken = Kernel::console_write(bytes)?;
        bytes = bytes.get(taken..).unwrap_or_default();
    }
    Ok(())
}

/// Writes as much as the device has room for; how many bytes that was, 0 if none.
///
/// # Errors
/// `BadAddress` if the bytes are not the partition's.
pub fn write_some(bytes: &[u8]) -> Result<usize, Error> {
    Kernel::console_write(bytes)
}

/// Reads what input is waiting, at most as much as there is room for; how many bytes that was, 0 if none.
///
/// # Errors
/// `NotPermitted` if console input belongs to another partition, `BadAddress` if the buffer is not the partition's.
pub fn read(bytes: &mut [u8]) -> Result<usize, Error> {
    Kernel::console_read(bytes)
}

/// Room for formatted output on its way to the console, so that a message takes few calls.
struct Buffer {
    bytes: [u8; 128],
    used: usize,
}

impl Buffer {
    fn flush(&mut self) -> fmt::Result {
        let used = core::mem::take(&mut self.used);
        write(&self.bytes[..used]).map_err(|_| fmt::Error)
    }
}

impl fmt::Write for Buffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let count = rest.len().min(self.bytes.len() - self.used);
            let (now, later) = rest.split_at(count);
            self.bytes[self.used..self.used + count].copy_from_slice(now);
            self.used += count;
            rest = later;
            if self.used == self.bytes.len() {
                self.flush()?;
            }
        }
        Ok(())
    }
}

/// Writes formatted text; [`crate::print!`] and [`crate::println!`] are the short ways.
pub fn print(arguments: fmt::Arguments<'_>) {
    let mut buffer = Buffer { bytes: [0; 128], used: 0 };
    // A console that refuses leaves nobody to tell.
    let _ = fmt::write(&mut buffer, arguments);
    let _ = buffer.flush();
}

/// Prints to the partition's console.
#[macro_export]
macro_rules! print {
    ($($argument:tt)*) => { $crate::console::print(::core::format_args!($($argument)*)) };
}

/// Prints a line to the partition's console.
#[macro_export]
macro_rules! println {
    () => { $crate::print!("\n") };
    ($format:literal $($argument:tt)*) => { $crate::print!("{}\n", ::core::format_args!($format $($argument)*)) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::simulated;

    #[test]
    fn all_bytes_are_written_however_few_the_kernel_takes_at_once() {
        simulated::limit_room(3);
        assert_eq!(write(b"0123456789"), Ok(()));
        assert_eq!(simulated::take_output(), b"0123456789");
    }

    #[test]
    fn long_formatted_text_arrives_whole() {
        crate::println!("{:>300}|{}", "x", 42);
        let expected = format!("{:>300}|{}\n", "x", 42);
        assert_eq!(simulated::take_output(), expected.as_bytes());
    }

    #[test]
    fn printing_captures_variables() {
        let name = "control";
        crate::println!("{name} {0}", 7);
        crate::println!();
        crate::print!("end");
        assert_eq!(simulated::take_output(), b"control 7\n\nend");
    }

    #[test]
    fn input_comes_in_the_order_in_which_it_was_given() {
        simulated::give_input(b"abcde");
        let mut bytes = [0; 3];
        assert_eq!(read(&mut bytes), Ok(3));
        assert_eq!(&bytes, b"abc");
        assert_eq!(read(&mut bytes), Ok(2));
        assert_eq!(read(&mut bytes), Ok(0));
    }
}
