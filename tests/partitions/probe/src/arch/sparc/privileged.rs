//! Privileged instructions with every number, every bit, and every address space.

use core::arch::global_asm;
use core::sync::atomic::AtomicU32;

use bulkhead_guest::{FaultKind, partition};

use super::windows::probe_recursion;
use super::{Code, FOREIGN};
use crate::adversary::Tally;
use crate::attempt::{Report, attempt};

global_asm!(include_str!("privileged.S"));

unsafe extern "C" {
    fn probe_load_from(address: u32);
    fn probe_store_to(address: u32);
    fn probe_swap_in(address: u32);
    fn probe_load_and_store_in(address: u32);
    fn probe_compare_in(address: u32);
    fn probe_read_state(unused: u32);
    fn probe_write_state(unused: u32);
    fn probe_write_psr(value: u32);
    fn probe_write_wim(value: u32);
    fn probe_write_tbr(value: u32);
    fn probe_flush(address: u32);
    fn probe_return_from_trap(unused: u32);
    fn probe_jump_and_return(unused: u32);
    fn probe_return_elsewhere(address: u32);
}

/// The address space that LEON3 lets user mode compare and swap in: its own data.
const USER_DATA: u32 = 0x0a;

/// A word of the partition's own, for instructions that need one.
static WORD: AtomicU32 = AtomicU32::new(0);

/// The function with a number among those that `words` has made.
fn numbered(first: Code, number: u32) -> Code {
    let address = first as usize + 12 * number as usize;
    // SAFETY: there is such a function at this address.
    unsafe { core::mem::transmute::<usize, Code>(address) }
}

fn is_privileged(report: Option<Report>) -> bool {
    report.is_some_and(|report| report.is(FaultKind::Privilege))
}

/// Loads and stores in every address space, at an address of the partition's own and at others.
pub(super) fn spaces() -> u32 {
    let mut tally = Tally::new("spaces");
    let own = WORD.as_ptr() as u32;
    let accesses: [(&str, Code); 5] = [
        ("lda", probe_load_from),
        ("sta", probe_store_to),
        ("swapa", probe_swap_in),
        ("ldstuba", probe_load_and_store_in),
        ("casa", probe_compare_in),
    ];
    for (name, first) in accesses {
        for space in 0..256 {
            for address in [own].into_iter().chain(FOREIGN) {
                let report = attempt(numbered(first, space), address);
                // What user mode may at all, it may only with its own addresses.
                let good = is_privileged(report)
                    || space == USER_DATA
                        && report.map_or(address == own, |report| report.is(FaultKind::Memory));
                tally.note(good, format_args!("{name} at {address:#x} in space {space:#x}"));
            }
        }
    }
    tally.finish()
}

/// Writes every bit of the state registers, returns from traps that were none, flushes what is not its own. Whatever
/// comes of it, the partition's windows, its calls and its faults must work as before.
pub(super) fn state_registers() -> u32 {
    let mut tally = Tally::new("registers");
    let expected = probe_recursion(16, 1);
    let mut still_good = |name: &str, number: u32, good: bool| {
        let works = probe_recursion(16, 1) == expected && partition::status().is_ok();
        tally.note(good && works, format_args!("{name} {number:#x}"));
    };
    let bits = (0..32).map(|bit| 1u32 << bit);
    for value in bits.clone().chain(bits.map(|bit| !bit)).chain([0, u32::MAX]) {
        still_good("wr %psr", value, attempt(probe_write_psr, value).is_none());
        still_good("wr %wim", value, attempt(probe_write_wim, value).is_none());
        still_good("wr %tbr", value, attempt(probe_write_tbr, value).is_none());
    }
    // Processors and emulators differ in which of these there are and who may. `wr %asr19` waits for an interrupt where
    // it is allowed, which is the partition's own time.
    for number in 0..32 {
        for (name, first) in [("rd %asr", probe_read_state as Code), ("wr %asr", probe_write_state)] {
            let report = attempt(numbered(first, number), 0);
            let good = report
                .is_none_or(|report| report.is(FaultKind::Privilege) || report.is(FaultKind::Instruction));
            still_good(name, number, good);
        }
    }
    for (number, code) in [probe_return_from_trap as Code, probe_jump_and_return].into_iter().enumerate() {
        let report = attempt(code, 0);
        still_good("rett", number as u32, report.is_none() || is_privileged(report));
    }
    let end = partition::memory().end as u32;
    for address in FOREIGN.into_iter().chain([0, 3, end, 0x9000_0000]) {
        still_good("rett to", address, attempt(probe_return_elsewhere, address).is_some());
        let report = attempt(probe_flush, address);
        still_good("flush", address, report.is_none_or(|report| report.is(FaultKind::Memory)));
    }
    tally.finish()
}
