//! The `bulkhead audit` command.

use crate::audit::audit;
use crate::error::AuditError;
use crate::input::{defined_symbols, read};
use crate::instructions::Kernel;
use crate::options::{Allowance, InputKind, Options};
use crate::render::{self, Style};
use crate::report::Report;
use anstream::{AutoStream, ColorChoice};
use clap::Args;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Everything is as it should be.
const SUCCESS: u8 = 0;
/// `--strict`, and something is left that a partition cannot run.
const PROBLEMS: u8 = 1;
/// The input could not be audited.
const FAILED: u8 = 2;
/// The result could not be written (`sysexits.h`, `EX_IOERR`).
const NOT_WRITTEN: u8 = 74;
/// The reader of the result has gone: what shells show of a program that SIGPIPE has ended.
const READER_GONE: u8 = 141;

/// Reads programs for the instructions that need privilege, and tells what becomes of each in a partition.
///
/// Exit code: 0, or 1 with --strict if anything is left that a partition cannot run, or 2 if an input could not be
/// read, or 74 if the report could not be written.
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

    /// The kernel below the partition: on AIR some instructions mean something else
    #[arg(long, value_name = "KERNEL", value_enum, default_value_t)]
    pub kernel: Kernel,

    /// Print the report as JSON
    #[arg(long, group = "format")]
    pub json: bool,

    /// Print the report as SARIF 2.1.0, for code hosts and editors
    #[arg(long, group = "format")]
    pub sarif: bool,

    /// Print the tables of docs/privileged-instructions.md
    #[arg(long, group = "format")]
    pub markdown: bool,

    /// Print what the audit knows: the table of instructions, with --markdown also the symbols of the pack
    #[arg(long, conflicts_with_all = ["files", "json", "sarif"])]
    pub instructions: bool,

    /// Also list harmless instructions one by one, and every stretch that was not followed
    #[arg(long, short)]
    pub verbose: bool,
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
        Err(error) if error.is_closed_pipe() => READER_GONE,
        Err(error) => {
            // Nothing is left to do if even this cannot be written.
            let _ = writeln!(io::stderr(), "error: {error}");
            if matches!(error, Failure::Write(_)) { NOT_WRITTEN } else { FAILED }
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
            Self::Write(error) => write!(formatter, "the output cannot be written: {error}"),
        }
    }
}

fn execute(arguments: &AuditArguments, output: &mut impl Write) -> Result<u8, Failure> {
    if arguments.instructions {
        let text = if arguments.markdown { render::knowledge() } else { render::instruction_list() };
        output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(Failure::Write)?;
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
    let mut options =
        Options { allowed: arguments.allowed.clone(), kernel: arguments.kernel, ..Options::default() };
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
    let colour = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
    let style = Style { colour, verbose: arguments.verbose };
    reports.iter().map(|report| render::text(report, style)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        arguments: AuditArguments,
    }

    fn parse(words: &[&str]) -> Result<AuditArguments, clap::Error> {
        let words = std::iter::once(&"audit").chain(words);
        Command::try_parse_from(words).map(|command| command.arguments)
    }

    fn outcome(words: &[&str]) -> (Result<u8, String>, String) {
        let arguments = parse(words).expect("arguments that are right");
        let mut output = Vec::new();
        let code = execute(&arguments, &mut output).map_err(|failure| failure.to_string());
        (code, String::from_utf8(output).expect("text"))
    }

    /// An image of two instructions, the second `ret`, in a file that is removed at the end.
    struct Image(PathBuf);

    impl Image {
        fn new(name: &str, instruction: u8) -> Self {
            let header = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x03\0";
            let mut bytes = header.to_vec();
            // ELF header and one loaded, executable segment (System V ABI, chapters 4 and 5).
            let words = [1_u32, 0x1000, 52, 0, 0, 52 | 32 << 16, 1 | 40 << 16, 0];
            let segment = [1_u32, 84, 0x1000, 0x1000, 2, 2, 5, 4];
            bytes.extend(words.iter().chain(&segment).flat_map(|word| word.to_le_bytes()));
            bytes.extend([instruction, 0xc3]);
            let path = std::env::temp_dir().join(format!("bulkhead-audit-{}-{name}", std::process::id()));
            std::fs::write(&path, bytes).expect("a temporary file");
            Self(path)
        }

        fn name(&self) -> String {
            self.0.display().to_string()
        }
    }

    impl Drop for Image {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    #[test]
    fn strict_fails_on_what_a_partition_cannot_run() {
        // nop, pushf, popf, cli
        for (instruction, expected) in [(0x90, SUCCESS), (0x9c, SUCCESS), (0x9d, PROBLEMS), (0xfa, PROBLEMS)]
        {
            let image = Image::new(&format!("strict-{instruction}"), instruction);
            assert_eq!(outcome(&[&image.name()]).0, Ok(SUCCESS));
            assert_eq!(outcome(&[&image.name(), "--strict", "--image"]).0, Ok(expected), "{instruction:#x}");
        }
    }

    #[test]
    fn an_allowance_needs_a_reason() {
        assert!(parse(&["a.o", "--allow", "probe=sets ID only"]).is_ok());
        for wrong in ["probe", "probe=", "=reason", "probe= "] {
            let error = parse(&["a.o", "--allow", wrong]).expect_err("no reason").to_string();
            assert!(error.contains("expected a function and a reason"), "{error}");
        }
    }

    #[test]
    fn one_format_at_a_time() {
        assert!(parse(&["a.o", "--json", "--sarif"]).is_err());
        assert!(parse(&[]).is_err());
        assert!(parse(&["--instructions"]).is_ok());
    }

    #[test]
    fn a_missing_file_is_named_once() {
        let (code, output) = outcome(&["no/such/file.a"]);
        let message = code.expect_err("no such file");
        assert_eq!(message.matches("no/such/file.a").count(), 1, "{message}");
        assert!(output.is_empty());
    }

    #[test]
    fn the_format_is_what_was_asked_for() {
        let image = Image::new("formats", 0x9c);
        let program = image.name();
        let starts = [("--json", "{"), ("--sarif", "{"), ("--markdown", "`"), ("--strict", &program)];
        for (option, start) in starts {
            let (code, output) = outcome(&[&program, option, "--image"]);
            assert_eq!(code, Ok(SUCCESS));
            assert!(output.starts_with(start), "{option}");
        }
        let (_, output) = outcome(&["--instructions", "--markdown"]);
        assert!(output.contains("| popf | silent |"), "{output}");
    }
}
