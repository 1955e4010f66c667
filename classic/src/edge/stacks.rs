//! Whether the executing task has left its stack: looked at after interrupts, at each switch, and when a fault comes.
//!
//! Between two stacks there is no page that would fault: what leaves one goes on in what lies below. So the stack
//! pointer is compared with the stack's beginning, and a stack begins with a mark, which shows also what has come back
//! meanwhile.

use core::ops::Range;

use bulkhead_cell::Single;
use bulkhead_guest::arch::FaultFrame;
use bulkhead_guest::{fault, interrupts, partition, println};

use super::{Source, terminate};
use crate::executive::object::Id;

/// What a stack begins with, in front of what was asked for.
pub(super) const MARK: [u8; 16] = *b"end of the stack";

/// The executing task, as a fault handler can see it whatever the executive was doing.
#[derive(Clone)]
pub(super) struct Watched {
    name: u32,
    id: u32,
    /// The mark's addresses and the stack's; empty if no task executes.
    stack: Range<usize>,
}

pub(super) static WATCHED: Single<Watched> = Single::new(Watched::NONE);

fn set(watched: Watched) {
    // SAFETY: interrupts are disabled, and writing a static of ours is no fault: nobody finds it half written.
    unsafe { WATCHED.address().write(watched) };
}

/// From now on a task executes. Interrupts are disabled.
pub(super) fn watch(name: u32, id: Id, stack: Range<usize>) {
    set(Watched { name, id: id.0, stack });
}

/// From now on no task executes. Interrupts are disabled.
pub(super) fn watch_none() {
    set(Watched::NONE);
}

impl Watched {
    /// Where the identifier of the executing task is, in bytes; 0 if no task executes.
    pub(super) const IDENTIFIER: usize = core::mem::offset_of!(Self, id);

    const NONE: Self = Self { name: 0, id: 0, stack: 0..0 };

    fn current() -> Self {
        // SAFETY: read with interrupts disabled, or after a fault, and `set` is interrupted by neither.
        unsafe { (*WATCHED.address()).clone() }
    }

    /// Whether the mark is there no more.
    fn is_overwritten(&self) -> bool {
        let memory = partition::memory();
        // These words may be overwritten too, by an overflow that has come as far.
        let known = memory.contains(&self.stack.start)
            && memory.contains(&self.stack.start.saturating_add(MARK.len()));
        if !known {
            return false;
        }
        // By words: this is at each switch and each interrupt. SAFETY: readable memory of the partition, where the
        // executing task's stack begins with the mark; the heap gives memory for words.
        let words = unsafe { (self.stack.start as *const [u32; MARK.len() / 4]).read_volatile() };
        let (marks, _) = MARK.as_chunks();
        let differ = |(word, mark): (u32, &[u8; 4])| word ^ u32::from_ne_bytes(*mark);
        words.into_iter().zip(marks).map(differ).fold(0, |all, bits| all | bits) != 0
    }

    /// Says that the task has left its stack.
    fn report(&self, pointer: usize) {
        let [first, second, third, fourth] = self
            .name
            .to_be_bytes()
            .map(|letter| if letter.is_ascii_graphic() { char::from(letter) } else { ' ' });
        let Range { start, end } = self.stack;
        println!(
            "stack overflow: task {first}{second}{third}{fourth} (0x{:08x}), \
             whose stack is 0x{start:08x} to 0x{end:08x}; stack pointer 0x{pointer:08x}",
            self.id,
        );
    }
}

/// Ends the partition if the executing task has left its stack. On that stack, with interrupts disabled.
pub(super) fn look() {
    let here = 0_u8;
    let pointer = core::hint::black_box(&raw const here) as usize;
    let watched = Watched::current();
    if pointer < watched.stack.start || watched.is_overwritten() {
        watched.report(pointer);
        terminate(Source::StackChecker, watched.name as usize);
    }
}

/// Has each fault looked at before the health monitor gets it, until the program installs a handler of its own.
pub(super) fn look_at_faults() {
    // SAFETY: the handler reads what is always there and leaves the rest to the health monitor.
    unsafe { fault::set_handler(Some(faulted)) };
}

/// Says so if a stack's overflow may be the cause. On the fault stack, with interrupts disabled.
unsafe extern "C" fn faulted(frame: *mut FaultFrame) {
    // SAFETY: the fault entry's own frame, which nobody else uses now.
    let frame = unsafe { &mut *frame };
    let (watched, pointer) = (Watched::current(), frame.stack_pointer as usize);
    // Handlers have a stack of their own, and a pointer to nowhere is no overflow.
    let below =
        interrupts::nesting() == 0 && pointer < watched.stack.start && partition::memory().contains(&pointer);
    if below || watched.is_overwritten() {
        watched.report(pointer);
    } else if fault::claimed(frame) {
        return;
    }
    frame.disable_interrupts();
    // SAFETY: no handler is left.
    unsafe { fault::set_handler(None) };
}
