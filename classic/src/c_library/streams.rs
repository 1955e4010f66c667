//! `<stdio.h>`: the three streams there are, all of them the partition's console.

use core::ffi::c_int;

/// What functions of `<stdio.h>` return instead of a character.
pub(super) const EOF: c_int = -1;

/// `FILE *`: the number of the stream, from 1.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Stream(usize);

impl Stream {
    pub(super) const INPUT: Self = Self(1);
    pub(super) const OUTPUT: Self = Self(2);
    const ERRORS: Self = Self(3);

    pub(super) fn is_output(self) -> bool {
        self == Self::OUTPUT || self == Self::ERRORS
    }
}

/// Nothing is ever kept back.
#[unsafe(no_mangle)]
extern "C" fn fflush(_stream: Stream) -> c_int {
    0
}

/// A stream can have no buffer only, and has none.
#[unsafe(no_mangle)]
extern "C" fn setvbuf(_stream: Stream, _buffer: *mut u8, mode: c_int, _size: usize) -> c_int {
    const WITHOUT: c_int = 2;
    if mode == WITHOUT { 0 } else { EOF }
}

/// The console has no end.
#[unsafe(no_mangle)]
extern "C" fn feof(_stream: Stream) -> c_int {
    0
}

/// A console that refuses output leaves nobody to tell.
#[unsafe(no_mangle)]
extern "C" fn ferror(_stream: Stream) -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C" fn clearerr(_stream: Stream) {}

#[unsafe(no_mangle)]
extern "C" fn fileno(stream: Stream) -> c_int {
    stream.0 as c_int - 1
}
