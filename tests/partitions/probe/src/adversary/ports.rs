//! Ports and shared memory: what is not one's own, and what no message can be.
//!
//! The adversary's ports, each of messages of 64 bytes: 0 is a sampling source, 1 a queuing source, 2 a sampling
//! destination, 3 a queuing destination. Region 0 may be written, region 1 only read, region 2 is others'.

use bulkhead_abi::port::{RegionDescription, SEND_WAITS};
use bulkhead_abi::{Error, Hypercall};
use bulkhead_guest::{FaultKind, clock, partition};

use super::Tally;
use crate::arch::{self, INFORMATION_PAGE, MEMORY_BASE, SHARED_PAGE};
use crate::attempt::attempt;
use crate::command::number;
use crate::messages::{MESSAGE, call_with};

const SIZE: u32 = 64;

/// What a port is, by its number.
const KINDS: [Hypercall; 4] =
    [Hypercall::SamplingWrite, Hypercall::QueuingSend, Hypercall::SamplingRead, Hypercall::QueuingReceive];

/// The first byte of each message that is allowed.
const GOOD: u8 = b'G';

/// Every wrong port, kind, length and address; then one message that is right. With `execute=0` nothing is executed in
/// a region: where data can be executed, that ends anyhow.
pub(super) fn run(line: &str) -> u32 {
    let mut tally = Tally::new("ports");
    // The others have sent what is to be read.
    while partition::window().number < 3 {
        partition::idle();
    }
    let here = &raw mut MESSAGE as u32;
    let (bad, denied, outside) =
        (Error::BadArgument.code(), Error::NotPermitted.code(), Error::BadAddress.code());
    let mut expect = |call: Hypercall, arguments: [u32; 3], answer: i32| {
        let result = call_with(call as u32, arguments);
        tally.note(result == answer, format_args!("{call:?} {arguments:#x?}: {result}"));
    };
    let calls =
        KINDS.into_iter().chain([Hypercall::QueuingClear, Hypercall::PortDescribe, Hypercall::PortStatus]);
    for call in calls {
        // No port of this partition's. That a sender waits is said of no other call.
        for port in [4, 5, 63, 64, 255, 256, 65_535, 65_536, 0x7fff_ffff, 0xffff_fffe, u32::MAX] {
            expect(call, [port, here, SIZE], bad);
        }
        if call != Hypercall::QueuingSend {
            for port in 0..4 {
                expect(call, [port | SEND_WAITS, here, SIZE], bad);
            }
        }
    }
    for (port, own) in (0..).zip(KINDS) {
        for call in KINDS.into_iter().filter(|&call| call != own) {
            expect(call, [port, here, SIZE], denied);
        }
        if own != Hypercall::QueuingReceive {
            expect(Hypercall::QueuingClear, [port, here, SIZE], denied);
        }
    }
    let end = partition::memory().end as u32;
    let mut regions = [0; 2];
    for (region, place) in (0..).zip(&mut regions) {
        expect(Hypercall::RegionDescribe, [region, here, 0], 0);
        // SAFETY: the kernel has just stored it there.
        *place = unsafe { (*(&raw const MESSAGE).cast::<RegionDescription>()).address };
    }
    let places = [
        0,
        MEMORY_BASE - SIZE,
        MEMORY_BASE - 1,
        end - SIZE + 1,
        end - 1,
        end,
        INFORMATION_PAGE,
        SHARED_PAGE,
        regions[0],
        regions[1],
        regions[0] - 32,
        0x8000_0000,
        0xffff_ffc0,
        0xffff_ffff,
    ];
    for place in places.into_iter().chain(arch::FOREIGN) {
        for (port, call) in (0..).zip(KINDS) {
            expect(call, [port, place, SIZE], outside);
            expect(call, [port, place, 0u32.wrapping_sub(place).max(SIZE)], outside);
        }
        for call in [Hypercall::PortDescribe, Hypercall::PortStatus, Hypercall::RegionDescribe] {
            if call != Hypercall::PortStatus || place != end - SIZE + 1 {
                expect(call, [0, place, 0], outside);
            }
        }
    }
    for call in [Hypercall::SamplingRead, Hypercall::QueuingReceive] {
        // The partition's own memory, but not to be written.
        let port = if call == Hypercall::SamplingRead { 2 } else { 3 };
        for place in [MEMORY_BASE, MEMORY_BASE + 0x103, right as *const () as u32] {
            expect(call, [port, place, SIZE], outside);
        }
        for room in [0, 1, SIZE - 1] {
            expect(call, [port, here, room], bad);
        }
        expect(call, [port, here, 0x8000_0000], outside);
        expect(call, [port, here, u32::MAX], outside);
    }
    for place in [MEMORY_BASE, MEMORY_BASE + 0x103] {
        expect(Hypercall::PortDescribe, [0, place, 0], outside);
        expect(Hypercall::PortStatus, [0, place, 0], outside);
        expect(Hypercall::RegionDescribe, [0, place, 0], outside);
    }
    for (port, call) in [(0, Hypercall::SamplingWrite), (1, Hypercall::QueuingSend)] {
        for length in [0, SIZE + 1, 65_535, 65_536] {
            expect(call, [port, here, length], bad);
        }
        for length in [0x10_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffc0, u32::MAX] {
            expect(call, [port, here, length], outside);
        }
    }
    for call in [Hypercall::RegionDescribe, Hypercall::Doorbell] {
        expect(call, [2, here, 0], denied);
        for region in [3, 31, 32, 255, 256, 0x8000_0000, u32::MAX] {
            expect(call, [region, here, 0], bad);
        }
    }
    shared_memory(&mut tally, regions, number(line, "execute", 1) != 0);
    tally.note(right(end), format_args!("what is right is refused"));
    tally.finish()
}

/// A message from each place in line that there is, the last bytes of memory among them.
fn right(end: u32) -> bool {
    for offset in 0..8 {
        for place in [&raw mut MESSAGE as u32 + 128 + offset, end - SIZE - offset] {
            for byte in 0..SIZE {
                // SAFETY: the bytes are this partition's, and nothing else is there.
                unsafe { ((place + byte) as *mut u8).write_volatile(GOOD) };
            }
            if call_with(Hypercall::SamplingWrite as u32, [0, place, SIZE]) != 0 {
                return false;
            }
        }
    }
    call_with(Hypercall::QueuingSend as u32, [1, end - SIZE, SIZE]) == 0
}

/// Regions: written only where that is allowed, never executed, and not a byte more than they have.
fn shared_memory(tally: &mut Tally, [open, closed]: [u32; 2], executes: bool) {
    const REGION: u32 = 0x2000;
    for (what, code, address) in [
        ("write what may be read", arch::write as arch::Code, closed),
        ("write the end of what may be read", arch::write, closed + REGION - 4),
        ("execute what may be written", arch::probe_jump, open),
        ("execute what may be read", arch::probe_jump, closed),
        ("read before", arch::read, open - 4),
        ("write before", arch::write, open - 4),
        ("read behind", arch::read, open + REGION),
        ("write behind", arch::write, open + REGION),
        ("read before", arch::read, closed - 4),
        ("read behind", arch::read, closed + REGION),
    ] {
        if what.starts_with("execute") && !executes {
            continue;
        }
        let report = attempt(code, address);
        tally.note(
            report.is_some_and(|report| report.is(FaultKind::Memory)),
            format_args!("{what}, at {address:#x}"),
        );
    }
    for (code, address) in [
        (arch::read as arch::Code, open),
        (arch::write, open),
        (arch::write, open + REGION - 4),
        (arch::read, closed),
        (arch::read, closed + REGION - 4),
    ] {
        tally.note(attempt(code, address).is_none(), format_args!("shared memory at {address:#x}"));
    }
}

/// Sends, writes, reads and rings for some nanoseconds, whatever comes of it.
pub(super) fn flood(line: &str) -> u32 {
    let mut tally = Tally::new("flood");
    let until = clock::now() + number(line, "for", 10_000_000);
    let here = &raw mut MESSAGE as u32;
    let mut turn = 0;
    while clock::now() < until {
        let length = if turn & 1 == 0 { 65_536 } else { 65_529 };
        for (port, call) in (0..).zip(KINDS) {
            let port = if turn & 2 == 0 && call == Hypercall::QueuingSend { port | SEND_WAITS } else { port };
            call_with(call as u32, [port, here + turn % 8, length]);
        }
        call_with(Hypercall::Doorbell as u32, [0, 0, 0]);
        call_with(Hypercall::QueuingClear as u32, [3, 0, 0]);
        // Turns that took the same time could have each window end in the same call.
        for pause in 0..turn * 37 % 400 {
            core::hint::black_box(pause);
        }
        turn += 1;
    }
    tally.note(turn > 20, format_args!("only {turn} turns"));
    tally.finish()
}
