//! LEON3: it boots for each run, since QEMU cannot keep the state of its devices.
//!
//! It stops by the kernel's own clock: that counts down through zero and on, and what it says before the kernel begins
//! to count does not matter. So it is set to pass zero at the instant, and lets its interrupt in, which the kernel
//! masks. The machine stops before the first instruction of the handler, and the interrupt is undone. While the kernel
//! has interrupts off, which is while it is at work, the instant waits until it is done.

use std::time::Instant;

use bulkhead_abi::system_table::ByteOrder;
use bulkhead_abi::trace::PREPARE_SYMBOL;
use bulkhead_debugger::{Ended, Held};

use crate::error::Result;

use super::fault::{Effect, Fault, Injection};
use super::hold::{Bench, Holder, Machine, flip, guard, unguard};
use super::seen::{End, Looker, Seen, origin};

/// Registers of QEMU's `leon3_generic` (GRLIB IP core manual, GPTIMER and IRQMP).
const GPTIMER: u64 = 0x8000_0300;
const CONFIGURATION: u64 = GPTIMER + 0x08;
const CLOCK_COUNTER: u64 = GPTIMER + 0x10;
const CLOCK_CONTROL: u64 = GPTIMER + 0x18;
const IRQMP: u64 = 0x8000_0200;
const FORCE: u64 = IRQMP + 0x08;
const MASK: u64 = IRQMP + 0x40;
/// It counts, goes on behind zero, and interrupts then.
const COUNTS_AND_INTERRUPTS: u32 = 1 | 1 << 1 | 1 << 3;

/// The first trap of interrupts (SPARC V8, table 7-1), and bytes of a trap's slot.
const INTERRUPTS: u64 = 0x10;
const SLOT: u64 = 16;

/// Nanoseconds of a count: four cycles of QEMU's 40 MHz, which is what the kernel sets the scaler to.
const COUNT: u64 = 100;
/// Counts of a microsecond, in which the clock is guarded.
const MICROSECOND: u64 = 10;
/// What the clock says where it is not to pass zero.
const FAR: u32 = u32::MAX - 15;

/// LEON3 machines.
#[derive(Debug)]
pub(super) struct Leon3<'a> {
    bench: &'a Bench,
    /// How long a run takes, in nanoseconds.
    time: u64,
}

impl<'a> Leon3<'a> {
    /// Those of a system.
    #[must_use]
    pub(super) const fn new(bench: &'a Bench, time: u64) -> Self {
        Self { bench, time }
    }

    /// Runs the system without a fault, and counts from where the kernel prepares its clock until that is zero.
    ///
    /// # Errors
    /// If QEMU cannot be started.
    pub(super) fn scout(&self) -> Result<(Seen, u32)> {
        let mut machine = self.bench.start(Some(self.time), &[])?;
        let seen = self.run_on(&mut machine, None);
        let zero = origin(&machine.memory, self.bench.ring, ByteOrder::Big);
        Ok((seen, zero.map_or(0, |zero| FAR.wrapping_sub(zero as u32))))
    }

    fn run_on(&self, machine: &mut Machine, injection: Option<&Injection>) -> Seen {
        let bench = self.bench;
        let Machine { held, memory, output, guard: process, .. } = machine;
        let mut looker = Looker::new(memory, bench.ring, ByteOrder::Big, output);
        let mut injected = false;
        let end = match self.run_to_end(held, injection, &mut looker, &mut injected) {
            // The kernel powers off when its time has come.
            Err(Ended) => {
                let _ = process.end(false);
                End::Gone
            }
            Ok(()) => End::GivenUp,
        };
        looker.finish(&bench.described, end, injected)
    }
}

impl Holder for Leon3<'_> {
    fn run(&mut self, injection: Option<&Injection>) -> Result<Seen> {
        let mut machine = self.bench.start(Some(self.time), &[])?;
        Ok(self.run_on(&mut machine, injection))
    }
}

impl Leon3<'_> {
    /// Runs until QEMU ends, or as long as the host has patience.
    fn run_to_end(
        &self,
        held: &mut Held,
        injection: Option<&Injection>,
        looker: &mut Looker<'_>,
        injected: &mut bool,
    ) -> std::result::Result<(), Ended> {
        let deadline = Instant::now() + self.bench.patience;
        let prepare = self.bench.symbol(PREPARE_SYMBOL);
        held.mark(true, prepare)?;
        if !held.go(deadline, &mut || {})? {
            return Ok(());
        }
        held.mark(false, prepare)?;
        // The whole microsecond at the instant or behind it: so the clock's guard is near.
        let counts =
            injection.map(|it| (it.at / COUNT + u64::from(self.bench.before)).next_multiple_of(MICROSECOND));
        let counter = counts.map_or(FAR, |counts| (counts.max(MICROSECOND) - 1) as u32);
        held.write(CLOCK_COUNTER, counter)?;
        held.write(CLOCK_CONTROL, COUNTS_AND_INTERRUPTS)?;
        if let (Some(counts), Some(injection)) = (counts, injection) {
            let line = u64::from(held.read(CONFIGURATION)? >> 3 & 31);
            let mask = held.read(MASK)?;
            held.write(MASK, mask | 1 << line)?;
            guard(held, counts / MICROSECOND + 1)?;
            if !self.until_interrupt(held, line, deadline, looker)? {
                return Ok(());
            }
            unguard(held)?;
            held.write(MASK, mask)?;
            held.undo_trap()?;
            *injected = match injection.fault {
                Fault::Interrupt(effect) => match self.interrupt(held, line + 1, effect, deadline, looker)? {
                    Some(injected) => injected,
                    None => return Ok(()),
                },
                _ => flip(held, &injection.fault)?,
            };
        }
        held.go(deadline, &mut || looker.look()).map(drop)
    }

    /// Runs until the interrupt of a line is taken; whether the host had the patience.
    fn until_interrupt(
        &self,
        held: &mut Held,
        line: u64,
        deadline: Instant,
        looker: &mut Looker<'_>,
    ) -> std::result::Result<bool, Ended> {
        let slot = self.bench.symbol("trap_table") + SLOT * (INTERRUPTS + line);
        held.mark(true, slot)?;
        let stopped = held.go(deadline, &mut || looker.look())?;
        if stopped {
            held.mark(false, slot)?;
        }
        Ok(stopped)
    }

    /// Runs until the kernel's timer interrupts, and does something to that. Nothing if the host had no patience.
    fn interrupt(
        &self,
        held: &mut Held,
        line: u64,
        effect: Effect,
        deadline: Instant,
        looker: &mut Looker<'_>,
    ) -> std::result::Result<Option<bool>, Ended> {
        guard(held, 1)?;
        if !self.until_interrupt(held, line, deadline, looker)? {
            return Ok(None);
        }
        unguard(held)?;
        match effect {
            Effect::Lost => held.undo_trap()?,
            Effect::Doubled => held.write(FORCE, 1 << line)?,
        }
        Ok(Some(true))
    }
}
