//! The adversary: tries to reach what is not its own, and says what came of it.
//!
//! Each attack prints one line, `adversary: NAME DONE of TRIED …`, and returns 0 if everything that had to be refused
//! was. Attacks that cannot return say what they are about to do.

mod ages;
mod auditor;
mod calls;
mod devices;
mod endings;
mod fresh;
mod governance;
mod instructions;
mod memory;
mod ports;
mod random_calls;
mod shared_page;
mod state;
mod time;
mod victim;

use bulkhead_guest::{partition, println};

use crate::{arch, attempt};

/// Carries out the attack that the command line names.
pub(crate) fn run(line: &str) -> u32 {
    let (attack, rest) = line.split_once(' ').unwrap_or((line, ""));
    attempt::prepare();
    match attack {
        "memory" => memory::run(rest),
        "instructions" => instructions::run(),
        "interrupts" => instructions::software_interrupts(),
        "calls" => calls::run(),
        "devices" => devices::run(),
        "ports" => ports::run(rest),
        "flood" => ports::flood(rest),
        "ages" => ages::run(rest),
        "random-calls" => random_calls::run(rest),
        "storm" => calls::storm(rest),
        "governance" => governance::run(rest),
        "auditor" => auditor::run(rest),
        "fresh" => fresh::run(rest),
        "governance-storm" => governance::storm(rest),
        "victim" => victim::run(rest),
        "watchdog" => victim::watchdog(rest),
        "many-calls" => victim::calls(rest),
        "raise-in-copy" => victim::raise_in_copy(rest),
        "shared-page" => shared_page::run(rest),
        "timers" => time::timers(),
        "arming" => time::arming(),
        "spin" => time::spin(),
        "late-deadline" => time::late_deadline(rest),
        "state" => state::run(rest),
        "fault" => endings::fault(rest),
        "fault-in-handler" => endings::fault_in_handler(),
        "entries" => endings::entries(rest),
        "fault-storm" => endings::fault_storm(),
        "restart" => endings::restart(rest),
        _ => arch::attack(attack, rest).unwrap_or_else(|| {
            println!("adversary: unknown attack {attack:?}");
            partition::halt(2)
        }),
    }
}

/// Counts what was tried and what went as it must.
pub(crate) struct Tally {
    name: &'static str,
    tried: u32,
    good: u32,
}

impl Tally {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, tried: 0, good: 0 }
    }

    /// Notes one try; if it did not go as it must, `what` says which it was.
    pub(crate) fn note(&mut self, good: bool, what: core::fmt::Arguments<'_>) {
        self.tried += 1;
        if good {
            self.good += 1;
        } else {
            println!("adversary: {} wrong: {what}", self.name);
        }
    }

    /// Prints the line.
    pub(crate) fn finish(self) -> u32 {
        println!("adversary: {} {} of {}", self.name, self.good, self.tried);
        u32::from(self.good != self.tried)
    }
}
