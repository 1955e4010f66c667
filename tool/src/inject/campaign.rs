//! Runs all injections of a plan, several at a time.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use bulkhead_timeline::{Activity, Event, Timeline};

use crate::build::Built;
use crate::error::{Error, Message, Result};
use crate::installation::Installation;
use crate::parallel::parallel;
use crate::run::Stop;
use crate::system_file::Processor;
use crate::units::duration_text;

use super::compare::{Outcome, outcome};
use super::fault::{Fault, Ground, Injection};
use super::hold::{Bench, Holder};
use super::leon3::Leon3;
use super::pc::Pc;
use super::plan::Plan;
use super::seen::{End, Seen};

/// An injection that was made, and what it has led to.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its number, from 1.
    pub number: usize,
    /// What was injected.
    pub injection: Injection,
    /// What it has led to.
    pub outcome: Outcome,
}

/// A campaign that is ready: the system has been run without a fault.
#[derive(Debug)]
pub struct Campaign {
    /// The plan.
    pub plan: Plan,
    bench: Bench,
    reference: Seen,
    ground: Ground,
}

impl Campaign {
    /// Runs the system of a plan, which was built with the kernel that traces, without a fault.
    ///
    /// # Errors
    /// If the system cannot be run, or its run not be compared with others: it fails, or records more than there is
    /// room for.
    pub fn begin(plan: Plan, built: Built, installation: &Installation) -> Result<Self> {
        let mut bench = Bench::new(built, installation)?;
        of_kernel(&plan, &bench.kernel_memory())?;
        let begin = Instant::now();
        let reference = match plan.system.processor {
            Processor::X86_64 => Pc::new(&bench, plan.time).run(None)?,
            Processor::Leon3 => {
                // How long the kernel needs to its clock's begin is seen on the way.
                let (reference, before) = Leon3::new(&bench, plan.time).scout()?;
                bench.before = before;
                reference
            }
        };
        comparable(&plan, &reference)?;
        bench.has_taken(begin.elapsed());
        let ground = Ground { runs: runs(&bench, &reference.events), kernel: bench.kernel_memory() };
        Ok(Self { plan, bench, reference, ground })
    }

    /// What is injected under a number.
    #[must_use]
    pub fn injection(&self, number: usize) -> Option<Injection> {
        self.plan.injection(number, &self.ground)
    }

    /// Runs the injections with these numbers, so many at a time, and returns what they have led to in their order.
    /// `done` is told of each as it ends. Once `stop` is asked, none begins any more, and none after one that could not
    /// be run: QEMU cannot be started any more, say. The error is why.
    pub fn run(
        &self,
        numbers: &[usize],
        jobs: usize,
        stop: &Stop,
        done: &(dyn Fn(&Finding) + Sync),
    ) -> (Vec<Finding>, Result<()>) {
        let has_failed = AtomicBool::new(false);
        let is_over = || stop.asked().is_some() || has_failed.load(Ordering::Relaxed);
        let ended = parallel(numbers.len(), jobs, &is_over, &|| self.holder(), &|holder, place| {
            let finding = self.find(holder.as_mut(), numbers[place]);
            match &finding {
                Ok(finding) => done(finding),
                Err(_) => has_failed.store(true, Ordering::Relaxed),
            }
            finding
        });
        let (mut findings, mut failure) = (Vec::new(), Ok(()));
        for ended in ended {
            match ended {
                Ok(finding) => findings.push(finding),
                // The first one is told.
                Err(error) => failure = failure.and(Err(error)),
            }
        }
        (findings, failure)
    }

    fn holder(&self) -> Box<dyn Holder + '_> {
        match self.plan.system.processor {
            Processor::X86_64 => Box::new(Pc::new(&self.bench, self.plan.time)),
            Processor::Leon3 => Box::new(Leon3::new(&self.bench, self.plan.time)),
        }
    }

    fn find(&self, holder: &mut dyn Holder, number: usize) -> Result<Finding> {
        let injection = self.injection(number).ok_or_else(|| never_runs(&self.plan))?;
        let seen = patient(holder, &injection)?;
        let outcome = outcome(&self.plan, &self.reference, &seen, &injection);
        Ok(Finding { number, injection, outcome })
    }
}

/// Runs a system with a fault, once more if the host has no patience left: it may have had other things to do, or QEMU
/// may stand still. A system that has no end with a fault has none twice, since each run is the same.
fn patient(holder: &mut dyn Holder, injection: &Injection) -> Result<Seen> {
    let seen = holder.run(Some(injection))?;
    if seen.end == End::GivenUp { holder.run(Some(injection)) } else { Ok(seen) }
}

/// Refuses faults in memory of the kernel where it has none: a device there would be read and written.
fn of_kernel(plan: &Plan, memory: &[Range<u64>]) -> Result<()> {
    let address = |injection: &Injection| match injection.fault {
        Fault::KernelMemory { address, .. } => Some(address),
        _ => None,
    };
    let mut addresses = plan.named.iter().filter_map(address);
    let Some(other) = addresses.find(|it| !memory.iter().any(|range| range.contains(it))) else {
        return Ok(());
    };
    let has: Vec<String> =
        memory.iter().map(|range| format!("{:#010x} to {:#010x}", range.start, range.end - 1)).collect();
    let text = format!("{}: {other:#010x} is not the kernel's memory", plan.name);
    Err(Error::Usage(Message::new(text).help(format!("that is {}", has.join(", ")))))
}

fn never_runs(plan: &Plan) -> Error {
    Error::Usage(
        Message::new(format!("a target of {} never runs in the plan's span of time", plan.name))
            .help("let `from` and `until` have windows of the partition between them"),
    )
}

/// Refuses a run that others cannot be compared with.
fn comparable(plan: &Plan, reference: &Seen) -> Result<()> {
    use bulkhead_abi::trace::Kind;

    let refused = |why: &str, help: &str| Err(Error::Usage(Message::new(why).help(help)));
    if reference.events.is_empty() || reference.end == End::GivenUp || reference.has(Kind::KernelFault) {
        return refused("the system does not run without a fault, either", "try it with `bulkhead run`");
    }
    if reference.lost > 0 {
        let text = format!("in {} the kernel records more than it has room for", duration_text(plan.time));
        return refused(&text, "shorten the runs: `for` in the plan");
    }
    Ok(())
}

/// When each partition runs.
fn runs(bench: &Bench, events: &[Event]) -> Vec<Vec<std::ops::Range<u64>>> {
    let timeline = Timeline::new(bench.described.clone(), events.to_vec());
    let mut runs = vec![Vec::new(); bench.described.partitions.len()];
    for span in timeline.running() {
        if span.activity == Activity::Runs
            && let Some(runs) = runs.get_mut(span.partition)
        {
            runs.push(span.begin..span.end);
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine whose runs end like this.
    struct Runs(Vec<End>);

    impl Holder for Runs {
        fn run(&mut self, _: Option<&Injection>) -> Result<Seen> {
            let end = self.0.pop().expect("a run that is one too many");
            Ok(Seen { events: Vec::new(), lost: 0, said: Vec::new(), end, injected: true })
        }
    }

    #[test]
    fn a_run_that_is_given_up_is_run_once_more() {
        let fault = Fault::Memory { partition: 0, address: 0, bit: 0 };
        let injection = Injection { at: 0, fault };
        for (runs, end) in [
            (vec![End::InTime], End::InTime),
            (vec![End::Gone], End::Gone),
            (vec![End::InTime, End::GivenUp], End::InTime),
            (vec![End::GivenUp, End::GivenUp], End::GivenUp),
        ] {
            let mut runs = Runs(runs);
            assert_eq!(patient(&mut runs, &injection).expect("a run").end, end);
            assert!(runs.0.is_empty());
        }
    }
}
