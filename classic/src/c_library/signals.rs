//! `<signal.h>`: signals that a program raises itself. No fault of the processor becomes one: faults go to the health
//! monitor.

use core::ffi::c_int;

use bulkhead_cell::Single;

use super::errno::{self, EINVAL};
use crate::edge::{Source, terminate};

/// How many signals there are.
const SIGNALS: usize = 32;

/// `SIG_DFL`, `SIG_IGN` and `SIG_ERR`, where a handler's address may stand.
const DEFAULT: usize = 0;
const IGNORED: usize = 1;
const ERROR: usize = usize::MAX;

const ABORT: c_int = 6;

/// What is done with each signal.
static HANDLERS: Single<[usize; SIGNALS]> = Single::new([DEFAULT; SIGNALS]);

/// Exchanges what is done with a signal; nothing if there is no such signal.
fn exchange(signal: c_int, handler: usize) -> Option<usize> {
    let index = usize::try_from(signal).ok().filter(|index| (1..SIGNALS).contains(index))?;
    // SAFETY: a word of the array.
    Some(unsafe { HANDLERS.address().cast::<usize>().add(index).replace(handler) })
}

#[unsafe(no_mangle)]
extern "C" fn signal(signal: c_int, handler: usize) -> usize {
    exchange(signal, handler).unwrap_or_else(|| {
        errno::set(EINVAL);
        ERROR
    })
}

/// Calls the handler of a signal, which has to be installed again if it is to be called again.
fn call(signal: c_int, handler: usize) {
    if handler == IGNORED {
        exchange(signal, IGNORED);
    } else {
        // SAFETY: the program has passed this function to `signal`.
        let handler = unsafe { core::mem::transmute::<usize, extern "C" fn(c_int)>(handler) };
        handler(signal);
    }
}

#[unsafe(no_mangle)]
extern "C" fn raise(signal: c_int) -> c_int {
    match exchange(signal, DEFAULT) {
        None => {
            errno::set(EINVAL);
            return -1;
        }
        Some(DEFAULT) => terminate(Source::Panic, signal as usize),
        Some(handler) => call(signal, handler),
    }
    0
}

/// A handler that returns does not keep the program from its end.
#[unsafe(no_mangle)]
extern "C" fn abort() -> ! {
    if let Some(handler) = exchange(ABORT, DEFAULT).filter(|&handler| handler != DEFAULT) {
        call(ABORT, handler);
    }
    terminate(Source::Panic, 0)
}
