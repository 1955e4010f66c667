//! What the health monitor is to act upon: faults of every kind, watchdogs that are not served, floods of calls, and
//! errors at bad moments. Each start says which it is and what it has found.

use bulkhead_abi::{FaultKind, HealthError, Hypercall, Line, Mode};
use bulkhead_guest::arch::FaultFrame;
use bulkhead_guest::{clock, fault, health, interrupts, partition, println, timer};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::arch;
use crate::attempt::attempt;
use crate::command::number;
use crate::messages::{call_with, message};

/// Says what this start is: how many there were before, why, and whether memory behind the image was kept.
fn started() -> u32 {
    let information = partition::start_information();
    let (restarts, reason) = (information.restarts.load(Relaxed), information.reason.load(Relaxed));
    let mark = (partition::memory().end - 8) as *mut u32;
    // SAFETY: this partition's own memory, where nothing is.
    let kept = unsafe { mark.read_volatile() };
    println!("victim: start {restarts} reason {reason} kept {}", u32::from(kept == 0x600d_cafe));
    // SAFETY: as above.
    unsafe { mark.write_volatile(0x600d_cafe) };
    restarts
}

/// Code that faults in this way, if the probe has it.
fn faulting(kind: FaultKind) -> Option<(arch::Code, u32)> {
    if kind == FaultKind::Memory {
        return Some((arch::write, 0x9000_0000));
    }
    // Its own handler never has this.
    if kind == FaultKind::Mode {
        return arch::WRONG_MODE.map(|code| (code, 0));
    }
    let all = arch::faulting_instructions().map(|(_, code)| code).chain(arch::odd_faults());
    all.map(|code| (code, 0x20))
        .find(|&(code, argument)| attempt(code, argument).is_some_and(|report| report.is(kind)))
}

unsafe extern "C" fn again(_: *mut FaultFrame) {}

/// Faults in the way with this number (`kind`): with its own handler for it (`handled`), with one that has it fault
/// again and is at work still (`twice`), or without; in the start with this number (`at`) only, if that is said.
pub(super) fn run(line: &str) -> u32 {
    let restarts = started();
    let kind = FaultKind::from_number(number(line, "kind", 1) as u32);
    let Some((code, argument)) = faulting(kind) else {
        println!("victim: no such fault");
        return 3;
    };
    if line.contains("handled") {
        println!(
            "victim: handled {}",
            u32::from(attempt(code, argument).is_some_and(|report| report.is(kind)))
        );
        return 0;
    }
    let at = number(line, "at", u64::from(restarts));
    if at != u64::from(restarts) {
        loop {
            partition::idle();
        }
    }
    let handler = if line.contains("twice") { Some(twice as _) } else { None };
    // SAFETY: the fault is what is wanted.
    unsafe {
        fault::set_handler(handler);
        code(argument);
        fault::set_handler(Some(again));
    }
    println!("victim: survived");
    1
}

unsafe extern "C" fn twice(_: *mut FaultFrame) {
    // SAFETY: faults, as is wanted.
    unsafe { arch::write(0x9000_0000) };
}

/// Serves its watchdog every so many nanoseconds of its windows (`serve`), or never; it counts what it is told of
/// (`handler`). `windows` windows long.
pub(super) fn watchdog(line: &str) -> u32 {
    static TOLD: AtomicU32 = AtomicU32::new(0);
    started();
    if line.contains("handler") {
        health::install(|error| {
            TOLD.fetch_add(u32::from(error == HealthError::Watchdog), Relaxed);
        });
        interrupts::enable();
    }
    let (windows, serve) = (number(line, "windows", 20) as u32, number(line, "serve", u64::MAX));
    let first = partition::window().number;
    let (mut served, mut next) = (0, serve);
    let mut time = 0;
    let mut last = clock::now();
    while partition::window().number - first < windows {
        let now = clock::now();
        // What is longer is time of others.
        if now - last < 100_000 {
            time += now - last;
        }
        last = now;
        if time >= next {
            next = time + serve;
            served += u32::from(health::serve_watchdog().is_ok());
        }
    }
    println!("victim: served {served} told {}", TOLD.load(Relaxed));
    0
}

/// Makes so many calls in each of `windows` windows (`calls`), the one that looks when a window begins not among them;
/// it counts what it is told of (`handler`).
pub(super) fn calls(line: &str) -> u32 {
    static TOLD: AtomicU32 = AtomicU32::new(0);
    started();
    if line.contains("handler") {
        health::install(|error| {
            TOLD.fetch_add(u32::from(error == HealthError::CallFlood), Relaxed);
        });
        interrupts::enable();
    }
    for _ in 0..number(line, "windows", 5) {
        let window = partition::window().number;
        while partition::window().number == window {}
        for _ in 0..number(line, "calls", 1_000) {
            call_with(Hypercall::SetMode as u32, [Mode::Normal as u32, 0, 0]);
            call_with(Hypercall::ScheduleStatus as u32, [0; 3]);
        }
    }
    // Saying so takes calls, too.
    let window = partition::window().number;
    while partition::window().number == window {}
    println!("victim: told {}", TOLD.load(Relaxed));
    0
}

/// Writes and sends messages without a pause, and raises an error out of a timer's handler, while a message may be on
/// its way. `until` is when it ends.
pub(super) fn raise_in_copy(line: &str) -> u32 {
    let restarts = started();
    let until = number(line, "until", 0);
    interrupts::install(Line::Timer as u32, || {
        call_with(Hypercall::RaiseError as u32, [HealthError::Application as u32, 1, 0]);
    })
    .unwrap_or(());
    interrupts::unmask(Line::Timer as u32).unwrap_or(());
    interrupts::enable();
    timer::set(clock::now() + 20_000 + u64::from(restarts) * 37 % 9_000);
    let mut length = 65_532;
    while clock::now() < until {
        message(Hypercall::SamplingWrite, 0, 0, length);
        message(Hypercall::QueuingSend, 1, 0, length);
        length = if length < 8_192 { 65_532 } else { length - 1_028 };
    }
    0
}
