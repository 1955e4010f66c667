//! Register windows: interrupted everywhere, and seen by nobody else.

use core::arch::global_asm;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use bulkhead_abi::machine::sparc;
use bulkhead_abi::{Hypercall, Line, SharedPage};
use bulkhead_guest::{clock, interrupts, println, timer};

use super::SHARED_PAGE;
use crate::adversary::Tally;
use crate::command::number;
use crate::messages::MESSAGE;

global_asm!(
    include_str!("windows.S"),
    clock_trap = const sparc::CLOCK_TRAP,
    hypercall_trap = const sparc::HYPERCALL_TRAP,
    return_trap = const sparc::RETURN_TRAP,
    pending = const SHARED_PAGE as i32 + core::mem::offset_of!(SharedPage, pending) as i32,
    mask = const SHARED_PAGE as i32 + core::mem::offset_of!(SharedPage, mask) as i32,
    frames_trap = const sparc::FRAMES_TRAP,
    floating_point_trap = const sparc::FLOATING_POINT_TRAP,
);
global_asm!(include_str!("../../../../arch/sparc/instructions.S"));

unsafe extern "C" {
    pub(super) safe fn probe_recursion(depth: u32, seed: u32) -> u32;
    fn probe_recursion_end();
    fn probe_calls(depth: u32, seed: u32, call: *const u32) -> u32;
    fn wait_for_instructions(count: u32);
    fn probe_frames(depth: u32, number: u32) -> u32;
    fn probe_leak(mark: u32, turns: u32) -> u32;
    fn probe_traces(mark: u32) -> u32;
}

/// How deep the recursion goes: eight times through all windows.
const DEPTH: u32 = 64;
/// How deep it goes where each call waits for a window of time.
const SHALLOW: u32 = 9;

/// What the timer counts in, in nanoseconds, about.
const STEP: u32 = 100;

/// The state of the numbers that only look random.
static RANDOM: AtomicU32 = AtomicU32::new(1);
/// How many interrupts have come, and at which instructions of the recursion, one bit each.
static CAME: AtomicU32 = AtomicU32::new(0);
static INTERRUPTED: [AtomicU32; 4] = [const { AtomicU32::new(0) }; 4];

fn random(below: u32) -> u32 {
    let next = RANDOM.load(Relaxed).wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    RANDOM.store(next, Relaxed);
    (next >> 16) % below
}

/// Notes where the interrupt came, and arms the timer for a little while.
fn tick() {
    // SAFETY: the page is there as long as the partition is; its fields are atomic.
    let page = unsafe { &*(SHARED_PAGE as usize as *const SharedPage) };
    let place = page.upcall.program_counter.load() as u32;
    let instruction = place.wrapping_sub(probe_recursion as *const () as u32) / 4;
    if let Some(word) = INTERRUPTED.get(instruction as usize / 32) {
        word.fetch_or(1 << (instruction % 32), Relaxed);
    }
    CAME.fetch_add(1, Relaxed);
    timer::set(clock::now() + u64::from(random(20) * STEP));
    // SAFETY: so many instructions that do nothing.
    unsafe { wait_for_instructions(random(STEP)) };
}

/// Recursion with interrupts at every instruction, for some nanoseconds: the registers of all windows must sum up to
/// what they do without interrupts.
pub(super) fn recursion(line: &str) -> u32 {
    let mut tally = Tally::new("windows");
    interrupts::install(Line::Timer as u32, tick).unwrap_or(());
    interrupts::unmask(Line::Timer as u32).unwrap_or(());
    let until = clock::now() + number(line, "for", 20_000_000);
    let mut seed = 1;
    while clock::now() < until {
        timer::clear();
        interrupts::disable();
        let expected = probe_recursion(DEPTH, seed);
        interrupts::enable();
        timer::set(0);
        let found = probe_recursion(DEPTH, seed);
        tally.note(found == expected, format_args!("{found:#x} instead of {expected:#x}"));
        seed = seed.wrapping_mul(69_069).wrapping_add(1);
    }
    interrupts::disable();
    timer::clear();
    let length = (probe_recursion_end as *const () as u32 - probe_recursion as *const () as u32) / 4;
    let seen: u32 = INTERRUPTED.iter().map(|word| word.load(Relaxed).count_ones()).sum();
    println!("windows: interrupts {} at {seen} of {length} instructions", CAME.load(Relaxed));
    tally.note(seen == length, format_args!("{seen} of {length} instructions were interrupted"));
    tally.finish()
}

/// Calls from every window, of each kind that the kernel returns from in a way of its own: the registers of all windows
/// must sum up to what they do with the call that its trap answers by itself.
pub(super) fn calls() -> u32 {
    let mut tally = Tally::new("window-calls");
    let here = &raw mut MESSAGE as u32;
    let write = |length, offset| [Hypercall::SamplingWrite as u32, 0, here + offset, length];
    let timer = [Hypercall::TimerSet as u32, 0, 0, 0];
    let idle = [Hypercall::Idle as u32, 7, 8, 9];
    interrupts::install(Line::Timer as u32, || ()).unwrap_or(());
    // Calls wait for the partition's next window only if no line that is let through is pending.
    for (depth, lets_through, call) in [
        (DEPTH, false, [u32::MAX, 1, 2, 3]),
        (DEPTH, false, [Hypercall::Doorbell as u32, 99, 5, 6]),
        (DEPTH, false, write(64, 0)),
        (DEPTH, false, write(65_536, 0)),
        (DEPTH, false, write(3_001, 3)),
        (DEPTH, false, timer),
        (SHALLOW, false, idle),
        (DEPTH, true, timer),
        (DEPTH, true, write(65_529, 1)),
        (DEPTH, true, write(65_536, 0)),
    ] {
        interrupts::disable();
        if lets_through {
            interrupts::unmask(Line::Timer as u32).unwrap_or(());
        }
        // SAFETY: leaves the registers as the calling convention wants them; the call has no effect.
        let expected = unsafe { probe_calls(depth, call[0], [0, 1, 2, 3].as_ptr()) };
        interrupts::enable();
        // SAFETY: as above; these calls write nothing of this program's.
        let found = unsafe { probe_calls(depth, call[0], call.as_ptr()) };
        tally.note(found == expected, format_args!("{call:x?}: {found:#x} instead of {expected:#x}"));
    }
    interrupts::disable();
    tally.finish()
}

/// How many frames an executive has to store, from every depth: as many as have been called, up to all windows but its
/// own and the one that is kept empty, whatever the kernel has needed meanwhile.
pub(super) fn frames() -> u32 {
    /// LEON3's register windows.
    const WINDOWS: u32 = 8;
    let mut tally = Tally::new("frames");
    interrupts::disable();
    for number in [0, u32::MAX, Hypercall::Doorbell as u32] {
        for depth in 0..4 * WINDOWS {
            // SAFETY: leaves the registers as the calling convention wants them; the calls have no effect.
            let found = unsafe { probe_frames(depth, number) };
            let good = found == depth.min(WINDOWS - 2);
            tally.note(good, format_args!("{found} of {depth} frames behind call {number:#x}"));
        }
    }
    tally.finish()
}

/// Fills all windows with a mark and looks whether anything else appears in them.
pub(super) fn leak(line: &str) -> u32 {
    let mut tally = Tally::new("leak");
    interrupts::disable();
    let mark = number(line, "mark", 0x600d) as u32 * 0x1_0001;
    // SAFETY: leaves the registers as the calling convention wants them.
    let foreign = unsafe { probe_leak(mark, number(line, "windows", 10) as u32) };
    tally.note(foreign == 0, format_args!("{foreign} registers held something of somebody else"));
    tally.finish()
}

/// Looks at the registers of windows after each trap that the kernel serves: what it needed there must not stay.
pub(super) fn traces() -> u32 {
    let mut tally = Tally::new("traces");
    interrupts::disable();
    // SAFETY: leaves the registers as the calling convention wants them; interrupts stay disabled.
    let foreign = unsafe { probe_traces(0x7ac3_0001) };
    tally.note(foreign == 0, format_args!("{foreign} registers held something of the kernel's"));
    tally.finish()
}
