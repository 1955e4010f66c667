//! Faults that a handler repairs.

use core::arch::asm;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use bulkhead_abi::machine::i386::DATA_SELECTOR;
use bulkhead_guest::arch::FaultFrame;
use bulkhead_guest::{FaultKind, Line, clock, fault, interrupts, timer};

use crate::machine;
use crate::report::{check, check_equal};

const TIMER: u32 = Line::Timer as u32;

static KIND: AtomicU32 = AtomicU32::new(0);
static ADDRESS: AtomicU32 = AtomicU32::new(0);
static VECTOR: AtomicU32 = AtomicU32::new(0);
static ENABLED: AtomicU32 = AtomicU32::new(0);
static COUNT: AtomicU32 = AtomicU32::new(0);
static SKIP: AtomicU32 = AtomicU32::new(0);
static TICKS: AtomicU32 = AtomicU32::new(0);

fn note(frame: &FaultFrame) {
    KIND.store(frame.kind, Relaxed);
    ADDRESS.store(frame.address, Relaxed);
    VECTOR.store(frame.vector, Relaxed);
    ENABLED.store(u32::from(interrupts::enabled()), Relaxed);
    COUNT.fetch_add(1, Relaxed);
}

/// Skips as many bytes of code as the test says, none behind a breakpoint, and puts a value into `eax`.
unsafe extern "C" fn skip(frame: *mut FaultFrame) {
    // SAFETY: the fault entry's own frame.
    let frame = unsafe { &mut *frame };
    note(frame);
    if frame.kind() != FaultKind::Debug {
        frame.program_counter += SKIP.load(Relaxed);
    }
    frame.eax = 0x1234_5678;
}

/// Gives the interrupt entry a stack and lets it begin again.
unsafe extern "C" fn give_stack(frame: *mut FaultFrame) {
    static mut STACK: [u32; 256] = [0; 256];
    // SAFETY: the fault entry's own frame.
    let frame = unsafe { &mut *frame };
    note(frame);
    frame.stack_pointer = (&raw mut STACK) as u32 + 1024;
}

fn tick() {
    TICKS.fetch_add(1, Relaxed);
}

/// What the handler has seen since the last time.
fn take() -> (u32, u32, u32) {
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
    memory_read();
    check!(!interrupts::enabled());
    interrupts::enable();
    let _ = take();

    selectors();
    interrupt_on_a_bad_stack();
    // SAFETY: no handler is left.
    unsafe { fault::set_handler(None) };
}

fn memory_read() {
    SKIP.store(2, Relaxed);
    let mut value: u32;
    // SAFETY: the handler skips the two bytes of the instruction.
    unsafe { asm!("mov eax, [ecx]", in("ecx") 0x0000_0010, out("eax") value) };
    check_equal!(value, 0x1234_5678);
}

fn kinds() {
    memory_read();
    check_equal!(take(), (1, FaultKind::Memory as u32, 0x10));

    SKIP.store(2, Relaxed);
    // SAFETY: the handler skips the two bytes of the instruction.
    unsafe { asm!("mov [ecx], eax", in("ecx") main_address(), out("eax") _) };
    check_equal!(take(), (1, FaultKind::Memory as u32, main_address()));

    // SAFETY: the handler skips the two bytes of the instruction.
    unsafe { asm!("ud2", out("eax") _) };
    check_equal!(take().1, FaultKind::Instruction as u32);

    // SAFETY: the handler skips the two bytes of the instruction.
    unsafe { asm!("div ecx", in("ecx") 0, out("eax") _, out("edx") _) };
    check_equal!(take().1, FaultKind::Arithmetic as u32);

    SKIP.store(1, Relaxed);
    // SAFETY: the handler skips the byte of the instruction.
    unsafe { asm!("cli", out("eax") _) };
    check_equal!(take().1, FaultKind::Privilege as u32);

    // SAFETY: the breakpoint is reported behind the instruction.
    unsafe { asm!("int3", out("eax") _) };
    check_equal!(take().1, FaultKind::Debug as u32);
    check_equal!(VECTOR.load(Relaxed), 3);
}

/// An address in the program's text.
fn main_address() -> u32 {
    check as fn() as usize as u32
}

/// A fault with no data segment loaded: the fault entry loads flat ones.
fn selectors() {
    SKIP.store(2, Relaxed);
    let selector: u32;
    // SAFETY: the handler skips the two bytes of the access; the fault entry has loaded flat segments again.
    unsafe {
        asm!(
            "xor eax, eax", "mov ds, eax", "mov es, eax", "mov eax, [ecx]", "mov ecx, ds",
            inout("ecx") 0x10 => selector, out("eax") _,
        );
    }
    check_equal!(take(), (1, FaultKind::Memory as u32, 0x10));
    check_equal!(selector, u32::from(DATA_SELECTOR));
}

/// An interrupt comes while the stack pointer points to nothing: the interrupt entry faults, and the fault handler gives
/// it a stack.
fn interrupt_on_a_bad_stack() {
    // SAFETY: the handler only gives the interrupt entry a stack.
    unsafe { fault::set_handler(Some(give_stack)) };
    check_equal!(interrupts::install(TIMER, tick), Ok(()));
    check_equal!(interrupts::unmask(TIMER), Ok(()));
    TICKS.store(0, Relaxed);
    timer::set(clock::now() + 50_000);
    let stack_pointer = machine::without_stack(TICKS.as_ptr());
    check!(stack_pointer > 0x10_0000, "{stack_pointer:#x}");
    let (count, kind, _) = take();
    check_equal!((count, kind), (1, FaultKind::Memory as u32));
    check_equal!(TICKS.load(Relaxed), 1);
    check_equal!(interrupts::mask(TIMER), Ok(()));
}
