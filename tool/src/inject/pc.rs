//! The PC: it boots once, and goes back to the state before the first window for each run.
//!
//! It stops by a device that is there for panics (`pvpanic-pci`), to which a timer writes (IA-PC HPET specification
//! 1.0a: 2.3.8 and 2.3.9.2): no instruction of the system's has a part in it, and the timer counts in tens of
//! nanoseconds, which are ten instructions. Nothing in the system uses the two.

use std::time::Instant;

use bulkhead_abi::system_table::ByteOrder;
use bulkhead_abi::trace::PREPARE_SYMBOL;
use bulkhead_debugger::{Ended, Held};

use crate::error::Result;
use crate::unnamed::Unnamed;

use super::fault::{Effect, Fault, Injection};
use super::hold::{Bench, Holder, Machine, PATIENCE, flip, guard, lost, unguard};
use super::seen::{End, Looker, Seen, origin};

const HPET: u64 = 0xfed0_0000;
const CONFIGURATION: u64 = HPET + 0x10;
const TIMERS: u64 = HPET + 0x100;
const EACH: u64 = 0x20;
const COMPARATOR: u64 = 0x08;
const ROUTE: u64 = 0x10;
const COUNTER: u64 = HPET + 0xf0;
/// It interrupts, counts in 32 bits, and does so by a write to memory.
const BY_WRITE: u32 = 1 << 2 | BITS_32 | 1 << 14;
const BITS_32: u32 = 1 << 8;
/// Nanoseconds of a tick of QEMU's HPET.
const TICK: u64 = 10;

/// What is written to `pvpanic` for a panic (QEMU manual, "PVPANIC device").
const PANIC: u32 = 1;

/// Registers of the local APIC, as the processor sees them (Intel SDM volume 3, table 11-1), and where messages to it
/// go (11.11.1).
const END_OF_INTERRUPT: u64 = 0xfee0_00b0;
const MESSAGES: u64 = 0xfee0_0000;
/// The vector of the kernel's timer.
const TIMER_VECTOR: u32 = 0xf0;

const SNAPSHOT: &str = "before";

const ARGUMENTS: [&str; 6] =
    ["-device", "pvpanic-pci,addr=1e.0", "-action", "panic=pause", "-global", "hpet.msi=on"];

/// A PC that has booted.
#[derive(Debug)]
pub(super) struct Pc<'a> {
    bench: &'a Bench,
    /// How long a run takes, in nanoseconds.
    time: u64,
    machine: Option<Booted>,
}

#[derive(Debug)]
struct Booted {
    machine: Machine,
    _store: Unnamed,
    /// Where `pvpanic` is.
    panic: u64,
    /// The tick at which the system's clock is zero.
    zero: u64,
}

impl<'a> Pc<'a> {
    /// One that is yet to boot.
    #[must_use]
    pub(super) const fn new(bench: &'a Bench, time: u64) -> Self {
        Self { bench, time, machine: None }
    }

    fn booted(&mut self) -> Result<&mut Booted> {
        let booted = match self.machine.take() {
            Some(booted) => booted,
            None => boot(self.bench)?,
        };
        Ok(self.machine.insert(booted))
    }
}

fn boot(bench: &Bench) -> Result<Booted> {
    let store = Unnamed::create("bulkhead-states")?;
    std::os::unix::fs::FileExt::write_all_at(store.file(), &empty_store(), 0)
        .map_err(|error| lost(&format!("the state of a machine cannot be kept: {error}")))?;
    let drive = format!("file={},format=qcow2,if=none,id=states", store.path().display());
    let arguments: Vec<&str> = ARGUMENTS.into_iter().chain(["-drive", &drive]).collect();
    let mut machine = bench.start(None, &arguments)?;
    let begun = begin(bench, &mut machine);
    let Some(panic) = begun.map_err(|Ended| lost("QEMU has ended while the system booted"))? else {
        return Err(lost("QEMU cannot keep the state of the machine"));
    };
    let mut booted = Booted { machine, _store: store, panic, zero: 0 };
    // When the clock is zero is known when it has been.
    let scout = scout(bench, &mut booted);
    booted.zero = scout.map_err(|Ended| lost("QEMU has ended while the system began"))?;
    Ok(booted)
}

/// Boots as far as to the begin of the clock, and keeps that state; where `pvpanic` is.
fn begin(bench: &Bench, machine: &mut Machine) -> std::result::Result<Option<u64>, Ended> {
    let held = &mut machine.held;
    // From the first instruction on: then the counter is that of the processor, divided by ten.
    held.write(CONFIGURATION, 1)?;
    let prepare = bench.symbol(PREPARE_SYMBOL);
    held.mark(true, prepare)?;
    if !held.go(Instant::now() + PATIENCE, &mut || {})? {
        return Err(Ended);
    }
    held.mark(false, prepare)?;
    let functions = held.monitor("info pci")?;
    let panic = functions.split("1b36:0011").nth(1).and_then(|rest| rest.split("memory at 0x").nth(1));
    let panic = panic.and_then(|rest| u64::from_str_radix(rest.split_whitespace().next()?, 16).ok());
    let said = held.monitor(&format!("savevm {SNAPSHOT}"))?;
    Ok(panic.filter(|_| said.trim().is_empty()))
}

/// Lets the system begin, and says at which tick its clock was zero.
fn scout(bench: &Bench, booted: &mut Booted) -> std::result::Result<u64, Ended> {
    let Booted { machine, panic, .. } = booted;
    let now = u64::from(machine.held.read(COUNTER)?);
    write_at(&mut machine.held, 0, now + 100_000, (*panic, PANIC))?;
    machine.held.go(Instant::now() + PATIENCE, &mut || {})?;
    let zero = origin(&machine.memory, bench.ring, ByteOrder::Little).ok_or(Ended)?;
    Ok(zero / TICK)
}

/// Has a timer write a word to an address at a tick.
fn write_at(
    held: &mut Held,
    timer: u64,
    tick: u64,
    (address, word): (u64, u32),
) -> std::result::Result<(), Ended> {
    let registers = TIMERS + EACH * timer;
    held.write(registers, BITS_32)?;
    held.write(registers + ROUTE, word)?;
    held.write(registers + ROUTE + 4, address as u32)?;
    held.write(registers + COMPARATOR, tick as u32)?;
    held.write(registers, BY_WRITE)
}

impl Holder for Pc<'_> {
    fn run(&mut self, injection: Option<&Injection>) -> Result<Seen> {
        let (bench, time) = (self.bench, self.time);
        let Booted { machine, panic, zero, .. } = self.booted()?;
        let Machine { held, memory, output, .. } = machine;
        let run = Run { bench, panic: *panic, zero: *zero, time };
        let restored = held.monitor(&format!("loadvm {SNAPSHOT}"));
        let mut looker = Looker::new(memory, bench.ring, ByteOrder::Little, output);
        let mut injected = false;
        let ended = match restored {
            Ok(_) => run.run(held, injection, &mut looker, &mut injected),
            Err(Ended) => Err(Ended),
        };
        let end = match ended {
            Ok(true) => End::InTime,
            Ok(false) => End::GivenUp,
            Err(Ended) => End::Gone,
        };
        let seen = looker.finish(&bench.described, end, injected);
        if end != End::InTime {
            self.machine = None;
        }
        Ok(seen)
    }
}

/// A run.
struct Run<'a> {
    bench: &'a Bench,
    panic: u64,
    zero: u64,
    time: u64,
}

type Done = std::result::Result<bool, Ended>;

impl Run<'_> {
    /// Runs to the end; whether the host had the patience.
    fn run(
        &self,
        held: &mut Held,
        injection: Option<&Injection>,
        looker: &mut Looker<'_>,
        injected: &mut bool,
    ) -> Done {
        if let Some(injection) = injection {
            if !self.until(held, injection.at, looker)? {
                return Ok(false);
            }
            *injected = match injection.fault {
                Fault::Interrupt(effect) => match self.interrupt(held, effect, looker)? {
                    Some(injected) => injected,
                    None => return Ok(false),
                },
                _ => flip(held, &injection.fault)?,
            };
        }
        self.until(held, self.time, looker)
    }

    /// Runs until a time, in nanoseconds of the system's clock.
    fn until(&self, held: &mut Held, time: u64, looker: &mut Looker<'_>) -> Done {
        let tick = self.zero + time / TICK;
        write_at(held, 0, tick, (self.panic, PANIC))?;
        // The clock goes on to the next timer when the machine stops, so one is near: a tick.
        write_at(held, 1, tick + 1, (self.panic, 0))?;
        held.go(Instant::now() + self.bench.patience, &mut || looker.look())
    }

    /// Runs until the kernel's timer interrupts, or the run's end, and does something to that; whether it came. Nothing
    /// if the host had no patience.
    fn interrupt(
        &self,
        held: &mut Held,
        effect: Effect,
        looker: &mut Looker<'_>,
    ) -> std::result::Result<Option<bool>, Ended> {
        let entry = self.bench.symbol("entry_timer");
        guard(held, 1)?;
        held.mark(true, entry)?;
        let stopped = self.until(held, self.time, looker)?;
        held.mark(false, entry)?;
        unguard(held)?;
        if !stopped {
            return Ok(None);
        }
        if held.place()? != entry {
            return Ok(Some(false));
        }
        let next = u64::from(held.read(COUNTER)?) + 1;
        match effect {
            Effect::Lost => {
                held.jump(self.bench.symbol("entry_ignore"))?;
                write_at(held, 2, next, (END_OF_INTERRUPT, 0))?;
            }
            Effect::Doubled => write_at(held, 2, next, (MESSAGES, TIMER_VECTOR))?,
        }
        Ok(Some(true))
    }
}

/// The size of a cluster, and how many there are: header, table of counts, counts, table of clusters.
const CLUSTER: usize = 1 << 16;
const CLUSTERS: usize = 4;

/// An empty disk of QEMU's format, in which it keeps states of machines (QEMU manual, "Qcow2 image file format",
/// version 2).
fn empty_store() -> Vec<u8> {
    let mut store = vec![0; CLUSTER * CLUSTERS];
    let cluster = |number: usize| (CLUSTER * number) as u64;
    let mut put = |at: usize, bytes: &[u8]| store[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"QFI\xfb");
    put(4, &2u32.to_be_bytes());
    put(20, &16u32.to_be_bytes());
    put(24, &(1u64 << 20).to_be_bytes());
    put(36, &1u32.to_be_bytes());
    put(40, &cluster(3).to_be_bytes());
    put(48, &cluster(1).to_be_bytes());
    put(56, &1u32.to_be_bytes());
    put(CLUSTER, &cluster(2).to_be_bytes());
    for number in 0..CLUSTERS {
        put(2 * CLUSTER + 2 * number, &1u16.to_be_bytes());
    }
    store
}
