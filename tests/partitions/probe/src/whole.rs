//! Messages over the ends of windows: a writer and a reader whose every copy is begun at another moment before the end,
//! so that it is cut at each of its instructions; and a keeper, who gets what an adversary may send and nothing else.

use bulkhead_abi::port::{PortStatus, Received, RegionDescription};
use bulkhead_abi::{Hypercall, Line, SharedPage};
use bulkhead_guest::{clock, interrupts, partition, println, timer};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::arch;
use crate::command::number;
use crate::messages::{MESSAGE, message};

/// The longest of the messages in bytes: some steps of the kernel and a part of one.
const LENGTH: u32 = arch::STEPS[0].0 + 12;
/// How long before the end of a window a copy begins at the most, in nanoseconds.
const LEAD: u64 = arch::STEPS[0].1 + 600;

/// How often the handler of the reader's timer comes, in nanoseconds: at other moments in each window, and not always
/// before the kernel has copied what it reads.
const HANDLER_PERIOD: u64 = arch::STEPS[0].1 * 11 / 3;

/// What this turn's call is: the moment moves by one instruction, or what is near to it, at a time.
fn wait(turn: u32) {
    let window = partition::window().number;
    while partition::window().number == window {}
    let lead = u64::from(turn / 2) * arch::APART % LEAD;
    let moment = partition::window().end - lead;
    while clock::now() < moment {}
    for pause in 0..turn % 29 {
        core::hint::black_box(pause);
    }
}

/// Makes a call about a port, as [`message`]. The answer is what it says, and whether a window ended meanwhile.
fn call(call: Hypercall, port: u32, offset: u32, length: u32) -> (i32, bool) {
    let window = partition::window().number;
    let result = message(call, port, offset, length);
    (result, partition::window().number != window)
}

/// Starts the partition again every `restart` turns, warm and cold by turns.
fn begin_again_at(turn: u32, restart: u32) {
    if turn.is_multiple_of(restart) {
        partition::restart(if (turn / restart).is_multiple_of(2) {
            partition::Restart::Warm
        } else {
            partition::Restart::Cold
        });
    }
}

fn words(offset: u32, length: u32) -> impl Iterator<Item = *mut u32> {
    let place = &raw mut MESSAGE as u32 + offset;
    (0..length / 4).map(move |word| (place + 4 * word) as *mut u32)
}

/// Where a message begins: in line, and out of it by four bytes.
const fn offset_of(turn: u32) -> u32 {
    if turn % 4 < 3 { 0 } else { 4 }
}

/// Makes a message whose every word is the time.
fn fill(offset: u32, length: u32) {
    let stamp = clock::now() as u32;
    for word in words(offset, length) {
        // SAFETY: the place of messages, which nothing else uses meanwhile.
        unsafe { word.write_volatile(stamp) };
    }
}

/// Writes to port 0, sends to port 1, by turns, messages whose every word is the time; starts itself again every
/// `restart` turns, warm and cold, and halts `until`.
pub(crate) fn write(line: &str) -> u32 {
    let (until, restart) = (number(line, "until", 0), number(line, "restart", u64::from(u32::MAX)) as u32);
    let restarts = partition::start_information().restarts.load(Relaxed);
    let (mut crossed, mut turn) = (0, restarts.wrapping_mul(restart));
    loop {
        if clock::now() >= until {
            println!("writer: turns {turn} crossed {crossed}");
            return 0;
        }
        let (offset, length) = (offset_of(turn), LENGTH - turn % 3 * 4);
        fill(offset, length);
        if turn & 1 == 0 {
            // As many messages as there are buffers, if none of them is kept for who reads it.
            call(Hypercall::SamplingWrite, 0, offset, length);
            fill(offset, length);
            call(Hypercall::SamplingWrite, 0, offset, length);
            fill(offset, length);
        }
        wait(turn);
        let over = if turn & 1 == 0 {
            call(Hypercall::SamplingWrite, 0, offset, length).1
        } else {
            call(Hypercall::QueuingSend, 1, offset, length).1
        };
        crossed += u32::from(over);
        turn += 1;
        begin_again_at(turn, restart);
    }
}

/// At how many of the two ports something waits that this partition has not been told of.
fn untold() -> u32 {
    // SAFETY: the page is the partition's, and its fields are atomic.
    let page = unsafe { &*(arch::SHARED_PAGE as *const SharedPage) };
    let is_untold = |port: &u32| {
        message(Hypercall::PortStatus, *port, 0, 0);
        // SAFETY: the kernel has just stored it there.
        let status = unsafe { (&raw const MESSAGE).cast::<PortStatus>().read_volatile() };
        let told = page.ports[0].load(Relaxed) >> port & 1 != 0;
        let is_untold = status.flags & Received::NEW != 0 && !told;
        if is_untold {
            println!("reader: wrong: not told of port {port}");
        }
        is_untold
    };
    (0..2).filter(is_untold).count() as u32
}

/// Where the handler has what it reads, how often it has read a message, and how often not a whole one.
const HANDLED: u32 = 32_768;
static HANDLED_WHOLE: AtomicU32 = AtomicU32::new(0);
static HANDLED_WRONG: AtomicU32 = AtomicU32::new(0);

/// Reads port 0 in the handler of a timer, wherever the program is, and sets the timer again.
fn read_in_handler() {
    let result = message(Hypercall::SamplingRead, 0, HANDLED, HANDLED);
    if result >= 0 {
        let length = Received::from_result(result).length;
        // SAFETY: the handler's part of the place of messages, which the kernel has filled so far.
        let mut values = words(HANDLED, length).map(|word| unsafe { word.read_volatile() });
        let first = values.next();
        let count = if values.all(|value| Some(value) == first) { &HANDLED_WHOLE } else { &HANDLED_WRONG };
        count.fetch_add(1, Relaxed);
    }
    timer::set(clock::now() + HANDLER_PERIOD);
}

/// Reads from port 0, receives from port 1, by turns, and looks whether each message is one of the writer's. With
/// `handler`, the handler of a timer does so besides.
pub(crate) fn read(line: &str) -> u32 {
    let (until, restart) = (number(line, "until", 0), number(line, "restart", u64::from(u32::MAX)) as u32);
    let restarts = partition::start_information().restarts.load(Relaxed);
    let (mut crossed, mut whole, mut turn) = (0, 0, restarts.wrapping_mul(restart));
    let mut wrong = untold();
    if line.contains("handler") {
        interrupts::install(Line::Timer as u32, read_in_handler).unwrap_or(());
        interrupts::unmask(Line::Timer as u32).unwrap_or(());
        interrupts::enable();
        timer::set(clock::now() + HANDLER_PERIOD);
    }
    // What has come last, in shared memory, which a restart leaves alone.
    call(Hypercall::RegionDescribe, 0, 0, 0);
    // SAFETY: the kernel has just stored it there.
    let kept = unsafe { (*(&raw const MESSAGE).cast::<RegionDescription>()).address } as *mut [u32; 2];
    loop {
        if clock::now() >= until {
            let (handled, wrong) = (HANDLED_WHOLE.load(Relaxed), wrong + HANDLED_WRONG.load(Relaxed));
            println!(
                "reader: whole {whole} crossed {crossed} wrong {wrong} handled {handled} restarts {restarts}"
            );
            return u32::from(wrong != 0);
        }
        let offset = offset_of(turn / 2);
        wait(turn.wrapping_mul(7));
        // Three against the writer's two: each comes while the other one does either.
        let port = u32::from(turn % 3 != 0);
        let number = if port == 0 { Hypercall::SamplingRead } else { Hypercall::QueuingReceive };
        let (result, over) = call(number, port, offset, HANDLED - 4);
        if result >= 0 {
            crossed += u32::from(over);
            let length = Received::from_result(result).length;
            // SAFETY: the place of messages, which the kernel has filled so far.
            let stamp = unsafe {
                (&raw const MESSAGE as *const u8).add(offset as usize).cast::<u32>().read_volatile()
            };
            // SAFETY: as above.
            let same = words(offset, length).all(|word| unsafe { word.read_volatile() } == stamp);
            let known = (LENGTH - 8..=LENGTH).contains(&length);
            // A message that is received is younger than the one before; one that is read can be the same.
            // SAFETY: the region is this partition's to write, and nobody else does.
            let mut latest = unsafe { kept.read_volatile() };
            let before = latest[port as usize];
            let right = same && known && (stamp > before || port == 0 && stamp == before);
            latest[port as usize] = stamp;
            // SAFETY: as above.
            unsafe { kept.write_volatile(latest) };
            whole += u32::from(right);
            if !right {
                wrong += 1;
                println!(
                    "reader: wrong: port {port} length {length} stamp {stamp} after {before} same {same}"
                );
            }
        }
        turn += 1;
        begin_again_at(turn, restart);
    }
}

/// Sees what comes to its ports from an adversary, `windows` windows long: port 0 is a sampling destination, port 1 a
/// queuing one, 2 and 3 are the sources of what the adversary reads.
pub(crate) fn keep(line: &str) -> u32 {
    let windows = number(line, "windows", 10) as u32;
    let (mut seen, mut wrong) = ([0; 2], 0);
    message(Hypercall::SamplingWrite, 2, 0, 64);
    message(Hypercall::QueuingSend, 3, 0, 64);
    while partition::window().number < windows {
        for (port, call) in [(0, Hypercall::SamplingRead), (1, Hypercall::QueuingReceive)] {
            let result = message(call, port, 0, 65_536);
            if result < 0 {
                continue;
            }
            seen[port as usize] += 1;
            let length = Received::from_result(result).length;
            let good = u32::from_ne_bytes(*b"GGGG");
            // SAFETY: the place of messages, which the kernel has filled.
            let all = words(0, length).all(|word| unsafe { word.read_volatile() } == good);
            wrong += u32::from(length != 64 || !all);
        }
        partition::idle();
    }
    println!("keeper: sampled {} received {} wrong {wrong}", seen[0], seen[1]);
    u32::from(wrong != 0)
}
