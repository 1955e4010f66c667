//! Calls at random: any number, any arguments, most of them nearly right. They are the same in every run.

use bulkhead_abi::{Error, Hypercall, Mode, SharedPage};

use super::Tally;
use crate::arch::{INFORMATION_PAGE, MEMORY_BASE, SHARED_PAGE};
use crate::command::number;
use crate::generator::Generator;
use crate::messages::{MESSAGE, call_with};

use bulkhead_guest::partition;

/// First and last arguments that are right of some ports and regions.
const PORTS: [u32; 6] = [0, 1, 2, 3, 4, 5];
const LENGTHS: [u32; 5] = [1, 64, 100, 4096, 65_532];

/// Makes `count` calls, none of which ends the partition or starts it again.
pub(super) fn run(line: &str) -> u32 {
    let mut tally = Tally::new("random-calls");
    let mut generator = Generator::new(number(line, "seed", 1));
    let memory = partition::memory();
    let (start, end) = (memory.start as u32, memory.end as u32);
    // Nothing is to continue this partition where a random number says.
    // SAFETY: the page is the partition's, and its fields are atomic.
    let page = unsafe { &*(SHARED_PAGE as *const SharedPage) };
    page.interrupts_enabled.store(0, core::sync::atomic::Ordering::Relaxed);
    let here = &raw mut MESSAGE as u32;
    // Some are at the edges: the last bytes of memory, and what may only be read.
    let places = [here, here + 3, here, here + 3, here + 64, end - 64, end - 4095, start];
    let (text, mut answers) = (text_sum(start), [0u32; 2]);
    for _ in 0..number(line, "count", 10_000) {
        let call = match generator.next() % 8 {
            0 => generator.next(),
            1 => generator.next() % 32,
            _ => 10 + generator.next() % 9,
        };
        let mut arguments = [0; 3];
        for (argument, right) in arguments.iter_mut().zip([&PORTS[..], &places, &LENGTHS]) {
            *argument = if generator.next().is_multiple_of(8) {
                argument_of(&mut generator, start, end)
            } else {
                generator.one_of(right)
            };
        }
        if ends(call, arguments[0]) {
            continue;
        }
        let result = call_with(call, arguments);
        if call == Hypercall::SetUpcalls as u32 {
            call_with(call, [0, 0, 0]);
        }
        let known = result >= 0 || Error::from_code(result).is_some();
        tally.note(known, format_args!("call {call} {arguments:#x?}: {result}"));
        answers[usize::from(result < 0)] += 1;
    }
    tally.note(text_sum(start) == text, format_args!("what may only be read has changed"));
    let [served, refused] = answers;
    tally.note(served > 250 && refused > 250, format_args!("{served} served, {refused} refused"));
    tally.finish()
}

/// Whether a call ends this partition or starts it again.
fn ends(call: u32, first: u32) -> bool {
    match Hypercall::from_number(call) {
        Some(Hypercall::Halt | Hypercall::RaiseError) => true,
        Some(Hypercall::Restart) => first < 2,
        Some(Hypercall::SetMode) => first != Mode::Normal as u32,
        _ => false,
    }
}

/// A sum over the first words of what this program may only read.
fn text_sum(start: u32) -> u32 {
    (start..start + 0x1_0000).step_by(4).fold(0, |sum: u32, place| {
        // SAFETY: this program's own text.
        sum.rotate_left(1) ^ unsafe { (place as *const u32).read_volatile() }
    })
}

/// A number that is a port, a region, a length or an address, or nearly; none leads to what this program has in its
/// memory, but for the place of messages.
fn argument_of(generator: &mut Generator, start: u32, end: u32) -> u32 {
    let here = &raw mut MESSAGE as u32;
    let near = generator.next() % 9;
    match generator.next() % 8 {
        0 | 1 => near,
        2 => generator.one_of(&[0, 0x8000_0000]) | near,
        3 => generator.one_of(&[16, 64, 4096, 65_536]) + near - 4,
        4 | 5 => here + near,
        6 => {
            generator.one_of(&[
                MEMORY_BASE,
                end,
                end.wrapping_sub(64),
                INFORMATION_PAGE,
                SHARED_PAGE,
                0x8000_0000,
                0,
            ]) - 4 * u32::from(near == 0)
                + near
        }
        _ => {
            let any = generator.next();
            if (start..end).contains(&any) { any | 0x8000_0000 } else { any }
        }
    }
}
