//! Calls with everything in registers, segments and flags that a program may have there.

use bulkhead_abi::machine::i386::{CODE_SELECTOR, DATA_SELECTOR, TLS_SELECTOR};
use bulkhead_abi::port::Received;
use bulkhead_abi::{Error, Hypercall};
use bulkhead_guest::{clock, interrupts, partition};

use crate::adversary::Tally;
use crate::messages::MESSAGE;

unsafe extern "C" {
    fn probe_register_call(before: *const [u32; 12], after: *mut [u32; 12]);
}

/// Interrupts on, and with it: nothing; the direction flag; all results of arithmetic; that misaligned accesses fault;
/// that a task is nested; that the processor has `cpuid`; all of these.
const FLAGS: [u32; 7] = [0x202, 0x602, 0xad7, 0x4_0202, 0x4202, 0x20_0202, 0x24_4ed7];

/// What the data segments are: as a program has them, none, and whatever there is. Of none only 0: `iret` makes 1, 2
/// and 3 zeros.
const SEGMENTS: [[u16; 4]; 4] = [
    [DATA_SELECTOR, DATA_SELECTOR, DATA_SELECTOR, TLS_SELECTOR],
    [0, 0, 0, 0],
    [TLS_SELECTOR, 0, CODE_SELECTOR, DATA_SELECTOR & !3],
    [0, TLS_SELECTOR & !3, CODE_SELECTOR & !3, CODE_SELECTOR],
];

/// The place of what is read, and how far around it nothing may change.
const ROOM: usize = 1024;
const LENGTH: usize = 64;

/// Makes calls of every kind, of which the last leads into another window; looks at all registers afterwards. Ports as
/// in `adversary/ports.rs`, and 4, a sampling source for the longest messages.
pub(super) fn attack() -> u32 {
    let mut tally = Tally::new("register-calls");
    let here = &raw mut MESSAGE as u32;
    fill(0, 512, b'G');
    interrupts::disable();
    // The other one has written and sent what is read here.
    let _ = partition::window();
    partition::idle();
    let received = Received { length: LENGTH as u32, valid: true, new: false, overflow: false }.result();
    let room = here + ROOM as u32;
    let timer = [Hypercall::TimerSet as u32, u32::MAX, u32::MAX, 5];
    for (call, answer) in [
        ([u32::MAX, 1, 2, 3], Error::UnknownCall.code()),
        ([Hypercall::Doorbell as u32, 99, 5, 6], Error::BadArgument.code()),
        ([Hypercall::SamplingWrite as u32, 0, here + 8, 64], 0),
        ([Hypercall::SamplingWrite as u32, 0, here + 3, 64], 0),
        ([Hypercall::SamplingRead as u32, 2, room, 64], received),
        ([Hypercall::SamplingRead as u32, 2, room + 5, 64], received),
        (timer, 0),
        ([Hypercall::SamplingWrite as u32, 4, here, 65_536], 0),
        ([Hypercall::SamplingWrite as u32, 4, here + 1, 65_529], 0),
        ([Hypercall::Idle as u32, 7, 8, 9], 0),
    ] {
        for (number, flags) in (0..).zip(FLAGS) {
            for (kind, segments) in (0..).zip(SEGMENTS) {
                let waits = call[0] == Hypercall::Idle as u32 || call[1] == 4;
                // Each set of flags with one of segments only where a call takes a frame.
                if waits && kind != number % SEGMENTS.len() {
                    continue;
                }
                if call[1] == 4 {
                    let end = partition::window().end;
                    while clock::now() < end - 3_000 {}
                }
                fill(ROOM - LENGTH, 4 * LENGTH, 0);
                let [ds, es, fs, gs] = segments.map(u32::from);
                let [eax, ebx, ecx, edx] = call;
                let before = [eax, ebx, ecx, edx, 0x5151, 0xd1d1_d1d1, !0, ds, es, fs, gs, flags];
                let mut after = [0; 12];
                let window = partition::window().number;
                // SAFETY: leaves the registers as the calling convention wants them; the call writes to `room` only.
                unsafe { probe_register_call(&before, &mut after) };
                let kept = after[1..] == before[1..] && (!waits || partition::window().number != window);
                let right = if call[0] == Hypercall::SamplingRead as u32 {
                    // Whether it is new depends on when the other one has written.
                    (after[0] ^ answer as u32) & !Received::NEW == 0 && is_read(call[2] - here)
                } else {
                    after[0] as i32 == answer
                };
                tally.note(kept && right, format_args!("{before:x?}: {after:x?}"));
            }
        }
    }
    tally.finish()
}

fn fill(offset: usize, length: usize, byte: u8) {
    for place in offset..offset + length {
        // SAFETY: the place of messages, which nothing else uses meanwhile.
        unsafe { (&raw mut MESSAGE).cast::<u8>().add(place).write_volatile(byte) };
    }
}

/// Whether a message of the other one's has come to an offset, and nothing around it.
fn is_read(offset: u32) -> bool {
    (ROOM - LENGTH..ROOM + 3 * LENGTH).all(|place| {
        let expected = if (offset as usize..offset as usize + LENGTH).contains(&place) { 0x5a } else { 0 };
        // SAFETY: as above.
        unsafe { (&raw const MESSAGE).cast::<u8>().add(place).read_volatile() == expected }
    })
}
