//! Passing the kernel what it must not believe.

use bulkhead_abi::{Error, Hypercall};
use bulkhead_guest::{clock, partition};

use super::Tally;
use crate::arch::{self, INFORMATION_PAGE, MEMORY_BASE, SHARED_PAGE};
use crate::command::number;

unsafe extern "C" {
    fn bulkhead_hypercall(number: u32, first: u32, second: u32) -> i32;
}

fn call(number: u32, first: u32, second: u32) -> i32 {
    // SAFETY: none of the calls made here writes where this program keeps something.
    unsafe { bulkhead_hypercall(number, first, second) }
}

/// Every call with every kind of bad pointer, and every bad number.
pub(super) fn run() -> u32 {
    let mut tally = Tally::new("calls");
    let end = partition::memory().end as u32;
    let bad = Error::BadAddress.code();
    let addresses = [
        0,
        1,
        0xfff,
        INFORMATION_PAGE,
        SHARED_PAGE,
        MEMORY_BASE - 1,
        MEMORY_BASE - 39,
        end,
        end - 39,
        end - 1,
        0x8000_0000,
        0xffff_ffd8,
        0xffff_ffff,
    ];
    for address in addresses.into_iter().chain(arch::FOREIGN) {
        let status = call(Hypercall::Status as u32, address, 0);
        tally.note(status == bad, format_args!("status at {address:#x}: {status}"));
        for call_number in [Hypercall::ConsoleWrite as u32, Hypercall::ConsoleRead as u32] {
            for length in [40, 0x8000_0000, 0xffff_ffff, 0u32.wrapping_sub(address).max(40)] {
                let result = call(call_number, address, length);
                tally.note(
                    result == bad,
                    format_args!("call {call_number} at {address:#x}, {length:#x}: {result}"),
                );
            }
        }
    }
    // The partition's own memory, but not to be written: the kernel must not do what the guest could not.
    for address in [MEMORY_BASE, MEMORY_BASE + 0x100] {
        let status = call(Hypercall::Status as u32, address, 0);
        tally.note(status == bad, format_args!("status into code: {status}"));
        let read = call(Hypercall::ConsoleRead as u32, address, 4);
        tally.note(read == bad, format_args!("read into code: {read}"));
    }
    let read = call(Hypercall::ConsoleRead as u32, end - 64, 4);
    tally.note(read == Error::NotPermitted.code(), format_args!("read of another's console: {read}"));
    // Good ranges at the very ends, and misaligned ones, are served.
    for address in [end - 40, end - 41, end - 43] {
        let status = call(Hypercall::Status as u32, address, 0);
        tally.note(status == 0, format_args!("status at {address:#x}: {status}"));
    }
    for bad_number in [Hypercall::COUNT, Hypercall::COUNT + 1, 99, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
        let result = call(bad_number, 0, 0);
        tally.note(result == Error::UnknownCall.code(), format_args!("call {bad_number:#x}: {result}"));
    }
    let result = call(Hypercall::Restart as u32, 2, 0);
    tally.note(result == Error::BadArgument.code(), format_args!("restart of an unknown kind: {result}"));
    tally.finish()
}

/// Calls without a pause for some nanoseconds, every kind in turn.
pub(super) fn storm(line: &str) -> u32 {
    let mut tally = Tally::new("storm");
    let until = clock::now() + number(line, "for", 10_000_000);
    let mut turn = 0u32;
    while clock::now() < until {
        turn = turn.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match turn >> 24 & 7 {
            0 => call(Hypercall::TimerSet as u32, turn, 0),
            1 => call(Hypercall::TimerSet as u32, turn, turn),
            2 => call(Hypercall::ConsoleWrite as u32, turn, turn >> 8),
            3 => call(Hypercall::ConsoleRead as u32, turn, turn >> 8),
            4 => call(Hypercall::SetTlsBase as u32, turn, 0),
            5 => call(Hypercall::Status as u32, partition::memory().end as u32 - 40, 0),
            6 => call(turn, turn, turn),
            _ => call(Hypercall::InterfaceVersion as u32, turn, turn),
        };
        // `call(turn, …)` must not be a real one that ends us.
        if turn < Hypercall::COUNT {
            break;
        }
    }
    call(Hypercall::TimerSet as u32, 0xffff_ffff, 0xffff_ffff);
    tally.note(true, format_args!(""));
    tally.finish()
}
