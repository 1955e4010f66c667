//! Frames that ask for other segments, other modes and other flags than a partition has.

use core::ptr::addr_of;

use bulkhead_abi::machine::i386::{CODE_SELECTOR, DATA_SELECTOR, TLS_SELECTOR};
use bulkhead_guest::interrupts;

use super::Code;
use crate::adversary::Tally;
use crate::attempt::attempt;
use crate::command::number;

unsafe extern "C" {
    fn probe_frame_iret(frame: u32);
    fn probe_frame_iret_short(frame: u32);
    fn probe_frame_iret_nested(frame: u32);
    fn probe_frame_return(frame: u32);
    fn probe_frame_jump(frame: u32);
    fn probe_frame_call(frame: u32);
    fn probe_frame_landed();
    fn probe_frame_spin();
    static probe_landed_flags: u32;
}

const CODE: u32 = CODE_SELECTOR as u32;
const DATA: u32 = DATA_SELECTOR as u32;
/// The kernel's code and data, the task state segment.
const KERNEL_CODE: u32 = 0x08;
const KERNEL_DATA: u32 = 0x10;
const TASK: u32 = 0x38;

// Flags (Intel SDM volume 1, 3.4.3).
const ALWAYS: u32 = 1 << 1;
const TRAP: u32 = 1 << 8;
const INTERRUPTS: u32 = 1 << 9;
const IO_LEVEL_3: u32 = 3 << 12;
const NESTED: u32 = 1 << 14;
const VIRTUAL_8086: u32 = 1 << 17;
const ALIGNMENT: u32 = 1 << 18;
const VIRTUAL_INTERRUPT: u32 = 3 << 19;

/// The highest segment of virtual-8086 mode: it begins at 0xffff0.
const LAST_SEGMENT: u32 = 0xffff;

/// A frame to leave by.
#[derive(Clone, Copy)]
struct Try {
    code: Code,
    selector: u32,
    flags: u32,
    stack: u32,
}

const fn by(code: Code, selector: u32) -> Try {
    Try { code, selector, flags: ALWAYS | INTERRUPTS, stack: DATA }
}

const fn iret(selector: u32, flags: u32, stack: u32) -> Try {
    Try { code: probe_frame_iret, selector, flags: ALWAYS | flags, stack }
}

const fn virtual_8086(selector: u32, flags: u32, stack: u32) -> Try {
    iret(selector, VIRTUAL_8086 | flags, stack)
}

/// What is tried; a partition tries one, since some end it.
static TRIES: [Try; 30] = [
    iret(CODE, INTERRUPTS, DATA),
    iret(CODE, 0, DATA),
    iret(CODE, IO_LEVEL_3 | INTERRUPTS, DATA),
    iret(CODE, NESTED | ALIGNMENT | VIRTUAL_INTERRUPT, DATA),
    iret(CODE, TRAP | INTERRUPTS, DATA),
    by(probe_frame_iret_nested, CODE),
    iret(KERNEL_CODE, INTERRUPTS, DATA),
    iret(KERNEL_CODE | 3, INTERRUPTS, DATA),
    iret(CODE & !3, INTERRUPTS, DATA),
    iret(KERNEL_DATA, INTERRUPTS, KERNEL_DATA),
    iret(TASK, INTERRUPTS, DATA),
    iret(0, INTERRUPTS, 0),
    by(probe_frame_iret_short, KERNEL_CODE),
    by(probe_frame_iret_short, CODE & !3),
    virtual_8086(CODE, INTERRUPTS, DATA),
    virtual_8086(KERNEL_CODE, INTERRUPTS, 0),
    virtual_8086(KERNEL_CODE | 3, INTERRUPTS, KERNEL_DATA),
    virtual_8086(CODE, 0, DATA),
    virtual_8086(LAST_SEGMENT, INTERRUPTS, DATA),
    virtual_8086(LAST_SEGMENT, 0, DATA),
    virtual_8086(LAST_SEGMENT, IO_LEVEL_3, TLS_SELECTOR as u32),
    virtual_8086(LAST_SEGMENT - 1, IO_LEVEL_3 | NESTED | TRAP, LAST_SEGMENT),
    virtual_8086(LAST_SEGMENT, IO_LEVEL_3 | ALIGNMENT | VIRTUAL_INTERRUPT, DATA),
    virtual_8086(0, TRAP, 0),
    by(probe_frame_return, KERNEL_CODE),
    by(probe_frame_return, CODE & !3),
    by(probe_frame_jump, KERNEL_CODE),
    by(probe_frame_jump, TASK),
    by(probe_frame_call, KERNEL_CODE),
    by(probe_frame_call, CODE & !3),
];

/// Tries the frame with the number that the command line gives. Whoever comes back has his own segments and no flag
/// that is the kernel's.
pub(super) fn attack(line: &str) -> u32 {
    let mut tally = Tally::new("frames");
    let Some(&Try { code, selector, flags, stack }) = TRIES.get(number(line, "number", 0) as usize) else {
        return 2;
    };
    // Where the selector is as good as another, back here; else to what keeps the processor. Seen from the last segment
    // of virtual-8086 mode, low memory is at these offsets.
    let lands = selector & !3 == CODE & !3 && flags & VIRTUAL_8086 == 0;
    let landed = probe_frame_landed as *const () as u32;
    let spin = (probe_frame_spin as *const () as u32).wrapping_sub(LAST_SEGMENT << 4);
    let target = if lands { landed } else { spin };
    let short = code as usize == probe_frame_iret_short as *const () as usize;
    // Instruction pointer, code segment, flags, stack pointer and segment, four data segments.
    let frame = if short {
        [target & 0xffff | selector << 16, flags, 0, 0, 0, 0, 0, 0, 0]
    } else {
        [target, selector, flags, landed, stack, DATA, DATA, LAST_SEGMENT, KERNEL_CODE]
    };
    interrupts::disable();
    let report = attempt(code, frame.as_ptr() as u32);
    // SAFETY: a word that the landing writes.
    let flags = unsafe { addr_of!(probe_landed_flags).read_volatile() };
    let kept = flags & INTERRUPTS != 0 && flags & (IO_LEVEL_3 | VIRTUAL_8086 | VIRTUAL_INTERRUPT) == 0;
    tally.note(report.is_some() || lands && kept, format_args!("selector {selector:#x}: flags {flags:#x}"));
    tally.finish()
}
