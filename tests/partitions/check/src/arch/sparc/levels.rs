//! The interrupt levels: which lines come at each, however it was set, and that it stays what it was.

use core::arch::asm;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use bulkhead_abi::machine::sparc::{LEVEL, TIMER_LEVEL, enable_word, lines_above};
use bulkhead_guest::{Line, clock, interrupts, timer};

use crate::host::EMULATES_PSR;
use crate::report::{check, check_equal};

/// How long the timer is waited for, in nanoseconds.
const WAIT: u64 = 20_000;

/// The lines whose handlers have run, one bit each.
static SEEN: AtomicU32 = AtomicU32::new(0);

/// The handler of a line.
fn see<const LINE: u32>() {
    SEEN.fetch_or(1 << LINE, Relaxed);
}

const TIMER: u32 = Line::Timer as u32;

/// The partition's own lines, and the timer's.
const HANDLERS: [(u32, fn()); 17] = [
    (TIMER, see::<TIMER>),
    (16, see::<16>),
    (17, see::<17>),
    (18, see::<18>),
    (19, see::<19>),
    (20, see::<20>),
    (21, see::<21>),
    (22, see::<22>),
    (23, see::<23>),
    (24, see::<24>),
    (25, see::<25>),
    (26, see::<26>),
    (27, see::<27>),
    (28, see::<28>),
    (29, see::<29>),
    (30, see::<30>),
    (31, see::<31>),
];

/// Sets the level by `ta 10`.
fn set(level: u32) {
    // SAFETY: interrupts come where they come at that level; the trap keeps every register.
    unsafe { asm!("mov {}, %g1", "ta 10", "nop", in(reg) level) };
}

/// Sets it by a write of PSR with traps on.
fn write(level: u32) {
    // SAFETY: the kernel emulates it: the partition's own level, and floating point on.
    unsafe { asm!("wr {}, 0, %psr", "nop", "nop", "nop", in(reg) level | 0x1020) };
}

/// Sets it as the guest layer puts a state back.
fn restore(level: u32) {
    interrupts::restore(enable_word(level));
}

/// The level by `ta 9`, which is as it was then.
fn take() -> u32 {
    let (psr, again): (u32, u32);
    // SAFETY: the level is as before behind it.
    unsafe {
        asm!(
            "ta 9", "mov %g1, {0}", "ta 9", "mov %g1, {1}", "mov {0}, %g1", "ta 10", "nop",
            out(reg) psr, out(reg) again,
        );
    };
    check_equal!(again & LEVEL, LEVEL);
    if EMULATES_PSR {
        let inside: u32;
        // SAFETY: as above.
        unsafe { asm!("ta 9", "rd %psr, {}", "ta 10", "nop", out(reg) inside) };
        check_equal!(inside & LEVEL, LEVEL);
    }
    psr & LEVEL
}

/// The level by a read of PSR, if there is one.
fn read() -> u32 {
    if !EMULATES_PSR {
        return take();
    }
    let psr: u32;
    // SAFETY: reads a register, which the kernel emulates.
    unsafe { asm!("rd %psr, {}", out(reg) psr) };
    psr & LEVEL
}

pub(crate) fn levels() {
    for (line, handler) in HANDLERS {
        check_equal!(interrupts::install(line, handler), Ok(()));
        check_equal!(interrupts::unmask(line), Ok(()));
    }
    let ways: &[fn(u32)] = if EMULATES_PSR { &[set, write, restore] } else { &[set, restore] };
    for &set_level in ways {
        for level in 0..16 {
            at(level << 8, set_level);
        }
    }
    nonsense();
    check_equal!(interrupts::mask(TIMER), Ok(()));
}

/// Which lines come at a level, of those that are raised there and of the timer, and that the others wait.
fn at(level: u32, set_level: fn(u32)) {
    set_level(level);
    check_equal!((take(), read()), (level, level));
    for line in interrupts::FIRST_OWN_LINE..Line::COUNT {
        check_equal!(interrupts::raise(line), Ok(()));
        check_equal!((take(), read()), (level, level));
    }
    wait_for_timer();
    check_equal!(SEEN.load(Relaxed), lines_above(level) & OURS);
    check_equal!(lines_above(level) & 1 != 0, level >> 8 < TIMER_LEVEL);
    // Lower by one: what has that level comes, and nothing else.
    if let Some(lower) = level.checked_sub(0x100) {
        set_level(lower);
        check_equal!(SEEN.load(Relaxed), lines_above(lower) & OURS);
    }
    interrupts::enable();
    check_equal!(SEEN.swap(0, Relaxed), OURS);
    check_equal!((take(), read()), (0, 0));
}

const OURS: u32 = 0xffff_0001;

/// The deadline comes while nothing else is done: the kernel decides whether the line may interrupt.
fn wait_for_timer() {
    let until = clock::now() + WAIT;
    timer::set(until - WAIT / 2);
    while clock::now() < until {
        core::hint::spin_loop();
    }
}

/// Words that nobody sets: each stands for some level, and nothing else comes of it.
fn nonsense() {
    for word in [0x200, 0xf01, 0x101, 0x1000_0001, 0x8000_0000, u32::MAX] {
        interrupts::restore(word);
        let level = read();
        check_equal!(interrupts::raise(31), Ok(()));
        wait_for_timer();
        check_equal!(SEEN.load(Relaxed), lines_above(level) & 0x8000_0001);
        interrupts::enable();
        check_equal!(SEEN.swap(0, Relaxed), 0x8000_0001);
    }
    check!(interrupts::enabled());
}
