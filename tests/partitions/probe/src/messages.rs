//! Messages and shared memory: what they cost, and paths of the kernel that they take.

use bulkhead_abi::Hypercall;
use bulkhead_abi::port::SEND_WAITS;
use bulkhead_guest::{clock, partition, println};

use crate::arch;

unsafe extern "C" {
    fn bulkhead_long_hypercall(number: u32, first: u32, second: u32, third: u32) -> i32;
}

/// The longest message, two words in line.
#[repr(C, align(8))]
pub(crate) struct Longest(pub(crate) [u8; 65_536]);

/// Where messages come from and go to.
pub(crate) static mut MESSAGE: Longest = Longest([0x5a; 65_536]);

/// Makes a call of three arguments, which writes to the place of messages or to nowhere that this program knows of.
pub(crate) fn call_with(number: u32, [first, second, third]: [u32; 3]) -> i32 {
    // SAFETY: what the kernel writes for a call goes to this partition's memory, of which tests name no part but the
    // place of messages; whatever else they ask for, it refuses.
    unsafe { bulkhead_long_hypercall(number, first, second, third) }
}

/// Makes a call about a port, with the message's place and so many bytes from `offset` on.
#[inline(always)]
pub(crate) fn message(call: Hypercall, port: u32, offset: u32, length: u32) -> i32 {
    let place = &raw mut MESSAGE as u32 + offset;
    call_with(call as u32, [port, place, length])
}

/// What a call costs, in executed instructions, to the nearest: the clock is read around many of them. All in one
/// function, as a program would make them.
macro_rules! cost {
    ($name:literal, $length:expr, $turns:expr, $call:expr) => {{
        let start = clock::now();
        for _ in 0..$turns {
            core::hint::black_box(0);
        }
        let nothing = clock::now() - start;
        let start = clock::now();
        for _ in 0..$turns {
            core::hint::black_box($call);
        }
        let all = clock::now() - start;
        if $call < 0 {
            println!("messages: refused");
        }
        let cost = (all.saturating_sub(nothing) + u64::from($turns) / 2) / u64::from($turns);
        println!("cost: {}-{} {cost}", $name, $length);
    }};
}

/// Prints what messages cost, one `cost: NAME COUNT` a line. Ports: 0 is a sampling one, 1 a queuing one.
pub(crate) fn run(line: &str) -> u32 {
    const TURNS: u32 = 50;
    let source = line.starts_with("source");
    // What comes before has its frames in memory by then, as in a task that has waited.
    println!("messages: from here on");
    for length in [64, 4096] {
        if source {
            cost!("write", length, TURNS, message(Hypercall::SamplingWrite, 0, 0, length));
            cost!("send", length, TURNS, message(Hypercall::QueuingSend, 1, 0, length));
        } else {
            cost!("read", length, TURNS, message(Hypercall::SamplingRead, 0, 0, 65_536));
            cost!("receive", length, TURNS, message(Hypercall::QueuingReceive, 1, 0, 65_536));
        }
        // In the next window the other one has done the same.
        let window = partition::window().number;
        while partition::window().number == window {}
    }
    0
}

/// A path about messages that is begun before the end of a window: how long before, in nanoseconds, and with how many
/// bytes. Three of four messages end about when the window does.
fn try_of(turn: u32, steps: &[(u32, u64); 3]) -> (u64, u32) {
    match steps.get(turn as usize % 4) {
        Some(&(length, time)) => (u64::from(turn) * 53 % (time + 1), length),
        None => (u64::from(turn) * 331 % 20_000, 65_528),
    }
}

/// How long before the end of a window a path is to begin, beside what [`crate::load`] does.
pub(crate) fn lead(name: &str, turn: u32) -> u64 {
    match name {
        "write" | "read-message" | "send" | "receive" => try_of(turn, &arch::STEPS).0,
        "write-odd" | "read-odd" | "send-odd" | "receive-odd" => try_of(turn, &arch::ODD_STEPS).0,
        _ => 0,
    }
}

/// Takes one path about messages; `turn` counts.
pub(crate) fn path(name: &str, turn: u32) -> i32 {
    let (length, odd) = (try_of(turn, &arch::STEPS).1, 1 + turn % 7);
    let odd_length = try_of(turn, &arch::ODD_STEPS).1;
    match name {
        "write" => message(Hypercall::SamplingWrite, 0, 0, length),
        "write-odd" => message(Hypercall::SamplingWrite, 0, odd, odd_length),
        "write-short" => message(Hypercall::SamplingWrite, 0, turn % 8, 64),
        "read-message" => message(Hypercall::SamplingRead, 0, 0, 65_536),
        "read-odd" => message(Hypercall::SamplingRead, 0, odd, 65_528),
        "send" => message(Hypercall::QueuingSend, SEND_WAITS, 0, length),
        "send-odd" => message(Hypercall::QueuingSend, SEND_WAITS, odd, odd_length),
        "receive" => message(Hypercall::QueuingReceive, 0, 0, 65_536),
        "receive-odd" => message(Hypercall::QueuingReceive, 0, odd, 65_528),
        "clear-queue" => message(Hypercall::QueuingClear, 0, 0, 0),
        "fill" => (0..64).map(|port| message(Hypercall::QueuingSend, port, 0, 1)).sum(),
        "port-status" => message(Hypercall::PortStatus, 0, 0, 0),
        "port-describe" => message(Hypercall::PortDescribe, 0, turn % 8, 0),
        "region-describe" => message(Hypercall::RegionDescribe, turn % 4, turn % 8, 0),
        _ => message(Hypercall::Doorbell, turn % 4, 0, 0),
    }
}
