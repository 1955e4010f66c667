//! Calls about modes, errors, partitions and schedules: by who may not, with what there is not, to where it must not
//! be stored; and without end.

use bulkhead_abi::system_table::NO_PARTITION;
use bulkhead_abi::{Error, HealthError, HealthRecord, Hypercall, Mode};
use bulkhead_guest::{clock, partition};

use super::Tally;
use crate::arch::{self, INFORMATION_PAGE, MEMORY_BASE, SHARED_PAGE};
use crate::command::number;
use crate::generator::Generator;
use crate::messages::{MESSAGE, call_with};

const NOT_PERMITTED: i32 = Error::NotPermitted.code();
const BAD_ARGUMENT: i32 = Error::BadArgument.code();
const BAD_ADDRESS: i32 = Error::BadAddress.code();

/// Numbers that are no partition's, no schedule's and no mode's.
const NONE: [u32; 6] = [32, 33, 0xff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe];

/// Every call, by a partition without rights among `partitions`, with one schedule.
pub(super) fn run(line: &str) -> u32 {
    let mut tally = Tally::new("governance");
    let own = partition::start_information().partition.load(core::sync::atomic::Ordering::Relaxed);
    let partitions = number(line, "partitions", 1) as u32;
    let here = &raw mut MESSAGE as u32;
    let mut refused = |call: Hypercall, arguments: [u32; 3], expected: i32| {
        let result = call_with(call as u32, arguments);
        tally.note(result == expected, format_args!("{call:?} {arguments:#x?}: {result}"));
    };
    refused(Hypercall::SetMode, [Mode::Normal as u32, 0, 0], 1);
    refused(Hypercall::ServeWatchdog, [0; 3], NOT_PERMITTED);
    refused(Hypercall::ScheduleSet, [0; 3], NOT_PERMITTED);
    refused(Hypercall::HealthRead, [own, 0, here], Error::NotAvailable.code());
    refused(Hypercall::RaiseError, [HealthError::Application as u32, 7, 8], 0);
    for error in (HealthError::Initialization as u32..40).chain(NONE).chain([0, NO_PARTITION]) {
        refused(Hypercall::RaiseError, [error, 0, 0], BAD_ARGUMENT);
    }
    for mode in (4..9).chain(NONE).chain([NO_PARTITION]) {
        refused(Hypercall::SetMode, [mode, 0, 0], BAD_ARGUMENT);
        refused(Hypercall::PartitionControl, [own, mode, 0], BAD_ARGUMENT);
    }
    refused(Hypercall::PartitionControl, [own, Mode::Normal as u32, 0], BAD_ARGUMENT);
    for foreign in (0..partitions).filter(|&number| number != own) {
        for mode in [Mode::Idle, Mode::ColdStart, Mode::WarmStart] {
            refused(Hypercall::PartitionControl, [foreign, mode as u32, 0], NOT_PERMITTED);
        }
        refused(Hypercall::PartitionDescribe, [foreign, here, 0], NOT_PERMITTED);
        refused(Hypercall::HealthRead, [foreign, 0, here], NOT_PERMITTED);
    }
    refused(Hypercall::HealthRead, [NO_PARTITION, 0, here], NOT_PERMITTED);
    for sequence in [1, 8, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
        refused(Hypercall::HealthRead, [own, sequence, here], Error::NotAvailable.code());
    }
    for nobody in NONE.into_iter().chain([partitions]) {
        for mode in [Mode::Idle, Mode::ColdStart, Mode::WarmStart] {
            refused(Hypercall::PartitionControl, [nobody, mode as u32, 0], BAD_ARGUMENT);
        }
        refused(Hypercall::PartitionDescribe, [nobody, here, 0], BAD_ARGUMENT);
        refused(Hypercall::HealthRead, [nobody, 0, here], BAD_ARGUMENT);
    }
    for schedule in NONE.into_iter().chain([1, NO_PARTITION]) {
        refused(Hypercall::ScheduleSet, [schedule, 0, 0], BAD_ARGUMENT);
        refused(Hypercall::ScheduleDescribe, [schedule, here, 0], BAD_ARGUMENT);
    }
    // Where nothing is to be stored: each of the calls, at each address.
    let end = partition::memory().end as u32;
    let pages = [INFORMATION_PAGE, INFORMATION_PAGE + 0xfc0, SHARED_PAGE, SHARED_PAGE + 0xfc0];
    let edges = [0, 1, 0xfff, MEMORY_BASE - 1, MEMORY_BASE - 31, MEMORY_BASE, MEMORY_BASE + 0x100];
    let ends = [end - 31, end - 1, end, 0x8000_0000, 0xffff_ffe1, 0xffff_ffff];
    for address in pages.into_iter().chain(edges).chain(ends).chain(arch::FOREIGN) {
        refused(Hypercall::PartitionDescribe, [own, address, 0], BAD_ADDRESS);
        refused(Hypercall::ScheduleStatus, [address, 0, 0], BAD_ADDRESS);
        refused(Hypercall::ScheduleDescribe, [0, address, 0], BAD_ADDRESS);
        refused(Hypercall::HealthRead, [own, 0, address], BAD_ADDRESS);
    }
    // And where it may be, to the last byte, out of line too.
    for address in [end - 64, end - 65, end - 67, here + 1] {
        refused(Hypercall::PartitionDescribe, [own, address, 0], 0);
        refused(Hypercall::ScheduleStatus, [address, 0, 0], 0);
        refused(Hypercall::ScheduleDescribe, [0, address, 0], 0);
        refused(Hypercall::HealthRead, [own, 0, address], 0);
    }
    tally.note(last_of(own) == Some((0, 7)), format_args!("the log is another"));
    tally.finish()
}

/// Number and code of the last entry of a partition's log.
fn last_of(partition: u32) -> Option<(u32, u32)> {
    let mut last = None;
    while call_with(
        Hypercall::HealthRead as u32,
        [partition, last.map_or(0, |(sequence, _)| sequence + 1), &raw mut MESSAGE as u32],
    ) == 0
    {
        // SAFETY: the kernel has just stored it there.
        let record = unsafe { (&raw const MESSAGE).cast::<HealthRecord>().read_volatile() };
        last = Some((record.sequence, record.code));
    }
    last
}

/// Raises errors, sets its mode to what it is, asks for everything that it may, and for what it may not, without a
/// pause for some nanoseconds. The last entry of its log is its last error.
pub(super) fn storm(line: &str) -> u32 {
    let mut tally = Tally::new("governance-storm");
    let mut generator = Generator::new(number(line, "seed", 1));
    let own = partition::start_information().partition.load(core::sync::atomic::Ordering::Relaxed);
    let before = last_of(own).map_or(0, |(sequence, _)| sequence + 1);
    let until = clock::now() + number(line, "for", 10_000_000);
    let (mut raised, mut wrong) = (0, 0);
    while clock::now() < until {
        let (other, here) = (generator.next() % 32, &raw mut MESSAGE as u32 + generator.next() % 8);
        let (call, arguments) = match generator.next() % 8 {
            0 | 1 => {
                raised += 1;
                let errors =
                    [HealthError::Application, HealthError::DeadlineMissed, HealthError::StackOverflow];
                let error = errors[generator.next() as usize % errors.len()];
                (Hypercall::RaiseError, [error as u32, raised, generator.next()])
            }
            2 => (Hypercall::SetMode, [Mode::Normal as u32, 0, 0]),
            3 => (Hypercall::ScheduleSet, [generator.next() % 2, 0, 0]),
            4 => (Hypercall::ScheduleStatus, [here, 0, 0]),
            5 => (Hypercall::PartitionDescribe, [own, here, 0]),
            6 if other != own => (Hypercall::PartitionControl, [other, generator.next() % 3, 0]),
            _ => (Hypercall::HealthRead, [own, generator.next(), here]),
        };
        let result = call_with(call as u32, arguments);
        wrong += u32::from(result < 0 && matches!(call, Hypercall::RaiseError | Hypercall::SetMode));
    }
    tally.note(wrong == 0, format_args!("{wrong} calls were refused"));
    let last = last_of(own);
    tally.note(
        last == Some((before + raised - 1, raised)),
        format_args!("the last of {raised} errors is not the last one of the log: {last:?}"),
    );
    tally.finish()
}
