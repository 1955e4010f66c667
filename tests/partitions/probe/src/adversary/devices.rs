//! Calls about devices: by who owns some registers, with what is another's, what there is not, and what no rule names.
//!
//! Its first resource has registers of a width of 1 or 4 bytes: those at 0 may be written in the bits 0x20 and read in
//! no others, what is behind them may not be touched. Others own whatever else there is.

use bulkhead_abi::{Error, Hypercall};

use super::Tally;
use crate::arch::{INFORMATION_PAGE, MEMORY_BASE, SHARED_PAGE};
use crate::generator::Generator;
use crate::messages::{MESSAGE, call_with};

const NOT_PERMITTED: i32 = Error::NotPermitted.code();
const BAD_ARGUMENT: i32 = Error::BadArgument.code();
const BAD_ADDRESS: i32 = Error::BadAddress.code();

/// Random calls.
const RANDOM: u32 = 3_000;

/// Numbers that are no resource's.
const NONE: [u32; 8] = [1, 2, 3, 63, 64, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/// Every call.
pub(super) fn run() -> u32 {
    let mut tally = Tally::new("devices");
    let here = &raw mut MESSAGE as u32;
    let mut expect = |call: Hypercall, arguments: [u32; 3], expected: i32| {
        let result = call_with(call as u32, arguments);
        tally.note(result == expected, format_args!("{call:?} {arguments:#x?}: {result}"));
    };
    expect(Hypercall::ResourceDescribe, [0, here, 0], 0);
    for nothing in NONE {
        expect(Hypercall::ResourceDescribe, [nothing, here, 0], BAD_ARGUMENT);
        expect(Hypercall::RegisterRead, [nothing, 0, here], BAD_ARGUMENT);
        expect(Hypercall::RegisterWrite, [nothing, 0, 0], BAD_ARGUMENT);
    }
    for line in (0..40).chain([0x7fff_ffff, 0x8000_0009, 0xffff_ffff]) {
        expect(Hypercall::InterruptEnable, [line, 0, 0], BAD_ARGUMENT);
    }
    for offset in [8, 12, 0x100, 0x7fff_fff8, 0x8000_0000, 0xffff_fff8, 0xffff_ffff] {
        expect(Hypercall::RegisterRead, [0, offset, here], BAD_ARGUMENT);
        expect(Hypercall::RegisterWrite, [0, offset, 0], BAD_ARGUMENT);
    }
    expect(Hypercall::RegisterRead, [0, 4, here], NOT_PERMITTED);
    expect(Hypercall::RegisterWrite, [0, 4, 0xff], NOT_PERMITTED);
    for address in [0, MEMORY_BASE, MEMORY_BASE - 4, INFORMATION_PAGE, SHARED_PAGE, 0xffff_fffd, 0x8000_0000]
    {
        expect(Hypercall::RegisterRead, [0, 0, address], BAD_ADDRESS);
        expect(Hypercall::ResourceDescribe, [0, address, 0], BAD_ADDRESS);
    }
    // What may be written is, and nothing else is seen.
    expect(Hypercall::RegisterWrite, [0, 0, 0xffff_ffff], 0);
    expect(Hypercall::RegisterRead, [0, 0, here], 0);
    // SAFETY: the kernel has just written the word.
    let value = unsafe { (here as *const u32).read_volatile() };
    tally.note(value & !0x20 == 0, format_args!("more bits than a rule lets through: {value:#x}"));
    let mut generator = Generator::new(14);
    for _ in 0..RANDOM {
        let call = [
            Hypercall::ResourceDescribe,
            Hypercall::RegisterRead,
            Hypercall::RegisterWrite,
            Hypercall::InterruptEnable,
        ][generator.next() as usize % 4];
        // Never a place of this program's own memory, which would be its own loss.
        let outside = generator.next() | 0xff00_0000;
        let arguments = [generator.next() % 4, generator.next() % 64, outside];
        let arguments = match call {
            Hypercall::ResourceDescribe => [arguments[0], outside, 0],
            _ => arguments,
        };
        let result = call_with(call as u32, arguments);
        let refused = result < 0 && Error::from_code(result).is_some();
        let is_own_write = call == Hypercall::RegisterWrite && arguments[0] == 0 && arguments[1] < 4;
        tally.note(refused || is_own_write, format_args!("{call:?} {arguments:#x?}: {result}"));
    }
    tally.finish()
}
