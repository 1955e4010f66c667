//! The one executive of a partition, and how directives get at it.

use core::mem::MaybeUninit;

use bulkhead_cell::Single;
use bulkhead_guest::interrupts;

use super::{Partition, out, record, stacks};
use crate::c_library::exchange_errno;
use crate::executive::object::Id;
use crate::executive::{Answer, Executive, Progress, Register, SUCCESSFUL, Status};
use crate::heap::Heap;
use bulkhead_context::Context;

pub(super) type Classic = Executive<'static, Partition>;

/// Something of which a partition has one, used with interrupts disabled.
#[repr(transparent)]
pub(super) struct Global<T>(Single<MaybeUninit<T>>);

impl<T> Global<T> {
    const fn new() -> Self {
        Self(Single::new(MaybeUninit::uninit()))
    }

    /// # Safety
    /// Called once, before anything else.
    unsafe fn set(&self, value: T) {
        // SAFETY: nobody uses it yet.
        unsafe { self.0.borrow().write(value) };
    }

    fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        interrupts::without(|| {
            // SAFETY: set at start, before any task exists. Interrupts are disabled, and uses are not nested: each
            // closure is of this folder, and none of them uses the same global again.
            work(unsafe { self.0.borrow().assume_init_mut() })
        })
    }
}

pub(super) static EXECUTIVE: Global<Classic> = Global::new();
static HEAP: Global<Heap> = Global::new();

/// The idle loop's registers while a task executes, and a place for those that nobody wants any more. Used in
/// [`dispatch`] only, with interrupts disabled.
pub(super) static CONTEXTS: Single<[Context; 2]> = Single::new([Context(0), Context(0)]);

/// Sets up the heap.
///
/// # Safety
/// As [`Heap::new`], and called once, before everything else here.
pub(super) unsafe fn set_heap(heap: Heap) {
    // SAFETY: the caller's promise.
    unsafe { HEAP.set(heap) };
}

/// Sets up the executive.
///
/// # Safety
/// Called once, before any directive.
pub(super) unsafe fn set_executive(executive: Classic) {
    // SAFETY: the caller's promise.
    unsafe { EXECUTIVE.set(executive) };
}

/// Uses the heap. Inside, the executive must not be used.
pub(crate) fn heap<R>(work: impl FnOnce(&mut Heap) -> R) -> R {
    HEAP.with(work)
}

/// Uses the executive without a dispatch afterwards. Inside, only the heap may be used besides.
pub(crate) fn with_executive<R>(work: impl FnOnce(&mut Classic) -> R) -> R {
    EXECUTIVE.with(work)
}

/// Uses the executive, then lets the task execute that should.
pub(crate) fn directive<R>(work: impl FnOnce(&mut Classic) -> R) -> R {
    interrupts::without(|| {
        let result = with_executive(work);
        dispatch();
        result
    })
}

/// Uses the executive for a directive that may wait; returns when waiting has ended.
pub(crate) fn blocking(work: impl FnOnce(&mut Classic) -> Answer<Progress>) -> Answer<u32> {
    interrupts::without(|| {
        let progress = with_executive(work);
        dispatch();
        match progress? {
            Progress::Done(value) => Ok(value),
            Progress::Blocked => with_executive(|executive| executive.outcome()),
        }
    })
}

/// Switches to the task that should execute, if it is another one. Interrupts are disabled.
pub(super) fn dispatch() {
    let Some(switch) = with_executive(Executive::switch) else {
        return;
    };
    let [idle, nowhere] = {
        let contexts = CONTEXTS.address().cast::<Context>();
        // SAFETY: the second element of the array.
        [contexts, unsafe { contexts.add(1) }]
    };
    let save = match switch.from {
        Register::Task(task) => {
            stacks::look();
            record::switch_out(|| with_executive(|executive| executive.described(task).1.0));
            with_executive(|executive| &raw mut *executive.machine_state(task).0)
        }
        Register::Idle => idle,
        Register::Nowhere => nowhere,
    };
    let (load, stack) = match switch.to {
        Register::Task(task) => with_executive(|executive| {
            let (name, id) = executive.described(task);
            let (context, stack) = executive.machine_state(task);
            let stack = stack.map_or(0..0, |stack| stack.begin()..stack.end());
            stacks::watch(name, id, stack.clone());
            record::switch_in(name, id.0);
            (context.0, stack.end)
        }),
        Register::Idle | Register::Nowhere => {
            stacks::watch_none();
            // SAFETY: the idle loop was left through here, so its context has been saved.
            (unsafe { (*idle).0 }, 0)
        }
    };
    let errno = exchange_errno(0);
    // SAFETY: interrupts are disabled; contexts lie in the executive's tables, which never move; what is loaded was
    // saved here, or belongs to a task with a stack of its own that has not begun.
    unsafe { bulkhead_context::switch(save, load, stack, begin_task) };
    exchange_errno(errno);
    with_executive(Executive::clear_left_stack);
}

/// What a task executes first, on its own stack, with interrupts disabled.
extern "C" fn begin_task() -> ! {
    with_executive(Executive::clear_left_stack);
    super::tasks::run()
}

/// The status code of an answer without a value.
pub(crate) fn code(answer: Answer<()>) -> u32 {
    answer.map_or_else(|status| status as u32, |()| SUCCESSFUL)
}

/// The status code of an answer whose value goes to a pointer that is not null.
pub(crate) fn number(answer: Answer<u32>, pointer: *mut u32) -> u32 {
    let stored = out(pointer).and_then(|pointer| {
        let value = answer?;
        // SAFETY: the program passed a place for a number.
        unsafe { pointer.write(value) };
        Ok(())
    });
    code(stored)
}

/// Creates or finds an object and stores its identifier. The pointer is checked first.
pub(crate) fn store_id(pointer: *mut u32, work: impl FnOnce(&mut Classic) -> Result<Id, Status>) -> u32 {
    if pointer.is_null() {
        return Status::InvalidAddress as u32;
    }
    number(directive(work).map(|id| id.0), pointer)
}
