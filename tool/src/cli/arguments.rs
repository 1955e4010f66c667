//! What can be asked on the command line.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bulkhead_audit::AuditArguments;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::graph::Format;
use crate::kit::Selection;
use crate::record::Record;
use crate::run::{ConsolePlace, DiskFile, Expectation, Forward, Variation};
use crate::target::{Host, Processor};
use crate::units;

use super::colour::Colour;
use super::trace::{Format as TraceFormat, Promise, Stretch};

/// What `bulkhead --help` says about exit statuses.
const EXIT_STATUS: &str = "\
Exit status:
    0  done
   64  wrong usage; there is no such system file
   65  the system file has problems
   69  something is missing on this machine, or a file cannot be read or written
   70  the system cannot be built
   74  the output cannot be written
  141  the reader of the output has gone
  run, replay, trace, picture, report, top and test-rtems also end with
    1  a partition halted with a status other than 0, a test failed
    2  the health monitor stopped a partition
    3  the kernel or QEMU did not end as it should
    4  a partition did not end as --expect says; with report, something was not as promised
    5  the health monitor stopped the system
  124  --timeout was reached
  130  ended by Ctrl-C, or top by q; 143 by SIGTERM, 129 by SIGHUP
  inject also ends with
    1  a fault has led to what must not be
  130  ended by Ctrl-C; 143 by SIGTERM, 129 by SIGHUP
  debug ends with the status of gdb, or 128 and the signal that has ended it
  audit also ends with
    1  --strict, and something is left that a partition cannot run
    2  a file cannot be read as a program";

/// Checks, builds and runs systems of partitions.
#[derive(Debug, Parser)]
#[command(name = "bulkhead", version, after_help = EXIT_STATUS, max_term_width = 100)]
pub(super) struct Arguments {
    /// When to use colour
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        hide_possible_values = true,
        value_name = "auto|always|never"
    )]
    pub(super) color: Colour,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check a system file against every rule
    Check(CheckArguments),
    /// Build a system into one file that boots, and say what is in it
    Build(BuildArguments),
    /// Remove what builds of a system have made, and nothing else
    Clean(CleanArguments),
    /// Draw how the partitions of a system talk to each other: channels and shared memory
    Graph(GraphArguments),
    /// Propose windows that give each partition its budget in each of its periods
    Schedule(ScheduleArguments),
    /// Build a system and run it in QEMU
    Run(Box<RunArguments>),
    /// Repeat a run that was recorded, to the instruction
    Replay(ReplayArguments),
    /// Build a system, run it in QEMU, and write what ran when
    Trace(TraceArguments),
    /// Build a system, run it in QEMU, and draw what ran when
    Picture(PictureArguments),
    /// Build a system, run it in QEMU, and say in figures whether its windows were as the system file promises
    Report(ReportArguments),
    /// Build a system, run it in QEMU, and show meanwhile what its partitions do
    Top(TopArguments),
    /// Build a system, and debug it in gdb: a process for the kernel and one for each partition
    Debug(DebugArguments),
    /// Run a system again and again, each time with one fault at an exact instant, and say what each has led to
    Inject(InjectArguments),
    /// Check an RTEMS kit, and make it build programs for partitions
    Kit {
        #[command(subcommand)]
        command: KitCommand,
    },
    /// Run RTEMS's own test programs, each in a partition and a QEMU of its own
    TestRtems(TestRtemsArguments),
    /// Find the instructions of a program that need privilege, and tell what becomes of each
    Audit(AuditArguments),
    /// Print the JSON schema of the system file, by which editors complete and check it, or of what --json says
    Schema {
        /// What it is the schema of
        #[arg(value_enum, default_value_t = SchemaOf::SystemFile)]
        of: SchemaOf,
    },
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages
    Man {
        /// Folder to write them to
        directory: PathBuf,
    },
    /// Write a system to start from
    New {
        /// Folder to write it to; must not exist or be empty
        directory: PathBuf,
    },
}

/// What has a JSON schema.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SchemaOf {
    /// The system file
    SystemFile,
    /// The object of `check --json` and `build --json`
    Check,
    /// Each line of `run --json`
    Run,
    /// Each line of `test-rtems --json`
    TestRtems,
    /// Each line of `inject --json`
    Inject,
}

/// What `bulkhead check` is told.
#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    pub(super) target: TargetArgument,
    /// System file, or a folder with a bulkhead.toml, or - for the standard input
    #[arg(default_value = ".")]
    pub(super) file: PathBuf,
    /// Show everything that the health monitor does, not only what differs from the standard responses
    #[arg(long)]
    pub(super) health: bool,
    #[command(flatten)]
    pub(super) kit: KitArgument,
    #[command(flatten)]
    pub(super) json: JsonArgument,
}

/// What `bulkhead build` is told.
#[derive(Debug, Args)]
pub(super) struct BuildArguments {
    #[command(flatten)]
    pub(super) target: TargetArgument,
    /// System file, or a folder with a bulkhead.toml
    #[arg(default_value = ".")]
    pub(super) file: PathBuf,
    #[allow(rustdoc::invalid_html_tags, reason = "clap prints it as it is")]
    /// Where the bootable file goes [default: build/<system>-<processor>.elf, or for another
    /// host the folder build/<system>-<host>, beside the system file]
    #[arg(short, long, value_name = "OUT")]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) kit: KitArgument,
    #[command(flatten)]
    pub(super) json: JsonArgument,
}

/// What `bulkhead clean` is told.
#[derive(Debug, Args)]
pub(super) struct CleanArguments {
    /// System file, or a folder with a bulkhead.toml
    #[arg(default_value = ".")]
    pub(super) file: PathBuf,
    /// Remove what a build with this -o has made
    #[arg(short, long, value_name = "OUT", conflicts_with = "file")]
    pub(super) output: Option<PathBuf>,
}

/// What `bulkhead schedule` is told.
#[derive(Debug, Args)]
pub(super) struct ScheduleArguments {
    #[command(flatten)]
    pub(super) target: TargetArgument,
    /// System file, or a folder with a bulkhead.toml, or - for the standard input
    #[arg(default_value = ".")]
    pub(super) file: PathBuf,
}

/// What `bulkhead graph` is told.
#[derive(Debug, Args)]
pub(super) struct GraphArguments {
    #[command(flatten)]
    pub(super) target: TargetArgument,
    /// System file, or a folder with a bulkhead.toml, or - for the standard input
    #[arg(default_value = ".")]
    pub(super) file: PathBuf,
    /// Write this: svg, a picture for browsers, or dot, for Graphviz [default: dot for an OUT that ends
    /// with .dot or .gv, else svg]
    #[arg(long, value_enum, hide_possible_values = true, value_name = "svg|dot")]
    format: Option<Format>,
    /// Write it to this file [default: the standard output, which - names too]
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

impl GraphArguments {
    /// The file to write, unless it is the standard output.
    pub(super) fn output(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| *path != Path::new("-"))
    }

    /// The file to write and how its name ends, if that is how the names of pictures end that Graphviz makes, and the
    /// format has not been said.
    pub(super) fn ending_of_another_kind(&self) -> Option<(&Path, &str)> {
        let path = self.output().filter(|_| self.format.is_none())?;
        let ending = path.extension()?.to_str()?;
        ["eps", "gif", "jpeg", "jpg", "pdf", "png", "ps", "webp"].contains(&ending).then_some((path, ending))
    }

    /// The format that is asked for, or that of the file's name.
    pub(super) fn format(&self) -> Format {
        let ending = self.output.as_deref().and_then(Path::extension);
        let by_name = if ending.is_some_and(|ending| ending == "dot" || ending == "gv") {
            Format::Dot
        } else {
            Format::Svg
        };
        self.format.unwrap_or(by_name)
    }
}

/// How to say it.
#[derive(Debug, Default, Args)]
pub(super) struct JsonArgument {
    /// Say everything as JSON on the standard output, one object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// Which processor and which kernel a system is built for.
#[derive(Debug, Default, Args)]
pub(super) struct TargetArgument {
    /// Build for this kernel: bulkhead, our own; xen; xtratum; pok; air
    #[arg(long, value_name = "HOST", value_parser = hosts(), hide_possible_values = true)]
    #[arg(default_value = "bulkhead", hide_default_value = true)]
    pub(super) host: Host,
    /// Build for this processor, whatever the system file says: x86_64, or leon3 (also called sparc)
    #[arg(long = "arch", value_name = "PROCESSOR", value_parser = processors(), hide_possible_values = true)]
    pub(super) processor: Option<Processor>,
}

/// What names a processor, known to shells by its values.
fn processors() -> impl TypedValueParser<Value = Processor> {
    let names = Processor::NAMES.into_iter().chain([SPARC]);
    PossibleValuesParser::new(names).try_map(|text| {
        let name = if text == SPARC { "leon3" } else { &text };
        Processor::from_name(name).ok_or("no such processor")
    })
}

/// What else LEON3 is called.
const SPARC: &str = "sparc";

/// What names a kernel, known to shells by its values.
fn hosts() -> impl TypedValueParser<Value = Host> {
    PossibleValuesParser::new(Host::ALL.map(Host::name)).try_map(|text| text.parse::<Host>())
}

/// Which RTEMS kit sources are built with.
#[derive(Debug, Default, Args)]
pub(super) struct KitArgument {
    /// Build sources with this installed RTEMS instead of the stand-in [default: $RTEMS_KIT, if set]
    #[arg(long, value_name = "PREFIX[:ARCH/BSP]")]
    kit: Option<String>,
}

impl KitArgument {
    /// Whether one is named here.
    pub(super) const fn is_named(&self) -> bool {
        self.kit.is_some()
    }

    /// The kit, if one is named here or by the environment.
    pub(super) fn selection(&self) -> Option<Selection> {
        self.kit.as_deref().map(Selection::parse).or_else(Selection::from_environment)
    }
}

/// A kit on the command line.
#[derive(Debug, Args)]
pub(super) struct KitName {
    /// Where RTEMS is installed
    pub(super) prefix: PathBuf,
    /// Which of the kits there, such as i386/pc686, or the name of its pkg-config file, such as sparc-rtems5-leon3
    /// [default: the only one]
    #[arg(value_name = "ARCH/BSP")]
    pub(super) target: Option<String>,
}

/// What to do with a kit.
#[derive(Debug, Subcommand)]
pub(super) enum KitCommand {
    /// Say whether partitions can be built with a kit, and if not, what to build instead
    Check(KitName),
    /// Print the flags that compile and link a program for a partition, for any build system
    Flags {
        #[command(flatten)]
        kit: KitName,
        /// The kernel that the program is linked for: bulkhead, xen, xtratum, pok or air
        #[arg(long, value_name = "HOST", value_parser = hosts(), hide_possible_values = true)]
        #[arg(default_value = "bulkhead", hide_default_value = true)]
        host: Host,
        /// Only those that compile
        #[arg(long)]
        compile: bool,
        /// Only those that link
        #[arg(long, conflicts_with = "compile")]
        link: bool,
    },
    /// Add a board ARCH/BSP-bulkhead, with files for pkg-config and CMake, so that builds switch by its name
    Install {
        #[command(flatten)]
        kit: KitName,
        /// Prefix to install into [default: that of the kit]
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
}

/// What `bulkhead debug` is told.
#[derive(Debug, Args)]
pub(super) struct DebugArguments {
    /// Build for this processor, whatever the system file says: x86_64, or leon3 (also called sparc)
    #[arg(long = "arch", value_name = "PROCESSOR", value_parser = processors(), hide_possible_values = true)]
    pub(super) processor: Option<Processor>,
    /// System file, or a folder with a bulkhead.toml
    #[arg(default_value = ".")]
    pub(super) file: PathBuf,
    /// Look at this partition first [default: the first]
    pub(super) partition: Option<String>,
    /// Debug a run that `bulkhead run --record` has recorded: FILE stands for the system file, and gdb can go back
    #[arg(long, conflicts_with_all = ["processor", "kit"])]
    pub(super) replay: bool,
    #[command(flatten)]
    pub(super) kit: KitArgument,
    /// Arguments for gdb, such as -- -batch -x COMMANDS
    #[arg(last = true, value_name = "GDB ARGUMENTS")]
    pub(super) gdb_arguments: Vec<String>,
}

/// What `bulkhead run --help` says about keys.
const KEYS: &str = "\
Keys, where the standard input is a terminal:
  Ctrl-] NAME Enter  what is typed from now on goes to this partition; without a NAME says who there is
  Ctrl-C             ends the run and shows the summary";

/// What `bulkhead run` is told.
#[derive(Debug, Default, Args)]
#[command(after_help = KEYS)]
pub(super) struct RunArguments {
    #[command(flatten)]
    pub(super) target: TargetArgument,
    /// System file, or a folder with a bulkhead.toml, or a file that `bulkhead build` has made
    #[arg(default_value = ".")]
    pub(super) file: PathBuf,
    /// End the system after this time of its own clock, such as 5s or "500 ms"
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub(super) time_limit: Option<u64>,
    /// Let time pass as on the host, instead of one nanosecond for each executed instruction
    #[arg(long)]
    pub(super) realtime: bool,
    /// Succeed only if the partition ends so: NAME=halted, NAME=halted:STATUS, NAME=running or NAME=stopped
    #[arg(long, value_name = "NAME=END")]
    pub(super) expect: Vec<Expectation>,
    /// End QEMU after this time of the host, whatever happens
    #[arg(long, value_name = "TIME", value_parser = host_time)]
    pub(super) timeout: Option<Duration>,
    /// Boot this hypervisor (with --host xen) [default: that of `make xen-arinc653` if it is there, else Debian's]
    #[arg(long, value_name = "FILE")]
    pub(super) hypervisor: Option<PathBuf>,
    /// Show the lines of the kernel's report at the end as they come
    #[arg(short, long)]
    pub(super) verbose: bool,
    #[command(flatten)]
    pub(super) json: JsonArgument,
    /// Show before each line when it was said, in seconds of the system's own clock
    #[arg(long)]
    pub(super) timestamps: bool,
    /// Write what is said, without colours, to this file too
    #[arg(long, value_name = "FILE")]
    pub(super) transcript: Option<PathBuf>,
    /// Write how each partition ended to this file, as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Give a partition's console a place of its own: NAME=pty, a pseudo-terminal, which is named before the system
    /// starts; NAME=file:PATH; with NAME=stdout besides it stays among the others, too
    #[arg(long, value_name = "NAME=WHERE")]
    pub(super) console: Vec<ConsolePlace>,
    /// Forward a port of this machine to an emulated network device (emulate = "virtio-net"): NAME=udp:PORT, or
    /// NAME=udp:PORT:PORT where the partition's port is another one; tcp likewise; 0 is a port that is free
    #[arg(long, value_name = "NAME=udp:PORT[:PORT]")]
    pub(super) forward: Vec<Forward>,
    /// Let an emulated disk (emulate = "virtio-blk") be this file, as it is
    #[arg(long, value_name = "NAME=FILE")]
    pub(super) disk: Vec<DiskFile>,
    /// Write a record of the run to this file, from which `bulkhead replay` repeats it to the instruction
    #[arg(long, value_name = "FILE", conflicts_with_all = ["realtime", "qemu_arguments"])]
    pub(super) record: Option<PathBuf>,
    /// The record of the run that this one repeats.
    #[arg(skip)]
    pub(super) repeats: Option<Arc<Record>>,
    /// Write what ran when to this file
    #[arg(long, value_name = "OUT")]
    pub(super) trace: Option<PathBuf>,
    /// How the user has said so.
    #[arg(skip = "--trace")]
    pub(super) trace_option: &'static str,
    /// In which format [default: html, svg, pdf or chrome for an OUT that ends with .html, .svg, .pdf or .json, else
    /// perfetto]
    #[arg(long, value_name = "FORMAT", value_enum, requires = "trace")]
    pub(super) trace_format: Option<TraceFormat>,
    /// And with it each call of a partition into the kernel, with its number
    #[arg(long = "trace-calls", requires = "trace")]
    pub(super) calls: bool,
    /// What of it is drawn.
    #[arg(skip)]
    pub(super) stretch: Stretch,
    /// What was promised, if there is to be a report.
    #[arg(skip)]
    pub(super) report: Option<Promise>,
    /// Leave in this folder, for gdb, the program and a core file of each partition that was stopped
    #[arg(long, value_name = "FOLDER")]
    pub(super) core: Option<PathBuf>,
    /// And of this partition, however it ended
    #[arg(long, value_name = "NAME", requires = "core")]
    pub(super) core_of: Vec<String>,
    #[command(flatten)]
    pub(super) variation: VariationArguments,
    #[command(flatten)]
    pub(super) kit: KitArgument,
    /// More arguments for QEMU
    #[arg(last = true, value_name = "QEMU ARGUMENTS")]
    pub(super) qemu_arguments: Vec<String>,
}

/// How late the kernel is to be.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct VariationArguments {
    /// Vary what real time varies: how late windows, timers, devices and console input are noticed, drawn from this
    /// number, 0 to 2^64 - 1. The same number gives the same run
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// By how much at the most, 200 ns to 5 us [default: 1 us]
    #[arg(long, value_name = "TIME", requires = "seed", value_parser = jitter)]
    jitter: Option<u64>,
}

impl VariationArguments {
    /// The same, for a run.
    pub(super) fn variation(self) -> Option<Variation> {
        let jitter = self.jitter.unwrap_or(Variation::USUAL_JITTER);
        self.seed.map(|seed| Variation { seed, jitter })
    }
}

/// What `bulkhead replay` is told.
#[derive(Debug, Args)]
pub(super) struct ReplayArguments {
    /// File that `bulkhead run --record` has written
    pub(super) file: PathBuf,
    /// Succeed only if the partition ends so: NAME=halted, NAME=halted:STATUS, NAME=running or NAME=stopped
    #[arg(long, value_name = "NAME=END")]
    expect: Vec<Expectation>,
    /// End QEMU after this time of the host, whatever happens
    #[arg(long, value_name = "TIME", value_parser = host_time)]
    timeout: Option<Duration>,
    /// Show the lines of the kernel's report at the end as they come
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    pub(super) json: JsonArgument,
    /// Write what is said, without colours, to this file too
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
    /// Write how each partition ended to this file, as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

impl ReplayArguments {
    /// The same, for `bulkhead run`.
    pub(super) fn into_run(self, record: Record) -> RunArguments {
        RunArguments {
            file: self.file,
            expect: self.expect,
            timeout: self.timeout,
            verbose: self.verbose,
            json: self.json,
            timestamps: record.line_times(),
            transcript: self.transcript,
            junit: self.junit,
            repeats: Some(Arc::new(record)),
            ..RunArguments::default()
        }
    }
}

/// What runs on our own kernel, built anew.
#[derive(Debug, Args)]
pub(super) struct OwnSystem {
    /// Build for this processor, whatever the system file says: x86_64, or leon3 (also called sparc)
    #[arg(long = "arch", value_name = "PROCESSOR", value_parser = processors(), hide_possible_values = true)]
    processor: Option<Processor>,
    /// System file, or a folder with a bulkhead.toml
    #[arg(default_value = ".")]
    file: PathBuf,
    #[command(flatten)]
    variation: VariationArguments,
    #[command(flatten)]
    kit: KitArgument,
    /// More arguments for QEMU
    #[arg(last = true, value_name = "QEMU ARGUMENTS")]
    qemu_arguments: Vec<String>,
}

impl OwnSystem {
    fn into_run(self) -> RunArguments {
        RunArguments {
            target: TargetArgument { processor: self.processor, ..TargetArgument::default() },
            file: self.file,
            variation: self.variation,
            kit: self.kit,
            qemu_arguments: self.qemu_arguments,
            ..RunArguments::default()
        }
    }
}

/// How time passes, and when it ends.
#[derive(Debug, Args)]
struct TimeArguments {
    /// End the system after this time of its own clock, such as 5s or "500 ms"
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    time_limit: Option<u64>,
    /// Let time pass as on the host, instead of one nanosecond for each executed instruction
    #[arg(long)]
    realtime: bool,
    /// End QEMU after this time of the host, whatever happens
    #[arg(long, value_name = "TIME", value_parser = host_time)]
    timeout: Option<Duration>,
}

impl TimeArguments {
    fn put_into(self, arguments: RunArguments) -> RunArguments {
        let Self { time_limit, realtime, timeout } = self;
        RunArguments { time_limit, realtime, timeout, ..arguments }
    }
}

/// What `bulkhead trace` is told.
#[derive(Debug, Args)]
pub(super) struct TraceArguments {
    #[command(flatten)]
    system: OwnSystem,
    /// Write the timeline to this file
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// In which format [default: html, svg, pdf or chrome for an OUT that ends with .html, .svg, .pdf or .json, else
    /// perfetto]
    #[arg(long, value_enum)]
    format: Option<TraceFormat>,
    /// Record each call of a partition into the kernel, too
    #[arg(long)]
    calls: bool,
    #[command(flatten)]
    time: TimeArguments,
}

impl TraceArguments {
    /// The same, for `bulkhead run`.
    pub(super) fn into_run(self) -> RunArguments {
        RunArguments {
            trace: Some(self.output),
            trace_option: "-o",
            trace_format: self.format,
            calls: self.calls,
            ..self.time.put_into(self.system.into_run())
        }
    }
}

/// What `bulkhead picture` is told.
#[derive(Debug, Args)]
pub(super) struct PictureArguments {
    #[command(flatten)]
    system: OwnSystem,
    /// Write the picture to this file: a PDF document for an OUT that ends with .pdf, a page that zooms for .html, else
    /// an SVG document
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Begin at this time of the system's clock, such as "20 ms" [default: at 0]
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<u64>,
    /// End at this time, and the run with it [default: when the system ends]
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<u64>,
}

impl PictureArguments {
    /// The same, for `bulkhead run`.
    pub(super) fn into_run(self) -> RunArguments {
        RunArguments {
            time_limit: self.until,
            trace_option: "-o",
            trace_format: Some(TraceFormat::of_picture(&self.output)),
            trace: Some(self.output),
            stretch: (self.from, self.until),
            ..self.system.into_run()
        }
    }
}

/// What `bulkhead report` is told.
#[derive(Debug, Args)]
pub(super) struct ReportArguments {
    #[command(flatten)]
    system: OwnSystem,
    /// Write the figures as JSON to this file, too
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Succeed only if no window begins later than this after its start, such as "2 us"
    #[arg(long, value_name = "TIME", value_parser = time)]
    late: Option<u64>,
    /// End the system after this time of its own clock, such as 5s or "500 ms"
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    time_limit: Option<u64>,
    /// End QEMU after this time of the host, whatever happens
    #[arg(long, value_name = "TIME", value_parser = host_time)]
    timeout: Option<Duration>,
}

impl ReportArguments {
    /// The same, for `bulkhead run`.
    pub(super) fn into_run(self) -> RunArguments {
        RunArguments {
            time_limit: self.time_limit,
            timeout: self.timeout,
            report: Some(Promise { late: self.late, json: self.output }),
            ..self.system.into_run()
        }
    }
}

/// What `bulkhead top --help` says about keys.
const KEYS_OF_TOP: &str = "\
Keys:
  q, Ctrl-C         quit, and end the system if it runs
  Tab, arrow keys   another partition: its channels, tasks and console are shown
  p, space          pause what is shown; the system runs on
  ?                 what the columns are";

/// What `bulkhead top` is told.
#[derive(Debug, Args)]
#[command(after_help = KEYS_OF_TOP)]
pub(super) struct TopArguments {
    #[command(flatten)]
    system: OwnSystem,
    /// Show nothing meanwhile, and write the last view as text when the run has ended
    #[arg(long)]
    plain: bool,
    /// How long the last interval is of which shares and rates are shown, by the system's clock
    #[arg(long, value_name = "TIME", value_parser = interval, default_value = "1s")]
    interval: u64,
    /// Let time pass as fast as it can; otherwise it passes no faster than on the host, but with --plain
    #[arg(long, conflicts_with = "realtime")]
    fast: bool,
    #[command(flatten)]
    time: TimeArguments,
    /// Give a partition's console a place of its own: NAME=pty, a pseudo-terminal, which is named in the view, and
    /// before the system starts; NAME=file:PATH; with NAME=stdout besides it is shown here, too
    #[arg(long, value_name = "NAME=WHERE")]
    console: Vec<ConsolePlace>,
    /// Forward a port of this machine to an emulated network device, as `run` does
    #[arg(long, value_name = "NAME=udp:PORT[:PORT]")]
    forward: Vec<Forward>,
    /// Let an emulated disk (emulate = "virtio-blk") be this file, as it is
    #[arg(long, value_name = "NAME=FILE")]
    disk: Vec<DiskFile>,
}

/// What is to be seen of a system that runs, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct TopOptions {
    /// Only the last view, as text.
    pub(super) plain: bool,
    /// How long an interval is, in nanoseconds.
    pub(super) interval: u64,
    /// Without waiting for the host's time.
    pub(super) fast: bool,
}

/// How long an interval is at the least, in nanoseconds.
const INTERVAL_LEAST: u64 = 1_000_000;

impl TopArguments {
    /// What is to be seen, and the same for `bulkhead run`.
    pub(super) fn into_run(self) -> (TopOptions, RunArguments) {
        let options = TopOptions { plain: self.plain, interval: self.interval, fast: self.fast };
        let arguments = RunArguments {
            console: self.console,
            forward: self.forward,
            disk: self.disk,
            ..self.time.put_into(self.system.into_run())
        };
        (options, arguments)
    }
}

/// How long an interval is, in nanoseconds.
fn interval(text: &str) -> Result<u64, String> {
    match time(text)? {
        time if time < INTERVAL_LEAST => Err("it must be at least 1 ms".to_owned()),
        time => Ok(time),
    }
}

/// What `bulkhead inject` is told.
#[derive(Debug, Args)]
pub(super) struct InjectArguments {
    /// The plan: what is injected where and when
    pub(super) plan: PathBuf,
    /// Build for this processor, whatever the plan and the system file say: x86_64, or leon3 (also called sparc)
    #[arg(long = "arch", value_name = "PROCESSOR", value_parser = processors(), hide_possible_values = true)]
    pub(super) processor: Option<Processor>,
    /// Only the injection with this number; can be said several times
    #[arg(long, value_name = "N")]
    pub(super) only: Vec<usize>,
    /// How many to run at a time [default: as many as there are processors]
    #[arg(short, long, value_parser = jobs)]
    pub(super) jobs: Option<NonZero<usize>>,
    /// Tell each injection, not only those by which the campaign fails
    #[arg(short, long)]
    pub(super) verbose: bool,
    /// Write the results as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    #[command(flatten)]
    pub(super) kit: KitArgument,
    #[command(flatten)]
    pub(super) json: JsonArgument,
}

/// What `bulkhead test-rtems` is told.
#[derive(Debug, Args)]
pub(super) struct TestRtemsArguments {
    /// Folder with programs linked for a partition (*.exe, subfolders too), or a text file that lists them
    #[arg(value_name = "DIR|LIST")]
    pub(super) programs: PathBuf,
    /// How many to run at a time [default: as many as there are processors]
    #[arg(short, long, value_parser = jobs)]
    pub(super) jobs: Option<NonZero<usize>>,
    /// How long one may take [default: 300s]
    #[arg(long, value_name = "TIME", value_parser = host_time)]
    pub(super) timeout: Option<Duration>,
    /// Memory of each partition
    #[arg(long, value_name = "SIZE", default_value = "112 MiB")]
    pub(super) memory: String,
    /// Run them on this kernel: bulkhead, our own, xen, or air
    #[arg(long, value_name = "HOST", value_parser = hosts(), hide_possible_values = true)]
    #[arg(default_value = "bulkhead", hide_default_value = true)]
    pub(super) host: Host,
    /// What makes a bootable file of a folder that `build --host air` has written; it is called with the folder and the
    /// file's path [default: $BULKHEAD_AIR]
    #[arg(long, value_name = "COMMAND")]
    pub(super) pack: Option<PathBuf>,
    /// Run the programs of the same names there, as RTEMS's own build has linked them, alone on the machine of their
    /// board too, and compare verdicts and figures
    #[arg(long, value_name = "DIR|LIST")]
    pub(super) native: Option<PathBuf>,
    /// Run each beside three partitions that are never idle, in two fifths of the time
    #[arg(long)]
    pub(super) neighbours: bool,
    /// Write the results as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    #[command(flatten)]
    pub(super) json: JsonArgument,
}

/// How many run at a time: as many as there are processors if nothing is said.
pub(super) fn jobs_or_processors(jobs: Option<NonZero<usize>>) -> usize {
    jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZero::get)
}

/// How many to run at a time.
fn jobs(text: &str) -> Result<NonZero<usize>, String> {
    text.parse().map_err(|_| "give a whole number of at least 1".to_owned())
}

/// A time of more than nothing, in nanoseconds.
fn time(text: &str) -> Result<u64, String> {
    match units::duration(text) {
        Ok(0) => Err("it must be longer than nothing".to_owned()),
        Ok(time) => Ok(time),
        Err(error) => Err(format!("{}: {}", error.message, error.help)),
    }
}

/// How late a kernel that varies may be.
fn jitter(text: &str) -> Result<u64, String> {
    let (least, most) = Variation::JITTER.into_inner();
    time(text).and_then(|time| {
        let range = || format!("give {} to {}", units::duration_text(least), units::duration_text(most));
        Variation::JITTER.contains(&time).then_some(time).ok_or_else(range)
    })
}

fn host_time(text: &str) -> Result<Duration, String> {
    time(text).map(Duration::from_nanos)
}
