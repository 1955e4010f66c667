//! Virtual interrupts: disabling, enabling, and the handlers of the lines.

use core::ffi::c_void;

use bulkhead_abi::{Error, Line};

use crate::arch::{Arch, Processor};
use crate::host::{Host, Kernel};

/// A handler as C sees it: called with virtual interrupts disabled, on the interrupt stack, with the argument that
/// it was installed with.
pub type Handler = unsafe extern "C" fn(argument: *mut c_void);

/// The first line that is the partition's own, for software interrupts. The kernel never touches it or those above.
pub const FIRST_OWN_LINE: u32 = 16;

/// A line's handler. A processor's assembly may know the offsets.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Entry {
    pub(crate) function: Handler,
    pub(crate) argument: *mut c_void,
}

unsafe extern "C" fn ignore(_argument: *mut c_void) {}

type Handlers = [Entry; Line::COUNT as usize];

/// The place of a line in the table of handlers, 0 to 31; the line is given as its bit.
#[inline(always)]
const fn place(line: u32) -> usize {
    if cfg!(target_arch = "sparc") {
        // There is no instruction that counts zeros. In a de Bruijn sequence each five bits stand once.
        (line.wrapping_mul(0x077c_b531) >> 27) as usize
    } else {
        line.trailing_zeros() as usize % Line::COUNT as usize
    }
}

crate::one! {
    /// By the lines' places. Written with interrupts disabled, so that no dispatch sees a half-written entry.
    static HANDLERS: Handlers = [Entry { function: ignore, argument: core::ptr::null_mut() }; Line::COUNT as usize];
}

/// Disables virtual interrupts; returns the state before, for [`restore`].
#[inline(always)]
pub fn disable() -> u32 {
    let previous = Kernel::interrupts_enabled();
    Kernel::set_interrupts_enabled(0);
    previous
}

/// Puts a state back that [`disable`] returned. If this enables and a line is due, its handler has run when this
/// returns.
#[inline(always)]
pub fn restore(previous: u32) {
    Kernel::set_interrupts_enabled(previous);
    if previous != 0 && Kernel::due() != 0 {
        Processor::deliver();
    }
}

/// Enables virtual interrupts. What is due is handled before this returns.
#[inline(always)]
pub fn enable() {
    restore(Processor::INTERRUPTS_ENABLED);
}

/// The lines that are pending, let through or not, one bit each.
#[must_use]
pub fn pending() -> u32 {
    Kernel::pending()
}

/// Whether virtual interrupts are enabled.
#[inline(always)]
#[must_use]
pub fn enabled() -> bool {
    Processor::normal(Kernel::interrupts_enabled()) != 0
}

/// Runs `work` with virtual interrupts disabled.
#[inline(always)]
pub fn without<T>(work: impl FnOnce() -> T) -> T {
    let previous = disable();
    let result = work();
    restore(previous);
    result
}

/// How many interrupt dispatches are active: 0 outside handlers.
#[must_use]
pub fn nesting() -> u32 {
    Processor::interrupt_depth()
}

/// The line's number if there is such a line.
fn checked(line: u32) -> Result<u32, Error> {
    if line < Line::COUNT { Ok(line) } else { Err(Error::BadArgument) }
}

/// Installs a handler for a line, 0 to 31, in place of the one before. It does not unmask the line.
///
/// # Errors
/// `BadArgument` if there is no such line.
///
/// # Safety
/// `function` must be sound to call at any moment at which interrupts are enabled, with `argument`.
pub unsafe fn install_raw(line: u32, function: Handler, argument: *mut c_void) -> Result<(), Error> {
    let line = checked(line)?;
    without(|| {
        // SAFETY: interrupts are disabled, see `HANDLERS`.
        let handlers = unsafe { &mut *HANDLERS.address() };
        handlers[place(1 << line)] = Entry { function, argument };
    });
    Ok(())
}

/// Removes a line's handler: what the line announces is dropped from now on.
///
/// # Errors
/// `BadArgument` if there is no such line.
pub fn remove(line: u32) -> Result<(), Error> {
    // SAFETY: `ignore` does nothing.
    unsafe { install_raw(line, ignore, core::ptr::null_mut()) }
}

/// Installs a Rust function as the handler of a line, 0 to 31, in place of the one before. It does not unmask the
/// line.
///
/// # Errors
/// `BadArgument` if there is no such line.
pub fn install(line: u32, function: fn()) -> Result<(), Error> {
    unsafe extern "C" fn trampoline(argument: *mut c_void) {
        // SAFETY: `install` made the argument from such a function, and both have the size of a pointer.
        let function = unsafe { core::mem::transmute::<*mut c_void, fn()>(argument) };
        function();
    }
    // SAFETY: a safe function without arguments is sound to call at any time.
    unsafe { install_raw(line, trampoline, function as *mut c_void) }
}

/// Lets a line, 0 to 31, through. If it is pending and interrupts are enabled, its handler has run when this returns.
///
/// # Errors
/// `BadArgument` if there is no such line.
pub fn unmask(line: u32) -> Result<(), Error> {
    Kernel::unmask(1 << checked(line)?);
    deliver_if_due();
    Ok(())
}

/// Holds a line, 0 to 31, back: it can still become pending.
///
/// # Errors
/// `BadArgument` if there is no such line.
pub fn mask(line: u32) -> Result<(), Error> {
    Kernel::mask(1 << checked(line)?);
    Ok(())
}

/// Makes one of the partition's own lines, [`FIRST_OWN_LINE`] to 31, pending. If it is let through and interrupts
/// are enabled, its handler has run when this returns.
///
/// # Errors
/// `BadArgument` if the line is not one of the partition's own.
pub fn raise(line: u32) -> Result<(), Error> {
    if checked(line)? < FIRST_OWN_LINE {
        return Err(Error::BadArgument);
    }
    Kernel::raise(line);
    deliver_if_due();
    Ok(())
}

/// Takes back a pending line, 0 to 31, that has not been delivered.
///
/// # Errors
/// `BadArgument` if there is no such line.
pub fn clear(line: u32) -> Result<(), Error> {
    Kernel::clear(checked(line)?);
    Ok(())
}

fn deliver_if_due() {
    if enabled() && Kernel::due() != 0 {
        Processor::deliver();
    }
}

/// Calls the handlers of all lines that are due, lowest first, each with interrupts disabled. The processor's
/// interrupt entry calls it, on the interrupt stack.
#[cfg_attr(target_arch = "sparc", allow(dead_code, reason = "there the entry itself calls the handlers"))]
pub(crate) extern "C" fn dispatch() {
    loop {
        let due = Kernel::due();
        if due == 0 {
            return;
        }
        // Where lines have numbers as their places, an instruction counts the zeros: two more would isolate the bit.
        let line = due.trailing_zeros() % Line::COUNT;
        Kernel::clear(line);
        let Entry { function, argument } = *entry(1 << line);
        // SAFETY: whoever installed it promised that it may be called now.
        unsafe { function(argument) };
    }
}

/// The lowest line that is due among certain ones, one bit each: its bit, or 0. Interrupts are disabled; it is to be
/// cleared, and the handler called, before they are enabled.
#[inline(always)]
#[cfg(target_arch = "sparc")]
pub(crate) fn lowest_due(lines: u32) -> u32 {
    let due = Kernel::due() & lines;
    due & due.wrapping_neg()
}

/// A line's handler, the line as its bit; of 0 any line's. Interrupts are disabled.
#[inline(always)]
pub(crate) fn entry(line: u32) -> &'static Entry {
    // SAFETY: interrupts are disabled, so nobody writes the table; a place is below 32.
    unsafe { &(&*HANDLERS.address())[place(line)] }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use proptest::prelude::*;

    use super::*;
    use crate::host::simulated;

    thread_local! {
        static CALLS: RefCell<Vec<(u32, u32, bool)>> = const { RefCell::new(Vec::new()) };
        static RAISE_IN_HANDLER: Cell<Option<u32>> = const { Cell::new(None) };
    }

    /// Notes line, nesting and state; the argument is the line's number.
    unsafe extern "C" fn note(argument: *mut c_void) {
        CALLS.with_borrow_mut(|calls| calls.push((argument as usize as u32, nesting(), enabled())));
        if let Some(line) = RAISE_IN_HANDLER.take() {
            raise(line).expect("an own line");
        }
    }

    fn install_all() {
        for line in 0..Line::COUNT {
            // SAFETY: `note` takes a number, not an address.
            unsafe { install_raw(line, note, line as usize as *mut c_void) }.expect("a line");
        }
        Kernel::set_upcalls(Processor::interrupt_entry(), 0);
    }

    fn lines_called() -> Vec<u32> {
        CALLS
            .take()
            .into_iter()
            .map(|(line, nesting, enabled)| {
                assert_eq!((nesting, enabled), (1, false));
                line
            })
            .collect()
    }

    #[test]
    fn what_is_due_comes_lowest_first_when_interrupts_are_enabled() {
        install_all();
        for line in [31, 16, 20] {
            unmask(line).expect("a line");
            raise(line).expect("an own line");
        }
        assert_eq!(lines_called(), []);
        enable();
        assert_eq!(lines_called(), [16, 20, 31]);
        assert!(enabled());
    }

    #[test]
    fn a_line_that_a_handler_raises_is_handled_in_the_same_dispatch() {
        install_all();
        unmask(16).expect("a line");
        unmask(30).expect("a line");
        enable();
        RAISE_IN_HANDLER.set(Some(16));
        raise(30).expect("an own line");
        assert_eq!(lines_called(), [30, 16]);
    }

    #[test]
    fn a_masked_line_waits_for_its_unmasking() {
        install_all();
        enable();
        simulated::raise_as_kernel(Line::Console);
        assert_eq!(lines_called(), []);
        unmask(Line::Console as u32).expect("a line");
        assert_eq!(lines_called(), [Line::Console as u32]);
    }

    #[test]
    fn lines_that_do_not_exist_or_are_the_kernels_are_refused() {
        assert_eq!(mask(32), Err(Error::BadArgument));
        assert_eq!(unmask(u32::MAX), Err(Error::BadArgument));
        assert_eq!(install(32, || ()), Err(Error::BadArgument));
        assert_eq!(clear(32), Err(Error::BadArgument));
        assert_eq!(raise(FIRST_OWN_LINE - 1), Err(Error::BadArgument));
        assert_eq!(raise(32), Err(Error::BadArgument));
    }

    /// A step of a random program.
    #[derive(Clone, Debug)]
    enum Step {
        Enable,
        Disable,
        Raise(u32),
        Mask(u32),
        Unmask(u32),
    }

    fn step() -> impl Strategy<Value = Step> {
        let own = FIRST_OWN_LINE..Line::COUNT;
        prop_oneof![
            Just(Step::Enable),
            Just(Step::Disable),
            own.clone().prop_map(Step::Raise),
            own.clone().prop_map(Step::Mask),
            own.prop_map(Step::Unmask),
        ]
    }

    proptest! {
        /// Whatever a program does, a handler runs as soon as its line is raised, let through and enabled, once.
        #[test]
        fn delivery_is_prompt_and_complete(steps in proptest::collection::vec(step(), 1..60)) {
            install_all();
            let (mut pending, mut open, mut on) = (0_u32, 0_u32, false);
            disable();
            for line in 0..Line::COUNT {
                mask(line).expect("a line");
                clear(line).expect("a line");
            }
            for step in steps {
                match step {
                    Step::Enable => { on = true; enable(); }
                    Step::Disable => { on = false; disable(); }
                    Step::Raise(line) => { pending |= 1 << line; raise(line).expect("an own line"); }
                    Step::Mask(line) => { open &= !(1 << line); mask(line).expect("a line"); }
                    Step::Unmask(line) => { open |= 1 << line; unmask(line).expect("a line"); }
                }
                let due = if on { pending & open } else { 0 };
                pending &= !due;
                let expected: Vec<u32> = (0..32).filter(|line| due & 1 << line != 0).collect();
                prop_assert_eq!(lines_called(), expected);
                prop_assert_eq!(enabled(), on);
            }
        }
    }
}
