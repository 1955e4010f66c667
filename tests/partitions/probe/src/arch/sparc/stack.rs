//! A stack pointer that points nowhere, or where it must not, and everything that makes the kernel use it.

use core::arch::global_asm;
use core::mem::offset_of;
use core::ptr::addr_of;

use bulkhead_abi::machine::sparc;
use bulkhead_abi::{FaultRecord, Hypercall, Line, SharedPage, Word64};
use bulkhead_guest::arch::{Arch, Processor};
use bulkhead_guest::{FaultKind, clock, fault, interrupts, partition, println, timer};

use super::{Code, INFORMATION_PAGE, MEMORY_BASE, SHARED_PAGE, attempt};
use crate::adversary::Tally;
use crate::attempt::Report;

/// Offset of a word of the shared page from g0.
const fn word(offset: usize) -> i32 {
    SHARED_PAGE as i32 + offset as i32
}

const FAULT: usize = offset_of!(SharedPage, fault);

global_asm!(
    include_str!("stack.S"),
    kind = const word(FAULT + offset_of!(FaultRecord, kind)),
    vector = const word(FAULT + offset_of!(FaultRecord, vector)),
    error = const word(FAULT + offset_of!(FaultRecord, error)),
    address = const word(FAULT + offset_of!(FaultRecord, address) + offset_of!(Word64, low)),
    busy = const word(FAULT + offset_of!(FaultRecord, busy)),
    enabled = const word(offset_of!(SharedPage, interrupts_enabled)),
    return_trap = const sparc::RETURN_TRAP,
    flush_trap = const sparc::FLUSH_TRAP,
);

unsafe extern "C" {
    static probe_report: Report;
    fn probe_bare_fault_entry();
    fn probe_stack_chain(stack: u32);
    fn probe_stack_frame(stack: u32);
    fn probe_stack_load(stack: u32);
    fn probe_stack_flush(stack: u32);
    fn probe_stack_switch(stack: u32);
    fn probe_stack_return(stack: u32);
    fn probe_stack_interrupt(stack: u32);
    fn bulkhead_hypercall(number: u32, first: u32, second: u32) -> i32;
}

static CONSTANT: [u64; 8] = [0x1234_5678; 8];

/// The faults that a window on its way to or from a stack makes.
const OVERFLOW: u32 = 0x05;
const UNDERFLOW: u32 = 0x06;
const FLUSH: u32 = 0x83;

/// Every kind of bad stack pointer: not mapped, where a kernel that traces has its records, code, constants, across
/// the end, another's, the kernel's, a device's, the interface's pages, across the end of all addresses, misaligned.
/// All are outside what can be written; those in code and constants can be read.
fn bad_stacks() -> [(u32, bool); 31] {
    let end = partition::memory().end as u32;
    let constant = addr_of!(CONSTANT) as u32;
    let bad = |address| (address, false);
    [
        bad(0),
        bad(8),
        bad(0x1000),
        bad(0x0003_ffc0),
        bad(0x0004_0000),
        bad(MEMORY_BASE - 8),
        (MEMORY_BASE, true),
        (MEMORY_BASE + 0x100, true),
        (constant, true),
        bad(end - 56),
        bad(end - 8),
        bad(end),
        bad(end + 0x1000),
        bad(end - 1020),
        bad(end - 1023),
        bad(end - 1022),
        bad(0x3fff_ffc0),
        bad(0x3fff_ffe0),
        bad(0x4000_0000),
        bad(0x400f_f000),
        bad(0x4010_0000),
        bad(0x4020_0000),
        bad(0x4030_0000),
        bad(0x7fff_ffc0),
        bad(0x8000_0100),
        bad(INFORMATION_PAGE),
        bad(SHARED_PAGE + 0x800),
        bad(SHARED_PAGE + 0xfc0),
        bad(0xffff_ffe0),
        bad(0xffff_fff8),
        bad(0xffff_ffff),
    ]
}

/// Attempts code with the fault entry that needs no stack.
fn report_of(code: Code, stack: u32) -> Option<Report> {
    // SAFETY: the entry writes the report before an attempt that has faulted ends, and not otherwise.
    attempt(code, stack).then(|| unsafe { addr_of!(probe_report).read_volatile() })
}

/// With `handled`, the faults come back and are counted; without, the health monitor must stop the partition.
pub(super) fn attack(line: &str) -> u32 {
    let mut tally = Tally::new("stack");
    if line != "handled" {
        println!("adversary: stack about to use {:#x}", 0x4000_0000u32);
        // SAFETY: no handler.
        unsafe { fault::set_handler(None) };
        attempt(probe_stack_frame, 0x4000_0000);
        println!("adversary: stack survived");
        return 1;
    }
    let (entry, fault_entry) =
        (Processor::interrupt_entry() as u32, probe_bare_fault_entry as *const () as u32);
    // SAFETY: the entry ends the attempt that is under way; there are faults in attempts only.
    unsafe { bulkhead_hypercall(Hypercall::SetUpcalls as u32, entry, fault_entry) };
    interrupts::unmask(Line::Timer as u32).unwrap_or(());
    let ways: [(&str, Code, u32, bool); 7] = [
        ("a chain of frames", probe_stack_chain, OVERFLOW, true),
        ("a frame", probe_stack_frame, OVERFLOW, true),
        ("flush", probe_stack_flush, FLUSH, true),
        ("flush for a switch", probe_stack_switch, FLUSH, true),
        ("load", probe_stack_load, UNDERFLOW, false),
        ("return", probe_stack_return, UNDERFLOW, false),
        ("interrupt", probe_stack_interrupt, OVERFLOW, true),
    ];
    for (stack, readable) in bad_stacks() {
        for (name, code, vector, writes) in ways {
            interrupts::disable();
            timer::set(if name == "interrupt" { clock::now() + 20_000 } else { bulkhead_abi::NEVER });
            let report = report_of(code, stack);
            let kind = if stack & 7 == 0 { FaultKind::Memory } else { FaultKind::Alignment };
            let good = match report {
                Some(report) => {
                    (writes || !readable)
                        && report.is(kind)
                        && report.vector == vector
                        && report.address == stack
                }
                None => !writes && readable,
            };
            tally.note(good, format_args!("{name} at {stack:#x}: {}", report.unwrap_or_default()));
        }
    }
    timer::clear();
    tally.finish()
}
