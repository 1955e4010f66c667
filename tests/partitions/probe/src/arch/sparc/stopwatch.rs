//! The stopwatch: what things cost, in executed instructions. There is no counter of instructions, but the clock goes
//! by them, in steps: what is repeated often enough is measured exactly.

use core::arch::global_asm;
use core::hint::black_box;
use core::mem::offset_of;

use bulkhead_abi::machine::sparc;
use bulkhead_abi::{Hypercall, InformationPage, Line, SharedPage, UpcallRecord, Word64};
use bulkhead_guest::arch::Processor;
use bulkhead_guest::{clock, interrupts, println, timer};

use crate::command::number;

const UPCALL: usize = sparc::SHARED_PAGE as usize + offset_of!(SharedPage, upcall);

global_asm!(
    include_str!("stopwatch.S"),
    clock_trap = const sparc::CLOCK_TRAP,
    hypercall_trap = const sparc::HYPERCALL_TRAP,
    upcall_program_counter =
        const (UPCALL + offset_of!(UpcallRecord, program_counter) + offset_of!(Word64, low)) as i32,
);

type Timed = unsafe extern "C" fn(turns: u32, high: u32, low: u32) -> u32;

unsafe extern "C" {
    fn bulkhead_hypercall(number: u32, first: u32, second: u32) -> i32;
    fn probe_time_nothing(turns: u32, high: u32, low: u32) -> u32;
    fn probe_time_null(turns: u32, high: u32, low: u32) -> u32;
    fn probe_time_clock(turns: u32, high: u32, low: u32) -> u32;
    fn probe_time_clock_trap(turns: u32, high: u32, low: u32) -> u32;
    fn probe_time_timer(turns: u32, high: u32, low: u32) -> u32;
    fn probe_time_interrupts(turns: u32, high: u32, low: u32) -> u32;
    fn probe_time_psr(turns: u32, high: u32, low: u32) -> u32;
    fn probe_deep(down: *mut u32, up: *mut u32);
    fn probe_until_interrupt(turns: u32, counted: *mut u32) -> u32;
    fn probe_stamp_entry();
    safe fn probe_spin(turns: u32) -> u32;
    fn probe_windows(count: *const u32, windows: u32) -> u32;
}

/// Turns of what is measured. What the clock's steps of 100 instructions hide is less than half of one by then.
const TURNS: u32 = 1000;

/// A quotient, to the nearest.
const fn nearest(value: u32, divisor: u32) -> u32 {
    (value + divisor / 2) / divisor
}

/// Instructions of a piece of code, without the loop.
fn count(piece: Timed) -> u32 {
    let deadline = clock::now() + 1_000_000_000;
    // SAFETY: the pieces read the clock, arm the timer far from now, or leave interrupts as they were.
    let (with, without) =
        unsafe { (piece(TURNS, (deadline >> 32) as u32, deadline as u32), probe_time_nothing(TURNS, 0, 0)) };
    nearest(with.wrapping_sub(without), TURNS)
}

/// Prints a cost for each kind of call, one `cost: NAME COUNT` a line.
pub(crate) fn run(_: &str) -> u32 {
    let clock_trap = count(probe_time_clock_trap);
    println!("cost: null-hypercall {}", count(probe_time_null));
    println!("cost: read-time {}", count(probe_time_clock));
    println!("cost: arm-timer {}", count(probe_time_timer));
    timer::clear();
    println!("cost: disable-enable {}", count(probe_time_interrupts));
    println!("cost: psr-traps {}", count(probe_time_psr));
    let (overflow, underflow) = windows(clock_trap);
    println!("cost: window-overflow {overflow}");
    println!("cost: window-underflow {underflow}");
    println!("cost: timer-to-guest {}", timer_to_guest(clock_trap, 0));
    println!("cost: timer-to-deep-guest {}", timer_to_guest(clock_trap, 8));
    println!("cost: disturbance {}", disturbance());
    timer::clear();
    0
}

/// What an overflow and an underflow cost more than the instruction that causes them.
fn windows(clock_trap: u32) -> (u32, u32) {
    const DEEP: u32 = 64;
    // One window is invalid, and one has the frame that it begins with.
    const TRAPS: u32 = DEEP - 6;
    let (mut down, mut up) = (0, 0);
    for _ in 0..TURNS {
        // SAFETY: two words of the caller's.
        unsafe { probe_deep(&mut down, &mut up) };
    }
    let cost = |sum: u32| nearest(sum - TURNS * (clock_trap + 1 + DEEP), TURNS * TRAPS);
    (cost(down), cost(up))
}

/// Waits for a while that has nothing to do with the clock's steps, so that what begins then begins anywhere between
/// two of them, and the mean of many times is exact.
fn lose_step(random: &mut u32) {
    *random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    probe_spin(1 + (*random >> 16) % 100);
}

/// [`probe_until_interrupt`], so many calls deeper.
#[inline(never)]
fn until_interrupt(deep: u32, turns: u32, counted: &mut u32) -> u32 {
    if deep == 0 {
        // SAFETY: the interrupt is on its way, and its entry the one that this function names.
        return unsafe { probe_until_interrupt(turns, counted) };
    }
    black_box(until_interrupt(deep - 1, turns, counted))
}

/// From an interrupt of the hardware to the first instruction of the guest's interrupt entry, so many calls deeper.
fn timer_to_guest(clock_trap: u32, deep: u32) -> u32 {
    const SHOTS: u32 = 4000;
    let mut random = 1;
    let before = <Processor as bulkhead_guest::arch::Arch>::interrupt_entry() as u32;
    // SAFETY: the entry is reached from `probe_until_interrupt` only, which it returns from.
    unsafe { bulkhead_hypercall(Hypercall::SetUpcalls as u32, probe_stamp_entry as *const () as u32, 0) };
    interrupts::unmask(Line::Timer as u32).unwrap_or(());
    let (mut nanoseconds, mut waited) = (0, 0);
    for shot in 0..SHOTS {
        lose_step(&mut random);
        timer::set(clock::now() + 10_000);
        interrupts::enable();
        let mut counted = 0;
        nanoseconds += until_interrupt(deep, shot % 100, &mut counted);
        waited += counted;
        interrupts::clear(Line::Timer as u32).unwrap_or(());
    }
    // SAFETY: the guest layer's own entry again.
    unsafe { bulkhead_hypercall(Hypercall::SetUpcalls as u32, before, 0) };
    nearest(nanoseconds - waited, SHOTS) - clock_trap
}

/// How long a timer interrupt with an empty handler stops a loop that does not expect it.
fn disturbance() -> u32 {
    const SHOTS: u32 = 1000;
    const SPIN: u32 = 5_000;
    let mut random = 1;
    interrupts::install(Line::Timer as u32, || ()).unwrap_or(());
    interrupts::enable();
    let (mut with, mut without) = (0, 0);
    for _ in 0..SHOTS {
        lose_step(&mut random);
        without += probe_spin(SPIN);
        lose_step(&mut random);
        timer::set(clock::now() + 5_000);
        with += probe_spin(SPIN);
    }
    interrupts::disable();
    nearest(with - without, SHOTS)
}

/// Prints how many instructions it executes in its windows, `edge: instructions COUNT windows COUNT`.
pub(crate) fn edge(line: &str) -> u32 {
    let windows = number(line, "windows", 4) as u32;
    let count = (sparc::INFORMATION_PAGE as usize + offset_of!(InformationPage, windows)) as *const u32;
    // SAFETY: a word of the information page.
    let turns = unsafe { probe_windows(count, windows) };
    println!("edge: instructions {} windows {windows}", 4 * turns);
    0
}
