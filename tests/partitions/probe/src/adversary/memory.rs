//! Reading, writing and executing what is not the partition's.

use bulkhead_cell::Single;
use bulkhead_guest::{FaultKind, partition};

use super::Tally;
use crate::arch::{self, INFORMATION_PAGE, MEMORY_BASE, SHARED_PAGE};
use crate::attempt::attempt;
use crate::command::number;

/// Addresses beside the partition's memory, and where a kernel might be.
fn outside() -> impl Iterator<Item = u32> {
    let end = arch::mapped_end(partition::memory().end as u32);
    let near = [0, 4, 0xffc, 0x1000, INFORMATION_PAGE - 4, end, end + 4, end + 0x1000];
    let far = [0x4000_0000, 0x8000_0000, 0x9000_0000, 0xc000_0000].into_iter().chain(arch::FOREIGN);
    // What this partition's memory is to others, physically.
    let physical =
        (0..64u32).map(|megabytes| arch::PHYSICAL + (megabytes << 20)).filter(move |&address| address >= end);
    near.into_iter().chain(far).chain(physical)
}

/// With `heap=1` what is behind the image can be executed, and nothing else that could not be without it.
pub(super) fn run(line: &str) -> u32 {
    let mut tally = Tally::new("memory");
    let executable = number(line, "heap", 0) != 0;
    for address in outside() {
        for (what, code) in
            [("read", arch::read as arch::Code), ("write", arch::write), ("jump", arch::probe_jump)]
        {
            let report = attempt(code, address);
            let good = report.is_some_and(|report| {
                report.is(FaultKind::Memory)
                    && report.address & !arch::ADDRESS_UNKNOWN == address & !arch::ADDRESS_UNKNOWN
            });
            tally.note(good, format_args!("{what} at {address:#x}"));
        }
    }
    if arch::KEEPS_RIGHTS {
        rights(&mut tally, executable);
    }
    tally.finish()
}

/// The partition's own memory, against its rights.
fn rights(tally: &mut Tally, executable: bool) {
    let constant = core::ptr::from_ref(&CONSTANT) as u32;
    let data = partition::memory().end as u32 - 64;
    // A function that returns, in what is behind the image and in the image's own data.
    // SAFETY: the end of the partition's memory, which nobody uses, and a variable of ours.
    unsafe {
        (data as *mut [u32; 2]).write(arch::RETURN);
        IMAGE_DATA.address().write(arch::RETURN);
    }
    let image_data = IMAGE_DATA.address() as u32;
    if executable {
        tally.note(attempt(arch::probe_jump, data).is_none(), format_args!("execute the heap"));
    } else {
        let report = attempt(arch::probe_jump, data);
        tally.note(
            report.is_some_and(|report| report.is(FaultKind::Memory)),
            format_args!("execute the heap"),
        );
    }
    for (what, code, address) in [
        ("write to code", arch::write as arch::Code, MEMORY_BASE),
        ("write to code", arch::write, arch::write as *const () as u32),
        ("write to constants", arch::write, constant),
        ("write to the information page", arch::write, INFORMATION_PAGE),
        ("write to the information page", arch::write, INFORMATION_PAGE + 0xffc),
        ("execute constants", arch::probe_jump, constant),
        ("execute the image's data", arch::probe_jump, image_data),
        ("execute the shared page", arch::probe_jump, SHARED_PAGE),
        ("execute the information page", arch::probe_jump, INFORMATION_PAGE),
    ] {
        let report = attempt(code, address);
        tally.note(report.is_some_and(|report| report.is(FaultKind::Memory)), format_args!("{what}"));
    }
    // And what must work.
    for (code, address) in
        [(arch::read as arch::Code, MEMORY_BASE), (arch::write, data), (arch::read, INFORMATION_PAGE)]
    {
        tally.note(attempt(code, address).is_none(), format_args!("own memory at {address:#x}"));
    }
}

static CONSTANT: u32 = 0x1234_5678;

/// Not zero from the beginning, so that it lies in the image.
static IMAGE_DATA: Single<[u32; 2]> = Single::new([1, 2]);
