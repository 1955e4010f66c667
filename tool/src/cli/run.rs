//! `bulkhead run`.

use std::io;
use std::path::Path;

use crate::build::{self, Options, Progress as _};
use crate::cores::Cores;
use crate::diagnostics::visible::spelled;
use crate::error::{Error, Message, Result};
use crate::files;
use crate::host::Host;
use crate::host::xen::Machine;
use crate::installation::Installation;
use crate::json;
use crate::programs;
use crate::record::Record;
use crate::run::{
    Consoles, Devices, Expectation, Finished, Heard, Input, PartitionEnd, RunOptions, Session, Variation,
    junit, junit_failure, refuse_what_cannot_hold, summary,
};
use crate::system_file::System;
use crate::terminal::Look;
use crate::tracing::Tracing;
use crate::units::duration_text;
use crate::unpack;

use super::arguments::{ReplayArguments, RunArguments};
use super::consoles;
use super::devices;
use super::keeper::Keeper;
use super::output_file::refuse_to_overwrite;
use super::print;
use super::reporter::Reporter;
use super::screen::Screen;
use super::signals::on_signal;
use super::trace::Output;
use super::unknown_partition;

/// Exit status when a partition did not end as expected, or a report tells that something was not as promised.
const UNEXPECTED: u8 = 4;

/// Builds and runs a system; returns the exit status.
pub(super) fn run(arguments: &RunArguments, reporter: &mut Reporter) -> Result<u8> {
    refuse_to_overwrite(arguments)?;
    Keeper::refuse_other(arguments)?;
    let timeline = Output::of(arguments)?;
    reporter.open_files(arguments.transcript.as_deref(), arguments.junit.as_deref())?;
    let ended = match &arguments.repeats {
        Some(record) => run_again(record, arguments, reporter),
        None => run_system(arguments, timeline.as_ref(), reporter),
    };
    if !reporter.is_refused(&ended) {
        reporter.report(|| match &ended {
            Ok(Ended { system, finished, heard, .. }) => junit(system, finished, &arguments.expect, heard),
            Err(error) => junit_failure(&arguments.file.display().to_string(), &error.headline()),
        })?;
    }
    let Ended { system, finished, status, .. } = ended?;
    if reporter.json() {
        print(&json::end(&system, &finished, status, reporter.diagnostics()))?;
    }
    Ok(status)
}

/// Repeats a run that was recorded; returns the exit status.
pub(super) fn replay(arguments: ReplayArguments, reporter: &mut Reporter) -> Result<u8> {
    let record = Record::open(&arguments.file)?;
    run(&arguments.into_run(record), reporter)
}

fn run_again(record: &Record, arguments: &RunArguments, reporter: &mut Reporter) -> Result<Ended> {
    let system = record.system.clone();
    known(&arguments.expect, &system)?;
    let options = RunOptions { timeout: arguments.timeout, ..record.options() };
    let image = record.image();
    let run = |session: Session, screen: &mut Screen<'_>| {
        session.run_with(&system, (&image, &record.programs), &options, screen)
    };
    observed(system.clone(), arguments, reporter, run, None)
}

/// A run that has ended.
struct Ended {
    system: System,
    finished: Finished,
    /// What partitions have said, if JUnit is to be told.
    heard: Heard,
    status: u8,
}

fn run_system(arguments: &RunArguments, timeline: Option<&Output>, reporter: &mut Reporter) -> Result<Ended> {
    let host = arguments.target.host;
    if let Some(file) = files::built(&arguments.file)? {
        if timeline.is_some() {
            return Err(is_built_without_trace(&arguments.file));
        }
        if arguments.variation.seed.is_some() {
            return Err(Error::Usage(
                Message::new(format!(
                    "{} is built already, with a kernel that need not vary",
                    arguments.file.display()
                ))
                .help("give the system file: it is built anew with the kernel that varies"),
            ));
        }
        if arguments.core.is_some() {
            return Err(Error::Usage(
                Message::new(format!(
                    "{} is built already, without the programs that --core is to leave",
                    arguments.file.display()
                ))
                .help("give the system file"),
            ));
        }
        return run_built(&file, arguments, reporter);
    }
    let system = build::check_for(arguments.target.processor, &arguments.file)?;
    known(&arguments.expect, &system)?;
    if let Some(name) = arguments.core_of.iter().find(|name| system.partition_number(name).is_none()) {
        return Err(unknown_partition(
            format!("there is no partition `{name}` for --core-of"),
            name,
            &system,
        ));
    }
    let warnings = host.check(&system)?;
    // For Xen it depends on the hypervisor, which is looked at later.
    for warning in warnings.iter().filter(|_| host != Host::Xen) {
        reporter.warn(warning)?;
    }
    host.can_be_run()?;
    reporter.warn_of(&system)?;
    let mut run_options = run_options(arguments, &system);
    let options = Options {
        colour: Look::of(&io::stderr()).colour && !reporter.json(),
        host,
        kit: arguments.kit.selection(),
        traces: timeline.is_some(),
        records_calls: arguments.calls,
        varies: arguments.variation.seed.is_some(),
        ..Options::default()
    };
    let for_our_own = [
        ("--timestamps", arguments.timestamps),
        ("--trace", timeline.is_some()),
        ("--core", arguments.core.is_some()),
        ("--record", arguments.record.is_some()),
        ("--seed", arguments.variation.seed.is_some()),
        ("--console", !arguments.console.is_empty()),
    ];
    if let Some((option, _)) = for_our_own.iter().find(|(_, asked)| *asked && host != Host::Bulkhead) {
        return Err(Error::Usage(
            Message::new(format!("{option} is for our own kernel"))
                .help("leave it out, or take --host bulkhead"),
        ));
    }
    if host == Host::Xen {
        return run_on_xen(system, arguments, &options, &run_options, reporter);
    }
    if arguments.hypervisor.is_some() {
        return Err(Error::Usage(
            Message::new("--hypervisor is for --host xen").help("leave it out, or add --host xen"),
        ));
    }
    refuse_what_cannot_hold(&system, &run_options)?;
    refuse_what_cannot_vary(&system, &run_options)?;
    devices::open(arguments, &system, &mut run_options, reporter)?;
    let mut keeper = Keeper::open(arguments, &mut run_options)?;
    // Consoles last: what is refused before costs nobody the file that one is to be in.
    consoles::open(arguments, &system, &mut run_options, reporter)?;
    let built = build::build_system(system, &options, reporter)?;
    keeper.as_mut().map_or(Ok(()), |keeper| keeper.take(&built.file, built.programs.clone()))?;
    let kernel = options.kernel(&Installation::find()?, built.system.processor)?;
    let tracing = timeline.map(|_| Tracing::begin(&built, &kernel)).transpose()?;
    let cores = arguments.core.as_deref().map(Cores::begin).transpose()?;
    let memory = tracing.as_ref().map(Tracing::memory_file);
    run_options.keeps_lines = tracing.is_some();
    run_options.memory_file = memory.or_else(|| cores.as_ref().map(Cores::memory_file));
    let run = |session: Session, screen: &mut Screen<'_>| session.run(&built, &run_options, screen);
    let keeper = keeper.map(|keeper| (keeper, &run_options));
    let ended = observed(built.system.clone(), arguments, reporter, run, keeper);
    if let (Some(cores), Some(memory), Ok(ended)) = (&cores, &run_options.memory_file, &ended) {
        let partitions = left(arguments, ended);
        for line in cores.write(&built, &kernel, memory, &partitions)? {
            reporter.remark(&format!("{}\n", spelled(&line)))?;
        }
        if partitions.is_empty() {
            reporter.remark("no core file: no partition was stopped\n")?;
        }
    }
    let mut as_promised = true;
    if let (Some(tracing), Some(timeline)) = (tracing, timeline) {
        // Whatever has become of the run: what was recorded before may say why.
        match (tracing.finish(), &ended) {
            (Ok(mut told), ended) => {
                let lines = ended.as_ref().ok().and_then(|ended| ended.finished.lines.as_ref());
                let unknown = lines.map_or(0, |lines| lines.put_into(&mut told));
                as_promised = timeline.write(&told, reporter)?;
                if unknown > 0 {
                    reporter.remark(&format!(
                        "{unknown} lines of partitions are not in it: their time is not known\n"
                    ))?;
                }
            }
            // It was ended before the kernel had begun, say: that is the end to tell.
            (Err(error), Ok(ended)) if !ended.finished.ending.is_orderly() => {
                reporter.remark(&format!("no timeline: {}\n", error.headline()))?;
            }
            (Err(error), Ok(_)) => return Err(error),
            (Err(_), Err(_)) => {}
        }
    }
    let mut ended = ended?;
    if !as_promised && ended.status == 0 {
        ended.status = UNEXPECTED;
    }
    consoles::failure(&run_options.consoles)?;
    Ok(ended)
}

/// The complaint about a file that was built before, where records are wanted.
pub(super) fn is_built_without_trace(file: &Path) -> Error {
    let text = format!("{} is built already, with a kernel that need not trace", file.display());
    Error::Usage(
        Message::new(text).help("give the system file: it is built anew with the kernel that traces"),
    )
}

/// Refuses to vary what cannot be: a run that takes its time from the host, or windows that could be over before they
/// are noticed to have begun.
pub(super) fn refuse_what_cannot_vary(system: &System, options: &RunOptions) -> Result<()> {
    let Some(Variation { jitter, .. }) = options.variation else { return Ok(()) };
    if options.realtime {
        return Err(Error::Usage(
            Message::new(
                "--seed with --realtime: the host's time is not drawn from a seed, so no run is repeated",
            )
            .help("leave one of the two out"),
        ));
    }
    let least = system.shortest_window + jitter;
    let windows = system.schedules.iter().flat_map(|schedule| &schedule.windows);
    let Some(window) = windows.min_by_key(|window| window.duration).filter(|it| it.duration < least) else {
        return Ok(());
    };
    Err(Error::Usage(
        Message::new(format!(
            "--seed: a window of `{}` has {}, and could be over before the kernel is there, {} late",
            system.partition_name(window.partition),
            duration_text(window.duration),
            duration_text(jitter)
        ))
        .help(format!(
            "give it {} or more ({} is the shortest window without), or --jitter less",
            duration_text(least),
            duration_text(system.shortest_window)
        )),
    ))
}

/// The partitions that leave core files.
fn left(arguments: &RunArguments, ended: &Ended) -> Vec<usize> {
    let is_left = |name: &str| {
        let was_stopped = ended.finished.facts.ends.get(name) == Some(&PartitionEnd::Stopped);
        was_stopped || arguments.core_of.iter().any(|it| it == name)
    };
    let partitions = ended.system.partitions.iter().enumerate();
    partitions.filter(|(_, partition)| is_left(&partition.name)).map(|(number, _)| number).collect()
}

/// How a system is run, as far as its arguments say.
pub(super) fn run_options(arguments: &RunArguments, system: &System) -> RunOptions {
    RunOptions {
        time_limit: arguments.time_limit,
        line_times: arguments.timestamps,
        variation: arguments.variation.variation(),
        memory_file: None,
        keeps_lines: false,
        log: None,
        realtime: arguments.realtime,
        pace: None,
        timeout: arguments.timeout,
        qemu: None,
        exact: true,
        qemu_arguments: arguments.qemu_arguments.clone(),
        silence: None,
        input: if system.console_input.is_some() { Input::Standard } else { Input::None },
        input_to: system.console_input,
        consoles: Consoles::default(),
        devices: Devices::default(),
        ends_with: None,
    }
}

/// Runs a file that was built before.
fn run_built(file: &[u8], arguments: &RunArguments, reporter: &mut Reporter) -> Result<Ended> {
    let (path, shown) = (&arguments.file, arguments.file.display());
    let target = &arguments.target;
    let option = match (target.host, target.processor, arguments.kit.is_named()) {
        (Host::Bulkhead, None, false) => None,
        (Host::Bulkhead, None, true) => Some("--kit"),
        (Host::Bulkhead, Some(_), _) => Some("--arch"),
        _ => Some("--host"),
    };
    if let Some(option) = option {
        return Err(Error::Usage(
            Message::new(format!("{shown} is built already: {option} comes too late"))
                .help(format!("leave {option} out, or give the system file")),
        ));
    }
    if !arguments.forward.is_empty() || !arguments.disk.is_empty() {
        let option = if arguments.disk.is_empty() { "--forward" } else { "--disk" };
        return Err(Error::Usage(
            Message::new(format!("{shown} does not say what QEMU is to be: {option} has no device"))
                .help("give the system file, or arguments for QEMU: bulkhead run ... -- -device ..."),
        ));
    }
    let system = unpack::system(path, file).map_err(|why| {
        Error::Usage(
            Message::new(format!("{shown} is not a system that can be run: {why}"))
                .help("give a system file, or what `bulkhead build` has made of one for our own kernel"),
        )
    })?;
    known(&arguments.expect, &system)?;
    let mut run_options = run_options(arguments, &system);
    refuse_what_cannot_hold(&system, &run_options)?;
    devices::open(arguments, &system, &mut run_options, reporter)?;
    let mut keeper = Keeper::open(arguments, &mut run_options)?;
    consoles::open(arguments, &system, &mut run_options, reporter)?;
    keeper.as_mut().map_or(Ok(()), |keeper| keeper.take(path, programs::beside(path, &system)))?;
    let run =
        |session: Session, screen: &mut Screen<'_>| session.run_file(&system, path, &run_options, screen);
    let keeper = keeper.map(|keeper| (keeper, &run_options));
    let ended = observed(system.clone(), arguments, reporter, run, keeper)?;
    consoles::failure(&run_options.consoles)?;
    Ok(ended)
}

/// Runs a session, and shows it and how it ended; keeps a record of it, if it is to have one, which was run so.
fn observed(
    system: System,
    arguments: &RunArguments,
    reporter: &mut Reporter,
    run: impl FnOnce(Session, &mut Screen<'_>) -> Result<Finished>,
    keeper: Option<(Keeper, &RunOptions)>,
) -> Result<Ended> {
    reporter.finish();
    reporter.begin_files()?;
    let session = Session::new();
    let interrupter = session.interrupter();
    on_signal(move |signal| interrupter.interrupt(signal));
    if reporter.json() {
        let found = std::mem::take(reporter.diagnostics());
        print(&json::begin(&system, arguments.target.host, &found))?;
    }
    let mut screen = Screen::new(&system, reporter.json(), arguments, reporter.transcript());
    let finished = run(session, &mut screen)?;
    // First of all: what cannot be shown or written besides does not take it away.
    let kept = keeper.map(|(keeper, options)| keeper.keep(&system, options, &finished)).transpose();
    let heard = screen.finish()?.unwrap_or_default();
    show_summary(&system, &finished, reporter)?;
    remark_if_unheard(&finished, reporter)?;
    kept?.map_or(Ok(()), |kept| reporter.remark(&kept))?;
    let status = status(&arguments.expect, &finished, reporter)?;
    Ok(Ended { system, finished, heard, status })
}

/// Shows how a run went.
pub(super) fn show_summary(system: &System, finished: &Finished, reporter: &Reporter) -> Result<()> {
    reporter.note(&summary(system, finished, Look::plain()))?;
    if reporter.json() { Ok(()) } else { print(&summary(system, finished, Look::of(&io::stdout()))) }
}

/// Says what to look at, if the kernel has not said a word.
pub(super) fn remark_if_unheard(finished: &Finished, reporter: &Reporter) -> Result<()> {
    if let Some(qemu) = &finished.unheard {
        reporter.remark(&format!(
            "note: the kernel has not said a word in {}; BULKHEAD_QEMU and BULKHEAD_QEMU_SPARC name another QEMU\n",
            spelled(&qemu.display().to_string())
        ))?;
    }
    Ok(())
}

/// Builds a system and runs it on Xen.
fn run_on_xen(
    system: System,
    arguments: &RunArguments,
    options: &Options,
    run_options: &RunOptions,
    reporter: &mut Reporter,
) -> Result<Ended> {
    let installation = Installation::find()?;
    let (machine, warnings) = Machine::find(arguments.hypervisor.as_deref(), &installation, &system)?;
    for warning in warnings {
        reporter.warn(&warning)?;
    }
    let built = build::build_for_host(system, options, reporter)?;
    reporter.step("preparing Xen's first domain");
    let boot = machine.prepare(&built, run_options.time_limit)?;
    let run = |session: Session, screen: &mut Screen<'_>| {
        session.run_on_xen(&built.system, &boot, run_options, screen)
    };
    let ended = observed(built.system.clone(), arguments, reporter, run, None)?;
    if !ended.finished.ending.is_orderly() {
        reporter.remark(&format!("Xen's own log: {}\n", boot.folder.join(boot.log).display()))?;
    }
    Ok(ended)
}

/// Complains about a partition that is expected to end and does not exist.
fn known(expectations: &[Expectation], system: &System) -> Result<()> {
    for expectation in expectations {
        if system.partition_number(&expectation.partition).is_none() {
            let name = &expectation.partition;
            return Err(unknown_partition(format!("--expect names no partition: `{name}`"), name, system));
        }
    }
    Ok(())
}

/// The exit status: that of the ending, unless the user has said what to expect.
fn status(expectations: &[Expectation], finished: &Finished, reporter: &mut Reporter) -> Result<u8> {
    let natural = finished.ending.exit_status();
    if expectations.is_empty() || !finished.ending.is_orderly() {
        return Ok(natural);
    }
    let differences: Vec<String> =
        expectations.iter().filter_map(|expectation| expectation.difference(&finished.facts)).collect();
    for difference in &differences {
        reporter.difference(difference)?;
    }
    Ok(if differences.is_empty() { 0 } else { UNEXPECTED })
}
