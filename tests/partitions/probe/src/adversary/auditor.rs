//! A partition with the right to read what the health monitor knows of others, which abuses it: to places that are not
//! its own, from interrupts while it reads, and while the logs grow.

use bulkhead_abi::system_table::NO_PARTITION;
use bulkhead_abi::{Action, Error, HealthError, HealthRecord, Hypercall, Level, Line};
use bulkhead_guest::{clock, interrupts, partition, timer};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::Tally;
use crate::arch::{self, INFORMATION_PAGE, MEMORY_BASE, SHARED_PAGE};
use crate::command::number;
use crate::messages::call_with;

/// Room for a record, and what must stay as it is on both sides of it.
#[repr(C, align(8))]
struct Room([u8; 192]);

const UNTOUCHED: u8 = 0xa5;
/// Where the main program and the interrupt's handler have records stored.
static mut ROOMS: [Room; 2] = [const { Room([UNTOUCHED; 192]) }; 2];

static RAISED: AtomicU32 = AtomicU32::new(0);
static READ: AtomicU32 = AtomicU32::new(0);
static WRONG: AtomicU32 = AtomicU32::new(0);
static WATCHED: AtomicU32 = AtomicU32::new(0);

fn read_to(of: u32, sequence: u32, address: u32) -> i32 {
    call_with(Hypercall::HealthRead as u32, [of, sequence, address])
}

/// Reads an entry, `offset` bytes into a room. The answer is its number; none if there is no such entry, or it is not
/// what a storm or this partition has raised: errors whose code is one more than their number.
fn read(room: usize, offset: usize, of: u32, sequence: u32) -> Result<Option<u32>, ()> {
    let place = (&raw mut ROOMS).cast::<Room>().wrapping_add(room).cast::<u8>();
    let offset = 64 + offset % 8;
    let result = read_to(of, sequence, place.wrapping_add(offset) as u32);
    if result == Error::NotAvailable.code() {
        return Ok(None);
    }
    // SAFETY: the room is this program's own, and only who has stored there last reads it.
    let (bytes, record) = unsafe {
        (
            place.cast::<[u8; 192]>().read_volatile(),
            place.wrapping_add(offset).cast::<HealthRecord>().read_unaligned(),
        )
    };
    let around =
        bytes.iter().enumerate().filter(|(at, _)| !(offset..offset + HealthRecord::SIZE).contains(at));
    let untouched = around.fold(true, |untouched, (_, byte)| untouched && *byte == UNTOUCHED);
    // SAFETY: as above.
    unsafe { place.cast::<[u8; 192]>().write_volatile([UNTOUCHED; 192]) };
    let raised = HealthError::StackOverflow as u32..=HealthError::Application as u32;
    let time = u64::from(record.time_high) << 32 | u64::from(record.time_low);
    let right = result == 0
        && untouched
        && record.sequence >= sequence
        && record.partition == of
        && record.code == record.sequence + 1
        && raised.contains(&record.error)
        && record.action == Action::Log as u32
        && record.level == Level::Partition as u32
        && record.reserved == 0
        && record.reserved_behind == [0; 2]
        && time <= clock::now();
    if right { Ok(Some(record.sequence)) } else { Err(()) }
}

/// Reads at most `most` entries of a log from `next` on; what comes next.
fn follow(room: usize, of: u32, next: u32, most: u32) -> u32 {
    let mut next = next;
    for turn in 0..most {
        match read(room, turn as usize, of, next) {
            Ok(Some(sequence)) => next = sequence + 1,
            Ok(None) => break,
            Err(()) => {
                WRONG.fetch_add(1, Relaxed);
                break;
            }
        }
        READ.fetch_add(1, Relaxed);
    }
    next
}

/// Raises an error whose code is one more than the number of its entry.
fn raise() {
    interrupts::without(|| {
        let code = RAISED.fetch_add(1, Relaxed) + 1;
        call_with(Hypercall::RaiseError as u32, [HealthError::Application as u32, code, 0]);
    });
}

/// In the middle of whatever the main program does: a log of another's, and of this partition's, which grows by it.
fn interrupted() {
    let next = WATCHED.load(Relaxed);
    WATCHED.store(follow(1, 2, next, 2), Relaxed);
    raise();
    let own = partition::start_information().partition.load(Relaxed);
    follow(1, own, RAISED.load(Relaxed).saturating_sub(1), 1);
    timer::set(clock::now() + 3_000 + u64::from(RAISED.load(Relaxed) * 37 % 4_001));
}

/// Reads the logs of the partitions `first` to `last` and its own for some nanoseconds (`for`).
pub(super) fn run(line: &str) -> u32 {
    let mut tally = Tally::new("auditor");
    let own = partition::start_information().partition.load(Relaxed);
    let (first, last) = (number(line, "first", 2) as u32, number(line, "last", 2) as u32);
    let until = clock::now() + number(line, "for", 10_000_000);
    raise();
    while (first..=last).any(|of| !matches!(read(0, 0, of, 0), Ok(Some(_)))) && clock::now() < until {}
    let end = partition::memory().end as u32;
    let pages = [INFORMATION_PAGE, INFORMATION_PAGE + 0xfc0, SHARED_PAGE, SHARED_PAGE + 0xfc0];
    let edges = [0, 1, 3, 0xfff, MEMORY_BASE - 64, MEMORY_BASE - 1, MEMORY_BASE, MEMORY_BASE + 0x101];
    let ends = [end - 63, end - 1, end, end + 0x1000, 0x7fff_ffe1, 0x8000_0000, 0xffff_ffc1, 0xffff_ffff];
    for address in pages.into_iter().chain(edges).chain(ends).chain(arch::FOREIGN) {
        for of in (first..=last).chain([own]) {
            let result = read_to(of, 0, address);
            tally.note(
                result == Error::BadAddress.code(),
                format_args!("log of {of} to {address:#x}: {result}"),
            );
        }
        let result = read_to(NO_PARTITION, 0, address);
        tally.note(
            result == Error::NotAvailable.code(),
            format_args!("log of the module to {address:#x}: {result}"),
        );
    }
    for of in [32, 33, last + 64, 0x8000_0000, NO_PARTITION - 1] {
        let result = read_to(of, 0, end - 64);
        tally.note(result == Error::BadArgument.code(), format_args!("log of {of}: {result}"));
    }
    interrupts::install(Line::Timer as u32, interrupted).unwrap_or(());
    interrupts::unmask(Line::Timer as u32).unwrap_or(());
    interrupts::enable();
    timer::set(clock::now());
    let mut next = [0; 32];
    while clock::now() < until {
        for of in (first..=last).chain([own]) {
            if let Some(next) = next.get_mut(of as usize) {
                *next = follow(0, of, *next, 8);
            }
        }
        raise();
    }
    interrupts::disable();
    let raised = RAISED.load(Relaxed);
    tally.note(
        read(0, 0, own, raised - 1) == Ok(Some(raised - 1)),
        format_args!("the last of {raised} is none"),
    );
    tally.note(read(0, 0, own, raised) == Ok(None), format_args!("there are more than {raised}"));
    tally.note(
        read(0, 0, own, 0) == Ok(Some(raised.saturating_sub(8))),
        format_args!("another than eight entries are kept of {raised}"),
    );
    let (seen, wrong) = (READ.load(Relaxed), WRONG.load(Relaxed));
    tally.note(wrong == 0 && seen > 500, format_args!("{wrong} of {seen} entries"));
    tally.finish()
}
