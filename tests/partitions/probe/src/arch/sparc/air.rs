//! What a partition can do to AIR by its own traps, past the binding.

use core::arch::global_asm;

use bulkhead_abi::machine::sparc::RETURN_TRAP;
use bulkhead_air_facts::{HANDLERS, PROCESSOR_TRAP, Processor};
use bulkhead_cell::Single;
use bulkhead_guest::println;

use crate::command::number;

global_asm!(
    include_str!("air.S"),
    return_call = const Processor::Return as u32,
    processor_trap = const PROCESSOR_TRAP,
    return_trap = const RETURN_TRAP,
);

unsafe extern "C" {
    fn probe_air_return(address: u32);
    fn probe_air_resume(address: u32);
    fn probe_air_spill(address: u32);
    fn bulkhead_air_service(
        first: usize,
        second: usize,
        third: usize,
        fourth: usize,
        fifth: usize,
        number: u32,
    ) -> u32;
    fn bulkhead_air_processor(value: u32, number: u32);
}

/// The numbers of services that the binding does not ask for.
const IDENTIFIER: u32 = 11;
const RAISE_ERROR: u32 = 34;

/// Handlers between instructions.
static NOWHERE: Single<[u32; HANDLERS]> = Single::new([2; HANDLERS]);

/// Carries out one of these attacks; whoever comes back says so.
pub(super) fn attack(line: &str) -> u32 {
    let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
    let address = number(rest, "at", 0) as u32;
    println!("adversary: air about to {what}");
    // SAFETY: whatever comes of it is what is tried.
    unsafe {
        match what {
            "return" => probe_air_return(address),
            "resume" => probe_air_resume(address),
            "spill" => probe_air_spill(address),
            "answer" => {
                let answer = bulkhead_air_service(0, address as usize, 0, 0, 0, IDENTIFIER);
                println!("adversary: air answered {answer}");
            }
            "raise" => {
                bulkhead_air_service(address as usize, 0, 0, 0, 0, RAISE_ERROR);
            }
            "handler" => {
                bulkhead_air_processor(NOWHERE.address() as u32, Processor::SetTable as u32);
                super::write(0x9000_0000);
            }
            _ => return 2,
        }
    }
    println!("adversary: air survived");
    0
}
