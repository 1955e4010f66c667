//! The `bulkhead audit` command.

use crate::audit::{audit, defined_symbols, read};
use crate::error::AuditError;
use crate::options::{Allowance, InputKind, Options};
use crate::render::{self, Style};
use crate::report::Report;
use clap::{Args, ValueEnum};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Everything is as it should be.
const SUCCESS: u8 = 0;
/// `--strict`, and something is left that a partition cannot run.
const PROBLEMS: u8 = 1;
/// The input could not be audited, or the result not written.
const FAILED: u8 = 2;

/// Reads programs for the instructions that need privilege, and tells what becomes of each in a partition.
///
/// Exit code: 0, or 1 with --strict if anything is left that a partition cannot run, or 2 if an input could not be
/// read.
#[derive(Clone, Debug, Args)]
pub struct AuditArguments {
    /// Archives, objects or ELF images: i386, x86_64 or SPARC V8
    #[arg(required_unless_present = "instructions", value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// The files are linked images: refuse anything else, and count nothing as replaced
    #[arg(long)]
    pub image: bool,

    /// Exit with 1 if anything is left that a partition cannot run
    #[arg(long)]
    pub strict: bool,

    /// Accept what this function holds, for a reason that the report repeats
    #[arg(long = "allow", value_name = "FUNCTION=REASON", value_parser = parse_allowance)]
    pub allowed: Vec<Allowance>,

    /// The library of the link-time pack: what it defines decides what is replaced
    #[arg(long, value_name = "ARCHIVE")]
    pub pack: Option<PathBuf>,

    /// Print the report as JSON
    #[arg(long, group = "format")]
    pub json: bool,

    /// Print the report as SARIF 2.1.0, for code hosts and editors
    #[arg(long, group = "format")]
    pub sarif: bool,

    /// Print the tables of docs/privileged-instructions.md
    #[arg(long, group = "format")]
    pub markdown: bool,

    /// Print the table of instructions that the audit knows
    #[arg(long, conflicts_with_all = ["files", "json", "sarif"])]
    pub instructions: bool,

    /// Also list harmless instructions one by one, and every stretch that was not followed
    #[arg(long, short)]
    pub verbose: bool,

    /// When to use colour
    #[arg(long, value_enum, default_value_t = ColourChoice::Auto, value_name = "WHEN")]
    pub color: ColourChoice,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColourChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

fn parse_allowance(text: &str) -> Result<Allowance, String> {
    let (function, reason) = text.split_once('=').unwrap_or((text, ""));
    let (function, reason) = (function.trim(), reason.trim());
    if function.is_empty() || reason.is_empty() {
        return Err("expected a function and a reason, such as 'cpu_probe=sets the ID flag only'".to_owned());
    }
    Ok(Allowance { function: function.to_owned(), reason: reason.to_owned() })
}

/// Runs the command on standard output and standard error.
#[must_use]
pub fn run(arguments: &AuditArguments) -> ExitCode {
    let code = match execute(arguments, &mut io::stdout().lock()) {
        Ok(code) => code,
        // The reader of a pipe has seen enough.
        Err(error) if error.is_closed_pipe() => SUCCESS,
        Err(error) => {
            // Nothing is left to do if even this cannot be written.
            let _ = writeln!(io::stderr(), "error: {error}");
            FAILED
        }
    };
    ExitCode::from(code)
}

/// Why the command failed.
enum Failure {
    Audit { path: PathBuf, error: AuditError },
    Write(io::Error),
}

impl Failure {
    fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // The message about a file that cannot be read names it already.
            Self::Audit { error: error @ AuditError::Read { .. }, .. } => write!(formatter, "{error}"),
            Self::Audit { path, error } => write!(formatter, "{}: {error}", path.display()),
            Self::Write(error) => write!(formatter, "cannot write the report: {error}"),
        }
    }
}

fn execute(arguments: &AuditArguments, output: &mut impl Write) -> Result<u8, Failure> {
    if arguments.instructions {
        let text = if arguments.markdown { render::instruction_tables() } else { render::instruction_list() };
        output.write_all(text.as_bytes()).map_err(Failure::Write)?;
        return Ok(SUCCESS);
    }
    let options = options(arguments)?;
    let mut reports = Vec::new();
    for path in &arguments.files {
        reports.push(audit_path(path, &options)?);
    }
    let text = rendered(arguments, &reports);
    output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(Failure::Write)?;
    let problems = reports.iter().any(|report| report.problems().next().is_some());
    Ok(if arguments.strict && problems { PROBLEMS } else { SUCCESS })
}

fn audit_path(path: &Path, options: &Options) -> Result<Report, Failure> {
    let failed = |error| Failure::Audit { path: path.to_owned(), error };
    let bytes = read(path, options.size_limit).map_err(failed)?;
    audit(&path.display().to_string(), &bytes, options).map_err(failed)
}

fn options(arguments: &AuditArguments) -> Result<Options, Failure> {
    let mut options = Options { allowed: arguments.allowed.clone(), ..Options::default() };
    if arguments.image {
        options.kind = InputKind::Image;
    }
    if let Some(path) = &arguments.pack {
        let failed = |error| Failure::Audit { path: path.clone(), error };
        let bytes = read(path, options.size_limit).map_err(failed)?;
        options.pack = Some(defined_symbols(&bytes).map_err(failed)?);
    }
    Ok(options)
}

fn rendered(arguments: &AuditArguments, reports: &[Report]) -> String {
    if arguments.sarif {
        return render::sarif(reports);
    }
    if arguments.json {
        return render::json(reports);
    }
    if arguments.markdown {
        return reports.iter().map(render::markdown).collect::<Vec<_>>().join("\n");
    }
    let colour = match arguments.color {
        ColourChoice::Always => true,
        ColourChoice::Never => false,
        ColourChoice::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    };
    let style = Style { colour, verbose: arguments.verbose };
    reports.iter().map(|report| render::text(report, style)).collect::<Vec<_>>().join("\n")
}
