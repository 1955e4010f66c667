//! Messages and shared memory: what they cost, and paths of the kernel that they take.

use bulkhead_abi::Hypercall;
use bulkhead_abi::port::SEND_WAITS;
use bulkhead_guest::{clock, partition, println};

use crate::command::number;

unsafe extern "C" {
    fn bulkhead_long_hypercall(number: u32, first: u32, second: u32, third: u32) -> i32;
}

/// The longest message, two words in line.
#[repr(C, align(8))]
pub(crate) struct Longest(pub(crate) [u8; 65_536]);

/// Where messages come from and go to.
pub(crate) static mut MESSAGE: Longest = Longest([0x5a; 65_536]);

/// Makes a call about a port, with the message's place and so many bytes from `offset` on.
pub(crate) fn message(call: Hypercall, port: u32, offset: u32, length: u32) -> i32 {
    let place = &raw mut MESSAGE as u32 + offset;
    // SAFETY: the kernel reads or writes the message's place, which nothing else uses meanwhile, or refuses.
    unsafe { bulkhead_long_hypercall(call as u32, port, place, length) }
}

/// What a call costs, in executed instructions, to the nearest: the clock is read around many of them.
fn cost(turns: u32, call: impl Fn() -> i32) -> u64 {
    let timed = |work: &dyn Fn()| {
        let start = clock::now();
        for _ in 0..turns {
            work();
        }
        clock::now() - start
    };
    let nothing = timed(&|| {
        core::hint::black_box(());
    });
    let refused = core::cell::Cell::new(0);
    let all = timed(&|| {
        if call() < 0 {
            refused.set(refused.get() + 1);
        }
    });
    if refused.get() != 0 {
        println!("messages: {} of {turns} calls were refused", refused.get());
    }
    (all.saturating_sub(nothing) + u64::from(turns) / 2) / u64::from(turns)
}

/// Prints what messages cost, one `cost: NAME COUNT` a line. Ports: 0 is a sampling one, 1 a queuing one.
pub(crate) fn run(line: &str) -> u32 {
    let turns = number(line, "turns", 50) as u32;
    let source = line.starts_with("source");
    let (once, queued) = if source {
        ((Hypercall::SamplingWrite, "write"), (Hypercall::QueuingSend, "send"))
    } else {
        ((Hypercall::SamplingRead, "read"), (Hypercall::QueuingReceive, "receive"))
    };
    for length in [64, 4096] {
        let room = if source { length } else { 65_536 };
        println!("cost: {}-{length} {}", once.1, cost(turns, || message(once.0, 0, 0, room)));
        println!("cost: {}-{length} {}", queued.1, cost(turns, || message(queued.0, 1, 0, room)));
        // In the next window the other one has done the same.
        let window = partition::window().number;
        while partition::window().number == window {}
    }
    0
}

/// Keeps one path about messages busy; `turn` counts.
pub(crate) fn path(name: &str, turn: u32) -> i32 {
    match name {
        "write" => message(Hypercall::SamplingWrite, 0, 0, 65_536),
        "write-short" => message(Hypercall::SamplingWrite, 0, turn % 8, 64),
        "write-odd" => message(Hypercall::SamplingWrite, 0, 1 + turn % 7, 65_536 - 8),
        "read-message" => message(Hypercall::SamplingRead, 0, 0, 65_536),
        "read-odd" => message(Hypercall::SamplingRead, 0, 1 + turn % 7, 65_536 - 8),
        "send" => message(Hypercall::QueuingSend, SEND_WAITS, 0, 64),
        "receive" => message(Hypercall::QueuingReceive, 0, 0, 65_536),
        "port-status" => {
            message(if turn & 1 == 0 { Hypercall::PortStatus } else { Hypercall::PortDescribe }, 0, 0, 0)
        }
        _ => message(Hypercall::Doorbell, 0, 0, 0),
    }
}
