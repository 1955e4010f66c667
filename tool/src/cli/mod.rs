//! The command line: what is asked, and how results and failures are shown.

mod arguments;
mod clean;
mod colour;
mod consoles;
mod debug;
mod devices;
mod events;
mod graph;
mod inject;
mod keeper;
mod kit;
mod output_file;
mod progress;
mod reporter;
mod run;
mod schedule;
mod screen;
mod shells;
mod signals;
mod test_rtems;
mod top;
mod trace;
mod words;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser};

use crate::build::{self, Options};
use crate::channel_tables::tables;
use crate::diagnostics::known_names;
use crate::error::{Error, Message, Result};
use crate::health_table::{self, Extent};
use crate::host::Host;
use crate::json::{self, Contents};
use crate::kit::Kit;
use crate::memory_map;
use crate::new_system;
use crate::schedules::schedules;
use crate::system_file::{self, Program, System};
use crate::terminal::Look;
use crate::units::{duration_text, size_text};
use arguments::{Arguments, BuildArguments, CheckArguments, Command, JsonArgument, SchemaOf};
use reporter::Reporter;
use words::words;

/// Exit status of wrong usage (`sysexits.h`, `EX_USAGE`).
const USAGE: u8 = 64;

/// Does what the command line asks; returns the exit status.
#[must_use]
pub fn main() -> ExitCode {
    colour::asked().choose();
    let status = match Arguments::try_parse() {
        Ok(arguments) => execute(arguments.command),
        Err(error) => usage(&error).map(ExitCode::from),
    };
    status.unwrap_or_else(|error| failed(&error))
}

/// Shows what is wrong with the command line, or the help that was asked for.
fn usage(error: &clap::Error) -> Result<u8> {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if let Some(command) = json_asked().filter(|_| !asked) {
        let text = error.render().to_string();
        let (text, help) = text.trim_end().split_once("\n\n").unwrap_or((text.trim_end(), ""));
        let message = Message::new(text.trim_start_matches("error: ")).help(help.trim_start());
        return Reporter::new(&command, true).conclude(Err(Error::Usage(message)));
    }
    match error.print().and_then(|()| io::stdout().flush()) {
        Err(failure) if asked => Err(Error::output(&failure)),
        _ => Ok(if asked { 0 } else { USAGE }),
    }
}

/// The command that is to speak JSON, as far as the command line can be read: what is wrong with it is JSON, too.
fn json_asked() -> Option<String> {
    let json = words().any(|word| word == "--json");
    let commands = Arguments::command();
    // The first word can be an option's value: `--color never check`.
    let named = |word: &String| commands.find_subcommand(word).is_some();
    json.then(|| words().find(named).unwrap_or_default())
}

/// Shows a failure; the exit status that stands for it.
fn failed(error: &Error) -> ExitCode {
    show(error);
    ExitCode::from(error.exit_status())
}

fn execute(command: Command) -> Result<ExitCode> {
    let reporter = |command, json: &JsonArgument| Reporter::new(command, json.json);
    let status = match command {
        Command::Check(arguments) => {
            let mut reporter = reporter("check", &arguments.json);
            let done = check(&arguments, &mut reporter);
            reporter.conclude(done.map(|()| 0))
        }
        Command::Build(arguments) => {
            let mut reporter = reporter("build", &arguments.json);
            let done = build(arguments, &mut reporter);
            reporter.conclude(done.map(|()| 0))
        }
        Command::Run(arguments) => {
            let mut reporter = reporter("run", &arguments.json);
            let status = run::run(&arguments, &mut reporter);
            reporter.conclude(status)
        }
        Command::Replay(arguments) => {
            let mut reporter = reporter("replay", &arguments.json);
            let status = run::replay(arguments, &mut reporter);
            reporter.conclude(status)
        }
        Command::Trace(arguments) => {
            let mut reporter = Reporter::new("trace", false);
            let status = trace::trace(arguments, &mut reporter);
            reporter.conclude(status)
        }
        Command::Report(arguments) => {
            let mut reporter = Reporter::new("report", false);
            let status = trace::figures(arguments, &mut reporter);
            reporter.conclude(status)
        }
        Command::Top(arguments) => {
            let mut reporter = Reporter::new("top", false);
            let status = top::top(arguments, &mut reporter);
            reporter.conclude(status)
        }
        Command::Picture(arguments) => {
            let mut reporter = Reporter::new("picture", false);
            let status = trace::draw(arguments, &mut reporter);
            reporter.conclude(status)
        }
        Command::Clean(arguments) => clean::clean(&arguments).map(|()| 0),
        Command::Debug(arguments) => debug::debug(&arguments),
        Command::Graph(arguments) => graph::draw(&arguments).map(|()| 0),
        Command::Schedule(arguments) => schedule::schedule(&arguments).map(|()| 0),
        Command::Inject(arguments) => {
            let mut reporter = reporter("inject", &arguments.json);
            let status = inject::inject(&arguments, &mut reporter);
            reporter.conclude(status)
        }
        Command::Kit { command } => kit::kit(command),
        Command::TestRtems(arguments) => {
            let reporter = reporter("test-rtems", &arguments.json);
            let status = test_rtems::test_rtems(arguments);
            reporter.conclude(status)
        }
        Command::Audit(arguments) => return Ok(bulkhead_audit::run(&arguments)),
        Command::Completions { shell } => print(&shells::completions(shell)).map(|()| 0),
        Command::Man { directory } => shells::manual(&directory).map(|()| 0),
        Command::Schema { of } => print(&schema(of)).map(|()| 0),
        Command::New { directory } => print(&new_system::write(&directory)?).map(|()| 0),
    };
    status.map(ExitCode::from)
}

fn schema(of: SchemaOf) -> String {
    match of {
        SchemaOf::SystemFile => system_file::schema(),
        SchemaOf::Check => json::schema::check(),
        SchemaOf::Run => json::schema::run(),
        SchemaOf::Inject => json::schema::inject(),
        SchemaOf::TestRtems => json::schema::test_rtems(),
    }
}

fn build(arguments: BuildArguments, reporter: &mut Reporter) -> Result<()> {
    let BuildArguments { target, file, output, kit, .. } = arguments;
    let colour = Look::of(&io::stderr()).colour && !reporter.json();
    let host = target.host;
    let options = Options { output, colour, host, kit: kit.selection(), ..Options::default() };
    let system = build::check_for(target.processor, &file)?;
    for warning in host.check(&system)? {
        reporter.warn(&warning)?;
    }
    reporter.warn_of(&system)?;
    let look = Look::of(&io::stdout());
    if host != Host::Bulkhead {
        let built = build::build_for_host(system, &options, reporter)?;
        reporter.finish();
        return reporter.found(Contents::Hosted(&built), || memory_map::hosted(&built, look));
    }
    let built = build::build_system(system, &options, reporter)?;
    reporter.finish();
    reporter.found(Contents::Built(&built), || memory_map::report(&built, look))
}

fn check(arguments: &CheckArguments, reporter: &mut Reporter) -> Result<()> {
    let host = arguments.target.host;
    let system = build::check_for(arguments.target.processor, &arguments.file)?;
    for warning in host.check(&system)? {
        reporter.warn(&warning)?;
    }
    reporter.warn_of(&system)?;
    let compiles = system.partitions.iter().any(|partition| matches!(partition.program, Program::Sources(_)));
    if let Some(selection) = arguments.kit.selection().filter(|_| compiles) {
        Kit::find_for(system.processor, &selection)?.usable()?;
        if arguments.kit.is_named() {
            let options = Options { kit: Some(selection), host, ..Options::default() };
            build::check_programs(&system, &options, reporter)?;
            reporter.finish();
        }
    }
    let partitions = system.partitions.len();
    reporter.found(Contents::Checked(&system, host), || {
        let look = Look::of(&io::stdout());
        let tables = tables(&system, look);
        let extent = if arguments.health { Extent::All } else { Extent::DifferencesTold };
        format!(
            "{}: no problems: {} partition{} in {} of memory, major frame {}\n\n{}{}{}",
            system.name,
            partitions,
            if partitions == 1 { "" } else { "s" },
            size_text(system.memory),
            duration_text(system.schedule().major_frame),
            tables,
            health_table::table(&system, extent, look),
            schedules(&system, look)
        )
    })
}

/// The complaint, in these words, about a partition that a command line names and a system does not have.
fn unknown_partition(text: String, name: &str, system: &System) -> Error {
    let names: Vec<&str> = system.partitions.iter().map(|partition| partition.name.as_str()).collect();
    Error::Usage(Message::new(text).help(known_names(name, "partitions", &names)))
}

/// Writes to the standard output.
///
/// # Errors
/// If it cannot be written, or its reader has gone.
fn print(text: &str) -> Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(|error| Error::output(&error))
}

/// What the user is to know, in words.
fn warning_text(message: &Message) -> String {
    message.to_string().replacen("error:", "warning:", 1) + "\n"
}

/// Shows on the standard error what the user is to know.
fn show_warning(message: &Message) {
    let _ = io::stderr().write_all(warning_text(message).as_bytes());
}

/// Shows a failure on the standard error.
fn show(error: &Error) {
    let fancy = Look::of(&io::stderr()).colour;
    let text = match error {
        // There is nobody to show it to, and nothing is wrong.
        Error::ReaderGone => return,
        Error::SystemFile(report) if fancy => report.fancy(),
        other => format!("{}\n", other.to_string().trim_end()),
    };
    let _ = io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use clap::Parser as _;

    use super::Arguments;

    /// The words of a line as a shell has them, up to where another command or a comment begins.
    fn words(line: &str) -> Vec<String> {
        let command = line.split([';', '|', '>', '&']).next().unwrap_or_default();
        shlex::split(command).expect("quotes that are closed")
    }

    /// Each command that a document shows is one that there is, with options that it has.
    #[test]
    fn commands_of_documents_are_understood() {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let documents = fs::read_dir(repository.join("docs")).expect("documents").flatten();
        let documents = documents.map(|entry| entry.path()).chain([repository.join("README.md")]);
        let mut count = 0;
        for path in documents.filter(|path| path.extension().is_some_and(|it| it == "md")) {
            let text = fs::read_to_string(&path).expect("text");
            for line in text.lines().filter_map(|line| line.strip_prefix("    ")) {
                let line = line.strip_prefix("$ ").unwrap_or(line);
                let line = line.strip_prefix("build/bin/").unwrap_or(line);
                // What a program says about itself is none.
                if !line.starts_with("bulkhead ") || line.starts_with("bulkhead classic ") {
                    continue;
                }
                count += 1;
                if let Err(error) = Arguments::try_parse_from(words(line)) {
                    assert!(!error.use_stderr(), "{}: {line}\n{error}", path.display());
                }
            }
        }
        assert!(count > 40, "{count}");
    }
}
