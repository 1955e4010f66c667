//! A partition that owns a device, `clock`, whose interrupt it has as line 9: what comes of it.
//!
//! On x86-64 that is a timer of the HPET (its memory, an interrupt of any kind), on LEON3 the register with which the
//! interrupt controller forces an interrupt.

use bulkhead_abi::{COMMAND_BUS_MASTER, COMMAND_MEMORY, COMMAND_REGISTER, Hypercall};
use bulkhead_guest::{ResourceKind, clock, devices, health, interrupts, partition, println};
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use crate::arch;
use crate::arch::device::Device;
use crate::command::number;
use crate::messages::{MESSAGE, call_with};

/// The device's line.
const LINE: u32 = 9;

/// How long after the end of its window an interrupt comes that is asked for later, in nanoseconds.
const LATER: u64 = 500_000;

/// How many of its interrupts have come.
static COUNT: AtomicU32 = AtomicU32::new(0);
/// Where the device is, for the handler.
static DEVICE: AtomicU32 = AtomicU32::new(0);
/// Whether the handler lets the next one in.
static GOES_ON: AtomicBool = AtomicBool::new(true);
/// With how many interrupts the device asks no more.
static STOPS_AT: AtomicU32 = AtomicU32::new(u32::MAX);
/// Up to which of its windows the handler has the device ask again.
static ASKS_UNTIL: AtomicU32 = AtomicU32::new(0);

fn came() {
    COUNT.fetch_add(1, Relaxed);
    let device = Device::from_place(DEVICE.load(Relaxed));
    if partition::window().number < ASKS_UNTIL.load(Relaxed) && count() < STOPS_AT.load(Relaxed) {
        device.ask_at_once();
    } else {
        device.calm();
    }
    if GOES_ON.load(Relaxed) && devices::enable_interrupt(LINE).is_err() {
        println!("owner: the next interrupt is not let in");
    }
}

fn count() -> u32 {
    COUNT.load(Relaxed)
}

fn ask_until(device: Device, windows: u64) {
    ASKS_UNTIL.store(windows as u32, Relaxed);
    device.ask_at_once();
}

fn until(windows: u64) {
    while u64::from(partition::window().number) < windows {
        core::hint::spin_loop();
    }
}

/// What the command line says first, with the device ready.
pub(crate) fn run(line: &str) -> u32 {
    let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
    let windows = number(rest, "windows", 20);
    if what == "function" {
        function();
        return 0;
    }
    let device = Device::find();
    DEVICE.store(device.place(), Relaxed);
    device.set_up(rest.contains("level"));
    if interrupts::install(LINE, came).is_err() || devices::enable_interrupt(LINE).is_err() {
        println!("owner: no interrupt");
        return 1;
    }
    interrupts::enable();
    match what {
        "once" => once(device, number(rest, "times", 10) as u32, rest.contains("idle")),
        "storm" => {
            // Nothing else runs meanwhile.
            ask_until(device, windows);
            until(windows);
            println!("owner: interrupts {}", count());
        }
        "deaf" => {
            GOES_ON.store(false, Relaxed);
            ask_until(device, windows);
            until(windows);
            println!("owner: interrupts {}", count());
        }
        "costs" => costs(device),
        "absent" => absent(),
        "later" => later(device, windows, rest.contains("idle")),
        "silent" => silent(device, windows),
        _ => return 2,
    }
    0
}

/// Interrupts one after the other, each of which is waited for.
fn once(device: Device, times: u32, idles: bool) {
    let mut slowest = 0;
    for turn in 1..=times {
        let start = clock::now();
        device.ask_at_once();
        while count() < turn {
            if idles {
                partition::idle();
            }
        }
        slowest = slowest.max(clock::now() - start);
    }
    until(u64::from(partition::window().number) + 2);
    println!("owner: interrupts {} slowest {slowest}", count());
}

/// Reads and writes where no device answers.
fn absent() {
    let Ok(absent) = devices::Resource::find("absent", ResourceKind::Registers, 0) else { return };
    let code = |error: bulkhead_guest::Error| error.code();
    for _ in 0..100 {
        let (read, written) =
            (absent.read(0).err().map_or(0, code), absent.write(4, 1).err().map_or(0, code));
        let some = absent.write(8, 1).err().map_or(0, code);
        if [read, written, some] != [bulkhead_guest::Error::NotAvailable.code(); 3] {
            println!("owner: wrong {read} {written} {some}");
        }
    }
    println!("owner: interrupts {} absent 1", count());
}

/// In each of its windows asks for an interrupt that comes long after the window is over, when another runs.
fn later(device: Device, windows: u64, idles: bool) {
    let (mut asked, mut early) = (0, 0);
    while u64::from(partition::window().number) < windows {
        let window = partition::window();
        let moment = window.end + LATER;
        device.ask_in(moment.saturating_sub(clock::now()));
        asked += 1;
        while partition::window().number == window.number {
            if idles {
                partition::idle();
            }
            early += u32::from(count() == asked && clock::now() < window.end);
        }
        while count() < asked && clock::now() < partition::window().end {}
    }
    println!("owner: interrupts {} asked {asked} early {early}", count());
}

/// What an interrupt costs from when it has been let in until the next one has been: one comes as soon as it may. And
/// what the calls cost that read and write a register, the first of another device's.
fn costs(device: Device) {
    const TURNS: u32 = 1_000;
    let start = clock::now();
    STOPS_AT.store(TURNS, Relaxed);
    ask_until(device, u32::MAX.into());
    while count() < TURNS {
        core::hint::spin_loop();
    }
    println!("cost: device-interrupt {}", (clock::now() - start) / u64::from(TURNS));
    let here = &raw mut MESSAGE as u32;
    let number = devices::Resource::find("registers", ResourceKind::Registers, 0)
        .or_else(|_| devices::Resource::find("registers", ResourceKind::Ports, 0))
        .map_or(u32::MAX, devices::Resource::number);
    for (name, call, last) in [
        ("register-read", Hypercall::RegisterRead, here),
        ("register-write", Hypercall::RegisterWrite, 0),
        ("register-write-some", Hypercall::RegisterWrite, 0),
    ] {
        let offset = if name == "register-write-some" { 4 } else { 0 };
        let start = clock::now();
        for _ in 0..TURNS {
            core::hint::black_box(0);
        }
        let nothing = clock::now() - start;
        let start = clock::now();
        for _ in 0..TURNS {
            core::hint::black_box(call_with(call as u32, [number, offset, last]));
        }
        let all = clock::now() - start;
        let answer = call_with(call as u32, [number, offset, last]);
        println!("cost: {name} {}", (all - nothing) / u64::from(TURNS));
        if answer != 0 {
            println!("owner: {name} is refused with {answer}");
        }
    }
}

/// A start again, whose device asks: nothing comes before it is let in.
fn silent(device: Device, windows: u64) {
    let restarts = partition::start_information().restarts.load(Relaxed);
    if restarts == 0 {
        GOES_ON.store(false, Relaxed);
        ask_until(device, windows);
        until(windows);
        health::raise(bulkhead_guest::HealthError::Application, 1, 0).unwrap_or(());
    }
    println!("owner: interrupts {} start {restarts}", count());
}

/// Writes every configuration register of a PCI function, and starts again twice, with the function switched off: what
/// of it is refused, whether the function is bus master before and after, and whether it answers before.
fn function() {
    let restarts = partition::start_information().restarts.load(Relaxed);
    let function = resource(ResourceKind::Function);
    let has = |bit| u32::from(function.read(COMMAND_REGISTER).is_ok_and(|it| it & bit != 0));
    let (before, answers) = (has(COMMAND_BUS_MASTER), has(COMMAND_MEMORY));
    let written =
        (0..0x110).filter(|offset| function.write(*offset, COMMAND_MEMORY | COMMAND_BUS_MASTER).is_ok());
    let (count, last) = written.fold((0, 0), |(count, _), offset| (count + 1, offset));
    let read = (0..0x110).filter(|offset| function.read(*offset).is_ok()).count();
    println!(
        "owner: start {restarts} before {before} after {} written {count}, {last} read {read} answers {answers}",
        has(COMMAND_BUS_MASTER)
    );
    if restarts < 2 {
        let _ = function.write(COMMAND_REGISTER, COMMAND_BUS_MASTER);
        let _ = health::raise(bulkhead_guest::HealthError::Application, 1, 0);
    }
}

/// The device of a load whose path this is, ready.
pub(crate) fn prepare(path: &str) -> Device {
    let device = Device::find();
    if path == "interrupt" {
        device.set_up(true);
    }
    device
}

fn let_in_all() -> i32 {
    (8..16).map(|line| call_with(Hypercall::InterruptEnable as u32, [line, 0, 0])).max().unwrap_or(0)
}

/// Makes ready for a path: every interrupt is let in that the path makes come, or has come if it lets one in.
pub(crate) fn settle(device: Device, path: &str, turn: u32) {
    if path != "interrupt" {
        return;
    }
    device.calm();
    let_in_all();
    if turn & 1 == 1 {
        for _ in 0..2 {
            device.ask_at_once();
            (0..200).for_each(|pause| {
                core::hint::black_box(pause);
            });
        }
    }
}

/// How much earlier than others a path is begun, because what it is about comes later.
pub(crate) fn lead(path: &str, turn: u32) -> u64 {
    if path == "interrupt" && turn & 1 == 0 { arch::device::DELAY } else { 0 }
}

/// Has the device interrupt by every interrupt that it has, or lets one in that waits; or reaches a register.
pub(crate) fn path(device: Device, path: &str, turn: u32) -> i32 {
    let here = &raw mut MESSAGE as u32;
    let (call, arguments) = match (path, turn % 4) {
        ("interrupt", 0 | 2) => {
            device.ask_at_once();
            return 0;
        }
        ("interrupt", _) => (Hypercall::InterruptEnable, [LINE, 0, 0]),
        (_, 0) => (Hypercall::RegisterRead, [0, 0, here]),
        (_, 1) => (Hypercall::RegisterWrite, [0, 0, 0]),
        (_, 2) => (Hypercall::RegisterWrite, [0, 4, 0]),
        _ => (Hypercall::ResourceDescribe, [0, here, 0]),
    };
    call_with(call as u32, arguments)
}

/// The device's resource of a kind.
pub(crate) fn resource(kind: ResourceKind) -> devices::Resource {
    devices::Resource::find("clock", kind, 0).unwrap_or(devices::Resource::unchecked(u32::MAX))
}
