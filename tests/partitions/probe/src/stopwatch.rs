//! The stopwatch: what things cost, in executed instructions.

use bulkhead_abi::{Hypercall, Line};
use bulkhead_guest::{clock, interrupts, println, timer};

use crate::arch;
use crate::command::number;

unsafe extern "C" {
    fn bulkhead_hypercall(number: u32, first: u32, second: u32) -> i32;
}

/// The least of several measurements, without what measuring costs.
fn least(mut measure: impl FnMut(u32) -> u32) -> u32 {
    let nothing = arch::count_nothing();
    (0..16).map(|turn| measure(turn).wrapping_sub(nothing)).min().unwrap_or(0)
}

/// Prints a cost for each kind of call, one `cost: NAME COUNT` a line.
pub(crate) fn run(_: &str) -> u32 {
    let far = || clock::now() + 1_000_000_000;
    println!("cost: null-hypercall {}", least(|_| arch::count_null()));
    println!("cost: read-time {}", least(|_| arch::count_clock()));
    println!("cost: arm-timer {}", least(|turn| arch::count_timer(far() + u64::from(turn))));
    println!("cost: disable-enable {}", least(|_| arch::count_interrupts()));
    println!("cost: tls-base {}", least(|turn| arch::count_tls(0x10_0000 + 4096 * turn)));
    println!("cost: timer-to-guest {}", timer_to_guest());
    println!("cost: disturbance {}", disturbance());
    timer::clear();
    0
}

/// From the deadline to the first instruction of the guest's interrupt entry.
fn timer_to_guest() -> u32 {
    let entry = arch::stamp_entry();
    let before = <bulkhead_guest::arch::Processor as bulkhead_guest::arch::Arch>::interrupt_entry() as u32;
    // SAFETY: the entry keeps all registers and returns; it takes whatever is pending.
    unsafe { bulkhead_hypercall(Hypercall::SetUpcalls as u32, entry, 0) };
    interrupts::unmask(Line::Timer as u32).unwrap_or(());
    interrupts::enable();
    let mut least = u32::MAX;
    for turn in 0..16u32 {
        let (now, stamp) = (clock::now(), arch::time_stamp());
        let ahead = 20_000 + 7 * turn;
        timer::set(now + u64::from(ahead));
        arch::longest_pause(5_000);
        let taken = arch::stamp().wrapping_sub(stamp).wrapping_sub(ahead);
        least = least.min(taken);
    }
    interrupts::disable();
    // SAFETY: the guest layer's own entry again. The entry's two pushes and the two instructions before the time
    // stamp is read count as the guest's.
    unsafe { bulkhead_hypercall(Hypercall::SetUpcalls as u32, before, 0) };
    least.wrapping_sub(3)
}

/// How long a timer interrupt with an empty handler stops a loop that does not expect it.
fn disturbance() -> u32 {
    interrupts::install(Line::Timer as u32, || ()).unwrap_or(());
    interrupts::enable();
    let undisturbed = arch::longest_pause(100);
    let mut least = u32::MAX;
    for _ in 0..16 {
        timer::set(clock::now() + 20_000);
        least = least.min(arch::longest_pause(5_000).wrapping_sub(undisturbed));
    }
    interrupts::disable();
    least
}

/// Prints the time stamps around its windows' ends, one `edge: LAST FIRST` a line: the last of this window and the
/// first of its next.
pub(crate) fn edge(line: &str) -> u32 {
    let windows = number(line, "windows", 4);
    let mut edges = [(0, 0); 16];
    arch::edge();
    for edge in edges.iter_mut().take(windows as usize) {
        *edge = arch::edge();
    }
    for (last, first) in edges.iter().take(windows as usize) {
        println!("edge: {last} {first}");
    }
    0
}
