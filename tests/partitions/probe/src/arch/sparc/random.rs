//! Executes instructions that a test has put into the image.

use core::arch::global_asm;
use core::mem::offset_of;

use bulkhead_abi::machine::sparc;
use bulkhead_abi::{FaultRecord, Hypercall, SharedPage};

use super::{INFORMATION_PAGE, MEMORY_BASE, SHARED_PAGE};
use crate::command::number;

global_asm!(
    include_str!("random.S"),
    busy = const SHARED_PAGE as i32 + (offset_of!(SharedPage, fault) + offset_of!(FaultRecord, busy)) as i32,
    mask = const SHARED_PAGE as i32 + offset_of!(SharedPage, mask) as i32,
    enabled = const SHARED_PAGE as i32 + offset_of!(SharedPage, interrupts_enabled) as i32,
    clock_trap = const sparc::CLOCK_TRAP,
    hypercall_trap = const sparc::HYPERCALL_TRAP,
    timer_set = const Hypercall::TimerSet as u32,
    memory = const MEMORY_BASE,
    shared_page = const SHARED_PAGE,
    information_page = const INFORMATION_PAGE,
);

unsafe extern "C" {
    fn probe_random_entry();
    fn probe_random_begin(piece: u32, seed: u32) -> !;
    fn bulkhead_hypercall(number: u32, first: u32, second: u32) -> i32;
}

/// Executes a piece of them, from places that the seed decides, until the system ends.
pub(super) fn run(line: &str) -> u32 {
    let entry = probe_random_entry as *const () as u32;
    let (piece, seed) = (number(line, "piece", 0) as u32, number(line, "seed", 1) as u32);
    // SAFETY: whatever becomes of this partition is what is tried.
    unsafe {
        bulkhead_hypercall(Hypercall::SetUpcalls as u32, entry, entry);
        probe_random_begin(piece, seed)
    }
}
