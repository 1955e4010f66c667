//! Paths of the kernel, begun when a window is about to end: the next one begins late by the path that its start has
//! found under way.

use bulkhead_abi::{Hypercall, Line, NEVER};
use bulkhead_guest::arch::FaultFrame;
use bulkhead_guest::{clock, console, fault, health, interrupts, partition, println, timer};

use crate::command::number;
use crate::{arch, attempt, governance, messages, owner};

unsafe extern "C" {
    fn bulkhead_hypercall(number: u32, first: u32, second: u32) -> i32;
}

fn call_number(number: u32, first: u32, second: u32) -> i32 {
    // SAFETY: none of the calls made here writes where this program keeps something.
    unsafe { bulkhead_hypercall(number, first, second) }
}

fn call(number: Hypercall, first: u32, second: u32) -> i32 {
    call_number(number as u32, first, second)
}

/// Output whose every byte takes two on the line, and output that does not.
static ESCAPES: [u8; 16] = [bulkhead_abi::wire::ESCAPE; 16];
static LINE: [u8; 16] = *b"sixteen letters\n";

/// Takes the path that the command line names.
pub(crate) fn run(line: &str) -> u32 {
    let (path, rest) = line.split_once(' ').unwrap_or((line, ""));
    let end = partition::memory().end as u32;
    let print = |bytes: &[u8; 16]| call(Hypercall::ConsoleWrite, bytes.as_ptr() as u32, 16);
    let arm = |deadline: u64| call(Hypercall::TimerSet, deadline as u32, (deadline >> 32) as u32);
    let stop = || {
        // SAFETY: no handler is there; the fault is what is wanted.
        unsafe { arch::write(0x9000_0000) }
    };
    interrupts::disable();
    match path {
        "nothing" => loop {
            core::hint::black_box(());
        },
        "null" => at_ends(|_| call(Hypercall::InterfaceVersion, 0, 0)),
        "clock" => at_ends(|_| core::hint::black_box(clock::now() as i32)),
        "print" => at_ends(|_| print(&LINE)),
        "escapes" => at_ends(|_| print(&ESCAPES)),
        "print-always" => loop {
            print(&LINE);
        },
        "status" => at_ends(|_| call(Hypercall::Status, end - 40, 0)),
        "read" => at_ends(|_| call(Hypercall::ConsoleRead, end - 40, 16)),
        "tls" => at_ends(|turn| call(Hypercall::SetTlsBase, turn, 0)),
        "upcalls" => at_ends(|_| call(Hypercall::SetUpcalls, 0, 0)),
        "unknown" => at_ends(|turn| call_number(Hypercall::COUNT + turn, 0, 0)),
        "bad" => at_ends(|turn| match turn & 3 {
            0 => call(Hypercall::Status, 0xffff_ffd8, 0),
            1 => call(Hypercall::ConsoleWrite, end - 16, 0x8000_0000),
            2 => call(Hypercall::ConsoleRead, arch::INFORMATION_PAGE, 16),
            _ => call(Hypercall::Restart, 2, 0),
        }),
        "timer" => at_ends(|turn| match turn % 3 {
            0 => arm(NEVER),
            1 => arm(0),
            _ => arm(clock::now() + 2_000),
        }),
        "idle" => at_ends(|_| call(Hypercall::Idle, 0, 0)),
        "input" => {
            interrupts::unmask(Line::Console as u32).unwrap_or(());
            for turn in 0.. {
                call(Hypercall::Idle, 0, 0);
                interrupts::clear(Line::Console as u32).unwrap_or(());
                if turn & 1 == 0 {
                    at_end(turn);
                }
                call(Hypercall::ConsoleRead, end - 40, 16);
            }
            1
        }
        "echo" => {
            interrupts::unmask(Line::Console as u32).unwrap_or(());
            let mut bytes = [0; 16];
            loop {
                let length = console::read(&mut bytes).unwrap_or(0);
                let heard = &bytes[..length];
                if length > 0 {
                    println!("heard {}", heard.escape_ascii());
                } else {
                    call(Hypercall::Idle, 0, 0);
                    interrupts::clear(Line::Console as u32).unwrap_or(());
                }
                if heard.contains(&b'.') {
                    break 0;
                }
            }
        }
        "listen" => {
            interrupts::unmask(Line::Console as u32).unwrap_or(());
            for _ in 0..5 {
                let begin = clock::now();
                println!("listening");
                while call(Hypercall::ConsoleRead, end - 40, 16) <= 0 {
                    call(Hypercall::Idle, 0, 0);
                    interrupts::clear(Line::Console as u32).unwrap_or(());
                }
                println!("heard after {} ms", (clock::now() - begin) / 1_000_000);
            }
            0
        }
        "expiry" => expiry(),
        "fault" => {
            attempt::prepare();
            at_ends(|_| i32::from(attempt::attempt(arch::write, 0x9000_0000).is_some()))
        }
        "fault-restart" => {
            // SAFETY: the handler does not return.
            unsafe { fault::set_handler(Some(start_again)) };
            stop();
            1
        }
        "write" | "write-odd" | "write-short" | "read-message" | "read-odd" | "send" | "send-odd"
        | "receive" | "receive-odd" | "clear-queue" | "port-status" | "port-describe" | "region-describe"
        | "doorbell" => {
            let mut turn = 0;
            loop {
                before_end(messages::lead(path, turn), turn);
                core::hint::black_box(messages::path(path, turn));
                turn += 1;
            }
        }
        "interrupt" | "register" => {
            let device = owner::prepare(path);
            for turn in 0.. {
                owner::settle(device, path, turn);
                before_end(owner::lead(path, turn), turn / 2);
                core::hint::black_box(owner::path(device, path, turn));
                // What is made to come does so before anything else is done.
                let window = partition::window().number;
                while partition::window().number == window {}
            }
            1
        }
        "raise" | "set-mode" | "serve" | "control" | "partition-describe" | "schedule-set"
        | "schedule-status" | "schedule-describe" | "health-read" => {
            governance::prepare();
            let (path, of) = (governance::find(path), number(rest, "of", 0) as u32);
            at_ends(|turn| governance::take(path, of, turn))
        }
        "raise-stop" => {
            at_end(number(rest, "try", 0) as u32);
            governance::take(governance::find("raise"), 0, 0) as u32
        }
        "watch" => watch(rest),
        "idle-timer" => idle_timer(),
        "fill" => loop {
            messages::path(path, 0);
            partition::idle();
        },
        "empty" => {
            let restarts =
                partition::start_information().restarts.load(core::sync::atomic::Ordering::Relaxed);
            at_end(restarts);
            partition::restart(partition::Restart::Cold);
            1
        }
        "halt" => {
            at_end(number(rest, "try", 0) as u32);
            0
        }
        "stop" => {
            at_end(number(rest, "try", 0) as u32);
            stop();
            1
        }
        _ => 2,
    }
}

/// Takes a path at the end of each window.
fn at_ends(mut path: impl FnMut(u32) -> i32) -> ! {
    let mut turn = 0;
    loop {
        at_end(turn);
        core::hint::black_box(path(turn));
        turn += 1;
    }
}

/// How long before a window's end the first moments are, in nanoseconds.
const BEFORE: u64 = 100;

/// Returns at the end of a window: at a moment, another for each turn, from shortly before it to when the kernel has
/// noticed.
fn at_end(turn: u32) {
    before_end(0, turn);
}

/// The same so many nanoseconds earlier.
fn before_end(lead: u64, turn: u32) {
    // Not the window that has begun before the path was over.
    let window = partition::window().number;
    while partition::window().number == window {}
    let offset = u64::from(turn) * arch::MOMENTS_APART % (BEFORE + arch::NOTICED_MAX);
    let moment = partition::window().end - BEFORE - lead + offset;
    while clock::now() < moment {}
    // What is between two turns of the loop above.
    for pause in 0..turn % 29 {
        core::hint::black_box(pause);
    }
}

/// Timers that expire shortly before the window ends, so that their delivery is under way then.
fn expiry() -> ! {
    interrupts::install(Line::Timer as u32, || ()).unwrap_or(());
    interrupts::unmask(Line::Timer as u32).unwrap_or(());
    interrupts::enable();
    let mut before = 0;
    let mut seen = partition::window();
    loop {
        timer::set(seen.end - before);
        before = (before + 7) % 700;
        let opened = seen.number;
        while seen.number == opened {
            seen = partition::window();
        }
    }
}

/// Never serves its watchdog; with `handler` it is told of each expiry.
fn watch(line: &str) -> ! {
    if line.contains("handler") {
        health::install(|error| {
            core::hint::black_box(error);
        });
        interrupts::enable();
    }
    loop {
        core::hint::black_box(());
    }
}

/// Idles until a timer that expires shortly before the window ends, or after that.
fn idle_timer() -> ! {
    interrupts::unmask(Line::Timer as u32).unwrap_or(());
    let mut turn = 0u32;
    loop {
        let window = partition::window();
        let before = u64::from(turn) * arch::MOMENTS_APART % (4 * arch::NOTICED_MAX);
        timer::set(window.end + arch::NOTICED_MAX - before);
        while partition::window().number == window.number {
            partition::idle();
            interrupts::clear(Line::Timer as u32).unwrap_or(());
        }
        turn += 1;
    }
}

unsafe extern "C" fn start_again(_: *mut FaultFrame) {
    partition::restart(partition::Restart::Warm);
}
