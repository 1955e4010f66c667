//! Faults that a handler repairs.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use bulkhead_guest::arch::FaultFrame;
use bulkhead_guest::{FaultKind, Line, clock, fault, interrupts, timer};

use crate::arch;
use crate::host::{CODE_IS_READ_ONLY, TELLS_ADDRESSES};
use crate::report::{check, check_equal};

const TIMER: u32 = Line::Timer as u32;

static KIND: AtomicU32 = AtomicU32::new(0);
static ADDRESS: AtomicU32 = AtomicU32::new(0);
static VECTOR: AtomicU32 = AtomicU32::new(0);
static ENABLED: AtomicU32 = AtomicU32::new(0);
static COUNT: AtomicU32 = AtomicU32::new(0);
static TICKS: AtomicU32 = AtomicU32::new(0);

fn note(frame: &FaultFrame) {
    KIND.store(frame.kind, Relaxed);
    ADDRESS.store(frame.address, Relaxed);
    VECTOR.store(frame.vector, Relaxed);
    ENABLED.store(u32::from(interrupts::enabled()), Relaxed);
    COUNT.fetch_add(1, Relaxed);
}

unsafe extern "C" fn skip(frame: *mut FaultFrame) {
    // SAFETY: the fault entry's own frame.
    let frame = unsafe { &mut *frame };
    note(frame);
    arch::step_over(frame);
}

/// Gives the interrupt entry a stack and lets it begin again.
unsafe extern "C" fn give_stack(frame: *mut FaultFrame) {
    static mut STACK: [u64; 128] = [0; 128];
    // SAFETY: the fault entry's own frame.
    let frame = unsafe { &mut *frame };
    note(frame);
    frame.stack_pointer = (&raw mut STACK) as u32 + 512;
}

fn tick() {
    TICKS.fetch_add(1, Relaxed);
}

/// What the handler has seen since the last time: how many faults, the last one's kind and its address.
pub(crate) fn take() -> (u32, u32, u32) {
    (COUNT.swap(0, Relaxed), KIND.load(Relaxed), ADDRESS.load(Relaxed))
}

pub(crate) fn check() {
    // SAFETY: the handler changes only what the tests expect.
    unsafe { fault::set_handler(Some(skip)) };
    interrupts::enable();
    kinds();
    check_equal!(ENABLED.load(Relaxed), 0);
    check!(interrupts::enabled());

    interrupts::disable();
    check_equal!(arch::read(0x10), arch::GIVEN);
    check!(!interrupts::enabled());
    interrupts::enable();
    let _ = take();

    arch::fault_with_all_registers();
    interrupt_on_a_bad_stack();
    // SAFETY: no handler is left.
    unsafe { fault::set_handler(None) };
}

/// Where no partition has memory.
const NOWHERE: u32 = 0x9000_0000;

fn kinds() {
    // Where addresses need not be told, one that is told is right.
    let address = |address: u32, told: u32| match (TELLS_ADDRESSES, told) {
        (false, 0) => 0,
        _ => address & !arch::ADDRESS_UNKNOWN,
    };
    for place in [0x10, NOWHERE] {
        check_equal!(arch::read(place), arch::GIVEN);
        let fault = take();
        check_equal!(fault, (1, FaultKind::Memory as u32, address(place, fault.2)));
    }
    let text = check as fn() as usize as u32;
    if CODE_IS_READ_ONLY {
        arch::write(text);
        let fault = take();
        check_equal!(fault, (1, FaultKind::Memory as u32, address(text, fault.2)));
    }
    for (kind, vector, code) in arch::FAULTS {
        code();
        check_equal!((take().1, VECTOR.load(Relaxed)), (kind as u32, vector));
    }
}

/// An interrupt comes while the stack pointer points to nothing: the interrupt entry faults, and the fault handler
/// gives it a stack.
fn interrupt_on_a_bad_stack() {
    // SAFETY: the handler only gives the interrupt entry a stack.
    unsafe { fault::set_handler(Some(give_stack)) };
    check_equal!(interrupts::install(TIMER, tick), Ok(()));
    check_equal!(interrupts::unmask(TIMER), Ok(()));
    TICKS.store(0, Relaxed);
    timer::set(clock::now() + 50_000);
    let stack_pointer = arch::without_stack(TICKS.as_ptr());
    let (count, kind, _) = take();
    if arch::INTERRUPTS_USE_THE_STACK {
        check!(stack_pointer > 0x10_0000, "{stack_pointer:#x}");
        check_equal!((count, kind), (1, FaultKind::Memory as u32));
    } else {
        check_equal!(stack_pointer, arch::NO_STACK);
        check_equal!(count, 0);
    }
    check_equal!(TICKS.load(Relaxed), 1);
    check_equal!(interrupts::mask(TIMER), Ok(()));
}
