//! `bulkhead inject`.

use std::collections::HashSet;
use std::io;
use std::sync::{Mutex, PoisonError};

use indicatif::ProgressBar;
use signal_hook::consts::SIGPIPE;

use crate::build::{self, Built, Options};
use crate::error::{Error, Message, Result};
use crate::inject::{Campaign, Finding, Plan, fails, junit, summary, table};
use crate::installation::Installation;
use crate::json::{self, Diagnostic};
use crate::run::{Ending, Stop, junit_failure};
use crate::system_file::device::Emulated;
use crate::terminal::Look;

use super::arguments::{InjectArguments, jobs_or_processors};
use super::output_file::refuse_other_than_xml;
use super::print;
use super::reporter::Reporter;
use super::signals::on_signal;
use super::test_rtems::bar;

/// Exit status when an injection has led to what must not be.
const FAILED: u8 = 1;

/// Runs the injections of a plan; returns the exit status.
pub(super) fn inject(arguments: &InjectArguments, reporter: &mut Reporter) -> Result<u8> {
    arguments.junit.as_deref().map(refuse_other_than_xml).transpose()?;
    reporter.open_files(None, arguments.junit.as_deref())?;
    let begun = begin(arguments, reporter);
    if let Err(error) = &begun
        && !reporter.is_refused(&begun)
    {
        reporter.report(|| junit_failure(&arguments.plan.display().to_string(), &error.headline()))?;
    }
    let (plan, numbers, built) = begun?;
    reporter.finish();
    if reporter.json() {
        print(&json::injections_begin(&plan, numbers.len()))?;
    }
    reporter.begin_files()?;
    // What is said of a campaign that comes to no injection.
    let nothing = |why: Option<&str>| junit(&plan, &[], numbers.len(), why);
    // From here on something is left behind by a tool that ends at once: the campaign's folder.
    let stop = Stop::default();
    let stopping = stop.clone();
    on_signal(move |signal| stopping.ask(signal));
    let campaign = Installation::find().and_then(|found| Campaign::begin(plan.clone(), built, &found));
    if let Some(signal) = stop.asked() {
        let status = Ending::Interrupted(signal).exit_status();
        reporter.report(|| nothing(None))?;
        if reporter.json() {
            print(&json::injections_interrupted(status, reporter.diagnostics()))?;
        }
        return Ok(status);
    }
    // The error that is told is the first one.
    let campaign =
        campaign.inspect_err(|error| drop(reporter.report(|| nothing(Some(&error.headline())))))?;
    let (findings, ended) = run(&campaign, &numbers, arguments, &stop);
    let asked = numbers.len();
    let why = ended.as_ref().err().map(Error::headline);
    let written = reporter.report(|| junit(&plan, &findings, asked, why.as_deref()));
    let said = summary(&plan, &findings, asked);
    if reporter.json() {
        // Each injection has been told. What was wrong is what there is to say at the end.
        let status = match ended.and(written) {
            Ok(()) => status(&plan, &findings, &stop),
            Err(error) => return broken_off(&plan, &findings, error, reporter),
        };
        let reason = if stop.asked().is_some() { "interrupted" } else { "completed" };
        print(&json::injections_end(&plan, &findings, status, reason, &said, reporter.diagnostics()))?;
        return Ok(status);
    }
    let table = match findings.is_empty() {
        true => String::new(),
        false => table(&plan, &findings, arguments.verbose) + "\n",
    };
    let told = print(&(table + &said));
    ended.and(told).and(written)?;
    Ok(status(&plan, &findings, &stop))
}

/// Reads the plan and builds its system: with them the numbers of the injections that are to be run.
fn begin(arguments: &InjectArguments, reporter: &mut Reporter) -> Result<(Plan, Vec<usize>, Built)> {
    let plan = Plan::read(&arguments.plan, arguments.processor)?;
    let numbers = numbers(&plan, &arguments.only)?;
    let networks = plan.system.emulations();
    let is_network = |name: &str| networks.iter().any(|it| it.name == name && it.kind == Emulated::Network);
    if let Some(device) = plan.system.devices.iter().find(|device| !is_network(&device.name)) {
        let text = format!(
            "the system has a device, {}, of which no two runs are the same: faults cannot be injected then",
            device.name
        );
        let help =
            "leave it out; networks (`emulate = \"virtio-net\"`) are there, and nobody is at their wire";
        return Err(Error::Usage(Message::new(text).help(help)));
    }
    let options = Options {
        colour: Look::of(&io::stderr()).colour && !reporter.json(),
        kit: arguments.kit.selection(),
        traces: true,
        ..Options::default()
    };
    let built = build::build_system(plan.system.clone(), &options, reporter)?;
    Ok((plan, numbers, built))
}

/// The exit status of a campaign in which nothing went wrong.
fn status(plan: &Plan, findings: &[Finding], stop: &Stop) -> u8 {
    match stop.asked() {
        Some(signal) => Ending::Interrupted(signal).exit_status(),
        None if findings.iter().any(|finding| fails(plan, finding)) => FAILED,
        None => 0,
    }
}

/// Says as JSON what was wrong, and what had been found until then; returns the exit status.
fn broken_off(plan: &Plan, findings: &[Finding], error: Error, reporter: &mut Reporter) -> Result<u8> {
    if matches!(error, Error::ReaderGone) {
        return Err(error);
    }
    reporter.diagnostics().extend(Diagnostic::of_error(&error));
    let (status, text) = (error.exit_status(), error.headline());
    let end = json::injections_end(plan, findings, status, "error", &text, reporter.diagnostics());
    print(&end).map(|()| status).map_err(|_| error)
}

/// The numbers of the injections that are to be run, each once.
fn numbers(plan: &Plan, only: &[usize]) -> Result<Vec<usize>> {
    let count = plan.count();
    match only.iter().find(|number| !(1..=count).contains(*number)) {
        Some(number) => Err(Error::Usage(
            Message::new(format!("{} has no injection {number}", plan.name))
                .help(format!("they have the numbers 1 to {count}")),
        )),
        None if only.is_empty() => Ok((1..=count).collect()),
        None => {
            let mut seen = HashSet::new();
            Ok(only.iter().copied().filter(|number| seen.insert(*number)).collect())
        }
    }
}

/// Runs them, and tells of each as it ends: what they have led to, and what was wrong.
fn run(
    campaign: &Campaign,
    numbers: &[usize],
    arguments: &InjectArguments,
    stop: &Stop,
) -> (Vec<Finding>, Result<()>) {
    let json_asked = arguments.json.json;
    let bar = if json_asked { ProgressBar::hidden() } else { bar(numbers.len()) };
    let written = Mutex::new(Ok(()));
    let (findings, ended) = campaign.run(numbers, jobs_or_processors(arguments.jobs), stop, &|finding| {
        bar.inc(1);
        bar.set_message(finding.outcome.class.word());
        if json_asked {
            let said = print(&json::injection(&campaign.plan, finding));
            if said.is_err() {
                // With nobody to tell, there is no point in going on.
                stop.ask(SIGPIPE);
                *written.lock().unwrap_or_else(PoisonError::into_inner) = said;
            }
        }
    });
    bar.finish_and_clear();
    (findings, written.into_inner().unwrap_or_else(PoisonError::into_inner).and(ended))
}
