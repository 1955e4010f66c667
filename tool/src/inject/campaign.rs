//! Runs all injections of a plan, several at a time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use bulkhead_timeline::{Activity, Event, Timeline};

use crate::build::Built;
use crate::error::{Error, Message, Result};
use crate::installation::Installation;
use crate::system_file::Processor;
use crate::units::duration_text;

use super::compare::{Outcome, outcome};
use super::fault::{Ground, Injection};
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
    /// Of LEON3: see [`Leon3::before`].
    before: u32,
}

impl Campaign {
    /// Runs the system of a plan, which was built with the kernel that traces, without a fault.
    ///
    /// # Errors
    /// If the system cannot be run, or its run not be compared with others: it fails, or records more than there is
    /// room for.
    pub fn begin(plan: Plan, built: Built, installation: &Installation) -> Result<Self> {
        let mut bench = Bench::new(built, installation)?;
        let begin = Instant::now();
        let (reference, before) = match plan.system.processor {
            Processor::X86_64 => (Pc::new(&bench, plan.time).run(None)?, 0),
            Processor::Leon3 => {
                let mut leon3 = Leon3::new(&bench, plan.time);
                // How long the kernel needs to its clock's begin is seen on the way.
                let reference = leon3.run(None)?;
                (reference, leon3.before())
            }
        };
        comparable(&plan, &reference)?;
        bench.has_taken(begin.elapsed());
        let ground = Ground { runs: runs(&bench, &reference.events), kernel: bench.kernel_memory() };
        Ok(Self { plan, bench, reference, ground, before })
    }

    /// What is injected under a number.
    #[must_use]
    pub fn injection(&self, number: usize) -> Option<Injection> {
        self.plan.injection(number, &self.ground)
    }

    /// Runs the injections with these numbers, so many at a time, and returns what they have led to in their order.
    /// `done` is told of each as it ends. When `stop` is set, none begins any more.
    ///
    /// # Errors
    /// If QEMU cannot be started any more.
    pub fn run(
        &self,
        numbers: &[usize],
        jobs: usize,
        stop: &AtomicBool,
        done: &(dyn Fn(&Finding) + Sync),
    ) -> Result<Vec<Finding>> {
        let next = AtomicUsize::new(0);
        let found = Mutex::new((Vec::new(), Ok(())));
        thread::scope(|scope| {
            for _ in 0..jobs.clamp(1, numbers.len().max(1)) {
                scope.spawn(|| {
                    if let Err(error) = self.work(numbers, &next, stop, &|finding| {
                        done(&finding);
                        found.lock().unwrap_or_else(PoisonError::into_inner).0.push(finding);
                    }) {
                        stop.store(true, Ordering::Relaxed);
                        found.lock().unwrap_or_else(PoisonError::into_inner).1 = Err(error);
                    }
                });
            }
        });
        let (mut findings, failed) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        failed?;
        findings.sort_by_key(|finding| finding.number);
        Ok(findings)
    }

    fn work(
        &self,
        numbers: &[usize],
        next: &AtomicUsize,
        stop: &AtomicBool,
        found: &dyn Fn(Finding),
    ) -> Result<()> {
        let (bench, time) = (&self.bench, self.plan.time);
        let mut holder: Box<dyn Holder + '_> = match self.plan.system.processor {
            Processor::X86_64 => Box::new(Pc::new(bench, time)),
            Processor::Leon3 => Box::new(Leon3::knowing(bench, time, self.before)),
        };
        while !stop.load(Ordering::Relaxed) {
            let Some(&number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            let injection = self.injection(number).ok_or_else(|| never_runs(&self.plan))?;
            let seen = holder.run(Some(&injection))?;
            let outcome = outcome(&self.plan, &self.reference, &seen, &injection);
            found(Finding { number, injection, outcome });
        }
        Ok(())
    }
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
