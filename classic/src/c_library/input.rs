//! `<stdio.h>`: input from the console and from memory. Who reads from the console waits for it, a clock tick at a
//! time.

use core::ffi::{c_char, c_int};

use bulkhead_cell::Single;
use bulkhead_guest::console;

use super::arguments::{ArgumentList, pointer};
use super::streams::{EOF, Stream};
use super::strings::bounded;
use crate::edge::wait_a_tick;
#[cfg(target_arch = "x86")]
use crate::format::to_extended;
use crate::scan::{Input, Places, scan};

/// The character that was put back, [`EOF`] if there is none.
static PUT_BACK: Single<c_int> = Single::new(EOF);

/// Where results of scanf go.
struct Pointers {
    list: ArgumentList,
    text: *mut u8,
}

impl Pointers {
    fn store<T>(&mut self, value: T) {
        // SAFETY: the caller of scanf has passed a pointer to this type. One to a number in the caller's frame may be
        // aligned to a word only.
        unsafe { pointer::<T>(&mut self.list).write_unaligned(value) };
    }
}

impl Places for Pointers {
    fn integer(&mut self, size: usize, value: u64) {
        match size {
            1 => self.store(value as u8),
            2 => self.store(value as u16),
            8 => self.store(value),
            _ => self.store(value as u32),
        }
    }

    fn float(&mut self, value: f32) {
        self.store(value);
    }

    fn double(&mut self, value: f64) {
        self.store(value);
    }

    /// As for printf: ten bytes on i386, and a `double` on SPARC.
    #[cfg(target_arch = "x86")]
    fn long_double(&mut self, value: f64) {
        let (significand, exponent) = to_extended(value);
        let [low, high] = [significand as u32, (significand >> 32) as u32];
        self.store([low, high, exponent.into()]);
    }

    #[cfg(not(target_arch = "x86"))]
    fn long_double(&mut self, value: f64) {
        self.store(value);
    }

    fn text(&mut self) {
        // SAFETY: the caller of scanf has passed a pointer to characters.
        self.text = unsafe { pointer(&mut self.list) };
    }

    fn character(&mut self, character: u8) {
        // SAFETY: there is room for what is scanned, as the caller of scanf promises.
        unsafe {
            self.text.write(character);
            self.text = self.text.add(1);
        }
    }
}

struct Memory<'a>(&'a [u8]);

impl Input for Memory<'_> {
    fn peek(&mut self) -> Option<u8> {
        self.0.first().copied()
    }

    fn advance(&mut self) {
        self.0 = self.0.get(1..).unwrap_or_default();
    }
}

struct Console;

impl Input for Console {
    fn peek(&mut self) -> Option<u8> {
        let next = getchar();
        ungetc(next, Stream::INPUT);
        u8::try_from(next).ok()
    }

    fn advance(&mut self) {
        getchar();
    }
}

/// # Safety
/// `text` and `format` are strings; `arguments` are pointers to what the format says.
#[unsafe(no_mangle)]
unsafe extern "C" fn vsscanf(text: *const c_char, format: *const c_char, arguments: ArgumentList) -> c_int {
    // SAFETY: the caller's promise.
    let (text, format) = unsafe { (bounded(text, usize::MAX), bounded(format, usize::MAX)) };
    scan(format, &mut Memory(text), &mut Pointers { list: arguments, text: core::ptr::null_mut() })
}

variadic!(2, sscanf, vsscanf);

/// # Safety
/// As [`vsscanf`].
#[unsafe(no_mangle)]
unsafe extern "C" fn vfscanf(stream: Stream, format: *const c_char, arguments: ArgumentList) -> c_int {
    if stream != Stream::INPUT {
        return EOF;
    }
    // SAFETY: the caller's promise.
    let format = unsafe { bounded(format, usize::MAX) };
    scan(format, &mut Console, &mut Pointers { list: arguments, text: core::ptr::null_mut() })
}

variadic!(2, fscanf, vfscanf);

/// # Safety
/// As [`vsscanf`].
#[unsafe(no_mangle)]
unsafe extern "C" fn vscanf(format: *const c_char, arguments: ArgumentList) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { vfscanf(Stream::INPUT, format, arguments) }
}

variadic!(1, scanf, vscanf);

/// The next character of the console, with a carriage return as the end of a line; [`EOF`] where nobody can wait.
#[unsafe(no_mangle)]
extern "C" fn getchar() -> c_int {
    // SAFETY: tasks that read at the same time get each what comes.
    let put_back = unsafe { PUT_BACK.address().replace(EOF) };
    if put_back != EOF {
        return put_back;
    }
    let mut byte = [0];
    loop {
        match console::read(&mut byte) {
            Ok(1) if byte[0] == b'\r' => return c_int::from(b'\n'),
            Ok(1) => return byte[0].into(),
            _ if wait_a_tick() => {}
            _ => return EOF,
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn fgetc(stream: Stream) -> c_int {
    if stream == Stream::INPUT { getchar() } else { EOF }
}

#[unsafe(no_mangle)]
extern "C" fn ungetc(character: c_int, stream: Stream) -> c_int {
    // SAFETY: as in `getchar`.
    unsafe {
        if stream != Stream::INPUT || character == EOF || PUT_BACK.address().read() != EOF {
            return EOF;
        }
        PUT_BACK.address().write(c_int::from(character as u8));
    }
    c_int::from(character as u8)
}

/// # Safety
/// `size` bytes at `buffer` are writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn fgets(buffer: *mut c_char, size: c_int, stream: Stream) -> *mut c_char {
    let room = usize::try_from(size).unwrap_or(0);
    let mut used = 0;
    while used + 1 < room {
        let Ok(byte) = u8::try_from(fgetc(stream)) else {
            break;
        };
        // SAFETY: less than the size.
        unsafe { buffer.add(used).write(byte as c_char) };
        used += 1;
        if byte == b'\n' {
            break;
        }
    }
    if used == 0 {
        return core::ptr::null_mut();
    }
    // SAFETY: less than the size.
    unsafe { buffer.add(used).write(0) };
    buffer
}

/// # Safety
/// `count` elements of `size` bytes at `elements` are writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn fread(elements: *mut u8, size: usize, count: usize, stream: Stream) -> usize {
    let length = size.saturating_mul(count);
    let mut used = 0;
    while used < length {
        let Ok(byte) = u8::try_from(fgetc(stream)) else {
            break;
        };
        // SAFETY: less than the size.
        unsafe { elements.add(used).write(byte) };
        used += 1;
    }
    used.checked_div(size).unwrap_or(0)
}
