//! Interrupts at every instruction of something: of the change from one window to the next, of a start that its owner
//! begins, of a stop by another. The device is that of the role `owner`.

use bulkhead_abi::{Hypercall, Mode};
use bulkhead_guest::{clock, interrupts, partition, println};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::arch::device::Device;
use crate::command::number;
use crate::messages::call_with;

/// The device's line.
const LINE: u32 = 9;

/// How many interrupts have come, by whichever line.
static COUNT: AtomicU32 = AtomicU32::new(0);
/// Where the device is, for the handler.
static DEVICE: AtomicU32 = AtomicU32::new(0);

fn count() -> u32 {
    COUNT.load(Relaxed)
}

fn came() {
    COUNT.fetch_add(1, Relaxed);
    Device::from_place(DEVICE.load(Relaxed)).calm();
    let_in();
}

fn let_in() {
    if call_with(Hypercall::InterruptEnable as u32, [LINE, 0, 0]) != 0 {
        println!("sweep: the next interrupt is not let in");
    }
}

/// The device, with its interrupt let in; what has been asked for before is given the time to come.
fn prepared(line: &str) -> Device {
    let device = Device::find();
    DEVICE.store(device.place(), Relaxed);
    device.set_up(line.contains("level"));
    if interrupts::install(LINE, came).and_then(|()| interrupts::unmask(LINE)).is_err() {
        println!("sweep: no line");
    }
    let_in();
    interrupts::enable();
    device
}

fn next_window() -> u64 {
    let window = partition::window().number;
    while partition::window().number == window {}
    partition::window().start
}

/// Waits for interrupts until there are as many as are expected, a window long at the most; whether there are.
fn have_come(expected: u32) -> bool {
    let window = partition::window().number;
    while count() < expected && partition::window().number == window {}
    count() == expected
}

/// What the command line says.
pub(crate) fn run(line: &str) -> u32 {
    match line.split(' ').next() {
        Some("change") => change(line),
        Some("restart" | "stopped") => start(line),
        Some("stopper") => stop(line),
        Some("other") => other(line),
        _ => 2,
    }
}

/// In each window one interrupt, at an instant from `first` nanoseconds after the window's start on that is one
/// instruction later each time, `times` times. The next window finds it to have come, once; unless it is another's, and
/// this one `deaf`.
fn change(line: &str) -> u32 {
    let (first, times) = (number(line, "first", 0), number(line, "times", 100) as u32);
    let device = if line.contains("deaf") { Device::find() } else { prepared(line) };
    let (mut asked, mut wrong) = (0, 0);
    let mut start = next_window();
    for turn in 0..times {
        device.ask_at(start + first, turn);
        asked += 1;
        start = next_window();
        if !line.contains("deaf") && !have_come(asked) {
            println!("sweep: wrong: {} of {asked} in turn {turn}", count());
            wrong += 1;
            (asked, start) = (count(), next_window());
        }
    }
    println!("sweep: asked {asked} came {} wrong {wrong}", count());
    u32::from(wrong != 0)
}

/// In each of its starts asks for an interrupt at an instant around that of its end, which is its own call at `first`
/// nanoseconds from the start of a window, or another's. What it has asked for it does not get in its next life;
/// there it is well if one that it asks for comes.
fn start(line: &str) -> u32 {
    let (first, times, apart) =
        (number(line, "first", 0), number(line, "times", 100) as u32, number(line, "apart", 1) as u32);
    let restarts = partition::start_information().restarts.load(Relaxed);
    let device = prepared(line);
    next_window();
    let stale = count();
    device.ask_at_once();
    if stale != 0 || !have_come(1) {
        println!("sweep: wrong: {stale} stale, {} in start {restarts}", count());
    }
    if restarts >= times {
        println!("sweep: starts {restarts}");
        return 0;
    }
    loop {
        let start = next_window();
        device.ask_at(start + first, restarts * apart);
        if line.contains("restart") {
            while clock::now() < start + first + Device::BEFORE {}
            call_with(Hypercall::Restart as u32, [1, 0, 0]);
        }
    }
}

/// Stops `of` at `at` nanoseconds from the start of each window whose number is a multiple of `every`, and starts it
/// again.
fn stop(line: &str) -> u32 {
    let (of, at) = (number(line, "of", 0) as u32, number(line, "at", 2_000));
    let every = number(line, "every", 10) as u32;
    let control = |mode: Mode| call_with(Hypercall::PartitionControl as u32, [of, mode as u32, 0]);
    let install = interrupts::install(LINE, || println!("sweep: wrong: another's"));
    install.and_then(|()| interrupts::unmask(LINE)).unwrap_or(());
    interrupts::enable();
    let_in();
    loop {
        let start = next_window();
        if partition::window().number.is_multiple_of(every) {
            while clock::now() < start + at {}
            control(Mode::Idle);
            control(Mode::WarmStart);
        }
    }
}

/// Says how often the interrupt comes that it owns in `windows` windows.
fn other(line: &str) -> u32 {
    interrupts::install(LINE, || {
        COUNT.fetch_add(1, Relaxed);
        let_in();
    })
    .unwrap_or(());
    interrupts::unmask(LINE).unwrap_or(());
    interrupts::enable();
    let_in();
    while u64::from(partition::window().number) < number(line, "windows", 100) {}
    println!("sweep: came {}", count());
    0
}
