//! What the whole-system tests have in common: describing a system, running it in QEMU, reading what was said.
//!
//! Every run is by executed instructions (`-icount`), one nanosecond each, so that a test sees the same on every
//! machine, however busy that is. The kernel and the partitions come from `build/`, where `make build` puts them.

#![forbid(unsafe_code)]

pub mod bare;
pub mod building;
pub mod building_keys;
pub mod conformance;
pub mod costs;
pub mod debugger;
mod device_paths;
pub mod errors;
pub mod examples;
mod governance_paths;
pub mod harness;
pub mod health;
mod message_paths;
pub mod needs;
pub mod paths;
pub mod power;
pub mod processes;
pub mod raw_program;
pub mod readme;
mod restart_costs;
pub mod small;
pub mod tracing;
pub mod witnesses;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use bulkhead_tool::build::{self, Built, Options};
use bulkhead_tool::host::xen::Boot;
use bulkhead_tool::installation::Installation;
use bulkhead_tool::run::{
    Ending, Facts, Finished, Interrupter, Output, RunOptions, Session, Speaker, Variation,
};
use bulkhead_tool::system_file::Processor;

/// Nanoseconds in a microsecond.
pub const MICROSECOND: u64 = 1_000;
/// Nanoseconds in a millisecond.
pub const MILLISECOND: u64 = 1_000_000;

/// The repository's folder.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// The command as it was built into `build/`.
#[must_use]
pub fn bulkhead() -> Command {
    Command::new(repository().join("build/bin/bulkhead"))
}

/// The same, ended by signals: shells start what they run in the background with some ignored, the tests perhaps.
#[must_use]
pub fn interruptible() -> Command {
    let mut command = Command::new("/usr/bin/env");
    command.args(["--default-signal=TERM,HUP,INT", "--"]).arg(bulkhead().get_program());
    command
}

/// A partition written in Rust, for the partitions of a processor, as `make build` has built it.
///
/// # Panics
/// If it is not there.
#[must_use]
pub fn program(processor: Processor, name: &str) -> PathBuf {
    let folder = repository().join("build/partitions").join(processor.partitions());
    let path = folder.join(format!("{name}.exe"));
    assert!(path.is_file(), "{} is missing: run `make build` first", path.display());
    path
}

/// Kernel, libraries and headers, as `make build` has installed them into `build/`.
///
/// # Panics
/// If they are not there.
#[must_use]
pub fn installation() -> Installation {
    let folder = repository().join("build/lib/bulkhead");
    Installation::at(&folder)
        .unwrap_or_else(|| panic!("{} is missing: run `make build` first", folder.display()))
}

/// The functions of the probe for i386 that have silent instructions.
pub const SILENT: [&str; 30] = [
    "probe_load_fs",
    "probe_load_gs",
    "probe_keep_gs",
    "probe_put_fs",
    "probe_sgdt",
    "probe_sidt",
    "probe_sldt",
    "probe_str",
    "probe_smsw",
    "probe_popf_1",
    "probe_popf_2",
    "probe_popf_3",
    "probe_popf_4",
    "probe_popf_5",
    "probe_popf_6",
    "probe_step_1",
    "probe_step_2",
    "probe_step_3",
    "probe_step_4",
    "probe_step_5",
    "probe_step_6",
    "probe_step_7",
    "probe_register_call",
    "probe_lar",
    "probe_verr",
    "probe_verw",
    "probe_frame_iret",
    "probe_frame_iret_short",
    "probe_frame_iret_nested",
    "probe_frame_landed",
];

/// A system of partitions that run one program, under construction.
#[derive(Clone, Debug)]
pub struct System {
    processor: Processor,
    name: String,
    head: String,
    body: String,
    options: RunOptions,
    traces: bool,
    records_calls: bool,
}

impl System {
    /// A system for x86-64 with a major frame of so many nanoseconds. The name tells its folder from others'.
    #[must_use]
    pub fn new(name: &str, frame: u64) -> Self {
        Self::on(Processor::X86_64, name, frame)
    }

    /// The same for any processor.
    #[must_use]
    pub fn on(processor: Processor, name: &str, frame: u64) -> Self {
        let head = format!("[system]\nname = \"{name}\"\nmajor-frame = \"{frame} ns\"\n");
        let options = RunOptions { timeout: Some(Duration::from_secs(300)), ..RunOptions::default() };
        Self {
            processor,
            name: name.to_owned(),
            head,
            body: String::new(),
            options,
            traces: false,
            records_calls: false,
        }
    }

    /// Adds a partition that runs the probe with a command line, in windows of (start, duration) in nanoseconds.
    #[must_use]
    pub fn probe(self, name: &str, command_line: &str, windows: &[(u64, u64)]) -> Self {
        let image = program(self.processor, "probe");
        let mut system = self.partition(name, &image, command_line, &[]);
        if system.processor == Processor::X86_64 {
            for function in SILENT {
                system.allow_silent(function, "does so on purpose, to see what comes of it");
            }
        }
        system.windows(name, windows);
        system
    }

    /// Adds a partition that runs an image with silent instructions in this function.
    #[must_use]
    pub fn silent_partition(self, name: &str, image: &Path, function: &str, windows: &[(u64, u64)]) -> Self {
        let mut system = self.partition(name, image, "", &[]);
        system.allow_silent(function, "is what it is by chance");
        system.windows(name, windows);
        system
    }

    /// Adds a partition that runs an image.
    #[must_use]
    pub fn partition(mut self, name: &str, image: &Path, command_line: &str, windows: &[(u64, u64)]) -> Self {
        let _ = writeln!(
            self.body,
            "\n[[partition]]\nname = \"{name}\"\nmemory = \"1 MiB\"\nimage = '{}'\ncommand-line = \"{command_line}\"",
            image.display()
        );
        self.windows(name, windows);
        self
    }

    /// A system of several schedules: [`System::schedule`].
    #[must_use]
    pub fn scheduled(processor: Processor, name: &str) -> Self {
        let head = format!("[system]\nname = \"{name}\"\n");
        Self { head, ..Self::on(processor, name, 0) }
    }

    /// Adds a schedule with a frame of so many nanoseconds, windows of (partition, start, duration), and what becomes
    /// of partitions when it begins.
    #[must_use]
    pub fn schedule(
        mut self,
        name: &str,
        frame: u64,
        windows: &[(&str, u64, u64)],
        at_change: &[(&str, &str)],
    ) -> Self {
        let _ = writeln!(self.body, "\n[[schedule]]\nname = \"{name}\"\nmajor-frame = \"{frame} ns\"");
        for (partition, start, duration) in windows {
            let _ = writeln!(
                self.body,
                "\n[[schedule.window]]\npartition = \"{partition}\"\nstart = \"{start} ns\"\n\
                 duration = \"{duration} ns\""
            );
        }
        if !at_change.is_empty() {
            let _ = writeln!(self.body, "\n[schedule.at-change]");
        }
        for (partition, action) in at_change {
            let _ = writeln!(self.body, "{partition} = \"{action}\"");
        }
        self
    }

    /// Gives the last partition keys, in the words of the system file, each on a line.
    #[must_use]
    pub fn keys(mut self, keys: &str) -> Self {
        const BEFORE: &str = "\ncommand-line = ";
        if let Some(place) = self.body.rfind(BEFORE) {
            self.body.insert_str(place, &format!("\n{keys}"));
        }
        self
    }

    /// Gives the last partition so much memory, in the words of the system file.
    #[must_use]
    pub fn memory(mut self, size: &str) -> Self {
        const DEFAULT: &str = "memory = \"1 MiB\"";
        if let Some(place) = self.body.rfind(DEFAULT) {
            self.body.replace_range(place..place + DEFAULT.len(), &format!("memory = \"{size}\""));
        }
        self
    }

    fn windows(&mut self, name: &str, windows: &[(u64, u64)]) {
        for (start, duration) in windows {
            let _ = writeln!(
                self.body,
                "\n[[window]]\npartition = \"{name}\"\nstart = \"{start} ns\"\nduration = \"{duration} ns\""
            );
        }
    }

    /// Adds a channel: its kind with what that asks for, such as `kind = "queuing", depth = 8`, the size of its
    /// messages in bytes, and its ends, each a partition and a port.
    #[must_use]
    pub fn channel(
        mut self,
        kind: &str,
        message_size: u32,
        source: (&str, &str),
        destinations: &[(&str, &str)],
    ) -> Self {
        let end = |&(partition, port): &(&str, &str)| {
            format!("{{ partition = \"{partition}\", port = \"{port}\" }}")
        };
        let destinations: Vec<String> = destinations.iter().map(end).collect();
        let _ = writeln!(
            self.body,
            "\n[[channel]]\nname = \"from-{}-{}\"\n{}\nmessage-size = \"{message_size} B\"\nsource = {}\n\
             destinations = [{}]",
            source.0,
            source.1,
            kind.replace(", ", "\n"),
            end(&source),
            destinations.join(", ")
        );
        self
    }

    /// Adds a region of memory that partitions share, each with what it says after its name, such as
    /// `access = "read", doorbell = 8`.
    #[must_use]
    pub fn region(mut self, name: &str, size: &str, partitions: &[(&str, &str)]) -> Self {
        let member = |(partition, says): &(&str, &str)| format!("{{ partition = \"{partition}\", {says} }}");
        let partitions: Vec<String> = partitions.iter().map(member).collect();
        let _ = writeln!(
            self.body,
            "\n[[region]]\nname = \"{name}\"\nsize = \"{size}\"\npartitions = [{}]",
            partitions.join(", ")
        );
        self
    }

    /// Adds a device that a partition owns, with the lines that say what it has.
    #[must_use]
    pub fn device(mut self, name: &str, owner: &str, says: &str) -> Self {
        let _ = writeln!(self.body, "\n[[device]]\nname = \"{name}\"\nowner = \"{owner}\"\n{says}");
        self
    }

    /// Allows a function's silent instructions in the last partition.
    fn allow_silent(&mut self, function: &str, reason: &str) {
        let _ = writeln!(
            self.body,
            "\n[[partition.allow-silent]]\nfunction = \"{function}\"\nreason = \"{reason}\""
        );
    }

    /// Gives the console's input to a partition, and says what comes in.
    #[must_use]
    pub fn console_input(mut self, partition: &str, bytes: &[u8]) -> Self {
        let _ = writeln!(self.head, "console-input = \"{partition}\"");
        self.options.input = bulkhead_tool::run::Input::Bytes(bytes.to_vec());
        self
    }

    /// Types to several partitions, of these numbers, one after the other.
    #[must_use]
    pub fn typed(mut self, parts: &[(usize, &[u8])]) -> Self {
        let parts = parts.iter().map(|(to, bytes)| (*to, bytes.to_vec()));
        self.options.input = bulkhead_tool::run::Input::Each(parts.collect());
        self
    }

    /// Says the frequency of a LEON3 board's clock.
    #[must_use]
    pub fn leon3_clock(mut self, frequency: &str) -> Self {
        let _ = writeln!(self.head, "leon3-clock = \"{frequency}\"");
        self
    }

    /// Takes the kernel that traces.
    #[must_use]
    pub const fn traced(mut self, traces: bool) -> Self {
        self.traces = traces;
        self
    }

    /// Has the kernel record calls, too.
    #[must_use]
    pub const fn recording_calls(mut self, calls: bool) -> Self {
        self.records_calls = calls;
        self
    }

    /// Takes the kernel that varies, and lets it be late.
    #[must_use]
    pub const fn varied(mut self, seed: u64, jitter: u64) -> Self {
        self.options.variation = Some(Variation { seed, jitter });
        self.exact()
    }

    /// Runs so that two runs can be compared.
    #[must_use]
    pub const fn exact(mut self) -> Self {
        self.options.exact = true;
        self
    }

    /// Ends the system at this time of its clock.
    #[must_use]
    pub fn limit(mut self, nanoseconds: u64) -> Self {
        self.options.time_limit = Some(nanoseconds);
        self
    }

    /// Passes arguments to QEMU.
    #[must_use]
    pub fn qemu(mut self, arguments: &[&str]) -> Self {
        self.options.qemu_arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// Builds the system and runs it.
    ///
    /// # Panics
    /// If it cannot be built or started.
    #[must_use]
    pub fn run(&self) -> Transcript {
        run_built(&self.build(), &self.options)
    }

    /// Builds the system, to be run more than once or otherwise.
    ///
    /// # Panics
    /// If it cannot be built.
    #[must_use]
    pub fn build(&self) -> Built {
        let file = self.write(&self.body);
        let (traces, varies) = (self.traces, self.options.variation.is_some());
        let records_calls = self.records_calls;
        let options = Options { traces, records_calls, varies, ..Options::default() };
        build_file_with(Some(self.processor), &file, options)
    }

    /// Writes the system file, with the images that are linked for another kernel than ours; its path.
    ///
    /// # Panics
    /// If it cannot be written.
    #[must_use]
    pub fn file_for(&self, host: &str) -> PathBuf {
        self.write(
            &self.body.replace("/build/partitions/i386/", &format!("/build/partitions/i386/hosts/{host}/")),
        )
    }

    fn write(&self, body: &str) -> PathBuf {
        let folder = repository().join("target/systems").join(self.processor.name()).join(&self.name);
        fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let file = folder.join("bulkhead.toml");
        fs::write(&file, format!("{}{body}", self.head)).unwrap_or_else(|error| panic!("{error}"));
        file
    }

    /// How it is run.
    #[must_use]
    pub const fn options(&self) -> &RunOptions {
        &self.options
    }
}

/// Builds and runs the system of a system file, into a folder of the tests' own.
///
/// # Panics
/// If it cannot be built or started.
#[must_use]
pub fn run_file(file: &Path, run_options: &RunOptions) -> Transcript {
    run_file_for(None, file, run_options)
}

/// The same for a processor, whatever the system file says.
///
/// # Panics
/// If it cannot be built or started.
#[must_use]
pub fn run_file_for(processor: Option<Processor>, file: &Path, run_options: &RunOptions) -> Transcript {
    run_built(&build_file_for(processor, file), run_options)
}

/// Builds the system of a system file for a processor, into a folder of the tests' own.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn build_file_for(processor: Option<Processor>, file: &Path) -> Built {
    build_file_with(processor, file, Options::default())
}

/// The same with these options, besides where it goes and the installation, which are the tests' own.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn build_file_with(processor: Option<Processor>, file: &Path, options: Options) -> Built {
    let name = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let folder = repository().join("target/systems").join(processor.map_or("any", Processor::name));
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{error}"));
    let output = Some(folder.join(format!("{name}{}.elf", options.kind())));
    let options = Options { output, installation: Some(installation()), ..options };
    let system = build::check_for(processor, file).unwrap_or_else(|error| panic!("{error:?}"));
    building::build_system(system, &options)
}

/// Runs a system that has been built.
///
/// # Panics
/// If it cannot be started.
#[must_use]
pub fn run_built(built: &Built, run_options: &RunOptions) -> Transcript {
    heard(&built.system, |session, listener| session.run(built, run_options, listener))
}

/// Runs a system that has been built, and something beside it, at whose end the run is ended.
///
/// # Panics
/// If it cannot be started, or what is beside it panics.
#[must_use]
pub fn run_beside(built: &Built, run_options: &RunOptions, beside: impl FnOnce() + Send) -> Transcript {
    heard(&built.system, |session, listener| {
        let ends = Ends(session.interrupter());
        thread::scope(|scope| {
            scope.spawn(move || {
                // Whatever becomes of it.
                let _ends = ends;
                beside();
            });
            session.run(built, run_options, listener)
        })
    })
}

/// Ends a run when it is dropped, as Ctrl-C does.
struct Ends(Interrupter);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.interrupt(2);
    }
}

/// Runs a system that has been built and prepared for Xen.
///
/// # Panics
/// If it cannot be started.
#[must_use]
pub fn run_boot(
    system: &bulkhead_tool::system_file::System,
    boot: &Boot,
    run_options: &RunOptions,
) -> Transcript {
    heard(system, |session, listener| session.run_on_xen(system, boot, run_options, listener))
}

/// What is said in a run.
fn heard(
    system: &bulkhead_tool::system_file::System,
    run: impl FnOnce(Session, &mut Listener) -> bulkhead_tool::error::Result<Finished>,
) -> Transcript {
    let names = system.partitions.iter().map(|partition| partition.name.clone()).collect();
    let mut listener = Listener { names, ..Listener::default() };
    let Finished { ending, facts, .. } =
        run(Session::new(), &mut listener).unwrap_or_else(|error| panic!("{error:?}"));
    Transcript { lines: listener.lines, times: listener.times, ending, facts }
}

#[derive(Default)]
struct Listener {
    names: Vec<String>,
    lines: Vec<(String, String)>,
    times: Vec<Option<u64>>,
    time: Option<u64>,
}

impl Output for Listener {
    fn at(&mut self, time: Option<u64>) {
        self.time = time;
    }

    fn line(&mut self, speaker: Speaker, line: &[u8], _report: bool) {
        let name = match speaker {
            Speaker::Kernel => "kernel".to_owned(),
            Speaker::Qemu => "qemu".to_owned(),
            Speaker::Partition(number) => self.names.get(number).cloned().unwrap_or_default(),
        };
        self.lines.push((name, String::from_utf8_lossy(line).into_owned()));
        self.times.push(self.time);
    }
}

/// What was said in a run, and how it ended.
#[derive(Clone, Debug)]
pub struct Transcript {
    /// Who said which line.
    pub lines: Vec<(String, String)>,
    /// When each was said, in nanoseconds of the clock, where that is known.
    pub times: Vec<Option<u64>>,
    /// How it ended.
    pub ending: Ending,
    /// What the kernel reported.
    pub facts: Facts,
}

impl Transcript {
    /// The lines of one speaker.
    #[must_use]
    pub fn of(&self, speaker: &str) -> Vec<&str> {
        self.lines.iter().filter(|(name, _)| name == speaker).map(|(_, line)| line.as_str()).collect()
    }

    /// Everything, for messages.
    #[must_use]
    pub fn all(&self) -> String {
        self.lines
            .iter()
            .fold(format!("{:?}\n", self.ending), |text, (name, line)| text + name + " | " + line + "\n")
    }

    /// Asserts that a speaker has said a line that contains `words`.
    ///
    /// # Panics
    /// If not; with the whole transcript.
    #[track_caller]
    pub fn expect(&self, speaker: &str, words: &str) {
        assert!(
            self.of(speaker).iter().any(|line| line.contains(words)),
            "{speaker} did not say {words:?}:\n{}",
            self.all()
        );
    }

    /// The numbers of a line of the form `prefix: name number …, name number` that a speaker has said, by name. A
    /// word that is no number names the next one.
    ///
    /// # Panics
    /// If there is no such line.
    #[must_use]
    #[track_caller]
    pub fn numbers(&self, speaker: &str, prefix: &str) -> BTreeMap<String, u64> {
        let line = self.of(speaker).into_iter().find(|line| line.starts_with(prefix));
        let line = line.unwrap_or_else(|| panic!("{speaker} did not say {prefix:?}:\n{}", self.all()));
        let mut name = "";
        let mut numbers = BTreeMap::new();
        for word in line.split_whitespace() {
            match word.parse() {
                Ok(number) => {
                    numbers.insert(name.to_owned(), number);
                }
                Err(_) => name = word,
            }
        }
        numbers
    }
}
