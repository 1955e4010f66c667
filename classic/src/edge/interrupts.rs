//! Interrupt handlers on the partition's virtual lines.

use core::ffi::{c_char, c_void};

use bulkhead_cell::Single;
use bulkhead_guest::{Line, interrupts};

use super::{code, record, with_executive};
use crate::executive::{Answer, Status};

/// A handler as programs write it.
type Handler = unsafe extern "C" fn(*mut c_void);

/// Option: no other handler on the line.
const UNIQUE: u32 = 1;

/// Option: the argument's handler is replaced.
const REPLACE: u32 = 2;

/// The most handlers of all lines together.
const HANDLERS_MAX: usize = 32;

#[derive(Clone, Copy)]
struct Entry {
    line: u32,
    handler: Handler,
    argument: *mut c_void,
    unique: bool,
}

/// Used with interrupts disabled only, by [`with_handlers`].
static HANDLERS: Single<[Option<Entry>; HANDLERS_MAX]> = Single::new([None; HANDLERS_MAX]);

fn with_handlers<R>(work: impl FnOnce(&mut [Option<Entry>; HANDLERS_MAX]) -> R) -> R {
    // SAFETY: interrupts are disabled, and no closure in this file calls another function that comes here.
    interrupts::without(|| work(unsafe { HANDLERS.borrow() }))
}

/// The guest layer calls it for a line that has handlers; the argument is the line's number.
unsafe extern "C" fn handle(line: *mut c_void) {
    let line = line as usize as u32;
    record::interrupt(line, true);
    for position in 0..HANDLERS_MAX {
        let entry = with_handlers(|handlers| handlers[position].filter(|entry| entry.line == line));
        if let Some(entry) = entry {
            // SAFETY: the program passed the handler and its argument for this.
            bulkhead_context::preserving_floating_point(|| unsafe { (entry.handler)(entry.argument) });
        }
    }
    record::interrupt(line, false);
}

/// A line of the partition that programs may use: the timer is the clock's.
fn checked(vector: u32) -> Answer<u32> {
    if vector < Line::COUNT { Ok(vector) } else { Err(Status::InvalidId) }
}

fn install(vector: u32, options: u32, handler: Option<Handler>, argument: *mut c_void) -> Answer<()> {
    let handler = handler.ok_or(Status::InvalidAddress)?;
    let line = checked(vector)?;
    if line == Line::Timer as u32 {
        return Err(Status::ResourceInUse);
    }
    with_handlers(|handlers| {
        let unique = options & UNIQUE != 0;
        let entry = Entry { line, handler, argument, unique };
        let mut others = handlers.iter_mut().flatten().filter(|other| other.line == line);
        if options & REPLACE != 0 {
            let replaced = others.find(|other| other.argument == argument);
            *replaced.ok_or(Status::Unsatisfied)? = entry;
            return Ok(());
        }
        for other in others {
            if unique || other.unique {
                return Err(Status::ResourceInUse);
            }
            if core::ptr::fn_addr_eq(other.handler, handler) && other.argument == argument {
                return Err(Status::TooMany);
            }
        }
        let free = handlers.iter_mut().find(|place| place.is_none()).ok_or(Status::Unsatisfied)?;
        *free = Some(entry);
        Ok(())
    })?;
    // SAFETY: `handle` may be called whenever interrupts are enabled.
    let installed = unsafe { interrupts::install_raw(line, handle, line as usize as *mut c_void) };
    installed.and_then(|()| interrupts::unmask(line)).map_err(|_| Status::InvalidId)
}

fn remove(vector: u32, handler: Option<Handler>, argument: *mut c_void) -> Answer<()> {
    let handler = handler.ok_or(Status::InvalidAddress)?;
    let line = checked(vector)?;
    let last = with_handlers(|handlers| {
        let is_meant = |entry: &Entry| {
            entry.line == line && core::ptr::fn_addr_eq(entry.handler, handler) && entry.argument == argument
        };
        let place = handlers.iter_mut().find(|place| place.as_ref().is_some_and(is_meant));
        *place.ok_or(Status::Unsatisfied)? = None;
        Ok(!handlers.iter().flatten().any(|entry| entry.line == line))
    })?;
    if last {
        interrupts::mask(line).map_err(|_| Status::InvalidId)?;
    }
    Ok(())
}

#[unsafe(no_mangle)]
extern "C" fn rtems_interrupt_handler_install(
    vector: u32,
    _info: *const c_char,
    options: u32,
    handler: Option<Handler>,
    argument: *mut c_void,
) -> u32 {
    code(install(vector, options, handler, argument))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_interrupt_handler_remove(
    vector: u32,
    handler: Option<Handler>,
    argument: *mut c_void,
) -> u32 {
    code(remove(vector, handler, argument))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_interrupt_vector_enable(vector: u32) -> u32 {
    code(interrupts::unmask(vector).map_err(|_| Status::InvalidId))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_interrupt_vector_disable(vector: u32) -> u32 {
    code(interrupts::mask(vector).map_err(|_| Status::InvalidId))
}

/// Only the partition's own lines, 16 to 31, can be raised.
#[unsafe(no_mangle)]
extern "C" fn rtems_interrupt_raise(vector: u32) -> u32 {
    let answer = checked(vector).and_then(|line| interrupts::raise(line).map_err(|_| Status::Unsatisfied));
    code(answer)
}

#[unsafe(no_mangle)]
extern "C" fn rtems_interrupt_clear(vector: u32) -> u32 {
    code(interrupts::clear(vector).map_err(|_| Status::InvalidId))
}

#[unsafe(no_mangle)]
extern "C" fn rtems_interrupt_is_in_progress() -> bool {
    with_executive(|executive| executive.in_interrupt())
}
