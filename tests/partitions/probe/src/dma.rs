//! A partition that owns QEMU's `edu`, a device that copies between a buffer of its own and memory: what it reaches
//! there.
//!
//! And a keeper, who sees whether anything of its own changes.

use bulkhead_abi::{COMMAND_BUS_MASTER, COMMAND_MEMORY, COMMAND_REGISTER};
use bulkhead_cell::Single;
use bulkhead_guest::{ResourceKind, clock, devices, interrupts, partition, println};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::command::number;

// Registers of the device (QEMU's specification of it), and what is written there.
const INTERRUPTS: u32 = 0x24;
const ACKNOWLEDGE: u32 = 0x64;
const SOURCE: u32 = 0x80;
const DESTINATION: u32 = 0x88;
const COUNT: u32 = 0x90;
const COMMAND: u32 = 0x98;
const START: u32 = 1;
const TO_MEMORY: u32 = 2;
const INTERRUPT: u32 = 4;
/// Where its buffer is, in its own addresses.
const BUFFER: u32 = 0x4_0000;

/// The line of its interrupt.
const LINE: u32 = 9;

const WORDS: usize = 16;
type Words = [u32; WORDS];

/// What the device writes everywhere.
const MARK: Words = [0x5eed_0dad; WORDS];

static OUT: Single<Words> = Single::new(MARK);
static IN: Single<Words> = Single::new([0; WORDS]);

static REGISTERS: AtomicU32 = AtomicU32::new(0);
static COUNTED: AtomicU32 = AtomicU32::new(0);

fn read(register: u32) -> u32 {
    // SAFETY: the device's memory, which the kernel has mapped there.
    unsafe { ((REGISTERS.load(Relaxed) + register) as *const u32).read_volatile() }
}

fn write(register: u32, value: u32) {
    // SAFETY: as for `read`; what the device does to memory is what is tried here.
    unsafe { ((REGISTERS.load(Relaxed) + register) as *mut u32).write_volatile(value) }
}

fn came() {
    write(ACKNOWLEDGE, read(INTERRUPTS));
    COUNTED.fetch_add(1, Relaxed);
    let _ = devices::enable_interrupt(LINE);
}

/// Has the device copy, and waits until it says that it has.
fn copy(source: u32, destination: u32, count: u32, how: u32) {
    write(SOURCE, source);
    write(DESTINATION, destination);
    write(COUNT, count);
    write(COMMAND, START | INTERRUPT | how);
    while read(COMMAND) & START != 0 {
        partition::idle();
    }
}

/// Has the device write so many bytes of [`MARK`] to an address.
fn write_to(address: u32, count: u32) {
    copy(BUFFER, address, count, TO_MEMORY);
}

/// The words at an address of the partition's own.
fn words_at(address: u32) -> Words {
    // SAFETY: the partition's memory, of numbers.
    unsafe { (address as *const Words).read_volatile() }
}

/// Whether the device has read something: it keeps what it has had, or has zeros, where it gets nothing.
fn got_something(read: &Words) -> bool {
    *read != MARK && *read != [0; WORDS]
}

struct Device {
    /// What is added to an address of the partition's own.
    offset: u32,
}

impl Device {
    fn address(&self, words: &'static Single<Words>) -> u32 {
        (words.address() as u32).wrapping_add(self.offset)
    }

    /// Has it write to a place, and read from the next page, of which nothing has been asked yet; of the information
    /// there is only one.
    fn reach(&self, name: &str, address: u32, is_own: bool) {
        let target = if is_own { address.wrapping_add(self.offset) } else { address };
        let before = if is_own { words_at(address) } else { MARK };
        write_to(target, size_of::<Words>() as u32);
        let is_written = before != MARK && words_at(address) == MARK;
        let page = if name == "information" { 0 } else { 0x1000 };
        let is_read = got_something(&self.read_from(target + page));
        println!("dma {name}: read {} written {}", u32::from(is_read), u32::from(is_written));
    }

    /// What it finds at an address.
    fn read_from(&self, address: u32) -> Words {
        copy(address, BUFFER, size_of::<Words>() as u32, 0);
        write_to(self.address(&IN), size_of::<Words>() as u32);
        let read = words_at(IN.address() as u32);
        // And again has what it writes everywhere.
        copy(self.address(&OUT), BUFFER, size_of::<Words>() as u32, 0);
        read
    }
}

fn find(name: &str) -> Option<Device> {
    let function = devices::Resource::find(name, ResourceKind::Function, 0).ok()?;
    let memory = devices::Resource::find(name, ResourceKind::Memory, 0).ok()?.describe().ok()?;
    REGISTERS.store(memory.address, Relaxed);
    interrupts::install(LINE, came).ok()?;
    devices::enable_interrupt(LINE).ok()?;
    interrupts::enable();
    function.write(COMMAND_REGISTER, COMMAND_MEMORY | COMMAND_BUS_MASTER).ok()?;
    let offset = partition::start_information().dma_offset.load(Relaxed);
    Some(Device { offset })
}

/// Has the device reach what the command line names: places of its own, and of others.
pub(crate) fn run(line: &str) -> u32 {
    let name = if number(line, "device", 4) == 4 { "edu-4" } else { "edu-5" };
    let Some(device) = find(name) else {
        println!("dma: there is no device");
        return 1;
    };
    let own = device.read_from(device.address(&OUT)) == MARK;
    println!("dma: own {} offset {}", u32::from(own), device.offset);
    for (name, is_own) in PLACES {
        let address = number(line, name, 0) as u32;
        if address != 0 {
            device.reach(name, address, is_own);
        }
    }
    let message = number(line, "message", 0) as u32;
    if message != 0 {
        let times = number(line, "times", 1);
        for _ in 0..times {
            write_to(message, 4);
        }
        println!("dma message: sent {times}");
    }
    println!("dma: interrupts {}", COUNTED.load(Relaxed));
    0
}

/// What the command line can name, and whether the partition sees it itself, and may read it.
const PLACES: [(&str, bool); 5] =
    [("text", true), ("information", true), ("kernel", false), ("others", false), ("nothing", false)];

/// Registers of a network adapter that sends messages (Intel 82574 data sheet, 10.2.4): causes that are there and asked
/// for, let through, kept back, and cleared by a message; which message is sent for which cause, and the first for that
/// of the first queue.
const CAUSE: u32 = 0xc0;
const CAUSE_SET: u32 = 0xc8;
const MASK_SET: u32 = 0xd0;
const MASK_CLEAR: u32 = 0xd8;
const CAUSE_AUTO_CLEAR: u32 = 0xdc;
const MESSAGES: u32 = 0xe4;
const RECEIVED: u32 = 1 << 20;
const FIRST_MESSAGE: u32 = 8;

fn heard() {
    // The adapter has no more to say.
    write(MASK_CLEAR, RECEIVED);
    write(CAUSE, RECEIVED);
    COUNTED.fetch_add(1, Relaxed);
}

/// Owns the adapter: has it send its message, and lets one more in, which others try to send.
pub(crate) fn listen(line: &str) -> u32 {
    let function = devices::Resource::find("adapter", ResourceKind::Function, 0);
    let memory = devices::Resource::find("adapter", ResourceKind::Memory, 0);
    let (Ok(function), Ok(Ok(memory))) = (function, memory.map(devices::Resource::describe)) else {
        return 1;
    };
    REGISTERS.store(memory.address, Relaxed);
    let ready = interrupts::install(LINE, heard).is_ok()
        && devices::enable_interrupt(LINE).is_ok()
        && function.write(COMMAND_REGISTER, COMMAND_MEMORY | COMMAND_BUS_MASTER).is_ok();
    interrupts::enable();
    for (register, value) in
        [(CAUSE_AUTO_CLEAR, RECEIVED), (MESSAGES, FIRST_MESSAGE), (MASK_SET, RECEIVED), (CAUSE_SET, RECEIVED)]
    {
        write(register, value);
    }
    let until = number(line, "until", 0);
    while COUNTED.load(Relaxed) == 0 && clock::now() < until {
        partition::idle();
    }
    // QEMU's adapter repeats the first message when some time is over.
    for _ in 0..4 {
        let _ = devices::enable_interrupt(LINE);
        partition::idle();
    }
    let own = COUNTED.load(Relaxed);
    while clock::now() < until {
        partition::idle();
    }
    let others = COUNTED.load(Relaxed) - own;
    println!("listener: ready {} own {} others {others}", u32::from(ready), u32::from(own != 0));
    0
}

/// Sees whether its memory stays as it is, until a time of the clock.
pub(crate) fn keep(line: &str) -> u32 {
    let place = partition::memory().start as u32;
    let before = words_at(place);
    let until = number(line, "until", 0);
    let mut changes = 0;
    while clock::now() < until && changes == 0 {
        changes += u32::from(words_at(place) != before);
        partition::idle();
    }
    println!("keeper: changes {changes}");
    0
}
