//! `bulkhead run`.

use std::io::{self, Write};

use crate::build::{self, Options, Progress as _};
use crate::error::{Error, Message, Result};
use crate::files;
use crate::host::Host;
use crate::host::xen::Machine;
use crate::installation::Installation;
use crate::run::{ConsolePrinter, Expectation, Finished, Input, RunOptions, Session, summary};
use crate::system_file::System;
use crate::terminal::Look;
use crate::unpack;

use super::arguments::RunArguments;
use super::progress::TerminalProgress;
use super::signals::on_signal;
use super::{print, warn};

/// Exit status when a partition did not end as expected.
const UNEXPECTED: u8 = 4;

/// Builds and runs a system; returns the exit status.
pub(super) fn run(arguments: RunArguments) -> Result<u8> {
    let host = arguments.target.host;
    if let Some(file) = files::built(&arguments.file)? {
        return run_built(&file, &arguments);
    }
    let system = build::check_for(arguments.target.processor, &arguments.file)?;
    known(&arguments.expect, &system)?;
    let warnings = host.check(&system)?;
    // For Xen it depends on the hypervisor, which is looked at later.
    for warning in warnings.iter().filter(|_| host != Host::Xen) {
        warn(warning);
    }
    host.can_be_run()?;
    let run_options = run_options(&arguments, &system);
    let options = Options {
        colour: Look::of(&io::stderr()).colour,
        host,
        kit: arguments.kit.selection(),
        ..Options::default()
    };
    if host == Host::Xen {
        return run_on_xen(system, &arguments, &options, &run_options);
    }
    if arguments.hypervisor.is_some() {
        return Err(Error::Usage(
            Message::new("--hypervisor is for --host xen").help("leave it out, or add --host xen"),
        ));
    }
    let mut progress = TerminalProgress::new();
    let built = build::build_system(system, &options, &mut progress)?;
    progress.finish();
    let finished = observed(&built.system, arguments.verbose, |session, printer| {
        session.run(&built, &run_options, printer)
    })?;
    Ok(status(&arguments.expect, &finished))
}

fn run_options(arguments: &RunArguments, system: &System) -> RunOptions {
    RunOptions {
        time_limit: arguments.time_limit,
        realtime: arguments.realtime,
        timeout: arguments.timeout,
        qemu: None,
        qemu_arguments: arguments.qemu_arguments.clone(),
        input: if system.console_input.is_some() { Input::Standard } else { Input::None },
    }
}

/// Runs a file that was built before.
fn run_built(file: &[u8], arguments: &RunArguments) -> Result<u8> {
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
    let system = unpack::system(path, file).map_err(|why| {
        Error::Usage(
            Message::new(format!("{shown} is not a system that can be run: {why}"))
                .help("give a system file, or what `bulkhead build` has made of one for our own kernel"),
        )
    })?;
    known(&arguments.expect, &system)?;
    let run_options = run_options(arguments, &system);
    let finished = observed(&system, arguments.verbose, |session, printer| {
        session.run_file(&system, path, &run_options, printer)
    })?;
    Ok(status(&arguments.expect, &finished))
}

/// Runs a session and shows it.
fn observed(
    system: &System,
    verbose: bool,
    run: impl FnOnce(Session, &mut ConsolePrinter<io::Stdout>) -> Result<Finished>,
) -> Result<Finished> {
    let session = Session::new();
    let interrupter = session.interrupter();
    on_signal(move |signal| interrupter.interrupt(signal));
    let look = Look::of(&io::stdout());
    let mut printer = ConsolePrinter::new(io::stdout(), look, system, verbose);
    let finished = run(session, &mut printer)?;
    if let Some(failure) = printer.failure() {
        return Err(Error::output(failure));
    }
    print(&summary(system, &finished, look))?;
    Ok(finished)
}

/// Builds a system and runs it on Xen.
fn run_on_xen(
    system: System,
    arguments: &RunArguments,
    options: &Options,
    run_options: &RunOptions,
) -> Result<u8> {
    let installation = Installation::find()?;
    let (machine, warnings) = Machine::find(arguments.hypervisor.as_deref(), &installation, &system)?;
    for warning in warnings {
        warn(&warning);
    }
    let mut progress = TerminalProgress::new();
    let built = build::build_for_host(system, options, &mut progress)?;
    progress.step("preparing Xen's first domain");
    let boot = machine.prepare(&built, run_options.time_limit)?;
    progress.finish();
    let finished = observed(&built.system, arguments.verbose, |session, printer| {
        session.run_on_xen(&built.system, &boot, run_options, printer)
    })?;
    if !finished.ending.is_orderly() {
        let _ = writeln!(io::stderr(), "Xen's own log: {}", boot.folder.join(boot.log).display());
    }
    Ok(status(&arguments.expect, &finished))
}

/// Complains about a partition that is expected to end and does not exist.
fn known(expectations: &[Expectation], system: &System) -> Result<()> {
    for expectation in expectations {
        if system.partition_number(&expectation.partition).is_none() {
            let names: Vec<&str> =
                system.partitions.iter().map(|partition| partition.name.as_str()).collect();
            let text = format!("--expect names no partition: `{}`", expectation.partition);
            let help = crate::diagnostics::known_names(&expectation.partition, "partitions", &names);
            return Err(Error::Usage(Message::new(text).help(help)));
        }
    }
    Ok(())
}

/// The exit status: that of the ending, unless the user has said what to expect.
fn status(expectations: &[Expectation], finished: &Finished) -> u8 {
    let natural = finished.ending.exit_status();
    if expectations.is_empty() || !finished.ending.is_orderly() {
        return natural;
    }
    let differences: Vec<String> =
        expectations.iter().filter_map(|expectation| expectation.difference(&finished.facts)).collect();
    for difference in &differences {
        let _ = writeln!(io::stderr(), "error: {difference}");
    }
    if differences.is_empty() { 0 } else { UNEXPECTED }
}
